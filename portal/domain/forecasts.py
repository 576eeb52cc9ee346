"""When the steps of a review, and its end, may be expected from how things stand.

1. A step that is done keeps its real date; one that is left out has none.
2. An open step is expected on its agreed date or else by the text, later by the delay of what it depends on. An agreed
   date that was set once that was done already knows of the delay.
3. What has no time is expected as soon as what it depends on.
4. No open step is expected before today, or before what it depends on.
5. The end of the review is that of its last step, which is never left out.

A forecast is arithmetic and blames nobody: it says how far the plan reaches as things stand.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from portal.domain.schedules import BEGIN, Schedule, Step

_NONE: Final = timedelta()


def forecasts(schedule: Schedule, today: date) -> Mapping[str, date]:
    """Say when each step was done or may be expected, by its key; those that are left out aren't there."""
    found: dict[str, date] = {}
    delays: dict[str, timedelta] = {}
    for step in schedule.timetable.steps:  # a step follows earlier ones only
        state = schedule.state(step.key)
        if state.left_out and state.done is None:
            continue
        before = schedule.before(step)
        found[step.key] = state.done or _expected(schedule, step, before, found, delays, today)
        planned = _planned(schedule, step)
        inherited = delays[before.key] if before else _NONE
        delays[step.key] = max(_NONE, found[step.key] - planned) if planned else inherited
    return found


def end(schedule: Schedule, found: Mapping[str, date]) -> date:
    """Say when the review may be expected to end, or when it did, from the forecasts of its steps."""
    return found[schedule.timetable.steps[-1].key]


def _expected(
    schedule: Schedule,
    step: Step,
    before: Step | None,
    found: Mapping[str, date],
    delays: Mapping[str, timedelta],
    today: date,
) -> date:
    state = schedule.state(step.key)
    earliest = found[before.key] if before else schedule.begins
    late = delays[before.key] if before else _NONE
    if state.agreed is not None:
        done = schedule.state(before.key).done if before else None
        knows = done is not None and state.agreed_on is not None and state.agreed_on >= done
        base = state.agreed if knows else state.agreed + late
    elif state.by_text is None and step.offset is not None and before is not None and step.anchor == before.key:
        base = step.offset.after(earliest)
    else:
        planned = _planned(schedule, step)
        base = planned + late if planned else earliest
    return max(base, earliest, today)


def _planned(schedule: Schedule, step: Step) -> date | None:
    """Give the day that was planned for a step, whatever became of the steps before: as agreed, or by the text."""
    state = schedule.state(step.key)
    if state.agreed or state.by_text:
        return state.agreed or state.by_text
    if step.offset is None:
        return None
    if step.anchor == BEGIN:
        return step.offset.after(schedule.begins)
    anchor = schedule.timetable.step(step.anchor)
    planned = _planned(schedule, anchor) if anchor else None
    return step.offset.after(planned) if planned else None
