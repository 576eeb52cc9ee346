"""Serves the portal: one process, one worker, on loopback alone; a proxy beside it speaks HTTPS to the network.

Proxy and portal speak TLS, too, and know each other by certificates (tls.py); in the clear the portal serves this
machine alone, as in the demonstration. HTTP is 1.1 either way.
"""

import asyncio
import ctypes
import gc
import logging
import signal
import socket
from collections.abc import Callable
from threading import current_thread
from threading import enumerate as enumerate_threads
from time import monotonic

from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.log import LogLevels
from granian.server.embed import Server
from starlette.types import ASGIApp, Receive, Scope, Send

from policies.engine import Engine
from portal import logs
from portal.app import open_portal, web_app
from portal.background import Background
from portal.errors import Invalid
from portal.measures_server import check_measures
from portal.settings import Settings
from portal.spans import check_spans
from portal.tls import SOON, certificates, check_tls
from portal.work import Portal, utc_now
from storage.hosts import is_loopback
from storage.keys.keyring_file import NAME

log = logging.getLogger("portal.server")
BACKLOG = 512
CONNECTIONS = 4096  # that are served at once; transfers among them are bounded on their own (portal/web/sending.py)
ENDING_SECONDS = 5


def serve_portal(settings: Settings, policies: Callable[[], Engine]) -> int:
    """Serve until the process is told to end.

    Raises:
        Invalid: The portal would be open to a network without HTTPS, or the settings don't fit otherwise.

    """
    check_exposure(settings)
    ends = check_tls(settings)
    check_port(settings)
    check_measures(settings)
    check_spans(settings)
    logs.begin(settings.log_format)
    for warning in warnings(settings):
        log.warning("%s", warning)
    if ends is not None and ends - utc_now() < SOON:
        log.warning("the certificates for proxy and portal end on %s: portal tls make --renew", f"{ends:%d %B %Y}")
    portal = open_portal(settings, policies=policies)
    web = web_app(portal)
    give_memory_back()
    try:
        asyncio.run(serve(settings, web))
    finally:
        finish(portal)
        portal.database.close()
    return 0


def give_memory_back() -> None:
    """Return to the system what starting took and freed: parsing the policies alone takes 20 MiB on the way."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of glibc alone
    if trim is not None:
        trim(0)


def finish(portal: Portal) -> None:
    """Let what is written in the last moment, such as how a download ended, come into the log's tree."""
    ends = monotonic() + ENDING_SECONDS
    for thread in enumerate_threads():
        if not thread.daemon and thread is not current_thread():  # it writes; the loop it wrote for is gone
            thread.join(timeout=max(0.0, ends - monotonic()))
    Background(portal).finish()


def check_exposure(settings: Settings) -> None:
    """Refuse to listen to a network: the portal is asked by this machine alone, a proxy elsewhere included.

    Raises:
        Invalid: The host isn't loopback.

    """
    if not is_loopback(settings.host):
        raise Invalid(
            f"the portal doesn't listen on {settings.host}, where it would answer a network: leave PORTAL_HOST at "
            "127.0.0.1 and let a proxy on the same machine end TLS (PORTAL_PROXIES=127.0.0.1)"
        )


def check_port(settings: Settings) -> None:
    """Refuse a port that is taken: the server would share it, and every second request would go elsewhere.

    Raises:
        Invalid: Another process listens there, or it can't be listened to.

    """
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
        with socket.socket(found[0][0], socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(found[0][4])
    except OSError as error:
        raise Invalid(
            f"the portal can't listen on {settings.host}, port {settings.port} ({error.strerror}): "
            "stop what listens there, or choose another with PORTAL_PORT"
        ) from error


def warnings(settings: Settings) -> list[str]:
    """Say what is allowed and yet not well."""
    if settings.token is not None and not (settings.keys / NAME).exists():
        return []
    found = []
    data, keys = settings.data.resolve(), settings.keys.resolve()
    if data.exists() and keys.exists() and data.stat().st_dev == keys.stat().st_dev:
        found.append(
            f"keys ({keys}) and data ({data}) lie on one device: whoever takes it has both. "
            "Put the keys elsewhere with PORTAL_KEYS."
        )
    if keys.is_relative_to(data):
        found.append(f"the keys ({keys}) lie inside the data folder: a copy of the data would hold them.")
    return found


class Running:
    """Wrap an application so that what runs in it can be cut: each request writes its outcome as if its client left.

    TLS here is the proxy's: whether the person's own line is safe it says itself (`X-Forwarded-Proto`), or nobody does.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._tasks: set[asyncio.Task[object]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one connection through."""
        task = asyncio.current_task()
        if task is None or scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["scheme"] = "http"
        self._tasks.add(task)
        try:
            await self._app(scope, receive, send)
        finally:
            self._tasks.discard(task)

    def cut(self) -> None:
        """Cancel what still runs."""
        if self._tasks:
            log.warning("%d requests didn't end in time and are cut", len(self._tasks))
        for task in self._tasks:
            task.cancel()


async def serve(settings: Settings, app: ASGIApp) -> None:
    """Serve an application until the process is told to end, and what runs then has ended or its time is over."""
    running, found = Running(app), certificates(settings)
    server = Server(
        running,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        ssl_cert=found.certificate if found else None,
        ssl_key=found.key if found else None,
        ssl_ca=found.authority if found else None,
        ssl_client_verify=found is not None,
        ssl_protocol_min=SSLProtocols.tls13,
        websockets=False,
        backlog=BACKLOG,
        backpressure=CONNECTIONS,
        log_access=False,  # paths may hold the token of a sign-in link
        log_level=LogLevels.warning,
        log_dictconfig={"loggers": {"_granian": {"handlers": [], "propagate": True}}},
    )
    loop = asyncio.get_running_loop()

    def end() -> None:
        server.stop()  # type: ignore[no-untyped-call]
        loop.call_later(settings.ending_seconds, running.cut)

    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, end)
    log.info("the portal answers at %s", settings.origin)
    await server.serve()
    # what follows an answer, such as the outcome of a download whose client has all of it, is done before the end
    if left := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(left, timeout=ENDING_SECONDS)
