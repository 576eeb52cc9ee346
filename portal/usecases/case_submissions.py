"""Submitting a case to the Oversight Group, in two versions, and what the Group decides.

1. A focal point of a State concerned submits, or the secretariat (the confidentiality officer, once there is a
   finding); neither needs the other (GL 5).
2. The version in full is for those concerned. The other one discloses nothing: it is held against all that the portal
   has of the file as text, and is refused while it quotes any of it (portal/domain/quoting.py). What lies in uploaded
   documents is not opened for that; their titles and file names are compared.
   A State is told the words that quote rooms which it sees itself; of the others, only that something is quoted.
3. Comparing is an intent with an outcome: whoever tries out words leaves a trace for each time.
4. The Group reads the version that discloses nothing. The one in full it has from the State under review alone.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.domain.account_events import AccountEvent
from portal.domain.cases import Decision
from portal.domain.quoting import File, Kind, Quoted, quotes
from portal.domain.roles import Role
from portal.domain.texts import N_
from portal.errors import Conflict
from portal.usecases.account_notices import tell_person
from portal.usecases.case_facts import find_case, marked, steps_of, tell_concerned
from portal.usecases.case_records import EntryKind, EntryLine, add_entry, open_entries
from portal.usecases.cases import CaseLine, case_line
from portal.usecases.concerns import files_of
from portal.work import Intent, Portal, Work
from storage.cases import SUBMITTED, BreachCase, entry_scope
from storage.fields import Place
from storage.permits import NAMES, Permit, Scope, room_scope
from storage.repositories.cases import CaseRecords, Spoken
from storage.tables import Person, Room

GIVEN = N_("The Group has the version in full already. Nothing was changed.")
NO_FULL = N_("There is no version in full to give. Nothing was changed.")


@dataclass(frozen=True, slots=True)
class Versions:
    """A submission: for those concerned in full, and one that discloses nothing."""

    full: str
    bare: str


@dataclass(frozen=True, slots=True)
class SubmissionPage:
    """What the Oversight Group has of a case."""

    line: CaseLine
    submitted: datetime | None
    entries: tuple[EntryLine, ...]
    disclosed: bool
    may_decide: bool


@contextmanager
def owing(portal: Portal, intent: Intent) -> Iterator[None]:
    """Record that what was begun failed, if it does."""
    try:
        yield
    except BaseException:
        portal.record_outcome(intent, result="failed")
        raise


def submit_case(portal: Portal, caller: Caller, case_id: UUID, versions: Versions) -> tuple[Quoted, ...]:
    """Submit a case to the Oversight Group; gives what the bare version quotes: then nothing was submitted.

    Raises:
        NotFound: There is no such case, or the actor may not know of it.
        Forbidden: It isn't the actor's to submit.

    """
    with portal.work(caller) as work:
        case, _, permit = find_case(work, Action.SUBMIT_CASE, case_id)
        intent = work.begins(permit)
        spoken = CaseRecords(work.session).spoken(case.review_id)
        people = _people(work, case)
        seen, hidden = _parted(spoken, _listed(work, case))
    with owing(portal, intent):
        found = quotes(versions.bare, _file(portal, permit, seen, people))
        if hidden.sealed and quotes(versions.bare, _file(portal, permit, hidden, [])):
            found = (*found, Quoted(Kind.UNSEEN, ""))
    if found:
        portal.record_outcome(intent, result="failed", quotes=len(found))
        return found
    with owing(portal, intent), portal.work(caller) as work:
        case, _, permit = find_case(work, Action.SUBMIT_CASE, case_id)
        work.completes(permit, intent)
        state = work.who.state or ""
        add_entry(work, permit, case, EntryKind.FULL, {"text": versions.full, "state": state})
        add_entry(work, permit, case, EntryKind.SUBMISSION, {"text": versions.bare, "state": state})
        if case.submitted_at is None:
            case.submitted_at = work.now
        for member in {one.person_id for one in work.people.holders(Role.OVERSIGHT, work.now)} - {case.person_id}:
            tell_person(work, member, marked(case, AccountEvent.CASE_SUBMITTED))
        tell_concerned(work, case, AccountEvent.CASE_MOVED)
    return ()


def _listed(work: Work, case: BreachCase) -> frozenset[UUID]:
    """Find the rooms that a State sees itself; the secretariat's officer sees none, and is told of all."""
    record = files_of(work).find(case.review_id)
    rooms = record.rooms if record else ()
    if work.who.state is None:
        return frozenset(room.id for room in rooms)
    return frozenset(room.id for room in work.allowed(Action.LIST_ROOM, Room, rooms))


def _parted(spoken: Spoken, rooms: frozenset[UUID]) -> tuple[Spoken, Spoken]:
    """Part what lies in these rooms from the rest."""
    seen = tuple(one for one in spoken.sealed if one.room in rooms)
    return replace(spoken, sealed=seen), replace(
        spoken, sealed=tuple(one for one in spoken.sealed if one.room not in rooms)
    )


def _people(work: Work, case: BreachCase) -> list[Person]:
    """Find everybody whose name must not stand in a version that discloses nothing."""
    record = files_of(work).find(case.review_id)
    states = sorted({party.state_code for party in record.parties}) if record else []
    ids = set(CaseRecords(work.session).involved([case.review_id])[case.review_id])
    ids |= {person.id for state in states for person in work.people.of_state(state)}  # former focal points, too
    return list(work.people.named([*ids, *({case.person_id} - {None})]).values())  # type: ignore[list-item]  # none is None


def _file(portal: Portal, permit: Permit, spoken: Spoken, people: Iterable[Person]) -> File:
    """Open all that the portal has of a file as text; the permit's event is committed."""
    keyring = portal.keyring

    def opened(scope: Scope, place: Place, blob: bytes) -> str:
        return keyring.open(permit, scope, place, blob).decode()

    titles, texts = [], []
    for one in spoken.sealed:
        said = opened(room_scope(spoken.review, one.room), Place(one.table, one.column, one.id), one.blob)
        match one.column:
            case "title":
                titles.append(said)
            case "particulars":
                titles.append(_stem(json.loads(said)["name"]))
            case "subject" | "draft_subject":
                texts.append(json.loads(said)["heading"])
            case _:
                texts.append(said)
    names = [opened(NAMES, Place("person", "name", person.id), person.name) for person in people]
    return File(tuple(texts), tuple(names), tuple(titles))


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name


def disclose_case(portal: Portal, caller: Caller, case_id: UUID) -> None:
    """Give the Oversight Group the version in full, as the State under review.

    Raises:
        NotFound: There is no such case, or the actor may not know of it.
        Forbidden: The actor doesn't speak for the State under review.
        Conflict: It was given before.

    """
    with portal.work(caller) as work:
        case, _, permit = find_case(work, Action.DISCLOSE_CASE, case_id)
        rows = [one for one in CaseRecords(work.session).entries(case.id) if one.kind == EntryKind.FULL]
        if case.disclosed_at is not None:
            raise Conflict(GIVEN)
        if not rows:
            raise Conflict(NO_FULL)
        intent = work.begins(permit)
    newest = rows[-1]
    place = Place("case_entry", "said", newest.id)
    with owing(portal, intent):
        said = json.loads(portal.open_text(permit, entry_scope(case.id, newest.kind), place, newest.said))
    with owing(portal, intent), portal.work(caller) as work:
        case, _, permit = find_case(work, Action.DISCLOSE_CASE, case_id)
        if case.disclosed_at is not None:
            raise Conflict(GIVEN)
        work.completes(permit, intent)
        add_entry(work, permit, case, EntryKind.DISCLOSURE, said)
        case.disclosed_at = work.now
        tell_concerned(work, case, AccountEvent.CASE_MOVED)


def view_submission(portal: Portal, caller: Caller, case_id: UUID) -> SubmissionPage:
    """Show a member of the Oversight Group what was submitted to it.

    Raises:
        NotFound: There is no such case, or it wasn't submitted.

    """
    with portal.work(caller) as work:
        case, facts, permit = find_case(work, Action.VIEW_SUBMISSION, case_id)
        rows = [one for one in CaseRecords(work.session).entries(case.id) if one.kind in SUBMITTED]
        people = work.people.named(list({one.made_by for one in rows}))
        # who submitted it is told by State: a name is more than the Group is to have
        members = {one.id for one in rows if one.kind == EntryKind.DECISION}
        may = work.allows(Action.DECIDE_CASE, facts)
    opened = zip(rows, open_entries(portal, permit, rows, people), strict=True)
    entries = tuple(line if row.id in members else replace(line, by="") for row, line in opened)
    line = case_line(case, facts, waits=may)
    return SubmissionPage(line, steps_of(case).submitted, entries, case.disclosed_at is not None, may)


def decide_case(portal: Portal, caller: Caller, case_id: UUID, decision: Decision, reasons: str) -> None:
    """Record what the Oversight Group decided; that closes the case.

    Raises:
        NotFound: There is no such case, or it wasn't submitted.
        Forbidden: The actor judges nothing of it, or it was decided before.

    """
    with portal.work(caller) as work:
        case, _, permit = find_case(work, Action.DECIDE_CASE, case_id)
        said = {"decision": decision.value, "text": reasons}
        add_entry(work, permit, case, EntryKind.DECISION, said, decision.value)
        _closes(work, case)


def close_case(portal: Portal, caller: Caller, case_id: UUID, reason: str) -> None:
    """Close a case that nobody submitted, after its finding.

    Raises:
        NotFound: There is no such case, or the actor may not know of it.
        Forbidden: The actor doesn't examine it, there is no finding, or it was submitted.

    """
    with portal.work(caller) as work:
        case, _, permit = find_case(work, Action.CLOSE_CASE, case_id)
        add_entry(work, permit, case, EntryKind.CLOSING, {"text": reason})
        _closes(work, case)


def _closes(work: Work, case: BreachCase) -> None:
    case.closed_at = work.now
    if case.person_id is not None and case.asked_at is not None:
        tell_person(work, case.person_id, marked(case, AccountEvent.CASE_FOUND))
    tell_concerned(work, case, AccountEvent.CASE_MOVED)
