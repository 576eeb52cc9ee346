"""The page of a breach case: what a reader sees of it, and what they may do next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

import rfc8785

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.domain.cases import Steps
from portal.errors import NotFound
from portal.usecases.case_eyes import CaseEyes, full_versions
from portal.usecases.case_facts import find_case, open_words, reachable, steps_of
from portal.usecases.case_records import EntryKind, EntryLine, add_up, open_entries
from portal.usecases.cases import CaseLine, case_line
from portal.usecases.containments import HoldLine, open_hold
from portal.usecases.people import name_of
from portal.work import Portal, Work
from storage.cases import BreachCase, CaseEntry, Containment
from storage.grants import Grant
from storage.repositories.cases import CaseRecords
from storage.repositories.grants import GrantRecords
from storage.tables import Person


@dataclass(frozen=True, slots=True)
class CasePage:
    """One case.

    Args:
        subject: What it is about, without anything confidential.
        grounds: What is alleged; None: not for the reader.
        person: Whom it concerns; None: nobody is named, or not told to the reader. Of which State, likewise.
        named: Somebody is named.
        second: Who confirmed or declined it.
        concern: The concern that it rests on, for the officer.
        entries: The record, for the officer; of it the finding, for the States concerned.
        holds: The containments.
        people: Whom a containment can be about, or who can be named.
        concerned: The grants that it is about, with the State that reads, as far as the reader is told.
        given: The grants that it can be said to be about, too, likewise.
        disclosed: The Group has the version in full.
        may: The acts that the reader may do.
    """

    line: CaseLine
    review: UUID
    steps: Steps
    answer_by: str
    subject: str
    grounds: str | None
    person: str | None
    person_id: UUID | None
    person_state: str | None
    person_state_told: bool
    named: bool
    by: str
    second: str | None
    concern: UUID | None
    entries: tuple[EntryLine, ...]
    intact: bool
    holds: tuple[HoldLine, ...]
    people: tuple[tuple[UUID, str, str | None], ...]
    disclosed: bool
    newest: UUID | None  # version in full, which can be given to the Group
    grants: tuple[tuple[UUID, str], ...]  # that can be suspended: id, and the State that reads
    concerned: tuple[tuple[UUID, str], ...]
    given: tuple[tuple[UUID, str], ...]
    may: frozenset[Action]


ACTS: Final = (
    Action.CONFIRM_CASE,
    Action.DECLINE_CASE,
    Action.BEGIN_CONTAINMENT,
    Action.LIFT_CONTAINMENT,
    Action.ADD_CASE_ENTRY,
    Action.NAME_CONCERNED,
    Action.ASK_HEARING,
    Action.RECORD_FINDING,
    Action.VIEW_CASE_TRAIL,
    Action.VIEW_SNAPSHOT,
    Action.ADD_EXHIBIT,
    Action.DOWNLOAD_EXHIBIT,
    Action.SUBMIT_CASE,
    Action.DISCLOSE_CASE,
    Action.CLOSE_CASE,
)


@dataclass(frozen=True, slots=True)
class _Rows:
    """What the page is made of, as the transaction found it."""

    entries: Sequence[CaseEntry]
    holds: Sequence[Containment]
    people: Mapping[UUID, Person]
    choice: frozenset[UUID]
    held: Mapping[UUID, str]  # of which State the grant is that a containment suspends
    grants: tuple[tuple[UUID, str], ...]
    concerned: tuple[tuple[UUID, str], ...]
    given: tuple[tuple[UUID, str], ...]


def view_case(portal: Portal, caller: Caller, case_id: UUID) -> CasePage:
    """Show a case.

    Raises:
        NotFound: There is no such case, or the reader may not know of it.

    """
    with portal.work(caller) as work:
        row, facts, permit = find_case(work, Action.VIEW_CASE, case_id)
        eyes = CaseEyes.of(work, facts)
        may = frozenset(act for act in ACTS if work.allows(act, facts))
        rows, today = _rows(work, row, choosing=Action.ADD_CASE_ENTRY in may), work.now.date()

    def named(person: UUID | None) -> str | None:
        return name_of(portal, permit, rows.people[person]) if person else None

    def state_of(person: UUID | None) -> str | None:
        return rows.people[person].state_code if person else None

    def hold_line(row: Containment) -> HoldLine:
        of, held = state_of(row.person_id), rows.held.get(row.id, "")
        told = row.person_id is not None and eyes.names_held(row.person_id, of)
        line = open_hold(portal, permit, row, named(row.person_id) if told else None, today, held)
        own = eyes.state in {of, held}
        return line if own or not eyes.by_grant_alone else replace(line, reason="", lift_reason=None)

    shown = [one for one in rows.entries if eyes.reads(one, state_of(one.made_by))]
    entries = open_entries(portal, permit, shown, rows.people)
    second = row.confirmed_by or row.declined_by
    holds = [one for one in rows.holds if eyes.sees(one, rows.held.get(one.id) or state_of(one.person_id))]
    fulls = full_versions(rows.entries, facts, {id_: one.state_code for id_, one in rows.people.items()})
    choice = [(id_, str(named(id_)), rows.people[id_].state_code) for id_ in rows.choice if id_ in rows.people]
    return CasePage(
        line=case_line(row, facts, waits=Action.CONFIRM_CASE in may),
        review=row.review_id,
        steps=steps_of(row),
        answer_by=row.answer_by.date().isoformat() if row.answer_by else "",
        subject=open_words(portal, permit, row, "subject"),
        grounds=open_words(portal, permit, row, "grounds") if eyes.officer else None,
        person=named(row.person_id) if eyes.told else None,
        person_id=row.person_id if eyes.told else None,
        person_state=row.person_state if eyes.told_state else None,
        person_state_told=eyes.told_state,
        named=row.person_id is not None,
        by=str(named(row.proposed_by)),
        second=named(second) if eyes.names(state_of(second)) else None,
        concern=row.concern_id if eyes.officer else None,
        entries=tuple(replace(one, said=eyes.of_entry(one.kind, one.said)) for one in entries),
        intact=add_up(rows.entries),
        holds=tuple(hold_line(one) for one in holds),
        people=tuple(sorted(choice, key=lambda one: (one[2] or "", one[1].casefold()))),
        disclosed=row.disclosed_at is not None,
        newest=fulls[-1].id if fulls else None,
        grants=rows.grants,
        concerned=tuple(one for one in rows.concerned if eyes.whole or one[1] == eyes.state),
        given=rows.given,
        may=may,
    )


def take_snapshot(portal: Portal, caller: Caller, case_id: UUID) -> bytes:
    """Give the snapshot of the file as it was when the case was registered: canonical JSON, ids and keyed hashes alone.

    Raises:
        NotFound: There is no such case, or the reader may not know of it, or it was never registered.
        Forbidden: The reader sees the case but doesn't examine it.

    """
    with portal.work(caller) as work:
        row, _, permit = find_case(work, Action.VIEW_SNAPSHOT, case_id)
        rows = [one for one in CaseRecords(work.session).entries(row.id) if one.kind == EntryKind.SNAPSHOT]
        people = work.people.named([one.made_by for one in rows])
    if not rows:
        raise NotFound
    [snapshot] = open_entries(portal, permit, rows, people)
    return rfc8785.dumps(dict(snapshot.said))


def _rows(work: Work, row: BreachCase, *, choosing: bool) -> _Rows:
    records = CaseRecords(work.session)
    entries, holds = records.entries(row.id), records.containments(row.id)
    choice = reachable(work, row) if choosing else frozenset[UUID]()
    named = (row.person_id, row.proposed_by, row.confirmed_by, row.declined_by, *(one.person_id for one in holds))
    everybody = {*(one for one in named if one), *choice, *(one.made_by for one in entries)}
    grants = GrantRecords(work.session)
    concerned = grants.of_cases([row.id])[row.id]
    open_ = [one.grant for one in grants.of_review(row.review_id) if one.terms and one.grant.ended_at is None]
    others = [one for one in grants.ever_given(row.review_id) if one not in concerned]
    return _Rows(
        entries,
        holds,
        work.people.named(list(everybody)),
        choice,
        grants.held_by([one.id for one in holds]),
        _states(open_) if choosing else (),
        _states(concerned),
        _states(others) if choosing else (),
    )


def _states(grants: Sequence[Grant]) -> tuple[tuple[UUID, str], ...]:
    return tuple((one.id, one.state_code) for one in grants)
