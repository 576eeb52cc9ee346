"""What of grants to other States a case is about: the States that read under these are States concerned (GL 5, ToR 37).

1. A case is about a grant under which its concern was filed, that whoever proposes it names, that is named in the
   examination, or that is suspended because of it. Only a grant of its review that gave something at some time.
2. That is written once and never taken back: a State that was told stays concerned, whether its grant ended or not.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID, uuid4

from portal.errors import NotFound
from portal.work import Work
from storage.cases import BreachCase
from storage.grants import CaseGrant
from storage.permits import Permit
from storage.repositories.grants import GrantRecords


def granted_of(work: Work, case: BreachCase, named: Sequence[UUID]) -> dict[UUID, str]:
    """Give grants of a case's review that were named, and the one of its concern; of each the State that reads.

    Raises:
        NotFound: One of those named is of another review, or never gave anything.
    """
    grants = GrantRecords(work.session)
    given = {one.id: one.state_code for one in grants.ever_given(case.review_id)}
    under = grants.of_concern(case.concern_id) if case.concern_id else None
    chosen = {*named, *([under.id] if under else [])}
    if not chosen <= set(given):
        raise NotFound
    return {id_: given[id_] for id_ in sorted(chosen)}


def touch(work: Work, permit: Permit, case: BreachCase, granted: Mapping[UUID, str]) -> bool:
    """Write down that a case is about these grants; False: all of that was written before."""
    grants = GrantRecords(work.session)
    before = {one.id for one in grants.of_cases([case.id])[case.id]}
    fresh = [id_ for id_ in granted if id_ not in before]
    for id_ in fresh:
        grants.add(CaseGrant(id=uuid4(), case_id=case.id, grant_id=id_))
    if fresh:
        work.note(permit, grants=[str(id_) for id_ in fresh])
    return bool(fresh)
