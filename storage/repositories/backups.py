"""Backups and restorations in the database."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.backups import Backup, RecoveryKey, Restoration, WholeBackup


class BackupRecords:
    """Backups, seen through one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def next_number(self) -> int:
        """Give the number of the next backup."""
        return (self._session.scalar(select(func.max(col(Backup.number)))) or 0) + 1

    def add(self, row: Backup | WholeBackup | Restoration) -> None:
        """Write a new record."""
        self._session.add(row)
        self._session.flush()

    def find(self, backup: UUID) -> Backup | None:
        """Find a backup."""
        return self._session.get(Backup, backup)

    def is_taken(self, number: int) -> bool:
        """Tell whether a backup has this number."""
        return self._session.scalar(select(col(Backup.id)).where(col(Backup.number) == number)) is not None

    def is_whole(self, backup: UUID) -> bool:
        """Tell whether a backup is known to be whole."""
        return self._session.get(WholeBackup, backup) is not None

    def last_whole(self) -> datetime | None:
        """Tell when the last backup was made that came to its end, wherever it lies and whether it is kept or not."""
        question = select(func.max(Backup.made_at)).join(WholeBackup, col(WholeBackup.id) == col(Backup.id))
        return self._session.scalar(question)

    def recovery_of(self, mark: str) -> RecoveryKey | None:
        """Find a recovery key by its fingerprint."""
        return self._session.scalar(select(RecoveryKey).where(col(RecoveryKey.mark) == mark))

    def kept_in(self, folder: UUID) -> Sequence[Backup]:
        """List the backups of a folder that aren't known to be gone, oldest first."""
        question = select(Backup).where(col(Backup.folder_id) == folder, col(Backup.gone_at).is_(None))
        return self._session.scalars(question.order_by(col(Backup.number))).all()

    def oldest_kept(self) -> datetime | None:
        """Tell of when the oldest backup is that isn't known to be gone, in whichever folder."""
        return self._session.scalar(select(func.min(Backup.made_at)).where(col(Backup.gone_at).is_(None)))

    def restorations(self) -> Sequence[Restoration]:
        """List the restorations of this portal, oldest first."""
        return self._session.scalars(select(Restoration).order_by(col(Restoration.number))).all()
