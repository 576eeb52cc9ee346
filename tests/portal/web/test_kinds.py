"""Every way of the portal, walked as each kind of people: before their appointment begins, and after it ended."""

import random
from datetime import timedelta

import pytest
from httpx2 import Response

from portal.domain.roles import STATE_ROLES, Role
from portal.usecases.appointments import end_appointment
from portal.web.routes import WAYS
from portal.web.ways import Way
from tests.cast import Member, World, add_member, setting_up
from tests.contents import form_token
from tests.office import FORMS, UNGUESSABLE, Office
from tests.web_client import ORIGIN, browser

# an expert is one of a State under review as well as of one that reviews it
KINDS = [*((role, "XAA" if role in STATE_ROLES else None) for role in Role), (Role.EXPERT, "XBB")]
DRAWN = 60
# nobody has to be signed in for these
PUBLIC = ("/sign-in", "/enter/", "/calendar/{token}", "/trouble", "/audit/log", "/public")
OPEN = {way.path for way in WAYS if way.path.startswith(PUBLIC)}
OPEN |= {"/healthz", "/readyz", "/prove", "/sign-out", "/account/sign-out"}


def member(world: World, role: Role, state: str | None, *, begins: timedelta | None = None) -> Member:
    reviews = ("xaa",) if role in {Role.EXPERT, Role.OBSERVER, Role.OFFICER, Role.READER} else ()
    starts = world.clock() + begins if begins else None
    return add_member(world, "one", role, state, reviews, undertaken=("xaa",), starts_at=starts)


def ask(office: Office, way: Way) -> Response:
    client = browser(office.world, "one")
    path = office.address(way)
    if way.method == "GET":
        return client.get(path, follow_redirects=False)
    data = {"csrf": form_token(client.cookies["portal-local"])}
    data |= office.sound(way) if way.path in FORMS else {}
    files = {"files": [("file", ("a.txt", b"text", "text/plain"))]} if way.upload else {}
    return client.post(path, data=data, headers={"Origin": ORIGIN}, follow_redirects=False, **files)


def walked(*, first: bool) -> list[Way]:
    """Give all ways to one kind of people, some drawn anew each time to each of the others."""
    ways = [way for way in WAYS if way.path not in OPEN]
    return ways if first else random.sample(ways, DRAWN)


@pytest.mark.parametrize(("role", "state"), KINDS)
def test_after_the_end_every_way_leads_to_signing_in(office: Office, role: Role, state: str) -> None:
    world = office.world
    one = member(world, role, state)
    assert browser(world, "one").get("/account").status_code == 200
    with setting_up(world.portal) as (work, _):
        row = work.people.appointment(one.appointment)
        assert row
        row.ended_at = work.now
    for way in walked(first=(role, state) == KINDS[0]):
        answer = ask(office, way)
        if way.method == "GET":
            assert (answer.status_code, answer.headers["location"][:8]) == (303, "/sign-in"), way.path
        else:
            assert answer.status_code in {401, 404, 422}, (way.path, answer.status_code)
        assert UNGUESSABLE not in answer.text


@pytest.mark.parametrize(
    ("role", "state"), [pytest.param(*kind, marks=() if at == 0 else pytest.mark.slow) for at, kind in enumerate(KINDS)]
)
def test_before_it_begins_one_has_an_account_and_nothing_else(office: Office, role: Role, state: str) -> None:
    member(office.world, role, state, begins=timedelta(hours=1))
    for way in (way for way in WAYS if way.path not in OPEN):
        answer = ask(office, way)
        own = way.path.startswith(("/account", "/acting", "/calendar", "/hearings"))
        assert answer.status_code in ({200, 303, 401, 404, 422} if own else {303, 403, 404, 422}), (way.path, answer)
        assert UNGUESSABLE not in answer.text
        assert "/documents/" not in answer.text


def test_an_end_by_act_is_known_at_once_to_every_replica(world: World) -> None:
    """Two processes of one portal share nothing but the database: each asks it anew at each request."""
    here, there = browser(world, "expert_xaa"), browser(world, "expert_xaa")
    assert here.get("/work").status_code == there.get("/work").status_code == 200
    leaver = world.members["expert_xaa"]
    with world.request():
        end_appointment(world.portal, world.caller("focal_xaa"), leaver.person, leaver.appointment, None)  # type: ignore[arg-type]  # ids are ids
    for client in (here, there):
        assert client.get("/work", follow_redirects=False).headers["location"].startswith("/sign-in")
