"""What the policies get to know about who asks and about what: plain facts, no rows and no content.

The facts are read from checked rows by the gate. A thing that doesn't exist is `Absent`: a stand-in of the
same shape goes through the same decision, and `guardrails.absent` denies it.
"""

from dataclasses import dataclass
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
from portal.domain.roles import Role

SECRETARIAT: Final = "secretariat"  # the owner of what no State submitted
NIL: Final[Any] = UUID(int=0)  # of whatever sort an id is


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
class SignalFacts:
    """A signal; person: whom it is about."""

    id: SignalId
    person: PersonId


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
    """A document in a room; owner: the State that it is of, or SECRETARIAT; final: agreed on (ToR 33).

    Renders final: it is a language version of exactly what was agreed on.
    """

    id: DocumentId
    room: RoomFacts
    stage: DocumentStage
    withdrawn: bool
    owner: StateCode | str
    final: bool = False
    renders_final: bool = False


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
class ManifestFacts:
    """A proposal to agree on a report and its summary; running: neither ended nor final; answered: by these States."""

    id: ManifestId
    review: ReviewFacts
    running: bool
    answered: frozenset[StateCode] = frozenset()


@dataclass(frozen=True, slots=True)
class SummaryFacts:
    """An executive summary in one language; transmitted: the bodies of the Conference have it (ToR 35).

    Due: that was thought over, so everybody may have it; public: everybody has it (ToR 51).
    """

    id: SummaryId
    file: ReviewId  # that it is from; nothing else of it is looked up
    transmitted: bool
    due: bool = False
    public: bool = False


@dataclass(frozen=True, slots=True)
class GrantFacts:
    """That another State reads a report, asked for, offered or given; begun: it is there, and not about to be.

    Final: the report is agreed on; decided: there are terms; running: these hold now, but for a containment (held);
    readers: whom they name; undertaken: who undertook to respect its confidentiality; room: the shared one.
    """

    id: GrantId
    review: ReviewFacts
    state: StateCode
    room: RoomId
    final: bool = False
    decided: bool = False
    ended: bool = False
    running: bool = False
    held: bool = False
    readers: frozenset[PersonId] = frozenset()
    undertaken: frozenset[PersonId] = frozenset()
    begun: bool = True


@dataclass(frozen=True, slots=True)
class GrantedFacts:
    """A version that a grant gives; copies: as marked copies too."""

    grant: GrantFacts
    review: ReviewFacts
    document: DocumentId
    version: VersionId
    copies: bool = False
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class ConcernFacts:
    """A concern about a file, filed or about to be; person: whom it is about, if it names somebody.

    Filers: who filed any concern about the review; involved: who was ever assigned to it, sent a text of it, or named
    as a reader of a grant. Under a grant: the State that reads, and whom the terms that hold now name.
    """

    id: ConcernId
    review: ReviewFacts
    filed_by: PersonId
    person: PersonId | None = None
    filers: frozenset[PersonId] = frozenset()
    involved: frozenset[PersonId] = frozenset()
    state: StateCode | None = None
    readers: frozenset[PersonId] = frozenset()


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """A breach case, made or about to be, on a person of a State once somebody is named.

    Hands: who proposed it or wrote into its record; filers: who filed any concern about the review; involved: who was
    ever assigned to it, sent a text of it, or named as a reader of a grant; grantees: the States that were granted what
    it is about. Registered: a second person confirmed it; ended: declined or closed; asked: the person was asked to be
    heard; heard: they said all that they want to say, or the day is over; found: there is a finding; submitted: the
    Oversight Group has it; given: and the exhibit that one of its members asks for. Versions: all that lie in the file,
    to be compared with, or exhibits that are to be given; grants: of the review, likewise; under: the grant of the
    State that compares, if it reads under one: there the log has it.
    """

    id: CaseId
    review: ReviewFacts
    hands: frozenset[PersonId]
    person: PersonId | None = None
    state: StateCode | None = None
    filers: frozenset[PersonId] = frozenset()
    involved: frozenset[PersonId] = frozenset()
    registered: bool = False
    ended: bool = False
    asked: bool = False
    heard: bool = False
    found: bool = False
    submitted: bool = False
    rooms: frozenset[RoomId] = frozenset()
    versions: frozenset[VersionId] = frozenset()
    grants: frozenset[GrantId] = frozenset()
    grantees: frozenset[StateCode] = frozenset()
    under: GrantId | None = None
    given: bool = False


@dataclass(frozen=True, slots=True)
class PublicationFacts:
    """What a State means to publish, or published, as portal.cedarschema says it; room: its national one."""

    id: PublicationId
    review: ReviewFacts
    room: RoomId
    consents: frozenset[PersonId] = frozenset()
    opened_by: frozenset[PersonId] = frozenset()
    joint: bool = False
    waits_for: frozenset[StateCode] = frozenset()
    begun: bool = False
    confirmed: bool = False
    due: bool = False
    public: bool = False
    ended: bool = False
    owner: str = ""
    withdrawn: bool = False


Facts = (
    PortalFacts
    | StateFacts
    | CycleFacts
    | SessionFacts
    | PersonFacts
    | AppointmentFacts
    | InvitationFacts
    | IssuerFacts
    | SignalFacts
    | ReviewFacts
    | AssignmentFacts
    | HandoverFacts
    | RoomFacts
    | DocumentFacts
    | ClarificationFacts
    | EntryFacts
    | ManifestFacts
    | SummaryFacts
    | GrantFacts
    | GrantedFacts
    | ConcernFacts
    | CaseFacts
    | PublicationFacts
)


@dataclass(frozen=True, slots=True)
class Absent:
    """A thing of this type that was asked for and does not exist."""

    type: type[Facts]
