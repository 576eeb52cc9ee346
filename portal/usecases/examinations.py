"""The examination of a case: entries of its record, whom it concerns, the hearing, the finding.

1. Each entry is numbered, dated, sealed and chained (case_records.py); none is ever changed.
2. The person concerned is asked once to be heard, sees what is alleged, and has at least a week to answer, as often as
   they like. The policies let no finding through before that day is over, unless the person says that they have said
   all; what the officer records of them shortens no time.
3. The finding is one of four, with reasons. It isn't recorded over an entry that the officer's page didn't show: the
   person may have answered, or a witness been heard, while it was written.
4. That the person let the day pass isn't written of somebody who answered.
"""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.domain.account_events import AccountEvent
from portal.domain.cases import ANSWER_DAYS_LEAST, Finding, check_ahead, check_finding, check_invented, check_unheard
from portal.domain.texts import N_
from portal.errors import Conflict, NotFound, Overtaken
from portal.usecases.account_notices import tell_person
from portal.usecases.case_facts import find_case, marked, reachable, tell_concerned
from portal.usecases.case_grants import granted_of, touch
from portal.usecases.case_records import EntryKind, add_entry
from portal.work import Portal
from storage.repositories.cases import CaseRecords

ASKED = N_("The person concerned was asked before; they are asked once. Nothing was changed.")
NAMED = N_("Somebody is named already. Whom a case concerns is not changed: decline or close it, and propose another.")
NOBODY = N_("Nobody is named in this case, so there is nobody to hear. Name somebody first.")
NOT_ASKED = N_("The person concerned was not asked yet. Ask them first, so that they know what they answer to.")
ANSWERED = N_("The person concerned has answered, so nobody can write that they let the day pass. Their answer counts.")
MORE = N_("The record has more now than when you loaded this page. Read what came, and record the finding then.")
WRITTEN_BY_OFFICER = (EntryKind.FACT, EntryKind.STATEMENT, EntryKind.HEARD, EntryKind.UNHEARD)


def add_to_record(portal: Portal, caller: Caller, case_id: UUID, kind: EntryKind, text: str) -> None:
    """Add an entry to the record: a fact, a statement, what the person concerned said elsewhere, or that they didn't.

    Raises:
        NotFound: There is no such case, or the actor may not know of it.
        Forbidden: The actor sees the case but doesn't examine it.
        Conflict: The person concerned was not asked yet.
        Overtaken: They answered.
        RefusedError: They still have time to answer.

    """
    with portal.work(caller) as work:
        case, _, permit = find_case(work, Action.ADD_CASE_ENTRY, case_id)
        if kind is EntryKind.UNHEARD:
            check_unheard(case.answer_by, work.now)
            if CaseRecords(work.session).with_entry([case.id], EntryKind.ANSWER):
                raise Overtaken(ANSWERED)
        if kind is EntryKind.HEARD and case.asked_at is None:
            raise Conflict(NOT_ASKED)
        add_entry(work, permit, case, kind, {"text": text})
        over = case.answer_by is not None and work.now >= case.answer_by
        if kind in {EntryKind.HEARD, EntryKind.UNHEARD} and over and case.heard_at is None:
            case.heard_at = work.now  # before that, the person alone opens the way to a finding


def name_concerned(portal: Portal, caller: Caller, case_id: UUID, person_id: UUID) -> None:
    """Name whom a case concerns, where nobody was named yet; their own State is told of the case.

    Raises:
        NotFound: There is no such case or person, or the actor may not know of it.
        Forbidden: The actor sees the case but doesn't examine it.
        Conflict: Somebody is named already.
        RefusedError: Somebody of a real State was to be named in an exercise.

    """
    with portal.work(caller) as work:
        case, _, permit = find_case(work, Action.NAME_CONCERNED, case_id)
        person = work.people.find(person_id)
        if person is None or person_id not in reachable(work, case):
            raise NotFound
        if case.person_id is not None:
            raise Conflict(NAMED)
        states = [person.state_code] if person.state_code else []
        invented = CaseRecords(work.session).invented(states)
        check_invented(exercise=case.exercise, invented=invented, staff=not states)
        case.person_id, case.person_state = person.id, person.state_code
        work.note(permit, named=str(person.id))
        tell_concerned(work, case, AccountEvent.CASE_MOVED)


def name_grant(portal: Portal, caller: Caller, case_id: UUID, grant_id: UUID) -> None:
    """Say that a case is about what a grant gave, too; the State that reads under it is told of the case.

    Raises:
        NotFound: There is no such case or grant, or the actor may not know of it.
        Forbidden: The actor sees the case but doesn't examine it.
        RefusedError: A real State was to be concerned by an exercise.

    """
    with portal.work(caller) as work:
        case, _, permit = find_case(work, Action.NAME_CONCERNED, case_id)
        granted = granted_of(work, case, [grant_id])
        invented = CaseRecords(work.session).invented(list(granted.values()))
        check_invented(exercise=case.exercise, invented=invented, staff=False)
        if touch(work, permit, case, granted):
            tell_concerned(work, case, AccountEvent.CASE_MOVED)


def ask_hearing(portal: Portal, caller: Caller, case_id: UUID, allegation: str, last_day: date) -> None:
    """Ask the person concerned to be heard: what is alleged, and until which day they may answer.

    Raises:
        NotFound: There is no such case, or the actor may not know of it.
        Forbidden: The actor sees the case but doesn't examine it.
        Conflict: Nobody is named, or they were asked before.
        RefusedError: The day is too near.

    """
    with portal.work(caller) as work:
        case, _, permit = find_case(work, Action.ASK_HEARING, case_id)
        if case.person_id is None:
            raise Conflict(NOBODY)
        if case.asked_at is not None:
            raise Conflict(ASKED)
        check_ahead(last_day, work.now.date(), ANSWER_DAYS_LEAST)
        case.asked_at = work.now
        case.answer_by = datetime.combine(last_day, time(), UTC) + timedelta(days=1)
        add_entry(work, permit, case, EntryKind.HEARING, {"text": allegation, "answer_by": last_day.isoformat()})
        tell_person(work, case.person_id, marked(case, AccountEvent.HEARING_ASKED))
        tell_concerned(work, case, AccountEvent.CASE_MOVED)


def record_finding(
    portal: Portal, caller: Caller, case_id: UUID, seen: int | None, finding: Finding, reasons: str
) -> None:
    """Record what the examination found, with reasons.

    Args:
        portal: The portal.
        caller: Who records it.
        case_id: The case.
        seen: The number of the newest entry that the actor's page showed.
        finding: What was found.
        reasons: Why.

    Raises:
        NotFound: There is no such case, or the actor may not know of it.
        Forbidden: The actor doesn't examine it, the person concerned wasn't heard, or there is a finding already.
        Overtaken: The record has entries that the actor's page didn't show.
        RefusedError: A breach was found of nobody.

    """
    with portal.work(caller) as work:
        case, _, permit = find_case(work, Action.RECORD_FINDING, case_id)
        check_finding(finding, named=case.person_id is not None)
        if CaseRecords(work.session).entries(case.id)[-1].number != seen:
            raise Overtaken(MORE)
        add_entry(work, permit, case, EntryKind.FINDING, {"finding": finding.value, "text": reasons}, finding.value)
        case.found_at = work.now
        if case.person_id is not None:
            tell_person(work, case.person_id, marked(case, AccountEvent.CASE_FOUND))
        tell_concerned(work, case, AccountEvent.CASE_MOVED)
