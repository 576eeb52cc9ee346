"""Two requests at once, their transactions in an order that a test says: what one read may be old when it writes."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final
from unittest.mock import patch

from storage.database import Database, Session

SECONDS: Final = 5.0  # so long one waits for its turn; else it holds something that the other waits for
_PARTY: Final[ContextVar[int | None]] = ContextVar("party", default=None)


class Order:
    """Who begins the next transaction: 0 or 1, one after the other; past its end, and past one's end, whoever comes."""

    def __init__(self, turns: Sequence[int], ticks: Callable[[], None] = lambda: None) -> None:
        """Say the turns; `ticks` is called at each, to set a clock forward that stands still."""
        self._turns, self._ticks, self._changed = list(turns), ticks, threading.Condition()
        self._over: set[int] = set()
        self.begun = [0, 0]
        self.stuck = False

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for one's turn; the other's comes once this block is left: with the lock of all who write held."""
        party = _PARTY.get()
        if party is None:
            yield
            return
        with self._changed:
            if not self._changed.wait_for(lambda: self._next() in {party, None}, SECONDS):
                self.stuck = True
            self.begun[party] += 1
            self._ticks()
        try:
            yield
        finally:
            with self._changed:
                if self._turns:
                    self._turns.pop(0)
                self._changed.notify_all()

    def _next(self) -> int | None:
        while self._turns and self._turns[0] in self._over:
            self._turns.pop(0)
        return self._turns[0] if self._turns else None

    def ends(self, party: int) -> None:
        """Let the other one go on alone."""
        with self._changed:
            self._over.add(party)
            self._changed.notify_all()


def at_once(order: Order, *acts: Callable[[], Any]) -> list[Any]:
    """Do two things at once, their transactions in this order."""
    usual, start = Database.begin, threading.Barrier(len(acts))

    @contextmanager
    def begin(database: Database) -> Iterator[Session]:
        transaction = usual(database)
        with order.turn():
            session = transaction.__enter__()
        try:
            yield session
        except BaseException as error:
            if not transaction.__exit__(type(error), error, error.__traceback__):
                raise
        else:
            transaction.__exit__(None, None, None)

    def do(party: int) -> Any:
        _PARTY.set(party)
        start.wait(SECONDS)
        try:
            return acts[party]()
        finally:
            order.ends(party)

    with patch.object(Database, "begin", begin), ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(do, range(len(acts))))
