"""Where one page of the log ended, as an address has it: time, number and part of its last event."""

from datetime import UTC, datetime
from uuid import UUID

from storage.repositories.audit import Cursor


def written(cursor: Cursor) -> str:
    """Write where a page ended."""
    at, number, stream = cursor
    return f"{at.isoformat()}~{number}~{stream}"


def read(text: str) -> Cursor | None:
    """Read where the page before ended; what isn't of ours begins at the newest."""
    try:
        at, number, stream = text.split("~")
        moment = datetime.fromisoformat(at)
        cursor = (moment.astimezone(UTC), int(number), UUID(hex=stream))
    except (ValueError, OverflowError):
        return None
    return cursor if moment.tzinfo and 0 < cursor[1] < 1 << 62 else None
