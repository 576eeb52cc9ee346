"""Sealed contents: whole streams, ranges, and what must be refused."""

import secrets
import tracemalloc
from collections.abc import Iterator
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import content
from storage.content import CHUNK, HEADER, Reader, open_all, plain_size, seal, sealed_size
from storage.errors import Damaged

KEY = bytes(range(7, 39))
CONTEXT = content.version_context(UUID(int=5))
SEALED_CHUNK = CHUNK + 16
EDGES = [0, 1, 100, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK - 7, 17 * CHUNK, 40 * CHUNK + 3]
PLAIN = {size: secrets.token_bytes(size) for size in EDGES}
SEALED = {size: b"".join(seal(KEY, CONTEXT, [plain])) for size, plain in PLAIN.items()}


def reader(data: bytes, size: int | None = None, step: int = 10_000) -> Reader:
    def read(start: int, stop: int) -> Iterator[bytes]:
        for place in range(start, min(stop, len(data)), step):
            yield data[place : min(place + step, stop)]

    return Reader(KEY, CONTEXT, len(data) if size is None else size, read)


def opened(data: bytes) -> bytes:
    whole = reader(data)
    return b"".join(whole.range(0, whole.size))


def spans() -> st.SearchStrategy[tuple[int, int, int]]:
    """A size, and a range inside it that often begins or ends near a chunk's edge."""

    def ends(size: int) -> st.SearchStrategy[tuple[int, int, int]]:
        near = [e + d for e in range(0, size + CHUNK, CHUNK) for d in (-1, 0, 1) if 0 <= e + d <= size]
        end = st.integers(0, size) | st.sampled_from(near)
        return st.tuples(st.just(size), end, end).map(lambda t: (t[0], min(t[1:]), max(t[1:])))

    return st.sampled_from(EDGES).flatmap(ends)


def test_the_context_names_the_version() -> None:
    assert CONTEXT == b"portal/v1/version/00000000-0000-0000-0000-000000000005"


@given(span=spans(), step=st.sampled_from([16, 999, SEALED_CHUNK, 100_000, 10**7]))
def test_a_range_is_the_slice_of_the_content(span: tuple[int, int, int], step: int) -> None:
    size, start, stop = span
    assert b"".join(reader(SEALED[size], step=step).range(start, stop)) == PLAIN[size][start:stop]


@given(cuts=st.lists(st.integers(0, 3 * CHUNK - 7), max_size=6))
def test_how_the_stream_is_cut_makes_no_difference(cuts: list[int]) -> None:
    plain, marks = PLAIN[3 * CHUNK - 7], [0, *sorted(cuts), 3 * CHUNK - 7]
    data = b"".join(seal(KEY, CONTEXT, [plain[a:b] for a, b in pairwise(marks)]))
    assert b"".join(open_all(KEY, CONTEXT, [data[i : i + 77_777] for i in range(0, len(data), 77_777)])) == plain


@given(size=st.sampled_from(EDGES), data=st.data())
def test_any_flipped_bit_is_refused_by_a_whole_reading(size: int, data: st.DataObject) -> None:
    sealed = bytearray(SEALED[size])
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    for way in (opened, lambda broken: b"".join(open_all(KEY, CONTEXT, [broken]))):
        with pytest.raises(Damaged):
            way(bytes(sealed))


@given(size=st.sampled_from(EDGES), data=st.data())
def test_any_truncation_is_refused_by_a_whole_reading(size: int, data: st.DataObject) -> None:
    sealed = SEALED[size]
    edges = list(range(HEADER, len(sealed), SEALED_CHUNK))
    keep = data.draw(st.integers(0, len(sealed) - 1) | st.sampled_from(edges))
    for way in (opened, lambda broken: b"".join(open_all(KEY, CONTEXT, [broken]))):
        with pytest.raises(Damaged):
            way(sealed[:keep])


@given(size=st.sampled_from(EDGES), more=st.binary(min_size=1, max_size=2 * SEALED_CHUNK))
def test_anything_appended_is_refused_by_a_whole_reading(size: int, more: bytes) -> None:
    for way in (opened, lambda broken: b"".join(open_all(KEY, CONTEXT, [broken]))):
        with pytest.raises(Damaged):
            way(SEALED[size] + more)


@given(chunks=st.lists(st.integers(0, 39), min_size=2, max_size=2, unique=True))
def test_chunks_that_changed_places_are_refused(chunks: list[int]) -> None:
    sealed = bytearray(SEALED[40 * CHUNK + 3])
    one, other = (slice(HEADER + n * SEALED_CHUNK, HEADER + (n + 1) * SEALED_CHUNK) for n in chunks)
    sealed[one], sealed[other] = sealed[other], sealed[one]
    for way in (opened, lambda broken: b"".join(open_all(KEY, CONTEXT, [broken]))):
        with pytest.raises(Damaged):
            way(bytes(sealed))


def test_a_range_sees_only_its_own_chunks_and_the_end_is_checked_apart() -> None:
    sealed = bytearray(SEALED[40 * CHUNK + 3])
    sealed[-1] ^= 1
    whole = reader(bytes(sealed))
    assert b"".join(whole.range(5, 10)) == PLAIN[40 * CHUNK + 3][5:10]
    with pytest.raises(Damaged):
        whole.check_end()
    with pytest.raises(Damaged):
        b"".join(whole.range(whole.size - 1, whole.size))
    reader(SEALED[40 * CHUNK + 3]).check_end()


def test_no_byte_of_a_damaged_chunk_leaves_before_the_refusal() -> None:
    sealed = bytearray(SEALED[40 * CHUNK + 3])
    sealed[HEADER + 20 * SEALED_CHUNK + 9] ^= 1
    for blocks in (reader(bytes(sealed)).range(0, 40 * CHUNK), open_all(KEY, CONTEXT, [bytes(sealed)])):
        got: list[bytes] = []
        with pytest.raises(Damaged):
            got.extend(blocks)
        assert sum(map(len, got)) <= 20 * CHUNK
        assert PLAIN[40 * CHUNK + 3].startswith(b"".join(got))


def test_a_store_that_gives_fewer_or_more_bytes_than_asked_is_noticed() -> None:
    sealed, size = SEALED[17 * CHUNK], len(SEALED[17 * CHUNK])
    for kept in (HEADER + SEALED_CHUNK, HEADER + 16 * SEALED_CHUNK, size - 1):
        short = reader(sealed[:kept], size)
        with pytest.raises(Damaged):
            b"".join(short.range(0, 17 * CHUNK))

    def too_much(start: int, stop: int) -> Iterator[bytes]:
        yield sealed[start : stop if stop == HEADER else size]

    with pytest.raises(Damaged):
        b"".join(Reader(KEY, CONTEXT, size, too_much).range(0, 5))
    with pytest.raises(Damaged):
        Reader(KEY, CONTEXT, size, lambda _start, _stop: iter([sealed]))


def test_another_key_or_context_opens_nothing() -> None:
    sealed = SEALED[CHUNK]
    for key, context in ((bytes(reversed(KEY)), CONTEXT), (KEY, CONTEXT + b"x"), (KEY, b"")):
        with pytest.raises(Damaged):
            b"".join(open_all(key, context, [sealed]))
        with pytest.raises(Damaged):
            Reader(key, context, len(sealed), lambda a, b: iter([sealed[a:b]]))


def test_the_same_content_never_seals_to_the_same_bytes() -> None:
    first, second = (b"".join(seal(KEY, CONTEXT, [b"same"])) for _ in range(2))
    assert first[:24] != second[:24]
    assert first[HEADER:] != second[HEADER:]


@pytest.mark.parametrize("size", [0, 55, HEADER, HEADER + 15, HEADER + SEALED_CHUNK, HEADER + SEALED_CHUNK + 15, -3])
def test_lengths_that_no_content_has_are_refused(size: int) -> None:
    with pytest.raises(Damaged):
        plain_size(size)


def test_sizes_convert_both_ways_up_to_the_limit() -> None:
    largest = 2**38 * CHUNK - 1
    for size in (*EDGES, 5 * 1024**3, largest):
        assert plain_size(sealed_size(size)) == size
    with pytest.raises(Damaged):
        plain_size(sealed_size(largest) + SEALED_CHUNK)
    for impossible in (-1, largest + 1):
        with pytest.raises(ValueError, match="4 PiB"):
            sealed_size(impossible)


@pytest.mark.parametrize(("start", "stop"), [(-1, 2), (3, 2), (0, 101), (101, 101)])
def test_a_range_outside_the_content_is_a_mistake_of_the_caller(start: int, stop: int) -> None:
    with pytest.raises(ValueError, match="inside"):
        reader(SEALED[100]).range(start, stop)


def test_a_key_of_another_length_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Reader(KEY[:16], CONTEXT, 100, lambda _a, _b: iter([]))


def test_the_source_is_closed_when_a_range_is_left_early() -> None:
    left = []

    def read(start: int, stop: int) -> Iterator[bytes]:
        try:
            yield SEALED[40 * CHUNK + 3][start:stop]
        finally:
            left.append(start)

    blocks = Reader(KEY, CONTEXT, len(SEALED[40 * CHUNK + 3]), read).range(0, 40 * CHUNK)
    next(blocks)
    assert left == [0]
    blocks.close()  # type: ignore[attr-defined]  # a generator, as callers that stop early find it
    assert left == [0, HEADER]


def test_64_mib_are_sealed_and_opened_in_constant_memory() -> None:
    block, times = secrets.token_bytes(1024**2), 64

    def plain() -> Iterator[bytes]:
        for _ in range(times):
            yield block

    tracemalloc.start()
    try:
        total = sum(len(part) for part in open_all(KEY, CONTEXT, seal(KEY, CONTEXT, plain())))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert total == times * len(block)
    assert peak < 4 * 1024**2
