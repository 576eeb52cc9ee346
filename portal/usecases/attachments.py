"""Documents that go with a draft, and with what becomes of it.

A document is attached where the draft lies; when the draft is sent, it goes to the shared room by the same way as any
document (moves.py), in the draft's own transaction; what went there before is not sent a second time.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.domain.clarifications import Part
from portal.domain.reviews import RoomKind
from portal.domain.texts import N_
from portal.errors import Conflict, Invalid
from portal.usecases.contents import author
from portal.usecases.moves import Ready, find_there, keep, made_ready, tell_kept
from portal.work import Portal, Work
from storage.dialogue import Attachment, Entry
from storage.tables import Version

NOT_HERE = N_("Only a document of your State that lies in the same room as the draft can go with it.")
ANSWERS = N_("Documents go with answers. A question can name a document and a page instead.")
MOST: Final = 50  # documents that go with one text: while they are kept nobody else can write
TOO_MANY = N_("At most 50 documents go with one answer. Choose fewer; others can go with a correction of it.")
GONE = N_("A document that goes with this text was withdrawn or changed meanwhile, so nothing was sent. Look again.")


@dataclass(frozen=True, slots=True)
class Attachable:
    """A document that can go with a draft, in its newest version; or goes with it in an earlier one, of this number."""

    version: UUID
    number: int
    title: str
    language: str
    attached: bool
    earlier: int | None


def choose(work: Work, entry: Entry, versions: frozenset[UUID]) -> None:
    """Let exactly these versions of documents go with a draft, in the transaction in which it is saved.

    Raises:
        Invalid: It is no answer, they are too many, or one of them lies elsewhere or is of somebody else.

    """
    if entry.part != Part.ANSWER:
        raise Invalid(ANSWERS, {"attached": ANSWERS})
    if len(versions) > MOST:
        raise Invalid(TOO_MANY, {"attached": TOO_MANY})
    there = {attached.version_id: attached for attached, _, _ in work.clarifications.attachments([entry.id])}
    for version_id in versions - set(there):
        _check_here(work, entry, version_id)
        work.clarifications.add(
            Attachment(
                id=uuid4(),
                review_id=entry.review_id,
                entry_id=entry.id,
                version_id=version_id,
                added_by=author(work),
                added_at=work.now,
            )
        )
    for version_id in set(there) - versions:
        there[version_id].removed_at = work.now


@contextmanager
def carrying(portal: Portal, caller: Caller, entry_id: UUID) -> Iterator[Mapping[UUID, UUID | Ready]]:
    """Make ready for the shared room what goes with a draft: of each version what it will become, or is there already.

    Raises:
        NotFound: There is no such draft, or the actor may not know of it.
        Forbidden: The actor may not send one of the documents.

    """
    with portal.work(caller) as work:
        entry, _ = work.require(Action.VIEW_ENTRY, Entry, work.clarifications.entry(entry_id), asked=entry_id)
        record = work.file(entry.review_id)
        shared = record.room(RoomKind.SHARED.value) if record else None
        going = shared is None or entry.room_id != shared.id
        rows = work.clarifications.attachments([entry.id]) if going else []
        chosen = [(version.id, document.id) for _, version, document in rows]
    carried: dict[UUID, UUID | Ready] = {}
    files: dict[str, UUID | Ready] = {}  # by SHA-256: a file that goes twice becomes one document
    with ExitStack() as stack:
        for version_id, document_id in chosen:
            sha256, there = find_there(portal, caller, document_id, version_id, RoomKind.SHARED)
            if sha256 not in files:
                files[sha256] = there or stack.enter_context(
                    made_ready(portal, caller, document_id, version_id, RoomKind.SHARED)
                )
            carried[version_id] = files[sha256]
        yield carried


def keep_all(work: Work, carried: Mapping[UUID, UUID | Ready]) -> dict[UUID, UUID]:
    """Write the records of what is ready; gives of each version the document in the shared room.

    Raises:
        Forbidden: The actor may not send one of the documents.
        Conflict: One of them was withdrawn, or came there by another way meanwhile.

    """
    made = {one.upload.version: one for one in carried.values() if isinstance(one, Ready)}
    became = {version: keep(work, one) for version, one in made.items()}
    tell_kept(work, list(became.values()))
    return {
        version: became[one.upload.version].id if isinstance(one, Ready) else one for version, one in carried.items()
    }


def shared_version(work: Work, carried: dict[UUID, UUID], version: Version, sent: Entry) -> UUID:
    """Find the version in the shared room that a version of a draft's document became.

    Raises:
        Conflict: It isn't there any more, or was attached after the others were brought there.

    """
    document = work.documents.find(carried[version.id]) if version.id in carried else None
    if document is None or document.room_id != sent.room_id or document.withdrawn_at is not None:
        raise Conflict(GONE)
    return work.documents.versions(document.id)[0].id


def _check_here(work: Work, entry: Entry, version_id: UUID) -> None:
    version = work.documents.find_version(version_id)
    document = work.documents.find(version.document_id) if version else None
    wrong = Invalid(NOT_HERE, {"attached": NOT_HERE})
    if version is None or document is None or document.room_id != entry.room_id or document.owner != entry.owner:
        raise wrong
    if document.withdrawn_at is not None or document.review_id != entry.review_id:
        raise wrong
