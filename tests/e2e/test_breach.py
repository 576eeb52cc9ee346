"""A breach of confidentiality from the concern to the referral, played by seven people in their own browsers.

The reviewing State's expert files a concern; a confidentiality officer proposes a case; the State under review's focal
point is the second person; somebody is held back, heard, and a finding is recorded by the other officer; another focal
point submits it, in words that quote nothing; a member of the Oversight Group refers it to the Conference.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.cast import World
from tests.e2e.conftest import IN_CHROMIUM, serve
from tests.filing import circulated

CAST = (
    *("expert_xbb", "confidentiality", "focal_xaa", "expert_xcc", "confidentiality_other", "focal_xbb"),
    "oversight",
)
TITLE = "Response on witness protection"

pytestmark = IN_CHROMIUM


@dataclass
class Stage:
    """The people in front of their browsers."""

    url: str
    pages: dict[str, Page]
    errors: list[str] = field(default_factory=list)

    def at(self, who: str, path: str) -> Page:
        page = self.pages[who]
        page.goto(f"{self.url}{path}")
        return page


def opened(page: Page, summary: str) -> Page:
    """Open a part of a page that is folded in."""
    page.locator("summary", has_text=summary).first.click()
    return page


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()
    page.wait_for_load_state()


def shows(page: Page, *texts: str) -> None:
    for text in texts:
        expect(page.get_by_role("main")).to_contain_text(text)


def day(ahead: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=ahead)).isoformat()


@pytest.fixture
def stage(world: World, chromium: Browser) -> Iterator[Stage]:
    circulated(world, TITLE)
    world.portal.database.close()
    with serve(world) as site, ExitStack() as stack:
        made = Stage(site.url, {})
        for who in CAST:
            context = chromium.new_context(locale="en")
            stack.callback(context.close)
            context.add_cookies([{"name": "portal-local", "value": world.members[who].token, "url": site.url}])
            page = context.new_page()
            page.on("pageerror", lambda error: made.errors.append(str(error)))
            made.pages[who] = page
        yield made


def test_a_breach_from_the_concern_to_the_referral(world: World, stage: Stage) -> None:  # noqa: PLR0915  # one story
    review = f"/reviews/{world.files['xaa'].review}"
    # the concern
    page = stage.at("expert_xbb", review)
    page.get_by_role("link", name="File a concern").click()
    page.get_by_label("What it is about").select_option(
        label="Something was shown or passed to somebody who may not see it"
    )
    page.get_by_label("What happened").fill("A newspaper has two pages of the response.")
    page.get_by_label(TITLE).check()
    press(page, "File this concern")
    shows(page, "It is with the confidentiality officer.")
    # a case, by two people
    page = stage.at("confidentiality", "/cases")
    page.get_by_role("link", name="Arandia").first.click()
    shows(page, "A newspaper has two pages of the response.", "Shared room, 1")
    expect(page.get_by_role("main")).not_to_contain_text(TITLE)
    page.get_by_role("link", name="Propose a case").click()
    page.get_by_label("Whom it concerns").select_option(label="Expert_Xcc Example – Corvane")
    page.get_by_label("What it is about, for the States concerned").fill("A paper of the review is in a newspaper.")
    page.get_by_label("What is alleged, and on what it rests").fill("It bears the mark of a copy.")
    page.get_by_label("This is an exercise on invented data.").uncheck()  # else nobody would be held back
    press(page, "Propose this case")
    case = page.url.removeprefix(stage.url)
    page = stage.at("focal_xaa", "/cases")
    page.get_by_role("link", name="Case 1").first.click()
    press(page, "Confirm, and open the case")
    shows(page, "Under examination", "A paper of the review is in a newspaper.")
    # containment: whom it concerns is out at the next page
    shows(stage.at("expert_xcc", review), "Arandia")
    page = opened(stage.at("confidentiality", case), "Contain")
    page.get_by_label("What to do").select_option(label="Suspend everywhere")
    page.get_by_label("Why", exact=True).fill("While the copy is looked into.")
    page.get_by_label("To be looked at again on").fill(day(14))
    press(page, "Contain now")
    shows(page, "Suspend everywhere: Expert_Xcc Example")
    page = stage.at("expert_xcc", "/")
    shows(page, "Your access is suspended")
    # heard, though suspended
    page = opened(stage.at("confidentiality", case), "Ask the person concerned to be heard")
    page.get_by_label("What is alleged, as they are to read it").fill("Your copy was given to a newspaper.")
    page.get_by_label("To be answered by").fill(day(14))
    press(page, "Ask them now")
    shows(page, "To be answered by")
    expect(page.get_by_role("button", name="Record this finding")).to_have_count(0)
    page = stage.at("expert_xcc", "/")
    page.get_by_role("link", name="Cases in which you are heard").click()
    page.get_by_role("link", name="Case 1").click()
    shows(page, "Your copy was given to a newspaper.", "While the copy is looked into.")
    page.get_by_label("Your answer").fill("My computer was stolen on 1 May; I told my ministry.")
    page.get_by_label("That is all I want to say").check()
    press(page, "Give this answer")
    shows(page, "Answer of the person concerned")
    # the finding, by the other officer
    page = stage.at("confidentiality_other", case)
    shows(page, "My computer was stolen on 1 May", "Record the finding, with reasons.")
    opened(page, "Record the finding")
    page.get_by_label("Finding", exact=True).select_option(label="Breach of procedure")
    page.get_by_label("Reasons").fill("The theft was not reported at once.")
    press(page, "Record this finding")
    shows(page, "There is a finding")
    # submitted by a State concerned, in words that quote nothing
    page = stage.at("focal_xbb", case)
    shows(page, "The theft was not reported at once.", "Expert_Xcc Example")
    opened(page, "Write both versions")
    page.get_by_label("The version in full, for those concerned").fill("Expert_Xcc Example reported a theft late.")
    page.get_by_label("The version that discloses nothing").fill(f"Somebody lost a copy of “{TITLE}”.")
    press(page, "Compare, and submit")
    shows(page, "Nothing was submitted: the second version quotes the file.", TITLE.casefold())
    page.get_by_label("The version that discloses nothing").fill("Somebody lost a copy of a paper, and said so late.")
    press(page, "Compare, and submit")
    shows(page, "The portal couldn’t read these documents whole", TITLE)
    page.get_by_label("I have looked at the warnings above, and it is right so.").check()
    press(page, "Compare, and submit")
    shows(page, "With the Oversight Group")
    # decided
    page = stage.at("oversight", "/")
    page.get_by_role("link", name="Case 1").first.click()
    shows(page, "Somebody lost a copy of a paper, and said so late.")
    expect(page.get_by_role("main")).not_to_contain_text("Expert_Xcc")
    page.get_by_label("What the Group decided").select_option(label="Referral to the Conference")
    page.get_by_label("The decision in its own words").fill("The Conference is informed of the matter.")
    press(page, "Record this decision")
    shows(page, "Closed")
    # let in again, and counted
    page = opened(stage.at("confidentiality", case), "Lift it")
    page.get_by_label("Why it is lifted").fill("The case is closed.")
    press(page, "Lift this containment")
    shows(page, "The case is closed.")
    shows(stage.at("expert_xcc", review), "Arandia")
    shows(stage.at("confidentiality", "/statement"), "Breach of procedure", "Referral to the Conference")
    assert stage.errors == []


def test_an_exercise_touches_nobody_and_is_counted_apart(world: World, stage: Stage) -> None:
    review = f"/reviews/{world.files['xaa'].review}"
    page = stage.at("confidentiality", f"/cases/new?review={world.files['xaa'].review}")
    page.get_by_label("Whom it concerns").select_option(label="Expert_Xcc Example – Corvane")
    page.get_by_label("What it is about, for the States concerned").fill("A paper is found in a train, we assume.")
    page.get_by_label("What is alleged, and on what it rests").fill("Invented.")
    page.get_by_label("This is an exercise on invented data.").check()
    press(page, "Propose this case")
    case = page.url.removeprefix(stage.url)
    shows(page, "This is an exercise on invented data.")
    press(stage.at("focal_xaa", case), "Confirm, and open the case")
    page = opened(stage.at("confidentiality", case), "Contain")
    page.get_by_label("What to do").select_option(label="Suspend everywhere")
    page.get_by_label("Why", exact=True).fill("To see that it can be done.")
    page.get_by_label("To be looked at again on").fill(day(14))
    press(page, "Contain now")
    shows(page, "Suspend everywhere: Expert_Xcc Example", "This is an exercise on invented data.")
    shows(stage.at("expert_xcc", review), "Arandia")  # nobody is held back
    page = opened(stage.at("confidentiality", case), "Ask the person concerned to be heard")
    page.get_by_label("What is alleged, as they are to read it").fill("Invented for the exercise.")
    page.get_by_label("To be answered by").fill(day(14))
    press(page, "Ask them now")
    page = stage.at("expert_xcc", "/hearings")
    page.get_by_role("link", name="Case 1").click()
    shows(page, "This is an exercise on invented data.")
    page.get_by_label("Your answer").fill("As agreed for the exercise.")
    page.get_by_label("That is all I want to say").check()
    press(page, "Give this answer")
    page = opened(stage.at("confidentiality_other", case), "Record the finding")
    page.get_by_label("Finding", exact=True).select_option(label="Breach of procedure")
    page.get_by_label("Reasons").fill("As the exercise has it.")
    press(page, "Record this finding")
    page = opened(stage.at("confidentiality_other", case), "Close without submitting")
    page.get_by_label("Why it goes no further").fill("The exercise is over.")
    press(page, "Close this case")
    shows(page, "Closed")
    page = stage.at("confidentiality", "/statement")
    shows(page, "No case was registered", "Exercises", "Run on invented data; not among the cases above.")
    assert stage.errors == []
