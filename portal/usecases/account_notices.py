"""What people are told of their own account, in the transaction of the act; portal/domain/account_events.py says how.

The mail leaves by portal/usecases/account_mailing.py; how often somebody wants other mail doesn't matter here.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import Absent, PortalFacts
from portal.domain.account_events import DAY, ONCE_A_DAY, AccountEvent, place_of_event
from portal.errors import NotFound
from portal.usecases.people import name_of
from portal.usecases.standings import around, person_facts
from portal.work import Portal, Work
from storage.accounts import AccountNotice
from storage.fields import Place
from storage.permits import REGISTRY, Permit
from storage.repositories.accounts import AccountRecords
from storage.tables import Person

SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class FoundEvent:
    """What somebody was told, as the records have it; person: whom it is about, if not the reader."""

    row: AccountNotice
    person: Person | None


@dataclass(frozen=True, slots=True)
class EventLine:
    """What somebody was told, as a page shows it."""

    id: UUID
    event: AccountEvent
    name: str | None  # of whom it is about, if not of the reader
    place: str
    at: datetime
    seen: bool


def records_of_accounts(work: Work) -> AccountRecords:
    """Give what is told of accounts, in this transaction."""
    return AccountRecords(work.session)


# --- telling, in the transaction of an act


def tell_person(work: Work, person_id: UUID, event: AccountEvent, about: UUID | None = None) -> bool:
    """Tell somebody what happened to an account, here and by mail; tells whether they were told, or told today before.

    Args:
        work: The transaction of the act.
        person_id: Whom to tell.
        event: What happened.
        about: The person whom it is about, if it isn't whoever is told.

    """
    records = records_of_accounts(work)
    if event in ONCE_A_DAY and records.told_since(person_id, event.value, about, work.now - DAY):
        return False
    records.add(_notice(work, person_id, event, about))
    return True


def tell_former_address(work: Work, person: Person, event: AccountEvent) -> None:
    """Tell whoever reads the address that somebody has until now; call it before the row is changed."""
    row = _notice(work, person.id, event, None)
    row.shown, row.address = False, person.mail  # sealed for the same place, so it opens as it did
    records_of_accounts(work).add(row)


def send_invitation(work: Work, permit: Permit, person_id: UUID, invitation: UUID, address: str) -> None:
    """Have a sign-in link sent to a person's mail address; it waits sealed, and goes when the mail has left."""
    row = _notice(work, person_id, AccountEvent.INVITED, invitation)
    row.shown = False
    row.link = work.seal(permit, REGISTRY, Place("account_notice", "link", row.id), address)
    records_of_accounts(work).add(row)


def _notice(work: Work, person_id: UUID, event: AccountEvent, about: UUID | None) -> AccountNotice:
    return AccountNotice(
        id=uuid4(), person_id=person_id, kind=event.value, about=about, made_at=work.now, due_at=work.now
    )


# --- reading


def find_events(work: Work) -> tuple[FoundEvent, ...]:
    """Find what the reader was told of accounts, newest first; whom they may not see any more is left out."""
    reader = work.who.person
    rows = records_of_accounts(work).of_person(reader.id, SHOWN) if reader else ()
    people = work.people.named([row.about for row in rows if row.about])
    seen = {id_: _sees(work, person) for id_, person in people.items()}
    return tuple(
        FoundEvent(row, people.get(row.about) if row.about else None)
        for row in rows
        if row.about is None or seen.get(row.about)
    )


def _sees(work: Work, person: Person) -> bool:
    facts = person_facts(work, person, *around(work, person))
    return not isinstance(facts, Absent) and work.allows(Action.VIEW_PERSON, facts)


def open_events(portal: Portal, permit: Permit, found: tuple[FoundEvent, ...]) -> tuple[EventLine, ...]:
    """Name those whom it is about, once the permit's event is committed."""
    return tuple(
        EventLine(
            one.row.id,
            AccountEvent(one.row.kind),
            name_of(portal, permit, one.person) if one.person else None,
            place_of_event(AccountEvent(one.row.kind), one.row.about),
            one.row.made_at,
            one.row.seen_at is not None,
        )
        for one in found
    )


def see_events(portal: Portal, caller: Caller, newest: UUID) -> None:
    """Mark what somebody was told of accounts as seen, up to the newest that they saw.

    Raises:
        NotFound: There is no such notice of theirs, or they act under no appointment.

    """
    with portal.work(caller) as work:
        person, records = work.who.person, records_of_accounts(work)
        row = records.one(person.id, newest) if person else None
        permit = work.require_on(Action.SEE_NOTICES, PortalFacts() if row else Absent(PortalFacts), asked=newest)
        if person is None or row is None:
            raise NotFound
        seen = records.unseen(person.id, row.made_at)
        for one in seen:
            one.seen_at = work.now  # its mail goes out all the same: who took the account over may have pressed this
        work.note(permit, notices=len(seen))
