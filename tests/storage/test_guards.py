"""Rows that give rights: one that something else than the portal wrote is refused when it is loaded."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, inspect
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel, select

from storage.columns import Guarded
from storage.database import Database
from storage.errors import Damaged
from storage.guards import row_mac, written_rows
from storage.repositories.checks import guarded_tables
from storage.tables import Person
from tests import databases
from tests.databases import Hand

pytestmark = pytest.mark.database

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
KEY = b"g" * 32
CHECKS = "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0"
TABLES = guarded_tables()
COLUMNS = [(table, column.name) for table in TABLES for column in inspect(table).local_table.columns]
# tables whose rows give nobody a right: what they say is checked by keys, by the log, or is no secret and no right
FREE = {
    *("cycle", "event", "key_holder", "key_version", "state", "state_instrument", "state_name", "stream", "visit"),
    *("notice", "notice_setting"),  # the policies are asked whenever one is shown or mailed
    "attempt",  # only takes away: whoever deletes one gains a guess
    "schema_runs",  # says which release may start here, and gives nothing
    "spent",  # only takes away: a challenge that stands here works no more
    *("waiting_event", "tree_entry", "tree_tile", "tree_head"),  # the events give them, and what is signed says so
    *("month_count", "day_count"),  # counts alone, compared with the events
    *("former_head", "former_cosignature"),  # of a log that is no more: what is signed says so
    *("cosignature", "witness_asked"),  # a witness's own key says so; and a report that gives nothing
    "lease",  # saves work, and gives nothing
    "held_back",  # only says why something isn't public yet
    "signal_counts",  # sealed, and gives nothing
    "signal_reading",  # gives nothing; its mark says who wrote it
    "account_notice",  # gives nothing: whose a link or a former address is, a guarded row and its place say
}


class Loose:
    """A database without foreign keys and triggers, so that each table can be tried alone."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.hand = Hand(database.place)
        self.hand.loosen()
        if databases.ON_SERVER:
            for table, name in self.hand(CHECKS).fetchall():
                self.hand(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        else:
            self.hand("PRAGMA ignore_check_constraints=ON")

    def put(self, row: Any) -> None:
        with self.database.begin() as session:
            session.add(row)

    def rows(self, table: type[Any]) -> list[Any]:
        with self.database.read() as session:
            return list(session.scalars(select(table)))


def loosen(connection: Any, *_rest: Any) -> None:
    if databases.ON_SERVER:
        connection.execute("SET session_replication_role = replica")
        connection.commit()
    else:
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("PRAGMA ignore_check_constraints=ON")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loose]:
    database = Database(databases.place(tmp_path_factory.mktemp("guards")))
    database.guard(KEY)
    database.create()
    event.listen(database.engine, "checkout", loosen)
    loose = Loose(database)
    yield loose
    loose.hand.close()
    database.close()


@pytest.fixture
def loose(whole: Loose) -> Loose:
    for table in TABLES:
        whole.hand(f"DELETE FROM {table.__tablename__}")  # noqa: S608 - a table's own name
    return whole


def value_for(table: type[Any], name: str, turn: int) -> Any:
    """Give a valid value of a column; another one for another turn."""
    values: dict[type, Any] = {
        UUID: UUID(int=100 + turn),
        str: ("ab", "cd")[turn],
        bytes: (b"one", b"two")[turn],
        int: 1 + turn,
        bool: bool(turn),
        datetime: NOW.replace(minute=turn),
        date: date(2026, 5, 4 + turn),
    }
    kind = inspect(table).local_table.columns[name].type
    return values[kind.impl_instance.python_type if isinstance(kind, TypeDecorator) else kind.python_type]


def row_of(table: type[Any]) -> Any:
    names = [column.name for column in inspect(table).local_table.columns if column.name != "mac"]
    return table(**{name: value_for(table, name, 0) for name in names})


def as_stored(value: Any) -> Any:
    match value:
        case datetime():
            return value.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
        case date():
            return value.isoformat()
        case _:
            return value


def test_every_table_is_guarded_or_known_to_need_no_guard() -> None:
    guarded = {table.__tablename__ for table in TABLES}
    assert guarded | FREE >= {name for name in SQLModel.metadata.tables if not name.startswith("alembic")}
    assert not guarded & FREE
    assert all(issubclass(table, Guarded) for table in TABLES)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__tablename__)
def test_a_row_that_the_portal_wrote_comes_back(loose: Loose, table: type[Any]) -> None:
    loose.put(row_of(table))
    (row,) = loose.rows(table)
    assert row.mac == row_mac(KEY, row)
    assert len(row.mac) == 32


@pytest.mark.parametrize(("table", "name"), COLUMNS, ids=lambda one: getattr(one, "__tablename__", one))
def test_a_row_altered_by_hand_in_any_column_is_refused(loose: Loose, table: type[Any], name: str) -> None:
    loose.put(row_of(table))
    other = b"\0" * 32 if name == "mac" else as_stored(value_for(table, name, 1))
    loose.hand(f"UPDATE {table.__tablename__} SET {name} = ?", (other,))  # noqa: S608 - a column's own name
    with pytest.raises(Damaged):
        loose.rows(table)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__tablename__)
def test_a_row_made_by_hand_with_the_mac_of_another_is_refused(loose: Loose, table: type[Any]) -> None:
    loose.put(row_of(table))
    key, names = inspect(table).primary_key[0].name, loose.hand.columns(table.__tablename__)
    values = dict(zip(names, loose.hand(f"SELECT * FROM {table.__tablename__}").fetchone(), strict=True))  # noqa: S608
    loose.hand(f"DELETE FROM {table.__tablename__}")  # noqa: S608 - a table's own name
    values[key] = as_stored(value_for(table, key, 1))
    marks = ", ".join("?" * len(names))
    loose.hand(f"INSERT INTO {table.__tablename__} ({', '.join(names)}) VALUES ({marks})", tuple(values.values()))  # noqa: S608
    with pytest.raises(Damaged):
        loose.rows(table)


def person(number: int = 1) -> Person:
    return Person(id=UUID(int=number), name=b"n", mail=b"m", mail_index=bytes([number]), created_at=NOW)


@pytest.mark.parametrize("name", ["created_at", "suspended_at"])
def test_nothing_and_a_time_are_told_apart(loose: Loose, name: str) -> None:
    loose.put(person())
    loose.hand(f"UPDATE person SET {name} = ?", (as_stored(NOW.replace(year=2030)),))  # noqa: S608 - own name
    with pytest.raises(Damaged):
        loose.rows(Person)


def test_a_row_stamped_under_another_portals_key_is_refused(loose: Loose) -> None:
    loose.put(person())
    loose.database.guard(b"o" * 32)
    with pytest.raises(Damaged):
        loose.rows(Person)
    loose.database.guard(KEY)
    assert loose.rows(Person)


def test_a_row_is_stamped_anew_whenever_the_portal_changes_it(loose: Loose) -> None:
    loose.put(person())
    before = loose.rows(Person)[0].mac
    with loose.database.begin() as session:
        session.get_one(Person, UUID(int=1)).suspended_at = NOW
    after = loose.rows(Person)[0]
    assert after.mac != before
    assert after.suspended_at == NOW


def test_a_row_altered_while_a_session_holds_it_is_refused_when_it_is_read_afresh(loose: Loose) -> None:
    loose.put(person())
    with loose.database.read() as session:
        row = session.get_one(Person, UUID(int=1))
        session.rollback()
        loose.hand("UPDATE person SET state_code = 'XAA'")
        with pytest.raises(Damaged):
            session.refresh(row)


def test_what_a_transaction_wrote_is_listed_for_the_log_once_with_its_last_mac(loose: Loose) -> None:
    with loose.database.begin() as session:
        row = person()
        session.add(row)
        session.flush()
        first = row.mac
        row.suspended_at = NOW
        session.flush()
        assert [(name, one.mac) for name, one in written_rows(session)] == [(f"person/{UUID(int=1)}", row.mac)]
        assert row.mac != first


def test_a_row_passed_by_the_object_layer_bears_no_mac_and_opens_nothing(loose: Loose) -> None:
    """A bulk insert or a Core statement doesn't stamp; so it can't be used to give rights."""
    loose.hand(
        "INSERT INTO person (id, name, mail, mail_index, language, zone, created_at, mac)"
        " VALUES (?, x'00', x'00', x'00', 'en', 'UTC', '2026-05-04 09:30:00.000000', x'')",
        (UUID(int=5),),
    )
    with pytest.raises(Damaged):
        loose.rows(Person)
