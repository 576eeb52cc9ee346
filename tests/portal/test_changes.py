"""Transfers under way are asked about anew once anything was done but reading, and now and then besides."""

from unittest.mock import patch
from uuid import UUID

import pytest

from portal import changes
from portal.access.actions import Action
from portal.audit.kinds import KINDS
from portal.changes import LOOKED_SECONDS, MANY, READING, Changes
from portal.usecases import transfers, tree
from portal.usecases.transfers import ANEW_SECONDS, Going
from storage.errors import DatabaseUnavailable
from tests.cast import World
from tests.filing import newest, press, put
from tests.web_client import browser


class Stopwatch:
    """Seconds that pass when a test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        for module in (changes, transfers):
            monkeypatch.setattr(module, "monotonic", lambda: self.now)

    def wait(self, seconds: float = LOOKED_SECONDS) -> None:
        self.now += seconds


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Stopwatch:
    return Stopwatch(monkeypatch)


@pytest.fixture
def version(world: World) -> UUID:
    found = newest(world, put(world, "focal_xaa", "national XAA"))
    while tree.sequence(world.portal, "test"):
        pass
    return found


def reads(world: World) -> None:
    assert browser(world, "focal_xaa").get(f"/reviews/{world.files['xaa'].review}").status_code == 200


def acts(world: World) -> None:
    assert press(browser(world, "focal_xbb"), "/sign-out").status_code == 303


@pytest.mark.usefixtures("version")
def test_reading_counts_for_nothing_and_an_act_counts_on_every_replica(world: World, watch: Stopwatch) -> None:
    seen = [Changes(world.portal.database) for _ in range(2)]
    before = [one.count() for one in seen]
    reads(world)
    watch.wait()
    assert [one.count() for one in seen] == before
    acts(world)
    assert [one.count() for one in seen] == before, "looked at more often than it need be"
    watch.wait()
    assert [one.count() for one in seen] != before


@pytest.mark.usefixtures("version")
def test_an_act_counts_while_it_waits_and_where_it_came_and_was_placed_between_two_looks(
    world: World, watch: Stopwatch
) -> None:
    seen = Changes(world.portal.database)
    before = seen.count()
    acts(world)
    assert tree.sequence(world.portal, "test")
    watch.wait()
    placed = seen.count()
    assert placed != before
    watch.wait()
    assert seen.count() == placed
    acts_again = Changes(world.portal.database)
    waits = acts_again.count()
    press(browser(world, "expert_xaa"), "/sign-out")
    watch.wait()
    assert acts_again.count() != waits


@pytest.mark.usefixtures("version")
def test_more_events_than_are_looked_through_count(
    world: World, watch: Stopwatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "MANY", 1)
    assert MANY > 1
    seen = Changes(world.portal.database)
    before = seen.count()
    reads(world)
    reads(world)
    assert tree.sequence(world.portal, "test") > 1
    watch.wait()
    assert seen.count() != before


def test_the_policies_are_asked_anew_after_an_act_and_now_and_then(
    world: World, version: UUID, watch: Stopwatch
) -> None:
    going = Going(world.portal, world.caller("focal_xaa"), Action.DOWNLOAD_VERSION, version)
    with patch.object(transfers, "goes_on", wraps=transfers.goes_on) as asked:
        assert going(False)
        for _ in range(3):
            watch.wait(3)
            reads(world)
            assert going(True)
        assert asked.call_count == 1
        watch.wait(ANEW_SECONDS)
        assert going(False)
        assert asked.call_count == 2
        assert asked.call_args.kwargs == {"progress": True}, "what passed meanwhile keeps its session awake"
        acts(world)
        watch.wait()
        assert going(False)
        assert asked.call_count == 3
        assert press(browser(world, "focal_xaa"), "/sign-out").status_code == 303
        watch.wait()
        assert not going(False)


def test_what_counts_as_reading_is_known_to_the_log_and_is_no_more_than_reading() -> None:
    assert {action.value.startswith(("view", "list", "download")) for action in READING} == {True}
    assert set(KINDS) >= READING


def test_where_the_log_is_away_not_everybody_waits_for_it(world: World, watch: Stopwatch) -> None:
    seen = Changes(world.portal.database)
    before = seen.count()
    watch.wait()
    with patch.object(type(world.portal.database), "look", side_effect=DatabaseUnavailable("away")) as look:
        for _ in range(3):
            with pytest.raises(DatabaseUnavailable):
                seen.count()
        assert look.call_count == 1
        watch.wait()
        with pytest.raises(DatabaseUnavailable):
            seen.count()
        assert look.call_count == 2
    watch.wait()
    assert seen.count() >= before
