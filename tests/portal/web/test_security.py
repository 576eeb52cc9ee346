"""The walls around every request, tried through a small application behind the real guard."""

import logging
from collections.abc import AsyncIterator, Callable
from ipaddress import ip_network
from typing import Any
from uuid import uuid4

import anyio
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Scope

from portal.errors import Conflict, Forbidden, NotFound, TooMany, Unavailable
from portal.web import csrf
from portal.web.cookies import clear_cookie, read_cookie, set_cookie
from portal.web.failures import HANDLERS
from portal.web.forms import read_form
from portal.web.languages import say
from portal.web.pages import render
from portal.web.security import BrokenAnswer, Guard, Rules
from storage.errors import Damaged, StoreUnavailable
from storage.tables import Person
from tests.cast import World, setting_up
from tests.filing import press, put
from tests.web_client import browser as signed_in

SITE = "https://portal.example"
RAISED: dict[str, Callable[[], Exception]] = {
    "absent": NotFound,
    "forbidden": Forbidden,
    "conflict": lambda: Conflict("Two people met."),
    "many": lambda: TooMany("Slowly."),
    "away": lambda: Unavailable("The log is full."),
    "store": lambda: StoreUnavailable("s3://bucket/secret"),
    "damaged": Damaged,
    "unknown": lambda: ZeroDivisionError("the words of a confidential title"),
}


def show(request: Request) -> Response:
    return PlainTextResponse(csrf.token(request))


def send(request: Request) -> Response:
    return PlainTextResponse(f"did it: {read_form(request).text('what')}")


def where(request: Request) -> Response:
    client = request.client.host if request.client else ""
    return PlainTextResponse(f"{request.url.scheme} {client}")


def enter(request: Request) -> Response:
    answer = PlainTextResponse("in")
    set_cookie(answer, request, "s" * 43)
    return answer


def leave(request: Request) -> Response:
    answer = PlainTextResponse(f"was {read_cookie(request)}")
    clear_cookie(answer, request)
    return answer


def fail(request: Request) -> Response:
    error = RAISED[request.path_params["how"]]()
    raise error


def break_off(_request: Request) -> Response:
    async def part() -> AsyncIterator[bytes]:
        yield b"a part"
        raise ZeroDivisionError("the words of a confidential title")

    return StreamingResponse(part())


def own_policy(_request: Request) -> Response:
    return PlainTextResponse("x", headers={"Content-Security-Policy": "sandbox"})


APP = Starlette(
    routes=[
        Route("/", show),
        Route("/send", send, methods=["POST", "DELETE"]),
        Route("/upload", send, methods=["POST"]),
        Route("/where", where),
        Route("/enter", enter),
        Route("/leave", leave),
        Route("/fail/{how}", fail),
        Route("/break", break_off),
        Route("/policy", own_policy),
    ],
    exception_handlers=HANDLERS,
)
RULES = Rules(
    hosts=frozenset({"portal.example", "localhost", "[::1]"}),
    proxies=(ip_network("10.0.0.0/24"), ip_network("127.0.0.1")),
    is_upload=lambda path: path == "/upload",
)


def browser(site: str = SITE, client: str = "192.0.2.7") -> TestClient:
    return TestClient(Guard(APP, RULES), base_url=site, client=(client, 40000), headers={"Origin": site})


def test_a_form_with_its_token_is_taken() -> None:
    one = browser()
    answer = one.post("/send", data={"csrf": one.get("/").text, "what": "submit"})
    assert (answer.status_code, answer.text) == (200, "did it: submit")


def test_a_token_in_the_header_serves_as_well() -> None:
    one = browser()
    assert one.delete("/send", headers={"X-CSRF-Token": one.get("/").text}).status_code == 200


@pytest.mark.parametrize("token", ["", "x", "é", "A" * 88, "=" * 88])
def test_a_form_without_its_token_is_refused(token: str) -> None:
    one = browser()
    one.get("/")
    answer = one.post("/send", data={"csrf": token, "what": "submit"})
    assert answer.status_code == 403
    assert "nothing was lost" in answer.text


def test_a_form_without_any_cookie_is_refused_even_with_somebodys_token() -> None:
    token = browser().get("/").text
    assert browser().post("/send", data={"csrf": token}).status_code == 403


def test_a_token_of_another_session_is_refused() -> None:
    one, other = browser(), browser()
    other.get("/")
    assert other.post("/send", data={"csrf": one.get("/").text}).status_code == 403


def test_a_token_from_before_the_sign_in_is_refused_after_it() -> None:
    one = browser()
    token = one.get("/").text
    one.get("/enter")
    assert one.post("/send", data={"csrf": token}).status_code == 403
    assert one.post("/send", data={"csrf": one.get("/").text}).status_code == 200


def test_two_pages_never_show_the_same_token_and_both_are_good() -> None:
    one = browser()
    first, second = one.get("/").text, one.get("/").text
    assert first != second
    assert [one.post("/send", data={"csrf": token}).status_code for token in (first, second)] == [200, 200]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://portal.example"},
        {"Origin": "https://portal.example:8443"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_a_form_from_elsewhere_is_refused_even_with_a_good_token(headers: dict[str, str]) -> None:
    one = browser()
    answer = one.post("/send", data={"csrf": one.get("/").text}, headers=headers)
    assert answer.status_code == 403
    assert "nothing was done" in answer.text


def test_a_form_that_names_no_origin_is_refused() -> None:
    one = TestClient(Guard(APP, RULES), base_url=SITE, client=("192.0.2.7", 1))
    assert one.post("/send", data={"csrf": one.get("/").text}).status_code == 403


def test_no_route_but_an_upload_takes_a_multipart_body() -> None:
    one = browser()
    files = {"file": ("a.txt", b"words")}
    answer = one.post("/send", data={"csrf": one.get("/").text}, files=files)
    assert answer.status_code == 415


def test_a_form_read_without_the_guard_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="nobody checked"):
        TestClient(APP).post("/send", data={"what": "submit"})


def test_an_upload_route_cannot_be_read_as_a_checked_form() -> None:
    one = browser()
    answer = one.post("/upload", data={"csrf": one.get("/").text})
    assert answer.status_code == 500


@pytest.mark.parametrize("length", [None, "70000", "9" * 40, "-1"])
def test_a_form_that_is_too_long_is_refused_whatever_its_length_says(length: str | None) -> None:
    one = browser()
    body = b"csrf=" + one.get("/").text.encode() + b"&what=" + b"x" * 70_000
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    content = iter([body]) if length is None else body
    if length is not None:
        headers["Content-Length"] = length
    answer = one.post("/send", content=content, headers=headers)
    assert answer.status_code == 413
    assert "nothing was done" in answer.text


@pytest.mark.parametrize("body", [b"what=%ff", b"what=%00", b"what=\xff", b"&".join([b"a=1"] * 600)])
def test_a_form_that_is_no_text_is_refused(body: bytes) -> None:
    one = browser()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-CSRF-Token": one.get("/").text}
    assert one.post("/send", content=body, headers=headers).status_code == 400


def test_every_answer_carries_the_headers_of_the_house() -> None:
    one = browser()
    for path, status in (("/", 200), ("/fail/absent", 404), ("/fail/unknown", 500), ("/nowhere", 404)):
        answer = one.get(path)
        assert answer.status_code == status
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["strict-transport-security"].startswith("max-age=63072000")


def test_a_route_may_have_a_stricter_policy_of_its_own() -> None:
    assert browser().get("/policy").headers["content-security-policy"] == "sandbox"


def test_the_session_cookie_over_https_is_bound_to_the_host() -> None:
    cookie = browser().get("/enter").headers["set-cookie"]
    assert cookie.startswith("__Host-portal=")
    assert {part.strip().lower() for part in cookie.split(";")[1:]} == {
        "path=/", "secure", "httponly", "samesite=lax",
    }  # fmt: skip


def test_the_cookie_of_the_demonstration_has_another_name_and_is_taken_back() -> None:
    one = browser("http://localhost:8000", "127.0.0.1")
    cookie = one.get("/enter").headers["set-cookie"]
    assert cookie.startswith("portal-local=")
    assert "secure" not in cookie.lower()
    assert one.get("/leave").text == f"was {'s' * 43}"
    assert one.get("/leave").text == "was None"


def test_a_cookie_of_the_demonstration_counts_for_nothing_over_https() -> None:
    answer = browser().get("/leave", headers={"Cookie": f"portal-local={'s' * 43}; portal={'s' * 43}"})
    assert answer.text == "was None"


@pytest.mark.parametrize("host", ["elsewhere.example", "portal.example.elsewhere.example", "", "portal.example@x"])
def test_a_foreign_host_is_refused(host: str) -> None:
    assert browser().get("/", headers={"Host": host}).status_code == 400


def test_more_headers_than_the_portal_reads_are_refused() -> None:
    assert browser().get("/", headers={"X-Long": "x" * 40_000}).status_code == 431


@pytest.mark.parametrize(
    ("site", "client"),
    [
        ("http://portal.example", "192.0.2.7"),
        ("http://portal.example", "127.0.0.1"),  # a proxy on this machine that forgot to say https
        ("http://localhost", "192.0.2.7"),
        ("http://portal.example", "10.0.0.1"),
    ],
)
def test_plain_http_is_refused_but_for_loopback(site: str, client: str) -> None:
    answer = browser(site, client).get("/where")
    assert answer.status_code == 400
    assert "secure connection" in answer.text


@pytest.mark.parametrize(("host", "client"), [("localhost:8000", "127.0.0.1"), ("[::1]:8000", "::1")])
def test_plain_http_on_loopback_is_the_demonstration(host: str, client: str) -> None:
    answer = browser(f"http://{host}", client).get("/where")
    assert (answer.status_code, answer.text) == (200, f"http {client}")


def test_a_configured_proxy_says_whence_a_request_comes() -> None:
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9, 198.51.100.4, 10.0.0.3"}
    answer = browser("http://portal.example", "127.0.0.1").get("/where", headers=headers)
    assert answer.text == "https 198.51.100.4"
    assert "strict-transport-security" in answer.headers


@pytest.mark.parametrize("client", ["192.0.2.7, 10.0.0.3", "10.0.0.4, 10.0.0.3", "unknown, 192.0.2.7"])
def test_a_configured_proxy_names_its_client_by_an_address(client: str) -> None:
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": client}
    answer = browser("http://portal.example", "127.0.0.1").get("/where", headers=headers)
    assert answer.text == f"https {'10.0.0.4' if client.startswith('10.') else '192.0.2.7'}"


@pytest.mark.parametrize("client", [None, "", "unknown", "192.0.2.7:4711", "192.0.2.7, unknown, 10.0.0.3", ","])
def test_a_configured_proxy_that_does_not_say_for_whom_it_asks_is_refused(
    client: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    headers = {"X-Forwarded-Proto": "https"} | ({} if client is None else {"X-Forwarded-For": client})
    answer = browser("http://portal.example", "127.0.0.1").get("/where", headers=headers)
    assert answer.status_code == 400
    assert "where this request comes from" in answer.text
    assert "the proxy 127.0.0.1 doesn't name its client" in caplog.text


def test_a_balancer_that_asks_for_itself_is_answered() -> None:
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "10.0.0.9"}  # as its look at /readyz comes
    assert browser("http://portal.example", "127.0.0.1").get("/where", headers=headers).text == "https 10.0.0.9"


@pytest.mark.parametrize("proto", ["http", "https, http", ""])
def test_a_configured_proxy_that_says_http_is_refused(proto: str) -> None:
    one = browser("http://portal.example", "127.0.0.1")
    assert one.get("/where", headers={"X-Forwarded-Proto": proto}).status_code == 400


def test_a_configured_proxy_on_another_machine_is_refused_over_plain_http() -> None:
    one = browser("http://portal.example", "10.0.0.1")
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.4"}
    assert one.get("/where", headers=headers).status_code == 400


def test_proxy_headers_of_a_local_proxy_take_the_demonstration_away() -> None:
    one = browser("http://localhost", "127.0.0.1")
    assert one.get("/where", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 400


def test_proxy_headers_from_anybody_else_are_words() -> None:
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    assert browser("http://portal.example").get("/where", headers=headers).status_code == 400
    assert browser().get("/where", headers=headers).text == "https 192.0.2.7"


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ("absent", 404), ("forbidden", 403), ("conflict", 409), ("many", 429), ("away", 503),
        ("store", 503), ("damaged", 500), ("unknown", 500),
    ],
)  # fmt: skip
def test_each_failure_has_its_status_and_a_calm_page(how: str, status: int) -> None:
    one = TestClient(Guard(APP, RULES), base_url=SITE, raise_server_exceptions=False)
    answer = one.get(f"/fail/{how}")
    assert answer.status_code == status
    assert answer.headers["cache-control"] == "no-store"
    assert "<h1>" in answer.text
    assert "Traceback" not in answer.text
    assert "bucket" not in answer.text
    assert ("retry-after" in answer.headers) == (status in {429, 503})


def test_an_unknown_error_is_logged_under_its_number_without_its_words(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "portal.web"):
        answer = browser().get("/fail/unknown")
    number = answer.text.split("<code>")[1].split("</code>")[0]
    assert number in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert "confidential" not in caplog.text
    assert "confidential" not in answer.text.replace("Everything here is confidential", "")


def test_what_the_walls_turn_away_is_logged_without_what_the_client_wrote(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "portal.web"):
        assert browser().get("/where?told=Quillwort", headers={"Host": "quillwort.example"}).status_code == 400
        assert browser().post("/send", data={"what": "Quillwort"}, headers={"Origin": SITE}).status_code == 403
        assert browser("http://portal.example", "192.0.2.7").get("/where").status_code == 400
    assert [record.getMessage().split(" was turned away: ")[1] for record in caplog.records] == ["400", "403", "400"]
    assert "from 192.0.2.7 was" in caplog.text
    assert "quillwort" not in caplog.text.lower()


def test_what_was_sent_and_refused_is_logged_by_its_place_alone(world: World, caplog: pytest.LogCaptureFixture) -> None:
    review, person = world.files["xaa"].review, world.members["expert_xaa"].person
    with caplog.at_level(logging.WARNING, "portal.web"):
        client = signed_in(world, "focal_xaa")
        assert press(client, f"/people/{person}/appoint", role="Quillwort").status_code == 422
        assert press(client, f"/reviews/{review}/concerns", nature="Quillwort").status_code == 422
    said = [record.getMessage().split(" was refused: ")[1] for record in caplog.records]
    assert said == ["422 at /people/-/appoint", "422 at /reviews/-/concerns"]
    assert "quillwort" not in caplog.text.lower()
    assert str(review) not in caplog.text


def test_an_answer_that_breaks_off_stays_broken_and_names_no_cause() -> None:
    with pytest.raises(BrokenAnswer, match=r"^$") as raised:
        browser().get("/break")
    assert raised.value.__cause__ is None


def test_absent_and_forbidden_pages_do_not_differ_by_reason_or_number() -> None:
    one = browser()
    first, second = one.get("/fail/absent"), one.get("/nowhere/else")
    assert first.content == second.content
    assert dict(first.headers) == dict(second.headers)


def test_whoever_is_signed_in_is_refused_in_their_own_language(world: World) -> None:
    foreign = put(world, "focal_xdd", "national XDD", "Foreign", file="xdd")
    withdrawn = put(world, "focal_xaa", "national XAA", "Draft")
    with setting_up(world.portal) as (work, _):
        work.session.get_one(Person, world.members["focal_xaa"].person).language = "ar"
    client = signed_in(world, "focal_xaa")
    client.headers["Accept-Language"] = "en"
    assert press(client, f"/documents/{withdrawn}/withdraw", reason="Wrong").status_code == 303
    refused = [
        client.get(f"/documents/{uuid4()}"),
        client.get(f"/documents/{foreign}"),
        press(client, f"/documents/{withdrawn}/withdraw", reason="Wrong"),
        press(client, f"/documents/{withdrawn}/circulate"),
    ]
    assert [answer.status_code for answer in refused[:2]] == [404, 404]
    assert {answer.status_code for answer in refused[2:]} <= {403, 404, 409}
    for answer in refused:
        assert (answer.headers["content-language"], '<html lang="ar" dir="rtl">' in answer.text) == ("ar", True)
    client.cookies.clear()
    assert client.get("/nowhere").headers["content-language"] == "en"


def test_the_upload_script_gets_its_answer_as_data() -> None:
    answer = browser().get("/fail/conflict", headers={"X-Upload": "1"})
    assert answer.status_code == 409
    assert answer.json() == {"ok": False, "message": "Two people met.", "url": ""}


def test_nothing_but_http_is_spoken() -> None:
    async def speak(_message: Any = None) -> Any:
        raise AssertionError("a word was exchanged")

    scope: Scope = {"type": "websocket"}
    anyio.run(Guard(APP, RULES), scope, speak, speak)


def test_pages_and_sentences_are_importable_without_an_application() -> None:
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b"", "state": {}}
    request = Request({**scope, "scheme": "https", "server": ("portal.example", 443)})
    assert say(request, "%(name)s asks", name="Ilse") == "Ilse asks"
    page = render(request, "errors/error.html", title="T", happened="H", then="N", ask="Ilse", request_id=None)
    assert b"Whom to ask: <bdi>Ilse</bdi>" in page.body
