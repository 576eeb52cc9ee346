"""Columns that tables share: moments in UTC; and the mark of a table whose rows give rights."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC; a naive one is refused on the way in."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # the interface is SQLAlchemy's
        """Refuse a time without a zone, write UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone can't be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # the interface is SQLAlchemy's
        """Read UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def moment(*, index: bool = False) -> Any:
    """Make a column for a moment."""
    return Field(sa_type=UtcTime, index=index)


def perhaps() -> Any:
    """Make a column for a moment that may never come."""
    return Field(default=None, sa_type=UtcTime)


class Guarded:
    """Marks a table whose rows give rights; `mac` covers all other columns."""
