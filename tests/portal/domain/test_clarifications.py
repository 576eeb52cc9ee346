"""The path of a clarification, by the paragraphs that it comes from (ToR 22-24, GL 16-24)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Final

import pytest

from portal.domain import clarifications as path
from portal.domain.clarifications import ClarificationStage as Stage
from portal.domain.clarifications import Clearance, EntryStage, Formal, Holder, Part
from portal.domain.roles import Role
from portal.errors import Conflict

NINE: Final = datetime(2026, 5, 4, 9, tzinfo=UTC)
OVER: Final = (Stage.CLOSED, Stage.MERGED, Stage.DISCARDED)


def entry(part: Part, stage: EntryStage, hour: int) -> Formal:
    return Formal(part, stage, NINE + timedelta(hours=hour))


def asked(hour: int = 0) -> Formal:
    return entry(Part.QUESTION, EntryStage.CIRCULATED, hour)


def answered(hour: int = 1) -> Formal:
    return entry(Part.ANSWER, EntryStage.CIRCULATED, hour)


def waits(part: Part, hour: int = 2) -> Formal:
    return entry(part, EntryStage.SUBMITTED, hour)


@pytest.mark.parametrize(
    ("entries", "stage"),
    [
        ((), Stage.DRAFT),
        ((waits(Part.QUESTION),), Stage.SUBMITTED),
        ((asked(),), Stage.ASKED),
        ((asked(), waits(Part.ANSWER)), Stage.REPLIED),
        ((asked(), answered()), Stage.ANSWERED),
        ((asked(), answered(), waits(Part.QUESTION)), Stage.SUBMITTED),
        ((asked(), answered(), asked(2)), Stage.ASKED),
        ((asked(), answered(), asked(2), waits(Part.ANSWER, 3)), Stage.REPLIED),
        ((asked(), answered(), asked(2), answered(3)), Stage.ANSWERED),
        ((asked(), answered(), waits(Part.ANSWER)), Stage.ANSWERED),
        ((asked(), waits(Part.QUESTION)), Stage.ASKED),
    ],
)
def test_where_it_stands_follows_from_its_entries_in_whatever_order_they_come(
    entries: tuple[Formal, ...], stage: Stage
) -> None:
    """GL 23, 24: question, answer, supplementary question, answer."""
    for order in permutations(entries):
        assert path.standing(order, closed=False) is stage
        assert path.standing(order, closed=True) is Stage.CLOSED


def test_whose_turn_it_is_follows_from_where_it_stands() -> None:
    """ToR 23: the State under review answers; GL 18, 21: the secretariat passes on."""
    assert {stage: path.holder(stage) for stage in Stage} == {
        Stage.DRAFT: Holder.EXPERTS,
        Stage.SUBMITTED: Holder.OFFICER,
        Stage.ASKED: Holder.STATE,
        Stage.REPLIED: Holder.OFFICER,
        Stage.ANSWERED: Holder.EXPERTS,
        Stage.MERGED: Holder.NOBODY,
        Stage.DISCARDED: Holder.NOBODY,
        Stage.CLOSED: Holder.NOBODY,
    }


def test_nobodys_turn_is_nobodys_and_an_observers_is_none() -> None:
    for role in Role:
        assert not path.is_mine(Holder.NOBODY, role, under_review=True, asks=True)
    for who in Holder:
        assert not path.is_mine(who, Role.OBSERVER, under_review=True, asks=True)
        assert not path.is_mine(who, None, under_review=True, asks=True)


@pytest.mark.parametrize("role", [Role.FOCAL_POINT, Role.EXPERT])
def test_a_turn_is_that_of_the_people_of_the_side(role: Role) -> None:
    """GL 17: the other reviewing State's people don't have to submit what they didn't ask."""
    assert path.is_mine(Holder.STATE, role, under_review=True, asks=False)
    assert not path.is_mine(Holder.STATE, role, under_review=False, asks=True)
    assert path.is_mine(Holder.EXPERTS, role, under_review=False, asks=True)
    assert not path.is_mine(Holder.EXPERTS, role, under_review=False, asks=False)
    assert not path.is_mine(Holder.OFFICER, role, under_review=True, asks=True)


def test_the_officers_turn_is_the_officers() -> None:
    assert path.is_mine(Holder.OFFICER, Role.OFFICER, under_review=False, asks=False)
    assert not path.is_mine(Holder.EXPERTS, Role.OFFICER, under_review=False, asks=False)


def test_a_question_that_follows_shows_to_the_state_under_review_once_it_is_passed_on() -> None:
    """GL 23."""
    for stage in Stage:
        assert path.shown(stage, passed=True, drafts=True) is stage
        assert path.shown(stage, passed=False, drafts=False) is stage
        hidden = Stage.ANSWERED if stage is Stage.SUBMITTED else stage
        assert path.shown(stage, passed=True, drafts=False) is hidden


@pytest.mark.parametrize("stage", [one for one in EntryStage if one is not EntryStage.DRAFT])
def test_what_was_sent_or_discarded_is_worked_on_no_more(stage: EntryStage) -> None:
    """GL 17 (d)."""
    path.check_draft(EntryStage.DRAFT)
    with pytest.raises(Conflict, match="never edited"):
        path.check_draft(stage)
    with pytest.raises(Conflict, match="never edited"):
        path.check_clears(stage, Clearance.ASKED, 1, 1)


def test_a_draft_is_cleared_once_and_as_it_was_read() -> None:
    """(d) The focal point of a reviewing State clears, where its State is set so."""
    for clearance in (Clearance.NONE, Clearance.ASKED):
        path.check_clears(EntryStage.DRAFT, clearance, 3, 3)
    with pytest.raises(Conflict, match="cleared already"):
        path.check_clears(EntryStage.DRAFT, Clearance.GIVEN, 3, 3)
    for seen in (2, 4):
        with pytest.raises(Conflict, match="Somebody saved"):
            path.check_clears(EntryStage.DRAFT, Clearance.ASKED, 3, seen)


@pytest.mark.parametrize("stage", [one for one in EntryStage if one is not EntryStage.SUBMITTED])
def test_what_is_passed_on_is_passed_on_once(stage: EntryStage) -> None:
    """GL 21, 23."""
    path.check_passes(EntryStage.SUBMITTED)
    with pytest.raises(Conflict, match="passed on already"):
        path.check_passes(stage)


@pytest.mark.parametrize("part", Part)
@pytest.mark.parametrize("stage", OVER)
def test_nothing_is_added_to_what_is_over(stage: Stage, part: Part) -> None:
    with pytest.raises(Conflict, match="closed, merged or discarded"):
        path.check_takes(stage, part, passed=True)


def test_there_is_no_answer_before_the_question() -> None:
    """ToR 23, GL 24."""
    path.check_takes(Stage.DRAFT, Part.QUESTION, passed=False)
    path.check_takes(Stage.ASKED, Part.ANSWER, passed=True)
    with pytest.raises(Conflict, match="nothing to answer"):
        path.check_takes(Stage.SUBMITTED, Part.ANSWER, passed=False)


def test_what_follows_waits_until_the_question_is_there_and_a_correction_does_not() -> None:
    """GL 23: a supplementary question supplements one that was asked."""
    path.check_follows(passed=True, corrects=False)
    path.check_follows(passed=False, corrects=True)
    with pytest.raises(Conflict, match="nothing can follow"):
        path.check_follows(passed=False, corrects=False)


@pytest.mark.parametrize("stage", [one for one in EntryStage if one is not EntryStage.CIRCULATED])
def test_a_correction_or_a_translation_is_never_passed_on_before_its_text(stage: EntryStage) -> None:
    """GL 21, 23."""
    path.check_first(EntryStage.CIRCULATED)
    with pytest.raises(Conflict, match="Pass on first"):
        path.check_first(stage)


@pytest.mark.parametrize("stage", Stage)
def test_only_a_draft_is_merged_and_only_into_what_is_not_over(stage: Stage) -> None:
    """GL 17: the reviewing States divide their work; what was submitted stands in the record."""
    check: Callable[[], None] = lambda: path.check_merges(stage, Stage.ASKED, same=False)  # noqa: E731
    into: Callable[[], None] = lambda: path.check_merges(Stage.DRAFT, stage, same=False)  # noqa: E731
    for act, taken in ((check, stage is Stage.DRAFT), (into, stage not in OVER)):
        if taken:
            act()
        else:
            with pytest.raises(Conflict, match="never into themselves"):
                act()
    with pytest.raises(Conflict, match="never into themselves"):
        path.check_merges(Stage.DRAFT, stage, same=True)


@pytest.mark.parametrize("stage", Stage)
def test_only_what_is_with_one_of_the_sides_is_closed(stage: Stage) -> None:
    """GL 24."""
    if stage in {Stage.ASKED, Stage.ANSWERED}:
        path.check_closes(stage, follows=False)
        with pytest.raises(Conflict, match="stays open"):
            path.check_closes(stage, follows=True)
    else:
        with pytest.raises(Conflict, match="closed already"):
            path.check_closes(stage, follows=False)


def test_every_stage_and_kind_has_its_words() -> None:
    assert set(path.KIND_WORDS) == set(path.ClarificationKind)
    assert set(path.STAGE_WORDS) == set(Stage)
    assert set(path.ENTRY_WORDS) == set(EntryStage)
    assert set(path.REMARK_WORDS) == set(path.RemarkKind)
