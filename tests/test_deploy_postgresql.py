"""What deploy/README.md says of a database on a server is carried out there: dumped before an upgrade, brought back."""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from portal.app import create_portal, open_portal
from portal.cli import main
from portal.settings import Settings
from storage.stepping import LaterSchema
from tests.cast import Clock, World, build_world
from tests.conftest import use
from tests.databases import IN_POSTGRESQL, Hand, programs, server
from tests.storage.test_rolling import later, upgraded
from tests.test_deploy import TITLE, commands, keep_something, paper, read_back, run_portal, settings_in

pytestmark = [pytest.mark.checkout, IN_POSTGRESQL]

ADDRESS = "postgresql://portal_owns@db.example.org/portal?sslmode=verify-full"
ROLES = ("portal_owns", "portal_serves")


@pytest.fixture
def owned(tmp_path: Path) -> Iterator[Settings]:
    """A database of its own, made as the paper says; its owner's address."""
    lines = [line for line in commands(paper("On PostgreSQL")) if "createdb" in line]
    for role in ROLES:
        server().execute(f"CREATE ROLE {role} LOGIN")
    at_the_prompt(lines[0], tmp_path)
    yield replace(settings_in(tmp_path), database=server().address("portal", "portal_owns"))
    for name in ("portal", "portal_newer"):
        server().execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    for role in ROLES:
        server().execute(f"DROP ROLE {role}")


def at_the_prompt(line: str, folder: Path) -> None:
    """Carry out a line of the paper as root's shell would, on the server and in the folder of a test."""
    line = line.replace(ADDRESS, server().address("portal", "portal_owns"))
    line = line.replace("/mnt/backup-data", str(folder)).removeprefix("runuser -u postgres -- ")
    where = {"PGHOST": str(server().folder), "PGUSER": "portal", "PGDATABASE": "postgres"}
    path = f"{programs()}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        shlex.split(line), env={**os.environ, **where, "PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def of_the_server(section: str) -> list[str]:
    """Give the lines of a section that speak to the server, in their order, and those that make room for its dump."""
    return [line for line in commands(paper(section)) if re.match(r"install -m|pg_|runuser -u postgres", line)]


def what_protects(settings: Settings) -> tuple[list[tuple[str, ...]], ...]:
    """Give the triggers of a database, and who may do what with each table."""
    with closing(Hand(settings.database)) as hand:
        grants = hand("SELECT relname, relacl::text, relowner::regrole::text FROM pg_class WHERE relnamespace = "
                      "'public'::regnamespace AND relkind IN ('r', 'S') ORDER BY relname").fetchall()  # fmt: skip
        return sorted(hand.triggers().items()), grants


def test_a_role_that_got_no_rights_is_told_whose_matter_that_is(
    owned: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Forgotten altogether, and for a table that an upgrade made."""
    create_portal(owned).database.close()
    use(monkeypatch, replace(owned, database=server().address("portal", "portal_serves")))
    again = [f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {ROLES[1]}", f"REVOKE ALL ON concern FROM {ROLES[1]}"]
    for statements, named in (((), False), (again, True)):
        with closing(Hand(owned.database)) as hand:
            for statement in statements:
                hand(statement)
        capsys.readouterr()
        assert main(["fsck"]) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert "give it its rights" in said
        assert ("closed to it: concern" in said) == named
        assert main(["doctor"]) == 1
        assert re.search(r"^wrong +database +the role .*\n +-> .*GRANT", capsys.readouterr().out, re.MULTILINE)


def test_a_dump_from_before_an_upgrade_brings_the_former_release_back(
    owned: Settings, tmp_path: Path, clock: Clock
) -> None:
    """Dump, let a newer release take its step, and go back by the lines of the paper."""
    world = build_world(create_portal(owned, clock), clock)
    kept = keep_something(world)
    world.portal.database.close()
    with closing(Hand(owned.database)) as hand:
        for statement in re.findall(r"^ +portal=> (.*;)$", paper("On PostgreSQL"), re.MULTILINE):
            hand(statement)
    before = what_protects(owned)
    for line in of_the_server("Upgrade"):
        at_the_prompt(line, tmp_path)
    dump = tmp_path / "portal.dump"
    assert dump.stat().st_mode & 0o777 == 0o600
    for word in (TITLE.encode(), b"Quillwort", b"What the State wrote"):
        assert word not in dump.read_bytes()

    assert upgraded(owned.database, later(tmp_path, "")) == "runs"
    served = replace(owned, database=server().address("portal", "portal_serves"))
    with pytest.raises(LaterSchema):
        open_portal(served)
    for line in of_the_server("Roll back"):
        at_the_prompt(line, tmp_path)

    assert what_protects(owned) == before
    assert run_portal(tmp_path, "fsck", PORTAL_DATABASE=served.database) == 0
    again = open_portal(served, clock)
    assert read_back(again, World(again, clock, world.members, world.files), kept)
    again.database.close()
    with closing(Hand(served.database)) as hand, pytest.raises(psycopg.errors.InsufficientPrivilege):
        hand("UPDATE alembic_version SET version_num = '0001'")
