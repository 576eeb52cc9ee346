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
from itertools import cycle
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect

from portal.app import open_portal
from portal.domain.roles import Role
from portal.domain.signals import Rule
from portal.web.assets import has_asset
from tests import breaches, databases, dialogue, publicity
from tests.cast import World, add_member
from tests.conftest import settings_in
from tests.e2e.conftest import IN_CHROMIUM, serve
from tests.e2e.entering import enter
from tests.filing import circulated, move, newest, press, put, set_back, submitted
from tests.noting import copied, describe
from tests.signalled import raised
from tests.web_client import browser as signed_in

ROOT = Path(__file__).parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
MOST_BYTES = 60_000
ID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
# what is saved to a file, or leads out of the portal to an identity provider: not shown here
SAVED = re.compile(
    r"/content$|/file$|/proof$|/issuers/[0-9a-f-]{36}(\?|$)|/archive$|^/copies/|\.(csv|pdf|docx|ics|txt|json|bundle|atom)(\?|$)"
)
PICTURES = os.environ.get("PORTAL_PICTURES")
WAYS = {
    "wide and light": {"language": "en", "width": 1280, "scheme": "light"},
    "narrow, dark and mirrored": {"language": "ar", "width": 360, "scheme": "dark"},
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
    "nobody": 6,
}
# each kind of people in both ways, which takes minutes: every second one only with the slow tests
SEEN = [
    pytest.param(who, way, marks=pytest.mark.slow if (at + turn) % 2 else ())
    for at, who in enumerate(PEOPLE)
    for turn, way in enumerate(WAYS)
]

pytestmark = IN_CHROMIUM


@dataclass
class Crawl:
    """What one person's pages show; `wrong` says what is amiss, by page."""

    page: Page
    url: str
    words: list[str] = field(default_factory=list)
    bytes: int = 0
    seen: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

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
        waiting = [*first]
        while waiting:
            path = waiting.pop(0)
            kind = ID.sub("-", path.partition("?")[0].partition("#")[0])
            kind = re.sub(r"^/states/[A-Z]{3}(?=$|/)", "/states/-", kind)
            kind = re.sub(r"^/enter/[^/]+", "/enter/-", kind)
            kind += "-begin" if "?step=begin" in path else "-step" * ("?step=" in path)  # the same address with a form
            if kind in self.seen or SAVED.search(path):
                continue
            self.seen.add(kind)
            waiting += self.look(path, kind, pictures)

    def look(self, path: str, kind: str, pictures: str) -> list[str]:
        self.words.clear()
        self.bytes = 0
        answer = self.page.goto(self.url + path, wait_until="load")
        status = answer.status if answer else 0
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
            name = f"{pictures}-{kind.strip('/').replace('/', '_') or 'start'}.png"
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
    document = circulated(world, "Response to the self-assessment checklist", kind="checklist_response")
    submitted(world, "قانون مكافحة الجريمة المنظمة العابرة للحدود الوطنية", kind="law", name="قانون رقم ١٢.pdf")
    put(world, "focal_xaa", "national XAA", "Draft for the ministry", kind="note")
    draft = put(world, "expert_xbb", "reviewers", "Findings on Постановление_Верховного_суда_№_5-124", kind="note")
    move(world, "focal_xbb", draft, "shared")
    press(
        signed_in(world, "officer"),
        f"/documents/{document}/translations",
        version=str(newest(world, document)),
        translator=str(world.members["translator"].person),
        language="fr",
    )
    schedule, officer = f"/reviews/{world.files['xaa'].review}/schedule", signed_in(world, "officer")
    press(officer, schedule, seen="0", timetable="resolution", begins="2026-01-12")
    for step, day in (("notify", "2026-02-02"), ("focal_point", "2026-03-20"), ("response", "2026-04-30")):
        press(officer, f"{schedule}/steps", seen="0", step=step, agreed=day, done=day, reason="As it took place.")
    press(officer, f"{schedule}/steps", seen="0", step="circulate", agreed="2026-06-06", reason="As all agreed.")
    set_back(world)
    replace(world)
    talk(world)
    copied(world)
    describe(world)
    breach(world)
    signal(world)
    publish(world, document)
    yield world
    portal.database.close()


def breach(world: World) -> None:
    """Let concerns wait and be set aside, a case wait for its second person, and one be in the midst of everything."""
    breaches.concern(world, "focal_xaa")
    aside = breaches.concern(world, "observer_xcc", happened="نُشرت صفحتان من المسودة في صحيفة.", language="ar")
    press(signed_in(world, "confidentiality"), f"/concerns/{aside}/aside", reason="The pages were public.")
    breaches.proposed(world, person=None)
    named = breaches.concern(world, "expert_xbb", about="observer_xcc")
    case = breaches.registered(world, on=named, person="observer_xcc", exercise=True)
    breaches.contained(world, case, whom="observer_xcc")
    breaches.act(
        world, "confidentiality", case, "entries", entry="fact", entry_text="Постановление_Верховного_суда " * 9
    )
    breaches.heard(world, case, "observer_xcc")
    breaches.found(world, case)
    breaches.submitted(world, case)


def publish(world: World, document: UUID) -> None:
    """Let something be prepared for publication, something be public, and something be withdrawn."""
    publicity.prepared(world, document, pages="1-12, 15")
    publicity.published(world, publicity.prepared(world, document, title="التقرير القُطري لأرانديا", language="ar"))
    gone = publicity.published(world, publicity.prepared(world, document, title="Response", pages="1-3"))
    publicity.act(world, "focal_xaa", gone, "withdraw", reason="A corrected version follows.")


def signal(world: World) -> None:
    """Let there be a signal by each rule, of which one was set aside."""
    several = [raised(world, who, rule) for who, rule in zip(cycle(["expert_xbb", "officer"]), Rule, strict=False)]
    aside = f"/signals/{several[0]}/aside"
    assert press(signed_in(world, "confidentiality"), aside, reason="زيارة قُطرية (a visit).").status_code == 303


def replace(world: World) -> None:
    """Let somebody have been replaced, and somebody stand ready to succeed."""
    add_member(world, "next_xaa", Role.EXPERT, "XAA")
    left = add_member(world, "left_xbb", Role.EXPERT, "XBB", ("xaa",))
    dialogue.draft_question(world, "left_xbb", dialogue.asked("Begun by somebody who left"))
    path = f"/people/{left.person}/appointments/{left.appointment}/hand-over"
    said = {"note": "NV 1/2026", "dated": "2026-05-01"}
    successor = str(world.members["expert_xbb"].appointment)
    assert press(signed_in(world, "focal_xbb"), path, successor=successor, **said).status_code == 303


def talk(world: World) -> None:
    """Let the dialogue be under way: a draft, a question that waits, one with an answer, one being translated."""
    dialogue.draft_question(world, said=dialogue.asked("Penalties for legal persons"))
    waiting = dialogue.question(
        world, said=dialogue.asked("Participation", "Which *acts* does it cover?\n\n- one\n- two")
    )
    dialogue.draft_answer(world, waiting, text="تشمل المادة ١٢ (section 12) كل فعل.")
    dialogue.comment(world, "expert_xbb", waiting, "reviewers", "Compare with **article 10**.")
    answered = dialogue.question(world, "expert_xcc", dialogue.asked("Группы: постановление", "Просьба пояснить."))
    sent = dialogue.submit(world, dialogue.draft_answer(world, answered), "focal_xaa")
    dialogue.send_text(world, sent, "fr")
    file = f"/reviews/{world.files['xaa'].review}"
    press(signed_in(world, "translator"), f"{file}/undertaking", wording="1", accepted="yes")
    dialogue.log_call(world, "officer", "Call with the focal point about the visit.")


@pytest.fixture(scope="module")
def besides(busy: World) -> dict[str, list[str]]:
    """Give the pages that no link leads to, by who looks at them."""
    return enter(busy)


@pytest.fixture(scope="module")
def site(busy: World) -> Iterator[str]:
    with serve(busy) as running:
        yield running.url


@pytest.mark.parametrize(("who", "way"), SEEN)
def test_every_page_is_sound_for(
    busy: World, besides: dict[str, list[str]], site: str, chromium: Browser, who: str, way: str
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
