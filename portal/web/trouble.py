"""I can't get in: what this browser shows, how a link stands, and asking for help; a stranger learns of nobody."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from portal.domain.texts import N_
from portal.errors import TooMany
from portal.identity.helpdesk import Helpdesk
from portal.usecases.trouble import LinkState
from portal.web import cookies
from portal.web.forms import Form, read_form
from portal.web.languages import say
from portal.web.pages import render
from portal.web.passphrases import door_of
from portal.web.ways import caller_of, portal_of

STATES: Final = {
    LinkState.WORKS: (
        N_("This sign-in link works"),
        N_("Open it in this browser and choose there what you sign in with."),
    ),
    LinkState.WAITS: (
        N_("This sign-in link waits for a second person"),
        N_("It works once another registrar or administrator than the one who issued it has confirmed it."),
    ),
    LinkState.USED: (
        N_("This sign-in link was used or replaced"),
        N_("If you used it, sign in with what you chose then. If not, ask whoever gave it to you for a new one."),
    ),
    LinkState.EXPIRED: (N_("This sign-in link has expired"), N_("Ask whoever gave it to you for a new one.")),
    LinkState.CLOSED: (
        N_("This sign-in link lets nobody in just now"),
        N_("Ask whoever gave it to you: they may have left, or something about your account has changed since."),
    ),
    LinkState.UNKNOWN: (
        N_("This is not one of the portal’s sign-in links"),
        N_("A part of it may have been lost on the way: copy it as a whole. If it came by mail, see who sent it."),
    ),
}


def view(request: Request) -> Response:
    """Show what helps."""
    return _page(request)


def look(request: Request) -> Response:
    """Tell how a link stands, to whoever holds it."""
    try:
        state = _desk(request).look(caller_of(request), read_form(request).text("link"))
    except TooMany as error:
        empty = Form()  # the link is a secret: no page shows it again
        empty.refuse("", say(request, str(error)))
        return _page(request, 429, link=empty)
    return _page(request, state=state)


def ask(request: Request) -> Response:
    """Ask for help; the answer is always the same."""
    form = read_form(request)
    if not form.text("mail"):
        form.refuse("mail", say(request, N_("Write your mail address.")))
        return _page(request, 422, help_=form)
    try:
        _desk(request).ask(caller_of(request), form.text("mail"))
    except TooMany as error:
        form.refuse("", say(request, str(error)))
        return _page(request, 429, help_=form)
    return _page(request, sent=True)


def _desk(request: Request) -> Helpdesk:
    desk: Helpdesk = request.app.state.helpdesk
    return desk


def _page(
    request: Request,
    status: int = 200,
    *,
    link: Form | None = None,
    help_: Form | None = None,
    state: LinkState | None = None,
    sent: bool = False,
) -> Response:
    mark = cookies.read_cookie(request, cookies.KNOWN)
    ours = (cookies.SESSION, cookies.VISITOR, cookies.KNOWN)
    return render(
        request,
        "signin/trouble.html",
        status=status,
        link=link or Form(),
        help=help_ or Form(),
        state=state,
        states=STATES,
        sent=sent,
        cookies=any(cookies.read_cookie(request, one) for one in ours),
        secure=request.url.scheme == "https",
        known=mark is not None,
        slowed=door_of(request).slows(caller_of(request), mark),
        now=f"{portal_of(request).clock():%Y-%m-%d %H:%M:%S}",
    )
