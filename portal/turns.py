"""Sharing what there is little of in a process, so that no State keeps it from the others.

`Turns`: one place for what takes a processor for minutes; nobody waits for it.
`Crowd`: how many of one sort may be inside at a time, whether they work or wait: each of them holds a thread.

Of turns:
1. Whoever finds the place taken is told at once, and may come again: their turn is kept for a while after it is free.
2. Meanwhile nobody takes it who had it later than somebody whose turn is kept: who tries without end comes after all
   others who came in between.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from time import monotonic
from typing import Final

KEPT_SECONDS: Final = 180  # so long people have to read that it was taken, and to try again


class Taken(Exception):
    """Somebody has the place, or it is kept for somebody; or as many are inside as may be."""


class Crowd:
    """Who is inside a process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside: Counter[bytes] = Counter()

    @contextmanager
    def one_of(self, limits: Mapping[bytes, int], refusal: Exception | None = None) -> Iterator[None]:
        """Come in as one of a few of the same sorts at a time.

        Raises:
            Taken: There are as many already; `refusal` in its place, if there is one.

        """
        with self._lock:
            if any(self._inside[sort] >= most for sort, most in limits.items()):
                raise refusal or Taken
            self._inside.update(limits.keys())
        try:
            yield
        finally:
            with self._lock:
                self._inside.subtract(limits.keys())
                self._inside = +self._inside  # without those that nobody is of

    def count(self, sort: bytes) -> int:
        """Tell how many of a sort are inside."""
        return self._inside[sort]

    @property
    def inside(self) -> int:
        """How many sorts there are of those inside."""
        return len(self._inside)


class Turns:
    """The one place of a portal's process."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._holder: str | None = None
        self._freed_at = float("-inf")
        self._had: dict[str, float] = {}  # who had it, and when last: at most each State
        self._told: dict[str, float] = {}  # who found it taken since they had it, and when last

    @contextmanager
    def take(self, whose: str) -> Iterator[None]:
        """Take the place for a while.

        Raises:
            Taken: It isn't theirs now.

        """
        with self._lock:
            if self._holder is None:  # whoever didn't come while their turn was kept has none any more
                self._told = {one: self._told[one] for one in self._kept_for()}
            if self._holder is not None or any(self._had_before(one, whose) for one in self._kept_for()):
                self._told[whose] = self._clock()
                raise Taken
            self._told.pop(whose, None)
            self._holder = whose
        try:
            yield
        finally:
            with self._lock:
                self._had[whose] = self._freed_at = self._clock()
                self._holder = None

    def _kept_for(self) -> list[str]:
        now = self._clock()
        return [one for one, told in self._told.items() if max(told, self._freed_at) + KEPT_SECONDS > now]

    def _had_before(self, one: str, other: str) -> bool:
        never = float("-inf")
        return one != other and self._had.get(one, never) < self._had.get(other, never)
