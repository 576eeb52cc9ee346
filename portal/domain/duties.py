"""What waits for somebody in a clarification, in words: from where it stands and who they are."""

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Due:
    """A day by which something is to be done; without one it comes last."""

    on: date | None

    @property
    def sort_key(self) -> tuple[bool, date]:
        """Where it stands in a list of what is to be done."""
        return self.on is None, self.on or date.max


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
