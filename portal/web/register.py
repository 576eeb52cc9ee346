"""Cycles and the register of reviews: records, parties, officers. No contents."""

from functools import partial
from typing import Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.domain.appointments import STANDINGS
from portal.domain.cycles import cycle
from portal.domain.ids import AppointmentId, AssignmentId, CycleId, ReviewId, StateCode
from portal.domain.languages import working_languages
from portal.domain.parties import REASON_CHARACTERS, Parties, change_reason
from portal.domain.periods import day, perhaps_day
from portal.domain.words import LANGUAGES, REVIEW_STAGES
from portal.usecases import assignments, cycles, entries, parties, register
from portal.usecases.entries import EntryPage
from portal.web.bases import basis_from, perhaps_basis_from, terms_from
from portal.web.checks import Checks, state_names, words_of
from portal.web.forms import Form, filled, page_in, read_form
from portal.web.ways import caller_of, id_from, portal_of, show

REGISTER: Final = "/register"


def list_cycles(request: Request) -> Response:
    """Show the cycles, and the form to open one."""
    return _cycles(request, Checks(Form(), sent=False))


def open_cycle(request: Request) -> Response:
    """Open a cycle."""
    checks = Checks(read_form(request))
    form = checks.form
    starts, ends = checks.take("starts", day), checks.take("ends", perhaps_day)
    if checks.ok and starts is not None:
        opened = checks.attempt(partial(cycle, form.text("name"), starts, ends))
        if opened is not None:
            act = partial(cycles.open_cycle, portal_of(request), caller_of(request), opened, checks.confirmed())
            checks.attempt(act)
    return RedirectResponse("/cycles", 303) if checks.ok else _cycles(request, checks)


def listing(request: Request) -> Response:
    """Show the register of one cycle."""
    asked = request.query_params.get("cycle", "")
    number = page_in(request.query_params.get("page", ""))
    cycle = CycleId(_id(asked)) if asked else None
    page = register.list_register(portal_of(request), caller_of(request), cycle, number)
    return show(request, "register/list.html", page=page, stages=REVIEW_STAGES, names=state_names(request))


def open_form(request: Request) -> Response:
    """Show the form to open a review."""
    return _opening(request, Checks(filled(cycle=request.query_params.get("cycle", ""), languages="en"), sent=False))


def open_review(request: Request) -> Response:
    """Open a review."""
    checks = Checks(read_form(request))
    form = checks.form
    languages = checks.take("languages", lambda _: working_languages(form.all("languages")))
    if checks.ok and languages:
        proposal = register.Proposal(
            CycleId(_id(form.text("cycle"))),
            Parties(
                StateCode(form.text("under_review")),
                (StateCode(form.text("reviewing_1")), StateCode(form.text("reviewing_2"))),
            ),
            languages,
            form.has("passes_at_once"),
        )
        act = partial(register.open_review, portal_of(request), caller_of(request), proposal, checks.confirmed())
        opened = checks.attempt(act)
        if opened is not None:
            return RedirectResponse(f"{REGISTER}/{opened}", 303)
    return _opening(request, checks)


def view(request: Request) -> Response:
    """Show an entry of the register."""
    return _entry(request, "register/entry.html", Checks(Form(), sent=False))


def settings_form(request: Request) -> Response:
    """Show the form of a review's settings."""
    return _entry(request, "register/settings.html", None)


def settings(request: Request) -> Response:
    """Keep a review's settings."""
    checks = Checks(read_form(request))
    languages = checks.take("languages", lambda _: working_languages(checks.form.all("languages")))
    if checks.ok and languages:
        act = partial(
            register.set_review,
            portal_of(request),
            caller_of(request),
            _review(request),
            register.ReviewSettings(
                tuple(checks.form.text("seen_languages").split()), checks.form.has("seen_passes_at_once", "yes")
            ),
            register.ReviewSettings(languages, checks.form.has("passes_at_once")),
        )
        checks.attempt(act)
    return _back(request) if checks.ok else _entry(request, "register/settings.html", checks)


def parties_form(request: Request) -> Response:
    """Show the form to replace reviewing States."""
    return _entry(request, "register/parties.html", None)


def change_parties(request: Request) -> Response:
    """Replace reviewing States."""
    checks = Checks(read_form(request))
    form = checks.form
    basis, reason = basis_from(request, checks), checks.take("reason", change_reason)
    if basis is not None and reason is not None:
        seen = tuple(StateCode(code) for code in form.text("seen").split())
        reviewing = (StateCode(form.text("reviewing_1")), StateCode(form.text("reviewing_2")))
        change = parties.Change(seen, reviewing, basis, reason)
        act = partial(
            parties.change_parties,
            portal_of(request),
            caller_of(request),
            _review(request),
            change,
            checks.confirmed(),
        )
        checks.attempt(act)
    return _back(request) if checks.ok else _entry(request, "register/parties.html", checks)


def officer_form(request: Request) -> Response:
    """Show the form to assign an officer."""
    return _entry(request, "register/officer.html", Checks(Form(), sent=False))


def assign_officer(request: Request) -> Response:
    """Assign an officer."""
    checks = Checks(read_form(request))
    terms = terms_from(request, checks)
    if terms is not None:
        appointment = AppointmentId(_id(checks.form.text("officer")))
        act = partial(
            assignments.assign_officer, portal_of(request), caller_of(request), _review(request), appointment, terms
        )
        checks.attempt(act)
    return _back(request) if checks.ok else _entry(request, "register/officer.html", checks)


def end_form(request: Request) -> Response:
    """Show the form to end an officer's assignment."""
    return _entry(request, "register/end.html", Checks(Form(), sent=False))


def end_officer(request: Request) -> Response:
    """End an officer's assignment."""
    checks = Checks(read_form(request))
    basis = perhaps_basis_from(request, checks)
    if checks.ok:
        act = partial(
            assignments.end_assignment,
            portal_of(request),
            caller_of(request),
            _review(request),
            AssignmentId(id_from(request, "assignment")),
            basis,
        )
        checks.attempt(act)
    return _back(request) if checks.ok else _entry(request, "register/end.html", checks)


def close_form(request: Request) -> Response:
    """Ask whether a review is to be closed."""
    return _entry(request, "register/close.html", Checks(Form(), sent=False))


def close(request: Request) -> Response:
    """Close a review."""
    register.close_review(portal_of(request), caller_of(request), _review(request))
    return _back(request)


def _review(request: Request) -> ReviewId:
    return ReviewId(id_from(request, "id"))


def _back(request: Request) -> Response:
    return RedirectResponse(f"{REGISTER}/{_review(request)}", 303)


def _id(raw: str) -> UUID:
    """Read an id of a form; one that is malformed is nobody's."""
    try:
        return UUID(hex=raw)
    except ValueError:
        return UUID(int=0)


def _cycles(request: Request, checks: Checks) -> Response:
    lines = cycles.list_cycles(portal_of(request), caller_of(request))
    return show(request, "cycles/list.html", status=checks.status, lines=lines, **checks.tell(request))


def _opening(request: Request, checks: Checks) -> Response:
    options = register.opening_form(portal_of(request), caller_of(request))
    return show(
        request,
        "register/open.html",
        status=checks.status,
        options=options,
        language_options=words_of(request, LANGUAGES),
        **checks.tell(request),
    )


def _entry(request: Request, template: str, checks: Checks | None) -> Response:
    entry = entries.view_entry(portal_of(request), caller_of(request), _review(request))
    if checks is None:
        checks = Checks(_on_record(entry), sent=False)
    options = words_of(request, LANGUAGES)
    ending = request.path_params.get("assignment", "")
    names = state_names(request)
    return show(
        request,
        template,
        status=checks.status,
        entry=entry,
        names=names,
        states=sorted(names.items(), key=lambda pair: pair[1].casefold()),
        stages=REVIEW_STAGES,
        standings=STANDINGS,
        language_options=options,
        working_languages=[word for code, word in options if code in entry.languages],
        ending=next((one for one in entry.officers if str(one.assignment) == ending), None),
        longest=REASON_CHARACTERS,
        **checks.tell(request),
    )


def _on_record(entry: EntryPage) -> Form:
    reviewing = [party.state for party in entry.parties if not party.under_review]
    chosen = {f"reviewing_{at}": state for at, state in enumerate(reviewing, 1)}
    passes = {"passes_at_once": "yes", "seen_passes_at_once": "yes"} if entry.passes_at_once else {}
    seen = {"seen": " ".join(reviewing), "seen_languages": " ".join(entry.languages)}
    return filled(languages=entry.languages, **seen, **chosen, **passes)
