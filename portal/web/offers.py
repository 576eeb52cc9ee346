"""Which identity providers a page offers, and where each of them is left for."""

from contextlib import suppress
from itertools import groupby
from typing import Any
from urllib.parse import quote, urlencode

from starlette.requests import Request

from portal.errors import PortalError
from portal.usecases.federation import Offered, offered, offered_again, offered_for_link
from portal.web.checks import state_names
from portal.web.ways import caller_of, portal_of

Offers = dict[str, Any]


def offers(request: Request, following: str) -> Offers:
    """Offer all, grouped by their States, at the page of signing in."""
    more = f"?{urlencode({'next': following})}" if following else ""
    return _groups(request, offered(portal_of(request)), "/sign-in/issuers/", more)


def link_offers(request: Request) -> Offers:
    """Offer those of the person's State, at the page of a sign-in link."""
    token = str(request.path_params["token"])
    found = offered_for_link(portal_of(request), token)
    return _groups(request, found, f"/enter/{quote(token, safe='')}/issuers/", "")


def prove_offers(request: Request, following: str) -> Offers:
    """Offer those that know the person, at the page of proving anew."""
    found: list[Offered] = []
    with suppress(PortalError):  # nobody is signed in: the proof itself says so
        found = offered_again(portal_of(request), caller_of(request))
    return _groups(request, found, "/sign-in/issuers/", f"?{urlencode({'prove': '1', 'next': following or '/'})}")


def _groups(request: Request, found: list[Offered], start: str, more: str) -> Offers:
    names = state_names(request)

    def state(one: Offered) -> str:
        return names.get(one.state, one.state) if one.state else ""

    by_state = sorted(found, key=lambda one: (state(one).casefold(), one.name.casefold(), str(one.id)))
    return {
        "offers": [
            (of, [(one.name, f"{start}{one.id}{more}") for one in ones]) for of, ones in groupby(by_state, state)
        ]
    }
