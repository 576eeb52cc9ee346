"""Somebody's desk: the first page after signing in, and the one that mail leads to."""

from starlette.requests import Request
from starlette.responses import Response

from portal.domain.duties import DUTIES
from portal.domain.notices import NOTICES
from portal.usecases import desks
from portal.web.checks import state_names
from portal.web.ways import caller_of, portal_of, show


def view(request: Request) -> Response:
    """Show what is on somebody's desk."""
    page = desks.view_desk(portal_of(request), caller_of(request))
    return show(request, "desks/desk.html", page=page, names=state_names(request), duties=DUTIES, kinds=NOTICES)
