"""Permits: what the gate gives after a yes, and the only thing that opens a key.

A permit names the event that recorded it, who asked, in which request, and what it covers. It carries an HMAC over
all of that under a key that only the keyring holds, and the same value is written into the event. Rules:

1. A permit whose HMAC doesn't fit is nobody's (forged, or altered).
2. A permit works in the request that it was given in, and until its end.
3. Before its event is committed a permit only seals; it opens nothing.
4. It opens the scopes and the contents that it names, nothing else.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NewType
from uuid import UUID

Scope = NewType("Scope", str)

NAMES = Scope("names")  # names of people
REGISTRY = Scope("registry")  # what else the register holds: mail addresses, legal bases, why a State was replaced
DEVICES = Scope("devices")  # which browsers people are signed in with
ISSUERS = Scope("issuers")  # the secrets that the portal has with identity providers
ORIGINS = Scope("origins")  # addresses, sessions and clients behind the log's hashes
OUTCOMES = Scope("outcomes")  # how breach cases came out, as one word each
SIGNALS = Scope("signals")  # what is counted of people for signals, and why one was set aside
SUMMARIES = Scope("summaries")  # executive summaries that may leave their files (ToR 35)
SERVICE = Scope("service")  # the portal's own marks and look-ups: no permit covers it
STREAMS = Scope("streams")  # every stream of the log: the check of all records covers this, and the look for signals

STREAM = "stream/"  # before the id of one

current_request: ContextVar[UUID | None] = ContextVar("current_request", default=None)


def room_scope(review: UUID, room: UUID) -> Scope:
    """Name the key scope of a room."""
    return Scope(f"room/{review}/{room}")


def stream_scope(stream: UUID) -> Scope:
    """Name the key scope of an audit stream."""
    return Scope(f"{STREAM}{stream}")


def case_scope(case: UUID) -> Scope:
    """Name the key scope of a concern, or of a breach case."""
    return Scope(f"case/{case}")


def grant_scope(grant: UUID) -> Scope:
    """Name the key scope of a grant to another State."""
    return Scope(f"grant/{grant}")


def submission_scope(case: UUID) -> Scope:
    """Name the key scope of what the Oversight Group has of a breach case."""
    return Scope(f"submission/{case}")


def publication_scope(review: UUID) -> Scope:
    """Name the key scope of what a State prepares for publication of its review."""
    return Scope(f"publication/{review}")


def covered(scope: Scope, scopes: frozenset[Scope]) -> bool:
    """Tell whether scopes cover one: by its name, or as one of all the log's streams."""
    return scope in scopes or (STREAMS in scopes and scope.startswith(STREAM))


def has_one_version(scope: Scope) -> bool:
    """Tell whether a scope's key has one version for good: look-ups, marks and signatures follow from it."""
    return scope in {SERVICE, ORIGINS} or scope.startswith(STREAM)


@contextmanager
def request(request_id: UUID) -> Iterator[UUID]:
    """Bind what happens in this block to one request: permits from elsewhere are refused in it."""
    token = current_request.set(request_id)
    try:
        yield request_id
    finally:
        current_request.reset(token)


@dataclass(frozen=True, slots=True)
class Permit:
    """A recorded yes: covers fields of `scopes` and contents of the versions in `contents`."""

    event: UUID
    person: UUID | None
    request: UUID
    scopes: frozenset[Scope]
    contents: frozenset[UUID]
    ends: datetime
    stamp: bytes = field(repr=False, default=b"")


def permit_stamp(key: bytes, permit: Permit) -> bytes:
    """Compute the HMAC-SHA-256 of a permit's fields in canonical JSON."""
    text = json.dumps(
        [
            str(permit.event),
            str(permit.person),
            str(permit.request),
            sorted(permit.scopes),
            sorted(str(version) for version in permit.contents),
            permit.ends.astimezone(UTC).isoformat(),
        ],
        separators=(",", ":"),
    )
    return hmac.digest(key, text.encode(), hashlib.sha256)
