"""A replica of a former release goes on while others of a later one run, until the schema is no longer its own."""

from dataclasses import replace
from pathlib import Path

import pytest

from portal.app import open_portal
from portal.usecases.checks import check_records
from storage import schema
from storage.stepping import LaterSchema
from tests.cast import World
from tests.contents import send
from tests.filing import circulated
from tests.portal.web.test_signin import enrol, sign_in, visitor
from tests.storage.test_rolling import later, upgraded
from tests.web_client import browser

PAGES = ("/work", "/reviews", "/account", "/notices", "/people")


def test_a_former_release_reads_and_writes_on_the_schema_of_the_later_one(world: World, tmp_path: Path) -> None:
    former = browser(world, "focal_xaa")
    assert upgraded(world.portal.database.place, later(tmp_path, f'runs_since = "{schema.newest()}"')) == "runs"
    assert [former.get(page).status_code for page in PAGES] == [200] * len(PAGES)
    circulated(world)
    room = world.files["xaa"].rooms["shared"]
    law = ("law.pdf", b"%PDF-1.7 a law", "application/pdf")
    assert send(browser(world, "officer"), f"/rooms/{room}/documents", law).status_code == 303
    enrol(world, "expert_xaa", "focal_xaa")
    assert sign_in(visitor(world.portal), "expert_xaa@example.org").status_code == 303
    assert former.get("/readyz").status_code == 200
    again = open_portal(world.portal.settings, world.clock)  # it was restarted meanwhile
    assert browser(replace(world, portal=again)).get("/readyz").status_code == 200
    again.database.close()
    with world.request():
        assert check_records(world.portal).ok


def test_a_former_release_on_which_the_schema_was_changed_is_not_ready_and_does_not_start(
    world: World, tmp_path: Path
) -> None:
    former = browser(world)
    assert upgraded(world.portal.database.place, later(tmp_path, "")) == "runs"
    assert former.get("/readyz").status_code == 503
    assert former.get("/healthz").status_code == 200
    with pytest.raises(LaterSchema, match="later release"):
        open_portal(world.portal.settings, world.clock)
