"""The server under measure: the portal as it is served, and floors on the same server that do the least.

Floors: /floor/file streams a plain file, /floor/body writes a body to a file and syncs it, /floor/page renders the
room page's template with the same data and nothing else, /floor/constant answers the same behind the portal's walls.
"""

import asyncio
import json
import logging
import os
import secrets
from pathlib import Path
from typing import Any

from anyio import to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from portal.app import open_portal, web_app
from portal.server import serve
from portal.settings import Settings
from portal.web import pages, sending, ways
from portal.web.measuring import Measured
from portal.web.security import Guard

BLOCK = 1 << 20
ORIGIN = "http://localhost:8000"
PLAN = "PORTAL_BENCH_PLAN"  # a file that says where things are


def _read(file: Any) -> bytes:
    block: bytes = file.read(BLOCK)
    return block


async def floor_file(request: Request) -> Response:
    path = request.app.state.plan["file"]

    async def blocks() -> Any:
        with Path(path).open("rb") as file:  # noqa: ASYNC230  # opening is part of the floor
            while block := await to_thread.run_sync(_read, file):
                yield block

    return StreamingResponse(blocks(), headers={"Content-Length": str(Path(path).stat().st_size)})  # noqa: ASYNC240  # likewise


async def floor_body(request: Request) -> Response:
    # a new file each time, as the portal's own objects are: writing over old blocks is faster on many disks
    path = Path(request.app.state.plan["folder"]) / f"body-{secrets.token_hex(8)}"
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        async for chunk in request.stream():
            os.write(descriptor, chunk)
        await to_thread.run_sync(os.fsync, descriptor)
    finally:
        os.close(descriptor)
    return Response()


class Floors:
    """The portal, with the floors beside it; paths under /floor/ don't pass its walls."""

    def __init__(self, portal: ASGIApp, floors: Starlette, walled: ASGIApp) -> None:
        self._portal = portal
        self._floors = floors
        self._walled = walled

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["type"] == "http" else ""
        floors = {"/floor/constant": self._walled}.get(path, self._floors)
        await (floors if path.startswith("/floor/") else self._portal)(scope, receive, send)


def with_floors(settings: Settings, plan: dict[str, Any]) -> ASGIApp:
    web = web_app(open_portal(settings))
    seen: dict[str, Any] = {}

    def capture(request: Request, template: str, /, status: int = 200, **data: object) -> Response:
        seen.update(template=template, data=data, viewer=request.state.viewer)
        return pages.render(request, template, status=status, **data)

    ways.render = capture  # type: ignore[assignment]  # one request, to learn what the page is made of
    client = TestClient(web, base_url=ORIGIN, client=("127.0.0.1", 1))
    client.cookies.set("portal-local", plan["token"])
    page = client.get(plan["page"])
    assert page.status_code == 200, page.text[:500]
    ways.render = pages.render  # type: ignore[assignment]

    def floor_page(request: Request) -> Response:
        request.state.viewer = seen["viewer"]
        return pages.render(request, seen["template"], **seen["data"])

    floors = Starlette(
        routes=[
            Route("/floor/file", floor_file),
            Route("/floor/body", floor_body, methods=["POST"]),
            Route("/floor/page", floor_page),
        ]
    )
    floors.state.plan = plan
    body = b"x" * int(plan.get("constant", 1))

    def constant(_request: Request) -> Response:
        return Response(body, media_type="text/html; charset=utf-8")

    walls: Any = web  # the same walls, counted alike
    walled: ASGIApp = Guard(Starlette(routes=[Route("/floor/constant", constant)]), walls._app._rules)
    walled = Measured(walled, walls._measures, walls._spans)
    return Floors(web, floors, walled)


def main() -> None:
    plan = json.loads(Path(os.environ[PLAN]).read_text())
    settings = Settings(
        data=Path(plan["data"]),
        keys=Path(plan["keys"]),
        port=plan["port"],
        session_idle_minutes=10_000,
        **plan.get("elsewhere", {}),
    )
    sending.OF_ONE = 10_000  # the bench has crowds of one person
    logging.disable(logging.WARNING)  # what the server says of itself at each start
    asyncio.run(serve(settings, with_floors(settings, plan)))


if __name__ == "__main__":
    main()
