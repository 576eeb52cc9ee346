"""The vectors of LOG.md, the stable numbers of the catalogue, and the words for every act."""

import csv
import io
import json
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from portal.access.actions import Action
from portal.access.deeds import DEEDS, GROUPS
from portal.audit.events import canonical, leaf, tag_input
from portal.audit.kinds import KINDS
from portal.domain.sheets import safe_cell, sheet_lines
from storage.keyring import ScopeKey

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "events.json").read_text("utf-8"))
SPECIFICATION = (resources.files("portal") / "audit" / "LOG.md").read_text("utf-8")


@pytest.mark.parametrize("vector", VECTORS["good"], ids=lambda vector: vector["name"])
def test_good_events_come_out_as_the_vectors_have_them(vector: dict[str, Any]) -> None:
    said = canonical(vector["event"])
    assert said.decode() == vector["canonical"]
    assert leaf(bytes.fromhex(vector["salt"]), said).hex() == vector["leaf"]
    key = ScopeKey(1, bytes.fromhex(vector["stream_key"]))
    assert key.keyed("tag", tag_input(vector["event"]["number"])).hex() == vector["tag"]


@pytest.mark.parametrize("vector", VECTORS["broken"], ids=lambda vector: vector["name"])
def test_broken_events_do_not_fit(vector: dict[str, Any]) -> None:
    said = vector["canonical"].encode()
    fits = {
        "canonical": canonical(json.loads(said)) == said,
        "leaf": leaf(bytes.fromhex(vector["salt"]), said).hex() == vector["leaf"],
        "tag": ScopeKey(1, bytes.fromhex(vector["stream_key"])).keyed("tag", tag_input(vector["number"])).hex()
        == vector["tag"],
    }
    assert [name for name, fit in fits.items() if not fit] == [vector["fails"]]


def test_numbers_of_kinds_never_change() -> None:
    """New ones are added to the vectors; one that changes here breaks every log that was ever written."""
    assert {action.value: number for action, number in KINDS.items()} == VECTORS["kinds"]


def test_every_act_has_a_number_of_its_own_and_words() -> None:
    assert set(KINDS) == set(Action) == set(DEEDS)
    assert len(set(KINDS.values())) == len(KINDS)
    assert len(set(DEEDS.values())) == len(DEEDS)


def test_no_act_is_in_two_groups() -> None:
    grouped = [act for group in GROUPS for act in group.acts]
    assert len(grouped) == len(set(grouped))


def test_the_specification_names_every_kind() -> None:
    for action, number in KINDS.items():
        assert f"| {number} | `{action.value}` |" in SPECIFICATION


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "  =1", "＝1", "＋1", "＠x"])  # noqa: RUF001 - full-width forms are meant
def test_what_a_spreadsheet_would_calculate_becomes_text(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("separator", [";", "\t", "|"])
@pytest.mark.parametrize("between", ["", " ", '"', '" ', '";', "\t", "\n"])
def test_no_part_of_a_cell_becomes_a_formula_where_another_separator_splits(separator: str, between: str) -> None:
    signs = ("=", "+", "-", "@", "＝")  # noqa: RUF001 - meant
    line = sheet_lines([["Room", "".join(f"x{separator}{between}{sign}SUM(A1)" for sign in signs), "last"]])
    cells = [cell for row in csv.reader(io.StringIO(line, newline=""), delimiter=separator) for cell in row]
    assert [cell for cell in cells if cell.lstrip(' "').startswith(signs)] == []


@pytest.mark.parametrize("text", ["Law", "1=1", "قانون", "", "a-b", "a - b; c, d", "x;y=z"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert safe_cell(text) == text
