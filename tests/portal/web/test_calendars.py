"""Calendars: what a secret address gives, to whom, until when, and that it holds nothing confidential."""

import re
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from httpx2 import Response
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar
from sqlmodel import select

from portal.access.caller import Caller
from portal.audit.events import IDENTITY_STREAM
from portal.domain.roles import Role
from portal.domain.schedules import TIMETABLES
from portal.errors import NotFound
from portal.usecases import accounts, schedules
from portal.usecases import reviews as files
from portal.usecases.calendars import Dates
from portal.usecases.checks import check_records
from portal.usecases.schedules import DueStep
from portal.usecases.sessions import token_hash
from portal.web.calendars import written
from storage.planning import CalendarFeed
from storage.tables import Appointment, Person
from tests.cast import World, add_member, setting_up
from tests.contents import said
from tests.databases import by_hand
from tests.filing import circulated, press, set_back
from tests.web_client import browser

WORDS = ("Pangolin", "Arandia", "Belmora", "Corvane", "XAA", "XBB", "Example", "@example.org", "First cycle")


@pytest.fixture
def planned(world: World) -> World:
    """Two reviews with a schedule each, and confidential words wherever they could lie."""
    circulated(world, "Unguessable-Pangolin")
    for file, officer in (("xaa", "officer"), ("xdd", "officer_other")):
        path, client = f"/reviews/{world.files[file].review}/schedule", browser(world, officer)
        sent = {"seen": "0", "timetable": "resolution", "begins": "2026-05-04"}
        assert press(client, path, **sent).status_code == 303
        sent = {"step": "response", "seen": "0", "agreed": "2026-07-01", "reason": "Pangolin"}
        assert press(client, path + "/steps", **sent).status_code == 303
    return world


def made(world: World, who: str) -> str:
    """Make an address, and give its path."""
    answer = press(browser(world, who), "/calendar")
    assert answer.status_code == 200
    found = re.search(r"http://localhost:8000(/calendar/[\w-]{43}\.ics)", answer.text)
    assert found
    return found[1]


def fetch(world: World, path: str, who: str | None = None) -> Response:
    return browser(world, who).get(path, follow_redirects=False)


def entries(answer: Response) -> list[str]:
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    return [str(entry["summary"]) for entry in Calendar.from_ical(answer.content).walk("VEVENT")]


def reviews(answer: Response) -> set[UUID]:
    return {UUID(found) for found in re.findall(r"/reviews/([0-9a-f-]{36})/schedule", answer.text.replace("\r\n ", ""))}


def test_a_calendar_reads_the_open_steps_of_its_persons_reviews(planned: World) -> None:
    answer = fetch(planned, made(planned, "focal_xaa"))
    assert entries(answer)[5] == "Review portal: step 7 of 17 (see the portal)"
    assert len(entries(answer)) == 9  # those that have a day
    assert reviews(answer) == {planned.files["xaa"].review}
    days = [entry.start for entry in Calendar.from_ical(answer.content).walk("VEVENT")]
    assert "2026-07-01" in {day.isoformat() for day in days}
    both = fetch(planned, made(planned, "focal_xbb"))
    assert reviews(both) == {file.review for file in planned.files.values()}


@pytest.mark.parametrize("who", ["focal_xaa", "expert_xbb", "observer_xcc", "officer"])
def test_it_holds_no_confidential_word_and_leads_to_what_needs_signing_in(planned: World, who: str) -> None:
    answer = fetch(planned, made(planned, who))
    plain = answer.text.replace("\r\n ", "")
    assert not [word for word in WORDS if word in plain]
    assert answer.headers["cache-control"] == "no-store"
    [review] = reviews(answer)
    led = browser(planned).get(f"/reviews/{review}/schedule", follow_redirects=False)
    assert led.status_code == 303
    assert led.headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("who", ["registrar", "administrator", "translator", "oversight"])
def test_whoever_can_have_no_reviews_gets_no_address(planned: World, who: str) -> None:
    assert press(browser(planned, who), "/calendar").status_code == 404
    assert "nothing to put into a calendar" in browser(planned, who).get("/calendar").text


def test_the_token_is_nowhere_and_each_fetch_is_an_event(planned: World) -> None:
    path = made(planned, "focal_xaa")
    token = path.removeprefix("/calendar/").removesuffix(".ics")
    assert token not in browser(planned, "focal_xaa").get("/calendar").text
    fetch(planned, path)
    fetch(planned, path)
    events = [event for event in said(planned, IDENTITY_STREAM) if event["action"] == "viewCalendar"]
    assert len(events) == 2
    assert events[0]["who"]["person"] == str(planned.members["focal_xaa"].person)
    assert events[0]["detail"]["reviews"] == [str(planned.files["xaa"].review)]
    everything = b"".join(file.read_bytes() for file in planned.portal.settings.data.rglob("*") if file.is_file())
    assert token.encode() not in everything
    assert check_records(planned.portal).ok


# --- what ends it


def end_appointment(world: World, who: str) -> None:
    with setting_up(world.portal) as (work, _):
        row = work.people.appointment(world.members[who].appointment)
        assert row
        row.ended_at = work.now


def suspend(world: World, who: str) -> None:
    with setting_up(world.portal) as (work, _):
        work.session.get_one(Person, world.members[who].person).suspended_at = work.now


def revoke(world: World, who: str) -> None:
    assert press(browser(world, who), "/calendar/end").status_code == 303


def renew(world: World, who: str) -> None:
    made(world, who)


@pytest.mark.parametrize("ending", [end_appointment, suspend, revoke, renew], ids=lambda one: one.__name__)
def test_an_address_that_ended_is_answered_like_one_that_never_was(planned: World, ending) -> None:  # noqa: ANN001
    path = made(planned, "expert_xaa")
    assert entries(fetch(planned, path))
    ending(planned, "expert_xaa")
    ended, unknown = fetch(planned, path), fetch(planned, f"/calendar/{'t' * 43}.ics")
    assert (ended.status_code, ended.text, sorted(ended.headers.items())) == (
        *(404, unknown.text, sorted(unknown.headers.items())),
    )
    for who in ("expert_xaa", "focal_xaa"):  # a session beside it opens nothing either
        assert fetch(planned, path, who).status_code in {401, 404}


def test_it_acts_under_its_own_appointment_whatever_else_its_person_holds(planned: World) -> None:
    path = made(planned, "expert_xaa")
    member = planned.members["expert_xaa"]
    with setting_up(planned.portal) as (work, permit):
        old = work.people.appointment(member.appointment)
        assert old
        work.people.add(Appointment(**{**old.model_dump(), "id": UUID(int=7), "role": Role.FOCAL_POINT.value}))
        old.ended_at = work.now
        work.note(permit, step="exchanged")
    assert fetch(planned, path).status_code == 404


def test_an_assignment_that_ended_takes_its_dates_out_of_the_calendar(planned: World) -> None:
    path = made(planned, "expert_xaa")
    with setting_up(planned.portal) as (work, _):
        [row] = work.people.assignments_of(planned.members["expert_xaa"].person)
        row.ended_at = work.now
    assert entries(fetch(planned, path)) == []


def test_without_the_undertaking_there_are_no_dates(planned: World) -> None:
    add_member(planned, "expert_new", Role.EXPERT, "XAA", ("xaa",), undertaken=())
    path = made(planned, "expert_new")
    assert entries(fetch(planned, path)) == []
    sent = {"accepted": "yes", "wording": "1"}
    file = f"/reviews/{planned.files['xaa'].review}"
    assert press(browser(planned, "expert_new"), f"{file}/undertaking", **sent).status_code == 303
    assert entries(fetch(planned, path))


def test_after_the_review_the_reviewing_states_calendars_hold_nothing_of_it(planned: World) -> None:
    paths = {who: made(planned, who) for who in ("focal_xaa", "focal_xcc")}
    set_back(planned)
    closed = press(browser(planned, "registrar"), f"/register/{planned.files['xaa'].review}/close")
    assert closed.status_code == 303
    assert entries(fetch(planned, paths["focal_xaa"]))
    assert entries(fetch(planned, paths["focal_xcc"])) == []


def test_a_calendar_opens_nothing_else(planned: World) -> None:
    token = made(planned, "officer").removeprefix("/calendar/").removesuffix(".ics")
    caller = Caller(feed=token_hash(planned.portal, token))
    review = planned.files["xaa"].review
    acts = (
        lambda: files.my_reviews(planned.portal, caller),
        lambda: files.overview(planned.portal, caller, review),
        lambda: accounts.view_account(planned.portal, caller),
        lambda: files.ask_for_help(planned.portal, caller, review, wanted=True),
        lambda: schedules.plan_review(
            planned.portal,
            caller,
            review,
            1,
            TIMETABLES["longer"],
            date(2026, 5, 4),
            "x",
        ),
    )
    for act in acts:
        with planned.request(), pytest.raises(NotFound):
            act()


def test_ending_it_twice_or_having_none_changes_nothing(planned: World) -> None:
    revoke(planned, "focal_xaa")
    made(planned, "focal_xaa")
    revoke(planned, "focal_xaa")
    revoke(planned, "focal_xaa")
    with planned.portal.database.read() as session:
        [feed] = session.scalars(select(CalendarFeed)).all()
    assert feed.ended_at == planned.clock.now


def test_a_row_that_somebody_wrote_by_hand_gives_no_calendar(planned: World) -> None:
    path = made(planned, "focal_xaa")
    with by_hand(planned.portal.database) as hand:
        hand.allow("calendar_feed_never_rewritten")
        changed = hand("UPDATE calendar_feed SET appointment_id = ?", (planned.members["officer"].appointment,))
        assert changed.rowcount == 1
    assert fetch(planned, path).status_code == 500


@given(st.text(max_size=300), st.integers(1, 99))
def test_whatever_the_words_are_they_stay_one_entry(words: str, number: int) -> None:
    step = DueStep("k", number, 99, words, next(iter(TIMETABLES["longer"].steps)).desk, date(2026, 5, 4), True)
    told = written(Dates("en", datetime(2026, 5, 4, tzinfo=UTC), ((UUID(int=1), step),)), "https://p.example")
    assert len(Calendar.from_ical(told).walk("VEVENT")) == 1
    assert all(len(line) <= 75 for line in told.split(b"\r\n"))
