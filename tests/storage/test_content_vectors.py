"""The published content vectors, read by our code and by the library's own."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.cobblestone import Cobblestone256Decryptor
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from storage import content, errors

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors/content.json").read_text("utf-8"))
GOOD = {case["name"]: case for case in VECTORS["good"]}


def plaintext(case: dict[str, Any]) -> bytes:
    size: int = case["plaintext"]["size"]
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def sealed(case: dict[str, Any]) -> bytes:
    """Seal a vector anew from its salt; the digest in the vector says whether that was right."""
    key, salt, context = bytes.fromhex(case["key"]), bytes.fromhex(case["salt"]), case["context"].encode()
    label = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00"
    material = HKDFExpand(SHA512(), 76, label + salt + context).derive(key)
    plain, base = plaintext(case), int.from_bytes(material[32:44], "big")
    chunks = [plain[start : start + 16384] for start in range(0, len(plain) + 1, 16384)]
    cipher = AESGCM(material[:32])
    body = [cipher.encrypt((base ^ n).to_bytes(12, "big"), chunk, None) for n, chunk in enumerate(chunks)]
    data = salt + material[44:] + b"".join(body)
    assert data[:56].hex() == case["header"]
    assert len(data) == case["sealed_size"]
    assert hashlib.sha256(data).hexdigest() == case["sealed_sha256"]
    return data


def reader(key: bytes, context: bytes, data: bytes) -> content.Reader:
    def read(start: int, stop: int) -> Iterator[bytes]:
        yield data[start:stop]

    return content.Reader(key, context, len(data), read)


def changed(data: bytes, change: dict[str, Any]) -> bytes:
    """Make the change that a vector describes; "key" and "context" change no byte of the object."""
    match change:
        case {"flip": place}:
            return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        case {"keep": size}:
            return data[:size]
        case {"append": more}:
            return data + bytes.fromhex(more)
        case {"order": order}:
            chunks = [data[start : start + 16400] for start in range(56, len(data), 16400)]
            return data[:56] + b"".join(chunks[number] for number in order)
    assert change.keys() <= {"key", "context"}
    return data


def read_whole(opened: content.Reader) -> bytes:
    return b"".join(opened.range(0, opened.size))


def read_with_the_library(key: bytes, context: bytes, data: bytes) -> bytes:
    decryptor = Cobblestone256Decryptor(key, context)
    return decryptor.update(data) + decryptor.finalize()


@pytest.mark.parametrize("name", GOOD)
def test_a_good_content_opens_as_a_stream_by_ranges_and_with_the_library_alone(name: str) -> None:
    case = GOOD[name]
    key, context, data, plain = bytes.fromhex(case["key"]), case["context"].encode(), sealed(case), plaintext(case)
    assert hashlib.sha256(plain).hexdigest() == case["plaintext_sha256"]
    assert b"".join(content.open_all(key, context, [data])) == plain
    assert b"".join(reader(key, context, data).range(0, len(plain))) == plain
    assert read_with_the_library(key, context, data) == plain


@pytest.mark.parametrize("name", GOOD)
def test_what_we_seal_opens_with_the_library_and_by_ranges(name: str) -> None:
    case = GOOD[name]
    key, context, plain = bytes.fromhex(case["key"]), case["context"].encode(), plaintext(case)
    data = b"".join(content.seal(key, context, [plain]))
    assert len(data) == case["sealed_size"] == content.sealed_size(len(plain))
    assert content.plain_size(len(data)) == len(plain)
    assert read_with_the_library(key, context, data) == plain
    assert b"".join(reader(key, context, data).range(0, len(plain))) == plain


@pytest.mark.parametrize("broken", VECTORS["broken"], ids=lambda case: case["name"])
def test_a_broken_content_is_refused_by_stream_ranges_and_library(broken: dict[str, Any]) -> None:
    case, change, failure = GOOD[broken["of"]], broken["change"], getattr(errors, broken["failure"])
    key = bytes.fromhex(change.get("key", case["key"]))
    context = change.get("context", case["context"]).encode()
    data = changed(sealed(case), change)
    assert change.keys() & {"key", "context"} or data != sealed(case)
    with pytest.raises(failure):
        b"".join(content.open_all(key, context, [data]))
    with pytest.raises(failure):
        read_whole(reader(key, context, data))
    with pytest.raises(InvalidTag):
        read_with_the_library(key, context, data)
