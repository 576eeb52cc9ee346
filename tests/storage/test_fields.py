"""Sealed fields: a value opens in its own place under its own key, and nowhere else."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import errors
from storage.errors import Damaged
from storage.fields import FieldCipher, Place, derive

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors/fields.json").read_text("utf-8"))
KEY = bytes(range(32))
PLACE = Place("documents", "title", UUID(int=1))
CIPHER = FieldCipher(KEY)


def place_of(case: dict[str, Any]) -> Place:
    return Place(case["table"], case["column"], UUID(case["row"]))


@pytest.mark.parametrize("case", VECTORS["good"], ids=lambda case: case["plaintext"])
def test_a_good_field_opens(case: dict[str, Any]) -> None:
    cipher = FieldCipher(bytes.fromhex(case["key"]))
    assert cipher.open(place_of(case), bytes.fromhex(case["sealed"])).decode() == case["plaintext"]


@pytest.mark.parametrize("case", VECTORS["broken"], ids=lambda case: case["name"])
def test_a_broken_field_is_refused(case: dict[str, Any]) -> None:
    cipher = FieldCipher(bytes.fromhex(case["key"]))
    with pytest.raises(getattr(errors, case["failure"])):
        cipher.open(place_of(case), bytes.fromhex(case["sealed"]))


@pytest.mark.parametrize("case", VECTORS["derived"], ids=lambda case: case["purpose"])
def test_a_derived_key_is_the_published_one(case: dict[str, Any]) -> None:
    assert derive(bytes.fromhex(case["key"]), case["purpose"]).hex() == case["derived"]


@given(plaintext=st.binary(max_size=2000))
def test_what_is_sealed_opens(plaintext: bytes) -> None:
    blob = CIPHER.seal(PLACE, plaintext)
    assert len(blob) == len(plaintext) + 28
    assert CIPHER.open(PLACE, blob) == plaintext


@given(plaintext=st.binary(max_size=100), data=st.data())
def test_any_flipped_bit_is_refused(plaintext: bytes, data: st.DataObject) -> None:
    blob = bytearray(CIPHER.seal(PLACE, plaintext))
    blob[data.draw(st.integers(0, len(blob) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Damaged):
        CIPHER.open(PLACE, bytes(blob))


def test_every_refusal_has_one_message() -> None:
    blob = CIPHER.seal(PLACE, b"x")
    said = set()
    for cipher, broken in ((FieldCipher(bytes(32)), blob), (CIPHER, blob[:-1]), (CIPHER, b"")):
        with pytest.raises(Damaged) as refusal:
            cipher.open(PLACE, broken)
        said.add(str(refusal.value))
    assert len(said) == 1


def test_equal_values_do_not_look_equal() -> None:
    assert CIPHER.seal(PLACE, b"same") != CIPHER.seal(PLACE, b"same")


def test_no_two_places_share_a_spelling() -> None:
    for place in (Place("a/b", "c", UUID(int=1)), Place("a", "b/c", UUID(int=1))):
        with pytest.raises(ValueError, match="slash"):
            CIPHER.seal(place, b"x")


def test_keys_for_two_purposes_are_unrelated() -> None:
    assert len({KEY, derive(KEY, "field"), derive(KEY, "wrap"), derive(bytes(32), "field")}) == 4


@pytest.mark.parametrize(("key", "purpose"), [(KEY[:31], "field"), (KEY, ""), (KEY, "Field"), (KEY, "field\n")])
def test_a_key_is_derived_only_from_a_whole_key_for_a_plain_word(key: bytes, purpose: str) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        derive(key, purpose)


def test_a_field_key_of_another_length_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        FieldCipher(KEY[:16])
