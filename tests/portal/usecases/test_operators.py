"""An administrator made at the machine: by the command line, told to all, kept for good, and nobody signed in as."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import col, select

from portal.access.actions import Action
from portal.audit.events import MACHINERY_STREAM
from portal.domain.ids import PersonId
from portal.domain.problems import RefusedError
from portal.domain.roles import Role
from portal.errors import Conflict, Invalid
from portal.usecases.administration import list_accounts
from portal.usecases.authenticators import NewPassphrase
from portal.usecases.invitations import Shown, look_at_link, use_link
from portal.usecases.operators import Made, make_administrator
from portal.usecases.persons import view_person
from portal.work import Portal
from storage import permits
from storage.accounts import AccountNotice
from storage.tables import Appointment, Passphrase, Person, PortalSession
from tests.cast import Caller, World, add_member, setting_up
from tests.contents import said
from tests.web_client import browser

STRANGER = Caller(address="192.0.2.9", client="test")
NEW = ("Nadia New", "nadia@example.org")


def make(world: World, name: str = NEW[0], mail: str = NEW[1], *, sure: bool = True) -> Made:
    with world.request():
        return make_administrator(world.portal, name, mail, sure=sure)


def told(world: World) -> set[str]:
    names = {member.person: name for name, member in world.members.items()}
    with world.portal.database.read() as session:
        rows = session.scalars(select(AccountNotice).where(AccountNotice.kind == "administrator_made")).all()
        return {names[row.person_id] for row in rows}


def enrol(world: World, who: str) -> None:
    with setting_up(world.portal) as (work, _):
        work.identity.add(Passphrase(person_id=world.members[who].person, verifier="-", created_at=work.now))


def test_a_new_administrator_comes_in_by_their_link_and_all_others_are_told(world: World) -> None:
    add_member(world, "colleague", Role.ADMINISTRATOR)
    made = make(world)
    assert made.link is not None
    assert made.told == 2
    assert told(world) == {"administrator", "colleague"}
    with world.request():
        link = Shown(made.link.address.rpartition("/")[2])
        begun = use_link(world.portal, STRANGER, link, NEW[1], NewPassphrase("-", None))
    assert begun.appointments == 1
    event = said(world, MACHINERY_STREAM)[-1]
    assert (event["action"], event["who"]) == (Action.MAKE_ADMINISTRATOR, {"machine": "operator"})
    assert "nadia" not in str(event).lower()


def test_the_list_of_them_stays_for_good(world: World) -> None:
    make(world)
    text = browser(world, "administrator").get("/administration").text
    assert "Administrators made at the machine" in text
    assert "Nadia New" in text
    with world.request():
        made = list_accounts(world.portal, world.caller("administrator")).made
    assert {one.name for one in made} == {"Administrator Example", "Nadia New"}
    nadia = next(one.id for one in made if one.name == "Nadia New")
    with setting_up(world.portal) as (work, _):
        work.people.running_appointments(nadia, work.now)[0].ended_at = work.now
    with world.request():
        assert len(list_accounts(world.portal, world.caller("administrator")).made) == 2


def test_a_colleague_of_the_secretariat_is_appointed_and_keeps_their_own_way_in(world: World) -> None:
    enrol(world, "translator")
    made = make(world, "Another Name", "translator@example.org")
    assert made.link is None
    with world.request():
        page = view_person(world.portal, world.caller("registrar"), PersonId(world.members["translator"].person))
    assert page.name == "Translator Example"
    assert {one.role for one in page.appointments} == {Role.TRANSLATOR, Role.ADMINISTRATOR}
    basis = next(one.basis for one in page.appointments if one.role is Role.ADMINISTRATOR)
    assert basis is not None
    assert basis.number == "Made at the machine"
    with world.portal.database.read() as session:
        mine = PortalSession.person_id == world.members["translator"].person
        assert session.scalars(select(PortalSession).where(mine)).one().ended_at is None


def test_a_colleague_who_never_came_in_gets_a_first_link(world: World) -> None:
    made = make(world, "Another Name", "translator@example.org")
    assert made.link is not None
    with world.request():
        look_at_link(world.portal, STRANGER, made.link.address.rpartition("/")[2])


@pytest.mark.parametrize(
    ("mail", "sentence"),
    [
        ("focal_xaa@example.org", "acts for no State"),
        ("expert_xcc@example.org", "acts for no State"),
        ("registrar@example.org", "excludes being administrator"),
        ("officer@example.org", "excludes being administrator"),
        ("confidentiality@example.org", "excludes being administrator"),
    ],
)
def test_whoever_can_not_be_one_is_refused_with_a_sentence(world: World, mail: str, sentence: str) -> None:
    with pytest.raises(RefusedError, match=sentence):
        make(world, mail=mail)
    assert told(world) == set()


def test_nobody_is_signed_in_as_an_administrator_who_is_there(world: World) -> None:
    enrol(world, "administrator")
    with pytest.raises(RefusedError, match="an administrator already"):
        make(world, mail="administrator@example.org")
    with setting_up(world.portal) as (work, _):
        work.session.get(Person, world.members["translator"].person).suspended_at = work.now
    with pytest.raises(RefusedError, match="suspended"):
        make(world, mail="translator@example.org")


def test_while_an_administrator_comes_in_it_has_to_be_meant(world: World) -> None:
    with pytest.raises(Invalid, match=r"--yes.*told to all 1"):
        make(world, sure=False)
    with world.portal.database.read() as session:
        assert session.scalars(select(Appointment).where(col(Appointment.role) == "administrator")).all()[1:] == []
    world.clock.forward(timedelta(days=31))
    assert make(world, sure=False).told == 1


def test_an_empty_installation_is_set_up_and_not_taken_over(portal: Portal) -> None:
    with permits.request(uuid4()), pytest.raises(Conflict, match="portal init"):
        make_administrator(portal, *NEW, sure=True)


def test_making_one_twice_gives_a_new_link_and_no_second_appointment(world: World) -> None:
    first, second = make(world), make(world)
    assert first.link is not None
    assert second.link is not None
    with world.request():
        look_at_link(world.portal, STRANGER, second.link.address.rpartition("/")[2])
    with world.portal.database.read() as session:
        held = session.scalars(select(Appointment).where(col(Appointment.role) == "administrator")).all()
    assert len(held) == 2
