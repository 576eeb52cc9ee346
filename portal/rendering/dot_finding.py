"""Finds the dots of the invisible mark in a picture: turned, scaled, cropped, in grey, a little warped.

How: letters are taken out; the picture's spectrum shows the lattice as peaks, at right angles and of one length,
whatever the scale and the turn; the phases of the lattice in blocks of the picture tell how it is warped; then every
dot's shift is measured, tiles are added up, and each way in which a tile may lie is tried until the check holds.
"""

from collections.abc import Iterator
from itertools import combinations
from typing import Any, Final

import numpy as np
import numpy.fft
import numpy.linalg
from PIL import Image, ImageFilter

from portal.rendering.dots import ALL_BITS, SIDE, layout, number_of

Floats = np.ndarray[Any, np.dtype[Any]]

_LONGEST: Final = 2200  # pixels: A4 at 188 dots an inch
_SPECTRUM: Final = 2048
_PITCHES: Final = (4.0, 70.0)  # pixels
_DARK: Final = 22  # darker than the paper by so much in the mean of 9 × 9 pixels: a letter
_DOT_MOST: Final = 60.0
_AROUND: Final = 32  # so far that a tile's own pattern, which is weaker, is counted among what is around a peak
_MOST_PEAK: Final = 200.0
_SQUARE: Final = 8
_CANDIDATES: Final = 4
_BLOCKS: Final = 10
_FLIPS: Final = 10  # bits that are least sure
_FLIPPED: Final = 3  # of them, at most
_HYPOTHESES: Final = 6
SIGNS: Final = ((1, 1), (1, -1), (-1, 1), (-1, -1))  # to the right and up, to the right and down, …
_LOOKED_AT: Final = 4000
_APART: Final = 6
_FLAT: Final = 1e-9
_MOST_DOTS: Final = 400_000


def find_number(picture: Image.Image) -> int | None:
    """Find the copy's number, or nothing."""
    dark = without_letters(picture)
    blurred: dict[int, Floats] = {}
    for first, second in lattices(dark):
        radius = max(0, round(0.08 / float(np.hypot(*first)) - 0.2))
        if radius not in blurred:  # so that a sample near a dot meets it
            blurred[radius] = boxed(dark, radius) if radius else dark
        number = read_lattice(dark, blurred[radius], first, second)
        if number is not None:
            return number
    return None


def without_letters(picture: Image.Image) -> Floats:
    """Give how much darker than its surroundings each pixel is, upside up as PDF counts, without letters."""
    grey = picture.convert("L")
    if max(grey.size) > _LONGEST:
        grey = grey.copy()
        grey.thumbnail((_LONGEST, _LONGEST), Image.Resampling.BOX)
    around = np.asarray(grey.filter(ImageFilter.BoxBlur(6)), dtype=np.float32)
    pixels = np.asarray(grey, dtype=np.float32)
    light = np.asarray(lightest(grey), dtype=np.float32)
    near = boxed(light - pixels, 4) > _DARK
    dark = np.clip(around - pixels, -_DOT_MOST / 4, _DOT_MOST)
    dark[near] = 0.0
    return np.ascontiguousarray(dark[::-1], dtype=np.float32)


def lightest(grey: Image.Image) -> Image.Image:
    """Give how light the paper is near each pixel."""
    squares = grey.crop((0, 0, -(-grey.width // _SQUARE) * _SQUARE, -(-grey.height // _SQUARE) * _SQUARE))
    pixels = np.asarray(squares).reshape(squares.height // _SQUARE, _SQUARE, squares.width // _SQUARE, _SQUARE)
    return (
        Image.fromarray(pixels.max(axis=(1, 3))).resize(squares.size, Image.Resampling.NEAREST).crop((0, 0, *grey.size))
    )


def lattices(dark: Floats) -> Iterator[tuple[Floats, Floats]]:
    """Give the pairs of frequencies (x, y; a pixel) at which there may be a lattice, the likeliest first."""
    size = _SPECTRUM
    part = dark[:size, :size]
    window = np.outer(np.hanning(part.shape[0]), np.hanning(part.shape[1])).astype(np.float32)
    spectrum = np.abs(np.fft.fftshift(np.fft.fft2((part * window).astype(np.float32), (size, size)))).astype(np.float32)
    middle = size // 2
    whole = spectrum[1:, 1:]  # of odd size: turns about its middle
    middle -= 1
    peaks = np.minimum(whole / (boxed(whole, _AROUND) + 1e-6), _MOST_PEAK)
    peaks = np.maximum(peaks, np.maximum(np.roll(peaks, 1, 0), np.roll(peaks, -1, 0)))
    peaks = np.maximum(peaks, np.maximum(np.roll(peaks, 1, 1), np.roll(peaks, -1, 1)))
    reach = int(middle / 1.5)
    ky, kx = np.mgrid[0 : reach + 1, -reach : reach + 1]
    radius = np.hypot(kx, ky)
    inside = (radius >= size / _PITCHES[1]) & (radius <= min(size / _PITCHES[0], reach / 1.0)) & (kx > 0)
    ky, kx = ky[inside], kx[inside]

    def at(x: Floats, y: Floats) -> Floats:
        ok = (np.abs(x) < middle) & (np.abs(y) < middle)
        found: Floats = np.where(ok, peaks[np.where(ok, y, 0) + middle, np.where(ok, x, 0) + middle], 1.0)
        return found

    score = np.log(at(kx, ky)) + np.log(at(-ky, kx))
    score += 0.5 * (np.log(at(kx - ky, ky + kx)) + np.log(at(kx + ky, ky - kx)))
    score += 0.5 * (np.log(at(3 * kx, 3 * ky)) + np.log(at(-3 * ky, 3 * kx)))
    taken: list[tuple[int, int]] = []
    for best in np.argsort(score)[::-1][:_LOOKED_AT]:
        x, y = int(kx[best]), int(ky[best])
        if all(abs(x - a) + abs(y - b) > _APART for a, b in taken):
            taken.append((x, y))
            yield refined(dark, x / size, y / size), refined(dark, -y / size, x / size)
        if len(taken) == _CANDIDATES:
            return


def refined(dark: Floats, fx: float, fy: float) -> Floats:
    """Find where near a frequency the picture has most of it."""
    height, width = dark.shape
    for step in (1 / _SPECTRUM / 4, 1 / _SPECTRUM / 20):
        around = np.arange(-6, 7) * step
        rows = np.exp(-2j * np.pi * np.outer(fy + around, np.arange(height))).astype(np.complex64)
        columns = np.exp(-2j * np.pi * np.outer(np.arange(width), fx + around)).astype(np.complex64)
        power = np.abs(rows @ dark @ columns)
        y, x = np.unravel_index(int(power.argmax()), power.shape)
        fx, fy = fx + float(around[x]), fy + float(around[y])
    return np.array([fx, fy])


def phases(dark: Floats, frequency: Floats, across: int, down: int) -> Floats:
    """Give the lattice's strength and phase, as complex numbers, in blocks of the picture."""
    height, width = dark.shape
    rows = np.exp(-2j * np.pi * frequency[1] * np.arange(height)).astype(np.complex64)
    columns = np.exp(-2j * np.pi * frequency[0] * np.arange(width)).astype(np.complex64)
    waves = dark * rows[:, None] * columns[None, :]
    waves = np.add.reduceat(waves, np.arange(down) * height // down, axis=0)
    found: Floats = np.add.reduceat(waves, np.arange(across) * width // across, axis=1)
    padded = np.pad(found, 1)
    smooth: Floats = sum(
        (
            weight * padded[1 + y : 1 + y + down, 1 + x : 1 + x + across]
            for y in (-1, 0, 1)
            for x in (-1, 0, 1)
            for weight in [(2 - abs(y)) * (2 - abs(x))]
        ),
        start=np.zeros_like(found),
    )
    return smooth


def read_lattice(dark: Floats, blurred: Floats, first: Floats, second: Floats) -> int | None:
    """Measure the shifts of all dots of a lattice, and read what they say."""
    basis = np.array([first, second])
    if abs(np.linalg.det(basis)) < _FLAT:
        return None
    height, width = dark.shape
    back = np.linalg.inv(basis)
    corners = np.array([[x, y] for x in (0, width) for y in (0, height)]) @ basis.T
    low, high = np.floor(corners.min(axis=0)).astype(int) - 1, np.ceil(corners.max(axis=0)).astype(int) + 1
    columns, rows = np.meshgrid(np.arange(low[0], high[0] + 1), np.arange(low[1], high[1] + 1))
    if columns.size > _MOST_DOTS:
        return None
    cells = np.stack([columns.ravel(), rows.ravel()])
    energy, inside = measured(blurred, middles(dark, basis, back, cells), back)
    if not inside.any():
        return None
    sums = np.zeros((2, SIDE, SIDE))
    for axis in (0, 1):
        shift = np.sum([energy[signs] * signs[axis] for signs in SIGNS], axis=0) * inside
        limit = 2.5 * float(np.abs(shift[inside]).mean()) + 1e-6
        np.add.at(sums[axis], (cells[1] % SIDE, cells[0] % SIDE), np.clip(shift, -limit, limit))
    return decoded(sums)


def middles(dark: Floats, basis: Floats, back: Floats, cells: Floats) -> Floats:
    """Give where the middle of each dot is: where f·x and the lattice's local phase are whole."""
    height, width = dark.shape
    across, down = min(_BLOCKS, max(1, width // 64)), min(_BLOCKS, max(1, height // 64))
    shift = [unwound(np.angle(phases(dark, one, across, down)) / (2 * np.pi)) for one in basis]
    places = back @ cells
    for _ in range(2):
        places = back @ (cells - np.stack([interpolated(one, places, width, height) for one in shift]))
    return places


def measured(blurred: Floats, places: Floats, back: Floats) -> tuple[dict[tuple[int, int], Floats], Floats]:
    """Give how dark it is where each dot may be, and for which of them all four places lie on the picture."""
    inside = np.ones(places.shape[1], dtype=bool)
    energy = {}
    for signs in SIGNS:
        energy[signs], there = sampled(blurred, places + back @ (np.array(signs)[:, None] / 8))
        inside &= there
    return energy, inside


def unwound(shift: Floats) -> Floats:
    """Let phases of neighbouring blocks differ by less than half a turn, from the middle outwards."""
    turned = np.unwrap(shift, period=1.0, axis=0)
    middle = turned.shape[0] // 2
    along = np.unwrap(turned[middle], period=1.0)
    result: Floats = turned + (along - turned[middle])[None, :]
    return result


def interpolated(field: Floats, places: Floats, width: int, height: int) -> Floats:
    """Give a block's value at each place, in between by straight lines."""
    down, across = field.shape
    x = np.clip(places[0] / width * across - 0.5, 0, across - 1)
    y = np.clip(places[1] / height * down - 0.5, 0, down - 1)
    return bilinear(field, x, y)


def bilinear(field: Floats, x: Floats, y: Floats) -> Floats:
    """Give a field's values between its points."""
    x0 = np.clip(np.floor(x).astype(int), 0, max(field.shape[1] - 2, 0))
    y0 = np.clip(np.floor(y).astype(int), 0, max(field.shape[0] - 2, 0))
    x1, y1 = np.minimum(x0 + 1, field.shape[1] - 1), np.minimum(y0 + 1, field.shape[0] - 1)
    a, b = x - x0, y - y0
    result: Floats = (field[y0, x0] * (1 - a) + field[y0, x1] * a) * (1 - b)
    result += (field[y1, x0] * (1 - a) + field[y1, x1] * a) * b
    return result


def boxed(field: Floats, radius: int) -> Floats:
    """Give the mean around each point."""
    for axis in (0, 1):
        edges = [(radius + 1, radius) if one == axis else (0, 0) for one in (0, 1)]
        sums = np.cumsum(np.pad(field, edges, mode="edge"), axis=axis, dtype=np.float64)
        size = field.shape[axis]
        ends = [np.take(sums, np.arange(size) + begin, axis=axis) for begin in (2 * radius + 1, 0)]
        field = (ends[0] - ends[1]) / (2 * radius + 1)
    return field


def sampled(field: Floats, places: Floats) -> tuple[Floats, Floats]:
    """Give the values at places, and which of them lie on the picture."""
    height, width = field.shape
    ok = (places[0] >= 0) & (places[0] <= width - 1) & (places[1] >= 0) & (places[1] <= height - 1)
    return bilinear(field, np.clip(places[0], 0, width - 1), np.clip(places[1], 0, height - 1)), ok


def decoded(sums: Floats) -> int | None:
    """Try each way in which a tile may lie."""
    marks = layout()
    bit = np.array([one for one, _ in marks])
    mask = np.array([-1.0 if opposite else 1.0 for _, opposite in marks])
    softs = []
    right, up = sums
    for _ in range(4):
        for row in range(SIDE):
            for column in range(SIDE):
                tile = np.roll(np.stack([right, up], axis=-1), (-row, -column), axis=(0, 1)).reshape(-1)
                softs.append(np.bincount(bit, tile * mask, ALL_BITS))
        # a quarter turn to the left of the picture: what was up is left, what was right is up
        right, up = -np.rot90(up, -1), np.rot90(right, -1)
    likely = sorted(softs, key=lambda soft: -float(np.abs(soft).sum()))[:_HYPOTHESES]
    return next((number for soft in likely if (number := corrected(soft)) is not None), None)


def corrected(soft: Floats) -> int | None:
    """Read bits that are more or less sure; those that are least sure are tried both ways."""
    hard = (soft > 0).astype(int)
    doubtful = np.argsort(np.abs(soft))[:_FLIPS]
    for count in range(_FLIPPED + 1):
        for flips in combinations(doubtful, count):
            tried = hard.copy()
            tried[list(flips)] ^= 1
            if (number := number_of(tried.tolist())) is not None:
                return number
    return None
