"""Translations delivered: the text becomes a language version, and the translator's access to it ends.

What is delivered lies in the same room, bound to the version that it translates, and of the same owner; in the
shared room it is submitted, for the officer to circulate (GL 21, 23), or circulated where its original is and the
review lets texts pass at once.
"""

from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.domain import moves
from portal.domain.documents import DocumentStage
from portal.domain.notices import NoticeKind
from portal.domain.reviews import RoomKind
from portal.usecases.contents import Arrived, Kept, Upload, add_version, author, expect_file, find_equal
from portal.usecases.notices import tell_of_documents
from portal.usecases.particulars import scope_of, seal_tags, seal_title
from portal.usecases.translations import with_translator
from portal.usecases.uploads import TITLE_CHARACTERS
from portal.work import Portal, Work
from storage.permits import Permit
from storage.tables import Document, TranslationTask, Version


def begin_delivery(portal: Portal, caller: Caller, task_id: UUID, file_name: str, declared: str) -> Upload:
    """Ask to deliver a translation.

    Raises:
        NotFound: Nothing of the kind is with the actor.

    """
    with portal.work(caller) as work:
        _, found = with_translator(work, task_id)
        version, permit = work.require(Action.DELIVER_TRANSLATION, Version, found, asked=task_id)
        return expect_file(work, permit, Action.DELIVER_TRANSLATION, version.id, file_name, declared)


def keep_delivery(portal: Portal, caller: Caller, task_id: UUID, title: str, upload: Upload, arrived: Arrived) -> Kept:
    """Put a delivered translation into the record as a language version; the translator's access ends with it.

    Raises:
        NotFound: It was delivered or taken back meanwhile.

    """
    with portal.work(caller) as work:
        task, found = with_translator(work, task_id)
        version, permit = work.require(Action.DELIVER_TRANSLATION, Version, found, asked=task_id)
        original = work.documents.find(version.document_id)
        if task is None or original is None:
            raise RuntimeError("a version was allowed whose document is out of reach")
        equal = find_equal(work, permit, original, arrived.digest)
        document = _language_version(work, permit, original, task, title or upload.name.name)
        work.documents.add(document)
        kept = add_version(work, permit, document, upload, arrived, equal)
        work.note(permit, task=str(task.id), became=str(document.id))
        task.delivered_at = work.now
        tell_of_documents(work, NoticeKind.TRANSLATION_DELIVERED, [document])
        return kept


def _language_version(work: Work, permit: Permit, original: Document, task: TranslationTask, title: str) -> Document:
    document_id, scope = uuid4(), scope_of(original)
    record = work.file(original.review_id)
    room = next(room for room in (record.rooms if record else ()) if room.id == original.room_id)
    at_once = record is not None and record.review.passes_at_once and original.stage == DocumentStage.CIRCULATED
    stage = moves.arrival(RoomKind(room.kind), passes_at_once=at_once)
    return Document(
        id=document_id,
        review_id=original.review_id,
        room_id=original.room_id,
        number=work.documents.next_number(original.room_id),
        kind=original.kind,
        language=task.language,
        stage=stage.value,
        owner=original.owner,
        title=seal_title(work, permit, scope, document_id, title[:TITLE_CHARACTERS].strip()),
        tags=seal_tags(work, permit, scope, document_id, ()),
        translates_id=task.version_id,
        created_by=author(work),
        created_at=work.now,
        changed_at=work.now,
        submitted_at=work.now if stage is not DocumentStage.DRAFT else None,
        circulated_at=work.now if stage is DocumentStage.CIRCULATED else None,
    )
