"""The log's tree as others read it, by the addresses of C2SP tlog-tiles; where the settings make it public."""

from collections.abc import Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from portal.audit.notes import Malformed
from portal.audit.tiles import parse_tile
from portal.errors import NotFound
from portal.usecases import tree
from portal.web.ways import portal_of

LASTING: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
PASSING: Final = {"Cache-Control": "public, max-age=1"}
NOTHING: Final = {"Cache-Control": "no-store"}


def checkpoint(request: Request) -> Response:
    """Give the newest checkpoint."""
    return _answer(request, lambda: tree.checkpoint(portal_of(request)).encode(), PASSING, "text/plain; charset=utf-8")


def tile(request: Request) -> Response:
    """Give a tile of the tree, or the entries below one of level 0."""

    def found() -> bytes:
        level, number, width = parse_tile(request.path_params["path"])
        portal = portal_of(request)
        return tree.entries(portal, number, width) if level is None else tree.tile(portal, level, number, width)

    return _answer(request, found, LASTING, "application/octet-stream")


def _answer(request: Request, found: Callable[[], bytes], headers: dict[str, str], media_type: str) -> Response:
    """Answer a program: what isn't there, or isn't public, is not found, and no page says so."""
    try:
        if portal_of(request).settings.log_public:
            return Response(found(), headers=headers, media_type=media_type)
    except (NotFound, Malformed):
        pass
    return PlainTextResponse("Nothing of the log lies at this address, or it isn't public.\n", 404, headers=NOTHING)
