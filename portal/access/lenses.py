"""Through whose eyes a file is looked at: somebody as the records have them, as planned, or a kind of a State's people.

1. (d) One acts under one appointment at a time, so each appointment is a lens of its own.
2. (d) What is planned counts as begun and confirmed, and the undertaking of confidentiality as given; pages say so.
3. Of a State as a whole nobody in particular is looked at: its kinds of people, assigned and with the undertaking
   given, and an expert of its list who is assigned to nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from portal.access.actors import Principal
from portal.access.entities import NIL
from portal.domain.ids import ReviewId, StateCode
from portal.domain.roles import Role


class Moment(StrEnum):
    """When, or under which condition, a lens looks."""

    NOW = "now"
    AFTER = "after"  # what is planned
    ANYBODY = "anybody"  # a focal point needs no assignment
    ASSIGNED = "assigned"
    UNASSIGNED = "unassigned"


@dataclass(frozen=True, slots=True)
class Lens:
    """One pair of eyes; before: the place of the lens to compare with, None where there was no such appointment."""

    principal: Principal
    moment: Moment
    before: int | None = None

    @property
    def role(self) -> Role:
        """Give the role that is acted in."""
        role = self.principal.role
        assert role is not None  # noqa: S101  # each lens is of an appointment
        return role


# the roles under which one is assigned to a review
ASSIGNABLE: Final = frozenset({Role.EXPERT, Role.OBSERVER, Role.OFFICER})
_KINDS: Final = (
    (Role.FOCAL_POINT, Moment.ANYBODY),
    (Role.EXPERT, Moment.ASSIGNED),
    (Role.OBSERVER, Moment.ASSIGNED),
    (Role.EXPERT, Moment.UNASSIGNED),
)


def lenses_of(
    now: Sequence[Principal], planned: Principal | None, review: ReviewId | None, reviews: frozenset[ReviewId]
) -> list[Lens]:
    """Put what a person could open under each appointment beside what they could once a plan is carried out.

    Args:
        now: The person under each appointment that runs.
        planned: Under an appointment that is planned, not assigned yet; None: none is.
        review: To which they are to be assigned; None: to none.
        reviews: All reviews that the asker sees.

    """
    found = [Lens(one, Moment.NOW) for one in now]
    if planned is None and review is None:
        return found
    added = planned.held if planned else frozenset[Role]()
    pledged = frozenset({review}) if review else reviews
    assigned = frozenset({review} if review else ())
    for at, one in enumerate(now):
        meant = one.role is planned.role if planned else one.role in ASSIGNABLE
        found.append(Lens(_after(one, added, assigned if meant else frozenset(), pledged), Moment.AFTER, at))
    if planned is not None and all(one.role is not planned.role for one in now):
        found.append(Lens(_after(planned, added, assigned, pledged), Moment.AFTER))
    return found


def _after(
    one: Principal, added: frozenset[Role], assigned: frozenset[ReviewId], pledged: frozenset[ReviewId]
) -> Principal:
    return replace(one, held=one.held | added, assigned=one.assigned | assigned, undertaken=one.undertaken | pledged)


def lenses_of_state(code: StateCode, role: Role | None, reviews: frozenset[ReviewId]) -> list[Lens]:
    """Take the kinds of a State's people, all or those of one role."""
    return [
        Lens(
            Principal(
                NIL,
                kind,
                active=True,
                suspended=False,
                state=code,
                held=frozenset({kind}),
                assigned=reviews if moment is Moment.ASSIGNED else frozenset(),
                undertaken=reviews,
            ),
            moment,
        )
        for kind, moment in _KINDS
        if role is None or role is kind
    ]
