"""Slows guessing down without letting anybody lock others out.

Attempts are counted in sliding windows, in this process's memory:

1. A browser that somebody signed in with before carries a mark for that account. Its attempts are counted by
   themselves: whatever goes on elsewhere, the person's own browser is never made to wait for it.
2. From all other browsers together an account takes ACCOUNT_ATTEMPTS failures in a window, an address takes
   ADDRESS_ATTEMPTS (a ministry may share one); an IPv6 address counts as its network of 64 bits.
3. There is no count for the portal as a whole, sessions that run are never touched, and a sign-in link works
   however many attempts were made elsewhere. A link that was never issued is counted by where it comes from.
4. Each kind of count has room for KEPT and pushes out no other kind.
"""

from collections import OrderedDict, deque
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from threading import Lock
from typing import Final

WINDOW: Final = timedelta(minutes=15)
BROWSER_ATTEMPTS: Final = 10
ACCOUNT_ATTEMPTS: Final = 10
ADDRESS_ATTEMPTS: Final = 50
LINK_ATTEMPTS: Final = 10
# of one kind; more than these push the oldest out. An account takes a hash to fail at, and an address takes few
# failures: within a window no accounts or addresses are made up that fast
KEPT: Final = 50_000

Key = tuple[str, bytes]


class Attempts:
    """Counts the failures that this process saw."""

    def __init__(self) -> None:
        self._failures: dict[str, OrderedDict[bytes, deque[datetime]]] = {}
        self._lock = Lock()

    def begin(self, keys: dict[Key, int], now: datetime) -> bool:
        """Count an attempt before it is made, unless one of these has reached its limit within the window.

        It is counted at once, so that many attempts side by side don't pass together.
        """
        with self._lock:
            if any(self._within(key, now) >= limit for key, limit in keys.items()):
                return False
            for kind, key in keys:
                failures = self._failures.setdefault(kind, OrderedDict())
                failures.setdefault(key, deque()).append(now)
                failures.move_to_end(key)
                while len(failures) > KEPT:
                    failures.popitem(last=False)
            return True

    def reached(self, key: Key, limit: int, now: datetime) -> bool:
        """Tell whether as many attempts were counted for something as it may take within the window."""
        with self._lock:
            return self._within(key, now) >= limit

    def take_back(self, keys: dict[Key, int]) -> None:
        """Take back an attempt that was no failure, or was not made."""
        with self._lock:
            for kind, key in keys:
                failures = self._failures.get(kind, OrderedDict())
                if times := failures.get(key):
                    times.pop()
                if not times:
                    failures.pop(key, None)  # or attempts that were none would push the real ones out

    def _within(self, of: Key, now: datetime) -> int:
        kind, key = of
        failures = self._failures.get(kind, OrderedDict())
        times = failures.get(key)
        if times is None:
            return 0
        while times and times[0] <= now - WINDOW:
            times.popleft()
        if not times:
            del failures[key]
            return 0
        return len(times)


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
