"""Tries again what nobody asks for once more: the end of something, where the database is busy."""

from collections.abc import Callable
from typing import Final

from storage.errors import DatabaseUnavailable

TRIES: Final = 3


def insist(do: Callable[[], None]) -> None:
    """Do something that may be done twice: the answer of a commit gets lost, too.

    Raises:
        DatabaseUnavailable: The database was away or busy each time.

    """
    for _ in range(TRIES - 1):
        try:
            return do()
        except DatabaseUnavailable:
            continue
    return do()
