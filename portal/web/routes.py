"""Every address of the portal: method, path, handler, and the act that the gate is asked for."""

from collections.abc import Sequence

from starlette.routing import BaseRoute, Route

from portal.web import assets
from portal.web.ways import Way

WAYS: tuple[Way, ...] = ()


def routes() -> Sequence[BaseRoute]:
    """Make Starlette's routes."""
    return [way.route() for way in WAYS] + [Route(assets.PREFIX + "{name:path}", assets.serve)]


def is_upload(path: str) -> bool:
    """Tell whether a route reads a body of any length itself."""
    return any(way.upload and way.route().path_regex.match(path) for way in WAYS)
