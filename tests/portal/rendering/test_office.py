"""Office files, converted by the real LibreOffice in a root of its own; and what can't be reached from there."""

import os
import socket
import subprocess
import sys
import time
import zipfile
from ast import literal_eval
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from threading import Event, Thread

import docx
import pytest
from pypdf import PdfReader

from portal.domain.rendering import Failure, NotRendered
from portal.rendering import office_process
from portal.rendering.confinement import Limits
from portal.rendering.jobs import NO_CONFINEMENT
from portal.rendering.office import Office

PACKAGES = Path(office_process.__file__).parents[2]
PROBE = """
import os, socket, sys
sys.path.insert(0, {packages!r})
from portal.rendering import office_process, sandbox
def tried(act):
    try:
        act()
    except OSError as error:
        return f"refused {{error.errno}}"
    return "done"
def probe(*_):
    sandbox.limit(512 << 20, 5, file_bytes=1 << 20, descriptors=64)
    sandbox.refuse_rights()
    said = {probe}
    os.write(1, str(said).encode())
    return 0
office_process._convert = probe
sys.argv[1:] = ["docx", "1", "1"]
sys.exit(office_process.main())
"""


def probed(probe: str) -> str:
    """Have something tried where LibreOffice runs, and give what it says."""
    code = PROBE.format(packages=str(PACKAGES), probe=probe)
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, timeout=20, check=False)
    if done.returncode == NO_CONFINEMENT:
        pytest.skip("the kernel gives no namespaces here")
    return done.stdout.decode() or done.stderr.decode()[-500:]


@pytest.fixture(scope="module")
def office() -> Office:
    """LibreOffice, if it is installed and the kernel gives namespaces."""
    office = Office()
    if not office.takes("docx"):
        pytest.skip("needs Debian's libreoffice-writer-nogui")
    probed("1")
    return office


def written(document: "docx.document.Document") -> bytes:
    content = BytesIO()
    document.save(content)
    return content.getvalue()


def letter(*paragraphs: str) -> bytes:
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    return written(document)


def changed(data: bytes, before: str, after: str, part: str = "word/document.xml") -> bytes:
    """Write a part of a DOCX anew with other words in it."""
    content = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = old.read(name)
            if name == part:
                assert before.encode() in text
                text = text.replace(before.encode(), after.encode())
            new.writestr(name, text)
    return content.getvalue()


def words(pdf: bytes) -> str:
    return " ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)


def test_a_letter_becomes_pages(office: Office) -> None:
    pdf = office.pdf_of([letter("Confidential words", "Слова", "字"), b""], "docx")
    for word in ("Confidential words", "Слова", "字"):
        assert word in words(pdf)


def test_tracked_changes_are_shown_with_what_was_deleted(office: Office) -> None:
    run = "<w:t>Kept</w:t></w:r>"
    by = 'w:id="1" w:author="A" w:date="2026-01-01T00:00:00Z"'
    marks = (
        f"{run}<w:del {by}><w:r><w:delText> gone</w:delText></w:r></w:del>"
        f"<w:ins {by}><w:r><w:t> new</w:t></w:r></w:ins>"
    )
    pdf = office.pdf_of(changed(letter("Kept"), run, marks), "docx")
    assert "gone" in words(pdf)
    assert "new" in words(pdf)


@pytest.fixture
def listener() -> Iterator[tuple[int, list[str]]]:
    """Something that listens on this machine, and notes who came."""
    came: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        over = Event()

        def wait() -> None:
            while not over.is_set():
                try:
                    came.append(server.accept()[1][0])
                except TimeoutError:
                    continue

        thread = Thread(target=wait)
        thread.start()
        yield server.getsockname()[1], came
        over.set()
        thread.join()


def test_nothing_is_fetched_and_no_file_is_drawn_in(
    office: Office, listener: tuple[int, list[str]], tmp_path: Path
) -> None:
    port, came = listener
    (tmp_path / "secret.txt").write_text("a secret of the machine")
    field = (
        '<w:t>Start</w:t></w:r><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>'
        f'INCLUDETEXT "{tmp_path}/secret.txt"</w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
    data = changed(letter("Start"), "<w:t>Start</w:t></w:r>", field)
    remote = (
        f'<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
        f'attachedTemplate" Target="http://127.0.0.1:{port}/t.dotm" TargetMode="External"/></Relationships>'
    )
    data = changed(data, "</Relationships>", remote, "word/_rels/document.xml.rels")
    assert "secret of" not in words(office.pdf_of(data, "docx"))
    page = f'<html><body>words<img src="http://127.0.0.1:{port}/x.png"></body></html>'
    with pytest.raises(NotRendered):
        office.pdf_of(page.encode(), "html")
    office.pdf_of(page.encode(), "doc")  # LibreOffice looks at what it is, not at its name
    assert not came


def test_from_there_nothing_of_the_machine_is_seen(listener: tuple[int, list[str]], tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("a secret of the machine")
    assert set(literal_eval(probed("sorted(os.listdir('/'))"))) <= {
        *("bin", "dev", "etc", "lib", "lib64", "old", "sbin", "tmp", "usr", "var", "work")
    }
    assert probed("os.listdir('/old')") == "[]"
    for path in (tmp_path / "secret.txt", "/etc/passwd", "/proc/1/environ", "/root", PACKAGES / "portal" / "app.py"):
        assert probed(f"tried(lambda: os.stat({str(path)!r}))") == "refused 2"
    port, came = listener
    assert probed(f"tried(lambda: socket.socket().connect(('127.0.0.1', {port})))").startswith("refused")
    assert not came
    assert probed("os.getpid()") == "1"


@pytest.mark.parametrize(
    "attempt",
    [
        "open('/usr/bin/true', 'wb')",
        "open('/etc/fonts/more.conf', 'wb')",
        "os.setuid(0)",
        "os.chroot('/work')",
        "office_process._mount('tmpfs', '/usr', 'tmpfs', 0)",
        "office_process._call(office_process._library.unshare, 0x10000000)",
        "office_process._call(office_process._library.umount2, b'/usr', 2)",
        "office_process._call(office_process._library.ptrace, 0, 0, 0, 0)",
        "os.kill(2, 0)",
    ],
)
def test_from_there_nothing_can_be_changed(attempt: str) -> None:
    assert probed(f"tried(lambda: {attempt})").startswith("refused")


def test_no_byte_reaches_a_disk(office: Office) -> None:
    """Whatever conversion writes, it writes where nobody else sees it."""
    before = {path: path.stat().st_mtime_ns for folder in ("/tmp", "/var/tmp") for path in Path(folder).iterdir()}  # noqa: S108
    office.pdf_of(letter("Confidential words"), "docx")
    after = {path for folder in ("/tmp", "/var/tmp") for path in Path(folder).iterdir()}  # noqa: S108
    new = [path.name for path in after - set(before) if not path.name.startswith("playwright")]  # of tests beside this
    assert not [name for name in new if "file" in name or "lu" in name]


@pytest.mark.parametrize(
    ("data", "failure"),
    [
        (b"PK\x03\x04 cut off", Failure.DAMAGED),
        (b"\xd0\xcf\x11\xe0" + bytes(600) + "EncryptedPackage".encode("utf-16-le"), Failure.ENCRYPTED),
    ],
    ids=["damaged", "locked"],
)
def test_what_cannot_be_converted_is_said(office: Office, data: bytes, failure: Failure) -> None:
    with pytest.raises(NotRendered) as told:
        office.pdf_of(data, "docx")
    assert told.value.failure is failure


def test_a_type_that_is_not_known_here_is_said_to_be_so() -> None:
    for ending in ("exe", "html", "../docx", ""):
        assert not Office().takes(ending)
        with pytest.raises(NotRendered) as told:
            Office().pdf_of(b"", ending)
        assert told.value.failure is Failure.NOT_SUPPORTED


def test_whoever_asked_can_leave_and_nothing_runs_on(office: Office) -> None:
    stop = Event()
    Thread(target=lambda: (time.sleep(0.3), stop.set())).start()
    with pytest.raises(NotRendered) as told:
        office.pdf_of(letter("words " * 20_000), "docx", stop)
    assert told.value.failure is Failure.STOPPED
    until = time.monotonic() + 5
    while running() and time.monotonic() < until:
        time.sleep(0.05)
    assert not running()


def running() -> list[str]:
    """Give the processes of LibreOffice that were started by this test."""
    found = []
    for at in Path("/proc").iterdir():
        try:
            line = (at / "cmdline").read_bytes() if at.name.isdigit() else b""
        except OSError:
            continue
        if b"file:///work/profile" in line and os.getsid(0) != int(at.name):
            found.append(line.decode())
    return found


def test_time_is_bounded(office: Office) -> None:
    assert office.takes("docx")
    with pytest.raises(NotRendered) as told:
        Office(Limits(seconds=1)).pdf_of(letter(*["words " * 2000] * 100), "docx")
    assert told.value.failure in {Failure.TOOK_TOO_LONG, Failure.DAMAGED}
