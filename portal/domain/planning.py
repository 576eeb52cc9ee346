"""What an officer may set in the schedule of a review: rules without input or output.

1. All dates lie between the adoption of the Convention and twenty years from now.
2. A step isn't agreed for a day before the beginning, or before the day from which its time counts.
3. It isn't agreed for a day before what it depends on was done or is agreed, nor after what is agreed to depend on it
   (ToR 24, GL 14: the schedule is one whole).
4. What is done was done by today. The portal doesn't ask in which order: it records what took place.
5. Only a step that takes place if the State agrees can be left out, and not once it is done.
6. A change is made to what its author saw, and with a reason.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from portal.domain.legal import EARLIEST
from portal.domain.names import one_line
from portal.domain.problems import Problem, RefusedError
from portal.domain.schedules import BEGIN, TIMETABLES, Schedule, Step, StepState, Timetable
from portal.domain.texts import N_
from portal.errors import Conflict

REASON_CHARACTERS: Final = 500
AGREED: Final = ("agreement", "summary")  # the steps that agreeing on the report does (ToR 33)
TRANSMITTED: Final = ("six_languages",)  # and the one that giving out its summary does (ToR 35)
FURTHEST: Final = timedelta(days=20 * 365)
CHANGED: Final = N_(
    "Somebody changed this schedule after you opened the page, so your change was not made and nothing was lost. "
    "Load the page again, look at what it says now, and repeat what is still needed."
)


def timetable(name: str) -> Timetable:
    """Return a timetable by its name.

    Raises:
        RefusedError: There is none of this name.
    """
    found = TIMETABLES.get(name)
    if found is None:
        raise RefusedError(Problem("timetable-unknown", N_("Choose one of the timetables.")))
    return found


def step_of(schedule: Schedule, key: str) -> Step:
    """Return a step of a schedule by its key.

    Raises:
        RefusedError: The schedule has none of this name.
    """
    found = schedule.timetable.step(key)
    if found is None:
        raise RefusedError(Problem("step-unknown", N_("The schedule has no such step: choose one of the table.")))
    return found


def change_reason(raw: str) -> str:
    """Return why a schedule is changed, as it is kept.

    Raises:
        RefusedError: Nothing is said, or it is refused as a name is.
    """
    if not raw.strip():
        sentence = N_("Say in a sentence why; everybody who sees the schedule can read it.")
        raise RefusedError(Problem("reason-empty", sentence))
    return one_line(raw.replace("\n", " "), REASON_CHARACTERS)


def done_on(states: Mapping[str, StepState], keys: Collection[str], day: date) -> dict[str, StepState]:
    """Give the states of steps of which something else than the officer's word says that they are done.

    Where the officer said when, that counts.
    """
    known = {key: states.get(key, StepState()) for key in keys}
    return {**states, **{key: state if state.done else replace(state, done=day) for key, state in known.items()}}


def check_seen(number: int, seen: int) -> None:
    """Refuse a change to something else than what its author saw (rule 6).

    Raises:
        Conflict: It was changed meanwhile.
    """
    if number != seen:
        raise Conflict(CHANGED)


def check_begin(schedule: Schedule, today: date) -> None:
    """Refuse a beginning that doesn't fit (rules 1 to 3).

    Raises:
        RefusedError: It lies too far off, or after what is agreed already.
    """
    problems = _within_reason(schedule.begins, today)
    for step in schedule.timetable.steps:
        agreed = schedule.state(step.key).agreed
        if agreed is not None and agreed < schedule.begins:
            problems.append(
                Problem(
                    "begins-late",
                    N_("“%(step)s” is agreed for %(date)s, before this beginning: agree on that first."),
                    {"step": step.words, "date": agreed.isoformat()},
                )
            )
    if problems:
        raise RefusedError(*problems)


def check_step(schedule: Schedule, step: Step, wanted: StepState, today: date) -> None:
    """Refuse to set a step as the rules don't allow; `schedule` is as it stands before.

    Raises:
        RefusedError: The rules don't take it.
    """
    problems = [
        problem for day in (wanted.agreed, wanted.by_text, wanted.done) if day for problem in _within_reason(day, today)
    ]
    if wanted.done is not None and wanted.done > today:
        sentence = N_("%(date)s is still to come: what is done was done by today.")
        problems.append(Problem("done-ahead", sentence, {"date": wanted.done.isoformat()}))
    if wanted.by_text is not None and wanted.by_text < schedule.begins:
        sentence = N_("%(date)s lies before the beginning of the review, %(begin)s: check the two dates.")
        values = {"date": wanted.by_text.isoformat(), "begin": schedule.begins.isoformat()}
        problems.append(Problem("text-before-begin", sentence, values))
    if wanted.left_out and not step.optional:
        problems.append(Problem("not-optional", N_("This step belongs to every review and can’t be left out.")))
    if wanted.left_out and wanted.done is not None:
        problems.append(Problem("done-and-left-out", N_("It was done, or it is left out: enter one of the two.")))
    if wanted.agreed is not None:
        problems += _order(schedule, step, wanted.agreed)
    if problems:
        raise RefusedError(*problems)


def _within_reason(day: date, today: date) -> list[Problem]:
    if EARLIEST <= day <= today + FURTHEST:
        return []
    return [Problem("date-far-off", N_("%(date)s is too far off: check the year."), {"date": day.isoformat()})]


def _order(schedule: Schedule, step: Step, agreed: date) -> list[Problem]:
    if agreed < schedule.begins:
        sentence = N_("%(date)s lies before the beginning of the review, %(begin)s: agree on a later day.")
        return [_problem("before-begin", sentence, agreed, {"begin": schedule.begins.isoformat()})]
    for earlier in _before(schedule, step):
        day = schedule.settled(earlier)
        if day is not None and agreed < day:
            sentence = N_("%(date)s lies before “%(step)s”, %(other_date)s, which comes first: agree on a later day.")
            return [_problem("before-its-turn", sentence, agreed, _named(earlier, day))]
    for later in schedule.timetable.steps:
        day = schedule.state(later.key).agreed
        if day is not None and schedule.is_open(later) and day < agreed and step in _before(schedule, later):
            sentence = N_("%(date)s lies after “%(step)s”, agreed for %(other_date)s: move that one first.")
            return [_problem("after-its-turn", sentence, agreed, _named(later, day))]
    return []


def _before(schedule: Schedule, step: Step) -> list[Step]:
    """List the step from which a step's time counts, and all that it depends on, nearest first."""
    found = []
    anchor = schedule.timetable.step(step.anchor) if step.anchor != BEGIN else None
    if anchor is not None:
        found.append(anchor)
    before = schedule.before(step)
    while before is not None:
        found.append(before)
        before = schedule.before(before)
    return found


def _problem(code: str, sentence: str, agreed: date, values: dict[str, str]) -> Problem:
    return Problem(code, sentence, {"date": agreed.isoformat(), **values})


def _named(step: Step, day: date) -> dict[str, str]:
    return {"step": step.words, "other_date": day.isoformat()}
