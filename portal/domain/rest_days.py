"""Weekends and public holidays beside a date: of the secretariat (its weekend) and of the States concerned.

Invented States, and those that the library `holidays` doesn't have, have none.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from portal.domain.ids import StateCode

if TYPE_CHECKING:
    from holidays import HolidayBase

_SECRETARIAT: Final = frozenset({5, 6})  # Saturday and Sunday, as datetime counts weekdays
_ENGLISH: Final = "en_US"
_KEPT: Final = 256


@dataclass(frozen=True, slots=True)
class RestDay:
    """A day without work: the State's, or (None) the secretariat's; holiday: its name in English, None: weekend."""

    state: StateCode | None
    holiday: str | None = None


def rest_days(day: date, states: Iterable[StateCode]) -> tuple[RestDay, ...]:
    """Say for whom a day is a weekend or a public holiday; of States only what the secretariat's weekend isn't."""
    weekend = day.weekday() in _SECRETARIAT
    found = [RestDay(None)] if weekend else []
    for state in states:
        calendar = _calendar(state, day.year)
        if calendar is None:
            continue
        if day in calendar:
            found.append(RestDay(state, calendar[day]))
        elif day.weekday() in calendar.weekend and not weekend:
            found.append(RestDay(state))
    return tuple(found)


@lru_cache(_KEPT)
def _calendar(state: str, year: int) -> "HolidayBase | None":
    from holidays import country_holidays  # here: the calendars of all countries take a tenth of a second to load

    try:
        plain = country_holidays(state, years=year)
        spoken = plain.supported_languages
        return country_holidays(state, years=year, language=_ENGLISH) if _ENGLISH in spoken else plain
    except NotImplementedError:
        return None
