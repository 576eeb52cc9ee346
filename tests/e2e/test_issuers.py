"""Signing in through a real identity provider, canaille, in a browser: bound by a link, signed out, proven anew, ended.

canaille 0.3.6 sends no logout tokens (no back-channel logout): those are tested with the provider of tests/issuer.py.
"""

import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import BaseWSGIServer, make_server

from portal.demo.servers import free_port
from tests.cast import World
from tests.e2e.conftest import IN_CHROMIUM, Server, serve
from tests.e2e.test_passkeys import NO_OFFER, device, press
from tests.portal.web.test_issuers import link

SIGNED_IN = "anna.there"  # by this name the provider knows who is expert_xaa here
SECRET = secrets.token_urlsafe(24)
NAME = "Ministry of Arandia"

pytestmark = IN_CHROMIUM


@dataclass
class Provider:
    """canaille on this machine, with one account in it."""

    app: Any
    backend: Any
    models: Any
    httpd: BaseWSGIServer
    password: str

    @property
    def url(self) -> str:
        """Give the address as the provider names itself."""
        return f"http://localhost:{self.httpd.port}"

    def know(self, redirect: str) -> str:
        """Register the portal with it; gives the client id."""
        client = self.models.Client(
            client_id="the-portal",
            client_secret=SECRET,
            client_name="Review portal",
            redirect_uris=[redirect],
            token_endpoint_auth_method="client_secret_basic",
            grant_types=["authorization_code"],
            response_types=["code"],
            scope=["openid", "email"],
            id_token_signed_response_alg="RS256",
        )
        with self.app.app_context():
            self.backend.save(client)
            self.backend.update(client, audience=[client])
            self.backend.save(client)
        return str(client.client_id)

    def stop(self) -> None:
        self.httpd.shutdown()
        self.httpd.server_close()


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """Start canaille as the fixtures of pytest-iam do, with threads: browsers open connections that say nothing."""
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    from canaille import create_app
    from canaille.app import models
    from canaille.backends import Backend
    from joserfc.jwk import RSAKey

    key, port = RSAKey.generate_key(2048), free_port()
    key.ensure_kid()
    app = create_app(
        config={
            "TESTING": True,
            "ENV_FILE": None,
            "SECRET_KEY": secrets.token_hex(16),
            "PREFERRED_URL_SCHEME": "http",
            "SERVER_NAME": f"localhost:{port}",
            "CANAILLE": {
                "DATABASE": "memory",
                "JAVASCRIPT": False,
                "ACL": {"DEFAULT": {"PERMISSIONS": ["use_oidc"]}},
                "LOGGING": {"version": 1, "disable_existing_loggers": False},
            },
            "CANAILLE_OIDC": {"ACTIVE_JWKS": [key.as_dict(private=True)]},
        }
    )
    password = secrets.token_urlsafe(16)
    with app.app_context():
        user = models.User(
            user_name=SIGNED_IN,
            formatted_name="Anna There",
            family_name="There",
            emails=["anna@ministry.example"],  # not the address that the portal has
            password=password,
        )
        Backend.instance.save(user)
    httpd = make_server("localhost", port, app, threaded=True)
    running = Provider(app, Backend.instance, models, httpd, password)
    thread = Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield running
    with suppress(OSError):
        running.stop()
    thread.join(5)


@pytest.fixture
def served(world: World) -> Iterator[Server]:
    with serve(world) as server:
        yield server


def page_of(chromium: Browser, server: Server, token: str = "") -> Page:
    context = chromium.new_context(locale="en-GB")
    context.add_init_script(NO_OFFER)
    context.set_default_timeout(15_000)
    if token:
        context.add_cookies([{"name": "portal-local", "value": token, "url": server.url}])
    return context.new_page()


def connect(chromium: Browser, world: World, server: Server, provider: Provider) -> None:
    """Let an administrator add the provider, and the State's focal point confirm it."""
    admin = page_of(chromium, server, world.members["administrator"].token)
    admin.goto(f"{server.url}/administration/issuers/new")
    for name, value in {"name": NAME, "url": provider.url, "client_id": "the-portal", "client_secret": SECRET}.items():
        admin.locator(f"main [name={name}]").fill(value)
    admin.locator("main [name=state]").select_option("XAA")
    press(admin, "Add the identity provider")
    expect(admin.get_by_role("main")).to_contain_text("to be confirmed")
    focal = page_of(chromium, server, world.members["focal_xaa"].token)
    focal.goto(f"{server.url}/issuers")
    press(focal, "Confirm")
    expect(focal.get_by_role("main")).to_contain_text("in use")
    focal.context.close()
    admin.context.close()


def at_provider(page: Page, provider: Provider) -> None:
    """Sign in on the provider's own pages, and consent where it asks."""
    # a click doesn't wait for the page that it leads to
    expect(page.locator("[name=login], [name=password]").first).to_be_visible()
    if page.locator("[name=login]").count():
        page.locator("[name=login]").fill(SIGNED_IN)
        page.get_by_role("button", name="Continue").click()
    page.locator("[name=password]").fill(provider.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: not url.startswith(provider.url) or "/oauth/authorize" in url)
    if page.locator("#accept").count():
        page.locator("#accept").click()


def choose(page: Page) -> None:
    page.get_by_role("main").get_by_role("link", name=NAME).click()


def test_through_the_ministrys_own_account(chromium: Browser, world: World, served: Server, provider: Provider) -> None:
    connect(chromium, world, served, provider)
    page = page_of(chromium, served)
    page.goto(f"{served.url}/sign-in")
    found = re.search(r"/sign-in/issuers/([0-9a-f-]{36})", page.content())
    assert found
    provider.know(f"{served.url}/sign-in/issuers/{found[1]}/return")

    # whom the ministry knows and the portal doesn't: told to open their link
    choose(page)
    at_provider(page, provider)
    expect(page.get_by_role("main")).to_contain_text("but not yet to this portal")

    # the link binds
    page.goto(f"{served.url}/enter/{link(world, 'expert_xaa')}")
    choose(page)
    expect(page.get_by_role("main")).to_contain_text("One more line")  # canaille vouches for no address
    page.locator("main [name=mail]").fill("expert_xaa@example.org")
    press(page, "Sign in")
    page.wait_for_url("**/work")

    # out, and in again, from the page of signing in
    page.get_by_role("button", name="Sign out").first.click()
    page.wait_for_url("**/sign-in?left=1")
    choose(page)
    page.wait_for_url("**/work")

    # a fresh proof: the provider asks for the password anew
    page.goto(f"{served.url}/prove?next=/account")
    choose(page)
    at_provider(page, provider)
    expect(page).to_have_url(f"{served.url}/account")

    # ended: out at the next request
    focal = page_of(chromium, served, world.members["focal_xaa"].token)
    focal.goto(f"{served.url}/issuers")
    press(focal, "End it, and all sessions that began with it")
    expect(focal.get_by_role("main")).to_contain_text("No identity provider")
    page.goto(f"{served.url}/work")
    expect(page).to_have_url(re.compile("/sign-in"))
    expect(page.get_by_role("main")).not_to_contain_text(NAME)


def test_a_provider_that_is_away_is_told_calmly_and_a_passkey_opens_the_door(
    chromium: Browser, world: World, served: Server, provider: Provider
) -> None:
    connect(chromium, world, served, provider)
    colleague = page_of(chromium, served)
    device(colleague.context, colleague)
    colleague.goto(f"{served.url}/enter/{link(world, 'expert_xaa')}")
    colleague.locator("#passkey-mail").fill("expert_xaa@example.org")
    press(colleague, "Make a passkey")
    colleague.wait_for_url("**/work")
    colleague.get_by_role("button", name="Sign out").first.click()
    colleague.wait_for_url("**/sign-in?left=1")

    provider.stop()
    choose(colleague)
    expect(colleague.get_by_role("main")).to_contain_text(f"{NAME} doesn’t answer just now")
    colleague.get_by_role("link", name="Back to signing in").click()
    press(colleague, "Sign in with a passkey")
    colleague.wait_for_url("**/work")
