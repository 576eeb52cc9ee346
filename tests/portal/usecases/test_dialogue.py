"""The dialogue from draft to answer and back, and each refusal on the way (ToR 22-24, GL 16-24)."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from portal.domain.clarifications import ClarificationStage, Clearance, EntryStage, Holder, Part
from portal.errors import Conflict, Forbidden, Invalid, NotFound, PortalError
from portal.usecases import handling, questions, submissions
from portal.usecases.checks import check_records
from portal.usecases.clarifications import ListPage, list_clarifications
from portal.usecases.questions import Edited, Saved
from portal.usecases.threads import Thread, view_thread
from storage.dialogue import Batch
from storage.tables import Event
from tests import dialogue
from tests.cast import World
from tests.contents import steps


def thread(world: World, who: str, clarification: UUID) -> Thread:
    with world.request():
        return view_thread(world.portal, world.caller(who), clarification)


def listed(world: World, who: str, name: str = "all") -> ListPage:
    with world.request():
        return list_clarifications(world.portal, world.caller(who), world.files["xaa"].review, name, 1)


def clears(world: World, who: str = "focal_xbb", *, clears: bool = True) -> None:
    with world.request():
        questions.set_clearance(world.portal, world.caller(who), world.files["xaa"].review, clears=clears)


def clear(world: World, saved: Saved, who: str = "focal_xbb", seen: int | None = None) -> None:
    with world.request():
        questions.clear_draft(world.portal, world.caller(who), saved.entry, seen or saved.edition)


def save(world: World, saved: Saved, text: str, who: str = "expert_xbb", seen: int | None = None) -> Saved:
    with world.request():
        return questions.save_draft(world.portal, world.caller(who), saved.entry, seen or saved.edition, "en", text)


@contextmanager
def awake(world: World, by: timedelta) -> Iterator[None]:
    """Let time pass in which nobody's session ends."""
    usual = world.portal.settings
    world.portal.settings = replace(usual, session_idle_minutes=100_000, session_hours=10_000)
    world.clock.forward(by)
    yield
    world.portal.settings = usual


def events(world: World) -> int:
    with world.portal.database.read() as session:
        return len(session.scalars(select(Event.id).where(Event.phase == "act")).all())


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Do acts at the same time, each as a request of its own; what was refused is among the answers."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return act()
        except PortalError as error:
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_a_question_travels_to_the_state_under_review_and_its_answer_back(world: World) -> None:
    """GL 21-24: drafted, submitted, passed on, answered, passed on, followed up, answered, closed."""
    saved = dialogue.draft_question(world)
    one = saved.clarification
    assert thread(world, "expert_xcc", one).stage is ClarificationStage.DRAFT
    sent = dialogue.submit(world, saved)
    assert thread(world, "officer", one).stage is ClarificationStage.SUBMITTED
    with pytest.raises(NotFound):
        thread(world, "focal_xaa", one)
    dialogue.pass_on(world, sent)
    asked = thread(world, "expert_xaa", one)
    assert (asked.stage, asked.holder, asked.number, asked.mine) == (ClarificationStage.ASKED, Holder.STATE, 1, True)
    assert [entry.text for entry in asked.entries] == [dialogue.TEXT]
    assert asked.drafts == ()
    reply = dialogue.draft_answer(world, one)
    assert len(thread(world, "focal_xaa", one).drafts) == 1
    assert thread(world, "expert_xbb", one).drafts == ()
    answer = dialogue.submit(world, reply, "focal_xaa")
    assert thread(world, "officer", one).stage is ClarificationStage.REPLIED
    assert len(thread(world, "expert_xbb", one).entries) == 1
    dialogue.pass_on(world, answer)
    seen = thread(world, "observer_xcc", one)
    assert seen.stage is ClarificationStage.ANSWERED
    assert [entry.text for entry in seen.entries] == [dialogue.TEXT, "By up to ten years."]
    more = dialogue.draft_answer(world, one, "expert_xcc", "And attempts?", Part.QUESTION)
    followed = dialogue.submit(world, more, "expert_xcc")
    assert thread(world, "officer", one).stage is ClarificationStage.SUBMITTED
    assert thread(world, "focal_xaa", one).stage is ClarificationStage.ANSWERED
    dialogue.pass_on(world, followed)
    assert thread(world, "focal_xaa", one).stage is ClarificationStage.ASKED
    dialogue.answer(world, one, "By half of it.")
    with world.request():
        handling.close(world.portal, world.caller("expert_xbb"), one)
    assert {thread(world, who, one).stage for who in ("focal_xaa", "officer")} == {ClarificationStage.CLOSED}
    assert thread(world, "officer", one).number == 1
    assert check_records(world.portal).ok


@pytest.mark.parametrize(
    "who",
    [
        "expert_xbb_other",
        "roster_xcc",
        "stranger_xff",
        "focal_xdd",
        "officer_other",
        "registrar",
        "administrator",
        "translator",
    ],
)
def test_nobody_asks_in_a_review_that_is_not_theirs(world: World, who: str) -> None:
    """ToR 21: being on the roster opens nothing."""
    before = events(world)
    with pytest.raises(NotFound):
        dialogue.draft_question(world, who)
    assert events(world) == before


@pytest.mark.parametrize("who", ["focal_xaa", "expert_xaa", "observer_xcc", "officer"])
def test_who_is_in_the_file_and_does_not_ask_is_refused(world: World, who: str) -> None:
    """ToR 22: the reviewing States ask."""
    with pytest.raises(PortalError) as refused:
        dialogue.draft_question(world, who)
    assert isinstance(refused.value, Forbidden if who == "officer" else NotFound)


def test_what_was_not_passed_on_is_neither_seen_nor_answered_by_the_state_under_review(world: World) -> None:
    """GL 23."""
    saved = dialogue.draft_question(world)
    for stage in ("draft", "submitted"):
        for act in (lambda: dialogue.draft_answer(world, saved.clarification, "focal_xaa"),
                    lambda: thread(world, "expert_xaa", saved.clarification)):  # fmt: skip
            with pytest.raises(NotFound):
                act()
        if stage == "draft":
            dialogue.submit(world, saved)


def test_nothing_follows_a_question_before_it_was_passed_on(world: World) -> None:
    """GL 23: else a second draft would change what the first one asks, past whoever cleared it."""
    saved = dialogue.draft_question(world)
    for who in ("expert_xcc", "expert_xbb"):
        with pytest.raises(Conflict, match="nothing can follow"):
            dialogue.draft_answer(world, saved.clarification, who, "", Part.QUESTION)
    dialogue.submit(world, saved)
    with pytest.raises(Conflict, match="nothing can follow"):
        dialogue.draft_answer(world, saved.clarification, "expert_xcc", "", Part.QUESTION)


# --- clearing


def test_the_focal_point_clears_and_a_change_takes_the_clearance_away(world: World) -> None:
    """(d) Each reviewing State decides whether its focal point clears its questions."""
    clears(world)
    saved = dialogue.draft_question(world)
    with pytest.raises(Forbidden):
        dialogue.submit(world, saved)
    with world.request():
        questions.ask_for_clearance(world.portal, world.caller("expert_xbb"), saved.entry, 1)
    assert [line.id for line in listed(world, "focal_xbb", "mine").lines] == [saved.clarification]
    clear(world, saved)
    assert dialogue.entry(world, saved.entry).clearance == Clearance.GIVEN
    changed = save(world, saved, "Another text.")
    row = dialogue.entry(world, saved.entry)
    assert (row.clearance, row.cleared_by, row.cleared_at) == (Clearance.NONE, None, None)
    with pytest.raises(Forbidden):
        dialogue.submit(world, changed)
    with pytest.raises(Conflict, match="Somebody saved"):
        clear(world, changed, seen=1)
    clear(world, changed)
    dialogue.submit(world, changed)


def test_the_setting_of_one_state_is_nothing_to_the_other(world: World) -> None:
    clears(world, "focal_xcc")
    dialogue.submit(world, dialogue.draft_question(world))
    with pytest.raises(Forbidden):
        dialogue.submit(world, dialogue.draft_question(world, "expert_xcc"), "expert_xcc")


@pytest.mark.parametrize("who", ["expert_xbb", "expert_xcc", "focal_xcc", "officer"])
def test_who_does_not_speak_for_the_state_that_asks_clears_nothing(world: World, who: str) -> None:
    clears(world)
    saved = dialogue.draft_question(world)
    with pytest.raises(Forbidden):
        clear(world, saved, who)
    with pytest.raises(NotFound):
        clear(world, saved, "focal_xaa")
    assert dialogue.entry(world, saved.entry).clearance == Clearance.NONE


@pytest.mark.parametrize("who", ["focal_xaa", "expert_xbb", "officer"])
def test_who_speaks_for_no_reviewing_state_sets_no_clearance(world: World, who: str) -> None:
    with pytest.raises(Forbidden):
        clears(world, who)


def test_a_draft_is_cleared_once(world: World) -> None:
    saved = dialogue.draft_question(world)
    clear(world, saved)
    with pytest.raises(Conflict, match="cleared already"):
        clear(world, saved)
    other = dialogue.draft_question(world)
    answers = at_once(*[lambda: clear(world, other)] * 2)
    assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "NoneType"]


# --- saving


def test_who_saves_second_is_told_and_overwrites_nothing(world: World) -> None:
    saved = dialogue.draft_question(world)
    answers = at_once(*[lambda: save(world, saved, "One.", seen=1)] * 2)
    assert sorted(type(answer).__name__ for answer in answers) == ["Edited", "Saved"]
    with pytest.raises(Edited):
        save(world, saved, "Late.", seen=1)
    assert thread(world, "expert_xbb", saved.clarification).drafts[0].text == "One."
    assert dialogue.entry(world, saved.entry).edition == 2


@pytest.mark.parametrize("who", ["expert_xcc", "focal_xcc", "officer"])
def test_who_sees_a_draft_of_another_state_does_not_write_in_it(world: World, who: str) -> None:
    """GL 17."""
    saved = dialogue.draft_question(world)
    for act in (
        lambda: save(world, saved, "Mine.", who),
        lambda: dialogue.submit(world, saved, who),
        lambda: questions.discard_draft(world.portal, world.caller(who), saved.entry),
    ):
        with world.request(), pytest.raises(Forbidden):
            act()


def test_what_was_discarded_is_gone_for_everybody_and_its_number_stays_taken(world: World) -> None:
    saved = dialogue.draft_question(world)
    with world.request():
        questions.discard_draft(world.portal, world.caller("expert_xbb"), saved.entry)
    assert dialogue.clarification(world, saved.clarification).stage == ClarificationStage.DISCARDED
    assert listed(world, "expert_xbb").lines == ()
    for act in (lambda: save(world, saved, "Again."), lambda: dialogue.submit(world, saved)):
        with pytest.raises(Forbidden):
            act()
    other = dialogue.draft_question(world)
    assert dialogue.clarification(world, other.clarification).draft_number == 2


# --- submitting and passing on


def test_a_draft_is_submitted_once(world: World) -> None:
    saved = dialogue.draft_question(world)

    def send() -> UUID:
        with world.request():
            return submissions.submit_entry(world.portal, world.caller("expert_xbb"), saved.entry, saved.edition)

    answers = at_once(send, send)
    assert sum(isinstance(answer, UUID) for answer in answers) == 1
    assert sum(isinstance(answer, Conflict | Forbidden) for answer in answers) == 1
    assert len(thread(world, "officer", saved.clarification).entries) == 1
    with pytest.raises(Forbidden):
        send()


def test_what_is_sent_is_what_the_sender_saw(world: World) -> None:
    saved = dialogue.draft_question(world)
    save(world, saved, "Another text.")
    with pytest.raises(Conflict, match="Read it again"):
        dialogue.submit(world, saved)
    assert dialogue.entry(world, saved.entry).stage == EntryStage.DRAFT


def test_a_draft_in_which_nothing_is_written_is_not_sent(world: World) -> None:
    one = dialogue.question(world)
    empty = dialogue.draft_answer(world, one, "expert_xbb", "", Part.QUESTION)
    with pytest.raises(Invalid, match="Nothing is written"):
        dialogue.submit(world, empty)


def test_a_text_is_passed_on_once(world: World) -> None:
    sent = dialogue.submit(world, dialogue.draft_question(world))
    answers = at_once(*[lambda: dialogue.pass_on(world, sent)] * 2)
    assert sorted(type(answer).__name__ for answer in answers) == ["Forbidden", "NoneType"]
    with pytest.raises(Forbidden):
        dialogue.pass_on(world, sent)


@pytest.mark.parametrize("who", ["focal_xbb", "expert_xbb"])
def test_who_asks_does_not_pass_on(world: World, who: str) -> None:
    sent = dialogue.submit(world, dialogue.draft_question(world))
    with pytest.raises(Forbidden):
        dialogue.pass_on(world, sent, who)


def test_no_answer_is_due_before_today(world: World) -> None:
    sent = dialogue.submit(world, dialogue.draft_question(world))
    today = world.clock.now.date()
    with world.request(), pytest.raises(Invalid, match="before today"):
        submissions.pass_on(world.portal, world.caller("officer"), sent, today - timedelta(days=1))
    with world.request():
        row = submissions.pass_on(world.portal, world.caller("officer"), sent, today)
    assert not thread(world, "focal_xaa", row).overdue
    with awake(world, timedelta(days=1)):
        assert thread(world, "focal_xaa", row).overdue
        assert listed(world, "expert_xbb", "overdue").total == 1


@pytest.mark.parametrize("who", ["expert_xaa", "expert_xbb", "officer"])
def test_only_the_focal_point_of_the_state_under_review_sends_its_answer(world: World, who: str) -> None:
    """ToR 17."""
    saved = dialogue.draft_answer(world, dialogue.question(world))
    with pytest.raises(Forbidden if who == "expert_xaa" else NotFound):
        dialogue.submit(world, saved, who)


def batch(world: World, *chosen: tuple[UUID, int], who: str = "expert_xbb", file: str = "xaa") -> int:
    with world.request():
        return submissions.submit_batch(world.portal, world.caller(who), world.files[file].review, chosen)


def test_a_batch_is_submitted_as_one_or_not_at_all(world: World) -> None:
    """GL 21: the outcome of the desk review."""
    drafts = [dialogue.draft_question(world) for _ in range(3)]
    chosen = [(draft.entry, draft.edition) for draft in drafts]
    save(world, drafts[1], "Another text.")
    with pytest.raises(Conflict):
        batch(world, *chosen)
    stages = {dialogue.clarification(world, draft.clarification).stage for draft in drafts}
    assert stages == {ClarificationStage.DRAFT}
    with world.portal.database.read() as session:
        assert session.scalars(select(Batch)).all() == []
    chosen[1] = (chosen[1][0], 2)
    assert batch(world, *chosen) == 1
    assert {line.batch for line in listed(world, "officer").lines} == {1}
    later = dialogue.draft_question(world)
    assert batch(world, (later.entry, 1)) == 2
    theirs = dialogue.draft_question(world, "expert_xcc")
    assert batch(world, (theirs.entry, 1), who="expert_xcc") == 1
    with pytest.raises(Invalid, match="Choose at least one"):
        batch(world)


def test_a_batch_takes_no_answer_no_text_of_another_state_and_none_of_another_review(world: World) -> None:
    mine = dialogue.draft_question(world)
    theirs = dialogue.draft_question(world, "expert_xcc")
    foreign = dialogue.draft_question(world, "expert_xbb_other", file="xdd")
    one = dialogue.question(world)
    reply = dialogue.draft_answer(world, one)
    for who, wrong, refused in (
        ("expert_xbb", theirs, Forbidden),
        ("expert_xbb", foreign, NotFound),
        ("focal_xbb", foreign, NotFound),
        ("expert_xbb", reply, NotFound),
        ("focal_xaa", reply, NotFound),
    ):
        before = dialogue.entry(world, mine.entry).stage
        chosen = ((mine.entry, 1), (wrong.entry, 1)) if who != "focal_xaa" else ((wrong.entry, 1),)
        with pytest.raises(refused):
            batch(world, *chosen, who=who)
        assert dialogue.entry(world, mine.entry).stage == before == EntryStage.DRAFT
        assert dialogue.entry(world, wrong.entry).stage == EntryStage.DRAFT
    with pytest.raises(NotFound):
        batch(world, (uuid4(), 1))


def test_each_act_leaves_its_event_where_its_side_reads_it(world: World) -> None:
    rooms = world.files["xaa"].rooms
    saved = dialogue.draft_question(world)
    dialogue.pass_on(world, dialogue.submit(world, saved))
    dialogue.draft_answer(world, saved.clarification)
    acts = {name: [action for action, _, _ in steps(world, room)] for name, room in rooms.items()}
    assert acts["reviewers"] == ["askClarification", "viewEntry", "viewEntry", "submitEntry"]
    assert acts["shared"] == ["submitEntry", "passOnEntry"]
    assert acts["national XAA"] == ["draftEntry"]
