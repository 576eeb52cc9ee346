"""What a State under review can grant: the final report and summary, and what it owns in the shared room.

1. The report and the summary are granted in the versions that all parties agreed on, and in their language versions.
2. ToR 36 (d): beside these, only what the State under review submitted itself, each by its newest version.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from portal.domain.documents import DocumentStage
from portal.domain.problems import Problem, RefusedError
from portal.domain.texts import N_
from portal.usecases.grant_facts import grant_records
from portal.usecases.particulars import open_title
from portal.work import Portal, Work
from storage.permits import Permit
from storage.repositories.reviews import ReviewRecord
from storage.tables import Document, Version


@dataclass(frozen=True, slots=True)
class Edition:
    """A language in which something can be granted."""

    language: str
    document: Document
    version: Version


@dataclass(frozen=True, slots=True)
class Candidate:
    """What can be granted; usual: the final report or summary."""

    document: UUID
    number: int
    kind: str
    usual: bool
    editions: tuple[Edition, ...]
    title: str = ""


def candidates(work: Work, file: ReviewRecord) -> list[Candidate]:
    """List what the State under review can grant, the report and the summary first."""
    room, final = file.room("shared"), file.final
    rows = grant_records(work).candidates(room.id) if room else []
    agreed = {final.report_id: final.report_version_id, final.summary_id: final.summary_version_id} if final else {}
    chosen: dict[UUID, tuple[Document, Version]] = {}
    for document, version in rows:
        if document.id in agreed:
            if version.id == agreed[document.id]:
                chosen[document.id] = (document, version)
        elif document.id not in chosen and document.stage != DocumentStage.DRAFT:
            chosen[document.id] = (document, version)
    originals = [
        (document, version)
        for document, version in chosen.values()
        if document.translates_id is None and (document.id in agreed or document.owner == file.review.state_code)
    ]
    found = [
        Candidate(
            document.id,
            document.number,
            document.kind,
            document.id in agreed,
            (
                Edition(document.language, document, version),
                *(
                    Edition(other.language, other, newest)
                    for other, newest in chosen.values()
                    if other.translates_id == version.id
                ),
            ),
        )
        for document, version in originals
    ]
    return sorted(found, key=lambda one: (not one.usual, one.number))


def titled(portal: Portal, permit: Permit, found: Sequence[Candidate]) -> list[Candidate]:
    """Open the titles, once the permit's event is committed."""
    return [replace(one, title=open_title(portal, permit, one.editions[0].document)) for one in found]


def picked(found: Sequence[Candidate], documents: Collection[UUID], languages: Collection[str]) -> list[Edition]:
    """Pick what was ticked, in the languages that were; what stands in the form twice, once.

    Raises:
        RefusedError: Something was ticked that can't be granted, or isn't there in any of the languages.

    """
    known = {one.document: one for one in found}
    if not {*documents} <= known.keys():
        sentence = N_("Something that was chosen can’t be granted any more. Look at the list again.")
        raise RefusedError(Problem("grant-gone", sentence))
    given: list[Edition] = []
    for document in dict.fromkeys(documents):
        editions = [one for one in known[document].editions if one.language in languages]
        if not editions:
            sentence = N_("Document %(number)d isn’t there in any of the languages that were chosen.")
            raise RefusedError(Problem("grant-language", sentence, {"number": known[document].number}))
        given += editions
    return given
