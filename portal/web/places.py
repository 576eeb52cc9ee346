"""Where a reader is led: to sign in, to choose an appointment, and back to the page that was asked for.

A way back is a path of the portal itself. What could lead elsewhere (another host after two slashes or a backslash,
which browsers read as a slash; control characters, which they drop) is no way back.
"""

from urllib.parse import urlencode, urlsplit

from starlette.requests import Request

SIGN_IN = "/sign-in"
ACTING = "/acting"
PROVE = "/prove"
PATH_LETTERS = 1000


def local_path(given: str) -> str | None:
    """Give a path of the portal as it was given, or nothing if it is none."""
    if not given.startswith("/") or given.startswith("//") or len(given) > PATH_LETTERS:
        return None
    if not given.isascii() or not given.isprintable() or "\\" in given or " " in given:
        return None
    try:
        parts = urlsplit(given)
    except ValueError:
        return None
    return None if parts.scheme or parts.netloc else given


def to_sign_in(request: Request) -> str:
    """Give the address of the sign-in page that leads back to what was asked for."""
    return _and_back(request, SIGN_IN)


def to_acting(request: Request) -> str:
    """Give the address of the page on which an appointment is chosen, that leads back to what was asked for."""
    return _and_back(request, ACTING)


def to_prove(request: Request) -> str:
    """Give the address of the page on which one proves anew who one is, that leads back to what was asked for."""
    return _and_back(request, PROVE)


def _and_back(request: Request, page: str) -> str:
    query = request.url.query
    asked = local_path(request.url.path + (f"?{query}" if query else ""))
    return page if asked in {None, "/"} else f"{page}?{urlencode({'next': asked})}"
