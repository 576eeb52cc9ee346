"""Where a reader is led: to sign in, and back to the page that was asked for.

A way back is a path of the portal itself. What could lead elsewhere (another host after two slashes or a backslash,
which browsers read as a slash; control characters, which they drop) is no way back.
"""

from urllib.parse import urlencode, urlsplit

from starlette.requests import Request

SIGN_IN = "/sign-in"
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
    query = request.url.query
    asked = local_path(request.url.path + (f"?{query}" if query else ""))
    return SIGN_IN if asked in {None, "/"} else f"{SIGN_IN}?{urlencode({'next': asked})}"
