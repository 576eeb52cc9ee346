"""The style sheet and the scripts: named by their content, kept by browsers, within their bounds."""

import gzip
import json
import re
from importlib import resources
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from portal.web.assets import asset, has_asset, serve

STATIC = resources.files("portal.web") / "static"
SITE = TestClient(Starlette(routes=[Route("/static/{name:path}", serve)]))
SHEET = (STATIC / "portal.css").read_text("utf-8")
ROOT = Path(__file__).parents[3]


def test_a_file_is_kept_for_a_year_under_a_name_that_changes_with_it() -> None:
    answer = SITE.get(asset("portal.css"))
    assert answer.status_code == 200
    assert answer.text == SHEET
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/css; charset=utf-8"


def test_a_file_travels_compressed_where_the_browser_takes_it() -> None:
    plain = SITE.get(asset("portal.css"), headers={"Accept-Encoding": "identity"})
    packed = SITE.get(asset("portal.css"), headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == "Accept-Encoding"
    assert packed.content == plain.content


@pytest.mark.parametrize(
    "path",
    ["portal.css", "portal.0000000000000000.css", "%2e%2e/pages.py", "..%2F..%2Fapp.py", "%00", ""],
)
def test_nothing_else_is_served(path: str) -> None:
    answer = SITE.get(f"/static/{path}")
    assert answer.status_code == 404
    assert answer.headers["cache-control"] == "no-store"


def test_a_template_that_names_no_file_is_wrong() -> None:
    assert not has_asset("absent.js")
    with pytest.raises(KeyError):
        asset("absent.js")


def test_the_style_sheet_is_under_twenty_kilobytes() -> None:
    assert len(SHEET.encode()) < 20_000


def test_the_style_sheet_knows_no_left_and_right() -> None:
    sided = re.findall(
        r"(?<![\w-])(?:(?:margin|padding|border|inset|scroll-\w+)-(?:left|right|top|bottom)|left|right|top|bottom"
        r"|width|height|(?:min|max)-(?:width|height))\s*:|:\s*(?:left|right)\b",
        re.sub(r"@media[^{]*", "", re.sub(r"/\*.*?\*/", "", SHEET, flags=re.DOTALL)),
    )
    assert sided == []


def test_style_sheet_and_script_name_no_address() -> None:
    for entry in STATIC.iterdir():
        if entry.is_file():
            text = entry.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
            assert not re.search(r"https?://|url\(|@import|//[a-z]", text), entry.name


@pytest.mark.parametrize("name", sorted(entry.name for entry in STATIC.iterdir() if entry.name.endswith(".js")))
def test_no_script_holds_words_for_people_or_injects_markup(name: str) -> None:
    script = re.sub(r"/\*.*?\*/", "", (STATIC / name).read_text("utf-8"), flags=re.DOTALL)
    assert script.lstrip().startswith('"use strict";')
    assert not re.search(r"\b(\w+HTML\w*|createContextualFragment|DOMParser|write|eval|Function|\.style)\b", script)
    assert not re.search(r"\b(__proto__|prototype|constructor|Object|Reflect)\b", script), (
        "objects are merged or changed"
    )
    assert not [word for word in re.findall(r'"([^"]*)"', script) if re.search(r"[A-Z][a-z]+ [a-z]+", word)]


def test_what_a_first_view_fetches_is_under_sixty_kilobytes() -> None:
    names = ["portal.css", "upload.js", "mark.svg", "vendor/htmx.min.js"]
    total = sum(len(gzip.compress((STATIC / name).read_bytes())) for name in names if has_asset(name))
    assert total < 40_000  # the rest is the page's own


@pytest.mark.checkout
def test_the_lock_of_the_scripts_names_hashes_and_no_host() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text("utf-8"))
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert "node_modules/htmx.org" in packages
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())
    assert not any("resolved" in package for package in packages.values())
