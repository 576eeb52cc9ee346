"""The files of a State's key, and envelopes: what opens, what doesn't, and why."""

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from storage.content import open_all, version_context
from storage.errors import Damaged, Exists, KeyUnavailable
from storage.recovery import escrow, offline
from storage.recovery.folder import write_once

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "escrow.json").read_text("utf-8"))
KEY = escrow.read_private(VECTORS["private"].encode())
ENVELOPE = escrow.unseal(VECTORS["envelope"].encode(), KEY)
ERRORS = {"Damaged": Damaged, "KeyUnavailable": KeyUnavailable}


def test_the_vector_opens_for_ever() -> None:
    opens = VECTORS["opens"]
    assert KEY.public == escrow.read_public(VECTORS["public"].encode())
    assert KEY.public.fingerprint == VECTORS["fingerprint"]
    assert (ENVELOPE.installation, str(ENVELOPE.review)) == (opens["installation"], opens["review"])
    assert (ENVELOPE.made.isoformat(), [str(one) for one in ENVELOPE.rooms]) == (opens["made"], opens["rooms"])
    (held,) = ENVELOPE.versions
    assert held.title == "Code pénal"
    assert [escrow._said(held)] == opens["versions"]
    sealed = base64.b64decode(VECTORS["object"])
    assert b"".join(open_all(held.key, version_context(held.version), [sealed])).decode() == VECTORS["content"]


@pytest.mark.parametrize("case", VECTORS["broken"], ids=lambda case: case["name"])
def test_what_is_broken_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(ERRORS[case["error"]]):
        escrow.unseal(case["envelope"].encode(), KEY)


def test_an_envelope_opens_for_its_use_and_for_its_state_alone() -> None:
    sealed = base64.b64decode(json.loads(VECTORS["envelope"])["sealed"])
    mark = KEY.public.fingerprint.replace(" ", "")
    info = f"portal/v1/escrow/{ENVELOPE.installation}/{ENVELOPE.review}/{mark}"
    opener = offline.Opener(KEY.seed)
    assert opener.open(sealed, info.encode())
    for other in (info.replace("escrow", "backup-key"), info[:-1], ""):
        with pytest.raises(Damaged):
            opener.open(sealed, other.encode())
    other_state = replace(KEY, state="XBB")  # of the same seed
    assert other_state.public.fingerprint != KEY.public.fingerprint
    with pytest.raises(KeyUnavailable):
        escrow.unseal(VECTORS["envelope"].encode(), other_state)
    with pytest.raises(Damaged):
        escrow.seal(replace(ENVELOPE, installation="a/b"), KEY.public)


def test_a_file_that_was_changed_is_refused() -> None:
    said = json.loads(VECTORS["public"])
    flipped = base64.b64encode(bytes([base64.b64decode(said["public"])[0] ^ 1]) + base64.b64decode(said["public"])[1:])
    for change in ({"state": "XBB"}, {"public": flipped.decode()}, {"public": "ab"}, {"state": "X/A"}, {"format": "x"}):
        with pytest.raises(Damaged):
            escrow.read_public(json.dumps(said | change).encode())
    said = json.loads(VECTORS["private"])
    for change in ({"state": "XBB"}, {"seed": base64.b64encode(b"s" * 32).decode()}, {"fingerprint": 7}):
        with pytest.raises(Damaged):
            escrow.read_private(json.dumps(said | change).encode())
    for raw in (b"", b"[]", b"\xff", b"[" * 100_000, VECTORS["public"].encode()):
        with pytest.raises(Damaged):
            escrow.read_private(raw)


def test_a_fingerprint_is_taken_as_people_type_it() -> None:
    text = KEY.public.fingerprint
    assert [len(group) for group in text.split(" ")] == [4] * 8
    assert KEY.public.is_called(f" {text.upper()}\n")
    assert KEY.public.is_called(text.replace(" ", ""))
    assert not KEY.public.is_called(text[:-1])
    assert not KEY.public.is_called("")


def test_every_key_is_another_and_belongs_to_a_state() -> None:
    assert escrow.new_key("XAA").seed != escrow.new_key("XAA").seed
    for state in ("", "xaa", "XAAA", "X A", "XAA\n"):
        with pytest.raises(ValueError, match="three capital letters"):
            escrow.new_key(state)
    assert "seed" not in repr(KEY)
    assert UUID(int=8) == ENVELOPE.versions[0].document
    assert "key" not in repr(ENVELOPE.versions[0])


def test_a_file_is_written_once_and_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_once(path, b"first")
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nothing")
    for taken in (path, link):
        with pytest.raises(Exists):
            write_once(taken, b"second")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"first", 0o600)

    def refused(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr("storage.recovery.folder.os.link", refused)  # as a stick does
    write_once(tmp_path / "stick", b"third")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file", "link", "stick"]
