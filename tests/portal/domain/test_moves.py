"""What becomes of a document that is moved, circulated, withdrawn or changed (GL 13, 15, ToR 33, 36)."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.domain import moves
from portal.domain.documents import DocumentStage
from portal.domain.reviews import ReviewStage, RoomKind
from portal.errors import Conflict

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)


def test_what_is_submitted_waits_for_the_officer_unless_the_review_lets_it_pass() -> None:
    assert moves.arrival(RoomKind.SHARED, passes_at_once=False) is DocumentStage.SUBMITTED
    assert moves.arrival(RoomKind.SHARED, passes_at_once=True) is DocumentStage.CIRCULATED


@pytest.mark.parametrize("room", [RoomKind.REVIEWERS, RoomKind.SECRETARIAT])
def test_elsewhere_it_is_a_draft_to_work_on(room: RoomKind) -> None:
    assert moves.arrival(room, passes_at_once=True) is DocumentStage.DRAFT


def test_a_change_to_something_else_than_what_was_seen_is_not_made() -> None:
    moves.check_unchanged(NOW, NOW.isoformat())
    for seen in (NOW - timedelta(microseconds=1)).isoformat(), "", "yesterday":
        with pytest.raises(Conflict):
            moves.check_unchanged(NOW, seen)


def test_nothing_is_circulated_twice_or_after_it_was_withdrawn() -> None:
    moves.check_circulates(DocumentStage.SUBMITTED, None)
    with pytest.raises(Conflict, match="circulated already"):
        moves.check_circulates(DocumentStage.CIRCULATED, None)
    with pytest.raises(Conflict, match="withdrawn"):
        moves.check_circulates(DocumentStage.SUBMITTED, NOW)


def test_a_file_is_sent_once_and_nothing_is_told_of_what_others_sent() -> None:
    moves.check_not_there({"XBB"}, "XAA")
    with pytest.raises(Conflict):
        moves.check_not_there({"XBB", "XAA"}, "XAA")


def test_a_translation_ends_once() -> None:
    moves.check_open(None, None)
    for delivered, recalled in ((NOW, None), (None, NOW)):
        with pytest.raises(Conflict):
            moves.check_open(delivered, recalled)


def test_the_officer_sets_the_stage_one_step_on_or_back_but_neither_agrees_nor_closes() -> None:
    assert moves.next_stages(ReviewStage.PREPARATION) == (ReviewStage.DESK_REVIEW,)
    assert moves.next_stages(ReviewStage.DIALOGUE) == (ReviewStage.REPORT, ReviewStage.DESK_REVIEW)
    assert moves.next_stages(ReviewStage.REPORT) == (ReviewStage.DIALOGUE,)
    assert moves.next_stages(ReviewStage.AGREED) == moves.next_stages(ReviewStage.CLOSED) == ()


@pytest.mark.parametrize(
    ("seen", "wanted"),
    [
        (ReviewStage.PREPARATION, ReviewStage.DESK_REVIEW),
        (ReviewStage.DIALOGUE, ReviewStage.AGREED),
        (ReviewStage.DIALOGUE, ReviewStage.PREPARATION),
        (ReviewStage.DIALOGUE, ReviewStage.DIALOGUE),
    ],
)
def test_a_review_that_has_moved_on_is_not_set(seen: ReviewStage, wanted: ReviewStage) -> None:
    with pytest.raises(Conflict):
        moves.check_step(ReviewStage.DIALOGUE, seen, wanted)
