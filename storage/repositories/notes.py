"""Scanned copies of legal bases, and people's profiles, in the database."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.notes import NoteCopy, Profile


class NoteRecords:
    """Copies and profiles, seen through one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, copy_id: UUID) -> NoteCopy | None:
        """Find a copy."""
        return self._session.get(NoteCopy, copy_id)

    def of(self, on: Sequence[UUID]) -> Sequence[NoteCopy]:
        """List the copies of appointments and assignments, by their ids, oldest first."""
        here = or_(col(NoteCopy.appointment_id).in_(on), col(NoteCopy.assignment_id).in_(on))
        return self._session.scalars(
            select(NoteCopy).where(here).order_by(col(NoteCopy.added_at), col(NoteCopy.id))
        ).all()

    def profiles(self, person_ids: Sequence[UUID]) -> dict[UUID, Profile]:
        """Find the profiles of people that count."""
        newest = (
            select(col(Profile.person_id), func.max(col(Profile.number)).label("number"))
            .where(col(Profile.person_id).in_(person_ids))
            .group_by(col(Profile.person_id))
            .subquery()
        )
        question = select(Profile).join(
            newest, (newest.c.person_id == col(Profile.person_id)) & (newest.c.number == col(Profile.number))
        )
        return {row.person_id: row for row in self._session.scalars(question)}

    def add(self, row: NoteCopy | Profile) -> None:
        """Write a new record; those that it refers to come first."""
        self._session.add(row)
        self._session.flush()
