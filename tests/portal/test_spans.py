"""Traces: what a request is made of, as a collector of OpenTelemetry gets it, and what it never gets."""

import json
import re
import time
from dataclasses import replace
from typing import Any

import pytest

from portal import spans
from portal.background import Background
from portal.errors import Invalid
from portal.settings import Settings
from portal.spans import Spans, check_spans, span
from portal.web.measuring import SERVER_ERRORS
from tests.cast import World
from tests.collecting import Collector, collecting
from tests.web_client import browser

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def attributes(one: dict[str, Any]) -> dict[str, str]:
    return {said["key"]: next(iter(said["value"].values())) for said in one["attributes"]}


def traced(world: World, collector: Collector) -> Any:
    world.portal.settings = replace(world.portal.settings, traces_endpoint=collector.url)
    return browser(world, "officer")


def test_a_request_is_a_trace_of_what_it_was_made_of(world: World) -> None:
    review = world.files["xaa"].review
    with collecting() as collector:
        client = traced(world, collector)
        with client.app._spans:
            answer = client.get(f"/reviews/{review}?who=Quillwort", headers={"traceparent": TRACEPARENT})
            assert answer.status_code == 200
    root = next(one for one in collector.spans if not one["parentSpanId"])
    assert (root["name"], root["kind"], root["status"]) == ("GET /reviews/{id}", 2, {})
    said = attributes(root)
    assert (said["http.route"], said["http.response.status_code"]) == ("/reviews/{id}", "200")
    assert re.fullmatch(r"[0-9a-f-]{36}", said["portal.request"])
    parts = [one for one in collector.spans if one["parentSpanId"]]
    assert {"wait for the database", "decide", "commit", "render"} <= {one["name"] for one in parts}
    known = {one["spanId"] for one in collector.spans}
    for one in collector.spans:
        assert one["traceId"] == root["traceId"]
        assert re.fullmatch("[0-9a-f]{32}", one["traceId"])
        assert re.fullmatch("[0-9a-f]{16}", one["spanId"])
        assert not one["parentSpanId"] or one["parentSpanId"] in known
        assert int(root["startTimeUnixNano"]) <= int(one["startTimeUnixNano"]) <= int(one["endTimeUnixNano"])
    told = json.dumps(collector.bodies)
    assert root["traceId"] not in TRACEPARENT
    for word in ("Quillwort", str(review), world.members["officer"].token, "Arandia"):
        assert word not in told


def test_the_route_and_not_the_address_is_told_of_what_is_absent(world: World) -> None:
    with collecting() as collector:
        client = traced(world, collector)
        with client.app._spans:
            client.get("/Quillwort/never")
    assert [one["name"] for one in collector.spans if not one["parentSpanId"]] == ["GET none"]
    assert "Quillwort" not in json.dumps(collector.bodies)


def test_an_error_is_told_without_its_words(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object) -> None:
        raise RuntimeError("Quillwort")

    monkeypatch.setattr("portal.work.gate.verdict", breaks)
    with collecting() as collector:
        client = traced(world, collector)
        with client.app._spans:
            assert client.get(f"/reviews/{world.files['xaa'].review}").status_code == SERVER_ERRORS
    failed = {one["name"]: one["status"] for one in collector.spans if one["status"]}
    assert failed["decide"] == failed["GET /reviews/{id}"] == {"code": 2}
    assert "Quillwort" not in json.dumps(collector.bodies)


def test_a_step_beside_the_requests_is_a_trace_of_its_own(world: World) -> None:
    with collecting() as collector, Spans(collector.url) as sent:
        work = Background(world.portal, spans=sent)

        def good() -> None:
            with span("part"):
                pass

        work._step(good).take_now()
        work._step(good).take_now()
    roots = [one for one in collector.spans if not one["parentSpanId"]]
    assert [one["name"] for one in roots] == ["step good", "step good"]
    assert len({one["traceId"] for one in roots}) == 2


def test_nothing_is_traced_without_an_endpoint(world: World) -> None:
    client = browser(world, "officer")
    assert client.get("/").status_code == 200
    assert not client.app._spans._waiting
    assert spans._current.get() is None


def test_a_collector_that_takes_nothing_holds_nobody_up(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spans, "MOST_WAITING", 3)
    for status, url in ((503, ""), (200, "http://127.0.0.1:1/v1/traces")):
        with collecting(status) as collector:
            sent = Spans(url or collector.url)
            began = time.monotonic()
            for _ in range(5):
                with sent.root("one"):
                    pass
            assert time.monotonic() - began < 0.5
            assert len(sent._waiting) == 3
            sent._send()
            assert not sent._waiting
    assert [record.getMessage().split()[0] for record in caplog.records] == ["5", "5"]


@pytest.mark.parametrize("wrong", ["http://collector.example/v1/traces", "collector", "https://user@collector.example"])
def test_an_endpoint_in_the_clear_elsewhere_is_refused(wrong: str) -> None:
    with pytest.raises(Invalid, match="traces_endpoint"):
        check_spans(Settings(traces_endpoint=wrong))


def test_an_endpoint_by_https_or_on_this_machine_is_taken() -> None:
    for right in ("", "https://collector.example/v1/traces", "http://127.0.0.1:4318/v1/traces"):
        check_spans(Settings(traces_endpoint=right))
