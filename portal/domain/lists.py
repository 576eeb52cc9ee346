"""Reading a list that somebody imports: strict comma-separated values, and a sentence for each wrong line.

A list is UTF-8 with or without a byte order mark, at most 1 MiB, its first line names the columns exactly,
and it is taken as a whole or refused as a whole: half an import would leave a registry that nobody meant.
"""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, TypeVar

from portal.domain.problems import Problem, RefusedError
from portal.domain.texts import N_

LIST_BYTES: Final = 1 << 20
# a list of the wrong kind is wrong on every line; nobody reads more of them than this
SHOWN_PROBLEMS: Final = 20

Row = TypeVar("Row")
Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a list, by column."""

    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def one_of(self, column: str, choices: type[Choice]) -> Choice:
        """Return the cell as one of the words that the column takes.

        Raises:
            RefusedError: It is another word.

        """
        try:
            return choices(self.cells[column])
        except ValueError:
            raise RefusedError(
                Problem(
                    "list-word",
                    N_("“%(word)s” isn’t known in the column “%(column)s”: write one of %(choices)s."),
                    {"word": self.cells[column][:40], "column": column, "choices": ", ".join(choices)},
                )
            ) from None

    def date(self, column: str) -> date:
        """Return the cell as a date.

        Raises:
            RefusedError: It isn't a date of the calendar, written as 2003-09-29.

        """
        cell = self.cells[column]
        try:
            found = date.fromisoformat(cell)
        except ValueError:
            found = None
        if found is None or found.isoformat() != cell:
            raise RefusedError(
                Problem(
                    "list-date",
                    N_("“%(word)s” in the column “%(column)s” is no date: write it as 2003-09-29."),
                    {"word": cell[:40], "column": column},
                )
            )
        return found


def lines_of(data: bytes, columns: Sequence[str], read: Callable[[Line], Row]) -> list[tuple[int, Row]]:
    """Return what `read` makes of every line, each with its line number.

    Raises:
        RefusedError: With a sentence for each of the first lines that are wrong.

    """
    reader = csv.reader(io.StringIO(_text(data), newline=""), strict=True)
    rows: list[tuple[int, Row]] = []
    problems: list[Problem] = []
    try:
        header = next(reader, [])
        if header != list(columns):
            raise RefusedError(
                Problem(
                    "list-columns",
                    N_("The first line must be exactly “%(columns)s”."),
                    {"columns": ",".join(columns)},
                )
            )
        for cells in reader:
            if not cells:  # an empty line, as many editors leave at the end
                continue
            try:
                rows.append((reader.line_num, read(_line(cells, columns))))
            except RefusedError as refused:
                problems.extend(_at(reader.line_num, problem) for problem in refused.problems)
    except csv.Error:
        problems.append(
            _at(reader.line_num, Problem("list-broken", N_("The quotation marks on this line don’t match.")))
        )
    if problems:
        raise RefusedError(*problems[:SHOWN_PROBLEMS])
    if not rows:
        raise RefusedError(Problem("list-empty", N_("The list has no line below its first one.")))
    return rows


def refuse_repeats(keys: Iterable[tuple[int, str]]) -> None:
    """Refuse a list that says the same thing twice.

    Raises:
        RefusedError: With a sentence for each repeated line.

    """
    first: dict[str, int] = {}
    problems: list[Problem] = []
    for number, key in keys:
        if key in first:
            problems.append(
                Problem(
                    "list-repeated",
                    N_("Line %(line)d repeats line %(first)d (%(key)s): leave one of them out."),
                    {"line": number, "first": first[key], "key": key},
                )
            )
        else:
            first[key] = number
    if problems:
        raise RefusedError(*problems[:SHOWN_PROBLEMS])


def _text(data: bytes) -> str:
    if len(data) > LIST_BYTES:
        raise RefusedError(Problem("list-too-long", N_("The list is larger than 1 MiB: it isn’t a list of States.")))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RefusedError(
            Problem(
                "list-encoding",
                N_("The list isn’t written in UTF-8 (byte %(byte)d). Save it as “CSV UTF-8”."),
                {"byte": error.start + 1},
            )
        ) from None
    if "\x00" in text:
        raise RefusedError(Problem("list-binary", N_("This is no text file. Save the list as “CSV UTF-8”.")))
    return text


def _line(cells: list[str], columns: Sequence[str]) -> Line:
    if len(cells) != len(columns):
        raise RefusedError(
            Problem(
                "list-cells",
                N_("There are %(found)d columns instead of %(expected)d."),
                {"found": len(cells), "expected": len(columns)},
            )
        )
    return Line({column: cell.strip() for column, cell in zip(columns, cells, strict=True)})


def _at(number: int, problem: Problem) -> Problem:
    return Problem("list-line", N_("Line %(line)d: %(reason)s"), {"line": number, "reason": problem})
