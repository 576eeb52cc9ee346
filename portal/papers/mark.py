"""The visible mark of a copy as a small PDF: in any script, set as papers are, for others to lay over pages."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from portal.domain.markdown import shown
from portal.papers.fonts import FOLDER, shelf
from portal.papers.pdf import write

_TEMPLATE: Final = Path(__file__).with_name("mark.typ").read_bytes()
_MOST: Final = 80  # characters of a name or a State: a mark of several lines would hide the page
_CUT: Final = "…"


@dataclass(frozen=True, slots=True)
class Mark:
    """What a mark says; all but the number in the reader's language, and time already in words."""

    reader: str
    state: str
    at: str
    copy: str
    rtl: bool = False


def write_mark(mark: Mark, folder: Path = FOLDER) -> bytes:
    """Return two pages: the words in two lines, and in one line.

    Raises:
        FontsMissing: There is no font for one of the languages of a review; nothing was made.
    """
    first, second = _beside(mark.reader, mark.state), _beside(mark.at, mark.copy)
    said = {
        "rtl": mark.rtl,
        "lines": [_own(first, mark), _own(second, mark)],
        "line": _own(f"{first} · {second}", mark),
    }
    return write(_TEMPLATE, said, shelf(folder))


def _beside(*parts: str) -> str:
    """Put words of several people side by side, none of which turns the others (UAX #9, isolates)."""
    return " · ".join(f"\u2068{_short(part)}\u2069" for part in parts)


def _short(text: str) -> str:
    words = " ".join(shown(text).split())
    return words if len(words) <= _MOST else words[: _MOST - 1] + _CUT


def _own(text: str, mark: Mark) -> dict[str, object]:
    return {"text": text, "rtl": mark.rtl}
