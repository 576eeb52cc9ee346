"""Fixtures for all tests: a portal on disk with its own keys, and the cast in it; a token."""

import gc
import os
import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch
from zlib import crc32

import hypothesis
import pytest
from anyio.from_thread import start_blocking_portal
from sqlalchemy import Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache

from policies.engine import Engine as Policies
from portal import app as application
from portal import gate
from portal.app import create_portal, open_portal
from portal.rendering.renderer import Renderer
from portal.settings import Settings
from portal.usecases.keys import rotate_keys
from portal.work import Portal
from storage import engines
from storage.keys.keyring_file import NAME
from tests import databases
from tests.cast import Clock, World, build_world
from tests.office import Office
from tests.softhsm import SoftHsm, softhsm
from tests.web_client import Browser

hypothesis.settings.register_profile("portal", deadline=None)  # a busy machine is no failure
hypothesis.settings.load_profile("portal")

pytest_plugins = ("tests.fault_report",)

# for a server whose cast was made when a long run began: its sessions stay good
LONG = {"PORTAL_SESSION_IDLE_MINUTES": "1440", "PORTAL_SESSION_LIMITS": "", "PORTAL_FRESH_MINUTES": "1440"}

# with PORTAL_WHEEL the suite runs against what the wheel brought: see that it does
if "PORTAL_WHEEL" in os.environ:
    assert Path(application.__file__).is_relative_to(Path(os.environ["PORTAL_WHEEL"]).resolve())


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep what a database can break, and one in eight of all else, where PORTAL_TESTS_DRAWN draws them."""
    if seed := os.environ.get("PORTAL_TESTS_DRAWN"):

        def is_kept(one: pytest.Item) -> bool:
            return crc32(f"{seed} {one.nodeid}".encode()) % 8 == 0 or one.get_closest_marker("database") is not None

        kept = [one for one in items if is_kept(one)]
        config.hook.pytest_deselected(items=list(set(items) - set(kept)))
        items[:] = kept


def pytest_collection_finish() -> None:
    """Look seldom for garbage, and never among what was imported: an eighth of the suite's time went there."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a test fail, where all of them must run, that was skipped for want of something which set-up brings."""
    report = yield
    if report.skipped and "PORTAL_TESTS_NEED_ALL" in os.environ and "Skipped: needs " in str(report.longrepr):
        report.outcome = "failed"
    return report


def settings_in(folder: Path) -> Settings:
    """Let the cast work for days on one proof of who they are, where they don't lie idle (else: test_proofs.py)."""
    long = {"session_hours": 10_000, "session_limits": (), "fresh_minutes": 100_000}
    data = folder / "data"
    database = str(databases.place(data)) if databases.ON_SERVER else ""
    return Settings(data=data, database=database, keys=folder / "keys", second_factor=False, **long)


def environment(settings: Settings) -> dict[str, str]:
    """Say in the environment where a portal is."""
    return {
        "PORTAL_DATA": str(settings.data),
        "PORTAL_DATABASE": settings.database,
        "PORTAL_KEYS": str(settings.keys),
    }


def use(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """Let commands find a portal."""
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)


class Loaded:
    """The policies, read and validated once for all tests of a process: they stay the same, and it takes a while."""

    load = staticmethod(cache(Policies.load))


@pytest.fixture(scope="session", autouse=True)
def refused_at_once() -> Iterator[None]:
    """Let refusals not wait for their step, which takes 50 ms each: test_timing.py counts that wait itself."""
    with patch.object(gate, "sleep", lambda _seconds: None):
        yield


@pytest.fixture(scope="session", autouse=True)
def policies_once() -> Iterator[None]:
    with patch.object(application, "Engine", Loaded):
        yield


@pytest.fixture(scope="session", autouse=True)
def statements_once() -> Iterator[None]:
    """Compile each statement once for all portals of a process: each test opens one of its own."""
    kept: LRUCache[Any, Any] = LRUCache(5000)
    create = engines.create_engine

    def with_kept(*address: Any, **how: Any) -> Engine:
        made = create(*address, **how)
        made._compiled_cache = kept
        return made

    alike = {"__hash__": lambda self: hash(type(self)), "__eq__": lambda self, other: type(self) is type(other)}
    with patch.object(engines, "create_engine", with_kept), patch.multiple(DefaultDialect, **alike):
        yield


@pytest.fixture(scope="session", autouse=True)
def one_loop() -> Iterator[None]:
    """Answer all requests in one event loop, as a server does: to begin one for each takes longer than some answers."""
    with start_blocking_portal() as loop, patch.object(Browser, "portal", loop):
        yield


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def portal(tmp_path: Path, clock: Clock) -> Iterator[Portal]:
    """An empty portal."""
    made = create_portal(settings_in(tmp_path), clock)
    yield made
    made.database.close()
    databases.drop(tmp_path / "data")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    """The cast's portal, built once; tests work on copies."""
    folder = tmp_path_factory.mktemp("built")
    clock = Clock()
    portal = create_portal(settings_in(folder), clock)
    world = build_world(portal, clock)
    portal.database.close()
    return folder, world


@pytest.fixture
def world(built: tuple[Path, World], tmp_path: Path, clock: Clock) -> Iterator[World]:
    """A copy of the cast's portal for one test alone."""
    with copied(built, tmp_path, clock) as world:
        yield world
    databases.drop(tmp_path / "data")


@pytest.fixture
def stamped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have copies marked at once, without a look at the file: what real marks are has tests of its own."""
    monkeypatch.setattr(Renderer, "marked", lambda _, pdf, *__, **___: b"%PDF-1.7 marked: " + b"".join(pdf))


@pytest.fixture
def hsm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoftHsm]:
    """A token of one's own."""
    with softhsm(tmp_path / "hsm", monkeypatch) as made:
        yield made


@pytest.fixture
def moved(world: World, hsm: SoftHsm) -> Iterator[World]:
    """The cast's portal, moved to a token."""
    world.portal.database.close()
    settings = replace(world.portal.settings, pkcs11=hsm.uri())
    world.portal = open_portal(settings, world.clock)
    with world.request():
        rotate_keys(world.portal)
    world.portal.database.close()
    (settings.keys / NAME).unlink()
    world.portal = open_portal(settings, world.clock)
    yield world
    world.portal.database.close()


@pytest.fixture(scope="session")
def furnished(built: tuple[Path, World], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Office]:
    """The cast's office with all begun that forms can be about, made once; tests work on copies."""
    folder = tmp_path_factory.mktemp("furnished")
    with copied(built, folder, Clock()) as world:
        return folder, Office(world).begin()


@pytest.fixture
def office(furnished: tuple[Path, Office], tmp_path: Path, clock: Clock) -> Iterator[Office]:
    """A copy of the cast's office for one test alone."""
    with moved_in(furnished, tmp_path, clock) as office:
        yield office


@contextmanager
def moved_in(furnished: tuple[Path, Office], folder: Path, clock: Clock) -> Iterator[Office]:
    """Copy an office into a folder, and open it there."""
    kept, office = furnished
    clock.now = office.world.clock.now
    with copied((kept, office.world), folder, clock) as world:
        yield office.at(world)


@contextmanager
def copied(kept: tuple[Path, World], folder: Path, clock: Clock) -> Iterator[World]:
    """Copy a portal that was closed into a folder, and open it there."""
    shutil.copytree(kept[0], folder, dirs_exist_ok=True)
    databases.copy(kept[0] / "data", folder / "data")
    portal = open_portal(settings_in(folder), clock)
    world = World(portal, clock, dict(kept[1].members), dict(kept[1].files))
    yield world
    for opened in (portal, world.portal):  # a test may have opened it anew
        opened.database.close()
