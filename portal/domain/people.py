"""People: their names, and the one spelling of their mail addresses.

A mail address is looked up in one spelling only, made here: NFC, without regard to case, the domain in its
ASCII form (IDNA). Two spellings of one address can't be two people.
"""

import re
import unicodedata
from typing import Final

from portal.domain.names import NAME_CHARACTERS, is_hidden, one_line
from portal.domain.problems import Problem, RefusedError
from portal.domain.texts import N_

MAIL_OCTETS: Final = 254
LOCAL_PART_OCTETS: Final = 64

_LOCAL_PART: Final = re.compile(r"[^\s@\"(),:;<>\[\]\\.]+(?:\.[^\s@\"(),:;<>\[\]\\.]+)*")
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_DOMAIN_CHARACTERS: Final = 253


def person_name(raw: str) -> str:
    """Return a person's name as it is kept.

    Raises:
        RefusedError: It is empty, too long, or holds characters that nobody sees.
    """
    return one_line(raw, NAME_CHARACTERS)


def mail_address(raw: str) -> str:
    """Return the one spelling of a mail address by which people are looked up.

    Raises:
        RefusedError: It is no mail address.
    """
    text = unicodedata.normalize("NFC", raw.strip())
    local, at, domain = text.rpartition("@")
    local = unicodedata.normalize("NFC", local.casefold())
    if not at or not _LOCAL_PART.fullmatch(local) or any(is_hidden(text, place) for place in range(len(text))):
        raise _no_address()
    address = f"{local}@{_ascii_domain(domain)}"
    if len(local.encode()) > LOCAL_PART_OCTETS or len(address.encode()) > MAIL_OCTETS:
        raise _no_address()
    return address


def _ascii_domain(domain: str) -> str:
    try:
        ascii_domain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise _no_address() from None
    labels = ascii_domain.split(".")
    if len(labels) < 2 or len(ascii_domain) > _DOMAIN_CHARACTERS:  # noqa: PLR2004 - a host and its domain
        raise _no_address()
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise _no_address()
    return ascii_domain


def _no_address() -> RefusedError:
    return RefusedError(Problem("mail-address", N_("This is no mail address: write it like name@ministry.example.")))
