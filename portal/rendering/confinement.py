"""Jobs on files that strangers made, each in a confined process: bounded, killed on excess, and never trusted.

The process is a fresh interpreter with an empty environment, started in `/`, that gets three descriptors: the input in
memory alone (memfd), a pipe that tells it to begin, and one for the answer. What it gives away before it reads the file
stands in sandbox.py. What comes back is bytes of a bounded length and a head in JSON, or one word of a closed list.
"""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from threading import BoundedSemaphore, Event, Lock
from typing import IO, Any, Final, Self

from portal.domain.rendering import Failure, NotRendered
from portal.rendering.jobs import JOBS, LENGTH_BYTES, NO_CONFINEMENT, WAITED_FOR, Made
from portal.rendering.sandbox import MEBIBYTE

_CHILD: Final = Path(__file__).with_name("confined.py")
_MOST_HEAD: Final = 64 * MEBIBYTE  # all words of a thousand pages, in any script
_LOOKS_EVERY: Final = 0.05  # seconds: how late a stop is noticed
_READS: Final = MEBIBYTE
_ENVIRONMENT: Final = {"OPENBLAS_NUM_THREADS": "1", "LC_ALL": "C.UTF-8"}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one job may take."""

    memory_bytes: int = 512 * MEBIBYTE
    seconds: int = 30  # of the clock, and of the processor
    input_bytes: int = 128 * MEBIBYTE
    output_bytes: int = 160 * MEBIBYTE


def collected(process: subprocess.Popen[bytes], until: float, limits: Limits, stop: Event) -> tuple[bytes, int]:
    """Take what comes out of a process until it ends, and its status.

    Raises:
        NotRendered: It is too much, its time is over, or nobody waits for it any more.
    """
    pipe, answer = process.stdout, bytearray()
    assert pipe is not None  # noqa: S101 - as asked for where it was started
    with selectors.DefaultSelector() as ready:
        ready.register(pipe, selectors.EVENT_READ)
        while piece := _piece(ready, pipe.fileno(), until, stop):
            answer += piece
            if len(answer) > limits.output_bytes:
                raise NotRendered(Failure.TOO_LARGE)
    try:
        return bytes(answer), process.wait(timeout=max(0.0, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise NotRendered(Failure.TOOK_TOO_LONG) from None


def _piece(ready: selectors.BaseSelector, pipe: int, until: float, stop: Event) -> bytes:
    while True:
        there = ready.select(_LOOKS_EVERY)
        if stop.is_set():
            raise NotRendered(Failure.STOPPED)
        if time.monotonic() > until:  # whatever arrives: who writes slowly is not given longer
            raise NotRendered(Failure.TOOK_TOO_LONG)
        if there:
            return os.read(pipe, _READS)


class Places:
    """Room for so many at once; who finds none for a while is told to come again."""

    def __init__(self, at_once: int, waits_seconds: float) -> None:
        self._waits_seconds = waits_seconds
        self._free = BoundedSemaphore(at_once)

    @contextmanager
    def one(self, stop: Event | None) -> Iterator[None]:
        """Take a place for a while.

        Raises:
            NotRendered: There is none, or nobody waits for it any more.
        """
        until = time.monotonic() + self._waits_seconds
        while not self._free.acquire(timeout=_LOOKS_EVERY):
            if stop is not None and stop.is_set():
                raise NotRendered(Failure.STOPPED)
            if time.monotonic() > until:
                raise NotRendered(Failure.BUSY)
        try:
            yield
        finally:
            self._free.release()


class _Process:
    """A confined process that has given everything away and waits to be told to begin."""

    def __init__(self, module: str, limits: Limits) -> None:
        self.given = os.memfd_create("input", os.MFD_CLOEXEC)  # memory that no disk holds
        begins, self._begin = os.pipe()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own program, no words of strangers in its arguments
                [
                    *(sys.executable, "-I", "-X", "utf8", str(_CHILD)),
                    *(module, str(begins), str(limits.memory_bytes), str(limits.seconds)),
                ],
                stdin=self.given,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_ENVIRONMENT,
                cwd="/",
                start_new_session=True,
                pass_fds=(begins,),
            )
        except OSError:
            os.close(self.given)
            os.close(self._begin)
            raise NotRendered(Failure.BUSY) from None
        finally:
            os.close(begins)

    @property
    def waits(self) -> bool:
        """Whether it can still be used."""
        return self._process.poll() is None

    def answer(self, limits: Limits, stop: Event) -> Made:
        """Let it begin, and take what comes out until it ends, its time is over or nobody waits for it."""
        until = time.monotonic() + limits.seconds
        with suppress(BrokenPipeError):  # it has ended, and its status tells why
            os.write(self._begin, b"!")
        return _read(*collected(self._process, until, limits, stop))

    def end(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        with self._process:  # closes the pipe and waits for the end
            os.close(self._begin)
            os.close(self.given)


class Confinement:
    """Runs jobs, a few at once.

    For the jobs that people wait for it keeps processes ready, as many as run at once (25 MiB each), that have read
    their libraries and closed themselves in: half of the time of a page. `close` ends them; so does the portal's end.
    """

    def __init__(self, limits: Limits | None = None, at_once: int = 2, waits_seconds: float = 20) -> None:
        self.limits = limits or Limits()
        self._places = Places(at_once, waits_seconds)
        self._at_once = at_once
        self._ready: dict[str, list[_Process]] = {}
        self._lock = Lock()

    def run(
        self,
        job: str,
        data: bytes | Iterable[bytes],
        parameters: Mapping[str, Any],
        further: Sequence[bytes] = (),
        stop: Event | None = None,
    ) -> Made:
        """Do a job of the list in `jobs.JOBS` on a file, given whole or in chunks.

        Args:
            job: its name there.
            data: the file.
            parameters: what JSON holds.
            further: pieces that the job takes beside the file, such as a mark.
            stop: set by whoever no longer waits for the result.

        Raises:
            NotRendered: There is no result; it says why in one word.
        """
        if job not in JOBS:
            raise ValueError(f"there is no job {job}")
        module, name = JOBS[job]
        with self._places.one(stop), self._process(module) as process:
            self._lay_all(process.given, {"job": name, "parameters": dict(parameters)}, data, further)
            return process.answer(self.limits, stop or Event())

    def __enter__(self) -> Self:
        """Begin a use that ends with `close`."""
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes that wait."""
        with self._lock:
            ready, self._ready = self._ready, {}
        for process in chain.from_iterable(ready.values()):
            process.end()

    @contextmanager
    def _process(self, module: str) -> Iterator[_Process]:
        with self._lock:
            ready = self._ready.get(module)
            process = ready.pop(0) if ready else None
        if process is not None and not process.waits:
            process.end()
            process = None
        process = process or _Process(module, self.limits)
        try:
            yield process
        finally:
            process.end()
            if module in WAITED_FOR:
                self._make_ready(module)

    def _make_ready(self, module: str) -> None:
        with self._lock, suppress(NotRendered):
            ready = self._ready.setdefault(module, [])
            while len(ready) < self._at_once:
                ready.append(_Process(module, self.limits))

    def _lay_all(
        self, given: int, head: Mapping[str, Any], data: bytes | Iterable[bytes], further: Sequence[bytes]
    ) -> None:
        with os.fdopen(given, "wb", closefd=False) as file:
            sizes = [lay(file, piece, self.limits) for piece in (data, *further)]
            words = json.dumps({**head, "sizes": sizes}).encode()
            file.write(words + len(words).to_bytes(LENGTH_BYTES, "big"))


def lay(file: IO[bytes], chunks: bytes | Iterable[bytes], limits: Limits) -> int:
    """Write an input, whole or in chunks, and count it.

    Raises:
        NotRendered: It is too large.
    """
    size = 0
    for chunk in [chunks] if isinstance(chunks, bytes) else chunks:
        size += len(chunk)
        if size > limits.input_bytes:
            raise NotRendered(Failure.TOO_LARGE)
        file.write(chunk)
    return size


def _read(answer: bytes, status: int) -> Made:
    """Read an answer as what it may be: written by whoever made the file.

    Raises:
        NotRendered: It is none, or says why there is none.
    """
    if status in {-signal.SIGXCPU, -signal.SIGKILL}:
        raise NotRendered(Failure.TOOK_TOO_LONG)
    if status == NO_CONFINEMENT:
        raise NotRendered(Failure.NOT_SUPPORTED)
    length = int.from_bytes(answer[:LENGTH_BYTES], "big")
    if status or not 0 < length <= min(_MOST_HEAD, len(answer) - LENGTH_BYTES):
        raise NotRendered(Failure.CRASHED)
    try:
        facts = json.loads(answer[LENGTH_BYTES : LENGTH_BYTES + length])
        if isinstance(facts, dict) and "failure" not in facts:
            return Made(facts, answer[LENGTH_BYTES + length :])
        failure = Failure(facts["failure"])
    except (ValueError, TypeError, KeyError, RecursionError):
        failure = Failure.CRASHED
    raise NotRendered(failure)
