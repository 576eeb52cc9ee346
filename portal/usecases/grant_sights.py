"""What somebody could read under grants, as far as the asker knows of these: the focal points of both States alone.

1. Of a person, each version that a running grant to their State gives is asked about, as when they ask themselves.
2. Of a State as a whole nobody in particular is looked at, and grants name people: so how many they name is told.
3. Parties and officers, who know no more than that a grant exists, are shown nothing here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from policies.engine import Decision
from portal.access.actions import Action
from portal.access.entities import GrantFacts
from portal.access.lenses import Lens, Moment
from portal.access.matters import bare_matter
from portal.domain.grants import runs
from portal.domain.ids import PersonId
from portal.gate import decide_each
from portal.usecases.grant_facts import (
    facts_of_grants,
    facts_of_version,
    grant_records,
    reach_of,
    times_of,
)
from portal.usecases.sights import Asking, Line, Sight
from portal.work import Work
from storage.repositories.grants import GrantedVersion, GrantRecord


@dataclass(frozen=True, slots=True)
class GrantSight:
    """A grant that runs; lines: its versions as each lens is answered; readers: how many people it names."""

    id: UUID
    under_review: str
    state: str  # that reads
    ends_at: datetime
    readers: int
    lines: tuple[Line, ...]


def granted_to_state(work: Work, state: str) -> tuple[GrantSight, ...]:
    """List the grants under which people of a State read now, of those that the asker may know of."""
    return tuple(_sight(record, facts, ()) for record, facts in _running(work, state))


def granted_to_person(
    work: Work, state: str | None, person: UUID, lenses: Sequence[Lens], sight: Sight
) -> tuple[GrantSight, ...]:
    """Ask the policies what each lens of a person reads under the grants of their State; rules go to the sight."""
    asking, found = Asking(work, lenses, sight), []
    for record, facts in _running(work, state):
        given = grant_records(work).given([record.terms.id]) if record.terms else []
        mode = record.terms.mode if record.terms else ""
        answers = [_answers(work, lens, _seen_by(lens, facts, person), given, mode) for lens in lenses]
        found.append(_sight(record, facts, tuple(line for line, _ in asking.grouped(answers, len(given)))))
    return tuple(found)


def _running(work: Work, state: str | None) -> list[tuple[GrantRecord, GrantFacts]]:
    theirs = [one for one in grant_records(work).all(reach_of(work)) if one.grant.state_code == state]
    running = [one for one in theirs if runs(times_of(one), work.now)]
    return [
        (record, facts) for record, facts in facts_of_grants(work, running) if work.allows(Action.VIEW_GRANT, facts)
    ]


def _seen_by(lens: Lens, facts: GrantFacts, person: UUID) -> GrantFacts:
    """Count the undertaking as given where something is planned, as it counts everywhere on the page."""
    if lens.moment is not Moment.AFTER:
        return facts
    return replace(facts, undertaken=facts.undertaken | {PersonId(person)})


def _answers(
    work: Work, lens: Lens, facts: GrantFacts, given: Sequence[GrantedVersion], mode: str
) -> list[list[Decision]]:
    versions = [facts_of_version(facts, one, mode) for one in given]
    return [
        decide_each(work.portal.policies, lens.principal, act, [bare_matter(one, act) for one in versions])
        for act in (Action.VIEW_GRANTED, Action.DOWNLOAD_GRANTED)
    ]


def _sight(record: GrantRecord, facts: GrantFacts, lines: tuple[Line, ...]) -> GrantSight:
    if record.terms is None:
        raise RuntimeError("a grant runs without terms")
    under_review = facts.review.state_under_review
    return GrantSight(
        record.grant.id, under_review, record.grant.state_code, record.terms.ends_at, len(record.readers), lines
    )
