"""What somebody reads under a grant: their list, the undertaking first, then the versions that it gives (ToR 37).

1. A reader reaches nothing of the review's file but these versions, each asked of the gate by itself.
2. The undertaking is given once for each grant; before that not even a title is told.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import PortalFacts
from portal.domain import undertakings
from portal.domain.grants import Mode
from portal.errors import Conflict, NotFound
from portal.usecases.grant_facts import facts_of_grants, find_grant, grant_records
from portal.usecases.grants import Given, opened
from portal.work import Portal, Work
from storage.grants import GrantUndertaking
from storage.repositories.grants import GrantReach


@dataclass(frozen=True, slots=True)
class GrantedLine:
    """A grant in a reader's list."""

    id: UUID
    under_review: str
    mode: Mode
    ends_at: datetime
    pledged: bool


@dataclass(frozen=True, slots=True)
class GrantedPage:
    """What a grant gives to a reader; nothing is told while they haven't undertaken to respect its confidentiality."""

    line: GrantedLine
    given: tuple[Given, ...]
    held: bool


def list_granted(portal: Portal, caller: Caller) -> tuple[GrantedLine, ...]:
    """List what other States let the reader read now.

    Raises:
        NotFound: The reader acts for no State.

    """
    with portal.work(caller) as work:
        work.require_on(Action.LIST_GRANTED, PortalFacts())
        return granted_to(work)


def granted_to(work: Work) -> tuple[GrantedLine, ...]:
    """Give what other States let whoever asks read now."""
    found = []
    mine = grant_records(work).all(GrantReach(work.who.state, work.who.person_id))
    if mine:
        work.standings.widen()
    for record, facts in facts_of_grants(work, mine):
        terms, state = record.terms, facts.review.state_under_review
        if terms and work.allows(Action.OPEN_GRANTED, facts):
            pledged = work.who.person_id in record.undertaken
            found.append(GrantedLine(record.grant.id, state, Mode(terms.mode), terms.ends_at, pledged))
    return tuple(found)


def open_granted(portal: Portal, caller: Caller, grant_id: UUID) -> GrantedPage:
    """Show what a grant gives.

    Raises:
        NotFound: There is no such grant, or it doesn't name the reader now.

    """
    with portal.work(caller) as work:
        record, facts, permit = find_grant(work, Action.OPEN_GRANTED, grant_id)
        terms = record.terms
        if terms is None:
            raise NotFound
        pledged = work.who.person_id in record.undertaken
        rows = grant_records(work).given([terms.id]) if pledged and not record.held else []
    line = GrantedLine(grant_id, facts.review.state_under_review, Mode(terms.mode), terms.ends_at, pledged)
    given = opened(portal, permit, grant_id, [one for one in rows if one.document.withdrawn_at is None])
    return GrantedPage(line, given, record.held)


def accept_granted(portal: Portal, caller: Caller, grant_id: UUID, wording: str) -> None:
    """Record that a reader undertakes to respect the confidentiality of what a grant gives; again changes nothing.

    Raises:
        NotFound: There is no such grant, or it doesn't name the reader now.
        Conflict: The wording is not the one that is to be accepted now.

    """
    with portal.work(caller) as work:
        record, _, permit = find_grant(work, Action.ACCEPT_GRANTED, grant_id)
        if wording != undertakings.READER_WORDING:
            raise Conflict(undertakings.CHANGED)
        work.note(permit, wording=wording)
        person = work.who.person_id
        if person is not None and person not in record.undertaken:
            grant_records(work).add(
                GrantUndertaking(id=uuid4(), grant_id=grant_id, person_id=person, wording=wording, accepted_at=work.now)
            )
