"""The steps of a review, their dates by the text, and when the end may be expected."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain import planning
from portal.domain.forecasts import end, forecasts
from portal.domain.ids import StateCode
from portal.domain.problems import RefusedError
from portal.domain.rest_days import RestDay, rest_days
from portal.domain.schedules import BEGIN, DESKS, TIMETABLES, Offset, Schedule, StepState, Timetable
from portal.errors import Conflict

RESOLUTION, LONGER = TIMETABLES["resolution"], TIMETABLES["longer"]
BEGINS = date(2026, 1, 12)
KEYS = [step.key for step in RESOLUTION.steps]


def by_text(schedule: Schedule) -> dict[str, date]:
    dates = {step.key: schedule.by_text(step) for step in schedule.timetable.steps}
    return {key: day for key, day in dates.items() if day is not None}


def step(schedule: Schedule, key: str):  # noqa: ANN201  # a Step
    found = schedule.timetable.step(key)
    assert found
    return found


# --- the timetables


def test_there_are_seventeen_steps_in_the_order_of_the_guidelines() -> None:
    assert len(RESOLUTION.steps) == 17
    assert [RESOLUTION.number(key) for key in ("notify", "response", "desk_review", "draft", "six_languages")] == [
        *(1, 6, 8, 14, 17)
    ]
    assert len(set(KEYS)) == 17


@pytest.mark.parametrize("timetable", TIMETABLES.values(), ids=lambda one: one.name)
def test_a_step_follows_and_counts_from_earlier_ones_only(timetable: Timetable) -> None:
    for at, one in enumerate(timetable.steps):
        earlier = {before.key for before in timetable.steps[:at]}
        assert one.follows is None or one.follows in earlier
        assert one.anchor == BEGIN or one.anchor in earlier
        assert one.desk in DESKS


def test_the_times_are_those_of_the_text() -> None:
    """GL 9 and the steps: where the text has no time there is no date."""
    assert by_text(Schedule(RESOLUTION, BEGINS)) == {
        "notify": date(2026, 2, 12),
        "focal_point": date(2026, 3, 5),
        "officer": date(2026, 3, 5),
        "first_call": date(2026, 3, 12),
        "response": date(2026, 4, 12),
        "circulate": date(2026, 5, 12),
        "desk_review": date(2026, 6, 12),
        "draft": date(2026, 6, 12),
        "agreement": date(2026, 7, 12),
    }


def test_the_reviews_of_2018_to_2020_took_longer() -> None:
    dates = by_text(Schedule(LONGER, BEGINS))
    assert len(LONGER.steps) == 18
    assert (dates["focal_point"], dates["experts"]) == (date(2026, 2, 26), date(2026, 3, 12))
    assert (dates["response"], dates["circulate"], dates["desk_review"]) == (
        *(date(2026, 8, 12), date(2026, 9, 12), date(2027, 3, 12)),
    )


def test_time_counts_from_the_day_on_which_the_anchor_was_really_done() -> None:
    """Step 7 is due within a month of receipt, not of the day on which receipt was due."""
    late = Schedule(RESOLUTION, BEGINS, {"response": StepState(done=date(2026, 5, 20))})
    assert by_text(late)["circulate"] == date(2026, 6, 20)
    passed_on = Schedule(RESOLUTION, BEGINS, {"pass_on": StepState(agreed=date(2026, 7, 1))})
    assert by_text(passed_on)["dialogue"] == date(2026, 9, 1)


def test_the_officer_may_set_another_date_in_place_of_the_texts() -> None:
    schedule = Schedule(RESOLUTION, BEGINS, {"response": StepState(by_text=date(2026, 4, 30))})
    assert by_text(schedule)["response"] == date(2026, 4, 30)
    assert by_text(schedule)["circulate"] == date(2026, 5, 30)


@given(st.dates(date(2000, 11, 15), date(2100, 1, 1)), st.integers(0, 24), st.integers(0, 10))
def test_an_offset_never_skips_a_month(day: date, months: int, weeks: int) -> None:
    found = Offset(months=months).after(day)
    assert (found.year * 12 + found.month) - (day.year * 12 + day.month) == months
    assert found.day == day.day or (found + timedelta(days=1)).day == 1
    assert Offset(months=months, weeks=weeks).after(day) - found == timedelta(weeks=weeks)


# --- what the officer may set


def refused(schedule: Schedule, key: str, state: StepState, today: date = BEGINS) -> list[str]:
    try:
        planning.check_step(schedule, step(schedule, key), state, today)
    except RefusedError as error:
        return [problem.code for problem in error.problems if problem.words()]
    return []


AGREED = Schedule(
    RESOLUTION,
    BEGINS,
    {"response": StepState(agreed=date(2026, 4, 1)), "desk_review": StepState(agreed=date(2026, 6, 1))},
)


@pytest.mark.parametrize(
    ("key", "day", "code"),
    [
        ("notify", BEGINS - timedelta(days=1), "before-begin"),
        ("circulate", date(2026, 3, 31), "before-its-turn"),  # before its anchor
        ("agreement", date(2026, 5, 31), "before-its-turn"),  # before what it depends on by four others
        ("circulate", date(2026, 6, 2), "after-its-turn"),
        ("notify", date(2026, 4, 2), "after-its-turn"),
        ("circulate", date(1999, 1, 1), "date-far-off"),
        ("circulate", date(9999, 12, 31), "date-far-off"),
    ],
)
def test_an_agreed_date_out_of_its_order_is_refused(key: str, day: date, code: str) -> None:
    """ToR 24, GL 14."""
    assert code in refused(AGREED, key, StepState(agreed=day))


@pytest.mark.parametrize("day", [date(2026, 4, 1), date(2026, 5, 4), date(2026, 6, 1)])
def test_an_agreed_date_in_its_order_is_taken(day: date) -> None:
    assert refused(AGREED, "circulate", StepState(agreed=day)) == []


def test_what_is_done_was_done_by_today_in_whatever_order() -> None:
    assert refused(AGREED, "draft", StepState(done=BEGINS)) == []
    assert refused(AGREED, "draft", StepState(done=BEGINS + timedelta(days=1))) == ["done-ahead"]


def test_only_what_the_state_may_decline_is_left_out() -> None:
    """GL 24: a visit takes place if the State agrees."""
    assert refused(AGREED, "visit", StepState(left_out=True)) == []
    assert refused(AGREED, "response", StepState(left_out=True)) == ["not-optional"]
    assert refused(AGREED, "visit", StepState(left_out=True, done=BEGINS)) == ["done-and-left-out"]


def test_a_date_in_place_of_the_texts_lies_in_the_review() -> None:
    assert refused(AGREED, "draft", StepState(by_text=BEGINS - timedelta(days=1))) == ["text-before-begin"]


def test_a_beginning_after_what_is_agreed_is_refused() -> None:
    later = Schedule(RESOLUTION, date(2026, 4, 2), AGREED.states)
    with pytest.raises(RefusedError, match="agreed for 2026-04-01"):
        planning.check_begin(later, BEGINS)
    planning.check_begin(AGREED, BEGINS)


def test_a_change_needs_a_reason_and_a_fresh_look() -> None:
    for nothing in ("", "  \n "):
        with pytest.raises(RefusedError):
            planning.change_reason(nothing)
    assert planning.change_reason("As agreed\nby note.") == "As agreed by note."
    planning.check_seen(3, 3)
    with pytest.raises(Conflict):
        planning.check_seen(4, 3)


def test_unknown_steps_and_timetables_are_refused() -> None:
    for ask in (lambda: planning.timetable("fast"), lambda: planning.step_of(AGREED, "coffee")):
        with pytest.raises(RefusedError):
            ask()


# --- the forecast


def test_a_delay_moves_what_is_open_and_nothing_that_was_done() -> None:
    done = {
        "notify": StepState(done=date(2026, 2, 12)),
        "focal_point": StepState(done=date(2026, 2, 20)),
        "response": StepState(done=date(2026, 5, 2)),  # twenty days later than by the text
    }
    schedule = Schedule(RESOLUTION, BEGINS, done)
    found = forecasts(schedule, date(2026, 5, 3))
    assert found["response"] == date(2026, 5, 2)
    assert found["circulate"] == date(2026, 6, 2)
    assert found["desk_review"] == date(2026, 7, 2)
    assert found["pass_on"] == date(2026, 7, 2)  # no time of its own
    assert found["dialogue"] == date(2026, 9, 2)
    assert end(schedule, found) == found["six_languages"]


def test_an_agreed_date_that_was_set_later_knows_of_the_delay() -> None:
    states = {
        "response": StepState(done=date(2026, 5, 2)),
        "circulate": StepState(agreed=date(2026, 5, 20), agreed_on=date(2026, 5, 2)),
        "desk_review": StepState(agreed=date(2026, 6, 20), agreed_on=date(2026, 1, 20)),
    }
    found = forecasts(Schedule(RESOLUTION, BEGINS, states), date(2026, 5, 3))
    assert found["circulate"] == date(2026, 5, 20)
    assert found["desk_review"] == date(2026, 6, 20)
    before = {**states, "circulate": StepState(agreed=date(2026, 5, 20), agreed_on=date(2026, 1, 20))}
    moved = forecasts(Schedule(RESOLUTION, BEGINS, before), date(2026, 5, 3))
    assert moved["circulate"] == date(2026, 6, 9)  # twenty days more
    assert moved["desk_review"] == date(2026, 7, 10)


def test_what_is_left_out_has_no_forecast_and_holds_nothing_up() -> None:
    states = {"visit": StepState(left_out=True), "findings": StepState(left_out=True)}
    found = forecasts(Schedule(RESOLUTION, BEGINS, states), BEGINS)
    assert {"visit", "findings"}.isdisjoint(found)
    assert len(found) == 15


DAYS = st.dates(date(2026, 1, 12), date(2028, 1, 1))
STATES = st.builds(
    StepState,
    agreed=st.none() | DAYS,
    by_text=st.none() | DAYS,
    done=st.none() | DAYS,
    agreed_on=st.none() | DAYS,
)
SCHEDULES = st.builds(
    Schedule,
    st.sampled_from(list(TIMETABLES.values())),
    st.just(BEGINS),
    st.dictionaries(st.sampled_from(KEYS), STATES, max_size=10),
)


@given(SCHEDULES, DAYS)
def test_nothing_open_is_expected_before_today_or_before_what_it_depends_on(schedule: Schedule, today: date) -> None:
    found = forecasts(schedule, today)
    for one in schedule.timetable.steps:
        done = schedule.state(one.key).done
        if done is not None:
            assert found[one.key] == done
            continue
        before = schedule.before(one)
        assert found[one.key] >= today
        assert before is None or found[one.key] >= found[before.key]


@given(SCHEDULES, DAYS, st.integers(1, 400))
def test_waiting_never_brings_the_end_nearer(schedule: Schedule, today: date, days: int) -> None:
    sooner, later = forecasts(schedule, today), forecasts(schedule, today + timedelta(days=days))
    assert end(schedule, later) >= end(schedule, sooner)


@given(SCHEDULES, DAYS)
def test_what_the_rules_take_is_in_order(schedule: Schedule, day: date) -> None:
    for one in schedule.timetable.steps:
        if refused(schedule, one.key, StepState(agreed=day), date(2028, 1, 1)):
            continue
        before = schedule.before(one)
        settled = schedule.settled(before) if before else schedule.begins
        assert settled is None or settled <= day


# --- days without work


def test_weekends_and_holidays_stand_beside_a_date() -> None:
    austria, saudi, invented = StateCode("AUT"), StateCode("SAU"), StateCode("XAA")
    assert rest_days(date(2026, 1, 6), [austria, saudi, invented]) == (RestDay(austria, "Epiphany"),)
    assert rest_days(date(2026, 1, 9), [austria, saudi, invented]) == (RestDay(saudi),)  # a Friday
    assert rest_days(date(2026, 1, 10), [austria, saudi, invented]) == (RestDay(None),)
    assert rest_days(date(2026, 1, 7), [austria, saudi, invented]) == ()
