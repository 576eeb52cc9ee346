"""The rules of signals: each at its limit, within its window, and with clocks that go wrong."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from portal.domain.problems import RefusedError
from portal.domain.signals import (
    EXPLAINED,
    HARMLESS,
    KEPT,
    NAMES,
    PLACES,
    Counts,
    Fact,
    Found,
    Limit,
    Rule,
    Term,
    browser_of,
    is_over,
    network_of,
    read_limit,
    reason_given,
)
from portal.errors import Invalid
from portal.settings import Settings

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
COUNTING = sorted(set(Rule) - PLACES)
LIMITS = {rule: Limit(1 if rule in PLACES else 5, 10 * MINUTE) for rule in Rule}


def count(*facts: Fact, counts: Counts | None = None) -> list[Found]:
    counts = counts or Counts()
    counts.add_all(facts, LIMITS)
    return counts.found


def facts(rule: Rule, number: int, start: datetime = NOW, apart: timedelta = SECOND) -> list[Fact]:
    return [Fact(rule, start + at * apart, f"{rule}-{at}-{start}") for at in range(number)]


@pytest.mark.parametrize("rule", COUNTING)
def test_one_below_its_limit_a_rule_finds_nothing_and_at_it_one_signal(rule: Rule) -> None:
    assert count(*facts(rule, 4)) == []
    (found,) = count(*facts(rule, 5))
    assert (found.rule, found.count, found.at) == (rule, 5, NOW + 4 * SECOND)


@pytest.mark.parametrize("rule", COUNTING)
def test_what_goes_on_in_the_same_window_is_no_second_signal_and_after_it_one_more(rule: Rule) -> None:
    (found,) = count(*facts(rule, 12))
    assert found.count == 12, "it says how many were counted"
    counts = Counts()
    count(*facts(rule, 12), counts=counts)
    count(*facts(rule, 5, NOW + 10 * MINUTE + 4 * SECOND), counts=counts)
    assert [one.at for one in counts.found] == [NOW + 4 * SECOND, NOW + 10 * MINUTE + 4 * SECOND]


@pytest.mark.parametrize("rule", COUNTING)
def test_what_lies_a_window_apart_is_not_counted_together(rule: Rule) -> None:
    assert count(*facts(rule, 40, apart=timedelta(minutes=2.5))) == [], "four within any ten minutes"
    assert len(count(*facts(rule, 5, apart=timedelta(minutes=2.4)))) == 1


def test_the_same_thing_counts_once_and_one_that_stands_for_many_as_many() -> None:
    assert count(*[Fact(Rule.PACE, NOW + at * SECOND, "one page") for at in range(30)]) == []
    (found,) = count(Fact(Rule.REFUSALS, NOW, "one", times=500))
    assert found.count == 500


def test_a_review_is_named_where_all_that_was_counted_is_of_it() -> None:
    one, other = uuid4(), uuid4()
    of_one = [Fact(Rule.PACE, NOW, str(at), one) for at in range(5)]
    assert count(*of_one)[0].review == one
    assert count(*of_one[:4], Fact(Rule.PACE, NOW, "x", other))[0].review is None
    assert count(*of_one, Fact(Rule.PACE, NOW, "x", other))[0].review is None, "what was counted later, too"
    assert count(*of_one[:4], Fact(Rule.PACE, NOW, "x"))[0].review is None


@pytest.mark.parametrize("rule", sorted(PLACES))
def test_where_somebody_comes_from_first_is_no_signal_and_another_place_is_one(rule: Rule) -> None:
    counts = Counts()
    count(Fact(rule, NOW, "here"), Fact(rule, NOW + SECOND, "here"), counts=counts)
    assert counts.found == []
    count(Fact(rule, NOW + 2 * SECOND, "there"), counts=counts)
    (found,) = counts.found
    assert (found.rule, found.count) == (rule, 1)
    count(Fact(rule, NOW + 3 * SECOND, "there"), Fact(rule, NOW + 4 * SECOND, "elsewhere"), counts=counts)
    assert [one.count for one in counts.found] == [2], "many new places at once are one signal, which counts them"


@pytest.mark.parametrize("rule", sorted(PLACES))
def test_a_place_not_seen_for_the_whole_time_is_new_again(rule: Rule) -> None:
    assert len(count(Fact(rule, NOW, "here"), Fact(rule, NOW + 10 * MINUTE, "here"))) == 1
    assert count(*[Fact(rule, NOW + 9 * at * MINUTE, "here") for at in range(9)]) == []


def test_a_clock_that_was_set_back_hides_nothing_and_one_that_was_far_off_is_forgotten() -> None:
    back = [Fact(Rule.PACE, NOW - at * MINUTE, str(at)) for at in range(5)]
    assert len(count(*back)) == 1
    far = facts(Rule.PACE, 4, NOW + timedelta(days=2000))
    assert count(*far, *facts(Rule.PACE, 4)) == []
    assert len(count(*far, *facts(Rule.PACE, 5))) == 1
    counts = Counts()
    count(*facts(Rule.PACE, 5, NOW + timedelta(days=2000)), *facts(Rule.PACE, 5), counts=counts)
    assert len(counts.found) == 2, "nor is a rule quiet until then"


def test_what_is_counted_outlasts_being_written_down() -> None:
    review = uuid4()
    said = [Fact(Rule.PACE, NOW + at * SECOND, str(at), review) for at in range(12)]
    whole, pieces, found = Counts(), Counts(), []
    count(*said, counts=whole)
    for one in said:
        pieces = Counts(pieces.written())
        found += count(one, counts=pieces)
    assert [(one.at, one.review) for one in found] == [(one.at, one.review) for one in whole.found]
    assert pieces.written() == whole.written()


def test_what_is_kept_of_a_person_is_bounded() -> None:
    counts = Counts()
    count(*facts(Rule.MASS_DOWNLOAD, KEPT + 50, apart=timedelta(milliseconds=1)), counts=counts)
    assert counts.found[0].count == KEPT
    assert len(counts.written()) < 120 * KEPT


def test_a_limit_of_none_switches_a_rule_off() -> None:
    counts = Counts()
    counts.add_all(facts(Rule.PACE, 50), {Rule.PACE: Limit(0, MINUTE)})
    assert counts.found == []


def test_the_settings_say_the_limits_and_what_they_do_not_name_stays_usual() -> None:
    rules = Settings(signal_limits=("pace:7:2", "new_browser:0:60")).signal_rules
    assert set(rules) == set(Rule)
    assert rules[Rule.PACE] == Limit(7, 2 * MINUTE)
    assert rules[Rule.NEW_BROWSER].count == 0
    assert rules[Rule.REFUSALS] == Settings().signal_rules[Rule.REFUSALS]


@pytest.mark.parametrize(
    "limit",
    [
        *("pace", "pace:1", "speed:1:1", "pace:-1:1", "pace:1:0", "pace:1001:1", "pace:1:525601", "pace:+1:1"),
        *("pace:x:1", "new_network:2:60", "pace:1:1:1", "pace:1_0:1"),
    ],
)
def test_a_limit_that_is_none_is_found_at_the_start(limit: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_limit(limit)
    with pytest.raises(Invalid, match="signal_limits"):
        Settings(signal_limits=(limit,))


def test_every_rule_is_named_explained_and_its_innocent_reasons_told() -> None:
    assert set(NAMES) == set(EXPLAINED) == set(HARMLESS) == set(Rule)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        *(("192.0.2.1", "192.0.0.0/16"), ("192.0.255.7", "192.0.0.0/16"), ("192.1.2.1", "192.1.0.0/16")),
        *(("2001:db8:1::1", "2001:db8::/32"), ("2001:db9::1", "2001:db9::/32")),
        *(("::ffff:192.0.2.1", "192.0.0.0/16"), ("", ""), ("testclient", "")),
    ],
)
def test_a_network_is_the_front_of_an_address(address: str, network: str) -> None:
    assert network_of(address) == network


def test_a_browser_is_known_by_what_it_says_or_by_all_that_it_says() -> None:
    assert browser_of("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0") == "Firefox, Linux"
    assert browser_of("curl/8") == "curl/8"


def test_it_is_over_when_one_ended_and_none_runs() -> None:
    ended, runs = Term.of(NOW - MINUTE, None, NOW), Term.of(NOW - MINUTE, NOW + MINUTE)
    assert is_over([ended], NOW)
    assert not is_over([ended], NOW - SECOND)
    assert not is_over([ended, runs], NOW)
    assert is_over([ended, runs], NOW + MINUTE)
    assert not is_over([], NOW)
    assert not is_over([Term.of(NOW + MINUTE, None)], NOW), "what hasn't begun hasn't ended"
    assert Term.of(NOW, NOW + MINUTE, NOW + SECOND).ends == NOW + SECOND


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 2001])
def test_a_reason_is_some_words_and_not_too_many(reason: str) -> None:
    with pytest.raises(RefusedError):
        reason_given(reason)
    assert reason_given(" They travelled. ") == "They travelled."
