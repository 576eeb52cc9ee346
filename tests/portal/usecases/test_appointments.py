"""Appointing: who learns that a mail address is known."""

from datetime import date
from uuid import UUID

import pytest
from sqlmodel import select

from portal.audit.events import REFUSALS_STREAM, REGISTRY_STREAM
from portal.domain.ids import StateCode
from portal.domain.legal import LegalBasis
from portal.domain.problems import RefusedError
from portal.domain.roles import Role
from portal.errors import Forbidden, NotFound
from portal.usecases import appointments
from portal.usecases.appointments import Newcomer
from portal.usecases.bases import Terms
from storage.tables import Event
from tests.cast import World
from tests.contents import said

TERMS = Terms(LegalBasis("NV/7/2026", date(2026, 5, 1)))


def add(world: World, who: str, role: Role, mail: str, state: str | None = None) -> UUID:
    newcomer = Newcomer("Amal Haddad", mail, "en", StateCode(state) if state else None)
    with world.request():
        return appointments.appoint_newcomer(world.portal, world.caller(who), newcomer, role, TERMS)[0]


def events(world: World) -> int:
    with world.portal.database.read() as session:
        return len(session.scalars(select(Event.id)).all())


# --- addresses


def test_whoever_may_not_appoint_learns_nothing_of_an_address(world: World) -> None:
    told = []
    for mail in ("expert_xbb@example.org", "oversight@example.org", "nobody@example.org"):
        before = events(world)
        with pytest.raises((NotFound, Forbidden)) as refused:
            add(world, "focal_xff", Role.REGISTRAR, mail)
        told.append((type(refused.value), str(refused.value), events(world) - before))
        assert said(world, REFUSALS_STREAM)[-1]["action"] == "appoint"
    assert len(set(told)) == 1


def test_a_known_address_is_told_with_a_sentence_and_stays_in_the_log(world: World) -> None:
    before = events(world)
    with pytest.raises(RefusedError, match="known already"):
        add(world, "focal_xff", Role.EXPERT, "expert_xbb@example.org")
    assert events(world) == before + 1
    event = said(world, REGISTRY_STREAM)[-1]
    assert (event["action"], event["phase"], event["detail"]) == ("addPerson", "refusal", {"why": "mail-known"})
    assert event["who"]["person"] == str(world.members["focal_xff"].person)
