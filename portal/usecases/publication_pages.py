"""Publications as the State under review sees them: the list, one of them, and exactly its file.

Whoever confirms a publication opened its file before: the whole of it was asked for, and left. That is kept with the
outcome, not with the intent, since what began may not have left at all. One that broke off counts, too, once something
of it left: its reader goes on from there by ranges, and a part by itself doesn't count.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.domain import media
from portal.domain.documents import DocumentKind
from portal.domain.ids import PersonId
from portal.domain.publications import PublicationStage
from portal.domain.ranges import ByteRange, Span
from portal.domain.roles import Role
from portal.usecases.contents import author
from portal.usecases.downloads import ABORTED, COMPLETE, FAILED, Download, begin_span, end_download
from portal.usecases.outcomes import record_with
from portal.usecases.particulars import open_title
from portal.usecases.people import name_of
from portal.usecases.publications import find_publication, is_joint, is_outdated, records_of, said_of
from portal.work import Intent, Portal
from storage.database import Session
from storage.permits import Permit, publication_scope
from storage.publications import Consent, Opening, Publication
from storage.repositories.publications import PublicationRecords
from storage.repositories.reviews import Reach
from storage.tables import Document, Person, Review

LEFT: Final = frozenset({COMPLETE, ABORTED})


@dataclass(frozen=True, slots=True)
class Choice:
    """A document that may be published, by its newest version.

    Args:
        agreed: All parties agreed on it.
        rendered: It is a language version of what they agreed on.
        joint: It takes the consent of all parties.
    """

    version: UUID
    kind: DocumentKind
    language: str
    title: str
    agreed: bool
    rendered: bool
    joint: bool


@dataclass(frozen=True, slots=True)
class PublicationLine:
    """A publication in a list."""

    id: UUID
    title: str
    kind: DocumentKind
    language: str
    stage: PublicationStage
    prepared_at: datetime
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class PublicationsPage:
    """What a State published of a review or means to, and what it may publish."""

    review: UUID
    state: str
    lines: tuple[PublicationLine, ...]
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Somebody who confirmed a publication."""

    name: str
    role: Role
    state: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Removed:
    """What isn't in the public file, of one kind: how often, on which pages, and some of its words."""

    kind: str
    count: int
    pages: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PublicationPage:
    """One publication.

    Args:
        pages_said: Which pages of the document were chosen.
        left_out: Which pages of it were not.
        removed: What of the document isn't in the file.
        cautions: What is to be known of the file: kind and how often.
        joint: It takes the consent of all parties.
        waiting: The States whose word is missing.
        own: The reader is of the State under review.
        hours: How long it is thought over.
        unopened: The reader may confirm it once they have opened its file.
        may: The acts that the reader may do.
    """

    line: PublicationLine
    review: UUID
    state: str
    pages: int
    pages_said: str
    left_out: str
    size: int
    sha256: str
    removed: tuple[Removed, ...]
    cautions: tuple[tuple[str, int], ...]
    prepared_by: str
    confirmed: tuple[Confirmed, ...]
    joint: bool
    waiting: tuple[str, ...]
    own: bool
    withdrawn_at: datetime | None
    hours: int
    outdated: bool
    unopened: bool
    may: frozenset[Action]


_ACTS = (
    Action.PREVIEW_PUBLICATION,
    Action.CONFIRM_PUBLICATION,
    Action.CANCEL_PUBLICATION,
    Action.WITHDRAW_PUBLICATION,
)


def stage_of(row: Publication) -> PublicationStage:
    """Tell where a publication stands."""
    latest = (
        (row.withdrawn_at, PublicationStage.WITHDRAWN),
        (row.published_at, PublicationStage.PUBLIC),
        (row.cancelled_at, PublicationStage.CANCELLED),
        (row.confirmed_at, PublicationStage.CONFIRMED),
    )
    return next((stage for when, stage in latest if when is not None), PublicationStage.PREPARED)


def list_publications(portal: Portal, caller: Caller, review_id: UUID) -> PublicationsPage:
    """List what a State published of a review, and what it may publish.

    Raises:
        NotFound: There is no such review, or it isn't the reader's State that is under review.

    """
    with portal.work(caller) as work:
        found = work.reviews.find(review_id)
        record, rooms, permit = work.require_rooms(
            Action.LIST_PUBLICATIONS, Review, found.review if found else None, Action.LIST_ROOM, asked=review_id
        )
        rows = records_of(work).of(record.review.id)
        listed = {one.document.id: one for room in rooms for one in work.documents.listed(room.id)}
        theirs = work.allowed(Action.PREPARE_PUBLICATION, Document, [one.document for one in listed.values()])
    lines = [_line(row, said_of(portal, permit, row)["title"]) for row in rows]
    choices = [
        Choice(
            listed[one.id].newest.id,
            DocumentKind(one.kind),
            one.language,
            open_title(portal, permit, one),
            agreed=record.final is not None and one.id in record.final.documents,
            rendered=record.final is not None and one.translates_id in record.final.versions,
            joint=is_joint(one, record),
        )
        for one in theirs
    ]
    choices.sort(key=lambda one: (not one.agreed, not one.rendered))  # the report and the summary are looked for
    return PublicationsPage(record.review.id, record.review.state_code, tuple(lines), tuple(choices))


def view_publication(portal: Portal, caller: Caller, publication_id: UUID) -> PublicationPage:
    """Show a publication to the State whose it is.

    Raises:
        NotFound: There is no such publication, or the reader may not know of it.

    """
    with portal.work(caller) as work:
        row, facts, permit = find_publication(work, Action.VIEW_PUBLICATION, publication_id)
        words = records_of(work).words(row.id)
        people = work.people.named([row.prepared_by, *(one.person_id for one, _ in words)])
        may = frozenset(act for act in _ACTS if work.allows(act, facts))
        opened = replace(facts, opened_by=facts.opened_by | {PersonId(author(work))})
        unopened = opened != facts and work.allows(Action.CONFIRM_PUBLICATION, opened)
        outdated = is_outdated(work, row)
    said = said_of(portal, permit, row)
    return PublicationPage(
        line=_line(row, said["title"]),
        review=row.review_id,
        state=row.state_code,
        pages=row.pages,
        pages_said=said["pages"],
        left_out=said.get("left_out", ""),
        size=row.size,
        sha256=said["sha256"],
        removed=tuple(_removed(*one) for one in said["removed"]) if Action.PREVIEW_PUBLICATION in may else (),
        cautions=tuple((kind, count) for kind, count in said["cautions"]),
        prepared_by=name_of(portal, permit, people[row.prepared_by]),
        confirmed=tuple(_confirmed(portal, permit, people, *one) for one in words),
        joint=facts.joint,
        waiting=() if facts.ended or facts.public else tuple(sorted(facts.waits_for)),
        own=work.who.state == row.state_code,
        withdrawn_at=row.withdrawn_at,
        hours=portal.settings.publication_hours,
        outdated=outdated,
        unopened=unopened,
        may=may,
    )


def _removed(kind: str, count: int, pages: str = "", words: Sequence[str] = ()) -> Removed:
    return Removed(kind, count, pages, tuple(words))  # what an earlier release kept has kind and count alone


def _confirmed(portal: Portal, permit: Permit, people: dict[UUID, Person], row: Consent, state: str) -> Confirmed:
    return Confirmed(name_of(portal, permit, people[row.person_id]), Role(row.role), state, row.given_at)


def begin_preview(
    portal: Portal, caller: Caller, publication_id: UUID, *, wanted: ByteRange | None = None, streams: bool = True
) -> Download:
    """Ask for exactly the file that is to become public; arguments as in `begin_download`.

    Raises:
        NotFound: There is no such publication, or the reader may not know of it.
        Damaged: The stored object isn't what was put there.

    """
    with portal.work(caller) as work:
        row, _, permit = find_publication(work, Action.PREVIEW_PUBLICATION, publication_id)
        span, intent = begin_span(work, permit, row.size, wanted, streams=streams)
        reader = author(work)
    try:
        key = portal.keyring.open_content_key(permit, publication_scope(row.review_id), row.id, row.wrapped_key)
        name = f"{row.state_code}-{row.kind}-{row.language}.pdf"
        download = Download(row.id, name, media.PDF, row.size, span, intent, portal, row.object_name, key)
        download.check()
    except BaseException:
        end_download(portal, intent, FAILED, 0)
        raise
    if intent is None or span != Span(0, row.size):
        return download
    return replace(download, ending=partial(_end_preview, portal, intent, row.id, reader))


def _end_preview(portal: Portal, intent: Intent, publication: UUID, reader: UUID, result: str, sent: int) -> None:
    """Record how it ended, and of what left who opened it."""

    def keep(session: Session) -> None:
        records = PublicationRecords(session, Reach(None))
        if reader not in {one.person_id for one in records.openings(publication)}:
            at = portal.clock()
            records.add(Opening(id=uuid4(), publication_id=publication, person_id=reader, opened_at=at))

    if sent and result in LEFT:
        record_with(portal, intent, keep, result=result, bytes=sent)
    else:
        end_download(portal, intent, result, sent)


def _line(row: Publication, title: str) -> PublicationLine:
    kind, stage = DocumentKind(row.kind), stage_of(row)
    return PublicationLine(row.id, title, kind, row.language, stage, row.prepared_at, row.due_at)
