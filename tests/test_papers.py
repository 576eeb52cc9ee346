"""The papers claim only what is there: every path and every test that they name exists."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from storage.keyring import _BLIND, _OWN
from storage.permits import STREAM
from storage.schema import newest

ROOT = Path(__file__).parents[1]
PAPERS = (
    *("README.md", "ARCHITECTURE.md", "SECURITY.md", "DECISIONS.md", "CONTRIBUTING.md"),
    *("CHANGELOG.md", "BENCHMARKS.md", "deploy/README.md", "policies/README.md", "storage/FORMAT.md"),
    *("portal/audit/LOG.md", "portal/rendering/MARKS.md", "portal/publishing/PUBLISHING.md"),
)
TOPS = ("portal/", "policies/", "storage/", "templates/", "tests/", "deploy/")
READ = {".md", ".py", ".yaml", ".example", ".service", ".conf", ".html", ""}  # that may name a section
# made by set-up or by running, or patterns, or what keys are bound to: not in the tree
MADE = ("build/", "dist/", "portal/web/static/vendor", "portal/v1/")

pytestmark = pytest.mark.checkout

NAMED = re.compile(r"`((?:portal|policies|storage|templates|tests|deploy)/[^`\s]*)`|`([A-Z]+\.md)`")
LINKED = re.compile(r"\]\((?!https?:|#|mailto:)([^)\s#]+)")


def missing(named: str) -> str | None:
    """Say what is wrong with a path or a path::test, or None."""
    path, _, test = named.partition("::")
    found = (ROOT / path).resolve()
    if not found.is_relative_to(ROOT.resolve()):
        return "outside"
    if any(mark in path for mark in "*{<…"):
        return None if list(ROOT.glob(re.sub(r"[{<].*?[}>]|…", "*", path))) else "nothing fits"
    if not found.exists():
        return "no such file"
    if test and test not in _tests(found):
        return "no such test"
    return None


@cache
def _tests(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return frozenset(
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    )


def sections(text: str) -> set[str]:
    """Give the sections of a paper."""
    return set(re.findall(r"^##+ (.+)$", text, re.MULTILINE))


def sections_named(text: str, *, within: bool = False) -> set[str]:
    """Give the sections of deploy/README.md that a text names; `within` that paper also those named without it."""
    flat = re.sub(r"\s*\n[ #*]*", " ", text)
    named = re.findall(r"""deploy/README\.md`?(?:, |: )(?:["“]([^"”]+)["”]|([A-Z][^)."”]*)\))""", flat)
    found = {quoted or bare for quoted, bare in named}
    if within:
        found |= {one for pair in re.findall(r'[(,] ?"([^"]+)"\)|see "([^"]+)"', flat) for one in pair if one}
    return found


def names_in(text: str) -> set[str]:
    """Give the paths that a paper names, without line ends or what follows a colon and a space."""
    found = {first or second for first, second in NAMED.findall(text)}
    found |= set(LINKED.findall(text))
    return {name for name in found if not name.startswith(MADE)}


@pytest.mark.parametrize("paper", PAPERS)
def test_every_path_and_every_test_that_a_paper_names_exists(paper: str) -> None:
    path = ROOT / paper
    if not path.exists():
        pytest.skip(f"{paper} isn't written yet")
    beside = path.parent.relative_to(ROOT)
    wrong = {}
    for name in names_in(path.read_text("utf-8")):
        told = missing(name)
        if told and missing(str(beside / name)):
            wrong[name] = told
    assert not wrong


def test_every_section_of_the_operators_paper_that_a_text_names_exists() -> None:
    paper = ROOT / "deploy" / "README.md"
    there = sections(paper.read_text("utf-8"))
    paths = [ROOT / name for name in PAPERS]
    paths += [path for top in ("deploy", "portal", "storage") for path in (ROOT / top).rglob("*") if path.is_file()]
    paths = [path for path in paths if path.suffix in READ]
    named = {path: sections_named(path.read_text("utf-8"), within=path == paper) for path in sorted(set(paths))}
    assert len(named[paper]) > 5
    assert "When the keys are lost" in named[ROOT / "portal" / "doctor" / "stores.py"]
    assert not {path.name: found - there for path, found in named.items() if found - there}


def test_the_steps_that_the_changelog_names_end_with_the_newest() -> None:
    assert f"takes the steps 0002 to {newest()} at the start" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_every_scope_and_every_purpose_of_a_key_stands_in_the_format() -> None:
    told = (ROOT / "storage" / "FORMAT.md").read_text("utf-8").split("\n## Room keys")[1]
    permits, keyring = ((ROOT / "storage" / name).read_text("utf-8") for name in ("permits.py", "keyring.py"))
    scopes = set(re.findall(r'\bScope\(f?"([a-z]+/?)', permits)) | {STREAM}
    purposes = {*_OWN, *_BLIND, *re.findall(r'(?:derive|keyed|subkey)\([^()]*"([a-z-]+)"', keyring)}
    for path in (ROOT / "portal").rglob("*.py"):
        purposes |= set(re.findall(r'(?:log_mark|read_mark)\([^"]*?"([a-z-]+)"', path.read_text("utf-8")))
    assert {"names", "room/", "publication/"} <= scopes
    assert {"field", "wrap", "equal", "tag", "about", "salt"} <= purposes
    assert not {scope for scope in scopes if f"`{scope}" not in told}
    assert not {purpose for purpose in purposes if f"`{purpose}`" not in told}


def test_every_threat_is_shown_by_a_test() -> None:
    text = (ROOT / "SECURITY.md").read_text("utf-8")
    held = text.split("## What is held off")[1].split("\n## ")[0]
    rows = [line for line in held.splitlines() if line.startswith("| ")][2:]
    bare = [row for row in rows if not re.search(r"`tests/[^`]+::test_\w+`", row)]
    assert rows
    assert not bare


def test_a_section_is_found_however_it_is_named() -> None:
    text = """(deploy/README.md, On
    # PostgreSQL) and `deploy/README.md`, “Run a witness”, ("Back up
    and restore"), (see "Roll back"); the page "People" isn't one"""
    assert sections_named(text) == {"On PostgreSQL", "Run a witness"}
    assert sections_named(text, within=True) == {"On PostgreSQL", "Run a witness", "Back up and restore", "Roll back"}
    assert sections("# A\n## B c\ntext\n### D") == {"B c", "D"}


def test_a_path_that_is_not_there_is_noticed() -> None:
    text = "see `portal/nowhere.py` and `tests/test_papers.py::test_nothing`, [this](storage/FORMAT.md)"
    assert names_in(text) == {"portal/nowhere.py", "tests/test_papers.py::test_nothing", "storage/FORMAT.md"}
    assert missing("portal/nowhere.py") == "no such file"
    assert missing("tests/test_papers.py::test_nothing") == "no such test"
    assert missing("storage/FORMAT.md") is None
