"""The legal basis of an appointment."""

from datetime import date

import pytest

from portal.domain.legal import LegalBasis, legal_basis
from portal.domain.problems import RefusedError

TODAY = date(2026, 11, 24)


def test_a_note_verbale_has_a_number_and_a_date() -> None:
    assert legal_basis(" NV/2026/114 ", TODAY, TODAY) == LegalBasis("NV/2026/114", TODAY)


@pytest.mark.parametrize(
    ("number", "dated", "code"),
    [
        ("", TODAY, "name-empty"),
        ("x" * 101, TODAY, "name-too-long"),
        ("NV\u202e1", TODAY, "name-hidden-character"),
        ("NV/1", date(2026, 11, 25), "basis-ahead"),
        ("NV/1", date(1926, 11, 24), "basis-too-old"),
    ],
)
def test_a_basis_that_cannot_be_looked_up_again_is_refused(number: str, dated: date, code: str) -> None:
    with pytest.raises(RefusedError) as refused:
        legal_basis(number, dated, TODAY)
    assert [problem.code for problem in refused.value.problems] == [code]
