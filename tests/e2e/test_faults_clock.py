"""The clock of a serving portal is stepped a day ahead and a day back, while people work."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from portal.usecases.backlog import backlog
from portal.usecases.checks import check_records
from portal.usecases.intents import close_intents
from tests.cast import World
from tests.e2e.conftest import wait_until
from tests.e2e.test_faults import SEED, Crowd, Told, check_contiguous, check_whole, open_intents
from tests.e2e.wire import Served
from tests.fault_report import found

pytestmark = pytest.mark.e2e

DAY = timedelta(days=1)
PROOF = b"takes a fresh proof of who you are"
LIMITS = {
    "PORTAL_SESSION_IDLE_MINUTES": "10000",
    "PORTAL_FRESH_MINUTES": "100000",
    "PORTAL_SESSION_HOURS": "10000",
    "PORTAL_SESSION_LIMITS": "observer:60:10000",  # an observer's session ends an hour after its last use
}


@dataclass(frozen=True, slots=True)
class Stepped:
    """A serving portal and its clock."""

    served: Served
    ahead: Path

    def step(self, by: timedelta) -> None:
        """Set its clock so far from the right time."""
        new = self.ahead.with_suffix(".new")
        new.write_text(str(by.total_seconds()), "ascii")
        new.replace(self.ahead)

    def lets_in(self, token: str) -> bool:
        status = self.served.ask("GET", "/reviews", token).status
        assert status in {200, 303}
        return status == 200


@pytest.fixture
def stepped(world: World, tmp_path: Path) -> Iterator[Stepped]:
    ahead = tmp_path / "ahead"
    served = Served(
        world.portal.settings, tmp_path / "output", tmp_path / "temporary", LIMITS, is_warm=True, ahead=ahead
    )
    made = Stepped(served, ahead)
    made.step(timedelta())
    served.start()
    yield made
    served.stop()


@pytest.mark.parametrize("steps", [(DAY, -DAY), (-DAY, DAY)], ids=["ahead first", "back first"])
@pytest.mark.fault("the clock is stepped a day ahead and a day back while people work")
def test_a_clock_that_is_stepped_while_people_work_loses_nothing_and_opens_nothing(
    world: World, stepped: Stepped, steps: tuple[timedelta, ...]
) -> None:
    told = Told()
    crowd = Crowd(world, stepped.served, told)
    crowd.begin(random.Random(SEED))
    observer, leaving = (world.members[who].token for who in ("observer_xcc", "focal_xcc"))
    work_on(told)
    assert stepped.lets_in(observer)
    assert stepped.served.post("/sign-out", leaving).status == 303
    for by in (*steps, timedelta()):
        stepped.step(by)
        work_on(told)
        assert not stepped.lets_in(leaving), "what was ended stays ended, whatever the clock says"
        assert stepped.lets_in(observer) == (by < DAY), "what lay idle by the clock is refused as long as it says so"
    crowd.end()
    assert not told.interrupted
    # a proof that lies in the future is none; what is under way when the clock jumps ahead is asked to come again
    assert {(answer.status, PROOF in answer.body) for answer in told.odd} <= {(403, True), (503, False)}, told.odd[:3]
    wait_until(lambda: backlog(world.portal).tree_since is None, 15)
    # an end that met the jump may be owed: it is closed as unknown, as the next start does
    close_intents(world.portal, world.portal.clock() + 2 * DAY)
    assert not open_intents(world)
    assert {one.code for one in check_records(world.portal).findings} <= {"key-to-come"}, "made a day ahead, and named"
    world.portal.settings = replace(world.portal.settings, session_idle_minutes=100_000)
    world.portal.clock = lambda: world.clock() + DAY - timedelta(minutes=4)  # when those keys aren't to come any more
    check_whole(world, told, {})
    check_contiguous(world)
    found(steps=len(steps) + 1)


def work_on(told: Told) -> None:
    """Wait until more was acknowledged than was under way."""
    before = len(told.kept)
    wait_until(lambda: len(told.kept) >= before + 8, 30)
