"""`portal serve` as a process of its own that needn't read the libraries first: it is forked from one that has.

For tests that start it by the hundred, since reading takes nearly all of a start. What a process draws for itself when
it begins is drawn anew.
"""

import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from portal import __main__ as command
from portal import background, cli, server
from portal.app import open_portal
from portal.work import utc_now

ROOT = Path(__file__).parents[2]
READ = [__name__, cli.__name__, server.__name__]


@dataclass(frozen=True, slots=True)
class Warm:
    """A running `portal serve`, with what is used of a process that was started anew."""

    process: ForkServerProcess

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def poll(self) -> int | None:
        return self.process.exitcode

    def send_signal(self, sign: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, sign)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def wait(self, seconds: float | None = None) -> int:
        self.process.join(seconds)
        if (status := self.poll()) is None:
            raise subprocess.TimeoutExpired("portal serve", seconds or 0)
        return status


def begin(environment: Mapping[str, str], output: Path, ahead: Path | None = None) -> Warm:
    """Begin to serve, in this environment; what the process says is added to a file.

    Its clock is ahead by as many seconds as the file `ahead` holds at each moment.
    """
    context = get_context("forkserver")
    context.set_forkserver_preload(READ)
    process = context.Process(target=_serve, args=(dict(environment), output, ahead), daemon=True)
    process.start()
    return Warm(process)


def _serve(environment: Mapping[str, str], output: Path, ahead: Path | None) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    with output.open("ab") as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
    tempfile.tempdir = None
    background.HOLDER = secrets.token_hex(16)
    if ahead is not None:
        clock = partial(_stepped, ahead)
        server.open_portal = partial(open_portal, clock=clock)  # type: ignore[attr-defined]  # as it is used there
    sys.argv = ["portal", "serve"]
    sys.exit(command.main())


def _stepped(ahead: Path) -> datetime:
    return utc_now() + timedelta(seconds=float(ahead.read_text("ascii")))
