"""Somebody's desk: what they are to do, by when, what changed, and who waits."""

import re

import pytest

from tests import dialogue
from tests.cast import World
from tests.web_client import browser


def desk(world: World, who: str) -> str:
    answer = browser(world, who).get("/work")
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text.partition("<main")[2].partition("</main")[0]))


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


def test_a_desk_says_nothing_of_what_is_written(world: World) -> None:
    dialogue.question(world, said=dialogue.asked("Zanzibar heading", "Zanzibar text"))
    for who in ("focal_xaa", "expert_xbb", "officer"):
        assert "Zanzibar" not in desk(world, who)
