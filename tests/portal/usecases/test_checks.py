"""The check of all records: whatever is done to the database or the objects behind the portal's back is named."""

# ruff: noqa: S608 - the statements are those of a superuser who alters the database by hand

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import select

from portal import cli
from portal.access.actions import Action
from portal.app import open_portal
from portal.audit.events import MACHINERY_STREAM
from portal.usecases.check_reports import Report, as_json, as_text
from portal.usecases.checks import check_records
from storage.tables import Appointment, Document
from tests.cast import World
from tests.conftest import settings_in
from tests.portal.audit.files import Put, download, look, put

Hand = Callable[[str], sqlite3.Cursor]


@pytest.fixture
def file(world: World) -> Put:
    """Give the cast something to be altered: a document that was looked at and downloaded."""
    made = put(world, "officer", "shared", "Penal code")
    world.clock.forward(timedelta(minutes=1))
    look(world, "expert_xbb", made)
    download(world, "expert_xbb", made)
    return made


@pytest.fixture
def by_hand(world: World, file: Put) -> Iterator[Hand]:
    """Give a superuser's hand on the database: no triggers, no foreign keys."""
    del file
    connection = sqlite3.connect(world.portal.database.path, isolation_level=None)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    yield connection.execute
    connection.close()


def codes(report: Report) -> set[str]:
    return {finding.code for finding in report.findings}


def said(report: Report) -> str:
    return as_text(report)


def stream(world: World) -> str:
    return world.files["xaa"].rooms["shared"].hex


def test_what_nobody_touched_fits(world: World, file: Put) -> None:
    report = check_records(world.portal)
    assert report.ok, said(report)
    assert report.counts["versions"] == 1
    assert report.counts["events"] > 20
    assert report.counts["rows"] > 50
    assert not report.open_intents
    assert "Everything fits." in said(report)
    assert as_json(report)["ok"] is True
    assert file.object_name not in report.orphans


def test_a_check_is_an_event_of_the_machinery_and_may_be_repeated(world: World) -> None:
    def events() -> int:
        with world.portal.database.read() as session:
            return int(
                session.connection()
                .exec_driver_sql(
                    "SELECT count(*) FROM event WHERE stream_id = ? AND kind = 705", (MACHINERY_STREAM.hex,)
                )
                .scalar_one()
            )

    before = events()
    assert check_records(world.portal).ok
    assert check_records(world.portal).ok
    assert events() == before + 2


@pytest.mark.parametrize("column", ["salt", "body", "leaf", "tag", "about", "stamp", "origin"])
def test_a_flipped_byte_in_an_event_is_named(world: World, by_hand: Hand, column: str) -> None:
    value = by_hand(f"SELECT {column} FROM event WHERE stream_id = '{stream(world)}' AND number = 1").fetchone()[0]
    for place in (0, 1, len(value) // 2, len(value) - 1):
        altered = value[:place] + bytes([value[place] ^ 1]) + value[place + 1 :]
        by_hand(f"UPDATE event SET {column} = x'{altered.hex()}' WHERE stream_id = '{stream(world)}' AND number = 1")
        report = check_records(world.portal)
        assert codes(report) & {"event-altered", "event-origin"}, (column, place)
        assert column in said(report) or column == "origin"
        assert "entry 1" in said(report)


@pytest.mark.parametrize(
    ("column", "value"),
    [("at", "'2020-01-01 00:00:00.000000'"), ("kind", "406"), ("phase", "'refusal'"), ("schema_version", "9")],
)
def test_a_plain_column_that_differs_from_the_sealed_body_is_named(
    world: World, by_hand: Hand, column: str, value: str
) -> None:
    by_hand(f"UPDATE event SET {column} = {value} WHERE stream_id = '{stream(world)}' AND number = 1")
    assert codes(check_records(world.portal)) >= {"event-altered"}


def test_a_deleted_event_leaves_a_gap(world: World, by_hand: Hand) -> None:
    by_hand(f"DELETE FROM event WHERE stream_id = '{stream(world)}' AND number = 2")
    assert "the entries 2 to 2 are missing" in said(check_records(world.portal))


def test_the_last_event_deleted_is_missed_too(world: World, by_hand: Hand) -> None:
    last = by_hand(f"SELECT max(number) FROM event WHERE stream_id = '{stream(world)}'").fetchone()[0]
    by_hand(f"DELETE FROM event WHERE stream_id = '{stream(world)}' AND number = {last}")
    assert "event-missing" in codes(check_records(world.portal))


def test_a_stream_renumbered_to_close_a_gap_is_named(world: World, by_hand: Hand) -> None:
    by_hand(f"DELETE FROM event WHERE stream_id = '{stream(world)}' AND number = 2")
    by_hand(f"UPDATE event SET number = number - 1 WHERE stream_id = '{stream(world)}' AND number > 2")
    by_hand(f"UPDATE stream SET next_number = next_number - 1 WHERE id = '{stream(world)}'")
    assert "event-altered" in codes(check_records(world.portal))


def test_two_bodies_swapped_are_named(world: World, by_hand: Hand) -> None:
    (one, salt_one), (two, salt_two) = (
        by_hand(f"SELECT body, salt FROM event WHERE stream_id = '{stream(world)}' AND number = {n}").fetchone()
        for n in (1, 2)
    )
    for number, body, salt in ((1, two, salt_two), (2, one, salt_one)):
        by_hand(
            f"UPDATE event SET body = x'{body.hex()}', salt = x'{salt.hex()}'"
            f" WHERE stream_id = '{stream(world)}' AND number = {number}"
        )
    report = check_records(world.portal)
    assert "entry 1" in said(report)
    assert "entry 2" in said(report)


def test_an_event_made_by_hand_is_named(world: World, by_hand: Hand) -> None:
    by_hand(
        "INSERT INTO event (id, stream_id, number, at, kind, schema_version, phase, salt, body, leaf, tag)"
        f" SELECT '{'ab' * 16}', stream_id, number + 1, at, kind, 1, 'act', salt, body, leaf, tag FROM event"
        f" WHERE stream_id = '{stream(world)}' ORDER BY number DESC LIMIT 1"
    )
    by_hand(f"UPDATE stream SET next_number = next_number + 1 WHERE id = '{stream(world)}'")
    assert "event-altered" in codes(check_records(world.portal))


def test_a_stream_taken_away_with_its_events_is_missed(world: World, by_hand: Hand) -> None:
    by_hand(f"DELETE FROM event WHERE stream_id = '{stream(world)}'")
    by_hand(f"DELETE FROM stream WHERE id = '{stream(world)}'")
    assert "stream-missing" in codes(check_records(world.portal))


def test_a_counter_set_back_is_named(world: World, by_hand: Hand) -> None:
    by_hand(f"UPDATE stream SET next_number = 2 WHERE id = '{stream(world)}'")
    assert "event-repeated" in codes(check_records(world.portal))


@pytest.mark.parametrize("table", ["document", "version", "appointment", "assignment", "undertaking", "person", "room"])
def test_a_dropped_row_is_named(world: World, by_hand: Hand, table: str) -> None:
    row = by_hand(f"SELECT id FROM {table} LIMIT 1").fetchone()[0]
    by_hand(f"DELETE FROM {table} WHERE id = '{row}'")
    assert f"{table}/{UUID(row)}: the log has it, but the row is gone" in said(check_records(world.portal))


def test_a_row_rolled_back_to_what_it_was_is_named(world: World, file: Put, by_hand: Hand) -> None:
    columns = [row[1] for row in by_hand("PRAGMA table_info(document)").fetchall()]
    before = by_hand(f"SELECT * FROM document WHERE id = '{file.document.hex}'").fetchone()
    world.clock.forward(timedelta(minutes=1))
    withdraw(world, file)
    assert check_records(world.portal).ok
    sets = ", ".join(f"{name} = ?" for name in columns)
    with closing(sqlite3.connect(world.portal.database.path, isolation_level=None)) as connection:
        connection.execute(f"UPDATE document SET {sets} WHERE id = '{file.document.hex}'", before)
    assert "rolled back" in said(check_records(world.portal))


def withdraw(world: World, made: Put) -> None:
    with world.request(), world.portal.work(world.caller("officer")) as work:
        row = work.documents.find(made.document)
        document, _ = work.require(Action.WITHDRAW_DOCUMENT, Document, row, asked=made.document)
        document.withdrawn_at = work.now


def test_a_row_made_by_hand_is_named(world: World, by_hand: Hand) -> None:
    columns = [row[1] for row in by_hand("PRAGMA table_info(appointment)").fetchall()]
    others = ", ".join(name for name in columns if name != "id")
    by_hand(f"INSERT INTO appointment (id, {others}) SELECT '{'cd' * 16}', {others} FROM appointment LIMIT 1")
    assert "altered by something else" in said(check_records(world.portal))


def test_a_row_that_bears_its_mac_but_never_was_in_the_log_is_named(world: World, by_hand: Hand) -> None:
    """Somebody who can use the guard key, but writes past the log."""
    del by_hand
    with world.portal.database.begin() as session:
        one = session.scalars(select(Appointment)).first()
        assert one
        session.add(Appointment(**{**one.model_dump(), "id": UUID(int=7)}))
    assert "the log knows nothing of it" in said(check_records(world.portal))


def test_a_row_that_is_no_row_is_named(world: World, by_hand: Hand) -> None:
    by_hand("UPDATE appointment SET starts_at = 'not a time' WHERE id = (SELECT min(id) FROM appointment)")
    assert "row-foreign" in codes(check_records(world.portal))


def test_an_altered_session_is_named_though_the_log_keeps_no_sessions(world: World, by_hand: Hand) -> None:
    by_hand("UPDATE session SET ends_at = '2099-01-01 00:00:00.000000' WHERE id = (SELECT min(id) FROM session)")
    assert "row-altered" in codes(check_records(world.portal))


def object_path(world: World, made: Put) -> Path:
    return world.portal.settings.data / "objects" / made.object_name[:2] / made.object_name


def test_a_lost_object_is_named(world: World, file: Put) -> None:
    object_path(world, file).unlink()
    assert f"its object {file.object_name} is not there" in said(check_records(world.portal))


def test_a_truncated_object_is_named(world: World, file: Put) -> None:
    os.truncate(object_path(world, file), 100)
    assert "has 100 bytes instead of" in said(check_records(world.portal))


def test_an_object_that_no_version_names_is_listed_and_left_alone(world: World, file: Put) -> None:
    name = "0f" * 16
    orphan = object_path(world, file).parent.parent / "0f" / name
    orphan.write_bytes(b"sealed")
    young = check_records(world.portal)
    assert (young.orphans, young.counts["young objects"]) == ([], 1 + 0)
    long_ago = (world.clock.now - timedelta(days=3)).timestamp()
    os.utime(orphan, (long_ago, long_ago))
    report = check_records(world.portal)
    assert report.orphans == [name]
    assert report.ok
    assert name in said(report)
    assert orphan.exists()


@pytest.mark.parametrize("table", ["key_holder", "key_version"])
def test_a_lost_key_is_named(world: World, by_hand: Hand, table: str) -> None:
    room = f"room/{world.files['xaa'].review}/{world.files['xaa'].rooms['shared']}"
    by_hand(f"DELETE FROM {table} WHERE scope = '{room}'")
    assert codes(check_records(world.portal)) >= ({"key-unheld"} if table == "key_holder" else {"version-keyless"})


@pytest.mark.parametrize("scope", ["names", "registry"])
def test_a_lost_key_of_people_is_named(world: World, by_hand: Hand, scope: str) -> None:
    for table in ("key_holder", "key_version"):
        by_hand(f"DELETE FROM {table} WHERE scope = '{scope}'")
    assert codes(check_records(world.portal)) == {"field-keyless"}


def test_a_lost_key_that_sealed_no_content_is_named(world: World, file: Put, by_hand: Hand) -> None:
    del file
    room = f"room/{world.files['xaa'].review}/{world.files['xaa'].rooms['shared']}"
    title = by_hand("SELECT title FROM document").fetchone()[0]
    by_hand(f"UPDATE document SET title = X'0100000002{title[5:].hex()}'")  # as if a second key had sealed it
    assert "field-keyless" in codes(check_records(world.portal))
    by_hand(f"INSERT INTO key_version (scope, version, created_at) VALUES ('{room}', 2, '2026-05-04 09:30:00.000000')")
    assert "field-keyless" not in codes(check_records(world.portal))


def test_a_key_from_the_time_to_come_is_named(world: World, by_hand: Hand) -> None:
    """A newer key begins when an access ended after the newest one was made: that must not be put off for good."""
    by_hand("UPDATE key_version SET created_at = '2999-01-01 00:00:00.000000' WHERE scope LIKE 'room/%'")
    assert codes(check_records(world.portal)) == {"key-to-come"}


def test_a_key_copied_from_another_room_is_named(world: World, by_hand: Hand) -> None:
    by_hand(
        "UPDATE key_holder SET wrapped = (SELECT wrapped FROM key_holder WHERE scope = 'registry')"
        f" WHERE scope LIKE 'room/{world.files['xaa'].review}/%'"
    )
    assert "key-shut" in codes(check_records(world.portal))


def test_a_lost_key_of_a_stream_is_named_and_the_rest_is_checked(world: World, by_hand: Hand) -> None:
    by_hand(f"DELETE FROM key_holder WHERE scope = 'stream/{world.files['xaa'].rooms['shared']}'")
    world.portal.keyring._kept.clear()
    assert codes(check_records(world.portal)) >= {"key-unheld", "stream-shut"}


def test_a_download_whose_end_is_missing_is_listed_and_no_error(world: World, file: Put) -> None:
    download(world, "expert_xcc", file, ends=False)
    world.clock.forward(timedelta(seconds=1))
    report = check_records(world.portal)
    assert report.ok
    assert len(report.open_intents) == 1


def test_a_database_rolled_back_together_with_its_log_is_not_found(world: World, file: Put, tmp_path: Path) -> None:
    """Said in LOG.md too: rows and log that go back together still fit each other."""
    portal, old = world.portal, tmp_path / "old.db"
    copy_database(portal.database.path, old)
    download(world, "expert_xcc", file)
    portal.database.close()
    copy_database(old, portal.database.path)
    rolled_back = open_portal(settings_in(tmp_path), world.clock)
    assert check_records(rolled_back).ok
    rolled_back.database.close()


def copy_database(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as there, closing(sqlite3.connect(target)) as here:
        there.backup(here)


def test_a_long_check_asks_for_its_permit_again(world: World, file: Put) -> None:
    del file
    assert check_records(world.portal, lambda _what, _count: world.clock.forward(timedelta(minutes=14))).ok


def test_the_command_says_by_its_status_whether_all_fits(
    world: World, file: Put, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORTAL_DATA", str(world.portal.settings.data))
    monkeypatch.setenv("PORTAL_KEYS", str(world.portal.settings.keys))
    assert cli.main(["fsck"]) == 0
    assert "Everything fits." in capsys.readouterr().out
    object_path(world, file).unlink()
    assert cli.main(["fsck", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert [one["code"] for one in report["findings"]] == ["object-missing"]
    monkeypatch.setenv("PORTAL_DATA", str(world.portal.settings.data / "elsewhere"))
    assert cli.main(["fsck"]) == 2
    assert capsys.readouterr().err.startswith("portal: the check could not be made")
