"""Containment holds at once, stops downloads that run, is lifted with a reason, and touches nobody in an exercise."""

from datetime import timedelta

import pytest

from portal.access.actions import Action
from portal.domain.account_events import AccountEvent
from portal.usecases.checks import check_records
from portal.usecases.transfers import goes_on
from storage.tables import Person
from tests.breaches import contained, holds, lifted, proposed, registered, stays_signed_in
from tests.cast import World
from tests.databases import by_hand
from tests.filing import circulated, newest, press
from tests.portal.web.test_concerns import told
from tests.web_client import browser

SAID = {"hold": "review", "hold_reason": "While it is looked into.", "review_on": "2026-06-01"}


def test_somebody_held_back_from_a_review_is_out_at_the_next_request_and_back_when_it_is_lifted(world: World) -> None:
    document = circulated(world)
    review, client = world.files["xaa"].review, browser(world, "expert_xcc")
    places = (f"/reviews/{review}", f"/documents/{document}", f"/versions/{newest(world, document)}/content")
    assert [client.get(place).status_code for place in places] == [200] * 3
    case = registered(world)
    contained(world, case)
    assert [client.get(place).status_code for place in places] == [404] * 3
    assert client.get("/account").status_code == 200
    assert browser(world, "observer_xcc").get(places[0]).status_code == 200
    assert client.get(f"/reviews/{review}/concerns").status_code == 200
    lifted(world, case)
    assert [client.get(place).status_code for place in places] == [200] * 3
    assert told(world, "expert_xcc")[-2:] == [AccountEvent.HELD_BACK, AccountEvent.LET_IN_AGAIN]


def test_it_reaches_that_review_and_no_other(world: World) -> None:
    case = registered(world, person="focal_xbb", second="confidentiality_other")
    contained(world, case, whom="focal_xbb")
    client = browser(world, "focal_xbb")
    assert client.get(f"/reviews/{world.files['xaa'].review}").status_code == 404
    assert client.get(f"/reviews/{world.files['xdd'].review}").status_code == 200


def test_somebody_suspended_everywhere_keeps_their_account_and_hearing_alone_until_the_last_case_lets_go(
    world: World,
) -> None:
    first, second = registered(world), registered(world)
    client = browser(world, "expert_xcc")
    for case in (first, second):
        contained(world, case, "everywhere")
    assert client.get("/work").status_code == 404
    assert "Your access is suspended" in client.get("/account").text
    assert client.get("/hearings").status_code == 200
    lifted(world, first)
    assert client.get("/work").status_code == 404
    with world.request():
        assert check_records(world.portal).findings == []
    lifted(world, second)
    assert client.get("/work").status_code == 200


@pytest.mark.parametrize("hold", ["everywhere", "review", "downloads"])
def test_a_download_that_runs_is_stopped(world: World, hold: str) -> None:
    version = newest(world, circulated(world))
    caller = world.caller("expert_xcc")
    assert goes_on(world.portal, caller, Action.DOWNLOAD_VERSION, version, progress=False)
    case = registered(world)
    contained(world, case, hold)
    assert not goes_on(world.portal, caller, Action.DOWNLOAD_VERSION, version, progress=False)
    lifted(world, case)
    assert goes_on(world.portal, caller, Action.DOWNLOAD_VERSION, version, progress=False)


def test_everywhere_only_whom_the_case_concerns_is_held_back_and_not_for_years(world: World) -> None:
    case, officer = registered(world), browser(world, "confidentiality")
    said = {"hold": "everywhere", "hold_reason": "A", "review_on": "2026-06-01"}
    speaker = str(world.members["focal_xaa"].person)
    assert press(officer, f"/cases/{case}/containments", **said, held=speaker).status_code == 422
    assert browser(world, "focal_xaa").get("/work").status_code == 200
    person = str(world.members["expert_xcc"].person)
    late = said | {"review_on": "2027-06-01", "held": person}
    assert press(officer, f"/cases/{case}/containments", **late).status_code == 422
    assert press(officer, f"/cases/{case}/containments", **said, held=person).status_code == 303


def test_downloads_of_a_review_are_stopped_for_everybody_who_still_reads(world: World) -> None:
    document = circulated(world)
    content, review = f"/versions/{newest(world, document)}/content", world.files["xaa"].review
    room = f"/rooms/{world.files['xaa'].rooms['shared']}/archive"
    case = registered(world)
    contained(world, case, "downloads", None)
    for who in ("focal_xaa", "expert_xbb", "officer"):
        client = browser(world, who)
        assert client.get(f"/documents/{document}").status_code == 200
        for place in (content, room, f"/reviews/{review}/dialogue.docx"):
            answer = client.get(place)
            assert answer.status_code == 403, (who, place)
        assert "Downloads are stopped in this review" in client.get(content).text
    assert browser(world, "focal_xaa").get(f"/reviews/{review}/trail.csv").status_code == 403


def test_signing_out_is_done_once(world: World) -> None:
    case = registered(world)
    contained(world, case, "sessions")
    assert browser(world, "expert_xcc").get("/account", follow_redirects=False).status_code == 303
    [row] = holds(world, case)
    assert row.lifted_at is not None
    again = press(browser(world, "confidentiality"), f"/containments/{row.id}/lift", lift_reason="Again.")
    assert again.status_code == 409
    contained(world, case, "sessions")  # nothing runs, so it can be done once more


def test_it_takes_a_registered_case_a_reason_a_day_ahead_and_somebody(world: World) -> None:
    case = proposed(world)
    officer, person = browser(world, "confidentiality"), str(world.members["expert_xcc"].person)
    path = f"/cases/{case}/containments"
    assert press(officer, path, **SAID, held=person).status_code == 403
    assert press(browser(world, "confidentiality_other"), f"/cases/{case}/confirm").status_code == 303
    for wrong in (
        {"hold_reason": ""},
        {"review_on": "2026-05-04"},
        {"held": ""},
        {"hold": "prison"},
        {"review_on": "x"},
    ):
        answer = press(officer, path, **{**SAID, "held": person, **wrong})
        assert answer.status_code == 422, wrong
    for stranger in ("focal_xdd", "confidentiality", "registrar"):
        assert press(officer, path, **SAID, held=str(world.members[stranger].person)).status_code == 404, stranger
    for who in ("focal_xaa", "focal_xcc"):
        assert press(browser(world, who), path, **SAID, held=person).status_code == 403
    assert holds(world, case) == []


def test_the_same_is_not_begun_twice(world: World) -> None:
    case = registered(world)
    contained(world, case)
    fields = {**SAID, "held": str(world.members["expert_xcc"].person)}
    assert press(browser(world, "confidentiality"), f"/cases/{case}/containments", **fields).status_code == 409
    assert len(holds(world, case)) == 1


def test_the_states_see_it_with_its_reason_and_the_officer_is_reminded_of_the_day(world: World) -> None:
    case = registered(world)
    contained(world, case)
    page = browser(world, "focal_xbb").get(f"/cases/{case}").text
    assert "While it is looked into." in page
    assert "one person" in page
    assert "Expert_Xcc" not in page
    assert "Lift this containment" not in page
    assert "to be looked at again" not in browser(world, "confidentiality").get("/cases").text
    stays_signed_in(world)
    world.clock.forward(timedelta(days=30))
    assert "to be looked at again" in browser(world, "confidentiality").get("/cases").text


def test_in_an_exercise_it_is_written_down_and_touches_nobody(world: World) -> None:
    review, client = world.files["xaa"].review, browser(world, "expert_xcc")
    version = newest(world, circulated(world))
    case = registered(world, exercise=True)
    for hold in ("everywhere", "review", "downloads", "sessions"):
        contained(world, case, hold)
    assert [one.acts for one in holds(world, case)] == [False] * 4
    assert client.get(f"/reviews/{review}").status_code == 200
    assert client.get(f"/versions/{version}/content").status_code == 200
    assert told(world, "expert_xcc") == []
    with world.portal.database.read() as session:
        assert session.get_one(Person, world.members["expert_xcc"].person).suspended_at is None


def test_a_containment_made_or_lifted_by_hand_is_found(world: World) -> None:
    case = registered(world)
    contained(world, case)
    with by_hand(world.portal.database) as hand:
        hand("UPDATE containment SET lifted_at = '2026-05-04 10:00:00.000000'")
    assert browser(world, "expert_xcc").get(f"/reviews/{world.files['xaa'].review}").status_code == 500
    with world.request():
        assert check_records(world.portal).findings
