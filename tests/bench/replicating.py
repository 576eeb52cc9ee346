"""What a replica costs: two beside one on PostgreSQL, the start to the first answer, and the memory of an idle one."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from portal.demo.servers import free_port
from portal.settings import Settings
from tests.bench.filled import build
from tests.bench.measure import Figure
from tests.bench.wire import Wire
from tests.conftest import environment
from tests.databases import Server

READERS: Final = 4
PAGES: Final = 50  # of each reader, of one turn
TURNS: Final = 5
STARTS: Final = 5
IDLE_SECONDS: Final = 5
MEBIBYTE: Final = 1 << 20
_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Worker:
    """One `portal serve`."""

    port: int
    process: int

    @property
    def cpu_seconds(self) -> float:
        said = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return (int(said[11]) + int(said[12])) / _TICKS  # of user and system

    @property
    def memory_bytes(self) -> int:
        found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{self.process}/status").read_text())
        assert found
        return int(found[1]) * 1024


def figures(folder: Path) -> list[Figure]:
    server = Server(("max_connections=200",))
    try:
        server.execute("CREATE DATABASE bench")
        world = build(folder, server.address("bench"))
        world.portal.database.close()
        page = f"/rooms/{world.files['xaa'].rooms['shared']}"
        return _figures(world.portal.settings, page, world.members["officer"].token)
    finally:
        server.end()


def _figures(settings: Settings, page: str, token: str) -> list[Figure]:
    starts = median(_start_seconds(settings) for _ in range(STARTS))
    with _worker(settings) as first, _worker(settings) as second:
        time.sleep(IDLE_SECONDS)
        memory = max(worker.memory_bytes for worker in (first, second)) / MEBIBYTE
        faster, dearer = _compared((first, second), page, token)
    return [
        Figure("pages by two replicas on PostgreSQL", faster, 1.4, "ratio", "the same pages by one of them"),
        Figure(
            "processor time of a page, of two replicas", dearer, 1.1, "ratio", "the same page, of one", at_most=True
        ),
        Figure("start of a replica to its first answer", starts, 1.5, "seconds", "none", at_most=True),
        Figure("memory of an idle replica", memory, 150, "MiB", "none", at_most=True),
    ]


def _compared(workers: Sequence[Worker], page: str, token: str) -> tuple[float, float]:
    """Read pages from one and from both, in turn; gives how much faster both are, and how much more a page costs."""
    faster, dearer = [], []
    _read(workers, page, token)
    for turn in range(TURNS):
        orders = (workers[:1], workers) if turn % 2 else (workers, workers[:1])
        spent = {len(some): _read(some, page, token) for some in orders}
        faster.append(spent[1][0] / spent[2][0])
        dearer.append(spent[2][1] / spent[1][1])
    return median(faster), median(dearer)


def _read(workers: Sequence[Worker], page: str, token: str) -> tuple[float, float]:
    """Have readers read pages; gives the seconds, and the processor's seconds of the workers."""
    wires = [Wire(workers[at % len(workers)].port, token) for at in range(READERS)]
    before, begun = sum(worker.cpu_seconds for worker in workers), time.perf_counter()
    with ThreadPoolExecutor(READERS) as readers:
        for statuses in readers.map(lambda wire: {wire.get(page)[0] for _ in range(PAGES)}, wires):
            assert statuses == {200}
    return time.perf_counter() - begun, sum(worker.cpu_seconds for worker in workers) - before


def _start_seconds(settings: Settings) -> float:
    begun = time.perf_counter()
    with _worker(settings):
        return time.perf_counter() - begun


@contextmanager
def _worker(settings: Settings) -> Iterator[Worker]:
    """Serve until the block ends; begins when the first page was answered."""
    port = free_port()
    given = {
        **os.environ,
        **environment(settings),
        "PORTAL_PORT": str(port),
        "PORTAL_SESSION_IDLE_MINUTES": "10000",
        "PORTAL_SESSION_LIMITS": "",
    }
    line = [sys.executable, "-m", "portal", "serve"]
    process = subprocess.Popen(line, env=given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(port)
        yield Worker(port, process.pid)
    finally:
        process.terminate()
        process.wait(60)


def _wait(port: int) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            assert Wire(port, "").get("/sign-in")[0] == 200
        except OSError:
            assert time.monotonic() < end, "the portal didn't start"
            time.sleep(0.01)
        else:
            return
