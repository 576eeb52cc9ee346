"""Review cycles: their names and dates.

A cycle starts on one day and may be given the day by which it should end. All reviews of a cycle should be
completed before the next begins; only the Conference may decide otherwise, in exceptional cases (ToR 13): the
portal warns and asks, it doesn't refuse.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from portal.domain.names import one_line
from portal.domain.problems import Problem, RefusedError, Verdict
from portal.domain.texts import N_

CYCLE_NAME_CHARACTERS: Final = 120
# the Convention entered into force on this day: an earlier date is a slip of the pen
EARLIEST: Final = date(2003, 9, 29)
MOST_YEARS: Final = 30


@dataclass(frozen=True, slots=True)
class Cycle:
    """A review cycle as it is opened."""

    name: str
    starts: date
    ends: date | None = None


def cycle(name: str, starts: date, ends: date | None = None) -> Cycle:
    """Return a cycle whose name and dates make sense.

    Raises:
        RefusedError: The name is refused, or the dates can't be those of a cycle.
    """
    if starts < EARLIEST:
        raise RefusedError(
            Problem(
                "cycle-too-early",
                N_("A cycle can’t start before the Convention entered into force on %(date)s."),
                {"date": EARLIEST.isoformat()},
            )
        )
    if ends is not None and ends <= starts:
        raise RefusedError(Problem("cycle-ends-first", N_("The cycle must end after it starts.")))
    if ends is not None and ends.year - starts.year > MOST_YEARS:
        raise RefusedError(
            Problem(
                "cycle-too-long",
                N_("More than %(years)d years lie between the two dates: check the years."),
                {"years": MOST_YEARS},
            )
        )
    return Cycle(one_line(name, CYCLE_NAME_CHARACTERS), starts, ends)


def judge_opening(opened: Cycle, earlier: Iterable[tuple[Cycle, int]]) -> Verdict:
    """Judge the opening of a cycle beside the others, each with its number of reviews that aren't closed."""
    refusals: list[Problem] = []
    warnings: list[Problem] = []
    for other, open_reviews in earlier:
        if other.name.casefold() == opened.name.casefold():
            refusals.append(
                Problem(
                    "cycle-name-taken",
                    N_("There is a cycle with this name already: %(name)s."),
                    {"name": other.name},
                )
            )
        if open_reviews:
            warnings.append(
                Problem(
                    "cycle-before-completion",
                    N_(
                        "Reviews of “%(name)s” that aren’t completed: %(count)d. A new cycle before that needs a "
                        "decision of the Conference (terms of reference, paragraph 13)."
                    ),
                    {"count": open_reviews, "name": other.name},
                )
            )
    return Verdict(tuple(refusals), tuple(warnings))
