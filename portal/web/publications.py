"""Publications, for the State whose they are: the list, preparing one, its page and file, what is done to it."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.access.actions import Action
from portal.domain.languages import document_language
from portal.domain.publications import CAUTIONS, STAGES, pages_of, public_reason, public_title
from portal.domain.words import KINDS, LANGUAGES, ROLES
from portal.publishing.findings import WORDS as HIDDEN
from portal.usecases import publication_pages, publications
from portal.usecases.publication_pages import begin_preview
from portal.usecases.publications import Plan
from portal.web.checks import Checks, state_names, words_of
from portal.web.downloads import send_content
from portal.web.forms import Form, read_form
from portal.web.ways import caller_of, id_from, id_in, portal_of, show

WORDS: Final[dict[str, Any]] = {
    "kinds": KINDS,
    "stages": STAGES,
    "roles": ROLES,
    "languages": LANGUAGES,
    "hidden": HIDDEN,
    "cautions": CAUTIONS,
}


def listing(request: Request) -> Response:
    """List what the State published of a review, with the form of another one."""
    return _listing(request, Checks(Form(), sent=False))


def prepare(request: Request) -> Response:
    """Make the public file of a document anew, to be read and confirmed."""
    checks, review = Checks(read_form(request)), id_from(request, "id")
    version = checks.take("version", id_in)
    chosen = checks.take("pages", pages_of)
    title, language = checks.take("title", public_title), checks.take("language", document_language)
    if version is None or chosen is None or title is None or language is None:
        return _listing(request, checks)
    plan = Plan(review, version, chosen, title, language)
    made = checks.attempt(partial(publications.prepare_publication, portal_of(request), caller_of(request), plan))
    return RedirectResponse(f"/publications/{made}", 303) if made else _listing(request, checks)


def view(request: Request) -> Response:
    """Show one publication."""
    return _one(request, Checks(Form(), sent=False))


def preview(request: Request) -> Response:
    """Send exactly the file that is to become public."""
    return send_content(request, Action.PREVIEW_PUBLICATION, begin_preview)


def confirm(request: Request) -> Response:
    """Confirm a publication."""
    return _done(request, publications.confirm_publication)


def cancel(request: Request) -> Response:
    """Call a publication off."""
    return _done(request, publications.cancel_publication)


def withdraw(request: Request) -> Response:
    """Withdraw what is public."""
    checks, one = Checks(read_form(request)), id_from(request, "id")
    reason = checks.take("reason", public_reason)
    if reason is None:
        return _one(request, checks)
    publications.withdraw_publication(portal_of(request), caller_of(request), one, reason)
    return RedirectResponse(f"/publications/{one}", 303)


def _done(request: Request, act: Callable[..., None]) -> Response:
    checks, one = Checks(read_form(request)), id_from(request, "id")
    checks.attempt(partial(act, portal_of(request), caller_of(request), one))
    return RedirectResponse(f"/publications/{one}", 303) if checks.ok else _one(request, checks)


def _listing(request: Request, checks: Checks) -> Response:
    page = publication_pages.list_publications(portal_of(request), caller_of(request), id_from(request, "id"))
    return show(
        request,
        "publications/list.html",
        status=checks.status,
        page=page,
        names=state_names(request),
        tongues=words_of(request, LANGUAGES),
        hours=portal_of(request).settings.publication_hours,
        **WORDS,
        **checks.tell(request),
    )


def _one(request: Request, checks: Checks) -> Response:
    page = publication_pages.view_publication(portal_of(request), caller_of(request), id_from(request, "id"))
    return show(
        request,
        "publications/publication.html",
        status=checks.status,
        page=page,
        names=state_names(request),
        **WORDS,
        **checks.tell(request),
    )
