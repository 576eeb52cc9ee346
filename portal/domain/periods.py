"""From when to when an appointment or assignment runs: days to people, moments to the gate.

1. Access begins today at the earliest. Nothing is opened in retrospect, or "who could read this on 4 May" would
   have two answers; the date of the note verbale is kept beside it.
2. The last day is included; days are those of whoever records them.
"""

from dataclasses import dataclass
from datetime import MAXYEAR, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from portal.domain.problems import Problem, RefusedError
from portal.domain.texts import N_


@dataclass(frozen=True, slots=True)
class Period:
    """From a moment up to, and without, another; open where there is no end."""

    starts: datetime
    ends: datetime | None


def day(raw: str) -> date:
    """Return a day as forms send it.

    Raises:
        RefusedError: It isn't a day of the calendar, written as 2003-09-29.
    """
    try:
        found = date.fromisoformat(raw)
    except ValueError:
        found = None
    if found is None or found.isoformat() != raw:
        raise RefusedError(Problem("date", N_("“%(word)s” is no date: write it as 2003-09-29."), {"word": raw[:40]}))
    return found


def perhaps_day(raw: str) -> date | None:
    """Return a day, or None where nothing was entered.

    Raises:
        RefusedError: It isn't a day of the calendar, written as 2003-09-29.
    """
    return day(raw) if raw else None


def is_past(moment: datetime | None, at: datetime) -> bool:
    """Tell whether something has come by a moment; None: it hasn't come at all."""
    return moment is not None and moment <= at


def day_in(zone: str, moment: datetime) -> date:
    """Tell which day it is in a zone at a moment."""
    return moment.astimezone(ZoneInfo(zone)).date()


def period(first: date | None, last: date | None, now: datetime, zone: str) -> Period:
    """Return the moments between which something runs: from now where no first day is given.

    Raises:
        RefusedError: The first day is over, the last one comes before it, or one of them never comes.
    """
    for given in (first, last):
        if given is not None and given.year == MAXYEAR:  # its end has no name any more
            sentence = N_("%(date)s is too far ahead: leave the field empty where no date is known yet.")
            raise RefusedError(Problem("too-far-ahead", sentence, {"date": given.isoformat()}))
    here = ZoneInfo(zone)
    today = day_in(zone, now)
    if first is not None and first < today:
        raise RefusedError(
            Problem(
                "starts-in-the-past",
                N_(
                    "It can’t start on %(date)s: access begins today at the earliest. "
                    "An earlier date of the note is kept with the note."
                ),
                {"date": first.isoformat()},
            )
        )
    if last is not None and last < (first or today):
        raise RefusedError(
            Problem(
                "ends-before-it-starts",
                N_("It would end on %(date)s, before it starts: check the two dates."),
                {"date": last.isoformat()},
            )
        )
    starts = now if first is None or first == today else datetime.combine(first, time.min, here)
    ends = None if last is None else datetime.combine(last + timedelta(days=1), time.min, here)
    return Period(starts, ends)
