"""A session that was ended comes again: noted a few times, as an attempt after an end, and seen by nobody who comes."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from httpx2 import Response
from sqlmodel import func, select

from portal.audit.events import REFUSALS_STREAM, Phase
from portal.domain.roles import Role
from portal.domain.signals import Rule
from portal.identity.attempts import WINDOW
from portal.identity.returns import RETURNS
from storage.fields import Place
from storage.permits import REGISTRY
from storage.tables import Appointment, Event, PortalSession
from tests import databases
from tests.breaches import contained, registered
from tests.cast import World, add_member, setting_up
from tests.contents import said
from tests.portal.usecases.test_watching import found
from tests.signalled import look
from tests.web_client import browser


def events(world: World) -> int:
    with world.portal.database.read() as session:
        return session.scalar(select(func.count()).select_from(Event)) or 0


def again(world: World) -> Response:
    """Come with the cookie that there was, as whoever kept it does: a browser forgets it."""
    return browser(world, "expert_xcc").get("/reviews", follow_redirects=False)


def sign_out(world: World) -> None:
    contained(world, registered(world), "sessions")


def end_appointment(world: World) -> None:
    with setting_up(world.portal) as (work, _):
        row = work.people.appointment(world.members["expert_xcc"].appointment)
        assert row
        row.ended_at = work.now


@pytest.mark.parametrize("end", [sign_out, end_appointment])
def test_an_ended_session_that_comes_again_is_noted_a_few_times_and_no_more(
    world: World, end: Callable[[World], None]
) -> None:
    client = browser(world, "expert_xcc")
    assert client.get("/reviews").status_code == 200
    end(world)
    before = events(world)
    answers = [again(world) for _ in range(RETURNS + 4)]
    assert {one.status_code for one in answers} == {303}
    assert events(world) == before + RETURNS
    with world.portal.database.read() as session:
        (stream,) = session.scalars(select(Event.stream_id).where(Event.phase == Phase.REFUSAL.value).distinct())
    newest = said(world, stream)[-1]
    assert newest["on"]["asked"] == str(world.members["expert_xcc"].person)
    assert newest["detail"]["why"] == "ended-session"
    world.clock.forward(WINDOW + timedelta(minutes=1))
    again(world)
    assert events(world) == before + RETURNS + 1


def test_who_lost_one_appointment_and_holds_another_is_recorded_as_refused_and_counted(world: World) -> None:
    file, ends = world.files["xaa"].review, world.clock() + timedelta(minutes=9)
    member = add_member(world, "leaver", Role.EXPERT, "XCC", ("xaa",), ends_at=ends)
    with setting_up(world.portal) as (work, permit):
        kept = {"person_id": member.person, "role": Role.OBSERVER.value, "state_code": "XCC"}
        basis = work.seal(permit, REGISTRY, Place("appointment", "basis", other := uuid4()), "{}")
        work.people.add(Appointment(id=other, basis=basis, starts_at=work.now, created_at=work.now, **kept))
    client = browser(world, "leaver")
    assert client.get(f"/reviews/{file}").status_code == 200
    world.clock.forward(timedelta(minutes=9))
    look(world)
    before = events(world)
    for _ in range(RETURNS):
        assert client.get(f"/reviews/{file}", follow_redirects=False).headers["location"].startswith("/acting")
    assert events(world) == before + RETURNS
    newest = said(world, REFUSALS_STREAM)[-1]
    assert newest["who"]["person"] == str(member.person)
    assert newest["on"] == {"asked": str(file)}
    look(world)
    assert found(world) == [(Rule.AFTER_END, member.person, RETURNS)]


def test_what_was_no_session_or_ran_out_is_not_noted(world: World) -> None:
    client, before = browser(world), events(world)
    client.get("/reviews", headers={"Cookie": f"portal-local={'A' * 43}"})
    with world.portal.database.begin() as session:
        for row in session.scalars(select(PortalSession)):
            row.ends_at = world.clock.now
    again(world)
    assert events(world) == before


def test_a_log_that_takes_nothing_holds_nobody_up(world: World) -> None:
    sign_out(world)
    with databases.by_hand(world.portal.database) as hand:
        hand.refuse("event")
        assert again(world).status_code == 303


def test_returns_give_a_signal(world: World) -> None:
    sign_out(world)
    look(world)
    for _ in range(RETURNS):
        again(world)
    look(world)
    assert [(rule, count) for rule, _, count in found(world)] == [(Rule.AFTER_END, RETURNS)]
