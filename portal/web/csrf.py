"""Forged requests: every unsafe method shows that it comes from a page of ours, in three independent ways.

1. `Origin` is the address that was asked (RFC 6454); every browser sends it with a form.
2. `Sec-Fetch-Site`, where the browser sends it, says `same-origin`.
3. The body's first field, or the header `X-CSRF-Token`, holds a token bound to the session cookie (to a visitor
   cookie before there is one). The token is a keyed hash under the cookie's own secret value, which other sites
   can't read, blinded afresh in each page so that compressed answers don't betray it (BREACH).

The check fails closed: a form whose token wasn't checked can't be read (`read_form`, `multipart`).
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import MutableMapping

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import Message, Scope

from portal.domain.texts import N_
from portal.web import cookies
from portal.web.refusals import RequestRefused

FIELD = "csrf"
HEADER = "x-csrf-token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CONTEXT = b"portal/v1/csrf"
MAC_BYTES = 32
FRESH_VISITOR = "portal.fresh_visitor"
RENEWED = "portal.renewed"  # the session's token from this answer on, where a page with forms brings it
OURS = "portal.ours"  # set in the state of an unsafe request that came from a page of ours

ELSEWHERE = N_(
    "This request didn’t come from a page of the portal, so nothing was done. "
    "Open the portal in your browser and try again there."
)
STALE = N_(
    "This form is older than your present sign-in, so nothing was done and nothing was lost. "
    "Go back, load the page again and send the form once more."
)


def token(request: HTTPConnection) -> str:
    """Make the token for the forms of one page; a visitor without a cookie is given one with the answer."""
    secret = browser(request)
    blind = secrets.token_bytes(MAC_BYTES)
    return base64.urlsafe_b64encode(blind + _xor(blind, _mac(secret))).decode("ascii")


def browser(request: HTTPConnection) -> str:
    """Give the secret of this browser's cookie, to which more than forms is bound; made where there is none yet."""
    secret = _secret(request)
    if secret is None:
        secret = secrets.token_urlsafe(32)
        _state(request.scope)[FRESH_VISITOR] = secret
    return secret


def check_token(request: HTTPConnection, given: str | None) -> None:
    """Compare a token with the cookie it must belong to, in constant time.

    Raises:
        RequestRefused: 403, it is missing, malformed or another session's.

    """
    secret = _secret(request)
    try:
        raw = base64.urlsafe_b64decode((given or "").encode("ascii"))
    except (binascii.Error, ValueError):
        raw = b""
    sound = len(raw) == 2 * MAC_BYTES
    shown = _xor(raw[:MAC_BYTES], raw[MAC_BYTES:]) if sound else bytes(MAC_BYTES)
    if not hmac.compare_digest(shown, _mac(secret or secrets.token_urlsafe(32))) or not sound:
        raise RequestRefused(403, STALE)


def renew(request: HTTPConnection, token: str) -> None:
    """Bind the forms of the page that answers to the token that the session has from this answer on."""
    _state(request.scope)[RENEWED] = token


def check_source(request: Request) -> None:
    """Check where an unsafe request comes from.

    Raises:
        RequestRefused: 403, another site's page or no page sent it.

    """
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    if request.headers.get("origin") != own or not is_led_here(request):
        raise RequestRefused(403, ELSEWHERE)


def is_led_here(request: HTTPConnection) -> bool:
    """Tell whether a page of the portal led here, as far as the browser says: no other's link tells what was done."""
    return request.headers.get("sec-fetch-site", "same-origin") == "same-origin"


def give_visitor(scope: Scope, message: Message) -> None:
    """Add the visitor's cookie to the head of an answer whose page was given a token without one."""
    secret = _state(scope).get(FRESH_VISITOR)
    if secret is None:
        return
    carrier = Response()
    cookies.set_cookie(carrier, HTTPConnection(scope), secret, cookies.VISITOR)
    held = [pair for pair in carrier.raw_headers if pair[0] == b"set-cookie"]
    message["headers"] = [*message.get("headers", []), *held]


def _secret(request: HTTPConnection) -> str | None:
    fresh: str | None = _state(request.scope).get(FRESH_VISITOR)
    renewed: str | None = _state(request.scope).get(RENEWED)
    if renewed is not None:
        return renewed
    return cookies.read_cookie(request) or cookies.read_cookie(request, cookies.VISITOR) or fresh


def _mac(secret: str) -> bytes:
    return hmac.new(secret.encode("utf-8", "surrogateescape"), CONTEXT, hashlib.sha256).digest()


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def _state(scope: Scope) -> MutableMapping[str, str]:
    state: MutableMapping[str, str] = scope.setdefault("state", {})
    return state
