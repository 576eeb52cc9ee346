"""Whether what is drawn looks like the letter that the file says it is.

A file can draw one word and tell a screen reader another. So the pixels of each letter are held against the letters of
six Latin, Cyrillic and Greek faces, two Arabic ones and a Chinese one (`shapes.bin`, drawn by `faces.py`): the letter
that is claimed has to fit nearly as well as the one that fits best. Letters that aren't there fit nothing.
"""

import unicodedata
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from portal.publishing.outlines import FILE, Shape, shape_of, unpacked

_GAP: Final = 0.15
_ASPECT: Final = 0.25
_MOST_ASPECT: Final = 2.0
_OTHER_HAN: Final = 12  # each twelfth Chinese character stands for the others
_PER_WRONG: Final = 3  # letters of a word for each one that may fit badly
_AT_ONCE: Final = 500


class _Faces:
    """The letters of the known faces."""

    def __init__(self, file: bytes) -> None:
        labels, shapes = unpacked(file)
        self._aspects = np.array([shape.aspect for shape in shapes], dtype=np.float32)
        self._pixels = _even(np.stack([shape.pixels for shape in shapes]))
        self._places: dict[str, list[int]] = {}
        for place, label in enumerate(labels):
            self._places.setdefault(label, []).append(place)
        han = [place for place, label in enumerate(labels) if label >= "\u2e80"]
        self._others = np.array(sorted({*range(len(labels))} - {*han} | {*han[::_OTHER_HAN]}))

    def fit(self, said: str, pixels: NDArray[np.float32], aspects: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return how well a letter fits each of the shapes."""
        places = self._places.get(said)
        if places is None:
            return np.full(len(pixels), -np.inf, dtype=np.float32)
        fits: NDArray[np.float32] = self._scores(pixels, aspects, np.array(places)).max(axis=1)
        return fits

    def best(self, pixels: NDArray[np.float32], aspects: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return how well the letter fits that fits best, for each shape."""
        steps = range(0, len(pixels), _AT_ONCE)
        parts = [
            self._scores(pixels[at : at + _AT_ONCE], aspects[at : at + _AT_ONCE], self._others).max(axis=1)
            for at in steps
        ]
        return np.concatenate(parts)

    def _scores(
        self, pixels: NDArray[np.float32], aspects: NDArray[np.float64], places: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        apart = np.abs(aspects[:, None].astype(np.float32) - self._aspects[places][None])
        scores: NDArray[np.float32] = pixels @ self._pixels[places].T - _ASPECT * np.minimum(apart, _MOST_ASPECT)
        return scores


def _even(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    centred = pixels - pixels.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    even: NDArray[np.float32] = centred / np.maximum(lengths, np.float32(1e-3))
    return even


_FACES: Final = _Faces(FILE.read_bytes())  # read at import: in a confined process no file opens afterwards


def words_fit(words: Sequence[Sequence[tuple[str, NDArray[np.bool_]]]]) -> list[bool]:
    """Tell of each word whether it looks like what it is said to be; of three letters one may fit badly.

    Args:
        words: what each letter or ligature of a word is said to be, with its pixels, upright and at least one.
    """
    flat = [(said, shape_of(mask)) for word in words for said, mask in word]
    if not flat:
        return [False for _ in words]
    fits = iter(zip(_fits([said for said, _ in flat], [shape for _, shape in flat]), flat, strict=True))
    answers = []
    for word in words:
        judged = [(fit, said) for _, (fit, (said, _)) in zip(word, fits, strict=False) if not _is_mark(said)]
        wrong = sum(len(said) for fit, said in judged if not fit)
        answers.append(bool(judged) and wrong <= sum(len(said) for _, said in judged) // _PER_WRONG)
    return answers


def _is_mark(said: str) -> bool:
    return all(map(unicodedata.combining, said))


def _fits(said: list[str], shapes: list[Shape]) -> list[bool]:
    pixels = _even(np.stack([shape.pixels for shape in shapes]))
    aspects = np.array([shape.aspect for shape in shapes])
    own = np.empty(len(said), dtype=np.float32)
    places: dict[str, list[int]] = {}
    for place, letter in enumerate(said):
        places.setdefault(letter, []).append(place)
    for letter, where in places.items():
        own[where] = _FACES.fit(letter, pixels[where], aspects[where])
    fits: list[bool] = (own >= _FACES.best(pixels, aspects) - _GAP).tolist()
    return fits
