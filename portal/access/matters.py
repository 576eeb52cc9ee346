"""What an act is on, as the gate needs it: facts for the policies, a place in the log, the key scopes it covers.

A matter's scopes follow from the kind of thing alone, so a use case can't ask for more than it was given.
"""

from dataclasses import dataclass, replace
from typing import Final, TypeVar
from uuid import UUID

from portal.access.actions import Action
from portal.access.entities import (
    Absent,
    AppointmentFacts,
    AssignmentFacts,
    CaseFacts,
    ClarificationFacts,
    ConcernFacts,
    CycleFacts,
    DocumentFacts,
    EntryFacts,
    Facts,
    HandoverFacts,
    InvitationFacts,
    IssuerFacts,
    PersonFacts,
    PortalFacts,
    ReviewFacts,
    RoomFacts,
    SessionFacts,
    StateFacts,
)
from portal.audit.events import CASES_STREAM, IDENTITY_STREAM, MACHINERY_STREAM, REGISTRY_STREAM
from portal.domain.clarifications import ClarificationStage, Clearance, EntryStage
from portal.domain.documents import DocumentStage
from portal.domain.ids import ClarificationId, DocumentId, EntryId, ReviewId, RoomId, StateCode, StreamId, VersionId
from portal.domain.reviews import ReviewStage, RoomKind
from storage.dialogue import Clarification, Entry
from storage.permits import (
    DEVICES,
    ISSUERS,
    NAMES,
    ORIGINS,
    OUTCOMES,
    REGISTRY,
    STREAMS,
    Scope,
    case_scope,
    room_scope,
    stream_scope,
    submission_scope,
)
from storage.repositories.reviews import ReviewRecord
from storage.tables import Document, Review, Room, Version

# what of a file an act can be on
Row = TypeVar("Row", Review, Room, Document, Version, Clarification, Entry)
# acts whose permit opens the content of the version, or of the scanned copy, asked for
OPENS_CONTENT: Final = frozenset({Action.DOWNLOAD_VERSION, Action.SUBMIT_DOCUMENT, Action.OPEN_NOTE})
# acts whose permit opens the trail of the room that the thing lies in
OPENS_TRAIL: Final = frozenset({Action.VIEW_DOCUMENT_TRAIL, Action.VIEW_ROOM_TRAIL})
# acts whose permit opens the trail of the review's own acts: who is assigned, who looked at the file as a whole
OPENS_REVIEW_TRAIL: Final = frozenset({Action.VIEW_REVIEW_TRAIL, Action.EXPORT_REVIEW_TRAIL})
_IDENTITY: Final = frozenset(
    {
        Action.SIGN_IN,
        Action.SIGN_OUT,
        Action.USE_INVITATION,
        Action.CHOOSE_APPOINTMENT,
        Action.END_OWN_SESSION,
        Action.REPORT_TROUBLE,
        Action.VIEW_OWN_ACCOUNT,
        Action.CHANGE_OWN_ACCOUNT,
        Action.PROVE_AGAIN,
        Action.ADD_AUTHENTICATOR,
        Action.REMOVE_AUTHENTICATOR,
        Action.END_SESSIONS_BY_ISSUER,
        Action.CALL_ISSUER,
        Action.LIST_NOTICES,
        Action.SEE_NOTICES,
        Action.VIEW_CALENDAR,
        Action.ISSUE_FEED,
        Action.REVOKE_FEED,
    }
)
_MACHINERY: Final = frozenset(
    {
        Action.CLOSE_INTENTS,
        Action.SWEEP_OBJECTS,
        Action.ROTATE_KEYS,
        Action.CHECK_RECORDS,
        Action.INITIALIZE,
        Action.SEND_MAIL,
        Action.MAKE_ADMINISTRATOR,
        Action.TELL_WEEK,
    }
)
# acts on a review's entry in the register whose permit opens, and seals, legal bases
_REGISTER: Final = frozenset({Action.VIEW_REGISTER_ENTRY, Action.CHANGE_PARTIES})
# acts whose permit opens mail addresses, legal bases and profiles
_PEOPLE: Final = frozenset(
    {
        Action.LIST_PEOPLE,
        Action.ADD_PERSON,
        Action.VIEW_ROSTER,
        Action.VIEW_ACCOUNTS,
        Action.VIEW_OWN_ACCOUNT,
        Action.INITIALIZE,
        Action.MAKE_ADMINISTRATOR,
    }
)
_CLARIFICATION_ROOMS: Final = {
    Action.MERGE_CLARIFICATION: RoomKind.REVIEWERS,
    Action.ROUTE_CLARIFICATION: RoomKind.NATIONAL,
}
# nobody is signed in (yet), so nothing opens but what is kept of the browser with the session that begins
_NAMELESS: Final = frozenset({Action.SIGN_IN, Action.USE_INVITATION, Action.VIEW_CALENDAR, Action.REPORT_TROUBLE})
# acts whose permit seals and opens with which browsers somebody is signed in
_DEVICES: Final = frozenset(
    {
        Action.SIGN_IN,
        Action.USE_INVITATION,
        Action.VIEW_OWN_ACCOUNT,
        Action.ADD_AUTHENTICATOR,
        Action.INITIALIZE,
    }
)
# acts whose permit covers the same, whatever they are on
_SCOPES: Final[dict[Action, frozenset[Scope]]] = {
    Action.VIEW_STATEMENT: frozenset({NAMES, OUTCOMES}),
    Action.CHECK_RECORDS: frozenset({STREAMS, ORIGINS}),  # what the log says; no names, no titles, no contents
    Action.SEND_MAIL: frozenset({REGISTRY}),  # mail addresses; no names, no rooms
    Action.ADD_ISSUER: frozenset({ISSUERS, NAMES}),  # the secret with an identity provider
    Action.CALL_ISSUER: frozenset({ISSUERS}),
    Action.END_SESSIONS_BY_ISSUER: frozenset(),
    Action.TELL_WEEK: frozenset(),  # that events are there and when stands in the clear
}
# acts around breach cases that are on no case yet: nothing of them stands in the file's own trail
_CASES: Final = frozenset({Action.LIST_CONCERNS, Action.LIST_CASES, Action.LIST_OWN_CASES, Action.VIEW_STATEMENT})
# acts on a case whose permit seals how it came out
_COMES_OUT: Final = frozenset({Action.RECORD_FINDING, Action.DECIDE_CASE})
# acts of the Oversight Group: they open what was submitted to it, and nothing else of a case
_OF_THE_GROUP: Final = frozenset({Action.VIEW_SUBMISSION, Action.DECIDE_CASE})
# the person concerned learns the finding, and not what is submitted
_BEFORE_SUBMISSION: Final = frozenset({Action.VIEW_OWN_CASE, Action.ANSWER_CASE})
# acts on a review whose permit opens, and seals, the reasons in its schedule: they lie under the shared room's key
_SCHEDULE: Final = frozenset({Action.VIEW_SCHEDULE, Action.PLAN_REVIEW, Action.SET_STEP})


@dataclass(frozen=True, slots=True)
class Matter:
    """A thing that an act is on."""

    facts: Facts | Absent
    on: dict[str, str]
    stream: StreamId
    scopes: frozenset[Scope] = frozenset()
    about: UUID | None = None
    version: VersionId | None = None
    copy: UUID | None = None  # the scanned copy of a note

    def contents(self, action: Action) -> frozenset[UUID]:
        """Name the one content that a permit for this act opens, if it opens any."""
        content = self.version or self.copy
        return frozenset({content} if content and action in OPENS_CONTENT else ())


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


def document_facts(document: Document, room: RoomFacts) -> DocumentFacts:
    """Tell the policies about a document."""
    return DocumentFacts(
        DocumentId(document.id),
        room,
        DocumentStage(document.stage),
        withdrawn=document.withdrawn_at is not None,
        owner=document.owner,
    )


def review_matter(record: ReviewRecord, action: Action) -> Matter:
    """Take a whole review file."""
    review: Review = record.review
    scopes = {NAMES, REGISTRY} if action in _REGISTER else {NAMES}
    if action in OPENS_REVIEW_TRAIL:
        scopes.add(stream_scope(review.id))
    stream = CASES_STREAM if action in _CASES else review.id
    if action is Action.SET_CLEARANCE and (own := record.room(RoomKind.REVIEWERS.value)) is not None:
        stream = own.id  # how a reviewing State works is nothing for the State under review
    shared = record.room(RoomKind.SHARED.value) if action in _SCHEDULE else None
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
    return Matter(
        document_facts(document, room_facts(room, review_facts(record))),
        on | ({"version": str(version.id)} if version else {}),
        StreamId(room.id),
        _room_scopes(room.review_id, room.id, action),
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


def reaching(matter: Matter, record: ReviewRecord | None, target: RoomKind | None) -> Matter:
    """Let a matter cover the room that a document is to go to: the policies decide on the act by that room's kind."""
    room = record.room(target.value) if record and target else None
    return replace(matter, scopes=matter.scopes | {room_scope(room.review_id, room.id)}) if room else matter


def bare_matter(facts: Facts | Absent, action: Action, asked: UUID | None = None) -> Matter:
    """Take something outside the rooms: the portal, a State, a cycle, a person and what belongs to one.

    Args:
        facts: The thing.
        action: The act.
        asked: The id that the caller named: of the scanned copy, where one is to be opened.

    """
    copy = asked if action is Action.OPEN_NOTE else None
    on = _named(facts) | ({"copy": str(copy)} if copy else {})
    return Matter(facts, on, _stream(facts, action), _scopes(facts, action), copy=copy)


def _room_scopes(review: UUID, room: UUID, action: Action) -> frozenset[Scope]:
    scopes = {NAMES, room_scope(review, room)}
    if action in OPENS_TRAIL:
        scopes.add(stream_scope(room))
    return frozenset(scopes)


def _scopes(facts: Facts | Absent, action: Action) -> frozenset[Scope]:
    devices = frozenset({DEVICES} if action in _DEVICES else ())
    return devices if action in _NAMELESS else devices | _people_scopes(facts, action)


def _people_scopes(facts: Facts | Absent, action: Action) -> frozenset[Scope]:
    if action in _SCOPES:
        return _SCOPES[action]
    match facts:
        case PersonFacts() if action is Action.VIEW_AS:
            return frozenset({NAMES})  # no mail addresses and no legal bases
        case (
            PersonFacts()
            | AppointmentFacts()
            | AssignmentFacts()
            | HandoverFacts()
            | InvitationFacts()
            | SessionFacts()
        ):
            return frozenset({NAMES, REGISTRY})
        case PortalFacts() | StateFacts() if action in _PEOPLE:
            return frozenset({NAMES, REGISTRY})
        case ConcernFacts() | CaseFacts():
            return _case_scopes(facts, action)
        case _:
            return frozenset({NAMES})


def _case_scopes(facts: ConcernFacts | CaseFacts, action: Action) -> frozenset[Scope]:
    if action is Action.VIEW_CASE_TRAIL and isinstance(facts, CaseFacts):
        # who did what and when; no room's key, so no title
        return frozenset({NAMES, *(stream_scope(stream) for stream in (facts.review.id, *facts.rooms))})
    scopes = {NAMES, OUTCOMES} if action in _COMES_OUT else {NAMES}
    if action not in _OF_THE_GROUP:
        scopes.add(case_scope(facts.id))
    if isinstance(facts, CaseFacts) and action not in _BEFORE_SUBMISSION:
        scopes.add(submission_scope(facts.id))
    if action is Action.SUBMIT_CASE and isinstance(facts, CaseFacts):  # to hold against what the file says
        scopes |= {room_scope(facts.review.id, room) for room in facts.rooms}
    return frozenset(scopes)


def _stream(facts: Facts | Absent, action: Action) -> StreamId:
    if action in _IDENTITY:
        return IDENTITY_STREAM
    if action in _MACHINERY:
        return MACHINERY_STREAM
    if action is Action.VIEW_CASE_TRAIL and isinstance(facts, CaseFacts):
        return StreamId(facts.review.id)  # the States of the file see that somebody looked
    if action in _CASES or isinstance(facts, ConcernFacts | CaseFacts):
        return CASES_STREAM
    if isinstance(facts, AssignmentFacts):
        return StreamId(facts.review.id)
    return REGISTRY_STREAM


def _named(facts: Facts | Absent) -> dict[str, str]:  # noqa: C901 - one branch for each kind of thing
    named: dict[str, object]
    match facts:
        case AppointmentFacts() | AssignmentFacts() | HandoverFacts() | InvitationFacts():
            named = _named_of_person(facts)
        case AppointmentFacts():
            named = {"appointment": facts.id, "person": facts.person, "state": facts.state, "role": facts.role}
        case AssignmentFacts():
            named = {"assignment": facts.id, "person": facts.person, "review": facts.review.id, "role": facts.role}
        case InvitationFacts():
            named = {"invitation": facts.id, "person": facts.person, "state": facts.state}
        case IssuerFacts():
            named = {"issuer": facts.id, "state": facts.state}
        case PersonFacts():
            named = {"person": facts.id, "state": facts.state}
        case SessionFacts():
            named = {"session": facts.id, "person": facts.person}
        case StateFacts():
            named = {"state": facts.code}
        case CycleFacts():
            named = {"cycle": facts.id}
        case ConcernFacts():
            named = {"concern": facts.id, "review": facts.review.id}
        case CaseFacts():
            named = {"case": facts.id, "review": facts.review.id, "person": facts.person}
        case _:
            return {}
    return {name: str(value) for name, value in named.items() if value is not None}


def _named_of_person(facts: AppointmentFacts | AssignmentFacts | HandoverFacts | InvitationFacts) -> dict[str, object]:
    match facts:
        case AppointmentFacts():
            return {"appointment": facts.id, "person": facts.person, "state": facts.state, "role": facts.role}
        case AssignmentFacts():
            return {"assignment": facts.id, "person": facts.person, "review": facts.review.id, "role": facts.role}
        case HandoverFacts():
            between = {"appointment": facts.appointment, "person": facts.leaver, "successor": facts.successor}
            return {"handover": facts.id, **between, "state": facts.state, "role": facts.role}
        case InvitationFacts():
            return {"invitation": facts.id, "person": facts.person, "state": facts.state}
