"""Comments on drafts of the report, by their places: written, answered, settled, taken up (GL 30, 34).

1. What is written is a remark of the shared room, sealed like any other; beside it stands what it is on.
2. All who read the shared room read all of it; whoever writes there comments; whoever drafts settles.
"""

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from uuid import UUID, uuid4

import rfc8785

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import SECRETARIAT
from portal.domain import comments
from portal.domain.clarifications import RemarkKind
from portal.domain.comments import CommentPlace, Disposition
from portal.domain.notices import NoticeKind
from portal.domain.problems import Problem, RefusedError
from portal.errors import NotFound
from portal.usecases.contents import author
from portal.usecases.notices import tell
from portal.usecases.remarks import write_remark
from portal.usecases.reports import shared_room
from portal.work import Portal, Work
from storage.fields import Place
from storage.permits import Permit, room_scope
from storage.reports import DraftComment
from storage.repositories.comments import CommentRecords
from storage.repositories.documents import Listed
from storage.repositories.reviews import ReviewRecord
from storage.tables import Document, Room


@dataclass(frozen=True, slots=True)
class Commented:
    """A comment that somebody writes: on the newest version of a draft, on a place in it."""

    draft: UUID
    place: CommentPlace
    text: str


def comment(portal: Portal, caller: Caller, review_id: UUID, said: Commented) -> UUID:
    """Comment on a draft; gives the comment.

    Raises:
        NotFound: There is no such review, or the actor may not know of it.
        Forbidden: The actor reads the shared room but doesn't write in it.
        RefusedError: There is no such draft in circulation, or no place.
        Conflict: The report is final.

    """
    comments.check_place(said.place)
    with portal.work(caller) as work:
        record, room, permit = _room(work, Action.ADD_REMARK, work.reviews.find(review_id), review_id)
        listed = {one.document.id: one for one in drafts(work, room)}
        draft = listed.get(said.draft)
        comments.check_draft(fit=draft is not None)
        assert draft is not None  # noqa: S101  # it was just checked
        comments.check_open(final=record.final is not None)
        new_id = uuid4()
        open_comment(work, permit, room, new_id, draft.newest.id, said.place, said.text)
        _tell(work, room, new_id)
        return new_id


def open_comment(
    work: Work, permit: Permit, room: Room, new_id: UUID, version: UUID, place: CommentPlace, text: str
) -> None:
    """Write a comment on a version of a draft, by a permit to write in its room."""
    records = CommentRecords(work.session, work.who.reach)
    where = Place("draft_comment", "place", new_id)
    row = _row(work, room, new_id)
    row.number, row.version_id = records.next_number(room.review_id), version
    row.place = work.seal(permit, room_scope(room.review_id, room.id), where, rfc8785.dumps(asdict(place)).decode())
    row.remark_id = write_remark(work, permit, room, RemarkKind.COMMENT, text)
    records.add(row)
    work.note(permit, comment=str(new_id))


def reply(portal: Portal, caller: Caller, comment_id: UUID, text: str) -> None:
    """Answer to a comment.

    Raises:
        NotFound: There is no such comment, or the actor may not know of it.
        Forbidden: The actor reads the shared room but doesn't write in it.
        Conflict: The report is final.

    """
    with portal.work(caller) as work:
        found, room, permit = _of_comment(work, Action.ADD_REMARK, comment_id)
        row = _row(work, room, uuid4(), found)
        row.remark_id = write_remark(work, permit, room, RemarkKind.COMMENT, text)
        _follow(work, permit, room, found, row)


def settle(portal: Portal, caller: Caller, comment_id: UUID, becomes: Disposition, text: str) -> None:
    """Say what becomes of a comment, with or without words to it; what is said last counts.

    Raises:
        NotFound: There is no such comment, or the actor may not know of it.
        Forbidden: The actor sees it but doesn't draft the report.
        Conflict: The report is final.

    """
    with portal.work(caller) as work:
        found, room, permit = _of_comment(work, Action.SETTLE_COMMENT, comment_id)
        row = _row(work, room, uuid4(), found)
        row.disposition = becomes.value
        row.remark_id = write_remark(work, permit, room, RemarkKind.COMMENT, text) if text else None
        work.note(permit, disposition=becomes.value)
        _follow(work, permit, room, found, row)


def take_up(portal: Portal, caller: Caller, review_id: UUID, draft: UUID, taken: Collection[UUID]) -> None:
    """Say which comments the newest version of a draft takes up; those that it was said of already stay so.

    Raises:
        NotFound: There is no such review, or the actor may not know of it.
        Forbidden: The actor sees it but doesn't draft the report.
        RefusedError: There is no such draft in circulation, or one of the comments isn't of this review.
        Conflict: The report is final.

    """
    with portal.work(caller) as work:
        record, room, permit = _room(work, Action.SETTLE_COMMENT, work.reviews.find(review_id), review_id)
        newest = {one.document.id: one.newest.id for one in drafts(work, room)}
        comments.check_draft(fit=draft in newest)
        comments.check_open(final=record.final is not None)
        records = CommentRecords(work.session, work.who.reach)
        rows = records.of(room.review_id)
        known = {row.id for row in rows if row.under_id is None}
        if not taken or not set(taken) <= known:
            raise RefusedError(Problem("no-comments", comments.NO_COMMENTS))
        before = {row.under_id for row in rows if row.taken_up_in == newest[draft]}
        for comment_id in sorted(set(taken) - before):
            row = _row(work, room, uuid4())
            row.under_id, row.taken_up_in = comment_id, newest[draft]
            records.add(row)
        work.note(permit, taken_up=str(newest[draft]))


def drafts(work: Work, room: Room) -> list[Listed]:
    """List the drafts in a shared room on which the parties comment, newest first."""
    return [one for one in reversed(work.documents.listed(room.id)) if _is_draft(one.document)]


def open_place(portal: Portal, permit: Permit, row: DraftComment) -> CommentPlace:
    """Open where in a draft a comment is on."""
    if row.place is None:
        return CommentPlace()
    scope = room_scope(row.review_id, row.room_id)
    text = portal.open_text(permit, scope, Place("draft_comment", "place", row.id), row.place)
    return CommentPlace(**json.loads(text))


def _is_draft(row: Document) -> bool:
    withdrawn, translation = row.withdrawn_at is not None, row.translates_id is not None
    return comments.is_draft(row.kind, row.stage, withdrawn=withdrawn, translation=translation)


def _room(work: Work, action: Action, record: ReviewRecord | None, asked: UUID) -> tuple[ReviewRecord, Room, Permit]:
    room, permit = work.require(action, Room, shared_room(record) if record else None, asked=asked)
    if record is None:
        raise NotFound
    return record, room, permit


def _of_comment(work: Work, action: Action, comment_id: UUID) -> tuple[DraftComment, Room, Permit]:
    found = CommentRecords(work.session, work.who.reach).find(comment_id)
    record, room, permit = _room(work, action, work.file(found.review_id) if found else None, comment_id)
    if found is None:
        raise NotFound
    comments.check_open(final=record.final is not None)
    return found, room, permit


def _row(work: Work, room: Room, new_id: UUID, under: DraftComment | None = None) -> DraftComment:
    return DraftComment(
        id=new_id,
        review_id=room.review_id,
        room_id=room.id,
        under_id=under.id if under else None,
        owner=str(work.who.state or SECRETARIAT),
        said_by=author(work),
        said_at=work.now,
    )


def _follow(work: Work, permit: Permit, room: Room, comment: DraftComment, row: DraftComment) -> None:
    CommentRecords(work.session, work.who.reach).add(row)
    work.note(permit, comment=str(comment.id))
    _tell(work, room, comment.id)


def _tell(work: Work, room: Room, comment_id: UUID) -> None:
    tell(
        work,
        NoticeKind.DRAFT_COMMENTED,
        review_id=room.review_id,
        room_id=room.id,
        about=comment_id,
        action=Action.LIST_ROOM,
        row=room,
    )
