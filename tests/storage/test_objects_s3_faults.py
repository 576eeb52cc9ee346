"""An S3 server that is slow, overloaded, cut off or another thing: it is said to be away; nothing is half, or hangs."""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from storage.content import open_all, seal
from storage.errors import Damaged, Exists, Missing, StoreUnavailable
from storage.objects import s3
from storage.objects.s3 import Bucket, S3Store
from storage.objects.store import new_name
from tests.authorities import authority
from tests.faulty_proxy import Faults, faulty

pytestmark = [pytest.mark.e2e, pytest.mark.fault("the object store is slow, overloaded, cut off or another")]

SMALL, LARGE = 100_000, 20 * 1024**2 + 7  # in one request, and in parts
SECONDS = 20  # beyond which nobody waits, whatever the server does


@dataclass
class Store:
    """A store behind a faulty proxy, and the same one without."""

    faulty: S3Store
    true: S3Store
    faults: Faults


@pytest.fixture
def store(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setattr(s3, "_READ_SECONDS", 1)
    with faulty(bucket) as (behind, faults):
        yield Store(S3Store(behind), S3Store(bucket), faults)


def always(_method: str, _path: str) -> bool:
    return True


def of(*methods: str) -> Callable[[str, str], bool]:
    return lambda method, _path: method in methods


def whole(store: S3Store, name: str) -> bytes:
    with store.get(name) as blocks:
        return b"".join(blocks)


CALLS: dict[str, Callable[[S3Store, str], Any]] = {
    "size": lambda store, name: store.size(name),
    "get": whole,
    "list": lambda store, _name: list(store.list()),
    "delete": lambda store, name: store.delete(name),
    "check": lambda store, _name: store.check(),
}


@pytest.mark.parametrize("fault", ["503", "slow", "answer lost"])
@pytest.mark.parametrize("call", CALLS)
def test_a_server_that_stays_bad_is_away_within_a_bound(store: Store, call: str, fault: str) -> None:
    name = new_name()
    store.true.put(name, [b"sealed"])
    store.faults.set(fault, always)
    began = time.monotonic()
    with pytest.raises(StoreUnavailable):
        CALLS[call](store.faulty, name)
    assert time.monotonic() - began < SECONDS
    assert store.faults.met >= 1
    store.faults.over.set()
    store.faults.end()
    if call != "delete":
        assert whole(store.faulty, name) == b"sealed"


@pytest.mark.parametrize("fault", ["503", "answer lost"])
@pytest.mark.parametrize("call", CALLS)
def test_a_server_that_is_bad_for_a_moment_is_asked_again(store: Store, call: str, fault: str) -> None:
    name = new_name()
    store.true.put(name, [b"sealed"])
    store.faults.set(fault, always, times=2)
    CALLS[call](store.faulty, name)
    assert store.faults.met == 2


@pytest.mark.parametrize("call", ["get", "list"])
@pytest.mark.parametrize("fault", ["answer cut", "other"])
def test_half_an_answer_or_another_one_is_never_taken_for_a_whole_one(store: Store, call: str, fault: str) -> None:
    name, content = new_name(), secrets.token_bytes(3 * 1024**2)
    store.true.put(name, [content])
    store.faults.set(fault, of("GET"))
    if call == "get" and fault == "other":
        assert whole(store.faulty, name) != content, "what it is not, the seal shows"
        return
    with pytest.raises(StoreUnavailable):
        CALLS[call](store.faulty, name)


@pytest.mark.parametrize("size", [SMALL, LARGE])
@pytest.mark.parametrize("fault", ["503", "request cut"])
def test_a_put_that_fails_leaves_nothing_under_the_name(store: Store, fault: str, size: int) -> None:
    name, began = new_name(), time.monotonic()
    store.faults.set(fault, of("PUT"))
    with pytest.raises(StoreUnavailable):
        store.faulty.put(name, [bytes(size)])
    assert time.monotonic() - began < SECONDS
    with pytest.raises(Missing):
        store.true.size(name)
    assert name not in [one.name for one in store.true.list()]
    store.faults.end()
    assert store.faulty.put(name, [bytes(size)]) == size


@pytest.mark.parametrize("size", [SMALL, LARGE])
@pytest.mark.parametrize("fault", ["503", "request cut", "answer lost"])
def test_a_put_goes_through_when_the_server_is_bad_for_a_moment(store: Store, fault: str, size: int) -> None:
    name, content = new_name(), secrets.token_bytes(size)
    store.faults.set(fault, of("PUT"), times=2)
    assert store.faulty.put(name, [content]) == size
    assert store.faults.met == 2
    assert whole(store.true, name) == content


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_a_put_whose_last_answer_is_lost_is_there_whole_or_not_at_all(store: Store, size: int) -> None:
    """The caller doesn't know: it takes another name, and what nobody names is swept."""
    name, content = new_name(), secrets.token_bytes(size)
    store.faults.set("answer lost", of("PUT") if size == SMALL else lambda m, path: m == "POST" and "uploadId" in path)
    with pytest.raises(StoreUnavailable):
        store.faulty.put(name, [content])
    store.faults.end()
    assert whole(store.true, name) == content
    with pytest.raises(Exists):
        store.faulty.put(name, [b"another"])


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_a_put_to_a_server_that_is_too_slow_is_given_up_and_never_half(store: Store, size: int) -> None:
    name, content, began = new_name(), secrets.token_bytes(size), time.monotonic()
    store.faults.set("slow", of("PUT"))
    with pytest.raises(StoreUnavailable):
        store.faulty.put(name, [content])
    assert time.monotonic() - began < SECONDS
    store.faults.over.set()  # the server gets to it after all
    time.sleep(0.5)
    with suppress(Missing):
        assert whole(store.true, name) == content


def test_what_is_not_to_be_read_yet_is_missing_and_nothing_else(store: Store) -> None:
    name = new_name()
    store.faulty.put(name, [b"sealed"])
    store.faults.set("absent", of("GET", "HEAD"), times=2)
    with pytest.raises(Missing):
        whole(store.faulty, name)
    with pytest.raises(Missing):
        store.faulty.size(name)
    assert whole(store.faulty, name) == b"sealed"


def test_a_reader_is_told_when_the_server_leaves_in_the_middle(store: Store) -> None:
    name, content = new_name(), secrets.token_bytes(5 * 1024**2)
    store.true.put(name, [content])
    store.faults.set("answer cut", of("GET"))
    got: list[bytes] = []
    with pytest.raises(StoreUnavailable), store.faulty.get(name, 1024, 4 * 1024**2) as blocks:
        got.extend(blocks)
    assert content[1024:].startswith(b"".join(got))
    assert len(b"".join(got)) < 4 * 1024**2 - 1024


@pytest.fixture(scope="module")
def proof(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an authority, and of what it gave to this address."""
    folder = tmp_path_factory.mktemp("authority")
    authority(folder, "127.0.0.1")
    return folder


@pytest.fixture(params=["plain", "tls"])
def either(
    request: pytest.FixtureRequest, bucket: Bucket, proof: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Store]:
    """The client signs what it sends where the way is in the clear, and sends a hash of it by TLS."""
    monkeypatch.setenv("SSL_CERT_FILE", str(proof / "ca.pem"))
    with faulty(bucket, proof if request.param == "tls" else None) as (behind, faults):
        yield Store(S3Store(behind), S3Store(bucket), faults)


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_what_was_altered_on_its_way_there_is_refused_and_not_kept(either: Store, size: int) -> None:
    name, content = new_name(), secrets.token_bytes(size)
    either.faults.set("request altered", of("PUT"))
    with pytest.raises(StoreUnavailable):
        either.faulty.put(name, [content])
    assert either.faults.met
    with pytest.raises(Missing):
        either.true.size(name)
    either.faults.end()
    assert either.faulty.put(name, [content]) == size
    assert whole(either.true, name) == content


def test_what_was_altered_on_its_way_back_never_opens(either: Store) -> None:
    name, key, plain = new_name(), secrets.token_bytes(32), secrets.token_bytes(SMALL)
    either.true.put(name, seal(key, b"a version", [plain]))

    def opened() -> bytes:
        with either.faulty.get(name) as blocks:
            return b"".join(open_all(key, b"a version", blocks))

    assert opened() == plain
    either.faults.set("answer altered", of("GET"))
    with pytest.raises(Damaged):
        opened()
    assert either.faults.met


def test_a_server_that_cannot_prove_its_name_gets_nothing(
    bucket: Bucket, proof: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked with an authority that didn't vouch for it, with the usual ones, and by a name that it wasn't given."""
    authority(tmp_path, "127.0.0.1")
    with faulty(bucket, proof) as (behind, faults):
        named = replace(behind, endpoint=behind.endpoint.replace("127.0.0.1", "localhost"))
        for where, believed in ((behind, tmp_path / "ca.pem"), (behind, None), (named, proof / "ca.pem")):
            monkeypatch.setenv("SSL_CERT_FILE", str(believed or ""))
            with pytest.raises(StoreUnavailable):
                S3Store(where).put(new_name(), [b"sealed"])
        assert faults.asked == []
        monkeypatch.setenv("SSL_CERT_FILE", str(proof / "ca.pem"))
        S3Store(behind).check()
        assert len(faults.asked) == 1
