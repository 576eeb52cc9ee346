"""Somebody's desk: what they are to do, by when, what changed, and who waits."""

import re

import pytest

from portal.usecases.questions import Saved, ask_for_clearance
from tests import breaches, dialogue, granting, reports
from tests.cast import World
from tests.filing import made, move, press, put
from tests.web_client import browser


def desk(world: World, who: str) -> str:
    answer = browser(world, who).get("/work")
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text.partition("<main")[2].partition("</main")[0]))


def ready(world: World, who: str, saved: Saved) -> None:
    with world.request():
        ask_for_clearance(world.portal, world.caller(who), saved.entry, saved.edition)


@pytest.mark.parametrize(
    "who", ["focal_xaa", "expert_xbb", "officer", "observer_xcc", "registrar", "administrator", "translator"]
)
def test_everybody_has_a_desk(world: World, who: str) -> None:
    assert "Nothing waits for you" in desk(world, who)


def test_a_draft_waits_for_its_author_and_for_the_focal_point_who_clears(world: World) -> None:
    saved = dialogue.draft_question(world)
    assert "Finish the draft" in desk(world, "expert_xbb")
    assert "For me to do" in desk(world, "expert_xbb")
    assert "Who waits" not in desk(world, "expert_xbb")
    assert "For my side to do" in desk(world, "focal_xbb")
    assert "Nothing waits for you" in desk(world, "focal_xcc")
    assert "Nothing waits for you" in desk(world, "focal_xaa")
    dialogue.submit(world, saved)
    assert "pass it on" in desk(world, "officer")
    assert "Belmora , for 1 thing" in desk(world, "officer")
    assert "Nothing waits for you" in desk(world, "focal_xaa")


def test_a_question_waits_for_the_state_and_its_answer_for_the_officer_and_the_asking_state(world: World) -> None:
    asked = dialogue.question(world)
    text = desk(world, "focal_xaa")
    assert "Give the question to your experts" in text
    assert "Question 1" in text
    assert "Belmora , for 1 thing" in text
    assert "A question was passed on" in text
    sent = dialogue.submit(world, dialogue.draft_answer(world, asked), "focal_xaa")
    assert "Nothing waits for you" in desk(world, "focal_xaa")
    assert "Have the answer translated" in desk(world, "officer")
    dialogue.pass_on(world, sent)
    assert "Read the answer" in desk(world, "expert_xbb")
    assert "Nothing waits for you" in desk(world, "expert_xcc")


def test_who_waits_for_clearance_is_told_so_and_who_clears_that_they_are_to_clear(world: World) -> None:
    """GL 13."""
    press(browser(world, "focal_xbb"), f"/reviews/{world.files['xaa'].review}/clearance", clears="yes")
    saved = dialogue.draft_question(world)
    ready(world, "expert_xbb", saved)
    assert "For my side to do" in (text := desk(world, "expert_xbb"))
    assert "The draft waits for your focal point to clear it" in text
    assert "Read the draft of the question, and clear it" in desk(world, "focal_xbb")
    assert "clear" not in desk(world, "focal_xcc")
    asked = dialogue.question(world, "expert_xcc")
    people = str(world.members["expert_xaa"].person)
    assert press(browser(world, "focal_xaa"), f"/clarifications/{asked}/route", people=people).status_code == 303
    assert "it is given to them" in desk(world, "focal_xaa")
    assert "Answer the question" in desk(world, "expert_xaa")
    ready(world, "expert_xaa", dialogue.draft_answer(world, asked))
    assert "The draft waits for your focal point" in desk(world, "expert_xaa")
    assert "Read the draft of the answer, clear it and send it" in desk(world, "focal_xaa")
    assert "clear it and send it" not in desk(world, "expert_xbb")


def test_what_was_submitted_waits_for_the_officer_to_circulate_it(world: World) -> None:
    """GL 15, 23."""
    document = put(world, "focal_xaa", "national XAA", "Law")
    assert "Nothing waits for you" in desk(world, "officer")
    sent = f"/documents/{made(move(world, 'focal_xaa', document, 'shared'))}"
    assert "Circulate what was submitted to the review of Arandia : 1 document" in desk(world, "officer")
    assert "Circulate" not in desk(world, "officer_other")
    assert "Circulate" not in desk(world, "focal_xaa")
    assert press(browser(world, "officer"), f"{sent}/circulate").status_code == 303
    assert "Nothing waits for you" in desk(world, "officer")


def test_a_request_of_another_state_waits_for_the_focal_point_and_what_is_granted_for_its_reader(world: World) -> None:
    """ToR 37."""
    granting.reader(world)
    reports.agreed(world)
    line = "asks to read your State’s report"
    grant = granting.asked(world)
    assert line in desk(world, "focal_xaa")
    for who in ("expert_xaa", "focal_xbb", "focal_xff", "officer"):
        assert line not in desk(world, who), who
    assert "Granted reports" not in desk(world, "reader_xff")
    assert granting.act(world, "focal_xaa", grant, "decide", **granting.terms(world)).status_code == 303
    assert line not in desk(world, "focal_xaa")
    assert "Granted reports Report of Arandia" in desk(world, "reader_xff")
    assert "Granted reports" not in desk(world, "focal_xff")


def test_a_case_waits_for_its_second_person(world: World) -> None:
    """GL 5."""
    case = breaches.proposed(world)
    line = "Confirm or decline, as the second person, a breach case about the review of Arandia"
    assert line in desk(world, "focal_xaa")
    for who in ("focal_xdd", "expert_xaa", "confidentiality", "officer"):
        assert line not in desk(world, who), who
    breaches.act(world, "confidentiality_other", case, "confirm")
    assert line not in desk(world, "focal_xaa")


def test_a_desk_says_nothing_of_what_is_written(world: World) -> None:
    dialogue.question(world, said=dialogue.asked("Zanzibar heading", "Zanzibar text"))
    for who in ("focal_xaa", "expert_xbb", "officer"):
        assert "Zanzibar" not in desk(world, who)
