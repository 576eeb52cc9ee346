"""Sends contents block by block: in constant memory, until all is sent, the client leaves, or the access ends.

1. Blocks are opened in threads, one step at a time, so that a slow reader holds no thread while waiting.
2. The length is announced, or where nobody knows it before, the body says where it ends (chunks, RFC 9112, 7.1);
   whatever goes wrong in the middle breaks the connection, so a part is never taken for the whole.
3. What was opened leaves in pieces, since the server keeps some messages of each client: small ones, whole blocks only
   once much has left and as long as it leaves quickly. So hundreds of slow clients hold little memory.
4. So many leave at once to one person, and so many in all: each holds a connection and some memory.
5. The outcome is recorded in every case, also when the server cancels; before the answer's end, so that a server that
   stops, which waits for answers under way, waits for it too.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import anyio
from anyio import CapacityLimiter, to_thread
from anyio.abc import TaskGroup
from anyio.lowlevel import RunVar
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from portal.domain.texts import N_
from portal.errors import TooMany, Unavailable
from portal.usecases.downloads import ABORTED, COMPLETE, FAILED, STOPPED
from storage.errors import StorageError

log = logging.getLogger("portal.web")

RECHECK_SECONDS = 3
STALLED_SECONDS = 600
PIECE = 64 * 1024
RUN_IN = 16 * 1024 * 1024  # bytes; more than what lies between the portal and a slow client takes at once
QUICK_SECONDS = 0.1
AT_ONCE = 600  # transfers of a process; the server takes many more connections, so that pages are answered meanwhile
OF_ONE = 8  # person
OF_ONE_ADDRESS = 32  # of the public; a ministry may have one for all of its people
ALL_BUSY = N_("The portal sends as much at once as it can, so this download did not begin.")
OWN_BUSY = N_("As many downloads as you may have at once are still running, so this one did not begin.")
THREADS = 8  # that open blocks at once; pages have their own
_limiters: RunVar[CapacityLimiter] = RunVar("limiter of the threads that open blocks")
_running: RunVar[Counter[str]] = RunVar("how many transfers run, of whom")


@dataclass(frozen=True, slots=True)
class Stream:
    """What is sent.

    Attributes:
        blocks: The bytes; opened in threads, one step at a time. A block may be empty: a step that found nothing.
        goes_on: Tells whether the access still holds, given whether bytes passed since it was asked last.
        end: Records the outcome: result, bytes.
        whose: Whose transfer it is, a person's or an address's.
        public: It is for everybody, so it is an address's.
    """

    blocks: Iterator[bytes]
    goes_on: Callable[[bool], bool]
    end: Callable[[str, int], None]
    whose: str
    public: bool = False


class BrokenOffError(Exception):
    """An answer was broken off on purpose: its access ended, or its client stopped reading."""


class Sending(Response):
    """An answer whose body is a stream."""

    def __init__(self, stream: Stream, headers: Mapping[str, str], status: int = 200) -> None:
        self.status_code = status
        self.background = None
        self._stream = stream
        self._sent = 0
        self._result = ABORTED
        self._leaves_quickly = False
        self._finished = False
        self._error: Exception | None = None
        self.init_headers(headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it.

        Raises:
            TooMany: As many of the same taker run already.
            Unavailable: As many run as the process sends at once.

        """
        del scope
        limiter = _limiter()
        try:
            with _counted(self._stream):
                async with anyio.create_task_group() as group:
                    group.start_soon(self._listen, receive, group)
                    group.start_soon(self._recheck, group)
                    await self._send_all(send, limiter)
                    group.cancel_scope.cancel()
        finally:
            await self._finish()
        if self._error is not None:
            raise self._error

    async def _send_all(self, send: Send, limiter: CapacityLimiter) -> None:
        try:
            # the first block comes before the head: if it can't be opened, the answer still says so
            block = await to_thread.run_sync(next, self._stream.blocks, None, limiter=limiter)
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            while block is not None:
                if block:
                    await self._send_pieces(send, block)
                block = await to_thread.run_sync(next, self._stream.blocks, None, limiter=limiter)
            self._result = COMPLETE
            await self._finish()
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except Exception as error:  # noqa: BLE001  # raised again once the outcome is recorded
            self._result, self._error = FAILED, error

    async def _send_pieces(self, send: Send, block: bytes) -> None:
        size, begun = len(block) if self._leaves_quickly else PIECE, time.monotonic()
        for start in range(0, len(block), size):
            piece = block[start : start + size]
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            self._sent += len(piece)
        self._leaves_quickly = self._sent > RUN_IN and time.monotonic() - begun < QUICK_SECONDS

    async def _listen(self, receive: Receive, group: TaskGroup) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        group.cancel_scope.cancel()

    async def _recheck(self, group: TaskGroup) -> None:
        seen, moved = 0, time.monotonic()
        while True:
            await anyio.sleep(RECHECK_SECONDS)
            progress, seen = self._sent != seen, self._sent
            moved = time.monotonic() if progress else moved
            if time.monotonic() - moved > STALLED_SECONDS:
                self._error = BrokenOffError()
                break
            if not await to_thread.run_sync(holds, self._stream.goes_on, progress):
                self._result, self._error = STOPPED, BrokenOffError()
                break
        group.cancel_scope.cancel()

    async def _finish(self) -> None:
        if not self._finished:
            self._finished = True
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(self._record)

    def _record(self) -> None:
        close = getattr(self._stream.blocks, "close", None)
        if close is not None:
            close()
        try:
            self._stream.end(self._result, self._sent)
        except StorageError as error:
            log.error("the outcome of a download could not be recorded: %s", type(error).__qualname__)  # noqa: TRY400  # its words may be confidential


def holds(goes_on: Callable[[bool], bool], progress: bool) -> bool:  # noqa: FBT001  # the only argument
    """Ask whether an access still holds; what can't be found out doesn't."""
    try:
        return goes_on(progress)
    except StorageError:
        return False


@contextmanager
def _counted(stream: Stream) -> Iterator[None]:
    try:
        running = _running.get()
    except LookupError:
        running = Counter[str]()
        _running.set(running)
    if running.total() >= AT_ONCE:
        raise Unavailable(ALL_BUSY)
    if running[stream.whose] >= (OF_ONE_ADDRESS if stream.public else OF_ONE):
        raise TooMany(OWN_BUSY)
    running[stream.whose] += 1
    try:
        yield
    finally:
        running[stream.whose] -= 1
        if not running[stream.whose]:
            del running[stream.whose]


def _limiter() -> CapacityLimiter:
    try:
        return _limiters.get()
    except LookupError:
        _limiters.set(CapacityLimiter(THREADS))
        return _limiters.get()
