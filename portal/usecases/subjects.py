"""The sealed fields of the dialogue: each is written and opened here, and its layout is said once.

| Field | Plaintext | Place |
| --- | --- | --- |
| Clarification.draft_subject | canonical JSON: article, heading, page | clarification/draft_subject/<clarification> |
| Clarification.subject | the same, under the shared room's key | clarification/subject/<clarification> |
| Entry.text | the text, in Markdown | entry/text/<entry> |
| Remark.text | the text, in Markdown | remark/text/<remark> |

All but Clarification.subject under the key of the room in which the row lies; a draft of a clarification lies in the
reviewers' room.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final
from uuid import UUID

import rfc8785

from portal.domain.names import one_line
from portal.domain.problems import RefusedError
from portal.domain.reviews import RoomKind
from portal.domain.tags import parse_tag
from portal.domain.texts import N_
from portal.errors import Invalid
from portal.work import Portal, Work
from storage.dialogue import Clarification, Entry, Remark
from storage.fields import Place
from storage.permits import Permit, Scope, room_scope
from storage.repositories.reviews import ReviewRecord

HEADING_CHARACTERS: Final = 200
PAGE_CHARACTERS: Final = 40
NO_HEADING: Final = N_("Say in a few words what the question is about; lists show it.")


@dataclass(frozen=True, slots=True)
class Subject:
    """What a clarification is about: the article as it is cited, a few words, and a page where it names a document."""

    article: str
    heading: str
    page: str = ""


def subject_of(article: str, heading: str, page: str) -> Subject:
    """Read a subject as an expert types it.

    Raises:
        RefusedError: The article is none.
        Invalid: There is no heading, or it or the page can't be kept.

    """
    tag = parse_tag(article)
    if not heading.strip():
        raise Invalid(NO_HEADING, {"heading": NO_HEADING})
    try:
        return Subject(
            str(tag),
            one_line(heading, HEADING_CHARACTERS),
            one_line(page, PAGE_CHARACTERS) if page.strip() else "",
        )
    except RefusedError as error:
        said = str(error)
        raise Invalid(said, {"heading": said}) from error


def room_of(record: ReviewRecord, kind: RoomKind) -> Scope:
    """Name the key scope of a room of a file."""
    room = record.room(kind.value)
    if room is None:
        raise RuntimeError("a review lacks one of its rooms")
    return room_scope(record.review.id, room.id)


def seal_subject(
    work: Work, permit: Permit, scope: Scope, clarification_id: UUID, said: Subject, *, draft: bool
) -> bytes:
    """Seal what a clarification is about."""
    text = rfc8785.dumps(asdict(said)).decode()
    return work.seal(permit, scope, _subject_place(clarification_id, draft=draft), text)


def open_subjects(
    portal: Portal, permit: Permit, record: ReviewRecord, rows: Sequence[tuple[UUID, bytes | None, bytes]]
) -> dict[UUID, Subject]:
    """Open what many clarifications are about.

    Args:
        portal: The portal.
        permit: It covers the shared room, and the reviewers' room where a clarification is a draft still.
        record: The file.
        rows: Of each clarification the id, the subject in the shared room if it has one, and that of the draft.

    """
    shared, drafts = room_of(record, RoomKind.SHARED), room_of(record, RoomKind.REVIEWERS)
    sent = [(id_, blob) for id_, blob, _ in rows if blob is not None]
    unsent = [(id_, draft) for id_, blob, draft in rows if blob is None]
    found: dict[UUID, Subject] = {}
    for scope, some, draft in ((shared, sent, False), (drafts, unsent, True)):
        if some:
            sealed = [(_subject_place(id_, draft=draft), blob) for id_, blob in some]
            opened = portal.keyring.open_many(permit, scope, sealed)
            found |= {id_: Subject(**json.loads(text)) for (id_, _), text in zip(some, opened, strict=True)}
    return found


def open_subject(portal: Portal, permit: Permit, record: ReviewRecord, row: Clarification) -> Subject:
    """Open what a clarification is about."""
    return open_subjects(portal, permit, record, [(row.id, row.subject, row.draft_subject)])[row.id]


def open_draft_subject(portal: Portal, permit: Permit, record: ReviewRecord, row: Clarification) -> Subject:
    """Open what the draft of a clarification is about."""
    return open_subjects(portal, permit, record, [(row.id, None, row.draft_subject)])[row.id]


def _subject_place(clarification_id: UUID, *, draft: bool) -> Place:
    return Place("clarification", "draft_subject" if draft else "subject", clarification_id)


def seal_entry(work: Work, permit: Permit, scope: Scope, entry_id: UUID, text: str) -> bytes:
    """Seal the text of an entry."""
    return work.seal(permit, scope, Place("entry", "text", entry_id), text)


def open_entry(portal: Portal, permit: Permit, entry: Entry) -> str:
    """Open the text of an entry."""
    scope = room_scope(entry.review_id, entry.room_id)
    return portal.open_text(permit, scope, Place("entry", "text", entry.id), entry.text)


def seal_remark(work: Work, permit: Permit, scope: Scope, remark_id: UUID, text: str) -> bytes:
    """Seal the text of a remark."""
    return work.seal(permit, scope, Place("remark", "text", remark_id), text)


def open_remark(portal: Portal, permit: Permit, remark: Remark) -> str:
    """Open the text of a remark."""
    scope = room_scope(remark.review_id, remark.room_id)
    return portal.open_text(permit, scope, Place("remark", "text", remark.id), remark.text)
