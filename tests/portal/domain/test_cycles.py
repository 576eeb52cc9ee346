"""Cycles: their names, their dates and their order."""

from datetime import date

import pytest

from portal.domain.cycles import cycle, judge_opening
from portal.domain.problems import Problem, RefusedError

STARTS = date(2026, 11, 1)


def test_a_cycle_has_a_name_a_start_and_perhaps_an_end() -> None:
    assert cycle(" First cycle ", STARTS).name == "First cycle"
    assert cycle("First cycle", STARTS, date(2034, 11, 1)).ends == date(2034, 11, 1)


@pytest.mark.parametrize(
    ("name", "starts", "ends", "code"),
    [
        ("", STARTS, None, "name-empty"),
        ("x" * 121, STARTS, None, "name-too-long"),
        ("First", date(2002, 1, 1), None, "cycle-too-early"),
        ("First", STARTS, STARTS, "cycle-ends-first"),
        ("First", STARTS, date(2206, 1, 1), "cycle-too-long"),
    ],
)
def test_dates_that_cannot_be_those_of_a_cycle_are_refused(
    name: str, starts: date, ends: date | None, code: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        cycle(name, starts, ends)
    assert refused.value.problems[0].code == code


def test_a_new_cycle_before_the_old_one_is_completed_is_a_warning_tor_13() -> None:
    first, second = cycle("First", STARTS), cycle("Second", date(2034, 11, 1))
    assert not judge_opening(second, [(first, 0)]).warnings
    verdict = judge_opening(second, [(first, 2)])
    assert not verdict.refusals
    assert verdict.warnings[0].words() == (
        "Reviews of “First” that aren’t completed: 2. A new cycle before that needs a decision of the Conference "
        "(terms of reference, paragraph 13)."
    )


def test_two_cycles_do_not_share_a_name() -> None:
    verdict = judge_opening(cycle("FIRST", STARTS), [(cycle("First", STARTS), 0)])
    assert [problem.code for problem in verdict.refusals] == ["cycle-name-taken"]


def test_a_refusal_without_a_reason_is_impossible() -> None:
    with pytest.raises(ValueError, match="without a reason"):
        RefusedError()


def test_a_problem_inside_a_problem_is_translated_too() -> None:
    inner = Problem("inner", "The name is empty.")
    outer = Problem("outer", "Line %(line)d: %(reason)s", {"line": 2, "reason": inner})
    french = {"Line %(line)d: %(reason)s": "Ligne %(line)d : %(reason)s", "The name is empty.": "Le nom manque."}
    assert outer.words(french.__getitem__) == "Ligne 2 : Le nom manque."
