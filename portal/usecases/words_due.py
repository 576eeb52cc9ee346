"""What waits for the word of a State: a proposal to agree on, a request or an offer of a grant, a publication.

Each is asked of the gate for whoever reads, and only what they may answer themselves is listed.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from portal.access.actions import Action
from portal.domain.grants import Stand, stand_of
from portal.domain.texts import N_
from portal.usecases.grant_facts import facts_of_grants, grant_records, reach_of, times_of
from portal.usecases.publications import could_confirm, publication_facts, records_of
from portal.work import Work
from storage.reports import Manifest


class WordKind(StrEnum):
    """What is waited for."""

    MANIFEST = "manifest"
    REQUEST = "request"
    OFFER = "offer"
    PUBLICATION = "publication"


WORDS: Final[dict[WordKind, str]] = {
    WordKind.MANIFEST: N_("The report and its summary, to agree to or not"),
    WordKind.REQUEST: N_("A State asks to read the report"),
    WordKind.OFFER: N_("A State offers its report to be read"),
    WordKind.PUBLICATION: N_("A publication, to read and confirm"),
}


@dataclass(frozen=True, slots=True)
class WordDue:
    """Something that waits for a State's word; review: the file that it is of; about: its id."""

    kind: WordKind
    review: UUID
    about: UUID

    @property
    def place(self) -> str:
        """Give the address where the word is given."""
        match self.kind:
            case WordKind.MANIFEST:
                return f"/reviews/{self.review}/report"
            case WordKind.PUBLICATION:
                return f"/publications/{self.about}"
            case WordKind.REQUEST | WordKind.OFFER:
                return f"/grants/{self.about}"


def words_due(work: Work, reviews: Collection[UUID]) -> list[WordDue]:
    """List what waits for the word of the reader's State: of these reviews, and offers of any State."""
    return [*_manifests(work, reviews), *_publications(work, reviews), *_grants(work, reviews)]


def _manifests(work: Work, reviews: Collection[UUID]) -> list[WordDue]:
    files = [file for review in reviews if (file := work.file(review)) is not None]
    proposed = [file.manifest for file in files if file.manifest is not None]
    found = work.allowed(Action.AGREE_MANIFEST, Manifest, proposed)
    return [WordDue(WordKind.MANIFEST, one.review_id, one.id) for one in found]


def _publications(work: Work, reviews: Collection[UUID]) -> list[WordDue]:
    records = records_of(work)
    return [
        WordDue(WordKind.PUBLICATION, row.review_id, row.id)
        for review in reviews
        if (file := work.file(review)) is not None
        for row in records.of(review)
        if could_confirm(work, row, publication_facts(records, row, file, work.now))
    ]


def _grants(work: Work, reviews: Collection[UUID]) -> list[WordDue]:
    found = []
    for record, facts in facts_of_grants(work, grant_records(work).all(reach_of(work))):
        stand, review = stand_of(times_of(record), work.now), record.grant.review_id
        if stand is Stand.ASKED and review in reviews and work.allows(Action.REFUSE_GRANT, facts):
            found.append(WordDue(WordKind.REQUEST, review, record.grant.id))
        if stand is Stand.OFFERED and work.allows(Action.ANSWER_OFFER, facts):
            found.append(WordDue(WordKind.OFFER, review, record.grant.id))
    return found
