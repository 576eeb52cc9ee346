"""What goes on beside the requests, in one thread: counted refusals are written when their minute is over."""

from threading import Event, Thread
from types import TracebackType
from typing import Self

from portal.work import Portal
from storage.errors import StorageError

TICK_SECONDS = 20


class Background:
    """The thread, from start to stop."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._over = Event()
        self._thread = Thread(target=self._run, name="background", daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End, and write what is still counted."""
        self._over.set()
        self._thread.join(timeout=5)
        self._portal.floods.write_finished(None, self._portal.write_log)

    def _run(self) -> None:
        while not self._over.wait(TICK_SECONDS):
            try:
                self._portal.floods.write_finished(self._portal.clock(), self._portal.write_log)
            except StorageError:
                continue  # the counts stay in memory until the store answers again
