"""The portal as `portal serve` runs it, on PostgreSQL: made, served, through a restart of the server, checked."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from portal.app import create_portal
from portal.errors import Invalid
from portal.settings import Settings
from tests.cast import Clock, World, build_world
from tests.conftest import environment, settings_in
from tests.databases import IN_POSTGRESQL, Hand, Server
from tests.e2e.conftest import ROOT, serve, wait_until

pytestmark = [pytest.mark.e2e, IN_POSTGRESQL]


@pytest.fixture(scope="module")
def database() -> Iterator[Server]:
    started = Server()
    yield started
    started.end()


@pytest.fixture
def settings(tmp_path: Path, database: Server) -> Settings:
    name = "portal_" + re.sub(r"\W", "_", tmp_path.name.lower())[-40:]
    database.execute(f"CREATE DATABASE {name}")
    return replace(settings_in(tmp_path), database=database.address(name))


@pytest.fixture
def world(settings: Settings, clock: Clock) -> Iterator[World]:
    portal = create_portal(settings, clock)
    yield build_world(portal, clock)
    portal.database.close()


def command(settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    given = {**os.environ, **environment(settings), "PORTAL_SECOND_FACTOR": "false"}
    line = [sys.executable, "-m", "portal", *words]
    return subprocess.run(line, cwd=ROOT, env=given, capture_output=True, text=True, check=False)


def get(url: str, path: str, token: str = "") -> tuple[int, str]:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=10)
    connection.request("GET", path, headers={"Cookie": f"portal-local={token}"} if token else {})
    answer = connection.getresponse()
    said = answer.status, answer.read().decode()
    connection.close()
    return said


def test_a_portal_is_made_on_a_server_once_and_keeps_no_file(settings: Settings) -> None:
    made = command(settings, "init", "--name", "Ada Example", "--mail", "ada@example.org", "--json")
    assert made.returncode == 0, made.stderr
    assert re.fullmatch(r"http://localhost:\d+/enter/[\w-]{43}", json.loads(made.stdout)["link"])
    with pytest.raises(Invalid, match="there is a portal"):
        create_portal(settings)
    assert not list(settings.data.glob("portal.db*"))
    checked = command(settings, "fsck")
    assert checked.returncode == 0, checked.stdout
    shown = command(settings, "config", "show")
    assert settings.database not in shown.stdout


def test_a_portal_that_was_cut_off_while_it_was_made_is_finished_by_the_next_init(settings: Settings) -> None:
    from storage.database import Database

    begun = Database(settings.database)
    begun.create()  # and there the power failed
    begun.close()
    refused = command(settings, "serve")
    assert refused.returncode == 1
    assert "portal init" in refused.stderr
    made = command(settings, "init", "--name", "Ada Example", "--mail", "ada@example.org")
    assert made.returncode == 0, made.stderr


def test_other_addresses_are_refused_and_a_server_that_is_away_is_said_to_be(tmp_path: Path) -> None:
    plain = Settings(data=tmp_path / "data", keys=tmp_path / "keys", database="mysql://localhost/portal")
    with pytest.raises(Invalid, match="postgresql://"):
        create_portal(plain)
    away = replace(plain, database=f"postgresql://portal@/portal?host={tmp_path}")
    said = command(away, "serve")
    assert said.returncode == 1
    assert said.stderr.startswith("portal: the database can't be reached in time: ")
    assert said.stderr.count("\n") == 1


@pytest.mark.fault("the database is restarted")
def test_the_server_is_restarted_while_people_work(world: World, database: Server) -> None:
    token = world.members["expert_xaa"].token
    with serve(world) as server:
        assert get(server.url, "/readyz")[0] == 200
        assert get(server.url, "/reviews", token)[0] == 200
        database.stop()
        for _ in range(3):
            began = time.monotonic()
            status, page = get(server.url, "/reviews", token)
            assert status == 503
            assert "can’t answer just now" in page
            assert "Nothing was opened, changed or lost" in page
            assert time.monotonic() - began < 5
        assert get(server.url, "/readyz")[0] == 503
        assert get(server.url, "/healthz")[0] == 200
        database.start()
        wait_until(lambda: get(server.url, "/reviews", token)[0] == 200, 5)
        assert get(server.url, "/readyz")[0] == 200
    checked = command(world.portal.settings, "fsck")
    assert checked.returncode == 0, checked.stdout


def test_the_portal_serves_under_a_role_that_owns_nothing(world: World, database: Server) -> None:
    """It can’t take triggers away, nor a step of the schema; the statements are those of deploy/README.md."""
    paper = (ROOT / "deploy" / "README.md").read_text("utf-8")
    name = urlsplit(world.portal.settings.database).path[1:]
    statements = re.findall(r"^ +portal=> (.*;)$", paper, re.MULTILINE)
    assert len(statements) == 3
    database.execute("CREATE ROLE portal_serves LOGIN")
    hand = Hand(world.portal.settings.database)
    for statement in statements:
        hand(statement)
    hand.close()
    settings = replace(world.portal.settings, database=database.address(name, "portal_serves"))
    world.portal.settings = settings
    token = world.members["expert_xaa"].token
    with serve(world) as server:
        wait_until(lambda: get(server.url, "/reviews", token)[0] == 200, 5)
    assert command(settings, "fsck").returncode == 0
    hand = Hand(settings.database)
    for statement in (
        "ALTER TABLE event DISABLE TRIGGER ALL",
        "DROP TRIGGER event_never_changes ON event",
        "TRUNCATE spent",
    ):
        with pytest.raises(Exception, match=r"must be owner|permission denied"):
            hand(statement)
    hand.close()
    with closing(Hand(world.portal.settings.database.replace("portal_serves@", "portal@"))) as owner:
        owner("UPDATE alembic_version SET version_num = '0016'")
    behind = command(settings, "log", "keys")
    assert behind.returncode == 1
    assert "run `portal fsck` once as the one that owns them" in behind.stderr
