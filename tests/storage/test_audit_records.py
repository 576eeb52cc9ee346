"""Reading the log page by page: by indexes alone, whatever the log's length."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert, text

from storage.database import Database, Session
from storage.repositories.audit import AuditRecords, Cursor, Wanted
from storage.tables import Event, Stream
from tests import databases

pytestmark = pytest.mark.database

START = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
STREAMS = tuple(UUID(int=number) for number in range(1, 6))
EACH = 1000
MARKS = dict.fromkeys(STREAMS, b"mark")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Five streams; two events of each second, many at the same moment in several streams."""
    database = Database(databases.place(tmp_path_factory.mktemp("log")))
    database.create()
    with database.begin() as session:
        session.add_all(Stream(id=stream, kind="room") for stream in STREAMS)
        session.flush()
        session.execute(insert(Event), [event(stream, number) for stream in STREAMS for number in range(1, EACH + 1)])
        session.execute(text("ANALYZE"))
    yield database
    database.close()


def event(stream: UUID, number: int) -> dict[str, object]:
    blobs = {"salt": b"s" * 60, "body": b"b" * 600, "leaf": b"l" * 32, "tag": b"t" * 32}
    return {
        "id": UUID(int=stream.int * 10**6 + number),
        "stream_id": stream,
        "number": number,
        "at": START + timedelta(seconds=number // 2),
        "kind": 406,
        "schema_version": 1,
        "phase": "act",
        "about": b"mark" if number % 10 == 0 else b"other",
        **blobs,
    }


def plan(session: Session, ask: Callable[[AuditRecords], object]) -> str:
    """Ask the database how it would answer."""
    seen: list[tuple[str, object]] = []
    from sqlalchemy import event as events

    def note(_c: object, _cursor: object, statement: str, parameters: object, *_rest: object) -> None:
        seen.append((statement, parameters))

    engine = session.get_bind()
    events.listen(engine, "before_cursor_execute", note)
    ask(AuditRecords(session))
    events.remove(engine, "before_cursor_execute", note)
    statement, parameters = seen[-1]
    explain = "EXPLAIN" if databases.ON_SERVER else "EXPLAIN QUERY PLAN"
    rows = session.connection().exec_driver_sql(f"{explain} {statement}", parameters)  # type: ignore[arg-type]  # as they were
    return "\n".join(row[-1] for row in rows)


LAST: Cursor = (START + timedelta(seconds=200), 400, STREAMS[2])


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(STREAMS[:1]),
        Wanted(STREAMS),
        Wanted(STREAMS, after=LAST),
        Wanted(STREAMS, since=START, until=START + timedelta(hours=1)),
        Wanted(STREAMS, MARKS),
        Wanted(STREAMS, MARKS, LAST, START, START + timedelta(hours=1)),
    ],
    ids=["one", "all", "after", "days", "document", "everything"],
)
def test_every_search_is_answered_by_an_index(filled: Database, wanted: Wanted) -> None:
    with filled.read() as session:
        steps = plan(session, lambda records: records.page(wanted, 50))
    assert ("event_about" in steps) == (wanted.about is not None)
    if databases.ON_SERVER:
        assert "Seq Scan" not in steps, steps
        assert steps.count("Index Only Scan") == len(wanted.streams), steps
        return
    inner = [step for step in steps.splitlines() if " event" in step]
    assert len(inner) == len(wanted.streams) + 1
    assert all(step.startswith("SEARCH event USING") for step in inner), steps
    assert sum("COVERING INDEX" in step for step in inner) == len(wanted.streams), steps


@pytest.mark.parametrize(
    ("ask", "indexes"),
    [
        (lambda records: records.has_outcome(UUID(int=9)), {"event_by_intent"}),
        (lambda records: records.ends_and_beginnings([UUID(int=9)], [UUID(int=8)]), {"event_by_intent"}),
        (lambda records: records.open_intents(START), {"event_by_intent", "event_open_intents"}),
    ],
    ids=["an outcome", "ends and beginnings", "open intents"],
)
def test_ends_of_what_began_are_found_by_indexes_of_those_alone(
    filled: Database, ask: Callable[[AuditRecords], object], indexes: set[str]
) -> None:
    with filled.read() as session:
        steps = plan(session, ask)
    assert all(index in steps for index in indexes), steps
    assert "Seq Scan" not in steps
    assert "SCAN event" not in steps


@pytest.mark.parametrize("about", [None, MARKS])
def test_pages_follow_without_a_gap_or_a_repetition(filled: Database, about: dict[UUID, bytes] | None) -> None:
    seen: list[Cursor] = []
    wanted = Wanted(STREAMS, about)
    with filled.read() as session:
        while rows := AuditRecords(session).page(wanted, 73):
            seen += [(row.at, row.number, row.stream_id) for row in rows]
            wanted = Wanted(STREAMS, about, seen[-1])
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == len(set(seen)) == len(STREAMS) * (EACH if about is None else EACH // 10)


def test_days_narrow(filled: Database) -> None:
    wanted = Wanted(STREAMS[:1], since=START + timedelta(seconds=10), until=START + timedelta(seconds=12))
    with filled.read() as session:
        assert [row.number for row in AuditRecords(session).page(wanted, 50)] == [23, 22, 21, 20]
