"""Slows guessing down without letting anybody lock others out.

Attempts are counted in sliding windows, in the database: whichever replica somebody comes to, and after a restart.

1. A browser that somebody signed in with before carries a mark for that account. Its attempts are counted by
   themselves: whatever goes on elsewhere, the person's own browser is never made to wait for it.
2. From all other browsers together an account takes ACCOUNT_ATTEMPTS failures in a window, an address takes
   ADDRESS_ATTEMPTS (a ministry may share one); an IPv6 address counts as its network of 64 bits.
3. There is no count for the portal as a whole, sessions that run are never touched, and a sign-in link works
   however many attempts were made elsewhere. A link that was never issued is counted by where it comes from.
4. An attempt is counted before it is made, so that many side by side don't pass together, and taken back if it was no
   failure. What was counted is a keyed hash: the database tells neither addresses nor whom somebody tried to be.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final
from uuid import UUID, uuid4

from portal.work import Portal
from storage.authenticators import Attempt
from storage.errors import StoreUnavailable
from storage.repositories.authenticators import AuthenticatorRecords

WINDOW: Final = timedelta(minutes=15)
BROWSER_ATTEMPTS: Final = 10
ACCOUNT_ATTEMPTS: Final = 10
ADDRESS_ATTEMPTS: Final = 50
LINK_ATTEMPTS: Final = 10

Key = tuple[str, bytes]
Counted = tuple[UUID, ...]


class Attempts:
    """Counts the failures that all replicas saw."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    def begin(self, keys: Mapping[Key, int]) -> Counted | None:
        """Count an attempt before it is made; None: one of these has reached its limit within the window.

        Raises:
            StoreUnavailable: It can't be counted, so it must not be made.

        """
        if self.reached(keys):
            return None  # without the lock of those who write: whoever goes on guessing holds nobody up
        things = {self._thing(key): most for key, most in keys.items()}
        with self._portal.database.begin() as session:
            records, now = AuthenticatorRecords(session), self._portal.clock()
            # made by a clock that was set back since: counted for a window, not until that time comes
            counted = records.counted(things, now - WINDOW, now + WINDOW)
            if any(counted.get(thing, 0) >= most for thing, most in things.items()):
                return None
            attempts = [Attempt(id=uuid4(), counted_for=thing, made_at=now) for thing in things]
            records.count(attempts, now - WINDOW)
            return tuple(one.id for one in attempts)

    def reached(self, keys: Mapping[Key, int]) -> bool:
        """Tell whether as many attempts were counted for one of these as it may take within the window."""
        things, now = {self._thing(key): most for key, most in keys.items()}, self._portal.clock()
        with self._portal.database.read() as session:
            counted = AuthenticatorRecords(session).counted(things, now - WINDOW, now + WINDOW)
        return any(counted.get(thing, 0) >= most for thing, most in things.items())

    def take_back(self, counted: Counted) -> None:
        """Take back an attempt that was no failure, or was not made."""
        with suppress(StoreUnavailable), self._portal.database.begin() as session:  # else it counts: nobody is hurt
            AuthenticatorRecords(session).take_back(counted)

    def _thing(self, key: Key) -> bytes:
        kind, name = key
        return self._portal.keyring.blind("attempt", kind.encode() + b"\0" + name)


def keys_of(account: bytes, address: str, browser: bytes | None) -> dict[Key, int]:
    """Name what an attempt counts for, each with its limit.

    Args:
        account: The blind index of the mail address that was typed, be there an account or not.
        address: Where the attempt comes from.
        browser: The mark of a browser that signed in to this account before.

    """
    if browser is not None:
        return {("browser", browser): BROWSER_ATTEMPTS}
    return {("account", account): ACCOUNT_ATTEMPTS, ("address", network(address)): ADDRESS_ATTEMPTS}


def keys_of_link(link: bytes, address: str, *, known: bool) -> dict[Key, int]:
    """Name what an attempt with a sign-in link counts for; one that was never issued has no count of its own.

    The limit is one, so that whoever tries a link doesn't learn from it whether there is such a one.
    """
    return {("link", link) if known else ("no link", network(address)): LINK_ATTEMPTS}


def network(address: str) -> bytes:
    """Name where an attempt comes from: the address, of IPv6 its first 64 bits."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address.encode("utf-8", "replace")
    if isinstance(parsed, IPv6Address):
        return ip_network((parsed, 64), strict=False).network_address.packed[:8]
    return parsed.packed
