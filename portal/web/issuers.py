"""Identity providers: the way through one and back, and the pages on which they are kept."""

from functools import partial
from typing import Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from portal.domain import issuers as rules
from portal.domain.ids import IssuerId
from portal.domain.issuers import IssuerSettings
from portal.domain.problems import Problem
from portal.domain.texts import N_
from portal.errors import NotFound, SignedOut, TooMany
from portal.identity.federation import LINK, SIGN_IN, Came, Federation, SomebodyElse
from portal.identity.flows import PROVE
from portal.identity.oidc import Unproven
from portal.outgoing import Silent
from portal.usecases import federation, issuers
from portal.usecases.federation import EndedThere
from portal.web import cookies
from portal.web.checks import Checks, state_names
from portal.web.forms import Form, filled, read_form
from portal.web.languages import say
from portal.web.links import dead_link
from portal.web.pages import render
from portal.web.places import local_path
from portal.web.signin import signed_in
from portal.web.ways import caller_of, id_from, portal_of, show

SILENT: Final = N_("%(name)s doesn’t answer just now. Use another way to sign in, or try again in a few minutes.")
UNPROVEN: Final = N_(
    "What came back from %(name)s doesn’t show who you are, so nothing was done. Begin again, in this browser."
)
UNKNOWN: Final = N_(
    "You are known to %(name)s but not yet to this portal. Open the sign-in link that was given to you, and choose "
    "%(name)s there."
)
ENDED: Final = N_("%(name)s has signed you out meanwhile, so you were not signed in here. Begin again.")
OTHER: Final = N_("%(name)s doesn’t know you as the one who is signed in here, so nothing was done.")
DEAD: Final = N_(
    "This sign-in link doesn’t go with this address or with %(name)s, or its second part is another one. Open it again "
    "and write the address that the portal has of you: whoever gave you the link can say which."
)
REFUSED: Final[dict[type[Exception], str]] = {SomebodyElse: OTHER, EndedThere: ENDED}
GONE: Final = N_("There is no such identity provider here, or it was ended. Sign in another way.")
AGAIN: Final = Problem(
    "secret-again", N_("A page never keeps a secret, so write it again. All else is as you sent it.")
)
NO_STORE: Final = {"Cache-Control": "no-store"}


def federation_of(request: Request) -> Federation:
    """Give the way through issuers of the portal that serves a request."""
    found: Federation = request.app.state.federation
    return found


# --- through an issuer


def leave(request: Request) -> Response:
    """Leave for an issuer, to sign in or to prove anew who one is."""
    purpose = PROVE if request.query_params.get("prove") == "1" else SIGN_IN
    return _leave(request, id_from(request, "id"), purpose)


def leave_with_link(request: Request) -> Response:
    """Leave for an issuer with a sign-in link."""
    token, issuer = request.path_params["token"], id_from(request, "id")
    if all(one.id != issuer for one in federation.offered_for_link(portal_of(request), token)):
        return dead_link(request)
    return _leave(request, issuer, LINK, token)


def _leave(request: Request, issuer: UUID, purpose: str, link: str = "") -> Response:
    following = local_path(request.query_params.get("next", "")) or ""
    try:
        cookie, address = federation_of(request).leave(caller_of(request), issuer, purpose, following, link)
    except Silent:
        return _calm(request, issuer, SILENT, 503)
    except NotFound:
        return _calm(request, issuer, GONE, 404)
    answer = RedirectResponse(address, 303, headers={**NO_STORE, "Referrer-Policy": "no-referrer"})
    cookies.set_cookie(answer, request, cookie, cookies.FLOW)
    return answer


def come_back(request: Request) -> Response:
    """Take what the issuer answered, and lead on."""
    issuer, cookie = id_from(request, "id"), cookies.read_cookie(request, cookies.FLOW)
    given = dict(request.query_params)
    try:
        came = federation_of(request).come_back(caller_of(request), issuer, cookie, given)
    except Silent:
        return _calm(request, issuer, SILENT, 503)
    except (Unproven, SignedOut):
        return _calm(request, issuer, UNPROVEN, 422)
    except TooMany as error:
        return _calm(request, issuer, str(error), 429)
    except NotFound as error:
        return _calm(request, issuer, REFUSED.get(type(error), UNKNOWN), 422)
    return _arrived(request, issuer, came)


def bind(request: Request) -> Response:
    """Take the address that the portal has of whoever came back with a sign-in link."""
    issuer, form = id_from(request, "id"), read_form(request)
    cookie = cookies.read_cookie(request, cookies.FLOW)
    try:
        came = federation_of(request).bind(caller_of(request), issuer, cookie, form.text("mail"), form.text("second"))
    except Unproven:
        return _calm(request, issuer, UNPROVEN, 422)
    except TooMany as error:
        return _calm(request, issuer, str(error), 429)
    except NotFound as error:
        return _calm(request, issuer, REFUSED.get(type(error), DEAD), 422)
    return _arrived(request, issuer, came)


def log_out(request: Request) -> Response:
    """End the sessions of which an issuer says that they are over."""
    token = read_form(request).text("logout_token")
    try:
        federation_of(request).log_out(caller_of(request), id_from(request, "id"), token)
    except (Unproven, Silent, NotFound):
        return PlainTextResponse("This is no message of this provider, so nothing ended.\n", 400, headers=NO_STORE)
    except TooMany:
        return PlainTextResponse("There were too many messages that proved nothing.\n", 429, headers=NO_STORE)
    return Response(status_code=200, headers=NO_STORE)


def _arrived(request: Request, issuer: UUID, came: Came) -> Response:
    if came.cookie is not None:
        answer = _page(request, issuer, Form(), "", takes_two=came.takes_two)
        cookies.set_cookie(answer, request, came.cookie, cookies.FLOW)
        return answer
    if came.begun is not None:
        answer = signed_in(request, came.begun, local_path(came.next))
    else:
        answer = RedirectResponse(local_path(came.next) or "/", 303, headers=NO_STORE)
        cookies.set_cookie(answer, request, came.token or "")
    cookies.clear_cookie(answer, request, cookies.FLOW)
    return answer


def _calm(request: Request, issuer: UUID, sentence: str, status: int) -> Response:
    form = Form()
    form.refuse("", sentence)
    return _page(request, issuer, form, sentence, status)


def _page(
    request: Request, issuer: UUID, form: Form, sentence: str, status: int = 200, *, takes_two: bool = False
) -> Response:
    names = {one.id: one.name for one in federation.offered(portal_of(request))}
    name = names.get(issuer, say(request, N_("This identity provider")))
    told = say(request, sentence) % {"name": name} if sentence else ""
    more = {"told": told, "name": name, "issuer": str(issuer), "takes_two": takes_two}
    answer = render(request, "signin/issuer.html", status=status, form=form, **more)
    answer.headers["Cache-Control"] = "no-store"
    return answer


# --- keeping them


def listing(request: Request) -> Response:
    """List all issuers, for an administrator."""
    lines = issuers.list_issuers(portal_of(request), caller_of(request))
    return show(request, "administration/issuers.html", lines=lines, names=state_names(request), own=False)


def own(request: Request) -> Response:
    """List the issuers of the State that one acts for."""
    lines = issuers.list_own(portal_of(request), caller_of(request))
    return show(request, "administration/issuers.html", lines=lines, names=state_names(request), own=True)


def new_form(request: Request) -> Response:
    """Show the form to add an issuer."""
    return _new_page(request, Checks(filled(), sent=False))


def add(request: Request) -> Response:
    """Add an issuer."""
    checks = Checks(read_form(request))
    form = checks.form
    if not form.has("client_secret"):  # the form waited for a proof of who one is, without it
        checks.refuse(AGAIN, name="client_secret")
    url = checks.take("url", partial(rules.issuer_url, reach=portal_of(request).settings.issuer_reach))
    name = checks.take("name", rules.issuer_name)
    client, secret = checks.take("client_id", rules.client_id), checks.take("client_secret", rules.client_secret)
    acr = checks.take("acr_values", partial(rules.demanded, "acr_values"))
    amr = checks.take("amr", partial(rules.demanded, "amr"))
    if url and name and client and secret and acr is not None and amr is not None:
        settings = IssuerSettings(url, name, client, secret, form.text("state") or None, acr, amr)
        checks.attempt(partial(issuers.add_issuer, portal_of(request), caller_of(request), settings))
    return _to("/administration/issuers") if checks.ok else _new_page(request, checks)


def confirm(request: Request) -> Response:
    """Confirm an issuer."""
    issuers.confirm_issuer(portal_of(request), caller_of(request), IssuerId(id_from(request, "id")))
    return _back(request)


def end(request: Request) -> Response:
    """End an issuer."""
    issuers.end_issuer(portal_of(request), caller_of(request), IssuerId(id_from(request, "id")))
    return _back(request)


def _back(request: Request) -> Response:
    return _to("/issuers" if request.url.path.startswith("/issuers") else "/administration/issuers")


def _to(path: str) -> Response:
    return RedirectResponse(path, 303, headers=NO_STORE)


def _new_page(request: Request, checks: Checks) -> Response:
    issuers.prepare_issuer(portal_of(request), caller_of(request))
    names = state_names(request)
    states = sorted(names.items(), key=lambda pair: pair[1].casefold())
    return show(request, "administration/issuer.html", status=checks.status, states=states, **checks.tell(request))
