"""Grants as the focal points of both States see them: what was asked for, offered and granted (ToR 37).

1. Each side sees its part: the State under review all of it; the other what it asked for, whom it named, what it was
   given and when that ends.
2. What the State that reads does, grant_requests.py has; what the State under review decides, granting.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import PortalFacts
from portal.domain.grants import Mode, Stand, stand_of
from portal.usecases.grant_facts import (
    facts_of_grants,
    find_grant,
    grant_records,
    reach_of,
    times_of,
)
from portal.usecases.people import name_of
from portal.work import Portal, Work
from storage.fields import Place
from storage.permits import Permit, grant_scope
from storage.repositories.grants import GrantedVersion, GrantRecord
from storage.tables import Person


@dataclass(frozen=True, slots=True)
class GrantLine:
    """A grant in a list."""

    id: UUID
    review: UUID
    under_review: str
    state: str  # that reads
    stand: Stand
    mine: bool  # it is the reader's State that decides
    waits: bool  # for the reader's State
    begun_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class GrantsPage:
    """All grants of a State, and what it may offer."""

    lines: tuple[GrantLine, ...]
    offers: tuple[tuple[UUID, str], ...]  # reviews of the State itself, with a final report: id, cycle


@dataclass(frozen=True, slots=True)
class NamedPerson:
    """Somebody of the State that reads."""

    id: UUID
    name: str
    undertaken: bool = False  # they gave the undertaking for this grant
    reads: bool = False  # the terms name them
    acts: bool = True  # they act for the State now

    @property
    def choice(self) -> tuple[str, str]:
        """Give them as something to choose: the value and its words."""
        return str(self.id), self.name


@dataclass(frozen=True, slots=True)
class Given:
    """A version that terms give."""

    document: UUID
    version: UUID
    language: str
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class TermsLine:
    """Terms, as they hold or held."""

    number: int
    mode: Mode
    languages: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    since: datetime
    until: datetime | None
    readers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GrantPage:
    """One grant; what may be done, by the names of the acts."""

    line: GrantLine
    offered: bool
    unaccepted: bool  # it was offered, and never accepted: nobody read anything under it
    purpose: str
    by: str
    people: tuple[NamedPerson, ...]
    given: tuple[Given, ...]
    terms: tuple[TermsLine, ...]  # newest first
    reason: str | None
    ended_at: datetime | None
    may: frozenset[str]
    colleagues: tuple[NamedPerson, ...]  # whom the State could name: besides, or of all of them to accept an offer


_OFFERED: Final = (
    Action.WEIGH_GRANT,
    Action.DECIDE_GRANT,
    Action.REFUSE_GRANT,
    Action.CHANGE_GRANT,
    Action.REVOKE_GRANT,
    Action.ANSWER_OFFER,
    Action.NAME_READERS,
    Action.VIEW_GRANT_OPENINGS,
)


def list_grants(portal: Portal, caller: Caller) -> GrantsPage:
    """List the grants that a State decides on, asked for, or has.

    Raises:
        NotFound: The reader is no focal point.

    """
    with portal.work(caller) as work:
        work.require_on(Action.LIST_GRANTS, PortalFacts())
        work.standings.widen()
        lines = lines_of(work)
        own = [file for file in work.reviews.all() if file.review.state_code == work.who.state and file.final]
        cycles = {cycle.id: cycle.name for cycle in work.reviews.cycles()}
        offers = tuple((file.review.id, cycles[file.review.cycle_id]) for file in own)
    return GrantsPage(lines, offers)


def lines_of(work: Work) -> tuple[GrantLine, ...]:
    """List the grants that whoever asks may see, newest first."""
    return tuple(
        line_of(work, record, facts.review.state_under_review)
        for record, facts in facts_of_grants(work, grant_records(work).all(reach_of(work)))
        if work.allows(Action.VIEW_GRANT, facts)
    )


def line_of(work: Work, record: GrantRecord, under_review: str) -> GrantLine:
    """Give a grant as lists show it."""
    stand, mine = stand_of(times_of(record), work.now), under_review == work.who.state
    return GrantLine(
        record.grant.id,
        record.grant.review_id,
        under_review,
        record.grant.state_code,
        stand,
        mine,
        stand is (Stand.ASKED if mine else Stand.OFFERED),
        record.grant.begun_at,
        record.terms.ends_at if record.terms else None,
    )


def view_grant(portal: Portal, caller: Caller, grant_id: UUID) -> GrantPage:
    """Show a grant, as far as the reader's side sees it.

    Raises:
        NotFound: There is no such grant, or the reader may not know of it.

    """
    with portal.work(caller) as work:
        record, facts, permit = find_grant(work, Action.VIEW_GRANT, grant_id)
        records = grant_records(work)
        history = list(records.terms([grant_id]))
        readers = records.readers([one.id for one in history])
        nominees = [one.person_id for one in records.nominees(grant_id)]
        people = work.people.named([*nominees, record.grant.begun_by])
        acting = records.acting(nominees, record.grant.state_code, work.now)
        given = records.given([record.terms.id]) if record.terms else []
        may = frozenset(act.value for act in _OFFERED if work.allows(act, facts))
        colleagues = acting_for(work, record.grant.state_code) if Action.NAME_READERS.value in may else []
        line = line_of(work, record, facts.review.state_under_review)
        there = () if line.stand is Stand.OFFERED else nominees  # who was named before may be who is to read
    names = {id_: name_of(portal, permit, person) for id_, person in people.items()}
    return GrantPage(
        line=line,
        offered=record.grant.offered,
        unaccepted=times_of(record).open_offer,
        purpose=_opened(portal, permit, record, "purpose") or "",
        by=names[record.grant.begun_by],
        people=tuple(
            NamedPerson(one, names[one], one in record.undertaken, one in record.readers, one in acting)
            for one in nominees
        ),
        given=opened(portal, permit, record.grant.id, given),
        terms=tuple(
            TermsLine(
                one.number,
                Mode(one.mode),
                tuple(one.languages.split()),
                one.starts_at,
                one.ends_at,
                one.since,
                one.until,
                tuple(names[person] for person in sorted(readers.get(one.id, ()), key=names.__getitem__)),
            )
            for one in reversed(history)
        ),
        reason=_opened(portal, permit, record, "end_reason"),
        ended_at=record.grant.ended_at,
        may=may,
        colleagues=named(portal, permit, [one for one in colleagues if one.id not in there]),
    )


def _opened(portal: Portal, permit: Permit, record: GrantRecord, column: str) -> str | None:
    blob: bytes | None = getattr(record.grant, column)
    place = Place("access_grant", column, record.grant.id)
    return portal.open_text(permit, grant_scope(record.grant.id), place, blob) if blob else None


def opened(portal: Portal, permit: Permit, grant_id: UUID, rows: Sequence[GrantedVersion]) -> tuple[Given, ...]:
    """Open the titles of what a grant gives, as they were when it was granted."""
    scope = grant_scope(grant_id)
    return tuple(
        Given(
            one.document.id,
            one.version.id,
            one.document.language,
            one.document.kind,
            portal.open_text(permit, scope, Place("grant_document", "title", one.given.id), one.given.title),
        )
        for one in rows
    )


def acting_for(work: Work, state: str) -> list[Person]:
    """List the people of a State who act for it now."""
    people = work.people.of_state(state)
    acting = grant_records(work).acting([one.id for one in people], state, work.now)
    return [one for one in people if one.id in acting]


def named(portal: Portal, permit: Permit, people: Sequence[Person]) -> tuple[NamedPerson, ...]:
    """Open people's names, in their order."""
    rows = [NamedPerson(one.id, name_of(portal, permit, one)) for one in people]
    return tuple(sorted(rows, key=lambda one: one.name.casefold()))
