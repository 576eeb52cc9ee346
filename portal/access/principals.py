"""Who asks, looked up: the session, the person, the appointment that they act under.

1. A session that ended, expired or lay idle is nobody's: the caller is signed out. Its limits are the shortest among
   the roles of all appointments that its person holds now, since it can choose each of them; the usual ones of none.
2. A person acts under the appointment that the session names, while it runs.
3. A calendar acts as the person that made its secret address, under the appointment of that time and no other. Once the
   address was ended, or that appointment was, it is a stranger's: nobody learns from the answer which.
4. When an appointment ended, its session ends with it; but whoever holds another one that runs keeps the session to
   choose that one, and acts under none until then.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from portal.access.actors import Actor, Anonymous, Machine, Principal, Task
from portal.access.caller import Caller
from portal.domain.ids import AppointmentId, EntryId, PersonId, ReviewId, StateCode
from portal.domain.proofs import is_fresh
from portal.domain.roles import Role
from portal.errors import SignedOut
from portal.settings import Settings
from storage.planning import CalendarFeed
from storage.repositories.identity import IdentityRecords, SignedIn
from storage.repositories.reviews import Reach
from storage.tables import Appointment, Person, PortalSession


@dataclass(frozen=True, slots=True)
class Who:
    """The caller as the records know them now."""

    machine: Machine | None = None
    session: PortalSession | None = None
    person: Person | None = None
    appointment: Appointment | None = None
    held: tuple[Appointment, ...] = ()
    feed: CalendarFeed | None = None
    fresh: bool = False

    @property
    def person_id(self) -> PersonId | None:
        """Give the person's id."""
        return PersonId(self.person.id) if self.person else None

    @property
    def role(self) -> Role | None:
        """Give the role that the person acts in."""
        return Role(self.appointment.role) if self.appointment else None

    @property
    def state(self) -> StateCode | None:
        """Give the State that the person acts for."""
        code = self.appointment.state_code if self.appointment else None
        return StateCode(code) if code else None

    @property
    def reach(self) -> Reach:
        """Tell which files' records a question may find at all."""
        everything = self.machine is not None or self.role is Role.REGISTRAR
        return Reach(self.person.id if self.person else None, self.state, everything)

    def said(self) -> dict[str, Any]:
        """Tell the log who it was."""
        if self.machine:
            return {"machine": self.machine.value}
        if self.person is None:
            return {}
        said: dict[str, Any] = {"person": str(self.person.id)}
        if self.appointment:
            said |= {"appointment": str(self.appointment.id), "role": self.appointment.role}
            said |= {"state": self.appointment.state_code} if self.appointment.state_code else {}
        return said

    def principal(
        self,
        assigned: frozenset[ReviewId] = frozenset(),
        undertaken: frozenset[ReviewId] = frozenset(),
        tasks: frozenset[Task] = frozenset(),
        texts: frozenset[tuple[ReviewId, EntryId]] = frozenset(),
        held_back: tuple[frozenset[ReviewId], frozenset[ReviewId]] = (frozenset(), frozenset()),
    ) -> Actor:
        """Tell the policies who asks."""
        if self.machine:
            return self.machine
        if self.person is None:
            return Anonymous()
        return Principal(
            PersonId(self.person.id),
            self.role,
            active=self.appointment is not None,
            suspended=self.person.suspended_at is not None,
            appointment=AppointmentId(self.appointment.id) if self.appointment else None,
            state=self.state,
            held=frozenset(Role(appointment.role) for appointment in self.held),
            assigned=assigned,
            undertaken=undertaken,
            tasks=tasks,
            texts=texts,
            feed=self.feed is not None,
            fresh=self.fresh,
            contained=held_back[0],
            stopped=held_back[1],
        )


def who_asks(caller: Caller, identity: IdentityRecords, now: datetime, settings: Settings) -> Who:
    """Look the caller up.

    Raises:
        SignedOut: The session ended, expired, or lay idle too long, or the last appointment of its person ended.

    """
    if caller.feed is not None:
        return _calendar(identity, caller.feed, now)
    if caller.machine is not None:
        return Who(machine=caller.machine)
    if caller.token is None:
        return Who()
    found = _counting(identity.signed_in(caller.token, now), settings)
    if found is None or not lives(found.session, found.appointments, now, settings):
        raise SignedOut
    fresh = is_fresh(found.session.proven_at, now, settings.fresh)
    return Who(None, found.session, found.person, _acting(found), found.appointments, fresh=fresh)


def _counting(found: SignedIn | None, settings: Settings) -> SignedIn | None:
    """Leave out appointments to what isn't there by the settings."""
    if found is None:
        return None
    return replace(found, appointments=tuple(one for one in found.appointments if Role(one.role) in settings.roles))


def _calendar(identity: IdentityRecords, token_hash: bytes, now: datetime) -> Who:
    found = identity.fed(token_hash, now)
    if found is None:
        return Who()
    acting = next((one for one in found.appointments if one.id == found.feed.appointment_id), None)
    return Who(None, None, found.person, acting, found.appointments, found.feed) if acting else Who()


def lives(session: PortalSession, held: Sequence[Appointment], now: datetime, settings: Settings) -> bool:
    """Tell whether a session may still be used; `held` are the appointments of its person that run now."""
    if session.appointment_id is not None and not held:
        return False
    idle, life = settings.session_bounds(Role(one.role) for one in held)
    ends = min(session.ends_at, session.created_at + life)
    return session.ended_at is None and now < ends and now < session.seen_at + idle


def _acting(found: SignedIn) -> Appointment | None:
    chosen = found.session.appointment_id
    return next((appointment for appointment in found.appointments if appointment.id == chosen), None)
