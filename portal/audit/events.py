"""Events of the log: what one says, its canonical form, its leaf. LOG.md beside this file is the specification.

1. The canonical form is RFC 8785 JSON.
2. The leaf is HMAC-SHA-256(salt, canonical event), with a salt of 32 bytes that is HMAC(stream key, id).
3. The tag is HMAC(stream key, number): whoever holds the stream's key finds that each number occurs once.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import rfc8785

from portal.access.actions import Action
from portal.audit.kinds import KINDS, SCHEMA_VERSION
from portal.domain.ids import EventId, StreamId

# the portal's own streams; a room's stream has the room's id, a review's acts the review's
REGISTRY_STREAM: Final = StreamId(UUID("00000000-0000-4000-8000-000000000001"))  # States, cycles, people
IDENTITY_STREAM: Final = StreamId(UUID("00000000-0000-4000-8000-000000000002"))  # signing in and out
REFUSALS_STREAM: Final = StreamId(UUID("00000000-0000-4000-8000-000000000003"))  # refusals that look like absence
MACHINERY_STREAM: Final = StreamId(UUID("00000000-0000-4000-8000-000000000004"))  # rotation, checks, sweeps
CASES_STREAM: Final = StreamId(UUID("00000000-0000-4000-8000-000000000005"))  # concerns and breach cases
PORTAL_STREAMS: Final = {
    "registry": REGISTRY_STREAM,
    "identity": IDENTITY_STREAM,
    "refusals": REFUSALS_STREAM,
    "machinery": MACHINERY_STREAM,
    "cases": CASES_STREAM,
}


class Phase(StrEnum):
    """One event for an act; an intent and an outcome for what can't be rolled back; a refusal."""

    ACT = "act"
    INTENT = "intent"
    OUTCOME = "outcome"
    REFUSAL = "refusal"


@dataclass(slots=True)
class Entry:
    """An event that a transaction will write; its number is taken just before the commit."""

    id: EventId
    stream: StreamId
    action: Action
    phase: Phase
    at: datetime
    who: dict[str, Any]
    on: dict[str, str]
    policies: tuple[str, ...] = ()
    detail: dict[str, Any] = field(default_factory=dict)
    origin: dict[str, str] = field(default_factory=dict)
    intent: EventId | None = None
    about: UUID | None = None
    stamp: bytes | None = None
    rows: dict[str, str] = field(default_factory=dict)

    def body(self, number: int) -> dict[str, Any]:
        """Give what the event says, as JSON values."""
        said: dict[str, Any] = {
            "schema": SCHEMA_VERSION,
            "id": str(self.id),
            "stream": str(self.stream),
            "number": number,
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "kind": KINDS[self.action],
            "action": self.action.value,
            "phase": self.phase.value,
            "who": self.who,
            "on": self.on,
            "policies": list(self.policies),
        }
        optional = {
            "detail": self.detail,
            "origin": self.origin,
            "intent": str(self.intent) if self.intent else None,
            "permit": self.stamp.hex() if self.stamp else None,
            "rows": self.rows,
        }
        return said | {name: value for name, value in optional.items() if value}


def canonical(body: dict[str, Any]) -> bytes:
    """Give the canonical bytes of an event (RFC 8785)."""
    return rfc8785.dumps(body)


def leaf(salt: bytes, said: bytes) -> bytes:
    """Compute an event's leaf from its salt and its canonical bytes."""
    return hmac.digest(salt, said, hashlib.sha256)


def tag_input(number: int) -> bytes:
    """Give the bytes over which a stream's tag is computed: the number, 8 bytes, big-endian."""
    return number.to_bytes(8, "big")
