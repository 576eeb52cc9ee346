"""Who can be appointed to what.

1. Whoever acts for a State is of that State (ToR 17, 21).
2. (d) The staff of the secretariat is of no State, so that nobody serves two masters.
3. (d) Nobody holds one role twice at a time.
4. (d) The last administrator stays: without one nobody could appoint the next.
5. (d) What opens files, or appoints those who open them, takes two people; else one could invent another and act for
   both. Administrators, registrars, officers and confidentiality officers are confirmed by another registrar or
   administrator than the one who appoints; a focal point by another of the same State or, where it has none, likewise.
6. (d) Where nobody else runs who could confirm, as in a new installation, such an appointment runs at once. Who left a
   short while ago still counts: nobody goes on alone by ending what the others hold.
7. (d) What a restoration from a backup made again, nobody appointed: for a State its focal point confirms it.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from portal.domain.ids import StateCode
from portal.domain.problems import Problem, RefusedError
from portal.domain.roles import STAFF_ROLES, STATE_ROLES, Role
from portal.domain.texts import N_

TWO_PEOPLE: Final = frozenset({Role.ADMINISTRATOR, Role.REGISTRAR, Role.OFFICER, Role.CONFIDENTIALITY_OFFICER})
CONFIRMING: Final = frozenset({Role.REGISTRAR, Role.ADMINISTRATOR})  # these confirm what is of the secretariat
STILL_COUNTS: Final = timedelta(days=30)  # so long after the end of their appointment


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


class Confirmer(StrEnum):
    """Whose confirmation an appointment waits for."""

    FOCAL_POINT = "focal_point"
    STAFF = "staff"
    REGISTRAR = "registrar"


CONFIRMERS: Final = {
    Confirmer.FOCAL_POINT: N_("A focal point of the State confirms it."),
    Confirmer.STAFF: N_("Another registrar or administrator than the one who appointed confirms it."),
    Confirmer.REGISTRAR: N_("The registrar confirms it."),
}


def needs_confirmation(role: Role, *, other_focal_point: bool, others: bool, asked: bool) -> bool:
    """Tell whether an appointment runs only once somebody else has confirmed it.

    Args:
        role: To which somebody is appointed.
        other_focal_point: The State that it is for has a focal point who runs now.
        others: There are other registrars or administrators than whoever appoints.
        asked: The portal is set so that what focal points appoint is confirmed.
    """
    if role in TWO_PEOPLE:
        return others
    if role is Role.FOCAL_POINT:
        return other_focal_point or others
    return asked and role in {Role.EXPERT, Role.OBSERVER}


def confirmer(role: Role, *, other_focal_point: bool, restored: bool = False) -> Confirmer:
    """Tell whose confirmation an appointment waits for now, if it waits; restored: nobody appointed them."""
    if role in TWO_PEOPLE or (role is Role.FOCAL_POINT and not other_focal_point):
        return Confirmer.STAFF
    of_the_state = role is Role.FOCAL_POINT or (restored and role in {Role.EXPERT, Role.OBSERVER, Role.READER})
    return Confirmer.FOCAL_POINT if of_the_state else Confirmer.REGISTRAR


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


def refuse_last_administrator(role: Role, left: int) -> None:
    """Refuse to end the appointment of the only administrator; left: how many others run.

    Raises:
        RefusedError: There would be none left.
    """
    if role is Role.ADMINISTRATOR and left < 1:
        raise RefusedError(
            Problem(
                "last-administrator",
                N_("This is the only administrator. Appoint another one first, then end this appointment."),
            )
        )
