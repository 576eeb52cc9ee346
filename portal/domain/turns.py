"""Whose desk a review is on, from its stage and the steps that its shared room shows.

1. Until the response to the checklist is submitted: the State under review's (step 6, ToR 15).
2. Submitted and not circulated: the officer's, who has it translated and circulates it (step 7, GL 15).
3. Circulated, and no outcome of the desk review: the reviewing experts' (step 8, GL 21, 22).
4. The outcome submitted and not circulated: the officer's (step 9, GL 23).
5. The outcome circulated, a question passed on to the State under review, or the dialogue open: both sides', with
   questions and answers (step 11).
6. In the report stage: the experts' until a draft is circulated (step 14), then the State's (step 15, GL 30); once a
   report is proposed, that of the focal points who are to agree (steps 15, 16, ToR 33).
7. Agreed: the officer's, for the summary in six languages (step 17, ToR 35), until it has gone out. Closed: nobody's.

The answer is the same for all parties: it tells a step of the schedule that they share, never a title or number.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from portal.domain.documents import DocumentKind, DocumentStage
from portal.domain.reviews import ReviewStage
from portal.domain.roles import Role
from portal.domain.texts import N_


class Desk(StrEnum):
    """On whose desk a review lies."""

    STATE = "state"
    EXPERTS = "experts"
    OFFICER = "officer"
    BOTH = "both"
    FOCAL_POINTS = "focal_points"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Step:
    """A document of the shared room, as far as the schedule is concerned."""

    kind: DocumentKind
    stage: DocumentStage
    of_state_under_review: bool


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is, and for what."""

    desk: Desk
    sentence: str


_RESPONSE: Final = Turn(
    Desk.STATE, N_("The State under review is to submit its response to the self-assessment checklist.")
)
_CIRCULATION: Final = Turn(
    Desk.OFFICER, N_("The response has been submitted; the officer is to have it translated and to circulate it.")
)
_DESK_REVIEW: Final = Turn(
    Desk.EXPERTS, N_("The response has been circulated; the reviewing experts are to prepare the desk-review outcome.")
)
_PASSING_ON: Final = Turn(
    Desk.OFFICER, N_("The desk-review outcome is there; the officer is to pass it on to the State under review.")
)
_DIALOGUE: Final = Turn(
    Desk.BOTH, N_("The dialogue is open: the experts put questions, the State under review answers them.")
)
_DRAFT: Final = Turn(Desk.EXPERTS, N_("The reviewing experts are to draft the report."))
_DRAFT_PASSES: Final = Turn(Desk.OFFICER, N_("The draft report is there; the officer is to circulate it."))
_COMMENTS: Final = Turn(
    Desk.STATE, N_("The draft report has been circulated; the State under review is to comment on it.")
)
_AGREEMENT: Final = Turn(
    Desk.FOCAL_POINTS,
    N_(
        "A report and its executive summary are proposed; the focal points of the three parties are to agree, or to "
        "say why not."
    ),
)
_SUMMARY: Final = Turn(
    Desk.OFFICER, N_("The report is agreed; the officer sees to the executive summary in all working languages.")
)
_TRANSMITTED: Final = Turn(
    Desk.NOBODY, N_("The report is agreed, and its executive summary was given to the bodies of the Conference.")
)
_CLOSED: Final = Turn(Desk.NOBODY, N_("The review is closed."))


def turn(
    stage: ReviewStage,
    steps: Iterable[Step],
    *,
    asked: bool = False,
    proposed: bool = False,
    transmitted: bool = False,
) -> Turn:
    """Tell whose turn it is.

    Args:
        stage: Of the review.
        steps: What its shared room shows.
        asked: A question was passed on to the State under review.
        proposed: There is a manifest to agree to.
        transmitted: The summary has gone out.

    """
    known = list(steps)
    match stage:
        case ReviewStage.CLOSED:
            return _CLOSED
        case ReviewStage.AGREED:
            return _TRANSMITTED if transmitted else _SUMMARY
        case ReviewStage.REPORT if proposed:
            return _AGREEMENT
        case ReviewStage.REPORT:
            draft = _furthest(known, DocumentKind.DRAFT_REPORT, of_state=False)
            return {None: _DRAFT, DocumentStage.SUBMITTED: _DRAFT_PASSES}.get(draft, _COMMENTS)
        case ReviewStage.DIALOGUE:
            return _DIALOGUE
        case ReviewStage.PREPARATION | ReviewStage.DESK_REVIEW:
            return _DIALOGUE if asked else _early(known)


def _early(steps: list[Step]) -> Turn:
    outcome = _furthest(steps, DocumentKind.DESK_REVIEW_OUTCOME, of_state=False)
    if outcome is not None:
        return _PASSING_ON if outcome is DocumentStage.SUBMITTED else _DIALOGUE
    response = _furthest(steps, DocumentKind.CHECKLIST_RESPONSE, of_state=True)
    return {None: _RESPONSE, DocumentStage.SUBMITTED: _CIRCULATION}.get(response, _DESK_REVIEW)


def _furthest(steps: list[Step], kind: DocumentKind, *, of_state: bool) -> DocumentStage | None:
    """Tell how far a kind of document has travelled; a draft of the secretariat has not begun to."""
    stages = {step.stage for step in steps if step.kind is kind and step.of_state_under_review is of_state}
    return next((stage for stage in (DocumentStage.CIRCULATED, DocumentStage.SUBMITTED) if stage in stages), None)


def is_ones_turn(desk: Desk, role: Role | None, *, under_review: bool) -> bool:
    """Tell whether it is the turn of somebody in this role, of the State under review or not."""
    works = role in {Role.FOCAL_POINT, Role.EXPERT}
    match desk:
        case Desk.STATE:
            return works and under_review
        case Desk.EXPERTS:
            return works and not under_review
        case Desk.BOTH:
            return works
        case Desk.FOCAL_POINTS:
            return role is Role.FOCAL_POINT
        case Desk.OFFICER:
            return role is Role.OFFICER
        case Desk.NOBODY:
            return False
