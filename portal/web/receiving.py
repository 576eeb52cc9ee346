"""Carries a file from the connection to the thread that seals it: a few batches wait between them, no more.

1. What is too much, empty or finds no space is read to its end all the same: only then does a browser read the
   answer. Nothing of it is kept meanwhile.
2. A cut connection, a client that stalls, or an access that ends stops both sides, and the thread takes away what
   it wrote.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from enum import Enum
from queue import SimpleQueue
from typing import Final, Generic, TypeVar
from weakref import WeakValueDictionary

import anyio
from anyio import CancelScope, CapacityLimiter, WouldBlock, to_thread
from anyio.lowlevel import RunVar

from portal.errors import NotFound
from portal.web.multipart import CUT
from portal.web.refusals import RequestRefused
from portal.web.sending import RECHECK_SECONDS, holds, limiter_in
from storage.errors import DatabaseUnavailable

BATCH_BYTES: Final = 512 * 1024
BATCHES_WAITING: Final = 4
STALLED_SECONDS: Final = 120
UPLOADS_AT_ONCE: Final = 64  # each holds a thread; more of them wait
UPLOADS_OF_ONE: Final = 8  # person; were it more, one on a slow line would keep everybody else waiting
_limiters: RunVar[CapacityLimiter] = RunVar("limiter of the threads that seal uploads")
_own: RunVar[WeakValueDictionary[str, CapacityLimiter]] = RunVar("limiters of the uploads of one person")
Taken = TypeVar("Taken")


class CutError(Exception):
    """Tells the sealing thread that no more will come."""


class _Last(Enum):
    WHOLE = 1
    CUT = 2


class Receiving(Generic[Taken]):
    """One file on its way in."""

    def __init__(
        self,
        chunks: AsyncIterator[bytes],
        take: Callable[[Iterator[bytes]], Taken],
        goes_on: Callable[[bool], bool],
        whose: str,
    ) -> None:
        self._chunks = chunks
        self._take = take
        self._goes_on = goes_on
        self._whose = whose
        self._queue: SimpleQueue[list[bytes] | _Last] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._slots = asyncio.Semaphore(BATCHES_WAITING)
        self._pouring = CancelScope()
        self._watching = CancelScope()
        self._queueing = CancelScope()
        self._storing = self._over = False
        self._taken: list[Taken] = []
        self._error: Exception | None = None
        self._failure: Exception | None = None
        self.received = 0

    async def run(self) -> Taken:
        """Receive the file whole.

        Raises:
            RequestRefused: The connection was cut, or the client stalled.
            NotFound: The access ended.
            PortalError: The file isn't taken.

        """
        async with anyio.create_task_group() as group:
            group.start_soon(self._seal)
            group.start_soon(self._watch)
            last = _Last.CUT
            try:
                with self._pouring:
                    await self._pour()
                    last = _Last.WHOLE
            except Exception as error:  # noqa: BLE001  # raised below, once the thread has taken away what it wrote
                self._failure = error
            finally:
                self._queue.put(last)
                self._watching.cancel()
                if last is _Last.CUT:
                    self._queueing.cancel()
        if self._failure or self._error:
            raise self._failure or self._error or CutError
        return self._taken[0]

    async def _pour(self) -> None:
        batch: list[bytes] = []
        held = 0
        async for chunk in self._chunks:
            self.received += len(chunk)
            batch.append(chunk)
            held += len(chunk)
            if held >= BATCH_BYTES:
                await self._pass_on(batch)
                batch, held = [], 0
        await self._pass_on(batch)

    async def _pass_on(self, batch: list[bytes]) -> None:
        if self._over:
            return
        self._storing = True
        await self._slots.acquire()
        self._storing = False
        self._queue.put(batch)

    async def _seal(self) -> None:
        own = _limiter_of(self._whose)
        try:
            await self._wait_for(own)
            try:
                self._taken.append(
                    await to_thread.run_sync(
                        self._take, self._arriving(), limiter=limiter_in(_limiters, UPLOADS_AT_ONCE)
                    )
                )
            finally:
                own.release_on_behalf_of(self)
        except Exception as error:  # noqa: BLE001  # raised by run
            self._error = error
        finally:
            self._over = True
            self._slots.release()

    async def _wait_for(self, own: CapacityLimiter) -> None:
        """Wait for one's turn, as long as anything may still come."""
        try:
            own.acquire_on_behalf_of_nowait(self)
        except WouldBlock:
            with self._queueing:
                await own.acquire_on_behalf_of(self)
            if self._queueing.cancelled_caught:
                raise CutError from None

    def _arriving(self) -> Iterator[bytes]:
        while (batch := self._queue.get()) is not _Last.WHOLE:
            if isinstance(batch, _Last):
                raise CutError
            self._loop.call_soon_threadsafe(self._slots.release)
            yield b"".join(batch)

    async def _watch(self) -> None:
        seen, moved = 0, time.monotonic()
        with self._watching:
            while True:
                await anyio.sleep(RECHECK_SECONDS)
                progress, seen = self.received != seen, self.received
                moved = time.monotonic() if progress or self._storing else moved
                if time.monotonic() - moved > STALLED_SECONDS:
                    self._failure = RequestRefused(400, CUT)
                    break
                held = await to_thread.run_sync(holds, self._goes_on, progress)
                if not held:
                    self._failure = DatabaseUnavailable() if held is None else NotFound()
                    break
            self._pouring.cancel()


def _limiter_of(person: str) -> CapacityLimiter:
    try:
        owners = _own.get()
    except LookupError:
        _own.set(owners := WeakValueDictionary())
    return owners.setdefault(person, CapacityLimiter(UPLOADS_OF_ONE))
