"""What is sealed of an event is packed: it comes out as it went in, whatever that was, and nothing else opens."""

import json
import zlib
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from portal.audit import packing
from portal.audit.packing import pack, unpack
from storage.errors import Damaged

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "events.json").read_text("utf-8"))

hexadecimal = st.text("0123456789abcdef-", max_size=140)
ids = st.one_of(st.uuids().map(str), st.uuids().map(lambda one: str(one).upper()), st.uuids().map(lambda one: one.hex))
marks = st.binary(min_size=31, max_size=33).map(bytes.hex)
words = st.one_of(st.text(st.characters(exclude_categories=["Cs"])), hexadecimal, ids, marks, st.just("\0\1\2\x7f"))
values = st.recursive(
    st.one_of(words, st.integers(-(2**53) + 1, 2**53 - 1), st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(words, inner, max_size=5)),
    max_leaves=12,
)


@given(st.dictionaries(words, values, max_size=8))
def test_whatever_goes_in_comes_out(said: dict[str, Any]) -> None:
    text = rfc8785.dumps(said)
    assert unpack(pack(text)) == text
    assert unpack(text) == text, "what was written before"


@pytest.mark.parametrize("vector", VECTORS["packed"], ids=lambda vector: vector["name"])
def test_what_was_packed_once_is_opened_for_good(vector: dict[str, Any]) -> None:
    """The dictionary never changes: events that were packed with it are evidence."""
    assert unpack(bytes.fromhex(vector["packed"])).decode() == vector["text"]


def test_an_event_takes_a_third_of_its_length() -> None:
    text = max((vector["text"] for vector in VECTORS["packed"]), key=len).encode()
    assert len(pack(text)) < len(text) * 0.4


@given(st.binary(max_size=200))
def test_any_bytes_are_json_of_before_or_damaged_or_what_somebody_packed(kept: bytes) -> None:
    for one in (kept, b"\1" + kept):
        try:
            said = unpack(one)
        except Damaged:
            continue
        assert one.startswith(b"{") or len(said) <= packing.MOST_BYTES * 33


@pytest.mark.parametrize("spoil", [lambda kept: kept[:-1], lambda kept: kept + b"\0", lambda kept: b"\2" + kept[1:]])
def test_what_is_cut_or_longer_or_of_another_way_is_damaged(spoil: Any) -> None:
    with pytest.raises(Damaged):
        unpack(spoil(pack(b'{"a":1}')))


def test_what_unpacks_to_more_than_an_event_can_be_is_damaged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "MOST_BYTES", 1000)
    squeezing = zlib.compressobj(wbits=-13)
    with pytest.raises(Damaged):
        unpack(b"\1" + squeezing.compress(b'{"a":"' + b"a" * 1000 + b'"}') + squeezing.flush())
