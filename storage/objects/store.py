"""What an object store does: it keeps sealed bytes under random names and never writes over them."""

import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from storage.errors import Damaged

# Blocks that a store hands out: large enough that calls cost little, small enough for a hundred readers at once.
BLOCK = 1024 * 1024

_NAME = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Stored:
    """One object in a listing."""

    name: str
    size: int
    modified: datetime


class ObjectStore(Protocol):
    """Keeps objects; every method refuses a name that `new_name` could not have made with Damaged."""

    def put(self, name: str, chunks: Iterable[bytes]) -> int:
        """Store an object durably and return its number of bytes.

        When anything fails, an exception of `chunks` included, nothing remains under the name.

        Raises:
            Exists: The name is taken.
            Full: There is no space left.
            StoreUnavailable: The store is away or too slow.

        """
        ...

    def get(self, name: str, start: int = 0, stop: int | None = None) -> AbstractContextManager[Iterator[bytes]]:
        """Read an object from `start` up to `stop`, as far as there are bytes.

        Raises:
            Missing: There is no such object; raised on entering.
            StoreUnavailable: The store is away or too slow; also while reading.
            ValueError: The range runs backwards or begins before the object.

        """
        ...

    def size(self, name: str) -> int:
        """Say how many bytes an object has.

        Raises:
            Missing: There is no such object.
            StoreUnavailable: The store is away or too slow.

        """
        ...

    def delete(self, name: str) -> None:
        """Remove an object; one that isn't there is removed already.

        Raises:
            StoreUnavailable: The store is away or too slow.

        """
        ...

    def list(self) -> Iterator[Stored]:
        """List all objects, in the order of their names.

        Raises:
            StoreUnavailable: The store is away or too slow.

        """
        ...

    def sweep(self, before: datetime) -> int:
        """Remove what puts that never ended left behind before that time, and count it.

        Raises:
            StoreUnavailable: The store is away or too slow.

        """
        ...

    def check(self) -> None:
        """Find out whether the store can be used now.

        Raises:
            StoreUnavailable: It can't.

        """
        ...


def new_name() -> str:
    """Make the random name of a new object."""
    return secrets.token_hex(16)


def is_name(name: str) -> bool:
    """Say whether this could be the name of an object."""
    return _NAME.fullmatch(name) is not None


def checked_name(name: str) -> str:
    """Pass on the name of an object.

    Raises:
        Damaged: No object has such a name, so the row that holds it isn't ours.

    """
    if not is_name(name):
        raise Damaged
    return name


def checked_range(start: int, stop: int | None) -> None:
    """Check the ends of a range.

    Raises:
        ValueError: The range runs backwards or begins before the object.

    """
    if start < 0 or (stop is not None and stop < start):
        raise ValueError("A range begins at 0 or later and ends where it begins or later.")
