"""The command line, as an operator uses it: in a process of its own, with real folders."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from portal import ready, server
from portal.app import create_portal
from portal.cli import main
from portal.demo.servers import free_port
from portal.errors import Invalid
from portal.plainly import in_a_line
from portal.settings import Settings

LINK = re.compile(r"http://localhost:\d+/enter/[\w-]{43}")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in which the next commands work."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PORTAL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PORTAL_KEYS", str(tmp_path / "keys"))
    return tmp_path


def init(*more: str) -> int:
    return main(["init", "--name", "Ada Example", "--mail", "ada@example.org", *more])


def test_init_makes_a_portal_and_says_what_to_do_next(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert init() == 0
    said = capsys.readouterr().out
    assert LINK.search(said)
    assert "portal serve" in said
    assert (folder / "keys" / "keyring.json").stat().st_mode & 0o777 == 0o600
    assert init("--json") == 0  # nobody has used the link: a new one replaces it
    assert LINK.fullmatch(json.loads(capsys.readouterr().out)["link"])
    assert main(["init", "--name", "Eve Example", "--mail", "eve@example.org"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert "begin anew" in captured.err


def test_an_init_that_was_cut_off_is_finished_by_the_next(capsys: pytest.CaptureFixture[str]) -> None:
    create_portal(Settings.load()).database.close()  # and there the power failed
    assert init() == 0
    assert LINK.search(capsys.readouterr().out)


def test_where_the_data_are_away_no_new_portal_is_made_under_their_keys(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init() == 0
    (folder / "data").rename(folder / "unmounted")
    assert main(["serve"]) == 1
    assert "is their disk mounted" in capsys.readouterr().err
    file = folder / "keys" / "keyring.json"
    text = file.read_text("utf-8")
    file.write_text(re.sub(r'(?<="created": ")20\d\d', "2024", text), "utf-8")
    assert init() == 1
    assert "is their disk mounted" in capsys.readouterr().err
    assert not (folder / "data" / "portal.db").exists()
    file.write_text(text, "utf-8")  # of an init that was cut off just now
    assert init() == 0


def test_a_folder_may_be_called_what_it_likes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, there = folder / "a b%20c?d#é" / "data", Path("recovered? %41 ü")
    monkeypatch.setenv("PORTAL_DATA", str(data))
    assert init() == 0
    assert (data / "portal.db").stat().st_size
    assert main(["keys", "recovery", "make", "shares ?", "--shares=2", "--needed=2"]) == 0
    assert main(["backup", "backups ?"]) == 0
    monkeypatch.setenv("PORTAL_DATA", str(there))
    monkeypatch.setenv("PORTAL_KEYS", "keys %20 anew")
    assert main(["restore", "backups ?", *(f"--share=shares ?/share-{at}-of-2.txt" for at in (1, 2))]) == 0
    assert main(["fsck"]) == 0
    assert {path.name for path in folder.iterdir()} == {
        data.parent.name, "keys", "shares ?", "backups ?", there.name, "keys %20 anew"
    }  # fmt: skip


@pytest.mark.parametrize("command", [["config", "show"], ["ready"], ["move", "new.toml"], ["backup", "new.toml"]])
def test_settings_that_cannot_be_read_are_told_without_what_stands_in_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    monkeypatch.setenv("PORTAL_CONFIG", "new.toml")
    file, run = folder / "new.toml", main if command[0] != "ready" else (lambda words: ready.main(words[1:]))
    for text, where in ((b's3_secret_key = "abc\nport = 1\n', "line 1, column 21"), (b"port = \xff", "UTF-8")):
        file.write_bytes(text)
        assert run(command) == 1
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert f"{file.name} can't be read" in said
        assert where in said
        assert "abc" not in said


def test_of_a_file_that_one_may_not_read_the_account_is_told() -> None:
    denied, gone = PermissionError(13, "Permission denied", "/a/b"), FileNotFoundError(2, "No such file", "/a/c")
    assert re.fullmatch(r"/a/b: Permission denied \(asked as the account \S+\)", in_a_line(denied))
    assert in_a_line(gone) == "/a/c: No such file"
    assert in_a_line(OSError("two\nlines")) == "two lines"
    assert in_a_line(ValueError()) == "ValueError"


@pytest.mark.parametrize(("name", "mail"), [("", "ada@example.org"), ("Ada", "nonsense")])
def test_init_makes_nothing_for_nobody(folder: Path, name: str, mail: str) -> None:
    assert main(["init", "--name", name, "--mail", mail]) == 1
    assert not (folder / "data").exists()


def test_settings_are_shown_without_secrets(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTAL_S3_SECRET_KEY", "violet-anchor")
    assert main(["config", "show"]) == 0
    assert main(["config", "show", "--json"]) == 0
    said = capsys.readouterr().out
    assert str(folder / "data") in said
    assert "violet-anchor" not in said


def test_what_is_asked_wrongly_ends_with_status_two() -> None:
    for words in ([], ["keys"], ["nonsense"], ["keys", "retire"]):
        with pytest.raises(SystemExit) as ended:
            main(words)
        assert ended.value.code == 2


def test_without_a_portal_each_command_says_how_to_make_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTAL_PORT", str(free_port()))
    for words in (["serve"], ["keys", "rotate"]):
        assert main(words) == 1
        assert "portal init" in capsys.readouterr().err


def test_lists_of_states_are_imported_the_shipped_one_or_a_file(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init() == 0
    assert main(["states", "import"]) == 0
    assert "197 lines were imported" in capsys.readouterr().out
    own = folder / "own.csv"
    own.write_text("code,name,group\nXZZ,Zembla,african\n", "utf-8")
    assert main(["states", "import", str(own)]) == 0
    own.write_text("code,name,group\nxzz,Zembla,african\n", "utf-8")
    capsys.readouterr()
    assert main(["states", "import", str(own)]) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("portal: Line 2")
    assert captured.err.count("\n") == 1
    assert main(["states", "import", str(folder / "nowhere.csv")]) == 1


def test_keys_are_rotated_and_an_empty_one_retired(capsys: pytest.CaptureFixture[str]) -> None:
    def listed() -> list[dict[str, object]]:
        assert main(["keys", "list", "--json"]) == 0
        found: list[dict[str, object]] = json.loads(capsys.readouterr().out)
        return found

    init()
    capsys.readouterr()
    old = str(listed()[0]["key"])
    assert main(["keys", "retire", old, "--yes"]) == 1
    assert main(["keys", "rotate"]) == 0
    capsys.readouterr()
    first, second = listed()
    assert (first["key"], first["state"], first["wraps"]) == (old, "open", 0)
    assert second["wraps"] != 0
    assert main(["keys", "retire", old]) == 1
    assert main(["keys", "retire", old, "--yes"]) == 0
    capsys.readouterr()
    assert listed()[0]["state"] == "retired"
    assert init() == 0  # and all still opens


# --- serving


@pytest.mark.parametrize(
    ("given", "allowed"),
    [
        ({}, True),
        ({"host": "::1"}, True),
        ({"host": "localhost"}, True),
        ({"host": "0.0.0.0"}, False),  # noqa: S104 - that it is refused is the point
        ({"host": "portal.example"}, False),
        ({"host": "192.0.2.1", "origin": "https://portal.example"}, False),
        ({"host": "192.0.2.1", "origin": "https://portal.example", "proxies": ("192.0.2.2",)}, False),
        ({"host": "127.0.0.1", "origin": "https://portal.example", "proxies": ("127.0.0.1", "192.0.2.2")}, True),
    ],
)
def test_the_portal_listens_to_no_network_a_proxy_elsewhere_included(
    given: dict[str, object], *, allowed: bool
) -> None:
    settings = Settings(**given)  # type: ignore[arg-type]  # the cases above are settings
    if allowed:
        server.check_exposure(settings)
    else:
        with pytest.raises(Invalid):
            server.check_exposure(settings)


def test_keys_beside_or_inside_the_data_are_warned_of(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for keys, warned in ((tmp_path / "keys", 1), (data / "keys", 2)):
        keys.mkdir(parents=True, exist_ok=True)
        data.mkdir(exist_ok=True)
        assert len(server.warnings(Settings(data=data, keys=keys))) == warned


def test_it_serves_until_it_is_told_to_end_and_shares_its_port_with_nobody(folder: Path) -> None:
    init()
    port = free_port()
    environment = {**os.environ, "PORTAL_PORT": str(port), "PYTHONPATH": str(Path(__file__).parents[2])}
    words = [sys.executable, "-m", "portal", "serve"]
    log = folder / "log"
    with log.open("wb") as out, subprocess.Popen(words, env=environment, stdout=out, stderr=out) as served:
        try:
            assert wait_for(port) == b"ready\n"
            second = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=20, check=False)
            assert second.returncode == 1
            assert "PORTAL_PORT" in second.stderr
            served.send_signal(signal.SIGTERM)
            assert served.wait(timeout=10) == 0
        finally:
            served.kill()
    assert "one device" in log.read_text()


def wait_for(port: int) -> bytes:
    for _ in range(300):
        try:
            with urlopen(f"http://localhost:{port}/readyz", timeout=5) as answer:
                found: bytes = answer.read()
                return found
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the portal didn't answer")


def administrator(*more: str) -> int:
    return main(["people", "administrator", "--name", "Bea Example", "--mail", "bea@example.org", *more])


def test_an_administrator_is_made_at_the_machine_with_a_link(capsys: pytest.CaptureFixture[str]) -> None:
    assert administrator() == 1
    assert "portal init" in capsys.readouterr().err
    init()
    capsys.readouterr()
    assert administrator() == 0  # nobody came in within thirty days: nobody has to say that it is meant
    said = capsys.readouterr().out
    assert LINK.search(said)
    assert "administrators told: 1" in said
    assert administrator("--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert LINK.fullmatch(told["link"])
    assert told["told"] == 1
    assert main(["people", "administrator", "--name", "", "--mail", "bea@example.org"]) == 1
    assert main(["people", "administrator", "--name", "Bea", "--mail", "nonsense"]) == 1
