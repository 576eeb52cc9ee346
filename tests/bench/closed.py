"""What TLS between proxy and portal costs the portal: the processor's time of the same, by TLS and in the clear."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Final

from portal.tls import Certificates
from storage.certifying import PORTAL, PROXY, make_certificates
from tests.bench.filled import build, put_large
from tests.bench.measure import Figure
from tests.bench.running import drains, pages, working
from tests.bench.wire import Wire

TURNS: Final = 9
_TICKS: Final = os.sysconf("SC_CLK_TCK")


def figures(folder: Path) -> list[Figure]:
    clear, closed = folder / "clear", folder / "closed"
    clear.mkdir()
    world = build(clear)
    address = f"/versions/{put_large(world, clear / 'plain').hex}/content"
    room, token = f"/rooms/{world.files['xaa'].rooms['shared']}", world.members["officer"].token
    world.portal.database.close()
    for part in ("data", "keys"):
        shutil.copytree(clear / part, closed / part)
    make_certificates(closed / "tls")
    plan = {"token": token, "page": room, "file": str(clear / "plain"), "folder": str(clear)}
    tls = {"elsewhere": {"tls_folder": str(closed / "tls" / PORTAL)}}
    with working(clear, plan) as (port, here), working(closed, plan | tls) as (other, there):
        lines = Wire(other, token, Certificates(closed / "tls" / PROXY).client()), Wire(port, token)
        page = dearness([(there, pages(lines[0], room)), (here, pages(lines[1], room))])
        download = dearness([(there, drains(lines[0], address)), (here, drains(lines[1], address))])
    same = "the same in the clear"
    return [
        Figure("processor time of that page, by TLS", page, 1.1, "ratio", same, at_most=True),
        Figure("processor time of download 200 MiB, by TLS", download, 1.5, "ratio", same, at_most=True),
    ]


def dearness(ways: list[tuple[int, Callable[[], None]]]) -> float:
    """Compare what two processes spend on something, by turns: the median of the pairs."""
    pairs = []
    for _ in range(TURNS):
        dear, cheap = (spent(process, act) for process, act in ways)
        pairs.append(dear / cheap)
    return median(pairs)


def spent(process: int, act: Callable[[], None]) -> float:
    before = seconds_of(process)
    act()
    return seconds_of(process) - before


def seconds_of(process: int) -> float:
    said = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(said[11]) + int(said[12])) / _TICKS  # of user and system
