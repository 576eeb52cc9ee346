"""Cells of a table that a spreadsheet will open: what would be read as a formula becomes text.

A spreadsheet takes a cell for a formula that begins with = + - @, a tab or a carriage return (also behind spaces, and
in their full-width forms): an apostrophe before it makes it text, as the spreadsheets themselves do.

Where a semicolon or a tab parts a list, a spreadsheet may take our commas and quotation marks for text and split inside
a cell instead. Quotation marks can't prevent that, since they count only at the beginning of what it takes for a cell:
so a sign behind such a separator gets an apostrophe too, also with spaces or quotation marks between.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Final

BOM: Final = "\ufeff"  # without it some spreadsheets take UTF-8 for something else
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - they are meant
_WITHIN: Final = re.compile(r"""([;,|\t\r\n][\s"]*)(?=[=+\-@＝＋－＠])""")  # noqa: RUF001 - they are meant


def safe_cell(value: object) -> str:
    """Give a value as the text of a cell."""
    text = _WITHIN.sub(r"\1'", "" if value is None else str(value))
    if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA):
        return f"'{text}"
    return text


def sheet_lines(rows: Iterable[Sequence[object]]) -> str:
    """Write rows as comma-separated values (RFC 4180), every cell in quotation marks."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([[safe_cell(cell) for cell in row] for row in rows])
    return text.getvalue()
