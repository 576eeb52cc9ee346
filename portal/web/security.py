"""The walls that every request passes before a route sees it, and every answer on its way out.

From the outside in:
1. a random number for the request, which names it in logs and events;
2. headers on every answer: strict CSP, no framing, no sniffing, no referrer to anybody outside, HSTS over HTTPS;
3. what goes wrong further in becomes a calm page; an answer that broke off in the middle stays broken;
4. transport: HTTPS, or a configured proxy on this machine that says so, or plain HTTP on loopback (the
   demonstration), else nothing; proxy headers count from configured proxies only, which name their client;
5. the host asked for is one of ours, and headers are bounded;
6. an unsafe method comes from a page of ours (`csrf`), and its body is a bounded form that arrives in time
   (`bodies`), or an upload route's.

What walls 4 to 6 turn away is in the portal's own log: number, address, status, and nothing that the client wrote.

`Referrer-Policy` is `same-origin`, not `no-referrer`: under the latter browsers send `Origin: null` with our own
forms (Fetch, 3.1), and the check of the origin would have to trust null.
"""

import logging
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal.domain.texts import N_
from portal.web import cookies, csrf, forms, multipart
from portal.web.bodies import SHORT_BYTES, bounded_body
from portal.web.failures import on_left, on_refused, on_unknown
from portal.web.refusals import RequestRefused

log = logging.getLogger("portal.web")

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
CLOSED_FEATURES = (
    "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen", "geolocation",
    "gyroscope", "magnetometer", "microphone", "midi", "payment", "picture-in-picture", "screen-wake-lock",
    "usb", "xr-spatial-tracking",
)  # fmt: skip
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in CLOSED_FEATURES),
}
HSTS = "max-age=63072000; includeSubDomains"
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
FORM_TYPE = "application/x-www-form-urlencoded"

NOT_SECURE = N_(
    "The portal answers only over a secure connection, so nothing was shown or done. Use its https address."
)
NO_CLIENT = N_(
    "The proxy in front of the portal didn’t say where this request comes from, so nothing was shown or done. "
    "Tell those who run the portal."
)
WRONG_HOST = N_("The portal isn’t known under this address, so nothing was shown or done. Check the address.")
LONG_HEADERS = N_("The request carries more headers than the portal reads, so nothing was done.")
WRONG_TYPE = N_("The portal doesn’t take this kind of content here, so nothing was done.")


# what was sent doesn't fit, came too late, is too much or too often: somebody may be trying (ASVS 16.3.3)
NOTED = frozenset({408, 409, 413, 422, 429})
_WORD = re.compile(r"[a-z-]{0,20}")


@dataclass(frozen=True, slots=True)
class Rules:
    """What the walls let through.

    Attributes:
        hosts: The names, without port, under which the portal may be asked; lower case.
        proxies: The networks of the proxies whose X-Forwarded-For and X-Forwarded-Proto count.
        is_upload: Tells from the path whether a route reads a multipart body of any length itself.
        is_long: Tells from the path whether a form holds a long text. What is too long for the record still has to
            come back to whoever typed it, so more is read than is kept; from nobody without a session's cookie.
        is_machine: Tells from the path whether another server calls it: what it sends proves itself, and no page of
            ours is asked for. Its cookies count for nothing.
    """

    hosts: frozenset[str] = LOOPBACK_NAMES
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    is_upload: Callable[[str], bool] = lambda _path: False
    is_long: Callable[[str], bool] = lambda _path: False
    is_machine: Callable[[str], bool] = lambda _path: False
    header_bytes: int = 32 * 1024
    form_bytes: int = SHORT_BYTES
    machine_bytes: int = 20 * 1024
    long_form_bytes: int = 8 * 1024 * 1024


class BrokenAnswer(Exception):
    """An answer could not be finished; the cause is in the portal's own log."""


class Guard:
    """Wrap an application in the walls."""

    def __init__(self, app: ASGIApp, rules: Rules) -> None:
        self._app = app
        self._rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one connection through; only HTTP and the server's own start and end are spoken."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        if scope["type"] != "http":
            return
        scope["state"] = {**scope.get("state", {}), "request_id": str(uuid.uuid4())}
        scope["app"] = self._app  # as the application itself does: what is turned away here is answered alike
        answer = _Answer(scope, send)
        try:
            check_transport(scope, self._rules)
            check_head(scope, self._rules)
            await self._check_body(scope, receive)
            await self._app(scope, receive, answer.send)
        except Exception as error:  # noqa: BLE001 - the outermost wall: whatever it is, the answer stays calm
            if answer.complete:
                return  # Starlette answers an unknown error by our handler, then raises it once more
            if answer.started:
                # the server cuts the connection, so that nobody takes a part for the whole; its log gets no
                # words of the cause, which may be confidential and stand in ours as far as they are not
                raise BrokenAnswer from None
            request = Request(scope, receive)
            handler = on_left if isinstance(error, ClientDisconnect) else on_unknown
            if isinstance(error, RequestRefused):
                handler = on_refused
                client = _address((scope.get("client") or ("-",))[0]) or "-"
                log.warning("request %s from %s was turned away: %d", _number(scope), client, error.status)
            await (await handler(request, error))(scope, receive, answer.send)

    async def _check_body(self, scope: Scope, receive: Receive) -> None:
        request = Request(scope, receive)
        if request.method in csrf.SAFE_METHODS:
            return
        if self._rules.is_machine(scope["path"]):
            scope["headers"] = [pair for pair in scope["headers"] if pair[0] != b"cookie"]
            request = Request(scope, receive)
            scope["state"][forms.CHECKED_FORM] = await _read_fields(request, self._rules.machine_bytes)
            return
        csrf.check_source(request)
        scope["state"][csrf.OURS] = True
        in_header = request.headers.get(csrf.HEADER)
        if in_header is not None:
            csrf.check_token(request, in_header)
        if self._rules.is_upload(scope["path"]):
            scope["state"][multipart.CHECKED_TOKEN] = in_header is not None
            return
        long = self._rules.is_long(scope["path"]) and cookies.read_cookie(request) is not None
        fields = await _read_fields(request, self._rules.long_form_bytes if long else self._rules.form_bytes)
        if in_header is None:
            csrf.check_token(request, fields.get(csrf.FIELD, ("",))[-1])
        scope["state"][forms.CHECKED_FORM] = fields


class _Answer:
    """The way out: adds the headers that every answer carries and notes how far it went."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self.started = False
        self.complete = False

    async def send(self, message: Message) -> None:
        """Pass one message on to the server."""
        if message["type"] == "http.response.start":
            self.started = True
            if message["status"] in NOTED:
                _note(self._scope, message["status"])
            csrf.give_visitor(self._scope, message)
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            if self._scope["scheme"] == "https":
                headers.setdefault("Strict-Transport-Security", HSTS)
        elif message["type"] == "http.response.body":
            self.complete = not message.get("more_body", False)
        await self._send(message)


def _note(scope: Scope, status: int) -> None:
    """Write down that what was sent was refused, and where: no value, no id, no token of the address."""
    steps = [step if _WORD.fullmatch(step) else "-" for step in scope["path"].split("/")]
    client = _address((scope.get("client") or ("-",))[0]) or "-"
    log.warning("request %s from %s was refused: %d at %s", _number(scope), client, status, "/".join(steps))


def _number(scope: Scope) -> str:
    number: str = scope["state"]["request_id"]
    return number


async def _read_fields(request: Request, most: int) -> forms.Fields:
    body = await bounded_body(request, most)
    if body and request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
        raise RequestRefused(415, WRONG_TYPE)
    return forms.parse_fields(body)


def check_head(scope: Scope, rules: Rules) -> None:
    """Check the host that was asked for and the size of the head.

    Raises:
        RequestRefused: 431 too many headers, 400 not one of our hosts, or not exactly one.
    """
    if sum(len(name) + len(value) for name, value in scope["headers"]) > rules.header_bytes:
        raise RequestRefused(431, LONG_HEADERS)
    hosts = Headers(scope=scope).getlist("host")
    if len(hosts) != 1 or host_name(hosts[0]) not in rules.hosts:
        raise RequestRefused(400, WRONG_HOST)


def check_transport(scope: Scope, rules: Rules) -> None:
    """Find out how the request really came, and write its true scheme and client into the scope.

    Raises:
        RequestRefused: 400, over plain HTTP from anywhere but loopback, a configured proxy elsewhere included; or a
            configured proxy doesn't say for whom it asks: its own address would count for everybody, in all limits and
            in the log.
    """
    peer = _address(scope["client"][0] if scope.get("client") else "")
    headers = Headers(scope=scope)
    forwarded = "x-forwarded-proto" in headers or "x-forwarded-for" in headers
    if forwarded and _is_loopback(peer) and any(peer in network for network in rules.proxies):
        scope["scheme"] = "https" if headers.getlist("x-forwarded-proto") == ["https"] else "http"
        client = _client(headers.getlist("x-forwarded-for"), rules)
        if client is None:
            log.error("the proxy %s doesn't name its client in X-Forwarded-For: nobody gets in through it", peer)
            raise RequestRefused(400, NO_CLIENT)
        scope["client"] = (client, 0)
        local = False
    else:
        local = _is_loopback(peer) and host_name(headers.get("host", "")) in LOOPBACK_NAMES
    if scope["scheme"] != "https" and not local:
        raise RequestRefused(400, NOT_SECURE)


def host_name(host: str) -> str:
    """Take the port off a Host header: `[::1]:8000` is `[::1]`; with anything but a port behind it, it is no name."""
    end = host.find("]") + 1 if host.startswith("[") else host.find(":")
    if end <= 0:
        return host.lower()
    port = host[end + 1 :] if host[end : end + 1] == ":" else host[end:] and "none"
    return host[:end].lower() if not port or (port.isascii() and port.isdecimal()) else ""


def _client(forwarded: list[str], rules: Rules) -> str | None:
    """Walk X-Forwarded-For from its end to the first address that isn't a proxy's: the rest is the client's word.

    None: before that there is something that is no address, or nothing at all.
    """
    seen = None
    for entry in reversed(",".join(forwarded).split(",")):
        seen = _address(entry.strip())
        if seen is None or not any(seen in network for network in rules.proxies):
            break
    return None if seen is None else str(seen)


def _is_loopback(peer: IPv4Address | IPv6Address | None) -> bool:
    return peer is not None and peer.is_loopback


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.strip("[]"))
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
