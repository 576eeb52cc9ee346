"""Reads the PKCS #11 URI (RFC 7512) by which the settings name a token, the portal's keys on it, and how to open it.

1. `pkcs11:token=…;object=…?module-path=…&pin-source=file:…`, and `serial=` where two tokens have one label.
2. The PIN lies in a file: `pin-value` is refused, since settings are shown, copied and inherited by other processes.
3. What isn't understood is refused, not passed over. No refusal quotes the text.
"""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

EXAMPLE = (
    "pkcs11:token=portal;object=portal-keys?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/etc/portal/pin"
)


@dataclass(frozen=True, slots=True)
class Token:
    """Where the keys are."""

    label: str  # of the token
    keys: str  # the label that all keys of one portal bear on it
    module: Path  # the vendor's library
    pin_file: Path
    serial: str = ""


def read_uri(text: str) -> Token:
    """Read the URI of a token.

    Raises:
        ValueError: It isn't one, or lacks something, or holds what must not stand there; the sentence says which.

    """
    scheme, colon, rest = text.partition(":")
    if scheme != "pkcs11" or not colon:
        raise ValueError("it begins with pkcs11:")
    path, _, query = rest.partition("?")
    given = _attributes(path, ";", {"token", "serial", "object"})
    asked = _attributes(query, "&", {"module-path", "pin-source"})
    if missing := {"token", "object"} - set(given) | {"module-path", "pin-source"} - set(asked):
        raise ValueError(f"it lacks {', '.join(sorted(missing))}")
    kind, _, pin = asked["pin-source"].partition(":")
    if kind != "file":
        raise ValueError("pin-source is file: and a path")
    module, pin_file = Path(asked["module-path"]), Path(pin)
    if not (module.is_absolute() and pin_file.is_absolute()):
        raise ValueError("paths begin with a slash")
    return Token(given["token"], given["object"], module, pin_file, given.get("serial", ""))


def _attributes(text: str, between: str, known: set[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in text.split(between) if text else ():
        name, equals, value = part.partition("=")
        if name == "pin-value":
            raise ValueError("the PIN doesn't belong here: put it into a file and name that, pin-source=file:/path")
        if name not in known or name in found or not equals:
            raise ValueError(f"it holds {', '.join(sorted(known))}, once each, and nothing else there")
        found[name] = unquote(value, errors="strict")
        if not found[name]:
            raise ValueError(f"{name} is empty")
    return found
