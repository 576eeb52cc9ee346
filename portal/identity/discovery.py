"""What an identity provider says of itself: its addresses and keys, taken to known types once, where they are read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from portal.domain.reach import Reach
from portal.outgoing import Silent

MOST_KEYS: Final = 100
KEY_LETTERS: Final = 2800  # of one number: 16,384 bits
_CURVES: Final = {"RSA": None, "EC": "P-256", "OKP": "Ed25519"}
_NUMBERS: Final = {"RSA": ("n", "e"), "EC": ("x", "y"), "OKP": ("x",)}


@dataclass(frozen=True, slots=True)
class Document:
    """A discovery document (OpenID Connect Discovery 1.0, 3), as far as it is used."""

    authorization: str
    token: str
    keys: str
    names_itself: bool  # answers in the browser's address say whose they are (RFC 9207)
    by_header: bool  # the client's secret goes into a header, not into the form


@dataclass(frozen=True, slots=True)
class Key:
    """A public key for signatures (RFC 7517): of one that holds more than that, only the public part is taken."""

    kind: str
    name: str | None
    algorithm: str | None
    parts: Mapping[str, str]


def read_document(said: Mapping[str, Any], issuer: str, reach: Reach) -> Document:
    """Take a discovery document.

    Raises:
        Silent: It is another issuer's, or nothing that can be used.

    """
    if said.get("issuer") != issuer:
        raise Silent("another-issuer")
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    start, token, keys = (said.get(name) for name in names)
    if not (reach.allows(start) and reach.allows(token) and reach.allows(keys)):
        raise Silent("insecure-address")
    # without the list it is the header (OpenID Connect Discovery 1.0, 3)
    methods = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    if not isinstance(methods, list):
        raise Silent("no-discovery")
    names_itself = said.get("authorization_response_iss_parameter_supported") is True
    return Document(str(start), str(token), str(keys), names_itself, "client_secret_basic" in methods)


def read_keys(said: Mapping[str, Any]) -> list[Key]:
    """Take the keys of which the portal knows what they are; the others are left out.

    Raises:
        Silent: There is no list of keys, or a very long one.

    """
    keys = said.get("keys")
    if not isinstance(keys, list) or len(keys) > MOST_KEYS:
        raise Silent("no-keys")
    read = (_key(key) for key in keys if isinstance(key, dict))
    return [key for key in read if key is not None]


def _key(said: Mapping[str, Any]) -> Key | None:
    kind, name, algorithm = said.get("kty"), said.get("kid"), said.get("alg")
    if not isinstance(kind, str) or kind not in _NUMBERS or said.get("crv") != _CURVES[kind]:
        return None
    if not (_may_be_text(name) and _may_be_text(algorithm)) or said.get("use", "sig") != "sig":
        return None
    parts = {part: said.get(part) for part in _NUMBERS[kind]}
    known = {part: value for part, value in parts.items() if isinstance(value, str) and len(value) <= KEY_LETTERS}
    if len(known) != len(parts):
        return None
    curve = {"crv": said["crv"]} if kind != "RSA" else {}
    return Key(kind, name, algorithm, {"kty": kind, **curve, **known})


def _may_be_text(value: object) -> bool:
    return value is None or isinstance(value, str)
