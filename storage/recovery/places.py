"""What a place for backups does, be it a folder or a bucket."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol
from uuid import UUID

from storage.objects.store import ObjectStore


class BackupEntry(Protocol):
    """A complete backup."""

    @property
    def number(self) -> int:
        """Its number."""
        ...

    @property
    def id(self) -> UUID:
        """Its random id."""
        ...

    def manifest(self) -> bytes:
        """Read its manifest.

        Raises:
            Missing: There is none.

        """
        ...

    def database(self) -> Iterator[bytes]:
        """Read its sealed database.

        Raises:
            Missing: There is none.

        """
        ...


class BackupPlace(Protocol):
    """Holds backups: sealed objects, each once, and for each backup a sealed database and a manifest."""

    @property
    def id(self) -> UUID:
        """The random id that it bears."""
        ...

    @property
    def where(self) -> str:
        """Where it is, for people."""
        ...

    @property
    def objects(self) -> ObjectStore:
        """Its objects."""
        ...

    def locked(self) -> AbstractContextManager[None]:
        """Let nobody else change it meanwhile.

        Raises:
            StoreUnavailable: Somebody does.

        """
        ...

    def complete(self) -> Sequence[BackupEntry]:
        """List the complete backups, oldest first."""
        ...

    def incomplete(self) -> Sequence[str]:
        """Name what was left of backups that broke off, or that were being removed."""
        ...

    def begin(self, number: int, backup: UUID) -> Path:
        """Make the folder in which the sealed database of a backup is written."""
        ...

    def finish(self, path: Path, manifest: bytes) -> None:
        """Complete a backup whose database and objects are there."""
        ...

    def remove(self, entry: BackupEntry) -> None:
        """Remove a backup; its objects stay.

        Raises:
            Held: The place doesn't let go of it: it is as it was.

        """
        ...

    def sweep(self, named: Collection[str]) -> int:
        """Remove what broke off, and objects that aren't named; gives how many objects there were."""
        ...
