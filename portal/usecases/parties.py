"""The parties to a review: judged by the rules that need no draw of lots, and the change of those that review.

1. Only reviewing States change, while the review is in preparation (policies/guardrails.cedar; ToR 18, 19).
2. Who leaves is out in the same minute: its part and its people's assignments end in one transaction. What is sealed
   in the file from then on has new keys.
3. Each party has a national room. That of a State that left stays in the record, sealed and closed to everybody; if
   the State comes back, it is its room again.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.domain.ids import CycleId, ReviewId, StateCode
from portal.domain.instruments import Instrument, Participation
from portal.domain.legal import LegalBasis
from portal.domain.parties import Parties, judge_change, judge_parties, lists_of
from portal.domain.problems import Problem, RefusedError, Verdict
from portal.domain.reports import Ending
from portal.domain.reviews import RoomKind
from portal.domain.states import Membership
from portal.domain.texts import N_
from portal.errors import Conflict, NotFound
from portal.usecases.bases import said_of, seal_basis
from portal.usecases.manifests import end_manifest
from portal.usecases.states import group_of
from portal.work import Portal, Work
from storage.fields import Place
from storage.permits import REGISTRY, Permit
from storage.repositories.register import RegisterRecords
from storage.repositories.reviews import ReviewRecord
from storage.tables import Review, ReviewParty, Room

CHANGED = N_("Somebody changed the reviewing States before you. Nothing was changed; look at the entry again.")


@dataclass(frozen=True, slots=True)
class Change:
    """Other reviewing States for a review, on a legal basis and for a reason."""

    seen: tuple[StateCode, ...]  # who reviewed it when the registrar looked
    reviewing: tuple[StateCode, ...]
    basis: LegalBasis
    reason: str


def change_parties(
    portal: Portal, caller: Caller, review_id: ReviewId, change: Change, confirmed: Collection[str] = ()
) -> None:
    """Replace one or both reviewing States of a review (ToR 18, 19).

    Args:
        portal: The portal.
        caller: Who changes them.
        review_id: The review.
        change: Who is to review from now on.
        confirmed: The codes of the warnings that the caller has looked at.

    Raises:
        NotFound: There is no such review, or it isn't the caller's to see.
        Forbidden: The review isn't in preparation any more.
        Conflict: Somebody changed them meanwhile.
        RefusedError: The rules don't take these parties, or one that is to leave has brought documents.
        UnconfirmedError: There is a warning that the caller hasn't looked at.
    """
    with portal.work(caller) as work:
        record = work.file(review_id)
        review, permit = work.require(Action.CHANGE_PARTIES, Review, record.review if record else None, asked=review_id)
        if record is None:
            raise NotFound
        if set(change.seen) != set(record.reviewing):
            raise Conflict(CHANGED)
        verdict = _judge_change(work, record, change)
        verdict.check(confirmed)
        leaving = sorted({*record.reviewing} - {*change.reviewing})
        joining = sorted({*change.reviewing} - {*record.reviewing})
        end_manifest(work, permit, review.id, Ending.PARTIES)
        ended = _end(work, permit, record, leaving, change)
        for state in joining:
            add_party(work, review.id, state, "reviewing", record.rooms)
        work.note(
            permit,
            left=leaving,
            joined=joining,
            basis=said_of(change.basis),
            assignments_ended=ended,
            warned=[warning.code for warning in verdict.warnings],
        )


def judge(work: Work, cycle: CycleId, proposed: Parties, *, beside: UUID | None = None) -> Verdict:
    """Judge the parties of a review, opened already (`beside`: its id) or about to be, beside all others of its cycle.

    Raises:
        RefusedError: The registry doesn't have one of the States.
    """
    states = {StateCode(state.code): group_of(state.region) for state in work.states.all()}
    unknown = sorted({proposed.under_review, *proposed.reviewing} - set(states))
    if unknown:
        raise RefusedError(
            *(
                Problem("state-unknown", N_("The register has no State with this code: %(code)s."), {"code": code})
                for code in unknown
            )
        )
    others: dict[UUID, list[ReviewParty]] = {}
    for review, party in RegisterRecords(work.session, work.who.reach).of_cycle(cycle):
        if review.id != beside:
            others.setdefault(review.id, []).append(party)
    memberships = [
        Membership(StateCode(m.state_code), Instrument(m.instrument), Participation(m.status), m.since, m.source)
        for m in work.states.instruments()
    ]
    return judge_parties(proposed, [_parties(rows) for rows in others.values()], lists_of(memberships), states)


def add_party(work: Work, review: UUID, state: StateCode, part: str, rooms: Iterable[Room] = ()) -> None:
    """Make a State party to a review from now on, with a national room if none of the review's `rooms` is its own."""
    work.reviews.add(ReviewParty(id=uuid4(), review_id=review, state_code=state, part=part, since=work.now))
    if all(room.state_code != state for room in rooms):
        add_room(work, review, RoomKind.NATIONAL, state)


def add_room(work: Work, review: UUID, kind: RoomKind, owner: StateCode | None = None) -> None:
    """Make a room of a review, with a log of its own."""
    room = Room(id=uuid4(), review_id=review, kind=kind.value, state_code=owner)
    work.reviews.add(room)
    work.audit.add_stream(room.id, "room", review=review, room=room.id)


def open_reason(portal: Portal, permit: Permit, party: ReviewParty) -> str:
    """Open why a State left; nothing where it hasn't."""
    return portal.open_text(permit, REGISTRY, _reason_of(party), party.end_reason) if party.end_reason else ""


def _reason_of(party: ReviewParty) -> Place:
    return Place("review_party", "end_reason", party.id)


def _judge_change(work: Work, record: ReviewRecord, change: Change) -> Verdict:
    review, changes = record.review, len({party.until for party in record.parties if party.until is not None})
    brought = work.documents.brought(review.id, record.reviewing)
    changed = judge_change(change.seen, change.reviewing, brought, changes)
    proposed = Parties(StateCode(review.state_code), change.reviewing)
    verdict = judge(work, CycleId(review.cycle_id), proposed, beside=review.id)
    return Verdict((*changed.refusals, *verdict.refusals), (*changed.warnings, *verdict.warnings))


def _parties(rows: list[ReviewParty]) -> Parties:
    under_review = next(row.state_code for row in rows if row.part == "under_review")
    return Parties(StateCode(under_review), tuple(StateCode(r.state_code) for r in rows if r.part == "reviewing"))


def _end(work: Work, permit: Permit, record: ReviewRecord, states: Sequence[str], change: Change) -> int:
    """End the part of States that leave, and the assignments of their people; gives how many of these there were."""
    for party in record.parties:
        if party.state_code in states and party.until is None:
            party.until = work.now
            party.end_basis = seal_basis(work, permit, "review_party", party.id, change.basis, "end_basis")
            party.end_reason = work.seal(permit, REGISTRY, _reason_of(party), change.reason)
    rows = RegisterRecords(work.session, work.who.reach).assigned_by(states, record.review.id, work.now)
    for row in rows:
        row.ended_at, row.ended_by = work.now, work.who.person_id
        row.end_basis = seal_basis(work, permit, "assignment", row.id, change.basis, "end_basis")
    return len(rows)
