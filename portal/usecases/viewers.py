"""Who is looking, for the head of a page: name, role, State, the other appointments."""

from dataclasses import dataclass

from portal.access.caller import Caller
from portal.access.principals import Who
from portal.domain.ids import StateCode
from portal.domain.roles import Role
from portal.usecases.people import name_of
from portal.work import Portal
from storage.permits import Permit


@dataclass(frozen=True, slots=True)
class Viewing:
    """Whoever is signed in, as the last act found them; words are put to it by the page."""

    name: str
    role: Role | None
    state: StateCode | None
    language: str
    zone: str
    appointments: tuple[tuple[str, Role, str | None], ...]  # id, role, State


def viewing(portal: Portal, caller: Caller) -> Viewing | None:
    """Tell who is looking; None when nobody is signed in or nothing was allowed yet."""
    if not caller.met:
        return None
    who, permit = _last(caller)
    if who.person is None:
        return None
    return Viewing(
        name=name_of(portal, permit, who.person),
        role=who.role,
        state=who.state,
        language=who.person.language,
        zone=who.person.zone,
        appointments=tuple((str(held.id), Role(held.role), held.state_code) for held in who.held),
    )


def _last(caller: Caller) -> tuple[Who, Permit]:
    met: tuple[Who, Permit] = caller.met[-1]
    return met
