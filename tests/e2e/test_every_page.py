"""Every page that each kind of people reaches by links, in a real browser: wide and narrow, light and dark, mirrored.

On each: axe finds nothing, nothing overflows, the browser says no word, the first view weighs under 60 kB.
With PORTAL_PICTURES=folder it leaves a picture of each page there, to be looked at.
"""

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as changed
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from portal.app import open_portal
from portal.web import routes
from portal.web.assets import has_asset
from tests import databases
from tests.cast import World
from tests.conftest import settings_in
from tests.e2e.busy import behind, fill
from tests.e2e.conftest import IN_CHROMIUM, serve
from tests.e2e.entering import enter
from tests.filing import press
from tests.web_client import browser as signed_in

ROOT = Path(__file__).parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
MOST_BYTES = 60_000
ID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
# what is saved to a file, or leads out of the portal to an identity provider: not shown here
SAVED = re.compile(
    r"/content$|/copy$|/file$|/proof$|/issuers/[0-9a-f-]{36}(\?|$)|/archive$|^/copies/|^/exhibits/|\.(csv|pdf|docx|ics|txt|json|bundle|atom)(\?|$)"
)
PICTURES = os.environ.get("PORTAL_PICTURES")
WAYS = {
    "wide and light": {"language": "en", "width": 1280, "scheme": "light"},
    "narrow, dark and mirrored": {"language": "ar", "width": 360, "scheme": "dark"},
}
ROUTES = [(way.path, way.route()) for way in routes.WAYS if way.method == "GET"]
# those that show nobody a page: they lead on, speak to another server or send a file, as all do whose address has a dot
NO_PAGES = {
    *("/", "/healthz", "/readyz", "/audit/log/checkpoint", "/audit/log/tile/{path:path}", "/public/{id}/proof"),
    *("/sign-in/issuers/{id}", "/enter/{token}/issuers/{id}"),
    "/sign-in/issuers/{id}/return",  # to which an identity provider leads: tests/e2e/test_issuers.py
    *("/versions/{id}/content", "/summaries/{id}/content", "/publications/{id}/file", "/rooms/{id}/archive"),
    *("/copies/{id}", "/exhibits/{id}", "/granted/versions/{id}/image", "/granted/versions/{id}/copy"),
    *(path for path, _ in ROUTES if "." in path),
}
# people, and how many kinds of pages each reaches at least: a crawl that stops at an error's page would find fewer
PEOPLE = {
    "focal_xaa": 26,
    "expert_xbb": 12,
    "officer": 11,
    "registrar": 16,
    "administrator": 17,
    "translator": 4,
    "observer_xcc": 8,
    "roster_xcc": 2,
    "oversight": 6,
    "confidentiality": 11,
    "focal_xdd": 6,
    "focal_xff": 6,
    "reader_xff": 6,
    "nobody": 6,
}
# each kind of people in both ways, which takes minutes: every second one only with the slow tests
SEEN = [
    pytest.param(who, way, marks=pytest.mark.slow if (at + turn) % 2 else ())
    for at, who in enumerate(PEOPLE)
    for turn, way in enumerate(WAYS)
]

pytestmark = IN_CHROMIUM


def kind_of(path: str) -> str:
    """Tell which kind of page an address is of."""
    kind = ID.sub("-", path.partition("?")[0].partition("#")[0])
    kind = re.sub(r"^/states/[A-Z]{3}(?=$|/)", "/states/-", kind)
    kind = re.sub(r"^/enter/[^/]+", "/enter/-", kind)
    return kind + ("-begin" if "?step=begin" in path else "-step" * ("?step=" in path))  # the same address with a form


@dataclass
class Crawl:
    """What one person's pages show; `wrong` says what is amiss, by page."""

    page: Page
    url: str
    words: list[str] = field(default_factory=list)
    bytes: int = 0
    seen: set[str] = field(default_factory=set)
    routes: set[str] = field(default_factory=set)  # of the pages that were shown
    wrong: list[str] = field(default_factory=list)
    pictures: int = 0

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self.words.append(message.text))
        self.page.on("pageerror", lambda error: self.words.append(str(error)))
        network = self.page.context.new_cdp_session(self.page)
        network.send("Network.enable")
        network.send("Network.setCacheDisabled", {"cacheDisabled": True})
        network.on("Network.loadingFinished", self._weigh)

    def _weigh(self, loaded: dict[str, float]) -> None:
        self.bytes += int(loaded["encodedDataLength"])

    def run(self, first: Sequence[str], pictures: str) -> None:
        """Look at each of the first, and at one of each kind to which links lead from there."""
        waiting = [link for path in first for link in self.look(path, pictures)]
        while waiting:
            path = waiting.pop(0)
            if kind_of(path) not in self.seen and not SAVED.search(path):
                waiting += self.look(path, pictures)

    def look(self, path: str, pictures: str) -> list[str]:
        kind = kind_of(path)
        self.seen.add(kind)
        self.words.clear()
        self.bytes = 0
        answer = self.page.goto(self.url + path, wait_until="load")
        status = answer.status if answer else 0
        here = urlsplit(self.page.url).path
        self.routes.add(next(path for path, route in ROUTES if route.path_regex.match(here)))
        found = [f"status {status}"] if status != 200 else []
        if self.page.evaluate("document.documentElement.scrollWidth - innerWidth") > 0:
            found.append("overflows")
        if self.bytes > MOST_BYTES:
            found.append(f"weighs {self.bytes} bytes")
        found += self.words
        if AXE.exists():
            self.page.evaluate(AXE.read_text("utf-8"))
            found += self.page.evaluate(
                "rules => axe.run({runOnly: rules}).then(r => r.violations.map(v => v.id + ': ' + v.nodes[0].html))",
                RULES,
            )
        if PICTURES:
            self.pictures += 1
            name = f"{pictures}-{self.pictures:02}-{kind.strip('/').replace('/', '_') or 'start'}.png"
            self.page.screenshot(path=Path(PICTURES) / name, full_page=True)
        self.wrong += [f"{kind}: {one}" for one in found]
        links: list[str] = self.page.evaluate(
            "[...document.querySelectorAll('a[href]')].filter(a => a.origin === location.origin)"
            ".map(a => a.pathname + a.search)"
        )
        return links


@pytest.fixture(scope="module")
def busy(built: tuple[Path, World], tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A review in which something of every kind has happened."""
    folder, original = built
    mine = tmp_path_factory.mktemp("busy")
    shutil.copytree(folder, mine, dirs_exist_ok=True)
    databases.copy(folder / "data", mine / "data")
    portal = open_portal(changed(settings_in(mine), second_factor=True), original.clock)
    world = World(portal, original.clock, dict(original.members), dict(original.files))
    fill(world)
    yield world
    portal.database.close()


@pytest.fixture(scope="module")
def besides(busy: World) -> dict[str, list[str]]:
    """Give the pages that no link leads to, or none at first, by who looks at them."""
    found = behind(busy)
    for who, paths in enter(busy).items():
        found[who] += paths
    return found


@pytest.fixture(scope="module")
def site(busy: World) -> Iterator[str]:
    with serve(busy) as running:
        yield running.url


@pytest.fixture(scope="session")
def looked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where each walk says what it looked at, be it in another process of the tests."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "looked at"
    folder.mkdir(exist_ok=True)
    return folder


def check_all_were_looked_at(looked: Path, who: str, routes: set[str]) -> None:
    """Once everybody walked, see that each page that there is was looked at by somebody."""
    own = looked / f"{who}.{os.getpid()}"
    own.write_text("\n".join(routes))
    own.rename(looked / who)
    if all((looked / one).exists() for one in PEOPLE):
        seen = {route for one in PEOPLE for route in (looked / one).read_text().splitlines()}
        assert {path for path, _ in ROUTES} - seen == NO_PAGES


@pytest.mark.parametrize(("who", "way"), SEEN)
def test_every_page_is_sound_for(
    busy: World, besides: dict[str, list[str]], site: str, chromium: Browser, looked: Path, who: str, way: str
) -> None:
    how = WAYS[way]
    if who != "nobody":
        said = {"language": how["language"], "zone": "Europe/Vienna"}
        assert press(signed_in(busy, who), "/account", **said).status_code == 303
    context = chromium.new_context(
        viewport={"width": how["width"], "height": 900}, color_scheme=how["scheme"], locale=how["language"]
    )
    if who != "nobody":
        context.add_cookies([{"name": "portal-local", "value": busy.members[who].token, "url": site}])
    crawl = Crawl(context.new_page(), site)
    crawl.run(["/", *besides.get(who, ())], f"{who}-{how['language']}")
    context.close()
    assert "\n".join(crawl.wrong) == ""
    assert len(crawl.seen) >= PEOPLE[who]
    check_all_were_looked_at(looked, who, crawl.routes)
    if not AXE.exists():
        pytest.skip("needs axe-core, which npm ci brings: everything else was looked at")


@pytest.mark.skipif(not has_asset("vendor/htmx.min.js"), reason="needs htmx, which npm ci brings")
def test_a_choice_narrows_the_list_without_a_new_page(busy: World, site: str, chromium: Browser) -> None:
    context = chromium.new_context(locale="en")
    context.add_cookies([{"name": "portal-local", "value": busy.members["focal_xbb"].token, "url": site}])
    page = context.new_page()
    page.goto(f"{site}/rooms/{busy.files['xaa'].rooms['shared']}")
    found = page.locator("#found")
    expect(found.get_by_role("link", name="Findings on").first).to_be_visible()
    page.evaluate("window.still = true")
    page.get_by_label("Kind", exact=True).first.select_option(label="Checklist response")
    expect(found).not_to_contain_text("Findings on")
    expect(found).to_contain_text("Response to the self-assessment checklist")
    assert page.evaluate("window.still"), "the page was loaded anew"
    assert "/find" not in page.url
    # the session ends in another tab: the answer that says so is shown, not an empty list
    press(signed_in(busy, "focal_xbb"), "/sign-out")
    page.get_by_label("Kind", exact=True).first.select_option(label="All kinds")
    expect(page.get_by_role("main")).to_contain_text("You are not signed in")
    context.close()
