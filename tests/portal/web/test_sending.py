"""How contents leave: in which pieces, and how many at once, to whom."""

from collections.abc import Callable, Iterator
from threading import Event

import anyio
import pytest
from anyio import CancelScope, to_thread
from anyio.abc import TaskGroup
from starlette.types import Message

from portal.errors import TooMany, Unavailable
from portal.web import sending
from portal.web.sending import OF_ONE, OF_ONE_NETWORK, PIECE, RUN_IN, BrokenOffError, Sending, Stream
from storage.errors import DatabaseUnavailable, StorageError

BLOCK = 1024 * 1024
Send = Callable[[int], float]  # given what left before, how many seconds a piece takes


async def never() -> Message:
    await anyio.sleep_forever()
    raise AssertionError


def sent(blocks: int, seconds: Send, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Send so many blocks to a client whose pieces take so long; gives the pieces' sizes."""
    now, pieces = [0.0], list[int]()
    monkeypatch.setattr(sending.time, "monotonic", lambda: now[0])

    async def send(message: Message) -> None:
        if message.get("more_body"):
            now[0] += seconds(sum(pieces))
            pieces.append(len(message["body"]))

    def stream() -> Iterator[bytes]:
        for _ in range(blocks):
            yield b"x" * BLOCK
            yield b""

    outcome = []
    whole = Stream(stream(), lambda _: True, lambda *what: outcome.append(what), "somebody")
    anyio.run(lambda: Sending(whole, {})({"type": "http"}, never, send))
    assert outcome == [("complete", blocks * BLOCK)]
    return pieces


def test_it_leaves_in_small_pieces_and_whole_once_much_of_it_left_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = sent(40, lambda _: 0.0, monkeypatch)
    first = RUN_IN // PIECE + BLOCK // PIECE
    assert pieces == [PIECE] * first + [BLOCK] * (40 - first * PIECE // BLOCK)


def test_to_a_slow_client_it_leaves_in_small_pieces_however_much_went_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = sent(40, lambda before: 8.0 if before > 6 * BLOCK else 0.0, monkeypatch)
    assert set(pieces) == {PIECE}


def test_a_client_that_becomes_slow_is_sent_small_pieces_from_then_on(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = sent(40, lambda before: 8.0 if before > 30 * BLOCK else 0.0, monkeypatch)
    assert pieces.count(BLOCK) == 32 - 17, "those from the run-in's end to the first one that took long"
    assert set(pieces[-8 * BLOCK // PIECE :]) == {PIECE}


def test_while_many_run_it_leaves_in_small_pieces_however_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "FEW", 0)
    assert set(sent(20, lambda _: 0.0, monkeypatch)) == {PIECE}


outcomes = list[tuple[str, int]]


def of(whose: str, said: outcomes, *, public: bool = False, blocks: Iterator[bytes] | None = None) -> Sending:
    stream = Stream(blocks or iter([b"x"]), lambda _: True, lambda *what: said.append(what), whose, public)
    return Sending(stream, {})


async def drop(_message: Message) -> None: ...


async def begin(group: TaskGroup, one: Sending) -> tuple[CancelScope, anyio.Event]:
    """Begin a transfer that goes no further; gives what breaks it off, and what tells that it has ended."""
    begun, ended, scope = anyio.Event(), anyio.Event(), CancelScope()

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            begun.set()
            await anyio.sleep_forever()

    async def run() -> None:
        with scope:
            await one({"type": "http"}, never, send)
        ended.set()

    group.start_soon(run)
    await begun.wait()
    return scope, ended


def test_so_many_leave_to_one_person_at_once_and_no_more() -> None:
    async def run() -> None:
        said: outcomes = []
        async with anyio.create_task_group() as group:
            begun = [await begin(group, of("one", said)) for _ in range(OF_ONE)]
            with pytest.raises(TooMany):
                await of("one", said)({"type": "http"}, never, drop)
            assert said == [("refused", 0)], "what was allowed and didn't begin is recorded"
            await of("another", said)({"type": "http"}, never, drop)
            assert said[1:] == [("complete", 1)]
            scope, ended = begun[0]
            scope.cancel()
            await ended.wait()
            await of("one", said)({"type": "http"}, never, drop)
            group.cancel_scope.cancel()
        assert said[2:4] == [("aborted", 0), ("complete", 1)]

    anyio.run(run)


@pytest.mark.parametrize(("first", "same"), [("192.0.2.1", "192.0.2.1"), ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2")])
def test_the_public_of_one_network_has_more_of_them(first: str, same: str) -> None:
    async def run() -> None:
        said: outcomes = []
        async with anyio.create_task_group() as group:
            for _ in range(OF_ONE_NETWORK):
                await begin(group, of(first, said, public=True))
            with pytest.raises(TooMany):
                await of(same, said, public=True)({"type": "http"}, never, drop)
            await of("2001:db8:0:2::1", said, public=True)({"type": "http"}, never, drop)
            group.cancel_scope.cancel()

    anyio.run(run)


def test_what_is_public_takes_no_place_of_what_is_not_and_opens_nothing_without_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sending, "PUBLIC_AT_ONCE", 1)
    monkeypatch.setattr(sending, "AT_ONCE", 1)

    def opened() -> Iterator[bytes]:
        pytest.fail("it was opened")
        yield b""

    async def run() -> None:
        said: outcomes = []
        async with anyio.create_task_group() as group:
            await begin(group, of("192.0.2.1", said, public=True))
            with pytest.raises(Unavailable):
                await of("192.0.2.2", said, public=True, blocks=opened())({"type": "http"}, never, drop)
            await of("a person", said)({"type": "http"}, never, drop)
            group.cancel_scope.cancel()
        assert said[:2] == [("refused", 0), ("complete", 1)]

    anyio.run(run)


def trickling(pieces: int) -> list[tuple[str, int]]:
    """Send to a client that takes a byte now and then."""
    said: outcomes = []

    async def send(_: Message) -> None:
        await anyio.sleep(0.01)

    async def run() -> None:
        await of("one", said, blocks=iter([b"x"] * pieces))({"type": "http"}, never, send)

    try:
        anyio.run(run)
    except BrokenOffError:
        said.append(("broken off", 0))
    return said


def test_whoever_takes_next_to_nothing_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "RECHECK_SECONDS", 0.01)
    monkeypatch.setattr(sending, "STALLED_SECONDS", 0.2)
    (result, _), broken = trickling(1000)
    assert (result, broken) == ("aborted", ("broken off", 0))
    monkeypatch.setattr(sending, "LEAST", 1)
    assert trickling(40) == [("complete", 40)]


@pytest.mark.parametrize(("error", "result"), [(None, "stopped"), (DatabaseUnavailable(), "failed")])
def test_an_access_that_ended_is_told_from_one_that_can_not_be_looked_at(
    error: StorageError | None, result: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "RECHECK_SECONDS", 0.01)
    said: outcomes = []

    def goes_on(_: bool) -> bool:  # noqa: FBT001  # as a stream asks
        if error is not None:
            raise error
        return False

    async def run() -> None:
        stream = Stream(iter([b"x"]), goes_on, lambda *what: said.append(what), "one")
        await Sending(stream, {})({"type": "http"}, never, lambda _: anyio.sleep_forever())

    with pytest.raises(BrokenOffError):
        anyio.run(run)
    assert said == [(result, 0)]


def test_an_outcome_is_recorded_though_what_is_closed_fails() -> None:
    said: outcomes = []

    def blocks() -> Iterator[bytes]:
        try:
            yield b"x"
            yield b"y"
        finally:
            raise DatabaseUnavailable

    async def run() -> None:
        async with anyio.create_task_group() as group:
            await begin(group, of("one", said, blocks=blocks()))
            group.cancel_scope.cancel()

    anyio.run(run)
    assert said == [("aborted", 0)]


@pytest.mark.parametrize("error", [None, ValueError])
def test_what_is_made_keeps_no_other_transfer_waiting_and_stops_when_its_client_leaves(
    error: type[Exception] | None,
) -> None:
    """As many are in the making as there are threads that open blocks."""

    async def run() -> None:
        said: outcomes = []
        stops = [Event() for _ in range(sending.THREADS)]
        begun = [anyio.Event() for _ in stops]

        def making(stop: Event, told: anyio.Event) -> Iterator[bytes]:
            anyio.from_thread.run_sync(told.set)
            assert stop.wait(60), "nobody said that nobody waits for it"
            if error is not None:
                raise error
            yield b"made for nobody"

        async with anyio.create_task_group() as group:
            scopes = []
            for number, (stop, told) in enumerate(zip(stops, begun, strict=True)):
                blocks = making(stop, told)
                stream = Stream(blocks, lambda _: True, lambda *what: said.append(what), str(number), stop=stop)
                scopes.append(CancelScope())
                group.start_soon(left_alone, scopes[-1], Sending(stream, {}))
                await told.wait()
            with anyio.fail_after(30):
                await of("another", said)({"type": "http"}, never, drop)
            assert said == [("complete", 1)]
            for scope in scopes:
                scope.cancel()
        assert said[1:] == [("aborted", 0)] * len(stops)

    anyio.run(run)


def test_whoever_leaves_with_all_of_it_has_it() -> None:
    said: outcomes = []
    gone, stop = Event(), Event()

    def blocks() -> Iterator[bytes]:
        yield b"x"
        assert stop.wait(20), "nobody noticed that it left"

    async def receive() -> Message:
        await to_thread.run_sync(gone.wait, 20)
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message.get("body"):
            gone.set()

    async def run() -> None:
        stream = Stream(blocks(), lambda _: True, lambda *what: said.append(what), "one", stop=stop)
        await Sending(stream, {})({"type": "http"}, receive, send)

    anyio.run(run)
    assert said == [("complete", 1)]


async def left_alone(scope: CancelScope, one: Sending) -> None:
    with scope:
        await one({"type": "http"}, never, drop)


def test_so_many_leave_at_once_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "AT_ONCE", 3)

    async def run() -> None:
        said: outcomes = []
        async with anyio.create_task_group() as group:
            for number in range(3):
                await begin(group, of(str(number), said))
            with pytest.raises(Unavailable):
                await of("another", said)({"type": "http"}, never, drop)
            group.cancel_scope.cancel()

    anyio.run(run)
