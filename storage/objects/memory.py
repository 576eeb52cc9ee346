"""Objects in memory: for tests, and for nothing that should survive."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Lock

from storage.errors import Exists, Missing
from storage.objects.store import BLOCK, Stored, checked_name, checked_range


class MemoryStore:
    """An object store that ends with its process."""

    def __init__(self) -> None:
        self._objects: dict[str, tuple[bytes, datetime]] = {}
        self._lock = Lock()

    def put(self, name: str, chunks: Iterable[bytes]) -> int:
        """Store an object and return its number of bytes.

        Raises:
            Exists: The name is taken.

        """
        if checked_name(name) in self._objects:
            raise Exists("The name is taken.")
        data = b"".join(chunks)
        with self._lock:
            if name in self._objects:
                raise Exists("The name is taken.")
            self._objects[name] = data, datetime.now(UTC)
        return len(data)

    @contextmanager
    def get(self, name: str, start: int = 0, stop: int | None = None) -> Iterator[Iterator[bytes]]:
        """Read an object from `start` up to `stop`.

        Raises:
            Missing: There is no such object.

        """
        checked_range(start, stop)
        data = self._find(name)[start:stop]
        yield (data[place : place + BLOCK] for place in range(0, len(data), BLOCK))

    def size(self, name: str) -> int:
        """Say how many bytes an object has.

        Raises:
            Missing: There is no such object.

        """
        return len(self._find(name))

    def delete(self, name: str) -> None:
        """Remove an object; one that isn't there is removed already."""
        with self._lock:
            self._objects.pop(checked_name(name), None)

    def list(self) -> Iterator[Stored]:
        """List all objects, in the order of their names."""
        with self._lock:
            objects = sorted(self._objects.items())
        return (Stored(name, len(data), modified) for name, (data, modified) in objects)

    def sweep(self, before: datetime) -> int:  # noqa: ARG002 - the Protocol's argument
        """Find nothing: a put that didn't end left nothing here."""
        return 0

    def check(self) -> None:
        """Be there."""

    def _find(self, name: str) -> bytes:
        try:
            return self._objects[checked_name(name)][0]
        except KeyError as cause:
            raise Missing("The object isn't there.") from cause
