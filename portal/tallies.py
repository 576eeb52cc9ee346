"""Counting what only grows: a process counts it once, and then only what came since.

A page that counted a million files anew would be as slow as they are many, and a sum in the database would be one row
that all uploads wait for.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Final

LATE: Final = timedelta(hours=1)  # what came before is committed by now, whatever the clocks of replicas say
OFTEN: Final = timedelta(days=1)  # after so long what came since is counted for good

Count = Callable[[datetime | None, datetime | None], Counter[str]]


@dataclass(frozen=True, slots=True)
class _Kept:
    until: datetime | None = None
    counts: Counter[str] = field(default_factory=Counter)
    moved: float = 0.0  # seconds from the steady clock to the time of day, then


class Tally:
    """What was counted so far of things that are never deleted, by the time at which they came.

    Args:
        steady: Gives the seconds of a clock that nobody sets.

    """

    def __init__(self, steady: Callable[[], float] = monotonic) -> None:
        self._kept, self._steady = _Kept(), steady

    def of(self, now: datetime, count: Count) -> Counter[str]:
        """Count all, up to now.

        Args:
            now: The time.
            count: Counts what came from a moment (None: from the beginning) to before another one (None: to the end).
        """
        kept, sure = self._kept, now - LATE
        moved = now.timestamp() - self._steady()
        if kept.until is not None and abs(moved - kept.moved) > LATE.total_seconds() / 2:
            kept = _Kept()  # somebody set the clock: what it said then is no time to go on from
        if kept.until is None or kept.until < sure - OFTEN:
            # made whole and put in its place at once: two that count at the same time come to the same
            kept = self._kept = _Kept(sure, kept.counts + count(kept.until, sure), moved)
        return kept.counts + count(kept.until, None)
