"""Who can be appointed to what.

1. Whoever acts for a State is of that State (ToR 17, 21).
2. (d) The staff of the secretariat is of no State, so that nobody serves two masters.
3. (d) Nobody holds one role twice at a time.
4. (d) The last administrator stays: without one nobody could appoint the next.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Final

from portal.domain.ids import StateCode
from portal.domain.problems import Problem, RefusedError
from portal.domain.roles import STAFF_ROLES, STATE_ROLES, Role
from portal.domain.texts import N_

# the roles that a page offers: a named reader comes with a grant (ToR 37)
APPOINTABLE: Final = tuple(role for role in Role if role is not Role.READER)


class Standing(StrEnum):
    """Where an appointment or assignment stands at a moment."""

    WAITING = "waiting"
    COMING = "coming"
    RUNNING = "running"
    ENDED = "ended"


STANDINGS: Final = {
    Standing.WAITING: N_("waits for confirmation"),
    Standing.COMING: N_("not yet begun"),
    Standing.RUNNING: N_("running"),
    Standing.ENDED: N_("ended"),
}


def standing(now: datetime, starts: datetime, ends: datetime | None, *, confirmed: bool = True) -> Standing:
    """Tell where something stands that runs from a moment up to another."""
    if ends is not None and ends <= now:
        return Standing.ENDED
    if not confirmed:
        return Standing.WAITING
    return Standing.COMING if starts > now else Standing.RUNNING


def fits(role: Role, home: str | None) -> bool:
    """Tell whether somebody of this State, or of none, can act in a role."""
    return role not in (STATE_ROLES if home is None else STAFF_ROLES)


def refuse_elsewhere(role: Role, home: StateCode | None) -> None:
    """Refuse a role that doesn't go together with the State that somebody is of.

    Raises:
        RefusedError: The role and the State don't go together.
    """
    if role in STATE_ROLES and home is None:
        raise RefusedError(
            Problem("state-missing", N_("Choose the State: a person acts in this role for a State, and is of it."))
        )
    if role in STAFF_ROLES and home is not None:
        raise RefusedError(
            Problem(
                "staff-of-a-state",
                N_("The staff of the secretariat acts for no State: leave the State empty, or choose another role."),
            )
        )


def refuse_twice(role: Role, held: Iterable[Role]) -> None:
    """Refuse to appoint somebody to a role that they hold already.

    Raises:
        RefusedError: They hold it.
    """
    if role in held:
        raise RefusedError(
            Problem(
                "role-held",
                N_("This person holds the role already. End that appointment first, or leave it as it is."),
            )
        )


def refuse_last_administrator(role: Role, running: int) -> None:
    """Refuse to end the appointment of the only administrator.

    Raises:
        RefusedError: There would be none left.
    """
    if role is Role.ADMINISTRATOR and running <= 1:
        raise RefusedError(
            Problem(
                "last-administrator",
                N_("This is the only administrator. Appoint another one first, then end this appointment."),
            )
        )
