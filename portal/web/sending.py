"""Sends contents block by block: in constant memory, until all is sent, the client leaves, or the access ends.

1. Blocks are opened in threads, one step at a time, so that a slow reader holds no thread while waiting.
2. The length is announced, or where nobody knows it before, the body says where it ends (chunks, RFC 9112, 7.1);
   whatever goes wrong in the middle breaks the connection, so a part is never taken for the whole.
3. What was opened leaves in pieces, since the server keeps some messages of each client: small ones, whole blocks only
   once much has left, as long as it leaves quickly and few run. So hundreds of slow clients hold little memory.
4. So many leave at once to one person, and so many in all: each holds a connection and some memory. What is public has
   places of its own, and of a network of addresses so many.
5. What is made while it is sent is made in threads of its own, and is stopped once nobody waits for it any more.
6. The outcome is recorded in every case, also when the server cancels; before the answer's end, so that a server that
   stops, which waits for answers under way, waits for it too.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event
from typing import Final

import anyio
from anyio import CapacityLimiter, to_thread
from anyio.abc import TaskGroup
from anyio.lowlevel import RunVar, checkpoint_if_cancelled
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from portal.domain.texts import N_
from portal.errors import TooMany, Unavailable
from portal.identity.attempts import network
from portal.turns import Crowd
from portal.usecases.downloads import ABORTED, COMPLETE, FAILED, REFUSED, STOPPED
from storage.errors import StorageError

log = logging.getLogger("portal.web")

RECHECK_SECONDS = 3
STALLED_SECONDS = 600  # within which LEAST bytes leave, or all that is left: 14 kbit/s
LEAST = 1024 * 1024
PIECE = 64 * 1024
RUN_IN = 16 * 1024 * 1024  # bytes; more than what lies between the portal and a slow client takes at once
QUICK_SECONDS = 0.1
FEW = 100  # transfers; whoever takes whole blocks quickly and then stands still holds eight of them
AT_ONCE = 600  # transfers of a process; the server takes many more connections, so that pages are answered meanwhile
PUBLIC_AT_ONCE = 150  # besides
OF_ONE = 8  # person
OF_ONE_NETWORK = 32  # of what is public; a ministry may have one address for all of its people
ALL_BUSY = N_("The portal sends as much at once as it can, so this download did not begin.")
OWN_BUSY = N_("As many downloads as you may have at once are still running, so this one did not begin.")
THREADS: Final = 8  # that open blocks at once; pages have their own
MAKERS: Final = 24  # threads in which copies and papers are made, and wait for their turn
_openers: RunVar[CapacityLimiter] = RunVar("limiter of the threads that open blocks")
_makers: RunVar[CapacityLimiter] = RunVar("limiter of the threads that make what is sent")
_OWN: Final = b"person "  # sorts of transfers; with whose it is behind
_PUBLIC: Final = b"public "
_crowd: Final = Crowd()


@dataclass(frozen=True, slots=True)
class Stream:
    """What is sent.

    Attributes:
        blocks: The bytes; opened in threads, one step at a time. A block may be empty: a step that found nothing.
        goes_on: Tells whether the access still holds, given whether bytes passed since it was asked last.
        end: Records the outcome: result, bytes.
        whose: Whose transfer it is: a person's; of what is public, an address's.
        public: It is for everybody.
        stop: It is made while it is sent; set once nobody waits for it any more.
    """

    blocks: Iterator[bytes]
    goes_on: Callable[[bool], bool]
    end: Callable[[str, int], None]
    whose: str
    public: bool = False
    stop: Event | None = None


class BrokenOffError(Exception):
    """An answer was broken off on purpose: its access ended, or its client stopped reading."""


class Sending(Response):
    """An answer whose body is a stream."""

    def __init__(self, stream: Stream, headers: Mapping[str, str], status: int = 200) -> None:
        self.status_code = status
        self.background = None
        self._stream = stream
        self._sent = 0
        self._result = REFUSED  # until it has a place
        self._leaves_quickly = False
        self._finished = self._over = False
        self._error: Exception | None = None
        self.init_headers(headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it.

        Raises:
            TooMany: As many of the same taker run already.
            Unavailable: As many run as the process sends at once.

        """
        del scope
        try:
            with self._place():
                async with anyio.create_task_group() as group:
                    group.start_soon(self._listen, receive, group)
                    group.start_soon(self._recheck, group)
                    await self._send_all(send)
                    group.cancel_scope.cancel()
        finally:
            await self._finish()
        if self._error is not None:
            raise self._error

    @contextmanager
    def _place(self) -> Iterator[None]:
        """Take a place among those that run."""
        if self._stream.public:
            sort, whose, all_, of_one = _PUBLIC, network(self._stream.whose), PUBLIC_AT_ONCE, OF_ONE_NETWORK
        else:
            sort, whose, all_, of_one = _OWN, self._stream.whose.encode(), AT_ONCE, OF_ONE
        with (
            _crowd.one_of({sort: all_}, Unavailable(ALL_BUSY)),
            _crowd.one_of({sort + b"of " + whose: of_one}, TooMany(OWN_BUSY)),
        ):
            self._result = ABORTED
            yield

    async def _send_all(self, send: Send) -> None:
        limiter = limiter_in(_openers, THREADS) if self._stream.stop is None else limiter_in(_makers, MAKERS)
        try:
            # the first block comes before the head: if it can't be opened, the answer still says so
            block = await self._next(limiter)
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            while block is not None:
                if block:
                    await self._send_pieces(send, block)
                block = await self._next(limiter)
            self._result = COMPLETE
            await self._finish()
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except Exception as error:  # noqa: BLE001  # raised again once the outcome is recorded
            if not self._over:
                self._result, self._error = FAILED, error

    async def _next(self, limiter: CapacityLimiter) -> bytes | None:
        block = await to_thread.run_sync(next, self._stream.blocks, None, limiter=limiter)
        if block is not None:  # or all has left: whoever has it leaves
            await checkpoint_if_cancelled()  # a step in a thread runs to its end, also for nobody
        return block

    async def _send_pieces(self, send: Send, block: bytes) -> None:
        size, begun = len(block) if self._leaves_quickly else PIECE, time.monotonic()
        for start in range(0, len(block), size):
            piece = block[start : start + size]
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            self._sent += len(piece)
        few = _crowd.count(_OWN) + _crowd.count(_PUBLIC) <= FEW
        self._leaves_quickly = few and self._sent > RUN_IN and time.monotonic() - begun < QUICK_SECONDS

    async def _listen(self, receive: Receive, group: TaskGroup) -> None:
        try:
            while (await receive())["type"] != "http.disconnect":
                pass
            group.cancel_scope.cancel()
        finally:  # also where the transfer ends otherwise, while a step of it still runs in its thread
            self._over = True
            if self._stream.stop is not None:
                self._stream.stop.set()

    async def _recheck(self, group: TaskGroup) -> None:
        seen, much, moved = 0, 0, time.monotonic()
        while True:
            await anyio.sleep(RECHECK_SECONDS)
            progress, seen = self._sent != seen, self._sent
            if seen - much >= LEAST:
                much, moved = seen, time.monotonic()
            if time.monotonic() - moved > STALLED_SECONDS:
                self._error = BrokenOffError()
                break
            held = await to_thread.run_sync(holds, self._stream.goes_on, progress)
            if not held:
                self._result, self._error = FAILED if held is None else STOPPED, BrokenOffError()
                break
        group.cancel_scope.cancel()

    async def _finish(self) -> None:
        if not self._finished:
            self._finished = True
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(self._record)

    def _record(self) -> None:
        close = getattr(self._stream.blocks, "close", None)
        try:
            try:
                if close is not None:
                    close()
            finally:
                self._stream.end(self._result, self._sent)
        except StorageError as error:
            log.error("the outcome of a download could not be recorded: %s", type(error).__qualname__)  # noqa: TRY400  # its words may be confidential


def holds(goes_on: Callable[[bool], bool], progress: bool) -> bool | None:  # noqa: FBT001  # the only argument
    """Tell whether an access still holds; None: that can't be found out, which ends what is under way, too."""
    try:
        return goes_on(progress)
    except StorageError:
        return None


def limiter_in(where: RunVar[CapacityLimiter], threads: int) -> CapacityLimiter:
    """Give the limiter that an event loop keeps."""
    try:
        return where.get()
    except LookupError:
        where.set(limiter := CapacityLimiter(threads))
        return limiter
