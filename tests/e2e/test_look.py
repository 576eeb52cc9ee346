"""The shared parts in a real browser: uploads with and without the script, nothing for axe to find, no overflow."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from portal.demo.servers import free_port
from portal.ready import status
from portal.settings import Settings
from tests.e2e.conftest import IN_CHROMIUM, wait_until

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

pytestmark = IN_CHROMIUM


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port)]
    server = subprocess.Popen(
        [*command, "--working-dir", str(HERE), "--no-log", "look_app:app"], cwd=ROOT, env={"PYTHONPATH": str(ROOT)}
    )
    address = f"http://localhost:{port}"
    try:
        wait_until(lambda: status(Settings(port=port), "/en") > 0, 60)
        yield address
    finally:
        server.terminate()
        server.wait(10)


def opened(chromium: Browser, address: str, **options: Any) -> Page:
    page = chromium.new_context(**options).new_page()
    answer = page.goto(address)
    assert answer is not None
    assert answer.ok  # or an error's page would pass for it
    return page


def file(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "text/plain", "buffer": content}


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_overflows(
    chromium: Browser, site: str, language: str, width: int, scheme: str
) -> None:
    page = opened(chromium, f"{site}/{language}", viewport={"width": width, "height": 900}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    if not AXE.exists():
        pytest.skip("needs axe-core, which npm ci brings: nothing but the overflow was looked at")
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("rules => axe.run({runOnly: rules}).then(r => r.violations.map(v => v.id))", RULES)
    assert found == []
    page.context.close()


def test_the_browser_has_nothing_to_complain_about(chromium: Browser, site: str) -> None:
    """Neither the policy on contents nor a script says a word."""
    page = chromium.new_page()
    words: list[str] = []
    page.on("console", lambda message: words.append(message.text))
    page.on("pageerror", lambda error: words.append(str(error)))
    page.goto(f"{site}/en")
    page.wait_for_load_state("networkidle")
    assert words == []
    page.context.close()


def test_what_one_touches_is_large_enough_on_a_narrow_screen(chromium: Browser, site: str) -> None:
    page = opened(chromium, f"{site}/en", viewport={"width": 360, "height": 900})
    small = page.evaluate(
        """[...document.querySelectorAll("button, .button, summary, .tabs a, .places a, select, input[type=text]")]
           .filter(e => e.offsetParent && e.getBoundingClientRect().height < 44).map(e => e.outerHTML)"""
    )
    assert small == []
    page.context.close()


def test_the_first_tab_leads_past_the_header(chromium: Browser, site: str) -> None:
    page = opened(chromium, f"{site}/en")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the content")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.context.close()


def test_files_go_one_by_one_and_each_gets_its_answer(chromium: Browser, site: str) -> None:
    page = chromium.new_page()
    page.goto(f"{site}/en")
    page.set_input_files(
        "#file",
        [
            file("قانون.pdf", b"x" * 300_000),
            file("empty.txt", b""),
            file('报告 "1".txt', b"abc"),
        ],
    )
    page.get_by_role("button", name="Keep", exact=True).click()
    lines = page.locator(".sendings li")
    expect(lines.nth(0).locator(".state")).to_have_text("Kept قانون.pdf 300000")
    expect(lines.nth(1).locator(".state")).to_have_text("The file is empty, so it was not kept.")
    expect(lines.nth(2).locator(".state")).to_have_text('Kept 报告 "1".txt 3')
    expect(lines.nth(0).get_by_role("link")).to_have_attribute("href", "/en")
    expect(lines.nth(1).get_by_role("button", name="Send again")).to_be_visible()
    expect(page.locator("[data-upload-status]")).to_contain_text("报告")
    page.context.close()


def test_files_can_be_dropped(chromium: Browser, site: str) -> None:
    page = opened(chromium, f"{site}/en")
    page.evaluate(
        """() => {
          const files = new DataTransfer();
          files.items.add(new File(["abc"], "dropped.txt"));
          const drop = new DragEvent("drop", {dataTransfer: files, bubbles: true});
          document.querySelector(".drop").dispatchEvent(drop);
        }"""
    )
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.locator(".sendings .state")).to_have_text("Kept dropped.txt 3")
    page.context.close()


def test_an_upload_can_be_stopped_and_sent_again(chromium: Browser, site: str) -> None:
    page = chromium.new_page()
    page.goto(f"{site}/en")
    hold = [True]
    page.route("**/keep", lambda route: None if hold[0] else route.continue_())
    page.set_input_files("#file", [file("a.txt", b"abc")])
    page.get_by_role("button", name="Keep", exact=True).click()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".sendings .state")).to_have_text("stopped; nothing of it was kept")
    hold[0] = False
    page.get_by_role("button", name="Send again").click()
    expect(page.locator(".sendings .state")).to_have_text("Kept a.txt 3")
    page.context.close()


def test_without_scripts_the_form_still_sends_all_files(chromium: Browser, site: str) -> None:
    page = opened(chromium, f"{site}/en", java_script_enabled=False)
    page.set_input_files(
        "#file",
        [
            file("a.txt", b"abc"),
            file("报告.txt", b"abcd"),
        ],
    )
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.locator("body")).to_have_text("Kept a.txt 3, 报告.txt 4")
    page.context.close()
