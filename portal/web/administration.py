"""What the administrator sees: accounts, health, settings. No contents."""

from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.access.actions import Action
from portal.access.deeds import DEEDS
from portal.domain.appointments import CONFIRMERS, STANDINGS
from portal.domain.states import asked_state
from portal.domain.texts import N_
from portal.domain.words import ROLES
from portal.usecases import administration, care, confirmations
from portal.usecases.administration import Filter, LinkStanding
from portal.web.checks import state_names
from portal.web.forms import page_in
from portal.web.people import ACCOUNTS
from portal.web.ways import caller_of, portal_of, show

EVERYBODY: Final = "all"
LINKS: Final = {LinkStanding.OPEN: N_("sign-in link not used yet"), LinkStanding.EXPIRED: N_("sign-in link expired")}


def accounts(request: Request) -> Response:
    """Show the accounts of a State's people, or of the secretariat and the bodies of the Conference."""
    chosen = {name: request.query_params.get(name, "") for name in ("state", "account", "link")}
    state = asked_state(chosen["state"]) if chosen["state"] not in {"", EVERYBODY} else None
    wanted = Filter(state, chosen["state"] == EVERYBODY, chosen["account"], chosen["link"])
    number = page_in(request.query_params.get("page", ""))
    page = administration.list_accounts(portal_of(request), caller_of(request), wanted, number)
    names = state_names(request)
    return show(
        request,
        "administration/accounts.html",
        page=page,
        waiting=page.waiting,
        chosen=chosen,
        address=f"?{urlencode(chosen)}&page=",
        everybody=EVERYBODY,
        link_words=LINKS,
        names=names,
        states=sorted(names.items(), key=lambda pair: pair[1].casefold()),
        roles=ROLES,
        accounts=ACCOUNTS,
        standings=STANDINGS,
        confirmers=CONFIRMERS,
        waiting_most=confirmations.LISTED,
    )


def sessions_form(request: Request) -> Response:
    """Say what signing everybody out does, and ask."""
    count = care.count_others_sessions(portal_of(request), caller_of(request))
    return show(request, "administration/sessions.html", count=count)


def end_sessions(request: Request) -> Response:
    """Sign everybody out but the administrator who does it."""
    care.end_everybodys_sessions(portal_of(request), caller_of(request))
    return RedirectResponse("/administration", 303)


def health(request: Request) -> Response:
    """Show how the portal is."""
    found = administration.view_health(portal_of(request), caller_of(request))
    deeds = {action.value: DEEDS[action] for action in Action}
    return show(request, "administration/health.html", health=found, deeds=deeds)


def settings(request: Request) -> Response:
    """Show the effective settings, without secrets."""
    shown = administration.view_settings(portal_of(request), caller_of(request))
    return show(request, "administration/settings.html", settings=shown)
