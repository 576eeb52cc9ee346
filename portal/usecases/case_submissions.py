"""Submitting a case to the Oversight Group, in two versions, and what the Group decides.

1. A focal point of a State concerned submits, or the secretariat (the confidentiality officer, once there is a
   finding); neither needs the other (GL 5).
2. The version in full is for those concerned. The other one discloses nothing: it is held against all that the portal
   has of the file, what its documents say included, and is refused while it quotes any of it (comparing.py). Where one
   can't be read whole, whoever submits says that they looked; where one came while that went on, nothing is submitted.
3. Comparing looks into the whole file, so the file's own trail shows each time, and the case's record who did it. Who
   tries out words learns something each time: so a State, and the secretariat, may compare five times in a day.
4. The Group reads the version that discloses nothing, with what fixes the evidence: the hash of the snapshot that
   the case began with, how much it fixes, and the log's tree then. The one in full it has from the State under review
   alone, with the exhibits that it lists (exhibits.py).
5. Nobody gives a version, or decides, over a newer one that their page didn't show.
"""

import json
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import CaseFacts
from portal.domain.account_events import AccountEvent
from portal.domain.cases import DAY, Decision, check_comparisons
from portal.domain.problems import Verdict
from portal.domain.quoting import Quoted
from portal.domain.roles import Role
from portal.domain.texts import N_
from portal.errors import Conflict, Overtaken
from portal.usecases.account_notices import tell_person
from portal.usecases.case_eyes import CaseEyes, full_versions
from portal.usecases.case_facts import find_case, marked, steps_of, tell_concerned
from portal.usecases.case_records import EntryKind, EntryLine, add_entry, evidence_of, open_entries
from portal.usecases.cases import CaseLine, case_line
from portal.usecases.comparing import Held, Unread, compare_with, open_held, unseen, warnings
from portal.usecases.exhibits import give, listed, open_to_give
from portal.usecases.files import files_of
from portal.usecases.grant_facts import facts_of_grants, grant_records
from portal.usecases.outcomes import owing
from portal.usecases.shares import a_share
from portal.work import Portal, Work
from storage.cases import SUBMITTED, BreachCase, CaseEntry, entry_scope
from storage.fields import Place
from storage.repositories.cases import CaseRecords
from storage.tables import Document, Person, Room

GIVEN = N_("The Group has the version in full already. Nothing was changed.")
ROUNDS: Final = 5
NEWER = N_("Documents come into the file faster than they are compared. Nothing was submitted: send it again later.")
LATER = N_("Another version in full came meanwhile. Read it before you give it. Nothing was changed.")
MORE = N_("More came to the Group since you loaded this page. Read it as it is now, and record the decision then.")
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


def submit_case(
    portal: Portal, caller: Caller, case_id: UUID, versions: Versions, confirmed: frozenset[str] = frozenset()
) -> tuple[Quoted, ...]:
    """Submit a case to the Oversight Group; gives what the bare version quotes: then nothing was submitted.

    Raises:
        NotFound: There is no such case, or the actor may not know of it.
        Forbidden: It isn't the actor's to submit.
        Conflict: A document came while the file was compared.
        RefusedError: The actor's State compared too often within a day.
        UnconfirmedError: Documents couldn't be read whole, and the actor hasn't said yet that they looked.

    """
    compared: frozenset[UUID] = frozenset()
    unread: tuple[Unread, ...] = ()
    for turn in range(ROUNDS):  # whoever adds documents meanwhile holds nothing up
        told = _compare(portal, caller, case_id, versions.bare, compared, counts=not turn)
        if told.quoted:
            return told.quoted
        unread = (*unread, *told.unread)
        Verdict(warnings=warnings(unread, told.visible, party=told.party)).check(confirmed)
        compared |= told.compared
        if _submits(portal, caller, case_id, versions, told, compared):
            return ()
    raise Conflict(NEWER)


@dataclass(frozen=True, slots=True)
class _Told:
    """What a comparison told: what is quoted, what wasn't read whole, and what it was made with.

    Party: not for a State that is concerned because of a grant alone.
    """

    quoted: tuple[Quoted, ...]
    unread: tuple[Unread, ...]
    visible: frozenset[UUID]
    compared: frozenset[UUID]
    evidence: list[dict[str, Any]]
    exhibits: list[dict[str, Any]]
    party: bool


def _compare(
    portal: Portal, caller: Caller, case_id: UUID, bare: str, compared: frozenset[UUID], *, counts: bool
) -> _Told:
    """Compare a version that is to disclose nothing with a file, but for the versions that it was compared with."""
    with ExitStack() as held_open:
        with portal.work(caller) as work:
            case, facts, permit = find_case(work, Action.COMPARE_CASE, case_id)
            held_open.enter_context(a_share(portal, caller))  # before it is counted: who is turned away loses nothing
            eyes = CaseEyes.of(work, facts)
            party = not eyes.by_grant_alone
            if counts:
                check_comparisons(_comparisons(work, case))
                add_entry(work, permit, case, EntryKind.COMPARISON, {"state": work.who.state or ""})
            intent = work.begins(permit)
            records = CaseRecords(work.session)
            fresh = tuple(one for one in records.versions(case.review_id) if one.id not in compared)
            held = Held(records.spoken(case.review_id), fresh, tuple(_people(work, case)))
            told = _listed(work, case, held)
            visible = work.allowed(Action.VIEW_DOCUMENT, Document, records.documents(case.review_id))
            kinds = {EntryKind.SNAPSHOT, *({EntryKind.EXHIBIT} if eyes.party or eyes.officer else ())}
            kept = [one for one in records.entries(case.id) if one.kind in kinds]
            by = work.people.named([one.made_by for one in kept])
        with owing(portal, intent):
            mine, others = (
                open_held(portal, permit, held.within(told, inside=inside, named=inside is party))
                for inside in (True, False)
            )
            lines = open_entries(portal, permit, kept, by)
            evidence = [evidence_of(one.said) for one in lines if one.kind is EntryKind.SNAPSHOT]
            exhibits = listed([one.said for one in lines if one.kind is EntryKind.EXHIBIT])
            seen, hidden = (compare_with(portal, bare, one) for one in (mine, others))
    found, unread = (*seen.quoted, *unseen(hidden)), (*seen.unread, *hidden.unread)
    counted = {"quotes": len(found), "documents": len(held.versions), "unread": len(unread)}
    portal.record_outcome(intent, result="failed" if found else "complete", **counted)
    ids = frozenset(one.id for one in fresh)
    return _Told(found, unread, frozenset(one.id for one in visible), ids, evidence, exhibits, party)


def _submits(
    portal: Portal,
    caller: Caller,
    case_id: UUID,
    versions: Versions,
    told: _Told,
    compared: frozenset[UUID],
) -> bool:
    """Submit what was compared; False: a document came meanwhile."""
    with portal.work(caller) as work:
        case, _, permit = find_case(work, Action.SUBMIT_CASE, case_id)
        if not CaseRecords(work.session).version_ids(case.review_id) <= compared:
            return False
        state = work.who.state or ""
        add_entry(
            work, permit, case, EntryKind.FULL, {"text": versions.full, "state": state, "exhibits": told.exhibits}
        )
        said = {"text": versions.bare, "state": state, "evidence": told.evidence}
        add_entry(work, permit, case, EntryKind.SUBMISSION, said)
        if case.submitted_at is None:
            case.submitted_at = work.now
        for member in {one.person_id for one in work.people.holders(Role.OVERSIGHT, work.now)} - {case.person_id}:
            tell_person(work, member, marked(case, AccountEvent.CASE_SUBMITTED))
        tell_concerned(work, case, AccountEvent.CASE_MOVED)
    return True


def _comparisons(work: Work, case: BreachCase) -> int:
    """Count how often the actor's State, or the secretariat, compared with this file within a day."""
    made = CaseRecords(work.session).made_since(case.review_id, EntryKind.COMPARISON, work.now - DAY)
    people = work.people.named(list(set(made)))
    return sum(people[one].state_code == work.who.state for one in made)


def _listed(work: Work, case: BreachCase, held: Held) -> frozenset[UUID]:
    """Find what a State sees itself: rooms, grants, publications; the secretariat's officer is told of all."""
    if work.who.state is None:
        return held.places
    record = files_of(work).find(case.review_id)
    rooms = work.allowed(Action.LIST_ROOM, Room, record.rooms if record else ())
    grants = facts_of_grants(work, grant_records(work).of_review(case.review_id))
    mine = {one.grant.id for one, facts in grants if work.allows(Action.VIEW_GRANT, facts)}
    if record is not None and record.review.state_code == work.who.state:
        mine |= held.publications
    return frozenset({*(room.id for room in rooms), *mine})


def _people(work: Work, case: BreachCase) -> list[Person]:
    """Find everybody whose name must not stand in a version that discloses nothing."""
    record = files_of(work).find(case.review_id)
    states = sorted({party.state_code for party in record.parties}) if record else []
    ids = set(CaseRecords(work.session).involved([case.review_id])[case.review_id])
    ids |= {person.id for state in states for person in work.people.of_state(state)}  # former focal points, too
    return list(work.people.named([*ids, *({case.person_id} - {None})]).values())  # type: ignore[list-item]  # none is None


def disclose_case(portal: Portal, caller: Caller, case_id: UUID, seen: UUID | None) -> None:
    """Give the Oversight Group the version in full, as the State under review.

    Args:
        portal: The portal.
        caller: Who gives it.
        case_id: The case.
        seen: The entry that was the newest version when the actor saw the page: what they didn't read isn't given.

    Raises:
        NotFound: There is no such case, or the actor may not know of it.
        Forbidden: The actor doesn't speak for the State under review.
        Conflict: It was given before, or another version came meanwhile.

    """
    with portal.work(caller) as work:
        case, facts, permit = find_case(work, Action.DISCLOSE_CASE, case_id)
        newest = _to_give(work, case, facts, seen)
        exhibits = CaseRecords(work.session).exhibits(case.id)
        intent = work.begins(permit)
    place = Place("case_entry", "said", newest.id)
    with owing(portal, intent):
        said = json.loads(portal.open_text(permit, entry_scope(case.id, newest.kind), place, newest.said))
        giving = open_to_give(portal, permit, exhibits, said)
    with owing(portal, intent), portal.work(caller) as work:
        case, facts, permit = find_case(work, Action.DISCLOSE_CASE, case_id)
        _to_give(work, case, facts, seen)  # another State may have submitted since
        work.completes(permit, intent)
        add_entry(work, permit, case, EntryKind.DISCLOSURE, said)
        give(work, permit, case, giving)
        case.disclosed_at = work.now
        tell_concerned(work, case, AccountEvent.CASE_MOVED)


def _to_give(work: Work, case: BreachCase, facts: CaseFacts, seen: UUID | None) -> CaseEntry:
    """Find the version in full that can be given: the newest one, which the actor saw, and only once."""
    entries = CaseRecords(work.session).entries(case.id)
    people = work.people.named([one.made_by for one in entries])
    rows = full_versions(entries, facts, {id_: one.state_code for id_, one in people.items()})
    if case.disclosed_at is not None:
        raise Conflict(GIVEN)
    if not rows:
        raise Conflict(NO_FULL)
    if rows[-1].id != seen:
        raise Conflict(LATER)
    return rows[-1]


def view_submission(portal: Portal, caller: Caller, case_id: UUID) -> SubmissionPage:
    """Show a member of the Oversight Group what was submitted to it.

    Raises:
        NotFound: There is no such case, or it wasn't submitted.

    """
    with portal.work(caller) as work:
        case, facts, permit = find_case(work, Action.VIEW_SUBMISSION, case_id)
        rows = _for_group(work, case)
        people = work.people.named(list({one.made_by for one in rows}))
        # who submitted it is told by State: a name is more than the Group is to have
        members = {one.id for one in rows if one.kind == EntryKind.DECISION}
        may = work.allows(Action.DECIDE_CASE, facts)
    opened = zip(rows, open_entries(portal, permit, rows, people), strict=True)
    entries = tuple(line if row.id in members else replace(line, by="") for row, line in opened)
    line = case_line(case, facts, waits=may)
    return SubmissionPage(line, steps_of(case).submitted, entries, case.disclosed_at is not None, may)


def _for_group(work: Work, case: BreachCase) -> list[CaseEntry]:
    return [one for one in CaseRecords(work.session).entries(case.id) if one.kind in SUBMITTED]


def decide_case(
    portal: Portal, caller: Caller, case_id: UUID, seen: int | None, decision: Decision, reasons: str
) -> None:
    """Record what the Oversight Group decided; that closes the case.

    Args:
        portal: The portal.
        caller: Who records it.
        case_id: The case.
        seen: The number of the newest entry that the actor's page showed: what they didn't read isn't decided on.
        decision: What was decided.
        reasons: The decision in its own words.

    Raises:
        NotFound: There is no such case, or it wasn't submitted.
        Forbidden: The actor judges nothing of it, or it was decided before.
        Overtaken: More was submitted, or given, since.

    """
    with portal.work(caller) as work:
        case, _, permit = find_case(work, Action.DECIDE_CASE, case_id)
        if _for_group(work, case)[-1].number != seen:
            raise Overtaken(MORE)
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
