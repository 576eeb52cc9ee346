"""The legal basis of an appointment or assignment: a note verbale with its number and date.

Number and date say which one it is; a scanned copy can lie beside them (portal/usecases/notes.py).
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from portal.domain.names import one_line
from portal.domain.problems import Problem, RefusedError
from portal.domain.texts import N_

NUMBER_CHARACTERS: Final = 100
# before the Convention was adopted there was nothing to appoint anybody for
EARLIEST: Final = date(2000, 11, 15)


@dataclass(frozen=True, slots=True)
class LegalBasis:
    """A note verbale (or another instrument of appointment): its number and its date."""

    number: str
    dated: date


def legal_basis(number: str, dated: date, today: date) -> LegalBasis:
    """Return a legal basis that can be looked up again.

    Raises:
        RefusedError: The number is refused as a name is, or the date lies ahead or too far back.
    """
    if dated > today:
        raise RefusedError(
            Problem(
                "basis-ahead",
                N_("The note is dated %(date)s, which is still to come: write the date that stands on it."),
                {"date": dated.isoformat()},
            )
        )
    if dated < EARLIEST:
        raise RefusedError(
            Problem(
                "basis-too-old",
                N_("The note is dated %(date)s, before the Convention was adopted: check the year."),
                {"date": dated.isoformat()},
            )
        )
    return LegalBasis(one_line(number, NUMBER_CHARACTERS), dated)
