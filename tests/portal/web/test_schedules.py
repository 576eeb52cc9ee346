"""The schedule of a review through the application: who sees it, who keeps it, what is refused and how."""

import re
from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest
from httpx2 import Response
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from portal.access.actors import Machine
from portal.access.caller import Caller
from portal.domain.schedules import StepDesk
from portal.usecases.schedules import due
from storage.planning import ReviewSchedule, ScheduleStep
from storage.tables import PortalSession, Room
from tests import dialogue
from tests.cast import World
from tests.contents import said
from tests.databases import raw
from tests.filing import circulated, newest, press
from tests.web_client import browser

PARTIES = {"focal_xaa", "expert_xaa", "focal_xbb", "expert_xbb", "focal_xcc", "expert_xcc", "observer_xcc", "officer"}
REASON = "Agreed in the first call, Unguessable-Pangolin."


def at(world: World, file: str = "xaa") -> str:
    return f"/reviews/{world.files[file].review}/schedule"


def begin(world: World, who: str = "officer", **fields: str) -> Response:
    sent = {"seen": "0", "timetable": "resolution", "begins": "2026-05-04", **fields}
    return press(browser(world, who), at(world), **sent)


def set_step(world: World, step: str, who: str = "officer", file: str = "xaa", **fields: str) -> Response:
    sent = {"step": step, "seen": "0", "reason": REASON, **fields}
    return press(browser(world, who), at(world, file) + "/steps", **sent)


def begun(world: World) -> World:
    assert begin(world).status_code == 303
    return world


def kept(world: World) -> list[ScheduleStep]:
    with world.portal.database.read() as session:
        return list(session.scalars(select(ScheduleStep).order_by(ScheduleStep.number)))  # type: ignore[arg-type]


# --- seeing


def test_all_parties_see_the_schedule_and_nobody_else_does(world: World) -> None:
    """GL 14."""
    begun(world)
    seen = {who for who in world.members if browser(world, who).get(at(world)).status_code == 200}
    assert seen == PARTIES


def test_before_it_is_begun_the_officer_finds_the_form_and_the_others_a_sentence(world: World) -> None:
    officer, state = (browser(world, who).get(at(world)).text for who in ("officer", "focal_xaa"))
    assert 'name="begins"' in officer
    assert 'value="2026-05-04"' in officer  # the day on which the review was opened
    assert "No schedule yet" in state
    assert "<form" not in state.partition("<main")[2]


def test_the_page_says_whose_desk_it_is_on_when_it_may_end_and_every_step(world: World) -> None:
    page = browser(begun(world), "expert_xbb").get(at(world)).text
    assert "The State under review is to submit its response" in page
    assert "Forecast of the end" in page
    assert page.count('<th scope="row">') == 17
    assert "4 August 2026" in page  # the response: a month, and two months more
    table = page.partition("<table")[2]
    assert not re.search(r"\b(overdue|late|violat\w+|score|rank\w*|blame)\b", table, re.IGNORECASE)


def test_changes_that_follow_each_other_are_told_in_one_line(world: World) -> None:
    begun(world)
    for step in ("notify", "response"):
        assert set_step(world, step, agreed="2026-07-01").status_code == 303
    client = browser(world, "focal_xaa")
    for page in ("/notices", "/work"):
        shown = re.sub(r"<[^>]+>", "", client.get(page).text)
        assert shown.count("The schedule of the review changed") == 1, page
        assert re.search(r"The schedule of the review changed \(\d times\)", shown), page


def test_the_drawing_is_named_described_and_without_style(world: World) -> None:
    set_step(begun(world), "response", agreed="2026-07-01")
    drawing = re.search(r"<svg.*?</svg>", browser(world, "focal_xaa").get(at(world)).text, re.DOTALL)
    assert drawing
    assert 'role="img" aria-labelledby="drawing-title drawing-words"' in drawing[0]
    assert '<title id="drawing-title">' in drawing[0]
    assert '<desc id="drawing-words">' in drawing[0]
    assert "style" not in drawing[0]
    assert drawing[0].count("<rect") == 1


def test_the_drawing_is_mirrored_for_whoever_reads_from_right_to_left(world: World) -> None:
    client = browser(begun(world), "focal_xaa")
    ways = []
    for language in ("en", "ar"):
        assert press(client, "/account", language=language, zone="UTC").status_code == 303
        page = client.get(at(world)).text
        ways.append([float(x) for x in re.findall(r'<circle cx="([\d.]+)"', page)])
    assert len(ways[0]) == 9
    assert [round(760 - x, 1) for x in ways[0]] == ways[1]


def test_the_review_page_leads_to_it_once_the_undertaking_is_given(world: World) -> None:
    assert at(world) in browser(world, "focal_xaa").get(f"/reviews/{world.files['xaa'].review}").text


def test_reasons_are_read_by_all_parties_and_lie_sealed(world: World) -> None:
    assert set_step(begun(world), "response", agreed="2026-07-01").status_code == 303
    page = browser(world, "observer_xcc").get(at(world), params={"step": "response"}).text
    assert REASON in page
    assert "<form" not in page.partition("<main")[2]
    [row] = kept(world)
    assert b"Pangolin" not in row.reason
    assert b"Pangolin" not in raw(world.portal.database)


def test_days_in_translation_are_counted_apart_and_each_once(world: World) -> None:
    document = circulated(begun(world))
    assert "in translation" not in browser(world, "focal_xaa").get(at(world)).text
    for language in ("ar", "fr"):
        sent = {"version": str(newest(world, document)), "translator": str(world.members["translator"].person)}
        path = f"/documents/{document}/translations"
        assert press(browser(world, "officer"), path, language=language, **sent).status_code == 303
    world.clock.forward(timedelta(days=9))
    with world.portal.database.begin() as session:
        for one in session.scalars(select(PortalSession)):
            one.seen_at = world.clock.now
    assert "9 days in translation" in browser(world, "focal_xaa").get(at(world)).text


# --- keeping it


def test_the_officer_sets_a_step_again_and_the_history_stays(world: World) -> None:
    assert set_step(begun(world), "response", agreed="2026-07-01").status_code == 303
    assert set_step(world, "response", seen="1", agreed="2026-07-10", done="2026-05-04").status_code == 303
    rows = kept(world)
    assert [(row.number, row.agreed, row.done) for row in rows] == [
        (1, date(2026, 7, 1), None),
        (2, date(2026, 7, 10), date(2026, 5, 4)),
    ]
    page = browser(world, "officer").get(at(world), params={"step": "response"}).text
    assert page.count(REASON) == 2
    assert 'value="2026-07-10"' in page
    assert 'name="seen" value="2"' in page


def test_a_step_may_be_left_out_if_the_state_declines_it(world: World) -> None:
    """GL 24."""
    assert set_step(begun(world), "visit", left_out="yes").status_code == 303
    assert "left out" in browser(world, "focal_xaa").get(at(world)).text
    assert set_step(world, "response", left_out="yes").status_code == 422


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"agreed": "2026-02-31"}, "is no date"),
        ({"agreed": "31.12.2026"}, "is no date"),
        ({"done": "2026-06-31"}, "is no date"),
        ({"by_text": "soon"}, "is no date"),
        ({"agreed": "2026-05-03"}, "before the beginning"),
        ({"agreed": "9999-12-31"}, "too far off"),
        ({"done": "2026-05-06"}, "still to come"),
        ({"by_text": "2026-05-03"}, "before the beginning"),
        ({"agreed": "2026-07-01", "reason": "  "}, "Say in a sentence why"),
        ({"agreed": "2026-07-01", "reason": "x" * 501}, "500"),
    ],
)
def test_what_does_not_fit_is_told_and_kept_in_the_form(world: World, fields: dict[str, str], sentence: str) -> None:
    answer = set_step(begun(world), "response", **fields)
    assert answer.status_code == 422
    assert sentence in answer.text
    for name, value in fields.items():
        if name != "reason":
            assert f'name="{name}" type="date" value="{value}"' in answer.text
    assert kept(world) == []


def test_a_step_is_not_agreed_before_its_anchor_or_its_predecessor(world: World) -> None:
    assert set_step(begun(world), "response", agreed="2026-07-01").status_code == 303
    for step in ("circulate", "desk_review", "agreement"):
        answer = set_step(world, step, agreed="2026-06-30")
        assert answer.status_code == 422
        assert "which comes first: agree on a later day" in answer.text
    assert set_step(world, "circulate", agreed="2026-07-01").status_code == 303
    moved = set_step(world, "response", seen="1", agreed="2026-07-02")
    assert moved.status_code == 422
    assert "move that one first" in moved.text


@pytest.mark.parametrize("who", sorted(PARTIES - {"officer"}))
def test_the_parties_change_nothing(world: World, who: str) -> None:
    """GL 13."""
    assert begin(world, who).status_code == 403
    begun(world)
    assert set_step(world, "response", who, agreed="2026-07-01").status_code == 403
    assert kept(world) == []


@pytest.mark.parametrize("who", ["stranger_xff", "registrar", "administrator", "officer_other", "translator"])
def test_others_learn_nothing(world: World, who: str) -> None:
    assert begin(world, who).status_code == 404
    assert set_step(world, "response", who, agreed="2026-07-01").status_code == 404
    assert set_step(world, "response", who, agreed="2026-02-31").status_code == 404


def test_another_reviews_id_and_one_of_nothing_are_nowhere(world: World) -> None:
    begun(world)
    assert set_step(world, "response", file="xdd", agreed="2026-07-01").status_code == 404
    client = browser(world, "officer")
    path = f"/reviews/{uuid4()}/schedule"
    assert client.get(path).status_code == client.get(at(world, "xdd")).status_code == 404
    assert press(client, path + "/steps", step="response", seen="0", reason=REASON).status_code == 404


def test_whoever_comes_second_is_told_so(world: World) -> None:
    assert begin(world).status_code == 303
    assert begin(world).status_code == 409
    assert set_step(world, "response", agreed="2026-07-01").status_code == 303
    second = set_step(world, "response", agreed="2026-08-01")
    assert second.status_code == 409
    assert "Somebody changed this schedule" in second.text
    assert len(kept(world)) == 1
    for seen in ("", "x", "-1", "9" * 40):
        assert set_step(world, "response", seen=seen, agreed="2026-08-01").status_code == 409


def test_a_step_of_a_schedule_that_was_not_begun_or_of_no_name_is_not_set(world: World) -> None:
    assert set_step(world, "response", agreed="2026-07-01").status_code == 409
    begun(world)
    assert set_step(world, "coffee", agreed="2026-07-01").status_code == 422
    assert browser(world, "officer").get(at(world), params={"step": "coffee"}).status_code == 200


def test_it_is_begun_anew_with_a_reason_and_keeps_what_was_set(world: World) -> None:
    begun(world)
    set_step(world, "response", agreed="2026-07-01")
    assert begin(world, seen="1", timetable="longer").status_code == 422
    assert begin(world, seen="1", begins="2026-07-02", reason=REASON).status_code == 422
    assert begin(world, seen="1", timetable="longer", begins="2026-05-01", reason=REASON).status_code == 303
    page = browser(world, "focal_xaa").get(at(world)).text
    assert page.count('<th scope="row">') == 18
    assert "1 July 2026" in page


@pytest.mark.parametrize(
    "fields", [{"begins": "2026-02-31"}, {"begins": ""}, {"begins": "9999-12-01"}, {"timetable": "fast"}]
)
def test_a_beginning_that_does_not_fit_is_told(world: World, fields: dict[str, str]) -> None:
    answer = begin(world, **fields)
    assert answer.status_code == 422
    assert 'name="timetable"' in answer.text


def test_each_act_is_in_the_log_with_its_days_and_without_its_reason(world: World) -> None:
    set_step(begun(world), "response", agreed="2026-07-01")
    [told] = [event for event in said(world, world.files["xaa"].review) if event["action"] == "setStep"]
    assert told["detail"] == {"step": "response", "left_out": False, "agreed": "2026-07-01"}
    [row] = told["rows"]
    assert row.startswith("schedule_step/")
    assert "Pangolin" not in str(told)


# --- the records


def test_a_change_can_be_of_one_review_only(world: World) -> None:
    begun(world)
    with world.portal.database.read() as session:
        [row] = session.scalars(select(ReviewSchedule)).all()
        assert session.get_one(Room, row.room_id).kind == "shared"
        foreign = world.files["xdd"].rooms["shared"]
        copy = ReviewSchedule(**{**row.model_dump(), "id": uuid4(), "number": 2, "room_id": foreign})
    with pytest.raises(IntegrityError), world.portal.database.begin() as session:
        session.add(copy)


def test_open_steps_of_many_reviews_are_one_question(world: World) -> None:
    set_step(begun(world), "notify", done="2026-05-04")
    ids = [file.review for file in world.files.values()]
    with world.request(), world.portal.work(world.caller("officer")) as work:
        work.reviews.all()
        found = due(work, ids)
    assert list(found) == [world.files["xaa"].review]
    first = found[world.files["xaa"].review][0]
    assert (first.key, first.number, first.of, first.desk) == ("focal_point", 2, 17, StepDesk.STATE)
    assert (first.date, first.current) == (date(2026, 5, 25), True)
    assert len(found[world.files["xaa"].review]) == 16
    with world.request(), world.portal.work(world.caller("stranger_xff")) as work:
        assert due(work, ids) == {}
    with world.request(), world.portal.work(Caller(machine=Machine.WORKER)) as work:
        assert due(work, ids) == {}


def test_a_text_in_translation_counts_once_it_is_passed_on(world: World) -> None:
    begun(world)
    world.portal.settings = replace(world.portal.settings, session_idle_minutes=10_000)
    sent = dialogue.submit(world, dialogue.draft_question(world))
    dialogue.send_text(world, sent)
    world.clock.forward(timedelta(days=3))
    assert not re.search(r"[1-9] days? in translation", browser(world, "focal_xaa").get(at(world)).text)
    dialogue.pass_on(world, sent)
    assert re.search(r"[1-9] days? in translation", browser(world, "focal_xaa").get(at(world)).text)
