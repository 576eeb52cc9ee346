"""Executive summaries: confirmed and given out by the officer, listed for the bodies of the Conference."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.domain.words import LANGUAGES
from portal.usecases import summaries
from portal.web.checks import state_names
from portal.web.forms import read_form
from portal.web.ways import caller_of, id_from, portal_of, show


def listing(request: Request) -> Response:
    """List the summaries that the bodies of the Conference were given."""
    lines = summaries.list_summaries(portal_of(request), caller_of(request))
    return show(request, "summaries/list.html", lines=lines, names=state_names(request), words={"languages": LANGUAGES})


def confirm(request: Request) -> Response:
    """Confirm a language version of a final summary."""
    review = summaries.confirm_summary(portal_of(request), caller_of(request), id_from(request, "id"))
    return RedirectResponse(f"/reviews/{review}/report", 303)


def transmit(request: Request) -> Response:
    """Give a summary to the bodies of the Conference."""
    review, seen = id_from(request, "id"), read_form(request).text("seen").split()
    summaries.transmit_summary(portal_of(request), caller_of(request), review, seen)
    return RedirectResponse(f"/reviews/{review}/report", 303)
