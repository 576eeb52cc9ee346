"""Grants: their list, asking, offering, and the page of one with what each side may do (ToR 37)."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.access.actions import Action
from portal.access.deeds import DEEDS
from portal.domain.cases import TEXT_CHARACTERS, chosen, text_of
from portal.domain.grants import DAYS_USUAL, MODES, STANDS, Mode
from portal.domain.periods import day, day_in, perhaps_day
from portal.domain.problems import Problem, RefusedError
from portal.domain.texts import N_
from portal.domain.words import KINDS, LANGUAGES
from portal.usecases import giving, grant_openings, grant_requests, granting, grants
from portal.usecases.grantable import Candidate
from portal.usecases.granting import Giving
from portal.usecases.grants import GrantPage
from portal.usecases.trail_exports import RESULTS
from portal.web import cursors
from portal.web.checks import Checks, state_names, words_of
from portal.web.forms import Form, filled, read_form, whole
from portal.web.languages import say
from portal.web.ways import caller_of, id_from, portal_of, read_id, show, zone_of

WORDS: Final = {
    "stands": STANDS,
    "modes": MODES,
    "languages": LANGUAGES,
    "kinds": KINDS,
    "deeds": DEEDS,
    "results": RESULTS,
}
HALF_A_DAY: Final = timedelta(hours=12)  # before the end it is the last day, in the zone of its giver and near ones
_SEEN_DIGITS: Final = 6
LOOKS_AGAIN_SECONDS: Final = 60


def listing(request: Request) -> Response:
    """Show what a State granted, asked for and was offered."""
    page = grants.list_grants(portal_of(request), caller_of(request))
    return show(request, "grants/list.html", page=page, names=state_names(request), words=WORDS)


# --- asking


def asking(request: Request) -> Response:
    """Show the form on which a State asks for a report."""
    return _asking(request, Checks(filled(cycle=request.query_params.get("cycle", "")), sent=False))


def ask(request: Request) -> Response:
    """Ask for a report."""
    checks = Checks(read_form(request))
    review, purpose = checks.take("review", _id), checks.take("purpose", text_of)
    readers = _ids(checks, "readers")
    if checks.ok and review is not None and purpose is not None and readers is not None:
        who = (portal_of(request), caller_of(request))
        done = checks.attempt(partial(grant_requests.ask_grant, *who, review, purpose, frozenset(readers)))
        if done is not None:
            return RedirectResponse(f"/grants/{done}", 303)
    return _asking(request, checks)


def _asking(request: Request, checks: Checks) -> Response:
    page = grant_requests.view_asking(portal_of(request), caller_of(request), read_id(checks.form.text("cycle")))
    return show(
        request,
        "grants/ask.html",
        status=checks.status,
        page=page,
        names=state_names(request),
        longest=TEXT_CHARACTERS,
        **checks.tell(request),
    )


# --- offering


def offering(request: Request) -> Response:
    """Show the form on which the State under review offers access to another one."""
    return _offering(request, id_from(request, "id"), Checks(Form(), sent=False))


def offer(request: Request) -> Response:
    """Offer access to another State."""
    checks, review = Checks(read_form(request)), id_from(request, "id")
    state, purpose = checks.form.text("state"), checks.take("purpose", text_of)
    given = _giving(checks)
    if checks.ok and purpose is not None and given is not None:
        who = (portal_of(request), caller_of(request))
        done = checks.attempt(partial(granting.offer_grant, *who, review, state, purpose, given))
        if done is not None:
            return RedirectResponse(f"/grants/{done}", 303)
    return _offering(request, review, checks)


def _offering(request: Request, review: UUID, checks: Checks) -> Response:
    page = giving.view_offering(portal_of(request), caller_of(request), review)
    if not checks.form.fields:
        checks.form = _usual(request, page.candidates, ())
    return show(
        request,
        "grants/offer.html",
        status=checks.status,
        page=page,
        names=state_names(request),
        modes=words_of(request, MODES),
        words=WORDS,
        longest=TEXT_CHARACTERS,
        **checks.tell(request),
    )


# --- one grant


def view(request: Request) -> Response:
    """Show a grant."""
    return _page(request, id_from(request, "id"), Checks(Form(), sent=False))


def preview(request: Request) -> Response:
    """Show what the readers would see under what is chosen, without doing it."""
    checks = Checks(read_form(request), sent=False)
    return _page(request, id_from(request, "id"), checks)


def decide(request: Request) -> Response:
    """Grant what was asked for."""
    return _give(request, granting.decide_grant)


def change(request: Request) -> Response:
    """Change or extend a grant."""
    return _give(request, granting.change_grant)


def _give(request: Request, act: Callable[..., None]) -> Response:
    checks, grant = Checks(read_form(request)), id_from(request, "id")
    given = _giving(checks)
    if checks.ok and given is not None:
        checks.attempt(partial(act, portal_of(request), caller_of(request), grant, given))
    return _answer(request, grant, checks)


def refuse(request: Request) -> Response:
    """Refuse what was asked for."""
    return _end(request, granting.refuse_grant, "refuse_reason")


def revoke(request: Request) -> Response:
    """Revoke a grant."""
    return _end(request, granting.revoke_grant, "revoke_reason")


def _end(request: Request, act: Callable[..., None], name: str) -> Response:
    checks, grant = Checks(read_form(request)), id_from(request, "id")
    reason = checks.take(name, text_of)
    if reason is not None:
        checks.attempt(partial(act, portal_of(request), caller_of(request), grant, reason))
    return _answer(request, grant, checks)


def answer(request: Request) -> Response:
    """Accept an offer, or decline it."""
    checks, grant = Checks(read_form(request)), id_from(request, "id")
    declines = checks.form.has("declines")
    words = checks.take("decline_reason", text_of) if declines else ""
    readers = None if declines else _ids(checks, "readers")
    if checks.ok:
        chosen_ = None if declines else frozenset(readers or ())
        who = (portal_of(request), caller_of(request), grant, whole(checks.form.text("seen"), _SEEN_DIGITS))
        checks.attempt(partial(grant_requests.answer_offer, *who, chosen_, words or ""))
    return _answer(request, grant, checks)


def name(request: Request) -> Response:
    """Name further readers."""
    checks, grant = Checks(read_form(request)), id_from(request, "id")
    readers = _ids(checks, "readers")
    if checks.ok:
        who = (portal_of(request), caller_of(request), grant)
        checks.attempt(partial(grant_requests.name_readers, *who, frozenset(readers or ())))
    return _answer(request, grant, checks)


def openings(request: Request) -> Response:
    """Show what was opened under a grant."""
    after = cursors.read(request.query_params.get("after", ""))
    page = grant_openings.view_grant_openings(portal_of(request), caller_of(request), id_from(request, "id"), after)
    return show(
        request,
        "grants/openings.html",
        page=page,
        first=after is None,
        older=urlencode({"after": cursors.written(page.older)}) if page.older else None,
        names=state_names(request),
        words=WORDS,
        every=LOOKS_AGAIN_SECONDS,
    )


def _answer(request: Request, grant: UUID, checks: Checks) -> Response:
    return RedirectResponse(f"/grants/{grant}", 303) if checks.ok else _page(request, grant, checks)


def _page(request: Request, grant: UUID, checks: Checks) -> Response:
    who = (portal_of(request), caller_of(request), grant)
    page = grants.view_grant(*who)
    weighing = None
    if Action.WEIGH_GRANT.value in page.may and page.line.mine:
        given = _asked(checks) if "documents" in checks.form.fields else None
        weighing = giving.weigh_grant(*who, given)
        if "documents" not in checks.form.fields:
            kept = checks.form
            checks.form = _usual(request, weighing.candidates, [one.id for one in page.people if one.acts], page)
            checks.form.fields = {**checks.form.fields, **kept.fields}
    names = state_names(request)
    return show(
        request,
        "grants/grant.html",
        status=checks.status,
        page=page,
        weighing=weighing,
        trouble=weighing.problem.words(partial(say, request)) if weighing and weighing.problem else None,
        names=names,
        modes=words_of(request, MODES),
        words=WORDS,
        longest=TEXT_CHARACTERS,
        **checks.tell(request),
    )


# --- fields


def _giving(checks: Checks) -> Giving | None:
    documents, readers = _ids(checks, "documents"), _ids(checks, "readers", least=0)
    first, last = checks.take("first", perhaps_day), checks.take("last", day)
    mode = checks.take("mode", _mode)
    seen = whole(checks.form.text("seen", "0"), _SEEN_DIGITS)
    if documents is None or readers is None or mode is None or last is None:
        return None
    return Giving(tuple(documents), checks.form.all("languages"), frozenset(readers), mode, first, last, seen)


def _asked(checks: Checks) -> Giving | None:
    """Take what is chosen for a preview, days or no days."""
    documents, readers = _ids(checks, "documents"), _ids(checks, "readers", least=0)
    mode = Mode.COPIES if checks.form.text("mode") == Mode.COPIES else Mode.VIEW
    return Giving(
        tuple(documents or ()), checks.form.all("languages"), frozenset(readers or ()), mode, first=None, last=None
    )


def _usual(
    request: Request, found: Sequence[Candidate], readers: Sequence[UUID], page: GrantPage | None = None
) -> Form:
    """Fill the form in with what holds, or else with what is usual: report and summary, all readers, view only."""
    zone, terms = zone_of(request), page.terms[0] if page and page.terms else None
    today = day_in(zone, portal_of(request).clock())
    usual = tuple(str(one.document) for one in found if one.usual)
    languages = tuple(sorted({edition.language for one in found for edition in one.editions}))
    last = (today + timedelta(days=DAYS_USUAL)).isoformat()
    if terms is None or page is None:
        return filled(
            documents=usual,
            languages=languages,
            readers=tuple(map(str, readers)),
            mode=Mode.VIEW.value,
            first=today.isoformat(),
            last=last,
        )
    given = {one.document for one in page.given}
    held = (str(one.document) for one in found if given & {edition.document.id for edition in one.editions})
    reading = tuple(str(one.id) for one in page.people if one.reads or (page.line.stand == "expired" and one.acts))
    return filled(
        documents=tuple(held),
        languages=terms.languages,
        readers=reading,
        mode=terms.mode.value,
        first=max(day_in(zone, terms.starts_at), today).isoformat(),
        last=last if page.line.stand == "expired" else day_in(zone, terms.ends_at - HALF_A_DAY).isoformat(),
    )


def _ids(checks: Checks, name: str, least: int = 1) -> list[UUID] | None:
    found = []
    for raw in checks.form.all(name):
        try:
            found.append(UUID(hex=raw))
        except ValueError:
            checks.refuse(Problem("choose", N_("Choose one of the list.")), name=name)
            return None
    if len(found) < least:
        checks.refuse(Problem("choose-some", N_("Choose at least one of these.")), name=name)
        return None
    return found


def _id(raw: str) -> UUID:
    try:
        return UUID(hex=raw)
    except ValueError:
        raise RefusedError(Problem("choose", N_("Choose one of the list."))) from None


def _mode(raw: str) -> Mode:
    return chosen(raw, {mode.value: mode for mode in Mode})
