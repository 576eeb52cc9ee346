"""Replacing somebody: who can succeed whom, and for how long the successor is reminded of it.

ToR 17, 21-23 and GL 13 say who appoints and assigns; how one person follows another they leave open:

1. (d) The roles in which people work on files are handed over: focal point, expert, observer, officer, translator.
2. (d) A successor is of the same State, or like the leaver of none, and holds the same role: by an appointment that
   runs or is about to begin. One that waits for a confirmation isn't one yet.
3. (d) Nobody succeeds themselves, and nobody who is suspended succeeds.
4. (d) Handed over is an appointment that runs; one that has still to begin is ended, there is nothing to hand over.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from portal.domain.appointments import Standing
from portal.domain.ids import PersonId
from portal.domain.problems import Problem, RefusedError
from portal.domain.roles import Role
from portal.domain.texts import N_

HANDED_OVER: Final = frozenset({Role.FOCAL_POINT, Role.EXPERT, Role.OBSERVER, Role.OFFICER, Role.TRANSLATOR})
REMINDED: Final = timedelta(days=30)  # so long the hand-over stands on the successor's desk

NOT_RUNNING: Final = Problem(
    "handover-not-running",
    N_("Only an appointment that runs is handed over. End this one, or wait until it has begun."),
)
CHOOSE: Final = Problem(
    "successor",
    N_(
        "Choose the successor: somebody of the same State, or of the secretariat, whose appointment to the same role "
        "runs or is about to begin."
    ),
)


@dataclass(frozen=True, slots=True)
class Post:
    """An appointment, as far as a hand-over is concerned."""

    id: UUID
    person: PersonId
    role: Role
    state: str | None
    standing: Standing
    suspended: bool = False


def can_succeed(leaver: Post, other: Post) -> bool:
    """Tell whether somebody can take over what somebody else leaves."""
    return (
        leaver.role in HANDED_OVER
        and (leaver.role, leaver.state) == (other.role, other.state)
        and leaver.person != other.person
        and other.standing in {Standing.RUNNING, Standing.COMING}
        and not other.suspended
    )


def refuse_hand_over(leaver: Post, successor: Post | None) -> None:
    """Refuse a hand-over that doesn't keep the rules.

    Raises:
        RefusedError: The leaver's appointment doesn't run, or this isn't a successor.
    """
    if leaver.standing is not Standing.RUNNING:
        raise RefusedError(NOT_RUNNING)
    if successor is None or not can_succeed(leaver, successor):
        raise RefusedError(CHOOSE)
