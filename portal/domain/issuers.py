"""What is set of an identity provider when it is connected, and which addresses of it may be used."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

from portal.domain.problems import Problem, RefusedError
from portal.domain.texts import N_

URL_LETTERS: Final = 400
ADDRESS_LETTERS: Final = 2000
NAME_LETTERS: Final = 80
CLIENT_LETTERS: Final = 200
SECRET_LETTERS: Final = 400
AMR_LETTERS: Final = 200
_NAT64: Final = IPv6Network("64:ff9b::/96")  # RFC 6052
_SITE_LOCAL: Final = IPv6Network("fec0::/10")  # RFC 3879: given up, and still global to Python
_SIGNS: Final = re.compile(r"[!-\[\]-~]+")  # ASCII, no blanks, no backslashes: readers of addresses differ on these
_LABEL: Final = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"  # RFC 1123, and underscores, which are met
# the last part begins with a letter: nothing that a resolver takes for a number (127.1, 0x7f000001)
_NAME: Final = re.compile(rf"(?=.{{1,253}}\Z)(?:{_LABEL}\.)*(?=[a-z]){_LABEL}")


@dataclass(frozen=True, slots=True)
class IssuerSettings:
    """What is set of an issuer; state None: it is the secretariat's."""

    url: str
    name: str
    client_id: str
    client_secret: str
    state: str | None
    acr_values: str = ""
    amr: str = ""


@dataclass(frozen=True, slots=True)
class Reach:
    """Where the portal asks providers.

    1. By https, at global addresses and in the networks that the settings name.
    2. Where the portal itself serves this machine alone, on this machine too, and there by plain HTTP.
    3. An IPv6 address that stands for an IPv4 one counts as that.
    """

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    this_machine: bool = False  # the portal serves it alone

    def allows(self, url: object) -> bool:
        """Tell whether an address of a provider may be used at all; a name in it is looked up when it is asked."""
        if not isinstance(url, str) or len(url) > ADDRESS_LETTERS or not _SIGNS.fullmatch(url):
            return False
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname or "", parts.port
        except ValueError:
            return False
        plain = parts.scheme == "http" and self.this_machine and _is_this_machine(host)
        if not (plain or parts.scheme == "https") or "@" in parts.netloc or parts.fragment:
            return False
        try:
            return self.meets(ip_address("127.0.0.1" if host == "localhost" else host))
        except ValueError:
            return _NAME.fullmatch(host) is not None

    def meets(self, address: IPv4Address | IPv6Address) -> bool:
        """Tell whether the portal may connect to an address."""
        meant = _meant(address)
        if any(meant in network for network in self.networks) or (self.this_machine and meant.is_loopback):
            return True
        return meant.is_global and not (meant.is_multicast or meant.is_reserved or meant in _SITE_LOCAL)


def _meant(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Give the IPv4 address that an IPv6 one stands for: mapped, 6to4 or NAT64."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour or address


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def issuer_url(text: str, reach: Reach) -> str:
    """Take the address by which an issuer names itself, exactly as it is.

    Raises:
        RefusedError: It is none, or the portal would never ask there.

    """
    if len(text) > URL_LETTERS or "?" in text or not text.isprintable() or " " in text or "://" not in text:
        raise RefusedError(
            Problem("url", N_("Write the provider’s address as it names itself: https, without a question mark."))
        )
    if not reach.allows(text):
        raise RefusedError(
            Problem(
                "url",
                N_(
                    "The portal asks providers by https alone, at addresses of the internet or in networks that its "
                    "settings name. Write such an address, or have the network named by whoever runs the portal."
                ),
            )
        )
    return text


def issuer_name(text: str) -> str:
    """Take the name under which people choose an issuer.

    Raises:
        RefusedError: It is empty or too long.

    """
    return _line("name", text, NAME_LETTERS, N_("Write the name under which people know the provider, in one line."))


def client_id(text: str) -> str:
    """Take the name by which an issuer knows the portal.

    Raises:
        RefusedError: It is empty or too long.

    """
    return _line("client_id", text, CLIENT_LETTERS, N_("Write the client id that the provider gave the portal."))


def client_secret(text: str) -> str:
    """Take the secret that the portal has with an issuer.

    Raises:
        RefusedError: It is empty or too long.

    """
    return _line(
        "client_secret", text, SECRET_LETTERS, N_("Write the client secret that the provider gave the portal.")
    )


def demanded(field: str, text: str) -> str:
    """Take the words that an issuer is to say of how somebody signed in there, separated by blanks.

    Raises:
        RefusedError: They are too long.

    """
    words = " ".join(text.split())
    if len(words) > AMR_LETTERS or not words.isprintable():
        raise RefusedError(Problem(field, N_("Write single words with blanks between them, or nothing.")))
    return words


def _line(field: str, text: str, letters: int, refusal: str) -> str:
    if not 0 < len(text) <= letters or not text.isprintable():
        raise RefusedError(Problem(field, refusal))
    return text
