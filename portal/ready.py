"""`portal ready`: ask the portal that runs here whether it can work; `__main__` calls it without what others need.

It is asked every few seconds by whatever watches over the portal, so it reads few libraries.
"""

import argparse
import ssl
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from socket import create_connection
from typing import Final

from portal.errors import PortalError
from portal.plainly import in_a_line
from portal.settings import Settings
from portal.tls import certificates

OK: Final = 200
SILENT: Final = 0  # nothing answers
STRANGE: Final = -1  # something does, by other certificates; or ours can't be read, so that it can't be asked
SECONDS: Final = 5.0


def status(settings: Settings, path: str, headers: Mapping[str, str] | None = None) -> int:
    """Give the status of the portal's answer on its own port, by the way on which its proxy asks; or of none."""
    where, found = (settings.host, settings.port), certificates(settings)
    try:
        context = found.client() if found else None
    except OSError:
        return STRANGE if _listens(where) else SILENT
    line = HTTPConnection(*where, timeout=SECONDS)
    if context is not None:
        line = HTTPSConnection(*where, timeout=SECONDS, context=context)
    try:
        line.request("GET", path, headers=dict(headers or {}))
        return line.getresponse().status
    except ssl.SSLError:
        return STRANGE
    except (OSError, HTTPException):
        return SILENT
    finally:
        line.close()


def _listens(where: tuple[str, int]) -> bool:
    with suppress(OSError), create_connection(where, SECONDS):
        return True
    return False


def ready(settings: Settings, arguments: argparse.Namespace) -> int:
    """Say in a word; 0: it is so."""
    path, word = ("/healthz", "alive") if arguments.alive else ("/readyz", "ready")
    found = status(settings, path)
    if found == OK:
        sys.stdout.write(f"{word}\n")
        return 0
    what = {SILENT: f"nothing answers on {settings.host}, port {settings.port}", STRANGE: OTHERS}.get(
        found, f"it answers {found}"
    )
    sys.stderr.write(f"portal: not {word}: {what}\n")
    return 1


def ready_options(one: argparse.ArgumentParser) -> None:
    """Add the options."""
    one.add_argument("--alive", action="store_true", help="ask whether it answers at all")


def main(words: Sequence[str]) -> int:
    """Run the command by itself."""
    one = argparse.ArgumentParser(prog="portal ready", description=SAYS)
    ready_options(one)
    arguments = one.parse_args(words)
    try:
        return ready(Settings.load(), arguments)
    except (PortalError, OSError, ValueError) as error:
        sys.stderr.write(f"portal: {in_a_line(error)}\n")
        return 1


OTHERS: Final = "it answers by other certificates than those in tls_folder, or these can't be read"
SAYS: Final = "ask the portal that runs here whether it can work"
