"""Sign-in links: choosing what one signs in with, and the recovery codes, once."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from portal.domain.texts import N_
from portal.errors import Conflict, NotFound, TooMany
from portal.identity.enrolment import Offered, offer, taken
from portal.identity.passkeys import host
from portal.usecases.authenticators import NewApp
from portal.usecases.invitations import Shown, look_at_link
from portal.usecases.sessions import Begun
from portal.web import cookies, csrf
from portal.web.forms import Form, read_form
from portal.web.languages import say
from portal.web.offers import link_offers
from portal.web.pages import render
from portal.web.passkeys import enrol_button, enrolled
from portal.web.passphrases import TYPE_AGAIN, chosen_passphrase, door_of
from portal.web.signin import first_page, signed_in
from portal.web.ways import caller_of, portal_of

WRONG_ADDRESS: Final = N_(
    "This sign-in link doesn’t go with this address. Write the address that the portal has of you: "
    "whoever gave you the link can say which."
)
WRONG_PARTS: Final = N_(
    "This sign-in link doesn’t go with this address and this second part. Write the address that the portal has of "
    "you, and the second part that somebody else than whoever gave you the link has for you."
)
NO_MAIL: Final = N_("Write your mail address.")
WRONG_CODE: Final = N_(
    "This isn’t the code that the app shows now. Check that the app has the key of this page and that its clock is "
    "right, and write the next code."
)
NO_PASSKEY: Final = N_(
    "The passkey couldn’t be kept: the page was too old, or your device sent something else. Try again."
)


def link_form(request: Request) -> Response:
    """Show the form to which a sign-in link leads; looking at it uses nothing up."""
    return _page(request, Form())


def use_link(request: Request) -> Response:
    """Take what somebody chose, and sign them in."""
    form = read_form(request)
    return _use(request, form, by_passkey="credential" in form.fields)


def _use(request: Request, form: Form, *, by_passkey: bool) -> Response:
    if not form.text("mail"):
        form.refuse("mail", say(request, NO_MAIL))
    try:
        begun, app = _by_passkey(request, form) if by_passkey else _by_passphrase(request, form)
    except NotFound:
        form.refuse("mail", say(request, WRONG_PARTS if "second" in form.fields else WRONG_ADDRESS))
    except Conflict as error:
        form.refuse("", say(request, str(error)))
    except TooMany as error:
        form.refuse("", say(request, str(error)))
        return _page(request, form, 429)
    else:
        if begun is not None:
            return recovery_page(request, begun, app) if app else signed_in(request, begun, None)
    return _page(request, form, 422)


def _by_passkey(request: Request, form: Form) -> tuple[Begun | None, NewApp | None]:
    link = request.path_params["token"]
    new = enrolled(request, form, link)
    if new is None:
        form.refuse("", say(request, NO_PASSKEY))
    if not form.ok or new is None:
        return None, None
    shown = Shown(link, form.text("second"))
    return door_of(request).enter_by_passkey(caller_of(request), shown, form.text("mail"), new), None


def _by_passphrase(request: Request, form: Form) -> tuple[Begun | None, NewApp | None]:
    link, portal = request.path_params["token"], portal_of(request)
    passphrase = chosen_passphrase(request, form, form.text("mail"))
    app = None
    if portal.settings.second_factor:
        app = taken(portal, _bound(request), form.text("app"), form.text("code"))
        if app is None:
            form.refuse("code", say(request, WRONG_CODE))
            form.refuse("", say(request, TYPE_AGAIN))
    if not form.ok:
        return None, None
    shown = Shown(link, form.text("second"))
    return door_of(request).enter(caller_of(request), shown, form.text("mail"), passphrase, app), app


def recovery_page(request: Request, begun: Begun, app: NewApp) -> Response:
    """Show the recovery codes, once, to whoever just signed in."""
    to = first_page(begun.role) if begun.appointments == 1 else "/acting"
    csrf.renew(request, begun.token)
    answer = render(request, "signin/recovery.html", codes=app.recovery, to=to)
    answer.headers["Cache-Control"] = "no-store"
    cookies.set_cookie(answer, request, begun.token)
    cookies.set_cookie(answer, request, begun.mark, cookies.KNOWN, cookies.KNOWN_DAYS)
    return answer


def _page(request: Request, form: Form, status: int = 200) -> Response:
    """Show the form, or say that the link doesn't work: whoever holds one that does learns what else is wrong."""
    portal, link = portal_of(request), request.path_params["token"]
    try:
        working = look_at_link(portal, caller_of(request), link)
    except NotFound:
        return dead_link(request)
    app: Offered | None = None
    if portal.settings.second_factor:
        app = offer(portal, _bound(request), form.text("mail") or host(portal), host(portal), form.text("app"))
    passkey = enrol_button(request, working.person, link)
    more = {"app": app, "passkey": passkey, "takes_two": working.takes_two, **link_offers(request)}
    return _without_address(render(request, "signin/link.html", status=status, form=form, **more))


def dead_link(request: Request) -> Response:
    """Say that a link doesn't work."""
    return _without_address(render(request, "signin/dead.html", status=404))


def _bound(request: Request) -> str:
    return f"{csrf.browser(request)}\0{request.path_params['token']}"


def _without_address(answer: Response) -> Response:
    """Keep the link out of what the browser says about where it comes from; its origin must stay, for the form."""
    answer.headers["Referrer-Policy"] = "strict-origin"
    return answer
