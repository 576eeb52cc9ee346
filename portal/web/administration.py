"""What the administrator sees: accounts, health, settings. No contents."""

from starlette.requests import Request
from starlette.responses import Response

from portal.access.actions import Action
from portal.access.deeds import DEEDS
from portal.domain.appointments import CONFIRMERS, STANDINGS
from portal.domain.ids import StateCode
from portal.domain.words import ROLES
from portal.usecases import administration
from portal.web.checks import state_names
from portal.web.people import ACCOUNTS
from portal.web.ways import caller_of, portal_of, show


def accounts(request: Request) -> Response:
    """Show the accounts of a State's people, or of the secretariat and the bodies of the Conference."""
    state = request.query_params.get("state", "")
    page = administration.list_accounts(portal_of(request), caller_of(request), StateCode(state) if state else None)
    names = state_names(request)
    return show(
        request,
        "administration/accounts.html",
        lines=page.lines,
        waiting=page.waiting,
        chosen=state,
        names=names,
        states=sorted(names.items(), key=lambda pair: pair[1].casefold()),
        roles=ROLES,
        accounts=ACCOUNTS,
        standings=STANDINGS,
        confirmers=CONFIRMERS,
    )


def health(request: Request) -> Response:
    """Show how the portal is."""
    found = administration.view_health(portal_of(request), caller_of(request))
    deeds = {action.value: DEEDS[action] for action in Action}
    return show(request, "administration/health.html", health=found, deeds=deeds)


def settings(request: Request) -> Response:
    """Show the effective settings, without secrets."""
    shown = administration.view_settings(portal_of(request), caller_of(request))
    return show(request, "administration/settings.html", settings=shown)
