"""The schedule of a review: who sees it, who keeps it, what is open in it.

1. Everybody who sees a schedule sees all of it, with the reasons that the officer gave (GL 14).
2. It is kept by its officer alone (GL 13). Each change is a row of its own: what was agreed before stays in the record.
3. What was done by agreeing on the report (ToR 33), or by giving out its summary (ToR 35), is done by that, without the
   officer saying so.
4. Times that texts were with translators count apart, of the shared room only: what other rooms have translated is
   known to those who see these rooms.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.domain import planning
from portal.domain.forecasts import end, forecasts
from portal.domain.ids import StateCode
from portal.domain.notices import NoticeKind
from portal.domain.rest_days import RestDay, rest_days
from portal.domain.reviews import RoomKind
from portal.domain.schedules import TIMETABLES, Schedule, Step, StepDesk, StepState, Timetable
from portal.domain.texts import N_
from portal.domain.translating import days_with_translators
from portal.domain.turns import Turn
from portal.errors import Conflict, NotFound
from portal.usecases.contents import author
from portal.usecases.notices import tell_of_review
from portal.usecases.people import name_of
from portal.usecases.reviews import is_mine, turns_of
from portal.work import Portal, Work
from storage.fields import Place
from storage.permits import Permit, Scope, room_scope
from storage.planning import ReviewSchedule, ScheduleStep
from storage.repositories.schedules import ScheduleRecord
from storage.tables import Person, Review, Room

AHEAD: Final = timedelta(hours=14)  # where a day begins first, it is this much later than in UTC
NOT_BEGUN: Final = N_("This review has no schedule yet, so no step was set. Load the page again and begin it.")


@dataclass(frozen=True, slots=True)
class StepLine:
    """A step as the schedule shows it; seen: the number of its last change, 0 if there was none."""

    step: Step
    number: int
    state: StepState
    by_text: date | None
    forecast: date | None
    current: bool
    rests: tuple[RestDay, ...]  # of the day that counts for it while it is open
    seen: int


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a step, or of the schedule as a whole (step None)."""

    by: str
    at: datetime
    reason: str
    state: StepState | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A schedule that was begun; seen: the number of its last change."""

    timetable: Timetable
    begins: date
    seen: int
    end: date
    over: bool  # the end is one that was, not a forecast
    lines: tuple[StepLine, ...]


@dataclass(frozen=True, slots=True)
class SchedulePage:
    """A review's schedule; plan None: not begun. changes: those of the chosen step, newest first."""

    review: UUID
    state: str
    turn: Turn
    mine: bool
    opened_on: date
    today: date
    keeps: bool
    translating: int | None  # days
    plan: Plan | None
    chosen: StepLine | None
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class DueStep:
    """An open step of a review: its place in the timetable, and the day that counts for it, agreed or by the text."""

    key: str
    number: int
    of: int
    words: str
    desk: StepDesk
    date: date | None
    current: bool  # nothing that it depends on is open


def view_schedule(portal: Portal, caller: Caller, review_id: UUID, step: str = "") -> SchedulePage:
    """Show the schedule of a review, with the changes of one step, or (no such step) of the whole.

    Raises:
        NotFound: There is no such review, or the actor may not know of it.
        Forbidden: The actor sees the review but hasn't accepted the undertaking.

    """
    with portal.work(caller) as work:
        record = work.reviews.find(review_id)
        review, permit = work.require(Action.VIEW_SCHEDULE, Review, record.review if record else None, asked=review_id)
        if record is None:
            raise NotFound
        turn = turns_of(work, [record])[review.id]
        kept = work.schedules.of([review.id]).get(review.id)
        states = [StateCode(code) for code in (review.state_code, *record.reviewing)]
        today = work.now.astimezone(UTC).date()
        plan = _plan(kept, today, states) if kept else None
        chosen = next((line for line in plan.lines if line.step.key == step), None) if plan else None
        rows = _changes(kept, chosen)
        people = work.people.named([row.set_by for row in rows])
        keeps = bool(work.allowed(Action.SET_STEP, Review, [review]))
        translating = days_with_translators(work.schedules.translated(review.id), work.now)
    return SchedulePage(
        review=review.id,
        state=review.state_code,
        turn=turn,
        mine=is_mine(work, record, turn),
        opened_on=review.opened_at.astimezone(UTC).date(),
        today=today,
        keeps=keeps,
        translating=translating,
        plan=plan,
        chosen=chosen,
        changes=tuple(_opened(portal, permit, row, people) for row in rows),
    )


def plan_review(
    portal: Portal, caller: Caller, review_id: UUID, seen: int, timetable: Timetable, begins: date, reason: str
) -> None:
    """Begin the schedule of a review, or begin it anew; what was set for its steps stays.

    Raises:
        NotFound: There is no such review, or the actor may not know of it.
        Forbidden: The actor sees the review but keeps no schedule.
        Conflict: Somebody changed it meanwhile.
        RefusedError: The rules don't take this beginning, or it is begun anew without a reason.

    """
    with portal.work(caller) as work:
        review, room, permit = _keeping(work, Action.PLAN_REVIEW, review_id)
        kept = work.schedules.of([review.id]).get(review.id)
        planning.check_seen(kept.schedule.number if kept else 0, seen)
        said = planning.change_reason(reason) if kept or reason.strip() else ""
        states = states_of(kept.steps) if kept else {}
        planning.check_begin(Schedule(timetable, begins, states), _latest_today(work))
        work.note(permit, timetable=timetable.name, begins=begins.isoformat())
        new_id = uuid4()
        work.schedules.add(
            ReviewSchedule(
                id=new_id,
                review_id=review.id,
                room_id=room.id,
                number=seen + 1,
                timetable=timetable.name,
                begins=begins,
                reason=work.seal(permit, _scope(room), Place("review_schedule", "reason", new_id), said)
                if said
                else None,
                set_by=author(work),
                set_at=work.now,
            )
        )


def set_step(
    portal: Portal, caller: Caller, review_id: UUID, key: str, seen: int, wanted: StepState, reason: str
) -> None:
    """Set all that is to be said of a step: agreed date, date by the text, done, left out.

    Raises:
        NotFound: There is no such review, or the actor may not know of it.
        Forbidden: The actor sees the review but keeps no schedule.
        Conflict: There is no schedule, or somebody changed the step meanwhile.
        RefusedError: There is no such step, or the rules don't take this.

    """
    with portal.work(caller) as work:
        review, room, permit = _keeping(work, Action.SET_STEP, review_id)
        kept = work.schedules.of([review.id]).get(review.id)
        if kept is None:
            raise Conflict(NOT_BEGUN)
        schedule = schedule_of(kept)
        step = planning.step_of(schedule, key)
        planning.check_seen(_seen(kept, key), seen)
        planning.check_step(schedule, step, wanted, _latest_today(work))
        new_id, said = uuid4(), planning.change_reason(reason)
        days = {"agreed": wanted.agreed, "by_text": wanted.by_text, "done": wanted.done}
        told = {name: day.isoformat() for name, day in days.items() if day}
        work.note(permit, step=key, left_out=wanted.left_out, **told)
        work.schedules.add(
            ScheduleStep(
                id=new_id,
                review_id=review.id,
                room_id=room.id,
                number=work.schedules.next_number(ScheduleStep, review.id),
                step=key,
                agreed=wanted.agreed,
                by_text=wanted.by_text,
                done=wanted.done,
                left_out=wanted.left_out,
                reason=work.seal(permit, _scope(room), Place("schedule_step", "reason", new_id), said),
                set_by=author(work),
                set_at=work.now,
            )
        )
        tell_of_review(work, NoticeKind.SCHEDULE_CHANGED, Action.VIEW_SCHEDULE, review)


def due(work: Work, review_ids: Collection[UUID]) -> dict[UUID, list[DueStep]]:
    """Give the open steps of several reviews, of those whose schedule the actor may see; opens nothing.

    One question for all schedules; ask for all reviews within reach first (`work.reviews.all()`), or each costs two.
    """
    records = {review: work.file(review) for review in review_ids}
    rows = [record.review for record in records.values() if record is not None]
    seen = {review.id for review in work.allowed(Action.VIEW_SCHEDULE, Review, rows)}
    kept = work.schedules.of(seen)
    return {review: _due(schedule_of(kept[review])) for review in records if review in kept}


def schedule_of(kept: ScheduleRecord) -> Schedule:
    """Take a schedule from its records."""
    states = states_of(kept.steps)
    for moment, keys in ((kept.agreed_at, planning.AGREED), (kept.transmitted_at, planning.TRANSMITTED)):
        if moment is not None:
            states = planning.done_on(states, keys, moment.astimezone(UTC).date())
    return Schedule(TIMETABLES[kept.schedule.timetable], kept.schedule.begins, states)


def states_of(rows: Sequence[ScheduleStep]) -> dict[str, StepState]:
    """Take what counts for each step now from all that was set, oldest first."""
    states: dict[str, StepState] = {}
    for row in rows:
        before = states.get(row.step)
        same = before is not None and before.agreed == row.agreed
        since = before.agreed_on if before is not None and same else row.set_at.astimezone(UTC).date()
        states[row.step] = StepState(row.agreed, row.by_text, row.done, row.left_out, since)
    return states


def _due(schedule: Schedule) -> list[DueStep]:
    steps = schedule.timetable.steps
    return [
        DueStep(step.key, at, len(steps), step.words, step.desk, schedule.due(step), schedule.is_current(step))
        for at, step in enumerate(steps, 1)
        if schedule.is_open(step)
    ]


def _keeping(work: Work, action: Action, review_id: UUID) -> tuple[Review, Room, Permit]:
    record = work.reviews.find(review_id)
    review, permit = work.require(action, Review, record.review if record else None, asked=review_id)
    room = record.room(RoomKind.SHARED.value) if record else None
    if room is None:
        raise NotFound
    return review, room, permit


def _latest_today(work: Work) -> date:
    """Give the day that it is where a day begins first: an officer there is not to wait for UTC."""
    return (work.now + AHEAD).astimezone(UTC).date()


def _plan(kept: ScheduleRecord, today: date, states: Sequence[StateCode]) -> Plan:
    schedule = schedule_of(kept)
    expected = forecasts(schedule, today)
    lines = tuple(
        StepLine(
            step=step,
            number=at,
            state=schedule.state(step.key),
            by_text=schedule.by_text(step),
            forecast=expected.get(step.key),
            current=schedule.is_current(step),
            rests=rest_days(day, states) if (day := schedule.due(step)) and schedule.is_open(step) else (),
            seen=_seen(kept, step.key),
        )
        for at, step in enumerate(schedule.timetable.steps, 1)
    )
    over = not schedule.is_open(schedule.timetable.steps[-1])
    return Plan(schedule.timetable, schedule.begins, kept.schedule.number, end(schedule, expected), over, lines)


def _seen(kept: ScheduleRecord, key: str) -> int:
    return max((row.number for row in kept.steps if row.step == key), default=0)


def _changes(kept: ScheduleRecord | None, chosen: StepLine | None) -> list[ReviewSchedule | ScheduleStep]:
    if kept is None:
        return []
    if chosen is None:
        return [kept.schedule]
    return [row for row in reversed(kept.steps) if row.step == chosen.step.key]


def _opened(portal: Portal, permit: Permit, row: ReviewSchedule | ScheduleStep, people: dict[UUID, Person]) -> Change:
    by = name_of(portal, permit, people[row.set_by])
    scope = room_scope(row.review_id, row.room_id)
    if isinstance(row, ReviewSchedule):
        place = Place("review_schedule", "reason", row.id)
        return Change(by, row.set_at, portal.open_text(permit, scope, place, row.reason) if row.reason else "")
    reason = portal.open_text(permit, scope, Place("schedule_step", "reason", row.id), row.reason)
    return Change(by, row.set_at, reason, StepState(row.agreed, row.by_text, row.done, row.left_out))


def _scope(room: Room) -> Scope:
    return room_scope(room.review_id, room.id)
