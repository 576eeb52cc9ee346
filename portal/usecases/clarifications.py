"""The lists of a review's clarifications, as one reader may see them: one event, whatever a list's length.

1. What the reader may not see is neither listed nor counted: the database counts what the reader's side can see at all,
   and the policies decide on each row of a page.
2. A list opens the subjects of what is on the page, and nothing else; by article, those of all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.domain import clarifications as path
from portal.domain.clarifications import ClarificationKind, ClarificationStage, Clearance, Holder
from portal.domain.reviews import RoomKind
from portal.domain.roles import Role
from portal.domain.tags import parse_tag
from portal.errors import NotFound
from portal.usecases.looks import look, new_to
from portal.usecases.people import name_of
from portal.usecases.subjects import Subject, open_subjects
from portal.work import Portal, Work
from storage.dialogue import Clarification, Entry
from storage.permits import Permit
from storage.repositories.dialogue_views import DialogueViews, Eyes
from storage.repositories.handovers import HandoverRecords
from storage.repositories.reviews import ReviewRecord
from storage.tables import Person, Review, Room

LISTS: Final = ("turn", "mine", "others", "unanswered", "overdue", "new", "all", "closed")
BY_ARTICLE: Final = "articles"
LINES: Final = 50


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A draft of the reader's side that a clarification has."""

    id: UUID
    edition: int
    owner: str
    clearance: Clearance
    sends: bool  # the reader may submit it as it is


@dataclass(frozen=True, slots=True)
class Line:
    """A clarification in a list."""

    id: UUID
    number: int | None
    draft_number: int
    subject: Subject
    kind: ClarificationKind
    owner: str
    stage: ClarificationStage
    holder: Holder
    mine: bool
    due_on: date | None
    overdue: bool
    fresh: bool
    batch: int | None
    given_to: tuple[str, ...]  # by the State under review, for its own people
    drafts: tuple[DraftLine, ...]


@dataclass(frozen=True, slots=True)
class ListPage:
    """A list of clarifications."""

    review: UUID
    under_review: str
    shown: str
    counts: dict[str, int]
    lines: tuple[Line, ...]
    total: int
    page: int
    pages: int
    asks: bool
    exports: bool
    sets_clearance: bool
    clears: bool
    role: Role | None
    found_in: int | None = None  # how many texts were looked through


def list_clarifications(portal: Portal, caller: Caller, review_id: UUID, wanted: str, page: int) -> ListPage:
    """List a review's clarifications: by turn, unanswered, overdue, new, all, closed, or all by article.

    Raises:
        NotFound: There is no such review, or the actor may not know of it.
        Forbidden: The actor sees the review but doesn't follow its dialogue, or hasn't given the undertaking.

    """
    with portal.work(caller) as work:
        record, rooms, permit = open_list(work, review_id)
        look(work, record.review.id)
        views = DialogueViews(work.session, record.review.id, eyes(work, record, rooms))
        frame = frame_of(work, record, views)
        if wanted != BY_ARTICLE:
            name = wanted if wanted in frame.counts else "turn" if frame.counts["turn"] else "all"
            cut = cut_of(frame.counts[name], page)
            gathered = _gather(work, rooms, views, views.page(name, LINES, cut.offset))
        else:
            sealed = views.subjects()
    if wanted == BY_ARTICLE:
        subjects = open_subjects(portal, permit, record, [(row[0], row[1], row[2]) for row in sealed])
        order = sorted(subjects, key=lambda id_: parse_tag(subjects[id_].article).sort_key)
        name, cut = BY_ARTICLE, cut_of(len(order), page)
        gathered = gather(portal, caller, review_id, order[cut.offset : cut.offset + LINES])
    return list_page(portal, permit, record, frame, gathered, name, cut)


def open_list(work: Work, review_id: UUID) -> tuple[ReviewRecord, list[Room], Permit]:
    """Ask for the list of a review's clarifications; the permit covers the rooms that the reader lists."""
    found = work.reviews.find(review_id)
    row = found.review if found else None
    return work.require_rooms(Action.LIST_CLARIFICATIONS, Review, row, Action.LIST_ROOM, asked=review_id)


def eyes(work: Work, record: ReviewRecord, rooms: Sequence[Room]) -> Eyes:
    """Tell the database for whom a list is."""
    review, who = record.review, work.who
    person, role = who.person, who.role
    if person is None:
        raise RuntimeError("a list was allowed to nobody")
    kinds = {RoomKind(room.kind) for room in rooms}
    under_review = who.state == review.state_code
    national = record.room(RoomKind.NATIONAL.value, review.state_code)
    own = under_review and national is not None and national.id in {room.id for room in rooms}
    changes = [kind.value for kind in (RoomKind.REVIEWERS, RoomKind.SHARED) if kind in kinds]
    changes += ["national"] if own else []
    changes += ["officer"] if role is Role.OFFICER else []
    side = Holder.OFFICER if role is Role.OFFICER else Holder.STATE if under_review else Holder.EXPERTS
    return Eyes(
        person=person.id,
        state=who.state,
        under_review=under_review,
        drafts=RoomKind.REVIEWERS in kinds,
        rooms=tuple(changes),
        turn=path.held_by(side) if role is not Role.OBSERVER else (),
        clears=role is Role.FOCAL_POINT,
        since=new_to(work, review.id),
        today=work.now.date(),
        national=national.id if own and national else None,
        predecessors=HandoverRecords(work.session).predecessors(who.appointment.id) if who.appointment else frozenset(),
    )


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around a list."""

    counts: dict[str, int]
    asks: bool
    exports: bool
    sets_clearance: bool
    clears: bool
    role: Role | None
    state: str | None
    eyes: Eyes


def frame_of(work: Work, record: ReviewRecord, views: DialogueViews) -> Frame:
    """Tell what stands around a list."""
    review, state = record.review, work.who.state
    reviewers = record.room(RoomKind.REVIEWERS.value)
    asks = work.allowed(Action.ASK_CLARIFICATION, Room, [reviewers]) if reviewers else []
    return Frame(
        counts=views.counts(),
        asks=bool(asks),
        exports=bool(work.allowed(Action.EXPORT_DIALOGUE, Review, [review])),
        sets_clearance=bool(work.allowed(Action.SET_CLEARANCE, Review, [review])),
        clears=work.clarifications.clears(review.id, state or ""),
        role=work.who.role,
        state=state,
        eyes=views.eyes,
    )


@dataclass(frozen=True, slots=True)
class Cut:
    """Which part of a list is on the page."""

    total: int
    page: int
    pages: int
    offset: int


def cut_of(total: int, page: int) -> Cut:
    """Choose the part of a list that a page shows."""
    pages = max(1, -(-total // LINES))
    shown = min(max(page, 1), pages)
    return Cut(total, shown, pages, (shown - 1) * LINES)


@dataclass(frozen=True, slots=True)
class Gathered:
    """The rows of a page, and what stands beside them."""

    rows: Sequence[Clarification]
    drafts: Sequence[tuple[Entry, bool]]  # and whether the reader may submit it
    routings: Sequence[tuple[UUID, UUID]]  # clarification, person
    batches: dict[UUID, int]
    people: dict[UUID, Person]


def gather(portal: Portal, caller: Caller, review_id: UUID, ids: Sequence[UUID]) -> Gathered:
    """Fetch the rows of a page whose ids are known, after what was looked for was opened: no act of its own."""
    with portal.work(caller) as work:
        record = work.file(review_id)
        if record is None:
            raise NotFound
        rooms = work.allowed(Action.LIST_ROOM, Room, record.rooms)
        views = DialogueViews(work.session, review_id, eyes(work, record, rooms))
        return _gather(work, rooms, views, views.some(ids))


def _gather(work: Work, rooms: Sequence[Room], views: DialogueViews, rows: Sequence[Clarification]) -> Gathered:
    seen = work.allowed(Action.VIEW_CLARIFICATION, Clarification, rows)
    ids = [row.id for row in seen]
    places = [room.id for room in rooms if room.kind in {RoomKind.NATIONAL, RoomKind.REVIEWERS}]
    drafts = work.allowed(Action.VIEW_ENTRY, Entry, work.clarifications.drafts(ids, places))
    sends = {one.id for one in work.allowed(Action.SUBMIT_ENTRY, Entry, drafts, target=RoomKind.SHARED)}
    routings = work.clarifications.routings(ids) if views.eyes.national else []
    batches = work.clarifications.batches([row.batch_id for row in seen if row.batch_id])
    return Gathered(
        rows=seen,
        drafts=[(draft, draft.id in sends) for draft in drafts],
        routings=[(routing.clarification_id, routing.person_id) for routing in routings],
        batches={id_: batch.number for id_, batch in batches.items()},
        people=dict(work.people.named(list({routing.person_id for routing in routings}))),
    )


def list_page(
    portal: Portal,
    permit: Permit,
    record: ReviewRecord,
    frame: Frame,
    gathered: Gathered,
    name: str,
    cut: Cut,
    found_in: int | None = None,
) -> ListPage:
    """Open what a page of a list shows."""
    rows = gathered.rows
    subjects = open_subjects(portal, permit, record, [(row.id, row.subject, row.draft_subject) for row in rows])
    names = {id_: name_of(portal, permit, person) for id_, person in gathered.people.items()}
    return ListPage(
        review=record.review.id,
        under_review=record.review.state_code,
        shown=name,
        counts=frame.counts,
        lines=tuple(_line(row, subjects[row.id], frame, gathered, names) for row in rows),
        total=cut.total,
        page=cut.page,
        pages=cut.pages,
        asks=frame.asks,
        exports=frame.exports,
        sets_clearance=frame.sets_clearance,
        clears=frame.clears,
        role=frame.role,
        found_in=found_in,
    )


def _line(row: Clarification, subject: Subject, frame: Frame, gathered: Gathered, names: dict[UUID, str]) -> Line:
    under = frame.eyes.under_review
    stage = path.shown(ClarificationStage(row.stage), passed=row.passed_at is not None, drafts=frame.eyes.drafts)
    whose = path.holder(stage)
    moments = {
        "reviewers": row.reviewers_room_at,
        "shared": row.shared_room_at,
        "national": row.national_room_at,
        "officer": row.officer_at,
    }
    since = frame.eyes.since
    changed = [moments[room] for room in frame.eyes.rooms]
    return Line(
        id=row.id,
        number=row.number,
        draft_number=row.draft_number,
        subject=subject,
        kind=ClarificationKind(row.kind),
        owner=row.owner,
        stage=stage,
        holder=whose,
        mine=path.is_mine(whose, frame.role, under_review=under, asks=frame.state == row.owner),
        due_on=row.due_on,
        overdue=path.is_overdue(stage, row.due_on, frame.eyes.today),
        fresh=since is not None and any(moment is not None and moment > since for moment in changed),
        batch=gathered.batches.get(row.batch_id) if row.batch_id else None,
        given_to=tuple(names[person] for id_, person in gathered.routings if id_ == row.id),
        drafts=tuple(
            DraftLine(draft.id, draft.edition, draft.owner, Clearance(draft.clearance), sends)
            for draft, sends in gathered.drafts
            if draft.clarification_id == row.id
        ),
    )
