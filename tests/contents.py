"""Sending and fetching contents in tests, and reading what the log says of it."""

import base64
import json
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch
from uuid import UUID

from httpx2 import Response
from sqlmodel import select

from portal.audit.packing import unpack
from portal.usecases import sweeps
from portal.web import csrf
from storage.fields import Place
from storage.keyring import split
from storage.permits import stream_scope
from storage.tables import Document, Event, Version
from tests.cast import World
from tests.web_client import ORIGIN, Browser

FIELDS = {"kind": "law", "language": "en"}


def form_token(cookie: str) -> str:
    """Make the token that a page of this session holds."""
    blind = secrets.token_bytes(csrf.MAC_BYTES)
    mac = csrf._mac(cookie)
    return base64.urlsafe_b64encode(blind + bytes(a ^ b for a, b in zip(blind, mac, strict=True))).decode()


def send(client: Browser, path: str, *files: tuple[str, bytes, str], script: bool = False, **fields: str) -> Response:
    """Send files as a browser does: the token, the fields, then the files."""
    data = {"csrf": form_token(client.cookies["portal-local"]), **FIELDS, **fields}
    return client.post(
        path,
        data=data,
        files=[("file", file) for file in files],
        headers={"Origin": ORIGIN, **({"X-Upload": "1"} if script else {})},
        follow_redirects=False,
    )


def said(world: World, stream: UUID) -> list[dict[str, Any]]:
    """Read the events of a stream, without the gate: tests may."""
    with world.portal.database.read() as session:
        rows = session.scalars(select(Event).where(Event.stream_id == stream).order_by(Event.number)).all()
    return _opened(world, rows)


@contextmanager
def heard(world: World) -> Iterator[list[dict[str, Any]]]:
    """Give, once this is left, the events that were written meanwhile, of all streams."""
    with world.portal.database.read() as session:
        before = set(session.scalars(select(Event.id)))
    found: list[dict[str, Any]] = []
    yield found
    with world.portal.database.read() as session:
        rows = [row for row in session.scalars(select(Event)) if row.id not in before]
    found.extend(_opened(world, rows))


def _opened(world: World, rows: Iterable[Event]) -> list[dict[str, Any]]:
    opened = []
    for row in rows:
        version, sealed = split(row.body)
        fields = world.portal.keyring.key(stream_scope(row.stream_id), version).fields
        opened.append(json.loads(unpack(fields.open(Place("event", "body", row.id), sealed))))
    return opened


def steps(world: World, stream: UUID) -> list[tuple[str, str, str]]:
    """Tell the events of a stream in short: action, phase, result."""
    return [
        (event["action"], event["phase"], event.get("detail", {}).get("result", "")) for event in said(world, stream)
    ]


def documents(world: World) -> list[Document]:
    with world.portal.database.read() as session:
        return list(session.scalars(select(Document).order_by(Document.number)))


def versions(world: World) -> list[Version]:
    with world.portal.database.read() as session:
        # of those of one moment the first that came is the first, whichever index there is
        return sorted(session.scalars(select(Version)), key=lambda row: (row.created_at, row.number))


def swept(world: World) -> int:
    """Sweep objects that nothing names, as two sweeps do that are half an hour apart; gives how many went."""
    found: dict[str, float] = {}
    sweeps.sweep_objects(world.portal, found)
    with patch.object(sweeps, "FOUND_SECONDS", 0.0):
        return sweeps.sweep_objects(world.portal, found)


def objects(world: World) -> list[str]:
    return [stored.name for stored in world.portal.objects.list()]
