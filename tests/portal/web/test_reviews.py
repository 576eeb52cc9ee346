"""One's reviews and a review's page: who enters, after what undertaking, whose turn it is, what is new."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from portal.domain.roles import Role
from storage.tables import Undertaking
from tests.cast import World, add_member
from tests.contents import said
from tests.filing import circulated, press, put, submitted
from tests.web_client import browser


def page(world: World, file: str = "xaa") -> str:
    return f"/reviews/{world.files[file].review}"


def turn(world: World, who: str) -> tuple[bool, str]:
    text = browser(world, who).get(page(world)).text
    found = re.search(r'<p class="turn( turn-mine)?">.*?</span>\s*<span>([^<]*)</span>', text, re.DOTALL)
    assert found
    return bool(found[1]), found[2]


def test_each_sees_the_reviews_that_are_theirs(world: World) -> None:
    """ToR 21-23: being on the list of experts opens nothing."""
    expected = {
        "focal_xaa": {"xaa"},
        "focal_xbb": {"xaa", "xdd"},
        "expert_xbb": {"xaa"},
        "expert_xbb_other": {"xdd"},
        "roster_xcc": set(),
        "focal_xff": set(),
        "officer": {"xaa"},
        "officer_other": {"xdd"},
    }
    for who, files in expected.items():
        text = browser(world, who).get("/reviews").text
        assert {name for name in world.files if page(world, name) in text} == files, who
    assert "No review is open to you" in browser(world, "roster_xcc").get("/reviews").text


@pytest.mark.parametrize("who", ["registrar", "administrator", "translator", "oversight"])
def test_others_have_no_list_of_reviews(world: World, who: str) -> None:
    assert browser(world, who).get("/reviews").status_code == 404
    assert browser(world, who).get(page(world)).status_code == 404


def test_a_review_of_others_is_absent(world: World) -> None:
    client = browser(world, "focal_xaa")
    for review in (world.files["xdd"].review, uuid4()):
        assert client.get(f"/reviews/{review}").status_code == 404
        for act, fields in [
            ("undertaking", {"accepted": "yes", "wording": "1"}),
            ("stage", {"seen": "desk_review", "stage": "dialogue"}),
            ("help", {"wanted": "yes"}),
        ]:
            assert press(client, f"/reviews/{review}/{act}", **fields).status_code == 404


def test_a_page_names_parties_people_and_whom_to_ask(world: World) -> None:
    """GL 7."""
    text = browser(world, "focal_xaa").get(page(world)).text
    for words in ("Arandia", "Belmora", "Corvane", "First cycle", "Officer Example", "Expert_Xbb Example"):
        assert words in text
    assert "Expert_Xbb_Other" not in text
    assert "Roster_Xcc" not in text
    assert "Officer_Other" not in text
    (viewed,) = said(world, world.files["xaa"].review)
    assert viewed["action"] == "viewReview"


def test_before_the_undertaking_a_file_is_closed_and_afterwards_open(world: World) -> None:
    """ToR 30, GL 5."""
    put(world, "focal_xaa", "national XAA", "Response")
    add_member(world, "new_xaa", Role.EXPERT, "XAA", ("xaa",), undertaken=())
    client, room = browser(world, "new_xaa"), f"/rooms/{world.files['xaa'].rooms['national XAA']}"
    assert client.get(room).status_code == 404
    assert "still to be accepted" in client.get("/reviews").text
    text = client.get(page(world)).text
    assert "paragraphs 30 and 36" in text
    assert room not in text
    unticked = press(client, f"{page(world)}/undertaking", wording="1")
    assert (unticked.status_code, "tick the box" in unticked.text) == (422, True)
    assert press(client, f"{page(world)}/undertaking", wording="0", accepted="yes").status_code == 409
    for _ in range(2):
        answer = press(client, f"{page(world)}/undertaking", wording="1", accepted="yes")
        assert (answer.status_code, answer.headers["location"]) == (303, page(world))
    assert client.get(room).status_code == 200
    assert room in client.get(page(world)).text
    with world.portal.database.read() as session:
        rows = session.query(Undertaking).filter_by(person_id=world.members["new_xaa"].person).all()
    assert [(row.wording, row.review_id) for row in rows] == [("1", world.files["xaa"].review)]


def test_the_undertaking_for_one_review_opens_no_other(world: World) -> None:
    add_member(world, "both_xbb", Role.EXPERT, "XBB", ("xaa", "xdd"), undertaken=("xaa",))
    client = browser(world, "both_xbb")
    assert client.get(f"/rooms/{world.files['xaa'].rooms['shared']}").status_code == 200
    assert client.get(f"/rooms/{world.files['xdd'].rooms['shared']}").status_code == 404


def test_everybody_reads_the_same_turn_and_it_is_marked_as_ones_own(world: World) -> None:
    everybody = ("focal_xaa", "expert_xbb", "officer")
    assert {turn(world, who)[1] for who in everybody} == {
        "The State under review is to submit its response to the self-assessment checklist."
    }
    assert [turn(world, who)[0] for who in everybody] == [True, False, False]
    submitted(world, kind="checklist_response")
    assert [turn(world, who)[0] for who in everybody] == [False, False, True]
    assert len({turn(world, who)[1] for who in everybody}) == 1
    circulated(world, "Second", kind="checklist_response")
    assert [turn(world, who)[0] for who in everybody] == [False, True, False]


def test_new_counts_what_one_may_see_in_rooms_that_one_may_list(world: World) -> None:
    shared = f"/rooms/{world.files['xaa'].rooms['shared']}"
    for who in ("expert_xbb", "expert_xaa"):
        browser(world, who).get(shared)
    world.clock.forward(timedelta(minutes=45))
    put(world, "focal_xaa", "national XAA", "Draft")
    submitted(world, "Waiting")
    circulated(world, "Open")

    def counts(who: str) -> list[str]:
        return re.findall(r"(\d+) new<", browser(world, who).get("/reviews").text)

    assert counts("expert_xbb") == ["1"]
    assert counts("expert_xaa") == ["2", "3"]
    assert counts("focal_xcc") == []  # never been here: nothing is new since then


def test_the_officer_sets_the_stage_step_by_step_and_the_second_is_told(world: World) -> None:
    """GL 13."""
    officer, path = browser(world, "officer"), f"{page(world)}/stage"
    assert press(browser(world, "focal_xaa"), path, seen="desk_review", stage="dialogue").status_code == 403
    assert press(officer, path, seen="desk_review", stage="report").status_code == 409
    assert press(officer, path, seen="desk_review", stage="dialogue").status_code == 303
    assert press(officer, path, seen="desk_review", stage="dialogue").status_code == 409
    assert press(officer, path, seen="dialogue", stage="poem").status_code == 422
    assert "The dialogue is open" in officer.get(page(world)).text
    acts = [one for one in said(world, world.files["xaa"].review) if one["phase"] == "act"]
    (done,) = [one for one in acts if one["action"] == "advanceReview"]
    assert (done["action"], done["detail"]) == ("advanceReview", {"before": "desk_review", "after": "dialogue"})


def test_nobody_agrees_or_closes_a_review_from_its_page(world: World) -> None:
    """ToR 33."""
    officer, path = browser(world, "officer"), f"{page(world)}/stage"
    for before, after in [("desk_review", "dialogue"), ("dialogue", "report")]:
        assert press(officer, path, seen=before, stage=after).status_code == 303
    for after in ("agreed", "closed"):
        assert press(officer, path, seen="report", stage=after).status_code == 409


def test_forms_are_offered_to_whom_they_are_allowed(world: World) -> None:
    for who, stage, help_ in [("officer", True, False), ("focal_xaa", False, True), ("focal_xbb", False, False)]:
        text = browser(world, who).get(page(world)).text
        assert (f'action="{page(world)}/stage"' in text, f'action="{page(world)}/help"' in text) == (stage, help_)


def test_the_help_that_a_state_asked_for_ends_with_the_review(world: World) -> None:
    """ToR 16: the officers read the national room while the State wants it, and nothing is ended in a closed file."""
    review = world.files["xaa"].review
    draft = put(world, "focal_xaa", "national XAA", "Draft")
    assert press(browser(world, "focal_xaa"), f"/reviews/{review}/help", wanted="yes").status_code == 303
    officer = browser(world, "officer")
    assert officer.get(f"/documents/{draft}").status_code == 200
    assert press(browser(world, "registrar"), f"/register/{review}/close").status_code == 303
    assert officer.get(f"/documents/{draft}").status_code == 404
    assert browser(world, "focal_xaa").get(f"/documents/{draft}").status_code == 200
