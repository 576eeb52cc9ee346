"""Further processes that serve the same portal, as replicas do: each with a Portal of its own."""

from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import datetime, timedelta
from multiprocessing import get_context
from time import monotonic, sleep
from typing import Any

from portal.app import open_portal
from portal.errors import PortalError
from portal.settings import Settings
from portal.usecases import tree
from storage.errors import StorageError
from tests.cast import Clock, File, Member, World
from tests.filing import press
from tests.web_client import browser

HEAD_START = 0.5  # seconds: so long before all begin at the same moment
_HERE: list[World] = []


class Replica:
    """Another process of the portal."""

    def __init__(self) -> None:
        self._process = ProcessPoolExecutor(1, get_context("spawn"))

    def serve(self, world: World) -> None:
        """Serve a world's portal from now on."""
        given = (world.portal.settings, world.clock.now, world.members, world.files)
        self._process.submit(_open, *given).result(60)

    def begin(self, at: float, act: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Have something done there at a moment of the monotonic clock; gives what came of it, or the error's class."""
        return self._process.submit(_act, at, act, arguments)

    def do(self, act: Callable[..., Any], *arguments: Any) -> Any:
        """Have something done there now."""
        return self.begin(0.0, act, *arguments).result(60)

    def kill(self) -> None:
        """End the process as a breakdown does."""
        for process in list(self._process._processes.values()):
            process.kill()

    def close(self) -> None:
        """End."""
        self._process.shutdown(cancel_futures=True)


def at_once(acts: list[tuple[Replica, Callable[..., Any], tuple[Any, ...]]]) -> list[Any]:
    """Have something done in each process at the same moment."""
    at = monotonic() + HEAD_START
    return [future.result(60) for future in [one.begin(at, act, *given) for one, act, given in acts]]


def _open(settings: Settings, now: datetime, members: dict[str, Member], files: dict[str, File]) -> None:
    for before in _HERE:
        before.portal.database.close()
    clock = Clock()
    clock.now = now
    _HERE[:] = [World(open_portal(settings, clock), clock, members, files)]


def _act(at: float, act: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    sleep(max(0.0, at - monotonic()))
    try:
        return act(_HERE[0], *arguments)
    except (PortalError, StorageError) as error:
        return type(error)


# --- what they do -------------------------------------------------------------------------------------------------


def looked(world: World, who: str, path: str, times: int) -> list[int]:
    """Look at a page, each time anew; gives the answers' status."""
    client = browser(world, who)
    return [client.get(path, follow_redirects=False).status_code for _ in range(times)]


def pressed(world: World, who: str, path: str, fields: dict[str, str]) -> int:
    """Press a button; gives the answer's status."""
    return int(press(browser(world, who), path, **fields).status_code)


def sequenced(world: World, holder: str, later: timedelta = timedelta()) -> int:
    """Move all that waits into the tree, by a clock that is fast; gives how many events that were."""
    placed, world.clock.now = 0, world.clock.now + later
    while found := tree.sequence(world.portal, holder):
        placed += found
    return placed


def looked_and_sequenced(world: World, holder: str, who: str, times: int) -> int:
    """Make events and move what waits into the tree, in turn."""
    return sum(sequenced(world, holder) for _ in range(times) if looked(world, who, "/reviews", 1) == [200])


def held(world: World, seconds: float) -> None:
    """Write for so long."""
    with world.portal.database.begin():
        sleep(seconds)
