"""Passkeys in a real browser with its virtual device, and passphrase and code in one without scripts."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from portal.app import open_portal
from portal.settings import Settings
from tests.cast import Clock, World
from tests.e2e.conftest import IN_CHROMIUM, ROOT, Server, serve
from tests.e2e.test_first_installation import PASSPHRASE

MAIL = "ada@portal.example"
# the virtual device would take the offer beside the mail field before anybody presses the button
NO_OFFER = "if (window.PublicKeyCredential) PublicKeyCredential.isConditionalMediationAvailable = async () => false;"

pytestmark = IN_CHROMIUM


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[tuple[Server, str]]:
    """A new portal with its defaults, served; and the first administrator's link."""
    settings = Settings(data=tmp_path / "data", keys=tmp_path / "keys")
    environment = os.environ | {"PORTAL_DATA": str(settings.data), "PORTAL_KEYS": str(settings.keys)}
    said = subprocess.run(
        [sys.executable, "-m", "portal", "init", "--name", "Ada Min", "--mail", MAIL, "--json"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        check=True,
        text=True,
    )
    portal = open_portal(settings)
    with serve(World(portal, Clock())) as server:
        at = server.url.replace("127.0.0.1", "localhost")
        portal.settings = replace(portal.settings, origin=at)
        yield replace(server, url=at), re.sub(r"http://[^/]+", at, json.loads(said.stdout)["link"])
    portal.database.close()


def device(context: BrowserContext, page: Page) -> tuple[Any, str]:
    """Give a page a passkey's device, which its person always unlocks."""
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session, made["authenticatorId"]


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def test_a_passkey_from_the_link_to_the_second_one(chromium: Browser, installed: tuple[Server, str]) -> None:
    server, link = installed
    context = chromium.new_context(locale="en-GB")
    context.add_init_script(NO_OFFER)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    cdp, first = device(context, page)
    page.goto(link)
    page.locator("#passkey-mail").fill(MAIL)
    press(page, "Make a passkey")
    expect(page).to_have_url(f"{server.url}/administration")

    # two interactions, the button and the device's own question; three requests: form, proof, first page
    page.get_by_role("button", name="Sign out").first.click()
    page.wait_for_url("**/sign-in?left=1")
    asked: list[str] = []

    def note(request: Request) -> None:
        if "/static/" not in request.url and not request.url.endswith("favicon.ico"):
            asked.append(f"{request.method} {request.url.removeprefix(server.url)}")

    page.on("request", note)
    page.goto(f"{server.url}/sign-in")
    press(page, "Sign in with a passkey")
    page.wait_for_url("**/administration")
    assert asked == ["GET /sign-in", "POST /sign-in/passkey", "GET /administration"]
    page.remove_listener("request", note)

    # a second passkey, in a device of its own; then the first one goes
    page.goto(f"{server.url}/account")
    kept = cdp.send("WebAuthn.getCredentials", {"authenticatorId": first})["credentials"]
    cdp.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": first})
    _, second = device(context, page)
    page.locator("#passkey-name").fill("The key in my drawer")
    press(page, "Add a passkey")
    expect(page.get_by_role("main")).to_contain_text("The key in my drawer")
    page.get_by_role("main").get_by_role("button", name=re.compile("^Remove ")).first.click()
    expect(page.get_by_role("button", name=re.compile("^Remove "))).to_have_count(1)
    expect(page.get_by_role("main")).to_contain_text("The key in my drawer")
    assert len(kept) == 1
    assert second != first
    page.goto(f"{server.url}/prove?next=/account")
    press(page, "Use your passkey")
    expect(page).to_have_url(f"{server.url}/account")
    assert not errors


def test_passphrase_and_code_without_scripts(chromium: Browser, installed: tuple[Server, str]) -> None:
    server, link = installed
    page = chromium.new_context(locale="en-GB", java_script_enabled=False).new_page()
    page.goto(link)
    expect(page.get_by_role("button", name="Make a passkey")).to_be_hidden()
    expect(page.locator("main svg")).to_be_visible()
    app = pyotp.TOTP(page.locator("main code").inner_text().replace(" ", ""))
    form = page.locator("main form").nth(1)
    for name, value in {"mail": MAIL, "passphrase": PASSPHRASE, "again": PASSPHRASE, "code": app.now()}.items():
        form.locator(f"[name={name}]").fill(value)
    press(page, "Keep it and sign in")
    expect(page.get_by_role("main")).to_contain_text("Your recovery codes")
    recovery = page.locator("main code").first.inner_text()
    page.get_by_role("main").get_by_role("link", name="I have kept them").click()
    expect(page).to_have_url(f"{server.url}/administration")

    page.context.clear_cookies()
    page.goto(f"{server.url}/sign-in")
    for name, value in {"mail": MAIL, "passphrase": PASSPHRASE, "code": recovery}.items():
        page.locator(f"main form [name={name}]").fill(value)
    press(page, "Sign in")
    expect(page.get_by_role("main")).to_contain_text("9 recovery codes are left")
