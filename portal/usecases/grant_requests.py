"""The State that reads: it asks for another's report, names who reads, and answers what it was offered (ToR 37).

1. It asks for the report of any review that it is no party to. Which State is under review in which cycle, all States
   know from the draw; nothing else of the review is told, not whether its report is final.
2. It names those who act for it; whom of them the grant lets read, the State under review decides.
3. An offer takes effect once the other State accepts it and names who reads; not while whoever made it is suspended,
   nor by a page that showed other terms.
"""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import Absent, GrantFacts, PortalFacts
from portal.domain import grants
from portal.domain.account_events import AccountEvent
from portal.domain.grants import Ending
from portal.domain.problems import Problem, RefusedError
from portal.domain.texts import N_
from portal.errors import Conflict, NotFound, Overtaken, SignedOut
from portal.usecases.files import files_of
from portal.usecases.grant_facts import (
    facts_of_grant,
    find_grant,
    grant_records,
    open_for,
    reach_of,
    tell_people,
    tell_state,
)
from portal.usecases.granting import about_to_be, begin, end
from portal.usecases.grants import NamedPerson, acting_for, named
from portal.usecases.standings import NOBODY
from portal.work import Portal, Work
from storage.fields import Place
from storage.grants import GrantNominee, GrantReader
from storage.permits import grant_scope
from storage.repositories.grants import GrantRecord

ANSWERED = N_("This offer was answered or taken back before. Nothing was changed; look at it again.")
OVER = N_(
    "The last day of this offer is over, so it can’t be accepted any more. Nothing was changed; the State that made it "
    "can give it another day."
)
NOT_NOW = N_(
    "This offer can’t be accepted just now. Nothing was changed; try again later, or ask the State that made it."
)
OTHER = N_("This offer was changed since you loaded this page. Look at it as it is now, and answer then.")
NO_OFFER = N_("This was asked for, not offered. Nothing was changed.")


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
        people = acting_for(work, state)
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


def answer_offer(
    portal: Portal, caller: Caller, grant_id: UUID, seen: int | None, readers: Collection[UUID] | None, words: str
) -> None:
    """Accept an offer and name who reads, or decline it.

    Args:
        portal: The portal.
        caller: Who answers.
        grant_id: The grant.
        seen: The number of the terms that the actor saw.
        readers: Who reads; None: it is declined.
        words: What is written to the State that made it, where it is declined.

    Raises:
        NotFound: There is no such grant, or the actor may not know of it.
        Forbidden: It isn't the actor's to answer, or the offer was taken back.
        Conflict: It was answered before, or its last day is over.
        Overtaken: The offer was changed since the actor saw it.
        RefusedError: Nobody was named, or somebody who doesn't act for the State.

    """
    with portal.work(caller) as work:
        record, facts, permit = find_grant(work, Action.ANSWER_OFFER, grant_id)
        grant, terms = record.grant, record.terms
        if not grant.offered:
            raise Conflict(NO_OFFER)
        if grant.accepted_at is not None or terms is None:
            raise Conflict(ANSWERED)
        if terms.number != seen:
            raise Overtaken(OTHER)
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
        raise Conflict(OVER)
    if work.people.suspended(terms.decided_by, grant.review_id):
        raise Conflict(NOT_NOW)
    _name(work, grant.id, grant.state_code, readers)
    ends = records.acting(readers, grant.state_code, work.now)
    for person in sorted({*readers}):
        grants.check_leaving(ends.get(person), terms.starts_at)
        if person not in record.readers:  # whoever was named before is among them if the offer was changed since
            records.add(GrantReader(id=uuid4(), terms_id=terms.id, person_id=person))
    grant.accepted_by, grant.accepted_at = work.who.person_id, work.now
    work.session.flush()
