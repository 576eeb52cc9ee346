"""Contents on their way in: sealed while they arrive, named in the record only once they are whole.

1. The gate is asked, and the intent is durable, before a byte of the content is read.
2. The content goes through SHA-256 and the seal, under a fresh key, into an object that no record names yet.
3. The gate is asked again; then one transaction writes the rows and the outcome. Whatever fails on the way, the
   object is taken away and the outcome says so.

What is done in these steps for any act that brings a file stands here; the acts are in uploads.py.
"""

import hashlib
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.domain import media
from portal.domain.files import CleanName, clean_name
from portal.domain.texts import N_
from portal.errors import Invalid, TooLarge, Unavailable
from portal.usecases.outcomes import record_failure
from portal.usecases.particulars import Particulars, scope_of, seal_particulars
from portal.work import Intent, Portal, Work
from storage.cases import Exhibit
from storage.content import open_all, seal, version_context
from storage.errors import Damaged, Full
from storage.notes import NoteCopy
from storage.objects.store import new_name
from storage.permits import Permit, room_scope
from storage.publications import Publication
from storage.reports import SummaryLanguage
from storage.tables import Document, Room, Version

DECLARED_LETTERS: Final = 100

EMPTY = N_("The file is empty, so it was not kept. Check it on your computer and send it again.")
TOO_LARGE = N_(
    "The file is larger than the portal takes, so it was not kept. "
    "Divide it into several files, or ask the officer assigned to the review how to send it."
)
NO_SPACE = N_(
    "The portal has no space left for this file, so it was not kept. Nothing else was lost. "
    "Tell the officer assigned to the review, and send it again later."
)


@dataclass(frozen=True, slots=True)
class Limit:
    """How many bytes a file may have at most, and what is said of one that has more."""

    most: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that may arrive now: where it will lie, and the outcome that is owed."""

    action: Action
    on: UUID
    name: CleanName
    declared: str
    intent: Intent
    limit: Limit | None = None
    version: UUID = field(default_factory=uuid4)
    object_name: str = field(default_factory=new_name)
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)


@dataclass(frozen=True, slots=True)
class Arrived:
    """What arrived whole and lies sealed in the object store."""

    size: int
    digest: bytes = field(repr=False)
    detected: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that is in the record now.

    Attributes:
        number: The document's number in its room.
        version: The version's number.
        equal: The numbers of documents in the room, among those that the sender may see, with the same content.
        agrees: The content is what name and declared type say.
    """

    document: UUID
    number: int
    version: int
    name: CleanName
    equal: tuple[int, ...]
    agrees: bool


def expect_file(
    work: Work, permit: Permit, action: Action, on: UUID, file_name: str, declared: str, limit: Limit | None = None
) -> Upload:
    """Make a permit's event the intent of a file that may arrive now; `limit`: where it is less than the settings'."""
    declared = "".join(letter for letter in declared if letter.isprintable())[:DECLARED_LETTERS]
    return Upload(action, on, clean_name(file_name), declared, work.begins(permit), limit)


def take_content(portal: Portal, upload: Upload, chunks: Iterable[bytes]) -> Arrived:
    """Seal a content into the object store while it arrives; when anything fails, nothing of it remains.

    Raises:
        Invalid: It is empty.
        TooLarge: It is longer than the settings, or its own limit, allow.
        Unavailable: There is no space left.
        StoreUnavailable: The store is away or too slow.

    """
    limit = Limit(portal.settings.upload_bytes, TOO_LARGE)
    passing = _Passing(min(limit, upload.limit or limit, key=lambda one: one.most))
    sealed = seal(upload.key, version_context(upload.version), passing.through(chunks))
    try:
        portal.objects.put(upload.object_name, sealed)
    except Full as error:
        raise Unavailable(NO_SPACE) from error
    return Arrived(passing.size, passing.hash.digest(), media.detect(bytes(passing.first)))


def carry(portal: Portal, permit: Permit, version: Version, upload: Upload, sha256: str) -> Arrived:
    """Open a version's content and seal it anew, under another key, while it passes.

    Raises:
        Damaged: It isn't what was put there.
        Unavailable: There is no space left.

    """
    key = portal.keyring.open_content_key(permit, scope_of(version), version.id, version.wrapped_key)
    with portal.objects.get(version.object_name) as sealed:
        arrived = take_content(portal, upload, open_all(key, version_context(version.id), sealed))
    if arrived.digest.hex() != sha256:
        raise Damaged
    return arrived


def add_version(
    work: Work, permit: Permit, document: Document, upload: Upload, arrived: Arrived, equal: tuple[int, ...]
) -> Kept:
    """Write the row of an arrived content, and its outcome into the permit's event."""
    scope, keyring = scope_of(document), work.portal.keyring
    said = Particulars(upload.name.name, upload.declared, arrived.detected, arrived.digest.hex())
    particulars = seal_particulars(work, permit, scope, upload.version, said)  # begins a new key version if one is due
    version = Version(
        id=upload.version,
        review_id=document.review_id,
        room_id=document.room_id,
        document_id=document.id,
        number=work.documents.next_version(document.id),
        object_name=upload.object_name,
        size=arrived.size,
        wrapped_key=keyring.wrap_content_key(work.session, permit, scope, upload.version, upload.key),
        particulars=particulars,
        equal=keyring.equality(work.session, permit, scope, arrived.digest),
        created_by=author(work),
        created_at=work.now,
    )
    work.documents.add(version)
    work.completes(permit, upload.intent, bytes=arrived.size)
    agrees = media.agrees(upload.declared, arrived.detected, upload.name.name)
    return Kept(document.id, document.number, version.number, upload.name, equal, agrees)


def find_equal(work: Work, permit: Permit, where: Room | Document, digest: bytes) -> tuple[int, ...]:
    """Find the documents of a room that hold the same content already, among those that the actor may see."""
    room_id = where.id if isinstance(where, Room) else where.room_id
    mark = work.portal.keyring.equality(work.session, permit, room_scope(where.review_id, room_id), digest)
    holders = {version.document_id for version in work.documents.equal(room_id, mark)}
    if not holders:
        return ()
    documents = [document for document in work.documents.of_room(room_id) if document.id in holders]
    return tuple(document.number for document in work.allowed(Action.VIEW_DOCUMENT, Document, documents))


def abandon(portal: Portal, upload: Upload, result: str, received: int) -> None:
    """Take away what arrived of a file, and record that it was not kept.

    An object that the record names after all (the answer of the commit got lost) stays; one that can't be looked
    up or removed now is left to the sweeper.
    """
    with portal.database.begin() as session:  # no commit that could name it is under way
        kept_in = (Version, NoteCopy, SummaryLanguage, Publication, Exhibit)
        if any(session.get(kept, upload.version) is not None for kept in kept_in):
            return
    try:
        portal.objects.delete(upload.object_name)
    finally:
        record_failure(portal, upload.intent, result=result, bytes=received)


class _Passing:
    """What is learnt of a content while it passes: size, hash, first bytes."""

    __slots__ = ("_limit", "first", "hash", "size")

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self.size = 0
        self.hash = hashlib.sha256()
        self.first = bytearray()

    def through(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.size += len(chunk)
            if self.size > self._limit.most:
                raise TooLarge(self._limit.sentence)
            if len(self.first) < media.FIRST_BYTES:
                self.first += chunk[: media.FIRST_BYTES - len(self.first)]
            self.hash.update(chunk)
            yield chunk
        if not self.size:
            raise Invalid(EMPTY)


def author(work: Work) -> UUID:
    """Give the person who acts."""
    if work.who.person is None:
        raise RuntimeError("the policies let nobody but people write documents")
    return work.who.person.id
