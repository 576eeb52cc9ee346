"""Objects in a folder: one file each, under the first two digits of its name.

1. A put writes a file under `new/`, flushes it, links it to its name (which fails if that is taken) and flushes
   the folder: a name is there completely and durably, or not at all.
   A folder is made, and its name flushed, by the first put of a process that needs it.
2. Whatever fails, the name and the new file are taken away again; after a crash `sweep` does it.
"""

import errno
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from storage.errors import Exists, Full, Missing, StoreUnavailable
from storage.keys.keyring_file import sync_folder
from storage.objects.store import BLOCK, Stored, checked_name, checked_range, is_name

_NEW = "new"
_FOLDER = re.compile("[0-9a-f]{2}")
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class FolderStore:
    """An object store in one folder of one filesystem."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._made: set[str] = set()
        with _translated():
            (root / _NEW).mkdir(mode=0o700, parents=True, exist_ok=True)
            sync_folder(root)

    def put(self, name: str, chunks: Iterable[bytes]) -> int:
        """Store an object durably and return its number of bytes.

        Raises:
            Exists: The name is taken.
            Full: There is no space left.
            StoreUnavailable: The disk refused; nothing remains.

        """
        path = self._path(name)
        if os.path.lexists(path):
            raise Exists("The name is taken.")
        new = self._root / _NEW / f"{name}.{secrets.token_hex(4)}"
        try:
            size = _write(new, chunks)
            with _translated():
                self._make(path.parent)
                _publish(new, path)
        finally:
            # What can't be removed now is removed by the sweep; the first failure is the one to tell.
            with suppress(OSError):
                new.unlink(missing_ok=True)
        return size

    @contextmanager
    def get(self, name: str, start: int = 0, stop: int | None = None) -> Iterator[Iterator[bytes]]:
        """Read an object from `start` up to `stop`.

        Raises:
            Missing: There is no such object.
            StoreUnavailable: The disk refused.

        """
        checked_range(start, stop)
        path = self._path(name)
        with _translated(absent=Missing):
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            yield _read(descriptor, start, stop)
        finally:
            os.close(descriptor)

    def size(self, name: str) -> int:
        """Say how many bytes an object has.

        Raises:
            Missing: There is no such object.
            StoreUnavailable: The disk refused.

        """
        path = self._path(name)
        with _translated(absent=Missing):
            return path.lstat().st_size

    def delete(self, name: str) -> None:
        """Remove an object; one that isn't there is removed already.

        Raises:
            StoreUnavailable: The disk refused.

        """
        path = self._path(name)
        with _translated(), suppress(FileNotFoundError):
            path.unlink()
            sync_folder(path.parent)

    def list(self) -> Iterator[Stored]:
        """List all objects, in the order of their names.

        Raises:
            StoreUnavailable: The disk refused.

        """
        with _translated(), os.scandir(self._root) as entries:
            folders = sorted(entry.name for entry in entries if _is_ours(entry))
        for folder in folders:
            for name, found in _files(self._root / folder):
                if is_name(name):
                    yield Stored(name, found.st_size, _time(found))

    def sweep(self, before: datetime) -> int:
        """Remove the new files of puts that never ended.

        Raises:
            StoreUnavailable: The disk refused.

        """
        swept = 0
        for name, found in _files(self._root / _NEW):
            if _time(found) < before:
                with _translated():
                    (self._root / _NEW / name).unlink(missing_ok=True)
                swept += 1
        return swept

    def check(self) -> None:
        """Find out whether the folder can be written.

        Raises:
            StoreUnavailable: It can't.

        """
        if not os.access(self._root / _NEW, os.R_OK | os.W_OK | os.X_OK):
            raise StoreUnavailable(f"The object folder {self._root} can't be written.")

    def _make(self, folder: Path) -> None:
        """Make a folder, durably: another process may have made it just now."""
        if folder.name not in self._made:
            folder.mkdir(mode=0o700, exist_ok=True)
            sync_folder(self._root)
            self._made.add(folder.name)

    def _path(self, name: str) -> Path:
        return self._root / checked_name(name)[:2] / name


def _is_ours(entry: os.DirEntry[str]) -> bool:
    """Tell whether this is a folder of objects: a link may lead to another store's."""
    return _FOLDER.fullmatch(entry.name) is not None and entry.is_dir(follow_symlinks=False)


def _write(new: Path, chunks: Iterable[bytes]) -> int:
    with _translated():
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        size = 0
        for chunk in chunks:  # outside of the translation: its errors are the caller's own
            with _translated():
                _write_whole(descriptor, chunk)
            size += len(chunk)
        with _translated():
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return size


def _write_whole(descriptor: int, chunk: bytes) -> None:
    left = memoryview(chunk)
    while left:
        left = left[os.write(descriptor, left) :]


def _publish(new: Path, path: Path) -> None:
    try:
        os.link(new, path)
    except FileExistsError as cause:
        raise Exists("The name is taken.") from cause
    try:
        sync_folder(path.parent)
    except OSError:
        with suppress(OSError):
            path.unlink()
        raise


def _read(descriptor: int, start: int, stop: int | None) -> Iterator[bytes]:
    place = start

    def block() -> bytes:  # not kept here while whoever reads is busy with it
        nonlocal place
        with _translated():
            found = os.pread(descriptor, BLOCK if stop is None else min(BLOCK, stop - place), place)
        place += len(found)
        return found

    return iter(block, b"")


def _files(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    with _translated(), os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries)
    for name in names:
        with _translated():
            try:
                found = (folder / name).lstat()
            except FileNotFoundError:
                continue  # removed since the folder was read
        yield name, found


def _time(found: os.stat_result) -> datetime:
    return datetime.fromtimestamp(found.st_mtime, UTC)


@contextmanager
def _translated(absent: type[Missing | StoreUnavailable] = StoreUnavailable) -> Iterator[None]:
    """Say what an error of the disk means; only where an object is looked up can it be `absent`."""
    try:
        yield
    except FileNotFoundError as cause:
        raise absent("The object isn't there.") from cause
    except OSError as cause:
        if cause.errno in _FULL:
            raise Full("The object folder has no space left.") from cause
        raise StoreUnavailable("The object folder can't be used now.") from cause
