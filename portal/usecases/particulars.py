"""The sealed fields of documents, versions and scanned copies: each is written and opened here, its layout said once.

| Field | Plaintext | Place |
| --- | --- | --- |
| Document.title | the title | document/title/<document> |
| Document.tags | canonical JSON: a list of tags as they are cited | document/tags/<document> |
| Document.withdrawn_reason | why it was withdrawn | document/withdrawn_reason/<document> |
| Version.particulars | canonical JSON: name, declared, detected, sha256 (hexadecimal) | version/particulars/<version> |
| NoteCopy.particulars | the same | note_copy/particulars/<copy> |
| SummaryLanguage.particulars | the same | summary_language/particulars/<its id> |

All under the key of the room in which the document lies; a scanned copy's under the registry's, a summary's
under that of the summaries.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

import rfc8785

from portal.work import Portal, Work
from storage.fields import Place
from storage.notes import NoteCopy
from storage.permits import REGISTRY, SUMMARIES, Permit, Scope, room_scope
from storage.reports import SummaryLanguage
from storage.tables import Document, Version


@dataclass(frozen=True, slots=True)
class Particulars:
    """What a file is: its cleaned name, the type it came with, the type its first bytes tell, its SHA-256 in hex."""

    name: str
    declared: str
    detected: str | None
    sha256: str


def scope_of(row: Document | Version) -> Scope:
    """Name the key scope under which a document or version is sealed: its room's."""
    return room_scope(row.review_id, row.room_id)


def seal_title(work: Work, permit: Permit, scope: Scope, document_id: UUID, title: str) -> bytes:
    """Seal a document's title."""
    return work.seal(permit, scope, Place("document", "title", document_id), title)


def open_title(portal: Portal, permit: Permit, document: Document) -> str:
    """Open a document's title."""
    return portal.open_text(permit, scope_of(document), Place("document", "title", document.id), document.title)


@dataclass(frozen=True, slots=True)
class Opened:
    """What a list shows of a document and of its newest version."""

    title: str
    tags: tuple[str, ...]
    particulars: Particulars


def open_listed(portal: Portal, permit: Permit, scope: Scope, rows: Sequence[tuple[Document, Version]]) -> list[Opened]:
    """Open what a list shows of many documents of one room, in their order."""
    titles = portal.keyring.open_many(permit, scope, [(Place("document", "title", d.id), d.title) for d, _ in rows])
    tags = portal.keyring.open_many(permit, scope, [(Place("document", "tags", d.id), d.tags) for d, _ in rows])
    said = portal.keyring.open_many(
        permit, scope, [(Place("version", "particulars", v.id), v.particulars) for _, v in rows]
    )
    return [
        Opened(title.decode(), tuple(json.loads(tag)), Particulars(**json.loads(one)))
        for title, tag, one in zip(titles, tags, said, strict=True)
    ]


def seal_tags(work: Work, permit: Permit, scope: Scope, document_id: UUID, tags: Sequence[object]) -> bytes:
    """Seal a document's tags; they are kept in the order given."""
    text = rfc8785.dumps([str(tag) for tag in tags]).decode()
    return work.seal(permit, scope, Place("document", "tags", document_id), text)


def open_tags(portal: Portal, permit: Permit, document: Document) -> tuple[str, ...]:
    """Open a document's tags, as they are cited."""
    place = Place("document", "tags", document.id)
    tags: list[str] = json.loads(portal.open_text(permit, scope_of(document), place, document.tags))
    return tuple(tags)


def seal_reason(work: Work, permit: Permit, document: Document, reason: str) -> bytes:
    """Seal why a document was withdrawn."""
    return work.seal(permit, scope_of(document), Place("document", "withdrawn_reason", document.id), reason)


def open_reason(portal: Portal, permit: Permit, document: Document) -> str | None:
    """Open why a document was withdrawn; None while it isn't."""
    if document.withdrawn_reason is None:
        return None
    place = Place("document", "withdrawn_reason", document.id)
    return portal.open_text(permit, scope_of(document), place, document.withdrawn_reason)


def seal_particulars(work: Work, permit: Permit, scope: Scope, version_id: UUID, said: Particulars) -> bytes:
    """Seal what a version's file is."""
    return work.seal(permit, scope, Place("version", "particulars", version_id), rfc8785.dumps(asdict(said)).decode())


def open_particulars(portal: Portal, permit: Permit, version: Version) -> Particulars:
    """Open what a version's file is."""
    place = Place("version", "particulars", version.id)
    return Particulars(**json.loads(portal.open_text(permit, scope_of(version), place, version.particulars)))


def seal_copied(work: Work, permit: Permit, copy_id: UUID, said: Particulars) -> bytes:
    """Seal what the file of a scanned copy is."""
    return work.seal(permit, REGISTRY, Place("note_copy", "particulars", copy_id), rfc8785.dumps(asdict(said)).decode())


def open_copied(portal: Portal, permit: Permit, copy: NoteCopy) -> Particulars:
    """Open what the file of a scanned copy is."""
    place = Place("note_copy", "particulars", copy.id)
    return Particulars(**json.loads(portal.open_text(permit, REGISTRY, place, copy.particulars)))


def seal_summary(work: Work, permit: Permit, summary_id: UUID, said: Particulars) -> bytes:
    """Seal what the file of a summary is that may leave its review."""
    place = Place("summary_language", "particulars", summary_id)
    return work.seal(permit, SUMMARIES, place, rfc8785.dumps(asdict(said)).decode())


def open_summary(portal: Portal, permit: Permit, row: SummaryLanguage) -> Particulars:
    """Open what the file of such a summary is."""
    place = Place("summary_language", "particulars", row.id)
    return Particulars(**json.loads(portal.open_text(permit, SUMMARIES, place, row.particulars)))
