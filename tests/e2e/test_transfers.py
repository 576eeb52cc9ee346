"""Contents over a real server and real connections: cut, resumed, stopped, damaged, full, large."""

import os
import resource
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import which
from urllib.parse import urlsplit
from uuid import UUID

import pikepdf
import pytest

from portal.web.sending import OF_ONE
from storage.tables import Assignment, Version
from tests.cast import World, setting_up
from tests.contents import documents, form_token, objects, said, steps, versions
from tests.databases import ONLY_SQLITE
from tests.e2e.conftest import Server, serve, wait_until
from tests.granting import WHY, act, granted, page, pledged
from tests.pdfs import bare

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(which("curl") is None, reason="needs Debian's curl (apt-get install curl)"),
]

WORD = b"The-planted-word-nobody-would-guess "
MIB = 1 << 20


@pytest.fixture
def room(world: World) -> UUID:
    return world.files["xaa"].rooms["reviewers"]


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file of 64 MiB in which every line is different."""
    return written(tmp_path / "large.txt", 64)


def written(path: Path, mebibytes: int) -> Path:
    line = b"%08d " + WORD
    with path.open("wb") as file:
        for at in range(mebibytes):
            block = line % at
            file.write((block * (MIB // len(block) + 1))[:MIB])
    return path


def curl(world: World, who: str, *arguments: str, wait: float = 60) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(world, who, *arguments), capture_output=True, text=True, timeout=wait, check=False)


def command(world: World, who: str, *arguments: str) -> list[str]:
    return ["curl", "-sS", "-b", f"portal-local={world.members[who].token}", *arguments]


def form(world: World, server: Server, who: str, path: Path | str) -> list[str]:
    token = form_token(world.members[who].token)
    fields = [f"csrf={token}", "kind=law", "language=en", f"file=@{path}"]
    return ["-H", f"Origin: {server.url}", "-H", "X-Upload: 1", *(part for field in fields for part in ("-F", field))]


def put(world: World, server: Server, room: UUID, path: Path, *more: str, wait: float = 60) -> Version:
    sent = [*form(world, server, "officer", path), *more, f"{server.url}/rooms/{room}/documents"]
    answer = curl(world, "officer", *sent, wait=wait)
    assert '"ok":true' in answer.stdout, answer
    return versions(world)[-1]


def content(server: Server, version: Version) -> str:
    return f"{server.url}/versions/{version.id}/content"


def last(world: World, room: UUID) -> tuple[str, str, str]:
    return steps(world, room)[-1]


# --- downloads


def test_a_download_that_was_cut_off_resumes(world: World, server: Server, room: UUID, large: Path) -> None:
    version = put(world, server, room, large)
    part = large.with_name("part")
    with slow_download(world, content(server, version), part):
        pass  # it began, and is cut
    assert 0 < part.stat().st_size < version.size
    wait_until(lambda: last(world, room) == ("downloadVersion", "outcome", "aborted"), 30)
    assert said(world, room)[-1]["detail"]["bytes"] < version.size
    resumed = curl(world, "expert_xbb", "-C", "-", "-o", str(part), content(server, version))
    assert resumed.returncode == 0, resumed
    assert part.read_bytes() == large.read_bytes()
    wait_until(lambda: last(world, room) == ("downloadVersion", "outcome", "complete"), 30)


@contextmanager
def slow_download(world: World, url: str, into: Path, who: str = "expert_xbb") -> Iterator[subprocess.Popen[bytes]]:
    running = subprocess.Popen(
        command(world, who, "--limit-rate", "2M", "-o", str(into), url), stderr=subprocess.DEVNULL
    )
    try:
        wait_until(lambda: into.exists() and into.stat().st_size > 0, 20)
        yield running
    finally:
        running.kill()
        running.wait()


@contextmanager
def standing_still(world: World, server: Server, who: str, version: Version) -> Iterator[bytes]:
    """Ask for a content and read the head of the answer alone, with a line that takes little."""
    at = urlsplit(server.url)
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.settimeout(20)
        line.connect(("127.0.0.1", at.port))
        head = f"GET /versions/{version.id}/content HTTP/1.1\r\nHost: {at.netloc}\r\n"
        line.sendall(f"{head}Cookie: portal-local={world.members[who].token}\r\n\r\n".encode())
        yield line.recv(2048)


def resident(process: int) -> int:
    found = next(line for line in Path(f"/proc/{process}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(found.split()[1]) * 1024


def test_those_who_stand_still_hold_little_memory_and_only_so_many_lines(
    world: World, server: Server, room: UUID, large: Path
) -> None:
    version = put(world, server, room, large)
    people = ("expert_xbb", "focal_xbb", "officer")
    with ExitStack() as lines:
        before = resident(server.pid)
        for who in people:
            for _ in range(OF_ONE):
                assert lines.enter_context(standing_still(world, server, who, version)).startswith(b"HTTP/1.1 200 ")
        with standing_still(world, server, "officer", version) as refused:
            assert refused.startswith(b"HTTP/1.1 429 ")
        time.sleep(1)
        assert (resident(server.pid) - before) / (len(people) * OF_ONE) < 4 * MIB
        text = curl(world, "officer", content(server, version)).stdout
        assert "are still running, so this one did not begin" in text
    wait_until(lambda: b"200" in still_begins(world, server, version), 10)


def still_begins(world: World, server: Server, version: Version) -> bytes:
    with standing_still(world, server, "officer", version) as head:
        return head[:12]


def test_the_intent_is_in_the_log_before_the_first_byte_and_an_access_that_ends_stops_the_download(
    world: World, server: Server, room: UUID, large: Path
) -> None:
    version, into = put(world, server, room, large), large.with_name("into")
    with slow_download(world, content(server, version), into) as running:
        assert last(world, room) == ("downloadVersion", "intent", "")
        with setting_up(world.portal) as (work, _):
            person = world.members["expert_xbb"].person
            row = work.session.query(Assignment).filter(Assignment.person_id == person).one()
            row.ended_at = work.now
        wait_until(lambda: last(world, room) == ("downloadVersion", "outcome", "stopped"), 8)
        assert running.wait(40) == 18, "curl calls it a partial file"
    assert into.stat().st_size < version.size


def large_report() -> bytes:
    """A page with a picture of 36 MB that nothing makes smaller."""

    def change(pdf: pikepdf.Pdf) -> None:
        picture = pikepdf.Stream(pdf, os.urandom(6000 * 6000))
        picture.Type, picture.Subtype, picture.ColorSpace = (
            pikepdf.Name.XObject,
            pikepdf.Name.Image,
            pikepdf.Name.DeviceGray,
        )
        picture.Width, picture.Height, picture.BitsPerComponent = 6000, 6000, 8
        pdf.pages[0].Resources.XObject = pikepdf.Dictionary(I=picture)

    return bare(b"q 500 0 0 500 40 40 cm /I Do Q", change=change)


def test_a_grant_that_is_revoked_stops_a_copy_under_way_within_five_seconds(world: World, tmp_path: Path) -> None:
    """ToR 37."""
    grant = granted(world, office=large_report(), mode="copies", real=True)
    pledged(world, grant)
    version, into = page(world, grant).given[0].version, tmp_path / "copy.pdf"
    with serve(world) as server:
        with slow_download(world, f"{server.url}/granted/versions/{version}/copy", into, "reader_xff") as running:
            assert act(world, "focal_xaa", grant, "revoke", revoke_reason=WHY).status_code == 303
            ends = ("downloadGranted", "outcome", "stopped")
            wait_until(lambda: ends in steps(world, grant), 5)
            assert running.wait(40) == 18, "curl calls it a partial file"
        refused = curl(world, "reader_xff", "-o", os.devnull, "-w", "%{http_code}", f"{server.url}/granted/{grant}")
        assert refused.stdout == "404"
    assert 0 < into.stat().st_size < 6000 * 6000


def damage(world: World, version: Version, at: int) -> None:
    path = world.portal.settings.data / "objects" / version.object_name[:2] / version.object_name
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1]))


def test_a_damaged_chunk_in_the_middle_breaks_the_connection(
    world: World, server: Server, room: UUID, large: Path
) -> None:
    version, into = put(world, server, room, large), large.with_name("into")
    damage(world, version, 40 * MIB)
    answer = curl(world, "expert_xbb", "-o", str(into), content(server, version))
    assert answer.returncode == 18, answer
    assert large.read_bytes().startswith(into.read_bytes())
    assert into.stat().st_size < 40 * MIB
    wait_until(lambda: last(world, room) == ("downloadVersion", "outcome", "failed"), 5)
    archive = curl(world, "expert_xbb", "-o", str(into), f"{server.url}/rooms/{room}/archive")
    assert archive.returncode == 18, archive
    wait_until(lambda: last(world, room) == ("downloadRoom", "outcome", "failed"), 5)


# --- uploads


def head(world: World, server: Server, room: UUID, length: str) -> tuple[bytes, bytes]:
    """Give the head of an upload by hand, and the body up to the file's first byte."""
    token = world.members["officer"].token
    fields = {"csrf": form_token(token), "kind": "law", "language": "en"}
    body = "".join(f'--x\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items())
    body += '--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
    lines = [
        f"POST /rooms/{room}/documents HTTP/1.1",
        f"Host: {urlsplit(server.url).netloc}",
        f"Origin: {server.url}",
        f"Cookie: portal-local={token}",
        "Content-Type: multipart/form-data; boundary=x",
        length,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode(), body.encode()


def connect(server: Server) -> socket.socket:
    parts = urlsplit(server.url)
    return socket.create_connection((parts.hostname, parts.port), timeout=20)


def test_an_upload_whose_connection_is_cut_leaves_nothing(world: World, server: Server, room: UUID) -> None:
    first, body = head(world, server, room, f"Content-Length: {64 * MIB}")
    with connect(server) as line:
        line.sendall(first + body + WORD * 100_000)
        wait_until(lambda: steps(world, room) == [("uploadDocument", "intent", "")], 10)
    wait_until(lambda: last(world, room) == ("uploadDocument", "outcome", "aborted"), 30)
    assert said(world, room)[-1]["detail"]["bytes"] >= 1
    assert not versions(world)
    assert not objects(world)
    assert not list((world.portal.settings.data / "objects" / "new").iterdir())


def test_a_length_that_is_too_small_is_a_cut_upload(world: World, server: Server, room: UUID) -> None:
    _, body = head(world, server, room, "")
    first, body = head(world, server, room, f"Content-Length: {len(body) + 10}\r\nConnection: close")
    with connect(server) as line:
        line.sendall(first + body + WORD)
        answer = line.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"Nothing was kept" in answer
    assert not versions(world)


def test_an_upload_without_a_length_is_taken(world: World, server: Server, room: UUID, large: Path) -> None:
    version = put(world, server, room, large, "-H", "Transfer-Encoding: chunked")
    assert version.size == large.stat().st_size


def test_a_full_disk_is_told_and_nothing_is_left_half(world: World, room: UUID, large: Path) -> None:
    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20 * MIB, 20 * MIB))

    with serve(world, small_files) as server:
        path = f"{server.url}/rooms/{room}/documents"
        answer = curl(world, "officer", *form(world, server, "officer", large), "-w", "%{http_code}", path)
        assert answer.stdout.endswith("503"), answer
        assert "no space left" in answer.stdout
        assert last(world, room) == ("uploadDocument", "outcome", "failed")
        assert not objects(world)
        assert not list((world.portal.settings.data / "objects" / "new").iterdir())
        small = large.with_name("small.txt")
        small.write_bytes(WORD)
        assert put(world, server, room, small).size == len(WORD)


def test_two_versions_at_once_are_both_kept(world: World, server: Server, room: UUID, large: Path) -> None:
    put(world, server, room, large)
    path = f"{server.url}/documents/{documents(world)[0].id}/versions"
    pieces = [written(large.with_name(f"{at}.txt"), at + 5) for at in range(4)]
    threads = [
        threading.Thread(target=curl, args=(world, "officer", *form(world, server, "officer", piece), path))
        for piece in pieces
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = versions(world)
    assert sorted(version.number for version in kept) == [1, 2, 3, 4, 5]
    assert {version.size for version in kept} == {path.stat().st_size for path in [large, *pieces]}


def test_nothing_of_an_upload_under_way_is_on_a_disk_in_the_clear(world: World, server: Server, room: UUID) -> None:
    temporary = set(Path("/tmp").iterdir())  # noqa: S108 - where a leak would be
    first, body = head(world, server, room, f"Content-Length: {64 * MIB}")
    with connect(server) as line:
        line.sendall(first + body)
        for _ in range(20):
            line.sendall(WORD * (MIB // len(WORD)))
        new = world.portal.settings.data / "objects" / "new"
        wait_until(lambda: any(path.stat().st_size > 8 * MIB for path in new.iterdir()), 10)
        data = world.portal.settings.data
        for path in [*data.rglob("*"), *(set(Path("/tmp").iterdir()) - temporary)]:  # noqa: S108 - likewise
            if path.is_file():
                assert WORD.strip() not in path.read_bytes(), path
        descriptors = Path(f"/proc/{server.pid}/fd")
        opened = [str(path.readlink()) for path in descriptors.iterdir() if path.is_symlink()]
        files = [name for name in opened if name.startswith("/") and not name.startswith("/dev/")]
        assert [name for name in files if name.startswith(str(data))]
        for name in files:
            if Path(name).is_file():
                assert WORD.strip() not in Path(name).read_bytes(), name


@ONLY_SQLITE  # on a server another replica may be in the middle of it, for a day (portal/background.py)
def test_an_intent_that_a_kill_left_open_is_closed_at_the_next_start(world: World, room: UUID) -> None:
    with serve(world) as server:
        first, body = head(world, server, room, f"Content-Length: {64 * MIB}")
        with connect(server) as line:
            line.sendall(first + body + WORD * 100_000)
            wait_until(lambda: steps(world, room) == [("uploadDocument", "intent", "")], 10)
            os.kill(server.pid, signal.SIGKILL)
    with serve(world):
        wait_until(lambda: last(world, room) == ("uploadDocument", "outcome", "unknown"), 10)
    assert not versions(world)
    assert not objects(world)


# --- memory


def memory(server: Server) -> int:
    """Read how much memory the server held at the most, in KiB."""
    status = Path(f"/proc/{server.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


def through(world: World, server: Server, room: UUID, path: Path, wait: float) -> int:
    """Send a file up and down again; give by how many MiB the server grew."""
    small = path.with_name("small.txt")
    small.write_bytes(WORD)
    curl(world, "officer", content(server, put(world, server, room, small)))
    idle = memory(server)
    version = put(world, server, room, path, wait=wait)
    assert version.size == path.stat().st_size
    answer = curl(world, "officer", "-o", "/dev/null", "-w", "%{size_download}", content(server, version), wait=wait)
    assert answer.stdout == str(version.size)
    return (memory(server) - idle) // 1024


def test_memory_stays_the_same_whatever_the_size(world: World, server: Server, room: UUID, tmp_path: Path) -> None:
    assert through(world, server, room, written(tmp_path / "300.txt", 300), 60) < 60


@pytest.mark.slow
def test_memory_stays_the_same_at_five_gibibytes(world: World, server: Server, room: UUID, tmp_path: Path) -> None:
    path = tmp_path / "5120.bin"
    with path.open("wb") as file:
        file.truncate(5120 * MIB)
    assert through(world, server, room, path, 600) < 100


def test_a_table_of_the_trail_arrives_whole_over_the_wire(world: World, server: Server) -> None:
    """Its length isn't known before; a head that named one would cut it."""
    said = curl(world, "focal_xaa", f"{server.url}/reviews/{world.files['xaa'].review}/trail.csv")
    rows = said.stdout.splitlines()
    assert len(rows) > 1
    assert "Leaf" in rows[0]
