"""Tracing a copy that was found: the form, and the copies that a file comes from."""

from functools import partial
from typing import Final

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from portal.domain.problems import Problem
from portal.domain.rendering import SENTENCES, NotRendered
from portal.domain.texts import N_
from portal.usecases import tracing
from portal.usecases.tracing import Named
from portal.web.checks import Checks, state_names
from portal.web.forms import Form, filled
from portal.web.multipart import FieldPart, multipart
from portal.web.ways import caller_of, portal_of, show

MARKS: Final = {
    "properties": N_("the file’s properties"),
    "operators": N_("the page’s content"),
    "words": N_("the words of the mark"),
    "dots": N_("the dots on the page"),
    "typed": N_("its number, as it was typed"),
}


def form(request: Request) -> Response:
    """Show the form."""
    tracing.may_trace(portal_of(request), caller_of(request))
    return _page(request, Checks(Form(), sent=False), None)


async def trace(request: Request) -> Response:
    """Name the copies that a file comes from, which passes in memory alone, or the one of a number."""
    permit, intent = await to_thread.run_sync(partial(tracing.begin_trace, portal_of(request), caller_of(request)))
    given, typed = bytearray(), ""
    try:
        async for part in multipart(request):
            if isinstance(part, FieldPart):
                typed = part.value if part.name == "number" else typed
                continue
            async for chunk in part.chunks:
                given += chunk[: tracing.MOST_BYTES + 1 - len(given)]
    except BaseException:
        portal_of(request).record_outcome(intent, result="aborted", bytes=len(given))
        raise

    def named() -> Response:
        checks, of = Checks(filled(number=typed)), (portal_of(request), permit, intent)
        if not given:
            return _page(request, checks, checks.take("number", partial(tracing.trace_number, *of)))
        found = None
        try:
            found = tracing.trace_copy(*of, request.app.state.renderer, bytes(given))
        except NotRendered as none:
            checks.refuse(Problem("trace", SENTENCES[none.failure]))
        return _page(request, checks, found)

    return await to_thread.run_sync(named)


def _page(request: Request, checks: Checks, found: list[Named] | None) -> Response:
    return show(
        request,
        "tracing/trace.html",
        status=checks.status,
        found=found,
        names=state_names(request),
        marks=MARKS,
        **checks.tell(request),
    )
