"""What waits while somebody is at an identity provider: in this process's memory, for ten minutes, for one answer.

The browser keeps a random value that says nothing; state, nonce and verifier never leave this process but in the
request itself. Taking a flow takes it away: an answer that is played again finds nothing.
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Final
from uuid import UUID

from portal.identity.oidc import Asked
from portal.usecases.federation import Asserted

LIFE_SECONDS: Final = 600
MOST: Final = 10_000
MOST_OF_A_NETWORK: Final = 300  # a ministry may share one address


@dataclass(frozen=True, slots=True)
class Flow:
    """One way to an issuer and back; link: the token of the sign-in link that is to be used."""

    issuer: UUID
    asked: Asked
    purpose: str  # sign-in, link, prove
    next: str
    link: str = ""
    said: Asserted | None = None  # what the issuer said, while the address of a link is asked for


class Flows:
    """All that wait."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._waiting: OrderedDict[str, tuple[float, bytes, Flow]] = OrderedDict()
        self._lock = Lock()

    def keep(self, flow: Flow, network: bytes) -> str | None:
        """Keep a flow; gives what the browser holds, or None when too many wait from its network."""
        with self._lock:
            now = self._clock()
            while self._waiting and next(iter(self._waiting.values()))[0] <= now:
                self._waiting.popitem(last=False)
            if sum(of == network for _, of, _ in self._waiting.values()) >= MOST_OF_A_NETWORK:
                return None
            if len(self._waiting) >= MOST:
                self._waiting.popitem(last=False)
            cookie = secrets.token_urlsafe(32)
            self._waiting[cookie] = (now + LIFE_SECONDS, network, flow)
            return cookie

    def take(self, cookie: str | None, issuer: UUID) -> Flow | None:
        """Take the flow that a browser holds, if it leads to this issuer: it is gone then."""
        with self._lock:
            found = self._waiting.pop(cookie or "", None)
        return found[2] if found and found[0] > self._clock() and found[2].issuer == issuer else None
