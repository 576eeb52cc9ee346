"""The commands of a witness, as the operator of a State uses them, where there is no portal."""

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.audit.checkpoints import log_keys
from portal.audit.notes import read_key
from portal.audit.witness_files import StateFile, read_witness_key
from portal.cli import main
from portal.witness_server import WitnessServer
from tests.witnessed import NAME, ORIGIN, SIGNERS, TRUE

KEYS = [key.text() for key in log_keys(ORIGIN, SIGNERS)]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, with settings that nobody could use."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "portal.toml").write_text("nonsense = 1")
    return tmp_path


def run(*more: str) -> int:
    return main(["witness", "run", "--key", "key", "--state", "state", *more])


def refused(capsys: pytest.CaptureFixture[str], *more: str) -> str:
    assert run(*more) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    return said.err


def test_a_key_is_made_and_its_public_keys_are_shown(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["witness", "keygen", NAME, "key"]) == 0
    made = capsys.readouterr().out
    keys = [read_key(line) for line in made.splitlines()]
    assert [(key.name, key.kind) for key in keys] == [(NAME, 4), (NAME, 6)]
    assert main(["witness", "keys", "key"]) == 0
    assert capsys.readouterr().out == made
    assert {path.name for path in folder.iterdir()} == {"key", "portal.toml"}
    assert main(["witness", "keygen", NAME, "key"]) == 1
    assert "left as it is" in capsys.readouterr().err
    assert read_witness_key(folder / "key").public() == tuple(keys)


def test_it_starts_only_with_what_it_needs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs = ("--log", KEYS[0])
    assert "No such file" in refused(capsys, *logs)
    main(["witness", "keygen", NAME, "key"])
    capsys.readouterr()
    assert "--log KEY" in refused(capsys)
    assert "there is no state" in refused(capsys, *logs)
    assert "isn't an address" in refused(capsys, *logs, "--new", "--listen", "nowhere")
    for wrong in ("127.0.0.1:x", "127.0.0.1:65536", ":80", "127.0.0.1:٨"):
        assert "isn't an address" in refused(capsys, *logs, "--new", "--listen", wrong)
    assert "a key can't be used" in refused(capsys, "--new", "--log", KEYS[0][:-2])
    (folder / "logs").write_text(f"# the portal's\n\n{KEYS[0]}\nnonsense\n")
    assert "a key can't be used" in refused(capsys, "--new", "--logs", "logs")
    assert not (folder / "state").exists(), "a start that failed makes no state"


@pytest.fixture
def ends_at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let a witness start and end."""
    monkeypatch.setattr(WitnessServer, "serve_forever", lambda _server: None)
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("ends_at_once")
def test_it_says_where_it_listens_and_what_is_to_stand_before_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["witness", "keygen", NAME, "key"])
    (folder / "logs").write_text(f"# the portal's\n\n{KEYS[0]}\n{KEYS[1]}\n")
    assert run("--logs", "logs", "--new", "--listen", "127.0.0.1:0") == 0
    said = capsys.readouterr().out
    assert re.search(rf"The witness {NAME} listens at http://127.0.0.1:[1-9]\d* and watches {ORIGIN}\.\n", said)
    assert "put a proxy that speaks HTTPS in front of it" in said
    assert run("--logs", "logs", "--listen", "0.0.0.0:0") == 0
    assert "let only a proxy that speaks HTTPS reach it" in capsys.readouterr().out
    assert run("--logs", "logs", "--listen", "[::1]:0") == 0
    assert "http://[::1]:" in capsys.readouterr().out


@pytest.mark.usefixtures("ends_at_once")
def test_a_clock_that_is_behind_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["witness", "keygen", NAME, "key"])
    with StateFile.opened(folder / "state", read_witness_key(folder / "key"), new=True) as state:
        state.keep(TRUE.checkpoint(3), 2**33)
    assert run("--log", KEYS[0], "--listen", "127.0.0.1:0") == 0
    assert "the clock is behind the last signature" in capsys.readouterr().err


def test_two_with_one_state_and_one_starts(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["witness", "keygen", NAME, "key"])
    capsys.readouterr()
    with StateFile.opened(folder / "state", read_witness_key(folder / "key"), new=True):
        assert "only one at a time" in refused(capsys, "--log", KEYS[0])
