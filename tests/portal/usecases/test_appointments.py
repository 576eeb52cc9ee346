"""Appointing: who learns that a mail address is known; what needs a second person, and whom."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from portal.access.caller import Caller
from portal.audit.events import REFUSALS_STREAM, REGISTRY_STREAM
from portal.domain.appointments import Confirmer
from portal.domain.ids import AppointmentId, InvitationId, PersonId, StateCode
from portal.domain.legal import LegalBasis
from portal.domain.problems import RefusedError
from portal.domain.roles import Role
from portal.errors import Conflict, Forbidden, NotFound, SignedOut
from portal.usecases import appointments, confirmations
from portal.usecases.appointments import Newcomer
from portal.usecases.bases import Terms
from portal.usecases.directory import list_people
from portal.usecases.invitations import confirm_link
from portal.usecases.persons import view_person
from portal.work import Portal
from storage.repositories.people import PeopleRecords
from storage.tables import Appointment, Event, Passphrase, PortalSession
from tests.cast import Clock, World, add_member, setting_up
from tests.contents import said
from tests.web_client import browser

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


# --- two people


def held(world: World, person: UUID) -> Appointment:
    """Find the only appointment of somebody."""
    with world.portal.database.read() as session:
        return session.scalars(select(Appointment).where(Appointment.person_id == person)).one()


def runs(world: World, person: UUID) -> bool:
    with world.portal.database.read() as session:
        return bool(PeopleRecords(session).running_appointments(person, world.clock()))


def confirm(world: World, who: str, person: UUID) -> None:
    row = held(world, person)
    with world.request():
        appointments.confirm_appointment(world.portal, world.caller(who), PersonId(person), AppointmentId(row.id))


def confirm_the_link(world: World, who: str, person: UUID) -> None:
    with setting_up(world.portal) as (work, _):
        link = InvitationId(work.identity.open_invitations(person)[0].id)
    with world.request():
        confirm_link(world.portal, world.caller(who), link, PersonId(person))


def end(world: World, who: str, member: str) -> None:
    found = world.members[member]
    with world.request():
        appointments.end_appointment(
            world.portal, world.caller(who), PersonId(found.person), AppointmentId(found.appointment), None
        )


def waiting(world: World, who: str, state: str | None = None) -> list[UUID]:
    with world.request():
        return [
            one.person for one in list_people(world.portal, world.caller(who), StateCode(state or "") or None).waiting
        ]


def told(world: World, who: str, person: UUID) -> Confirmer | None:
    with world.request():
        return view_person(world.portal, world.caller(who), PersonId(person)).appointments[0].waits_for


@pytest.mark.parametrize(
    ("by", "role", "second"),
    [
        ("administrator", Role.ADMINISTRATOR, "registrar"),
        ("administrator", Role.REGISTRAR, "registrar"),
        ("administrator", Role.CONFIDENTIALITY_OFFICER, "registrar"),
        ("registrar", Role.OFFICER, "administrator"),
    ],
)
def test_what_opens_files_or_appoints_those_who_do_takes_two_people(
    world: World, by: str, role: Role, second: str
) -> None:
    person = add(world, by, role, "new@secretariat.example")
    assert not runs(world, person)
    assert told(world, by, person) is Confirmer.STAFF
    assert person not in waiting(world, by)
    assert person in waiting(world, second)
    for who in (by, "officer", "focal_xaa"):
        with pytest.raises((Forbidden, NotFound)):
            confirm(world, who, person)
    confirm(world, second, person)
    assert runs(world, person)
    assert waiting(world, second) == [person]  # their link
    confirm_the_link(world, second, person)
    assert waiting(world, second) == []


def test_a_list_of_what_waits_goes_past_what_others_confirm_and_comes_to_an_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a restoration appointments of all States wait: those that others confirm must not fill the list."""
    monkeypatch.setattr(confirmations, "LISTED", 1)
    add(world, "registrar", Role.OFFICER, "own@secretariat.example")
    found = []
    for mail in ("first@secretariat.example", "second@secretariat.example"):
        world.clock.forward(timedelta(minutes=1))
        found.append(add(world, "administrator", Role.REGISTRAR, mail))
    with world.request():
        listed = list_people(world.portal, world.caller("registrar")).waiting
    assert [(one.person, one.role) for one in listed] == [(found[0], Role.REGISTRAR), (found[1], None)]
    assert "More may wait" in browser(world, "registrar").get("/people").text


@pytest.mark.parametrize("role", [Role.TRANSLATOR, Role.OVERSIGHT, Role.ANALYST])
def test_who_opens_nothing_by_the_appointment_alone_waits_for_nobody(world: World, role: Role) -> None:
    assert runs(world, add(world, "registrar", role, "new@secretariat.example"))


def test_an_invented_second_person_confirms_nothing(world: World) -> None:
    first = add(world, "administrator", Role.ADMINISTRATOR, "second@evil.example")
    another = add(world, "registrar", Role.OFFICER, "third@evil.example")
    token = world.portal.keyring.blind("token", b"invented")
    with setting_up(world.portal) as (work, _):
        work.identity.add(
            PortalSession(
                id=uuid4(),
                person_id=first,
                token_hash=token,
                appointment_id=held(world, first).id,
                created_at=work.now,
                seen_at=work.now,
                ends_at=work.now + timedelta(days=1),
                proof="passkey",
                proven_at=work.now,
                device=b"",
            )
        )
    invented = Caller(token=token, address="192.0.2.1", client="test")
    with world.request(), pytest.raises((Forbidden, NotFound, SignedOut)):
        appointments.confirm_appointment(
            world.portal, invented, PersonId(another), AppointmentId(held(world, another).id)
        )


def test_who_is_alone_appoints_at_once_and_then_not_any_more(portal: Portal, clock: Clock) -> None:
    alone = World(portal, clock)
    add_member(alone, "administrator", Role.ADMINISTRATOR)
    assert runs(alone, add(alone, "administrator", Role.REGISTRAR, "first@secretariat.example"))
    assert not runs(alone, add(alone, "administrator", Role.ADMINISTRATOR, "second@secretariat.example"))


def test_nobody_goes_on_alone_by_ending_what_the_others_hold(world: World) -> None:
    with setting_up(world.portal) as (work, _):
        registrar = world.members["registrar"].person
        work.identity.add(Passphrase(person_id=registrar, verifier="-", created_at=work.now))
    end(world, "administrator", "registrar")
    assert not runs(world, add(world, "administrator", Role.ADMINISTRATOR, "second@evil.example"))
    world.clock.forward(timedelta(days=31))
    with setting_up(world.portal) as (work, _):
        for session in work.identity.live_sessions(world.members["administrator"].person, work.now):
            session.seen_at = work.now
    assert runs(world, add(world, "administrator", Role.REGISTRAR, "next@secretariat.example"))


def test_who_never_came_in_is_replaced_at_once(world: World) -> None:
    end(world, "administrator", "registrar")  # has no passphrase: appointed under a misspelt address, say
    assert runs(world, add(world, "administrator", Role.REGISTRAR, "next@secretariat.example"))


def test_a_focal_point_is_confirmed_by_another_of_the_state(world: World) -> None:
    person = add(world, "registrar", Role.FOCAL_POINT, "new@ministry.example", "XAA")
    assert not runs(world, person)
    assert told(world, "registrar", person) is Confirmer.FOCAL_POINT
    for who in ("registrar", "administrator", "focal_xbb", "expert_xaa"):
        with pytest.raises((Forbidden, NotFound)):
            confirm(world, who, person)
    assert waiting(world, "administrator", "XAA") == waiting(world, "focal_xbb") == []
    assert waiting(world, "focal_xaa") == [person]
    confirm(world, "focal_xaa", person)
    assert runs(world, person)


def test_the_first_focal_point_of_a_state_is_confirmed_by_a_second_one_of_the_staff(world: World) -> None:
    person = add(world, "registrar", Role.FOCAL_POINT, "new@ministry.example", "XEE")
    assert not runs(world, person)
    assert told(world, "registrar", person) is Confirmer.STAFF
    with pytest.raises(Forbidden):
        confirm(world, "registrar", person)
    assert waiting(world, "administrator") == [person]
    confirm(world, "administrator", person)
    assert runs(world, person)


def test_where_the_focal_point_left_meanwhile_the_staff_confirms(world: World) -> None:
    person = add(world, "registrar", Role.FOCAL_POINT, "new@ministry.example", "XAA")
    end(world, "registrar", "focal_xaa")
    assert told(world, "registrar", person) is Confirmer.STAFF
    confirm(world, "administrator", person)
    assert runs(world, person)


def test_what_waits_can_be_taken_back_and_is_confirmed_no_more(world: World) -> None:
    person = add(world, "administrator", Role.ADMINISTRATOR, "second@secretariat.example")
    row = held(world, person)
    with world.request():
        appointments.end_appointment(
            world.portal, world.caller("administrator"), PersonId(person), AppointmentId(row.id), None
        )
    assert waiting(world, "registrar") == []
    with pytest.raises(Conflict):
        confirm(world, "registrar", person)
