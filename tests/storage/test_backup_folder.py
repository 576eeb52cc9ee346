"""A folder of backups that somebody prepared: links in it lead nowhere, and a database takes its name as a whole."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest

from storage.database import put_in_place
from storage.errors import StoreUnavailable
from storage.objects.folder import FolderStore
from storage.objects.store import new_name
from storage.recovery.folder import BackupFolder, write_file


@pytest.fixture
def live(tmp_path: Path) -> tuple[FolderStore, str]:
    """A portal's own objects, and the name of one."""
    store, name = FolderStore(tmp_path / "live"), new_name()
    store.put(name, [b"live"])
    return store, name


@pytest.fixture
def folder(tmp_path: Path) -> BackupFolder:
    made = BackupFolder.make(tmp_path / "backups")
    made.objects.put(new_name(), [b"copy"])
    path = made.begin(1, uuid4())
    write_file(path / "database", b"sealed")
    made.finish(path, b"{}")
    return made


def _of_objects(folder: BackupFolder, tmp_path: Path, name: str) -> None:
    place = folder.root / "objects" / name[:2]
    if place.exists():
        place.rename(tmp_path / "aside")
    place.symlink_to(tmp_path / "live" / name[:2])


def _all_objects(folder: BackupFolder, tmp_path: Path, _name: str) -> None:
    (folder.root / "objects").rename(tmp_path / "aside")
    (folder.root / "objects").symlink_to(tmp_path / "live")


def _new_objects(folder: BackupFolder, tmp_path: Path, _name: str) -> None:
    (folder.root / "objects" / "new").rmdir()
    (folder.root / "objects" / "new").symlink_to(tmp_path / "live")


def _incomplete(folder: BackupFolder, tmp_path: Path, _name: str) -> None:
    (folder.root / "backups" / f"000009-{uuid4()}.incomplete").symlink_to(tmp_path / "live")


def _backups(folder: BackupFolder, tmp_path: Path, _name: str) -> None:
    (folder.root / "backups").rename(tmp_path / "aside")
    (folder.root / "backups").symlink_to(tmp_path / "live")


def _manifest(folder: BackupFolder, tmp_path: Path, name: str) -> None:
    path = folder.complete()[0].path / "manifest.json"
    path.unlink()
    path.symlink_to(tmp_path / "live" / name[:2] / name)


def _pipe(folder: BackupFolder, _tmp_path: Path, _name: str) -> None:
    os.mkfifo(folder.complete()[0].path / "more")


@pytest.mark.parametrize(
    "lead",
    [_of_objects, _all_objects, _new_objects, _incomplete, _backups, _manifest, _pipe],
    ids=lambda one: one.__name__,
)
def test_a_link_in_it_is_refused_and_leads_nowhere(
    folder: BackupFolder, live: tuple[FolderStore, str], tmp_path: Path, lead: object
) -> None:
    store, name = live
    lead(folder, tmp_path, name)  # type: ignore[operator]
    for opened in (BackupFolder, BackupFolder.make):
        with pytest.raises(StoreUnavailable, match="files and folders only"):
            opened(folder.root)
    with pytest.raises(StoreUnavailable, match="files and folders only"), folder.locked():
        pytest.fail("it was opened")
    with pytest.raises(StoreUnavailable, match="files and folders only"):
        folder.sweep(())  # put there after it was opened
    assert [one.name for one in store.list()] == [name]


def test_a_link_where_a_file_is_to_be_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_bytes(b"precious")
    for number, link in enumerate((os.symlink, os.link)):
        path = tmp_path / f"new{number}"
        link(tmp_path / "precious", path)
        write_file(path, b"written")
        assert (tmp_path / "precious").read_bytes() == b"precious"
        assert path.read_bytes() == b"written"
        assert not path.is_symlink()


def test_objects_behind_a_link_are_nobodys(tmp_path: Path, live: tuple[FolderStore, str]) -> None:
    _, name = live
    store = FolderStore(tmp_path / "other")
    (tmp_path / "other" / name[:2]).symlink_to(tmp_path / "live" / name[:2])
    assert list(store.list()) == []


def test_a_database_takes_its_name_with_all_that_was_committed(tmp_path: Path) -> None:
    """Even if whoever wrote it was killed, so that its last rows lie beside it."""
    new, path = tmp_path / "new.db", tmp_path / "portal.db"
    script = (
        "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "c.execute('PRAGMA journal_mode=WAL'); c.execute('PRAGMA wal_autocheckpoint=0');"
        "c.execute('CREATE TABLE t (n)'); c.execute('INSERT INTO t VALUES (7)'); os.kill(os.getpid(), 9)"
    )
    _run(script, new)
    assert Path(f"{new}-wal").stat().st_size
    put_in_place(new, path)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["portal.db"]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT n FROM t").fetchall() == [(7,)]


def _run(script: str, *words: object) -> None:
    subprocess.run([sys.executable, "-c", script, *map(str, words)], check=False)


def test_a_database_that_somebody_holds_does_not_take_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new, path = tmp_path / "new.db", tmp_path / "portal.db"
    connect = sqlite3.connect
    with closing(connect(new, isolation_level=None)) as writer, closing(connect(new, isolation_level=None)) as reader:
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("CREATE TABLE t (n)")
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM t").fetchall()
        writer.execute("INSERT INTO t VALUES (7)")
        monkeypatch.setattr(sqlite3, "connect", lambda *given, **more: connect(*given, **{**more, "timeout": 0.1}))
        with pytest.raises(StoreUnavailable, match="open elsewhere"):
            put_in_place(new, path)
    assert not path.exists()
    put_in_place(new, path)
    with closing(connect(path)) as connection:
        assert connection.execute("SELECT n FROM t").fetchall() == [(7,)]
