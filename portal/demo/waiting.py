"""Waiting for what the portal does by itself."""

import time
from collections.abc import Callable
from typing import Final

from portal.demo.acts import FailedError

SECONDS: Final = 180  # a public file is made and published meanwhile
PAUSE: Final = 0.5


def wait(what: str, happened: Callable[[], bool]) -> None:
    """Wait until something has happened.

    Raises:
        FailedError: It takes too long.
    """
    end = time.monotonic() + SECONDS
    while not happened():
        if time.monotonic() > end:
            raise FailedError(f"{what}: not within {SECONDS} seconds")
        time.sleep(PAUSE)
