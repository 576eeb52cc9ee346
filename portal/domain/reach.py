"""To which addresses the portal itself connects, when it asks other servers."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

ADDRESS_LETTERS: Final = 2000
_NAT64: Final = IPv6Network("64:ff9b::/96")  # RFC 6052
_SITE_LOCAL: Final = IPv6Network("fec0::/10")  # RFC 3879: given up, and still global to Python
_SIGNS: Final = re.compile(r"[!-\[\]-~]+")  # ASCII, no blanks, no backslashes: readers of addresses differ on these
_LABEL: Final = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"  # RFC 1123, and underscores, which are met
# the last part begins with a letter: nothing that a resolver takes for a number (127.1, 0x7f000001)
_NAME: Final = re.compile(rf"(?=.{{1,253}}\Z)(?:{_LABEL}\.)*(?=[a-z]){_LABEL}")


@dataclass(frozen=True, slots=True)
class Reach:
    """Where the portal asks other servers.

    1. By https, at global addresses and in the networks that the settings name.
    2. Where the portal itself serves this machine alone, on this machine too, and there by plain HTTP.
    3. An IPv6 address that stands for an IPv4 one counts as that.
    """

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    this_machine: bool = False  # the portal serves it alone

    def allows(self, url: object) -> bool:
        """Tell whether an address may be used at all; a name in it is looked up when it is asked."""
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
