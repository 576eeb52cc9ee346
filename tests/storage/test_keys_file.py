"""The key provider `file`: what it wraps, what it refuses, and what a failing disk leaves."""

import base64
import errno
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storage import errors
from storage.errors import KeyUnavailable
from storage.keys.file import FileKeys
from storage.keys.keyring_file import NAME
from storage.keys.provider import State

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors/wrapped.json").read_text("utf-8"))
ROOM_KEY = bytes(range(32))
CONTEXT = b"room key"

Change = Callable[[dict[str, Any]], Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


def written(folder: Path, document: object) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / NAME).write_text(document if isinstance(document, str) else json.dumps(document))
    (folder / NAME).chmod(0o600)
    return folder


@pytest.mark.parametrize("case", VECTORS["good"], ids=lambda case: case["key_id"])
def test_a_good_wrapped_key_unwraps(folder: Path, case: dict[str, Any]) -> None:
    keys, blob = FileKeys.load(written(folder, VECTORS["keyring"])), bytes.fromhex(case["wrapped"])
    assert keys.unwrap(blob, case["context"].encode()).hex() == case["plaintext"]
    assert keys.key_of(blob) == case["key_id"]


@pytest.mark.parametrize("case", VECTORS["broken"], ids=lambda case: case["name"])
def test_a_broken_wrapped_key_is_refused(folder: Path, case: dict[str, Any]) -> None:
    keys = FileKeys.load(written(folder, VECTORS["keyring"]))
    with pytest.raises(getattr(errors, case["failure"])):
        keys.unwrap(bytes.fromhex(case["wrapped"]), case["context"].encode())


def test_nobody_else_may_read_a_new_keyring(folder: Path) -> None:
    old = os.umask(0)
    try:
        FileKeys.create(folder).rotate()
    finally:
        os.umask(old)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / NAME).stat().st_mode) == 0o600
    assert [entry.name for entry in folder.iterdir()] == [NAME]


def test_nothing_is_left_of_a_retired_key_but_its_line(folder: Path) -> None:
    keys = FileKeys.create(folder)
    old, new = keys.current, keys.rotate()
    secret = json.loads((folder / NAME).read_text())["keys"][0]["key"]
    keys.retire(old)
    assert keys.states() == {old: State.RETIRED, new: State.ACTIVE}
    assert secret not in (folder / NAME).read_text()


def test_a_keyring_is_never_made_over_another(folder: Path) -> None:
    first = FileKeys.create(folder).current
    with pytest.raises(KeyUnavailable, match="already"):
        FileKeys.create(folder)
    assert FileKeys.load(folder).current == first


@pytest.mark.fault("the key provider is away")
def test_a_keyring_that_is_taken_away_closes_what_is_sealed(folder: Path) -> None:
    keys = FileKeys.create(folder)
    blob = keys.wrap(ROOM_KEY, CONTEXT)
    (folder / NAME).rename(folder / "elsewhere")
    with pytest.raises(KeyUnavailable):
        keys.unwrap(blob, CONTEXT)
    (folder / "elsewhere").rename(folder / NAME)
    assert keys.unwrap(blob, CONTEXT) == ROOM_KEY


def test_there_is_no_start_without_a_keyring(folder: Path) -> None:
    with pytest.raises(KeyUnavailable):
        FileKeys.load(folder)
    folder.mkdir(mode=0o700)
    with pytest.raises(KeyUnavailable):
        FileKeys.load(folder)


@pytest.mark.parametrize(("what", "mode"), [(NAME, 0o644), (NAME, 0o640), (NAME, 0o400), (".", 0o755), (".", 0o750)])
def test_a_keyring_that_others_may_read_is_refused(folder: Path, what: str, mode: int) -> None:
    FileKeys.create(folder)
    (folder / what).chmod(mode)
    with pytest.raises(KeyUnavailable, match="must have mode"):
        FileKeys.load(folder)


def test_a_keyring_of_somebody_else_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    FileKeys.create(folder)
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)
    with pytest.raises(KeyUnavailable, match="belong"):
        FileKeys.load(folder)


def test_a_keyring_that_is_a_link_is_refused(folder: Path) -> None:
    FileKeys.create(folder)
    (folder / NAME).rename(folder / "real")
    (folder / NAME).symlink_to("real")
    with pytest.raises(KeyUnavailable):
        FileKeys.load(folder)


def encoded(key: bytes) -> str:
    return base64.b64encode(key).decode()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda d: d.update(format="portal-keyring/2"), id="unknown format"),
        pytest.param(lambda d: d.pop("format"), id="no format"),
        pytest.param(lambda d: d.update(extra=1), id="unknown field"),
        pytest.param(lambda d: d.update(keys=[]), id="no keys"),
        pytest.param(lambda d: d.update(keys=5), id="keys that are no list"),
        pytest.param(lambda d: d["keys"][2].update(state="open"), id="no active key"),
        pytest.param(lambda d: d["keys"][1].update(state="active"), id="two active keys"),
        pytest.param(lambda d: d["keys"][1].update(state="lost"), id="unknown state"),
        pytest.param(lambda d: d["keys"][1].update(id=d["keys"][2]["id"]), id="an id twice"),
        pytest.param(lambda d: d["keys"][1].update(key=d["keys"][2]["key"]), id="a key twice"),
        pytest.param(lambda d: d["keys"][2].update(id="../x"), id="an id that is none"),
        pytest.param(lambda d: d["keys"][2].update(created="2026-01-02T03:04:05"), id="a time without zone"),
        pytest.param(lambda d: d["keys"][2].update(key="!"), id="a key that isn't base64"),
        pytest.param(lambda d: d["keys"][2].update(key=encoded(bytes(31))), id="a short key"),
        pytest.param(lambda d: d["keys"][2].update(key=encoded(bytes(32))), id="a key of zeros"),
        pytest.param(lambda d: d["keys"][2].update(key=encoded(b"\xff" * 32)), id="a key of ones"),
        pytest.param(lambda d: d["keys"][2].update(key=encoded(bytes(range(32)))), id="a key that counts"),
        pytest.param(lambda d: d["keys"][2].update(key=encoded(b"changeme" * 4)), id="a word repeated"),
        pytest.param(lambda d: d["keys"][2].pop("key"), id="no key bytes"),
        pytest.param(lambda d: d["keys"][0].update(key=encoded(os.urandom(32))), id="a retired key with bytes"),
    ],
)
def test_a_keyring_that_is_not_in_order_is_refused(folder: Path, change: Change) -> None:
    document = json.loads(json.dumps(VECTORS["keyring"]))
    assert FileKeys.load(written(folder, document)).current == document["keys"][2]["id"]
    change(document)
    with pytest.raises(KeyUnavailable, match="not in order") as refusal:
        FileKeys.load(written(folder, document))
    assert document.get("keys") in (5, []) or VECTORS["keyring"]["keys"][1]["key"] not in str(refusal.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "5", '{"format": "portal-keyring/1"}', "\x00" * 50])
def test_a_file_that_is_no_keyring_is_refused(folder: Path, text: str) -> None:
    with pytest.raises(KeyUnavailable, match="not in order"):
        FileKeys.load(written(folder, text))


@pytest.mark.parametrize("call", ["open", "fsync", "replace"])
@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
def test_a_rotation_that_the_disk_refuses_leaves_the_old_keyring(
    folder: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int
) -> None:
    keys = FileKeys.create(folder)
    before, real = (folder / NAME).read_bytes(), getattr(os, call)

    def failing(path: Any, *rest: Any, **named: Any) -> Any:
        # The lock opens the folder first; what is to fail is the new file.
        if call == "open" and not str(path).endswith(".new"):
            return real(path, *rest, **named)
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, failing)
        with pytest.raises(KeyUnavailable):
            keys.rotate()
    assert (folder / NAME).read_bytes() == before
    assert [entry.name for entry in folder.iterdir()] == [NAME]
    assert keys.rotate() == keys.current


def test_what_a_crash_left_does_not_stop_the_next_rotation(folder: Path) -> None:
    keys = FileKeys.create(folder)
    (folder / f"{NAME}.new").write_bytes(b"half")
    keys.rotate()
    assert len(FileKeys.load(folder).states()) == 2
    assert [entry.name for entry in folder.iterdir()] == [NAME]
