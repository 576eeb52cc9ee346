"""Checking a whole log from outside: it holds, and whatever is altered is named, in one line and without a trace."""

import re
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

import pytest

from portal import cli_log
from portal.audit.checkpoints import Checkpoint, sign
from portal.audit.tiles import tile_path
from portal.audit.tree import WIDTH, Growing, entry_hash, tile_width
from portal.audit.verify import Wrong, verify_log
from portal.cli import main
from portal.usecases.tree import own_keys
from tests.audited import AT, KEYS, ORIGIN, SIGNERS, entry, write, write_log
from tests.cast import World
from tests.conftest import use


def run(folder: Path, *more: str) -> int:
    keys = [word for key in KEYS for word in ("--key", key.text())]
    return main(["verify", "--log", str(folder), *keys, *more])


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 1000, 66_000])
def test_a_whole_log_is_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str], size: int) -> None:
    write_log(tmp_path, size)
    assert run(tmp_path) == 0
    assert f"its {size} entries give the root that was signed" in capsys.readouterr().out


def test_a_log_goes_on_from_a_checkpoint_that_was_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "kept"
    kept.write_text(write_log(tmp_path / "then", 300))
    write_log(tmp_path / "now", 70_000)
    assert run(tmp_path / "now", "--since", str(kept)) == 0
    assert "goes on from the earlier checkpoint of 300 entries" in capsys.readouterr().out
    other = Checkpoint(ORIGIN, 300, bytes(32))
    kept.write_text(sign(other, SIGNERS, AT))
    assert run(tmp_path / "now", "--since", str(kept)) == 1
    assert "doesn't go on from the earlier checkpoint of 300 entries" in capsys.readouterr().err
    kept.write_text(write_log(tmp_path / "later", 70_001))
    assert run(tmp_path / "now", "--since", str(kept)) == 1, "it was longer before"


def spoilt(folder: Path, path: str, how: str) -> None:
    file = folder / path
    content = file.read_bytes()
    if how == "gone":
        file.unlink()
    elif how == "short":
        file.write_bytes(content[:-1])
    elif how == "long":
        file.write_bytes(content + content[-66:])
    else:
        middle = len(content) // 2
        file.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])


@pytest.mark.parametrize("how", ["gone", "short", "long", "altered"])
@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("tile/entries/001", "tile 1 of level 0|entries from 256 on|tile/entries/001"),
        ("tile/entries/003.p/232", "tile 3 of level 0|entries from 768 on|tile/entries/003"),
        ("tile/0/002", "tile 2 of level 0|tile/0/002"),
        ("tile/0/003.p/232", "tile 3 of level 0|tile/0/003"),
        ("tile/1/000.p/3", "tile 0 of level 1|tile/1/000"),
        ("checkpoint", "checkpoint"),
    ],
)
def test_the_first_bad_place_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], path: str, named: str, how: str
) -> None:
    write_log(tmp_path, 1000)
    spoilt(tmp_path, path, how)
    assert run(tmp_path) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert re.search(named, said.err), said.err
    assert "Traceback" not in said.err


def test_a_history_that_was_written_anew_and_signed_again_is_found_by_whoever_kept_a_checkpoint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever holds all keys can make another log that fits itself; it doesn't go on from what others have."""
    kept = tmp_path / "kept"
    kept.write_text(write_log(tmp_path / "true", 500))
    growing, folder = Growing(0, []), tmp_path / "false"
    for number in range(2):
        width = tile_width(0, number, 500)
        entries = [entry(number * WIDTH + at if number * WIDTH + at != 77 else 7777) for at in range(width)]
        write(folder, f"tile/{tile_path('entries', number, width)}", b"".join(b"\0\x40" + one for one in entries))
        for (level, at), hashes in growing.add([entry_hash(one) for one in entries]).items():
            write(folder, f"tile/{tile_path(level, at, len(hashes) // 32)}", hashes)
    write(folder, "checkpoint", sign(Checkpoint(ORIGIN, 500, growing.root()), SIGNERS, AT).encode())
    assert run(folder) == 0
    assert run(folder, "--since", str(kept)) == 1
    assert "doesn't go on" in capsys.readouterr().err


@pytest.mark.parametrize("key", ["", "nonsense", KEYS[0].text()[:-2], "x+00000000+AQ=="])
def test_a_key_that_is_none_is_said_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], key: str) -> None:
    write_log(tmp_path, 3)
    assert main(["verify", "--log", str(tmp_path), "--key", key]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "a key can't be used" in said


def test_both_keys_must_have_signed(tmp_path: Path) -> None:
    note = write_log(tmp_path, 3)
    lines = note.split("\n")
    write(tmp_path, "checkpoint", "\n".join([*lines[:5], ""]).encode())
    assert run(tmp_path) == 1


def test_memory_does_not_grow_with_the_log(tmp_path: Path) -> None:
    def peak(size: int) -> int:
        write_log(tmp_path / str(size), size)
        tracemalloc.start()
        verify_log(lambda path: (tmp_path / str(size) / path).read_bytes(), KEYS)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(300)
    assert peak(40_000) < 1.5 * peak(2_000)


@pytest.mark.parametrize("later", [b"", b"x", bytes(31), bytes(9000)])
def test_a_log_that_answers_otherwise_the_second_time_is_named(tmp_path: Path, later: bytes) -> None:
    kept, seen = write_log(tmp_path / "then", 300), set[str]()
    write_log(tmp_path / "now", 1000)

    def read(path: str) -> bytes:
        again = path in seen and path.startswith("tile/")
        seen.add(path)
        return later if again else (tmp_path / "now" / path).read_bytes()

    with pytest.raises(Wrong, match="another length"):
        verify_log(read, KEYS, [kept])


def test_no_entry_may_be_read_twice_for_another(tmp_path: Path) -> None:
    write_log(tmp_path, 600)

    def read(path: str) -> bytes:
        return (tmp_path / path.replace("entries/001", "entries/000")).read_bytes()

    with pytest.raises(Wrong, match="tile 1 of level 0"):
        verify_log(read, KEYS)


def test_the_portal_prints_the_keys_of_its_own_log(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = own_keys(world.portal)
    use(monkeypatch, world.portal.settings)
    assert main(["log", "keys"]) == 0
    assert capsys.readouterr().out.split() == [key.text() for key in keys]


class Odd(BaseHTTPRequestHandler):
    """A log that sends elsewhere, or that sends one byte after the other, in its head or its body."""

    def do_GET(self) -> None:
        how = self.path.split("/")[1]
        if how == "elsewhere":
            self.send_response(302)
            self.send_header("Location", f"/true{self.path.removeprefix('/elsewhere')}")
            self.end_headers()
        elif how == "true":
            content = (FOLDER[0] / self.path.removeprefix("/true/")).read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        else:
            with suppress(OSError):
                self.wfile.write(b"HTTP/1.1 200 OK\r\n" if how == "head" else b"HTTP/1.1 200 OK\r\n\r\n")
                for _ in range(100):
                    self.wfile.write(b"x")
                    sleep(0.05)

    def log_message(self, *_words: object) -> None:
        pass


FOLDER: list[Path] = []


@pytest.fixture
def odd(tmp_path: Path) -> Iterator[str]:
    write_log(tmp_path, 300)
    FOLDER[:] = [tmp_path]
    with ThreadingHTTPServer(("127.0.0.1", 0), Odd) as server:
        server.daemon_threads = True
        server.block_on_close = False
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_log_is_checked_at_its_address_and_no_other(odd: str, capsys: pytest.CaptureFixture[str]) -> None:
    keys = [word for key in KEYS for word in ("--key", key.text())]
    assert main(["verify", "--log", f"{odd}/true", *keys]) == 0
    assert main(["verify", "--log", f"{odd}/elsewhere", *keys]) == 1
    assert "checkpoint: the log answers 302" in capsys.readouterr().err


@pytest.mark.parametrize("how", ["head", "body"])
def test_a_log_that_comes_byte_by_byte_is_given_up_in_time(
    odd: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(cli_log, "SECONDS", 0.3)
    began = monotonic()
    assert main(["verify", "--log", f"{odd}/{how}", "--key", KEYS[0].text()]) == 1
    assert monotonic() - began < 2
    assert "checkpoint isn't there after 0.3 seconds" in capsys.readouterr().err


def test_a_log_is_checked_where_the_settings_of_a_portal_are_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "portal.toml").write_text("nonsense = 1")
    monkeypatch.chdir(tmp_path)
    write_log(tmp_path / "log", 3)
    assert main(["log", "keys"]) == 1
    assert run(tmp_path / "log") == 0
