"""What already lies where a portal is brought back to: objects that a restore left, or that somebody put there."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from portal.app import create_portal, object_store, open_portal
from portal.cli import main
from portal.doctor import stores
from portal.errors import Invalid
from portal.settings import Settings
from portal.usecases import restores
from portal.usecases.broken_restores import check_unrestored
from portal.usecases.restore_places import open_source
from portal.usecases.restores import Accepted, Restored, restore_backup
from storage.errors import StoreUnavailable
from storage.objects.folder import FolderStore
from storage.objects.memory import MemoryStore
from storage.recovery.folder import RESTORING, BackupFolder
from tests.backing_up import backed_up, recoverable
from tests.cast import World
from tests.conftest import use
from tests.contents import versions
from tests.databases import ONLY_SQLITE
from tests.filing import put

pytestmark = ONLY_SQLITE  # a portal is brought back to SQLite alone


@pytest.fixture
def words(world: World, folder: Path) -> tuple[str, ...]:
    """Make a backup of two objects; gives the shares."""
    shares = recoverable(world.portal)
    for number in range(2):
        put(world, "officer", "reviewers", f"Draft {number}")
    backed_up(world.portal, folder)
    return shares


def back(world: World, folder: Path, words: tuple[str, ...], new: Settings, **how: Any) -> Restored:
    source = open_source(folder, words, how.pop("number", None))
    return restore_backup(new, source, None, how.pop("store", object_store), world.clock, **how)


def broken_off(world: World, folder: Path, words: tuple[str, ...], new: Settings, **how: Any) -> None:
    """Bring it back until all its objects are there, and no further."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(restores, "check_records", _fails)
        with pytest.raises(OSError, match="the power failed"):
            back(world, folder, words, new, **how)


def _fails(*_any: object, **_more: object) -> None:
    raise OSError("the power failed")


def read(store: Any, name: str) -> bytes:
    with store.get(name) as blocks:
        return b"".join(blocks)


def test_what_was_altered_where_it_was_left_is_replaced(
    world: World, folder: Path, words: tuple[str, ...], new: Settings
) -> None:
    store, name = MemoryStore(), versions(world)[0].object_name
    broken_off(world, folder, words, new, store=lambda _settings: store)
    store.delete(name)
    store.put(name, [b"planted"])
    done = back(world, folder, words, new, store=lambda _settings: store)
    assert done.report.ok, [one.words() for one in done.report.findings]
    assert read(store, name) == read(world.portal.objects, name)


def test_what_the_backup_lost_since_is_kept_where_it_was_left_as_it_was_and_else_goes(
    world: World, folder: Path, words: tuple[str, ...], new: Settings
) -> None:
    store, (kept, planted) = MemoryStore(), [row.object_name for row in versions(world)]
    broken_off(world, folder, words, new, store=lambda _settings: store)
    store.delete(planted)
    store.put(planted, [b"planted"])
    for name in (kept, planted):
        (folder / "objects" / name[:2] / name).unlink()
    with pytest.raises(Invalid, match="is not in the backup"):
        back(world, folder, words, new, store=lambda _settings: store)
    back(world, folder, words, new, store=lambda _settings: store, accepted=Accepted(losses=True))
    assert {one.name for one in store.list()} == {kept}


def test_what_is_of_other_backups_alone_does_not_stay(
    world: World, folder: Path, words: tuple[str, ...], new: Settings
) -> None:
    put(world, "officer", "reviewers", "Later")
    backed_up(world.portal, folder)
    store = MemoryStore()
    broken_off(world, folder, words, new, store=lambda _settings: store)
    assert len(list(store.list())) == 3
    done = back(world, folder, words, new, store=lambda _settings: store, number=1)
    assert done.report.ok
    assert len(list(store.list())) == 2


def test_the_store_of_a_portal_that_lives_is_never_taken_for_what_was_left(
    world: World, folder: Path, words: tuple[str, ...], new: Settings
) -> None:
    """All its objects are in the backup: at first the store is away, or refuses, and then it is tried again."""
    live = world.portal.objects
    before = {one.name: read(live, one.name) for one in live.list()}
    assert before

    def away(_settings: Settings) -> Any:
        raise StoreUnavailable("away")

    with pytest.raises(StoreUnavailable):
        back(world, folder, words, new, store=away)
    for _ in range(2):
        with pytest.raises(Invalid, match="objects already"):
            back(world, folder, words, new, store=lambda _settings: live)
    assert {one.name: read(live, one.name) for one in live.list()} == before
    FolderStore(new.data / "objects")  # one that was killed just then
    assert back(world, folder, words, new).report.ok, "and another place can be taken at once"


# --- what everything else says of a place where one broke off


@pytest.mark.parametrize("command", [["serve"], ["fsck"], ["backup", "elsewhere"], ["move", "new.toml"]])
def test_no_command_begins_on_what_was_left(
    world: World,
    folder: Path,
    words: tuple[str, ...],
    new: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    command: list[str],
) -> None:
    broken_off(world, folder, words, new)
    before = sorted(path.relative_to(new.data) for path in new.data.rglob("*"))
    use(monkeypatch, new)
    monkeypatch.setenv("PORTAL_PORT", "1")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "new.toml").write_text(f"data = '{tmp_path / 'moved'}'\n")
    capsys.readouterr()
    assert main(command) != 0
    assert "run `portal restore` again" in capsys.readouterr().err
    assert sorted(path.relative_to(new.data) for path in new.data.rglob("*")) == before
    assert not (tmp_path / "elsewhere").exists()


def test_the_doctor_says_how_to_go_on(world: World, folder: Path, words: tuple[str, ...], new: Settings) -> None:
    broken_off(world, folder, words, new)
    found = list(stores.database(stores.Opened(new)))
    assert ["broke off" in one.says for one in found] == [True]
    assert "portal restore" in found[0].mend
    back(world, folder, words, new)


def test_a_portal_on_a_server_does_not_start_where_one_broke_off(
    world: World, folder: Path, words: tuple[str, ...], new: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken_off(world, folder, words, new)
    monkeypatch.setattr("portal.app.has_portal", lambda _settings: True)
    with pytest.raises(Invalid, match="broke off"):
        open_portal(replace(new, database="postgresql://localhost/portal"), world.clock)


def test_a_mark_that_was_left_though_all_is_there_is_in_nobodys_way(
    world: World, folder: Path, words: tuple[str, ...], new: Settings
) -> None:
    back(world, folder, words, new)
    (new.data / RESTORING).write_bytes(b"killed before it was taken away")
    check_unrestored(new)  # as before a move from there, or to a server with the same data folder
    open_portal(new, world.clock).database.close()
    assert not (new.data / RESTORING).exists()


@pytest.mark.parametrize("mark", [b"", b"\xff\xfe", b"folder\n"])
def test_a_mark_that_was_cut_or_altered_is_named(
    world: World, folder: Path, words: tuple[str, ...], new: Settings, mark: bytes
) -> None:
    broken_off(world, folder, words, new)
    (new.data / RESTORING).write_bytes(mark)
    with pytest.raises(Invalid, match="empty this folder and begin again"):
        back(world, folder, words, new)
    with pytest.raises(Invalid, match="broke off"):
        create_portal(new, world.clock)


# --- a backup that goes while it is brought back


@pytest.mark.parametrize("step", ["check_files", "take_place", "_brought"])
def test_a_backup_that_is_removed_meanwhile_leaves_nothing_that_opens_and_another_is_taken(
    world: World, folder: Path, words: tuple[str, ...], new: Settings, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    did, gone = getattr(restores, step), versions(world)[0].object_name

    def pruned(*given: Any, **more: Any) -> Any:
        found = did(*given, **more)
        shutil.rmtree(BackupFolder(folder).complete()[0].path)
        (folder / "objects" / gone[:2] / gone).unlink()
        return found

    with monkeypatch.context() as patched:
        patched.setattr(restores, step, pruned)
        with pytest.raises(Invalid, match="removed while it was being brought back"):
            back(world, folder, words, new)
    with pytest.raises(Invalid, match="broke off"):
        open_portal(new, world.clock)
    world.portal.objects.delete(gone)
    backed_up(world.portal, folder)
    assert back(world, folder, words, new, accepted=Accepted(losses=True)).report.codes == {"backup-lost": 1}
