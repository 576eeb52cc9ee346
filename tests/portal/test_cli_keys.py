"""The commands about keys, as an operator uses them: a portal on a token, and one that moves there."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from portal.cli import main
from portal.settings import Settings
from storage.keys.pkcs11 import TokenKeys
from tests.backing_up import backed_up, recoverable
from tests.cast import World
from tests.conftest import use
from tests.contents import versions
from tests.filing import put
from tests.softhsm import PIN, SoftHsm, forget

REFUSED = "0" * 16
Rows = list[dict[str, Any]]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in which the next commands work."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PORTAL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PORTAL_KEYS", str(tmp_path / "keys"))
    return tmp_path


def init() -> int:
    return main(["init", "--name", "Ada Example", "--mail", "ada@example.org"])


def listed(capsys: pytest.CaptureFixture[str]) -> Rows:
    capsys.readouterr()
    assert main(["keys", "list", "--json"]) == 0
    found: Rows = json.loads(capsys.readouterr().out)
    return found


def test_a_portal_is_made_on_a_token_and_its_keys_are_rotated_and_retired(
    hsm: SoftHsm, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORTAL_PKCS11", hsm.uri())
    assert init() == 0
    assert "portal-keys on the token portal" in capsys.readouterr().out
    assert not (folder / "keys").exists()
    (first,) = listed(capsys)
    assert (first["state"], first["wraps"] > 0) == ("active", True)
    assert main(["keys", "rotate"]) == 0
    old, new = listed(capsys)
    assert (old["key"], old["state"], old["wraps"]) == (first["key"], "open", 0)
    assert new["state"] == "active"
    assert main(["keys", "retire", new["key"], "--yes"]) == 1
    assert main(["keys", "retire", REFUSED, "--yes"]) == 1
    assert main(["keys", "retire", old["key"], "--yes"]) == 0
    assert listed(capsys) == [new]
    assert main(["fsck"]) == 0
    assert main(["config", "show"]) == 0
    assert PIN not in "".join(capsys.readouterr())


def test_an_init_that_was_cut_off_takes_the_key_that_it_made(
    hsm: SoftHsm, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = TokenKeys.create(hsm.token()).current  # and there the power failed
    monkeypatch.setenv("PORTAL_PKCS11", hsm.uri())
    assert init() == 0
    assert [row["key"] for row in listed(capsys)] == [first]


def test_a_portal_moves_from_its_keyring_to_a_token_by_a_rotation(
    hsm: SoftHsm, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init() == 0
    (before,) = listed(capsys)
    monkeypatch.setenv("PORTAL_PKCS11", hsm.uri())
    assert listed(capsys) == [before]  # it serves on as before
    assert main(["keys", "rotate"]) == 0
    keyring, token = listed(capsys)
    assert (keyring["key"], keyring["state"], keyring["wraps"]) == (before["key"], "open", 0)
    assert (token["state"], token["wraps"]) == ("active", before["wraps"])
    assert main(["keys", "retire", before["key"], "--yes"]) == 1
    assert "with its file" in capsys.readouterr().err
    (folder / "keys" / "keyring.json").unlink()
    assert listed(capsys) == [token]
    assert main(["fsck"]) == 0
    monkeypatch.delenv("PORTAL_PKCS11")
    assert main(["keys", "list"]) == 1  # the data alone, and whatever lies in the key folder, open nothing


def test_another_token_or_none_opens_no_portal(
    hsm: SoftHsm, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORTAL_PKCS11", hsm.uri())
    assert init() == 0
    for gone, back in ((hsm.vanish, hsm.come_back), (hsm.swap, lambda: None)):
        gone()
        capsys.readouterr()
        assert main(["keys", "list"]) == 1
        captured = capsys.readouterr()
        assert captured.err.startswith("portal: The token portal can't be used")
        assert captured.err.count("\n") == 1
        back()
    TokenKeys.create(hsm.token())  # the other token has keys of this name, too
    assert main(["keys", "list"]) == 1
    assert main(["keys", "rotate"]) == 1
    assert capsys.readouterr().err.count("unknown here or retired") == 2
    hsm.swap()
    forget()  # this process has the other one open
    assert main(["keys", "list"]) == 0


def test_a_setting_that_holds_a_pin_is_refused_and_not_repeated(
    hsm: SoftHsm, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORTAL_PKCS11", f"{hsm.uri()}&pin-value=violet-4711")
    assert main(["config", "show"]) == 1
    said = capsys.readouterr()
    assert "PIN doesn't belong here" in said.err
    assert "4711" not in said.err + said.out


def test_a_demonstration_leaves_the_token_alone(hsm: SoftHsm) -> None:
    from portal.demo.run import demo_settings

    assert demo_settings(Settings(pkcs11=hsm.uri())).token is None


def run(*words: str) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.Popen([sys.executable, "-m", "portal", *words], env=environment, stdout=subprocess.PIPE)


def test_two_operators_who_rotate_at_once_end_under_one_key(
    hsm: SoftHsm, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORTAL_PKCS11", hsm.uri())
    assert init() == 0
    both = [run("keys", "rotate") for _ in range(2)]
    for one in both:
        one.communicate(timeout=60)
        assert one.returncode == 0
    rows = listed(capsys)
    assert len(rows) in {2, 3}
    assert [row["wraps"] > 0 for row in rows] == [row["state"] == "active" for row in rows]
    assert main(["fsck"]) == 0


KILLED = """
import sys
from uuid import uuid4
from portal.app import open_portal
from portal.settings import Settings
from portal.usecases import keys
from storage import permits
keys.AT_ONCE = 1
def told(done, known):
    print(done, known, flush=True)
    sys.stdin.readline()  # no further than one key beyond what was told, however late it is killed
with permits.request(uuid4()):
    keys.rotate_keys(open_portal(Settings.load()), told)
"""


@pytest.mark.parametrize("after", [0, 1, 3])
def test_a_move_that_was_killed_is_finished_by_the_next(
    hsm: SoftHsm, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], after: int
) -> None:
    assert init() == 0
    (before,) = listed(capsys)
    monkeypatch.setenv("PORTAL_PKCS11", hsm.uri())
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", KILLED], env=environment, stdin=pipe, stdout=pipe) as moving:
        assert moving.stdout is not None
        assert moving.stdin is not None
        for done in range(after + 1):
            told, known = map(int, moving.stdout.readline().split())
            assert told == done
            if known - done > 1:  # more is left than the key on which it goes on
                moving.stdin.write(b"\n")
                moving.stdin.flush()
        moving.send_signal(signal.SIGKILL)
    keyring, token = listed(capsys)
    assert keyring["wraps"] + token["wraps"] == before["wraps"]
    assert keyring["wraps"] > 0
    assert main(["fsck"]) == 0  # half-way, all opens
    assert main(["keys", "rotate"]) == 0
    assert "An interrupted rotation was finished" in capsys.readouterr().out
    keyring, token = listed(capsys)
    assert (keyring["wraps"], token["wraps"]) == (0, before["wraps"])
    assert main(["fsck"]) == 0


def test_all_keys_or_one_get_a_new_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert init() == 0
    (before,) = listed(capsys)
    assert main(["keys", "renew", "names"]) == 0
    assert "names has key version 2" in capsys.readouterr().out
    assert main(["keys", "renew", "--all"]) == 0
    said = capsys.readouterr()
    count = int(said.out.split()[0])
    assert count > 1
    (after,) = listed(capsys)
    assert after["wraps"] == before["wraps"] + 1 + count
    again = said.err.strip().rpartition("portal ")[2].split()
    assert again[:3] == ["keys", "renew", "--all"]
    assert main(again) == 0  # what it said for the case that it is interrupted
    assert main(["keys", "renew", "--all", "--before", "2999-01-01"]) == 0  # ends, too
    assert main(["fsck"]) == 0
    for name in ("service", ""):
        assert main(["keys", "renew", name]) == 1
    for wrong in ([], ["names", "--all"], ["--all", "--before", "soon"]):
        with pytest.raises(SystemExit) as ended:
            main(["keys", "renew", *wrong])
        assert ended.value.code == 2


def test_a_version_is_destroyed_by_a_command_that_first_says_what_that_means(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recoverable(world.portal)
    put(world, "officer", "shared", "Unguessable Okapi")
    (version,) = versions(world)
    backed_up(world.portal, tmp_path / "backup")
    world.portal.database.close()
    use(monkeypatch, world.portal.settings)
    assert main(["keys", "shredded"]) == 0
    assert capsys.readouterr().out == "No version was destroyed.\n"
    assert main(["keys", "shred", str(version.id)]) == 1
    said = capsys.readouterr().err
    assert f"Version 1 of document 1 ({version.document_id}), in the file of XAA, room shared" in said
    assert "while one of these backups is kept: 1;" in said
    assert "--yes" in said
    assert "Okapi" not in said
    assert main(["keys", "shredded", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert main(["keys", "shred", str(version.id), "--yes"]) == 0
    assert "nobody opens it here any more" in capsys.readouterr().out
    assert main(["keys", "shredded", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["version"], row["shredded"], row["backups"]) == (str(version.id), False, [1])
    assert main(["keys", "shredded"]) == 0
    assert "doesn't count as shredded" in capsys.readouterr().out
    assert main(["fsck"]) == 0
    for words, why in (([str(version.id), "--yes"], "destroyed before"), ([str(uuid4())], "no version")):
        assert main(["keys", "shred", *words]) == 1
        assert why in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["keys", "shred", "../../etc"])
