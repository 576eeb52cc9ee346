"""The steps of a review and their indicative times: what the text says of each, and what was agreed.

The times are indicative (GL 9). Nothing here counts points or puts anybody in an order (resolution 5/5, 5 (b)).

1. A step has a place in its timetable, somebody whose desk it is on, and what it follows.
2. Its date by the text is its anchor's date and an offset. The anchor is the beginning (the draw), or another step: by
   its real date once it is done, before that by its own date by the text, or else as agreed. What has no time, or whose
   anchor has none, has no date by the text (GL 9).
3. The officer may set another date in place of the text's, as where a State was given more time (GL 13).
4. A step that only takes place if the State agrees can be left out (GL 24); what follows it then follows what it
   follows itself.
"""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from portal.domain.texts import N_

BEGIN: Final = "begin"  # the draw of lots: the one anchor that is no step
_MONTHS: Final = 12


class StepDesk(StrEnum):
    """On whose desk a step is."""

    STATE = "state"
    EXPERTS = "experts"
    OFFICER = "officer"
    BOTH = "both"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Offset:
    """How long after its anchor a step is to be done."""

    months: int = 0
    weeks: int = 0

    def after(self, day: date) -> date:
        """Give the day; of a shorter month the last."""
        months = day.year * _MONTHS + day.month - 1 + self.months
        year, month = divmod(months, _MONTHS)
        last = monthrange(year, month + 1)[1]
        return date(year, month + 1, min(day.day, last)) + timedelta(weeks=self.weeks)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a timetable.

    Args:
        follows: The step that it depends on; None: the beginning.
        anchor: From where its time counts, a step's key or BEGIN; as far as it has a time.
        optional: It takes place only if the State agrees, and can be left out.
    """

    key: str
    words: str
    desk: StepDesk
    follows: str | None = None
    anchor: str = BEGIN
    offset: Offset | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Timetable:
    """A template of steps, in order."""

    name: str
    words: str
    steps: tuple[Step, ...]

    def step(self, key: str) -> Step | None:
        """Find a step by its key."""
        return next((step for step in self.steps if step.key == key), None)

    def number(self, key: str) -> int:
        """Give the place of a step, counted from 1."""
        return next(at for at, step in enumerate(self.steps, 1) if step.key == key)


@dataclass(frozen=True, slots=True)
class StepState:
    """What was set for a step so far.

    Args:
        agreed_on: The day on which the agreed date was set: what was late by then is reckoned with in it.
    """

    agreed: date | None = None
    by_text: date | None = None
    done: date | None = None
    left_out: bool = False
    agreed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """The schedule of one review: a timetable, its beginning, and what was set for its steps."""

    timetable: Timetable
    begins: date
    states: Mapping[str, StepState] = field(default_factory=dict)

    def state(self, key: str) -> StepState:
        """Give what was set for a step."""
        return self.states.get(key, _NOTHING)

    def before(self, step: Step) -> Step | None:
        """Find the step that one depends on, past those that are left out; None: the beginning."""
        found = self.timetable.step(step.follows) if step.follows else None
        while found is not None and self.state(found.key).left_out:
            found = self.timetable.step(found.follows) if found.follows else None
        return found

    def by_text(self, step: Step) -> date | None:
        """Give the date by the text (rule 2), or what the officer put in its place (rule 3)."""
        set_ = self.state(step.key).by_text
        if set_ is not None or step.offset is None:
            return set_
        from_ = self._anchor(step)
        return step.offset.after(from_) if from_ else None

    def settled(self, step: Step) -> date | None:
        """Give the day on which a step was done, or is to be done as agreed."""
        state = self.state(step.key)
        return state.done or state.agreed

    def due(self, step: Step) -> date | None:
        """Give the day that counts for an open step: as agreed, or else by the text."""
        return self.state(step.key).agreed or self.by_text(step)

    def is_open(self, step: Step) -> bool:
        """Tell whether a step is still to be done."""
        state = self.state(step.key)
        return state.done is None and not state.left_out

    def is_current(self, step: Step) -> bool:
        """Tell whether a step is open and nothing that it depends on is."""
        before = self.before(step)
        return self.is_open(step) and (before is None or not self.is_open(before))

    def _anchor(self, step: Step) -> date | None:
        if step.anchor == BEGIN:
            return self.begins
        anchor = self.timetable.step(step.anchor)
        if anchor is None:
            return None
        state = self.state(anchor.key)
        return state.done or self.by_text(anchor) or state.agreed


_NOTHING: Final = StepState()


def _steps(times: Mapping[str, Offset | None], *, experts: bool = False) -> tuple[Step, ...]:
    """Make the seventeen steps with these times; and the naming of experts, where a timetable has a time for it."""
    name_experts = Step(
        "experts",
        N_("The reviewing States name their governmental experts"),
        StepDesk.EXPERTS,
        follows="notify",
        anchor="notify",
        offset=times.get("experts"),
    )
    steps = []
    for step in _SEVENTEEN:
        offset = times.get(step.key)
        steps.append(Step(step.key, step.words, step.desk, step.follows, step.anchor, offset, step.optional))
        if step.key == "officer" and experts:
            steps.append(name_experts)
    return tuple(steps)


_SEVENTEEN: Final = (
    Step("notify", N_("The secretariat notifies the start, with a provisional schedule"), StepDesk.OFFICER),
    Step("focal_point", N_("The State under review appoints its focal point"), StepDesk.STATE, "notify", "notify"),
    Step("officer", N_("The secretariat assigns a staff member"), StepDesk.OFFICER, "notify", "notify"),
    Step("agree", N_("All agree on the schedule and the working languages"), StepDesk.ALL, "focal_point"),
    Step("first_call", N_("First video conference, convened by the secretariat"), StepDesk.OFFICER, "notify", "notify"),
    Step(
        "response",
        N_("The State under review submits its response to the self-assessment checklist"),
        StepDesk.STATE,
        "notify",
        "notify",
    ),
    Step(
        "circulate",
        N_("The secretariat has the response translated and circulates it"),
        StepDesk.OFFICER,
        "response",
        "response",
    ),
    Step(
        "desk_review",
        N_("The reviewing experts give the outcome of the desk review, with questions"),
        StepDesk.EXPERTS,
        "circulate",
        "circulate",
    ),
    Step(
        "pass_on",
        N_("The secretariat has the outcome translated and passes it on to the State under review"),
        StepDesk.OFFICER,
        "desk_review",
    ),
    Step(
        "second_call",
        N_("Conference that presents the desk review, convened by the secretariat"),
        StepDesk.OFFICER,
        "pass_on",
    ),
    Step("dialogue", N_("Dialogue: questions and answers"), StepDesk.BOTH, "pass_on", "pass_on"),
    Step(
        "visit",
        N_("Country visit or joint meeting, if the State under review agrees"),
        StepDesk.STATE,
        "pass_on",
        optional=True,
    ),
    Step(
        "findings",
        N_("The experts put their preliminary findings in writing"),
        StepDesk.EXPERTS,
        "visit",
        "visit",
        optional=True,
    ),
    Step("draft", N_("The experts draft the report on the blueprint"), StepDesk.EXPERTS, "dialogue"),
    Step(
        "agreement",
        N_("Both sides agree on the report, in a dialogue where they differ"),
        StepDesk.BOTH,
        "draft",
    ),
    Step("summary", N_("Both sides agree on the executive summary"), StepDesk.BOTH, "agreement"),
    Step(
        "six_languages",
        N_("The secretariat gives the summary in six languages to the Oversight Group"),
        StepDesk.OFFICER,
        "summary",
    ),
)

TIMETABLES: Final = {
    timetable.name: timetable
    for timetable in (
        Timetable(
            "resolution",
            N_("Times of the guidelines (resolution 5/5)"),
            _steps(
                {
                    "notify": Offset(months=1),
                    "focal_point": Offset(weeks=3),
                    "officer": Offset(weeks=3),
                    "first_call": Offset(months=1),
                    "response": Offset(months=2),
                    "circulate": Offset(months=1),
                    "desk_review": Offset(months=1),
                    "dialogue": Offset(months=2),
                    "findings": Offset(weeks=2),
                    "draft": Offset(months=5),
                    "agreement": Offset(months=6),
                }
            ),
        ),
        Timetable(
            "longer",
            N_("Longer times, as the reviews of 2018 to 2020 took them"),
            _steps(
                {
                    "notify": Offset(months=1),
                    "focal_point": Offset(weeks=2),
                    "officer": Offset(weeks=2),
                    "experts": Offset(weeks=4),
                    "first_call": Offset(months=1),
                    "response": Offset(months=6),
                    "circulate": Offset(months=1),
                    "desk_review": Offset(months=6),
                    "dialogue": Offset(months=2),
                    "findings": Offset(weeks=2),
                },
                experts=True,
            ),
        ),
    )
}
DESKS: Final = {
    StepDesk.STATE: N_("State under review"),
    StepDesk.EXPERTS: N_("Reviewing experts"),
    StepDesk.OFFICER: N_("Secretariat"),
    StepDesk.BOTH: N_("Both sides"),
    StepDesk.ALL: N_("All"),
}
