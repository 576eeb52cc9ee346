"""Columns that tables share: moments in UTC; what all tables are, and the mark of a table whose rows give rights."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, text
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

_LARGE = Integer().with_variant(BigInteger(), "postgresql")


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


def large(**how: Any) -> Any:
    """Make a column for a number that may need more than 31 bits: bytes, the log's numbers, somebody else's counter."""
    return Field(sa_type=_LARGE, **how)


def where(condition: str) -> dict[str, Any]:
    """Give the arguments by which an index covers only some rows, on both databases."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class Row(SQLModel):
    """What all tables are; its fields aren't validated, so nothing is built for it: a third of a second of a start."""

    model_config = {"defer_build": True}


class Guarded:
    """Marks a table whose rows give rights; `mac` covers all other columns."""
