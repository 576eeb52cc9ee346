"""People: who sees, adds, appoints, assigns, confirms and ends; what ends with an appointment."""

import json
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import func, select

from portal.access.actions import Action
from portal.audit.events import REGISTRY_STREAM
from portal.audit.packing import unpack
from portal.domain.appointments import Standing
from portal.domain.ids import AppointmentId, AssignmentId, PersonId, ReviewId, StateCode
from portal.domain.legal import LegalBasis
from portal.domain.problems import RefusedError
from portal.domain.roles import EXPERTS_PER_STATE, Role
from portal.errors import Conflict, Forbidden, NotFound, SignedOut
from portal.usecases import appointments, assignments, directory
from portal.usecases.appointments import Newcomer
from portal.usecases.bases import Terms
from portal.usecases.directory import AccountState, PeopleList, list_people
from portal.usecases.persons import PersonPage, view_person
from portal.work import Portal
from storage.fields import Place
from storage.keyring import split
from storage.permits import REGISTRY, stream_scope
from storage.repositories.people import PeopleRecords
from storage.tables import Appointment, Event, PortalSession, Review, ReviewParty
from tests.cast import World, setting_up
from tests.filing import resealed
from tests.statements import statements

NOTE = LegalBasis("NV/7/2026", date(2026, 5, 1))
TERMS = Terms(NOTE)


def newcomer(name: str = "Amal Haddad", state: str | None = None) -> Newcomer:
    return Newcomer(name, f"{uuid4().hex[:10]}@ministry.example", "en", StateCode(state) if state else None)


def add(world: World, who: str, role: Role, state: str | None = None, terms: Terms = TERMS) -> PersonId:
    with world.request():
        return appointments.appoint_newcomer(world.portal, world.caller(who), newcomer(state=state), role, terms)[0]


def people(world: World, who: str, state: str | None = None) -> PeopleList:
    with world.request():
        return list_people(world.portal, world.caller(who), StateCode(state) if state else None)


def page(world: World, who: str, person: UUID) -> PersonPage:
    with world.request():
        return view_person(world.portal, world.caller(who), PersonId(person))


def end(world: World, who: str, member: str, basis: LegalBasis | None = NOTE) -> None:
    found = world.members[member]
    with world.request():
        appointments.end_appointment(
            world.portal, world.caller(who), PersonId(found.person), AppointmentId(found.appointment), basis
        )


def may_enter(world: World, who: str, file: str = "xaa") -> bool:
    with world.request(), world.portal.work(world.caller(who)) as work:
        record = work.file(world.files[file].review)
        return record is not None and bool(work.allowed(Action.VIEW_REVIEW, Review, [record.review]))


def confirming(world: World) -> World:
    """The same portal, set so that the registrar confirms what focal points appoint."""
    used = world.portal
    settings = replace(used.settings, confirm_appointments=True)
    portal = Portal(settings, used.database, used.keyring, used.objects, used.policies, used.clock)
    return World(portal, world.clock, world.members, world.files)


# --- who sees whom


def test_a_focal_point_sees_its_own_states_people_and_no_others(world: World) -> None:
    found = people(world, "focal_xbb")
    assert {line.state for line in found.lines} == {"XBB"}
    assert {line.name for line in found.lines} == {
        "Focal_Xbb Example", "Expert_Xbb Example", "Expert_Xbb_Other Example",
    }  # fmt: skip
    assert people(world, "focal_xbb", "XCC").state == "XBB"  # another State in the address changes nothing
    with world.request(), pytest.raises(NotFound):
        view_person(world.portal, world.caller("focal_xbb"), PersonId(world.members["expert_xcc"].person))


@pytest.mark.parametrize("who", ["expert_xbb", "officer", "translator", "oversight", "confidentiality", "observer_xcc"])
def test_the_others_see_no_list_of_people(world: World, who: str) -> None:
    with world.request(), pytest.raises(NotFound):
        list_people(world.portal, world.caller(who))
    with world.request(), pytest.raises(NotFound):
        view_person(world.portal, world.caller(who), PersonId(world.members["expert_xcc"].person))


def test_registrar_and_administrator_look_at_any_states_people(world: World) -> None:
    for who in ("registrar", "administrator"):
        assert {line.state for line in people(world, who).lines} == {None}
        assert len(people(world, who, "XCC").lines) == 4
        with world.request(), pytest.raises(NotFound):
            list_people(world.portal, world.caller(who), StateCode("XYZ"))


def test_a_list_asks_no_more_of_the_database_when_there_are_more_people(world: World) -> None:
    def asked() -> list[str]:
        with statements(world) as said:
            people(world, "focal_xbb")
        return said

    add(world, "focal_xbb", Role.EXPERT)
    asked()  # keys are opened once
    few = asked()
    for _ in range(5):
        add(world, "focal_xbb", Role.EXPERT)
    many = asked()
    assert len(many) == len(few)
    assert len(many) <= 13, "\n".join(many)


# --- appointing


def test_a_focal_point_adds_an_expert_with_a_link_and_a_legal_basis(world: World) -> None:
    with world.request():
        person, link = appointments.appoint_newcomer(
            world.portal, world.caller("focal_xbb"), newcomer(), Role.EXPERT, TERMS
        )
    assert link.address.startswith("http://localhost:8000/enter/")
    found = page(world, "focal_xbb", person)
    assert (found.state, found.account, found.name) == ("XBB", AccountState.INVITED, "Amal Haddad")
    assert [(one.role, one.standing, one.basis) for one in found.appointments] == [
        (Role.EXPERT, Standing.RUNNING, NOTE)
    ]


def test_the_act_stands_in_the_log_with_its_legal_basis(world: World) -> None:
    add(world, "focal_xbb", Role.EXPERT)
    portal = world.portal
    with portal.database.read() as session:
        newest = session.scalars(select(Event)).all()
        bodies = [
            json.loads(
                unpack(
                    portal.keyring.key(stream_scope(e.stream_id), 1, session).fields.open(
                        Place("event", "body", e.id), split(e.body)[1]
                    )
                )
            )
            for e in newest
            if e.stream_id == REGISTRY_STREAM
        ]
    said = next(body for body in bodies if body["action"] == Action.APPOINT)
    assert said["detail"]["basis"] == {"number": "NV/7/2026", "dated": "2026-05-01"}
    assert said["on"]["role"] == "expert"


def test_tor_21_a_state_has_at_most_twenty_experts(world: World) -> None:
    for _ in range(EXPERTS_PER_STATE - 2):  # two are there
        add(world, "focal_xbb", Role.EXPERT)
    with pytest.raises(RefusedError, match="paragraph 21"):
        add(world, "focal_xbb", Role.EXPERT)
    end(world, "focal_xbb", "expert_xbb_other")
    add(world, "focal_xbb", Role.EXPERT)
    add(world, "focal_xbb", Role.OBSERVER)  # the limit is for experts


@pytest.mark.parametrize(
    ("who", "role", "state", "allowed"),
    [
        ("focal_xbb", Role.EXPERT, None, True),
        ("focal_xbb", Role.OBSERVER, None, True),
        ("focal_xbb", Role.FOCAL_POINT, None, False),
        ("focal_xbb", Role.OFFICER, None, False),
        ("registrar", Role.FOCAL_POINT, "XEE", True),
        ("registrar", Role.OFFICER, None, True),
        ("registrar", Role.TRANSLATOR, None, True),
        ("registrar", Role.EXPERT, "XEE", False),
        ("registrar", Role.REGISTRAR, None, False),
        ("administrator", Role.REGISTRAR, None, True),
        ("administrator", Role.ADMINISTRATOR, None, True),
        ("administrator", Role.CONFIDENTIALITY_OFFICER, None, True),
        ("administrator", Role.OFFICER, None, False),
        ("administrator", Role.FOCAL_POINT, "XEE", False),
        ("expert_xbb", Role.EXPERT, None, False),
        ("officer", Role.TRANSLATOR, None, False),
    ],
)
def test_each_appoints_whom_it_may(world: World, who: str, role: Role, state: str | None, *, allowed: bool) -> None:
    if allowed:
        add(world, who, role, state)
    else:
        with pytest.raises((NotFound, Forbidden)):
            add(world, who, role, state)


def test_one_address_is_one_person_and_a_refusal_leaves_nothing_behind(world: World) -> None:
    known = Newcomer("Somebody Else", "expert_xcc@example.org", "en", None)
    with world.request(), pytest.raises(RefusedError, match="known already"):
        appointments.appoint_newcomer(world.portal, world.caller("focal_xbb"), known, Role.EXPERT, TERMS)
    assert len(people(world, "focal_xbb").lines) == 3


def test_exclusive_roles_are_refused_by_the_policy_that_says_why(world: World) -> None:
    officer = PersonId(world.members["officer"].person)
    with world.request(), pytest.raises(Forbidden) as refused:
        appointments.appoint(world.portal, world.caller("administrator"), officer, Role.REGISTRAR, TERMS)
    assert refused.value.policies == ("guardrails.exclusive-appointment",)
    with world.request(), pytest.raises(RefusedError, match="holds the role already"):
        appointments.appoint(world.portal, world.caller("registrar"), officer, Role.OFFICER, TERMS)


def test_nobody_appoints_themselves(world: World) -> None:
    own = PersonId(world.members["focal_xbb"].person)
    with world.request(), pytest.raises(Forbidden) as refused:
        appointments.appoint(world.portal, world.caller("focal_xbb"), own, Role.EXPERT, TERMS)
    assert "guardrails.oneself" in refused.value.policies


def test_somebody_who_is_not_there_and_somebody_elses_people_are_absent_alike(world: World) -> None:
    for person in (uuid4(), world.members["expert_xcc"].person):
        with world.request(), pytest.raises(NotFound):
            appointments.appoint(world.portal, world.caller("focal_xbb"), PersonId(person), Role.OBSERVER, TERMS)


# --- confirmation


def test_an_appointment_that_waits_for_confirmation_opens_nothing(world: World) -> None:
    strict = confirming(world)
    person = add(strict, "focal_xcc", Role.EXPERT)
    found = page(strict, "focal_xcc", person).appointments[0]
    assert found.standing is Standing.WAITING
    with world.portal.database.read() as session:
        row = session.get(Appointment, found.id)
        assert row is not None
        assert row.needs_confirmation
        assert row.confirmed_at is None
    with world.portal.database.read() as session:
        assert not PeopleRecords(session).running_appointments(person, world.clock())
    assert [one.name for one in people(strict, "registrar").waiting] == ["Amal Haddad"]
    with strict.request(), pytest.raises(Forbidden):
        appointments.confirm_appointment(strict.portal, strict.caller("focal_xcc"), person, AppointmentId(found.id))
    with strict.request():
        appointments.confirm_appointment(strict.portal, strict.caller("registrar"), person, AppointmentId(found.id))
    assert page(strict, "focal_xcc", person).appointments[0].standing is Standing.RUNNING
    with world.portal.database.read() as session:
        assert PeopleRecords(session).running_appointments(person, world.clock())
    with strict.request(), pytest.raises(Conflict):
        appointments.confirm_appointment(strict.portal, strict.caller("registrar"), person, AppointmentId(found.id))
    assert not people(strict, "registrar").waiting


def test_an_appointment_begins_on_its_day_and_ends_after_its_last(world: World) -> None:
    today = world.clock().date()
    later = Terms(NOTE, today + timedelta(days=2), today + timedelta(days=3))
    person = add(world, "registrar", Role.TRANSLATOR, terms=later)
    standings = []
    for _ in range(5):
        with setting_up(world.portal) as (work, _permit):
            standings.append(bool(work.people.running_appointments(person, work.now)))
        world.clock.forward(timedelta(days=1))
    assert standings == [False, False, True, True, False]


# --- assigning


def works_on(world: World, who: str, member: str, state: str | None = None) -> tuple[tuple[str, ...], int]:
    found = {line.id: line for line in people(world, who, state).lines}[world.members[member].person]
    return found.works_on, found.further


def test_a_list_names_the_newest_reviews_of_somebody_and_counts_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Officers keep hundreds of reviews in time; of others' reviews a State is told nothing, not their number."""
    monkeypatch.setattr(directory, "NAMED", 1)
    assert works_on(world, "registrar", "expert_xbb", "XBB") == (("XAA",), 0)
    held = AppointmentId(world.members["officer"].appointment)
    other = ReviewId(world.files["xdd"].review)
    world.clock.forward(timedelta(minutes=5))
    with world.request():
        assignments.assign_officer(world.portal, world.caller("registrar"), other, held, TERMS)
    assert works_on(world, "registrar", "officer") == (("XDD",), 1)
    with setting_up(world.portal) as (work, _):
        of_xbb = select(ReviewParty).where(ReviewParty.review_id == world.files["xaa"].review)
        party = next(one for one in work.session.scalars(of_xbb) if one.state_code == "XBB")
        party.until = work.now
    assert works_on(world, "focal_xbb", "expert_xbb") == ((), 0)


def assign(world: World, who: str, member: str, file: str) -> None:
    found = world.members[member]
    with world.request():
        assignments.assign_person(
            world.portal,
            world.caller(who),
            PersonId(found.person),
            AppointmentId(found.appointment),
            ReviewId(world.files[file].review),
            TERMS,
        )


def test_a_focal_point_assigns_its_expert_and_takes_the_assignment_back(world: World) -> None:
    assert not may_enter(world, "roster_xcc")
    assign(world, "focal_xcc", "roster_xcc", "xaa")
    assert may_enter(world, "roster_xcc")
    with pytest.raises(RefusedError, match="assigned to this review already"):
        assign(world, "focal_xcc", "roster_xcc", "xaa")
    person = PersonId(world.members["roster_xcc"].person)
    one = page(world, "focal_xcc", person).assignments[0]
    assert (one.state, one.basis, one.may_end) == ("XAA", NOTE, True)
    assert works_on(world, "focal_xcc", "roster_xcc") == (("XAA",), 0)
    with world.request():
        assignments.end_assignment(world.portal, world.caller("focal_xcc"), person, AssignmentId(one.id), NOTE)
    assert not may_enter(world, "roster_xcc")
    assert works_on(world, "focal_xcc", "roster_xcc") == ((), 0)
    ended = page(world, "focal_xcc", person).assignments[0]
    assert (ended.standing, ended.end_basis, ended.may_end) == (Standing.ENDED, NOTE, False)


@pytest.mark.parametrize(
    ("who", "member", "file"),
    [
        ("focal_xcc", "roster_xcc", "xdd"),  # a review to which the State is no party
        ("focal_xcc", "expert_xbb", "xaa"),  # another State's expert
        ("focal_xff", "roster_xcc", "xaa"),
        ("expert_xcc", "roster_xcc", "xaa"),
        ("registrar", "roster_xcc", "xaa"),  # States assign their own people
    ],
)
def test_others_people_and_others_reviews_are_not_assigned(world: World, who: str, member: str, file: str) -> None:
    with pytest.raises((NotFound, Forbidden)):
        assign(world, who, member, file)


def test_nobody_assigns_themselves(world: World) -> None:
    with pytest.raises((NotFound, Forbidden)):
        assign(world, "focal_xcc", "focal_xcc", "xaa")


def test_an_appointment_of_somebody_else_in_the_path_is_absent(world: World) -> None:
    roster, expert = world.members["roster_xcc"], world.members["expert_xcc"]
    focal, review = world.caller("focal_xcc"), ReviewId(world.files["xaa"].review)
    with world.request(), pytest.raises(NotFound):
        assignments.assign_person(
            world.portal, focal, PersonId(expert.person), AppointmentId(roster.appointment), review, TERMS
        )
    with world.request(), pytest.raises(NotFound):
        appointments.end_appointment(
            world.portal, focal, PersonId(expert.person), AppointmentId(roster.appointment), None
        )
    other = page(world, "focal_xcc", expert.person).assignments[0].id
    with world.request(), pytest.raises(NotFound):
        assignments.end_assignment(world.portal, focal, PersonId(roster.person), AssignmentId(other), None)


# --- ending


def test_access_stops_with_the_appointment_sessions_and_assignments_included(world: World) -> None:
    assert may_enter(world, "expert_xbb")
    end(world, "focal_xbb", "expert_xbb")
    with pytest.raises(SignedOut):
        may_enter(world, "expert_xbb")
    with world.portal.database.read() as session:
        ended = session.scalars(
            select(PortalSession.ended_at).where(PortalSession.person_id == world.members["expert_xbb"].person)
        ).all()
    assert ended == [world.clock.now]  # another appointment begins with another sign-in
    found = page(world, "focal_xbb", world.members["expert_xbb"].person)
    assert (found.appointments[0].standing, found.appointments[0].end_basis) == (Standing.ENDED, NOTE)
    assert [one.standing for one in found.assignments] == [Standing.ENDED]
    with pytest.raises(Conflict):
        end(world, "focal_xbb", "expert_xbb")


def test_what_comes_after_a_focal_points_access_ended_is_sealed_under_a_new_key(world: World) -> None:
    """They were never assigned: their appointment alone let them in."""
    assert resealed(world, "expert_xbb", "national XBB", "Before") == 1
    end(world, "registrar", "focal_xbb")
    assert [resealed(world, "expert_xbb", "national XBB", text) for text in ("After", "Later")] == [2, 2]


def test_the_end_of_an_assignment_stands_in_the_reviews_own_log(world: World) -> None:
    def entries() -> int:
        with world.portal.database.read() as session:
            ours = Event.stream_id == world.files["xaa"].review
            return session.scalar(select(func.count()).select_from(Event).where(ours)) or 0

    before = entries()
    end(world, "registrar", "officer")
    assert entries() == before + 1


def test_a_session_under_another_appointment_goes_on(world: World) -> None:
    person = PersonId(world.members["focal_xcc"].person)
    with setting_up(world.portal) as (work, permit):
        second = uuid4()
        work.people.add(
            Appointment(
                id=second,
                person_id=person,
                role="oversight",
                basis=work.seal(permit, REGISTRY, Place("appointment", "basis", second), "{}"),
                starts_at=work.now,
                created_at=work.now,
            )
        )
    with world.request():
        appointments.end_appointment(world.portal, world.caller("registrar"), person, AppointmentId(second), None)
    assert may_enter(world, "focal_xcc")


@pytest.mark.parametrize(
    ("who", "member"),
    [
        ("focal_xbb", "expert_xcc"),
        ("focal_xbb", "focal_xbb"),
        ("registrar", "expert_xbb"),
        ("registrar", "administrator"),
        ("administrator", "officer"),
        ("expert_xbb", "expert_xbb_other"),
    ],
)
def test_nobody_ends_what_is_not_theirs_to_end(world: World, who: str, member: str) -> None:
    with pytest.raises((NotFound, Forbidden)):
        end(world, who, member)


def test_the_last_administrator_can_not_be_ended(world: World) -> None:
    with pytest.raises(RefusedError, match="only administrator"):
        end(world, "administrator", "administrator")
    person = add(world, "administrator", Role.ADMINISTRATOR)
    with pytest.raises(RefusedError, match="only administrator"):  # the other one waits for confirmation
        end(world, "administrator", "administrator")
    with world.request():
        waiting = AppointmentId(page(world, "registrar", person).appointments[0].id)
        appointments.confirm_appointment(world.portal, world.caller("registrar"), person, waiting)
    end(world, "administrator", "administrator")
