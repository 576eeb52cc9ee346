"""Proving anew who one is, before what takes a fresh proof; a form is kept meanwhile and goes on afterwards."""

from typing import Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.domain.texts import N_
from portal.errors import NotFound, SignedOut, TooMany
from portal.identity import passkeys
from portal.usecases.authenticators import own_ways
from portal.web import cookies, csrf
from portal.web.forms import CHECKED_FORM, SECRET, Form, filled, read_form
from portal.web.languages import say
from portal.web.offers import prove_offers
from portal.web.pages import render
from portal.web.passkeys import prove_button
from portal.web.passphrases import door_of, raw
from portal.web.places import local_path
from portal.web.ways import caller_of, portal_of, show
from storage import permits

KEPT: Final = "kept."  # before the names of the fields that wait for the proof
_NEVER_KEPT: Final = SECRET | {csrf.FIELD}
WRONG_PASSKEY: Final = N_(
    "This passkey didn’t prove that it is you. Nothing was done yet, and what you were sending is kept."
)
WRONG: Final = N_(
    "This is not your passphrase, or not a code for it. Nothing was done yet, and what you were sending is kept."
)


def prove_form(request: Request) -> Response:
    """Ask for the proof, before a page that takes a fresh one."""
    return _page(request, filled(next=local_path(request.query_params.get("next", "")) or "/"))


def prove(request: Request) -> Response:
    """Take the proof, and go on with what waited for it."""
    form = read_form(request)
    try:
        token = door_of(request).confirm(caller_of(request), raw(form, "passphrase"), form.text("code"))
    except NotFound:
        form.refuse("passphrase", say(request, WRONG))
        return _page(request, form, 422)
    except TooMany as error:
        form.refuse("", say(request, str(error)))
        return _page(request, form, 429)
    return proven(request, form, token)


def prove_by_passkey(request: Request) -> Response:
    """Take a passkey's proof, and go on with what waited for it."""
    form, browser = read_form(request), csrf.browser(request)
    try:
        token = passkeys.confirm(
            portal_of(request), caller_of(request), browser, form.text("challenge"), form.text("credential")
        )
    except NotFound:
        form.refuse("", say(request, WRONG_PASSKEY))
        return _page(request, form, 422)
    return proven(request, form, token)


def proven(request: Request, form: Form, token: str) -> Response:
    """Give the browser its session's new token, and lead on, or show the button that sends the form that was kept."""
    to = local_path(form.text("to"))
    answer: Response
    if to:
        csrf.renew(request, token)
        answer = show(request, "signin/proven.html", to=to, kept=_kept(form))
    else:
        answer = RedirectResponse(local_path(form.text("next")) or "/", 303, headers={"Cache-Control": "no-store"})
    cookies.set_cookie(answer, request, token)
    return answer


def keep_form(request: Request) -> Response:
    """Ask for the proof in answer to a form that takes one, and keep what the form holds, secrets apart."""
    fields = getattr(request.state, CHECKED_FORM, {})
    kept = {KEPT + name: values for name, values in fields.items() if name not in _NEVER_KEPT}
    with permits.request(UUID(request.state.request_id)):  # the way that was asked for is left already
        return _page(request, Form({"to": (request.url.path,), **kept}), 403)


def _kept(form: Form) -> list[tuple[str, str]]:
    return [
        (name.removeprefix(KEPT), value)
        for name, values in form.fields.items()
        if name.startswith(KEPT)
        for value in values
    ]


def _page(request: Request, form: Form, status: int = 200) -> Response:
    waiting = [(KEPT + name, value) for name, value in _kept(form)]
    to, following = local_path(form.text("to")) or "", local_path(form.text("next")) or ""
    ways = own_ways(portal_of(request), caller_of(request))
    if ways is None:
        raise SignedOut
    passkey = prove_button(request, ways.credentials) if ways.credentials else None
    return render(
        request,
        "signin/prove.html",
        status=status,
        form=form,
        waiting=waiting,
        to=to,
        next=following,
        ways=ways,
        passkey=passkey,
        second_factor=portal_of(request).settings.second_factor,
        **prove_offers(request, following),
    )
