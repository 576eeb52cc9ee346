"""A file on its way from the connection to the thread that seals it."""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import anyio
import pytest

from portal.errors import NotFound, TooLarge
from portal.web import receiving
from portal.web.receiving import BATCH_BYTES, BATCHES_WAITING, UPLOADS_AT_ONCE, UPLOADS_OF_ONE, CutError, Receiving
from portal.web.refusals import RequestRefused
from storage.errors import DatabaseUnavailable

CHUNK = bytes(BATCH_BYTES)


async def arriving(count: int, *, cut: bool = False) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield CHUNK
    if cut:
        raise RequestRefused(400, "cut")


def always(_progress: bool) -> bool:  # noqa: FBT001  # as the portal's own
    return True


def receive(chunks: AsyncIterator[bytes], take: object, goes_on: object = always, whose: str = "one") -> object:
    async def run() -> object:
        return await Receiving(chunks, take, goes_on, whose).run()  # type: ignore[arg-type]  # tests give what they like

    return anyio.run(run)


def test_all_that_arrives_is_taken_in_order() -> None:
    async def letters() -> AsyncIterator[bytes]:
        for letter in b"abcdef":
            yield bytes([letter]) * (BATCH_BYTES // 2 + 1)

    taken = receive(letters(), lambda chunks: b"".join(chunks)[:: BATCH_BYTES // 2 + 1])
    assert taken == b"abcdef"


def test_a_cut_is_no_end_for_whoever_takes() -> None:
    ended = []

    def take(chunks: Iterator[bytes]) -> None:
        try:
            for _ in chunks:
                pass
            ended.append("whole")
        except CutError:
            ended.append("cut")
            raise

    with pytest.raises(RequestRefused):
        receive(arriving(3, cut=True), take)
    assert ended == ["cut"]


def test_what_is_not_taken_is_read_to_its_end_and_kept_nowhere() -> None:
    seen = []

    async def counted() -> AsyncIterator[bytes]:
        async for chunk in arriving(50):
            seen.append(chunk)
            yield chunk

    def take(chunks: Iterator[bytes]) -> None:
        next(chunks)
        raise TooLarge("too large")

    with pytest.raises(TooLarge):
        receive(counted(), take)
    assert len(seen) == 50


def test_no_more_than_a_few_batches_wait_for_a_slow_store() -> None:
    passed, most = [0, 0], [0]

    async def counted() -> AsyncIterator[bytes]:
        async for chunk in arriving(20):
            passed[0] += 1
            most[0] = max(most[0], passed[0] - passed[1])
            yield chunk

    def take(chunks: Iterator[bytes]) -> bool:
        for _ in chunks:
            passed[1] += 1
            time.sleep(0.005)
        return True

    assert receive(counted(), take)
    assert most[0] <= BATCHES_WAITING + 3


def test_an_access_that_ends_stops_both_sides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "RECHECK_SECONDS", 0.05)
    ended = []

    async def forever() -> AsyncIterator[bytes]:
        while True:
            yield CHUNK
            await anyio.sleep(0.01)

    def take(chunks: Iterator[bytes]) -> None:
        try:
            for _ in chunks:
                pass
        except CutError:
            ended.append("cut")
            raise

    with pytest.raises(NotFound):
        receive(forever(), take, lambda progress: not progress)
    assert ended == ["cut"]


def test_where_nobody_knows_whether_an_access_holds_it_ends_as_with_a_database_that_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(receiving, "RECHECK_SECONDS", 0.05)

    async def forever() -> AsyncIterator[bytes]:
        while True:
            yield CHUNK
            await anyio.sleep(0.01)

    def goes_on(_: bool) -> bool:  # noqa: FBT001  # as it is asked
        raise DatabaseUnavailable

    with pytest.raises(DatabaseUnavailable):
        receive(forever(), lambda chunks: [None for _ in chunks], goes_on)


def test_a_client_that_stalls_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "RECHECK_SECONDS", 0.05)
    monkeypatch.setattr(receiving, "STALLED_SECONDS", 0.2)

    async def stalled() -> AsyncIterator[bytes]:
        yield CHUNK
        await anyio.sleep(60)

    with pytest.raises(RequestRefused):
        receive(stalled(), lambda chunks: [None for _ in chunks])


def test_many_uploads_of_one_person_keep_nobody_else_waiting() -> None:
    begun, taken = [], []

    async def nothing_yet() -> AsyncIterator[bytes]:
        await anyio.sleep(60)
        yield CHUNK

    def take(chunks: Iterator[bytes]) -> None:
        begun.append(True)
        for _ in chunks:
            pass

    async def slow() -> None:
        with suppress(CutError):
            await Receiving(nothing_yet(), take, always, "one").run()

    async def run() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(2 * UPLOADS_AT_ONCE):
                group.start_soon(slow)
            await anyio.sleep(0.3)
            with anyio.fail_after(5):
                taken.append(
                    await Receiving(arriving(2), lambda chunks: len(b"".join(chunks)), always, "another").run()
                )
            group.cancel_scope.cancel()  # the clients leave

    began = time.monotonic()
    anyio.run(run)
    assert time.monotonic() - began < 10, "those who waited for their turn went with their clients"
    assert taken == [2 * BATCH_BYTES]
    assert len(begun) == UPLOADS_OF_ONE
