"""What an administrator sees of the portal's state: counts and sizes, never what anything says."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.tables import KeyVersion, Stream, Version


class AdministrationRecords:
    """Counts, seen through one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def numbers(self) -> int:
        """Count the numbers that the log's streams gave out."""
        given = self._session.scalar(select(func.coalesce(func.sum(col(Stream.next_number) - 1), 0)))
        return int(given or 0)

    def keys(self) -> int:
        """Count the versions of all keys."""
        return self._session.scalar(select(func.count()).select_from(KeyVersion)) or 0

    def objects(self) -> tuple[int, int]:
        """Count the objects that records name, and their bytes of plaintext."""
        row = self._session.execute(select(func.count(), func.coalesce(func.sum(col(Version.size)), 0))).one()
        return int(row[0]), int(row[1])
