"""What waits for somebody beside questions and steps: requests, publications, cases, documents to circulate.

Nothing sealed is opened for it, and nothing is told that the page to which it leads would not tell them.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from portal.access.actions import Action
from portal.domain.roles import Role
from portal.usecases.cases import waiting_cases
from portal.usecases.grants import lines_of
from portal.usecases.publications import could_confirm, publication_facts, records_of
from portal.work import Work
from storage.repositories.reviews import ReviewRecord
from storage.tables import Document

PARTIES: Final = frozenset({Role.FOCAL_POINT, Role.EXPERT})


class Wait(StrEnum):
    """What it is that waits."""

    REQUEST = "request"  # of another State, to read the reader's report
    OFFER = "offer"  # of another State, to read its report
    PUBLICATION = "publication"
    CASE = "case"
    CIRCULATION = "circulation"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that waits: the State that it is about or of, where it is, and how many there are."""

    what: Wait
    state: str
    id: UUID
    count: int = 1


def waiting(work: Work, records: Mapping[UUID, ReviewRecord]) -> tuple[Waiting, ...]:
    """Tell what waits for whoever asks.

    Args:
        work: Theirs.
        records: Of the open reviews that they see.

    """
    role = work.who.role
    found: list[Waiting] = []
    if role is Role.FOCAL_POINT:
        found += _grants(work)
    if role in PARTIES:
        found += _publications(work, records)
    if role in {Role.FOCAL_POINT, Role.CONFIDENTIALITY_OFFICER}:
        found += [Waiting(Wait.CASE, line.state, line.id) for line in waiting_cases(work)]
    if role is Role.OFFICER:
        found += _circulations(work, records)
    return tuple(found)


def _grants(work: Work) -> list[Waiting]:
    return [
        Waiting(Wait.REQUEST, line.state, line.id) if line.mine else Waiting(Wait.OFFER, line.under_review, line.id)
        for line in lines_of(work)
        if line.waits
    ]


def _publications(work: Work, records: Mapping[UUID, ReviewRecord]) -> list[Waiting]:
    found: list[Waiting] = []
    for row in records_of(work).prepared(list(records)):
        facts = publication_facts(records_of(work), row, records[row.review_id], work.now)
        if work.who.state in facts.waits_for and could_confirm(work, row, facts):
            found.append(Waiting(Wait.PUBLICATION, row.state_code, row.id))
    return found


def _circulations(work: Work, records: Mapping[UUID, ReviewRecord]) -> list[Waiting]:
    rows = work.allowed(Action.CIRCULATE_DOCUMENT, Document, list(work.documents.submitted(list(records))))
    counts = Counter((row.review_id, row.room_id) for row in rows)
    return [
        Waiting(Wait.CIRCULATION, records[review].review.state_code, room, count)
        for (review, room), count in counts.items()
    ]
