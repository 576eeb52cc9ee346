"""Every way into the portal: where the log can't take the event nothing is shown, and nothing is read past the gate."""

import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import pytest
from httpx2 import Response
from sqlalchemy import event
from sqlmodel import select
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from portal.access.actions import Action
from portal.audit.floods import Floods
from portal.usecases import bundles
from portal.usecases.checks import check_records
from portal.usecases.intents import close_intents
from portal.usecases.tree import sequence
from portal.web import routes
from portal.web.ways import Way, caller_of, portal_of
from storage.tables import Document, Person
from tests import databases
from tests.cast import World
from tests.contents import objects, versions
from tests.office import FORMS, UNGUESSABLE, Office, posts

WORDS = (UNGUESSABLE, "Example", "@example.org")
BOUND_SECONDS = 2.0
THREADS = 8
EVERYTHING = "PORTAL_EVERYTHING" in os.environ  # all that is otherwise drawn, which takes minutes
STREAMS = {
    Action.DOWNLOAD_VERSION,
    Action.DOWNLOAD_ROOM,
    Action.EXPORT_REVIEW_TRAIL,
    Action.UPLOAD_DOCUMENT,
    Action.ADD_VERSION,
    Action.DELIVER_TRANSLATION,
    Action.ADD_NOTE,
    Action.OPEN_NOTE,
    Action.ADD_EXHIBIT,
    Action.DOWNLOAD_EXHIBIT,
}
# who may walk a way, by its beginning; everybody else's ways are the focal point's
WALKERS = {
    "/reviews/{id}/offer": "focal_xdd",
    "/documents/{id}/translations": "officer",
    "/reviews/{id}/clarifications/new": "expert_xbb",
    "/entries/{id}/translations": "officer",
    "/entries": "expert_xbb",
    "/texts": "translator",
    "/reviews/{id}/schedule": "officer",
    "/register": "registrar",
    "/cycles": "registrar",
    "/states/{code}/view-as": "focal_xaa",
    "/states": "registrar",
    "/administration": "administrator",
    "/translations": "translator",
    "/signals/rules": "focal_xaa",
    "/grants": "focal_xdd",
    "/granted": "focal_xff",
    "/trace": "confidentiality",
    "/signals": "confidentiality",
    "/summaries": "oversight",
}
# what takes a final report, on which nothing else here could be done: tests/portal/web/test_summaries.py
FINAL = {"/versions/{id}/summary", "/reviews/{id}/report/summary"}
# rows of a file: a stranger's questions find none of them, whatever the log says
OF_FILES = {"document", "version", "translation_task", "review", "room", "review_party", "undertaking"}
OF_FILES |= {"clarification", "entry", "entry_task", "remark", "routing", "attachment", "batch", "clearance_setting"}
OF_FILES |= {"review_schedule", "schedule_step", "manifest", "agreement", "draft_comment", "transmission"}
OF_FILES |= {"access_grant", "grant_terms", "grant_document", "grant_reader", "grant_nominee", "grant_undertaking"}
# what is found by its id before its file or its State is not
SEALED = {*OF_FILES, "assignment", "person", "appointment", "invitation", "calendar_feed", "note_copy", "profile"}
SEALED |= {"handover", "signal", "summary_language"}
# who one is, and how one stands to a file, asked of one's own rows
OWN = ("FROM session JOIN person", "FROM person LEFT OUTER JOIN assignment")


@dataclass(frozen=True, slots=True)
class Step:
    """One way, and how it is walked: a form soundly filled, a page as a whole, as a head, or with a range."""

    way: Way
    method: str
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        return " ".join([self.method, self.way.path, *(value for _, value in self.headers)])


def steps(ways: Sequence[Way]) -> list[Step]:
    """Give the steps of some ways; what would end the walk comes last.

    Of pages whose content doesn't flow, every third is walked as a head and with a range too, which are the same code.
    """
    pages, others = [way for way in ways if way.method == "GET"], (("HEAD", ()), ("GET", (("Range", "bytes=0-9"),)))
    asked = [Step(way, "GET") for way in pages]
    asked += [
        Step(way, *page)
        for at, way in enumerate(pages)
        if EVERYTHING or way.action in STREAMS or at % 3 == 0
        for page in others
    ]
    return asked + [Step(way, "POST") for way in posts(ways)]


class Walk:
    """Walks the ways in the cast's office."""

    def __init__(self, office: Office) -> None:
        self.world = office.world
        self.office = office

    def prepared(self, step: Step, who: str | None) -> Callable[[], Response]:
        """Make ready to send one request: what is to be known for it is looked up now."""
        office, path = self.office, self.office.address(step.way)
        if step.way.method == "GET":
            ask = office.client(who).request
            return partial(ask, step.method, path, headers=dict(step.headers), follow_redirects=False)
        data = {"csrf": office.token(who), **office.sound(step.way)}
        return partial(office.post, who, path, data, upload=step.way.upload)


@pytest.fixture
def walk(office: Office, monkeypatch: pytest.MonkeyPatch) -> Walk:
    world = office.world
    world.portal.settings = replace(world.portal.settings, second_factor=True)  # else there are no codes to look at
    monkeypatch.setattr(bundles, "WAITS_SECONDS", 0)  # for what comes into the log's tree: nothing does here
    sequence(world.portal, "test")  # what was, so that there is a checkpoint
    return Walk(office)


def walker(way: Way) -> str | None:
    if way.method != "GET":
        return FORMS[way.path][0]
    return next((who for start, who in WALKERS.items() if way.path.startswith(start)), "focal_xaa")


# --- a log that can't take the event ------------------------------------------------------------------------------


@contextmanager
def locked(world: World) -> Iterator[None]:
    with databases.by_hand(world.portal.database) as other:
        other.lock()
        yield


@contextmanager
def refusing(world: World) -> Iterator[None]:
    with databases.by_hand(world.portal.database) as hand:
        hand.refuse("event")
        yield


@contextmanager
def full(world: World) -> Iterator[None]:
    if databases.ON_SERVER:
        with databases.by_hand(world.portal.database) as hand:
            hand.refuse("event", code="disk_full")
            yield
        return
    with databases.by_hand(world.portal.database) as hand:
        hand("CREATE TABLE filler (bytes BLOB)")
        hand("CREATE TRIGGER fills BEFORE INSERT ON event BEGIN INSERT INTO filler VALUES (zeroblob(9000000)); END")

    def limit(connection: Any, *_rest: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages + 10}")

    event.listen(world.portal.database.engine, "checkout", limit)
    yield
    event.remove(world.portal.database.engine, "checkout", limit)


@contextmanager
def refusing_outcomes(world: World) -> Iterator[None]:
    with databases.by_hand(world.portal.database) as hand:
        hand.refuse("event", "NEW.phase = 'outcome'")
        yield
        hand.allow("no")


Fault = Callable[[World], Any]


# a locked database takes its second on each way
@pytest.mark.parametrize("fault", [pytest.param(locked, marks=pytest.mark.slow), refusing, full])
def test_without_its_event_no_way_shows_anything(walk: Walk, fault: Fault) -> None:
    # what a provider sends that proves nothing is nobody's act
    ways = [way for way in routes.WAYS if way.action is not None and not way.machine and way.path not in FINAL]
    walked = steps(ways)
    ready = [(step.name, walk.prepared(step, walker(step.way))) for step in walked]

    def timed(one: tuple[str, Callable[[], Response]]) -> tuple[str, Response, float]:
        began = time.monotonic()
        return one[0], one[1](), time.monotonic() - began

    with fault(walk.world):
        with ThreadPoolExecutor(THREADS) as pool:
            answers = list(pool.map(timed, ready))
        alone = [
            timed(one) if answer[2] > BOUND_SECONDS else answer for one, answer in zip(ready, answers, strict=True)
        ]
    assert not [(name, answer.status_code) for name, answer, _ in alone if answer.status_code != 503]
    assert not [(name, word) for name, answer, _ in alone for word in WORDS if word in answer.text]
    assert not [(name, seconds) for name, _, seconds in alone if seconds > BOUND_SECONDS]


def test_the_same_ways_do_show_something_while_the_log_takes_events(walk: Walk) -> None:
    """Else the test above would pass with a portal that shows nothing at all."""
    walked = steps([way for way in routes.WAYS if way.action is not None])
    answers = {step.name: walk.prepared(step, walker(step.way))().status_code for step in walked}
    for method in ("GET", "HEAD", "POST"):
        given = [status for name, status in answers.items() if name.startswith(method)]
        assert sum(status in {200, 206, 303} for status in given) > len(given) / 2, answers
    assert answers["GET /versions/{id}/content bytes=0-9"] == 206


def test_an_outcome_that_the_log_cant_take_is_owed_and_leaves_nothing_half(walk: Walk) -> None:
    """A download is recorded before its first byte, so its end may be owed; an upload is nothing without its end."""
    portal = walk.world.portal
    walked = [step for step in steps(routes.WAYS) if step.method != "HEAD" and step.way.action in STREAMS]
    ready = [(step.method, walk.prepared(step, walker(step.way))) for step in walked]
    kept = len(versions(walk.world)), objects(walk.world)
    with refusing_outcomes(walk.world):
        answers = [(method, ask().status_code) for method, ask in ready]
    assert {status for method, status in answers if method == "POST"} == {503}
    assert {status for method, status in answers if method == "GET"} == {200, 206}
    assert (len(versions(walk.world)), objects(walk.world)) == kept
    assert not list((portal.settings.data / "objects" / "new").iterdir())
    walk.world.clock.forward(timedelta(seconds=1))
    report = check_records(portal)
    assert report.ok
    assert len(report.open_intents) >= len(walked)
    assert close_intents(portal, portal.clock()) == len(report.open_intents)
    assert not check_records(portal).open_intents


# --- a way around the gate ----------------------------------------------------------------------------------------


class Watch:
    """What one request asked the database, and how many rows came back."""

    def __init__(self, world: World) -> None:
        self.engine = world.portal.database.engine
        self.asked: list[list[Any]] = []  # statement and number of rows
        self._of: dict[int, list[Any]] = {}

    def __enter__(self) -> Self:
        event.listen(self.engine, "before_cursor_execute", self._note)
        event.listen(self.engine, *self._counting)
        return self

    def __exit__(self, *_rest: object) -> None:
        event.remove(self.engine, "before_cursor_execute", self._note)
        event.remove(self.engine, *self._counting)
        self.engine.dispose()

    def _note(self, _connection: Any, cursor: Any, statement: str, *_rest: object) -> None:
        self.asked.append([statement, 0])
        self._of[id(cursor)] = self.asked[-1]

    @property
    def _counting(self) -> tuple[str, Callable[..., None]]:
        return ("after_cursor_execute", self._known) if databases.ON_SERVER else ("checkout", self._count)

    def _known(self, _connection: Any, cursor: Any, *_rest: object) -> None:
        self._of[id(cursor)][1] = cursor.rowcount  # -1, which counts, of rows that come in portions

    def _count(self, connection: Any, *_rest: object) -> None:
        def row(cursor: Any, values: tuple[Any, ...]) -> tuple[Any, ...]:
            if id(cursor) in self._of:
                self._of[id(cursor)][1] += 1
            return values

        connection.row_factory = row

    def read(self, tables: set[str]) -> set[str]:
        """Name the tables of these that gave rows; the look at oneself is nobody else's business."""
        return {
            table
            for statement, rows in self.asked
            if rows and not any(own in statement for own in OWN)
            for table in re.findall(r'(?:FROM|JOIN)\s+"?(\w+)', statement)
            if table in tables
        }

    @property
    def recorded(self) -> bool:
        return any(statement.startswith("INSERT INTO event") for statement, _ in self.asked)

    @property
    def opened_log(self) -> bool:
        return any(rows and "event.body" in statement for statement, rows in self.asked)


def trespasses(walk: Walk, who: str | None, ways: Sequence[Way]) -> list[str]:
    """Walk ways as somebody without any right, and say where rows came back that shouldn't."""
    found = []
    for step in steps(ways):
        walk.world.portal.floods = Floods()  # each refusal is written, however many there are
        send = walk.prepared(step, who)
        with Watch(walk.world) as watch:
            send()
        of_files, sealed = watch.read(OF_FILES), watch.read(SEALED)
        if of_files or watch.opened_log:
            found.append(f"{step.name} read rows of a file: {sorted(of_files)}")
        elif sealed and not watch.recorded:
            found.append(f"{step.name} read {sorted(sealed)} and wrote no event")
        elif step.way.action and "{" in step.way.path and not step.way.machine and not watch.recorded:
            found.append(f"{step.name} didn't even ask")  # else this walk would prove nothing of it
    return found


@pytest.mark.parametrize("who", [pytest.param(None, marks=pytest.mark.slow), "stranger_xff"])
def test_no_way_reads_past_the_gate(walk: Walk, who: str | None) -> None:
    assert trespasses(walk, who, routes.WAYS) == []


def leak_title(request: Request) -> PlainTextResponse:
    """Read a document as a careless handler would: by its id, without asking the gate."""
    with portal_of(request).database.read() as session:
        row = session.get(Document, UUID(hex=request.path_params["id"]))
    return PlainTextResponse(str(row.number) if row else "none")


def leak_people(request: Request) -> PlainTextResponse:
    """Count people without asking the gate."""
    with portal_of(request).database.read() as session:
        return PlainTextResponse(str(len(session.scalars(select(Person)).all())))


def leak_in_a_transaction(request: Request) -> PlainTextResponse:
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
    ways = (Way("GET", path, handler, None),)
    monkeypatch.setattr(routes, "WAYS", ways)
    monkeypatch.setattr(routes, "_ROUTES", tuple((way, way.route()) for way in ways))  # made once, from those before
    caught = trespasses(walk, who, ways)
    assert len(caught) == len(steps(ways))


def test_every_way_declares_an_act_or_says_why_it_has_none() -> None:
    assert routes.__file__
    lines = Path(routes.__file__).read_text("utf-8").splitlines()
    without = [line for line in lines if line.strip().startswith("Way(") and re.search(r", None\W", line)]
    assert len(without) == sum(way.action is None for way in routes.WAYS)
    assert not [line for line in without if "  # " not in line]


def test_no_two_ways_share_an_address() -> None:
    addresses = [(way.method, re.sub(r"\{\w+\}", "{}", way.path)) for way in routes.WAYS]
    assert len(addresses) == len(set(addresses))
