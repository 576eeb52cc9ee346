"""Freezes this release's whole installation, small, for the tests of upgrades: `python -m tests.freezing`.

The cast works through a story that leaves something in most tables. What comes of it goes to tests/vectors/former/STEP,
by the newest step of the schema: `portal.tar.xz` holds the rows, the tables as both databases have them, objects and
keys; `about.json` says who is in it, how many rows each table has, and what opens for whom.

A release is frozen once, by its own code: ids and keys are by chance, so another try is another installation. The
first, 0022, was made by the last commit that ended there, to which this module was brought. All people are invented.
"""

import base64
import io
import json
import shutil
import sqlite3
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch
from uuid import UUID

from sqlalchemy import create_mock_engine
from sqlmodel import SQLModel

from portal.app import create_portal, open_portal
from portal.audit.policy import NO_WITNESSES
from portal.rendering.renderer import Renderer
from portal.settings import Settings
from portal.usecases import bundles, tree
from portal.usecases.keys import rotate_keys
from portal.usecases.watching import watch
from portal.usecases.witnesses import ask_witnesses
from portal.web.routes import WAYS
from storage import schema
from storage.migrations.described import columns
from storage.triggers import postgresql_triggers
from tests import granting
from tests.backing_up import backed_up, recoverable
from tests.cast import Clock, World, build_world
from tests.office import Office
from tests.portal.usecases.test_witnesses import running, trust
from tests.portal.web.test_signin import enrol
from tests.web_client import browser

FORMER: Final = Path(__file__).parent / "vectors" / "former"
ARCHIVE, ABOUT = "portal.tar.xz", "about.json"
ROWS, SQLITE, POSTGRESQL = "rows.json", "sqlite.json", "postgresql.json"
BUNDLE, DATABASE = "trail.bundle", "portal.db"
# one form for whatever leaves rows that no other form leaves; what it is about is there before, or is made for it
FORMS: Final = (
    "/trouble/help",
    "/account/recovery",
    "/account/notices",
    "/account/profile",
    "/calendar",
    "/signals/{id}/aside",
    "/reviews/{id}/schedule/steps",
    "/publications/{id}/cancel",
    "/reviews/{id}/concerns",
    "/submissions/{id}",
    "/containments/{id}/lift",
    "/hearings/{id}",
    "/reviews/{id}/offer",
    "/grants/{id}/readers",
    "/grants/{id}/revoke",
    "/rooms/{id}/find",
    "/documents/{id}/describe",
    "/documents/{id}/versions",
    "/reviews/{id}/clarifications/batch",
    "/reviews/{id}/clearance",
    "/reviews/{id}/contacts",
    "/clarifications/{id}/comments",
    "/clarifications/{id}/route",
    "/entries/{id}",
    "/texts/{id}/delivery",
    "/manifests/{id}/agree",
    "/manifests/{id}/disagree",
    "/reviews/{id}/report/comments",
    "/people/new",
    "/administration/issuers/new",
)
WHO: Final = (
    *("focal_xaa", "expert_xbb", "officer", "registrar", "administrator", "translator", "oversight"),
    *("confidentiality", "focal_xff", "focal_xdd", "expert_xcc"),
)
MOST: Final = 8  # rows of a table whose pages are looked at
PAGES: Final = ("/work", "/reviews", "/people", "/grants", "/granted", "/cases", "/log")
# the pages and files of each row of a table
OPENED: Final = {
    "review": ("/reviews/{}", "/reviews/{}/trail", "/reviews/{}/report", "/reviews/{}/clarifications"),
    "room": ("/rooms/{}",),
    "document": ("/documents/{}", "/documents/{}/trail"),
    "version": ("/versions/{}/content",),
    "clarification": ("/clarifications/{}",),
    "entry": ("/entries/{}",),
    "publication": ("/publications/{}", "/publications/{}/file"),
    "public_file": ("/public/{}/file.pdf",),
    "breach_case": ("/cases/{}", "/hearings/{}"),
    "access_grant": ("/grants/{}", "/granted/{}"),
    "handover": ("/handovers/{}",),
    "note_copy": ("/copies/{}",),
    "person": ("/people/{}",),
    "signal": ("/signals/{}",),
}


def tell(world: World, apart: Path) -> tuple[str, ...]:
    """Let the cast work; what is made beside the portal goes to a folder apart.

    Gives the shares of its recovery key.
    """
    enrol(world, "roster_xcc", "focal_xcc")
    office = Office(world)
    ways = {way.path: way for way in WAYS if way.method != "GET"}
    for form in FORMS:
        answer = office.send(ways[form], {})
        assert answer.status_code in {200, 303}, (form, answer.status_code, answer.text)
    office.address(next(way for way in WAYS if way.path == "/public/{id}"))  # which has something made public
    _copy_taken(office)
    with world.request():
        rotate_keys(world.portal)
    shares = recoverable(world.portal)
    backed_up(world.portal, apart / "backups")
    world.clock.forward(timedelta(minutes=1))
    while tree.sequence(world.portal, "freezing"):
        pass
    watch(world.portal, "freezing")
    with running(world, "XBB", apart / "witness") as address:
        trust(world, {"XBB": address})
        assert ask_witnesses(world.portal, "freezing") == 1
    world.portal.witness_policy = NO_WITNESSES
    return shares


def _copy_taken(office: Office) -> None:
    """Have a reader take a marked copy."""
    world = office.world
    grant = office.grants.ids("/granted/versions/{id}/copy")["granted"]
    version = granting.page(world, grant, "focal_xdd").given[0].version
    with patch.object(Renderer, "marked", lambda _, pdf, *__, **___: b"%PDF-1.7 marked: " + b"".join(pdf)):
        answer = browser(world, "focal_xff").get(f"/granted/versions/{version}/copy")
    assert answer.status_code == 200, answer.text


def freeze(to: Path) -> None:
    """Make an installation, freeze it, and look at a copy of it."""
    with tempfile.TemporaryDirectory() as name:
        folder, clock = Path(name), Clock()
        made = folder / "made"
        world = World(create_portal(settings(made), clock), clock)
        world = build_world(world.portal, clock)
        shares = tell(world, folder / "apart")
        checkpoint = tree.checkpoint(world.portal)
        keys = [key.text() for key in tree.own_keys(world.portal)]
        with patch.object(bundles, "WAITS_SECONDS", 0):
            bundle = browser(world, "focal_xaa").get(f"/reviews/{world.files['xaa'].review}/trail.bundle").content
        world.portal.database.close()
        tables = read(made / "data" / DATABASE)
        _pack(to, made, tables, bundle)
        shutil.copytree(made, folder / "copy")
        world.portal = open_portal(settings(folder / "copy"), clock)
        about = {
            "step": schema.newest(),
            "at": clock().isoformat(),
            "checkpoint": checkpoint,
            "keys": keys,
            "shares": shares,
            "members": {
                name: {"person": str(one.person), "appointment": str(one.appointment), "token": one.token}
                for name, one in world.members.items()
            },
            "files": {
                name: {"review": str(one.review), "rooms": {kind: str(room) for kind, room in one.rooms.items()}}
                for name, one in world.files.items()
            },
            "counts": {name: len(table["rows"]) for name, table in tables.items()},
            "opens": list(opens(world, tables)),
        }
        world.portal.database.close()
        (to / ABOUT).write_text(json.dumps(about, indent=1) + "\n", "utf-8")


def settings(folder: Path) -> Settings:
    """Let sessions last: those of the tests (tests/conftest.py), on SQLite."""
    long: dict[str, Any] = {"session_hours": 10_000, "session_limits": (), "fresh_minutes": 100_000}
    return Settings(data=folder / "data", keys=folder / "keys", second_factor=False, **long)


def read(place: Path) -> dict[str, Any]:
    """Read all rows as SQLite keeps them: texts, numbers, and bytes as a list of one text in base64."""
    with closing(sqlite3.connect(place)) as connection:
        names = [name for name, _ in _described(connection, "table")]
        return {name: _table(connection, name) for name in names}


def _table(connection: sqlite3.Connection, name: str) -> dict[str, Any]:
    found = connection.execute(f'SELECT * FROM "{name}"')  # noqa: S608  # a name of our own
    rows = [[[base64.b64encode(one).decode()] if isinstance(one, bytes) else one for one in row] for row in found]
    return {"columns": [column[0] for column in found.description], "rows": rows}


def _described(connection: sqlite3.Connection, kind: str) -> list[tuple[str, str]]:
    return connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = ? AND sql IS NOT NULL ORDER BY rowid", (kind,)
    ).fetchall()


def in_sqlite(place: Path) -> list[str]:
    """Give the statements by which SQLite made the schema: tables, then indexes and triggers."""
    with closing(sqlite3.connect(place)) as connection:
        return [sql for kind in ("table", "index", "trigger") for _, sql in _described(connection, kind)]


def in_postgresql() -> list[str]:
    """Give the statements by which this release begins on PostgreSQL (storage/schema.py), and Alembic's own table."""
    made: list[str] = []
    engine = create_mock_engine(
        "postgresql+psycopg://", lambda sql, *_, **__: made.append(str(sql.compile(dialect=engine.dialect)))
    )
    SQLModel.metadata.create_all(engine, checkfirst=False)
    version = (
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL CONSTRAINT alembic_version_pkc PRIMARY KEY)"
    )
    return [*made, *postgresql_triggers(columns()), version]


def _pack(to: Path, made: Path, tables: dict[str, Any], bundle: bytes) -> None:
    to.mkdir(parents=True, exist_ok=True)
    texts = {ROWS: tables, SQLITE: in_sqlite(made / "data" / DATABASE), POSTGRESQL: in_postgresql()}
    with tarfile.open(to / ARCHIVE, "w:xz", preset=9) as archive:
        for name, said in texts.items():
            _add(archive, name, json.dumps(said, ensure_ascii=False).encode())
        _add(archive, BUNDLE, bundle)
        for file in sorted(path for part in ("data", "keys") for path in (made / part).rglob("*") if path.is_file()):
            if not file.name.startswith(DATABASE):
                _add(archive, str(file.relative_to(made)), file.read_bytes())


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), 0o600
    archive.addfile(entry, io.BytesIO(content))


def opens(world: World, tables: dict[str, Any]) -> Iterator[str]:
    """Name pages and files, each after somebody for whom it opens, and before the hash of what a file says."""
    clients = {who: browser(world, who) for who in WHO}
    for page in PAGES:
        for who, client in clients.items():
            if client.get(page, follow_redirects=False).status_code == 200:
                yield f"{who} {page}"
    for name, paths in OPENED.items():
        at = tables[name]["columns"].index("id")
        for path in (path.format(UUID(row[at])) for path in paths for row in tables[name]["rows"][:MOST]):
            for who, client in clients.items():
                answer = client.get(path, follow_redirects=False)
                if answer.status_code == 200:
                    page = answer.headers["content-type"].startswith("text/html")
                    yield f"{who} {path}" + ("" if page else f" {sha256(answer.content).hexdigest()}")
                    break


if __name__ == "__main__":
    freeze(Path(sys.argv[1]) if len(sys.argv) > 1 else FORMER / str(schema.newest()))
