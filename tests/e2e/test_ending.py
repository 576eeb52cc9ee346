"""The portal is told to end while files are on their way: they end, or are cut with their outcome in the log."""

import os
import signal
import subprocess
import time
from pathlib import Path
from shutil import which
from uuid import UUID

import pytest

from portal.usecases.backlog import backlog
from storage.repositories.audit import AuditRecords
from tests.cast import World
from tests.contents import objects, said, steps, versions
from tests.e2e.conftest import Server, serve, wait_until
from tests.e2e.test_transfers import MIB, WORD, command, connect, content, head, last, put, written

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(which("curl") is None, reason="needs Debian's curl (apt-get install curl)"),
]
ENDS_WITHIN = 2


@pytest.fixture
def room(world: World) -> UUID:
    return world.files["xaa"].rooms["reviewers"]


def ended(server: Server) -> bool:
    """Tell whether the process is over, though nobody has asked for its status yet."""
    return Path(f"/proc/{server.pid}/stat").read_text().split(")")[1].split()[0] == "Z"


def told_to_end(server: Server) -> float:
    os.kill(server.pid, signal.SIGTERM)
    return time.monotonic()


def whole(world: World) -> None:
    """See that the log holds all that happened, its tree too, and nothing is left open."""
    assert backlog(world.portal).tree_since is None
    with world.portal.database.read() as session:
        assert not AuditRecords(session).open_intents(world.portal.clock())


def downloading(world: World, url: str, into: Path, rate: str) -> subprocess.Popen[bytes]:
    running = subprocess.Popen(
        command(world, "expert_xbb", "--limit-rate", rate, "-o", str(into), url), stderr=subprocess.DEVNULL
    )
    wait_until(lambda: into.exists() and into.stat().st_size > 0, 10)
    return running


def test_a_download_that_can_end_in_time_is_finished(world: World, room: UUID, tmp_path: Path) -> None:
    file, into = written(tmp_path / "file.txt", 64), tmp_path / "into"
    with serve(world, is_warm=False, ending_seconds="20") as server:
        running = downloading(world, content(server, put(world, server, room, file)), into, "24M")
        told_to_end(server)
        assert running.wait(30) == 0
        assert into.read_bytes() == file.read_bytes()
        wait_until(lambda: ended(server), 10)
    assert last(world, room) == ("downloadVersion", "outcome", "complete")
    whole(world)


def test_a_download_that_is_too_slow_is_cut_and_the_log_says_how_far_it_was(
    world: World, room: UUID, tmp_path: Path
) -> None:
    file, into = written(tmp_path / "file.txt", 64), tmp_path / "into"
    with serve(world, is_warm=False, ending_seconds=str(ENDS_WITHIN)) as server:
        running = downloading(world, content(server, put(world, server, room, file)), into, "2M")
        began = told_to_end(server)
        wait_until(lambda: ended(server), ENDS_WITHIN + 15)
        assert time.monotonic() - began >= ENDS_WITHIN - 0.5
        assert running.wait(40) == 18, "curl calls it a partial file"
    assert 0 < into.stat().st_size < 64 * MIB
    assert last(world, room) == ("downloadVersion", "outcome", "aborted")
    assert 0 < said(world, room)[-1]["detail"]["bytes"] < 64 * MIB
    whole(world)


def test_an_upload_that_is_too_slow_is_cut_and_leaves_nothing(world: World, room: UUID) -> None:
    with serve(world, is_warm=False, ending_seconds=str(ENDS_WITHIN)) as server:
        first, body = head(world, server, room, f"Content-Length: {64 * MIB}")
        with connect(server) as line:
            line.sendall(first + body + WORD * 100_000)
            wait_until(lambda: steps(world, room) == [("uploadDocument", "intent", "")], 10)
            told_to_end(server)
            wait_until(lambda: ended(server), ENDS_WITHIN + 15)
    assert last(world, room) == ("uploadDocument", "outcome", "aborted")
    assert not versions(world)
    assert not objects(world)
    assert not list((world.portal.settings.data / "objects" / "new").iterdir())
    whole(world)


def test_an_upload_that_can_end_in_time_is_kept_and_nobody_new_is_let_in(world: World, room: UUID) -> None:
    file = WORD * 1000
    with serve(world, is_warm=False, ending_seconds="20") as server:
        _, before = head(world, server, room, "")
        after = b"\r\n--x--\r\n"
        first, _ = head(world, server, room, f"Content-Length: {len(before) + len(file) + len(after)}")
        with connect(server) as line:
            line.sendall(first + before + file[:100])
            wait_until(lambda: steps(world, room) == [("uploadDocument", "intent", "")], 10)
            told_to_end(server)
            time.sleep(1)
            assert not lets_in(server)
            line.sendall(file[100:] + after)
            assert b"303" in line.recv(100).splitlines()[0]
        wait_until(lambda: ended(server), 25)
    assert [version.size for version in versions(world)] == [len(file)]
    assert last(world, room) == ("uploadDocument", "outcome", "complete")
    whole(world)


def lets_in(server: Server) -> bool:
    try:
        with connect(server) as late:
            late.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return bool(late.recv(100))
    except OSError:
        return False


def test_one_who_only_keeps_a_connection_open_holds_nothing_up(world: World) -> None:
    with serve(world, is_warm=False, ending_seconds=str(ENDS_WITHIN)) as server, connect(server) as idle:
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert idle.recv(100).startswith(b"HTTP/1.1 200")
        told_to_end(server)
        wait_until(lambda: ended(server), ENDS_WITHIN + 10)
