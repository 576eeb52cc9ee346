"""The portal's cookies: the session's, a visitor's before there is one, and a mark that somebody signed in here before.

Over HTTPS their names begin with `__Host-`, so no other host and no plain connection can set or overwrite them
(RFC 6265bis, 4.1.3.2). Over plain HTTP on loopback (the demonstration) browsers refuse that prefix: there the
cookies carry other names, so that neither is ever mistaken for the other.
"""

from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response

SESSION = "portal"
VISITOR = "portal-visitor"
KNOWN = "portal-known"  # opens nothing: attempts from a browser that has it are counted by themselves
FLOW = "portal-flow"  # on the way to an identity provider and back: sealed
KNOWN_DAYS = 180
COOKIE_LETTERS = 512
FLOW_LETTERS = 4000  # it holds the path that leads back; browsers keep no more in one cookie


def set_cookie(
    response: Response, request: HTTPConnection, value: str, cookie: str = SESSION, days: int | None = None
) -> None:
    """Give the browser a cookie that ends with the browser; the session's own limits stand on the server.

    Args:
        response: The answer that carries it.
        request: Decides its name and whether it is for HTTPS only.
        value: What the browser keeps.
        cookie: Which of ours.
        days: How long it stays, for one that outlives the browser.

    """
    secure = request.url.scheme == "https"
    life = None if days is None else days * 24 * 3600
    name = _name(request, cookie)
    response.set_cookie(name, value, max_age=life, path="/", secure=secure, httponly=True, samesite="lax")


def clear_cookie(response: Response, request: HTTPConnection, cookie: str = SESSION) -> None:
    """Take a cookie back, with the same attributes that set it: browsers ignore anything else."""
    secure = request.url.scheme == "https"
    response.delete_cookie(_name(request, cookie), path="/", secure=secure, httponly=True, samesite="lax")


def signed_out(request: HTTPConnection) -> Response:
    """Lead whoever signed out to the sign-in; their browser keeps nothing that was theirs."""
    answer = RedirectResponse("/sign-in?left=1", 303)
    clear_cookie(answer, request)
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


def read_cookie(request: HTTPConnection, cookie: str = SESSION) -> str | None:
    """Read a cookie of ours; an empty or oversized one is no cookie."""
    value = request.cookies.get(_name(request, cookie))
    return value if value and len(value) <= (FLOW_LETTERS if cookie == FLOW else COOKIE_LETTERS) else None


def _name(request: HTTPConnection, cookie: str) -> str:
    return f"__Host-{cookie}" if request.url.scheme == "https" else f"{cookie}-local"
