"""Floods of refusals: after many of one actor in a minute, the rest of the minute becomes one event with a count.

1. Only refusals are ever counted together; what was allowed is always an event of its own.
2. A count is of one actor, in one stream, about one document or none: so it stands where each of its refusals
   would stand, and whoever may read of one may read of all.
3. No count is lost while the portal runs: beyond the bound the oldest is written before its minute is over, and what
   could not be written is kept. No lock is held while something is written.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Final
from uuid import UUID

from portal.audit.events import Entry
from portal.domain.ids import StreamId

ALONE_IN_A_MINUTE: Final = 30
MINUTE: Final = timedelta(minutes=1)
KEPT: Final = 10_000  # floods counted at once

Write = Callable[[list[Entry]], None]
_Key = tuple[str, StreamId, UUID | None]  # actor, stream, document


@dataclass(slots=True)
class _Flood:
    began: datetime
    alone: int = 0
    held: int = 0
    first: datetime | None = None
    last: Entry | None = None

    def hold(self, refused: Entry) -> None:
        self.held += 1
        self.first = self.first or refused.at
        self.last = refused

    def join(self, older: "_Flood") -> None:
        self.held += older.held
        self.first = older.first
        self.last = self.last or older.last

    def counted(self) -> list[Entry]:
        if self.last is None or self.first is None:
            return []
        times = {"first": self.first.isoformat(), "last": self.last.at.isoformat()}
        self.last.detail = {"refusals": self.held, **times}
        return [self.last]


class Floods:
    """Counts refusals of this process."""

    def __init__(self) -> None:
        self._floods: dict[_Key, _Flood] = {}  # oldest first
        self._lock = Lock()

    def record(self, actor: str, refused: Entry, write: Write) -> None:
        """Write a refusal, or count it where there were many; counts whose minute is over are written before it."""
        key = (actor, refused.stream, refused.about)
        self._write(self._taken(refused.at, key), write)
        with self._lock:
            flood = self._floods.setdefault(key, _Flood(refused.at))
            if flood.alone >= ALONE_IN_A_MINUTE:
                flood.hold(refused)
                return
        write([refused])
        with self._lock:
            flood.alone += 1  # now that it stands in the log

    def write_finished(self, before: datetime | None, write: Write) -> None:
        """Write the counts whose minute is over at a moment, or all of them."""
        self._write(self._taken(before), write)

    def _taken(self, before: datetime | None, coming: _Key | None = None) -> dict[_Key, _Flood]:
        """Take what is over; and the oldest, where there is no room for what is coming."""
        with self._lock:
            over = [key for key, one in self._floods.items() if before is None or one.began + MINUTE <= before]
            if coming is not None and coming not in self._floods and not over and len(self._floods) >= KEPT:
                over = [next(iter(self._floods))]
            return {key: self._floods.pop(key) for key in over}

    def _write(self, taken: Mapping[_Key, _Flood], write: Write) -> None:
        counts = [count for flood in taken.values() for count in flood.counted()]
        if not counts:
            return
        try:
            write(counts)
        except BaseException:
            self._put_back(taken)
            raise

    def _put_back(self, taken: Mapping[_Key, _Flood]) -> None:
        with self._lock:
            for key, flood in taken.items():
                if flood.held and (newer := self._floods.setdefault(key, flood)) is not flood:
                    newer.join(flood)
