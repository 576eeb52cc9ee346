"""Kills what runs, at a step: in a copy of this process, which has everything loaded already."""

import os
import signal
import traceback
from collections.abc import Callable, Mapping
from typing import Any, Final

SECONDS: Final = 120


def dies(act: Callable[[], object], environment: Mapping[str, str]) -> None:
    """Do something in a copy of this process, which must be killed in the middle of it."""
    child = os.fork()
    if not child:
        try:
            signal.alarm(SECONDS)
            os.environ.update(environment)
            act()
        except BaseException:  # noqa: BLE001  # whatever it is, the copy must not go on with the tests
            traceback.print_exc()
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL, "it came to an end of its own"


def deadly(where: Any, step: str, when: str, *, times: int = 1) -> None:
    """Let a step kill its process before or after it is taken, when it is taken for the first or a later time."""
    take, taken = getattr(where, step), 0

    def killed(*given: Any, **more: Any) -> Any:
        nonlocal taken
        taken += 1
        if taken == times and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        found = take(*given, **more)
        if taken == times:
            os.kill(os.getpid(), signal.SIGKILL)
        return found

    setattr(where, step, killed)
