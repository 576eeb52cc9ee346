"""Reviews as the people in them see them: the list of one's own, a file's overview, its stage.

1. A list counts as new only documents that the reader may see, in rooms that the reader may list.
2. Before the undertaking is accepted, an overview tells who and when, and nothing of what lies in the rooms.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import PortalFacts
from portal.domain import moves, visits
from portal.domain.documents import DocumentKind, DocumentStage
from portal.domain.grants import runs
from portal.domain.notices import NoticeKind
from portal.domain.reports import Ending
from portal.domain.reviews import ReviewStage, RoomKind
from portal.domain.roles import Role
from portal.domain.turns import Step, Turn, is_ones_turn, turn
from portal.usecases.grant_facts import grant_records, times_of
from portal.usecases.manifests import end_manifest
from portal.usecases.notices import tell, tell_of_review
from portal.usecases.people import name_of
from portal.usecases.standings import viewable
from portal.work import Portal, Work
from storage.permits import Permit, room_scope
from storage.repositories.reviews import ReviewRecord
from storage.repositories.summaries import SummaryRecords
from storage.tables import Appointment, Document, Person, Review, Room, Visit

_ORDER = (RoomKind.SHARED, RoomKind.NATIONAL, RoomKind.REVIEWERS, RoomKind.SECRETARIAT)


@dataclass(frozen=True, slots=True)
class RoomLine:
    """A room that the reader may list; fresh: what changed in it since their last visit, None before their first."""

    id: UUID
    kind: RoomKind
    state: str | None
    fresh: int | None


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """A review as its list shows it."""

    id: UUID
    state: str
    reviewing: tuple[str, ...]
    cycle: str
    stage: ReviewStage
    turn: Turn
    mine: bool
    pledged: bool  # the undertaking of confidentiality is accepted
    since: datetime | None  # what changed later is new; None before a first visit has ended
    rooms: tuple[RoomLine, ...]


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody who works on a review."""

    id: UUID
    name: str
    role: Role
    state: str | None
    views_as: bool  # the reader may see what they could open


@dataclass(frozen=True, slots=True)
class Overview:
    """A review's own page."""

    line: ReviewLine
    languages: tuple[str, ...]
    opened_at: datetime
    closed_at: datetime | None
    help_asked: bool
    passes_at_once: bool
    people: tuple[Participant, ...]
    next_stages: tuple[ReviewStage, ...]  # those that the reader may set
    may_ask_for_help: bool
    sees_trail: bool
    publishes: bool  # the reader sees what the State publishes of it
    views_as: frozenset[str]  # the parties of which the reader may see what they could open
    grants: int  # under how many other States read now: that much all parties and the officers know

    @property
    def officers(self) -> tuple[Participant, ...]:
        """Give whom to ask (GL 7)."""
        return tuple(person for person in self.people if person.role is Role.OFFICER)


def my_reviews(portal: Portal, caller: Caller) -> list[ReviewLine]:
    """List the reviews that somebody may enter.

    Raises:
        NotFound: The actor can have no reviews.

    """
    with portal.work(caller) as work:
        work.require_on(Action.LIST_REVIEWS, PortalFacts())
        records = {record.review.id: record for record in work.reviews.all()}
        mine = work.allowed(Action.VIEW_REVIEW, Review, [record.review for record in records.values()])
        person = _person(work)
        return _lines(work, [records[review.id] for review in mine], work.people.undertaken(person.id), person)


def overview(portal: Portal, caller: Caller, review_id: UUID) -> Overview:
    """Show a review: its parties, people and rooms, and whose turn it is.

    Raises:
        NotFound: There is no such review, or the actor may not know of it.

    """
    with portal.work(caller) as work:
        record = work.reviews.find(review_id)
        review, permit = work.require(Action.VIEW_REVIEW, Review, record.review if record else None, asked=review_id)
        known = work.reviews.known(review.id)
        assert known is not None  # noqa: S101  # it was just found
        pledged = work.standings.of[review.id].undertaken
        [line] = _lines(work, [known], frozenset({review.id} if pledged else ()), _person(work))
        people = _people_of(work, known)
        seen_as = viewable(work, known, people)
        advances = work.allowed(Action.ADVANCE_REVIEW, Review, [review])
        grants = sum(runs(times_of(one), work.now) for one in grant_records(work).of_review(review.id))
        asks = work.allowed(Action.ASK_FOR_HELP, Review, [review])
        trail = work.allowed(Action.VIEW_REVIEW_TRAIL, Review, [review])
        publishes = work.allowed(Action.LIST_PUBLICATIONS, Review, [review])
    return Overview(
        line=line,
        languages=tuple(review.languages.split()),
        opened_at=review.opened_at,
        closed_at=review.closed_at,
        help_asked=review.help_asked,
        passes_at_once=review.passes_at_once,
        people=_named(portal, permit, people, seen_as[0]),
        next_stages=moves.next_stages(line.stage) if advances else (),
        may_ask_for_help=bool(asks),
        sees_trail=bool(trail),
        publishes=bool(publishes),
        views_as=seen_as[1],
        grants=grants,
    )


def advance_review(portal: Portal, caller: Caller, review_id: UUID, seen: ReviewStage, wanted: ReviewStage) -> None:
    """Set the stage of a review, one step on or back (GL 13: the officer keeps the schedule).

    Raises:
        NotFound: There is no such review, or the actor may not know of it.
        Forbidden: The actor sees the review but keeps no schedule.
        Conflict: It isn't at the stage that the actor saw, or the step isn't theirs to take.

    """
    with portal.work(caller) as work:
        record = work.reviews.find(review_id)
        review, permit = work.require(Action.ADVANCE_REVIEW, Review, record.review if record else None, asked=review_id)
        moves.check_step(ReviewStage(review.stage), seen, wanted)
        work.note(permit, before=review.stage, after=wanted.value)
        review.stage = wanted.value
        end_manifest(work, permit, review.id, Ending.STAGE)
        tell_of_review(work, NoticeKind.STAGE_CHANGED, Action.VIEW_REVIEW, review)


def ask_for_help(portal: Portal, caller: Caller, review_id: UUID, *, wanted: bool) -> None:
    """Open the national room of the State under review to the assigned officers, or close it to them (ToR 16).

    What is sealed after the closing has a new key version. Asking twice changes nothing.

    Raises:
        NotFound: There is no such review, or the actor may not know of it.
        Forbidden: The actor doesn't speak for the State under review.

    """
    with portal.work(caller) as work:
        record = work.reviews.find(review_id)
        review, permit = work.require(Action.ASK_FOR_HELP, Review, record.review if record else None, asked=review_id)
        work.note(permit, before=review.help_asked, after=wanted)
        known = work.reviews.known(review.id)
        room = known.room(RoomKind.NATIONAL.value, review.state_code) if known else None
        if review.help_asked and not wanted and room is not None:
            work.portal.keyring.renew(work.session, room_scope(review.id, room.id), work.now)
        begins = wanted and not review.help_asked
        review.help_asked = wanted
        if begins and room is not None:
            tell(
                work,
                NoticeKind.HELP_ASKED,
                review_id=review.id,
                room_id=room.id,
                about=room.id,
                action=Action.LIST_ROOM,  # the room that the asking opens
                row=room,
            )


def looks_of(visit: Visit | None) -> visits.Looks | None:
    """Take what is remembered of somebody's looks into a review."""
    return visits.Looks(visit.seen_at, visit.before) if visit else None


def turns_of(work: Work, records: Sequence[ReviewRecord]) -> dict[UUID, Turn]:
    """Tell whose turn it is in each review."""
    states = {record.review.id: record.review.state_code for record in records}
    steps: dict[UUID, list[Step]] = {review: [] for review in states}
    for review, kind, stage, owner in work.documents.steps(list(states)):
        steps[review].append(Step(DocumentKind(kind), DocumentStage(stage), owner == states[review]))
    asked = work.clarifications.asked(list(states))
    agreed = [record.review.id for record in records if record.final is not None]
    transmitted = SummaryRecords(work.session).transmitted(agreed) if agreed else {}
    return {
        record.review.id: turn(
            ReviewStage(record.review.stage),
            steps[record.review.id],
            asked=record.review.id in asked,
            proposed=record.manifest is not None,
            transmitted=record.review.id in transmitted,
        )
        for record in records
    }


def is_mine(work: Work, record: ReviewRecord, turn: Turn) -> bool:
    """Tell whether a turn is the actor's; whose State has answered what is proposed waits for the others."""
    answered = any(answer.state_code == work.who.state for answer in record.answers)
    under_review = work.who.state == record.review.state_code
    return is_ones_turn(turn.desk, work.who.role, under_review=under_review) and not answered


def rooms_in_order(rooms: Sequence[Room]) -> list[Room]:
    """Put rooms in the order in which pages name them."""
    return sorted(rooms, key=lambda room: (_ORDER.index(RoomKind(room.kind)), room.state_code or ""))


def _lines(work: Work, records: Sequence[ReviewRecord], pledged: frozenset[UUID], person: Person) -> list[ReviewLine]:
    rooms = work.allowed(Action.LIST_ROOM, Room, [room for record in records for room in record.rooms])
    since = {
        review: visits.new_since(looks_of(visit), work.now) for review, visit in work.reviews.visits(person.id).items()
    }
    fresh = _fresh(work, rooms, since)
    turns = turns_of(work, records)
    cycles = {cycle.id: cycle.name for cycle in work.reviews.cycles()}
    return [
        ReviewLine(
            id=record.review.id,
            state=record.review.state_code,
            reviewing=record.reviewing,
            cycle=cycles[record.review.cycle_id],
            stage=ReviewStage(record.review.stage),
            turn=turns[record.review.id],
            mine=is_mine(work, record, turns[record.review.id]),
            pledged=record.review.id in pledged,
            since=since.get(record.review.id),
            rooms=tuple(
                RoomLine(room.id, RoomKind(room.kind), room.state_code, fresh.get(room.id))
                for room in rooms_in_order([room for room in rooms if room.review_id == record.review.id])
            ),
        )
        for record in records
    ]


def _fresh(work: Work, rooms: Sequence[Room], since: dict[UUID, datetime | None]) -> dict[UUID, int]:
    """Count what changed in each room since the reader's last visit, among what the reader may see."""
    moments = {room.id: moment for room in rooms if (moment := since.get(room.review_id)) is not None}
    seen = work.allowed(Action.VIEW_DOCUMENT, Document, work.documents.changed(moments))
    counts = dict.fromkeys(moments, 0)
    for document in seen:
        counts[document.room_id] += 1
    return counts


def _people_of(work: Work, record: ReviewRecord) -> list[tuple[Appointment, Person]]:
    states = [party.state_code for party in record.parties if party.until is None]
    rows = work.reviews.people(record.review.id, states, work.now)
    sides = [record.review.state_code, *record.reviewing]

    def place(pair: tuple[Appointment, Person]) -> tuple[int, int]:
        state, role = pair[0].state_code, Role(pair[0].role)
        return (sides.index(state) + 1 if state in sides else 0), list(Role).index(role)

    return sorted([(appointment, person) for appointment, person, _ in rows], key=place)


def _named(
    portal: Portal, permit: Permit, people: Sequence[tuple[Appointment, Person]], viewable_people: frozenset[UUID]
) -> tuple[Participant, ...]:
    return tuple(
        Participant(
            person.id,
            name_of(portal, permit, person),
            Role(appointment.role),
            appointment.state_code,
            views_as=person.id in viewable_people,
        )
        for appointment, person in people
    )


def _person(work: Work) -> Person:
    person = work.who.person
    assert person is not None  # noqa: S101  # no policy lets anybody else this far
    return person
