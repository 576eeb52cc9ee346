"""What waits for somebody in a clarification, in words: from where it stands and who they are."""

from datetime import date
from enum import StrEnum
from typing import Final

from portal.domain.clarifications import ClarificationStage, Clearance
from portal.domain.roles import Role
from portal.domain.texts import N_


class Duty(StrEnum):
    """What somebody is to do."""

    SUBMIT = "submit"
    GIVE = "give"
    ANSWER = "answer"
    PASS_QUESTION = "pass_question"  # noqa: S105  # no password
    PASS_ANSWER = "pass_answer"  # noqa: S105  # no password
    CLOSE = "close"
    CLEAR_QUESTION = "clear_question"
    CLEAR_ANSWER = "clear_answer"
    AWAIT_CLEARANCE = "await_clearance"
    SUBMIT_CLEARED = "submit_cleared"
    GIVEN = "given"


DUTIES: Final = {
    Duty.SUBMIT: N_("Finish the draft, or have it cleared and submitted"),
    Duty.GIVE: N_("Give the question to your experts, or answer it"),
    Duty.ANSWER: N_("Answer the question"),
    Duty.PASS_QUESTION: N_("Have the question translated where needed, and pass it on"),
    Duty.PASS_ANSWER: N_("Have the answer translated where needed, and pass it on"),
    Duty.CLOSE: N_("Read the answer, then close the question or ask what follows"),
    Duty.CLEAR_QUESTION: N_("Read the draft of the question, and clear it"),
    Duty.CLEAR_ANSWER: N_("Read the draft of the answer, clear it and send it"),
    Duty.AWAIT_CLEARANCE: N_("The draft waits for your focal point to clear it"),
    Duty.SUBMIT_CLEARED: N_("Submit the question: it is cleared"),
    Duty.GIVEN: N_("See that your experts answer the question: it is given to them"),
}


def by_day(due_on: date | None) -> tuple[bool, date]:
    """Give where something stands in a list of what is to be done: what has no day comes last."""
    return due_on is None, due_on or date.max


def duty(
    stage: ClarificationStage, role: Role | None, draft: Clearance = Clearance.NONE, *, given: bool = False
) -> Duty | None:
    """Tell what somebody in this role is to do when it is their side's turn.

    Args:
        stage: Where the clarification stands.
        role: Theirs.
        draft: How far the clearance of their side's draft is.
        given: The question was given to people of the State under review.

    """
    match stage:
        case ClarificationStage.DRAFT:
            return _to_ask(role, draft)
        case ClarificationStage.SUBMITTED:
            return Duty.PASS_QUESTION if role is Role.OFFICER else Duty.SUBMIT
        case ClarificationStage.ASKED:
            return _to_answer(role, draft, given=given)
        case ClarificationStage.REPLIED:
            return Duty.PASS_ANSWER if role is Role.OFFICER else None
        case ClarificationStage.ANSWERED:
            return Duty.CLOSE
        case _:
            return None


def _to_ask(role: Role | None, draft: Clearance) -> Duty:
    if draft is Clearance.GIVEN:
        return Duty.SUBMIT_CLEARED
    if draft is Clearance.ASKED:
        return Duty.CLEAR_QUESTION if role is Role.FOCAL_POINT else Duty.AWAIT_CLEARANCE
    return Duty.SUBMIT


def _to_answer(role: Role | None, draft: Clearance, *, given: bool) -> Duty:
    if draft is Clearance.ASKED:
        return Duty.CLEAR_ANSWER if role is Role.FOCAL_POINT else Duty.AWAIT_CLEARANCE
    if role is not Role.FOCAL_POINT:
        return Duty.ANSWER
    return Duty.GIVEN if given else Duty.GIVE
