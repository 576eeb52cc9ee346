"""What an administrator sees of the portal's state: counts and sizes, never what anything says."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.tables import Event, KeyVersion, Stream, Version

_PHASES = ("act", "intent", "outcome", "refusal")  # all of them: so that the index by phase and time is used


class AdministrationRecords:
    """Counts, seen through one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def events_by_day(self, since: datetime) -> Sequence[Row[str, int, int]]:
        """Count the log's entries since a moment: day, kind, how many."""
        day = func.date(col(Event.at))
        question = select(day, col(Event.kind), func.count()).where(
            col(Event.phase).in_(_PHASES), col(Event.at) >= since
        )
        return self._session.execute(question.group_by(day, col(Event.kind))).all()

    def sequence(self) -> tuple[int, int]:
        """Count the numbers that the log's streams gave out, and the entries that it holds: they must be equal."""
        given = self._session.scalar(select(func.coalesce(func.sum(col(Stream.next_number) - 1), 0))) or 0
        return int(given), self._session.scalar(select(func.count()).select_from(Event)) or 0

    def keys(self) -> int:
        """Count the versions of all keys."""
        return self._session.scalar(select(func.count()).select_from(KeyVersion)) or 0

    def objects(self) -> tuple[int, int]:
        """Count the objects that records name, and their bytes of plaintext."""
        row = self._session.execute(select(func.count(), func.coalesce(func.sum(col(Version.size)), 0))).one()
        return int(row[0]), int(row[1])
