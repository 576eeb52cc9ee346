"""Coming in, going out, the appointment that one acts under, and the page that comes first."""

from contextlib import suppress
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from portal.domain.ids import AppointmentId
from portal.domain.proofs import Proof
from portal.domain.roles import Role
from portal.domain.texts import N_
from portal.errors import NotFound, SignedOut, TooMany
from portal.identity import passkeys
from portal.usecases.accounts import view_account
from portal.usecases.health import ready
from portal.usecases.sessions import Begun, Present, choose_appointment, present, sign_out
from portal.web import cookies, csrf
from portal.web.forms import Form, filled, read_form
from portal.web.languages import say
from portal.web.offers import offers
from portal.web.pages import render
from portal.web.passkeys import sign_in_button
from portal.web.passphrases import door_of, raw
from portal.web.places import SIGN_IN, local_path
from portal.web.ways import caller_of, portal_of, show

WRONG: Final = N_(
    "These don’t belong together, or there is no such account. Check all of it and try again: a code of the app works "
    "for a short while, and once. "
    "If you have lost one of them, your State’s focal point can give you a new sign-in link; "
    "in the secretariat, the registrar or an administrator can."
)
WRONG_PASSKEY: Final = N_(
    "This passkey lets nobody in here: it may have been removed, or the page was too old. Try again, or sign in with "
    "a passphrase and a code."
)
# whoever has nothing to open yet begins with their account
FIRST: Final = {
    Role.FOCAL_POINT: "/work",
    Role.EXPERT: "/work",
    Role.OBSERVER: "/work",
    Role.OFFICER: "/work",
    Role.READER: "/granted",
    Role.REGISTRAR: "/register",
    Role.ADMINISTRATOR: "/administration",
    Role.TRANSLATOR: "/translations",
    Role.CONFIDENTIALITY_OFFICER: "/signals",
    Role.OVERSIGHT: "/cases",
    Role.ANALYST: "/summaries",
    Role.GROUP_OBSERVER: "/log",
}


def start(request: Request) -> Response:
    """Lead to the page that comes first for whoever is here."""
    here = _present(request)
    if here is None:
        return _to(SIGN_IN)
    if here.role is None or here.suspended:
        return _to("/acting")
    return _to(first_page(here.role))


def enter_form(request: Request) -> Response:
    """Show the form of signing in, or lead on whoever is signed in already."""
    following = local_path(request.query_params.get("next", ""))
    if _present(request) is not None:
        return _to(following or "/")
    return _sign_in_page(request, filled(next=following or ""))


def enter(request: Request) -> Response:
    """Sign somebody in."""
    form = read_form(request)
    try:
        begun = door_of(request).sign_in(
            caller_of(request), form.text("mail"), raw(form, "passphrase"), form.text("code")
        )
    except NotFound:
        form.refuse("", say(request, WRONG))
        return _sign_in_page(request, form, 422)
    except TooMany as error:
        form.refuse("", say(request, str(error)))
        return _sign_in_page(request, form, 429)
    return signed_in(request, begun, local_path(form.text("next")))


def enter_by_passkey(request: Request) -> Response:
    """Sign somebody in by a passkey."""
    form, browser = read_form(request), csrf.browser(request)
    try:
        begun = passkeys.enter(
            portal_of(request), caller_of(request), browser, form.text("challenge"), form.text("credential")
        )
    except NotFound:
        form.refuse("", say(request, WRONG_PASSKEY))
        return _sign_in_page(request, form, 422)
    return signed_in(request, begun, local_path(form.text("next")))


def leave(request: Request) -> Response:
    """Sign out; whoever is out already stays so."""
    with suppress(SignedOut, NotFound):  # the session ended before: what was asked for is so
        sign_out(portal_of(request), caller_of(request))
    return cookies.signed_out(request)


def acting(request: Request) -> Response:
    """Offer the appointments that one may act under, or say why there is none."""
    account = view_account(portal_of(request), caller_of(request))
    following = local_path(request.query_params.get("next", "")) or ""
    return show(request, "signin/acting.html", suspended=account.suspended, next=following)


def act_as(request: Request) -> Response:
    """Act under another appointment."""
    form = read_form(request)
    try:
        chosen = UUID(hex=form.text("appointment"))
    except ValueError:
        raise NotFound from None
    token = choose_appointment(portal_of(request), caller_of(request), AppointmentId(chosen))
    answer = _to(local_path(form.text("next")) or "/")
    cookies.set_cookie(answer, request, token)
    return answer


def alive(_request: Request) -> Response:
    """Tell that the process answers."""
    return PlainTextResponse("alive\n", headers={"Cache-Control": "no-store"})


def readiness(request: Request) -> Response:
    """Tell whether the parts can be reached and the work beside the requests goes on; why not stands in the log."""
    well = ready(portal_of(request), request.app.state.faults())
    return PlainTextResponse(
        "ready\n" if well else "not ready\n", 200 if well else 503, headers={"Cache-Control": "no-store"}
    )


def first_page(role: Role | None) -> str:
    """Name the page that comes first in a role."""
    return FIRST.get(role, "/account") if role else "/"


def _present(request: Request) -> Present | None:
    try:
        return present(portal_of(request), caller_of(request))
    except SignedOut:
        return None


def signed_in(request: Request, begun: Begun, following: str | None) -> Response:
    """Give the browser its session, and lead on: to the page that was asked for, else to the first one of the role."""
    target = following or first_page(begun.role)
    if begun.proof is Proof.RECOVERY:
        target = "/account#passphrases"  # which tells how many codes are left
    elif begun.appointments != 1:
        target = "/acting" + (f"?{urlencode({'next': following})}" if following else "")
    answer = _to(target)
    cookies.set_cookie(answer, request, begun.token)
    cookies.set_cookie(answer, request, begun.mark, cookies.KNOWN, cookies.KNOWN_DAYS)
    return answer


def _sign_in_page(request: Request, form: Form, status: int = 200) -> Response:
    left = request.query_params.get("left") == "1"
    answer = render(
        request,
        "signin/signin.html",
        status=status,
        form=form,
        left=left,
        passkey=sign_in_button(request),
        second_factor=portal_of(request).settings.second_factor,
        **offers(request, form.text("next")),
    )
    if status == 429:  # noqa: PLR2004 - too many attempts
        answer.headers["Retry-After"] = "900"
    return answer


def _to(path: str) -> Response:
    return RedirectResponse(path, 303, headers={"Cache-Control": "no-store"})
