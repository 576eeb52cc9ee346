"""The database goes away, fails over to its standby, or is cut off, while people upload: nothing acknowledged is lost.

What is short runs with the others; what takes a minute or more with `make faults`.
"""

import random
import re
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import pytest

from portal.app import create_portal
from portal.domain.roles import Role
from portal.usecases.backlog import backlog
from portal.usecases.intents import close_intents
from portal.web.sending import OF_ONE
from tests.cast import Clock, World, add_member, build_world
from tests.conftest import settings_in
from tests.contents import FIELDS as LAW
from tests.contents import form_token, versions
from tests.databases import IN_POSTGRESQL, Hand, Server
from tests.e2e.conftest import wait_until
from tests.e2e.test_faults import Crowd, Told, check_contiguous, check_whole
from tests.e2e.wire import BOUNDARY, Served, multipart_of
from tests.namespaces import Cable
from tests.partition import Partition

pytestmark = [pytest.mark.e2e, IN_POSTGRESQL]

UPLOADERS = (("officer", "reviewers"), ("expert_xbb", "reviewers"), ("officer", "shared"))
SLOW = pytest.mark.slow
NOTICED = 20  # seconds, within which a cut is noticed by who is cut off, and whoever hung is thrown out by the server


class Uploading(Crowd):
    """People who upload without an end, whatever they are told."""

    def begin(self, drawn: random.Random) -> None:
        for who, room in UPLOADERS:
            self._begin(self._upload, who, self.world.files["xaa"].rooms[room], random.Random(drawn.random()))


@dataclass(frozen=True, slots=True)
class Pair:
    """A primary that waits for its standby before it acknowledges, and that standby."""

    primary: Server
    standby: Server

    def address(self, name: str) -> str:
        return f"postgresql://portal@/{name}?host={self.primary.folder},{self.standby.folder}"

    def end(self) -> None:
        self.primary.end()
        self.standby.end()


@pytest.fixture
def pair() -> Iterator[Pair]:
    primary = Server()
    standby = Server(of=primary)
    primary.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
    primary.execute("SELECT pg_reload_conf()")
    with closing(Hand(primary.address("postgres"))) as hand:
        wait_until(lambda: hand("SELECT sync_state FROM pg_stat_replication").fetchall() == [("sync",)], 10)
    made = Pair(primary, standby)
    yield made
    made.end()


@pytest.fixture
def alone() -> Iterator[Server]:
    server = Server()
    yield server
    server.end()


def built(folder: Path, address: str, clock: Clock) -> World:
    portal = create_portal(replace(settings_in(folder), database=address), clock)
    return build_world(portal, clock)


def running(world: World, folder: Path) -> Served:
    return Served(world.portal.settings, folder / "output", folder / "temporary", is_warm=True)


class Link(Protocol):
    """A way to a database that can be cut."""

    def address(self, name: str) -> str: ...
    def cut(self) -> None: ...
    def heal(self) -> None: ...


def named(folder: Path) -> str:
    return "portal_" + re.sub(r"\W", "_", folder.name.lower())[-40:]


def readiness(served: Served) -> int:
    return served.ask("GET", "/readyz").status


def acknowledged(told: Told, more: int, seconds: float) -> float:
    """Wait until so many more are acknowledged; gives how long that took."""
    began, before = time.monotonic(), len(told.kept)
    wait_until(lambda: len(told.kept) >= before + more, seconds)
    return time.monotonic() - began


def check_nothing_lost(world: World, told: Told) -> None:
    """See that all that was acknowledged is there, whole, in the log and in its tree."""
    assert {answer.status for answer in told.odd} <= {503}, told.odd[:3]
    with world.request():
        close_intents(world.portal, world.portal.clock())  # as the portal does once they are a day old
    check_whole(world, told, {})
    check_contiguous(world)


def away(world: World, served: Served, server: Server, seconds: float) -> None:
    """Let the database be away for a while, in the middle of uploads."""
    told = Told()
    crowd = Uploading(world, served.start(), told)
    crowd.begin(random.Random(1))
    acknowledged(told, 3, 20)
    server.stop(signal.SIGQUIT)
    ends = time.monotonic() + seconds
    wait_until(lambda: readiness(served) == 503, 5)
    while time.monotonic() < ends:
        began = time.monotonic()
        assert served.ask("GET", "/reviews", world.members["officer"].token).status == 503
        assert time.monotonic() - began < 3
        time.sleep(0.2)
    server.start()
    acknowledged(told, 3, 20)
    wait_until(lambda: readiness(served) == 200, 15)
    crowd.end()
    assert not told.interrupted
    wait_until(lambda: backlog(world.portal).tree_since is None, 15)
    served.stop()
    check_nothing_lost(world, told)


@pytest.mark.parametrize("seconds", [3, pytest.param(75, marks=SLOW)])
@pytest.mark.fault("the database is away")
def test_a_database_that_is_away_loses_nothing_and_is_found_again(
    alone: Server, tmp_path: Path, clock: Clock, seconds: float
) -> None:
    alone.execute(f"CREATE DATABASE {named(tmp_path)}")
    world = built(tmp_path, alone.address(named(tmp_path)), clock)
    served = running(world, tmp_path)
    try:
        away(world, served, alone, seconds)
    finally:
        served.stop()
        world.portal.database.close()


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=SLOW) for seed in range(2, 12))])
@pytest.mark.fault("the primary dies, a standby is promoted")
def test_after_a_failover_all_that_was_acknowledged_is_at_the_new_primary(
    pair: Pair, tmp_path: Path, clock: Clock, seed: int
) -> None:
    """The standby has what was acknowledged, for the primary waited; the portal finds it by the second of its hosts."""
    drawn, told = random.Random(seed), Told()
    pair.primary.execute(f"CREATE DATABASE {named(tmp_path)}")
    world = built(tmp_path, pair.address(named(tmp_path)), clock)
    served = running(world, tmp_path)
    try:
        crowd = Uploading(world, served.start(), told)
        crowd.begin(drawn)
        acknowledged(told, 5, 20)
        time.sleep(drawn.random())
        pair.primary.stop(signal.SIGQUIT)
        pair.standby.promote()
        taken = acknowledged(told, 5, 20)
        print(f"acknowledged again {taken:.1f} s after the failover")  # noqa: T201  # shown with a failure
        wait_until(lambda: readiness(served) == 200, 15)
        crowd.end()
        assert not told.interrupted
        wait_until(lambda: backlog(world.portal).tree_since is None, 15)
        served.stop()
        check_nothing_lost(world, told)
    finally:
        served.stop()
        world.portal.database.close()


# --- a network that is cut between one replica and the database


@dataclass(slots=True)
class Side:
    """A replica with people who upload there."""

    served: Served
    told: Told
    crowd: Uploading


def begun(world: World, folder: Path, address: str, seed: int) -> Side:
    folder.mkdir()
    settings = replace(world.portal.settings, database=address)
    served = Served(settings, folder / "output", folder / "temporary", is_warm=True).start()
    told = Told()
    side = Side(served, told, Uploading(world, served, told))
    side.crowd.begin(random.Random(seed))
    acknowledged(told, 2, 20)
    return side


def both(world: World, folder: Path, way: Link, server: Server, seconds: float) -> None:
    """Cut one replica of two off for a while; the other one goes on, once the server has thrown out who hangs."""
    name = named(folder)
    ways: tuple[Link | Server, ...] = (way, server)
    sides = [begun(world, folder / str(at), one.address(name), at) for at, one in enumerate(ways)]
    cut_off, other = sides
    try:
        way.cut()
        ends = time.monotonic() + seconds
        if seconds > NOTICED:
            wait_until(lambda: readiness(cut_off.served) == 503, NOTICED)
            acknowledged(other.told, 3, NOTICED)
        time.sleep(max(0.0, ends - time.monotonic()))
        way.heal()
        for side in sides:
            acknowledged(side.told, 3, 30)
        wait_until(lambda: readiness(cut_off.served) == 200, 20)
        for side in sides:
            side.crowd.end()
            assert not side.told.interrupted
        wait_until(lambda: backlog(world.portal).tree_since is None, 20)
    finally:
        way.heal()
        for side in sides:
            side.served.stop()
    kept = {**cut_off.told.kept, **other.told.kept}
    check_nothing_lost(world, Told(cut_off.told.sent | other.told.sent, kept, 0, cut_off.told.odd + other.told.odd))


@pytest.mark.parametrize("seconds", [2, pytest.param(25, marks=SLOW), pytest.param(60, marks=SLOW)])
@pytest.mark.fault("one replica is cut off from the database, unnoticed by TCP")
def test_a_replica_that_is_cut_off_from_the_database_loses_nothing_and_holds_up_no_other(
    alone: Server, tmp_path: Path, clock: Clock, seconds: float
) -> None:
    """What stands between closes nothing and goes on acknowledging: TCP itself never notices."""
    alone.execute(f"CREATE DATABASE {named(tmp_path)}")
    world = built(tmp_path, alone.address(named(tmp_path)), clock)
    try:
        with Partition(alone) as way:
            both(world, tmp_path, way, alone, seconds)
    finally:
        world.portal.database.close()


@pytest.mark.parametrize("seconds", [pytest.param(2, marks=SLOW), pytest.param(60, marks=SLOW)])
@pytest.mark.fault("one replica's network is cut")
def test_a_replica_whose_network_is_cut_loses_nothing_and_holds_up_no_other(
    tmp_path: Path, clock: Clock, seconds: float
) -> None:
    """Between network namespaces: nothing is acknowledged, so TCP notices. The other replica speaks to a socket."""
    with Cable(tmp_path) as way:
        way.server.execute(f"CREATE DATABASE {named(tmp_path)}")
        world = built(tmp_path, way.server.address(named(tmp_path)), clock)
        try:
            both(world, tmp_path, way, way.server, seconds)
        finally:
            world.portal.database.close()


# --- slow clients by the hundred

EACH = 104
LARGE = 12_000_000  # bytes; more than what lies between the portal and a client takes


def heads(world: World, served: Served) -> Iterator[tuple[bytes, bool]]:
    """Give what slow clients of three kinds send: half a head, half an upload, and a download that nobody reads on.

    With each, whether it is answered.
    """
    room = world.files["xaa"].rooms["reviewers"]
    officer = world.members["officer"].token
    document = served.upload(f"/rooms/{room}/documents", officer, "law.pdf", b"%PDF-1.7" + b"x" * LARGE, **LAW)
    version = next(row.id for row in versions(world) if f"/documents/{row.document_id}" == document.location)
    body = multipart_of({"csrf": form_token(officer), **LAW}, "slow.pdf", b"%PDF-1.7" + b"x" * 20_000)[:-60]
    for number in range(EACH):
        token = world.members[f"expert_{number // OF_ONE}"].token
        known = f"Host: localhost:{served.port}\r\nOrigin: {served.origin}\r\nCookie: portal-local="
        kind = f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: 9000000\r\n"
        yield f"GET /reviews HTTP/1.1\r\n{known}{token}\r\n".encode(), False
        yield f"POST /rooms/{room}/documents HTTP/1.1\r\n{known}{officer}\r\n{kind}\r\n".encode() + body, False
        yield f"GET /versions/{version}/content HTTP/1.1\r\n{known}{token}\r\n\r\n".encode(), True


@pytest.mark.fault("slow clients by the hundred")
def test_slow_clients_by_the_hundred_hold_nobody_up(world: World, tmp_path: Path) -> None:
    for number in range(EACH // OF_ONE):
        add_member(world, f"expert_{number}", Role.EXPERT, "XBB", ("xaa",))
    served = running(world, tmp_path).start()
    token = world.members["expert_xbb"].token
    try:
        with ExitStack() as slow:
            for head, is_answered in heads(world, served):
                one = slow.enter_context(socket.socket())
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                one.settimeout(20)
                one.connect(("127.0.0.1", served.port))
                one.sendall(head)
                assert not is_answered or one.recv(13) == b"HTTP/1.1 200 "
            content = f"/versions/{versions(world)[0].id}/content"
            assert served.ask("GET", content, world.members["expert_0"].token).status == 429, "theirs are under way"
            took = []
            for _ in range(10):
                began = time.monotonic()
                answer = served.ask("GET", "/reviews", token)
                took.append(time.monotonic() - began)
                assert answer.status == 200
            assert max(took) < 5, took
            told = Told()
            content, digest = told.content(random.Random(1))
            room = world.files["xaa"].rooms["reviewers"]
            assert told.hears(served.upload(f"/rooms/{room}/documents", token, "a.pdf", content, **LAW), digest)
            assert readiness(served) == 200
    finally:
        served.stop()
