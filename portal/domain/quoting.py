"""Finds what a text quotes of a file: runs of words, names of people, titles. Rules without input or output.

1. Texts are compared as words alone: NFKC, case folded, accents kept, without punctuation, marks of direction, what
   leaves nothing on the page and line ends. So a quotation in other letters' case, with other quotation marks or over a
   line's end is one still.
2. A run is five words. Scripts that are written without blanks (Chinese, Japanese, Thai, Lao, Khmer, Burmese) have no
   words that a program could count on, so each character stands by itself and a run is ten of them; five would forbid
   everyday terms. In mixed text a word counts as two characters.
3. A name is quoted by all of its words in a row, in either order, or by one of them that has at least three letters (of
   scripts without blanks: two characters).
4. A title is quoted by all of its words, from two words on (four characters): one alone would forbid everyday words.
   A longer one is also compared by its runs, as every other text.

What it can't find: the same said in other words or in another language, and what nobody gave it to compare with.
"""

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from portal.domain.names import FILLERS

RUN_WEIGHT: Final = 10
WORD_WEIGHT: Final = 2
NAME_LETTERS: Final = 3
TITLE_WEIGHT: Final = 4
NAME_CHARACTERS: Final = 2

# scripts without blanks between words, by the beginning of their characters' Unicode names
_UNBROKEN: Final = ("CJK ", "HIRAGANA ", "KATAKANA ", "THAI ", "LAO ", "KHMER ", "MYANMAR ", "BOPOMOFO ")
_LAST_BROKEN: Final = 0x0DFF  # below this no script is written without blanks
# selectors of a letter's shape, which are marks by category and leave nothing on the page (Unicode 23.4, 13.5), and the
# stroke by which an Arabic word is drawn out
_SHAPES: Final = frozenset({0x0640, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)})

Words = tuple[str, ...]


class _Apart(dict[int, str]):
    """What becomes of each character in a text that is taken apart, found out once."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if char in FILLERS or code in _SHAPES:
            self[code] = ""
        elif is_unbroken(char):
            self[code] = f" {char} "
        elif unicodedata.category(char)[0] in "LMN":
            self[code] = char
        else:  # a joiner or a mark of direction divides no word
            self[code] = "" if unicodedata.category(char) == "Cf" else " "
        return self[code]


_APART: Final = _Apart()


class Kind(StrEnum):
    """What was quoted."""

    WORDS = "words"
    NAME = "name"
    TITLE = "title"
    UNSEEN = "unseen"  # something that the reader may not see: without words


@dataclass(frozen=True, slots=True)
class Quoted:
    """Something that a text quotes of a file; words: as they stand in the text that was checked, normalized."""

    kind: Kind
    words: str


@dataclass(frozen=True, slots=True)
class File:
    """What a file holds, as far as it can be compared."""

    texts: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()


def quotes(text: str, file: File) -> tuple[Quoted, ...]:
    """Find what a text quotes of a file, each once, in the order in which it stands; nothing: it quotes nothing."""
    words = words_of(text)
    found = [*_named(words, file.names), *_titled(words, file.titles)]
    mine = dict(_reversed_places(words))
    firsts = frozenset(run[0] for run in mine)
    sources = (words_of(source) for source in (*file.texts, *file.titles))
    shared = {run for source in sources for _, run in _placed_runs(source, firsts) if run in mine}
    found += [(mine[run], Quoted(Kind.WORDS, _joined(run))) for run in shared]
    return tuple(dict.fromkeys(quoted for _, quoted in sorted(found, key=lambda one: one[0])))


def words_of(text: str) -> Words:
    """Take a text apart into words, and scripts without blanks into characters."""
    normal = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return tuple(normal.translate(_APART).split())


def is_unbroken(char: str) -> bool:
    """Tell whether a character is of a script that is written without blanks between words."""
    if ord(char) <= _LAST_BROKEN or unicodedata.category(char)[0] not in "LM":
        return False
    return unicodedata.name(char, "").startswith(_UNBROKEN)


def runs_of(words: Sequence[str]) -> frozenset[Words]:
    """Give every run of a text: from each word on as many as weigh enough."""
    return frozenset(run for _, run in _placed_runs(words))


def written_runs(text: str) -> frozenset[str]:
    """Give every run of a text as it is told where it is quoted."""
    return frozenset(map(_joined, runs_of(words_of(text))))


def _reversed_places(words: Sequence[str]) -> list[tuple[Words, int]]:
    return [(run, at) for at, run in reversed(list(_placed_runs(words)))]  # the first place of each stays


def _placed_runs(words: Sequence[str], firsts: Collection[str] | None = None) -> Iterator[tuple[int, Words]]:
    """Give each run with its place; of a long text only those that begin with one of these words."""
    for start, first in enumerate(words):
        if firsts is not None and first not in firsts:
            continue
        weight, end = 0, start
        while end < len(words) and weight < RUN_WEIGHT:
            weight += _weight(words[end])
            end += 1
        if weight < RUN_WEIGHT:
            return
        yield start, tuple(words[start:end])


def _weight(word: str) -> int:
    return 1 if len(word) == 1 and is_unbroken(word) else WORD_WEIGHT


def _named(words: Words, names: Iterable[str]) -> Iterator[tuple[int, Quoted]]:
    for name in names:
        parts = words_of(name)
        wholes = {parts, parts[::-1]}
        wholes |= {(part,) for part in parts if len(part) >= NAME_LETTERS}
        wholes |= {run for run in _windows(parts, NAME_CHARACTERS) if all(is_unbroken(char[0]) for char in run)}
        for whole in wholes - {()}:
            yield from ((at, Quoted(Kind.NAME, _joined(whole))) for at in _places(words, whole))


def _titled(words: Words, titles: Iterable[str]) -> Iterator[tuple[int, Quoted]]:
    for title in titles:
        parts = words_of(title)
        if sum(map(_weight, parts)) >= TITLE_WEIGHT:
            yield from ((at, Quoted(Kind.TITLE, _joined(parts))) for at in _places(words, parts))


def _windows(words: Sequence[str], size: int) -> set[Words]:
    return {tuple(words[at : at + size]) for at in range(len(words) - size + 1)}


def _places(words: Words, sought: Words) -> Iterator[int]:
    size = len(sought)
    return (at for at in range(len(words) - size + 1) if words[at : at + size] == sought)


def _joined(words: Sequence[str]) -> str:
    joined = ""
    for word in words:
        divides = joined and not (is_unbroken(word[0]) and is_unbroken(joined[-1]))
        joined += f" {word}" if divides else word
    return joined
