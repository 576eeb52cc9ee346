"""What is done with a question as a whole, and beside it: merging, routing, closing, comments, calls, the end."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from portal.domain.clarifications import ClarificationStage, Part, RemarkKind
from portal.domain.ids import ReviewId
from portal.domain.roles import Role
from portal.errors import Conflict, Forbidden, Invalid, NotFound, PortalError
from portal.usecases import handling, register, remarks, submissions
from portal.usecases.threads import Thread, view_thread
from storage.dialogue import Routing
from tests import dialogue
from tests.cast import World, add_member
from tests.contents import steps


def thread(world: World, who: str, clarification: UUID) -> Thread:
    with world.request():
        return view_thread(world.portal, world.caller(who), clarification)


# --- merging, routing, closing


def merge(world: World, one: UUID, into: UUID, who: str = "expert_xbb") -> UUID:
    with world.request():
        return handling.merge(world.portal, world.caller(who), one, into)


def test_a_draft_goes_into_the_question_of_the_other_state(world: World) -> None:
    """GL 17."""
    mine, theirs = dialogue.draft_question(world), dialogue.draft_question(world, "expert_xcc")
    assert merge(world, mine.clarification, theirs.clarification) == theirs.clarification
    assert thread(world, "expert_xbb", mine.clarification).merged_into == theirs.clarification
    assert thread(world, "expert_xcc", theirs.clarification).also_asked == ("XBB",)
    dialogue.pass_on(world, dialogue.submit(world, theirs, "expert_xcc"))
    seen = thread(world, "focal_xaa", theirs.clarification)
    assert seen.also_asked == ()
    with pytest.raises(NotFound):
        thread(world, "focal_xaa", mine.clarification)
    with pytest.raises(Forbidden):
        dialogue.submit(world, mine)


def test_nothing_is_merged_that_is_foreign_submitted_or_itself(world: World) -> None:
    mine, theirs = dialogue.draft_question(world), dialogue.draft_question(world, "expert_xcc")
    foreign = dialogue.draft_question(world, "expert_xbb_other", file="xdd")
    sent = dialogue.draft_question(world)
    dialogue.submit(world, sent)
    cases: list[tuple[str, UUID, UUID, type[PortalError]]] = [
        ("expert_xbb", theirs.clarification, mine.clarification, Forbidden),
        ("expert_xbb", mine.clarification, mine.clarification, Conflict),
        ("expert_xbb", sent.clarification, mine.clarification, Conflict),
        ("focal_xbb", mine.clarification, foreign.clarification, Invalid),
        ("focal_xbb", foreign.clarification, mine.clarification, Invalid),
        ("expert_xbb", mine.clarification, uuid4(), Invalid),
        ("expert_xbb", uuid4(), mine.clarification, NotFound),
        ("officer", mine.clarification, theirs.clarification, Forbidden),
        ("focal_xaa", mine.clarification, theirs.clarification, NotFound),
    ]
    for who, one, into, refused in cases:
        with pytest.raises(refused):
            merge(world, one, into, who)
    assert dialogue.clarification(world, mine.clarification).stage == ClarificationStage.DRAFT


def route(world: World, one: UUID, *names: str, who: str = "focal_xaa") -> None:
    with world.request():
        people = [world.members[name].person for name in names]
        with world.portal.database.read() as session:
            now = session.scalars(select(Routing.person_id).where(Routing.ended_at.is_(None))).all()  # type: ignore[union-attr]
        handling.route(world.portal, world.caller(who), one, people, now)


def test_a_question_is_given_to_people_of_the_state_who_work_on_the_review(world: World) -> None:
    """ToR 17, GL 13."""
    add_member(world, "roster_xaa", Role.EXPERT, "XAA")
    one = dialogue.question(world)
    route(world, one, "expert_xaa", "focal_xaa")
    assert len(thread(world, "focal_xaa", one).given_to) == 2
    for who in ("expert_xbb", "officer", "observer_xcc"):
        seen = thread(world, who, one)
        assert (seen.given_to, seen.people) == ((), ())
    for stranger in ("expert_xbb", "roster_xaa", "officer", "focal_xdd"):
        with pytest.raises(Invalid, match="work on this review"):
            route(world, one, "expert_xaa", stranger)
    for who in ("expert_xaa", "focal_xbb", "officer"):
        with pytest.raises(Forbidden):
            route(world, one, "expert_xaa", who=who)
    route(world, one)
    assert thread(world, "focal_xaa", one).given_to == ()
    with world.portal.database.read() as session:
        assert all(row.ended_at for row in session.scalars(select(Routing)))


def close(world: World, one: UUID, who: str = "expert_xbb") -> None:
    with world.request():
        handling.close(world.portal, world.caller(who), one)


def test_a_question_is_closed_once_by_whoever_asked_it_or_the_officer(world: World) -> None:
    """GL 24."""
    one, other = dialogue.question(world), dialogue.question(world, "expert_xcc")
    for who in ("focal_xaa", "expert_xcc", "observer_xcc"):
        with pytest.raises(Forbidden):
            close(world, one, who)
    draft = dialogue.draft_answer(world, one)
    close(world, one)
    close(world, other, "officer")
    with pytest.raises(Conflict, match="closed already"):
        close(world, one)
    with pytest.raises(Conflict, match="nothing was added"):
        dialogue.submit(world, draft, "focal_xaa")
    with pytest.raises(Conflict, match="nothing was added"):
        dialogue.draft_answer(world, one, "expert_xbb", "More?", Part.QUESTION)
    with pytest.raises(Conflict, match="nothing was added"):
        route(world, one, "expert_xaa")


def test_nothing_is_closed_while_something_of_it_is_with_the_secretariat(world: World) -> None:
    saved = dialogue.draft_question(world)
    with pytest.raises(Forbidden):
        close(world, saved.clarification)
    sent = dialogue.submit(world, saved)
    dialogue.pass_on(world, sent)
    more = dialogue.draft_answer(world, saved.clarification, "expert_xcc", "More?", Part.QUESTION)
    followed = dialogue.submit(world, more, "expert_xcc")
    with pytest.raises(Conflict, match="stays open"):
        close(world, saved.clarification)
    dialogue.pass_on(world, followed)
    answer = dialogue.submit(world, dialogue.draft_answer(world, saved.clarification), "focal_xaa")
    with pytest.raises(Conflict, match="with the secretariat"):
        close(world, saved.clarification)
    dialogue.pass_on(world, answer)
    dialogue.submit(world, dialogue.correct(world, saved.clarification, answer, "expert_xaa"), "focal_xaa")
    close(world, saved.clarification)  # what the other side has put right isn't this one's to know


# --- comments and calls


def test_a_comment_is_read_by_those_of_its_room_alone(world: World) -> None:
    """GL 17, 18."""
    one = dialogue.question(world)
    rooms = world.files["xaa"].rooms
    people = ("focal_xaa", "expert_xaa", "focal_xbb", "expert_xbb", "expert_xcc", "observer_xcc", "officer")
    readers = {
        "national XAA": {"focal_xaa", "expert_xaa"},
        "national XBB": {"focal_xbb", "expert_xbb"},
        "reviewers": {"focal_xbb", "expert_xbb", "expert_xcc", "officer"},
        "shared": set(people),
        "secretariat": {"officer"},
    }
    for room, read_by in readers.items():
        text = f"A comment for {room}."
        for who in people:
            writes = who in read_by and who != "observer_xcc"
            with world.request():
                if writes:
                    remarks.comment(world.portal, world.caller(who), one, rooms[room], text)
                    continue
                with pytest.raises((NotFound, Forbidden)):
                    remarks.comment(world.portal, world.caller(who), one, rooms[room], text)
        for who in people:
            assert any(text == said.text for said in thread(world, who, one).comments) == (who in read_by), (room, who)


def test_no_comment_tells_all_parties_of_a_question_that_was_not_passed_on(world: World) -> None:
    saved = dialogue.draft_question(world)
    shared = world.files["xaa"].rooms["shared"]
    for who in ("expert_xbb", "officer"):
        assert shared not in {desk.id for desk in thread(world, who, saved.clarification).desks}
        with world.request(), pytest.raises(Conflict, match="would tell of it"):
            remarks.comment(world.portal, world.caller(who), saved.clarification, shared, "Look.")


def test_no_comment_stands_in_a_room_of_another_review(world: World) -> None:
    one = dialogue.question(world)
    for room in world.files["xdd"].rooms.values():
        with world.request(), pytest.raises(NotFound):
            remarks.comment(world.portal, world.caller("focal_xbb"), one, room, "Look.")
        review, caller = world.files["xaa"].review, world.caller("focal_xbb")
        with world.request(), pytest.raises(NotFound):
            remarks.log_contact(world.portal, caller, review, room, RemarkKind.CALL, None, "Look.")


def test_a_call_is_logged_after_it_was_held_and_read_by_those_of_its_room(world: World) -> None:
    """GL 18: calls and outside mails can be logged."""
    file, caller = world.files["xaa"], world.caller("expert_xbb")
    later = world.clock.now + timedelta(minutes=1)
    with world.request(), pytest.raises(Invalid, match="still to come"):
        remarks.log_contact(
            world.portal, caller, file.review, file.rooms["reviewers"], RemarkKind.CALL, later, "A call."
        )
    with world.request():
        remarks.log_contact(
            world.portal, caller, file.review, file.rooms["reviewers"], RemarkKind.CALL, None, "A call."
        )
    for who, seen in (("officer", 1), ("expert_xcc", 1), ("focal_xaa", 0), ("observer_xcc", 0)):
        with world.request():
            assert len(remarks.list_contacts(world.portal, world.caller(who), file.review).contacts) == seen, who


# --- the end of it


def test_nothing_is_said_in_a_closed_review(world: World) -> None:
    """(d) After the review the reviewing States' access ends."""
    one = dialogue.question(world)
    draft = dialogue.draft_answer(world, one)
    waiting = dialogue.submit(world, dialogue.draft_question(world))
    with world.request():
        register.close_review(world.portal, world.caller("registrar"), ReviewId(world.files["xaa"].review))
    acts = (
        lambda: dialogue.draft_question(world),
        lambda: dialogue.submit(world, draft, "focal_xaa"),
        lambda: dialogue.pass_on(world, waiting),
        lambda: close(world, one),
        lambda: thread(world, "expert_xbb", one),
        lambda: dialogue.draft_answer(world, one, "expert_xaa"),
    )
    for act in acts:
        with pytest.raises((Forbidden, NotFound)):
            act()
    assert thread(world, "focal_xaa", one).number == 1


def test_whose_access_ended_or_who_gave_no_undertaking_reads_and_says_nothing(world: World) -> None:
    """ToR 30, GL 5; access stops in the same minute."""
    one = dialogue.question(world)
    add_member(world, "former", Role.EXPERT, "XBB", ("xaa",), ends_at=world.clock.now + timedelta(minutes=1))
    add_member(world, "silent", Role.EXPERT, "XBB", ("xaa",), undertaken=())
    draft = dialogue.draft_question(world, "former")
    world.clock.forward(timedelta(minutes=1))
    for who in ("former", "silent"):
        for act in (
            lambda w=who: thread(world, w, one),
            lambda w=who: dialogue.draft_question(world, w),
            lambda w=who: dialogue.submit(world, draft, w),
        ):
            with pytest.raises(PortalError):
                act()
    dialogue.submit(world, draft, "expert_xbb")  # a State's drafts stay its own when somebody leaves


def test_each_question_of_a_batch_leaves_one_event(world: World) -> None:
    review, rooms = world.files["xaa"].review, world.files["xaa"].rooms
    drafts = [dialogue.draft_question(world), dialogue.draft_question(world)]
    with world.request():
        chosen = [(draft.entry, draft.edition) for draft in drafts]
        submissions.submit_batch(world.portal, world.caller("expert_xbb"), review, chosen)
    for room in ("reviewers", "shared"):
        assert [action for action, _, _ in steps(world, rooms[room])].count("submitEntry") == len(drafts)
