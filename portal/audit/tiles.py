"""The addresses of tiles (C2SP tlog-tiles): `<level>/<number>[.p/<width>]`, the number in groups of three figures."""

import re
from typing import Final

from portal.audit.notes import Malformed
from portal.audit.tree import MOST_SIZE, WIDTH

ENTRIES: Final = "entries"  # in place of the level: the entries below a tile of level 0
MOST_NUMBER: Final = MOST_SIZE // WIDTH
_TILE: Final = re.compile(r"(entries|[0-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


def tile_path(level: int | str, number: int, width: int = WIDTH) -> str:
    """Write the address of a tile."""
    groups = [f"{number % 1000:03}"]
    while number := number // 1000:
        groups.append(f"x{number % 1000:03}")
    return f"{level}/{'/'.join(reversed(groups))}" + (f".p/{width}" if width < WIDTH else "")


def parse_tile(path: str) -> tuple[int | None, int, int]:
    """Read the address of a tile: its level (None: entries), number and width.

    Raises:
        Malformed: It is none, or not in its one spelling.

    """
    found = _TILE.fullmatch(path)
    if found is None:
        raise Malformed("this is no tile's address")
    level, width = found[1], int(found[3] or WIDTH)
    number = int(found[2].replace("x", "").replace("/", ""))
    if number > MOST_NUMBER:
        raise Malformed("no tree has so many tiles")
    if path != tile_path(level, number, width):
        raise Malformed("this isn't the one spelling of a tile's address")
    return None if level == ENTRIES else int(level), number, width
