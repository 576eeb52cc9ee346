"""A whole portal moves: to a file or a server, to a folder or a bucket; as it was, and in one place at a time."""

import secrets
import tomllib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from portal.access.actions import Action
from portal.app import create_portal, object_store, open_keys, open_portal
from portal.audit.events import MACHINERY_STREAM
from portal.cli import main
from portal.doctor import stores
from portal.errors import Invalid
from portal.settings import Settings
from portal.usecases import relocations, tree
from portal.usecases.checks import check_records
from portal.usecases.relocations import Move, Moved, move_portal
from portal.work import Portal
from storage import relocations as rows
from storage.database import Database
from storage.errors import Damaged, DatabaseUnavailable, StorageError, StoreUnavailable
from storage.objects.s3 import Bucket
from storage.objects.store import new_name
from storage.schema import Elsewhere, Unfit
from tests import s3_server
from tests.cast import World, setting_up
from tests.conftest import environment, use
from tests.contents import said, versions
from tests.databases import IN_POSTGRESQL, REFUSED, Hand, by_hand, server
from tests.dying import deadly, dies
from tests.fault_report import found
from tests.filing import put, shredded, submitted
from tests.s3_server import bucket
from tests.web_client import browser

__all__ = ["bucket"]

TABLES = {"event", "stream", "waiting_event"}  # the move itself is an event
IN_S3 = pytest.param("s3", marks=pytest.mark.e2e)
ON_POSTGRESQL = pytest.param("postgresql", marks=IN_POSTGRESQL)


Places = Callable[[str, str], Settings]


@pytest.fixture
def place(world: World, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Places]:
    """Give the settings of a new place, empty."""
    made: list[str] = []

    def new(database: str, objects: str) -> Settings:
        found = replace(world.portal.settings, data=tmp_path_factory.mktemp("new") / "data", database="")
        if database == "postgresql":
            made.append(f"move_{secrets.token_hex(6)}")
            server().execute(f"CREATE DATABASE {made[-1]}")
            found = replace(found, database=server().address(made[-1]))
        if objects == "s3":
            there: Bucket = s3_server.another(request.getfixturevalue("bucket"))
            keys = {"s3_access_key": there.access_key, "s3_secret_key": there.secret_key}
            found = replace(found, objects="s3", s3_endpoint=there.endpoint, s3_bucket=there.name, **keys)
        return found

    yield new
    for name in made:
        server().execute(f"DROP DATABASE {name} WITH (FORCE)")


def filled(world: World) -> None:
    for number in range(3):
        put(world, "officer", "reviewers", f"Draft {number}")
    submitted(world)
    shredded(world)
    while tree.sequence(world.portal, "test"):
        pass
    put(world, "officer", "reviewers", "Waits for the tree")


def moved(world: World, target: Settings, source: Settings | None = None, **how: Any) -> Moved | None:
    source = source or world.portal.settings
    world.portal.database.close()
    return move_portal(Move(source, target, open_keys(source), object_store, world.clock), **how)


def steps(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give what the events of setting up say of themselves."""
    return [one["detail"] for one in events if one["action"] == Action.INITIALIZE and "detail" in one]


def contents(portal: Portal) -> dict[str, bytes]:
    found = {}
    for one in portal.objects.list():
        with portal.objects.get(one.name) as blocks:
            found[one.name] = b"".join(blocks)
    return found


@pytest.mark.parametrize("objects", ["folder", IN_S3])
@pytest.mark.parametrize("database", ["sqlite", ON_POSTGRESQL])
def test_every_row_and_every_object_arrives_as_it_was(
    world: World, place: Places, tmp_path: Path, database: str, objects: str
) -> None:
    filled(world)
    before, there, target = rows.rows_of(world.portal.database), contents(world.portal), place(database, objects)
    done = moved(world, target)
    assert done is not None
    assert (done.report.found, done.objects, done.copied) == (0, len(there), len(there))
    portal = open_portal(target, world.clock)
    after = rows.rows_of(portal.database)
    assert {name for name in before if before[name] != after[name]} == TABLES
    assert len(before) > 80
    assert contents(portal) == there
    events = said(World(portal, world.clock), MACHINERY_STREAM)
    assert steps(events)[-1]["step"] == "moved"
    works_on(replace(world, portal=portal, members=dict(world.members)))
    fresh = Database(place(database, "folder").database or tmp_path / "fresh.db")
    fresh.create()
    assert structure(portal.database) == structure(fresh)
    fresh.close()
    portal.database.close()


def structure(database: Database) -> list[Any]:
    """Give what a database is made of, its constraints and triggers besides, and whether they are in force."""
    if isinstance(database.place, Path):
        questions = ["SELECT name, tbl_name, sql FROM sqlite_master"]
    else:
        questions = [
            "SELECT conname, conrelid::regclass::text, pg_get_constraintdef(oid), convalidated FROM pg_constraint",
            "SELECT tgname, tgenabled, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
        ]
    with by_hand(database) as hand:
        return [sorted(map(tuple, hand(question).fetchall()), key=repr) for question in questions]


def works_on(world: World) -> None:
    """See that people work in it, that the log goes on, and that the database refuses what it refused."""
    room = world.files["xaa"].rooms["reviewers"]
    assert "Draft 0" in browser(world, "officer").get(f"/rooms/{room}").text
    put(world, "officer", "reviewers", "After the move")
    while tree.sequence(world.portal, "test"):
        pass
    report = check_records(world.portal)
    assert report.ok, [one.words() for one in report.findings]
    with by_hand(world.portal.database) as hand:
        for statement in ("DELETE FROM event", "UPDATE event SET kind = 1", "DELETE FROM tree_entry"):
            with pytest.raises(REFUSED):
                hand(statement)


@IN_POSTGRESQL
def test_to_a_server_and_back_again_all_is_the_same(world: World, place: Places) -> None:
    filled(world)
    before = rows.rows_of(world.portal.database)
    there = place("postgresql", "folder")
    moved(world, there)
    portal = open_portal(there, world.clock)
    portal.database.close()
    again = place("sqlite", "folder")
    moved(world, again, there)
    portal = open_portal(again, world.clock)
    after = rows.rows_of(portal.database)
    assert {name for name in before if before[name] != after[name]} == TABLES
    works_on(replace(world, portal=portal, members=dict(world.members)))
    portal.database.close()


def test_the_old_place_starts_no_more_and_says_why(world: World, place: Places) -> None:
    filled(world)
    old, target = world.portal.settings, place("sqlite", "folder")
    still = open_portal(old, world.clock)  # somewhere a process didn't end
    moved(world, target)
    with pytest.raises(Elsewhere, match="moved to another place"):
        open_portal(old, world.clock)
    with pytest.raises(Invalid, match="already"):
        create_portal(old, world.clock)
    with pytest.raises(StoreUnavailable, match="the log refuses"), setting_up(still):
        pass  # nothing that is in the log
    still.database.close()
    looked = [one.says for one in stores.database(stores.Opened(old))]
    assert any("moved to another place" in one for one in looked)
    with pytest.raises(Invalid, match="moved before"):
        moved(world, target)
    with pytest.raises(Invalid, match="moved before"):
        moved(world, place("sqlite", "folder"))
    open_portal(target, world.clock).database.close()


@pytest.mark.parametrize("database", ["sqlite", ON_POSTGRESQL])
def test_objects_can_stay_where_they_are(world: World, place: Places, database: str) -> None:
    filled(world)
    there, target = contents(world.portal), place(database, "folder")
    if database == "postgresql":
        target = replace(target, data=world.portal.settings.data)
    else:
        target.data.mkdir(parents=True)
        (target.data / "objects").symlink_to(world.portal.settings.data.resolve() / "objects")
    done = moved(world, target)
    assert done is not None
    assert done.copied == 0
    portal = open_portal(target, world.clock)
    assert contents(portal) == there
    portal.database.close()


# --- what is in the way


def test_somebody_who_writes_is_waited_for_in_vain(world: World, place: Places) -> None:
    filled(world)
    with by_hand(world.portal.database) as hand:
        hand.lock()
        with pytest.raises(DatabaseUnavailable):
            moved(world, place("sqlite", "folder"))
    open_portal(world.portal.settings, world.clock).database.close()


def test_it_never_goes_over_something(world: World, place: Places) -> None:
    filled(world)
    other, away = place("sqlite", "folder"), place("sqlite", "folder")
    create_portal(replace(other, keys=other.data.parent / "keys"), world.clock).database.close()
    with pytest.raises(Invalid, match="a portal there already"):
        moved(world, other)
    with pytest.raises(Invalid, match="another database"):
        moved(world, world.portal.settings)
    with pytest.raises(Invalid, match="postgresql://"):
        moved(world, replace(away, database="mysql://localhost/portal"))
    strange = new_name()
    object_store(away).put(strange, [b"somebody else's"])
    with pytest.raises(Invalid, match="aren't its own"):
        moved(world, away)
    with pytest.raises(Elsewhere, match="being moved here"):
        open_portal(away, world.clock)
    object_store(away).delete(strange)
    own = versions(world)[0].object_name
    object_store(away).put(own, [b"somebody else's"])
    with pytest.raises(Invalid, match="is there already"):
        moved(world, away)
    portal = open_portal(world.portal.settings, world.clock)
    assert check_records(portal).ok
    portal.database.close()


@IN_POSTGRESQL
def test_a_role_that_may_not_leave_the_old_place_is_told_before_anything_is_copied(world: World, place: Places) -> None:
    filled(world)
    there = place("postgresql", "folder")
    moved(world, there)
    role = f"serves_{secrets.token_hex(4)}"
    with closing(Hand(there.database)) as hand:
        hand(f"CREATE ROLE {role} LOGIN")
        hand(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}")
        hand(f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {role}")
    again = place("sqlite", "folder")
    as_role = replace(there, database=there.database.replace("portal@", f"{role}@"))
    with pytest.raises(Unfit, match="owns"):
        moved(world, again, as_role)
    assert list(object_store(again).list()) == []
    open_portal(there, world.clock).database.close()
    with closing(Hand(there.database)) as hand:
        hand(f"DROP OWNED BY {role}")
        hand(f"DROP ROLE {role}")


def test_a_row_that_did_not_arrive_as_it_was_ends_it(world: World, place: Places, monkeypatch: Any) -> None:
    filled(world)
    copy, target = rows.copy_rows, place("sqlite", "folder")

    def altered(source: Any, there: Database, *more: str) -> Any:
        found = copy(source, there, *more)
        hand = Hand(there.place)
        hand.allow("state_name_never_changes") if "state_name_never_changes" in hand.triggers() else None
        hand("UPDATE state_name SET name = 'Another'")
        hand.close()
        return found

    monkeypatch.setattr(rows, "copy_rows", altered)
    with pytest.raises(Damaged):
        moved(world, target)
    with pytest.raises(Elsewhere):
        open_portal(target, world.clock)
    open_portal(world.portal.settings, world.clock).database.close()


def test_an_object_that_did_not_arrive_as_it_was_ends_it(world: World, place: Places) -> None:
    filled(world)
    target = place("sqlite", "folder")

    class Rotting:
        def __init__(self, settings: Settings) -> None:
            self._true, self._rots = object_store(settings), settings is target

        def put(self, name: str, chunks: Any) -> int:
            count = self._true.put(name, chunks)
            if self._rots:
                path = target.data / "objects" / name[:2] / name
                path.write_bytes(path.read_bytes()[:-1])
            return count

        def __getattr__(self, name: str) -> Any:
            return getattr(self._true, name)

    source = world.portal.settings
    world.portal.database.close()
    with pytest.raises(Damaged):
        move_portal(Move(source, target, open_keys(source), Rotting, world.clock))
    assert moved(world, target) is not None, "what was bad was taken away"


def test_what_did_not_fit_before_is_named_and_can_be_accepted(world: World, place: Places) -> None:
    filled(world)
    world.portal.objects.delete(versions(world)[0].object_name)
    target = place("sqlite", "folder")
    with pytest.raises(Invalid, match="--accept-findings"):
        moved(world, target)
    open_portal(world.portal.settings, world.clock).database.close()
    done = moved(world, target, accept=True)
    assert done is not None
    assert done.report.codes == {"object-missing": 1}
    portal = open_portal(target, world.clock)
    events = said(World(portal, world.clock), MACHINERY_STREAM)
    assert steps(events)[-1]["found"] == {"object-missing": 1}
    portal.database.close()


# --- killed


def command(world: World, target: Settings, file: Path) -> tuple[list[str], dict[str, str]]:
    """Write the settings of a new place, and give the command that moves there, with its environment."""
    source = world.portal.settings
    names = ("data", "database", "objects", "s3_endpoint", "s3_bucket", "s3_access_key", "s3_secret_key")
    file.write_text("".join(f"{name} = '{getattr(target, name)}'\n" for name in names))
    return ["move", str(file)], {**environment(source), "PORTAL_PORT": "1"}


ENDS = [
    ("_copy_table", "after", False),
    ("arrive", "after", False),
    ("leave", "after", False),
    ("open_up", "before", True),
]


@pytest.mark.parametrize(
    ("database", "step", "when", "left"),
    [
        *(("sqlite", *end) for end in ENDS),
        *(pytest.param("postgresql", *end, marks=IN_POSTGRESQL) for end in ENDS),
        ("sqlite", "copy_rows", "before", False),
        ("sqlite", "copy_rows", "after", False),
        ("sqlite", "_copy_object", "after", False),
        ("sqlite", "check_records", "after", False),
        ("sqlite", "leave", "before", False),
        ("sqlite", "open_up", "after", True),
    ],
)
@pytest.mark.fault("a move is killed at each step")
def test_killed_at_any_step_it_is_in_one_place_or_none_and_goes_on(
    world: World, place: Places, tmp_path: Path, database: str, step: str, when: str, *, left: bool
) -> None:
    filled(world)
    target, source = place(database, "folder"), world.portal.settings
    before = rows.rows_of(world.portal.database)
    world.portal.database.close()
    words, given = command(world, target, tmp_path / "new.toml")

    def move() -> None:
        where = rows.Held if step == "leave" else relocations if hasattr(relocations, step) else rows
        deadly(where, step, when, times=2 if step in {"_copy_object", "leave"} else 1)  # at first, leaving is tried
        main(words)

    dies(move, given)
    found(kills=1)
    done = (step, when) == ("open_up", "after")
    if not done:
        with pytest.raises((Invalid, StorageError)):
            open_portal(target, world.clock)
    if left:
        with pytest.raises(Elsewhere):
            open_portal(source, world.clock)
    else:
        portal = open_portal(source, world.clock)
        assert rows.rows_of(portal.database) == before
        assert check_records(portal).ok
        portal.database.close()
    if not done:
        moved(world, target)
    portal = open_portal(target, world.clock)
    works_on(replace(world, portal=portal, members=dict(world.members)))
    portal.database.close()


def test_at_the_command_line(
    world: World, place: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    filled(world)
    target = place("sqlite", "folder")
    words, _ = command(world, target, tmp_path / "new.toml")
    assert tomllib.loads((tmp_path / "new.toml").read_text())["data"] == str(target.data)
    use(monkeypatch, world.portal.settings)
    monkeypatch.setenv("PORTAL_PORT", "1")
    for wrong in ("keys = '/elsewhere'\n", "origin = 'https://other.example'\n", "data ="):
        (tmp_path / "wrong.toml").write_text(wrong)
        assert main(["move", str(tmp_path / "wrong.toml")]) == 1
        assert "can't be read" in (error := capsys.readouterr().err) or "new place alone" in error
    world.portal.database.close()
    with monkeypatch.context() as patched:
        patched.setattr("portal.doctor.network.serves", lambda _settings: True)
        assert main(words) == 1
    assert "stop it first" in capsys.readouterr().err
    assert main(words) == 0
    assert "Everything fits" in capsys.readouterr().out
    assert main(["fsck"]) == 2
    assert "moved to another place" in capsys.readouterr().err
