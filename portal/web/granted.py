"""What somebody reads under a grant: the list, the undertaking, pages as marked images, marked copies (ToR 37)."""

from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.domain.grants import MODES
from portal.domain.rendering import SENTENCES, Failure, NotRendered
from portal.domain.undertakings import READER_PARAGRAPHS, READER_WORDING
from portal.domain.words import KINDS, LANGUAGES
from portal.errors import Invalid, NotFound
from portal.rendering.renderer import IMAGE_TYPE
from portal.usecases import granted, granted_pages
from portal.usecases.downloads import end_download
from portal.usecases.granted_pages import Showing
from portal.usecases.transfers import Going
from portal.web.checks import state_names
from portal.web.downloads import HEADERS, send_copy
from portal.web.forms import read_form, whole
from portal.web.reviews import READ_AND_TICK
from portal.web.ways import caller_of, id_from, portal_of, show
from portal.work import Portal

WORDS: Final = {"modes": MODES, "languages": LANGUAGES, "kinds": KINDS}


def listing(request: Request) -> Response:
    """Show what other States let the reader read."""
    lines = granted.list_granted(portal_of(request), caller_of(request))
    return show(request, "granted/list.html", lines=lines, names=state_names(request), words=WORDS)


def view(request: Request) -> Response:
    """Show what a grant gives; the undertaking first."""
    page = granted.open_granted(portal_of(request), caller_of(request), id_from(request, "id"))
    return show(
        request,
        "granted/grant.html",
        page=page,
        names=state_names(request),
        words=WORDS,
        undertaking=READER_PARAGRAPHS,
        wording=READER_WORDING,
    )


def accept(request: Request) -> Response:
    """Undertake to respect the confidentiality of what a grant gives."""
    grant, form = id_from(request, "id"), read_form(request)
    if not form.has("accepted", "yes"):
        raise Invalid(READ_AND_TICK)
    granted.accept_granted(portal_of(request), caller_of(request), grant, form.text("wording"))
    return RedirectResponse(f"/granted/{grant}", 303)


def page(request: Request) -> Response:
    """Show a page of a version, with its words for whoever doesn't see the image."""
    shown = granted_pages.view_page(*_asks(request), id_from(request, "id"), _number(request))
    if shown.failure is Failure.DAMAGED and shown.number > 1:
        raise NotFound  # there is no such page: of a damaged file the first isn't shown either, and says why
    trouble = SENTENCES[shown.failure] if shown.failure else None
    return show(
        request,
        "granted/page.html",
        status=200 if trouble is None else 422,
        page=shown,
        given=shown.file.given,
        trouble=trouble,
        names=state_names(request),
        words=WORDS,
    )


def image(request: Request) -> Response:
    """Send a page as an image, marked."""
    try:
        shown = granted_pages.view_image(*_asks(request), id_from(request, "id"), _number(request))
    except NotRendered:
        raise NotFound from None
    return Response(shown.content, headers={**HEADERS, "Content-Type": IMAGE_TYPE})


def copy(request: Request) -> Response:
    """Send a marked copy, made for this reader."""
    portal, caller, version = portal_of(request), caller_of(request), id_from(request, "id")
    copying, title, intent = granted_pages.begin_copy(*_asks(request), version)
    going = Going(portal, caller, Action.DOWNLOAD_GRANTED, version)
    return send_copy(copying, f"{title} {copying.number}.pdf", going, partial(end_download, portal, intent))


def _asks(request: Request) -> tuple[Portal, Caller, Showing]:
    return portal_of(request), caller_of(request), Showing(request.app.state.renderer, request.app.state.office)


def _number(request: Request) -> int:
    number = whole(request.query_params.get("page", "1"), 5)
    if not number:
        raise NotFound
    return number
