"""What the policies get to know about who asks and about what: plain facts, no rows and no content.

The facts are read from checked rows by the gate. A thing that doesn't exist is `Absent`: a stand-in of the
same shape goes through the same decision, and `guardrails.absent` denies it.
"""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

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
    HandoverId,
    InvitationId,
    IssuerId,
    PersonId,
    ReviewId,
    RoomId,
    SessionId,
    StateCode,
    VersionId,
)
from portal.domain.reviews import ReviewStage, RoomKind
from portal.domain.roles import STATE_ROLES, Role

SECRETARIAT: Final = "secretariat"  # the owner of what no State submitted
NIL: Final[Any] = UUID(int=0)  # of whatever sort an id is


class Machine(StrEnum):
    """The closed list of machinery that acts without a person; none of it opens contents."""

    INIT = "init"
    IMPORTER = "importer"
    WORKER = "worker"
    SWEEPER = "sweeper"
    ROTATION = "rotation"
    FSCK = "fsck"
    MAILER = "mailer"
    OPERATOR = "operator"
    ISSUER = "issuer"


@dataclass(frozen=True, slots=True)
class Anonymous:
    """Somebody who has not signed in."""


@dataclass(frozen=True, slots=True)
class Task:
    """A version that was sent to a translator and is neither delivered nor recalled."""

    review: ReviewId
    document: DocumentId
    version: VersionId


@dataclass(frozen=True, slots=True)
class Principal:
    """A person acting under one appointment, or (role None) under none yet.

    Args:
        active: The appointment runs now; without an appointment: the person may be here at all.
        held: The roles of all appointments that this person holds now, for the exclusions.
        assigned: The reviews of running assignments under this appointment.
        tasks: What this translator works on.
        texts: The texts of clarifications that were sent to this translator, each with its review.
        feed: Their calendar asks, by its secret address.
        fresh: They proved a short while ago who they are.
        contained: The reviews from which they are held back while a breach is looked into.
        stopped: The reviews of which they download nothing meanwhile.

    """

    person: PersonId
    role: Role | None
    active: bool
    suspended: bool
    appointment: AppointmentId | None = None
    state: StateCode | None = None
    held: frozenset[Role] = frozenset()
    assigned: frozenset[ReviewId] = frozenset()
    undertaken: frozenset[ReviewId] = frozenset()
    tasks: frozenset[Task] = frozenset()
    texts: frozenset[tuple[ReviewId, EntryId]] = frozenset()
    feed: bool = False
    fresh: bool = False
    contained: frozenset[ReviewId] = frozenset()
    stopped: frozenset[ReviewId] = frozenset()

    def __post_init__(self) -> None:
        if (self.state is not None) != (self.role in STATE_ROLES):
            raise ValueError("an appointment has a State exactly when its role is one of a State")


Actor = Principal | Machine | Anonymous


@dataclass(frozen=True, slots=True)
class PortalFacts:
    """The portal itself: lists, and what belongs to no other thing."""


@dataclass(frozen=True, slots=True)
class StateFacts:
    """A State in the registry; party_to: of the reviews within the asker's reach, where that is asked about."""

    code: StateCode
    party_to: frozenset[ReviewId] = frozenset()


@dataclass(frozen=True, slots=True)
class CycleFacts:
    """A cycle of reviews."""

    id: CycleId


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """A session of somebody who signed in."""

    id: SessionId
    person: PersonId


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """A person; state None: of the secretariat or a body of the Conference; enrolled: has signed in before.

    Args:
        held: The roles of appointments that haven't ended, those that wait for confirmation too.
        other_focal_point: Their State has a focal point who runs now, other than them; taken for granted unless told.
        at_work: The reviews that they work on now, of those within the asker's reach, where that is asked about.
    """

    id: PersonId
    state: StateCode | None
    enrolled: bool
    held: frozenset[Role] = frozenset()
    other_focal_point: bool = True
    at_work: frozenset[ReviewId] = frozenset()


@dataclass(frozen=True, slots=True)
class AppointmentFacts:
    """An appointment, made or about to be; others: the person's other roles that run now.

    Args:
        other_focal_point: Its State has a focal point who runs now, other than this person; taken for granted
            unless told.
    """

    id: AppointmentId
    person: PersonId
    state: StateCode | None
    role: Role
    appointed_by: PersonId | None
    running: bool
    others: frozenset[Role] = frozenset()
    other_focal_point: bool = True


@dataclass(frozen=True, slots=True)
class InvitationFacts:
    """A sign-in link for somebody; takes_two: it waits for its second person, of the State where that has another."""

    id: InvitationId
    person: PersonId
    state: StateCode | None
    issued_by: PersonId
    takes_two: bool = False
    other_focal_point: bool = False


@dataclass(frozen=True, slots=True)
class IssuerFacts:
    """An identity provider; state None: of the secretariat."""

    id: IssuerId
    state: StateCode | None
    added_by: PersonId
    confirmed: bool


@dataclass(frozen=True, slots=True)
class ReviewFacts:
    """A review file: its parties, where it stands, whether its State asked for help (ToR 16)."""

    id: ReviewId
    state_under_review: StateCode
    reviewing: frozenset[StateCode]
    stage: ReviewStage
    help_asked: bool


@dataclass(frozen=True, slots=True)
class AssignmentFacts:
    """An assignment to a review, made or about to be; role: of the appointment that it rests on."""

    id: AssignmentId
    person: PersonId
    state: StateCode | None
    role: Role
    review: ReviewFacts
    others: frozenset[Role] = frozenset()


@dataclass(frozen=True, slots=True)
class HandoverFacts:
    """That one appointment is handed over to another, made or about to be.

    Args:
        person: The successor; None while nobody is named.
        leaver: Whose appointment ends.
        state: Of both appointments, as is the role.
        appointment: The one that ends.
        successor: The appointment of the successor.
    """

    id: HandoverId
    person: PersonId | None
    leaver: PersonId
    state: StateCode | None
    role: Role
    appointment: AppointmentId
    successor: AppointmentId | None = None


@dataclass(frozen=True, slots=True)
class RoomFacts:
    """A room of a review file; state: whose national room it is."""

    id: RoomId
    review: ReviewFacts
    kind: RoomKind
    state: StateCode | None = None


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """A document in a room; owner: the State that it is of, or SECRETARIAT."""

    id: DocumentId
    room: RoomFacts
    stage: DocumentStage
    withdrawn: bool
    owner: StateCode | str


@dataclass(frozen=True, slots=True)
class ClarificationFacts:
    """A clarification; owner: the State that asks; passed: the State under review was asked."""

    id: ClarificationId
    review: ReviewFacts
    stage: ClarificationStage
    passed: bool
    owner: StateCode


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """A text of a clarification in its room; owner: the State that speaks, or SECRETARIAT.

    Args:
        needs_clearance: Its State is set so that its focal point clears first.
        cleared: And did.

    """

    id: EntryId
    room: RoomFacts
    stage: EntryStage
    owner: StateCode | str
    needs_clearance: bool
    cleared: bool


@dataclass(frozen=True, slots=True)
class ConcernFacts:
    """A concern about a file, filed or about to be.

    Args:
        filed_by: Whose it is.
        person: Whom it is about, if it names somebody.
        involved: Who was ever assigned to the review, or sent a text of it.
    """

    id: ConcernId
    review: ReviewFacts
    filed_by: PersonId
    person: PersonId | None = None
    involved: frozenset[PersonId] = frozenset()


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """A breach case, made or about to be.

    Args:
        person: Whom it concerns; None while nobody is named.
        state: Whose people they are of.
        filed_by: Who filed the concern that it rests on.
        begun_by: Who proposed it.
        involved: Who was ever assigned to the review, or sent a text of it.
        registered: A second person confirmed it.
        ended: It was declined or closed.
        asked: The person concerned was asked to be heard.
        heard: They were, or let the day pass.
        found: There is a finding.
        submitted: The Oversight Group has it.
        rooms: The rooms of the review's file.
    """

    id: CaseId
    review: ReviewFacts
    begun_by: PersonId
    person: PersonId | None = None
    state: StateCode | None = None
    filed_by: PersonId | None = None
    involved: frozenset[PersonId] = frozenset()
    registered: bool = False
    ended: bool = False
    asked: bool = False
    heard: bool = False
    found: bool = False
    submitted: bool = False
    rooms: frozenset[RoomId] = frozenset()


Facts = (
    PortalFacts
    | StateFacts
    | CycleFacts
    | SessionFacts
    | PersonFacts
    | AppointmentFacts
    | InvitationFacts
    | IssuerFacts
    | ReviewFacts
    | AssignmentFacts
    | HandoverFacts
    | RoomFacts
    | DocumentFacts
    | ClarificationFacts
    | EntryFacts
    | ConcernFacts
    | CaseFacts
)


@dataclass(frozen=True, slots=True)
class Absent:
    """A thing of this type that was asked for and does not exist."""

    type: type[Facts]


def alike(actor: Actor, facts: Facts) -> Hashable:
    """Return a key; every decision for this actor is the same on two things that share it."""
    if isinstance(actor, Principal) and actor.role is Role.TRANSLATOR:
        return facts  # a translator is sent single versions
    match facts:
        case DocumentFacts() | EntryFacts():
            return replace(facts, id=NIL, room=replace(facts.room, id=RoomId(NIL)))
        case ClarificationFacts() | RoomFacts() | CycleFacts():
            return replace(facts, id=NIL)
        case _:
            return facts


def with_undertaking(principal: Principal, review: ReviewId) -> Principal:
    """Return the same person as if they had accepted the undertaking, to ask what it would open."""
    return replace(principal, undertaken=principal.undertaken | {review})
