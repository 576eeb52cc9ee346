"""How contents leave: in which pieces, and how many at once, to whom."""

from collections.abc import Callable, Iterator

import anyio
import pytest
from anyio import CancelScope
from anyio.abc import TaskGroup
from starlette.types import Message

from portal.errors import TooMany, Unavailable
from portal.web import sending
from portal.web.sending import OF_ONE, OF_ONE_ADDRESS, PIECE, RUN_IN, Sending, Stream

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


outcomes = list[tuple[str, int]]


def of(whose: str, said: outcomes, *, public: bool = False) -> Sending:
    return Sending(Stream(iter([b"x"]), lambda _: True, lambda *what: said.append(what), whose, public), {})


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
            assert said == [("aborted", 0)], "what was allowed and didn't begin is recorded"
            await of("another", said)({"type": "http"}, never, drop)
            assert said[1:] == [("complete", 1)]
            scope, ended = begun[0]
            scope.cancel()
            await ended.wait()
            await of("one", said)({"type": "http"}, never, drop)
            group.cancel_scope.cancel()
        assert said[2:4] == [("aborted", 0), ("complete", 1)]

    anyio.run(run)


def test_the_public_of_one_address_has_more_of_them() -> None:
    async def run() -> None:
        said: outcomes = []
        async with anyio.create_task_group() as group:
            for _ in range(OF_ONE_ADDRESS):
                await begin(group, of("192.0.2.1", said, public=True))
            with pytest.raises(TooMany):
                await of("192.0.2.1", said, public=True)({"type": "http"}, never, drop)
            group.cancel_scope.cancel()

    anyio.run(run)


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
