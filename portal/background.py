"""What goes on beside the requests: in a thread, one for the log's tree, and those that wait for mail and witnesses.

1. Counted refusals are written when their minute is over; opened keys whose time is over are forgotten.
2. At the start, intents that a crash left without an outcome are closed; later, those that are a day old.
3. Every hour, objects that no record names are swept, and focal points whose file was opened in the week before are
   told of it, once.
4. Twice a second, events are moved into the log's tree; every ten seconds, witnesses are asked for what is new.
5. Every five minutes, what is new in the log is read for signals.
6. Mail that is due is sent; a server that is slow or away holds up nothing else.
"""

import logging
import secrets
from collections.abc import Callable
from datetime import timedelta
from threading import Event, Thread
from time import monotonic
from types import TracebackType
from typing import Self

from portal.letters import account_letter, letter
from portal.usecases.account_mailing import send_account_mail
from portal.usecases.intents import close_intents
from portal.usecases.mailing import send_due
from portal.usecases.sweeps import sweep_objects
from portal.usecases.tree import sequence
from portal.usecases.watching import watch
from portal.usecases.weeks import tell_week
from portal.usecases.witnesses import ask_witnesses
from portal.work import Portal
from storage.errors import Damaged, StorageError

TICK_SECONDS = 20
LOG_SECONDS = 0.5  # a checkpoint is at most a second behind the events
WITNESS_SECONDS = 10
SIGNALS_SECONDS = 300
AWAY_SECONDS = 5  # before a store that was away is asked again
HOUR_SECONDS = 3600
DAY = timedelta(days=1)  # no session lives as long, so no stream of bytes does

log = logging.getLogger("portal.background")


class Background:
    """The threads, from start to stop."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._name = secrets.token_hex(16)
        self._over = Event()
        self._threads = [
            Thread(target=self._run, name="background", daemon=True),
            Thread(target=self._sequence, name="log", daemon=True),
            Thread(target=self._send, name="mail", daemon=True),
            Thread(target=self._witness, name="witnesses", daemon=True),
        ]

    def __enter__(self) -> Self:
        """Begin."""
        self._begun = self._portal.clock()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End, and write what is still counted."""
        self._over.set()
        for thread in self._threads:
            thread.join(timeout=5)
        self._portal.floods.write_finished(None, self._portal.write_log)
        self._sequence_all()

    def _run(self) -> None:
        portal = self._portal
        _tried(lambda: close_intents(portal, self._begun))
        swept, watched = monotonic() - HOUR_SECONDS, monotonic() - SIGNALS_SECONDS
        while not self._over.wait(TICK_SECONDS):
            portal.keyring.forget_expired()
            _tried(lambda: portal.floods.write_finished(portal.clock(), portal.write_log))
            if monotonic() - watched >= SIGNALS_SECONDS:
                watched = monotonic()
                _tried(lambda: watch(portal, self._name))
            if monotonic() - swept >= HOUR_SECONDS:
                swept = monotonic()
                _tried(lambda: close_intents(portal, portal.clock() - DAY))
                _tried(lambda: sweep_objects(portal))
                _tried(lambda: tell_week(portal))

    def _sequence(self) -> None:
        while not self._over.wait(LOG_SECONDS):
            self._sequence_all()

    def _sequence_all(self) -> None:
        try:
            while sequence(self._portal, self._name):
                pass
        except Damaged:
            log.error("alarm: the log's tree isn't the one that was signed last; run portal fsck")  # noqa: TRY400
            self._over.wait(TICK_SECONDS)
        except StorageError as error:
            log.warning("the log's tree waits for the store: %s", type(error).__qualname__)
            self._over.wait(AWAY_SECONDS)

    def _witness(self) -> None:
        while not self._over.wait(WITNESS_SECONDS):
            _tried(lambda: ask_witnesses(self._portal, self._name))

    def _send(self) -> None:
        while not self._over.wait(TICK_SECONDS):
            _tried(self._send_all)

    def _send_all(self) -> None:
        while not self._over.is_set():
            # what concerns somebody's own account first
            if not (send_account_mail(self._portal, account_letter) or send_due(self._portal, letter)):
                return


def _tried(do: Callable[[], object]) -> None:
    """Do something that the next round does again if the store can't answer now."""
    try:
        do()
    except StorageError as error:
        log.warning("background work waits for the store: %s", type(error).__qualname__)
