"""One's own account: what the portal keeps of the reader, where they are signed in, how they read."""

from typing import Final
from zoneinfo import available_timezones

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.domain.ids import SessionId
from portal.domain.problems import RefusedError
from portal.domain.texts import N_
from portal.domain.words import ROLES
from portal.usecases.accounts import end_other_sessions, end_session, set_preferences, view_account
from portal.web.forms import Form, filled, read_form
from portal.web.languages import LANGUAGES, say
from portal.web.ways import caller_of, id_from, portal_of, show

REGIONS: Final = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
ACCOUNT: Final = "/account"


def view(request: Request) -> Response:
    """Show one's own account."""
    return _page(request, None)


def prefer(request: Request) -> Response:
    """Keep language and time zone."""
    form = read_form(request)
    language = form.text("language")
    if language not in LANGUAGES:
        form.refuse("language", say(request, N_("The portal doesn’t have this language yet: choose one of the list.")))
    if form.ok:
        try:
            set_preferences(portal_of(request), caller_of(request), language, form.text("zone"))
        except RefusedError as refused:
            form.refuse(
                "zone", " ".join(problem.words(lambda text: say(request, text)) for problem in refused.problems)
            )
    return RedirectResponse(ACCOUNT, 303) if form.ok else _page(request, form)


def end_one(request: Request) -> Response:
    """End one of one's own sessions."""
    end_session(portal_of(request), caller_of(request), SessionId(id_from(request, "id")))
    return RedirectResponse(ACCOUNT, 303)


def end_others(request: Request) -> Response:
    """End all of one's own sessions but this one."""
    end_other_sessions(portal_of(request), caller_of(request))
    return RedirectResponse(ACCOUNT, 303)


def zones() -> list[str]:
    """List the time zones that are offered: places, and UTC."""
    places = (name for name in available_timezones() if name.partition("/")[0] in REGIONS and "/" in name)
    return ["UTC", *sorted(places)]


def _page(request: Request, form: Form | None) -> Response:
    portal = portal_of(request)
    account = view_account(portal, caller_of(request))
    return show(
        request,
        "account/account.html",
        status=200 if form is None else 422,
        form=form or filled(language=account.language, zone=account.zone),
        account=account,
        roles=ROLES,
        states=portal.state_names(account.language),
        zones=[(name, name) for name in zones()],
    )
