"""The invisible mark: faint dots all over a page, whose small shifts write the copy's number.

Dots lie on a square lattice, one every 6 points, that is turned against the page so that neither lines of letters nor
tables look like it. Each is shifted by an eighth of that in both directions, right or left and up or down: two bits.
A tile of 14 × 14 dots holds the 64 bits of the number and the 32 of its check about four times, each time in other
places and under another mask, and tiles cover the page. So a few centimetres of a page have all of it, and what
letters or pictures cover in one place is found in another.
"""

import hashlib
import math
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final

from portal.domain.copies import BITS, check_of

PITCH: Final = 6.0  # points
SHIFT: Final = PITCH / 8
SIDE: Final = 14  # dots of a tile
TILE: Final = PITCH * SIDE
TURN: Final = math.atan(0.25)
CHECK_BITS: Final = 32
ALL_BITS: Final = BITS + CHECK_BITS
SYMBOLS: Final = 2 * SIDE * SIDE


@cache
def layout() -> tuple[tuple[int, bool], ...]:
    """Give, for each shift of a tile, which bit it writes and whether it writes its opposite.

    Shifts are numbered dot by dot, from the lower left corner, to the right and then up; right or left comes first.
    """
    order = sorted(range(SYMBOLS), key=lambda at: hashlib.sha256(b"dots %d" % at).digest())
    found = [(0, False)] * SYMBOLS
    for rank, at in enumerate(order):
        found[at] = rank % ALL_BITS, bool(hashlib.sha256(b"mask %d" % at).digest()[0] & 1)
    return tuple(found)


def bits_of(number: int) -> list[int]:
    """Give the bits that a tile writes."""
    value = number << CHECK_BITS | check_of(number)
    return [value >> place & 1 for place in reversed(range(ALL_BITS))]


def number_of(bits: Sequence[int]) -> int | None:
    """Read the number from a tile's bits, or tell that they are none."""
    value = 0
    for bit in bits:
        value = value << 1 | int(bit)
    number = value >> CHECK_BITS
    return number if check_of(number) == value & (1 << CHECK_BITS) - 1 else None


def dots(number: int) -> Iterator[tuple[float, float]]:
    """Give the middles of a tile's dots in points."""
    bits = bits_of(number)
    signs = [1 if bits[bit] != opposite else -1 for bit, opposite in layout()]
    for at in range(SIDE * SIDE):
        row, column = divmod(at, SIDE)
        yield (
            (column + 0.5) * PITCH + SHIFT * signs[2 * at],
            (row + 0.5) * PITCH + SHIFT * signs[2 * at + 1],
        )


def turned(corner: tuple[float, float]) -> tuple[float, ...]:
    """Give the matrix of PDF that puts a tile at its corner."""
    return math.cos(TURN), math.sin(TURN), -math.sin(TURN), math.cos(TURN), *corner


def tiles(page: tuple[float, float]) -> Iterator[tuple[float, float]]:
    """Give the lower left corners of the turned tiles that cover a page."""
    cos, sin = math.cos(TURN), math.sin(TURN)
    width, height = page
    corners = [(x * cos + y * sin, y * cos - x * sin) for x in (0.0, width) for y in (0.0, height)]
    columns = [math.floor(edge(u for u, _ in corners) / TILE) for edge in (min, max)]
    rows = [math.floor(edge(v for _, v in corners) / TILE) for edge in (min, max)]
    for row in range(rows[0], rows[1] + 1):
        for column in range(columns[0], columns[1] + 1):
            u, v = column * TILE, row * TILE
            ends = [(a * cos - b * sin, a * sin + b * cos) for a in (u, u + TILE) for b in (v, v + TILE)]
            xs, ys = [x for x, _ in ends], [y for _, y in ends]
            if max(xs) > 0 and min(xs) < width and max(ys) > 0 and min(ys) < height:
                yield u * cos - v * sin, u * sin + v * cos
