"""The report of the demonstration: sections of plain sentences, each with a mark where something was checked.

It is written while things happen. On a terminal that isn't UTF-8 the marks are words and other scripts question marks.
"""

import re
import textwrap
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, TextIO
from unicodedata import combining

WIDTH: Final = 100
_PLAIN: Final = str.maketrans({"’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "·": "-", "…": "...", "\u00a0": " "})


@dataclass(slots=True)
class Report:
    """What was said and what was checked."""

    out: TextIO
    held: int = 0
    failed: list[str] = field(default_factory=list)

    @property
    def checks(self) -> int:
        """Count the checks."""
        return self.held + len(self.failed)

    def title(self, text: str) -> None:
        """Write the title."""
        self._write(["", text, "=" * len(text)])

    def section(self, text: str) -> None:
        """Begin a section."""
        self._write(["", "", text, "-" * len(text)])

    def say(self, text: str) -> None:
        """Write a sentence that isn't a check."""
        self._write(["", *textwrap.wrap(text, WIDTH)])

    def check(self, text: str, *wrong: str) -> bool:
        """Write what was checked; what was wrong with it stands below it, if anything was."""
        mark = self._mark(held=not wrong)
        pad = " " * (len(mark) + 1)
        self._write(textwrap.wrap(text, WIDTH, initial_indent=f"{mark} ", subsequent_indent=pad))
        for one in wrong:
            self._write(textwrap.wrap(one, WIDTH, initial_indent=f"{pad}but: ", subsequent_indent=f"{pad}     "))
        if wrong:
            self.failed.append(text)
        else:
            self.held += 1
        return not wrong

    def lines(self, rows: Sequence[Sequence[str]], *, indent: int = 4) -> None:
        """Write a table; its last column may be as long as it likes."""
        widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]) - 1)] if rows else []
        for row in rows:
            cells = [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)]
            self._write([" " * indent + "  ".join([*cells, row[-1]]).rstrip()])

    def verdict(self) -> bool:
        """Write the last word: whether everything held."""
        if not self.failed:
            self._write(["", "", f"All {self.checks} checks held."])
            return True
        self._write(["", "", f"{len(self.failed)} of {self.checks} checks did not hold:"])
        for text in self.failed:
            self._write(textwrap.wrap(text, WIDTH, initial_indent="  - ", subsequent_indent="    "))
        return False

    @property
    def utf8(self) -> bool:
        """Tell whether what is written may be of any script."""
        return (self.out.encoding or "").lower().replace("-", "") == "utf8"

    def _mark(self, *, held: bool) -> str:
        if self.utf8:
            return "  ✓" if held else "  ✗"
        return "  [ok]" if held else "  [FAILED]"

    def _write(self, lines: Sequence[str]) -> None:
        text = "\n".join(lines) + "\n"
        self.out.write(text.encode("utf-8", "replace").decode() if self.utf8 else plain(text))
        self.out.flush()


def plain(text: str) -> str:
    """Write a text in ASCII: signs as their likes, words of other scripts as three question marks."""
    bare = "".join(char for char in unicodedata.normalize("NFKD", text.translate(_PLAIN)) if not combining(char))
    return re.sub(r"[?]{4,}", "???", bare.encode("ascii", "replace").decode("ascii"))


def size_of(count: int) -> str:
    """Write a number of bytes for people."""
    size = float(count)
    for unit in ("bytes", "KB", "MB"):
        if size < 1000:  # noqa: PLR2004 - the next unit
            return f"{count} bytes" if unit == "bytes" else f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} GB"


def named(items: Sequence[str]) -> str:
    """Join words: one, two and three."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else "nothing"


def many(count: int, one: str, more: str = "") -> str:
    """Count things in words: 1 file, 2 files."""
    return f"{count} {one if count == 1 else more or one + 's'}"
