"""One's own calendar: the page with its secret address, and what the calendar itself reads there (RFC 5545).

A feed holds nothing confidential: no State, no title, no name. Calendars keep copies on machines that nobody here
knows, so an entry says a step's number and its general words, and leads to a page that asks to sign in.
"""

from dataclasses import replace
from typing import Final
from uuid import uuid5

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.domain.texts import N_
from portal.errors import NotFound, SignedOut
from portal.usecases import calendars
from portal.usecases.calendars import Dates
from portal.usecases.sessions import token_hash
from portal.web.failures import error_response
from portal.web.languages import catalogue
from portal.web.ways import caller_of, portal_of, show

CALENDAR: Final = "/calendar"
NAME: Final = N_("Review portal")
SUMMARY: Final = N_("Review portal: step %(number)s of %(of)s (see the portal)")


def view(request: Request) -> Response:
    """Show whether one's calendar has an address."""
    return _page(request, None)


def issue(request: Request) -> Response:
    """Make a new address for one's calendar, and show it this once."""
    token = calendars.issue_feed(portal_of(request), caller_of(request))
    return _page(request, f"{portal_of(request).settings.origin}{CALENDAR}/{token}.ics")


def revoke(request: Request) -> Response:
    """End the address of one's calendar."""
    calendars.revoke_feed(portal_of(request), caller_of(request))
    return RedirectResponse(CALENDAR, 303)


def feed(request: Request) -> Response:
    """Give a calendar the dates of its person; whoever else asks finds nothing, signed in or not."""
    portal = portal_of(request)
    hashed = token_hash(portal, request.path_params["token"])
    caller = replace(caller_of(request), token=None, machine=None, feed=hashed)
    try:
        dates = calendars.read_dates(portal, caller)
    except (NotFound, SignedOut):
        return error_response(request, 404)
    return Response(
        written(dates, portal.settings.origin),
        media_type="text/calendar; charset=utf-8",
        headers={"Cache-Control": "no-store", "Content-Disposition": 'attachment; filename="reviews.ics"'},
    )


def written(dates: Dates, origin: str) -> bytes:
    """Write dates as a calendar, in the language of their person."""
    from icalendar import Calendar, Event  # here, as few processes ever write one

    say = catalogue(dates.language).gettext
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//review-portal//schedules//EN")
    calendar.add("x-wr-calname", say(NAME))
    for review, step in dates.steps:
        entry, page = Event(), f"{origin}/reviews/{review}/schedule"
        entry.add("uid", str(uuid5(review, step.key)))
        entry.add("dtstamp", dates.at)
        entry.add("dtstart", step.date)
        entry.add("summary", say(SUMMARY) % {"number": step.number, "of": step.of})
        entry.add("description", say(step.words))
        entry.add("url", page)
        entry.add("transp", "TRANSPARENT")
        calendar.add_component(entry)
    found: bytes = calendar.to_ical()
    return found


def _page(request: Request, address: str | None) -> Response:
    own = calendars.view_feed(portal_of(request), caller_of(request))
    return show(request, "account/calendar.html", own=own, address=address)
