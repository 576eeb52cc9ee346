"""The server of the demonstration: `portal serve` in a process of its own, or several behind a proxy, as anywhere."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from portal.demo.servers import free_port
from portal.errors import Unavailable
from portal.ready import OK, status
from portal.settings import Settings

START_SECONDS: Final = 30
STOP_SECONDS: Final = 15


class Replica:
    """One `portal serve`.

    Args:
        settings: With the demonstration's folders and origin, and its own port.
        temporary: Its folder for temporary files.
        log: What it says is written here.
    """

    def __init__(self, settings: Settings, temporary: Path, log: Path) -> None:
        self.settings = settings
        self._temporary, self._log = temporary, log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin to serve.

        Raises:
            Unavailable: It doesn't start; the sentence ends with what it said last.

        """
        with self._log.open("ab") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "portal", "serve"],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                env=_environment(self.settings, self._temporary),
            )
        _wait(self._process, self.settings, self._log)

    def wait(self) -> None:
        """Wait until it ends."""
        if self._process is not None:
            self._process.wait()

    def kill(self) -> None:
        """End it as a breakdown does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """End it, in peace if it does so in time."""
        if self._process is not None:
            _stop(self._process)


@contextmanager
def running(settings: Settings, temporary: Path, logs: Sequence[Path]) -> Iterator[list[Replica]]:
    """Serve the portal of these settings until the block ends: by one process, or by as many as there are logs.

    Raises:
        Unavailable: One doesn't start; the sentence ends with what it said last.

    """
    ports = [settings.port] if len(logs) == 1 else [free_port() for _ in logs]
    replicas = [Replica(replace(settings, port=port), temporary, log) for port, log in zip(ports, logs, strict=True)]
    try:
        for replica in replicas:
            replica.start()
        yield replicas
    finally:
        for replica in replicas:
            replica.stop()


def _environment(settings: Settings, temporary: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PORTAL_DATA": str(settings.data.resolve()),
        "PORTAL_DATABASE": settings.database,
        "PORTAL_KEYS": str(settings.keys.resolve()),
        "PORTAL_PKCS11": "",
        "PORTAL_HOST": settings.host,
        "PORTAL_PORT": str(settings.port),
        "PORTAL_ORIGIN": settings.origin,
        "PORTAL_PROXIES": "",
        "PORTAL_TLS_FOLDER": "",
        "PORTAL_SECOND_FACTOR": str(settings.second_factor).lower(),
        "PORTAL_OBJECTS": settings.objects,
        "PORTAL_S3_ENDPOINT": settings.s3_endpoint,
        "PORTAL_S3_BUCKET": settings.s3_bucket,
        "PORTAL_S3_ACCESS_KEY": settings.s3_access_key,
        "PORTAL_S3_SECRET_KEY": settings.s3_secret_key,
        "PORTAL_S3_CREDENTIALS": settings.s3_credentials,
        "PORTAL_PUBLICATION_HOURS": str(settings.publication_hours),
        "PORTAL_SMTP_HOST": "",  # the cast's addresses lead nowhere: mail waits
        "TMPDIR": str(temporary),
    }


def _wait(process: subprocess.Popen[bytes], settings: Settings, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while status(settings, "/readyz") != OK:
        if process.poll() is not None or time.monotonic() > until:
            last = (log.read_text("utf-8", "replace").strip().splitlines() or ["it said nothing"])[-1]
            raise Unavailable(f"the server of the demonstration didn't start: {last}")
        time.sleep(0.1)


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
