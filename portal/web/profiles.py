"""The roster, and what it says of people: described by their focal point, the registrar or themselves."""

from functools import partial

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.domain.appointments import STANDINGS
from portal.domain.ids import PersonId
from portal.domain.roles import EXPERTS_PER_STATE
from portal.domain.states import asked_state
from portal.domain.words import LANGUAGES, ROLES
from portal.usecases import profiles
from portal.usecases.rosters import view_roster
from portal.web.account import ACCOUNT, show_account
from portal.web.checks import Checks, state_names
from portal.web.forms import read_form
from portal.web.people import PEOPLE, show_person
from portal.web.profile_forms import profile_from, seen_from
from portal.web.ways import caller_of, id_from, portal_of, show


def describe(request: Request) -> Response:
    """Keep what the roster says of somebody."""
    person = PersonId(id_from(request, "id"))
    checks = Checks(read_form(request))
    profile = profile_from(checks)
    if profile is not None:
        who = (portal_of(request), caller_of(request), person)
        checks.attempt(partial(profiles.describe_person, *who, profile, seen_from(checks)))
    if checks.ok:
        return RedirectResponse(f"{PEOPLE}/{person}", 303)
    return show_person(request, checks)


def describe_oneself(request: Request) -> Response:
    """Keep what the roster says of the reader."""
    checks = Checks(read_form(request))
    profile = profile_from(checks)
    if profile is not None:
        who = (portal_of(request), caller_of(request))
        checks.attempt(partial(profiles.describe_oneself, *who, profile, seen_from(checks)))
    return RedirectResponse(ACCOUNT, 303) if checks.ok else show_account(request, checks)


def roster(request: Request) -> Response:
    """Show the roster of one's State, or of the State that was chosen, for reading and for printing."""
    state = request.query_params.get("state")
    found = view_roster(portal_of(request), caller_of(request), asked_state(state) if state else None)
    names = state_names(request)
    return show(
        request,
        "people/roster.html",
        roster=found,
        names=names,
        states=sorted(names.items(), key=lambda pair: pair[1].casefold()),
        roles=ROLES,
        standings=STANDINGS,
        tongues=LANGUAGES,
        most=EXPERTS_PER_STATE,
    )
