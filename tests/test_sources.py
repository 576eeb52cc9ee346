"""What the code as a whole does not do, and what holds at every address; `tests/asvs.csv` names these."""

import ast
import csv
import re
import time
import tomllib
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import SQLModel

from portal.access.actions import Action
from portal.domain.sheets import sheet_lines
from portal.web.assets import TYPES
from portal.web.routes import WAYS
from tests.cast import World
from tests.test_papers import ROOT
from tests.web_client import ORIGIN, browser

pytestmark = pytest.mark.checkout

PACKAGES = ("portal", "policies", "storage", "templates")
RUNS_PROGRAMS = {"subprocess", "pickle", "marshal", "shelve", "dill", "yaml", "xml", "lxml", "multiprocessing"}
# what starts a process: our own program or LibreOffice, confined, without a word of strangers in its arguments
STARTS_OURSELVES = {f"portal/rendering/{name}.py" for name in ("confinement", "office", "office_process")}
# the places that read XML: of strangers' files, without a document type, in a confined process
READS_XML = {"portal/publishing/docx.py", "portal/publishing/settling.py"}
# pictures of letters, which tests/portal/publishing/test_shapes.py draws anew
NO_TEXT = {"portal/publishing/shapes.bin"}
RUNS_TEXT = {"eval", "exec", "compile", "__import__", "system", "popen", "from_string", "literal_eval"}
QUERIES = {"text", "execute", "exec_driver_sql", "scalar", "scalars"}
WEAK_HASHES = {"md5", "sha1", "new"}
# what a pattern may meet at most: the longest head of a part, the first bytes of a file
LONGEST = 8192
LINES_MOST = 400
HOSTILE = ("a", " ", "<!--", "<?", "<a", "<a:", ";a", ';a="', '\\"', "a.", "a-", "(1", "ab", "1,", "@a", "\n ", "a@a.")


@cache
def sources() -> list[Path]:
    """Give the portal's own code, without the demonstration's documents and the database's steps."""
    found = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    return [path for path in found if not {"demo", "migrations", "__pycache__"} & set(path.parts)]


@cache
def calls() -> list[tuple[str, ast.Call]]:
    """Give every call of the code: where it stands, and the call."""
    return [
        (f"{path.relative_to(ROOT)}:{node.lineno}", node)
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
    ]


def called(node: ast.Call) -> str:
    """Give the last part of the name that is called."""
    match node.func:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=name):
            return name
    return ""


def of_module(node: ast.Call, module: str) -> bool:
    """Tell whether a call is of a function of a module, written with its name."""
    return (
        isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name) and node.func.value.id == module
    )


def test_the_portal_runs_no_program_and_evaluates_no_text() -> None:
    wrong = [place for place, node in calls() if called(node) in RUNS_TEXT and not of_module(node, "re")]
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found = [name for name in names if name.partition(".")[0] in RUNS_PROGRAMS]
            place = str(path.relative_to(ROOT))
            allowed = ["subprocess"] * (place in STARTS_OURSELVES) + ["xml.etree"] * (place in READS_XML)
            if found != allowed:
                wrong += [f"{path}: {name}" for name in found]
    assert not wrong


def test_no_sql_is_built_from_text() -> None:
    """A statement is written out, or its only changing part is a number."""
    wrong = [
        place
        for place, node in calls()
        if called(node) in QUERIES and "storage" in place and node.args and not _plain_sql(node.args[0])
    ]
    assert not wrong


def _plain_sql(statement: ast.expr) -> bool:
    if isinstance(statement, ast.JoinedStr):
        parts = [part.value for part in statement.values if isinstance(part, ast.FormattedValue)]
        return all(isinstance(part, ast.Call) and called(part) in {"int", "max", "min"} for part in parts)
    return not isinstance(statement, ast.BinOp)


def test_rows_of_two_files_are_never_linked() -> None:
    """Whatever points at a room, document or version of a review does so together with the review's id.

    A stream is found by its own id, which is its room's; nobody asks its columns.
    """
    links = [
        (table.name, sorted(link.column_keys))
        for table in SQLModel.metadata.tables.values()
        if "review_id" in table.columns and table.name != "stream"
        for link in table.foreign_key_constraints
        if link.referred_table.name in {"room", "document", "version"}
    ]
    assert len(links) > 5
    assert not [link for link in links if "review_id" not in link[1]]


def test_no_pattern_is_built_from_what_somebody_sent() -> None:
    """A pattern is written out, or built of constants in capitals and of escaped parts."""
    wrong = []
    for place, node in calls():
        if not of_module(node, "re") or called(node) == "escape" or not node.args:
            continue
        pattern = node.args[0]
        parts = [pattern]
        if isinstance(pattern, ast.JoinedStr):
            parts = [part.value for part in pattern.values if isinstance(part, ast.FormattedValue)]
        if not all(_fixed(part) for part in parts):
            wrong.append(place)
    assert not wrong


def _fixed(part: ast.expr) -> bool:
    """Tell whether a part of a pattern is written out, computed of constants, or escaped."""
    escaped = isinstance(part, ast.Call) and called(part) == "escape"
    plain = not any(isinstance(inside, ast.Call | ast.Attribute) for inside in ast.walk(part))
    names = [inside.id for inside in ast.walk(part) if isinstance(inside, ast.Name)]
    return escaped or (plain and all(name.isupper() for name in names))


def test_no_weak_hash_is_used() -> None:
    assert not [place for place, node in calls() if of_module(node, "hashlib") and called(node) in WEAK_HASHES]


def patterns() -> dict[tuple[str, str], Any]:
    """Give the patterns that meet what somebody sent, each as the method by which it is used."""
    found = {}
    for path in sources():
        if path.parent.name not in {"domain", "web"}:
            continue
        module = import_module(f"portal.{path.parent.name}.{path.stem}")
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                pattern = getattr(module, node.value.id, None)
                if isinstance(pattern, re.Pattern):
                    found[f"{path.stem}.{node.value.id}", node.attr] = getattr(pattern, node.attr)
    return found


def test_patterns_take_time_that_grows_with_what_they_read() -> None:
    slow = []
    found = patterns()
    assert ("media._PROLOG", "match") in found
    for name, use in found.items():
        raw = isinstance(use.__self__.pattern, bytes)
        for unit in HOSTILE:
            text = unit * (LONGEST // len(unit)) + "\0"
            subject = text.encode() if raw else text
            began = time.thread_time()  # of this thread alone: others may have the processor
            use("_", subject) if name[1] == "sub" else use(subject)
            if time.thread_time() - began > 0.5:
                slow.append((name, unit))
    assert not slow


def test_nothing_is_changed_by_looking() -> None:
    """Every way by GET asks for an act of seeing; a sign-in link is only looked at.

    An identity provider leads back by GET: what it brings counts once, in the browser that left for it.
    """
    looks = [way.action for way in WAYS if way.method == "GET" and way.action is not None]
    assert looks
    assert {action for action in looks if not action.value.startswith(("view", "list", "download", "export"))} == {
        Action.USE_INVITATION,
        Action.SIGN_IN,
        Action.OPEN_NOTE,
        Action.PREVIEW_PUBLICATION,
        Action.WEIGH_GRANT,
        Action.OPEN_GRANTED,
        Action.TRACE_COPY,  # by GET the form
    }


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", " ="])
def test_no_cell_of_a_table_is_a_formula(sign: str) -> None:
    line = sheet_lines([[f"{sign}cmd()", 'a "word", another']])
    read = next(csv.reader([line], strict=True))
    assert line.startswith("\"'")
    assert read[0].startswith("'")
    assert read[1] == 'a "word", another'


def test_no_other_origin_is_ever_allowed_in() -> None:
    assert not [path for path in sources() if "access-control-" in path.read_text("utf-8").lower()]


def test_scripts_keep_nothing_in_the_browser_and_speak_to_no_other_page() -> None:
    for script in (ROOT / "portal/web/static").glob("*.js"):
        text = script.read_text("utf-8")
        if script.name == "left.js":  # a BroadcastChannel is of our own origin alone, and hears one word
            text = text.replace('windows.postMessage("left")', "")
        assert not re.search(r"localStorage|sessionStorage|indexedDB|document\.cookie|caches\b|postMessage", text), (
            script
        )


def test_the_wheel_is_of_text_alone() -> None:
    """No native code, no tests, no history of the sources, no keys in what is packed."""
    kinds = {
        path.suffix or path.name
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and str(path.relative_to(ROOT)) not in NO_TEXT
    }
    assert kinds <= {
        ".py", ".cedar", ".cedarschema", ".html", ".txt", ".css", ".js", ".svg", ".csv", ".md", ".po", ".mo", ".json",
        ".mako", ".typ", ".xml",
    }  # fmt: skip
    packed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert packed == {"packages": list(PACKAGES), "artifacts": ["portal/web/static/vendor/*"]}


def test_every_text_names_its_charset(world: World) -> None:
    assert all("charset=utf-8" in kind for kind in TYPES.values() if kind.startswith("text/"))
    with browser(world, "registrar") as client:
        for path in ("/sign-in", "/nowhere", "/healthz"):
            assert client.get(path).headers["content-type"].endswith("; charset=utf-8"), path


@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "PROPFIND", "POST "])
def test_methods_that_no_way_has_are_refused(world: World, method: str) -> None:
    with browser(world, "registrar") as client:
        page = client.get("/account").text
        found = re.search(r'name="csrf" value="([^"]+)"', page)
        assert found
        answer = client.request(method, "/account", headers={"Origin": ORIGIN, "X-CSRF-Token": found[1]})
        assert answer.status_code == 405
        assert client.request(method, "/account").status_code in {403, 405}


def test_no_module_is_longer_than_400_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in sources()
        if (lines := len(path.read_text("utf-8").splitlines())) > LINES_MOST
    }
    assert not long
