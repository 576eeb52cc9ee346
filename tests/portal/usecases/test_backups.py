"""Backups: of one moment, each object once, whole or named incomplete, and of no use to whoever takes one."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from unittest.mock import patch
from uuid import uuid4

import pytest
from sqlmodel import select

from portal.access.actions import Action
from portal.app import create_portal
from portal.audit.events import MACHINERY_STREAM
from portal.cli import main
from portal.errors import Invalid
from portal.usecases import backup_copying, backups
from portal.work import Portal
from storage import permits
from storage.backups import Backup
from storage.errors import Damaged, Full, StoreUnavailable
from storage.objects.store import new_name
from storage.recovery import offline, shares, snapshot
from storage.recovery.folder import BackupFolder, alone
from storage.recovery.manifest import Manifest, read
from storage.repositories.backups import BackupRecords
from tests.backing_up import backed_up, recoverable
from tests.cast import World
from tests.conftest import environment, use
from tests.contents import said, versions
from tests.databases import ONLY_SQLITE
from tests.filing import put


def manifest_of(folder: Path, at: int = -1) -> Manifest:
    return read(BackupFolder(folder).complete()[at].manifest(), None)


def unsealed(folder: Path, words: tuple[str, ...], target: Path, at: int = -1) -> Path:
    """Open the database of a backup."""
    entry = BackupFolder(folder).complete()[at]
    made, opener = manifest_of(folder, at), offline.Opener(shares.join(words))
    with (entry.path / "database").open("rb") as file:
        snapshot.unseal(iter(lambda: file.read(1 << 20), b""), made.key, opener, made.id, target)
    return target


def rows(path: Path, question: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(question).fetchall()


def kept(world: World) -> dict[int, bool]:
    with world.portal.database.read() as session:
        return {row.number: row.gone_at is None for row in session.scalars(select(Backup))}


def test_without_a_recovery_key_there_is_no_backup(world: World, folder: Path) -> None:
    with pytest.raises(Invalid, match="keys recovery make"):
        backed_up(world.portal, folder)
    assert not folder.exists()


def test_a_backup_holds_all_rows_and_objects_of_one_moment(world: World, folder: Path, tmp_path: Path) -> None:
    words = recoverable(world.portal)
    for title in ("One", "Two"):
        put(world, "officer", "reviewers", title)
    made = backed_up(world.portal, folder)
    assert (made.number, made.objects, made.copied, made.missing) == (1, 2, 2, ())
    before = [row.object_name for row in versions(world)]
    put(world, "officer", "reviewers", "Three")
    path = unsealed(folder, words, tmp_path / "copy.db")
    assert {row[0] for row in rows(path, "SELECT object_name FROM version")} == set(before)
    for name in before:
        with world.portal.objects.get(name) as live, BackupFolder(folder).objects.get(name) as copy:
            assert b"".join(live) == b"".join(copy)
    assert not (world.portal.settings.data / "backup.snapshot").exists()
    intent, outcome = _of_backup(world)[-2:]
    assert (intent["phase"], outcome["phase"], outcome["detail"]["result"]) == ("intent", "outcome", "complete")


def _of_backup(world: World) -> list[dict[str, object]]:
    return [one for one in said(world, MACHINERY_STREAM) if one["action"] == Action.BACK_UP]


def test_an_object_is_copied_once(world: World, folder: Path) -> None:
    recoverable(world.portal)
    put(world, "officer", "reviewers", "One")
    backed_up(world.portal, folder)
    put(world, "officer", "reviewers", "Two")
    made = backed_up(world.portal, folder)
    assert (made.number, made.objects, made.copied) == (2, 2, 1)
    assert set(manifest_of(folder, 0).objects.items()) < set(manifest_of(folder, 1).objects.items())


def test_an_object_cut_in_the_backup_is_copied_anew(world: World, folder: Path) -> None:
    recoverable(world.portal)
    put(world, "officer", "reviewers", "One")
    backed_up(world.portal, folder)
    name = versions(world)[0].object_name
    path = folder / "objects" / name[:2] / name
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    assert backed_up(world.portal, folder).copied == 0  # its hash is the one that was known
    assert path.read_bytes() == whole


def rotted(folder: Path, name: str) -> Path:
    path = folder / "objects" / name[:2] / name
    raw = path.read_bytes()
    path.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    return path


def checked(portal: Portal, folder: Path) -> backups.Made:
    with permits.request(uuid4()):
        return backups.make_backup(portal, folder, check=True)


def test_an_object_that_rotted_in_the_backup_is_found_by_its_bytes_and_healed(world: World, folder: Path) -> None:
    recoverable(world.portal)
    put(world, "officer", "reviewers", "One")
    backed_up(world.portal, folder)
    name = versions(world)[0].object_name
    whole = (folder / "objects" / name[:2] / name).read_bytes()
    path = rotted(folder, name)
    made = checked(world.portal, folder)
    assert (made.healed, made.copied, made.missing) == ((name,), 0, ())
    assert path.read_bytes() == whole
    assert checked(world.portal, folder).healed == ()


def test_each_object_is_read_again_once_in_so_many_backups(world: World, folder: Path) -> None:
    recoverable(world.portal)
    put(world, "officer", "reviewers", "One")
    backed_up(world.portal, folder)
    path = rotted(folder, versions(world)[0].object_name)
    with patch.object(backups, "PARTS", 4), patch.object(backup_copying, "PARTS", 4):
        healed = [len(backed_up(world.portal, folder).healed) for _ in range(8)]
        assert sum(healed) == 1
        at = healed.index(1)
        rotted(folder, path.name)
        again = [len(backed_up(world.portal, folder).healed) for _ in range(4)]
    assert again.index(1) == at % 4


def test_a_damaged_manifest_makes_nothing_be_believed_or_removed(world: World, folder: Path) -> None:
    """The one before it still tells; with none that can be read, the folder is left alone."""
    recoverable(world.portal)
    put(world, "officer", "reviewers", "One")
    for _ in range(2):
        backed_up(world.portal, folder)
    first, second = BackupFolder(folder).complete()
    (second.path / "manifest.json").write_bytes(b"{}")
    path = rotted(folder, versions(world)[0].object_name)
    assert checked(world.portal, folder).healed == (path.name,)
    before = path.read_bytes()
    for entry in BackupFolder(folder).complete():
        (entry.path / "manifest.json").write_bytes(b"{}")
    with pytest.raises(Invalid, match="none can be read"):
        backed_up(world.portal, folder)
    assert path.read_bytes() == before
    assert first.path.exists()


def test_an_object_that_changed_in_the_portal_takes_nobodys_place(world: World, folder: Path) -> None:
    recoverable(world.portal)
    put(world, "officer", "reviewers", "One")
    backed_up(world.portal, folder)
    name = versions(world)[0].object_name
    own = world.portal.settings.data / "objects" / name[:2] / name
    whole = own.read_bytes()
    own.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert checked(world.portal, folder).missing == (), "the folder has it as it was"
    path = rotted(folder, name)
    before = path.read_bytes()
    own.write_bytes(whole[:-2] + bytes([whole[-2] ^ 1]) + whole[-1:])
    made = checked(world.portal, folder)
    assert (made.altered, made.missing, made.healed) == ((name,), (name,), ())
    assert path.read_bytes() == before
    for again in (checked, backed_up):  # the newest backup doesn't have it: the first still tells, whosever turn it is
        made = again(world.portal, folder)
        assert (made.altered, made.missing, made.healed) == ((name,), (name,), ())
        assert path.read_bytes() == before
    path.write_bytes(whole)  # by an operator's hand
    made = backed_up(world.portal, folder)
    assert (made.altered, made.missing, made.healed, path.read_bytes()) == ((), (), (), whole)
    path.unlink()
    for _ in range(2):
        made = backed_up(world.portal, folder)
        assert (made.altered, made.missing, path.exists()) == ((name,), (name,), False)


def test_an_object_lost_in_the_portal_is_named_as_long_as_what_the_folder_has_is_altered(
    world: World, folder: Path
) -> None:
    recoverable(world.portal)
    put(world, "officer", "reviewers", "One")
    backed_up(world.portal, folder)
    name = versions(world)[0].object_name
    rotted(folder, name)
    world.portal.objects.delete(name)
    for again in (checked, backed_up, backed_up):
        assert again(world.portal, folder).missing == (name,)


def test_what_a_backup_that_broke_off_left_is_taken_if_it_is_the_portals(world: World, folder: Path) -> None:
    recoverable(world.portal)
    put(world, "officer", "reviewers", "One")
    with patch.object(snapshot, "seal", side_effect=OSError("no space")), pytest.raises(OSError, match="no space"):
        backed_up(world.portal, folder)
    path = rotted(folder, versions(world)[0].object_name)
    made = backed_up(world.portal, folder)
    assert made.healed == (path.name,)
    assert made.missing == ()


def test_when_the_last_backup_came_to_its_end_is_known(world: World, folder: Path) -> None:
    recoverable(world.portal)

    def last() -> object:
        with world.portal.database.read() as session:
            return BackupRecords(session).last_whole()

    assert last() is None
    first = backed_up(world.portal, folder).made
    world.clock.forward(timedelta(days=1))
    with patch.object(snapshot, "seal", side_effect=OSError("no space")), pytest.raises(OSError, match="no space"):
        backed_up(world.portal, folder)
    assert last() == first
    assert backed_up(world.portal, folder).made == last() == first + timedelta(days=1)


def test_whoever_takes_a_backup_reads_nothing(world: World, folder: Path) -> None:
    recoverable(world.portal)
    put(world, "officer", "reviewers", "Plainly a title", name="telling.pdf")
    backed_up(world.portal, folder)
    raw = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    words = [b"Plainly", b"telling", b"Arandia", b"officer", b"SQLite", b"example.org", b"keyring"]
    words += [str(world.files["xaa"].review).encode(), world.files["xaa"].review.bytes]
    words += [json.loads((world.portal.settings.keys / "keyring.json").read_text())["keys"][0]["key"].encode()]
    assert [word for word in words if word in raw] == []
    assert {path.stat().st_mode & 0o077 for path in folder.rglob("*")} == {0}


@pytest.mark.database
def test_a_backup_made_while_others_write_is_of_one_moment(world: World, folder: Path, tmp_path: Path) -> None:
    words, over = recoverable(world.portal), Event()
    put(world, "officer", "reviewers", "Before")

    def write() -> None:
        number = 0
        while not over.is_set():
            put(world, "officer", "reviewers", f"Meanwhile {(number := number + 1)}")

    writer = Thread(target=write)
    writer.start()
    try:
        for _ in range(3):
            assert backed_up(world.portal, folder).missing == ()
    finally:
        over.set()
        writer.join()
    for at in range(3):
        path = unsealed(folder, words, tmp_path / f"copy{at}.db", at)
        assert rows(path, "PRAGMA integrity_check") == [("ok",)]
        assert rows(path, "PRAGMA foreign_key_check") == []
        names = {row[0] for row in rows(path, "SELECT object_name FROM version")}
        assert names == set(manifest_of(folder, at).objects)
        question = "SELECT s.next_number - 1, (SELECT count(*) FROM event e WHERE e.stream_id = s.id) FROM stream s"
        assert all(counter == there for counter, there in rows(path, question))


def test_a_lost_object_is_named_and_the_rest_is_kept(world: World, folder: Path) -> None:
    recoverable(world.portal)
    put(world, "officer", "reviewers", "One")
    put(world, "officer", "reviewers", "Two")
    lost = versions(world)[0].object_name
    world.portal.objects.delete(lost)
    made = backed_up(world.portal, folder)
    assert (made.objects, made.missing) == (1, (lost,))
    assert manifest_of(folder).missing == (lost,)


def test_an_object_removed_meanwhile_means_another_moment(world: World, folder: Path) -> None:
    recoverable(world.portal)
    put(world, "officer", "reviewers", "One")
    gone, true = "0" * 32, snapshot.object_names
    names = iter([[gone], []])
    with patch.object(snapshot, "object_names", lambda path: sorted([*true(path), *next(names)])):
        made = backed_up(world.portal, folder)
    assert (made.objects, made.missing) == (1, ())


def test_older_backups_go_with_the_objects_that_none_names(world: World, folder: Path) -> None:
    recoverable(world.portal)
    put(world, "officer", "reviewers", "One")
    backed_up(world.portal, folder)
    only_first = versions(world)[0].object_name
    begun = world.clock.now
    with patch.object(snapshot, "object_names", lambda _path: []):  # as if it had been removed from the portal
        for _ in range(2):
            world.clock.forward(timedelta(days=1))
            backed_up(world.portal, folder)
        assert backups.kept_since(world.portal) == begun
        world.clock.forward(timedelta(days=1))
        made = backed_up(world.portal, folder, keep=2)
    assert made.removed == (1, 2)
    assert [one.number for one in BackupFolder(folder).complete()] == [3, 4]
    assert not (folder / "objects" / only_first[:2] / only_first).exists()
    assert kept(world) == {1: False, 2: False, 3: True, 4: True}
    assert made.kept_since == begun + timedelta(days=2)


def test_nothing_is_removed_when_what_stays_cannot_be_read(world: World, folder: Path) -> None:
    recoverable(world.portal)
    put(world, "officer", "reviewers", "One")
    for _ in range(2):
        backed_up(world.portal, folder)
    path = BackupFolder(folder).complete()[-1].path / "manifest.json"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(Damaged):
        backed_up(world.portal, folder, keep=2)
    assert len(BackupFolder(folder).complete()) == 3
    assert (folder / "objects" / versions(world)[0].object_name[:2] / versions(world)[0].object_name).exists()
    with pytest.raises(Invalid):
        backed_up(world.portal, folder, keep=0)
    assert len(BackupFolder(folder).complete()) == 3, "nor was one made before that was said"


def test_two_backups_at_once_are_refused(world: World, folder: Path) -> None:
    recoverable(world.portal)
    with BackupFolder.make(folder).locked(), pytest.raises(StoreUnavailable):
        backed_up(world.portal, folder)


def test_a_folder_of_something_else_is_left_alone(world: World, folder: Path, tmp_path: Path) -> None:
    recoverable(world.portal)
    folder.mkdir()
    (folder / "letters").mkdir()
    with pytest.raises(StoreUnavailable):
        backed_up(world.portal, folder)
    settings = world.portal.settings
    (settings.data / "objects").rename(tmp_path / "disk")
    (settings.data / "objects").symlink_to(tmp_path / "disk")
    for inside in (settings.data / "backups", settings.keys / "backups", settings.data, tmp_path, tmp_path / "disk/x"):
        with pytest.raises(Invalid):
            backed_up(world.portal, inside)


def test_a_folder_of_another_portal_is_left_alone(world: World, folder: Path, tmp_path: Path) -> None:
    recoverable(world.portal)
    backed_up(world.portal, folder)
    other = create_portal(type(world.portal.settings)(data=tmp_path / "other", keys=tmp_path / "others"), world.clock)
    recoverable(other)
    with pytest.raises(Invalid, match="another portal"):
        backed_up(other, folder, keep=1)
    other.database.close()


@pytest.mark.parametrize("step", ["object_names", "seal"])
def test_a_backup_that_fails_leaves_the_earlier_ones_and_says_so(world: World, folder: Path, step: str) -> None:
    recoverable(world.portal)
    put(world, "officer", "reviewers", "One")
    backed_up(world.portal, folder)
    with patch.object(snapshot, step, side_effect=OSError("no space")), pytest.raises(OSError, match="no space"):
        backed_up(world.portal, folder)
    assert [one.number for one in BackupFolder(folder).complete()] == [1]
    assert len(BackupFolder(folder).incomplete()) == 1
    assert kept(world) == {1: True, 2: False}
    assert _of_backup(world)[-1]["detail"]["result"] == "failed"  # type: ignore[index]
    assert backed_up(world.portal, folder, keep=5).number == 3
    assert BackupFolder(folder).incomplete() == []


@ONLY_SQLITE
def test_a_disk_that_is_full_is_named(world: World, folder: Path) -> None:
    """The data folder's, in which the copy of the database lies."""
    recoverable(world.portal)
    connect = sqlite3.connect

    def small(path: Path) -> sqlite3.Connection:
        connection = connect(path)
        connection.execute("PRAGMA max_page_count=20")
        return connection

    with patch.object(snapshot.sqlite3, "connect", small), pytest.raises(Full, match="no space"):
        backed_up(world.portal, folder)
    assert list(world.portal.settings.data.glob("backup.snapshot*")) == []
    assert kept(world) == {1: False}
    assert backed_up(world.portal, folder).number == 2


def test_a_backup_that_is_killed_half_way_leaves_the_earlier_ones(world: World, folder: Path) -> None:
    """In a process of its own, killed once its incomplete place is there: at different moments."""
    recoverable(world.portal)
    for number in range(8):
        put(world, "officer", "reviewers", f"Title {number}")
    backed_up(world.portal, folder)
    given = {**os.environ, **environment(world.portal.settings)}
    command = [sys.executable, "-m", "portal", "backup", str(folder)]
    killed = 0
    for turn in range(4):
        running = subprocess.Popen(command, env=given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while running.poll() is None and len(BackupFolder(folder).incomplete()) <= killed:
            time.sleep(0.001)
        time.sleep(turn * 0.01)
        os.kill(running.pid, signal.SIGKILL)
        running.wait()
        killed = len(BackupFolder(folder).incomplete())
        for entry in BackupFolder(folder).complete():
            made = read(entry.manifest(), None)
            assert all(BackupFolder(folder).objects.size(name) == one.size for name, one in made.objects.items())
            assert (entry.path / "database").stat().st_size == made.database.size
    assert killed > 0
    made_last = backed_up(world.portal, folder, keep=1)
    assert made_last.missing == ()
    assert BackupFolder(folder).incomplete() == []
    assert sum(kept(world).values()) == 1


def test_at_the_command_line(
    world: World, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recoverable(world.portal)
    put(world, "officer", "reviewers", "One")
    use(monkeypatch, world.portal.settings)
    assert main(["backup", str(folder)]) == 0
    assert "1 objects, 1 new" in capsys.readouterr().out
    assert main(["backup", str(folder), "--keep", "1", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["number"], shown["removed"], shown["copied"]) == (2, [1], 0)
    world.portal.objects.delete(versions(world)[0].object_name)
    assert main(["backup", str(folder)]) == 0, "it lies in the folder already"
    other = folder.parent / "others"
    assert main(["backup", str(other)]) == 1
    assert "portal fsck" in capsys.readouterr().out


def test_one_backup_at_a_time_of_one_portal_wherever_they_go(world: World, folder: Path) -> None:
    recoverable(world.portal)
    with alone(world.portal.settings.data, "not now"), pytest.raises(StoreUnavailable, match="this portal"):
        backed_up(world.portal, folder)
    assert BackupFolder(folder).complete() == []
    backed_up(world.portal, folder)


def test_a_recovery_key_replaced_during_a_backup_makes_none_that_no_shares_open(world: World, folder: Path) -> None:
    recoverable(world.portal)
    copied = snapshot.object_names

    def meanwhile(path: Path) -> list[str]:
        recoverable(world.portal)
        put(world, "officer", "shared", "Removed meanwhile")
        return [*copied(path), new_name()]

    with patch.object(snapshot, "object_names", meanwhile), pytest.raises(StoreUnavailable, match="replaced"):
        backed_up(world.portal, folder)
    assert BackupFolder(folder).complete() == []
    backed_up(world.portal, folder)
