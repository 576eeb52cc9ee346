"""The portal as `portal serve` runs it, on a free port, with the cast in it, at today's date."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from shutil import which

import pytest
from playwright.sync_api import Browser, sync_playwright

from portal.app import create_portal
from portal.demo.servers import free_port
from portal.ready import status
from tests.cast import Clock, World, build_world
from tests.conftest import LONG, environment, settings_in
from tests.e2e.warm import begin

ROOT = Path(__file__).parents[2]
CHROMIUM = which("chromium")
IN_CHROMIUM = [
    pytest.mark.e2e,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium (apt-get install chromium)"),
]
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield running
        running.close()


class RealClock(Clock):
    """The time that the server has too."""

    def __call__(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its address and its process."""

    url: str
    pid: int


@contextmanager
def serve(
    world: World, before: Callable[[], None] | None = None, *, is_warm: bool = True, **settings: str
) -> Iterator[Server]:
    """Serve a world's portal in a process forked from one that has read the libraries, or started anew.

    `before` runs in a new one before the server.
    """
    port = free_port()
    url = f"http://localhost:{port}"
    used = world.portal.settings
    given = {
        **os.environ,
        **environment(used),
        **LONG,
        "PORTAL_PORT": str(port),
        "PORTAL_ORIGIN": url,
        "PORTAL_SECOND_FACTOR": str(used.second_factor).lower(),
        **{f"PORTAL_{name.upper()}": value for name, value in settings.items()},
    }
    said = used.data.with_name("said")
    process = begin(given, said) if is_warm and before is None else _anew(given, said, before)
    try:
        at = replace(used, port=port, tls_folder=settings.get("tls_folder", ""))
        wait_until(lambda: status(at, "/healthz") > 0, 30)
        yield Server(url, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait()
        sys.stderr.write(said.read_text("utf-8"))  # shown with a failure


def _anew(given: Mapping[str, str], said: Path, before: Callable[[], None] | None) -> subprocess.Popen[bytes]:
    with said.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "portal", "serve"],
            cwd=ROOT,
            env=given,
            stdout=output,
            stderr=output,
            preexec_fn=before,  # noqa: PLW1509  # sets limits, takes no lock
        )


def wait_until(holds: Callable[[], bool], seconds: float) -> None:
    """Wait for something that happens beside the test."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture(scope="session")
def clock() -> Clock:
    return RealClock()


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> tuple[Path, World]:
    """The cast's portal as of today; tests work on copies."""
    folder = tmp_path_factory.mktemp("built-today")
    portal = create_portal(settings_in(folder), clock)
    world = build_world(portal, clock)
    portal.database.close()
    return folder, world


@pytest.fixture
def server(world: World) -> Iterator[Server]:
    with serve(world) as running:
        yield running
