"""Keys over time, in a real browser: a proof before what is solemn, a device that is lost, another way beside it."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlmodel import select

from storage.tables import PortalSession
from tests.cast import World, setting_up
from tests.e2e.conftest import IN_CHROMIUM, Server, serve
from tests.e2e.test_first_installation import PASSPHRASE
from tests.e2e.test_passkeys import NO_OFFER, device, press
from tests.portal.web.test_issuers import link

pytestmark = IN_CHROMIUM


@pytest.fixture
def strict(world: World) -> Iterator[Server]:
    """The cast's portal as it is set up by default: a passphrase lets in with a code alone."""
    world.portal.settings = replace(world.portal.settings, second_factor=True)
    with serve(world) as running:
        yield running


def page_of(chromium: Browser, *, offer: bool = False) -> Page:
    context = chromium.new_context(locale="en-GB")
    context.set_default_timeout(15_000)
    if not offer:
        context.add_init_script(NO_OFFER)
    return context.new_page()


def enrol(page: Page, address: str, who: str) -> None:
    """Make a passkey by a sign-in link, in a device of its own."""
    device(page.context, page)
    page.goto(address)
    page.locator("#passkey-mail").fill(f"{who}@example.org")
    press(page, "Make a passkey")
    page.wait_for_url("**/work")


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").first.click()
    page.wait_for_url("**/sign-in?left=1")


def test_signing_out_in_one_window_clears_the_others(chromium: Browser, world: World, server: Server) -> None:
    page = page_of(chromium)
    enrol(page, f"{server.url}/enter/{link(world, 'focal_xaa')}", "focal_xaa")
    other, typing = page.context.new_page(), page.context.new_page()
    other.goto(f"{server.url}/people")
    typing.goto(f"{server.url}/sign-in")  # who is in is led on; nobody leaves by that
    typing.wait_for_url("**/work")
    assert other.url.endswith("/people")
    sign_out(page)
    for window in (other, typing):
        window.wait_for_url("**/sign-in?left=1")
        assert "Focal_Xaa" not in window.content()


def test_a_form_waits_for_the_passkey_and_goes_on(chromium: Browser, world: World, server: Server) -> None:
    page = page_of(chromium)
    enrol(page, f"{server.url}/enter/{link(world, 'focal_xaa')}", "focal_xaa")
    with setting_up(world.portal) as (work, _):
        for row in work.session.scalars(select(PortalSession)):
            row.proven_at -= timedelta(days=2)
    page.goto(f"{server.url}/people/new")
    typed = {"name": "Nia Newcome", "mail": "nia@example.org", "note": "NV/9/2026", "dated": "2026-01-15"}
    for name, value in typed.items():
        page.locator(f"main [name={name}]").fill(value)
    page.locator("main [name=role]").select_option("expert")
    press(page, "Add and make a sign-in link")
    expect(page.get_by_role("main")).to_contain_text("What you were sending is kept")
    press(page, "Use your passkey")
    press(page, "Send it now")
    expect(page.get_by_role("main")).to_contain_text("/enter/")
    expect(page.get_by_role("main")).to_contain_text("Nia Newcome")


def test_a_lost_device_opens_nothing_once_a_new_link_is_used(chromium: Browser, world: World, server: Server) -> None:
    lost, found = page_of(chromium), page_of(chromium)
    enrol(lost, f"{server.url}/enter/{link(world, 'expert_xaa')}", "expert_xaa")
    focal = page_of(chromium)
    token = world.members["focal_xaa"].token
    focal.context.add_cookies([{"name": "portal-local", "value": token, "url": server.url}])
    focal.goto(f"{server.url}/people/{world.members['expert_xaa'].person}")
    press(focal, "New sign-in link")
    address = focal.get_by_role("main").get_by_text("/enter/").inner_text()
    enrol(found, server.url + address[address.index("/enter/") :], "expert_xaa")

    lost.goto(f"{server.url}/work")
    expect(lost.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
    press(lost, "Sign in with a passkey")
    expect(lost.get_by_role("alert").first).to_be_visible()
    lost.goto(f"{server.url}/work")
    expect(lost.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
    sign_out(found)
    press(found, "Sign in with a passkey")
    found.wait_for_url("**/work")


def test_whoever_has_a_passkey_alone_adds_passphrase_and_app(chromium: Browser, world: World, strict: Server) -> None:
    page = page_of(chromium)
    enrol(page, f"{strict.url}/enter/{link(world, 'expert_xaa')}", "expert_xaa")
    page.goto(f"{strict.url}/account")
    page.get_by_role("link", name="Add a passphrase and an app that shows codes").click()
    app = pyotp.TOTP(page.locator("main code").first.inner_text().replace(" ", ""))
    for name, value in {"passphrase": PASSPHRASE, "again": PASSPHRASE, "code": app.now()}.items():
        page.locator(f"main [name={name}]").fill(value)
    press(page, "Use this app")
    expect(page.get_by_role("main")).to_contain_text("Your recovery codes")

    other = page_of(chromium)
    other.goto(f"{strict.url}/sign-in")
    said = {"mail": "expert_xaa@example.org", "passphrase": PASSPHRASE, "code": app.at(int(time.time()) + 30)}
    for name, value in said.items():
        other.locator(f"main [name={name}]").fill(value)
    press(other, "Sign in")
    other.wait_for_url("**/work")
    page.goto(f"{strict.url}/work")
    sign_out(page)  # and the passkey still opens
    press(page, "Sign in with a passkey")
    page.wait_for_url("**/work")


def test_the_offer_beside_the_mail_field_is_taken_or_stays_out_of_the_way(
    chromium: Browser, world: World, server: Server
) -> None:
    page = page_of(chromium, offer=True)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{server.url}/sign-in")  # nobody's device: the offer waits, and the other form works
    assert page.evaluate("PublicKeyCredential.isConditionalMediationAvailable()")
    for name, value in {"mail": "nobody@example.org", "passphrase": PASSPHRASE}.items():
        page.locator(f"main form[action='/sign-in'] [name={name}]").fill(value)
    press(page, "Sign in")
    expect(page.get_by_role("alert").first).to_be_visible()

    enrol(page, f"{server.url}/enter/{link(world, 'expert_xaa')}", "expert_xaa")
    page.context.clear_cookies()
    page.goto(f"{server.url}/sign-in")
    page.wait_for_url("**/work")  # the device that answers at once takes the offer
    assert not errors
