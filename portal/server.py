"""Serves the portal: one process, one worker, on loopback unless a proxy that speaks HTTPS stands before it."""

import asyncio
import logging
import signal
import socket
import sys
from ipaddress import ip_address

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server

from portal.app import open_portal, web_app
from portal.errors import Invalid
from portal.settings import Settings

log = logging.getLogger("portal.server")
BACKLOG = 512
ENDING_SECONDS = 5


def serve_portal(settings: Settings) -> int:
    """Serve until the process is told to end.

    Raises:
        Invalid: The portal would be open to a network without HTTPS.

    """
    check_exposure(settings)
    check_port(settings)
    _log_to_stderr()
    for warning in warnings(settings):
        log.warning("%s", warning)
    portal = open_portal(settings)
    try:
        asyncio.run(serve(settings, web_app(portal)))
    finally:
        portal.database.close()
    return 0


def check_exposure(settings: Settings) -> None:
    """Refuse to listen to a network in the clear.

    Raises:
        Invalid: The host isn't loopback, and no HTTPS origin with its proxy is set.

    """
    if is_loopback(settings.host) or (settings.origin.startswith("https://") and settings.proxies):
        return
    raise Invalid(
        f"the portal doesn't listen on {settings.host} without HTTPS: set PORTAL_ORIGIN to its https:// address and "
        "PORTAL_PROXIES to the address of the proxy that ends TLS, or leave PORTAL_HOST at 127.0.0.1"
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


def is_loopback(host: str) -> bool:
    """Tell whether a host to listen on is this machine alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def warnings(settings: Settings) -> list[str]:
    """Say what is allowed and yet not well."""
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


def _log_to_stderr() -> None:
    """Send the portal's words and the server's warnings one way; what the server says of itself at each start isn't."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("_granian").addFilter(lambda record: "experimental" not in str(record.msg))


async def serve(settings: Settings, app: object) -> None:
    """Serve an application until the process is told to end."""
    server = Server(
        app,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        websockets=False,
        backlog=BACKLOG,
        log_access=False,  # paths may hold the token of a sign-in link
        log_level=LogLevels.warning,
        log_dictconfig={"loggers": {"_granian": {"handlers": [], "propagate": True}}},
    )
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, server.stop)
    log.info("the portal answers at %s", settings.origin)
    await server.serve()
    # what follows an answer, such as the outcome of a download whose client has all of it, is done before the end
    if left := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(left, timeout=ENDING_SECONDS)
