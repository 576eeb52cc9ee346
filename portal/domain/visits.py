"""What is new to somebody: what changed since their last visit. Looks within half an hour are one visit."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

GAP: Final = timedelta(minutes=30)  # a pause this long ends a visit
NOTED: Final = timedelta(minutes=1)  # looks are noted no closer than this: pages shall not write more than they must


@dataclass(frozen=True, slots=True)
class Looks:
    """The last look into a review, and the last look of the visit before."""

    seen_at: datetime
    before: datetime | None


def new_since(looks: Looks | None, now: datetime) -> datetime | None:
    """Tell since when things are new to somebody; None: they have not been here before this visit."""
    if looks is None:
        return None
    return looks.seen_at if now - looks.seen_at > GAP else looks.before


def looked(looks: Looks | None, now: datetime) -> Looks | None:
    """Tell what to remember of a look now; None: nothing worth writing."""
    if looks is None:
        return Looks(now, None)
    if now - looks.seen_at > GAP:
        return Looks(now, looks.seen_at)
    return Looks(now, looks.before) if now - looks.seen_at >= NOTED else None
