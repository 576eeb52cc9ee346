"""What goes on beside the requests, in threads: one for the log's tree, one for what becomes public, two that wait.

1. Counted refusals are written when their minute is over; opened keys whose time is over are forgotten.
2. At the start, intents that a crash left without an outcome are closed; later, those that are a day old.
3. Every hour, objects that no record names are swept, and focal points whose file was opened in the week before are
   told of it, once.
4. Twice a second, events are moved into the log's tree; every ten seconds, witnesses are asked for what is new.
5. Every five minutes, what is new in the log is read for signals.
6. What two people confirmed for publication becomes public when it is due, and what was transmitted of summaries;
   making a file anew takes a while, and holds up nothing else.
7. Mail that is due is sent; a server that is slow or away holds up nothing else.

Nothing ends a thread but the end of the portal (steps.py). Were one to end all the same, or the log's tree to stand,
the portal says that it isn't ready.
"""

import logging
import math
import secrets
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import timedelta
from threading import Event, Thread
from time import monotonic
from types import TracebackType
from typing import Self

from portal.letters import account_letter, letter
from portal.spans import Spans
from portal.steps import Counted, Do, Step
from portal.usecases.account_mailing import send_account_mail
from portal.usecases.intents import close_intents
from portal.usecases.mailing import send_due
from portal.usecases.making_public import Waits, prove_public, publish_due
from portal.usecases.public_summaries import publish_summary
from portal.usecases.sweeps import sweep_objects
from portal.usecases.tree import sequence
from portal.usecases.watching import watch
from portal.usecases.weeks import tell_week
from portal.usecases.witnesses import ask_witnesses
from portal.web.public import summary_title
from portal.work import Portal
from storage.errors import Damaged

TICK_SECONDS = 20
LOG_SECONDS = 0.5  # a checkpoint is at most a second behind the events
WITNESS_SECONDS = 10
SIGNALS_SECONDS = 300
LOG_AWAY_SECONDS = 10  # at most, before a store that was away is asked again by the log's tree
STANDS_SECONDS = 60  # after which a log whose tree doesn't follow makes the portal not ready
ENDS_SECONDS = 5  # so long the threads are waited for at the end
HOUR_SECONDS = 3600
DAY = timedelta(days=1)  # no session lives as long, so no stream of bytes does
HOLDER = secrets.token_hex(16)  # this process, as others know it who would do the same

log = logging.getLogger("portal.background")


class Background:
    """The threads, from start to stop."""

    def __init__(
        self, portal: Portal, counted: Counted = lambda _step, _result: None, spans: Spans | None = None
    ) -> None:
        self._portal = portal
        self._spans = spans or Spans("")
        self._counted = counted
        self._over = Event()
        self._begun = portal.clock()
        self._served_since: float | None = None
        self._unpublished: Waits = {}
        self._unproven: Waits = {}
        self._unnamed: dict[str, float] = {}
        self._close_before = self._step(self._close_those_before, math.inf)
        self._count = self._step(self._write_counted)
        self._accounts = self._step(self._send_account_mail)
        # twice a second: no trace is begun for it
        self._tree = Step(self._sequence, 0, counted, lambda _name: nullcontext(), LOG_AWAY_SECONDS)
        self._rounds: dict[str, tuple[float, list[Step]]] = {
            "background": (
                TICK_SECONDS,
                [
                    self._close_before,
                    self._step(portal.keyring.forget_expired),
                    self._count,
                    self._step(self._watch, SIGNALS_SECONDS),
                    *(self._step(do, HOUR_SECONDS) for do in (self._close_old, self._sweep_objects, self._tell_week)),
                ],
            ),
            "publications": (
                TICK_SECONDS,
                [self._step(do) for do in (self._publish_due, self._publish_summaries, self._prove_public)],
            ),
            "log": (LOG_SECONDS, [self._tree]),
            "mail": (TICK_SECONDS, [self._accounts, self._step(self._send_due)]),
            "witnesses": (WITNESS_SECONDS, [self._step(self._ask_witnesses)]),
        }
        self._threads: dict[str, Thread] = {}

    def __enter__(self) -> Self:
        """Begin."""
        self._begun = self._portal.clock()
        self._served_since = monotonic()
        self._over.clear()
        for name, (pause, steps) in self._rounds.items():
            self._threads[name] = Thread(target=self._run, args=(pause, steps), name=name, daemon=True)
            self._threads[name].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End: what is counted and what waits for the tree first, then those who are slow, then what they wrote."""
        self.finish()
        ends = monotonic() + ENDS_SECONDS
        for thread in self._threads.values():
            thread.join(timeout=max(0.0, ends - monotonic()))
        self.finish()

    def finish(self) -> None:
        """Begin no further round, write what is still counted, and move what waits into the log's tree."""
        self._over.set()
        self._count.take_now()
        self._tree.take_now()

    def living(self) -> dict[str, bool]:
        """Tell of each thread whether it lives."""
        return {name: name in self._threads and self._threads[name].is_alive() for name in self._rounds}

    def faults(self) -> list[str]:
        """Say why the portal isn't ready: threads that ended, a tree that stands; before the start nothing."""
        if self._served_since is None:
            return []
        found = [f"the thread {name} ended" for name, lives in self.living().items() if not lives]
        if monotonic() - max(self._served_since, self._tree.done or 0.0) > STANDS_SECONDS:
            found.append("the log's tree stands")
        return found

    def _step(self, do: Do, every: float = 0) -> Step:
        return Step(do, every, self._counted, self._spans.root)

    def _run(self, pause: float, steps: Sequence[Step]) -> None:
        if self._close_before in steps:
            self._close_before.take(pause)  # at once: what is open now is of a process that is gone
        while not self._over.wait(pause):
            for step in steps:
                if not self._over.is_set():
                    step.take(pause)

    # --- the steps

    def _close_those_before(self) -> None:
        portal = self._portal
        # of a database on a server others may be in the middle of theirs
        close_intents(portal, self._begun - DAY if portal.settings.database else self._begun)

    def _close_old(self) -> None:
        close_intents(self._portal, self._portal.clock() - DAY)

    def _write_counted(self) -> None:
        before = None if self._over.is_set() else self._portal.clock()
        self._portal.floods.write_finished(before, self._portal.write_log)

    def _watch(self) -> None:
        watch(self._portal, HOLDER)

    def _sweep_objects(self) -> None:
        sweep_objects(self._portal, self._unnamed)

    def _tell_week(self) -> None:
        tell_week(self._portal)

    def _publish_due(self) -> None:
        publish_due(self._portal, self._unpublished)

    def _publish_summaries(self) -> None:
        while publish_summary(self._portal, summary_title) and not self._over.is_set():
            pass

    def _prove_public(self) -> None:
        prove_public(self._portal, self._unproven)

    def _sequence(self) -> None:
        try:
            while sequence(self._portal, HOLDER):
                self._tree.done = monotonic()  # a long queue is no log that stands
        except Damaged:
            log.error("alarm: the log's tree isn't the one that was signed last; run portal fsck")  # noqa: TRY400 - it goes on, to be told whole
            raise

    def _ask_witnesses(self) -> None:
        ask_witnesses(self._portal, HOLDER)

    def _send_account_mail(self) -> None:
        while not self._over.is_set() and send_account_mail(self._portal, account_letter):
            pass

    def _send_due(self) -> None:
        while not self._over.is_set() and send_due(self._portal, letter):
            self._accounts.take_now()  # what concerns somebody's own account first
