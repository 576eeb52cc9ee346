"""A schedule as a drawing: where each step's days lie. The page's table says the same.

Measures are user units of an SVG; what grows to the right grows to the left where the page is read that way. Nothing
is told by colour: a ring is by the text, a diamond agreed, a disc done, a stroke the forecast, and a dashed line leads
to it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from babel.dates import format_date

from portal.usecases.schedules import Plan, StepLine

WIDTH: Final = 760
_GUTTER: Final = 40  # for the steps' numbers
_EDGE: Final = 24
_TOP: Final = 30
_ROW: Final = 20
_LABEL: Final = 70  # that a month's name takes
_MONTHS: Final = 12


@dataclass(frozen=True, slots=True)
class Row:
    """A step: its height on the drawing, and where its days lie; None: it has no such day."""

    number: int
    y: int
    text: float | None
    agreed: float | None
    done: float | None
    forecast: float | None  # of a step that is open
    dashes: tuple[float, float] | None  # from the day that counts to a later forecast


@dataclass(frozen=True, slots=True)
class Timeline:
    """The whole drawing."""

    height: int
    numbers: int  # where the steps' numbers stand
    today: float
    ticks: tuple[tuple[float, str], ...]
    rows: tuple[Row, ...]
    width: int = WIDTH


def timeline(plan: Plan, today: date, language: str, *, mirrored: bool) -> Timeline:
    """Draw a schedule."""
    days = [day for line in plan.lines for day in _days(line) if day] + [plan.begins, today]
    first, last = min(days), max(days)
    span = max((last - first).days, 1)

    def place(day: date) -> float:
        along = _GUTTER + (WIDTH - _GUTTER - _EDGE) * (day - first).days / span
        return round(WIDTH - along if mirrored else along, 1)

    rows = tuple(_row(line, at, place) for at, line in enumerate(plan.lines))
    ticks = tuple((place(day), format_date(day, "MMM y", locale=language)) for day in _ticks(first, last))
    numbers = WIDTH - _EDGE if mirrored else _EDGE
    return Timeline(_TOP + _ROW * len(rows), numbers, place(today), ticks, rows)


def _days(line: StepLine) -> tuple[date | None, ...]:
    return line.by_text, line.state.agreed, line.state.done, line.forecast


def _row(line: StepLine, at: int, place: Callable[[date], float]) -> Row:
    def perhaps(day: date | None) -> float | None:
        return place(day) if day else None

    due = line.state.agreed or line.by_text
    forecast = line.forecast if line.state.done is None else None
    return Row(
        number=line.number,
        y=_TOP + _ROW * at + _ROW // 2,
        text=perhaps(line.by_text),
        agreed=perhaps(line.state.agreed),
        done=perhaps(line.state.done),
        forecast=perhaps(forecast),
        dashes=(place(due), place(forecast)) if due and forecast and forecast > due else None,
    )


def _ticks(first: date, last: date) -> Iterator[date]:
    """Give the first days of months, as many as there is room for."""
    months = (last - first).days / 30 + 1
    step = max(1, round(months * _LABEL / (WIDTH - _GUTTER - _EDGE) + 0.5))
    month = first.year * _MONTHS + first.month
    while (day := date(month // _MONTHS, month % _MONTHS + 1, 1)) <= last - timedelta(days=1):
        yield day
        month += step
