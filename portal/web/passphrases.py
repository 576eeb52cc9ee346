"""What the forms share in which a passphrase is chosen or typed."""

from typing import Final

from starlette.requests import Request

from portal.domain.passphrases import passphrase_problems
from portal.domain.texts import N_
from portal.identity.passphrases import Passphrases
from portal.web.forms import Form
from portal.web.languages import say

UNEQUAL: Final = N_("The two passphrases differ: type the same one twice.")
TYPE_AGAIN: Final = N_("Nothing was kept or used up yet. A page never holds a passphrase, so please type it again.")


def door_of(request: Request) -> Passphrases:
    """Give the front door of the portal that serves a request."""
    door: Passphrases = request.app.state.passphrases
    return door


def raw(form: Form, name: str) -> str:
    """Give a passphrase as it was typed: blanks at its ends belong to it."""
    values = form.all(name)
    return values[-1] if values else ""


def chosen_passphrase(request: Request, form: Form, *own: str) -> str:
    """Read a passphrase that was typed twice, and refuse a weak or mistyped one.

    Args:
        request: Decides the language of the sentences.
        form: With the fields `passphrase` and `again`.
        own: The person's name or mail address, of which a passphrase can't be made.

    """
    passphrase = raw(form, "passphrase")
    for problem in passphrase_problems(passphrase, (*own, say(request, N_("Review portal")))):
        form.refuse("passphrase", problem.words(lambda text: say(request, text)))
    if passphrase != raw(form, "again"):
        form.refuse("again", say(request, UNEQUAL))
    if not form.ok:
        form.refuse("", say(request, TYPE_AGAIN))
    return passphrase
