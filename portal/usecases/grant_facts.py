"""Grants as the policies and the other use cases see them: facts, a permit on one, who is told of its steps."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from portal.access.actions import Action
from portal.access.entities import Absent, GrantedFacts, GrantFacts
from portal.access.file_matters import review_facts
from portal.domain.account_events import AccountEvent
from portal.domain.grants import Ending, Times, runs
from portal.domain.ids import DocumentId, GrantId, PersonId, RoomId, StateCode, VersionId
from portal.domain.reviews import RoomKind
from portal.domain.roles import Role
from portal.errors import NotFound
from portal.usecases.account_notices import tell_person
from portal.usecases.files import files_of
from portal.work import Work
from storage.permits import Permit
from storage.repositories.grants import GrantedVersion, GrantReach, GrantRecord, GrantRecords
from storage.repositories.reviews import ReviewRecord


def grant_records(work: Work) -> GrantRecords:
    """Give the grants, in this transaction."""
    return GrantRecords(work.session)


def reach_of(work: Work) -> GrantReach:
    """Tell which grants may be found for whoever asks."""
    return GrantReach(work.who.state, work.who.person_id, speaks=work.who.role is Role.FOCAL_POINT)


def facts_of_grants(work: Work, records: Sequence[GrantRecord]) -> list[tuple[GrantRecord, GrantFacts]]:
    """Tell the policies about grants, with as many questions as about one."""
    files = files_of(work).those({one.grant.review_id for one in records}) if records else {}
    return [(one, facts_of_grant(one, files[one.grant.review_id], work.now)) for one in records]


def open_for(work: Work, state: str) -> frozenset[UUID]:
    """Name the reviews whose report a State asked for, was offered or may read: it doesn't ask for these again."""
    records = [one for one in grant_records(work).all(reach_of(work)) if one.grant.state_code == state]
    return frozenset(
        one.grant.review_id for one in records if one.grant.ended_as is None and not is_over(one, work.now)
    )


def is_over(record: GrantRecord, now: datetime) -> bool:
    """Tell whether the time of a grant's terms is over: it makes room for another of the same State."""
    return record.terms is not None and record.terms.ends_at <= now


def times_of(record: GrantRecord) -> Times:
    """Tell what a grant's standing follows from."""
    grant, terms = record.grant, record.terms
    return Times(
        Ending(grant.ended_as) if grant.ended_as else None,
        grant.offered and grant.accepted_at is None,
        terms.starts_at if terms else None,
        terms.ends_at if terms else None,
        record.held,
    )


def facts_of_grant(record: GrantRecord, file: ReviewRecord, now: datetime, *, begun: bool = True) -> GrantFacts:
    """Tell the policies about a grant, made or about to be."""
    room = file.room(RoomKind.SHARED.value)
    if room is None:
        raise RuntimeError("a review lacks one of its rooms")
    return GrantFacts(
        GrantId(record.grant.id),
        review_facts(file),
        StateCode(record.grant.state_code),
        RoomId(room.id),
        final=file.final is not None,
        decided=record.terms is not None,
        ended=record.grant.ended_at is not None,
        running=runs(times_of(record), now),
        held=record.held,
        readers=frozenset(map(PersonId, record.readers)),
        undertaken=frozenset(map(PersonId, record.undertaken)),
        begun=begun,
    )


def facts_of_version(grant: GrantFacts, one: GrantedVersion, mode: str) -> GrantedFacts:
    """Tell the policies about a version that a grant gives."""
    return GrantedFacts(
        grant,
        grant.review,
        DocumentId(one.document.id),
        VersionId(one.version.id),
        copies=mode == "copies",
        withdrawn=one.document.withdrawn_at is not None,
    )


def find_grant(work: Work, action: Action, grant_id: UUID) -> tuple[GrantRecord, GrantFacts, Permit]:
    """Ask for an act on a grant.

    Raises:
        NotFound: There is no such grant, or the actor may not know of it.
        Forbidden: The actor sees it but may not do this.

    """
    record = grant_records(work).find(grant_id, reach_of(work))
    file = files_of(work).find(record.grant.review_id if record else grant_id)
    facts = facts_of_grant(record, file, work.now) if record and file else Absent(GrantFacts)
    permit = work.require_on(action, facts, asked=grant_id)
    if record is None or isinstance(facts, Absent):
        raise NotFound
    return record, facts, permit


def find_granted(work: Work, action: Action, version_id: UUID) -> tuple[GrantRecord, GrantedVersion, Permit]:
    """Ask for an act on a version that a grant gives.

    Raises:
        NotFound: No grant gives it to whoever asks.
        Forbidden: They may read it, but not do this.

    """
    found = grant_records(work).of_version(version_id, reach_of(work))
    file = files_of(work).find(found[0].grant.review_id if found else version_id)
    facts: GrantedFacts | Absent = Absent(GrantedFacts)
    if found and file and found[0].terms:
        facts = facts_of_version(facts_of_grant(found[0], file, work.now), found[1], found[0].terms.mode)
    permit = work.require_on(action, facts, asked=version_id)
    if found is None or isinstance(facts, Absent):
        raise NotFound
    return found[0], found[1], permit


def tell_state(work: Work, state: str, event: AccountEvent) -> None:
    """Tell the focal points of a State, but for whoever acts."""
    tell_people(work, (one.person_id for one in work.people.holders(Role.FOCAL_POINT, work.now, [state])), event)


def tell_people(work: Work, people: Iterable[UUID], event: AccountEvent) -> None:
    """Tell people, but for whoever acts."""
    for person in sorted({*people} - {work.who.person_id}):
        tell_person(work, person, event)
