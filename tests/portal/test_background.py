"""The work beside the requests: no error ends it, and were it to end or to stand, the portal says so."""

import logging
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from threading import Event
from time import monotonic, sleep
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import ProgrammingError
from sqlmodel import select

from portal import background, steps
from portal.access.actions import Action
from portal.audit import sequencer
from portal.audit.events import MACHINERY_STREAM, Entry, Phase
from portal.audit.writer import write
from portal.background import Background
from portal.domain.ids import EventId
from portal.errors import NotFound
from portal.server import finish
from portal.steps import Step
from portal.usecases import making_public, public_summaries
from portal.usecases.backlog import backlog
from portal.usecases.making_public import publish_due
from portal.work import Portal
from storage.errors import DatabaseUnavailable
from storage.publications import HeldBack
from storage.repositories.publications import PublicationRecords
from storage.repositories.tree import TreeRecords
from tests.breaches import stays_signed_in
from tests.cast import World
from tests.replicas import looked
from tests.reports import transmitted
from tests.web_client import browser

WORDS = "Quillwort"  # confidential
ERRORS = (
    KeyError(WORDS),
    ProgrammingError(WORDS, {}, Exception(WORDS)),
    DatabaseUnavailable("away"),
    NotFound(),
    MemoryError(),
)


class Times:
    """Something that fails some times, then goes well."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.at: list[float] = []

    def __call__(self) -> None:
        self.at.append(monotonic())
        if self.errors:
            raise self.errors.pop(0)

    __name__ = "_times"


def step(do: Times, counted: list[str], **named: float) -> Step:
    return Step(do, 0, lambda _do, result: counted.append(result), nullcontext, **named)


def test_no_error_ends_a_step_and_none_tells_what_is_confidential(caplog: pytest.LogCaptureFixture) -> None:
    counted: list[str] = []
    tried = step(Times(*ERRORS), counted)
    assert [tried.take_now() for _ in range(6)] == [False] * 5 + [True]
    assert counted == ["failed"] * 5 + ["done"]
    assert "alarm: background work fails: times: KeyError" in caplog.text
    assert "times: ProgrammingError" in caplog.text
    assert WORDS not in caplog.text


def test_what_fails_waits_twice_as_long_each_time_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(steps, "monotonic", lambda: now)
    do = Times(*(KeyError() for _ in range(9)))
    tried, taken = step(do, [], longest=60), []
    while now < 400:
        before = len(do.at)
        tried.take(5)
        if len(do.at) > before:
            taken.append(now)
        if not do.errors:
            break
        now += 1
    assert [after - first for first, after in pairwise(taken)] == [5, 10, 20, 40, 60, 60, 60]
    do.errors.clear()
    now += 60
    tried.take(5)
    do.errors.append(KeyError())
    tried.take(5)
    now += 5
    tried.take(5)
    assert not do.errors, "after it went well it begins with the first pause"


def wait_until(holds: Any, seconds: float = 10) -> None:
    until = monotonic() + seconds
    while not holds():
        assert monotonic() < until
        sleep(0.02)


@pytest.mark.parametrize("name", ["sweep_objects", "watch", "publish_due", "prove_public", "send_due", "ask_witnesses"])
def test_an_error_that_nobody_foresaw_ends_no_thread(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    called: list[object] = []

    def fails(*_: object) -> None:
        called.append(None)
        raise KeyError(WORDS)

    monkeypatch.setattr(background, "TICK_SECONDS", 0.02)
    monkeypatch.setattr(background, "WITNESS_SECONDS", 0.02)
    monkeypatch.setattr(background, name, fails)
    with Background(world.portal) as work:
        wait_until(lambda: len(called) > 1)
        assert all(work.living().values())
        assert not work.faults()
    assert f"{name}: KeyError" in caplog.text
    assert WORDS not in caplog.text


def test_the_sequencer_survives_what_it_never_met(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real, failed = background.sequence, list(ERRORS)[:2]

    def sequence(*given: Any) -> int:
        if failed:
            raise failed.pop()
        return real(*given)

    monkeypatch.setattr(background, "sequence", sequence)
    monkeypatch.setattr(background, "LOG_SECONDS", 0.02)
    with Background(world.portal):
        wait_until(lambda: backlog(world.portal).tree_since is None)


def test_intents_of_before_are_closed_though_the_database_is_away_at_the_start(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, real, away = [], background.close_intents, [DatabaseUnavailable("away")]

    def close(*given: Any) -> int:
        if away:
            raise away.pop()
        closed.append(given[1])
        return real(*given)

    monkeypatch.setattr(background, "TICK_SECONDS", 0.02)
    monkeypatch.setattr(background, "close_intents", close)
    with Background(world.portal):
        wait_until(lambda: len(closed) == 2)  # those of before, and those that are a day old


def test_a_log_that_stands_makes_the_portal_not_ready(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> int:
        raise DatabaseUnavailable("away")

    monkeypatch.setattr(background, "sequence", away)
    with browser(world, "officer") as client:
        assert client.get("/readyz").status_code == 200
        monkeypatch.setattr(background, "monotonic", lambda: monotonic() + background.STANDS_SECONDS)
        assert client.get("/readyz").status_code == 503
        assert client.get("/healthz").status_code == 200


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_ended_makes_the_portal_not_ready(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def ends(*_: object) -> None:
        raise SystemExit

    monkeypatch.setattr(background, "WITNESS_SECONDS", 0.02)
    monkeypatch.setattr(background, "ask_witnesses", ends)
    client = browser(world, "officer")
    measures = client.app._measures  # type: ignore[attr-defined]
    with client:
        wait_until(lambda: client.get("/readyz").status_code == 503)
        assert "the thread witnesses ended" in caplog.text
        assert b'portal_worker_thread_up{thread="witnesses"} 0.0' in measures.text()
        assert b'portal_worker_thread_up{thread="log"} 1.0' in measures.text()


def test_an_error_over_one_publication_holds_up_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    due, tried = [uuid4(), uuid4()], []

    def publish(_portal: Portal, publication: UUID) -> int:
        tried.append(publication)
        if publication == due[0]:
            raise KeyError(WORDS)
        return 1

    monkeypatch.setattr(making_public, "_publish", publish)
    monkeypatch.setattr(PublicationRecords, "due", lambda *_: due)
    assert publish_due(world.portal) == 1
    assert tried == due
    assert "can't be made public: KeyError" in caplog.text
    assert WORDS not in caplog.text


def test_an_error_over_one_summary_holds_it_back_and_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise KeyError(WORDS)

    stays_signed_in(world)
    transmitted(world)
    world.clock.forward(timedelta(days=1))
    monkeypatch.setattr(public_summaries, "make_anew", fails)
    for _ in range(6):
        assert public_summaries.publish_summary(world.portal, lambda *_: "Summary")
    assert not public_summaries.publish_summary(world.portal, lambda *_: "Summary")
    with world.portal.database.read() as session:
        assert [row.tries for row in session.scalars(select(HeldBack))] == [1] * 6
    assert WORDS not in caplog.text


# --- the end


def look(world: World) -> None:
    assert looked(world, "officer", "/reviews", 1) == [200]


def test_at_the_end_what_waits_comes_into_the_tree_before_slow_threads_are_waited_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, goes_on = Event(), Event()

    def slow(*_: object) -> bool:
        begun.set()
        goes_on.wait(10)
        look(world)  # what a thread writes while the portal ends
        return False

    monkeypatch.setattr(background, "TICK_SECONDS", 0.02)
    monkeypatch.setattr(background, "LOG_SECONDS", 60)  # nothing but the end moves anything
    monkeypatch.setattr(background, "publish_due", slow)
    work = Background(world.portal)
    joined: list[bool] = []
    with work:
        assert begun.wait(10)
        look(world)
        slow_one = work._threads["publications"]

        def join(timeout: float | None = None) -> None:
            joined.append(backlog(world.portal).tree_since is None)
            goes_on.set()
            type(slow_one).join(slow_one, timeout)

        monkeypatch.setattr(slow_one, "join", join)
    assert joined == [True], "before anybody is waited for"
    assert backlog(world.portal).tree_since is None, "and after"


def test_refusals_that_are_counted_are_written_though_the_tree_fails(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> int:
        raise KeyError

    monkeypatch.setattr(background, "sequence", fails)
    written: list[object] = []
    monkeypatch.setattr(world.portal.floods, "write_finished", lambda before, _write: written.append(before))
    with Background(world.portal):
        pass
    assert None in written


def test_what_was_written_after_all_threads_ended_comes_into_the_tree_too(world: World) -> None:
    with Background(world.portal):
        pass
    look(world)  # the outcome of a download that was cut: its answer's task outlives the threads
    finish(world.portal)
    assert backlog(world.portal).tree_since is None


class Rounds:
    """In place of the pauses of the log's thread: time passes by the cast's clock, and things happen meanwhile."""

    def __init__(self, world: World, rounds: int) -> None:
        self.world, self.left = world, rounds
        self.pauses: list[float] = []
        self.lags: list[timedelta] = []
        self.happened: datetime | None = None

    def wait(self, pause: float) -> bool:
        """End a pause; before it, the round before is over."""
        with self.world.portal.database.read() as session:
            records = TreeRecords(session)
            head = records.head()
            assert not records.is_waiting() or self.happened is None, "an event stays out longer than one round"
        if self.happened is not None and head is not None:
            self.lags.append(head.at - self.happened)
        self.happened = self.world.clock.now
        with self.world.portal.database.begin() as session:
            entry = Entry(EventId(uuid4()), MACHINERY_STREAM, Action.SWEEP_OBJECTS, Phase.ACT, self.happened, {}, {})
            write(session, self.world.portal.keyring, [replace(entry, id=EventId(uuid4())) for _ in range(7)])
        self.world.clock.forward(timedelta(seconds=pause))
        self.pauses.append(pause)
        self.left -= 1
        return self.left < 0

    def is_set(self) -> bool:
        return False


def test_no_event_stays_out_of_the_tree_longer_than_one_round_of_at_most_a_second(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the cast's clock: it doesn't depend on how fast the machine is; `make bench` measures that."""
    monkeypatch.setattr(sequencer, "BATCH", 3)  # a round takes as many batches as it needs
    rounds = Rounds(world, 4)
    beside = Background(world.portal)
    monkeypatch.setattr(beside, "_over", rounds)
    pause, do = beside._rounds["log"]
    beside._run(pause, do)
    assert rounds.lags == [timedelta(seconds=pause)] * 4
    assert set(rounds.pauses) == {pause}
    assert pause <= 0.5, "so that half a second is left for the work itself"
    assert len(do) == 1, "nothing else is done in this thread, so nothing holds it up"
