"""Breach cases: their list, the form on which one is proposed, one case, and the second person's word."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.domain.cases import ANSWER_DAYS_USUAL, DECISIONS, FINDINGS, HOLDS, STAGES, text_of
from portal.domain.quoting import Quoted
from portal.usecases import case_pages, cases
from portal.usecases.case_records import ENTRIES, EntryKind
from portal.usecases.cases import Asked, Proposal
from portal.usecases.examinations import WRITTEN_BY_OFFICER
from portal.web.checks import Checks, state_names, words_of
from portal.web.concerns import LONGEST, id_or_none
from portal.web.downloads import HEADERS
from portal.web.forms import Form, filled, read_form, whole
from portal.web.ways import caller_of, id_from, id_in, portal_of, show

WORDS: Final = {"stages": STAGES, "entries": ENTRIES, "holds": HOLDS, "findings": FINDINGS, "decisions": DECISIONS}
QUOTED_MOST: Final = 20
NUMBER_DIGITS: Final = 9


def listing(request: Request) -> Response:
    """Show concerns and cases, as far as the reader sees them."""
    query = request.query_params
    asked = Asked(
        whole(query.get("before", ""), NUMBER_DIGITS),
        *(_id_or_none(query.get(name, "")) for name in ("waiting", "ended", "cycle")),
    )
    page = cases.list_cases(portal_of(request), caller_of(request), asked)
    return show(request, "cases/list.html", page=page, names=state_names(request), words=WORDS)


def proposing(request: Request) -> Response:
    """Show the form of a case, on a concern or of the officer's own motion."""
    asked = {name: request.query_params.get(name, "") for name in ("review", "concern")}
    return _proposing(request, asked, Checks(Form(), sent=False))


def propose(request: Request) -> Response:
    """Propose a case."""
    checks = Checks(read_form(request))
    form = checks.form
    subject, grounds = checks.take("subject", text_of), checks.take("grounds", text_of)
    person = checks.take("person", id_or_none)
    asked = {name: form.text(name) for name in ("review", "concern")}
    review = id_in(asked["review"])
    if checks.ok and subject is not None and grounds is not None:
        exercise = form.has("exercise", "yes")
        grants = tuple(map(id_in, form.all("grants")))
        proposal = Proposal(review, _id_or_none(asked["concern"]), person, subject, grounds, exercise, grants)
        done = checks.attempt(partial(cases.propose_case, portal_of(request), caller_of(request), proposal))
        if done is not None:
            return RedirectResponse(f"/cases/{done}", 303)
    return _proposing(request, asked, checks)


def _proposing(request: Request, asked: dict[str, str], checks: Checks) -> Response:
    who = (portal_of(request), caller_of(request))
    page = cases.view_proposing(*who, _id_or_none(asked["review"]), _id_or_none(asked["concern"]))
    if not checks.form.fields:  # what is taken for granted of a case on that concern
        about = str(page.about) if page.about else ""
        checks.form = filled(person=about, exercise="yes" if page.invented else "")
    names = state_names(request)
    return show(
        request,
        "cases/propose.html",
        status=checks.status,
        page=page,
        names=names,
        longest=LONGEST,
        **checks.tell(request),
    )


def view(request: Request) -> Response:
    """Show a case."""
    return case_page(request, id_from(request, "id"), Checks(Form(), sent=False))


def case_page(request: Request, case: UUID, checks: Checks, quoted: Sequence[Quoted] = ()) -> Response:
    """Show a case with what was found in a form of it, or what a version that is to disclose nothing quotes."""
    page = case_pages.view_case(portal_of(request), caller_of(request), case)
    today = portal_of(request).clock().date()
    answered = any(one.kind is EntryKind.ANSWER for one in page.entries)
    written = [one for one in WRITTEN_BY_OFFICER if one is not EntryKind.UNHEARD or not answered]
    return show(
        request,
        "cases/case.html",
        status=422 if quoted else checks.status,
        quoted=quoted[:QUOTED_MOST],
        page=page,
        names=state_names(request),
        words=WORDS,
        longest=LONGEST,
        today=today.isoformat(),
        first_day=(today + timedelta(days=1)).isoformat(),
        answer_day=(today + timedelta(days=ANSWER_DAYS_USUAL)).isoformat(),
        holds=words_of(request, HOLDS),
        findings=words_of(request, FINDINGS),
        kinds=[(kind.value, word) for kind, word in words_of(request, ENTRIES) if kind in written],
        **checks.tell(request),
    )


def snapshot(request: Request) -> Response:
    """Send the snapshot of the file that a case began with."""
    said = case_pages.take_snapshot(portal_of(request), caller_of(request), id_from(request, "id"))
    headers = {**HEADERS, "Content-Disposition": 'attachment; filename="snapshot.json"'}
    return Response(said, media_type="application/json", headers=headers)


def confirm(request: Request) -> Response:
    """Register a case, as its second person."""
    case = id_from(request, "id")
    cases.confirm_case(portal_of(request), caller_of(request), case)
    return RedirectResponse(f"/cases/{case}", 303)


def decline(request: Request) -> Response:
    """Decline a case."""
    case = id_from(request, "id")
    cases.decline_case(portal_of(request), caller_of(request), case)
    return RedirectResponse(f"/cases/{case}", 303)


def seen_in(form: Form) -> int | None:
    """Take the number of the newest entry that the page of a form showed; None: the form says none."""
    return whole(form.text("seen"), NUMBER_DIGITS)


def _id_or_none(raw: str) -> UUID | None:
    return id_in(raw) if raw else None
