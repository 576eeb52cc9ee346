"""The whole dialogue, played by six people in the browsers of three offices; each sees only what they may at each step.

The reviewing State's expert and focal point, the State under review's focal point and expert, the officer and the
translator: a question from its draft to an answer with a document, what follows from it, and its end.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from portal.web.assets import has_asset
from tests import dialogue
from tests.cast import World
from tests.e2e.conftest import IN_CHROMIUM, serve
from tests.filing import put

# who sits in front of which browser
OFFICES = {
    "reviewing": ("expert_xbb", "focal_xbb"),
    "under review": ("focal_xaa", "expert_xaa"),
    "secretariat": ("officer", "translator"),
}
QUESTION = "Does article 5 cover *foreign* groups?"
HEADING = "Groups abroad"
ADDED = "And since when?"
ANSWER = "It does, since 2009; see the law."
FOLLOWING = "Which courts decide?"

pytestmark = IN_CHROMIUM


@pytest.mark.skipif(not has_asset("vendor/htmx.min.js"), reason="needs htmx, which npm ci brings")
def test_what_is_typed_stays_when_the_session_ends_and_when_somebody_else_saves(
    world: World, chromium: Browser
) -> None:
    saved = dialogue.draft_question(world)
    world.portal.database.close()
    with serve(world) as site:
        pages = []
        for who in ("expert_xbb", "focal_xbb"):
            context = chromium.new_context(locale="en")
            context.add_cookies([{"name": "portal-local", "value": world.members[who].token, "url": site.url}])
            pages.append(context.new_page())
            pages[-1].goto(f"{site.url}/entries/{saved.entry}")
        mine, theirs = pages
        expect(theirs.get_by_role("main")).to_contain_text("Expert_Xbb Example has this draft open, too")
        field = "Question"
        mine.get_by_label(field, exact=True).press_sequentially("Mine: ")
        expect(mine.locator("#saved")).to_contain_text("Saved.", timeout=15_000)
        theirs.get_by_label(field, exact=True).press_sequentially("Theirs: ")
        expect(theirs.locator("#saved")).to_contain_text("Somebody saved this draft", timeout=15_000)
        press(theirs, "Save")
        expect(theirs.get_by_role("main")).to_contain_text("Mine: ")
        assert "Theirs: " in theirs.get_by_label(field, exact=True).input_value()
        token = "document.querySelector('[name=csrf]').value"
        mine.evaluate(f"fetch('/sign-out', {{method: 'POST', body: new URLSearchParams({{csrf: {token}}})}})")
        mine.wait_for_timeout(500)
        mine.get_by_label(field, exact=True).press_sequentially("Still mine: ")
        expect(mine.locator("#unsaved")).to_contain_text("nothing was lost", timeout=15_000)
        assert "Still mine: " in mine.get_by_label(field, exact=True).input_value()
        for page in pages:
            page.context.close()


@dataclass
class Play:
    """The offices, and what their people do."""

    world: World
    url: str
    contexts: dict[str, BrowserContext]
    errors: list[str] = field(default_factory=list)

    def sit(self, who: str, path: str) -> Page:
        """Let somebody sit down in front of their office's browser and open a page."""
        office = next(office for office, people in OFFICES.items() if who in people)
        context = self.contexts[office]
        token = self.world.members[who].token
        context.add_cookies([{"name": "portal-local", "value": token, "url": self.url}])
        if not context.pages:
            context.new_page().on("pageerror", lambda error: self.errors.append(str(error)))
        page = context.pages[0]
        page.goto(self.url + path)
        return page

    @property
    def list(self) -> str:
        return f"/reviews/{self.world.files['xaa'].review}/clarifications"

    def sees(self, who: str, path: str, *words: str, never: tuple[str, ...] = ()) -> None:
        """Check what stands on somebody's page, and what doesn't."""
        main = self.sit(who, path).get_by_role("main")
        for word in words:
            expect(main).to_contain_text(word)
        for word in never:
            expect(main).not_to_contain_text(word)

    def nothing(self, who: str, path: str) -> None:
        """Check that somebody finds nothing at an address."""
        self.sees(who, path, "The address may be wrong")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()
    page.wait_for_load_state()


def open_question(page: Page, heading: str = HEADING) -> str:
    page.get_by_role("link", name=heading).click()
    page.wait_for_load_state()
    return re.sub(r"^https?://[^/]+", "", page.url)


def test_six_people_carry_a_question_to_its_end(world: World, chromium: Browser) -> None:
    put(world, "focal_xaa", "national XAA", "Law on organized crime", kind="law", language="en")
    world.portal.database.close()
    with serve(world) as site:
        contexts = {office: chromium.new_context(locale="en") for office in OFFICES}
        play = Play(world, site.url, contexts)
        thread = asked(play)
        passed_on(play, thread)
        answered(play, thread)
        followed_up(play, thread)
        assert play.errors == []
        for context in contexts.values():
            context.close()


def asked(play: Play) -> str:
    """Have the question drafted, cleared and submitted."""
    page = play.sit("focal_xbb", play.list)
    press(page, "Clear each question first")
    page = play.sit("expert_xbb", f"{play.list}/new")
    page.get_by_label("Article").fill("untoc 5")
    page.get_by_label("In a few words").fill(HEADING)
    page.get_by_label("Question").fill(QUESTION)
    press(page, "Save as a draft")
    if has_asset("vendor/htmx.min.js"):
        typed = page.get_by_label("Question", exact=True)
        typed.press("Control+End")
        typed.press_sequentially(f" {ADDED}")
        expect(page.locator("#saved")).to_contain_text("Saved.", timeout=15_000)
        page.reload()
    else:
        page.get_by_label("Question", exact=True).fill(f"{QUESTION} {ADDED}")
    expect(page.get_by_label("Question", exact=True)).to_have_value(f"{QUESTION} {ADDED}")
    press(page, "Save and ask the focal point to clear it")
    thread = re.sub(r"^https?://[^/]+", "", page.url)
    play.sees("focal_xaa", play.list, "Nothing was asked yet", never=(HEADING,))
    play.nothing("focal_xaa", thread)
    play.nothing("translator", thread)
    page = play.sit("focal_xbb", f"{play.list}?list=mine")
    assert open_question(page) == thread
    press(page, "Clear it")
    page = play.sit("expert_xbb", thread)
    press(page, "Submit to the secretariat")
    play.nothing("expert_xaa", thread)
    return thread


def passed_on(play: Play, thread: str) -> None:
    """Have the question translated and passed on."""
    page = play.sit("officer", play.list)
    assert open_question(page) == thread
    page.get_by_role("link", name="Translation").click()
    page.get_by_label("Translator").select_option(index=1)
    page.get_by_label("Into").select_option(label="French")
    press(page, "Send")
    page = play.sit("translator", "/translations")
    if page.get_by_role("button", name="Accept the undertaking").count():
        page.get_by_label("I have read this").check()
        press(page, "Accept the undertaking")
        page.goto(f"{play.url}/translations")
    page.get_by_role("link", name="Question").click()
    expect(page.get_by_role("main")).to_contain_text("Does article 5 cover foreign groups?")
    expect(page.get_by_role("main")).not_to_contain_text(HEADING)
    text = re.sub(r"^https?://[^/]+", "", page.url)
    page.get_by_label("Translation").fill("L’article 5 couvre-t-il les groupes étrangers ?")
    press(page, "Deliver")
    play.nothing("translator", text)
    play.nothing("focal_xaa", thread)
    page = play.sit("officer", thread)
    page.get_by_label("Answer by").fill((datetime.now(UTC) + timedelta(days=14)).date().isoformat())
    press(page, "Pass on to all parties")
    play.sees("focal_xaa", thread, "Question 1", "foreign", "In French", never=("Draft 1",))


def answered(play: Play, thread: str) -> None:
    """Have the question given to an expert, answered with a document, cleared and passed on."""
    page = play.sit("focal_xaa", thread)
    page.get_by_label("Expert_Xaa").check()
    press(page, "Give it to them")
    page = play.sit("expert_xaa", f"{play.list}?list=mine")
    assert open_question(page) == thread
    press(page, "Draft an answer")
    page.get_by_label("Answer", exact=True).fill(ANSWER)
    press(page, "Save")
    page.get_by_label("Law on organized crime").check()
    press(page, "Save and ask the focal point to clear it")
    play.sees("expert_xbb", thread, "Question 1", never=(ANSWER, "Law on organized crime", "Expert_Xaa"))
    play.sees("officer", thread, "Question 1", never=(ANSWER,))
    page = play.sit("focal_xaa", thread)
    press(page, "Clear and send the answer")
    play.sees("focal_xbb", thread, "Answer with the secretariat", never=(ANSWER,))
    page = play.sit("officer", play.list)
    assert open_question(page) == thread
    press(page, "Pass on to all parties")
    page = play.sit("expert_xbb", thread)
    expect(page.get_by_role("main")).to_contain_text(ANSWER)
    page.get_by_role("link", name="Law on organized crime").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Law on organized crime")


def followed_up(play: Play, thread: str) -> None:
    """Have what follows asked and answered, and the question closed."""
    page = play.sit("expert_xbb", thread)
    press(page, "Ask what follows")
    page.get_by_label("Question", exact=True).fill(FOLLOWING)
    press(page, "Save and ask the focal point to clear it")
    play.sees("focal_xaa", thread, "Answered", never=(FOLLOWING,))
    page = play.sit("focal_xbb", thread)
    press(page, "Submit to the secretariat")
    play.sees("focal_xaa", thread, "Answered", never=(FOLLOWING,))
    page = play.sit("officer", thread)
    press(page, "Pass on to all parties")
    page = play.sit("focal_xaa", thread)
    expect(page.get_by_role("main")).to_contain_text(FOLLOWING)
    press(page, "Draft an answer")
    page.get_by_label("Answer", exact=True).fill("The central court.")
    press(page, "Save, clear and send the answer")
    page = play.sit("officer", thread)
    press(page, "Pass on to all parties")
    page = play.sit("expert_xbb", thread)
    press(page, "Close: nothing more is expected")
    play.sees("focal_xaa", thread, "Closed", "The central court.")
    play.sees("expert_xaa", f"{play.list}?list=closed", HEADING)
    # what somebody looks for stands on no address
    page = play.sit("expert_xaa", play.list)
    page.get_by_label("Words in").fill("CENTRAL court")
    press(page, "Find")
    expect(page.locator("#found")).to_contain_text(HEADING)
    assert "central" not in page.url.lower()
