"""What an act on a file is on: the review as a whole, a room, a document, a text, a proposal to agree on."""

from dataclasses import replace
from typing import Final, TypeVar
from uuid import UUID

from portal.access.actions import Action
from portal.access.entities import (
    ClarificationFacts,
    DocumentFacts,
    EntryFacts,
    ManifestFacts,
    ReviewFacts,
    RoomFacts,
)
from portal.access.matters import Matter
from portal.access.publication_matters import national_room
from portal.audit.events import CASES_STREAM
from portal.domain.clarifications import ClarificationStage, Clearance, EntryStage
from portal.domain.documents import DocumentStage
from portal.domain.ids import (
    ClarificationId,
    DocumentId,
    EntryId,
    ManifestId,
    ReviewId,
    RoomId,
    StateCode,
    StreamId,
    VersionId,
)
from portal.domain.reviews import ReviewStage, RoomKind
from storage.dialogue import Clarification, Entry
from storage.permits import NAMES, REGISTRY, SUMMARIES, Scope, publication_scope, room_scope, stream_scope
from storage.reports import Manifest
from storage.repositories.reviews import ReviewRecord
from storage.tables import Document, Review, Room, Version

# what of a file an act can be on
Row = TypeVar("Row", Review, Room, Document, Version, Clarification, Entry, Manifest)
# acts whose permit opens the trail of the room that the thing lies in
OPENS_TRAIL: Final = frozenset({Action.VIEW_DOCUMENT_TRAIL, Action.VIEW_ROOM_TRAIL})
# acts whose permit opens the trail of the review's own acts: who is assigned, who looked at the file as a whole
OPENS_REVIEW_TRAIL: Final = frozenset({Action.VIEW_REVIEW_TRAIL, Action.EXPORT_REVIEW_TRAIL})
# acts on a review's entry in the register whose permit opens, and seals, legal bases
_REGISTER: Final = frozenset({Action.VIEW_REGISTER_ENTRY, Action.CHANGE_PARTIES})
_CLARIFICATION_ROOMS: Final = {
    Action.MERGE_CLARIFICATION: RoomKind.REVIEWERS,
    Action.ROUTE_CLARIFICATION: RoomKind.NATIONAL,
}
# acts on a review whose permit opens, and seals, what lies under the shared room's key: reasons in its schedule, hashes
_SHARED: Final = frozenset(
    {
        *(Action.VIEW_SCHEDULE, Action.PLAN_REVIEW, Action.SET_STEP),
        *(Action.VIEW_REPORT, Action.PROPOSE_MANIFEST, Action.LIST_COMMENTS, Action.TRANSMIT_SUMMARY),
    }
)


def review_facts(record: ReviewRecord) -> ReviewFacts:
    """Tell the policies about a review file."""
    return ReviewFacts(
        ReviewId(record.review.id),
        StateCode(record.review.state_code),
        frozenset(StateCode(code) for code in record.reviewing),
        ReviewStage(record.review.stage),
        record.review.help_asked,
    )


def room_facts(room: Room, review: ReviewFacts) -> RoomFacts:
    """Tell the policies about a room."""
    state = StateCode(room.state_code) if room.state_code else None
    return RoomFacts(RoomId(room.id), review, RoomKind(room.kind), state)


def document_facts(document: Document, room: RoomFacts, final: Manifest | None) -> DocumentFacts:
    """Tell the policies about a document; final: what the parties of its review agreed on."""
    return DocumentFacts(
        DocumentId(document.id),
        room,
        DocumentStage(document.stage),
        withdrawn=document.withdrawn_at is not None,
        owner=document.owner,
        final=final is not None and document.id in final.documents,
        renders_final=final is not None and document.translates_id in final.versions,
    )


def review_matter(record: ReviewRecord, action: Action) -> Matter:
    """Take a whole review file."""
    review: Review = record.review
    scopes = {NAMES, REGISTRY} if action in _REGISTER else {NAMES}
    if action in OPENS_REVIEW_TRAIL:
        scopes.add(stream_scope(review.id))
    stream = CASES_STREAM if action is Action.LIST_CONCERNS else review.id
    if action is Action.SET_CLEARANCE and (own := record.room(RoomKind.REVIEWERS.value)) is not None:
        stream = own.id  # how a reviewing State works is nothing for the State under review
    if action is Action.LIST_PUBLICATIONS:
        stream = national_room(record)
        scopes.add(publication_scope(review.id))
    shared = record.room(RoomKind.SHARED.value) if action in _SHARED else None
    if shared is not None:
        scopes.add(room_scope(review.id, shared.id))
    return Matter(review_facts(record), {"review": str(review.id)}, StreamId(stream), frozenset(scopes))


def room_matter(room: Room, record: ReviewRecord, action: Action) -> Matter:
    """Take a room of a file."""
    return Matter(
        room_facts(room, review_facts(record)),
        {"review": str(room.review_id), "room": str(room.id)},
        StreamId(room.id),
        _room_scopes(room.review_id, room.id, action),
    )


def document_matter(document: Document, version: Version | None, record: ReviewRecord, action: Action) -> Matter:
    """Take a document, or one version of it."""
    room = next(room for room in record.rooms if room.id == document.room_id)
    on = {"review": str(document.review_id), "room": str(document.room_id), "document": str(document.id)}
    scopes, stream = _room_scopes(room.review_id, room.id, action), room.id
    if action is Action.PREPARE_PUBLICATION:
        scopes, stream = scopes | {publication_scope(room.review_id)}, national_room(record)
    if action is Action.SHRED_VERSION:
        scopes = frozenset()  # what is destroyed is not opened for it
    return Matter(
        document_facts(document, room_facts(room, review_facts(record)), record.final),
        on | ({"version": str(version.id)} if version else {}),
        StreamId(stream),
        scopes,
        about=document.id,
        version=VersionId(version.id) if version else None,
    )


def clarification_matter(row: Clarification, record: ReviewRecord, action: Action, target: RoomKind | None) -> Matter:
    """Take a clarification: recorded where those see it who may know of it; the permit covers that room.

    Drafting is recorded in the room of the draft, and whom the State under review gives it to in its national room.
    """
    passed = row.passed_at is not None
    kind = _CLARIFICATION_ROOMS.get(action) or target or (RoomKind.SHARED if passed else RoomKind.REVIEWERS)
    state = record.review.state_code if kind is RoomKind.NATIONAL else None
    room = record.room(kind.value, state)
    if room is None:
        raise RuntimeError("a review lacks one of its rooms")
    facts = ClarificationFacts(
        ClarificationId(row.id),
        review_facts(record),
        ClarificationStage(row.stage),
        passed=passed,
        owner=StateCode(row.owner),
    )
    on = {"review": str(row.review_id), "room": str(room.id), "clarification": str(row.id)}
    return Matter(facts, on, StreamId(room.id), _room_scopes(row.review_id, room.id, action), about=row.id)


def entry_matter(row: Entry, record: ReviewRecord, action: Action, *, needs_clearance: bool) -> Matter:
    """Take a text of a clarification in its room."""
    room = next(room for room in record.rooms if room.id == row.room_id)
    facts = EntryFacts(
        EntryId(row.id),
        room_facts(room, review_facts(record)),
        EntryStage(row.stage),
        row.owner,
        needs_clearance=needs_clearance,
        cleared=row.clearance == Clearance.GIVEN,
    )
    on = {"review": str(row.review_id), "room": str(room.id), "clarification": str(row.clarification_id)}
    return Matter(
        facts,
        on | {"entry": str(row.id)},
        StreamId(room.id),
        _room_scopes(row.review_id, room.id, action),
        about=row.clarification_id,
    )


def manifest_matter(row: Manifest, record: ReviewRecord, action: Action) -> Matter:
    """Take a proposal to agree on: an act on the review as a whole; the shared room's key seals what is said of it."""
    facts = ManifestFacts(
        ManifestId(row.id),
        review_facts(record),
        running=row.ended_at is None and row.final_at is None,
        answered=frozenset(StateCode(answer.state_code) for answer in record.answers if answer.manifest_id == row.id),
    )
    on = {"review": str(row.review_id), "manifest": str(row.id)}
    return Matter(facts, on, StreamId(row.review_id), _room_scopes(row.review_id, row.room_id, action))


def reaching(matter: Matter, record: ReviewRecord | None, target: RoomKind | None) -> Matter:
    """Let a matter cover the room that a document is to go to: the policies decide on the act by that room's kind."""
    room = record.room(target.value) if record and target else None
    return replace(matter, scopes=matter.scopes | {room_scope(room.review_id, room.id)}) if room else matter


def _room_scopes(review: UUID, room: UUID, action: Action) -> frozenset[Scope]:
    scopes = {NAMES, room_scope(review, room)}
    if action in OPENS_TRAIL:
        scopes.add(stream_scope(room))
    if action is Action.CONFIRM_SUMMARY:
        scopes.add(SUMMARIES)
    return frozenset(scopes)
