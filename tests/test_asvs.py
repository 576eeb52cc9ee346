"""tests/asvs.csv: the state of all requirements of the OWASP ASVS 5.0.0, by their ids, and what shows it.

The texts are not repeated here: https://github.com/OWASP/ASVS/tree/v5.0.0 has them (CC BY-SA 4.0).
"""

import ast
import csv
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tests.test_papers import ROOT, missing

LIST = Path(__file__).with_name("asvs.csv")
# how many requirements each section of each chapter has
SECTIONS = {
    1: (2, 10, 12, 3, 3),
    2: (3, 3, 5, 2),
    3: (1, 3, 5, 8, 8, 1, 5),
    4: (5, 5, 2, 4),
    5: (1, 6, 3, 3),
    6: (3, 12, 8, 6, 8, 4, 2, 4),
    7: (3, 4, 2, 5, 3, 2),
    8: (4, 4, 3, 2),
    9: (3, 4),
    10: (2, 3, 5, 16, 5, 2, 3),
    11: (4, 5, 5, 4, 2, 2, 2),
    12: (5, 2, 5),
    13: (4, 6, 4, 7),
    14: (2, 8, 3),
    15: (5, 5, 7, 4),
    16: (1, 5, 4, 3, 4),
    17: (2, 8, 2),
}
LEVELS = {"1": 70, "2": 183, "3": 92}
STATES = {"met", "not applicable", "operator", "not met"}
COLUMNS = ["id", "level", "state", "note", "shown_by"]

pytestmark = pytest.mark.checkout


@cache
def requirements() -> list[dict[str, str]]:
    with LIST.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def test_every_requirement_stands_once_and_in_order() -> None:
    expected = [
        f"V{chapter}.{section}.{number}"
        for chapter, counts in SECTIONS.items()
        for section, count in enumerate(counts, 1)
        for number in range(1, count + 1)
    ]
    assert len(expected) == 345
    assert [line["id"] for line in requirements()] == expected


def test_each_level_has_as_many_as_the_standard() -> None:
    assert Counter(line["level"] for line in requirements()) == LEVELS


def test_every_line_is_whole() -> None:
    for line in requirements():
        assert list(line) == COLUMNS, line
        assert line["state"] in STATES, line
        assert line["note"] == line["note"].strip(), line


def test_what_is_met_names_what_shows_it() -> None:
    bare = [line["id"] for line in requirements() if line["state"] == "met" and not line["shown_by"].split()]
    assert not bare


def test_what_is_not_met_by_the_portal_says_why() -> None:
    short = [line["id"] for line in requirements() if line["state"] != "met" and len(line["note"].split()) < 4]
    assert not short


def test_what_is_left_to_the_operator_is_said_to_the_operator() -> None:
    elsewhere = [
        line["id"] for line in requirements() if line["state"] == "operator" and "deploy/" not in line["shown_by"]
    ]
    assert not elsewhere


@pytest.mark.parametrize("shown", sorted({name for line in requirements() for name in line["shown_by"].split()}))
def test_what_is_named_exists(shown: str) -> None:
    assert missing(shown) is None


def test_this_test_notices_what_does_not_exist() -> None:
    assert missing("tests/test_asvs.py::test_nobody_wrote_this") == "no such test"
    assert missing("tests/nowhere.py") == "no such file"
    assert missing("../etc/passwd") == "outside"
    assert ast.parse((ROOT / "tests/test_asvs.py").read_text("utf-8"))
