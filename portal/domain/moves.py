"""What becomes of a document when somebody moves, circulates, withdraws or changes it: rules without input or output.

1. Moving makes a new document in the other room from one version; in the shared room it is submitted (GL 15), or
   circulated at once where the review is set so; in any other room it is a draft to work on.
2. It stays of whom it was: only what is of a State speaks for that State (ToR 36).
3. Circulating, withdrawing and translating happen once; whoever comes second is told so.
4. A change is made to what its author saw: if somebody changed it meanwhile, it is not made.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from portal.domain.documents import DocumentStage
from portal.domain.reviews import ReviewStage, RoomKind
from portal.domain.texts import N_
from portal.errors import Conflict

CHANGED: Final = N_(
    "Somebody changed this document after you opened the page, so your change was not made and nothing was lost. "
    "Load the page again, look at what it says now, and repeat what is still needed."
)
CIRCULATED: Final = N_("This document was circulated already; it needs no second time.")
WITHDRAWN: Final = N_("This document was withdrawn meanwhile, so this was not done. Its versions stay in the record.")
MOVED: Final = N_("This very file lies in that room already and is not withdrawn, so it was not sent a second time.")
MOVED_ON: Final = N_("The review has moved on since you opened the page, so its stage was not changed. Look again.")
ENDED: Final = N_("This translation was delivered or taken back already; nothing is left to do.")
SENT: Final = N_("This version is with that translator for that language already, so it was not sent again.")

# The officer keeps the schedule (GL 13). Agreement takes both sides (ToR 33), closing is the registrar's act.
STEPS: Final = (ReviewStage.PREPARATION, ReviewStage.DESK_REVIEW, ReviewStage.DIALOGUE, ReviewStage.REPORT)


def arrival(target: RoomKind, *, passes_at_once: bool) -> DocumentStage:
    """Tell the stage of a document that was moved into a room."""
    if target is not RoomKind.SHARED:
        return DocumentStage.DRAFT
    return DocumentStage.CIRCULATED if passes_at_once else DocumentStage.SUBMITTED


def check_unchanged(changed_at: datetime, seen: str) -> None:
    """Refuse a change to something else than what its author saw.

    Raises:
        Conflict: It was changed meanwhile.

    """
    if seen != changed_at.isoformat():
        raise Conflict(CHANGED)


def check_circulates(stage: DocumentStage, withdrawn_at: datetime | None) -> None:
    """Refuse to circulate twice, or what was withdrawn.

    Raises:
        Conflict: Somebody was there first.

    """
    check_in_use(withdrawn_at)
    if stage is DocumentStage.CIRCULATED:
        raise Conflict(CIRCULATED)


def check_in_use(withdrawn_at: datetime | None) -> None:
    """Refuse to work on what was withdrawn.

    Raises:
        Conflict: It was withdrawn meanwhile.

    """
    if withdrawn_at is not None:
        raise Conflict(WITHDRAWN)


def check_not_there(equal_owners: Collection[str], owner: str) -> None:
    """Refuse to send a file a second time into a room; what others keep there is not told.

    Args:
        equal_owners: Of whom the documents in the room are that hold the same file and are not withdrawn.
        owner: Of whom the document is that is to be moved.

    Raises:
        Conflict: It lies there already, of the same owner.

    """
    if owner in equal_owners:
        raise Conflict(MOVED)


def check_open(delivered_at: datetime | None, recalled_at: datetime | None) -> None:
    """Refuse to deliver or take back a translation a second time.

    Raises:
        Conflict: It was delivered or taken back.

    """
    if delivered_at is not None or recalled_at is not None:
        raise Conflict(ENDED)


def next_stages(stage: ReviewStage) -> tuple[ReviewStage, ...]:
    """Tell the stages that the officer may set: the one after this, and the one before, for what was set too soon."""
    if stage not in STEPS:
        return ()
    at = STEPS.index(stage)
    return STEPS[at + 1 : at + 2] + STEPS[max(at - 1, 0) : at]


def check_step(stage: ReviewStage, seen: ReviewStage, wanted: ReviewStage) -> None:
    """Refuse to change the stage of a review that has moved on, or by more than one step.

    Raises:
        Conflict: It isn't where its officer saw it, or the step isn't the officer's to take.

    """
    if stage is not seen or wanted not in next_stages(stage):
        raise Conflict(MOVED_ON)
