"""A browser without scripts, signed in as one of the cast, talking to the real application in this process."""

import os
import re
from typing import Any

from starlette.applications import Starlette
from starlette.testclient import TestClient

from portal.app import web_app
from tests.cast import World

ORIGIN = "http://localhost:8000"


def within(application: Any) -> Starlette:
    """Give the application inside its walls and its counting."""
    found: Starlette = application._app._app
    return found


class Browser(TestClient):
    """A client that sends forms as a browser does: with origin and the page's token."""

    def form(self, page: str, action: str, **fields: object):  # noqa: ANN201  # the client's own response type
        """Load a page, take the token from it, send a form."""
        text = self.get(page).text
        found = re.search(r'name="csrf" value="([^"]+)"', text)
        assert found, f"no form on {page}"
        return self.post(action, data={"csrf": found[1], **fields}, headers={"Origin": ORIGIN}, follow_redirects=False)


def _leave_loop() -> None:
    """Let a copy of this process, which has no thread of the loop, begin loops of its own."""
    Browser.portal = None


os.register_at_fork(after_in_child=_leave_loop)


def browser(world: World, who: str | None = None) -> Browser:
    """Open a browser, signed in as one of the cast or as nobody."""
    client = Browser(web_app(world.portal), base_url=ORIGIN, client=("127.0.0.1", 50000), raise_server_exceptions=False)
    if who is not None:
        client.cookies.set("portal-local", world.members[who].token)
    return client
