"""Puts questions to the policies: facts in the form that the schema asks for, Cedar's JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, assert_never

from policies.engine import EntityId, Question
from portal.access.actions import Action
from portal.access.actors import Actor, Anonymous, Machine, Principal
from portal.access.entities import (
    NIL,
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
    GrantedFacts,
    GrantFacts,
    HandoverFacts,
    InvitationFacts,
    IssuerFacts,
    ManifestFacts,
    PersonFacts,
    PortalFacts,
    PublicationFacts,
    ReviewFacts,
    RoomFacts,
    SessionFacts,
    SignalFacts,
    StateFacts,
    SummaryFacts,
)
from portal.domain.clarifications import ClarificationStage, EntryStage
from portal.domain.documents import DocumentStage
from portal.domain.ids import (
    AppointmentId,
    AssignmentId,
    CaseId,
    ClarificationId,
    ConcernId,
    CycleId,
    DocumentId,
    EntryId,
    GrantId,
    HandoverId,
    InvitationId,
    IssuerId,
    ManifestId,
    PersonId,
    PublicationId,
    ReviewId,
    RoomId,
    SessionId,
    SignalId,
    StateCode,
    SummaryId,
    VersionId,
)
from portal.domain.reviews import ReviewStage, RoomKind
from portal.domain.roles import STAFF_ROLES, STATE_ROLES, Role

Attributes = dict[str, Any]

# what stands in for a thing that does not exist: the same shape, nobody's
_NO_STATE: Final = StateCode("")
_NO_PERSON: Final = PersonId(NIL)
_NO_REVIEW: Final = ReviewFacts(
    ReviewId(NIL), _NO_STATE, frozenset({_NO_STATE}), ReviewStage.PREPARATION, help_asked=False
)
_NO_ROOM: Final = RoomFacts(RoomId(NIL), _NO_REVIEW, RoomKind.SHARED)
_NO_GRANT: Final = GrantFacts(GrantId(NIL), _NO_REVIEW, _NO_STATE, RoomId(NIL))
_STAND_INS: Final[dict[type[Facts], Facts]] = {
    PortalFacts: PortalFacts(),
    StateFacts: StateFacts(_NO_STATE),
    CycleFacts: CycleFacts(CycleId(NIL)),
    SessionFacts: SessionFacts(SessionId(NIL), _NO_PERSON),
    PersonFacts: PersonFacts(_NO_PERSON, _NO_STATE, enrolled=False),
    AppointmentFacts: AppointmentFacts(
        AppointmentId(NIL), _NO_PERSON, _NO_STATE, Role.READER, appointed_by=None, running=False
    ),
    InvitationFacts: InvitationFacts(InvitationId(NIL), _NO_PERSON, _NO_STATE, _NO_PERSON),
    IssuerFacts: IssuerFacts(IssuerId(NIL), _NO_STATE, _NO_PERSON, confirmed=False),
    SignalFacts: SignalFacts(SignalId(NIL), _NO_PERSON),
    ReviewFacts: _NO_REVIEW,
    AssignmentFacts: AssignmentFacts(AssignmentId(NIL), _NO_PERSON, _NO_STATE, Role.READER, _NO_REVIEW),
    HandoverFacts: HandoverFacts(HandoverId(NIL), _NO_PERSON, _NO_PERSON, _NO_STATE, Role.READER, AppointmentId(NIL)),
    RoomFacts: _NO_ROOM,
    DocumentFacts: DocumentFacts(DocumentId(NIL), _NO_ROOM, DocumentStage.DRAFT, withdrawn=False, owner=_NO_STATE),
    ClarificationFacts: ClarificationFacts(
        ClarificationId(NIL), _NO_REVIEW, ClarificationStage.DRAFT, passed=False, owner=_NO_STATE
    ),
    EntryFacts: EntryFacts(
        EntryId(NIL), _NO_ROOM, EntryStage.DRAFT, owner=_NO_STATE, needs_clearance=False, cleared=False
    ),
    ManifestFacts: ManifestFacts(ManifestId(NIL), _NO_REVIEW, running=False),
    SummaryFacts: SummaryFacts(SummaryId(NIL), ReviewId(NIL), transmitted=False),
    GrantFacts: _NO_GRANT,
    GrantedFacts: GrantedFacts(_NO_GRANT, _NO_REVIEW, DocumentId(NIL), VersionId(NIL)),
    ConcernFacts: ConcernFacts(ConcernId(NIL), _NO_REVIEW, _NO_PERSON),
    CaseFacts: CaseFacts(CaseId(NIL), _NO_REVIEW, frozenset()),
    PublicationFacts: PublicationFacts(PublicationId(NIL), _NO_REVIEW, RoomId(NIL)),
}


@dataclass(frozen=True, slots=True)
class Ask:
    """One act on one thing; context: what the act itself says (`version`, `target`)."""

    action: Action
    on: Facts | Absent
    version: VersionId | None = None
    target: RoomKind | None = None


def question(actor: Actor, ask: Ask) -> Question:
    """Put one question to the policies."""
    return questions(actor, [ask])[0]


def questions(actor: Actor, asks: Sequence[Ask]) -> list[Question]:
    """Put several questions of one actor; they share their entities, so the engine parses these once.

    Raises:
        ValueError: Two things of different facts have the same id.
    """
    principal, described = _principal(actor)
    entities = {principal: described} if described else {}
    resources: dict[int, EntityId] = {}  # of many acts on one thing, it is described once
    for ask in asks:
        if id(ask.on) not in resources:
            resource, attributes = _resource(ask.on)
            resources[id(ask.on)] = resource
            if entities.setdefault(resource, attributes) != attributes:
                raise ValueError("one id stands for two different things")
    text = json.dumps(
        [
            {"uid": {"type": entity.type, "id": entity.id}, "attrs": attributes, "parents": []}
            for entity, attributes in entities.items()
        ]
    )
    return [Question(principal, ask.action.value, resources[id(ask.on)], text, _context(ask)) for ask in asks]


def _context(ask: Ask) -> Mapping[str, Any]:
    context: dict[str, Any] = {}
    if ask.version is not None:
        context["version"] = str(ask.version)
    if ask.target is not None:
        context["target"] = _word("RoomKind", ask.target)
    return context


def _word(kind: str, value: str) -> Attributes:
    return {"__entity": {"type": kind, "id": str(value)}}


def _roles(roles: frozenset[Role]) -> list[Attributes]:
    return [_word("Role", role) for role in sorted(roles)]


def _ids(ids: frozenset[Any]) -> list[str]:
    return sorted(str(one) for one in ids)


def _principal(actor: Actor) -> tuple[EntityId, Attributes | None]:
    """Name the actor and describe them; a visitor and machinery have nothing to describe."""
    match actor:
        case Anonymous():
            return EntityId("Visitor", "visitor"), {}
        case Machine():
            return EntityId("Machine", actor.value), None
        case Principal():
            return _person(actor)
    assert_never(actor)


def _person(actor: Principal) -> tuple[EntityId, Attributes]:
    person = str(actor.person)
    attributes: Attributes = {"person": person, "active": actor.active, "suspended": actor.suspended}
    attributes["fresh"] = actor.fresh
    if actor.role is None:
        return EntityId("Person", person), attributes
    attributes |= {"role": _word("Role", actor.role), "held": _roles(actor.held)}
    acting = str(actor.appointment or actor.person)
    if actor.role not in STATE_ROLES | STAFF_ROLES:
        return EntityId("Member", acting), attributes
    attributes |= {"assigned": _ids(actor.assigned), "undertaken": _ids(actor.undertaken), "feed": actor.feed}
    attributes |= {"contained": _ids(actor.contained), "stopped": _ids(actor.stopped)}
    if actor.role in STATE_ROLES:
        return EntityId("Delegate", acting), attributes | {"state": actor.state}
    attributes["tasks"] = [{"document": str(task.document), "version": str(task.version)} for task in actor.tasks]
    attributes["texts"] = _ids(frozenset(entry for _, entry in actor.texts))
    sent = [task.review for task in actor.tasks] + [review for review, _ in actor.texts]
    attributes["taskReviews"] = _ids(frozenset(sent))
    return EntityId("Staff", acting), attributes


def _resource(on: Facts | Absent) -> tuple[EntityId, Attributes]:
    if isinstance(on, Absent):
        resource, attributes = _described(_STAND_INS[on.type])
        return resource, attributes | {"absent": True}
    resource, attributes = _described(on)
    return resource, attributes | {"absent": False}


def _described(facts: Facts) -> tuple[EntityId, Attributes]:
    match facts:
        case DocumentFacts() | RoomFacts() | ReviewFacts() | ClarificationFacts() | EntryFacts() | ManifestFacts():
            return _of_a_file(facts)
        case (
            PersonFacts() | AppointmentFacts() | AssignmentFacts() | InvitationFacts() | HandoverFacts() | IssuerFacts()
        ):
            return _of_a_person(facts)
        case GrantFacts() | GrantedFacts():
            return _of_a_grant(facts)
        case ConcernFacts() | CaseFacts():
            return _of_a_case(facts)
        case PublicationFacts():
            return _of_a_publication(facts)
        case _:
            return _of_the_portal(facts)


def _of_the_portal(
    facts: PortalFacts | StateFacts | CycleFacts | SessionFacts | SignalFacts | SummaryFacts,
) -> tuple[EntityId, Attributes]:
    match facts:
        case PortalFacts():
            return EntityId("Portal", "portal"), {}
        case StateFacts():
            return EntityId("State", facts.code), {"state": facts.code, "partyTo": _ids(facts.party_to)}
        case CycleFacts():
            return EntityId("Cycle", str(facts.id)), {}
        case SummaryFacts():
            passed = {"transmitted": facts.transmitted, "due": facts.due, "public": facts.public}
            return EntityId("Summary", str(facts.id)), passed
        case SessionFacts() | SignalFacts():
            kind = "Session" if isinstance(facts, SessionFacts) else "Signal"
            return EntityId(kind, str(facts.id)), {"person": str(facts.person)}
    assert_never(facts)


def _of_a_grant(facts: GrantFacts | GrantedFacts) -> tuple[EntityId, Attributes]:
    grant = facts.grant if isinstance(facts, GrantedFacts) else facts
    of: Attributes = {"review": _file(grant.review), "state": grant.state, "running": grant.running}
    of |= {"held": grant.held, "readers": _ids(grant.readers), "undertaken": _ids(grant.undertaken)}
    if isinstance(facts, GrantedFacts):
        of |= {"copies": facts.copies, "withdrawn": facts.withdrawn}
        return EntityId("Granted", f"{grant.id}/{facts.version}"), of
    return EntityId("Grant", str(grant.id)), of | {
        "final": grant.final,
        "decided": grant.decided,
        "ended": grant.ended,
    }


def _of_a_case(facts: ConcernFacts | CaseFacts) -> tuple[EntityId, Attributes]:
    of: Attributes = {} if facts.person is None else {"person": str(facts.person)}
    of |= {"review": _file(facts.review), "filers": _ids(facts.filers), "involved": _ids(facts.involved)}
    of |= {} if facts.state is None else {"state": facts.state}
    if isinstance(facts, ConcernFacts):
        return EntityId("Concern", str(facts.id)), of | {
            "filedBy": str(facts.filed_by),
            "readers": _ids(facts.readers),
        }
    of |= {"grantees": _ids(facts.grantees), "given": facts.given}
    of |= {"hands": _ids(facts.hands), "registered": facts.registered, "ended": facts.ended}
    of |= {"asked": facts.asked, "heard": facts.heard, "found": facts.found, "submitted": facts.submitted}
    return EntityId("Case", str(facts.id)), of


def _of_a_publication(facts: PublicationFacts) -> tuple[EntityId, Attributes]:
    of: Attributes = {"review": _file(facts.review), "consents": _ids(facts.consents), "begun": facts.begun}
    of |= {"openedBy": _ids(facts.opened_by), "joint": facts.joint, "waitsFor": _ids(facts.waits_for)}
    of |= {"confirmed": facts.confirmed, "due": facts.due, "public": facts.public, "ended": facts.ended}
    of |= {"owner": facts.owner, "withdrawn": facts.withdrawn}
    return EntityId("Publication", str(facts.id)), of


def _of_a_file(
    facts: DocumentFacts | RoomFacts | ReviewFacts | ClarificationFacts | EntryFacts | ManifestFacts,
) -> tuple[EntityId, Attributes]:
    match facts:
        case ClarificationFacts():
            return EntityId("Clarification", str(facts.id)), {
                "review": _file(facts.review),
                "stage": _word("ClarificationStage", facts.stage),
                "passed": facts.passed,
                "owner": facts.owner,
            }
        case EntryFacts():
            return EntityId("Entry", str(facts.id)), {
                "id": str(facts.id),
                **_place(facts.room),
                "stage": _word("EntryStage", facts.stage),
                "owner": facts.owner,
                "needsClearance": facts.needs_clearance,
                "cleared": facts.cleared,
            }
        case DocumentFacts():
            return EntityId("Document", str(facts.id)), {
                "id": str(facts.id),
                **_place(facts.room),
                "stage": _word("DocumentStage", facts.stage),
                "withdrawn": facts.withdrawn,
                "owner": facts.owner,
                "final": facts.final,
                "rendersFinal": facts.renders_final,
            }
        case ManifestFacts():
            of = {"review": _file(facts.review), "running": facts.running, "answered": _ids(facts.answered)}
            return EntityId("Manifest", str(facts.id)), of
        case RoomFacts():
            return EntityId("Room", str(facts.id)), _place(facts)
        case ReviewFacts():
            return EntityId("Review", str(facts.id)), {"review": _file(facts)}
    assert_never(facts)


def _of_a_person(
    facts: PersonFacts | AppointmentFacts | AssignmentFacts | InvitationFacts | HandoverFacts | IssuerFacts,
) -> tuple[EntityId, Attributes]:
    of: Attributes = {} if facts.state is None else {"state": facts.state}
    match facts:
        case PersonFacts():
            of |= {"person": str(facts.id), "enrolled": facts.enrolled, "held": _roles(facts.held)}
            of |= {"atWork": _ids(facts.at_work)}
            return EntityId("Account", str(facts.id)), of | {"otherFocalPoint": facts.other_focal_point}
        case IssuerFacts():
            of |= {"addedBy": str(facts.added_by), "confirmed": facts.confirmed}
            return EntityId("Issuer", str(facts.id)), of
        case InvitationFacts():
            of |= {"person": str(facts.person), "issuedBy": str(facts.issued_by), "takesTwo": facts.takes_two}
            return EntityId("Invitation", str(facts.id)), of | {"otherFocalPoint": facts.other_focal_point}
        case AppointmentFacts():
            of |= {"appointedBy": str(facts.appointed_by or ""), "running": facts.running}
            of |= {"person": str(facts.person), "role": _word("Role", facts.role)}
            of |= {"otherFocalPoint": facts.other_focal_point}
            return EntityId("Appointment", str(facts.id)), of | {"others": _roles(facts.others)}
        case AssignmentFacts():
            of |= {"person": str(facts.person), "role": _word("Role", facts.role)}
            of |= {"review": _file(facts.review), "others": _roles(facts.others)}
            return EntityId("Assignment", str(facts.id)), of
        case HandoverFacts():
            of |= {"person": str(facts.person or ""), "role": _word("Role", facts.role)}
            return EntityId("Handover", str(facts.id)), of
    assert_never(facts)


def _place(room: RoomFacts) -> Attributes:
    place: Attributes = {"kind": _word("RoomKind", room.kind)}
    if room.state is not None:
        place["state"] = room.state
    return {"review": _file(room.review), "room": place}


def _file(review: ReviewFacts) -> Attributes:
    return {
        "id": str(review.id),
        "stateUnderReview": review.state_under_review,
        "reviewing": sorted(review.reviewing),
        "stage": _word("ReviewStage", review.stage),
        "helpAsked": review.help_asked,
    }
