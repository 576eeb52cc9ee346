"""What every object store does: the same cases in memory, in a folder and on a real S3 server."""

import hashlib
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from storage.errors import Damaged, Exists, Missing
from storage.objects.store import ObjectStore, new_name


def whole(store: ObjectStore, name: str, start: int = 0, stop: int | None = None) -> bytes:
    with store.get(name, start, stop) as blocks:
        return b"".join(blocks)


def names(store: ObjectStore) -> list[str]:
    return [found.name for found in store.list()]


def test_what_is_put_is_got_back(store: ObjectStore) -> None:
    name = new_name()
    assert store.put(name, [b"sealed ", b"", b"bytes"]) == 12
    assert whole(store, name) == b"sealed bytes"
    assert store.size(name) == 12


def test_an_empty_object_is_an_object(store: ObjectStore) -> None:
    name = new_name()
    assert store.put(name, []) == 0
    assert whole(store, name) == b""
    assert whole(store, name, 0, 0) == b""
    assert store.size(name) == 0
    assert name in names(store)


@pytest.mark.parametrize("size", [5 * 1024**2 + 1, 8 * 1024**2, 20 * 1024**2 + 7])
def test_a_large_object_of_unknown_length_is_put_in_parts(store: ObjectStore, size: int) -> None:
    name, block = new_name(), secrets.token_bytes(1024**2)
    digest = hashlib.sha256()

    def chunks() -> Iterator[bytes]:
        left = size
        while left:
            chunk = block[:left]
            digest.update(chunk)
            left -= len(chunk)
            yield chunk

    assert store.put(name, chunks()) == size
    with store.get(name) as blocks:
        got = hashlib.sha256()
        for part in blocks:
            assert isinstance(part, bytes)
            got.update(part)
    assert got.digest() == digest.digest()
    assert store.size(name) == size


@pytest.mark.parametrize(
    ("start", "stop"),
    [(0, 1), (0, 10), (3, 7), (9, 10), (0, None), (4, None), (5, 5), (0, 0), (7, 99), (10, 12), (10, None), (50, 60)],
)
def test_a_range_is_a_slice(store: ObjectStore, start: int, stop: int | None) -> None:
    name = new_name()
    store.put(name, [b"0123456789"])
    assert whole(store, name, start, stop) == b"0123456789"[start:stop]


@pytest.mark.parametrize(("start", "stop"), [(-1, 3), (5, 4)])
def test_a_range_that_makes_no_sense_is_refused(store: ObjectStore, start: int, stop: int) -> None:
    name = new_name()
    store.put(name, [b"0123456789"])
    with pytest.raises(ValueError, match="range"), store.get(name, start, stop):
        pass


def test_an_object_that_is_not_there_is_missing(store: ObjectStore) -> None:
    name = new_name()
    with pytest.raises(Missing):
        store.size(name)
    for start, stop in ((0, None), (0, 0), (3, 9)):
        with pytest.raises(Missing), store.get(name, start, stop):
            pass


@pytest.mark.parametrize(
    "name",
    ["", "a" * 31, "a" * 33, "A" * 32, "g" * 32, "../" + "a" * 29, "a" * 32 + "\n", "٣" * 32, "/" + "a" * 31],
)
def test_no_other_name_reaches_the_store(store: ObjectStore, name: str) -> None:
    with pytest.raises(Damaged):
        store.put(name, [b"x"])
    with pytest.raises(Damaged):
        store.size(name)
    with pytest.raises(Damaged):
        store.delete(name)
    for start, stop in ((0, None), (2, 2)):
        with pytest.raises(Damaged), store.get(name, start, stop):
            pass


def test_nothing_is_overwritten(store: ObjectStore) -> None:
    name = new_name()
    store.put(name, [b"first"])
    with pytest.raises(Exists):
        store.put(name, [b"second"])
    assert whole(store, name) == b"first"


@pytest.mark.parametrize("before_it_fails", [0, 100, 9 * 1024**2])
@pytest.mark.parametrize("failure", [ConnectionResetError("gone"), ValueError("bad"), Damaged()])
def test_a_put_whose_chunks_fail_leaves_nothing(store: ObjectStore, failure: Exception, before_it_fails: int) -> None:
    name = new_name()

    def chunks() -> Iterator[bytes]:
        yield bytes(before_it_fails)
        raise failure

    with pytest.raises(type(failure)) as raised:
        store.put(name, chunks())
    assert raised.value is failure
    with pytest.raises(Missing):
        store.size(name)
    assert name not in names(store)
    assert store.sweep(datetime.now(UTC) + timedelta(days=1)) == 0
    assert store.put(name, [b"again"]) == 5


def test_a_deleted_object_is_gone_and_deleting_it_again_is_no_error(store: ObjectStore) -> None:
    name = new_name()
    store.put(name, [b"x"])
    store.delete(name)
    store.delete(name)
    with pytest.raises(Missing):
        store.size(name)


def test_the_list_names_every_object_with_size_and_time(store: ObjectStore) -> None:
    before = datetime.now(UTC) - timedelta(seconds=2)
    put = {new_name(): size for size in (0, 1, 1000)}
    for name, size in put.items():
        store.put(name, [bytes(size)])
    found = {entry.name: entry for entry in store.list()}
    assert put.keys() <= found.keys()
    assert list(found) == sorted(found)
    for name, size in put.items():
        assert found[name].size == size
        assert before <= found[name].modified <= datetime.now(UTC) + timedelta(seconds=2)


def test_parallel_puts_all_arrive(store: ObjectStore) -> None:
    objects = {new_name(): secrets.token_bytes(300_000) for _ in range(12)}
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda item: store.put(item[0], [item[1]]), objects.items()))
    assert all(whole(store, name) == data for name, data in objects.items())


def test_a_reader_that_stops_early_leaves_the_store_usable(store: ObjectStore) -> None:
    name = new_name()
    store.put(name, [bytes(3 * 1024**2)])
    for _ in range(40):
        with store.get(name) as blocks:
            next(blocks)
    assert store.size(name) == 3 * 1024**2


def test_a_store_that_is_there_says_so(store: ObjectStore) -> None:
    store.check()
