"""A new ministry's installation: from `portal init` to the first upload, all of it from the pages."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from portal.app import open_portal
from portal.settings import Settings
from tests.cast import Clock, World
from tests.e2e.conftest import IN_CHROMIUM, ROOT, Server, serve

PASSPHRASE = "violet harbour lantern seventeen"
CONTENT = b"Article 1. Whoever takes part in an organized criminal group" * 100

pytestmark = IN_CHROMIUM


@dataclass
class Visitor:
    """Somebody with a browser of their own."""

    page: Page
    errors: list[str] = field(default_factory=list)

    def fill(self, **values: str) -> None:
        """Fill the fields of the form by their names; choices by what is read there."""
        for name, value in values.items():
            at: Locator = self.page.locator(f"main [name={name}]")
            if at.evaluate("e => e.tagName") == "SELECT":
                at.select_option(label=value)
            else:
                at.fill(value)

    def press(self, name: str) -> None:
        """Press a button or follow a link of the page, by its words."""
        main = self.page.get_by_role("main")
        button = main.get_by_role("button", name=name, exact=True)
        button.or_(main.get_by_role("link", name=name, exact=True)).click()

    def go(self, place: str) -> None:
        """Go to a place of the head of the page."""
        self.page.get_by_role("navigation", name="Main").get_by_role("link", name=place, exact=True).click()

    def sees(self, text: str) -> None:
        """Wait until the page says something."""
        expect(self.page.get_by_role("main")).to_contain_text(text)

    def link(self) -> str:
        """Read the sign-in link that the page shows once."""
        return self.page.get_by_role("main").get_by_text(re.compile("/enter/")).inner_text()


def enter(chromium: Browser, link: str, mail: str, second: str = "") -> Visitor:
    """Open a sign-in link for the first time, and choose a passphrase; second: the other part of the link."""
    visitor = Visitor(chromium.new_context(locale="en-GB", viewport={"width": 1100, "height": 900}).new_page())
    visitor.page.on("pageerror", lambda error: visitor.errors.append(str(error)))
    visitor.page.goto(link)
    form = visitor.page.locator("main form").nth(1)
    parts = {"second": second} if second else {}
    for name, value in {"mail": mail, **parts, "passphrase": PASSPHRASE, "again": PASSPHRASE}.items():
        form.locator(f"[name={name}]").fill(value)
    visitor.press("Keep it and sign in")
    return visitor


def add(visitor: Visitor, role: str, name: str, mail: str, state: str | None = None) -> str:
    """Add somebody from the page of people; gives the link that is shown once."""
    visitor.press("Add somebody")
    visitor.fill(role=role, name=name, mail=mail, note="NV/1/2026", dated=today())
    if state is not None:
        visitor.fill(state=state)
    visitor.press("Add and make a sign-in link")
    return visitor.link()


def today() -> str:
    return datetime.now(UTC).date().isoformat()


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[tuple[Server, str]]:
    """What `portal init` leaves behind, served; and the link that it printed."""
    settings = Settings(data=tmp_path / "data", keys=tmp_path / "keys", second_factor=False)
    environment = os.environ | {
        "PORTAL_DATA": str(settings.data),
        "PORTAL_KEYS": str(settings.keys),
        "PORTAL_SECOND_FACTOR": "false",
    }
    said = subprocess.run(
        [sys.executable, "-m", "portal", "init", "--name", "Ada Min", "--mail", "ada@portal.example", "--json"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        check=True,
        text=True,
    )
    portal = open_portal(settings)
    with serve(World(portal, Clock())) as server:
        link = json.loads(said.stdout)["link"]
        yield server, re.sub(r"http://[^/]+", server.url, link)
    portal.database.close()


def test_from_an_empty_installation_to_the_first_upload(chromium: Browser, installed: tuple[Server, str]) -> None:
    _, first = installed
    # the administrator finds what comes next: a registrar
    admin = enter(chromium, first, "ada@portal.example")
    admin.sees("Next: a registrar")
    link = add(admin, "Secretariat registrar", "Ruth Keeper", "ruth@portal.example")

    registrar = enter(chromium, link, "ruth@portal.example")
    for_officer, for_focal = open_first_review(admin, registrar)

    # the focal point appoints an expert, who is assigned to the review
    focal = enter(chromium, for_focal[0], "sera@fiji.example", for_focal[1])
    focal.go("My State’s people")
    expert_link = add(focal, "Governmental expert", "Tevita Lal", "tevita@fiji.example")
    focal.press("To this person’s page")
    focal.press("Assign to a review")
    focal.fill(review="Fiji", note="NV/4/2026", dated=today())
    focal.press("Assign")
    focal.sees("NV/4/2026")

    # the expert accepts the undertaking and uploads the first document
    expert = enter(chromium, expert_link, "tevita@fiji.example")
    expert.press("Fiji")
    expert.page.get_by_label("I have read this and undertake to keep to it.").check()
    expert.press("Accept the undertaking")
    expert.press("National room of Fiji")
    upload(expert)

    # and the officer, the registrar and the administrator see nothing of it
    officer = enter(chromium, for_officer[0], "olga@portal.example", for_officer[1])
    officer.press("Fiji")
    expect(officer.page.get_by_role("main")).not_to_contain_text("Penal code")
    for visitor in (admin, registrar):
        answer = visitor.page.goto(expert.page.url)
        assert answer is not None
        assert answer.status == 404
        assert "Penal code" not in visitor.page.content()
    assert not [error for one in (admin, registrar, focal, expert, officer) for error in one.errors]


def confirm(visitor: Visitor, home: str, name: str) -> str:
    """Find somebody's appointment on one's first page, confirm it and their link; gives the link's second part."""
    visitor.go(home)
    visitor.sees("Waiting for your confirmation")
    waiting = visitor.page.get_by_role("main").locator("section", has_text="Waiting for your confirmation")
    waiting.get_by_role("link", name=name).click()
    visitor.sees("waits for confirmation")
    visitor.press("Confirm")
    visitor.sees("running")
    visitor.press("Confirm the link")
    visitor.sees("This second part is shown only now")
    return visitor.page.locator(".link-once code").inner_text()


def open_first_review(admin: Visitor, registrar: Visitor) -> tuple[tuple[str, str], tuple[str, str]]:
    """Import States, open a cycle and a review, assign its officer, appoint a focal point; gives their links' parts.

    Officer and focal point wait for the administrator, who confirms them.
    """
    registrar.sees("First the States")
    registrar.press("To the States")
    registrar.press("Import the list that comes with the portal")
    registrar.sees("197 lines were imported")
    registrar.go("Register")
    registrar.sees("Now a cycle")
    registrar.press("To the cycles")
    registrar.fill(name="First cycle", starts=today())
    registrar.press("Open the cycle")
    registrar.go("People")
    officer_link = add(registrar, "Secretariat officer", "Olga Wart", "olga@portal.example")
    registrar.sees("The appointment waits for confirmation")
    registrar.sees("Another registrar or administrator than the one who appointed confirms it.")
    registrar.go("Register")
    registrar.sees("No review has been opened in this cycle")
    registrar.press("Open a review")
    registrar.fill(under_review="Fiji", reviewing_1="Ghana", reviewing_2="Samoa")
    registrar.press("Open the review")
    registrar.sees("Before this is done, look at this")  # no list of parties was imported
    registrar.page.get_by_label("I have looked at the warnings above").check()
    registrar.press("Open the review")
    registrar.sees("No officer is assigned yet")
    registrar.press("Assign an officer")
    registrar.sees("An officer who was appointed waits for confirmation")
    second = confirm(admin, "Administration", "Olga Wart")
    registrar.page.reload()
    registrar.fill(officer="Olga Wart", note="IOM/2/2026", dated=today())
    registrar.press("Assign")
    registrar.sees("running")
    registrar.page.get_by_role("link", name="appoint one").first.click()
    assert registrar.page.locator("[name=state]").input_value() == "FJI"
    registrar.fill(role="Focal point", name="Sera Vale", mail="sera@fiji.example", note="NV/3/2026", dated=today())
    registrar.press("Add and make a sign-in link")
    focal_link = registrar.link()
    registrar.go("Register")
    registrar.press("Fiji")
    registrar.sees("waits for confirmation")
    second_of_focal = confirm(admin, "Administration", "Sera Vale")
    registrar.page.reload()
    expect(registrar.page.get_by_role("main")).not_to_contain_text("waits for confirmation")
    return (officer_link, second), (focal_link, second_of_focal)


def upload(expert: Visitor) -> None:
    """Put a document into the room that is open."""
    expert.page.locator("form[data-upload] [name=kind]").first.select_option(label="Law")
    files = expert.page.locator("form[data-upload] input[type=file]").first
    files.set_input_files({"name": "Penal code.txt", "mimeType": "text/plain", "buffer": CONTENT})
    expert.page.locator("form[data-upload] button[type=submit]").first.click()
    expert.page.wait_for_timeout(1500)
    expert.page.reload()
    expert.sees("Penal code")
