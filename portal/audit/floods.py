"""Floods of refusals: after many of one actor in a minute, the rest of the minute becomes one event with a count.

Only refusals are ever counted together; what was allowed is always an event of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from portal.audit.events import Entry

ALONE_IN_A_MINUTE: Final = 30
MINUTE: Final = timedelta(minutes=1)
KEPT: Final = 10_000  # actors counted at once


@dataclass(slots=True)
class _Flood:
    began: datetime
    count: int = 0
    held: int = 0
    first: datetime | None = None
    last: Entry | None = None


class Floods:
    """Counts refusals of this process by actor."""

    def __init__(self) -> None:
        self._floods: dict[str, _Flood] = {}
        self._lock = Lock()

    def pass_on(self, actor: str, entry: Entry) -> list[Entry]:
        """Take a refusal; gives what is to be written now: it, a finished count, both, or nothing yet."""
        with self._lock:
            flood = self._floods.get(actor)
            ready: list[Entry] = []
            if flood is None or entry.at >= flood.began + MINUTE:
                ready += _counted(flood) if flood else []
                flood = self._floods[actor] = _Flood(began=entry.at)
            flood.count += 1
            if flood.count <= ALONE_IN_A_MINUTE:
                return [*ready, entry]
            flood.held += 1
            flood.first = flood.first or entry.at
            flood.last = entry
            return ready

    def finished(self, before: datetime | None) -> list[Entry]:
        """Take the counts whose minute is over at a moment, or all of them."""
        with self._lock:
            over = [name for name, flood in self._floods.items() if before is None or flood.began + MINUTE <= before]
            return [entry for name in over for entry in _counted(self._floods.pop(name))]

    def write_finished(self, before: datetime | None, write: Callable[[list[Entry]], None]) -> None:
        """Write the counts whose minute is over."""
        if entries := self.finished(before):
            write(entries)


def _counted(flood: _Flood) -> list[Entry]:
    if flood.last is None or flood.first is None:
        return []
    flood.last.detail = {"refusals": flood.held, "first": flood.first.isoformat(), "last": flood.last.at.isoformat()}
    return [flood.last]
