"""The server of the demonstration: `portal serve` in a process of its own, as it would run anywhere."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Final

from portal.errors import Unavailable
from portal.settings import Settings

START_SECONDS: Final = 30
STOP_SECONDS: Final = 15
READY: Final = 200


@contextmanager
def running(settings: Settings, temporary: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Serve the portal of these settings until the block ends.

    Args:
        settings: With the demonstration's folders, port and origin.
        temporary: The server's folder for temporary files.
        log: What the server says is written here.

    Raises:
        Unavailable: It doesn't start; the sentence ends with what it said last.

    """
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "portal.cli", "serve"],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            env=_environment(settings, temporary),
        )
    try:
        _wait(process, settings, log)
        yield process
    finally:
        _stop(process)


def _environment(settings: Settings, temporary: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PORTAL_DATA": str(settings.data.resolve()),
        "PORTAL_KEYS": str(settings.keys.resolve()),
        "PORTAL_HOST": settings.host,
        "PORTAL_PORT": str(settings.port),
        "PORTAL_ORIGIN": settings.origin,
        "PORTAL_PROXIES": "",
        "PORTAL_SECOND_FACTOR": str(settings.second_factor).lower(),
        "PORTAL_OBJECTS": settings.objects,
        "PORTAL_SMTP_HOST": "",  # the cast's addresses lead nowhere: mail waits
        "TMPDIR": str(temporary),
    }


def _wait(process: subprocess.Popen[bytes], settings: Settings, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while not _answers(settings):
        if process.poll() is not None or time.monotonic() > until:
            last = (log.read_text("utf-8", "replace").strip().splitlines() or ["it said nothing"])[-1]
            raise Unavailable(f"the server of the demonstration didn't start: {last}")
        time.sleep(0.1)


def _answers(settings: Settings) -> bool:
    line = HTTPConnection(settings.host, settings.port, timeout=5)
    try:
        line.request("GET", "/readyz", headers={"Host": f"localhost:{settings.port}"})
        return line.getresponse().status == READY
    except (OSError, HTTPException):
        return False
    finally:
        line.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
