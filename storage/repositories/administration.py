"""What an administrator sees of the portal's state: counts and sizes, never what anything says."""

from collections import Counter
from datetime import datetime

from sqlalchemy import ColumnElement, SQLColumnExpression, func, literal, select
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.columns import UtcTime
from storage.tables import KeyVersion, Stream, Version


class AdministrationRecords:
    """Counts, seen through one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def numbers(self) -> int:
        """Count the numbers that the log's streams gave out."""
        given = self._session.scalar(select(func.coalesce(func.sum(col(Stream.next_number) - 1), 0)))
        return int(given or 0)

    def grown(self, since: datetime | None, until: datetime | None) -> Counter[str]:
        """Count what is never deleted, of a time: versions of keys, objects that records name, their plaintext's bytes.

        Args:
            since: The time begins here; None: with the first.
            until: It ends before this; None: with the last.
        """
        keys = select(func.count()).where(*_within(col(KeyVersion.created_at), since, until))
        sizes = select(func.count(), func.coalesce(func.sum(col(Version.size)), 0))
        objects, size = self._session.execute(sizes.where(*_within(col(Version.created_at), since, until))).one()
        count = self._session.scalar(keys.select_from(KeyVersion)) or 0
        return Counter({"keys": count, "objects": objects, "bytes": int(size)})


def _within(
    when: SQLColumnExpression[datetime], since: datetime | None, until: datetime | None
) -> list[ColumnElement[bool]]:
    return [
        *([when >= literal(since, UtcTime)] if since else []),
        *([when < literal(until, UtcTime)] if until else []),
    ]
