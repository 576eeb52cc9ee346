"""One's own calendar: a secret address under which it reads the dates of one's reviews.

1. The token is 256 random bits, shown once; the record keeps its keyed hash. Everybody has one address at a time.
2. The address acts as its person, under the appointment that it was made with (portal/access/principals.py). At each
   fetch the gate is asked anew: what the person may not see now isn't in it.
3. An address that was ended, one that never was, and one whose person may read nothing now are answered alike.
4. A feed opens nothing that is sealed: it holds generic words, numbers and days.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import PortalFacts
from portal.errors import NotFound, SignedOut
from portal.usecases.schedules import DueStep, due
from portal.usecases.sessions import new_token, token_hash
from portal.work import Portal, Work
from storage.planning import CalendarFeed
from storage.tables import Person


@dataclass(frozen=True, slots=True)
class OwnFeed:
    """Whether somebody's calendar has an address, and whether they may make one."""

    since: datetime | None
    issues: bool


@dataclass(frozen=True, slots=True)
class Dates:
    """What a calendar reads: the open steps that have a day, of all reviews of its person."""

    language: str
    at: datetime
    steps: tuple[tuple[UUID, DueStep], ...]


def view_feed(portal: Portal, caller: Caller) -> OwnFeed:
    """Tell somebody whether their calendar has an address.

    Raises:
        SignedOut: Nobody is signed in.

    """
    with portal.work(caller) as work:
        work.require_on(Action.VIEW_OWN_ACCOUNT, PortalFacts())
        feed = work.identity.feed_of(_person(work).id)
        return OwnFeed(feed.created_at if feed else None, work.allows(Action.ISSUE_FEED, PortalFacts()))


def issue_feed(portal: Portal, caller: Caller) -> str:
    """Give somebody's calendar a new address, which ends the one before; gives the token.

    Raises:
        NotFound: The actor can have no reviews.

    """
    with portal.work(caller) as work:
        permit = work.require_on(Action.ISSUE_FEED, PortalFacts())
        person, acting = _person(work), work.who.appointment
        if acting is None:
            raise NotFound
        replaced = _end(work, person)
        token, feed_id = new_token(), uuid4()
        work.identity.add(
            CalendarFeed(
                id=feed_id,
                person_id=person.id,
                appointment_id=acting.id,
                token_hash=token_hash(portal, token),
                created_at=work.now,
            )
        )
        work.note(permit, feed=str(feed_id), replaced=replaced)
        return token


def revoke_feed(portal: Portal, caller: Caller) -> None:
    """End the address of somebody's calendar; ending it twice changes nothing.

    Raises:
        SignedOut: Nobody is signed in.

    """
    with portal.work(caller) as work:
        permit = work.require_on(Action.REVOKE_FEED, PortalFacts())
        work.note(permit, ended=_end(work, _person(work)))


def read_dates(portal: Portal, caller: Caller) -> Dates:
    """Give a calendar the dates of its person; `caller` is one by a feed's token.

    Raises:
        NotFound: There is no such address, or nothing may be read by it now.

    """
    with portal.work(caller) as work:
        permit = work.require_on(Action.VIEW_CALENDAR, PortalFacts())
        feed, person = work.who.feed, _person(work)
        if feed is None:
            raise NotFound
        found = due(work, [record.review.id for record in work.reviews.all()])
        work.note(permit, feed=str(feed.id), reviews=sorted(str(review) for review in found))
        steps = tuple((review, step) for review, open_ in found.items() for step in open_ if step.date is not None)
        return Dates(person.language, work.now, steps)


def _end(work: Work, person: Person) -> bool:
    feed = work.identity.feed_of(person.id)
    if feed is None:
        return False
    feed.ended_at = work.now
    work.session.flush()  # the next one is written after it: only one is open at a time
    return True


def _person(work: Work) -> Person:
    if work.who.person is None:
        raise SignedOut
    return work.who.person
