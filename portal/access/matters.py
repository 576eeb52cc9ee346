"""What an act is on, as the gate needs it: facts for the policies, a place in the log, the key scopes it covers.

A matter's scopes follow from the kind of thing alone, so a use case can't ask for more than it was given.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from portal.access.actions import Action
from portal.access.case_scopes import IN_THE_FILE, case_contents, case_scopes
from portal.access.entities import (
    Absent,
    AppointmentFacts,
    AssignmentFacts,
    CaseFacts,
    ConcernFacts,
    CycleFacts,
    Facts,
    GrantedFacts,
    GrantFacts,
    HandoverFacts,
    InvitationFacts,
    IssuerFacts,
    PersonFacts,
    PortalFacts,
    PublicationFacts,
    SessionFacts,
    SignalFacts,
    StateFacts,
    SummaryFacts,
)
from portal.access.grant_scopes import grant_named, grant_scopes, grant_stream
from portal.access.publication_matters import publication_scopes, publication_stream, summary_scopes
from portal.audit.events import CASES_STREAM, IDENTITY_STREAM, MACHINERY_STREAM, REGISTRY_STREAM
from portal.domain.ids import StreamId, VersionId
from storage.permits import (
    DEVICES,
    ISSUERS,
    NAMES,
    ORIGINS,
    OUTCOMES,
    REGISTRY,
    SIGNALS,
    STREAMS,
    SUMMARIES,
    Scope,
)

# acts whose permit opens the content of the version, or of the copy or publication, asked for
OPENS_CONTENT: Final = frozenset(
    {
        *(Action.DOWNLOAD_VERSION, Action.SUBMIT_DOCUMENT, Action.OPEN_NOTE),
        *(Action.CONFIRM_SUMMARY, Action.DOWNLOAD_SUMMARY),
        *(Action.PREPARE_PUBLICATION, Action.PREVIEW_PUBLICATION, Action.READ_CONFIRMED),
        *(Action.VIEW_GRANTED, Action.DOWNLOAD_GRANTED, Action.DOWNLOAD_EXHIBIT),
        Action.ESCROW_KEYS,
    }
)
# those of them that open a copy
_COPIES: Final = frozenset({Action.OPEN_NOTE, Action.DOWNLOAD_SUMMARY, Action.DOWNLOAD_EXHIBIT})
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
        *(Action.WATCH_LOG, Action.RAISE_SIGNALS),
        *(Action.BACK_UP, Action.RESTORE_PORTAL),
    }
)
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
    Action.DOWNLOAD_SUMMARY: frozenset({SUMMARIES, NAMES}),  # for the mark; and no room of the file that it is from
    Action.CHECK_RECORDS: frozenset({STREAMS, ORIGINS}),  # what the log says; no names, no titles, no contents
    Action.WATCH_LOG: frozenset({STREAMS, ORIGINS, SIGNALS}),  # likewise, and what is counted of people
    Action.RAISE_SIGNALS: frozenset(),
    Action.SEND_MAIL: frozenset({REGISTRY}),  # mail addresses; no names, no rooms
    Action.ADD_ISSUER: frozenset({ISSUERS, NAMES}),  # the secret with an identity provider
    Action.CALL_ISSUER: frozenset({ISSUERS}),
    Action.END_SESSIONS_BY_ISSUER: frozenset(),
    Action.BACK_UP: frozenset(),  # it copies what is sealed
    Action.RESTORE_PORTAL: frozenset({REGISTRY}),  # why appointments ended; no names, no rooms
    Action.TELL_WEEK: frozenset(),  # that events are there and when stands in the clear
}
# acts around breach cases that are on no case yet: nothing of them stands in the file's own trail
_CASES: Final = frozenset({Action.LIST_CONCERNS, Action.LIST_CASES, Action.LIST_OWN_CASES, Action.VIEW_STATEMENT})


@dataclass(frozen=True, slots=True)
class Matter:
    """A thing that an act is on."""

    facts: Facts | Absent
    on: dict[str, str]
    stream: StreamId
    scopes: frozenset[Scope] = frozenset()
    about: UUID | None = None
    version: VersionId | None = None
    copy: UUID | None = None  # the scanned copy of a note, a summary that may leave its file, a publication's file

    def contents(self, action: Action) -> frozenset[UUID]:
        """Name the one content that a permit for this act opens, if it opens any; a comparison opens a whole file's."""
        content = self.version or self.copy
        return frozenset({content} if content and action in OPENS_CONTENT else case_contents(self.facts, action))


def bare_matter(facts: Facts | Absent, action: Action, asked: UUID | None = None) -> Matter:
    """Take something outside the rooms: the portal, a State, a cycle, a person and what belongs to one.

    Args:
        facts: The thing.
        action: The act.
        asked: The id that the caller named: of the scanned copy, where one is to be opened.

    """
    if isinstance(facts, GrantFacts | GrantedFacts):
        return _grant_matter(facts, action)
    if isinstance(facts, PublicationFacts):
        named = {"publication": str(facts.id), "review": str(facts.review.id)}
        stream, scopes = publication_stream(facts, action), publication_scopes(facts, action)
        return Matter(facts, named, stream, scopes, copy=facts.id)
    if isinstance(facts, SummaryFacts) and action is not Action.DOWNLOAD_SUMMARY:
        return Matter(facts, _named(facts), StreamId(facts.file), summary_scopes(facts, action), copy=facts.id)
    copy = asked if action in _COPIES else None
    on = _named(facts) | ({"copy": str(copy)} if copy else {})
    return Matter(facts, on, _stream(facts, action), _scopes(facts, action), copy=copy)


def _grant_matter(facts: GrantFacts | GrantedFacts, action: Action) -> Matter:
    given = facts if isinstance(facts, GrantedFacts) else None
    return Matter(
        facts,
        {name: str(value) for name, value in grant_named(facts).items()},
        CASES_STREAM if action in _CASES else grant_stream(facts),
        grant_scopes(facts, action),
        about=given.document if given else None,
        version=given.version if given else None,
    )


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
        case ConcernFacts() | CaseFacts() | SignalFacts():
            return frozenset({NAMES, SIGNALS}) if isinstance(facts, SignalFacts) else case_scopes(facts, action)
        case _:
            return frozenset({NAMES})


def _stream(facts: Facts | Absent, action: Action) -> StreamId:
    if action in _IDENTITY:
        return IDENTITY_STREAM
    if action in _MACHINERY:
        return MACHINERY_STREAM
    if action in IN_THE_FILE and isinstance(facts, CaseFacts):
        return StreamId(facts.under or facts.review.id)
    if action in _CASES or isinstance(facts, ConcernFacts | CaseFacts):
        return CASES_STREAM
    if isinstance(facts, AssignmentFacts | SummaryFacts):  # the States of a file see who read its summary
        return StreamId(facts.file if isinstance(facts, SummaryFacts) else facts.review.id)
    return REGISTRY_STREAM


def _named(facts: Facts | Absent) -> dict[str, str]:  # noqa: C901 - one branch for each kind of thing
    named: dict[str, object]
    match facts:
        case AppointmentFacts() | AssignmentFacts() | HandoverFacts() | InvitationFacts():
            named = _named_of_person(facts)
        case IssuerFacts():
            named = {"issuer": facts.id, "state": facts.state}
        case PersonFacts():
            named = {"person": facts.id, "state": facts.state}
        case SessionFacts() | SignalFacts():
            named = {"session" if isinstance(facts, SessionFacts) else "signal": facts.id, "person": facts.person}
        case StateFacts():
            named = {"state": facts.code}
        case SummaryFacts():
            named = {"summary": facts.id, "review": facts.file}
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
