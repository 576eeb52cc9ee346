"""What tells one letter’s pixels from another’s, and the file that keeps it for the letters of known faces."""

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

FILE: Final = Path(__file__).with_name("shapes.bin")
_SIDE: Final = 16
_LEVELS: Final = 4
_SHIFTS: Final = (6, 4, 2, 0)
_COUNT_BYTES: Final = 4


@dataclass(frozen=True)
class Shape:
    """What a letter's pixels are like: `pixels` of 16 by 16, and the logarithm of width to height."""

    pixels: NDArray[np.float32]
    aspect: float


def shape_of(mask: NDArray[np.bool_]) -> Shape:
    """Reduce the pixels of a letter, at least one, to what tells it from others."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    cropped = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    image = Image.fromarray(cropped.astype(np.uint8) * 255).resize((_SIDE, _SIDE), Image.Resampling.BOX)
    pixels = np.asarray(image, dtype=np.float32).reshape(-1)
    return Shape(pixels, float(np.log(cropped.shape[1] / cropped.shape[0])))


def packed(labels: Sequence[str], shapes: Sequence[Shape]) -> bytes:
    """Write shapes as the file that `unpacked` reads: four levels for each pixel."""
    levels = np.round(np.stack([shape.pixels for shape in shapes]) / 255 * (_LEVELS - 1)).astype(np.uint8)
    four = levels[:, ::4] << 6 | levels[:, 1::4] << 4 | levels[:, 2::4] << 2 | levels[:, 3::4]
    aspects = np.array([shape.aspect for shape in shapes], dtype="<f2")
    names = json.dumps(list(labels)).encode()
    head = len(names).to_bytes(_COUNT_BYTES, "big") + names
    return zlib.compress(head + aspects.tobytes() + four.astype(np.uint8).tobytes(), 9)


def unpacked(file: bytes) -> tuple[list[str], list[Shape]]:
    """Read what `packed` wrote."""
    data = zlib.decompress(file)
    length = int.from_bytes(data[:_COUNT_BYTES], "big")
    labels: list[str] = json.loads(data[_COUNT_BYTES : _COUNT_BYTES + length])
    rest = data[_COUNT_BYTES + length :]
    aspects = np.frombuffer(rest, "<f2", len(labels))
    four = np.frombuffer(rest, np.uint8, offset=aspects.nbytes).reshape(len(labels), -1)
    levels = np.stack([four >> shift & 3 for shift in _SHIFTS], axis=2).reshape(len(labels), -1).astype(np.float32)
    return labels, [Shape(row, float(aspect)) for row, aspect in zip(levels, aspects, strict=True)]
