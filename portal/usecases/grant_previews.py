"""What readers would see under a grant, before it is given: answered by the policies that decide when they ask.

1. Each person is looked at under each of their running appointments, as when they ask themselves; the grant counts as
   given and running, and the undertaking as accepted.
2. The rest of the review's file is asked about too: the review, each room, each document.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from portal import gate
from portal.access.actions import Action
from portal.access.actors import Actor
from portal.access.entities import GrantedFacts, GrantFacts
from portal.access.matters import Matter, bare_matter
from portal.access.principals import Who
from portal.domain.ids import DocumentId, PersonId, VersionId
from portal.gate import Standings
from portal.usecases.grantable import Edition
from portal.work import Work
from storage.repositories.clarifications import ClarificationRecords
from storage.repositories.documents import DocumentRecords
from storage.repositories.reviews import Reach, ReviewRecord
from storage.tables import Document, Review, Room


@dataclass(frozen=True, slots=True)
class Seen:
    """What one person would see of what was chosen, and of the rest of the file.

    Attributes:
        reads: So many of the versions that were chosen.
        copies: So many of them as copies.
        beyond: So many other things of the file: the review, rooms, documents.
    """

    person: UUID
    reads: int
    copies: int
    beyond: int


def would_see(
    work: Work,
    facts: GrantFacts,
    file: ReviewRecord,
    given: Sequence[Edition],
    readers: Sequence[UUID],
    *,
    copies: bool,
) -> list[Seen]:
    """Tell what each of these people would see, were these versions granted to them."""
    people = frozenset(map(PersonId, readers))
    granted = replace(facts, decided=True, ended=False, running=True, held=False, readers=people, undertaken=people)
    versions = [
        GrantedFacts(
            granted,
            granted.review,
            DocumentId(one.document.id),
            VersionId(one.version.id),
            copies=copies,
            withdrawn=one.document.withdrawn_at is not None,
        )
        for one in given
    ]
    reach = Reach(None, None, everything=True)
    lookups = gate.Files(DocumentRecords(work.session, reach), ClarificationRecords(work.session, reach))
    reads, copied = (
        [bare_matter(one, act) for one in versions] for act in (Action.VIEW_GRANTED, Action.DOWNLOAD_GRANTED)
    )
    beyond, found = _beyond(lookups, file), []
    for person in readers:
        actors = _actors(work, person)
        found.append(
            Seen(
                person,
                _count(work, actors, Action.VIEW_GRANTED, reads),
                _count(work, actors, Action.DOWNLOAD_GRANTED, copied),
                sum(_count(work, actors, action, matters) for action, matters in beyond),
            )
        )
    return found


def _actors(work: Work, person_id: UUID) -> list[Actor]:
    person = work.people.find(person_id)
    running = work.people.running_appointments(person_id, work.now)
    return [
        Standings(
            Who(person=person, appointment=one, held=tuple(running)), work.people, work.lookups, work.now
        ).everywhere()
        for one in running
    ]


def _count(work: Work, actors: Sequence[Actor], action: Action, matters: Sequence[Matter]) -> int:
    """Count the things on which an act is allowed under any of somebody's appointments."""
    allowed: set[int] = set()
    for actor in actors:
        decisions = gate.decide_each(work.portal.policies, actor, action, matters)
        allowed |= {at for at, decision in enumerate(decisions) if decision.allowed}
    return len(allowed)


def _beyond(lookups: gate.Files, file: ReviewRecord) -> list[tuple[Action, list[Matter]]]:
    """Give the rest of a file, as the policies are asked about it."""
    documents = [one for room in file.rooms for one in lookups.documents.of_room(room.id)]
    asked: tuple[tuple[Action, type, Sequence[object]], ...] = (
        (Action.VIEW_REVIEW, Review, [file.review]),
        (Action.LIST_ROOM, Room, file.rooms),
        (Action.VIEW_DOCUMENT, Document, documents),
    )
    return [
        (action, [gate.matter_of(lookups, file, action, kind, row) for row in rows])  # type: ignore[type-var]  # each of its kind
        for action, kind, rows in asked
    ]
