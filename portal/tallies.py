"""Counting what only grows: a process counts it once, and then only what came since.

A page that counted a million files anew would be as slow as they are many, and a sum in the database would be one row
that all uploads wait for.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

LATE: Final = timedelta(hours=1)  # what came before is committed by now, whatever the clocks of replicas say
OFTEN: Final = timedelta(days=1)  # after so long what came since is counted for good

Count = Callable[[datetime | None, datetime | None], Counter[str]]


@dataclass(frozen=True, slots=True)
class _Kept:
    until: datetime | None = None
    counts: Counter[str] = field(default_factory=Counter)


class Tally:
    """What was counted so far of things that are never deleted, by the time at which they came."""

    def __init__(self) -> None:
        self._kept = _Kept()

    def of(self, now: datetime, count: Count) -> Counter[str]:
        """Count all, up to now.

        Args:
            now: The time.
            count: Counts what came from a moment (None: from the beginning) to before another one (None: to the end).
        """
        kept, sure = self._kept, now - LATE
        if kept.until is None or kept.until < sure - OFTEN:
            # made whole and put in its place at once: two that count at the same time come to the same
            kept = self._kept = _Kept(sure, kept.counts + count(kept.until, sure))
        return kept.counts + count(kept.until, None)
