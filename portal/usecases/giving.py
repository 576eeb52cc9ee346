"""What the State under review looks at before it gives: what can be given, to whom, and what they would see."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import GrantFacts
from portal.domain.grants import Mode
from portal.domain.problems import Problem, RefusedError
from portal.domain.roles import Role
from portal.errors import NotFound
from portal.usecases.files import files_of
from portal.usecases.grant_facts import find_grant, grant_records
from portal.usecases.grant_previews import Seen, would_see
from portal.usecases.grantable import Candidate, candidates, picked, titled
from portal.usecases.granting import Giving, offering
from portal.work import Portal, Work
from storage.repositories.grants import GrantRecord, GrantRecords
from storage.repositories.reviews import ReviewRecord


@dataclass(frozen=True, slots=True)
class Weighing:
    """What can be given, and what each of the readers chosen would see; problem: why that can't be told.

    Attributes:
        final: The parties agreed on the report.
        seen: Of each reader.
        given: So many versions were chosen.
    """

    candidates: tuple[Candidate, ...]
    final: bool
    seen: tuple[Seen, ...]
    given: int
    seen_terms: int
    problem: Problem | None = None


def weigh_grant(portal: Portal, caller: Caller, grant_id: UUID, giving: Giving | None) -> Weighing:
    """Show what can be given, and what the readers would see.

    Args:
        portal: The portal.
        caller: Who asks.
        grant_id: The grant.
        giving: What is chosen; None: what holds now, or else what is usual, to all who were named and act for their
            State.

    Raises:
        NotFound: There is no such grant, or the actor may not know of it.
        Forbidden: It isn't the actor's to give.

    """
    with portal.work(caller) as work:
        record, facts, permit = find_grant(work, Action.WEIGH_GRANT, grant_id)
        file = files_of(work).find(record.grant.review_id)
        if file is None:
            raise NotFound
        found = candidates(work, file)
        records = grant_records(work)
        named = [one.person_id for one in records.nominees(grant_id)]
        acts = records.acting(named, record.grant.state_code, work.now)
        acting = [one for one in named if one in acts]
        weighed = _weighed(work, facts, file, found, giving or _holding(record, records, found, acting), acting)
        work.note(permit, readers=len(weighed[0]), versions=weighed[1])
        number = record.terms.number if record.terms else 0
    seen, given, problem = weighed
    return Weighing(tuple(titled(portal, permit, found)), facts.final, tuple(seen), given, number, problem)


def _holding(
    record: GrantRecord, records: GrantRecords, found: Sequence[Candidate], acting: Sequence[UUID]
) -> Giving | None:
    """Take what holds now as if it were chosen anew, for all who were named, those who came later too."""
    if record.terms is None:
        return None
    given = {one.given.document_id for one in records.given([record.terms.id])}
    documents = tuple(one.document for one in found if given & {edition.document.id for edition in one.editions})
    languages, mode = tuple(record.terms.languages.split()), Mode(record.terms.mode)
    return Giving(documents, languages, frozenset(acting), mode, first=None, last=None)


def _weighed(
    work: Work,
    facts: GrantFacts,
    file: ReviewRecord,
    found: Sequence[Candidate],
    giving: Giving | None,
    acting: Sequence[UUID],
) -> tuple[list[Seen], int, Problem | None]:
    if giving is None:
        usual = [edition for one in found if one.usual for edition in one.editions]
        return would_see(work, facts, file, usual, acting, copies=False), len(usual), None
    try:
        given = picked(found, giving.documents, giving.languages)
    except RefusedError as refused:
        return [], 0, refused.problems[0]
    readers = [one for one in acting if one in giving.readers]
    return would_see(work, facts, file, given, readers, copies=giving.mode == "copies"), len(given), None


@dataclass(frozen=True, slots=True)
class Offering:
    """What can be offered, and to which States."""

    review: UUID
    candidates: tuple[Candidate, ...]
    states: tuple[str, ...]
    final: bool


def view_offering(portal: Portal, caller: Caller, review_id: UUID) -> Offering:
    """Show the form on which the State under review offers access to another one.

    Raises:
        NotFound: There is no such review, or it isn't the actor's to offer.

    """
    with portal.work(caller) as work:
        home = work.who.state or ""
        file = work.reviews.find(review_id)
        parties = {one.state_code for one in file.parties if one.until is None} if file else set()
        states = sorted(work.people.states_with(Role.FOCAL_POINT, work.now) - parties)
        _, file, permit, facts = offering(work, Action.WEIGH_GRANT, review_id, states[0] if states else home)
        found = candidates(work, file)
    return Offering(review_id, tuple(titled(portal, permit, found)), tuple(states), facts.final)
