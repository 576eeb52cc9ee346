"""Somebody's desk: what they are to do, by when and for which review; what changed; who waits for them.

Nothing sealed is opened for it: questions stand by their numbers, steps by the words of the timetable, notices by their
kinds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import PortalFacts
from portal.domain import clarifications as path
from portal.domain.clarifications import ClarificationStage, Clearance
from portal.domain.duties import Duty, by_day, duty
from portal.domain.reviews import RoomKind
from portal.domain.roles import Role
from portal.domain.schedules import StepDesk
from portal.usecases.account_notices import find_events
from portal.usecases.clarifications import eyes
from portal.usecases.granted import GrantedLine, granted_to
from portal.usecases.handover_sheets import HandedOver, handed_to
from portal.usecases.notices import NoticeLine, newest_notices
from portal.usecases.schedules import DueStep, due
from portal.usecases.waiting import Waiting, waiting
from portal.work import Portal, Work
from storage.dialogue import Clarification, Entry
from storage.reports import Manifest
from storage.repositories.dialogue_views import DialogueViews
from storage.repositories.reviews import ReviewRecord
from storage.tables import Review, Room

MOST: Final = 20  # of one review; the lists of its clarifications hold all
NEWEST: Final = 5


@dataclass(frozen=True, slots=True)
class Question:
    """A clarification that waits for the reader or their side."""

    id: UUID
    review: UUID
    state: str  # under review
    number: int | None
    draft_number: int
    duty: Duty
    due_on: date | None
    overdue: bool
    own: bool  # it waits for the reader, not just for their side
    waits: str | None  # the State that waits for it; None: nobody yet


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a schedule that is on the reader's desk."""

    review: UUID
    state: str
    step: DueStep


@dataclass(frozen=True, slots=True)
class File:
    """A review, and how much in it is new or waits."""

    review: UUID
    state: str
    pledged: bool
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class DeskPage:
    """What is on somebody's desk."""

    role: Role | None
    questions: tuple[Question, ...]
    reports: tuple[tuple[UUID, str], ...]  # to which their State is to say yes or no: review, State under review
    steps: tuple[Step, ...]
    files: tuple[File, ...]
    texts: int  # that a translator has to translate
    notices: tuple[NoticeLine, ...]
    handovers: tuple[HandedOver, ...]  # to the reader, a short while ago
    accounts: int  # of which they were told something that they haven't seen
    others: tuple[Waiting, ...]  # that wait beside these
    readings: tuple[GrantedLine, ...]  # what other States let them read
    today: date

    @property
    def waiting(self) -> tuple[tuple[str, int], ...]:
        """Tell which States wait for the reader, and for how much."""
        counts: dict[str, int] = {}
        for question in self.questions:
            if question.waits is not None:
                counts[question.waits] = counts.get(question.waits, 0) + 1
        return tuple(counts.items())


def view_desk(portal: Portal, caller: Caller) -> DeskPage:
    """Show what is on somebody's desk.

    Raises:
        NotFound: They act under no appointment.

    """
    with portal.work(caller) as work:
        work.require_on(Action.LIST_NOTICES, PortalFacts())
        # whoever finds every record, as the register's keeper does, works on none of the files
        found = () if work.who.reach.everything else work.reviews.all()
        records = {record.review.id: record for record in found}
        mine = work.allowed(Action.VIEW_REVIEW, Review, [record.review for record in records.values()])
        open_ = [review for review in mine if review.closed_at is None]
        follows = work.allowed(Action.LIST_CLARIFICATIONS, Review, open_)
        questions: list[Question] = []
        counts: dict[UUID, dict[str, int]] = {}
        for review in follows:
            asked, counts[review.id] = _questions(work, records[review.id])
            questions += asked
        proposed = [one for review in open_ if (one := records[review.id].manifest) is not None]
        answerable = {one.review_id for one in work.allowed(Action.AGREE_MANIFEST, Manifest, proposed)}
        steps = _steps(work, [records[review.id] for review in open_])
        person = work.who.person
        texts = 0
        if work.who.role is Role.TRANSLATOR and person is not None:
            texts = len(work.clarifications.tasks_of(person.id)) + len(work.documents.tasks_of(person.id))
        return DeskPage(
            role=work.who.role,
            questions=tuple(sorted(questions, key=lambda one: (not one.own, by_day(one.due_on)))),
            reports=tuple((review.id, review.state_code) for review in open_ if review.id in answerable),
            steps=tuple(sorted(steps, key=lambda one: by_day(one.step.date))),
            files=tuple(
                File(review.id, review.state_code, review.id in counts, counts.get(review.id, {})) for review in open_
            ),
            texts=texts,
            notices=newest_notices(work, NEWEST),
            handovers=handed_to(work),
            accounts=sum(one.row.seen_at is None for one in find_events(work)),
            others=waiting(work, {review.id: records[review.id] for review in open_}),
            readings=granted_to(work) if work.who.state is not None else (),
            today=work.now.date(),
        )


def _questions(work: Work, record: ReviewRecord) -> tuple[list[Question], dict[str, int]]:
    rooms = work.allowed(Action.LIST_ROOM, Room, record.rooms)
    views = DialogueViews(work.session, record.review.id, eyes(work, record, rooms))
    counts = views.counts()
    own = list(views.page("mine", MOST, 0)) if counts["mine"] else []
    ours = list(views.page("turn", MOST, 0)) if counts["turn"] else []
    rows = {row.id: row for row in (*own, *ours)}
    seen = work.allowed(Action.VIEW_CLARIFICATION, Clarification, list(rows.values()))
    return _lines(work, record, rooms, seen, {row.id for row in own}), counts


def _lines(
    work: Work, record: ReviewRecord, rooms: Sequence[Room], rows: Sequence[Clarification], own: set[UUID]
) -> list[Question]:
    role, today, lines = work.who.role, work.now.date(), []
    under = work.who.state == record.review.state_code
    clearances = _clearances(work, rooms, rows)
    routed = work.clarifications.routings([row.id for row in rows]) if under and rows else ()
    given = {one.clarification_id for one in routed}
    for row in rows:
        stage = path.shown(ClarificationStage(row.stage), passed=row.passed_at is not None, drafts=not under)
        what = duty(stage, role, clearances.get(row.id, Clearance.NONE), given=row.id in given)
        if what is None:
            continue
        lines.append(
            Question(
                id=row.id,
                review=row.review_id,
                state=record.review.state_code,
                number=row.number,
                draft_number=row.draft_number,
                duty=what,
                due_on=row.due_on,
                overdue=row.due_on is not None and row.due_on < today,
                own=row.id in own and what is not Duty.AWAIT_CLEARANCE,
                waits=_waits(what, row, record),
            )
        )
    return lines


def _clearances(work: Work, rooms: Sequence[Room], rows: Sequence[Clarification]) -> dict[UUID, Clearance]:
    """Tell how far the clearance is of the drafts of the reader's State, by clarification."""
    places = [room.id for room in rooms if room.kind in {RoomKind.NATIONAL, RoomKind.REVIEWERS}]
    drafts = work.clarifications.drafts([row.id for row in rows], places) if rows else ()
    seen = work.allowed(Action.VIEW_ENTRY, Entry, [one for one in drafts if one.owner == work.who.state])
    return {one.clarification_id: Clearance(one.clearance) for one in seen}


def _waits(what: Duty, row: Clarification, record: ReviewRecord) -> str | None:
    match what:
        case Duty.SUBMIT | Duty.SUBMIT_CLEARED | Duty.CLEAR_QUESTION:
            return None
        case Duty.AWAIT_CLEARANCE if row.stage == ClarificationStage.DRAFT:
            return None
        case Duty.CLOSE:
            return record.review.state_code
        case _:
            return row.owner


def _steps(work: Work, records: Sequence[ReviewRecord]) -> list[Step]:
    found = due(work, [record.review.id for record in records])
    return [
        Step(record.review.id, record.review.state_code, step)
        for record in records
        for step in found.get(record.review.id, [])
        if step.current and _on_desk(work, record, step.desk)
    ]


def _on_desk(work: Work, record: ReviewRecord, desk: StepDesk) -> bool:
    role, under = work.who.role, work.who.state == record.review.state_code
    works = role in {Role.FOCAL_POINT, Role.EXPERT}
    match desk:
        case StepDesk.STATE:
            return works and under
        case StepDesk.EXPERTS:
            return works and not under
        case StepDesk.OFFICER:
            return role is Role.OFFICER
        case StepDesk.BOTH:
            return works
        case StepDesk.ALL:
            return works or role is Role.OFFICER
