"""Keys of the store that stand in a file: what is in it now counts, and while it can't be used the store is away."""

from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from portal.errors import Invalid
from portal.settings import Settings
from portal.usecases.backup_places import bucket_of
from storage.errors import StoreUnavailable
from storage.objects.s3 import Bucket, S3Store
from storage.objects.s3_credentials import CredentialsFile
from storage.objects.store import new_name
from tests.s3_server import NEXT

SECRET = "un%guessable/+secret="


def write(path: Path, key: str, secret: str, *more: str) -> None:
    path.write_text("\n".join(["[default]", f"aws_access_key_id = {key}", f"aws_secret_access_key={secret}", *more]))
    path.chmod(0o600)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write(tmp_path / "credentials", "portal", SECRET)
    return tmp_path / "credentials"


@pytest.mark.e2e
def test_keys_that_are_exchanged_count_from_the_next_request_on(bucket: Bucket, file: Path) -> None:
    store = S3Store(replace(bucket, access_key="", secret_key="", credentials=file))
    with pytest.raises(StoreUnavailable):
        store.check()
    name, secret = new_name(), bucket.secret_key
    write(file, "portal", secret)
    store.put(name, [b"sealed"])
    with store.get(name) as blocks:
        write(file, "portal", "ended")
        assert b"".join(blocks) == b"sealed", "what has begun goes on"
    for use in (lambda: store.size(name), lambda: store.put(new_name(), [b"x"]), lambda: store.delete(name)):
        with pytest.raises(StoreUnavailable):
            use()
    write(file, NEXT, secret)
    assert store.size(name) == len(b"sealed")
    file.unlink()
    with pytest.raises(StoreUnavailable):
        list(store.list())
    write(file, NEXT, secret)
    store.delete(name)


def gone(path: Path) -> None:
    path.unlink()


def everybodys(path: Path) -> None:
    path.chmod(0o644)


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def of(text: str | bytes) -> Callable[[Path], None]:
    def act(path: Path) -> None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())

    return act


@pytest.mark.parametrize(
    "change",
    [
        gone,
        everybodys,
        of(""),
        of("[defa"),
        of("[default]\naws_access_key_id = portal\n"),
        of("[default]\naws_access_key_id = portal\naws_secret_access_key =\n"),
        of("[default]\naws_access_key_id = portal\naws_secret_access_key = two\n lines\n"),
        of("[default]\naws_access_key_id = portal\naws_secret_access_key = a\naws_session_token =\n"),
        of("[default]\naws_access_key_id = pörtal\naws_secret_access_key = a\n"),
        of("[another]\naws_access_key_id = portal\naws_secret_access_key = a\n"),
        of("aws_access_key_id = portal\naws_secret_access_key = a\n"),
        of("[default]\n[default]\n"),
        of(b"\xff\xfe[default]"),
        of(b"#" * 100_000),
        a_folder,
    ],
)
def test_a_file_that_is_not_whole_is_a_store_that_is_away(file: Path, change: Callable[[Path], None]) -> None:
    assert CredentialsFile(file).retrieve().secret_key == SECRET
    change(file)
    store = S3Store(Bucket("http://127.0.0.1:9", "sealed", "", "", credentials=file))
    for use in (store.check, lambda: store.size(new_name()), store.keeping, lambda: list(store.list())):
        with pytest.raises(StoreUnavailable, match="credentials") as refused:
            use()
        assert SECRET not in str(refused.value)


def test_the_token_of_a_session_goes_with_each_request_and_keys_do_not(file: Path) -> None:
    asked: list[dict[str, str]] = []

    class Asked(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            asked.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_said: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Asked) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        store = S3Store(Bucket(f"http://127.0.0.1:{server.server_port}", "sealed", "", "", credentials=file))
        store.check()
        write(file, "portal", SECRET, "aws_session_token = of/an+hour==")
        store.check()
        server.shutdown()
    assert [one.get("x-amz-security-token") for one in asked] == [None, "of/an+hour=="]
    assert all("Credential=portal/" in one["authorization"] for one in asked)
    assert SECRET not in str(asked)


@pytest.mark.parametrize("more", [{"s3_access_key": "portal"}, {"s3_secret_key": SECRET}])
def test_keys_in_two_places_are_refused(file: Path, more: dict[str, str]) -> None:
    settings = Settings(s3_endpoint="http://127.0.0.1:9", s3_bucket="sealed", s3_credentials=str(file))
    assert bucket_of(settings).credentials == file
    with pytest.raises(Invalid, match="stand in both") as refused:
        bucket_of(replace(settings, **more))
    assert SECRET not in str(refused.value)
