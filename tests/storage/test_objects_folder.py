"""The folder of objects on a disk that fails: nothing half remains, and the error says what it was."""

import errno
import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from storage.errors import Exists, Full, Missing, StoreUnavailable
from storage.objects.folder import FolderStore
from storage.objects.store import new_name

TRANSLATED = {errno.EIO: StoreUnavailable, errno.ENOSPC: Full, errno.EDQUOT: Full, errno.EROFS: StoreUnavailable}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "objects"


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def fail_once(call: Callable[..., Any], code: int, passing: int) -> Callable[..., Any]:
    calls = iter(range(1_000_000))

    def failing(*args: Any, **named: Any) -> Any:
        if next(calls) == passing:
            raise OSError(code, os.strerror(code))
        return call(*args, **named)

    return failing


# The calls of one put: open new, write, write, fsync, link, open folder, fsync folder, unlink new.
@pytest.mark.parametrize(
    ("call", "passing"),
    [("open", 0), ("write", 0), ("write", 1), ("fsync", 0), ("link", 0), ("open", 1), ("fsync", 1)],
)
@pytest.mark.parametrize("code", TRANSLATED)
def test_a_put_that_the_disk_refuses_leaves_nothing(
    root: Path, monkeypatch: pytest.MonkeyPatch, call: str, passing: int, code: int
) -> None:
    store, name = FolderStore(root), new_name()
    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail_once(getattr(os, call), code, passing))
        with pytest.raises(StoreUnavailable) as refusal:
            store.put(name, [b"one", b"two"])
    assert type(refusal.value) is TRANSLATED[code]
    assert isinstance(refusal.value.__cause__, OSError)
    assert files(root) == []
    with pytest.raises(Missing):
        store.size(name)
    assert store.put(name, [b"again"]) == 5


def test_a_write_that_takes_only_some_bytes_goes_on(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, name, write = FolderStore(root), new_name(), os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:3]))
        store.put(name, [b"a longer chunk", b"x"])
    with store.get(name) as blocks:
        assert b"".join(blocks) == b"a longer chunkx"


def test_two_puts_of_one_name_leave_the_first(root: Path) -> None:
    store, name = FolderStore(root), new_name()

    def late() -> Any:
        yield b"late"
        store.put(name, [b"first"])

    with pytest.raises(Exists):
        store.put(name, late())
    with store.get(name) as blocks:
        assert b"".join(blocks) == b"first"
    assert len(files(root)) == 1


def test_reading_from_a_failing_disk_is_no_missing_object(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, name = FolderStore(root), new_name()
    store.put(name, [b"x"])
    monkeypatch.setattr(os, "pread", fail_once(os.pread, errno.EIO, 0))
    with store.get(name) as blocks, pytest.raises(StoreUnavailable):
        next(blocks)


def test_what_a_crash_left_is_swept_once_it_is_old(root: Path) -> None:
    store, name = FolderStore(root), new_name()
    store.put(name, [b"kept"])
    (root / "new" / f"{new_name()}.0a1b2c3d").write_bytes(b"half")
    now = datetime.now(UTC)
    assert store.sweep(now - timedelta(hours=1)) == 0
    assert [found.name for found in store.list()] == [name]
    assert store.sweep(now + timedelta(hours=1)) == 1
    assert len(files(root)) == 1


def test_nobody_else_may_read_the_objects(root: Path) -> None:
    store = FolderStore(root)
    store.put(new_name(), [b"x"])
    assert {stat.S_IMODE(path.stat().st_mode) for path in files(root)} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in root.iterdir()} == {0o700}


def test_a_folder_that_went_away_is_noticed(root: Path) -> None:
    store, name = FolderStore(root), new_name()
    root.rename(root.with_name("elsewhere"))
    with pytest.raises(StoreUnavailable):
        store.check()
    with pytest.raises(StoreUnavailable):
        store.put(name, [b"x"])
    with pytest.raises(StoreUnavailable):
        list(store.list())
