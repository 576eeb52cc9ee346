"""Every person in every position, for the oracle; people and things as facts for the policies."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Final
from uuid import UUID, uuid5

from policies.engine import Decision, Engine, Question
from portal.access.actions import Action
from portal.access.actors import Actor, Anonymous, Machine, Principal, Task
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
from portal.access.questions import Ask, questions
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
from tests.policies import oracle
from tests.policies.positions import PARTIES, SIDES, Thing, Who

DELEGATES: Final = ("focal_point", "expert", "observer", "reader")
STAFF: Final = ("officer", "registrar", "translator", "administrator", "confidentiality_officer")
MEMBERS: Final = ("oversight", "analyst", "group_observer")
# what a translator was sent: a version and an entry
SENT: Final = (
    ("this", "none"),
    ("other version", "none"),
    ("other document", "other review"),
    ("other document", "this"),
    ("none", "other entry"),
)
_BATCH: Final = 150


def _id(name: str) -> UUID:
    return uuid5(UUID(int=0), name)


REVIEW: Final = ReviewId(_id("this review"))
ME: Final = PersonId(_id("me"))
OTHER: Final = PersonId(_id("somebody else"))
VERSION: Final = VersionId(_id("this version"))
A_DOCUMENT: Final = DocumentId(_id("a document"))
AN_ENTRY: Final = EntryId(_id("an entry"))

# --- people


def people() -> Iterator[Who]:
    """Everybody in every position."""
    yield Who("visitor")
    for machine in Machine:
        yield Who("machine", name=machine.value)
    yield Who(None)
    for who in (*_delegates(), *_staff()):
        yield from (replace(who, when=when) for when in ("before", "during", "after"))
        yield replace(who, suspended=True)
        # of bodies nobody has dates, so nobody a calendar; the other reviewing State is like the first
        if who.role not in MEMBERS and who.also is None and who.assigned != "other" and who.state != "XCC":
            yield replace(who, feed=True)
            yield replace(who, fresh=False)
            yield replace(who, contained=True)
            yield replace(who, stopped=True)


def _delegates() -> Iterator[Who]:
    states = (*PARTIES, "XDD")
    for role, state, assigned, undertaken in product(DELEGATES, states, ("this", "other", "none"), (True, False)):
        yield Who(role, state, assigned=assigned, undertaken=undertaken)


def _staff() -> Iterator[Who]:
    for role, undertaken, also in product((*STAFF, *MEMBERS), (True, False), (None, *sorted(oracle.EXCLUSIVE))):
        yield Who(role, assigned="this", undertaken=undertaken, also=also)
    for undertaken in (True, False):
        yield Who("officer", assigned="other", undertaken=undertaken)
        yield Who("officer", assigned="none", undertaken=undertaken)
        for task, text in SENT:
            yield Who("translator", undertaken=undertaken, task=task, text=text)


def hindrances(who: Who) -> int:
    """Count what stands in the way of a position; runs that can't take minutes leave out those with two or more."""
    if who.role in {"visitor", "machine"}:
        return 1
    conflict = who.also is not None and who.role in oracle.EXCLUSIVE
    away = who.assigned != "this" and who.role in {*DELEGATES, "officer"}
    # a second role that doesn't matter, no assignment at all, the other reviewing State: alike to what is asked
    alike = (who.also is not None and not conflict) or (away and who.assigned == "none") or who.state == "XCC"
    held = who.contained or who.stopped
    hindered = (not who.undertaken, who.when != "during", who.suspended, who.feed, not who.fresh, conflict, away, held)
    return sum(hindered) + 2 * alike


def groups(positions: Iterable[Who]) -> list[list[Who]]:
    """Put together who looks the same to the policies: before and after an appointment, for one."""
    alike: dict[Actor, list[Who]] = {}
    for who in positions:
        alike.setdefault(actor(who, [A_DOCUMENT], [AN_ENTRY]), []).append(who)
    return list(alike.values())


def actor(who: Who, documents: Sequence[DocumentId] = (), entries: Sequence[EntryId] = ()) -> Actor:
    """Turn a position into what the gate would read; documents, entries: those that a translator was sent."""
    if who.role == "visitor":
        return Anonymous()
    if who.role == "machine":
        return Machine(who.name)
    role = Role(who.role) if who.role else None
    return Principal(
        person=ME,
        role=role,
        active=who.when == "during",
        suspended=who.suspended,
        appointment=AppointmentId(_id("my appointment")),
        state=StateCode(who.state) if who.state else None,
        held=frozenset(Role(one) for one in (who.role, who.also) if one),
        assigned=_reviews(who.assigned),
        undertaken=frozenset({REVIEW}) if who.undertaken else _reviews("other"),
        tasks=frozenset(_task(who.task, document) for document in documents) if who.task != "none" else frozenset(),
        texts=frozenset(_text(who.text, entry) for entry in entries) if who.text != "none" else frozenset(),
        feed=who.feed,
        fresh=who.fresh,
        contained=frozenset({REVIEW}) if who.contained else _reviews("other"),
        stopped=frozenset({REVIEW}) if who.stopped else _reviews("other"),
    )


def _reviews(which: str) -> frozenset[ReviewId]:
    return {
        "this": frozenset({REVIEW}),
        "other": frozenset({ReviewId(_id("another review"))}),
        "none": frozenset[ReviewId](),
    }[which]


def _task(which: str, document: DocumentId) -> Task:
    if which == "other document":
        return Task(ReviewId(_id("another review")), DocumentId(_id("another document")), VERSION)
    version = VERSION if which == "this" else VersionId(_id("another version"))
    return Task(REVIEW, document, version)


def _text(which: str, entry: EntryId) -> tuple[ReviewId, EntryId]:
    if which == "this":
        return REVIEW, entry
    review = REVIEW if which == "other entry" else ReviewId(_id("another review"))
    return review, EntryId(_id("another entry"))


# --- things

_TYPES: Final[dict[str, type[Facts]]] = {
    "portal": PortalFacts,
    "state": StateFacts,
    "cycle": CycleFacts,
    "session": SessionFacts,
    "account": PersonFacts,
    "appointment": AppointmentFacts,
    "assignment": AssignmentFacts,
    "invitation": InvitationFacts,
    "handover": HandoverFacts,
    "issuer": IssuerFacts,
    "signal": SignalFacts,
    "review": ReviewFacts,
    "room": RoomFacts,
    "document": DocumentFacts,
    "clarification": ClarificationFacts,
    "entry": EntryFacts,
    "manifest": ManifestFacts,
    "grant": GrantFacts,
    "granted": GrantedFacts,
    "publication": PublicationFacts,
    "summary": SummaryFacts,
    "concern": ConcernFacts,
    "case": CaseFacts,
}
# acts that say where to
TARGETED: Final = frozenset({Action.SUBMIT_DOCUMENT, Action.DRAFT_ENTRY, Action.SUBMIT_ENTRY})
# every act, by the kinds of thing that it may be on
ACTS: Final[dict[str, tuple[Action, ...]]] = {
    "portal": tuple(
        Action(act)
        for act in (
            *("signIn", "useInvitation", "signOut", "viewOwnAccount", "changeOwnAccount", "proveAgain"),
            *("addAuthenticator", "removeAuthenticator", "listStates"),
            *("importStates", "listCycles"),
            *("openCycle", "listRegister", "openReview", "listPeople", "addPerson", "listReviews"),
            *("listTranslations", "viewAccounts", "viewHealth", "initialize", "closeIntents", "sweepObjects"),
            *("rotateKeys", "checkRecords", "sendMail", "listNotices", "seeNotices"),
            *("viewCalendar", "issueFeed", "revokeFeed", "viewRoster"),
            *("reportTrouble", "endAllSessions", "makeAdministrator", "viewIssuers", "addIssuer", "viewLog"),
            *("watchLog", "raiseSignals", "listSignals", "viewSignalRules"),
            *("backUp", "restorePortal"),
            *("tellWeek", "listCases", "listOwnCases", "viewStatement", "listSummaries"),
            *("listGrants", "listGranted", "traceCopy"),
        )
    ),
    "state": tuple(
        Action(act)
        for act in (
            *("listStates", "editState", "listPeople", "addPerson", "viewOwnPeopleTrail", "viewRoster", "viewAs"),
            "viewIssuers",
        )
    ),
    "cycle": (Action.LIST_CYCLES, Action.OPEN_REVIEW),
    "session": (Action.END_OWN_SESSION,),
    "account": (
        *(Action.VIEW_PERSON, Action.ISSUE_LINK, Action.REVOKE_LINK, Action.DESCRIBE_PERSON, Action.VIEW_AS),
        *(Action.END_SESSIONS, Action.CHANGE_MAIL),
    ),
    "appointment": tuple(
        Action(act)
        for act in (
            *("viewPerson", "appoint", "confirmAppointment", "endAppointment", "chooseAppointment"),
            *("addNote", "openNote"),
        )
    ),
    "assignment": tuple(
        map(Action, ("viewPerson", "assignPerson", "endAssignment", "assignOfficer", "addNote", "openNote"))
    ),
    "invitation": (Action.VIEW_PERSON, Action.CONFIRM_LINK),
    "handover": (Action.VIEW_PERSON, Action.HAND_OVER, Action.VIEW_HANDOVER),
    "issuer": tuple(map(Action, ("viewIssuers", "confirmIssuer", "endIssuer", "callIssuer", "endSessionsByIssuer"))),
    "signal": (Action.VIEW_SIGNAL, Action.SET_SIGNAL_ASIDE),
    "review": tuple(
        Action(act)
        for act in (
            *("viewRegisterEntry", "setReview", "closeReview", "viewReview", "acceptUndertaking", "askForHelp"),
            *("advanceReview", "listTranslations", "viewReviewTrail", "exportReviewTrail", "changeParties"),
            *("listClarifications", "exportDialogue", "setClearance"),
            *("viewSchedule", "planReview", "setStep", "listConcerns"),
            *("viewReport", "proposeManifest", "listComments", "transmitSummary"),
            *("listPublications", "escrowKeys"),
        )
    ),
    "room": tuple(
        Action(act)
        for act in (
            *(
                "listRoom",
                "downloadRoom",
                "uploadDocument",
                "viewRoomTrail",
                "askClarification",
                "addRemark",
                "settleComment",
            ),
        )
    ),
    "document": tuple(
        Action(act)
        for act in (
            *("viewDocument", "downloadVersion", "addVersion", "describeDocument", "submitDocument"),
            *("circulateDocument", "withdrawDocument", "shredVersion", "sendForTranslation", "deliverTranslation"),
            *("recallTranslation", "viewDocumentTrail", "confirmSummary", "preparePublication", "escrowKeys"),
        )
    ),
    "clarification": tuple(
        Action(act)
        for act in (
            *("viewClarification", "draftEntry", "mergeClarification", "routeClarification", "closeClarification"),
        )
    ),
    "entry": tuple(
        Action(act)
        for act in (
            *("viewEntry", "editEntry", "discardEntry", "clearEntry", "submitEntry", "passOnEntry", "sendEntry"),
            *("deliverEntry", "recallEntry"),
        )
    ),
    "manifest": (Action.VIEW_MANIFEST, Action.AGREE_MANIFEST, Action.DISAGREE_MANIFEST),
    "grant": tuple(
        Action(act)
        for act in (
            *("askGrant", "offerGrant", "viewGrant", "weighGrant", "decideGrant", "refuseGrant", "changeGrant"),
            *("revokeGrant", "answerOffer", "nameReaders", "viewGrantOpenings", "openGranted", "acceptGranted"),
            "listConcerns",
        )
    ),
    "granted": (Action.VIEW_GRANTED, Action.DOWNLOAD_GRANTED),
    "publication": tuple(
        Action(act)
        for act in (
            *("viewPublication", "previewPublication", "confirmPublication", "cancelPublication"),
            *("withdrawPublication", "readConfirmed", "makePublic", "provePublic"),
        )
    ),
    "summary": (Action.DOWNLOAD_SUMMARY, Action.READ_CONFIRMED, Action.PUBLISH_SUMMARY, Action.PROVE_PUBLIC),
    "concern": (Action.FILE_CONCERN, Action.VIEW_CONCERN, Action.SET_CONCERN_ASIDE),
    "case": tuple(
        Action(act)
        for act in (
            *("proposeCase", "viewCase", "confirmCase", "declineCase", "beginContainment", "liftContainment"),
            *("addCaseEntry", "nameConcerned", "askHearing", "recordFinding", "viewCaseTrail"),
            *(
                "viewOwnCase",
                "answerCase",
                "compareCase",
                "submitCase",
                "discloseCase",
                "viewSubmission",
                "decideCase",
                "closeCase",
            ),
            *("viewSnapshot", "addExhibit", "downloadExhibit"),
        )
    ),
}


def facts(thing: Thing, number: int) -> Facts | Absent:
    """Turn a thing into what the gate would read; number: makes its id."""
    if thing.absent:
        return Absent(_TYPES[thing.kind])
    one = _id(str(number))
    person = ME if thing.mine else OTHER
    begun_by = ME if thing.begun_by_me else PersonId(_id("a colleague"))
    of = StateCode(thing.of) if thing.of else None
    others = frozenset(map(Role, thing.others))
    builders: dict[str, Callable[[], Facts]] = {
        "portal": PortalFacts,
        "state": lambda: StateFacts(StateCode(thing.of or ""), _here(here=SIDES.get(thing.of or "") != "no party")),
        "cycle": lambda: CycleFacts(CycleId(one)),
        "session": lambda: SessionFacts(SessionId(one), person),
        "account": lambda: PersonFacts(
            *(person, of, thing.enrolled, frozenset(map(Role, thing.held)), thing.other_focal_point),
            at_work=_here(here=thing.at_work),
        ),
        "invitation": lambda: InvitationFacts(
            *(InvitationId(one), person, of, begun_by, thing.takes_two, thing.other_focal_point)
        ),
        "issuer": lambda: IssuerFacts(IssuerId(one), of, begun_by, confirmed=thing.running),
        "signal": lambda: SignalFacts(SignalId(one), person),
        "appointment": lambda: AppointmentFacts(
            *(AppointmentId(one), person, of, Role(thing.role), None if thing.restored else begun_by),
            *(thing.running, others, thing.other_focal_point),
        ),
        "assignment": lambda: AssignmentFacts(AssignmentId(one), person, of, Role(thing.role), _review(thing), others),
        "handover": lambda: HandoverFacts(
            *(HandoverId(one), person, PersonId(_id("the leaver")), of, Role(thing.role), AppointmentId(_id("left")))
        ),
        "review": lambda: _review(thing),
        "room": lambda: _room(thing, one),
        "document": lambda: DocumentFacts(
            *(DocumentId(one), _room(thing, one), DocumentStage(thing.stage), thing.withdrawn, thing.owner),
            final=thing.final,
            renders_final=thing.renders_final,
        ),
        "clarification": lambda: ClarificationFacts(
            ClarificationId(one), _review(thing), ClarificationStage(thing.stage), thing.passed, StateCode(thing.owner)
        ),
        "manifest": lambda: ManifestFacts(
            ManifestId(one), _review(thing), thing.running, frozenset(map(StateCode, thing.answered))
        ),
        "publication": lambda: PublicationFacts(
            *(PublicationId(one), _review(thing), RoomId(_id("a national room"))),
            frozenset({ME} if thing.consented_by_me else {OTHER} if thing.begun else ()),
            frozenset({ME} if thing.opened_by_me else {OTHER}),
            joint=thing.joint,
            waits_for=frozenset(map(StateCode, thing.waits)),
            begun=thing.begun,
            confirmed=thing.confirmed,
            due=thing.due,
            public=thing.public,
            ended=thing.ended,
            owner=thing.owner,
            withdrawn=thing.withdrawn,
        ),
        "summary": lambda: SummaryFacts(*(SummaryId(one), REVIEW, thing.passed), due=thing.due, public=thing.public),
        "entry": lambda: EntryFacts(
            *(EntryId(one), _room(thing, one), EntryStage(thing.stage), thing.owner),
            needs_clearance=thing.needs_clearance,
            cleared=thing.cleared,
        ),
    }
    if thing.kind in {"grant", "granted"}:
        return _grant(thing, one)
    if thing.kind in {"concern", "case"}:
        return _breach(thing, one)
    return builders[thing.kind]()


def _grant(thing: Thing, one: UUID) -> Facts:
    others = frozenset({OTHER})
    grant = GrantFacts(
        GrantId(one),
        _review(thing),
        StateCode(thing.of or ""),
        RoomId(_id("the shared room")),
        final=thing.agreed,
        decided=thing.decided,
        ended=thing.ended,
        running=thing.running,
        held=thing.held_off,
        readers=others | {ME} if thing.mine else others,
        undertaken=others | {ME} if thing.pledged else others,
    )
    if thing.kind == "grant":
        return grant
    return GrantedFacts(grant, grant.review, A_DOCUMENT, VERSION, thing.copies, thing.withdrawn)


def _breach(thing: Thing, one: UUID) -> Facts:
    colleague = PersonId(_id("a colleague"))
    filed_by = ME if thing.filed_by_me else colleague
    person = ME if thing.mine else OTHER if thing.of else None
    involved = frozenset({ME, OTHER} if thing.involved else {OTHER})
    if thing.kind == "concern":
        readers = frozenset({ME, OTHER} if thing.reader else {OTHER})
        to = StateCode(thing.granted_to) if thing.granted_to else None
        filers = frozenset({filed_by})
        return ConcernFacts(ConcernId(one), _review(thing), filed_by, person, filers, involved, to, readers)
    return CaseFacts(
        CaseId(one),
        _review(thing),
        frozenset({ME, colleague} if thing.begun_by_me else {colleague}),
        person,
        StateCode(thing.of) if thing.of else None,
        frozenset({filed_by}),
        involved,
        registered=thing.registered,
        ended=thing.ended,
        asked=thing.asked,
        heard=thing.heard,
        found=thing.found,
        submitted=thing.submitted,
        given=thing.given,
        grantees=frozenset({StateCode(thing.granted_to)} if thing.granted_to else ()),
    )


def _here(*, here: bool) -> frozenset[ReviewId]:
    return (
        frozenset({REVIEW, ReviewId(_id("a third review"))}) if here else frozenset({ReviewId(_id("a third review"))})
    )


def _review(thing: Thing) -> ReviewFacts:
    reviewing = frozenset({StateCode("XBB"), StateCode("XCC")})
    return ReviewFacts(REVIEW, StateCode("XAA"), reviewing, ReviewStage(thing.step), thing.help_asked)


def _room(thing: Thing, one: UUID) -> RoomFacts:
    state = StateCode(thing.room_state) if thing.room_state else None
    return RoomFacts(RoomId(one), _review(thing), RoomKind(thing.room), state)


# --- asking both


@dataclass(frozen=True)
class Case:
    """One combination: what the oracle says and what the policies decide."""

    who: Who
    thing: Thing
    action: Action
    target: str
    said: bool
    decision: Decision
    question: Question


def _asks(thing: Thing, on: Facts | Absent) -> Iterator[Ask]:
    for act in ACTS[thing.kind]:
        if act in TARGETED:
            # where to hardly matters to an entry that is no draft
            targets = RoomKind if act is not Action.SUBMIT_ENTRY or thing.stage == "draft" else [RoomKind.SHARED]
            yield from (Ask(act, on, target=target) for target in targets)
        elif act in {Action.VIEW_DOCUMENT, Action.DOWNLOAD_VERSION, Action.DELIVER_TRANSLATION, *ACTS["granted"]}:
            yield Ask(act, on, version=VERSION)
        else:
            yield Ask(act, on)


@dataclass(frozen=True)
class Batch:
    """What is asked about at once: no id stands for two things."""

    cases: Sequence[tuple[Thing, Ask]]

    def ids(self, of: type[DocumentFacts | EntryFacts]) -> list[Any]:
        return list(dict.fromkeys(ask.on.id for _, ask in self.cases if isinstance(ask.on, of)))


def batches(things: Iterable[Thing]) -> list[Batch]:
    """Make all that can be asked about things, for whoever asks."""
    return [Batch([(thing, ask) for thing, on in batch for ask in _asks(thing, on)]) for batch in _apart(things)]


def answers(engine: Engine, alike: Sequence[Who], made: Iterable[Batch]) -> Iterator[Case]:
    """Ask the policies and the oracle the same, for people who look the same to the policies."""
    for batch in made:
        sent, texts = batch.ids(DocumentFacts) or [A_DOCUMENT], batch.ids(EntryFacts) or [AN_ENTRY]
        asked = questions(actor(alike[0], sent, texts), [ask for _, ask in batch.cases])
        for (thing, ask), decision, question in zip(batch.cases, engine.decide_many(asked), asked, strict=True):
            version, target = ("this" if ask.version else ""), (ask.target or "")
            for who in alike:
                said = oracle.allowed(who, ask.action.value, thing, version=version, target=target)
                yield Case(who, thing, ask.action, target, said, decision, question)


def _apart(things: Iterable[Thing]) -> Iterator[list[tuple[Thing, Facts | Absent]]]:
    """Cut a list of things so that no id stands for two things at once."""
    batch: list[tuple[Thing, Facts | Absent]] = []
    names: set[Hashable] = set()
    for number, thing in enumerate(things):
        on = facts(thing, number)
        name = (type(on), getattr(on, "id", getattr(on, "code", on)))
        if name in names or len(batch) == _BATCH:
            yield batch
            batch, names = [], set()
        batch.append((thing, on))
        names.add(name)
    yield batch
