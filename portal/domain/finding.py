"""How words are compared when somebody looks for them."""

import unicodedata
from collections.abc import Iterable, Sequence


def folded(text: str) -> str:
    """Make spellings alike that people don't tell apart: case, and the forms of one letter."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def holds(pieces: Iterable[str], words: Sequence[str]) -> bool:
    """Tell whether all words, folded before, stand somewhere in these texts."""
    text = folded("\n".join(pieces))
    return all(word in text for word in words)
