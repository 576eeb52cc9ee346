"""What the database itself refuses, whoever asks: the log only grows, histories start and end once, nothing goes."""

# ruff: noqa: S608 - the statements are those of somebody at the database's own prompt

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta

import pytest

from storage.triggers import ENDS_ONCE, NEVER_DELETED
from tests.cast import World
from tests.portal.audit.files import put

Hand = Callable[[str], sqlite3.Cursor]


@pytest.fixture
def by_hand(world: World) -> Iterator[Hand]:
    """Give somebody at the database's prompt, with the portal's own settings but without foreign keys."""
    put(world, "officer", "shared", "Penal code")
    with closing(sqlite3.connect(world.portal.database.path, isolation_level=None)) as connection:
        connection.execute("PRAGMA recursive_triggers=ON")
        yield connection.execute


@pytest.mark.parametrize("table", [table for table in NEVER_DELETED if table not in {"invitation", "translation_task"}])
def test_nothing_is_deleted(by_hand: Hand, table: str) -> None:
    assert by_hand(f"SELECT count(*) FROM {table}").fetchone()[0] > 0
    with pytest.raises(sqlite3.IntegrityError, match="nothing is deleted"):
        by_hand(f"DELETE FROM {table}")


def test_no_column_of_an_event_changes(by_hand: Hand) -> None:
    columns = [row[1] for row in by_hand("PRAGMA table_info(event)").fetchall()]
    assert len(columns) > 10
    for name in columns:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            by_hand(f"UPDATE event SET {name} = {name}")


def test_an_event_is_not_replaced_either(by_hand: Hand) -> None:
    columns = ", ".join(row[1] for row in by_hand("PRAGMA table_info(event)").fetchall())
    with pytest.raises(sqlite3.IntegrityError):
        by_hand(f"INSERT OR REPLACE INTO event ({columns}) SELECT {columns} FROM event")


@pytest.mark.parametrize("change", ["next_number = next_number - 1", "id = zeroblob(16)", "kind = 'other'"])
def test_a_stream_only_grows(by_hand: Hand, change: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="only grows"):
        by_hand(f"UPDATE stream SET {change}")
    by_hand("UPDATE stream SET next_number = next_number + 1")


@pytest.mark.parametrize("table", [table for table in ENDS_ONCE if table != "translation_task"])
def test_a_history_is_never_rewritten(by_hand: Hand, table: str) -> None:
    columns = [row[1] for row in by_hand(f"PRAGMA table_info({table})").fetchall()]
    fixed = [name for name in columns if name not in {*ENDS_ONCE[table], "mac"}]
    assert fixed
    for name in fixed:
        with pytest.raises(sqlite3.IntegrityError, match="never rewritten"):
            by_hand(f"UPDATE {table} SET {name} = {name}")


@pytest.mark.parametrize(
    ("table", "name"),
    [(table, name) for table, names in ENDS_ONCE.items() for name in names if table != "translation_task"],
)
def test_an_end_is_set_once(by_hand: Hand, table: str, name: str) -> None:
    by_hand(f"UPDATE {table} SET {name} = NULL WHERE {name} IS NULL")
    by_hand(f"UPDATE {table} SET {name} = 'first' WHERE {name} IS NULL")
    by_hand(f"UPDATE {table} SET {name} = 'first'")
    for other in ("'second'", "NULL"):
        with pytest.raises(sqlite3.IntegrityError, match="set once"):
            by_hand(f"UPDATE {table} SET {name} = {other}")


def test_the_portal_itself_can_end_an_appointment_and_cannot_begin_it_again(world: World) -> None:
    from sqlalchemy.exc import IntegrityError

    from storage.tables import Appointment

    appointment = world.members["expert_xbb"].appointment
    with world.portal.database.begin() as session:
        session.get_one(Appointment, appointment).ended_at = world.clock.now
    with pytest.raises(IntegrityError, match="set once"), world.portal.database.begin() as session:
        session.get_one(Appointment, appointment).ended_at = world.clock.now + timedelta(days=1)
