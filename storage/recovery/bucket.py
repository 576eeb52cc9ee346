"""A bucket of backups: the same as in a folder (folder.py), under names of an object store.

1. Under `portal-backups/` there are `mark/`, `objects/` and `backups/<number>-<id>/`, in which the database comes first
   and the manifest last: what has no manifest broke off. A backup is removed by its manifest first.
2. The sealed database is written beside the portal's own first, and sent once it is whole.
3. What object lock keeps stays, whole, and is tried again at the next pruning.
4. One process of this machine at a time changes it. A bucket has no locks: a portal makes its backups from one machine.
"""

import json
import re
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from storage.errors import Damaged, Held, Missing, StoreUnavailable
from storage.objects.s3 import Bucket, S3Store
from storage.objects.store import BLOCK
from storage.recovery.folder import DATABASE, FORMAT, MANIFEST_BYTES, NAMED, alone, read_id
from storage.recovery.places import BackupEntry

ROOT = "portal-backups/"
_BACKUPS, _MARKS = f"{ROOT}backups/", f"{ROOT}mark/"
# names of an object store are 16 bytes
_MARK, _MANIFEST, _DATABASE = (name.hex() for name in (b"portal-backups/1", b"backup/manifest.", b"backup/database."))
_NAME = re.compile(rf"{_BACKUPS}({NAMED})/([0-9a-f]{{32}})")


@dataclass(frozen=True, slots=True)
class Entry:
    """A complete backup in a bucket."""

    number: int
    id: UUID
    store: S3Store

    def manifest(self) -> bytes:
        """Read its manifest.

        Raises:
            Missing: There is none.
            Damaged: It is longer than any.

        """
        read = bytearray()
        with self.store.get(_MANIFEST) as blocks:
            for block in blocks:
                read += block
                if len(read) > MANIFEST_BYTES:
                    raise Damaged
        return bytes(read)

    def database(self) -> Iterator[bytes]:
        """Read its sealed database.

        Raises:
            Missing: There is none.

        """
        with self.store.get(_DATABASE) as blocks:
            yield from blocks


def marked(bucket: Bucket) -> UUID | None:
    """Read the id of a bucket of backups; None: it is none.

    Raises:
        Damaged: What marks it as one can't be read.
        StoreUnavailable: It can't be reached.

    """
    try:
        with S3Store(bucket, _MARKS).get(_MARK) as blocks:
            return read_id(b"".join(blocks))
    except Missing:
        return None


class BackupBucket:
    """A bucket that holds backups.

    Raises:
        Missing: It is none.
        Damaged: What marks it as one can't be read.
        StoreUnavailable: It can't be reached.

    """

    def __init__(self, bucket: Bucket, work: Path) -> None:
        self.where = f"the bucket {bucket.name}"
        self._bucket, self._work = bucket, work / "backup.sealed"
        self._backups = S3Store(bucket, _BACKUPS)
        self.objects = S3Store(bucket, f"{ROOT}objects/")
        found = marked(bucket)
        if found is None:
            raise Missing(f"{self.where} is no place of backups: nothing marks it as one.")
        self.id = found

    @classmethod
    def make(cls, bucket: Bucket, work: Path, own: Bucket | None = None) -> "BackupBucket":
        """Open a bucket of backups, or make one of a bucket in which nothing is.

        Args:
            bucket: The bucket.
            work: A folder of this machine, in which what is sent is made ready.
            own: The portal's own bucket. The same one has many addresses, and one mark: by that it is known.

        Raises:
            StoreUnavailable: There is something else in it, it is the portal's own, or it can't be reached.

        """
        is_new, mark = marked(bucket) is None, S3Store(bucket, _MARKS)
        if is_new:
            if next(S3Store(bucket).names(), None) is not None:
                raise StoreUnavailable(
                    f"the bucket {bucket.name} holds something else than backups: give an empty one."
                )
            mark.put(_MARK, [json.dumps({"format": FORMAT, "id": str(uuid4())}).encode()])
        made = cls(bucket, work)
        if own is not None and marked(own) == made.id:
            if is_new:
                mark.delete(_MARK)
            raise StoreUnavailable(
                "backups can't lie in the portal's own bucket: give another one, best of another provider."
            )
        return made

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let no other process of this machine change it meanwhile.

        Raises:
            StoreUnavailable: One does.

        """
        self._work.mkdir(mode=0o700, parents=True, exist_ok=True)
        with alone(self._work, f"Another backup is being made in {self.where}: wait for its end."):
            yield

    def complete(self) -> list[Entry]:
        """List the complete backups, oldest first."""
        found = [self._entry(name) for name, parts in self._found().items() if _MANIFEST in parts]
        return sorted(found, key=lambda one: one.number)

    def incomplete(self) -> list[str]:
        """Name what was left of backups that broke off, or that were being removed."""
        return sorted(name for name, parts in self._found().items() if _MANIFEST not in parts)

    def begin(self, number: int, backup: UUID) -> Path:
        """Make the folder of this machine in which the sealed database of a backup is written."""
        for left in self._work.iterdir():
            shutil.rmtree(left)
        path = self._work / f"{number:06}-{backup}"
        path.mkdir(mode=0o700)
        return path

    def finish(self, path: Path, manifest: bytes) -> None:
        """Send the database, then the manifest, by which the backup is complete."""
        store = self._entry(path.name).store
        with (path / DATABASE).open("rb") as file:
            store.put(_DATABASE, iter(lambda: file.read(BLOCK), b""))
        store.put(_MANIFEST, [manifest])
        shutil.rmtree(path)

    def remove(self, entry: BackupEntry) -> None:
        """Remove a backup; its objects stay.

        Raises:
            Held: The bucket doesn't let go of it: it is as it was.

        """
        self._clear(f"{entry.number:06}-{entry.id}")

    def sweep(self, named: Collection[str]) -> int:
        """Remove what broke off, and objects that aren't named; gives how many of these went."""
        for name in self.incomplete():
            with suppress(Held):
                self._clear(name)
        S3Store(self._bucket, ROOT).sweep(datetime.now(UTC))
        doomed, removed = [stored.name for stored in self.objects.list() if stored.name not in named], 0
        for name in doomed:
            with suppress(Held):
                self.objects.delete(name)
                removed += 1
        return removed

    def _found(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for name in self._backups.names():
            if parts := _NAME.fullmatch(name):
                found.setdefault(parts[1], set()).add(parts[4])
        return found

    def _entry(self, name: str) -> Entry:
        number, _, backup = name.partition("-")
        try:
            return Entry(int(number), UUID(backup), S3Store(self._bucket, f"{_BACKUPS}{name}/"))
        except ValueError as cause:
            raise Damaged from cause

    def _clear(self, name: str) -> None:
        store = self._entry(name).store
        store.delete(_MANIFEST)
        with suppress(Held):  # without a manifest it is none any more, and swept with what broke off
            store.delete(_DATABASE)
