"""Keys for a State: what it could read of its own review at one moment is sealed to a key that it made itself.

1. Only the State under review of that review, and only what its own people may download just then: the rules are asked
   as for these people, and the gate once more for each version.
2. A key of a room would open what the rules keep from them in it, and all that comes later. So the keys of contents
   are sealed, one for each version, with titles and names of files beside them.
3. Whoever runs the machine types the fingerprint that they heard from the State: a public file that somebody exchanged
   on its way gets nothing.
4. The intent stands in the trail of the file before a key is opened, each version in that of its room; then the
   envelope is written whole or not at all, and the outcome gives its SHA-256.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from portal.access.actions import Action
from portal.errors import Conflict, Invalid
from portal.usecases.operators import OPERATOR
from portal.usecases.outcomes import owing
from portal.usecases.particulars import open_particulars, open_title, scope_of
from portal.usecases.recipients import open_to
from portal.work import Portal, Work
from storage.permits import Permit
from storage.recovery.escrow import Envelope, Held, PublicKey, seal
from storage.repositories.reviews import ReviewRecord
from storage.tables import Document, Review, Room, Version

ABSENT: Final = "no review has this id: it stands in the address of the review's page"
NOTHING: Final = (
    "there is nothing in this file that people of this State may download now: they accept the undertaking first, and "
    "downloads that were stopped are let on again"
)


@dataclass(frozen=True, slots=True)
class Sealed:
    """An envelope that was written: its SHA-256 in hexadecimal, and the names of the objects that it opens."""

    sha256: str
    objects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Opens:
    room: Room
    document: Document
    version: Version
    permit: Permit


def seal_for_state(portal: Portal, review_id: UUID, public: PublicKey, write: Callable[[bytes], None]) -> Sealed:
    """Seal the keys of what the State under review may read now of a review, to its key.

    Args:
        portal: The portal.
        review_id: The review.
        public: The State's key, whose fingerprint was compared.
        write: Writes the envelope, whole or not at all.

    Raises:
        Invalid: There is no such review, or nothing in it that the State may read now.
        Conflict: The key is another State's than the one under review.

    """
    with portal.work(OPERATOR) as work:
        record = work.file(review_id)
        if record is None:
            raise Invalid(ABSENT)
        review, permit = work.require(Action.ESCROW_KEYS, Review, record.review, asked=review_id)
        if review.state_code != public.state:
            raise Conflict(f"this key is of {public.state}, and the State under review is {review.state_code}")
        opens = _readable(work, record)
        if not opens:
            raise Invalid(NOTHING)
        work.note(permit, key=public.fingerprint, count=len(opens))
        rooms = tuple(one.id for one in open_to(work, record, public.state, Action.LIST_ROOM, record.rooms))
        intent = work.begins(permit)
    with owing(portal, intent):
        held = tuple(_held(portal, one) for one in opens)
        installation = urlsplit(portal.settings.origin).netloc
        blob = seal(Envelope(installation, review.id, work.now, rooms, held), public)
        write(blob)
    digest = hashlib.sha256(blob).hexdigest()
    portal.record_outcome(intent, result="complete", sha256=digest)
    return Sealed(digest, tuple(one.object for one in held))


def _readable(work: Work, record: ReviewRecord) -> list[_Opens]:
    """Choose the versions that people of the State under review may download now, each with a permit for it alone."""
    rooms = {room.id: room for room in record.rooms}
    listed = [document for room in rooms for document in work.documents.of_room(room)]
    documents = {
        one.id: one for one in open_to(work, record, record.review.state_code, Action.DOWNLOAD_VERSION, listed)
    }
    versions = [version for document in documents for version in reversed(work.documents.versions(document))]
    allowed = work.allowed(Action.ESCROW_KEYS, Version, [one for one in versions if one.wrapped_key])
    found = []
    for version in allowed:
        _, permit = work.require(Action.ESCROW_KEYS, Version, version, asked=version.id)
        found.append(_Opens(rooms[version.room_id], documents[version.document_id], version, permit))
    return found


def _held(portal: Portal, one: _Opens) -> Held:
    version = one.version
    said = open_particulars(portal, one.permit, version)
    key = portal.keyring.open_content_key(one.permit, scope_of(version), version.id, version.wrapped_key)
    return Held(
        version=version.id,
        object=version.object_name,
        key=key,
        room=one.room.kind,
        document=one.document.id,
        number=one.document.number,
        written=version.number,
        title=open_title(portal, one.permit, one.document),
        name=said.name,
        size=version.size,
        sha256=said.sha256,
    )
