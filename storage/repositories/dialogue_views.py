"""Which clarifications a list shows: counted and paged by the database, without opening anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, case, exists, false, func, or_, select, true
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.dialogue import Clarification, Entry, Remark, Routing
from storage.repositories.clarifications import in_order

UNANSWERED = ("asked", "replied")
OVER = ("merged", "discarded", "closed")
NEVER = ("merged", "discarded")


@dataclass(frozen=True, slots=True)
class Eyes:
    """For whom a list is, as far as the database has to know.

    Args:
        person: Who reads.
        state: The State that they act for; None: the officer.
        drafts: They see questions that were not passed on.
        rooms: The kinds of rooms in which things change for them: "reviewers", "shared", "national", "officer".
        turn: The stages in which it is their side's turn.
        clears: They clear what their State's experts draft.
        since: What changed later is new to them.
        today: What was due before is overdue.
        predecessors: The people whose work was handed over to them: their drafts wait for this person.

    """

    person: UUID
    state: str | None
    under_review: bool
    drafts: bool
    rooms: tuple[str, ...]
    turn: tuple[str, ...]
    clears: bool
    since: datetime | None
    today: date
    national: UUID | None  # the room in which they draft answers
    predecessors: frozenset[UUID] = frozenset()


class DialogueViews:
    """The lists of one review's clarifications for one reader, seen through one transaction."""

    def __init__(self, session: Session, review_id: UUID, eyes: Eyes) -> None:
        self._session = session
        self._review = review_id
        self.eyes = eyes

    def counts(self) -> dict[str, int]:
        """Count each list: one question."""
        sums = [func.sum(case((condition, 1), else_=0)) for condition in self._lists().values()]
        row = self._session.execute(select(*sums).where(self._visible())).one()
        return {name: int(count or 0) for name, count in zip(self._lists(), row, strict=True)}

    def page(self, name: str, limit: int, offset: int) -> Sequence[Clarification]:
        """Give a part of a list, by number."""
        question = select(Clarification).where(self._visible(), self._lists().get(name, false()))
        question = question.order_by(*in_order()).limit(limit).offset(offset)
        return self._session.scalars(question).all()

    def subjects(self) -> Sequence[Row[UUID, bytes | None, bytes]]:
        """Give what is sealed of the subjects of all that the reader may see: id, subject, that of the draft."""
        question = select(col(Clarification.id), col(Clarification.subject), col(Clarification.draft_subject)).where(
            self._visible(), self._lists()["all"]
        )
        return self._session.execute(question.order_by(*in_order())).all()

    def some(self, ids: Sequence[UUID]) -> Sequence[Clarification]:
        """Give these clarifications, in this order."""
        found = self._session.scalars(select(Clarification).where(self._visible(), col(Clarification.id).in_(ids)))
        rows = {row.id: row for row in found}
        return [rows[id_] for id_ in ids if id_ in rows]

    def texts(self, room_ids: Sequence[UUID]) -> Sequence[Row[UUID, UUID, UUID, str, str, bytes]]:
        """Give what is sealed of the entries in rooms: id, clarification, room, stage, owner, text."""
        question = select(
            col(Entry.id),
            col(Entry.clarification_id),
            col(Entry.room_id),
            col(Entry.stage),
            col(Entry.owner),
            col(Entry.text),
        ).where(col(Entry.review_id) == self._review, col(Entry.room_id).in_(room_ids), col(Entry.stage) != "discarded")
        return self._session.execute(question).all()

    def remarks(self, room_ids: Sequence[UUID]) -> Sequence[Row[UUID, UUID | None, UUID, bytes]]:
        """Give what is sealed of the remarks beside clarifications in rooms: id, clarification, room, text."""
        question = select(col(Remark.id), col(Remark.clarification_id), col(Remark.room_id), col(Remark.text)).where(
            col(Remark.review_id) == self._review,
            col(Remark.room_id).in_(room_ids),
            col(Remark.clarification_id).is_not(None),
        )
        return self._session.execute(question).all()

    def _visible(self) -> ColumnElement[bool]:
        passed = true() if self.eyes.drafts else col(Clarification.passed_at).is_not(None)
        return and_(col(Clarification.review_id) == self._review, passed)

    def _lists(self) -> Mapping[str, ColumnElement[bool]]:
        eyes, stage = self.eyes, col(Clarification.stage)
        turn: ColumnElement[bool] = stage.in_(eyes.turn)
        if eyes.state is not None and not eyes.under_review:
            turn = and_(turn, col(Clarification.owner) == eyes.state)
        since = eyes.since
        return {
            "all": stage.not_in(NEVER),
            "turn": turn,
            "mine": self._mine(),
            "others": and_(stage.not_in(OVER), ~turn),
            "unanswered": stage.in_(UNANSWERED),
            "overdue": and_(stage == "asked", col(Clarification.due_on) < eyes.today),
            "new": and_(stage.not_in(NEVER), self._changed(since)) if since is not None else false(),
            "closed": stage == "closed",
        }

    def _mine(self) -> ColumnElement[bool]:
        """Tell what waits for this person and not just for their side."""
        eyes = self.eyes
        drafts = and_(
            col(Entry.clarification_id) == col(Clarification.id),
            col(Entry.stage) == "draft",
            col(Entry.owner) == (eyes.state or ""),
        )
        written = exists().where(drafts, col(Entry.created_by).in_({eyes.person, *eyes.predecessors}))
        routed = exists().where(
            col(Routing.clarification_id) == col(Clarification.id),
            col(Routing.person_id) == eyes.person,
            col(Routing.ended_at).is_(None),
        )
        waits = exists().where(drafts, col(Entry.clearance) == "asked") if eyes.clears else false()
        unrouted: ColumnElement[bool] = false()
        if eyes.clears and eyes.under_review:
            given = exists().where(
                col(Routing.clarification_id) == col(Clarification.id), col(Routing.ended_at).is_(None)
            )
            unrouted = and_(col(Clarification.stage) == "asked", ~given)
        officer = col(Clarification.stage).in_(eyes.turn) if eyes.state is None else false()
        routed_open = and_(routed, col(Clarification.stage) == "asked")
        return and_(col(Clarification.stage).not_in(OVER), or_(written, routed_open, waits, unrouted, officer))

    def _changed(self, since: datetime) -> ColumnElement[bool]:
        """Tell whether something changed later in a room that the reader sees."""
        columns = {
            "reviewers": col(Clarification.reviewers_room_at),
            "shared": col(Clarification.shared_room_at),
            "national": col(Clarification.national_room_at),
            "officer": col(Clarification.officer_at),
        }
        return or_(false(), *(columns[room] > since for room in self.eyes.rooms))
