"""Where the visible mark stands on a page: slanted across all of it, and as a line at the lower and upper edge.

Coordinates are points of the page as it is seen, turned and cropped, from its lower left corner.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

SLANT: Final = math.radians(30)
TILE_OPACITY: Final = 0.16
LINE_OPACITY: Final = 0.75
_TILE_PART: Final = 0.42  # of the page's shorter side
_LINE_PART: Final = 0.92  # of the page's width
_EDGE_PART: Final = 0.008
_USUAL_SIDE: Final = 595.0  # where a mark has its own size: A4
_LONGEST_STRIP: Final = 8  # a longer one has so few tiles as this, however thin it is
_ALONG: Final = 1.2
_ACROSS: Final = 0.19  # of the shorter side


@dataclass(frozen=True, slots=True)
class Place:
    """Where a piece of the mark is drawn: its lower left corner, its size as a factor, its angle in radians."""

    x: float
    y: float
    scale: float
    angle: float = 0.0

    @property
    def matrix(self) -> tuple[float, float, float, float, float, float]:
        """The place as a matrix of PDF."""
        cos, sin = math.cos(self.angle) * self.scale, math.sin(self.angle) * self.scale
        return cos, sin, -sin, cos, self.x, self.y


def tile_places(page: tuple[float, float], tile: tuple[float, float]) -> Iterator[Place]:
    """Spread a piece over a page in slanted rows, every second of which begins half a step later."""
    width, height = page
    shorter = max(min(page), max(page) / _LONGEST_STRIP)
    scale = min(_TILE_PART * shorter / tile[0], 1.4 * shorter / _USUAL_SIDE)
    along, across = tile[0] * scale * _ALONG, max(_ACROSS * shorter, tile[1] * scale * 1.6)
    cos, sin = math.cos(SLANT), math.sin(SLANT)
    reach = math.hypot(width, height) / 2
    rows, columns = math.ceil(reach / across), math.ceil(reach / along) + 1
    for row in range(-rows, rows + 1):
        for column in range(-columns, columns + 1):
            u, v = (column + row % 2 / 2) * along, row * across
            x, y = width / 2 + u * cos - v * sin, height / 2 + u * sin + v * cos
            if 0 <= x <= width and 0 <= y <= height:
                half, up = tile[0] * scale / 2, tile[1] * scale / 2
                yield Place(x - half * cos + up * sin, y - half * sin - up * cos, scale, SLANT)


def line_places(page: tuple[float, float], line: tuple[float, float]) -> Iterator[Place]:
    """Put a line at the lower and the upper edge of a page."""
    width, height = page
    scale = min(_LINE_PART * width / line[0], min(page) / _USUAL_SIDE)
    x, edge = (width - line[0] * scale) / 2, _EDGE_PART * height
    yield Place(x, edge, scale)
    yield Place(x, height - edge - line[1] * scale, scale)
