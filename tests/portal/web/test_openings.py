"""Everyone who could open a version of a document in a time, and everyone who did, from histories of rights."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from portal.domain.roles import Role
from portal.usecases.openings import Opening, view_openings
from tests.breaches import contained, lifted, registered
from tests.cast import World, add_member
from tests.filing import circulated, newest, press, put, submitted
from tests.web_client import browser

DAY = timedelta(days=1)
MANY = timedelta(days=3)


@pytest.fixture
def world(world: World) -> World:
    """Let sessions lie idle for days."""
    world.portal.settings = replace(world.portal.settings, session_idle_minutes=100_000)
    return world


def could(world: World, document: UUID, since: datetime, until: datetime, who: str = "focal_xaa") -> dict[str, Opening]:
    """Ask who could; gives what is said of each of the cast, by their name there."""
    with world.request():
        found = view_openings(world.portal, world.caller(who), document, None, since, until)
    people = {member.person: name for name, member in world.members.items()}
    return {people[one.reader.person]: one for one in found.people}


def opened_by(found: dict[str, Opening]) -> set[str]:
    return {name for name, one in found.items() if one.opens}


@pytest.mark.parametrize("room", ["national XAA", "submitted", "circulated"])
def test_the_answer_for_now_is_what_the_gate_says_to_each(world: World, room: str) -> None:
    document = {"submitted": submitted, "circulated": circulated}.get(room, lambda at: put(at, "expert_xaa", room))(
        world
    )
    version = newest(world, document)
    now = world.clock.now
    found = could(world, document, now, now + timedelta(seconds=1))
    for who in world.members:
        client = browser(world, who)
        assert (client.get(f"/documents/{document}").status_code == 200) is (who in found), who
        assert (client.get(f"/versions/{version}/content").status_code == 200) is (who in opened_by(found)), who
    assert found


def test_both_pages_lead_back_to_the_review_by_the_name_of_its_state(world: World) -> None:
    document, review = circulated(world), world.files["xaa"].review
    for page in ("trail", "openings"):
        text = browser(world, "focal_xaa").get(f"/documents/{document}/{page}").text
        assert f'<a href="/reviews/{review}"><bdi>Arandia</bdi></a>' in text, page


def test_who_could_follows_the_steps_of_the_document(world: World) -> None:
    began = world.clock.now
    document = submitted(world)
    world.clock.forward(2 * DAY)
    press(browser(world, "officer"), f"/documents/{document}/circulate")
    circulated_at = world.clock.now
    world.clock.forward(2 * DAY)
    early = could(world, document, began, began + DAY)
    assert opened_by(early) == {"focal_xaa", "expert_xaa", "officer"}
    assert could(world, document, began - 9 * DAY, began - 8 * DAY) == {}
    both = could(world, document, began, circulated_at + DAY)
    assert {"expert_xbb", "focal_xcc", "observer_xcc"} <= opened_by(both)
    assert both["expert_xbb"].since == circulated_at
    assert both["expert_xaa"].since == began
    assert both["expert_xbb"].until is None
    assert "stranger_xff" not in both
    assert "focal_xdd" not in both


def test_who_left_could_until_then(world: World) -> None:
    ends = world.clock.now + MANY
    add_member(world, "leaver", Role.EXPERT, "XBB", ("xaa",), ends_at=ends)
    add_member(world, "newcomer", Role.EXPERT, "XBB", ("xaa",), starts_at=ends)
    add_member(world, "unpledged", Role.EXPERT, "XBB", ("xaa",), undertaken=())
    document = circulated(world)
    world.clock.forward(9 * DAY)
    during = could(world, document, ends - DAY, ends + DAY)
    assert during["leaver"].until == ends
    assert during["newcomer"].since == ends
    assert "leaver" not in could(world, document, ends, ends + DAY)
    assert "newcomer" not in could(world, document, ends - DAY, ends)
    assert "unpledged" not in during, "ToR 30: nobody opens a file before the undertaking"


def test_who_did_is_what_the_log_says(world: World) -> None:
    document = circulated(world)
    world.clock.forward(DAY)
    client, began = browser(world, "expert_xbb"), world.clock.now
    client.get(f"/documents/{document}")
    for _ in range(2):
        client.get(f"/versions/{newest(world, document)}/content")
    browser(world, "stranger_xff").get(f"/documents/{document}")
    world.clock.forward(DAY)
    found = could(world, document, began, began + timedelta(hours=1))
    assert {name: dict(one.did) for name, one in found.items() if one.did} == {
        "expert_xbb": {"viewDocument": 1, "downloadVersion": 2}
    }
    assert could(world, document, began + timedelta(hours=2), began + DAY)["expert_xbb"].did == {}


def test_nothing_of_other_rooms_or_files_is_answered(world: World) -> None:
    reviewers = put(world, "expert_xbb", "reviewers")
    for who in ("focal_xaa", "focal_xdd", "registrar", "administrator", "stranger_xff"):
        assert browser(world, who).get(f"/documents/{reviewers}/openings").status_code == 404
    assert browser(world, "expert_xbb").get(f"/documents/{reviewers}/openings").status_code == 403
    page = browser(world, "focal_xbb").get(f"/documents/{reviewers}/openings")
    assert page.status_code == 200
    assert "Focal_Xaa" not in page.text


def test_the_page_says_it_in_words_and_keeps_what_was_typed(world: World) -> None:
    document = circulated(world)
    client = browser(world, "focal_xaa")
    day = world.clock.now.date().isoformat()
    page = client.get(f"/documents/{document}/openings?version=1&from={day}&to={day}")
    assert page.status_code == 200
    assert "Expert_Xbb Example" in page.text
    assert "It was circulated to the parties to this review" in page.text
    for query in ("from=2026-06-01&to=2026-05-01", "from=2020-01-01&to=2026-05-01", "from=nonsense", "to=9999-12-31"):
        refused = client.get(f"/documents/{document}/openings?{query}")
        assert refused.status_code == 422
        assert query.partition("=")[2].partition("&")[0] in refused.text
    for version in ("2", "999999"):
        assert client.get(f"/documents/{document}/openings?version={version}").status_code == 404
    for version in ("0", "-1", "x", "9" * 400, "\N{ARABIC-INDIC DIGIT ONE}"):
        assert client.get(f"/documents/{document}/openings?version={version}").status_code == 200


@pytest.mark.parametrize("hold", ["review", "everywhere", "downloads"])
def test_whoever_was_held_back_could_not_meanwhile(world: World, hold: str) -> None:
    document = circulated(world)
    case, began = registered(world), world.clock.now
    world.clock.forward(DAY)
    contained(world, case, hold)
    held = world.clock.now
    world.clock.forward(DAY)
    lifted(world, case)
    again = world.clock.now
    world.clock.forward(DAY)
    meanwhile = could(world, document, held, again)
    assert "expert_xcc" not in opened_by(meanwhile)
    assert ("expert_xcc" in meanwhile) is (hold == "downloads")
    assert "focal_xcc" in opened_by(meanwhile)
    assert could(world, document, began, again)["expert_xcc"].since == began
    assert could(world, document, held, again + DAY)["expert_xcc"].opens
    assert could(world, document, began, again + DAY)["expert_xcc"].broken is (hold != "downloads")
    assert not could(world, document, began, again + DAY)["focal_xcc"].broken


@pytest.mark.parametrize("hold", ["review", "everywhere", "downloads"])
def test_whom_a_case_holds_back_is_told_to_those_alone_who_learn_it_from_the_case(world: World, hold: str) -> None:
    document = circulated(world)
    contained(world, registered(world), hold)
    until = world.clock.now + DAY
    for who, told in (("focal_xaa", True), ("focal_xcc", True), ("focal_xbb", False)):
        found = could(world, document, world.clock.now, until, who)
        assert ("expert_xcc" not in opened_by(found)) is told, who
