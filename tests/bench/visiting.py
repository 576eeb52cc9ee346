"""Every page of the application, in a portal at full scale beside the same page of a portal without all that.

Both have the same office (tests/office.py), so a page says the same in both, but for lists of everything; the pages
are those of `WAYS`, each as everybody sees it who may. Both portals run in this process and are asked by turns,
without a network between: what is compared is the processor's time, on a server of a database the time.
"""

import asyncio
import gc
import logging
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any, Final

from portal.app import create_portal, open_portal, web_app
from portal.settings import Settings
from portal.web import sending
from portal.web.routes import WAYS
from tests.bench.copying import COPIES, Copying
from tests.bench.measure import Figure
from tests.bench.populating import DOCUMENTS, EVENTS, employ, into_the_tree, populate
from tests.cast import Clock, World, build_world
from tests.databases import Server
from tests.filing import press
from tests.office import Office
from tests.web_client import browser

MOST: Final = 1.25  # times
ROUNDS: Final = 5
LISTED: Final = 60  # copies of the office fill a page of each list
DOUBTED: Final = 1.1  # from here a page is measured once more, longer
LONGER: Final = 25
# `listed` has as much of everything as a page of a list shows, and no more: of breaches, too
FILLED: Final[dict[str, dict[str, Any]]] = {
    "listed": {"copies": range(COPIES - LISTED, COPIES), "documents": 0, "events": 0, "seldom": 1},
    "full": {},
}
ALIKE: Final = 1.1  # times as long an answer: the page shows more, and is compared with one that shows as much
# of each kind of people one: what a page asks depends on who looks
VISITORS: Final = (
    None,
    *("focal_xaa", "focal_xdd", "focal_xff", "expert_xbb", "expert_xcc", "officer", "registrar", "administrator"),
    *("translator", "observer_xcc", "oversight", "confidentiality"),
)


@dataclass(frozen=True)
class Visit:
    """A page as somebody sees it."""

    way: str
    path: str
    who: str | None
    token: str


@dataclass(frozen=True)
class Measured:
    """How long a page takes at full scale and without, in seconds."""

    visit: Visit
    beside: str
    full: float
    other: float

    @property
    def ratio(self) -> float:
        return self.full / self.other


class House:
    """A portal's application in this process, asked without a network and without a client of HTTP."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._app: Any = web_app(world.portal)

    def ask(self, visit: Visit) -> tuple[int, int]:
        """Ask for a page; gives its status and its length."""
        path, _, query = visit.path.partition("?")
        headers = [(b"host", b"localhost:8000"), (b"user-agent", b"bench")]
        if visit.token:
            headers.append((b"cookie", b"portal-local=" + visit.token.encode()))
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
            "headers": headers, "client": ("127.0.0.1", 50000), "server": ("localhost", 8000), "state": {},
        }  # fmt: skip
        status, length = 0, 0

        async def receive() -> dict[str, object]:
            await asyncio.sleep(0)
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            nonlocal status, length
            status = message.get("status", status)
            length += len(message.get("body", b""))

        _LOOP.run_until_complete(self._app(scope, receive, send))
        return status, length


_LOOP: Final = asyncio.new_event_loop()


def figures(folder: Path) -> list[Figure]:
    """Measure on SQLite."""
    return _figures(folder, "", time.process_time)


def figures_on_server(folder: Path) -> list[Figure]:
    """Measure on PostgreSQL, which does its part in processes of its own."""
    server = Server(("max_connections=200", "max_wal_size=8GB"))
    try:
        server.execute("CREATE DATABASE empty")
        return _figures(folder, server.address("empty"), time.perf_counter, server)
    finally:
        server.end()


def _figures(folder: Path, database: str, clock: Callable[[], float], server: Server | None = None) -> list[Figure]:
    with houses(folder, database, server) as (found, visits):
        measured = measure(found, visits, clock)
    tell(measured)
    worst = max(measured, key=lambda one: one.ratio)
    where = "on PostgreSQL" if database else "on SQLite"
    said = f"{worst.visit.way} of {worst.visit.who or 'nobody'}"
    return [
        Figure(
            f"any of {len(measured)} pages at full scale {where}: worst, {said}",
            worst.ratio,
            MOST,
            "ratio",
            f"the page without 2,000 reviews, {DOCUMENTS:,} documents, {EVENTS:,} events",
            at_most=True,
        )
    ]


@contextmanager
def houses(folder: Path, database: str, server: Server | None) -> Iterator[tuple[dict[str, House], list[Visit]]]:
    """Build the portals; gives them by their names, with what is to be seen in them."""
    logging.disable(logging.WARNING)
    sending.OF_ONE = 10_000
    world, addresses = build(folder / "empty", database)
    copying = Copying.of(world)
    employ(copying)
    world.portal.database.close()
    worlds = {"empty": replace_portal(world, world.portal.settings)}
    for name, how in FILLED.items():
        settings = replace(world.portal.settings, data=folder / name / "data", keys=folder / name / "keys")
        shutil.copytree(folder / "empty", folder / name)
        if server is not None:
            worlds["empty"].portal.database.close()
            server.execute(f'CREATE DATABASE "{name}" TEMPLATE empty STRATEGY FILE_COPY')  # "full" is a word of SQL
            settings = replace(settings, database=server.address(name))
        worlds[name] = replace_portal(world, settings)
        begun = time.monotonic()
        populate(copying.at(worlds[name]), **how)
        sys.stderr.write(f"{name}: filled in {time.monotonic() - begun:.0f} seconds\n")
    found = {name: House(one) for name, one in worlds.items()}
    yield found, sights(found["empty"], addresses)
    for house in found.values():
        house.world.portal.database.close()
    logging.disable(logging.NOTSET)


def replace_portal(world: World, settings: Settings) -> World:
    return World(open_portal(settings, world.clock), world.clock, world.members, world.files)


def build(folder: Path, database: str) -> tuple[World, dict[str, str]]:
    """Build a portal with its office and all States; gives it with an address of each page."""
    clock = Clock()
    lasting: dict[str, Any] = {"session_hours": 10_000, "session_limits": (), "fresh_minutes": 100_000}
    settings = Settings(data=folder / "data", database=database, keys=folder / "keys", second_factor=False, **lasting)
    world = build_world(create_portal(settings, clock), clock)
    assert press(browser(world, "registrar"), "/states/shipped").status_code == 303
    office = Office(world).begin()
    addresses = {way.path: office.address(way) for way in WAYS if way.method == "GET"}
    addresses["/cases/new"] += f"?review={world.files['xaa'].review}"
    addresses["/administration?state=all"] = "/administration?state=all"
    addresses["/audit/log/tile/{path:path}"] = "/audit/log/tile/0/000"
    given = office.grants.ids("/granted/versions/{id}/copy")["granted"]  # the last one, which is open
    for path in ("/granted/{id}", "/granted/{id}/concerns"):
        addresses[path] = path.replace("{id}", str(given))
    addresses["/calendar/{token}.ics"] = feed(world)
    into_the_tree(world.portal)
    return world, addresses


def feed(world: World) -> str:
    """Have a calendar's address."""
    found = press(browser(world, "focal_xaa"), "/calendar").text
    return "/calendar/" + found.partition("/calendar/")[2].partition(".ics")[0] + ".ics"


def sights(house: House, addresses: dict[str, str]) -> list[Visit]:
    """Find out who sees what."""
    members = house.world.members
    found = [
        Visit(way, path, who, members[who].token if who else "") for way, path in addresses.items() for who in VISITORS
    ]
    seen = [visit for visit in found if house.ask(visit)[0] == 200]
    unseen = sorted(addresses.keys() - {visit.way for visit in seen})
    sys.stderr.write(f"not measured, since nobody of the office is shown it: {', '.join(unseen)}\n")
    return seen


def measure(
    houses: Mapping[str, House], visits: Sequence[Visit], clock: Callable[[], float] = time.process_time
) -> list[Measured]:
    """Measure pages by turns; those that seem slower are measured once more."""
    found = []
    gc.collect()
    gc.freeze()
    for visit in visits:
        for house in houses.values():
            into_the_tree(house.world.portal)  # as a portal does within a second, and nobody does here meanwhile
        lengths = {name: _look(house, visit) for name, house in houses.items()}
        beside = "listed" if lengths["full"] > ALIKE * lengths["empty"] else "empty"
        pair = (houses["full"], houses[beside])
        one = _compare(*pair, visit, beside, ROUNDS, clock)
        found.append(_compare(*pair, visit, beside, LONGER, clock) if one.ratio > DOUBTED else one)
    gc.unfreeze()
    return found


def _look(house: House, visit: Visit) -> int:
    status, length = house.ask(visit)
    assert status == 200, (visit, status)
    return length


def _compare(full: House, other: House, visit: Visit, beside: str, rounds: int, clock: Callable[[], float]) -> Measured:
    spent: dict[House, list[float]] = {full: [], other: []}
    for turn in range(rounds):
        for house in (other, full) if turn % 2 else (full, other):
            begun = clock()
            house.ask(visit)
            spent[house].append(clock() - begun)
    return Measured(visit, beside, median(spent[full]), median(spent[other]))


def tell(measured: Sequence[Measured], most: int = 20) -> None:
    """Name the worst pages."""
    for one in sorted(measured, key=lambda one: -one.ratio)[:most]:
        sys.stderr.write(
            f"{one.ratio:8.2f}  {one.full * 1000:8.1f} ms  {one.other * 1000:7.1f} ms {one.beside:<6}  "
            f"{one.visit.who or 'nobody':<16} {one.visit.way}\n"
        )
