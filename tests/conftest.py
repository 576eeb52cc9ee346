"""Fixtures for all tests: a portal on disk with its own keys, and the cast in it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from unittest.mock import patch

import pytest

from policies.engine import Engine
from portal import app as application
from portal.app import create_portal, open_portal
from portal.settings import Settings
from portal.work import Portal
from tests.cast import Clock, World, build_world

# with PORTAL_WHEEL the suite runs against what the wheel brought: see that it does
if "PORTAL_WHEEL" in os.environ:
    assert Path(application.__file__).is_relative_to(Path(os.environ["PORTAL_WHEEL"]).resolve())


def settings_in(folder: Path) -> Settings:
    """Let the cast work for days on one proof of who they are, where they don't lie idle (else: test_proofs.py)."""
    long = {"session_hours": 10_000, "session_limits": (), "fresh_minutes": 100_000}
    return Settings(data=folder / "data", keys=folder / "keys", second_factor=False, **long)


class Loaded:
    """The policies, read and validated once for all tests of a process: they stay the same, and it takes a while."""

    load = staticmethod(cache(Engine.load))


@pytest.fixture(scope="session", autouse=True)
def policies_once() -> Iterator[None]:
    with patch.object(application, "Engine", Loaded):
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


@contextmanager
def copied(kept: tuple[Path, World], folder: Path, clock: Clock) -> Iterator[World]:
    """Copy a portal that was closed into a folder, and open it there."""
    shutil.copytree(kept[0], folder, dirs_exist_ok=True)
    portal = open_portal(settings_in(folder), clock)
    yield World(portal, clock, dict(kept[1].members), dict(kept[1].files))
    portal.database.close()
