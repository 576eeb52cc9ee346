"""The portal's own style sheet and scripts, served under a name that changes with their content.

A name carries the hash of what it names, so browsers keep the file for a year and never see a mixture of two
releases. Everything is held in memory: the folder is small, and no path of a request ever reaches the disk.
"""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath

from starlette.requests import Request
from starlette.responses import Response

PREFIX = "/static/"
HASH_LETTERS = 16
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ico": "image/x-icon",
    ".png": "image/png",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One static file: the name that it is asked for by, its bytes plain and compressed, its type."""

    name: str
    content: bytes
    compressed: bytes
    content_type: str


def asset(path: str) -> str:
    """Give the address of a static file, such as `/static/portal.0f3b….css` for `portal.css`.

    Raises:
        KeyError: There is no such file; a template that names it is wrong.

    """
    return PREFIX + _by_path()[path].name


def has_asset(path: str) -> bool:
    """Tell whether a static file is there: third-party scripts are brought by set-up and may be absent."""
    return path in _by_path()


def serve(request: Request) -> Response:
    """Answer `/static/{name:path}`; a name with another hash than the file's is not found."""
    found = _by_name().get(request.path_params["name"])
    if found is None:
        return Response(status_code=404, headers={"Cache-Control": "no-store"})
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    content = found.content
    if "gzip" in request.headers.get("accept-encoding", "") and len(found.compressed) < len(content):
        content, headers["Content-Encoding"] = found.compressed, "gzip"
    return Response(content, headers=headers, media_type=found.content_type)


@cache
def _by_path() -> dict[str, Asset]:
    return dict(_walk(resources.files("portal.web") / "static", PurePosixPath()))


@cache
def _by_name() -> dict[str, Asset]:
    return {asset.name: asset for asset in _by_path().values()}


def _walk(folder: Traversable, inside: PurePosixPath) -> list[tuple[str, Asset]]:
    found: list[tuple[str, Asset]] = []
    for entry in folder.iterdir() if folder.is_dir() else ():
        path = inside / entry.name
        if entry.is_dir():
            found += _walk(entry, path)
        elif path.suffix in TYPES:
            found.append((str(path), _read(entry, path)))
    return found


def _read(entry: Traversable, path: PurePosixPath) -> Asset:
    content = entry.read_bytes()
    mark = hashlib.sha256(content).hexdigest()[:HASH_LETTERS]
    name = str(path.with_name(f"{path.stem}.{mark}{path.suffix}"))
    return Asset(name, content, gzip.compress(content, mtime=0), TYPES[path.suffix])
