"""Remembers when somebody looked into a review, so that what changed later is new to them."""

from datetime import datetime
from uuid import UUID

from portal.domain import visits
from portal.work import Work


def look(work: Work, review_id: UUID) -> datetime | None:
    """Remember a look, and tell since when things are new; the gate was asked about the review before."""
    person = work.who.person
    if person is None:
        return None
    looks = _looks(work, review_id)
    if (noted := visits.looked(looks, work.now)) is not None:
        work.reviews.visited(person.id, review_id, noted.seen_at, noted.before, again=looks is not None)
    return visits.new_since(looks, work.now)


def new_to(work: Work, review_id: UUID) -> datetime | None:
    """Tell since when things are new to whoever asks; None: they have not been here before this visit."""
    return visits.new_since(_looks(work, review_id), work.now)


def _looks(work: Work, review_id: UUID) -> visits.Looks | None:
    standing = work.standings.of[review_id]
    return visits.Looks(standing.visited, standing.before) if standing.visited else None
