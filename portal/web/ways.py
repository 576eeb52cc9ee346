"""A way into the portal: address, method, the act that it asks the gate for, and the handler.

A handler is a plain function that runs in one thread for the whole request; only uploads are coroutines. Each runs
bound to its request, so that a permit from another one opens nothing in it.
"""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.domain.words import ROLES
from portal.errors import NotFound
from portal.usecases.viewers import viewing
from portal.web import cookies
from portal.web.languages import say
from portal.web.pages import render
from portal.work import Portal
from storage import permits

Handler = Callable[[Request], Response] | Callable[[Request], Awaitable[Response]]
CLIENT_LETTERS = 200


@dataclass(frozen=True, slots=True)
class Way:
    """One route. `action` None: it shows nothing of anybody's (the reason stands beside it in routes.py)."""

    method: str
    path: str
    handler: Handler
    action: Action | None
    upload: bool = False
    long: bool = False  # its form holds a long text
    machine: bool = False  # another server calls it, without a page of ours: no origin, no token, no session

    def route(self) -> Route:
        """Make Starlette's route."""
        return Route(self.path, _bound(self.handler), methods=[self.method])


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever is signed in, in words, for the head of the page."""

    name: str
    role: str | None
    role_label: str
    state: str | None
    state_name: str | None
    appointments: list[tuple[str, str]]
    language: str


def portal_of(request: Request) -> Portal:
    """Give the portal that serves a request."""
    portal: Portal = request.app.state.portal
    return portal


def caller_of(request: Request) -> Caller:
    """Tell who asks: whose session the cookie names is found by the gate."""
    known: Caller | None = getattr(request.state, "caller", None)
    if known is None:
        token = cookies.read_cookie(request)
        hashed = portal_of(request).keyring.blind("token", token.encode("utf-8", "replace")) if token else None
        address = request.client.host if request.client else ""
        known = Caller(
            token=hashed,
            address=address,
            client=request.headers.get("user-agent", "")[:CLIENT_LETTERS],
            idle="fresh" in request.query_params,
            mark=cookies.read_cookie(request, cookies.KNOWN) or "",
        )
        request.state.caller = known
    return known


def show(request: Request, template: str, /, status: int = 200, **data: object) -> Response:
    """Render a page for whoever is signed in; call it after the use case, whose permit opens the name in its head."""
    portal = portal_of(request)
    seen = viewing(portal, caller_of(request))
    if seen is not None:
        request.state.zone = seen.zone
        names = portal.state_names(seen.language)

        def label(role: str | None, state: str | None) -> str:
            word = say(request, ROLES[role]) if role else ""  # type: ignore[index]  # a Role is a str
            return f"{word} · {names.get(state, state)}" if state else word

        request.state.viewer = Viewer(
            name=seen.name,
            role=seen.role,
            role_label=say(request, ROLES[seen.role]) if seen.role else "",
            state=seen.state,
            state_name=names.get(seen.state, seen.state) if seen.state else None,
            appointments=[(id_, label(role, state)) for id_, role, state in seen.appointments],
            language=seen.language,
        )
    return render(request, template, status=status, **data)


def zone_of(request: Request) -> str:
    """Name the zone in which whoever is signed in reads and enters days; call it after the use case."""
    seen = viewing(portal_of(request), caller_of(request))
    return seen.zone if seen is not None else "UTC"


def id_from(request: Request, name: str) -> UUID:
    """Read an id of the address; one that is malformed is absent, like any other that isn't there.

    Raises:
        NotFound: It isn't an id.

    """
    said = request.path_params[name]
    try:
        found = UUID(hex=said)
    except ValueError:
        raise NotFound from None
    if said not in {str(found), found.hex}:  # one thing has one address
        raise NotFound
    return found


def id_in(raw: str) -> UUID:
    """Read an id that a form sends; one that is malformed is absent, like any other that isn't there.

    Raises:
        NotFound: It isn't an id.

    """
    try:
        return UUID(hex=raw)
    except ValueError:
        raise NotFound from None


def read_id(raw: str) -> UUID | None:
    """Read an id that a form or an address sends, where one that is malformed counts as none."""
    try:
        return UUID(hex=raw)
    except ValueError:
        return None


def _bound(handler: Handler) -> Handler:
    if inspect.iscoroutinefunction(handler):

        async def wait(request: Request) -> Response:
            with permits.request(UUID(request.state.request_id)):
                answer: Response = await handler(request)
                return answer

        return wait

    def call(request: Request) -> Response:
        with permits.request(UUID(request.state.request_id)):
            answer = handler(request)
            if not isinstance(answer, Response):
                raise TypeError("a handler gives a response")
            return answer

    return call
