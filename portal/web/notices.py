"""Notices: the list of one's own, and marking them as seen."""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.domain.account_events import ADVICE, HAPPENED
from portal.domain.notices import NOTICES
from portal.usecases.account_notices import see_events
from portal.usecases.notices import list_notices, see_notices, together
from portal.web.checks import state_names
from portal.web.forms import read_form
from portal.web.ways import caller_of, id_in, portal_of, show

LISTING = "/notices"
EVENT_WORDS: Final = {"happened": HAPPENED, "advice": ADVICE}  # for templates/notices/_events.html


def listing(request: Request) -> Response:
    """Show one's own notices, or those older than one of them."""
    before = request.query_params.get("before")
    page = list_notices(portal_of(request), caller_of(request), id_in(before) if before is not None else None)
    return show(
        request,
        "notices/list.html",
        page=page,
        lines=together(page.lines),
        kinds=NOTICES,
        names=state_names(request),
        words=EVENT_WORDS,
    )


def see(request: Request) -> Response:
    """Mark one's own notices as seen."""
    see_notices(portal_of(request), caller_of(request), id_in(read_form(request).text("newest")))
    return RedirectResponse(LISTING, 303)


def see_account(request: Request) -> Response:
    """Mark what one was told of accounts as seen."""
    see_events(portal_of(request), caller_of(request), id_in(read_form(request).text("newest")))
    return RedirectResponse(LISTING, 303)
