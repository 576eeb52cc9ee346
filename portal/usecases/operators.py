"""An administrator made at the machine, where none can sign in any more.

1. Nobody is signed in as anybody: somebody is made administrator. A link is made for those alone who have never
   signed in; whoever has keeps their own way of signing in.
2. It takes effect at once: where no administrator can sign in, nobody could confirm it. So it is an event of its own,
   it is told to every administrator that there is, and the list of them under Administration is kept for good.
3. While an administrator signed in within the last thirty days, whoever runs the machine says that they mean it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.actors import Machine
from portal.access.caller import Caller
from portal.access.entities import PortalFacts
from portal.domain.account_events import AccountEvent
from portal.domain.appointments import TWO_PEOPLE
from portal.domain.legal import LegalBasis
from portal.domain.problems import Problem, RefusedError
from portal.domain.roles import Role
from portal.domain.texts import N_
from portal.errors import Conflict, Invalid
from portal.usecases.account_notices import records_of_accounts, tell_person
from portal.usecases.bases import seal_basis
from portal.usecases.invitations import IssuedLink, invite
from portal.usecases.people import mail_index, new_person
from portal.usecases.standings import lasting
from portal.work import Portal, Work
from storage.permits import Permit
from storage.tables import Appointment, Person

OPERATOR: Final = Caller(machine=Machine.OPERATOR)
BASIS: Final = "Made at the machine"
RECENT: Final = timedelta(days=30)
EMPTY: Final = "Nobody was ever an administrator here: make the first one with `portal init`."
OF_A_STATE: Final = Problem(
    "administrator-of-a-state",
    N_(
        "This mail address is somebody’s of a State. The staff of the secretariat acts for no State: give another "
        "address."
    ),
)
EXCLUDED: Final = Problem(
    "administrator-excluded",
    N_(
        "This person holds a role that excludes being administrator. End that appointment first, or give "
        "another address."
    ),
)
SUSPENDED: Final = Problem(
    "administrator-suspended", N_("This person’s access is suspended: give the address of somebody else.")
)
HELD: Final = Problem(
    "administrator-held",
    N_(
        "This person is an administrator already and has signed in before. A colleague issues a new link for them; if "
        "there is none, make an administrator with another address, who then does."
    ),
)


@dataclass(frozen=True, slots=True)
class Made:
    """Who was made administrator: their link, if they have never signed in, and how many administrators were told."""

    link: IssuedLink | None
    told: int


def make_administrator(portal: Portal, name: str, mail: str, *, sure: bool = False) -> Made:
    """Make somebody administrator at the machine.

    Args:
        portal: The portal.
        name: As the domain takes it; whoever is known keeps theirs.
        mail: In its one spelling.
        sure: Whoever runs the machine means it, though an administrator signed in lately.

    Raises:
        Conflict: The portal was never set up.
        Invalid: An administrator signed in lately, and nobody said that it is meant.
        RefusedError: This person can't be one.

    """
    with portal.work(OPERATOR) as work:
        permit = work.require_on(Action.MAKE_ADMINISTRATOR, PortalFacts())
        if not records_of_accounts(work).made_by_nobody(Role.ADMINISTRATOR.value):
            raise Conflict(EMPTY)
        others = {row.person_id for row in work.people.holders(Role.ADMINISTRATOR, work.now)}
        _check_sure(work, others, sure=sure)
        person = work.people.by_mail(mail_index(portal, mail))
        held = lasting(work, work.people.appointments(person.id)) if person else []
        enrolled = bool(work.identity.enrolled([person.id])) if person else False
        if person is None:
            person = new_person(work, permit, name, mail, None, "en")
        else:
            running = work.people.running_appointments(person.id, work.now)
            held_now = any(row.role == Role.ADMINISTRATOR for row in running)
            _check_known(person, held, signs_in=enrolled and held_now)
        _appoint(work, permit, person.id)
        link = None if enrolled else invite(work, person, renews=False)
        told = sorted(others - {person.id})
        for one in told:
            tell_person(work, one, AccountEvent.ADMINISTRATOR_MADE)
        invitation = str(link.invitation) if link else ""
        work.note(permit, person=str(person.id), invitation=invitation, told=len(told))
        return Made(link, len(told))


def _check_sure(work: Work, administrators: set[UUID], *, sure: bool) -> None:
    came = records_of_accounts(work).last_sign_ins(administrators)
    if any(at > work.now - RECENT for at in came.values()) and not sure:
        raise Invalid(
            f"an administrator signed in within the last {RECENT.days} days and can appoint others; if this is meant "
            f"all the same, say so with --yes: it is recorded for good and told to all "
            f"{len(administrators)} administrators"
        )


def _check_known(person: Person, held: Sequence[Appointment], *, signs_in: bool) -> None:
    roles = {Role(row.role) for row in held}
    if person.state_code is not None:
        raise RefusedError(OF_A_STATE)
    if person.suspended_at is not None:
        raise RefusedError(SUSPENDED)
    if roles & (TWO_PEOPLE - {Role.ADMINISTRATOR}):
        raise RefusedError(EXCLUDED)
    if signs_in:
        raise RefusedError(HELD)


def _appoint(work: Work, permit: Permit, person: UUID) -> None:
    """Appoint somebody from now on; one of theirs that waits for a second person stays beside it and gives nothing."""
    now = work.people.running_appointments(person, work.now)
    if any(row.role == Role.ADMINISTRATOR for row in now):
        return
    appointment = uuid4()
    work.people.add(
        Appointment(
            id=appointment,
            person_id=person,
            role=Role.ADMINISTRATOR.value,
            basis=seal_basis(work, permit, "appointment", appointment, LegalBasis(BASIS, work.now.date())),
            starts_at=work.now,
            created_at=work.now,
        )
    )
