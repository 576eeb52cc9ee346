"""What one signs in with, on one's own account: passkeys, the code app, recovery codes."""

from collections.abc import Sequence
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.domain.texts import N_
from portal.errors import NotFound, SignedOut
from portal.identity import codes, passkeys
from portal.identity.enrolment import offer, taken
from portal.usecases.accounts import view_account
from portal.usecases.authenticators import (
    NewPassphrase,
    own_ways,
    replace_app,
    replace_recovery,
    set_passphrase,
)
from portal.usecases.authenticators import remove_passkey as remove
from portal.web import cookies, csrf
from portal.web.forms import Form, read_form
from portal.web.languages import say
from portal.web.links import WRONG_CODE
from portal.web.pages import render
from portal.web.passphrases import chosen_passphrase, door_of
from portal.web.ways import caller_of, id_from, portal_of, show

PASSKEYS: Final = "/account#passkeys"
UNNAMED: Final = N_("Passkey")


def add_passkey(request: Request) -> Response:
    """Keep another passkey."""
    form, browser = read_form(request), csrf.browser(request)
    name = form.text("name") or say(request, UNNAMED)
    sent = (form.text("challenge"), form.text("credential"), name)
    passkeys.add(portal_of(request), caller_of(request), browser, *sent)
    return RedirectResponse(PASSKEYS, 303)


def remove_passkey(request: Request) -> Response:
    """Remove a passkey; all other sessions end."""
    token = remove(portal_of(request), caller_of(request), id_from(request, "id"))
    answer = RedirectResponse(PASSKEYS, 303)
    cookies.set_cookie(answer, request, token)
    return answer


def codes_form(request: Request) -> Response:
    """Offer a code app, with a passphrase for whoever has none."""
    return _codes_page(request, Form())


def use_codes(request: Request) -> Response:
    """Take the app into use, and show new recovery codes; all other sessions end."""
    portal, caller, form = portal_of(request), caller_of(request), read_form(request)
    ways = own_ways(portal, caller)
    if ways is None or not portal.settings.second_factor:
        raise SignedOut if ways is None else NotFound
    passphrase = ""
    if not ways.passphrase:
        account = view_account(portal, caller)
        passphrase = chosen_passphrase(request, form, account.name, account.mail)
    app = taken(portal, csrf.browser(request), form.text("app"), form.text("code"))
    if app is None:
        form.refuse("code", say(request, WRONG_CODE))
    if app is None or not form.ok:
        return _codes_page(request, form, 422)
    if ways.passphrase:
        token = replace_app(portal, caller, app)
    else:
        token = set_passphrase(portal, caller, NewPassphrase(door_of(request).verifier(passphrase), app))
    csrf.renew(request, token)
    answer = _recovery(request, app.recovery)
    cookies.set_cookie(answer, request, token)
    return answer


def new_recovery(request: Request) -> Response:
    """Make new recovery codes, and show them once."""
    made = codes.new_recovery_codes()
    replace_recovery(portal_of(request), caller_of(request), made)
    return _recovery(request, made)


def _recovery(request: Request, made: Sequence[str]) -> Response:
    answer = render(request, "signin/recovery.html", codes=made, to="/account#passphrases")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _codes_page(request: Request, form: Form, status: int = 200) -> Response:
    portal, caller = portal_of(request), caller_of(request)
    account = view_account(portal, caller)
    app = offer(portal, csrf.browser(request), account.mail, passkeys.host(portal), form.text("app"))
    return show(request, "account/codes.html", status=status, form=form, app=app, account=account)
