"""The State under review decides on grants: it gives, offers, changes, refuses and revokes (ToR 37).

1. What is given is read in one transaction and written in the next, which asks the gate again.
2. New terms end the former ones in the same transaction. A form says which terms its sender saw: of two focal points at
   once the second is told so.
3. Readers are chosen among those whom their own State named, and act for that State when the grant begins.
4. A grant that ends takes effect at the next request; a copy that is under way stops within seconds (transfers.py).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import Absent, GrantFacts
from portal.domain import grants
from portal.domain.account_events import AccountEvent
from portal.domain.grants import Ending, Mode
from portal.domain.periods import Period, day_in
from portal.domain.problems import Problem, RefusedError
from portal.domain.texts import N_
from portal.errors import Conflict, NotFound, SignedOut
from portal.usecases.files import files_of
from portal.usecases.grant_facts import (
    facts_of_grant,
    find_grant,
    grant_records,
    is_over,
    tell_people,
    tell_state,
)
from portal.usecases.grantable import Edition, candidates, picked
from portal.usecases.particulars import open_title
from portal.usecases.standings import NOBODY
from portal.work import Portal, Work
from storage.fields import Place
from storage.grants import Grant, GrantDocument, GrantReader, GrantTerms
from storage.permits import Permit, grant_scope
from storage.repositories.grants import GrantRecord
from storage.repositories.reviews import ReviewRecord

CHANGED = N_("Somebody decided or changed this grant before you. Nothing was changed; look at it again.")
UNDECIDED = N_("There is nothing granted yet. Nothing was changed; look at it again.")
OPEN = N_("There is a grant to this State, or a request of it, already. Nothing was changed; open that one instead.")


@dataclass(frozen=True, slots=True)
class Giving:
    """What is to be given.

    Args:
        documents: Of the final report, the summary and what else was ticked, the ids.
        languages: In which of these.
        readers: Who is to read.
        mode: On the screen only, or as copies too.
        first: From this day; None: from now.
        last: Up to this day.
        seen: The number of the terms that the sender saw; 0: there were none; None: they don't say.
    """

    documents: tuple[UUID, ...]
    languages: tuple[str, ...]
    readers: frozenset[UUID]
    mode: Mode
    first: date | None
    last: date | None
    seen: int | None = 0


# --- giving


def decide_grant(portal: Portal, caller: Caller, grant_id: UUID, giving: Giving) -> None:
    """Grant what another State asked for.

    Raises:
        NotFound: There is no such grant, or the actor may not know of it.
        Forbidden: It isn't the actor's to grant, or the report isn't final.
        Conflict: Somebody decided before.
        RefusedError: Nobody or nothing was chosen, or it can't be given.

    """
    titles = _weigh(portal, caller, grant_id, Action.DECIDE_GRANT, giving)
    with portal.work(caller) as work:
        record, _, permit = find_grant(work, Action.DECIDE_GRANT, grant_id)
        _give(work, permit, record, giving, titles)
        tell_state(work, record.grant.state_code, AccountEvent.GRANT_DECIDED)
        tell_people(work, giving.readers, AccountEvent.REPORT_OPENED)


def change_grant(portal: Portal, caller: Caller, grant_id: UUID, giving: Giving) -> None:
    """Change or extend a grant: new terms, from now on.

    Raises:
        NotFound: There is no such grant, or the actor may not know of it.
        Forbidden: It isn't the actor's to change.
        Conflict: Somebody changed it before, or nothing is granted yet.
        RefusedError: Nobody or nothing was chosen, or it can't be given.

    """
    titles = _weigh(portal, caller, grant_id, Action.CHANGE_GRANT, giving)
    with portal.work(caller) as work:
        record, _, permit = find_grant(work, Action.CHANGE_GRANT, grant_id)
        if record.terms is None:
            raise Conflict(UNDECIDED)
        _give(work, permit, record, giving, titles)
        tell_state(work, record.grant.state_code, AccountEvent.GRANT_CHANGED)
        tell_people(work, giving.readers - record.readers, AccountEvent.REPORT_OPENED)


def offer_grant(portal: Portal, caller: Caller, review_id: UUID, state: str, purpose: str, giving: Giving) -> UUID:
    """Offer access to another State; it takes effect once that State accepts and names its readers.

    Raises:
        NotFound: There is no such review or State, or it isn't the actor's to offer.
        Forbidden: The report isn't final, or that State is a party.
        Conflict: There is a grant to that State, or a request of it, already.
        RefusedError: Nothing was chosen, or it can't be given.

    """
    with portal.work(caller) as work:
        _, file, permit, facts = offering(work, Action.WEIGH_GRANT, review_id, state)
        if not work.allows(Action.OFFER_GRANT, facts):
            work.require_on(Action.OFFER_GRANT, facts, asked=review_id)
        given = picked(candidates(work, file), giving.documents, giving.languages)
    titles = {one.document.id: open_title(portal, permit, one.document) for one in given}
    with portal.work(caller) as work:
        grant, file, permit, _ = offering(work, Action.OFFER_GRANT, review_id, state)
        grant.purpose = work.seal(permit, grant_scope(grant.id), Place("access_grant", "purpose", grant.id), purpose)
        begin(work, grant)
        _give(work, permit, GrantRecord(grant), giving, titles)
        tell_state(work, state, AccountEvent.GRANT_OFFERED)
        return grant.id


def offering(work: Work, action: Action, review_id: UUID, state: str) -> tuple[Grant, ReviewRecord, Permit, GrantFacts]:
    """Ask for an act on a grant that isn't there yet.

    Raises:
        NotFound: There is no such review or State, or it isn't the actor's to offer.
        Forbidden: The report isn't final, or that State is a party.

    """
    file = work.reviews.find(review_id)
    grant = about_to_be(work, review_id, state, offered=True)
    known = work.states.find(state) is not None
    record = GrantRecord(grant)
    facts = facts_of_grant(record, file, work.now, begun=False) if file and known else Absent(GrantFacts)
    permit = work.require_on(action, facts, asked=review_id)
    if file is None or isinstance(facts, Absent):
        raise NotFound
    return grant, file, permit, facts


def about_to_be(work: Work, review_id: UUID, state: str, *, offered: bool) -> Grant:
    """Make a grant that isn't written yet."""
    return Grant(
        id=uuid4(),
        review_id=review_id,
        state_code=state,
        offered=offered,
        begun_by=work.who.person_id or NOBODY,
        begun_at=work.now,
        purpose=b"",
    )


def begin(work: Work, grant: Grant) -> None:
    """Write a new grant, with its part of the log; one whose time is over makes room.

    Raises:
        Conflict: There is one that neither ended nor is over.

    """
    records = grant_records(work)
    open_one = records.open(grant.review_id, grant.state_code)
    if open_one is not None:
        if not is_over(open_one, work.now):
            raise Conflict(OPEN)
        end(work, open_one, Ending.EXPIRED)
    records.add(grant)
    work.audit.add_stream(grant.id, "grant", review=grant.review_id)
    work.session.flush()


def _weigh(portal: Portal, caller: Caller, grant_id: UUID, action: Action, giving: Giving) -> dict[UUID, str]:
    """Read the titles of what is to be given; the gate is asked before, so that nobody reads in vain."""
    with portal.work(caller) as work:
        record, facts, permit = find_grant(work, Action.WEIGH_GRANT, grant_id)
        if not work.allows(action, facts):
            work.require_on(action, facts, asked=grant_id)
        given = _picked(work, record, giving)
    return {one.document.id: open_title(portal, permit, one.document) for one in given}


def _picked(work: Work, record: GrantRecord, giving: Giving) -> list[Edition]:
    file = files_of(work).find(record.grant.review_id)
    return picked(candidates(work, file) if file else [], giving.documents, giving.languages)


def _give(work: Work, permit: Permit, record: GrantRecord, giving: Giving, titles: dict[UUID, str]) -> None:
    """Write new terms, and end the former ones."""
    grant, by = record.grant, work.who.person
    if by is None:
        raise SignedOut
    before = record.terms.number if record.terms else 0
    if before != giving.seen:
        raise Conflict(CHANGED)
    runs = _period(work, record, giving, by.zone)
    open_offer = grant.offered and grant.accepted_at is None
    if not open_offer or giving.readers:
        grants.check_readers(giving.readers)
    grants.check_documents(giving.documents)
    _check_readers(work, permit, grant, giving.readers, runs)
    given = _picked(work, record, giving)
    if {one.document.id for one in given} - titles.keys():
        raise Conflict(CHANGED)
    languages = {one.language for one in given}  # in which something is given; what a form says besides isn't kept
    grants.check_languages(languages)
    terms = write_terms(work, record, giving.readers, runs, giving.mode, languages)
    for one in given:
        add_document(work, permit, terms, grant.id, (one.document.id, one.version.id), titles[one.document.id])
    work.note(permit, terms=terms.number, mode=terms.mode, readers=len(giving.readers), documents=len(given))


def _period(work: Work, record: GrantRecord, giving: Giving, zone: str) -> Period:
    """Take the days; where terms began before, a first day that is over means now."""
    kept, first = record.terms, giving.first
    if kept is not None and first is not None and kept.starts_at <= work.now and first < day_in(zone, work.now):
        first = None
    return grants.terms_period(first, giving.last, work.now, zone)


def _check_readers(work: Work, permit: Permit, grant: Grant, readers: Collection[UUID], runs: Period) -> None:
    records = grant_records(work)
    named = {one.person_id for one in records.nominees(grant.id)}
    if not {*readers} <= named:
        raise RefusedError(
            Problem("grant-unnamed", N_("Somebody was chosen whom their State didn’t name. Look at the list again."))
        )
    acting = records.acting(readers, grant.state_code, work.now)
    for person in readers:
        if person not in acting:
            sentence = N_("Somebody was chosen who doesn’t act for that State any more. Look at the list again.")
            raise RefusedError(Problem("grant-left", sentence))
        grants.check_leaving(acting[person], runs.starts)
    work.note(permit, chosen=sorted(map(str, readers)))


def write_terms(
    work: Work,
    record: GrantRecord,
    readers: Collection[UUID],
    runs: Period,
    mode: Mode,
    languages: Collection[str],
) -> GrantTerms:
    """End the terms that hold, and write the next ones."""
    records, grant = grant_records(work), record.grant
    if record.terms is not None:
        record.terms.until = work.now
        work.session.flush()
    if runs.ends is None or work.who.person_id is None:
        raise SignedOut
    terms = GrantTerms(
        id=uuid4(),
        review_id=grant.review_id,
        grant_id=grant.id,
        number=(record.terms.number if record.terms else 0) + 1,
        mode=mode.value,
        languages=" ".join(sorted(languages)),
        starts_at=runs.starts,
        ends_at=runs.ends,
        decided_by=work.who.person_id,
        since=work.now,
    )
    records.add(terms)
    for person in sorted(readers):
        records.add(GrantReader(id=uuid4(), terms_id=terms.id, person_id=person))
    return terms


def add_document(
    work: Work, permit: Permit, terms: GrantTerms, grant_id: UUID, which: tuple[UUID, UUID], title: str
) -> None:
    """Write that terms give a version (document, version); its title is sealed under the grant's key."""
    one = uuid4()
    grant_records(work).add(
        GrantDocument(
            id=one,
            review_id=terms.review_id,
            grant_id=grant_id,
            terms_id=terms.id,
            document_id=which[0],
            version_id=which[1],
            title=work.seal(permit, grant_scope(grant_id), Place("grant_document", "title", one), title),
        )
    )


# --- ending


def refuse_grant(portal: Portal, caller: Caller, grant_id: UUID, reason: str) -> None:
    """Refuse what another State asked for, with a reason that it reads.

    Raises:
        NotFound: There is no such grant, or the actor may not know of it.
        Forbidden: It isn't the actor's to refuse, or was decided before.

    """
    with portal.work(caller) as work:
        record, _, permit = find_grant(work, Action.REFUSE_GRANT, grant_id)
        end(work, record, Ending.REFUSED, permit, reason)
        tell_state(work, record.grant.state_code, AccountEvent.GRANT_DECIDED)


def revoke_grant(portal: Portal, caller: Caller, grant_id: UUID, reason: str) -> None:
    """End a grant, or take an offer back, now.

    Raises:
        NotFound: There is no such grant, or the actor may not know of it.
        Forbidden: It isn't the actor's to revoke, or it ended before.
        Conflict: There is nothing granted yet.

    """
    with portal.work(caller) as work:
        record, _, permit = find_grant(work, Action.REVOKE_GRANT, grant_id)
        if record.terms is None:
            raise Conflict(UNDECIDED)
        end(work, record, Ending.REVOKED, permit, reason)
        tell_state(work, record.grant.state_code, AccountEvent.GRANT_ENDED)
        tell_people(work, record.readers, AccountEvent.REPORT_CLOSED)


def end(work: Work, record: GrantRecord, how: Ending, permit: Permit | None = None, reason: str | None = None) -> None:
    """Write that a grant ended, and its terms with it."""
    grant = record.grant
    grant.ended_as, grant.ended_by, grant.ended_at = how.value, work.who.person_id, work.now
    if permit is not None and reason:
        place = Place("access_grant", "end_reason", grant.id)
        grant.end_reason = work.seal(permit, grant_scope(grant.id), place, reason)
    if record.terms is not None:
        record.terms.until = work.now
    work.session.flush()
