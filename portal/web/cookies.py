"""The portal's two cookies: the session's, and a visitor's before there is a session.

Over HTTPS their names begin with `__Host-`, so no other host and no plain connection can set or overwrite them
(RFC 6265bis, 4.1.3.2). Over plain HTTP on loopback (the demonstration) browsers refuse that prefix: there the
cookies carry other names, so that neither is ever mistaken for the other.
"""

from starlette.requests import HTTPConnection
from starlette.responses import Response

SESSION = "portal"
VISITOR = "portal-visitor"
COOKIE_LETTERS = 512


def set_cookie(response: Response, request: HTTPConnection, value: str, cookie: str = SESSION) -> None:
    """Give the browser a cookie that ends with the browser; the session's own limits stand on the server."""
    secure = request.url.scheme == "https"
    response.set_cookie(_name(request, cookie), value, path="/", secure=secure, httponly=True, samesite="lax")


def clear_cookie(response: Response, request: HTTPConnection, cookie: str = SESSION) -> None:
    """Take a cookie back, with the same attributes that set it: browsers ignore anything else."""
    secure = request.url.scheme == "https"
    response.delete_cookie(_name(request, cookie), path="/", secure=secure, httponly=True, samesite="lax")


def read_cookie(request: HTTPConnection, cookie: str = SESSION) -> str | None:
    """Read a cookie of ours; an empty or oversized one is no cookie."""
    value = request.cookies.get(_name(request, cookie))
    return value if value and len(value) <= COOKIE_LETTERS else None


def _name(request: HTTPConnection, cookie: str) -> str:
    return f"__Host-{cookie}" if request.url.scheme == "https" else f"{cookie}-local"
