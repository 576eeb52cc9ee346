"""Transfers and pages through the running server, each beside its floor on the same server."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from portal.demo.servers import free_port
from tests.bench.filled import BLOCK, LARGE, build, put_large
from tests.bench.measure import Figure, seconds, speed_ratio
from tests.bench.served import PLAN
from tests.bench.wire import Wire
from tests.cast import World
from tests.publicity import published
from tests.statements import asked_for
from tests.web_client import browser

PAGES = 40  # requests of one turn
TURNS = 9
TRANSFERS = 15


def figures(folder: Path) -> list[Figure]:
    small = folder / "small"
    small.mkdir()
    world = build(small)
    large = put_large(world, small / "plain")
    room = f"/rooms/{world.files['xaa'].rooms['shared']}"
    token = world.members["officer"].token
    plan = {"token": token, "page": room, "file": str(small / "plain"), "folder": str(small)}
    statements, share = count_statements(world, room), session_share(world, room)
    writing, public = event_share(world, room), published(world)
    plan["constant"] = str(len(browser(world).get(f"/public/{public}").content))
    world.portal.database.close()
    with served(small, plan) as port:
        wire = Wire(port, token)
        return [
            Figure("download 200 MiB", downloads(wire, large.hex), 0.7, "ratio", "the same bytes streamed from a file"),
            Figure("upload 200 MiB", sends(wire, world), 0.6, "ratio", "the body written to a file and synced"),
            Figure(
                "page of a room, 100 documents",
                speed_ratio(pages(wire, room), pages(wire, "/floor/page"), TURNS),
                0.3,
                "ratio",
                "the same template and data, bare",
            ),
            Figure("SQL statements of that page", statements, 12, "statements", "none", at_most=True),
            Figure("looking up who asks, of that page", share, 0.05, "part", "the page's whole time", at_most=True),
            Figure("writing the event, of that page", writing, 0.15, "part", "the page's whole time", at_most=True),
            Figure(
                "a public page",
                speed_ratio(pages(wire, f"/public/{public}"), pages(wire, "/floor/constant"), TURNS),
                0.9,
                "ratio",
                "a constant answer of its length behind the same walls",
            ),
        ]


def downloads(wire: Wire, version: str) -> float:
    return speed_ratio(drains(wire, f"/versions/{version}/content"), drains(wire, "/floor/file"), TRANSFERS)


def drains(wire: Wire, path: str) -> Callable[[], None]:
    def act() -> None:
        assert wire.drain(path) == 200

    return act


def sends(wire: Wire, world: World) -> float:
    page = f"/rooms/{world.files['xaa'].rooms['secretariat']}"
    found = re.search(rb'name="csrf" value="([^"]+)"', wire.get(page)[1])
    assert found, "no form on the room's page"
    csrf = found[1].decode()
    edge = "----portal-bench"
    field = '--{0}\r\nContent-Disposition: form-data; name="{1}"\r\n\r\n{2}\r\n'
    head = "".join(field.format(edge, name, value) for name, value in (("kind", "other"), ("language", "en")))
    head += f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="large.bin"\r\n\r\n'
    tail = f"\r\n--{edge}--\r\n"

    def pieces() -> Iterator[bytes]:
        """Random bytes that differ each time: an equal file would be looked for among the ones before."""
        yield head.encode()
        block = os.urandom(BLOCK)
        for _ in range(LARGE // BLOCK):
            yield block
        yield tail.encode()

    length = len(head) + LARGE + len(tail)
    kind = f"multipart/form-data; boundary={edge}"

    def send(path: str) -> Callable[[], None]:
        def act() -> None:
            assert wire.send(path, kind, pieces(), length, csrf) == 200

        return act

    return speed_ratio(send(f"{page}/documents"), send("/floor/body"), TRANSFERS)


def pages(wire: Wire, path: str) -> Callable[[], None]:
    def act() -> None:
        for _ in range(PAGES):
            assert wire.get(path)[0] == 200

    return act


def count_statements(world: World, path: str) -> int:
    """Count what the page asks the database: the median of several, without BEGIN and COMMIT."""
    client = browser(world, "officer")
    return int(median(len(asked_for(world, client, path)) for _ in range(5)))


def session_share(world: World, path: str) -> float:
    """Measure how much of a page's time it takes to look up who asks: session, person, appointments, all checked."""
    from unittest.mock import patch

    from portal import work

    client, spent, whole = browser(world, "officer"), [0.0], 0.0
    look_up = work.who_asks

    def timed(*arguments: Any) -> Any:
        begun = time.perf_counter()
        try:
            return look_up(*arguments)
        finally:
            spent[0] += time.perf_counter() - begun

    with patch.object(work, "who_asks", timed):
        client.get(path)
        spent[0] = 0.0
        for _ in range(PAGES):
            whole += seconds(lambda: client.get(path))
    return spent[0] / whole


def event_share(world: World, path: str) -> float:
    """Measure how much of a page's time it takes to write its event and to commit it: nothing else is written."""
    from unittest.mock import patch

    from portal import work
    from storage.database import Database

    client, spent, whole = browser(world, "officer"), [0.0], 0.0
    write, begin = work.writer.write, Database.begin

    def timed_write(*arguments: Any) -> None:
        begun = time.perf_counter()
        write(*arguments)
        spent[0] += time.perf_counter() - begun

    @contextmanager
    def timed_begin(database: Database) -> Iterator[Any]:
        begun = 0.0
        with begin(database) as session:
            yield session
            begun = time.perf_counter()
        spent[0] += time.perf_counter() - begun

    with patch.object(work.writer, "write", timed_write), patch.object(Database, "begin", timed_begin):
        client.get(path)
        spent[0] = 0.0
        for _ in range(PAGES):
            whole += seconds(lambda: client.get(path))
    return spent[0] / whole


@contextmanager
def served(folder: Path, plan: dict[str, Any]) -> Iterator[int]:
    """Serve a folder on a free port, by the server of `portal serve`."""
    with working(folder, plan) as (port, _):
        yield port


@contextmanager
def working(folder: Path, plan: dict[str, Any]) -> Iterator[tuple[int, int]]:
    """Likewise; gives the port and the number of the process."""
    port = free_port()
    where = folder / "plan.json"
    where.write_text(json.dumps({**plan, "data": str(folder / "data"), "keys": str(folder / "keys"), "port": port}))
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.served"], env={**os.environ, PLAN: str(where)})
    try:
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(timeout=30)
