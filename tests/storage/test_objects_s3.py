"""The S3 store where it differs: transport, secrets, servers that are away, uploads that were cut off."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from storage.errors import StoreUnavailable
from storage.objects.s3 import Bucket, S3Store
from storage.objects.store import new_name

AWAY = Bucket("http://127.0.0.1:9", "sealed", "portal", "unguessable-secret")


@pytest.mark.parametrize("endpoint", ["http://objects.example", "http://10.0.0.5:8333", "http://127.0.0.1.example"])
def test_another_machine_is_reached_only_through_tls(endpoint: str) -> None:
    with pytest.raises(ValueError, match="https"):
        S3Store(replace(AWAY, endpoint=endpoint))


@pytest.mark.parametrize("endpoint", ["", "objects.example", "ftp://objects.example", "https://", "https://x/path"])
def test_an_endpoint_that_is_none_is_refused(endpoint: str) -> None:
    with pytest.raises(ValueError, match="endpoint"):
        S3Store(replace(AWAY, endpoint=endpoint))


@pytest.mark.parametrize("endpoint", ["https://objects.example", "http://localhost:8333", "http://[::1]:8333"])
def test_tls_and_this_machine_are_accepted(endpoint: str) -> None:
    S3Store(replace(AWAY, endpoint=endpoint))


def test_the_secret_is_never_printed() -> None:
    assert "unguessable" not in repr(AWAY)


def test_a_server_that_is_away_is_said_to_be_away() -> None:
    store = S3Store(AWAY)
    for call in (
        store.check,
        lambda: store.size(new_name()),
        lambda: store.delete(new_name()),
        lambda: list(store.list()),
    ):
        with pytest.raises(StoreUnavailable):
            call()


def test_a_redirect_is_not_followed() -> None:
    asked = []

    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(307)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_HEAD = do_PUT = do_GET  # noqa: N815 - the names of the methods

        def log_message(self, *_said: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        store = S3Store(replace(AWAY, endpoint=f"http://127.0.0.1:{server.server_port}"))
        for call in (store.check, lambda: store.size(new_name()), lambda: list(store.get(new_name()).__enter__())):
            with pytest.raises(StoreUnavailable):
                call()
        server.shutdown()
    assert len(asked) == 3
    assert "/elsewhere" not in asked


@pytest.mark.e2e
def test_a_bucket_that_is_not_there_is_no_missing_object(bucket: Bucket) -> None:
    store = S3Store(replace(bucket, name="another"))
    with pytest.raises(StoreUnavailable):
        store.check()


@pytest.mark.e2e
def test_a_wrong_secret_is_refused(bucket: Bucket) -> None:
    with pytest.raises(StoreUnavailable):
        S3Store(replace(bucket, secret_key="wrong")).put(new_name(), [b"x"])


@pytest.mark.e2e
def test_an_upload_that_was_cut_off_is_swept_once_it_is_old(bucket: Bucket) -> None:
    store = S3Store(bucket)
    name = new_name()
    upload = store._client._create_multipart_upload(bucket.name, name, {})
    store._client._upload_part(bucket.name, name, io.BytesIO(bytes(1000)).read(), None, upload, 1)
    now = datetime.now(UTC)
    assert store.sweep(now - timedelta(hours=1)) == 0
    assert store.sweep(now + timedelta(hours=1)) == 1
    assert store.sweep(now + timedelta(hours=1)) == 0
    assert name not in [found.name for found in store.list()]


@pytest.mark.e2e
def test_a_response_is_closed_whenever_the_reading_ends(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    store, name, responses = S3Store(bucket), new_name(), []
    store.put(name, [bytes(3 * 1024**2)])
    get_object = store._client.get_object

    def kept(*args: Any, **named: Any) -> Any:
        responses.append(get_object(*args, **named))
        return responses[-1]

    monkeypatch.setattr(store._client, "get_object", kept)
    with store.get(name) as blocks:
        next(blocks)
    with pytest.raises(KeyError), store.get(name):
        raise KeyError
    with store.get(name) as blocks:
        assert sum(map(len, blocks)) == 3 * 1024**2
    assert [response.closed for response in responses] == [True, True, True]
