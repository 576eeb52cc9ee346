"""What somebody reads under a grant: the list, the undertaking, pages as marked images, marked copies (ToR 37)."""

from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.domain.grants import MODES
from portal.domain.rendering import SENTENCES, Failure, NotRendered
from portal.domain.texts import N_
from portal.domain.undertakings import READER_PARAGRAPHS, READER_WORDING
from portal.domain.words import KINDS, LANGUAGES
from portal.errors import Invalid, NotFound
from portal.rendering.renderer import IMAGE_TYPE
from portal.usecases import granted, granted_pages
from portal.usecases.downloads import end_download, whose
from portal.usecases.granted_pages import Showing
from portal.usecases.transfers import Going
from portal.web.checks import state_names
from portal.web.downloads import HEADERS, send_copy
from portal.web.forms import filled, read_form, whole
from portal.web.languages import say
from portal.web.reviews import READ_AND_TICK
from portal.web.ways import caller_of, id_from, portal_of, show
from portal.work import Portal

NO_PAGE: Final = N_("There is no such page. This document has pages 1 to %(pages)s; here is the first.")
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
    """Show a page of a version, with its words for whoever doesn't see the image; where there is none, the first."""
    asked = request.query_params.get("page", "1").strip()
    number = whole(asked, 5)
    shown = granted_pages.view_page(*_asks(request), id_from(request, "id"), number or 1)
    if shown.failure is Failure.DAMAGED and shown.number > 1:
        number, shown = None, granted_pages.view_page(*_asks(request), id_from(request, "id"), 1)
    trouble = SENTENCES[shown.failure] if shown.failure else None
    form, names = filled(page=asked), state_names(request)  # which finds the reader's language, too
    if not number and trouble is None:
        form.errors["page"] = say(request, NO_PAGE, pages=shown.pages)
    return show(
        request,
        "granted/page.html",
        status=422 if trouble else 404 if form.errors else 200,
        page=shown,
        given=shown.file.given,
        form=form,
        trouble=trouble,
        names=names,
        words=WORDS,
    )


def image(request: Request) -> Response:
    """Send a page as an image, marked."""
    try:
        number = whole(request.query_params.get("page", "1"), 5) or 0
        shown = granted_pages.view_image(*_asks(request), id_from(request, "id"), number)
    except NotRendered:
        raise NotFound from None
    return Response(shown.content, headers={**HEADERS, "Content-Type": IMAGE_TYPE})


def copy(request: Request) -> Response:
    """Send a marked copy, made for this reader."""
    portal, caller, version = portal_of(request), caller_of(request), id_from(request, "id")
    copying, title, intent = granted_pages.begin_copy(*_asks(request), version)
    going = Going(portal, caller, Action.DOWNLOAD_GRANTED, version)
    end = partial(end_download, portal, intent)
    return send_copy(copying, f"{title} {copying.number}.pdf", going, end, whose(intent))


def _asks(request: Request) -> tuple[Portal, Caller, Showing]:
    return portal_of(request), caller_of(request), Showing(request.app.state.renderer, request.app.state.office)
