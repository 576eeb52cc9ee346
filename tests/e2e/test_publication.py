"""A State publishes a part of its report and withdraws it: two of its people, and anybody, in their browsers."""

import io
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pikepdf
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.cast import World
from tests.contents import send
from tests.e2e.conftest import IN_CHROMIUM, Server, serve, wait_until
from tests.filing import made, move, press
from tests.hiding import attachment, note, sheet, written
from tests.web_client import browser

SECRET = "Unguessableokapi"

pytestmark = IN_CHROMIUM


def report() -> bytes:
    """A report of three pages: the second one is not to be published, and much hides in the others."""
    pdf = pikepdf.Pdf.open(io.BytesIO(note(SECRET)))
    second = sheet(shown=b"BT /F 18 Tf 20 120 Td (Witnesses named) Tj ET\n")
    pdf.pages.append(second.pages[0])
    third = pikepdf.Pdf.open(io.BytesIO(attachment(SECRET)))
    pdf.pages.append(third.pages[0])
    return written(pdf)


@pytest.fixture
def site(world: World) -> Iterator[Server]:
    path = f"/rooms/{world.files['xaa'].rooms['national XAA']}/documents"
    sent = send(browser(world, "focal_xaa"), path, ("report.pdf", report(), "application/pdf"), title="The report")
    document = made(move(world, "focal_xaa", made(sent), "shared"))
    assert press(browser(world, "officer"), f"/documents/{document}/circulate").status_code == 303
    world.portal.database.close()
    with serve(world, publication_hours="0") as running:
        yield running


def test_a_state_publishes_a_part_of_its_report_and_withdraws_it(
    world: World, site: Server, chromium: Browser, tmp_path: Path
) -> None:
    with ExitStack() as stack:

        def at(who: str | None, path: str) -> Page:
            context = chromium.new_context(locale="en", accept_downloads=True)
            stack.callback(context.close)
            if who is not None:
                context.add_cookies([{"name": "portal-local", "value": world.members[who].token, "url": site.url}])
            page = context.new_page()
            page.goto(f"{site.url}{path}")
            return page

        page = at("focal_xaa", f"/reviews/{world.files['xaa'].review}")
        page.get_by_role("link", name="Publication").click()
        page.get_by_label("The report").check()
        page.get_by_label("Which pages").fill("1, 3")
        page.get_by_label("Title in public").fill("Country review report, in part")
        page.get_by_label("Language of the document").select_option("en")
        page.get_by_role("button", name="Make the public file").click()
        expect(page.get_by_role("main")).to_contain_text("Comments and marks", timeout=60_000)
        with page.expect_download() as download:
            page.get_by_role("link", name="Read the public file").click()
        download.value.save_as(tmp_path / "preview.pdf")
        page.get_by_role("button", name="Confirm this publication").click()
        page.wait_for_load_state()
        publication = page.url.rpartition("/")[2]
        second = at("expert_xaa", f"/publications/{publication}")
        second.get_by_role("button", name="Confirm this publication").click()
        expect(second.get_by_role("alert")).to_contain_text("Read the public file first")
        with second.expect_download():
            second.get_by_role("link", name="Read the public file").click()
        second.get_by_role("button", name="Confirm this publication").click()
        expect(second.get_by_role("main")).to_contain_text("It is confirmed.")

        def is_public() -> bool:
            return at(None, f"/public/{publication}").get_by_role("link", name="Download the file").is_visible()

        wait_until(is_public, 60)
        anybody = at(None, "/public")
        anybody.get_by_role("link", name="Country review report, in part").click()
        expect(anybody.get_by_role("main")).to_contain_text("The State published a part of this document.")
        with anybody.expect_download() as download:
            anybody.get_by_role("link", name="Download the file").click()
        download.value.save_as(tmp_path / "public.pdf")
        assert (tmp_path / "public.pdf").read_bytes() == (tmp_path / "preview.pdf").read_bytes()
        shown = subprocess.run(["pdftotext", tmp_path / "public.pdf", "-"], capture_output=True, text=True, check=True)
        assert "Country review report" in " ".join(shown.stdout.split())
        assert "Witnesses" not in shown.stdout
        assert SECRET not in shown.stdout
        page.reload()
        page.get_by_text("Withdraw it").click()
        page.get_by_label("What the page says besides").fill("A corrected version follows.")
        page.get_by_role("button", name="Withdraw this publication").click()
        expect(page.get_by_role("main")).to_contain_text("It was withdrawn.")
        wait_until(lambda: "A corrected version" in at(None, f"/public/{publication}").content(), 30)
        gone = at(None, f"/public/{publication}")
        expect(gone.get_by_role("link", name="Download the file")).to_have_count(0)
