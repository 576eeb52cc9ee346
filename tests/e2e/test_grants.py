"""A grant in real browsers: asked for, given by somebody who does it for the first time, read, and revoked.

The State under review needs at most six presses from its first page to the grant (counted here).
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.cast import World
from tests.e2e.conftest import IN_CHROMIUM, serve
from tests.granting import PURPOSE, agreed, reader

MOST_PRESSES = 6

pytestmark = IN_CHROMIUM


@dataclass
class Hand:
    """Somebody in front of a browser, whose presses are counted."""

    page: Page
    url: str
    presses: int = 0
    errors: list[str] = field(default_factory=list)

    def at(self, path: str) -> None:
        self.page.goto(f"{self.url}{path}")

    def press(self, what: Locator) -> None:
        what.click()
        self.presses += 1
        self.page.wait_for_load_state()

    def link(self, name: str) -> None:
        self.press(self.page.get_by_role("link", name=name, exact=True).first)

    def button(self, name: str) -> None:
        self.press(self.page.get_by_role("button", name=name, exact=True).first)

    def shows(self, *texts: str) -> None:
        for text in texts:
            expect(self.page.get_by_role("main")).to_contain_text(text)


@pytest.fixture
def hands(world: World, chromium: Browser) -> Iterator[dict[str, Hand]]:
    agreed(world)
    reader(world)
    world.portal.database.close()
    with serve(world) as site, ExitStack() as stack:
        found = {}
        for who in ("focal_xff", "focal_xaa", "reader_xff"):
            context = chromium.new_context(locale="en")
            stack.callback(context.close)
            context.add_cookies([{"name": "portal-local", "value": world.members[who].token, "url": site.url}])
            found[who] = Hand(context.new_page(), site.url)
            found[who].page.on("pageerror", lambda error, hand=found[who]: hand.errors.append(str(error)))
        yield found


def test_a_grant_by_somebody_who_gives_one_for_the_first_time(hands: dict[str, Hand]) -> None:
    asks, gives, reads = hands["focal_xff"], hands["focal_xaa"], hands["reader_xff"]
    asks.at("/grants")
    asks.link("Ask for a report")
    asks.page.get_by_label("Report of").select_option(label="Arandia")
    asks.page.get_by_label("What for").fill(PURPOSE)
    asks.page.get_by_label("Reader_Xff Example").check()
    asks.button("Ask")
    asks.shows("Asked for", PURPOSE)
    # the State under review, from its first page
    gives.at("/work")
    gives.link("Grants")
    gives.link("Fenmark asks to read your State’s report")
    gives.shows(PURPOSE, "What would they see?", "2 of 2 files", "0 of 2 files", "nothing")
    gives.button("Grant")
    gives.shows("Granted", "On the screen only", "Report", "Executive summary")
    assert gives.presses <= MOST_PRESSES
    # the reader
    reads.at("/granted")
    reads.link("Report of Arandia")
    reads.page.get_by_label("I have read this and undertake to keep to it.").check()
    reads.button("Accept the undertaking")
    reads.link("Report")
    picture = reads.page.get_by_role("img", name="Page 1; its words stand below.")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") > 500  # drawn, and not a sign that it is missing
    # seen at once, and a minute later without a press
    gives.page.clock.install()
    gives.link("Who opened what")
    gives.shows("Reader_Xff Example", "page 1")
    reads.page.keyboard.press("ArrowRight")
    reads.shows("Page 2 of 2")
    reads.page.locator("summary", has_text="The words of this page").click()
    reads.shows("Quokka is on page two.")
    gives.page.clock.run_for(61_000)
    gives.shows("pages 1–2")
    # and revoked: the page that is open shows nothing more
    gives.page.go_back()
    gives.page.locator("summary", has_text="Revoke").click()
    gives.page.get_by_label("Why").last.fill("A corrected report follows.")
    gives.button("End it now")
    gives.shows("Revoked", "A corrected report follows.")
    reads.link("Previous")
    expect(reads.page.get_by_role("img")).to_have_count(0)
    expect(reads.page.get_by_role("main")).not_to_contain_text("Okapi")
    assert [hand.errors for hand in hands.values()] == [[], [], []]
