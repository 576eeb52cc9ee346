"""The log's tree: as others read it, by the addresses of C2SP tlog-tiles, and as people see whether it is witnessed."""

from collections.abc import Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from portal.audit.notes import Malformed
from portal.audit.tiles import parse_tile
from portal.audit.witnessing import Trouble
from portal.domain.texts import N_
from portal.errors import NotFound
from portal.usecases import tree
from portal.usecases.witnesses import view_log
from portal.web.languages import language_of
from portal.web.ways import caller_of, portal_of, show

LASTING: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
PASSING: Final = {"Cache-Control": "public, max-age=1"}
NOTHING: Final = {"Cache-Control": "no-store"}

TROUBLES: Final = {
    Trouble.SILENT: N_("doesn’t answer"),
    Trouble.UNKNOWN_LOG: N_("isn’t set up for this log"),
    Trouble.UNKNOWN_KEY: N_("knows this log under other keys"),
    Trouble.UNSIGNED: N_("answers without a signature that its key proves"),
    Trouble.ODD: N_("answers otherwise than a witness does"),
    Trouble.AHEAD: N_("has seen a later log than this one"),
    Trouble.OTHER: N_("has seen another log than this one"),
}


def view(request: Request) -> Response:
    """Show how large the log is, and what its witnesses have seen."""
    found = view_log(portal_of(request), caller_of(request))
    names = portal_of(request).state_names(language_of(request))
    return show(request, "audit/log.html", found=found, names=names, troubles=TROUBLES)


def keep_checkpoint(request: Request) -> Response:
    """Give the newest checkpoint to somebody who keeps it."""
    found = view_log(portal_of(request), caller_of(request))
    if not found.checkpoint:
        raise NotFound
    return _file(found.checkpoint.encode(), f"log-{found.size}.txt")


def keep_policy(request: Request) -> Response:
    """Give the keys of the log and its witnesses, and how many must agree."""
    return _file(view_log(portal_of(request), caller_of(request)).policy, "log-policy.txt")


def _file(content: bytes, name: str) -> Response:
    headers = {**NOTHING, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, headers=headers, media_type="text/plain; charset=utf-8")


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
