"""Concerns about what was granted: whoever reads another State's report under a grant files one, or their focal point.

1. A reader does while the terms name them, suspended or run out; their State's focal point once something was given.
2. The form tells nothing of the file beyond the grant: the titles that it gave, to a reader once they undertook to
   respect their confidentiality; neither who works on the review nor which documents else there are.
3. The grant's own part of the log tells nothing of it: neither State learns from there that somebody filed one.
"""

from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import Absent, ConcernFacts, GrantFacts
from portal.domain.cases import Told
from portal.domain.ids import ConcernId, PersonId, StateCode
from portal.domain.roles import Role
from portal.errors import NotFound
from portal.usecases.concerns import ConcernLine, concern_facts, concerns_of, keep_concern
from portal.usecases.files import files_of
from portal.usecases.grant_facts import facts_of_grant, grant_records, reach_of
from portal.usecases.grants import Given, opened
from portal.work import Portal, Work
from storage.grants import ConcernGrant
from storage.repositories.grants import GrantedVersion, GrantRecord
from storage.repositories.reviews import ReviewRecord


@dataclass(frozen=True, slots=True)
class GrantedFiling:
    """The page on which a concern about what was granted is filed."""

    grant: UUID
    state: str  # under review
    documents: tuple[Given, ...]
    mine: tuple[ConcernLine, ...]
    reader: bool  # not the focal point


def view_granted_filing(portal: Portal, caller: Caller, grant_id: UUID) -> GrantedFiling:
    """Show the form of a concern about what a grant gave, and what the reader filed before.

    Raises:
        NotFound: There is no such grant, or it gives nothing to the reader or to their State.

    """
    with portal.work(caller) as work:
        record, file = _find(work, grant_id)
        facts: GrantFacts | Absent = Absent(GrantFacts)
        if record and file:  # whether its terms hold or held
            facts = replace(facts_of_grant(record, file, work.now), decided=True)
        permit = work.require_on(Action.LIST_CONCERNS, facts, asked=grant_id)
        me = work.who.person_id
        if record is None or file is None or me is None:
            raise NotFound
        rows, mine = _given(work, record), concerns_of(work, me, file)
        reader = work.who.role is not Role.FOCAL_POINT
    documents = {one.document: one for one in opened(portal, permit, grant_id, rows)}
    return GrantedFiling(grant_id, file.review.state_code, tuple(documents.values()), tuple(mine), reader)


def file_granted_concern(portal: Portal, caller: Caller, grant_id: UUID, told: Told) -> ConcernId:
    """File a concern about what a grant gave; of its documents those are kept that it gave.

    Raises:
        NotFound: There is no such grant, or it gives nothing to the actor or to their State.

    """
    with portal.work(caller) as work:
        record, file = _find(work, grant_id)
        concern = ConcernId(uuid4())
        facts = _facts(work, record, file, concern) if record and file else Absent(ConcernFacts)
        permit = work.require_on(Action.FILE_CONCERN, facts, asked=grant_id)
        if record is None:
            raise NotFound
        given = {str(one.document.id) for one in _given(work, record)}
        keep_concern(work, permit, facts, told, [one for one in dict.fromkeys(told.documents) if one in given])
        grant_records(work).add(ConcernGrant(concern_id=concern, grant_id=grant_id))
    return concern


def _find(work: Work, grant_id: UUID) -> tuple[GrantRecord | None, ReviewRecord | None]:
    """Find a grant to the actor's own State that gave something, and the file that it is of."""
    record = grant_records(work).find(grant_id, reach_of(work))
    if record is None or record.grant.state_code != work.who.state or not grant_records(work).terms([grant_id]):
        return None, files_of(work).find(grant_id)
    return record, files_of(work).find(record.grant.review_id)


def _facts(work: Work, record: GrantRecord, file: ReviewRecord, concern: ConcernId) -> ConcernFacts | Absent:
    me = work.who.person_id
    if me is None:
        return Absent(ConcernFacts)
    facts = concern_facts(work, file, concern, me, None)
    return replace(facts, state=StateCode(record.grant.state_code), readers=frozenset(map(PersonId, record.readers)))


def _given(work: Work, record: GrantRecord) -> list[GrantedVersion]:
    """List what a grant gives, or gave last; to a reader once they undertook to respect its confidentiality."""
    if work.who.role is not Role.FOCAL_POINT and work.who.person_id not in record.undertaken:
        return []
    terms = [one.id for one in grant_records(work).terms([record.grant.id])]
    return list(grant_records(work).given(terms[-1:]))
