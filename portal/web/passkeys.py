"""Signing in and proving who one is by a passkey; what the pages with such a button need."""

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.requests import Request

from portal.domain.devices import device_name
from portal.domain.ids import PersonId
from portal.identity import challenges, passkeys
from portal.usecases.authenticators import NewPasskey
from portal.web import csrf
from portal.web.forms import Form
from portal.web.ways import caller_of, portal_of


@dataclass(frozen=True, slots=True)
class Button:
    """What a form with a passkey's button carries: what the device is asked, and the challenge's token."""

    options: str
    token: str
    name: str = ""


def sign_in_button(request: Request) -> Button:
    """Ask for any passkey of this portal."""
    portal, token = portal_of(request), _token(request, passkeys.SIGN_IN)
    return Button(passkeys.asking(portal, token), token)


def prove_button(request: Request, credentials: Iterable[bytes]) -> Button:
    """Ask for one of a person's passkeys."""
    portal, token = portal_of(request), _token(request, passkeys.PROVE)
    return Button(passkeys.asking(portal, token, credentials), token)


def add_button(request: Request, person: PersonId, account: str, known: Iterable[bytes]) -> Button:
    """Ask for another passkey of a person."""
    portal, token = portal_of(request), _token(request, passkeys.ADD)
    return Button(passkeys.making(portal, token, person, account, known), token, device_name(caller_of(request).client))


def enrol_button(request: Request, person: PersonId, link: str) -> Button:
    """Ask for the first passkey of whomever a link is for; the page puts the address in that they type."""
    portal = portal_of(request)
    token = challenges.issue(portal, passkeys.ENROL, _bound(request, link))
    return Button(passkeys.making(portal, token, person, "-"), token)


def enrolled(request: Request, form: Form, link: str) -> NewPasskey | None:
    """Check the first passkey that came with the form of a link."""
    name = device_name(caller_of(request).client)
    bound = _bound(request, link)
    return passkeys.made(
        portal_of(request), passkeys.ENROL, bound, form.text("challenge"), form.text("credential"), name
    )


def _token(request: Request, purpose: str) -> str:
    return challenges.issue(portal_of(request), purpose, csrf.browser(request))


def _bound(request: Request, link: str) -> str:
    return f"{csrf.browser(request)}\0{link}"
