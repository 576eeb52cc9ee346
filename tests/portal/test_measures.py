"""The numbers for Prometheus: what is counted, under which names, and who gets them."""

import json
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from pathlib import Path
from threading import enumerate as threads
from time import monotonic, sleep
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from portal import measures_server
from portal.background import Background
from portal.demo.servers import free_port
from portal.errors import Invalid
from portal.measures import Measures
from portal.measures_server import MOST_OPEN, MeasuresServer, check_measures
from portal.settings import Settings
from portal.tls import Certificates
from portal.work import Portal
from storage.certifying import make_certificates
from storage.errors import DatabaseUnavailable
from tests.cast import World
from tests.web_client import browser

TOKEN = "a-token-of-thirty-letters-or-so"


def read(text: bytes) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    families = text_string_to_metric_families(text.decode())
    return {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}


def value(measures: Measures, name: str, **labels: str) -> float | None:
    return read(measures.text()).get((name, frozenset(labels.items())))


def measured(world: World) -> tuple[Any, Measures]:
    """Give a browser, and the numbers of the application that it asks."""
    client = browser(world, "officer")
    return client, client.app._measures


def test_answers_are_counted_by_the_pattern_of_their_address(world: World) -> None:
    client, measures = measured(world)
    review = world.files["xaa"].review
    assert client.get(f"/reviews/{review}").status_code == 200
    assert client.get(f"/reviews/{world.files['xdd'].review}").status_code == 404
    assert client.get("/Quillwort/never").status_code == 404
    assert client.request("QUILLWORT", "/").status_code == 403
    count = {"method": "GET", "route": "/reviews/{id}"}
    assert value(measures, "portal_requests_total", **count, status="200") == 1
    assert value(measures, "portal_requests_total", **count, status="404") == 1
    assert value(measures, "portal_requests_total", method="GET", route="none", status="404") == 1
    assert value(measures, "portal_request_seconds_count", route="/reviews/{id}") == 2
    assert value(measures, "portal_requests_total", method="other", route="none", status="403") == 1
    told = measures.text().decode()
    assert "uillwort" not in told.lower()
    assert str(review) not in told


def test_what_the_walls_turn_away_is_counted(world: World) -> None:
    client, measures = measured(world)
    assert client.get("/", headers={"Host": "elsewhere.example"}).status_code == 400
    assert value(measures, "portal_requests_total", method="GET", route="none", status="400") == 1


def test_the_state_of_the_portal_is_looked_up_when_it_is_asked_for(world: World) -> None:
    measures = Measures(world.portal)
    assert value(measures, "portal_store_up") == 1
    assert value(measures, "portal_log_entries") == 0
    assert value(measures, "portal_log_behind_seconds") == 0
    world.clock.forward(timedelta(minutes=2))
    assert value(measures, "portal_log_behind_seconds") == 120
    assert value(measures, "portal_database_connections") == world.portal.database.connections()[1] > 0
    assert value(measures, "portal_database_connections_busy") == 0
    with world.portal.database.read() as session:
        session.connection()
        assert value(measures, "portal_database_connections_busy") == 1
    assert (value(measures, "portal_free_bytes") or 0) > 0
    assert value(measures, "portal_kept_keys") == world.portal.keyring.kept


def test_how_old_the_key_is_is_a_number_unless_nobody_can_tell(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    measures = Measures(world.portal)
    begun = world.portal.keyring.provider.begun
    assert begun is not None
    world.clock.now = datetime.combine(begun, world.clock.now.time(), UTC) + timedelta(days=400)
    assert value(measures, "portal_wrapping_key_days") == 400
    monkeypatch.setattr(type(world.portal.keyring.provider), "begun", None)
    assert value(measures, "portal_wrapping_key_days") is None
    (world.portal.settings.keys / "keyring.json").rename(world.portal.settings.keys / "away")
    monkeypatch.undo()
    assert value(measures, "portal_wrapping_key_days") is None
    assert value(measures, "portal_store_up") == 1


def test_a_database_that_is_away_is_a_number_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise DatabaseUnavailable("away")

    monkeypatch.setattr(world.portal.database, "read", away)
    measures = Measures(world.portal)
    assert value(measures, "portal_store_up") == 0
    assert value(measures, "portal_log_entries") is None


def test_steps_of_the_work_beside_are_counted_done_and_failed(portal: Portal) -> None:
    measures = Measures(portal)
    work = Background(portal, measures.stepped)

    def good() -> None:
        pass

    def bad() -> None:
        raise DatabaseUnavailable("away")

    for step in (good, bad, good):
        work._step(step).take_now()
    assert value(measures, "portal_worker_steps_total", step="good", result="done") == 2
    assert value(measures, "portal_worker_steps_total", step="bad", result="failed") == 1


def test_threads_beside_the_requests_are_numbers(world: World) -> None:
    client, measures = measured(world)
    assert value(measures, "portal_worker_thread_up", thread="log") == 0
    with client:
        assert value(measures, "portal_worker_thread_up", thread="log") == 1
        assert value(measures, "portal_worker_thread_up", thread="mail") == 1


# --- who gets them ------------------------------------------------------------------------------------------------


@pytest.fixture
def served(portal: Portal) -> Iterator[str]:
    settings = replace(portal.settings, metrics_port=free_port(), metrics_token=TOKEN)
    with MeasuresServer(settings, Measures(portal)):
        yield f"http://127.0.0.1:{settings.metrics_port}"


def test_without_the_token_nobody_gets_them(served: str) -> None:
    for sent in ({}, {"Authorization": f"Bearer {TOKEN}x"}, {"Authorization": TOKEN}, {"Authorization": "Bearer \xe9"}):
        with pytest.raises(HTTPError) as refused:
            urlopen(Request(f"{served}/metrics", headers=sent), timeout=5)  # noqa: S310 - our own server
        with closing(refused.value) as answer:
            assert (answer.code, answer.read()) == (401, b"")
    right = {"Authorization": f"Bearer {TOKEN}"}
    with urlopen(Request(f"{served}/metrics", headers=right), timeout=5) as answer:  # noqa: S310 - likewise
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        assert b"portal_store_up 1.0" in answer.read()
    with pytest.raises(HTTPError, match="404") as absent:
        urlopen(Request(f"{served}/", headers=right), timeout=5)  # noqa: S310 - likewise
    absent.value.close()


def test_with_certificates_nobody_but_the_proxy_gets_them(portal: Portal, tmp_path: Path) -> None:
    make_certificates(tmp_path / "tls")
    sides = {side: Certificates(tmp_path / "tls" / side) for side in ("portal", "proxy")}
    settings = replace(
        portal.settings, metrics_port=free_port(), metrics_token=TOKEN, tls_folder=str(sides["portal"].folder)
    )
    at = ("127.0.0.1", settings.metrics_port)
    nobody = ssl.create_default_context(cafile=sides["proxy"].authority)
    with MeasuresServer(settings, Measures(portal)):
        silent = socket.create_connection(at, timeout=5)
        asked = Request(f"https://{at[0]}:{at[1]}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        with urlopen(asked, timeout=5, context=sides["proxy"].client()) as answer:  # noqa: S310 - likewise
            assert b"portal_store_up 1.0" in answer.read()
        with pytest.raises((OSError, HTTPException)):
            urlopen(asked, timeout=5, context=nobody)  # noqa: S310 - likewise
        with socket.create_connection(at, timeout=5) as clear, suppress(ConnectionError):
            clear.sendall(f"GET /metrics HTTP/1.0\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode())
            assert b"portal" not in clear.recv(65536)
        silent.close()


def scraped(served: str) -> float:
    """Ask for the numbers; gives how long that took."""
    began = monotonic()
    right = {"Authorization": f"Bearer {TOKEN}"}
    with urlopen(Request(f"{served}/metrics", headers=right), timeout=5) as answer:  # noqa: S310 - our own server
        assert b"portal_store_up 1.0" in answer.read()
    return monotonic() - began


def connected(served: str, first: bytes) -> socket.socket:
    one = socket.create_connection(("127.0.0.1", int(served.rpartition(":")[2])), timeout=5)
    one.sendall(first)
    return one


@pytest.mark.parametrize("first", [b"", b"GET /met", b"GET /metrics HTTP/1.1\r\nHost: x\r\n"])
def test_whoever_stands_still_holds_nobody_up(served: str, first: bytes) -> None:
    with ExitStack() as still:
        for _ in range(3 * MOST_OPEN):
            still.enter_context(connected(served, first))
        assert scraped(served) < 2


def test_a_request_that_drips_is_cut_when_its_time_is_over(served: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measures_server, "SECONDS", 0.5)
    began = monotonic()
    with connected(served, b"GET /metrics HTTP/1.1\r\n") as dripping:
        with suppress(OSError):
            while monotonic() - began < 3:
                dripping.sendall(b"X: y\r\n")
                sleep(0.1)
        assert monotonic() - began < 2


def test_one_who_does_not_read_the_answer_is_cut_too(served: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measures_server, "SECONDS", 0.5)
    monkeypatch.setattr(Measures, "text", lambda _: b"x" * 50_000_000)
    asks = f"GET /metrics HTTP/1.1\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode()
    with connected(served, asks):
        sleep(0.1)
        assert answering() == 1
        until = monotonic() + 3
        while answering():
            assert monotonic() < until, "its thread waits for ever"
            sleep(0.05)


SENT = f"Authorization: Bearer {TOKEN}\r\n".encode()
LONG = b"quillwort" * 10_000


ODD = [
    (b"POST /metrics HTTP/1.1\r\n" + SENT + b"Content-Length: 5000000\r\n\r\nquillwort", b"501"),
    (b"PUT /metrics HTTP/1.1\r\n" + SENT + b"Transfer-Encoding: chunked\r\n\r\n9\r\nquillwort\r\n", b"501"),
    (b"HEAD /metrics HTTP/1.1\r\n" + SENT + b"\r\n", b"501"),
    (b"TRACE /quillwort HTTP/1.1\r\nX: quillwort\r\n\r\n", b"501"),
    (b"__class__ /quillwort HTTP/1.1\r\n\r\n", b"501"),
    (b"GET /" + LONG + b" HTTP/1.1\r\n\r\n", b"414"),
    (b"GET /metrics HTTP/1.1\r\nX: " + LONG + b"\r\n\r\n", b"431"),
    (b"GET /metrics HTTP/1.1\r\n" + b"X: quillwort\r\n" * 200 + b"\r\n", b"431"),
    (b"GET /metrics HTTP/2.0\r\n\r\n", b"505"),
    (b"\x16\x03\x01 quillwort\r\n\r\n", b"400"),
    (b"GET /<b>quillwort HTTP/1.1 \xff\r\n\r\n", b"400"),
    (b"GET /metrics\r\n\r\n", b""),  # HTTP/0.9, whose answers bear no status
]


def test_whatever_else_is_asked_gets_a_status_and_nothing_more(served: str) -> None:
    for first, status in ODD:
        answer = b""
        with connected(served, first) as asking, suppress(ConnectionResetError):  # with a body that nobody reads
            while block := asking.recv(1 << 16):
                answer += block
        head, _, content = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.0 " + status + b" ") if status else not head, (first[:40], answer)
        assert content == b""
        assert not re.search(rb"quillwort|python|<", answer, re.IGNORECASE), first[:40]
    assert scraped(served) < 2
    until = monotonic() + 3
    while answering():
        assert monotonic() < until, "its thread waits for ever"
        sleep(0.01)


def test_what_cannot_be_told_is_a_status_too(
    served: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(_measures: Measures) -> bytes:
        raise OSError("quillwort")

    monkeypatch.setattr(Measures, "text", away)
    with pytest.raises(HTTPError, match="503") as refused:
        scraped(served)
    with closing(refused.value) as answer:
        assert answer.read() == b""
    assert "OSError" in caplog.text
    assert "quillwort" not in caplog.text


def answering() -> int:
    """Count the threads that answer somebody."""
    return sum("process_request_thread" in thread.name for thread in threads())


def test_without_a_port_there_are_none(portal: Portal) -> None:
    with MeasuresServer(portal.settings, Measures(portal)) as server:
        assert server._server is None


def test_a_port_that_is_taken_is_told(portal: Portal) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = replace(portal.settings, metrics_port=taken.getsockname()[1])
        with pytest.raises(Invalid, match="metrics_port"):
            MeasuresServer(settings, Measures(portal)).__enter__()


@pytest.mark.parametrize(
    "chosen",
    [{"metrics_token": ""}, {"metrics_token": "short"}, {"metrics_port": 8000}],
)
def test_settings_that_would_give_them_to_everybody_are_refused(chosen: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="metrics_"):
        check_measures(replace(Settings(metrics_port=9464, metrics_token=TOKEN), **chosen))
    check_measures(Settings(metrics_port=9464, metrics_token=TOKEN))
    check_measures(Settings())


# --- what shows them ----------------------------------------------------------------------------------------------

GRAFANA = Path(__file__).parents[2] / "deploy" / "grafana"


@pytest.mark.checkout
def test_dashboard_and_alerts_ask_for_numbers_that_there_are(world: World, tmp_path: Path) -> None:
    world.clock.now = make_certificates(tmp_path / "tls") - timedelta(days=29, hours=1)
    world.portal.settings = replace(world.portal.settings, tls_folder=str(tmp_path / "tls" / "portal"))
    client, measures = measured(world)
    assert value(measures, "portal_certificate_days") == 29
    client.get("/")
    measures.broke("/")
    measures.stepped(test_without_a_port_there_are_none, "failed")
    given = {name for name, _ in read(measures.text())}
    labels = {label for _, labels in read(measures.text()) for label, _ in labels}
    board = json.loads((GRAFANA / "portal.json").read_text("utf-8"))
    rules = yaml.safe_load((GRAFANA / "alerts.yaml").read_text("utf-8"))["groups"][0]["rules"]
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    asked += [rule["expr"] for rule in rules]
    named = {name for one in asked for name in re.findall(r"\b(?:portal|process)_[a-z_]+", one)}
    assert named <= given, named - given
    used = {label for one in asked for group in re.findall(r"by \(([^)]*)\)", one) for label in re.split(r", *", group)}
    assert used <= labels, used - labels
    shown = {name.removesuffix("_bucket") for name in named}
    ours = {name for name in given if name.startswith("portal_") and not name.endswith(("_created", "_count", "_sum"))}
    assert {name.removesuffix("_bucket") for name in ours} <= shown
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
