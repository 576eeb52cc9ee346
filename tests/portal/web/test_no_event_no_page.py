"""Every way into the portal: where the log can't take the event nothing is shown, and nothing is read past the gate."""

import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event
from sqlmodel import select
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from portal.audit.floods import Floods
from portal.web import routes
from portal.web.ways import Way, caller_of, portal_of
from storage.tables import Document, Person
from tests.cast import World
from tests.portal.audit.files import Put, put
from tests.web_client import ORIGIN, browser

TITLE = "Unguessable-Pangolin"
WORDS = (TITLE, "Example", "@example.org")
BOUND_SECONDS = 2.0
BEFORE_ASKING = {404, 422, 503}  # an empty form may be sent back before anything is asked for
# who may walk a way, by its beginning; everybody else's ways are the focal point's
WALKERS = {
    "/register": "registrar",
    "/cycles": "registrar",
    "/states": "registrar",
    "/administration": "administrator",
    "/translations": "translator",
}
# rows of a file: a stranger's questions find none of them, whatever the log says
OF_FILES = {"document", "version", "translation_task", "review", "room", "review_party", "assignment", "undertaking"}
SEALED = {*OF_FILES, "person", "appointment", "invitation"}


@dataclass
class Walk:
    """What a way needs to be walked in the cast's world."""

    world: World
    made: Put
    tokens: dict[str, str] = field(default_factory=dict)

    def path(self, way: Way) -> str:
        kind = way.path.split("/")[1]
        ids: dict[str, object] = {
            "documents": self.made.document,
            "versions": self.made.version,
            "rooms": self.world.files["xaa"].rooms["shared"],
            "people": self.world.members["expert_xaa"].person,
        }
        values = {
            "id": ids.get(kind, self.world.files["xaa"].review),
            "code": "XAA",
            "token": "t" * 43,
            "appointment": self.world.members["expert_xaa"].appointment,
        }
        return re.sub(r"\{(\w+)[^}]*\}", lambda name: str(values.get(name[1], uuid4())), way.path)

    def walk(self, way: Way, who: str | None) -> Response:
        """Send one request; a form's token was taken before."""
        client, path = browser(self.world, who), self.path(way)
        token = {"csrf": self.tokens.get(who or "", "")}
        if way.method == "GET":
            return client.get(path, follow_redirects=False)  # type: ignore[return-value]  # the client's own type
        sent: dict[str, Any] = {"data": token}
        if way.upload:
            sent = {"files": [("csrf", (None, token["csrf"])), ("files", ("a.txt", b"text", "text/plain"))]}
        return client.post(path, **sent, headers={"Origin": ORIGIN}, follow_redirects=False)  # type: ignore[return-value]  # likewise

    def take_token(self, who: str) -> None:
        found = re.search(r'name="csrf" value="([^"]+)"', browser(self.world, who).get("/account").text)
        assert found
        self.tokens[who] = found[1]


@pytest.fixture
def walk(world: World) -> Walk:
    return Walk(world, put(world, "officer", "shared", TITLE))


def walker(way: Way) -> str:
    return next((who for start, who in WALKERS.items() if way.path.startswith(start)), "focal_xaa")


# --- a log that can't take the event ------------------------------------------------------------------------------


@contextmanager
def locked(world: World) -> Iterator[None]:
    with closing(sqlite3.connect(world.portal.database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def refusing(world: World) -> Iterator[None]:
    by_hand(world, "CREATE TRIGGER no BEFORE INSERT ON event BEGIN SELECT RAISE(ABORT, 'no'); END")
    yield


@contextmanager
def full(world: World) -> Iterator[None]:
    by_hand(world, "CREATE TABLE filler (bytes BLOB)")
    by_hand(
        world, "CREATE TRIGGER fills BEFORE INSERT ON event BEGIN INSERT INTO filler VALUES (zeroblob(9000000)); END"
    )

    def limit(connection: sqlite3.Connection, *_rest: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages + 10}")

    event.listen(world.portal.database.engine, "checkout", limit)
    yield
    event.remove(world.portal.database.engine, "checkout", limit)


def by_hand(world: World, statement: str) -> None:
    with closing(sqlite3.connect(world.portal.database.path, isolation_level=None)) as hand:
        hand.execute(statement)


Fault = Callable[[World], Any]


@pytest.mark.parametrize("fault", [locked, refusing, full])
def test_without_its_event_no_way_shows_anything(walk: Walk, fault: Fault) -> None:
    ways = [way for way in routes.WAYS if way.action is not None]
    for who in {walker(way) for way in ways}:
        walk.take_token(who)

    def timed(way: Way) -> tuple[Way, Response, float]:
        began = time.monotonic()
        answer = walk.walk(way, walker(way))
        return way, answer, time.monotonic() - began

    with fault(walk.world):
        with ThreadPoolExecutor(4) as pool:
            walked = list(pool.map(timed, ways))
        slow = [timed(way) if seconds > BOUND_SECONDS else (way, answer, seconds) for way, answer, seconds in walked]
    wrong = [
        (way.method, way.path, answer.status_code)
        for way, answer, _ in slow
        if (answer.status_code != 503 if way.method == "GET" else answer.status_code not in BEFORE_ASKING)
    ]
    assert not wrong
    assert not [(way.path, word) for way, answer, _ in slow for word in WORDS if word in answer.text]  # type: ignore[attr-defined]  # the client's own type
    assert not [(way.method, way.path, seconds) for way, _, seconds in slow if seconds > BOUND_SECONDS]


def test_the_same_ways_do_show_something_while_the_log_takes_events(walk: Walk) -> None:
    """Else the test above would pass with a portal that shows nothing at all."""
    shown = [way for way in routes.WAYS if way.method == "GET" and way.action and way.path.count("{") <= 1]
    answers = {way.path: walk.walk(way, walker(way)).status_code for way in shown}
    assert sum(status == 200 for status in answers.values()) > len(answers) / 2, answers


# --- a way around the gate ----------------------------------------------------------------------------------------


class Watch:
    """What one request asked the database, and how many rows came back."""

    def __init__(self, world: World) -> None:
        self.engine = world.portal.database.engine
        self.asked: list[list[Any]] = []  # statement and number of rows
        self._of: dict[int, list[Any]] = {}

    def __enter__(self) -> Self:
        event.listen(self.engine, "before_cursor_execute", self._note)
        event.listen(self.engine, "checkout", self._count)
        return self

    def __exit__(self, *_rest: object) -> None:
        event.remove(self.engine, "before_cursor_execute", self._note)
        event.remove(self.engine, "checkout", self._count)
        self.engine.dispose()

    def _note(self, _connection: Any, cursor: Any, statement: str, *_rest: object) -> None:
        self.asked.append([statement, 0])
        self._of[id(cursor)] = self.asked[-1]

    def _count(self, connection: Any, *_rest: object) -> None:
        def row(cursor: Any, values: tuple[Any, ...]) -> tuple[Any, ...]:
            if id(cursor) in self._of:
                self._of[id(cursor)][1] += 1
            return values

        connection.row_factory = row

    def read(self, tables: set[str]) -> set[str]:
        """Name the tables of these that gave rows; the look at one's own session is nobody else's business."""
        return {
            table
            for statement, rows in self.asked
            if rows and "FROM session JOIN person" not in statement
            for table in re.findall(r'(?:FROM|JOIN)\s+"?(\w+)', statement)
            if table in tables
        }

    @property
    def recorded(self) -> bool:
        return any(statement.startswith("INSERT INTO event") for statement, _ in self.asked)

    @property
    def opened_log(self) -> bool:
        return any(rows and "event.body" in statement for statement, rows in self.asked)


def trespasses(walk: Walk, who: str | None) -> list[str]:
    """Walk every way as somebody without any right, and say where rows came back that shouldn't."""
    found = []
    for way in routes.WAYS:
        walk.world.portal.floods = Floods()  # each refusal is written, however many there are
        with Watch(walk.world) as watch:
            walk.walk(way, who)
        of_files, sealed = watch.read(OF_FILES), watch.read(SEALED)
        if of_files or watch.opened_log:
            found.append(f"{way.method} {way.path} read rows of a file: {sorted(of_files)}")
        elif sealed and not watch.recorded:
            found.append(f"{way.method} {way.path} read {sorted(sealed)} and wrote no event")
    return found


@pytest.mark.parametrize("who", [None, "stranger_xff"])
def test_no_way_reads_past_the_gate(walk: Walk, who: str | None) -> None:
    if who:
        walk.take_token(who)
    assert trespasses(walk, who) == []


def leak_title(request: Request) -> Response:
    """Read a document as a careless handler would: by its id, without asking the gate."""
    with portal_of(request).database.read() as session:
        row = session.get(Document, UUID(hex=request.path_params["id"]))
    return PlainTextResponse(str(row.number) if row else "none")


def leak_people(request: Request) -> Response:
    """Count people without asking the gate."""
    with portal_of(request).database.read() as session:
        return PlainTextResponse(str(len(session.scalars(select(Person)).all())))


def leak_in_a_transaction(request: Request) -> Response:
    """Take part in the portal's own transaction, and forget to ask."""
    with portal_of(request).work(caller_of(request)) as work:
        return PlainTextResponse(str(len(work.people.of_state("XAA"))))


@pytest.mark.parametrize(
    ("path", "handler"),
    [
        ("/documents/{id}/leak", leak_title),
        ("/people/{id}/leak", leak_people),
        ("/people/{id}/forgets", leak_in_a_transaction),
    ],
)
@pytest.mark.parametrize("who", [None, "stranger_xff"])
def test_a_way_without_the_gate_is_caught(
    walk: Walk, who: str | None, path: str, handler: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "WAYS", (Way("GET", path, handler, None),))
    (caught,) = trespasses(walk, who)
    assert path in caught


def test_every_way_declares_an_act_or_says_why_it_has_none() -> None:
    assert routes.__file__
    lines = Path(routes.__file__).read_text("utf-8").splitlines()
    without = [line for line in lines if line.strip().startswith("Way(") and re.search(r", None\W", line)]
    assert len(without) == sum(way.action is None for way in routes.WAYS)
    assert not [line for line in without if "  # " not in line]


def test_no_two_ways_share_an_address() -> None:
    addresses = [(way.method, re.sub(r"\{\w+\}", "{}", way.path)) for way in routes.WAYS]
    assert len(addresses) == len(set(addresses))
