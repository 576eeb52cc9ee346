"""Whose desk a review is on, step by step (the schedule's steps; ToR 15, 35, GL 15, 21-23, 30)."""

import pytest

from portal.domain.documents import DocumentKind, DocumentStage
from portal.domain.reviews import ReviewStage
from portal.domain.roles import Role
from portal.domain.turns import Desk, Step, is_ones_turn, turn

CIRCULATED, SUBMITTED, DRAFT = DocumentStage.CIRCULATED, DocumentStage.SUBMITTED, DocumentStage.DRAFT
RESPONSE, OUTCOME, REPORT = (
    DocumentKind.CHECKLIST_RESPONSE,
    DocumentKind.DESK_REVIEW_OUTCOME,
    DocumentKind.DRAFT_REPORT,
)


def response(stage: DocumentStage) -> Step:
    return Step(RESPONSE, stage, of_state_under_review=True)


def outcome(stage: DocumentStage) -> Step:
    return Step(OUTCOME, stage, of_state_under_review=False)


@pytest.mark.parametrize(
    ("steps", "desk"),
    [
        ([], Desk.STATE),
        ([Step(DocumentKind.LAW, CIRCULATED, of_state_under_review=True)], Desk.STATE),
        ([Step(RESPONSE, CIRCULATED, of_state_under_review=False)], Desk.STATE),
        ([response(SUBMITTED)], Desk.OFFICER),
        ([response(SUBMITTED), response(CIRCULATED)], Desk.EXPERTS),
        ([response(CIRCULATED), outcome(DRAFT)], Desk.EXPERTS),
        ([response(CIRCULATED), outcome(SUBMITTED)], Desk.OFFICER),
        ([response(CIRCULATED), outcome(CIRCULATED)], Desk.BOTH),
    ],
)
@pytest.mark.parametrize("stage", [ReviewStage.PREPARATION, ReviewStage.DESK_REVIEW])
def test_the_desk_review_goes_from_desk_to_desk(stage: ReviewStage, steps: list[Step], desk: Desk) -> None:
    assert turn(stage, steps).desk is desk


@pytest.mark.parametrize("stage", [ReviewStage.PREPARATION, ReviewStage.DESK_REVIEW])
def test_once_a_question_was_passed_on_the_dialogue_is_open_whatever_stage_was_set(stage: ReviewStage) -> None:
    assert turn(stage, [response(CIRCULATED)], asked=True).desk is Desk.BOTH
    assert turn(ReviewStage.REPORT, [], asked=True).desk is Desk.EXPERTS


def test_the_draft_report_is_the_experts_then_the_officers_then_the_states() -> None:
    def at(*stages: DocumentStage) -> Desk:
        return turn(ReviewStage.REPORT, [Step(REPORT, one, of_state_under_review=False) for one in stages]).desk

    assert [at(), at(SUBMITTED), at(SUBMITTED, CIRCULATED)] == [Desk.EXPERTS, Desk.OFFICER, Desk.STATE]


def test_an_agreed_review_is_the_officers_and_a_closed_one_nobodys() -> None:
    assert turn(ReviewStage.AGREED, []).desk is Desk.OFFICER
    assert turn(ReviewStage.CLOSED, [response(SUBMITTED)]).desk is Desk.NOBODY
    assert turn(ReviewStage.DIALOGUE, []).desk is Desk.BOTH


@pytest.mark.parametrize(
    ("desk", "role", "under_review", "ones"),
    [
        (Desk.STATE, Role.FOCAL_POINT, True, True),
        (Desk.STATE, Role.FOCAL_POINT, False, False),
        (Desk.EXPERTS, Role.EXPERT, False, True),
        (Desk.EXPERTS, Role.EXPERT, True, False),
        (Desk.BOTH, Role.EXPERT, True, True),
        (Desk.BOTH, Role.OBSERVER, True, False),
        (Desk.OFFICER, Role.OFFICER, False, True),
        (Desk.OFFICER, Role.FOCAL_POINT, True, False),
        (Desk.STATE, Role.OFFICER, False, False),
        (Desk.NOBODY, Role.OFFICER, False, False),
    ],
)
def test_a_turn_is_that_of_the_people_who_work_on_that_side(
    desk: Desk,
    role: Role,
    under_review: bool,  # noqa: FBT001  # pytest gives the value
    ones: bool,  # noqa: FBT001  # likewise
) -> None:
    assert is_ones_turn(desk, role, under_review=under_review) is ones
