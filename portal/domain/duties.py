"""What waits for somebody in a clarification, in words: from where it stands and who they are."""

from datetime import date
from enum import StrEnum
from typing import Final

from portal.domain.clarifications import ClarificationStage
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


DUTIES: Final = {
    Duty.SUBMIT: N_("Finish the draft, or have it cleared and submitted"),
    Duty.GIVE: N_("Give the question to your experts, or answer it"),
    Duty.ANSWER: N_("Answer the question"),
    Duty.PASS_QUESTION: N_("Have the question translated where needed, and pass it on"),
    Duty.PASS_ANSWER: N_("Have the answer translated where needed, and pass it on"),
    Duty.CLOSE: N_("Read the answer, then close the question or ask what follows"),
}


def by_day(due_on: date | None) -> tuple[bool, date]:
    """Give where something stands in a list of what is to be done: what has no day comes last."""
    return due_on is None, due_on or date.max


def duty(stage: ClarificationStage, role: Role | None) -> Duty | None:
    """Tell what somebody in this role is to do when it is their side's turn."""
    match stage:
        case ClarificationStage.DRAFT:
            return Duty.SUBMIT
        case ClarificationStage.SUBMITTED:
            return Duty.PASS_QUESTION if role is Role.OFFICER else Duty.SUBMIT
        case ClarificationStage.ASKED:
            return Duty.GIVE if role is Role.FOCAL_POINT else Duty.ANSWER
        case ClarificationStage.REPLIED:
            return Duty.PASS_ANSWER if role is Role.OFFICER else None
        case ClarificationStage.ANSWERED:
            return Duty.CLOSE
        case _:
            return None
