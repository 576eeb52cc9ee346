"""The picture of a page: black on white at 300 dots an inch, and what has colours or greys at 200 over it.

Text and lines take about 70 kB a page as ITU-T T.6. Where a band of the page has colours or greys, their rectangle is
a picture of its own, with 16 colours where these do and as JPEG where they don't, and white lies beneath. What is
nearly white becomes white, and no picture has data of its own besides its points.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from portal.publishing import drawing
from portal.publishing.drawing import Pixels
from portal.publishing.seeing import Sight

_FINER: Final = 1.5  # 300 to 200 dots an inch
_BAND: Final = 64  # pixels at 200
_FINE_BAND: Final = 96
_ROOM: Final = 16
_DARK: Final = 96
_LIGHT: Final = 224  # 31 below white: SEEN
_BLACK_BELOW: Final = 160
_COLOURED: Final = 40
_SPECKS: Final = 12
_WHITE_FROM: Final = 224
_COLOURS: Final = 16
_BARELY: Final = 2.5  # of 255, on average: what 16 colours may be off
_QUALITY: Final = 70
_STRIP: Final = 273  # TIFF's StripOffsets
_STRIP_BYTES: Final = 279


@dataclass(frozen=True)
class Picture:
    """An image for a PDF file: `entries` of its dictionary, `data`, and where it lies, from 0 to 1, y down."""

    entries: str
    data: bytes
    left: float
    top: float
    right: float
    bottom: float


def pictures_of(sight: Sight) -> list[Picture]:
    """Return what a page shows, as few small pictures."""
    fine = drawing.draw(sight.page, sight.canvas.scale * _FINER)
    soft = _soft(fine)
    dark = _grey(fine) < _BLACK_BELOW
    height, width = dark.shape
    coloured = []
    for rows, columns in _regions(soft, sight.picture):
        dark[_fine(rows, height), _fine(columns, width)] = False
        coloured.append(_coloured(sight.picture, rows, columns))
    plain = [Picture(_bitonal_entries(dark), _t6(dark), 0, 0, 1, 1)] if dark.any() else []
    return plain + coloured


def _grey(picture: Pixels) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(picture).convert("L"))


def _soft(picture: Pixels) -> NDArray[np.bool_]:
    """Return the pixels that black on white can't show: colours, and greys that are no edge of something dark."""
    grey = _grey(picture)
    red, green, blue = (picture[:, :, colour] for colour in range(3))
    spread = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    near = grey < _DARK
    for axis in (0, 1):
        for _ in range(2):
            near = _widened(near, axis)
    soft: NDArray[np.bool_] = ((spread >= _COLOURED) & (grey < _WHITE_FROM)) | ((grey < _LIGHT) & ~near)
    return soft


def _widened(mask: NDArray[np.bool_], axis: int) -> NDArray[np.bool_]:
    wide = mask.copy()
    ahead, behind = [slice(None)] * 2, [slice(None)] * 2
    ahead[axis], behind[axis] = slice(1, None), slice(None, -1)
    wide[tuple(ahead)] |= mask[tuple(behind)]
    wide[tuple(behind)] |= mask[tuple(ahead)]
    return wide


def _regions(soft: NDArray[np.bool_], picture: Pixels) -> Iterator[tuple[slice, slice]]:
    """Return the rectangles of the coarser picture that have colours or greys, from the top."""
    height, width = picture.shape[:2]
    bands = [soft[at : at + _FINE_BAND].sum() > _SPECKS for at in range(0, len(soft), _FINE_BAND)]
    start = None
    for band, is_soft in enumerate([*bands, False]):
        if is_soft and start is None:
            start = band
        if not is_soft and start is not None:
            columns = np.flatnonzero(soft[start * _FINE_BAND : band * _FINE_BAND].any(axis=0))
            left = max(int(columns[0] / _FINER) - _ROOM, 0)
            right = min(int(columns[-1] / _FINER) + _ROOM, width)
            top, bottom = start * _BAND, min(band * _BAND, height)
            if top < bottom:
                yield slice(top, bottom), slice(left, right)
            start = None


def _fine(part: slice, length: int) -> slice:
    stop = length if part.stop * _FINER > length - _FINER else round(part.stop * _FINER)
    return slice(round(part.start * _FINER), stop)


def _coloured(picture: Pixels, rows: slice, columns: slice) -> Picture:
    part = picture[rows, columns].copy()
    part[(part >= _WHITE_FROM).all(axis=2)] = 255
    image = Image.fromarray(part)
    few = image.quantize(_COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    off = np.abs(np.asarray(few.convert("RGB"), dtype=np.int16) - part).mean()
    height, width = picture.shape[:2]
    place = (columns.start / width, rows.start / height, columns.stop / width, rows.stop / height)
    if off > _BARELY:
        return _jpeg(image, place)
    return _indexed(few, place)


def _jpeg(image: Image.Image, place: tuple[float, float, float, float]) -> Picture:
    out = BytesIO()
    image.save(out, "JPEG", quality=_QUALITY, optimize=True)
    entries = f"{_size(image.width, image.height)} /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode"
    return Picture(entries, out.getvalue(), *place)


def _indexed(image: Image.Image, place: tuple[float, float, float, float]) -> Picture:
    palette = bytes(image.getpalette() or [])[: 3 * _COLOURS].ljust(3 * _COLOURS, b"\0")
    colours = np.asarray(image, dtype=np.uint8)
    colours = np.pad(colours, ((0, 0), (0, colours.shape[1] % 2)))
    data = zlib.compress((colours[:, ::2] << 4 | colours[:, 1::2]).astype(np.uint8).tobytes(), 9)
    entries = (
        f"{_size(image.width, image.height)} /ColorSpace [/Indexed /DeviceRGB {_COLOURS - 1} <{palette.hex()}>] "
        "/BitsPerComponent 4 /Filter /FlateDecode"
    )
    return Picture(entries, data, *place)


def _size(width: int, height: int) -> str:
    return f"/Width {width} /Height {height}"


def _bitonal_entries(dark: NDArray[np.bool_]) -> str:
    height, width = dark.shape
    parameters = f"<< /K -1 /Columns {width} /Rows {height} /BlackIs1 true >>"
    return (
        f"{_size(width, height)} /ColorSpace /DeviceGray /BitsPerComponent 1 /Filter /CCITTFaxDecode "
        f"/DecodeParms {parameters}"
    )


def _t6(dark: NDArray[np.bool_]) -> bytes:
    """Pack black and white as ITU-T T.6: Pillow writes it as the one strip of a TIFF file."""
    out = BytesIO()
    image = Image.fromarray(~dark)
    image.save(out, "TIFF", compression="group4", tiffinfo={278: dark.shape[0]})  # RowsPerStrip
    with Image.open(BytesIO(out.getvalue())) as tiff:
        tags = tiff.tag_v2  # type: ignore[attr-defined]
        offsets, lengths = tags[_STRIP], tags[_STRIP_BYTES]
        photometric = tags[262]
    if len(offsets) != 1 or photometric not in {0, 1}:
        raise RuntimeError("the picture has more than one strip")
    return out.getvalue()[offsets[0] : offsets[0] + lengths[0]]
