"""What a person sees on a page, decided by its pixels and not by what the file says of itself.

1. Texts and pictures are switched off, those apart from one another together, and the page is drawn anew. What
   changes no pixel by at least 32 of 255, the lightest grey that reads on white, nobody sees; nor text under 3 points.
2. What nobody sees is switched off before the page's picture is taken, so that no contrast brings it back. Should that
   change the picture by more, they are switched off one after the other, and what then shows stays.
3. A word is readable if each of its letters shows at least half of its ink, over most of its height and width, and
   looks like the letter that the file says it is (`shapes.py`). All other words stay in the picture alone.
"""

import math
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pypdfium2
from numpy.typing import NDArray

from portal.publishing import drawing
from portal.publishing.drawing import IMAGE, TEXT, Canvas, Pixels
from portal.publishing.letters import Letter, letters_of
from portal.publishing.shapes import words_fit

SEEN: Final = 32
SEEN_BLUE: Final = 54
TINY: Final = 3.0  # points
_MOST_GROUPS: Final = 12
_MOST_SINGLE: Final = 60
_INK: Final = 96
_SHARE: Final = 0.5
_SPAN: Final = 0.7
_DOTS: Final = 3
_GRID: Final = 2
_EMPTY: Final = np.zeros((1, 1), dtype=np.bool_)


@dataclass(frozen=True)
class Word:
    """A word of a page; `letters` are in order of reading."""

    text: str
    letters: tuple[Letter, ...]
    line: int


@dataclass(frozen=True)
class Sight:
    """A page as a person sees it.

    `words` are readable; `hidden` nobody sees; `unsure` are others, which the picture alone may show. What nobody sees
    is switched off in `page`, and `picture` is drawn without it.
    """

    page: pypdfium2.PdfPage
    canvas: Canvas
    picture: Pixels
    words: tuple[Word, ...]
    hidden: tuple[Word, ...]
    unsure: tuple[Word, ...]
    hidden_images: int


def see(document: pypdfium2.PdfDocument, number: int) -> Sight:
    """Look at a page by its number from 1.

    Raises:
        Unpublishable: It can't be drawn.
    """
    page = drawing.load_page(document, number)
    canvas = drawing.canvas_of(page)
    lines = letters_of(page, canvas)
    things = drawing.objects_of(page)
    texts = _texts(lines)
    tiny = {thing for thing, letters in texts.items() if all(_size(letter, canvas) < TINY for letter in letters)}
    drawing.switch((things[thing][0] for thing in tiny if thing in things), on=False)
    sizeable = {thing: letters for thing, letters in texts.items() if thing not in tiny and thing in things}
    look = _Look(page, canvas, things, sizeable)
    look.take()
    claims = drawing.draw_claims(document, number, canvas.scale)
    words, hidden, unsure = _read(lines, look, claims, tiny)
    picture = drawing.draw(page, canvas.scale)  # anew: what nobody sees is switched off by now
    return Sight(page, canvas, picture, words, hidden, unsure, len(look.unseen_images))


def _texts(lines: list[list[list[Letter]]]) -> dict[int, list[Letter]]:
    found: dict[int, list[Letter]] = {}
    for line in lines:
        for word in line:
            for letter in word:
                found.setdefault(letter.thing, []).append(letter)
    return found


def _size(letter: Letter, canvas: Canvas) -> float:
    return letter.size / canvas.scale


def differs(one: Pixels, other: Pixels) -> NDArray[np.bool_]:
    """Return which pixels of two pictures a person tells apart; the eye makes little of blue."""
    apart = np.maximum(one, other) - np.minimum(one, other)
    seen: NDArray[np.bool_] = (apart[:, :, 0] >= SEEN) | (apart[:, :, 1] >= SEEN) | (apart[:, :, 2] >= SEEN_BLUE)
    return seen


class _Look:
    """Finds what of a page changes its picture."""

    def __init__(
        self,
        page: pypdfium2.PdfPage,
        canvas: Canvas,
        things: dict[int, tuple[Any, int]],
        texts: dict[int, list[Letter]],
    ) -> None:
        self._page, self._canvas, self._things = page, canvas, things
        self._texts = texts
        self.picture = drawing.draw(page, canvas.scale)
        self._changes: dict[int, NDArray[np.bool_]] = {}
        self.unseen: set[int] = set()
        self.unseen_images: set[int] = set()

    def seen(self, letter: Letter) -> NDArray[np.bool_] | None:
        """Return which pixels of a letter's box the letter makes, or None if that can't be told."""
        change = self._changes.get(letter.thing)
        return None if change is None else change[cut(letter.box, self.picture)]

    def take(self) -> None:
        """Look at each object, and switch those off that nobody sees."""
        self._judge(set(self._texts))
        self._judge_images()
        off = self.unseen | self.unseen_images
        self._switch(off, on=False)
        if not off or self._unchanged():
            return
        self._switch(off, on=True)
        self._singly(off)

    def _singly(self, off: set[int]) -> None:
        kept = [thing for thing in self._things if thing in off]
        for thing in kept[:_MOST_SINGLE]:
            self._switch({thing}, on=False)
            if self._unchanged():
                continue
            self._switch({thing}, on=True)
            self.unseen.discard(thing)
            self.unseen_images.discard(thing)
        late = set(kept[_MOST_SINGLE:])
        self.unseen -= late
        self.unseen_images -= late
        self._judge({thing for thing in off & set(self._texts) if thing not in self.unseen})

    def _switch(self, things: Iterable[int], *, on: bool) -> None:
        drawing.switch((self._things[thing][0] for thing in things if thing in self._things), on=on)

    def _unchanged(self) -> bool:
        return not bool(differs(self.picture, self._drawn()).any())

    def _drawn(self) -> Pixels:
        return drawing.draw(self._page, self._canvas.scale)

    def _change(self, things: Iterable[int]) -> NDArray[np.bool_]:
        listed = list(things)
        self._switch(listed, on=False)
        try:
            return differs(self.picture, self._drawn())
        finally:
            self._switch(listed, on=True)

    def _judge(self, texts: set[int]) -> None:
        """Find the texts that nobody sees, groups of them at once, and those alone that fit into no group."""
        groups, left = _apart({thing: self._texts[thing] for thing in self._texts if thing in texts}, self.picture)
        for things in groups:
            change = self._change(things)
            for thing in things:
                self._note(thing, change)
                if not any(change[cut(letter.reach, self.picture)].any() for letter in self._texts[thing]):
                    self.unseen.add(thing)
        mute = [thing for thing, (_, kind) in self._things.items() if kind == TEXT and thing not in self._texts]
        for things in (left, mute):
            self.unseen |= self._unseen_of(things)

    def _unseen_of(self, things: list[int]) -> set[int]:
        """Return which of some objects nobody sees; of more than can be drawn one by one, the others are seen."""
        if not things:
            return set()
        change = self._change(things)
        if not change.any():
            return set(things)
        unseen = set()
        for thing in things[:_MOST_SINGLE]:
            change = self._change([thing])
            self._note(thing, change)
            if not change.any():
                unseen.add(thing)
        return unseen

    def _note(self, thing: int, change: NDArray[np.bool_]) -> None:
        if thing in self._texts:
            self._changes[thing] = change

    def _judge_images(self) -> None:
        self.unseen_images = self._unseen_of([thing for thing, (_, kind) in self._things.items() if kind == IMAGE])


def cut(box: tuple[float, float, float, float], picture: Pixels) -> tuple[slice, slice]:
    """Return the rows and columns of a picture that a box takes."""
    height, width = picture.shape[:2]
    left, top = max(int(box[0]), 0), max(int(box[1]), 0)
    right, bottom = min(int(np.ceil(box[2])), width), min(int(np.ceil(box[3])), height)
    return slice(min(top, height), max(bottom, 0)), slice(min(left, width), max(right, 0))


def _apart(texts: dict[int, list[Letter]], picture: Pixels) -> tuple[list[list[int]], list[int]]:
    """Part texts into few groups, within none of which two come near each other, and those that fit into none."""
    height, width = picture.shape[0] // _GRID + 1, picture.shape[1] // _GRID + 1
    groups: list[tuple[NDArray[np.bool_], list[int]]] = []
    left = []
    for thing, letters in texts.items():
        boxes = [cut(letter.reach, picture) for letter in letters]
        spans = [tuple(slice(s.start // _GRID, -(-s.stop // _GRID)) for s in box) for box in boxes]
        free = next((group for group in groups if not any(group[0][span].any() for span in spans)), None)
        if free is None:
            if len(groups) == _MOST_GROUPS:
                left.append(thing)
                continue
            free = (np.zeros((height, width), dtype=np.bool_), [])
            groups.append(free)
        for span in spans:
            free[0][span] = True
        free[1].append(thing)
    return [members for _, members in groups], left


def _read(
    lines: list[list[list[Letter]]], look: _Look, claims: Pixels, tiny: set[int]
) -> tuple[tuple[Word, ...], tuple[Word, ...], tuple[Word, ...]]:
    hidden: list[Word] = []
    unsure: list[Word] = []
    shown: list[tuple[Word, list[tuple[str, NDArray[np.bool_]]]]] = []
    for word in _words(lines):
        masks = [_EMPTY if letter.thing in tiny | look.unseen else look.seen(letter) for letter in word.letters]
        if not any(mask is None or mask.any() for mask in masks):
            hidden.append(word)
        elif all(_shows(letter, mask, claims) for letter, mask in zip(word.letters, masks, strict=True)):
            shown.append((word, _glyphs(word.letters, masks)))
        else:
            unsure.append(word)
    fits = words_fit([glyphs for _, glyphs in shown])
    words = [word for (word, _), fit in zip(shown, fits, strict=True) if fit]
    unsure += [word for (word, _), fit in zip(shown, fits, strict=True) if not fit]
    return tuple(words), tuple(hidden), tuple(unsure)


def _words(lines: list[list[list[Letter]]]) -> Iterator[Word]:
    for number, line in enumerate(lines):
        for letters in line:
            yield Word("".join(letter.text for letter in letters), tuple(letters), number)


def _glyphs(letters: Sequence[Letter], masks: list[NDArray[np.bool_] | None]) -> list[tuple[str, NDArray[np.bool_]]]:
    """Return what each drawn piece of a word is said to be, turned upright; letters of one box are a ligature."""
    pieces: list[tuple[str, NDArray[np.bool_]]] = []
    for number, (letter, mask) in enumerate(zip(letters, masks, strict=True)):
        if number and letter.box == letters[number - 1].box:
            pieces[-1] = (pieces[-1][0] + letter.text, pieces[-1][1])
        elif mask is not None:
            pieces.append(
                (
                    unicodedata.normalize("NFKC", letter.text) if letter.text >= "\ufb00" else letter.text,
                    np.rot90(mask, _turns(letter)),
                )
            )
    return pieces


def _turns(letter: Letter) -> int:
    """Return by how many quarters a letter has to be turned to the left, to stand upright."""
    return round(math.atan2(letter.along[1], letter.along[0]) / (math.pi / 2)) % 4


def _shows(letter: Letter, mask: NDArray[np.bool_] | None, claims: Pixels) -> bool:
    if mask is None or not letter.known:
        return False
    ink = int((claims[cut(letter.box, claims)][:, :, 0] < 255 - _INK).sum())
    if not mask.any() or mask.sum() < _SHARE * ink:
        return False
    across, down = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    left, top, right, bottom = letter.box
    wide, high = int(across[-1] - across[0] + 1), int(down[-1] - down[0] + 1)
    return wide >= _SPAN * (right - left) - _DOTS and high >= _SPAN * (bottom - top) - _DOTS
