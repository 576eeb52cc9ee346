"""Executive summaries on their way out of the confidential zone (ToR 33-35), and those who read them there.

1. The officer confirms each language version of the final summary: its content is sealed anew under a key of the
   summaries, which opens no room. Two steps, like a move (moves.py): the intent is durable before it is opened.
2. Once six are there, the officer gives them to the bodies of the Conference, all at once. From then on the members of
   the Oversight Group and of the expert group read them; each reading stands in the log of the file.
3. A while later they become public, as documents of the Conference (public_summaries.py). Until a language is, the
   officer may confirm another file in its place; the parties are told again. What is withdrawn until then counts no
   more.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import Absent, PortalFacts, SummaryFacts
from portal.domain import reports
from portal.domain.files import CleanName
from portal.domain.ids import ReviewId, SummaryId
from portal.domain.notices import NoticeKind
from portal.domain.ranges import ByteRange
from portal.errors import Conflict, NotFound, PortalError
from portal.usecases.contents import Arrived, Upload, abandon, author, carry
from portal.usecases.downloads import Download, begin_span, end_download
from portal.usecases.marked_copies import Marking, draw_copy, leaves_marked
from portal.usecases.notices import tell_of_review
from portal.usecases.particulars import Particulars, open_particulars, open_summary, seal_summary
from portal.usecases.reports import of_review
from portal.work import Portal, Work
from storage.permits import SUMMARIES, Permit
from storage.reports import Manifest, SummaryLanguage, Transmission
from storage.repositories.publications import PublicRecords
from storage.repositories.summaries import SummaryRecords
from storage.tables import Document, Version

REFUSED: Final = "refused"
FAILED: Final = "failed"


@dataclass(frozen=True, slots=True)
class SummaryFile:
    """A summary in one language; public: everybody reads it by now, under its id."""

    id: UUID
    language: str
    size: int  # bytes
    public: bool


@dataclass(frozen=True, slots=True)
class SummaryLine:
    """A summary that was transmitted, in all its languages."""

    state: str  # that was under review
    cycle: str
    transmitted_at: datetime
    files: tuple[SummaryFile, ...]


def confirm_summary(portal: Portal, caller: Caller, version_id: UUID) -> UUID:
    """Confirm a language version of the final summary, or the summary itself in its own language; gives its review.

    Raises:
        NotFound: There is no such version, or the actor may not know of it.
        Forbidden: The actor sees it but isn't the officer of its review.
        Conflict: It is no such version, it is confirmed already, or the summary is public in its language.
        Unavailable: There is no space left.

    """
    with portal.work(caller) as work:
        version, document, _, permit = _confirming(work, version_id)
        intent = work.begins(permit)
    said = open_particulars(portal, permit, version)
    upload = Upload(Action.CONFIRM_SUMMARY, version.id, CleanName(said.name, changed=False), said.declared, intent)
    try:
        arrived = carry(portal, permit, version, upload, said.sha256)
        _keep(portal, caller, version_id, upload, arrived, said)
    except BaseException as error:
        abandon(portal, upload, REFUSED if isinstance(error, PortalError) else FAILED, 0)
        raise
    return document.review_id


def transmit_summary(portal: Portal, caller: Caller, review_id: UUID, seen: Collection[str]) -> None:
    """Give the summary, in six languages, to the bodies of the Conference.

    Args:
        portal: The portal.
        caller: Who asks.
        review_id: Of which review.
        seen: The ids of its languages that the page showed: a file that took another's place is given to nobody unseen.

    Raises:
        NotFound: There is no such review, or the actor may not know of it.
        Forbidden: The actor sees it but isn't its officer.
        Conflict: It isn't final, not there in six languages, or was given to them before, or one was replaced.

    """
    with portal.work(caller) as work:
        review, record, permit = of_review(work, Action.TRANSMIT_SUMMARY, review_id)
        records, final = SummaryRecords(work.session), record.final
        if final is None:
            raise Conflict(reports.INCOMPLETE)
        rows, sent = records.languages(final.id), records.transmission(review.id)
        reports.check_complete([row.language for row in rows], transmitted=sent is not None)
        reports.check_same(seen, [str(row.id) for row in rows])
        records.add(
            Transmission(
                id=uuid4(),
                review_id=review.id,
                manifest_id=final.id,
                transmitted_by=author(work),
                transmitted_at=work.now,
            )
        )
        work.note(permit, manifest=str(final.id))
        tell_of_review(work, NoticeKind.SUMMARY_TRANSMITTED, Action.VIEW_REPORT, review)


def list_summaries(portal: Portal, caller: Caller) -> list[SummaryLine]:
    """List the summaries that the bodies of the Conference were given, newest first.

    Raises:
        NotFound: The actor is no member of such a body.

    """
    with portal.work(caller) as work:
        work.require_on(Action.LIST_SUMMARIES, PortalFacts())
        cycles = {cycle.id: cycle.name for cycle in work.reviews.cycles()}
        rows = SummaryRecords(work.session).all()
        public = PublicRecords(work.session).of([row.id for _, _, row in rows])
        files: dict[UUID, list[SummaryFile]] = {}
        for sent, _, row in rows:
            files.setdefault(sent.id, []).append(SummaryFile(row.id, row.language, row.size, row.id in public))
        found = {
            sent.id: SummaryLine(review.state_code, cycles[review.cycle_id], sent.transmitted_at, tuple(files[sent.id]))
            for sent, review, _ in rows
        }
        return list(found.values())


def begin_summary(
    portal: Portal,
    caller: Caller,
    summary_id: UUID,
    *,
    wanted: ByteRange | None = None,
    streams: bool = True,
    gets: bool = True,
    marking: Marking | None = None,
) -> Download:
    """Ask for the content of a summary in one language, or for a part of it; arguments as in `begin_download`.

    Raises:
        NotFound: There is no such summary, or the actor may not know of it.
        Invalid: It could leave as a marked copy alone, and nothing marks it here.
        Damaged: The stored object isn't what was put there.

    """
    with portal.work(caller) as work:
        found = SummaryRecords(work.session).find(summary_id)
        facts = summary_facts(*found) if found else Absent(SummaryFacts)
        permit = work.require_on(Action.DOWNLOAD_SUMMARY, facts, asked=summary_id)
        if found is None:
            raise NotFound
        row = found[0]
        work.note(permit, language=row.language)
        marked = leaves_marked(work)
        taker = draw_copy(work, permit, row.review_id, row.version_id, marking) if marked and gets else None
        span, intent = begin_span(
            work, permit, row.size, None if marked else wanted, streams=gets if marked else streams
        )
    try:
        said = open_summary(portal, permit, row)
        key = portal.keyring.open_content_key(permit, SUMMARIES, row.id, row.wrapped_key)
        kind = said.detected or said.declared
        download = Download(row.id, said.name, kind, row.size, span, intent, portal, row.object_name, key)
        download.check()
        return download.marked_for(caller, permit, said, taker, marking) if marked else download
    except BaseException:
        end_download(portal, intent, FAILED, 0)
        raise


def summary_facts(row: SummaryLanguage, sent: Transmission | None) -> SummaryFacts:
    """Tell the policies about a summary in one language."""
    return SummaryFacts(SummaryId(row.id), ReviewId(row.review_id), transmitted=sent is not None)


def _confirming(work: Work, version_id: UUID) -> tuple[Version, Document, Manifest, Permit]:
    found = work.documents.find_version(version_id)
    version, permit = work.require(Action.CONFIRM_SUMMARY, Version, found, asked=version_id)
    document, record = work.documents.find(version.document_id), work.file(version.review_id)
    if document is None or record is None:
        raise NotFound
    final = record.final
    newest = work.documents.versions(document.id)[0].id
    fit = final is not None and reports.confirms(
        final=version.id == final.summary_version_id,
        bound=document.translates_id == final.summary_version_id and version.id == newest,
        language=document.language,
        stage=document.stage,
        withdrawn=document.withdrawn_at is not None,
    )
    records = SummaryRecords(work.session)
    public = records.public(final.id) if final is not None else {}
    confirmed = final is not None and version.id in {row.version_id for row in records.languages(final.id)}
    reports.check_confirms(fit=fit, public=document.language in public, confirmed=confirmed)
    assert final is not None  # noqa: S101  # nothing fits without one
    return version, document, final, permit


def _keep(
    portal: Portal, caller: Caller, version_id: UUID, upload: Upload, arrived: Arrived, said: Particulars
) -> None:
    with portal.work(caller) as work:
        version, document, final, permit = _confirming(work, version_id)
        records = SummaryRecords(work.session)
        for before in records.languages(final.id):
            if before.language == document.language:
                records.end(before, work.now)
        records.add(
            SummaryLanguage(
                id=upload.version,
                review_id=version.review_id,
                manifest_id=final.id,
                version_id=version.id,
                language=document.language,
                object_name=upload.object_name,
                size=arrived.size,
                particulars=seal_summary(work, permit, upload.version, said),
                wrapped_key=portal.keyring.wrap_content_key(
                    work.session, permit, SUMMARIES, upload.version, upload.key
                ),
                confirmed_by=author(work),
                confirmed_at=work.now,
            )
        )
        work.completes(permit, upload.intent, bytes=arrived.size, language=document.language)
        record = work.file(version.review_id)
        if record is not None and records.transmission(version.review_id) is not None:
            tell_of_review(work, NoticeKind.SUMMARY_TRANSMITTED, Action.VIEW_REPORT, record.review)
