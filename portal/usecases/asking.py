"""Whom to ask about a review when something couldn't be shown or done: the officers assigned to it (GL 7).

1. A name opens to whoever sees the review. Where only a thing in it is known by its id, they must see that thing too:
   else the name would tell that it is there, and in which review.
2. The look is an event of the review. To others no name is told, and nothing is written down: the portal asks this by
   itself, so a refusal would be one of an act that nobody tried. A thing that is forbidden is asked about as one that
   is absent.
"""

from enum import StrEnum
from typing import assert_never
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.file_matters import Row
from portal.domain.roles import Role
from portal.errors import NotFound
from portal.usecases.people import name_of
from portal.work import Portal, Work
from storage.tables import Document, Review, Room, Version


class Noun(StrEnum):
    """What an id is of: things that lie in a review, or a review itself."""

    REVIEWS = "reviews"
    ROOMS = "rooms"
    DOCUMENTS = "documents"
    VERSIONS = "versions"


def whom_to_ask(portal: Portal, caller: Caller, noun: Noun, on: UUID) -> tuple[str, ...]:
    """Name the officers assigned to a review, or to the one in which something lies.

    Raises:
        NotFound: There is no such thing, or the actor may not know of it or of the review.

    """
    with portal.work(caller) as work:
        record = work.file(_review_of(work, noun, on))
        review = _seen(work, Action.VIEW_REVIEW, Review, record.review if record else None)
        _, permit = work.require(Action.VIEW_REVIEW, Review, review, asked=on)
        work.note(permit, shown="whom to ask")
        rows = work.reviews.people(review.id, (), work.now)
        officers = [person for appointment, person, _ in rows if appointment.role == Role.OFFICER]
    return tuple(name_of(portal, permit, person) for person in officers)


def _review_of(work: Work, noun: Noun, on: UUID) -> UUID:
    match noun:
        case Noun.REVIEWS:
            return on
        case Noun.ROOMS:
            record = work.reviews.of_room(on)
            room = next((room for room in record.rooms if room.id == on), None) if record else None
            return _seen(work, Action.LIST_ROOM, Room, room).review_id
        case Noun.DOCUMENTS:
            return _seen(work, Action.VIEW_DOCUMENT, Document, work.documents.find(on)).review_id
        case Noun.VERSIONS:
            return _seen(work, Action.VIEW_DOCUMENT, Version, work.documents.find_version(on)).review_id
    assert_never(noun)


def _seen(work: Work, action: Action, kind: type[Row], row: Row | None) -> Row:
    """Give a row that the actor sees, without an event: they neither look at it nor tried to."""
    seen = work.allowed(action, kind, [row])
    if not seen:
        raise NotFound
    return seen[0]
