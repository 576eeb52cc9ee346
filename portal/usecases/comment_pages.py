"""The list of comments on the drafts of a report, and one comment with what followed it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.domain.comments import CommentPlace, Disposition, rank
from portal.errors import NotFound
from portal.usecases.comments import drafts, open_place
from portal.usecases.particulars import open_title
from portal.usecases.people import name_of
from portal.usecases.reports import of_review, shared_room
from portal.usecases.subjects import open_remark
from portal.work import Portal, Work
from storage.dialogue import Remark
from storage.permits import Permit
from storage.reports import DraftComment
from storage.repositories.comments import CommentRecords
from storage.repositories.documents import Listed
from storage.repositories.reviews import ReviewRecord
from storage.tables import Document, Person, Review, Room, Version


@dataclass(frozen=True, slots=True)
class DraftText:
    """A version of a draft."""

    document: UUID
    number: int
    title: str
    version: int

    @property
    def choice(self) -> tuple[str, str]:
        """Give it as something to choose: its value and its words."""
        return str(self.document), f"{self.number}. {self.title}"


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that was said: a comment, a reply, a disposition, or that a version takes the comment up."""

    owner: str
    by: str
    at: datetime
    text: str
    disposition: Disposition | None
    taken_up_in: DraftText | None


@dataclass(frozen=True, slots=True)
class CommentView:
    """A comment: what it is on, what was said, and where it stands."""

    id: UUID
    number: int
    draft: DraftText
    place: CommentPlace
    said: tuple[Said, ...]  # the comment itself first
    disposition: Disposition | None

    @property
    def first(self) -> Said:
        """Give the comment itself."""
        return self.said[0]

    @property
    def taken_up(self) -> tuple[DraftText, ...]:
        """Give the versions that take it up."""
        return tuple(one.taken_up_in for one in self.said if one.taken_up_in is not None)


@dataclass(frozen=True, slots=True)
class CommentsPage:
    """Comments on the drafts of a review's report: those that nobody answered first, settled ones last."""

    review: UUID
    under_review: str
    comments: tuple[CommentView, ...]
    drafts: tuple[DraftText, ...]  # in the list: that one may comment on, newest first
    may_comment: bool
    may_settle: bool

    @property
    def open(self) -> int:
        """Count those of which something is still to be said."""
        return sum(rank(one.disposition) < rank(Disposition.ACCEPTED) for one in self.comments)


@dataclass(frozen=True, slots=True)
class _Found:
    """What was read, before anything of it is opened."""

    rows: Sequence[DraftComment]
    remarks: Mapping[UUID, Remark]
    texts: Mapping[UUID, tuple[Document, Version]]
    people: Mapping[UUID, Person]
    drafts: Sequence[Listed]
    may_comment: bool
    may_settle: bool


def list_comments(portal: Portal, caller: Caller, review_id: UUID) -> CommentsPage:
    """List the comments on the drafts of a review's report.

    Raises:
        NotFound: There is no such review, or the actor may not know of it.
        Forbidden: The actor sees the review but hasn't accepted the undertaking.

    """
    with portal.work(caller) as work:
        _, record, permit = of_review(work, Action.LIST_COMMENTS, review_id)
        rows = CommentRecords(work.session, work.who.reach).of(review_id)
        found = _found(work, record, rows, drafts(work, shared_room(record)))
    return _opened(portal, permit, record, found)


def view_comment(portal: Portal, caller: Caller, comment_id: UUID) -> CommentsPage:
    """Show one comment with what followed it.

    Raises:
        NotFound: There is no such comment, or the actor may not know of it.

    """
    with portal.work(caller) as work:
        records = CommentRecords(work.session, work.who.reach)
        row = records.find(comment_id)
        record = work.file(row.review_id) if row else None
        _, permit = work.require(Action.LIST_COMMENTS, Review, record.review if record else None, asked=comment_id)
        if row is None or record is None:
            raise NotFound
        work.note(permit, comment=str(row.id))
        found = _found(work, record, records.thread(row), ())
    return _opened(portal, permit, record, found)


def _found(work: Work, record: ReviewRecord, rows: Sequence[DraftComment], open_: Sequence[Listed]) -> _Found:
    records, room = CommentRecords(work.session, work.who.reach), shared_room(record)
    return _Found(
        rows,
        records.remarks(rows),
        records.texts(rows),
        work.people.named(list({row.said_by for row in rows})),
        open_,
        may_comment=bool(work.allowed(Action.ADD_REMARK, Room, [room])),
        may_settle=bool(work.allowed(Action.SETTLE_COMMENT, Room, [room])),
    )


def _opened(portal: Portal, permit: Permit, record: ReviewRecord, found: _Found) -> CommentsPage:
    names = {id_: name_of(portal, permit, person) for id_, person in found.people.items()}
    texts = {id_: _text(portal, permit, *pair) for id_, pair in found.texts.items()}
    followed: dict[UUID, list[Said]] = {row.id: [] for row in found.rows if row.under_id is None}
    for row in found.rows:
        followed[row.under_id or row.id].append(
            Said(
                row.owner,
                names[row.said_by],
                row.said_at,
                open_remark(portal, permit, found.remarks[row.remark_id]) if row.remark_id else "",
                Disposition(row.disposition) if row.disposition else None,
                texts[row.taken_up_in] if row.taken_up_in else None,
            )
        )
    views = [
        CommentView(
            row.id,
            row.number,
            texts[row.version_id],
            open_place(portal, permit, row),
            tuple(followed[row.id]),
            next((one.disposition for one in reversed(followed[row.id]) if one.disposition), None),
        )
        for row in found.rows
        if row.number is not None and row.version_id is not None
    ]
    return CommentsPage(
        review=record.review.id,
        under_review=record.review.state_code,
        comments=tuple(sorted(views, key=lambda one: (rank(one.disposition), one.number))),
        drafts=tuple(_text(portal, permit, one.document, one.newest) for one in found.drafts),
        may_comment=found.may_comment and record.final is None,
        may_settle=found.may_settle and record.final is None,
    )


def _text(portal: Portal, permit: Permit, document: Document, version: Version) -> DraftText:
    return DraftText(document.id, document.number, open_title(portal, permit, document), version.number)
