"""Reads the forms of a request, bounded and only after their token was checked, and keeps them for refilling.

Nothing here touches `request.form()`: Starlette's parser spools uploads to a temporary file in the clear.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NewType
from urllib.parse import parse_qsl

from starlette.requests import Request

from portal.domain.texts import N_
from portal.web.refusals import RequestRefused

Fields = NewType("Fields", Mapping[str, tuple[str, ...]])

FIELDS_MOST = 500
PAGE_DIGITS: Final = 5  # no list has more pages
CHECKED_FORM = "portal.checked_form"
# the fields that no page keeps while their form waits
SECRET: Final = frozenset({"passphrase", "again", "present", "code", "client_secret"})

UNREADABLE = N_(
    "The portal couldn’t read this form, so nothing was done. Go back, load the page again and send it once more."
)


def parse_fields(body: bytes) -> Fields:
    """Parse a urlencoded body; line ends become single line feeds.

    Raises:
        RequestRefused: 400, it isn't UTF-8, holds NUL or has too many fields.
    """
    try:
        text = body.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=FIELDS_MOST)
    except ValueError as error:
        raise RequestRefused(400, UNREADABLE) from error
    found: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        if "\0" in name or "\0" in value:
            raise RequestRefused(400, UNREADABLE)
        found[name] = (*found.get(name, ()), value.replace("\r\n", "\n"))
    return Fields(found)


def read_form(request: Request) -> "Form":
    """Give the form that came with a request.

    Raises:
        RuntimeError: The request didn't pass the guard, so nobody checked its token.
    """
    fields: Fields | None = getattr(request.state, CHECKED_FORM, None)
    if fields is None:
        raise RuntimeError("a form was read whose token nobody checked")
    return Form(fields)


def go_on_with(request: Request, form: "Form") -> None:
    """Let this be what is sent again once a proof was given for the rest: a part of what came is done already."""
    setattr(request.state, CHECKED_FORM, Fields(form.fields))


@dataclass(slots=True)
class Form:
    """What somebody sent or is about to send, with a sentence beside each field that can't be taken.

    `errors` holds sentences in the reader's language (`languages.say`); the key "" is the form as a whole.
    """

    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def text(self, name: str, default: str = "") -> str:
        """Give the last value of a field without the space around it."""
        values = self.fields.get(name)
        return values[-1].strip() if values else default

    def all(self, name: str) -> tuple[str, ...]:
        """Give every value of a field, as check boxes and multiple choices send them."""
        return self.fields.get(name, ())

    def has(self, name: str, value: str | None = None) -> bool:
        """Tell whether a field was sent, or sent with this value."""
        return name in self.fields if value is None else value in self.all(name)

    def refuse(self, name: str, sentence: str) -> None:
        """Put a sentence beside a field; the first one stays."""
        self.errors.setdefault(name, sentence)

    @property
    def ok(self) -> bool:
        """Tell whether nothing was refused."""
        return not self.errors


def whole(text: str, digits: int) -> int | None:
    """Read a whole number of at most so many digits, as addresses and hidden fields carry one; None: it is none."""
    return int(text) if text.isdecimal() and len(text) <= digits else None


def page_in(text: str) -> int:
    """Read which page of a list an address or a hidden field asks for, from 1; what is no number asks for the first."""
    return whole(text, PAGE_DIGITS) or 1


def filled(**values: str | tuple[str, ...]) -> Form:
    """Make a form that shows what is on record, before anybody sent anything."""
    return Form({name: value if isinstance(value, tuple) else (value,) for name, value in values.items()})
