"""A step of the work beside the requests: done over and over, and after whatever went wrong again later."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from time import monotonic
from typing import Final

from portal.errors import PortalError
from storage.errors import StorageError

LONGEST_SECONDS: Final = 300.0  # between two tries of what fails
_DOUBLED: Final = 10  # times; then it is the longest

Do = Callable[[], object]
Counted = Callable[[Callable[..., object], str], None]  # a step, and `done` or `failed`
Traced = Callable[[str], AbstractContextManager[object]]

log = logging.getLogger("portal.background")


class Step:
    """One step: what it does, how often, and how long it waits after it failed.

    Nothing that it meets ends its thread. After each failure in a row it waits twice as long, up to a bound. Of an
    error its kind is logged and nothing more: its words may be confidential.
    """

    def __init__(
        self, do: Do, every: float, counted: Counted, traced: Traced, longest: float = LONGEST_SECONDS
    ) -> None:
        """Take what to do, and how often at most in seconds (0: whenever it is asked)."""
        self._do, self._every, self._longest = do, every, longest
        self._counted, self._traced = counted, traced
        self._name = do.__name__.lstrip("_")
        self._due, self._failures = 0.0, 0
        self.done: float | None = None  # when it went well last, by the monotonic clock

    def take(self, pause: float) -> None:
        """Do it if it is due; after a failure it is due in `pause` seconds, doubled for each failure in a row."""
        if monotonic() < self._due:
            return
        if self.take_now():
            self._due = monotonic() + self._every
        else:
            self._due = monotonic() + min(pause * 2 ** min(self._failures - 1, _DOUBLED), self._longest)

    def take_now(self) -> bool:
        """Do it; tells whether it went well."""
        try:
            with self._traced(f"step {self._name}"):
                self._do()
        except (StorageError, PortalError) as error:
            log.warning("background work waits: %s: %s", self._name, type(error).__qualname__)
        except Exception as error:  # noqa: BLE001 - a thread that ended would be missed by nobody
            log.error("alarm: background work fails: %s: %s", self._name, type(error).__qualname__)  # noqa: TRY400 - a trace may quote what is confidential
        else:
            self._failures, self.done = 0, monotonic()
            self._counted(self._do, "done")
            return True
        self._failures += 1
        self._counted(self._do, "failed")
        return False
