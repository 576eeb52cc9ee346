"""One's own account: what the portal keeps of the reader, where they are signed in, how they read."""

from functools import cache
from importlib.resources import files
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.domain.ids import SessionId
from portal.domain.notices import OFTEN, Often
from portal.domain.problems import RefusedError
from portal.domain.proofs import PROOFS
from portal.domain.texts import N_
from portal.domain.words import ROLES
from portal.errors import NotFound, TooMany
from portal.usecases.accounts import end_all_sessions, end_other_sessions, end_session, set_preferences, view_account
from portal.usecases.notices import set_often
from portal.web import cookies
from portal.web.checks import Checks
from portal.web.csrf import is_led_here
from portal.web.forms import Form, filled, read_form
from portal.web.languages import LANGUAGES, say
from portal.web.notices import EVENT_WORDS
from portal.web.passkeys import add_button
from portal.web.passphrases import TYPE_AGAIN, chosen_passphrase, door_of, raw
from portal.web.profile_forms import profile_fields
from portal.web.refused import sentence
from portal.web.ways import caller_of, id_from, portal_of, show

ACCOUNT: Final = "/account"
NOT_PRESENT: Final = N_("This is not your present passphrase.")


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
            form.refuse("zone", sentence(request, refused))
    return _kept("reading") if form.ok else _page(request, form)


def set_mail(request: Request) -> Response:
    """Keep how often one is told by mail."""
    form = read_form(request)
    often = form.text("often")
    if often not in OFTEN:
        form.refuse("often", say(request, N_("Choose one of the list: how often you want to be told by mail.")))
        return _page(request, None, mail=form)
    set_often(portal_of(request), caller_of(request), Often(often))
    return _kept("notices")


def change_passphrase(request: Request) -> Response:
    """Exchange one's passphrase; all other sessions end."""
    portal, caller = portal_of(request), caller_of(request)
    form = read_form(request)
    account = view_account(portal, caller)
    passphrase = chosen_passphrase(request, form, account.name, account.mail)
    if form.ok:
        try:
            token = door_of(request).change(caller, raw(form, "present"), passphrase)
        except NotFound:
            form.refuse("present", say(request, NOT_PRESENT))
            form.refuse("", say(request, TYPE_AGAIN))
        except TooMany as error:
            form.refuse("", say(request, str(error)))
        else:
            answer = _kept("passphrases")
            cookies.set_cookie(answer, request, token)
            return answer
    return _page(request, None, form)


def end_one(request: Request) -> Response:
    """End one of one's own sessions."""
    end_session(portal_of(request), caller_of(request), SessionId(id_from(request, "id")))
    return RedirectResponse(ACCOUNT, 303)


def end_others(request: Request) -> Response:
    """End all of one's own sessions but this one."""
    end_other_sessions(portal_of(request), caller_of(request))
    return RedirectResponse(ACCOUNT, 303)


def end_all(request: Request) -> Response:
    """End all of one's own sessions, this one too."""
    end_all_sessions(portal_of(request), caller_of(request))
    return cookies.signed_out(request)


@cache
def zones() -> tuple[str, ...]:
    """List the time zones that are offered: UTC, and those of each country, without former names."""
    table = files("tzdata.zoneinfo").joinpath("zone.tab").read_text("utf-8")
    places = (line.split("\t")[2] for line in table.splitlines() if line and not line.startswith("#"))
    return ("UTC", *sorted(places))


def show_account(request: Request, checks: Checks) -> Response:
    """Show one's own account with what was found in the form of the profile."""
    return _page(request, None, profile=checks)


def _kept(part: str) -> RedirectResponse:
    """Lead back to the part of the page whose form was kept, which says so."""
    return RedirectResponse(f"{ACCOUNT}?kept={part}#{part}", 303)


def _page(
    request: Request,
    form: Form | None,
    passphrase: Form | None = None,
    *,
    mail: Form | None = None,
    profile: Checks | None = None,
) -> Response:
    portal = portal_of(request)
    account = view_account(portal, caller_of(request))
    offered = zones()
    return show(
        request,
        "account/account.html",
        status=422 if form or passphrase or mail else profile.status if profile else 200,
        form=form or filled(language=account.language, zone=account.zone),
        passphrase=passphrase or Form(),
        mail=mail or filled(often=account.often),
        often=OFTEN,
        proofs=PROOFS,
        second_factor=portal.settings.second_factor,
        passkey=add_button(request, account.ways.person, account.mail, account.ways.credentials),
        account=account,
        kept=request.query_params.get("kept") if is_led_here(request) else None,
        roles=ROLES,
        states=portal.state_names(account.language),
        zones=[(name, name) for name in (offered if account.zone in offered else (account.zone, *offered))],
        wrong=profile.tell(request)["wrong"] if profile else [],
        **profile_fields(request, profile.form if profile else Form(), account.described),
        words=EVENT_WORDS,
    )
