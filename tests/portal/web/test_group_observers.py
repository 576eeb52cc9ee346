"""Observers of the Oversight Group (ToR 38): there where the setting says so; they see nothing of a file or case."""

from dataclasses import replace

import pytest

from portal.domain.roles import Role
from tests.breaches import registered, submitted
from tests.cast import World, add_member
from tests.filing import circulated, press
from tests.web_client import browser

OFFERED = '<option value="group_observer">'
NEW = {
    "name": "An Observer",
    "mail": "observer@example.org",
    "role": "group_observer",
    "note": "1",
    "dated": "2026-01-05",
}


def with_observers(world: World, *, there: bool = True) -> None:
    world.portal.settings = replace(world.portal.settings, group_observers=there)


@pytest.mark.parametrize("there", [False, True])
def test_the_registrar_appoints_them_by_setting_alone(world: World, *, there: bool) -> None:
    with_observers(world, there=there)
    client = browser(world, "registrar")
    assert (OFFERED in client.get("/people/new").text) is there
    answer = press(client, "/people/new", **NEW)
    assert ("has no observers" in answer.text) is not there
    assert ("An Observer" in client.get("/people").text) is there


def test_they_see_that_the_log_is_whole_and_counts_and_nothing_else(world: World) -> None:
    with_observers(world)
    add_member(world, "watching", Role.GROUP_OBSERVER)
    document = circulated(world, "Unguessable Okapi")
    case = registered(world)
    submitted(world, case)
    client = browser(world, "watching")
    assert client.get("/", follow_redirects=False).headers["location"] == "/log"
    for path in ("/log", "/statement", "/public", "/notices", "/account"):
        assert client.get(path).status_code == 200, path
    review = world.files["xaa"].review
    paths = ("/cases", f"/cases/{case}", f"/submissions/{case}", "/summaries", "/signals", f"/documents/{document}")
    for path in (*paths, f"/reviews/{review}", f"/reviews/{review}/trail", "/people", "/register"):
        assert client.get(path).status_code == 404, path


def test_where_the_group_has_none_such_an_appointment_lets_nobody_in(world: World) -> None:
    add_member(world, "watching", Role.GROUP_OBSERVER)
    assert browser(world, "watching").get("/log", follow_redirects=False).status_code == 303
    with_observers(world)
    client = browser(world, "watching")
    assert client.get("/log").status_code == 200
    with_observers(world, there=False)
    assert client.get("/log", follow_redirects=False).headers["location"].startswith("/sign-in")
