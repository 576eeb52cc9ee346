"""A long dialogue beside a short one: the list of its questions, and finding a word in all that was said."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import col, select

from portal.access.actions import Action
from portal.usecases import findings
from portal.usecases.subjects import Subject, seal_entry, seal_remark, seal_subject
from portal.work import Work
from storage.dialogue import Clarification, Entry, Remark
from storage.fields import Place
from storage.permits import Permit, Scope, room_scope
from storage.tables import Room
from tests.bench.filled import build
from tests.bench.measure import Figure, speed_ratio
from tests.bench.running import TURNS, pages, served
from tests.bench.wire import Wire
from tests.cast import World

FEW, MANY, COMMENTS = 50, 1_000, 10_000
STEP = 250  # rows written in one transaction
WORDS = "The law of 2009 punishes participation in an organized criminal group by up to ten years of imprisonment. " * 4
WANTED = "zanzibar"  # stands in one of the comments
PERSON = "focal_xbb"  # who reads both reviews


def figures(folder: Path) -> list[Figure]:
    world = build(folder)
    fill(world, "xdd", FEW, 0)
    fill(world, "xaa", MANY, COMMENTS)
    long, short = (f"/reviews/{world.files[key].review}/clarifications?list=all" for key in ("xaa", "xdd"))
    seconds, ratio = find(world)
    token = world.members[PERSON].token
    world.portal.database.close()
    plan = {"token": token, "page": long, "file": "", "folder": str(folder)}
    with served(folder, plan) as port:
        wire = Wire(port, token)
        return [
            Figure(
                "list of 1,000 clarifications with 10,000 comments",
                speed_ratio(pages(wire, long), pages(wire, short), TURNS),
                0.6,
                "ratio",
                "the list of a review with 50",
            ),
            Figure(
                "finding a word in that review",
                ratio,
                2,
                "times",
                "fetching and opening the same rows",
                at_most=True,
            ),
            Figure("finding a word in that review", seconds, 0.3, "seconds", "none", at_most=True),
        ]


def fill(world: World, key: str, questions: int, comments: int) -> None:
    """Write a dialogue as it lies in the database, without the acts that lead there."""
    made: list[UUID] = []
    for begin in range(0, questions, STEP):
        with world.request(), world.portal.work(world.caller(PERSON)) as work:
            permit, shared, reviewers = _rooms(work, world, key)
            person, numbers = world.members[PERSON].person, range(begin, min(begin + STEP, questions))
            made += [_question(work, permit, shared, reviewers, number, person) for number in numbers]
    for begin in range(0, comments, STEP):
        with world.request(), world.portal.work(world.caller(PERSON)) as work:
            permit, shared, _ = _rooms(work, world, key)
            for number in range(begin, begin + STEP):
                text = (
                    f"{WANTED if number == comments // 2 else 'Compare'} with article {number % 40 + 1}. {WORDS[:200]}"
                )
                _comment(work, permit, shared, made[number % questions], text, world.members[PERSON].person)


def _rooms(work: Work, world: World, key: str) -> tuple[Permit, Room, Room]:
    record = work.file(world.files[key].review)
    assert record is not None
    shared, reviewers = record.room("shared"), record.room("reviewers")
    assert shared is not None
    assert reviewers is not None
    _, _, permit = work.require_rooms(Action.ADD_REMARK, Room, shared, Action.LIST_ROOM)
    return permit, shared, reviewers


def _question(work: Work, permit: Permit, shared: Room, reviewers: Room, number: int, person: UUID) -> UUID:
    id_, now = uuid4(), work.now
    scope, drafts = room_scope(shared.review_id, shared.id), room_scope(shared.review_id, reviewers.id)
    said = Subject(f"UNTOC {number % 40 + 1}", f"Question {number} on penalties")
    row = Clarification(
        id=id_,
        review_id=shared.review_id,
        draft_number=number + 1,
        number=number + 1,
        owner=str(work.who.state),
        kind="clarification",
        stage="answered" if number % 2 else "asked",
        draft_subject=seal_subject(work, permit, drafts, id_, said, draft=True),
        subject=seal_subject(work, permit, scope, id_, said, draft=False),
        created_by=person,
        created_at=now,
        submitted_at=now,
        passed_at=now,
        shared_room_at=now,
        reviewers_room_at=now,
    )
    work.clarifications.add(row)
    for part in ("question", "answer")[: 1 + number % 2]:
        entry_id = uuid4()
        work.clarifications.add(
            Entry(
                id=entry_id,
                review_id=shared.review_id,
                room_id=shared.id,
                clarification_id=id_,
                part=part,
                owner=str(work.who.state),
                language="en",
                stage="circulated",
                text=seal_entry(work, permit, scope, entry_id, WORDS),
                edited_by=person,
                edited_at=now,
                created_by=person,
                created_at=now,
                circulated_by=person,
                circulated_at=now,
            )
        )
    return id_


def _comment(work: Work, permit: Permit, room: Room, beside: UUID, text: str, person: UUID) -> None:
    id_ = uuid4()
    work.clarifications.add(
        Remark(
            id=id_,
            review_id=room.review_id,
            room_id=room.id,
            clarification_id=beside,
            kind="comment",
            owner=str(work.who.state),
            text=seal_remark(work, permit, room_scope(room.review_id, room.id), id_, text),
            held_at=work.now,
            created_by=person,
            created_at=work.now,
        )
    )


def find(world: World) -> tuple[float, float]:
    """Measure finding a word: its seconds, and how many times the fetching and opening of the same rows."""
    review = world.files["xaa"].review

    def look() -> None:
        with world.request():
            page = findings.find(world.portal, world.caller(PERSON), review, WANTED, 1)
            assert page.total == 1

    spent = []
    for _ in range(TURNS):
        begun = perf_counter()
        look()
        spent.append(perf_counter() - begun)
    return sorted(spent)[TURNS // 2], 1 / speed_ratio(look, lambda: _open_all(world, review), TURNS)


def _open_all(world: World, review: UUID) -> None:
    """Fetch and open the rows, and nothing else."""
    with world.request():
        with world.portal.work(world.caller(PERSON)) as work:
            permit, shared, _ = _rooms(work, world, "xaa")
            texts = work.session.execute(
                select(col(Entry.id), col(Entry.text)).where(col(Entry.review_id) == review)
            ).all()
            remarks = work.session.execute(
                select(col(Remark.id), col(Remark.text)).where(col(Remark.review_id) == review)
            ).all()
            subjects = work.session.execute(
                select(col(Clarification.id), col(Clarification.subject)).where(col(Clarification.review_id) == review)
            ).all()
        scope = room_scope(review, shared.id)
        for place, rows in (("entry/text", texts), ("remark/text", remarks), ("clarification/subject", subjects)):
            for text in _opened(world, permit, scope, place, rows):
                assert text is not None


def _opened(world: World, permit: Permit, scope: Scope, place: str, rows: Sequence[Any]) -> Iterator[str]:
    table, column = place.split("/")
    sealed = [(Place(table, column, row[0]), row[1]) for row in rows]
    return (text.decode() for text in world.portal.keyring.open_many(permit, scope, sealed))
