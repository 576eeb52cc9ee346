"""The provider's keys: what is made or destroyed stands in the log before, and how it ended after."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from portal.access.actions import Action
from portal.audit.events import MACHINERY_STREAM
from portal.usecases.intents import close_intents
from portal.usecases.keys import keys_in_use, retire_key, rotate_keys
from storage.errors import KeyUnavailable, StoreUnavailable
from storage.keys.file import FileKeys
from storage.keys.keyring_file import State
from tests.cast import World
from tests.contents import said


@pytest.fixture
def keys(world: World) -> FileKeys:
    """The key provider, as the command line opens it beside the portal's."""
    return FileKeys.load(world.portal.settings.keys)


@contextmanager
def commit_fails(world: World, number: int) -> Iterator[None]:
    """Let the commit of a number fail, counted from 1; it writes nothing."""
    commits = 0

    def fail(_connection: Any) -> None:
        nonlocal commits
        commits += 1
        if commits == number:
            raise StoreUnavailable("the disk is away")

    event.listen(world.portal.database.engine, "commit", fail)
    try:
        with world.request(), pytest.raises(StoreUnavailable):
            yield
    finally:
        event.remove(world.portal.database.engine, "commit", fail)


def rotated(world: World, keys: FileKeys) -> str:
    """Rotate; gives the old key, which wraps nothing any more."""
    old = keys.current
    with world.request():
        rotate_keys(world.portal, keys.rotate)
    return old


def events(world: World) -> list[tuple[str, dict[str, Any]]]:
    found = [one for one in said(world, MACHINERY_STREAM) if one["action"] == Action.ROTATE_KEYS]
    return [(one["phase"], one["detail"]) for one in found]


def test_a_rotation_and_a_retirement_are_announced_and_then_reported(world: World, keys: FileKeys) -> None:
    old = rotated(world, keys)
    first, second, *rewraps = events(world)
    assert first == ("intent", {"step": "new key"})
    assert second == ("outcome", {"result": "complete", "key": keys.current})
    assert {phase for phase, _ in rewraps} == {"act"}
    with world.request():
        retire_key(world.portal, old, keys.retire)
    assert events(world)[-2:] == [
        ("intent", {"step": "retired", "key": old}),
        ("outcome", {"result": "complete"}),
    ]
    intent, outcome = said(world, MACHINERY_STREAM)[-2:]
    assert outcome["intent"] == intent["id"]


def test_no_key_is_begun_if_the_log_does_not_take_it(world: World, keys: FileKeys) -> None:
    before = keys.states()
    with commit_fails(world, 1):
        rotate_keys(world.portal, keys.rotate)
    assert (keys.states(), events(world)) == (before, [])


def test_no_key_is_destroyed_if_the_log_does_not_take_it(world: World, keys: FileKeys) -> None:
    old, before = rotated(world, keys), events(world)
    with commit_fails(world, 1):
        retire_key(world.portal, old, keys.retire)
    assert keys.states()[old] is State.OPEN
    assert events(world) == before


def test_a_destroyed_key_stands_in_the_log_though_its_outcome_could_not_be_written(
    world: World, keys: FileKeys
) -> None:
    old = rotated(world, keys)
    with commit_fails(world, 2):
        retire_key(world.portal, old, keys.retire)
    assert keys.states()[old] is State.RETIRED
    assert events(world)[-1] == ("intent", {"step": "retired", "key": old})
    world.clock.forward(timedelta(minutes=1))
    assert close_intents(world.portal, world.portal.clock()) == 1
    assert events(world)[-1] == ("outcome", {"result": "unknown"})


def test_a_rotation_whose_outcome_could_not_be_written_is_finished_by_the_next(world: World, keys: FileKeys) -> None:
    old = keys.current
    with commit_fails(world, 2):
        rotate_keys(world.portal, keys.rotate)
    assert set(keys_in_use(world.portal)) == {old}
    with world.request():
        assert rotate_keys(world.portal, keys.rotate).finished
    assert set(keys_in_use(world.portal)) == {keys.current} != {old}
    assert len(keys.states()) == 2


def test_what_the_provider_refused_is_recorded_as_failed(world: World, keys: FileKeys) -> None:
    with world.request(), pytest.raises(KeyUnavailable):
        retire_key(world.portal, "0" * 16, keys.retire)
    assert events(world) == [("intent", {"step": "retired", "key": "0" * 16}), ("outcome", {"result": "failed"})]
