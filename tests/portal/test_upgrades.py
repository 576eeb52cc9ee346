"""A former release's installation, as its own code left it, comes to this one: whole, readable, and goes on from there.

The copies are in tests/vectors/former (tests/freezing.py). The steps meet rows here, on both databases.
"""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import HeadMaintainer, MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event
from sqlmodel import SQLModel, select

from portal.app import object_store, open_portal
from portal.audit.notes import read_key
from portal.audit.verify import verify_log
from portal.cli import main
from portal.usecases import bundles, tree
from portal.usecases.checks import check_records
from portal.usecases.restore_places import open_source
from portal.usecases.restores import restore_backup
from portal.usecases.shredding import shred_version
from storage import schema
from storage.backups import WholeBackup
from storage.cases import BreachCase, Exhibit
from storage.database import Database
from storage.grants import CaseGrant, ConcernGrant, Grant, GrantDocument, MarkedCopy
from storage.tables import TranslationTask
from tests import breaches, databases, granting, publicity
from tests.backing_up import backed_up
from tests.cast import Clock, World
from tests.conftest import copied, settings_in, use
from tests.contents import versions
from tests.databases import Hand
from tests.dying import deadly, dies
from tests.filing import press, put
from tests.former import Frozen, frozen, read, set_up, world_of
from tests.freezing import ARCHIVE, FORMER, WHO, freeze
from tests.office import GIVING
from tests.portal.usecases.test_restores import texts
from tests.portal.web.test_signin import sign_in, visitor
from tests.storage.test_schema import BODIES
from tests.web_client import browser

pytestmark = pytest.mark.database

RELEASES = sorted(one.name for one in FORMER.iterdir())
FORMER_STEPS = ["0021", *RELEASES]  # the first is what a release between two frozen ones had
COLUMNS = "table_name, column_name, data_type, character_maximum_length, is_nullable, column_default"
SCHEMA_SQLITE = ("SELECT type, name, tbl_name, sql FROM sqlite_master",)
SCHEMA_POSTGRESQL = (
    f"SELECT {COLUMNS} FROM information_schema.columns WHERE table_schema = 'public'",  # noqa: S608  # of this file's own words
    "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid <> 0",
    "SELECT tgrelid::regclass::text, tgname, tgenabled, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    BODIES,
)
OF_THE_STEPS = ("alembic_version", "schema_runs")


def described(place: Path | str) -> set[Any]:
    """Describe a schema wholly, as its database does, whatever the order in which it was made."""
    with closing(Hand(place)) as hand:
        said = SCHEMA_POSTGRESQL if databases.ON_SERVER else SCHEMA_SQLITE
        return {tuple(row) for question in said for row in hand(question).fetchall()}


def kept(former: Frozen, place: Path | str) -> dict[str, list[Any]]:
    """Read the rows of a former release, with the columns that it knew."""
    with closing(Hand(place)) as hand:
        return {
            name: sorted(map(repr, hand(f"SELECT {', '.join(table['columns'])} FROM {name}").fetchall()))  # noqa: S608
            for name, table in former.tables().items()
            if name not in OF_THE_STEPS
        }


def stands(place: Path | str) -> str:
    with closing(Hand(place)) as hand:
        return str(hand("SELECT version_num FROM alembic_version").fetchone()[0])


def upgrade(place: Path | str) -> None:
    """Take the steps, as whatever opens a portal does first."""
    database = Database(place)
    try:
        database.create()
    finally:
        database.close()


def later_steps(step: str) -> list[str]:
    found = ScriptDirectory(str(schema.STEPS)).walk_revisions()
    return sorted(one.revision for one in found if one.revision > step)


@pytest.fixture(params=FORMER_STEPS)
def former(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Frozen]:
    """A former installation, set up in the test's folder."""
    found = frozen(request.param)
    set_up(found, tmp_path)
    yield found
    databases.drop(tmp_path / "data")


@pytest.fixture
def place(tmp_path: Path) -> Path | str:
    return databases.place(tmp_path / "data")


@pytest.fixture(scope="module", params=RELEASES)
def upgraded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, World]]:
    """A former installation that came to this release, set up once; tests work on copies."""
    folder, found = tmp_path_factory.mktemp("upgraded"), frozen(request.param)
    set_up(found, folder)
    clock = Clock()
    portal = open_portal(settings_in(folder), clock)
    world = world_of(found, portal, clock)
    portal.database.close()
    yield folder, world
    databases.drop(folder / "data")


@pytest.fixture
def release(request: pytest.FixtureRequest) -> Frozen:
    """What was frozen of the installation that a test's world was."""
    return frozen(request.node.callspec.params["upgraded"])


@pytest.fixture
def world(upgraded: tuple[Path, World], tmp_path: Path, clock: Clock) -> Iterator[World]:
    clock.now = upgraded[1].clock()
    with copied(upgraded, tmp_path, clock) as world:
        yield world
    databases.drop(tmp_path / "data")


# --- the steps, and the rows that they meet


def test_every_row_stays_and_the_schema_is_a_new_one(former: Frozen, place: Path | str, tmp_path: Path) -> None:
    before = kept(former, place)
    assert {name: len(rows) for name, rows in before.items()} == {
        name: former.about["counts"][name] for name in former.tables() if name not in OF_THE_STEPS
    }
    assert stands(place) == former.step
    for _ in range(2):  # the second time there is nothing to do
        upgrade(place)
        assert stands(place) == schema.newest()
        assert kept(former, place) == before
    (tmp_path / "new").mkdir()
    new = databases.place(tmp_path / "new")
    upgrade(new)
    assert described(place) == described(new)
    database = Database(place)
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []
    database.close()
    databases.drop(tmp_path / "new")


@pytest.mark.parametrize("former", FORMER_STEPS[:1], indirect=True)  # which takes every step
def test_an_upgrade_that_breaks_off_anywhere_leaves_the_former_release_and_is_taken_up_again(
    former: Frozen, place: Path | str
) -> None:
    rows, tables = kept(former, place), described(place)
    broken = 0
    while breaks_off(place, broken):
        assert (stands(place), described(place)) == (former.step, tables)
        broken += 3  # so each step breaks off somewhere
    assert broken > 3 * len(later_steps(former.step))
    assert stands(place) == schema.newest()
    assert kept(former, place) == rows


def breaks_off(place: Path | str, at: int) -> bool:
    """Upgrade, and let a statement that changes something fail, the first or a later one; tells whether one did."""
    database, seen = Database(place), 0

    def fail(_connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        nonlocal seen
        if not statement.lstrip().startswith(("SELECT", "PRAGMA", "BEGIN", "SET", "SHOW")):
            seen += 1
            if seen > at:
                raise OSError("no room")

    event.listen(database.engine, "before_cursor_execute", fail)
    try:
        database.create()
    except OSError:
        return True
    else:
        return False
    finally:
        database.close()


@pytest.mark.parametrize("former", FORMER_STEPS[:1], indirect=True)
def test_whoever_kills_an_upgrade_in_any_step_finds_the_former_release_and_takes_it_up_again(
    former: Frozen, place: Path | str
) -> None:
    rows, tables = kept(former, place), described(place)
    assert later_steps(former.step)
    for taken in range(1, len(later_steps(former.step)) + 1):
        dies(lambda taken=taken: killed(place, taken), {})  # type: ignore[misc]  # bound at once
        assert (stands(place), described(place)) == (former.step, tables)
    upgrade(place)
    assert stands(place) == schema.newest()
    assert kept(former, place) == rows


def killed(place: Path | str, taken: int) -> None:
    """Upgrade, and be killed once so many steps were taken."""
    deadly(HeadMaintainer, "update_to_step", "after", times=taken)
    upgrade(place)


# --- the portal that was upgraded


def test_the_command_that_takes_the_steps_finds_that_all_fits_and_so_each_time(
    former: Frozen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By `portal fsck`, as deploy/README.md has it ("Upgrade")."""
    use(monkeypatch, settings_in(tmp_path))
    for _ in range(2):
        status = main(["fsck", "--json"])
        said = json.loads(capsys.readouterr().out)
        if former.step in RELEASES:
            assert (status, said["findings"]) == (0, [])
        else:  # its log says what its release couldn't do
            assert [one["code"] for one in said["findings"]] == ["row-missing"]


def test_everybody_sees_what_they_saw_and_every_file_is_what_it_was(world: World, release: Frozen) -> None:
    clients = {who: browser(world, who) for who in WHO}
    wrong = []
    for line in release.about["opens"]:
        who, path, *hashed = line.split(" ")
        answer = clients[who].get(path, follow_redirects=False)
        if answer.status_code != 200 or hashed not in ([], [sha256(answer.content).hexdigest()]):
            wrong.append((line, answer.status_code))
    assert wrong == []
    assert len(release.about["opens"]) > 100
    assert check_records(world.portal).ok


def test_whoever_had_a_passphrase_signs_in_by_it(world: World) -> None:
    client = visitor(world.portal)
    assert sign_in(client, "roster_xcc@example.org", "another passphrase than theirs").status_code == 422
    assert sign_in(client, "roster_xcc@example.org").status_code == 303
    assert client.get("/account").status_code == 200


def test_the_log_is_whole_and_goes_on_from_the_checkpoint_that_somebody_kept(
    world: World, release: Frozen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bundles, "WAITS_SECONDS", 0)
    world.portal.settings = replace(world.portal.settings, log_public=True)
    about = release.about
    put(world, "expert_xaa", "national XAA", "After the upgrade")
    while tree.sequence(world.portal, "here"):
        pass
    keys, client = [read_key(key) for key in about["keys"]], browser(world)
    log = verify_log(lambda path: client.get(f"/audit/log/{path}").content, keys, [about["checkpoint"]])
    assert log.checkpoint.size > log.since[0].size > 150
    trail = browser(world, "focal_xaa").get(f"/reviews/{world.files['xaa'].review}/trail.bundle").content
    earlier, later = tmp_path / "earlier.bundle", tmp_path / "later.bundle"
    earlier.write_bytes(release.bundle)
    later.write_bytes(trail)
    given = [word for key in about["keys"] for word in ("--key", key)]
    assert main(["verify", str(earlier), *given]) == 0
    assert main(["verify", str(later), *given, "--since", str(earlier)]) == 0
    assert "It goes on from the earlier bundle" in capsys.readouterr().out


def rows_of(world: World, table: Any) -> list[Any]:
    with world.portal.database.read() as session:
        return list(session.scalars(select(table)))


@pytest.mark.usefixtures("stamped")
def test_people_go_on_with_what_they_had_begun_and_begin_anew(world: World, tmp_path: Path) -> None:
    """What former steps hadn't made is written now, about rows that were there before them."""
    [grant] = [one.id for one in rows_of(world, Grant) if one.state_code == "XFF" and one.ended_at is None]
    case = next(one.id for one in rows_of(world, BreachCase) if one.confirmed_at and one.closed_at is None)
    tables = (ConcernGrant, CaseGrant, Exhibit, MarkedCopy, WholeBackup)
    before = {table: rows_of(world, table) for table in tables}
    [report] = {one.document_id for one in rows_of(world, GrantDocument) if one.grant_id == grant}
    filed = press(browser(world, "focal_xff"), f"/granted/{grant}/concerns", **breaches.CONCERN, documents=str(report))
    concern = breaches.led(filed, "concerns")
    breaches.exhibited(world, case)
    about = breaches.registered(world, person=None, file="xdd")
    breaches.act(world, "confidentiality", about, "grants", about_grant=str(grant))
    task = rows_of(world, TranslationTask)[0]
    assert browser(world, "translator").get(f"/versions/{task.version_id}/content").status_code == 200
    backed_up(world.portal, tmp_path / "backups")
    [filed_under], [names], [exhibit], [copy], [_] = (
        [row for row in rows_of(world, table) if row not in before[table]] for table in tables
    )
    assert (filed_under.concern_id, filed_under.grant_id) == (concern, grant)
    assert (names.case_id, names.grant_id, exhibit.case_id) == (about, grant, case)
    assert (copy.version_id, copy.grant_id) == (task.version_id, None)

    granting.close(world, "xdd")
    again = granting.asked(world, "focal_xff", "focal_xff", file="xdd")
    given = {**GIVING, "documents": str(report), "readers": str(world.members["focal_xff"].person), "seen": "0"}
    answer = granting.act(world, "focal_xdd", again, "decide", **{**given, "first": ""})
    assert answer.status_code == 303, answer.text
    granting.pledged(world, again, "focal_xff")
    publicity.published(world)
    oldest, reader = versions(world)[0], browser(world, "focal_xaa")
    assert reader.get(f"/versions/{oldest.id}/content").status_code == 200
    with world.request():
        shred_version(world.portal, oldest.id)
    assert reader.get(f"/versions/{oldest.id}/content").status_code == 410
    while tree.sequence(world.portal, "here"):
        pass
    assert [one.words() for one in check_records(world.portal).findings] == []


def test_it_comes_back_from_a_backup_that_is_made_after_the_upgrade(
    world: World, release: Frozen, tmp_path: Path, clock: Clock
) -> None:
    while tree.sequence(world.portal, "here"):
        pass
    backed_up(world.portal, tmp_path / "backups")
    new = replace(settings_in(tmp_path / "new"), database="")  # a backup comes back to a file, also from a server
    shares = tuple(release.about["shares"])
    done = restore_backup(new, open_source(tmp_path / "backups", shares[1:], None), None, object_store, clock)
    assert done.report.ok, [one.words() for one in done.report.findings]
    portal = open_portal(new, clock)
    assert texts(portal) == texts(world.portal)
    assert len(texts(portal)) > 5
    portal.database.close()


@pytest.mark.slow
@databases.ONLY_SQLITE
def test_this_release_can_be_frozen_too_and_comes_back_as_it_was(tmp_path: Path, clock: Clock) -> None:
    step = schema.newest() or ""
    freeze(tmp_path / "former" / step)
    assert (tmp_path / "former" / step / ARCHIVE).stat().st_size < 600_000
    found = read(step, tmp_path / "former")
    set_up(found, tmp_path)
    portal = open_portal(settings_in(tmp_path), clock)
    report = check_records(world_of(found, portal, clock).portal)
    assert report.ok, [one.words() for one in report.findings]
    portal.database.close()
