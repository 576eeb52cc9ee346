"""Byte ranges of a download (RFC 9110, 14): what was asked for, and which bytes of a content that is.

1. One range is served; a header with several, or one that doesn't follow the grammar, is as if it weren't there
   (14.2 allows it), so nobody can make one request read a content many times over.
2. A range beyond the content is unsatisfiable; one that reaches beyond its end stops there.
"""

import re
from dataclasses import dataclass
from typing import Final

_LETTERS: Final = 60  # two numbers of 19 digits, with room for blanks
_RANGE: Final = re.compile(r"bytes\s*=\s*(\d{0,19})\s*-\s*(\d{0,19})\s*", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes from `start` up to `stop`."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class ByteRange:
    """A range as it was asked for: `first` None asks for the last `last` bytes."""

    first: int | None
    last: int | None

    def within(self, size: int) -> Span | None:
        """Find the range in a content of `size` bytes; None: there is nothing of it."""
        if self.first is None:
            length = min(self.last or 0, size)
            return Span(size - length, size) if length else None
        if self.first >= size:
            return None
        return Span(self.first, size if self.last is None else min(self.last + 1, size))


def parse_range(header: str | None) -> ByteRange | None:
    """Read a Range header; None where the whole content is to be sent."""
    if header is None or len(header) > _LETTERS:
        return None
    match = _RANGE.fullmatch(header.strip())
    if match is None or not (match[1] or match[2]):
        return None
    first, last = (int(text) if text else None for text in match.groups())
    if first is not None and last is not None and last < first:
        return None
    return ByteRange(first, last)


def same_tag(header: str | None, tag: str) -> bool:
    """Tell whether an If-Range header names this content: a strong comparison (13.1.5); a date never matches."""
    return header is not None and header.strip() == tag


def lists_tag(header: str | None, tag: str) -> bool:
    """Tell whether an If-None-Match or If-Match header names this content (13.1.1, 13.1.2)."""
    if header is None:
        return False
    listed = [part.strip().removeprefix("W/") for part in header.split(",")]
    return "*" in listed or tag in listed
