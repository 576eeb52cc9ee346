"""A move that is called again after the old place went on, and a move beside a backup."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from portal.app import object_store, open_keys, open_portal
from portal.errors import Invalid
from portal.settings import Settings
from portal.usecases import backups, relocations
from portal.usecases.checks import check_records
from portal.usecases.relocations import Move, Moved, move_portal
from portal.usecases.restore_places import open_source
from portal.usecases.restores import check_backup
from storage.errors import DatabaseUnavailable, StoreUnavailable
from storage.objects.store import new_name
from storage.recovery.folder import BackupFolder
from storage.schema import Elsewhere
from tests.backing_up import backed_up, recoverable
from tests.cast import World
from tests.filing import circulated, put
from tests.publicity import act, prepared, row


@pytest.fixture
def target(world: World, tmp_path: Path) -> Settings:
    """Give the settings of a new place, with three objects to be moved there."""
    for number in range(3):
        put(world, "officer", "reviewers", f"Draft {number}")
    return replace(world.portal.settings, data=tmp_path / "moved" / "data", database="")


def moved(world: World, target: Settings) -> Moved | None:
    source = world.portal.settings
    return move_portal(Move(source, target, open_keys(source), object_store, world.clock))


def _fails(*_any: object, **_more: object) -> None:
    raise OSError("the power failed")


def broken_off(world: World, target: Settings) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(relocations, "check_records", _fails)
        with pytest.raises(OSError, match="the power failed"):
            moved(world, target)


def names(settings: Settings) -> set[str]:
    return {one.name for one in object_store(settings).list()}


# --- called again


def test_it_goes_on_where_the_old_place_removed_what_had_been_copied(world: World, target: Settings) -> None:
    """Again and again: what each try had copied is known by the rows that came with it."""
    document = circulated(world, "Our response")
    for _ in range(2):
        publication = prepared(world, document)
        broken_off(world, target)
        copied = names(target)
        act(world, "focal_xaa", publication, "cancel")
        world.portal.objects.delete(row(world, publication).object_name)
        assert copied > names(world.portal.settings)
    broken_off(world, target)
    done = moved(world, target)
    assert done is not None
    assert names(target) == names(world.portal.settings)
    portal = open_portal(target, world.clock)
    assert check_records(portal).ok
    portal.database.close()


def test_what_somebody_else_put_there_meanwhile_is_left_alone(world: World, target: Settings) -> None:
    broken_off(world, target)
    strange = new_name()
    object_store(target).put(strange, [b"somebody else's"])
    with pytest.raises(Invalid, match="aren't its own"):
        moved(world, target)
    assert strange in names(target)


# --- beside a backup


@pytest.fixture
def words(world: World) -> tuple[str, ...]:
    return recoverable(world.portal)


@pytest.mark.usefixtures("words")
def test_while_a_portal_is_moved_no_backup_begins(
    world: World, target: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backed_up(world.portal, folder)
    monkeypatch.setattr("storage.database.WAIT_MILLISECONDS", 50)
    check = relocations.check_records

    def meanwhile(*given: Any) -> Any:
        with pytest.raises(DatabaseUnavailable):
            backed_up(world.portal, folder)
        return check(*given)

    monkeypatch.setattr(relocations, "check_records", meanwhile)
    assert moved(world, target) is not None
    assert [one.number for one in BackupFolder(folder).complete()] == [1]


def test_a_backup_that_began_before_the_move_and_copies_during_it_is_whole(
    world: World, target: Settings, folder: Path, new: Settings, words: tuple[str, ...]
) -> None:
    make, check = backups._make, relocations.check_records

    def moving(*given: Any, **more: Any) -> Any:
        made = []

        def copying(*looked: Any) -> Any:
            made.append(make(*given, **more))
            return check(*looked)

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(relocations, "check_records", copying)
            assert moved(world, target) is not None
        return made[0]

    with patch.object(backups, "_make", moving), pytest.raises(StoreUnavailable, match="log refuses"):
        backed_up(world.portal, folder)
    found = check_backup(new, open_source(folder, words, None), None, world.clock)
    assert found.report.ok, [one.words() for one in found.report.findings]
    portal = open_portal(target, world.clock)
    assert backed_up(portal, folder, keep=1).number == 2, "the new place goes on with the same folder"
    portal.database.close()


@pytest.mark.usefixtures("words")
def test_a_backup_that_copies_after_the_move_is_refused(world: World, target: Settings, folder: Path) -> None:
    make = backups._make

    def late(*given: Any, **more: Any) -> Any:
        assert moved(world, target) is not None
        return make(*given, **more)

    with patch.object(backups, "_make", late), pytest.raises(Elsewhere, match="moved to another place"):
        backed_up(world.portal, folder)
    assert BackupFolder(folder).complete() == []
    portal = open_portal(target, world.clock)
    assert backed_up(portal, folder, keep=1).number == 2
    assert BackupFolder(folder).incomplete() == []
    portal.database.close()
