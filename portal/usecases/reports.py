"""Agreeing on a report and its executive summary (ToR 33): proposed, agreed to or not, final.

1. A manifest keeps the hashes of both contents, sealed: what a State agreed to can be compared with a file of its own.
2. A State answers by its focal point, once, to the manifest that the page showed: its id comes with the form.
3. With the last party's yes both versions are final and the review is agreed, in one transaction.
"""

import json
from dataclasses import dataclass
from uuid import UUID, uuid4

import rfc8785

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.domain import reports
from portal.domain.documents import DocumentKind
from portal.domain.notices import NoticeKind
from portal.domain.reports import Ending
from portal.domain.reviews import ReviewStage, RoomKind
from portal.errors import NotFound
from portal.usecases.contents import author
from portal.usecases.manifests import end_manifest
from portal.usecases.notices import tell
from portal.usecases.particulars import open_particulars
from portal.work import Portal, Work
from storage.fields import Place
from storage.permits import Permit, Scope, room_scope
from storage.reports import Agreement, Manifest
from storage.repositories.reports import ReportRecords
from storage.repositories.reviews import ReviewRecord
from storage.tables import Document, Review, Room, Version


@dataclass(frozen=True, slots=True)
class Hashes:
    """The SHA-256 of the contents of a report and of its summary, hexadecimal."""

    report: str
    summary: str


@dataclass(frozen=True, slots=True)
class Proposed:
    """The documents that somebody proposes, and the number of the newest manifest that they saw; 0: none."""

    report: UUID
    summary: UUID
    seen: int


def propose_manifest(portal: Portal, caller: Caller, review_id: UUID, proposed: Proposed) -> UUID:
    """Propose the newest versions of a report and of a summary to all parties; what was proposed before ends.

    Raises:
        NotFound: There is no such review, or the actor may not know of it.
        Forbidden: The actor sees the review but doesn't propose, or it isn't at the stage of its report.
        RefusedError: These documents can't be agreed on.
        Conflict: Somebody proposed others meanwhile.

    """
    with portal.work(caller) as work:  # hashes open once the event of the looking is committed
        _, record, permit = of_review(work, Action.VIEW_REPORT, review_id)
        report, summary = _texts(work, record, proposed)
    hashes = Hashes(
        report=open_particulars(portal, permit, report).sha256, summary=open_particulars(portal, permit, summary).sha256
    )
    with portal.work(caller) as work:
        review, record, permit = of_review(work, Action.PROPOSE_MANIFEST, review_id)
        records = ReportRecords(work.session, work.who.reach)
        last = records.last_number(review.id)
        reports.check_newest(proposed.seen, last)
        again = _texts(work, record, proposed)
        reports.check_pair(fit=[one.id for one in again] == [report.id, summary.id])
        end_manifest(work, permit, review.id, Ending.REPLACED)
        row = _manifest(work, permit, last + 1, (report, summary), hashes)
        records.add(row)
        work.note(permit, manifest=str(row.id))
        tell_parties(work, NoticeKind.REPORT_PROPOSED, row)
        return row.id


def agree(portal: Portal, caller: Caller, manifest_id: UUID) -> bool:
    """Agree to a manifest for one's State; tells whether it is final by that.

    Raises:
        NotFound: There is no such manifest, or the actor may not know of it.
        Forbidden: The actor sees it but doesn't answer for a party, it ended or is final, or the State has answered.

    """
    with portal.work(caller) as work:
        row, _, record, permit = answer(work, Action.AGREE_MANIFEST, manifest_id, None)
        agreed = {one.state_code for one in record.answers if one.agrees} | {work.who.state or ""}
        final = reports.is_final({record.review.state_code, *record.reviewing}, agreed)
        if final:
            row.final_at = work.now
            work.note(permit, final=True)
            record.review.stage = ReviewStage.AGREED.value
            tell_parties(work, NoticeKind.REPORT_AGREED, row)
        return final


def review_of(portal: Portal, caller: Caller, manifest_id: UUID) -> UUID:
    """Tell of which review a manifest is.

    Raises:
        NotFound: There is no such manifest, or the actor may not know of it.

    """
    with portal.work(caller) as work:
        found = ReportRecords(work.session, work.who.reach).find(manifest_id)
        row, _ = work.require(Action.VIEW_MANIFEST, Manifest, found, asked=manifest_id)
        return row.review_id


def seal_hashes(work: Work, permit: Permit, scope: Scope, manifest_id: UUID, hashes: Hashes) -> bytes:
    """Seal the hashes of a manifest."""
    said = {"report": hashes.report, "summary": hashes.summary}
    return work.seal(permit, scope, Place("manifest", "hashes", manifest_id), rfc8785.dumps(said).decode())


def open_hashes(portal: Portal, permit: Permit, row: Manifest) -> Hashes:
    """Open the hashes of a manifest."""
    place = Place("manifest", "hashes", row.id)
    return Hashes(**json.loads(portal.open_text(permit, scope_of(row), place, row.hashes)))


def open_reason(portal: Portal, permit: Permit, answer: Agreement) -> str:
    """Open why a State didn't agree; nothing where it did."""
    if answer.reason is None:
        return ""
    return portal.open_text(permit, scope_of(answer), Place("agreement", "reason", answer.id), answer.reason)


def scope_of(row: Manifest | Agreement) -> Scope:
    """Name the key scope under which a manifest and what was said of it are sealed: the shared room's."""
    return room_scope(row.review_id, row.room_id)


def of_review(work: Work, action: Action, review_id: UUID) -> tuple[Review, ReviewRecord, Permit]:
    """Ask for an act on a review as a whole."""
    record = work.reviews.find(review_id)
    review, permit = work.require(action, Review, record.review if record else None, asked=review_id)
    if record is None:
        raise NotFound
    return review, record, permit


def shared_room(record: ReviewRecord) -> Room:
    """Give the shared room of a review."""
    room = record.room(RoomKind.SHARED.value)
    if room is None:
        raise RuntimeError("a review lacks its shared room")
    return room


def _texts(work: Work, record: ReviewRecord, proposed: Proposed) -> tuple[Version, Version]:
    """Find the newest versions of what is proposed, if it can be agreed on."""
    listed = {one.document.id: one for one in work.documents.listed(shared_room(record).id)}
    wanted = ((proposed.report, DocumentKind.REPORT), (proposed.summary, DocumentKind.SUMMARY))
    found = [(listed.get(document), kind) for document, kind in wanted]
    reports.check_pair(fit=all(one is not None and is_fit(one.document, kind) for one, kind in found))
    report, summary = (one.newest for one, _ in found if one is not None)
    return report, summary


def is_fit(row: Document, wanted: DocumentKind) -> bool:
    """Tell whether a document of the shared room can be agreed on."""
    return reports.fits(row.kind, wanted, row.stage, row.withdrawn_at, translation=row.translates_id is not None)


def _manifest(work: Work, permit: Permit, number: int, texts: tuple[Version, Version], hashes: Hashes) -> Manifest:
    report, summary = texts
    new_id, scope = uuid4(), room_scope(report.review_id, report.room_id)
    return Manifest(
        id=new_id,
        review_id=report.review_id,
        room_id=report.room_id,
        number=number,
        report_id=report.document_id,
        report_version_id=report.id,
        summary_id=summary.document_id,
        summary_version_id=summary.id,
        hashes=seal_hashes(work, permit, scope, new_id, hashes),
        report_mark=report.equal,
        summary_mark=summary.equal,
        proposed_by=author(work),
        proposed_at=work.now,
    )


def answer(
    work: Work, action: Action, manifest_id: UUID, reason: str | None
) -> tuple[Manifest, Agreement, ReviewRecord, Permit]:
    """Record what a State says to a manifest, by an act on it; the review's record that comes back is from before.

    Raises:
        NotFound: There is no such manifest, or the actor may not know of it.
        Forbidden: The actor sees it but doesn't answer for a party, it ended or is final, or the State has answered.

    """
    records = ReportRecords(work.session, work.who.reach)
    row, permit = work.require(action, Manifest, records.find(manifest_id), asked=manifest_id)
    record = work.file(row.review_id)
    if record is None or work.who.state is None:
        raise NotFound
    new_id = uuid4()
    place = Place("agreement", "reason", new_id)
    said = Agreement(
        id=new_id,
        review_id=row.review_id,
        room_id=row.room_id,
        manifest_id=row.id,
        state_code=work.who.state,
        agrees=reason is None,
        reason=None if reason is None else work.seal(permit, scope_of(row), place, reason),
        said_by=author(work),
        said_at=work.now,
    )
    records.add(said)
    return row, said, record, permit


def tell_parties(work: Work, kind: NoticeKind, row: Manifest) -> None:
    """Tell all who may know of a manifest what became of it."""
    tell(
        work,
        kind,
        review_id=row.review_id,
        room_id=None,
        about=row.id,
        action=Action.VIEW_MANIFEST,
        row=row,
    )
