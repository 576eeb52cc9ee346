"""Concerns: the form on which somebody files one, the page of one, and setting it aside."""

from functools import partial
from typing import Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.domain.cases import LINE_CHARACTERS, NATURES, TEXT_CHARACTERS, Told, chosen, line_of, nature_of, text_of
from portal.domain.words import LANGUAGES, ROLES, ROOMS
from portal.usecases import concerns
from portal.usecases.concerns import Filing
from portal.usecases.granted_concerns import GrantedFiling, file_granted_concern, view_granted_filing
from portal.web.checks import Checks, state_names, words_of
from portal.web.forms import Form, filled, read_form
from portal.web.languages import language_of
from portal.web.ways import caller_of, id_from, portal_of, show

WORDS: Final = {"natures": NATURES, "roles": ROLES, "rooms": ROOMS, "languages": LANGUAGES}
LONGEST: Final = {"line": LINE_CHARACTERS, "text": TEXT_CHARACTERS}


def filing(request: Request) -> Response:
    """Show the form of a concern, and what the reader filed before."""
    return _form_page(request, Checks(filled(language=language_of(request)), sent=False))


def file(request: Request) -> Response:
    """File a concern."""
    checks = Checks(read_form(request))
    told, about = _told(checks), checks.take("about", id_or_none)
    if told is not None and checks.ok:
        who = (portal_of(request), caller_of(request), id_from(request, "id"))
        done = checks.attempt(partial(concerns.file_concern, *who, told, about))
        if done is not None:
            return RedirectResponse(f"/concerns/{done}", 303)
    return _form_page(request, checks)


def filing_granted(request: Request) -> Response:
    """Show the form of a concern about what was granted, and what the reader filed before."""
    return _granted_page(request, Checks(filled(language=language_of(request)), sent=False))


def file_granted(request: Request) -> Response:
    """File a concern about what was granted."""
    checks = Checks(read_form(request))
    told = _told(checks)
    if told is not None:
        who = (portal_of(request), caller_of(request), id_from(request, "id"))
        done = checks.attempt(partial(file_granted_concern, *who, told))
        if done is not None:
            return RedirectResponse(f"/concerns/{done}", 303)
    return _granted_page(request, checks)


def _told(checks: Checks) -> Told | None:
    """Read what a concern says; None: something is to be corrected."""
    nature, language = checks.take("nature", nature_of), checks.take("language", _language)
    happened, damage = checks.take("happened", text_of), checks.take("damage", _perhaps_text)
    when, where = checks.take("when", line_of), checks.take("where", line_of)
    if not checks.ok or not nature or not language or happened is None or damage is None:
        return None
    return Told(nature, language, happened, when or "", where or "", damage, checks.form.all("documents"))


def _form_page(request: Request, checks: Checks) -> Response:
    page = concerns.view_filing(portal_of(request), caller_of(request), id_from(request, "id"))
    return _filing_page(request, checks, "cases/file.html", page)


def _granted_page(request: Request, checks: Checks) -> Response:
    page = view_granted_filing(portal_of(request), caller_of(request), id_from(request, "id"))
    return _filing_page(request, checks, "cases/file_granted.html", page)


def _filing_page(request: Request, checks: Checks, template: str, page: Filing | GrantedFiling) -> Response:
    return show(
        request,
        template,
        status=checks.status,
        page=page,
        names=state_names(request),
        natures=words_of(request, NATURES),
        language_words=words_of(request, LANGUAGES),
        words=WORDS,
        longest=LONGEST,
        **checks.tell(request),
    )


def view(request: Request) -> Response:
    """Show a concern."""
    return _page(request, Checks(Form(), sent=False))


def set_aside(request: Request) -> Response:
    """Set a concern aside."""
    checks, concern = Checks(read_form(request)), id_from(request, "id")
    reason = checks.take("reason", text_of)
    if reason is not None:
        concerns.set_aside(portal_of(request), caller_of(request), concern, reason)
        return RedirectResponse(f"/concerns/{concern}", 303)
    return _page(request, checks)


def _page(request: Request, checks: Checks) -> Response:
    page = concerns.view_concern(portal_of(request), caller_of(request), id_from(request, "id"))
    return show(
        request,
        "cases/concern.html",
        status=checks.status,
        page=page,
        names=state_names(request),
        words=WORDS,
        longest=LONGEST,
        **checks.tell(request),
    )


def _language(raw: str) -> str:
    return chosen(raw, {code: code for code in LANGUAGES})


def _perhaps_text(raw: str) -> str:
    return text_of(raw) if raw.strip() else ""


def id_or_none(raw: str) -> UUID | None:
    """Return the id that was chosen, or None where none was.

    Raises:
        RefusedError: It is no id.
    """
    if not raw:
        return None
    try:
        return UUID(hex=raw)
    except ValueError:
        return chosen(raw, {})
