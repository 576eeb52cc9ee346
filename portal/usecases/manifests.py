"""What becomes of a manifest when something else happens in its review: it ends, in the same transaction."""

from typing import Final
from uuid import UUID

from portal.domain import reports
from portal.domain.documents import DocumentStage
from portal.domain.reports import Ending
from portal.domain.reviews import RoomKind
from portal.work import Work
from storage.permits import Permit
from storage.reports import Manifest
from storage.repositories.reports import ReportRecords
from storage.tables import Document

ENDED: Final = "manifest_ended"  # in the event of the act that it ended by


def end_manifest(work: Work, permit: Permit, review_id: UUID, why: Ending) -> None:
    """End the manifest of a review that can still be agreed to, if there is one; the act's event says so."""
    row = ReportRecords(work.session, work.who.reach).running(review_id)
    if row is not None:
        _end(work, permit, row, why)


def _end(work: Work, permit: Permit, row: Manifest, why: Ending) -> None:
    ReportRecords(work.session, work.who.reach).end(row, work.who.person_id, work.now, why.value)
    work.note(permit, **{ENDED: str(row.id)})


def overtake(work: Work, permit: Permit, document: Document) -> None:
    """End the manifest of a review when another report or summary is circulated in its shared room."""
    record = work.file(document.review_id)
    shared = record.room(RoomKind.SHARED.value) if record else None
    passed = document.stage == DocumentStage.CIRCULATED and shared is not None and document.room_id == shared.id
    if passed and reports.overtakes(document.kind, translation=document.translates_id is not None):
        end_manifest(work, permit, document.review_id, Ending.NEW_TEXT)


def withdraw(work: Work, permit: Permit, document: Document) -> None:
    """End the manifest that names a document which is withdrawn."""
    running = ReportRecords(work.session, work.who.reach).running(document.review_id)
    if running is not None and document.id in running.documents:
        _end(work, permit, running, Ending.WITHDRAWN)
