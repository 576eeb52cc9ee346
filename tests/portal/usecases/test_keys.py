"""The provider's keys: what is made or destroyed stands in the log before, and how it ended after."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, func, select
from sqlmodel import col

from portal.access.actions import Action
from portal.audit.events import MACHINERY_STREAM
from portal.errors import Invalid
from portal.usecases import keys as use_case
from portal.usecases.checks import check_records
from portal.usecases.intents import close_intents
from portal.usecases.keys import keys_in_use, renew_key, renew_keys, retire_key, rotate_keys
from storage.errors import KeyUnavailable, StoreUnavailable
from storage.keyring import split
from storage.keys.file import FileKeys
from storage.keys.provider import State
from storage.tables import KeyVersion
from tests.cast import World
from tests.contents import documents, said
from tests.filing import put
from tests.web_client import browser


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
        rotate_keys(world.portal)
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
        retire_key(world.portal, old)
    assert events(world)[-2:] == [
        ("intent", {"step": "retired", "key": old}),
        ("outcome", {"result": "complete"}),
    ]
    intent, outcome = said(world, MACHINERY_STREAM)[-2:]
    assert outcome["intent"] == intent["id"]


def test_no_key_is_begun_if_the_log_does_not_take_it(world: World, keys: FileKeys) -> None:
    before = keys.states()
    with commit_fails(world, 1):
        rotate_keys(world.portal)
    assert (keys.states(), events(world)) == (before, [])


def test_no_key_is_destroyed_if_the_log_does_not_take_it(world: World, keys: FileKeys) -> None:
    old, before = rotated(world, keys), events(world)
    with commit_fails(world, 1):
        retire_key(world.portal, old)
    assert keys.states()[old] is State.OPEN
    assert events(world) == before


def test_a_destroyed_key_stands_in_the_log_though_its_outcome_could_not_be_written(
    world: World, keys: FileKeys
) -> None:
    old = rotated(world, keys)
    with commit_fails(world, 2):
        retire_key(world.portal, old)
    assert keys.states()[old] is State.RETIRED
    assert events(world)[-1] == ("intent", {"step": "retired", "key": old})
    world.clock.forward(timedelta(minutes=1))
    assert close_intents(world.portal, world.portal.clock()) == 1
    assert events(world)[-1] == ("outcome", {"result": "unknown"})


def test_a_rotation_whose_outcome_could_not_be_written_is_finished_by_the_next(world: World, keys: FileKeys) -> None:
    old = keys.current
    with commit_fails(world, 2):
        rotate_keys(world.portal)
    assert set(keys_in_use(world.portal)) == {old}
    with world.request():
        assert rotate_keys(world.portal).finished
    assert set(keys_in_use(world.portal)) == {keys.current} != {old}
    assert len(keys.states()) == 2


def test_what_the_provider_refused_is_recorded_as_failed(world: World) -> None:
    with world.request(), pytest.raises(KeyUnavailable):
        retire_key(world.portal, "0" * 16)
    assert events(world) == [("intent", {"step": "retired", "key": "0" * 16}), ("outcome", {"result": "failed"})]


# --- new versions of the keys of rooms, and of all


def key_versions(world: World) -> dict[str, int]:
    """Give the newest key version of each scope."""
    with world.portal.database.read() as session:
        rows = session.execute(
            select(col(KeyVersion.scope), func.max(col(KeyVersion.version))).group_by(KeyVersion.scope)
        )
        return {row[0]: row[1] for row in rows}


def sealed_under(world: World, document: UUID) -> int:
    title = next(one.title for one in documents(world) if one.id == document)
    return split(title)[0]


def test_a_room_gets_a_new_key_version_while_others_keep_theirs(world: World) -> None:
    before = put(world, "officer", "shared", "Before")
    room = world.files["xaa"].rooms["shared"]
    scope, old = f"room/{world.files['xaa'].review}/{room}", key_versions(world)
    with world.request():
        assert renew_key(world.portal, str(room)) == old[scope] + 1
    after = put(world, "officer", "shared", "After")
    assert {scope: old[scope] + 1} == dict(key_versions(world).items() - old.items())
    assert (sealed_under(world, before), sealed_under(world, after)) == (old[scope], old[scope] + 1)
    for document, title in ((before, "Before"), (after, "After")):
        assert title in browser(world, "officer").get(f"/documents/{document}").text
    assert events(world)[-1] == ("act", {"step": "renewed", "scope": scope, "version": old[scope] + 1})
    assert check_records(world.portal).ok


@pytest.mark.parametrize("name", ["service", "origins", "room/x", "%", "", "shared", "registry%"])
def test_keys_with_one_version_and_those_that_are_none_get_no_other(world: World, name: str) -> None:
    for one in (name, f"stream/{world.files['xaa'].rooms['shared']}"):
        with world.request(), pytest.raises(Invalid):
            renew_key(world.portal, one)
    assert events(world) == []


def test_all_keys_get_a_new_version_once_and_an_interrupted_round_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = put(world, "officer", "shared", "Penal code")
    old = key_versions(world)
    kept = {scope for scope in old if scope in {"service", "origins"} or scope.startswith("stream/")}
    world.clock.forward(timedelta(minutes=10))
    before = world.portal.clock()
    monkeypatch.setattr(use_case, "AT_ONCE", 1)
    with commit_fails(world, 3):
        renew_keys(world.portal, before)
    assert len(dict(key_versions(world).items() - old.items())) == 2
    told: list[tuple[int, int]] = []
    with world.request():
        count = renew_keys(world.portal, before, lambda done, known: told.append((done, known)))
    assert count + 2 == len(old) - len(kept)
    assert told[0] == (0, count)
    assert told[-1] == (count, count)
    assert key_versions(world) == {scope: old[scope] + (scope not in kept) for scope in old}
    with world.request():
        assert renew_keys(world.portal, before) == 0
    assert sealed_under(world, document) < sealed_under(world, put(world, "officer", "shared", "Procedural code"))
    world.portal.keyring._kept.clear()
    assert browser(world, "officer").get(f"/documents/{document}").status_code == 200
    assert check_records(world.portal).ok
