"""What waits while somebody is at an identity provider: a sealed cookie, for ten minutes, for one answer.

1. Nothing waits on the server: any replica takes the answer. The browser can neither read nor change what it carries,
   and no other browser has it (`portal/web/cookies.py`).
2. State, nonce and verifier follow from a random seed and a key of the keyring, and leave it but in the request.
3. A flow leads to one issuer, and what answers another request uses none up. What answers it uses it up, whatever comes
   of it: its mark is kept until it would have expired anyway (`take_flow`).
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Self
from uuid import UUID

from portal.identity.oidc import Asked, Unproven
from portal.usecases.federation import Asserted, take_flow
from portal.work import Portal
from storage.errors import Damaged
from storage.fields import Place

LIFE: Final = timedelta(minutes=10)
SEED_BYTES: Final = 32
PROVE: Final = "prove"


@dataclass(frozen=True, slots=True)
class Flow:
    """One way to an issuer and back; link: the token of the sign-in link that is to be used."""

    issuer: UUID
    seed: bytes
    purpose: str  # sign-in, link, prove
    next: str
    link: str = ""
    said: Asserted | None = None  # what the issuer said, while the address of a link is asked for

    @classmethod
    def begin(cls, issuer: UUID, purpose: str, following: str, link: str = "") -> Self:
        """Begin a way."""
        return cls(issuer, secrets.token_bytes(SEED_BYTES), purpose, following, link)

    def asked(self, portal: Portal) -> Asked:
        """Derive what the request to the issuer is made with."""
        state, nonce, verifier = (
            _text(portal.keyring.blind("challenge", f"issuer {word}\0".encode() + self.seed))
            for word in ("state", "nonce", "verifier")
        )
        back = f"{portal.settings.origin.rstrip('/')}/sign-in/issuers/{self.issuer}/return"
        return Asked(state, nonce, verifier, back, fresh=self.purpose == PROVE)

    def heard(self, said: Asserted) -> Self:
        """Go on with what the issuer said, as a way of its own."""
        return replace(self, seed=secrets.token_bytes(SEED_BYTES), said=said)


def keep(portal: Portal, flow: Flow) -> str:
    """Seal a flow for the browser that goes this way."""
    said = [_text(flow.said.subject), _text(flow.said.session or b"")] if flow.said else []
    ends = int((portal.clock() + LIFE).timestamp())
    text = json.dumps([_text(flow.seed), ends, flow.purpose, flow.next, flow.link, said])
    return _text(portal.keyring.ticket_cipher().seal(_place(flow.issuer), text.encode()))


def take(portal: Portal, cookie: str | None, issuer: UUID, state: str | None = None) -> Flow:
    """Take the flow that a browser holds; it is used up then.

    Args:
        portal: The portal.
        cookie: What the browser holds.
        issuer: Where it must lead.
        state: What the issuer's answer says that it answers; None: nothing is asked of it any more, since it spoke.

    Raises:
        Unproven: There is none, it was used, its time is over, or the answer is to another request.

    """
    sealed = _bytes(cookie or "")
    try:
        text = portal.keyring.ticket_cipher().open(_place(issuer), sealed)
    except Damaged:
        raise Unproven("no-flow") from None
    seed, seconds, purpose, following, link, said = json.loads(text)  # ours, so well-formed
    ends = datetime.fromtimestamp(seconds, UTC)
    heard = Asserted(issuer, _bytes(said[0]), _bytes(said[1]) or None) if said else None
    flow = Flow(issuer, _bytes(seed), purpose, following, link, heard)
    if ends <= portal.clock() or (heard is None) != (state is not None):
        raise Unproven("no-flow")
    if state is not None and not hmac.compare_digest(state.encode(), flow.asked(portal).state.encode()):
        raise Unproven("wrong-state")
    if not take_flow(portal, hashlib.sha256(sealed).digest(), ends):
        raise Unproven("no-flow")
    return flow


def _place(issuer: UUID) -> Place:
    return Place("flow", "identity provider", issuer)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    """Read what `_text` wrote; nothing where it is another spelling, or none."""
    try:
        raw = base64.urlsafe_b64decode(text.encode("ascii") + b"==")
    except (binascii.Error, ValueError):
        return b""
    return raw if _text(raw) == text else b""
