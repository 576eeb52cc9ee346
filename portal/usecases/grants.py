"""Grants as the focal points of both States see them: what was asked for, offered and granted (ToR 37).

1. A State asks for the report of any review that it is no party to. Which State is under review in which cycle, all
   States know from the draw; nothing else of the review is told, not whether its report is final.
2. Each side sees its part: the State under review all of it; the other what it asked for, whom it named, what it was
   given and when that ends.
3. An offer takes effect once the other State accepts it and names who reads; not while whoever made it is suspended.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import Absent, GrantFacts, PortalFacts
from portal.domain import grants
from portal.domain.account_events import AccountEvent
from portal.domain.grants import Ending, Mode, Stand, stand_of
from portal.domain.problems import Problem, RefusedError
from portal.domain.texts import N_
from portal.errors import Conflict, NotFound, SignedOut
from portal.usecases.files import files_of
from portal.usecases.grant_facts import (
    facts_of_grant,
    facts_of_grants,
    find_grant,
    grant_records,
    open_for,
    reach_of,
    tell_people,
    tell_state,
    times_of,
)
from portal.usecases.granting import about_to_be, begin, end
from portal.usecases.people import name_of
from portal.usecases.standings import NOBODY
from portal.work import Portal, Work
from storage.fields import Place
from storage.grants import GrantNominee, GrantReader
from storage.permits import Permit, grant_scope
from storage.repositories.grants import GrantedVersion, GrantRecord
from storage.tables import Person

ANSWERED = N_("This offer was answered or taken back before. Nothing was changed; look at it again.")
NOT_NOW = N_(
    "This offer can’t be accepted just now. Nothing was changed; try again later, or ask the State that made it."
)
NO_OFFER = N_("This was asked for, not offered. Nothing was changed.")


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
    purpose: str
    by: str
    people: tuple[NamedPerson, ...]
    given: tuple[Given, ...]
    terms: tuple[TermsLine, ...]  # newest first
    reason: str | None
    ended_at: datetime | None
    may: frozenset[str]
    colleagues: tuple[NamedPerson, ...]  # whom the State could name besides


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


# --- looking


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
        colleagues = _acting_for(work, record.grant.state_code) if Action.NAME_READERS.value in may else []
        line = line_of(work, record, facts.review.state_under_review)
    names = {id_: name_of(portal, permit, person) for id_, person in people.items()}
    return GrantPage(
        line=line,
        offered=record.grant.offered,
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
        colleagues=named(portal, permit, [one for one in colleagues if one.id not in nominees]),
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


def _acting_for(work: Work, state: str) -> list[Person]:
    """List the people of a State who act for it now."""
    people = work.people.of_state(state)
    acting = grant_records(work).acting([one.id for one in people], state, work.now)
    return [one for one in people if one.id in acting]


def named(portal: Portal, permit: Permit, people: Sequence[Person]) -> tuple[NamedPerson, ...]:
    """Open people's names, in their order."""
    rows = [NamedPerson(one.id, name_of(portal, permit, one)) for one in people]
    return tuple(sorted(rows, key=lambda one: one.name.casefold()))


# --- asking


@dataclass(frozen=True, slots=True)
class Asking:
    """The form on which a State asks: for which reviews of a cycle, and whom it may name."""

    cycle: UUID | None  # None: there is none
    cycles: tuple[tuple[UUID, str], ...]
    reviews: tuple[tuple[UUID, str], ...]  # and the State under review
    people: tuple[NamedPerson, ...]


def view_asking(portal: Portal, caller: Caller, cycle: UUID | None = None) -> Asking:
    """Show the form on which a State asks for a report of a cycle: of the newest in which it can, if none is named.

    Raises:
        NotFound: The reader is no focal point.

    """
    with portal.work(caller) as work:
        permit = work.require_on(Action.LIST_GRANTS, PortalFacts())
        state = work.who.state or ""
        cycles = tuple((row.id, row.name) for row in grant_records(work).cycles_to_ask_for(state))
        shown = next((id_ for id_, _ in cycles if id_ == cycle), cycles[0][0] if cycles else None)
        there = open_for(work, state)
        found = grant_records(work).reviews_to_ask_for(state, shown) if shown else ()
        reviews = tuple(one for one in found if one[0] not in there)
        people = _acting_for(work, state)
    return Asking(shown, cycles, reviews, named(portal, permit, people))


def ask_grant(portal: Portal, caller: Caller, review_id: UUID, purpose: str, readers: Collection[UUID]) -> UUID:
    """Ask another State for access to its report.

    Raises:
        NotFound: There is no such review, or the actor speaks for no State.
        Forbidden: The actor's State is a party to it.
        Conflict: It asked before, or was offered it.
        RefusedError: Nobody was named, or somebody who doesn't act for the State.

    """
    with portal.work(caller) as work:
        file = files_of(work).find(review_id if reach_of(work).speaks else NOBODY)
        grant = about_to_be(work, review_id, work.who.state or "", offered=False)
        record = GrantRecord(grant)
        facts = facts_of_grant(record, file, work.now, begun=False) if file and work.who.state else Absent(GrantFacts)
        permit = work.require_on(Action.ASK_GRANT, facts, asked=review_id)
        if file is None:
            raise NotFound
        grants.check_readers(readers)
        grant.purpose = work.seal(permit, grant_scope(grant.id), Place("access_grant", "purpose", grant.id), purpose)
        begin(work, grant)
        _name(work, grant.id, grant.state_code, readers)
        work.note(permit, readers=len(readers))
        tell_state(work, file.review.state_code, AccountEvent.GRANT_ASKED)
        return grant.id


def name_readers(portal: Portal, caller: Caller, grant_id: UUID, readers: Collection[UUID]) -> None:
    """Name further people as readers; whether they read, the State under review decides by changing the grant.

    Raises:
        NotFound: There is no such grant, or the actor may not know of it.
        Forbidden: It isn't the actor's State that reads, or the grant ended.
        RefusedError: Nobody was named, or somebody who doesn't act for the State.

    """
    with portal.work(caller) as work:
        record, facts, permit = find_grant(work, Action.NAME_READERS, grant_id)
        _name(work, grant_id, record.grant.state_code, readers)
        work.note(permit, readers=sorted(map(str, readers)))
        tell_state(work, facts.review.state_under_review, AccountEvent.GRANT_ASKED)


def _name(work: Work, grant_id: UUID, state: str, readers: Collection[UUID]) -> None:
    records, by = grant_records(work), work.who.person_id
    if by is None:
        raise SignedOut
    known = {one.person_id for one in records.nominees(grant_id)}
    grants.check_readers(readers)
    grants.check_readers({*known, *readers})
    new = sorted({*readers} - known)
    acting = records.acting(new, state, work.now)
    for person in new:
        if person not in acting:
            sentence = N_("Somebody was chosen who doesn’t act for your State now. Look at the list again.")
            raise RefusedError(Problem("grant-not-yours", sentence))
        records.add(GrantNominee(id=uuid4(), grant_id=grant_id, person_id=person, named_by=by, named_at=work.now))


def answer_offer(portal: Portal, caller: Caller, grant_id: UUID, readers: Collection[UUID] | None, words: str) -> None:
    """Accept an offer and name who reads, or (readers None) decline it.

    Raises:
        NotFound: There is no such grant, or the actor may not know of it.
        Forbidden: It isn't the actor's to answer, or the offer was taken back.
        Conflict: It was answered before.
        RefusedError: Nobody was named, or somebody who doesn't act for the State.

    """
    with portal.work(caller) as work:
        record, facts, permit = find_grant(work, Action.ANSWER_OFFER, grant_id)
        grant, terms = record.grant, record.terms
        if not grant.offered:
            raise Conflict(NO_OFFER)
        if grant.accepted_at is not None or terms is None:
            raise Conflict(ANSWERED)
        if readers is None:
            end(work, record, Ending.DECLINED, permit, words)
        else:
            _accept(work, record, readers)
            tell_people(work, readers, AccountEvent.REPORT_OPENED)
        work.note(permit, accepted=readers is not None)
        tell_state(work, facts.review.state_under_review, AccountEvent.GRANT_ANSWERED)


def _accept(work: Work, record: GrantRecord, readers: Collection[UUID]) -> None:
    """Let the terms that were offered hold for those whom their State names."""
    records, grant, terms = grant_records(work), record.grant, record.terms
    if terms is None or terms.ends_at <= work.now:
        raise Conflict(ANSWERED)
    if work.people.suspended(terms.decided_by, grant.review_id):
        raise Conflict(NOT_NOW)
    _name(work, grant.id, grant.state_code, readers)
    ends = records.acting(readers, grant.state_code, work.now)
    for person in sorted({*readers}):
        grants.check_leaving(ends.get(person), terms.starts_at)
        records.add(GrantReader(id=uuid4(), terms_id=terms.id, person_id=person))
    grant.accepted_by, grant.accepted_at = work.who.person_id, work.now
    work.session.flush()
