"""An appointment that ends by its date: access stops in the same minute, sessions included, or leads to another one."""

import re
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from httpx2 import Response

from portal.access.actions import Action
from portal.domain.roles import Role
from portal.usecases.transfers import goes_on
from portal.web.routes import WAYS
from portal.web.ways import Way
from storage.fields import Place
from storage.permits import REGISTRY
from storage.tables import Appointment
from tests.cast import World, add_member, setting_up
from tests.contents import form_token
from tests.filing import newest, put
from tests.web_client import ORIGIN, browser

TITLE = "Unguessable-Okapi"
RUNS = timedelta(minutes=20)
# for anybody, and the way out; a calendar's address counts by itself, whoever is signed in
OPEN = {
    "/sign-in",
    "/enter/{token}",
    "/healthz",
    "/readyz",
    "/sign-out",
    "/account/sign-out",
    "/prove",
    "/prove/passkey",
}
OPEN |= {
    way.path
    for way in WAYS
    if way.path.startswith(("/sign-in", "/enter/", "/trouble", "/calendar/{token}", "/audit/log", "/public"))
}
OWN = {"/account", "/account/codes", "/acting", "/calendar", "/hearings"}  # being heard goes on after an end


@pytest.fixture
def draft(world: World) -> UUID:
    """Let a focal point whose appointment ends in a while put a document into its national room."""
    world.portal.settings = replace(world.portal.settings, second_factor=True)  # so that there are codes to look at
    add_member(world, "leaver", Role.FOCAL_POINT, "XAA", undertaken=("xaa",), ends_at=world.clock() + RUNS)
    return put(world, "leaver", "national XAA", TITLE)


def appoint_anew(world: World) -> UUID:
    appointment = uuid4()
    with setting_up(world.portal) as (work, permit):
        work.people.add(
            Appointment(
                id=appointment,
                person_id=world.members["leaver"].person,
                role=Role.FOCAL_POINT.value,
                state_code="XAA",
                basis=work.seal(permit, REGISTRY, Place("appointment", "basis", appointment), "{}"),
                starts_at=work.now,
                created_at=work.now,
            )
        )
    return appointment


def ask(world: World, way: Way, draft: UUID) -> Response:
    ids = {
        "reviews": world.files["xaa"].review,
        "rooms": world.files["xaa"].rooms["national XAA"],
        "documents": draft,
        "versions": newest(world, draft),
        "people": world.members["expert_xaa"].person,
    }
    path = re.sub(r"\{\w+\}", lambda _: str(ids.get(way.path.split("/")[1], uuid4())), way.path)
    client = browser(world, "leaver")
    if way.method == "GET":
        return client.get(path, follow_redirects=False)
    data = {"csrf": form_token(client.cookies["portal-local"])}
    files = {"files": {"file": ("a.txt", b"text", "text/plain")}} if way.upload else {}
    return client.post(path, data=data, headers={"Origin": ORIGIN}, follow_redirects=False, **files)


def test_until_its_last_second_an_appointment_opens_what_it_opens(world: World, draft: UUID) -> None:
    world.clock.forward(RUNS - timedelta(seconds=1))
    page = browser(world, "leaver").get(f"/documents/{draft}")
    assert page.status_code == 200
    assert TITLE in page.text


def test_with_the_last_appointment_its_sessions_end_wherever_they_ask(world: World, draft: UUID) -> None:
    caller, version = world.caller("leaver"), newest(world, draft)
    assert goes_on(world.portal, caller, Action.DOWNLOAD_VERSION, version, progress=True)
    world.clock.forward(RUNS)
    assert not goes_on(world.portal, caller, Action.DOWNLOAD_VERSION, version, progress=True)
    for way in (way for way in WAYS if way.path not in OPEN):
        answer = ask(world, way, draft)
        if way.method == "GET":
            assert answer.status_code == 303, way.path
            assert answer.headers["location"].startswith("/sign-in"), way.path
        else:
            assert answer.status_code in {401, 404, 422}, (way.path, answer.status_code)
        assert TITLE not in answer.text


def test_whoever_holds_another_appointment_is_led_to_choose_it_and_finds_only_their_account_meanwhile(
    world: World, draft: UUID
) -> None:
    world.clock.forward(RUNS / 2)
    appoint_anew(world)
    world.clock.forward(RUNS / 2)
    for way in (way for way in WAYS if way.path not in OPEN):
        answer = ask(world, way, draft)
        if way.method == "GET" and way.path in OWN:
            assert answer.status_code == 200, way.path
        elif way.path == "/hearings/{id}":
            assert answer.status_code == 404, way.path
        elif way.method == "GET":
            assert answer.status_code == 303, way.path
            assert re.match(r"/acting(\?next=|$)", answer.headers["location"]), way.path
        elif not way.path.startswith(("/account", "/calendar/end")):
            assert answer.status_code in {403, 404, 422}, (way.path, answer.status_code)
        assert TITLE not in answer.text
        assert "/documents/" not in answer.text


def test_what_was_asked_for_opens_once_the_other_appointment_is_chosen(world: World, draft: UUID) -> None:
    world.clock.forward(RUNS / 2)
    other = appoint_anew(world)
    world.clock.forward(RUNS / 2)
    client, path = browser(world, "leaver"), f"/documents/{draft}"
    led = client.get(path, follow_redirects=False).headers["location"]
    assert led == f"/acting?next=%2Fdocuments%2F{draft}"
    chosen = client.form(led, "/acting", appointment=str(other), next=path)
    assert (chosen.status_code, chosen.headers["location"]) == (303, path)
    assert TITLE in client.get(path).text


def test_a_form_sent_after_the_appointment_ended_does_nothing_and_says_what_to_do(world: World, draft: UUID) -> None:
    world.clock.forward(RUNS / 2)
    appoint_anew(world)
    world.clock.forward(RUNS / 2)
    client = browser(world, "leaver")
    data = {"csrf": form_token(client.cookies["portal-local"]), "reason": "A mistake."}
    there, nowhere = (
        client.post(f"/documents/{id_}/withdraw", data=data, headers={"Origin": ORIGIN}) for id_ in (draft, uuid4())
    )
    assert there.status_code == nowhere.status_code == 403
    assert "choose the appointment that you act under" in there.text
    assert there.text == nowhere.text
