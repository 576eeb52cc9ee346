"""What the yearly statement counts: the cases that were registered and the concerns that were filed in a year."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.cases import BreachCase, CaseEntry, Concern


class StatementRecords:
    """Cases and concerns by their times, seen through one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def times(self) -> Sequence[datetime]:
        """Tell when the first and the last case was registered, and concern filed, as far as any was."""
        columns = (col(BreachCase.confirmed_at), col(Concern.filed_at))
        rows = [self._session.execute(select(func.min(column), func.max(column))).one() for column in columns]
        return [at for row in rows for at in row if at is not None]

    def registered(self, since: datetime, until: datetime) -> Sequence[BreachCase]:
        """List the cases that were registered from a moment to before another one."""
        question = select(BreachCase).where(col(BreachCase.confirmed_at) >= since, col(BreachCase.confirmed_at) < until)
        return self._session.scalars(question).all()

    def outcomes(self, case_ids: Collection[UUID]) -> Sequence[CaseEntry]:
        """List the entries that say how these cases came out."""
        question = select(CaseEntry).where(col(CaseEntry.case_id).in_(case_ids), col(CaseEntry.outcome).is_not(None))
        return self._session.scalars(question).all()

    def filed(self, since: datetime, until: datetime) -> Sequence[Concern]:
        """List the concerns that were filed from a moment to before another one."""
        question = select(Concern).where(col(Concern.filed_at) >= since, col(Concern.filed_at) < until)
        return self._session.scalars(question).all()

    def exercises(self, case_ids: Collection[UUID]) -> frozenset[UUID]:
        """Tell which of these cases are registered exercises."""
        question = select(col(BreachCase.id)).where(
            col(BreachCase.id).in_(case_ids),
            col(BreachCase.exercise).is_(True),
            col(BreachCase.confirmed_at).is_not(None),
        )
        return frozenset(self._session.scalars(question))
