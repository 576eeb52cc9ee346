"""The officer gives a summary out, and everybody reads it in the register: made anew, but for what can't be."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from portal.demo.pdf import pdf
from portal.domain.documents import DocumentKind
from portal.domain.words import LANGUAGES
from portal.usecases.reports import Proposed
from tests import reports
from tests.cast import World
from tests.e2e.conftest import IN_CHROMIUM, Server, serve, wait_until

pytestmark = IN_CHROMIUM
HELD = "ru"  # its file is no PDF


@pytest.fixture
def site(world: World) -> Iterator[Server]:
    reports.to_report(world)
    report, summary = (
        reports.circulated(world, kind, kind.title(), content=pdf(kind.title(), ["Okapi is on the page."]))
        for kind in (DocumentKind.REPORT, DocumentKind.SUMMARY)
    )
    manifest = reports.propose(world, Proposed(report, summary, 0))
    for who in reports.PARTIES:
        reports.agree(world, manifest, who)
    final = reports.row(world, manifest)
    reports.confirm(world, final.summary_version_id)
    for language in sorted(set(LANGUAGES) - {"en"}):
        content = None if language == HELD else pdf("Summary", [f"Okapi in {language}."])
        reports.confirm(world, reports.translated(world, final, language, content=content))
    world.portal.database.close()
    with serve(world, publication_hours="0") as running:
        yield running


def test_a_summary_goes_from_the_officer_to_everybody(
    world: World, site: Server, chromium: Browser, tmp_path: Path
) -> None:
    with ExitStack() as stack:

        def at(who: str | None, path: str, **more: Any) -> Page:
            context = chromium.new_context(**{"locale": "en", "accept_downloads": True, **more})
            stack.callback(context.close)
            if who is not None:
                context.add_cookies([{"name": "portal-local", "value": world.members[who].token, "url": site.url}])
            page = context.new_page()
            page.goto(f"{site.url}{path}")
            return page

        officer = at("officer", f"/reviews/{world.files['xaa'].review}/report")
        picture(officer, "transmit")
        officer.get_by_role("button", name="Give it to them, and make it public").click()
        expect(officer.get_by_role("main")).to_contain_text("Given to the Oversight Group")

        anybody = at(None, "/public?lang=en")

        def rows() -> int:
            anybody.wait_for_timeout(500)  # to look again and again takes from the time of what makes the files
            anybody.reload()
            return anybody.get_by_text("Document of the Conference", exact=True).count()

        wait_until(lambda: rows() == len(LANGUAGES) - 1, 180)
        picture(anybody, "register")
        anybody.get_by_role("row").filter(has_text="English").get_by_role("link").click()
        expect(anybody.get_by_role("main")).to_contain_text("This is a document of the Conference.")
        picture(anybody, "file")
        with anybody.expect_download() as download:
            anybody.get_by_role("link", name="Download the file").click()
        download.value.save_as(tmp_path / "summary.pdf")
        assert (tmp_path / "summary.pdf").read_bytes().startswith(b"%PDF-")
        officer.reload()
        expect(officer.get_by_role("row").filter(has_text="Russian")).to_contain_text("Held back")
        picture(officer, "held")
        file = anybody.url.removeprefix(site.url).split("?")[0]
        views: dict[str, dict[str, Any]] = {
            "narrow": {"viewport": {"width": 360, "height": 800}},
            "dark": {"color_scheme": "dark"},
        }
        for name, view in views.items():
            for page in (at("officer", f"/reviews/{world.files['xaa'].review}/report", **view), at(None, file, **view)):
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
                picture(page, name)
        picture(at(None, f"{file}?lang=ar"), "arabic")
        picture(at(None, "/public?lang=ar", **views["narrow"]), "arabic")


def picture(page: Page, name: str) -> None:
    """Leave a picture where somebody asked for them."""
    folder = os.environ.get("PORTAL_PICTURES")
    if folder:
        kind = "file" if "/public/" in page.url else "register" if "/public" in page.url else "report"
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{folder}/summary-{kind}-{name}.png", full_page=True)
