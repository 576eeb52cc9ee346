"""Opens events again and holds each against its row: nothing of an event is shown that doesn't fit its leaf.

An event fits when (LOG.md, "What a reader must reject"):
1. the body opens under the stream's key, at its place of this row, and so does the salt, where the row has one;
2. the leaf is HMAC-SHA-256(salt, body), and the body is in its canonical form;
3. the row's id, stream, number, time, kind, phase, schema, intent and permit are those of the body;
4. the tag is the stream's mark of the number, and `about` that of the document or clarification.
"""

import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from portal.access.actions import Action
from portal.audit.events import Phase, canonical, leaf, tag_input
from portal.audit.kinds import KINDS, SCHEMA_VERSION
from portal.audit.packing import unpack
from storage.database import Session
from storage.errors import Damaged, KeyUnavailable
from storage.fields import Place
from storage.keyring import Keyring
from storage.permits import ORIGINS, Permit, stream_scope
from storage.tables import Event

ACTIONS: Final = {number: action for action, number in KINDS.items()}


@dataclass(frozen=True, slots=True)
class Said:
    """An event as the log has it, checked; `text` is its canonical form."""

    id: UUID
    stream: UUID
    number: int
    at: datetime
    action: Action
    phase: Phase
    body: dict[str, Any]
    leaf: bytes
    text: bytes = field(default=b"", repr=False)
    salt: bytes = field(default=b"", repr=False)

    def on(self, kind: str) -> UUID | None:
        """Give the id of what the act was on."""
        found = self.body["on"].get(kind)
        return UUID(found) if found else None

    @property
    def person(self) -> UUID | None:
        """Tell who acted; None for machinery and visitors."""
        found = self.body["who"].get("person")
        return UUID(found) if found else None

    @property
    def intent(self) -> UUID | None:
        """Name the intent whose outcome this is."""
        found = self.body.get("intent")
        return UUID(found) if found else None


@dataclass(frozen=True, slots=True)
class Unfit:
    """An event that isn't what was written: which columns don't fit. Nothing of it is shown but its number."""

    id: UUID
    stream: UUID
    number: int
    at: datetime
    wrong: tuple[str, ...]


def read_event(session: Session, keyring: Keyring, permit: Permit, event: Event) -> Said | Unfit:
    """Open one event and hold it against its row.

    Raises:
        NotPermitted: The permit doesn't cover the stream.
        KeyUnavailable: The stream's key can't be used now.

    """
    scope = stream_scope(event.stream_id)
    opened, wrong = _opened(session, keyring, permit, event)
    if not hmac.compare_digest(event.tag, keyring.read_mark(session, scope, "tag", tag_input(event.number))):
        wrong.append("tag")
    if wrong:
        return _unfit(event, wrong)
    salt = opened["salt"] if event.salt else keyring.read_mark(session, scope, "salt", event.id.bytes)
    if not hmac.compare_digest(event.leaf, leaf(salt, opened["body"])):
        return _unfit(event, ["leaf"])
    body = json.loads(opened["body"])
    wrong += ["body"] if canonical(body) != opened["body"] else []
    wrong += _different(session, keyring, event, body)
    if wrong:
        return _unfit(event, wrong)
    action, phase = ACTIONS[event.kind], Phase(event.phase)
    return Said(
        event.id,
        event.stream_id,
        event.number,
        event.at,
        action,
        phase,
        body,
        event.leaf,
        opened["body"],
        salt,
    )


def _opened(session: Session, keyring: Keyring, permit: Permit, event: Event) -> tuple[dict[str, bytes], list[str]]:
    """Open what is sealed of an event; gives it, and the columns that don't open."""
    scope, opened, wrong = stream_scope(event.stream_id), dict[str, bytes](), list[str]()
    sealed = {"salt": event.salt} if event.salt else {}
    for column, blob in (sealed | {"body": event.body}).items():
        try:
            found = keyring.open(permit, scope, Place("event", column, event.id), blob)
            opened[column] = unpack(found) if column == "body" else found
        except Damaged:
            wrong.append(column)
        except KeyUnavailable:
            keyring.key(scope, 1, session)  # is it the key that can't be had, or does the blob name one that never was?
            wrong.append(column)
    return opened, wrong


def _different(session: Session, keyring: Keyring, event: Event, body: dict[str, Any]) -> Iterator[str]:
    columns = {
        "id": (str(event.id), body.get("id")),
        "stream_id": (str(event.stream_id), body.get("stream")),
        "number": (event.number, body.get("number")),
        "at": (event.at, _time(body.get("at"))),
        "kind": (event.kind, body.get("kind")),
        "phase": (event.phase, body.get("phase")),
        "schema_version": (event.schema_version, body.get("schema")),
        "intent_id": (str(event.intent_id) if event.intent_id else None, body.get("intent")),
        "stamp": (event.stamp.hex() if event.stamp else None, body.get("permit")),
    }
    yield from (name for name, (row, said) in columns.items() if row != said)
    if event.schema_version != SCHEMA_VERSION or ACTIONS.get(event.kind) != body.get("action"):
        yield "kind"
    on = body.get("on", {})
    about = on.get("document") or on.get("clarification")
    mark = None
    if about:
        mark = keyring.read_mark(session, stream_scope(event.stream_id), "about", UUID(about).bytes)
    if mark != event.about:
        yield "about"


def _time(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None


def _unfit(event: Event, wrong: list[str]) -> Unfit:
    return Unfit(event.id, event.stream_id, event.number, event.at, tuple(dict.fromkeys(wrong)))


def fits_origin(keyring: Keyring, permit: Permit, event: Event, said: Said) -> bool:
    """Tell whether the sealed origin of an event is the one whose hashes the event bears."""
    hashes = said.body.get("origin", {})
    if event.origin is None:
        return not hashes
    try:
        values = json.loads(unpack(keyring.open(permit, ORIGINS, Place("event", "origin", event.id), event.origin)))
    except (Damaged, KeyUnavailable):
        return False
    computed = {name: keyring.blind("origin", event.id.bytes + value.encode()).hex() for name, value in values.items()}
    return bool(computed == hashes)
