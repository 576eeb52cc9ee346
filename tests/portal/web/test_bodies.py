"""Bodies that dawdle, stop, or come in crowds: bounded in time, number and memory."""

from collections.abc import Awaitable, Callable

import anyio
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message

from portal.web import bodies
from portal.web.bodies import LONG_AT_ONCE, LONG_OF_ONE_NETWORK, OF_ONE_NETWORK, PACE_BYTES, Paced, bounded_body
from portal.web.failures import HANDLERS
from portal.web.multipart import multipart
from portal.web.refusals import RequestRefused
from portal.web.security import Guard, Rules

MOST = 4 * PACE_BYTES
LONG = bytes(PACE_BYTES + 1)
EDGE = b"--edge\r\n"


def coming(*parts: bytes, pause: float = 0, ends: bool = False) -> Callable[[], Awaitable[Message]]:
    """Give parts, each after a pause; then the end, or nothing any more."""
    left = list(parts)

    async def receive() -> Message:
        await anyio.sleep(pause)
        if not left and not ends:
            await anyio.sleep_forever()
        return {"type": "http.request", "body": left.pop(0) if left else b"", "more_body": bool(left) or not ends}

    return receive


def request(receive: Callable[[], Awaitable[Message]], client: str = "192.0.2.7", path: str = "/send") -> Request:
    headers = {"host": "localhost", "origin": "http://localhost", "content-type": "multipart/form-data; boundary=edge"}
    scope = {
        "type": "http",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "client": (client, 1),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    return Request(scope, receive)


def refused(*requests: Request) -> list[int]:
    """Read the bodies of these at once, begun in their order; gives the statuses of those that are refused."""
    statuses = []

    async def one(asked: Request) -> None:
        try:
            await bounded_body(asked, MOST)
        except RequestRefused as error:
            statuses.append(error.status)

    async def run() -> None:
        async with anyio.create_task_group() as group:
            for asked in requests:
                group.start_soon(one, asked)
            await anyio.wait_all_tasks_blocked()
            group.cancel_scope.cancel()

    anyio.run(run)
    return statuses


@pytest.mark.parametrize("parts", [(), (b"a",), (bytes(PACE_BYTES), b"a"), (LONG, LONG, b"a")])
def test_a_body_that_stops_is_given_up(parts: tuple[bytes, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "PACE_SECONDS", 0.05)
    with pytest.raises(RequestRefused) as error:
        anyio.run(bounded_body, request(coming(*parts)), MOST)
    assert error.value.status == 408


def test_a_body_that_comes_in_drops_is_given_up() -> None:
    async def read() -> None:
        paced = Paced(request(coming(*[b"a"] * 50, pause=0.01, ends=True)).stream(), 0.1)
        while await paced.next():
            pass

    with pytest.raises(RequestRefused) as error:
        anyio.run(read)
    assert error.value.status == 408


def test_a_body_that_comes_at_its_rate_may_take_long() -> None:
    """A tenth of the limit passes before each part: in all of them together, several times the limit."""

    async def read() -> int:
        paced, came = Paced(request(coming(*[bytes(PACE_BYTES)] * 30, pause=0.05, ends=True)).stream(), 0.5), 0
        while chunk := await paced.next():
            came += len(chunk)
        return came

    assert anyio.run(read) == 30 * PACE_BYTES


def test_the_least_rate_lets_a_slow_line_send_the_longest_form() -> None:
    slow = 64_000 / 8  # bytes a second
    assert PACE_BYTES / slow < bodies.PACE_SECONDS / 4
    assert Rules().long_form_bytes * LONG_AT_ONCE <= 128 * 1024 * 1024


def test_so_many_forms_of_one_network_are_on_their_way_and_no_more() -> None:
    crowd = [request(coming(), f"2001:db8::{at:x}") for at in range(OF_ONE_NETWORK + 3)]
    assert refused(*crowd, request(coming(), "2001:db8:0:1::1")) == [429] * 3


def test_so_many_long_forms_are_read_at_once_and_no_more() -> None:
    def crowd(networks: int) -> list[Request]:
        return [request(coming(LONG), f"192.0.2.{at}") for at in range(networks) for _ in range(LONG_OF_ONE_NETWORK)]

    networks = LONG_AT_ONCE // LONG_OF_ONE_NETWORK
    assert refused(*crowd(networks)) == []
    assert refused(*crowd(1), request(coming(LONG), "192.0.2.0")) == [429]
    others = [request(coming(LONG), "198.51.100.1"), request(coming(b"short"), "198.51.100.1")]
    assert refused(*crowd(networks), *others) == [503]


def test_places_are_free_again_once_a_form_is_there_or_refused() -> None:
    async def run() -> None:
        for _ in range(LONG_OF_ONE_NETWORK + 1):
            assert await bounded_body(request(coming(LONG, ends=True)), MOST) == LONG
        for _ in range(LONG_OF_ONE_NETWORK + 1):
            with pytest.raises(RequestRefused) as error:
                await bounded_body(request(coming(bytes(MOST + 1))), MOST)
            assert error.value.status == 413

    anyio.run(run)


async def upload(asked: Request) -> Response:
    async for _ in multipart(asked):
        pass
    raise AssertionError


@pytest.mark.parametrize("path", ["/send", "/upload"])
@pytest.mark.parametrize("parts", [(), (EDGE,), (EDGE, b'Content-Disposition: form-data; name="title"\r\n\r\nwords')])
def test_who_dawdles_gets_a_calm_page(path: str, parts: tuple[bytes, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.web.bodies.PACE_SECONDS", 0.05)
    monkeypatch.setattr("portal.web.multipart.UPLOAD_SECONDS", 0.05)
    app = Starlette(routes=[Route("/upload", upload, methods=["POST"])], exception_handlers=HANDLERS)
    guard = Guard(app, Rules(is_upload=lambda asked: asked == "/upload"))
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    asked = request(coming(*parts), "127.0.0.1", path)
    anyio.run(guard, asked.scope, asked.receive, send)
    assert sent[0]["status"] == 408
    assert "what you entered is still there" in b"".join(one.get("body", b"") for one in sent[1:]).decode()
