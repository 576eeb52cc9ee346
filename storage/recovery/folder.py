"""A folder of backups: sealed objects, each once, and for each backup a sealed database and a manifest.

1. `backups.json` bears the folder's random id; `objects/` is laid out as the portal's own (storage/objects/folder.py).
2. A backup is made in `backups/<number>-<id>.incomplete` and renamed once all of it, its objects too, is on the disk:
   whatever happens half-way, the earlier ones are whole, and this one is named incomplete.
3. One process at a time changes the folder.
4. A backup is removed by renaming it back to incomplete; objects go after it, when no backup names them any more.
5. There are files and folders in it and nothing else: a link could lead what is written or removed elsewhere.
"""

import fcntl
import json
import os
import re
import secrets
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from storage.errors import Damaged, Exists, Missing, StoreUnavailable
from storage.keys.keyring_file import sync_folder
from storage.objects.folder import FolderStore
from storage.objects.store import BLOCK
from storage.recovery.places import BackupEntry

FORMAT = "portal-backups/1"
MARK = "backups.json"
DATABASE = "database"
MANIFEST = "manifest.json"
RESTORING = "portal.restoring"  # in the data folder to which a backup is being brought back, until it is a portal

NAMED = r"([0-9]{6,9})-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"  # number and id of a backup
MANIFEST_BYTES = 1 << 30  # a million objects take a tenth of it
_NAME = re.compile(NAMED)
_INCOMPLETE = ".incomplete"


@dataclass(frozen=True, slots=True)
class Entry:
    """A complete backup in a folder."""

    number: int
    id: UUID
    path: Path

    def manifest(self) -> bytes:
        """Read its manifest.

        Raises:
            Missing: There is none.
            Damaged: It is longer than any.

        """
        try:
            return _read(self.path / MANIFEST, MANIFEST_BYTES)
        except FileNotFoundError as cause:
            raise Missing(f"The backup {self.path.name} has no manifest.") from cause

    def database(self) -> Iterator[bytes]:
        """Read its sealed database.

        Raises:
            Missing: There is none.

        """
        try:
            descriptor = os.open(self.path / DATABASE, os.O_RDONLY | os.O_NOFOLLOW)
        except FileNotFoundError as cause:
            raise Missing(f"The backup {self.path.name} has no database.") from cause
        with os.fdopen(descriptor, "rb") as file:
            yield from iter(lambda: file.read(BLOCK), b"")


class BackupFolder:
    """A folder that holds backups.

    Raises:
        Missing: It is none.
        Damaged: What marks it as one can't be read.
        StoreUnavailable: There are links in it.

    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.where = str(root)
        check_plain(root)
        self._backups = root / "backups"
        try:
            self.id = read_id(_read(root / MARK))
        except FileNotFoundError as cause:
            raise Missing(f"{root} is no folder of backups: it has no {MARK}.") from cause
        self.objects = FolderStore(root / "objects")

    @classmethod
    def make(cls, root: Path) -> "BackupFolder":
        """Open a folder of backups, or make one of an empty or new folder.

        Raises:
            StoreUnavailable: There is something else in it.

        """
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        check_plain(root)
        if not (root / MARK).exists():
            if {path.name for path in root.iterdir()} - {f"{MARK}.new"}:
                raise StoreUnavailable(f"{root} holds something else than backups: give an empty or new folder.")
            write_file(root / f"{MARK}.new", json.dumps({"format": FORMAT, "id": str(uuid4())}).encode())
            (root / f"{MARK}.new").rename(root / MARK)
            sync_folder(root)
        for name in ("backups", "objects"):
            (root / name).mkdir(mode=0o700, exist_ok=True)
        sync_folder(root)
        return cls(root)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let nobody else change the folder meanwhile.

        Raises:
            StoreUnavailable: Somebody does.

        """
        with alone(self.root, f"Another backup is being made in {self.root}: wait for its end."):
            check_plain(self.root)
            yield

    def complete(self) -> list[Entry]:
        """List the complete backups, oldest first."""
        found = [(_NAME.fullmatch(path.name), path) for path in self._paths()]
        entries = [Entry(int(named[1]), UUID(named[2]), path) for named, path in found if named]
        return sorted(entries, key=lambda one: one.number)

    def incomplete(self) -> list[str]:
        """Name what was left of backups that broke off, or that were being removed."""
        return sorted(path.name for path in self._paths() if path.name.endswith(_INCOMPLETE))

    def begin(self, number: int, backup: UUID) -> Path:
        """Make the place in which a backup is made."""
        path = self._backups / f"{number:06}-{backup}{_INCOMPLETE}"
        path.mkdir(mode=0o700)
        sync_folder(self._backups)
        return path

    def finish(self, path: Path, manifest: bytes) -> None:
        """Complete a backup whose database and objects are on the disk."""
        write_file(path / MANIFEST, manifest)
        sync_folder(path)
        path.rename(path.with_name(path.name.removesuffix(_INCOMPLETE)))
        sync_folder(self._backups)

    def remove(self, entry: BackupEntry) -> None:
        """Remove a backup; its objects stay."""
        whole = self._backups / f"{entry.number:06}-{entry.id}"
        incomplete = whole.with_name(whole.name + _INCOMPLETE)
        whole.rename(incomplete)
        sync_folder(self._backups)
        shutil.rmtree(incomplete)

    def sweep(self, named: Collection[str]) -> int:
        """Remove what broke off, and objects that aren't named; gives how many objects there were.

        Raises:
            StoreUnavailable: There are links in the folder, which could lead elsewhere: nothing was removed.

        """
        check_plain(self.root)
        for left in self.incomplete():
            shutil.rmtree(self._backups / left)
        for path in (self.root / "objects" / "new").iterdir():
            path.unlink()
        doomed = [stored.name for stored in self.objects.list() if stored.name not in named]
        for name in doomed:
            self.objects.delete(name)
        return len(doomed)

    def _paths(self) -> list[Path]:
        return list(self._backups.iterdir()) if self._backups.is_dir() else []


@contextmanager
def alone(folder: Path, otherwise: str) -> Iterator[None]:
    """Let one process at a time do something with a folder.

    Raises:
        StoreUnavailable: Another does; it says `otherwise`.

    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as cause:
            raise StoreUnavailable(otherwise) from cause
        yield
    finally:
        os.close(descriptor)


def check_plain(root: Path) -> None:
    """See that there is nothing but files and folders below a folder; it may itself be reached by a link.

    Raises:
        StoreUnavailable: There is something else, such as a link; it says where.

    """
    try:
        with os.scandir(root) as found:
            entries = list(found)
    except FileNotFoundError:
        return  # renamed or removed meanwhile by whoever changes the folder
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            check_plain(Path(entry.path))
        elif not entry.is_file(follow_symlinks=False):
            kind = "a link" if entry.is_symlink() else "no file"
            raise StoreUnavailable(
                f"{entry.path} is {kind}: a folder of backups has files and folders only, so that nothing outside is "
                "read, written or removed through it. Take it away, and see who put it there."
            )


def write_once(path: Path, content: bytes) -> None:
    """Write a new file whole and durably, or not at all.

    Raises:
        Exists: There is a file of this name; it is left as it is.

    """
    taken = Exists(f"There is a file {path} already: it is left as it is.")
    if os.path.lexists(path):
        raise taken
    new = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    try:
        write_file(new, content)
        try:
            os.link(new, path)
        except FileExistsError as cause:
            raise taken from cause
        except OSError:  # a stick may know no second names
            new.rename(path)
        sync_folder(path.absolute().parent)
    finally:
        new.unlink(missing_ok=True)


def write_file(path: Path, content: bytes) -> None:
    """Write a new file in place of one that may be there, durably, but for its name."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path, most: int = 1 << 20) -> bytes:
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
        read = file.read(most + 1)
    if len(read) > most:
        raise Damaged
    return read


def read_id(mark: bytes) -> UUID:
    """Read the id of a place of backups.

    Raises:
        Damaged: It bears none, or its format is another.

    """
    try:
        said = json.loads(mark)
        if said["format"] != FORMAT:
            raise Damaged
        return UUID(said["id"])
    except (ValueError, KeyError, TypeError) as cause:
        raise Damaged from cause
