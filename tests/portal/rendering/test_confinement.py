"""What a confined process can't do, and what becomes of one that tries."""

import errno
import os
import subprocess
import sys
import time
from pathlib import Path
from threading import Event, Thread
from unittest.mock import patch

import pytest

from portal.domain import copies
from portal.domain.rendering import SENTENCES, Failure, NotRendered
from portal.papers.mark import Mark
from portal.rendering import confinement as module
from portal.rendering.confinement import Confinement, Limits
from portal.rendering.renderer import Renderer
from portal.rendering.sandbox import MEBIBYTE
from tests.pdfs import bare, bomb_of_bytes, bomb_of_forms, bomb_of_time, typed

ROOT = Path(module.__file__).parents[2]  # where the portal lies, be it a wheel's
BEGIN = f"""
import ctypes, errno, mmap, os, signal, socket, sys, threading
sys.path.insert(0, {str(ROOT)!r})
from portal.rendering import sandbox
parent, known = os.getppid(), os.open("/etc/hostname", os.O_RDONLY)
scratch = os.memfd_create("scratch")
inet = socket.socket()
{{before}}
sandbox.close_in(256 * 2**20, 5)
try:
    {{attempt}}
except BaseException as error:
    os.write(1, f"{{{{type(error).__name__}}}} {{{{getattr(error, 'errno', 0)}}}}".encode())
else:
    os.write(1, b"done")
os._exit(0)
"""
NO_LANDLOCK = "sandbox._only_fonts = lambda fonts: False"
PERMISSION = {f"PermissionError {errno.EPERM}", f"PermissionError {errno.EACCES}"}


def attempted(attempt: str, before: str = "") -> str:
    """Close a process in, have it try something, and give what it says."""
    code = BEGIN.format(attempt=attempt, before=before)
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, timeout=20, check=False)
    return done.stdout.decode() or f"ended {done.returncode} {done.stderr.decode()[-300:]}"


def failure(confinement: Confinement, job: str, data: bytes, **parameters: object) -> Failure:
    with pytest.raises(NotRendered) as told:
        confinement.run(job, data, parameters)
    return told.value.failure


HARMLESS = ("__pycache__", "/dev/null", "/var/run/nscd/socket")  # of Python's own start
ALLOWED_LINKS = {"/memfd:input (deleted)", "/dev/null"}
ROOT_HERE = os.geteuid() == 0  # nobody else may look into a process that gave itself away
PAGE = {"number": 1, "dpi": 72, "text": False}


@pytest.mark.parametrize("before", ["", NO_LANDLOCK], ids=["landlock", "seccomp alone"])
@pytest.mark.parametrize(
    "attempt",
    [
        'os.open("/tmp/made-by-a-confined-process", os.O_WRONLY | os.O_CREAT)',
        'os.open("/dev/null", os.O_WRONLY)',
        'os.open("/dev/null", os.O_RDWR)',
        'os.open("/tmp", os.O_TMPFILE | os.O_RDWR)',
        f"os.open({__file__!r}, os.O_RDONLY)",
        'os.open("/etc/passwd", os.O_RDONLY)',
        'os.open("/proc/self/environ", os.O_RDONLY)',
        'os.rename("/tmp/a", "/tmp/b")',
        'os.unlink("/tmp/made-by-a-confined-process")',
        'os.mkdir("/tmp/made-by-a-confined-process")',
        "socket.socket(socket.AF_INET, socket.SOCK_STREAM)",
        "socket.socket(socket.AF_UNIX)",
        'inet.connect(("127.0.0.1", 9))',
        'inet.bind(("127.0.0.1", 0))',
        'os.execv("/bin/true", ["true"])',
        "os.fork()",
        'os.posix_spawn("/bin/true", ["true"], {})',
        "os.kill(parent, 0)",
        "os.kill(parent, signal.SIGTERM)",
        "os.pipe()",
        'os.memfd_create("more")',
        "os.sched_setaffinity(0, {0})",
        "mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)",
        "os.fchmod(known, 0o666)",
    ],
)
def test_a_confined_process_is_refused(attempt: str, before: str) -> None:
    assert attempted(attempt, before) in PERMISSION


@pytest.mark.parametrize(
    "flags", ["WRONLY", "RDWR", "RDONLY | os.O_CREAT", "RDONLY | os.O_TRUNC", "WRONLY | os.O_APPEND"]
)
def test_opening_for_writing_is_refused_by_seccomp_too_where_landlock_should_do_it(flags: str) -> None:
    alone = "sandbox._only_fonts = lambda fonts: True"
    attempt = f'os.open("/tmp/made-by-a-confined-process", os.O_{flags})'
    assert attempted(attempt, alone) == f"PermissionError {errno.EPERM}"
    assert attempted('os.open("/etc/passwd", os.O_RDONLY)', alone) == "done"


def test_what_is_refused_would_work_outside() -> None:
    """Else the test above would show nothing."""
    without = "sandbox.close_in = lambda *_: None"
    for attempt in ("os.open('/etc/passwd', os.O_RDONLY)", "os.kill(parent, 0)", "socket.socket()", "os.pipe()"):
        assert attempted(attempt, without) == "done"


def test_a_confined_process_starts_no_thread_and_writes_into_no_file() -> None:
    assert attempted("threading.Thread(target=int).start()").startswith("RuntimeError")
    assert attempted('os.write(scratch, b"x")') == f"OSError {errno.EFBIG}"


def test_fonts_can_be_read_where_landlock_holds_all_else_closed() -> None:
    first = next(Path("/usr/share/fonts").rglob("*.ttf"), None)
    if first is None:
        pytest.skip("needs fonts of Debian's")
    opening = f"os.open({str(first)!r}, os.O_RDONLY)"
    assert attempted(opening) in {"done", *PERMISSION}
    assert attempted(opening, NO_LANDLOCK) in PERMISSION


def test_pages_are_shown_marked_and_traced_where_there_is_no_landlock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container whose runtime refuses it: the whole process, not its list alone."""
    child = tmp_path / "child.py"
    child.write_text(
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\nfrom portal.rendering import confined, sandbox\n"
        f"{NO_LANDLOCK}\nsys.exit(confined.main())"
    )
    monkeypatch.setattr(module, "_CHILD", child)
    number = 0x0123456789ABCDEF
    mark = Mark("Dr. Amina أمينة 王小明", "Freedonia", "26 November 2026", copies.written(number))
    with Confinement() as confinement:
        renderer = Renderer(confinement)
        marked = renderer.marked(typed(2), number, mark)
        assert renderer.page(marked, 2, mark, text=True).pages > 1
        assert renderer.traced(marked)[0].number == number


def test_memory_of_a_confined_process_is_bounded() -> None:
    assert attempted("bytearray(100 * 2**20)") == "done"
    assert attempted("bytearray(300 * 2**20)").startswith("MemoryError")


def test_a_machine_that_cannot_confine_reads_nothing() -> None:
    asked = "sandbox.platform.machine = lambda: 'riscv64'"
    assert "NoConfinement" in attempted("pass", asked)
    assert module._read  # the parent says so in words
    with pytest.raises(NotRendered) as told:
        module._read(b"", 3)
    assert told.value.failure is Failure.NOT_SUPPORTED


def test_a_child_gets_no_environment_and_no_descriptor_of_the_portal() -> None:
    """Looked at from outside, while it works."""
    seen: dict[str, object] = {}
    real = subprocess.Popen

    def look(*arguments: object, **options: object) -> subprocess.Popen[bytes]:
        process = real(*arguments, **options)  # type: ignore[call-overload]
        at = Path(f"/proc/{process.pid}")
        while "Seccomp:\t2" not in (at / "status").read_text():  # closed in: what it still opens is its own doing
            time.sleep(0.01)
        seen["environment"] = (at / "environ").read_bytes() if ROOT_HERE else b""
        seen["links"] = [str(link.readlink()) for link in (at / "fd").iterdir()] if ROOT_HERE else []
        return process

    secret = os.open("/etc/hostname", os.O_RDONLY)
    os.set_inheritable(secret, True)  # even then
    try:
        with (
            patch.dict(os.environ, {"PORTAL_SECRET": "of the parent"}),
            patch.object(subprocess, "Popen", look),
            Confinement(Limits(seconds=1)) as confinement,
        ):
            failure(confinement, "page", bomb_of_time(), **PAGE)
    finally:
        os.close(secret)
    assert b"PORTAL" not in seen["environment"]  # type: ignore[operator]
    assert not [link for link in seen["links"] if link not in ALLOWED_LINKS and not link.startswith("pipe:")]  # type: ignore[attr-defined]


def test_a_bomb_of_time_is_killed_and_the_portal_goes_on() -> None:
    with Confinement(Limits(seconds=1)) as confinement:
        began = time.monotonic()
        assert failure(confinement, "page", bomb_of_time(), **PAGE) is Failure.TOOK_TOO_LONG
        assert time.monotonic() - began < 4
        assert confinement.run("page", bare(), PAGE).facts["pages"] == 1


def test_a_bomb_of_memory_ends_and_the_portal_goes_on(confinement: Confinement) -> None:
    for data in (bomb_of_bytes(), bomb_of_forms()):
        assert len(data) < 4 * MEBIBYTE
        assert failure(confinement, "page", data, **PAGE) in {Failure.TOO_LARGE, Failure.CRASHED}
    assert confinement.run("page", bare(), PAGE).facts["pages"] == 1


def test_whoever_asked_can_leave(confinement: Confinement) -> None:
    stop = Event()
    Thread(target=lambda: (time.sleep(0.4), stop.set())).start()
    began = time.monotonic()
    with pytest.raises(NotRendered) as told:
        confinement.run("page", bomb_of_time(), PAGE, stop=stop)
    assert told.value.failure is Failure.STOPPED
    assert time.monotonic() - began < 3


def test_so_many_at_once_and_no_more() -> None:
    with Confinement(Limits(seconds=2), at_once=1, waits_seconds=0.2) as confinement:
        first = Thread(target=lambda: failure(confinement, "page", bomb_of_time(), **PAGE))
        first.start()
        time.sleep(0.3)
        assert failure(confinement, "page", bare(), **PAGE) is Failure.BUSY
        first.join()
        assert confinement.run("page", bare(), PAGE).facts["pages"] == 1


def test_too_much_goes_neither_in_nor_out() -> None:
    with Confinement(Limits(input_bytes=1000, output_bytes=1000)) as small:
        assert failure(small, "page", bytes(1001), **PAGE) is Failure.TOO_LARGE
    with Confinement(Limits(output_bytes=1000)) as short:
        assert failure(short, "page", typed(), **PAGE) is Failure.TOO_LARGE


def test_what_waits_ready_is_used_once_and_ends_with_the_portal() -> None:
    with Confinement() as confinement:
        seen = []
        for _ in range(3):
            assert confinement.run("page", bare(), PAGE).facts["pages"] == 1
            waiting = confinement._ready["portal.rendering.pages"]
            assert len(waiting) == 2
            seen.append(waiting[0]._process.pid)
        assert len(set(seen)) == 3
        waiting[0]._process.kill()  # dead ones are noticed
        waiting[0]._process.wait()
        assert confinement.run("page", bare(), PAGE).facts["pages"] == 1
        left = list(waiting)
    assert not [process for process in left if process.waits]


def test_a_process_that_waits_ends_when_the_portal_is_gone() -> None:
    code = (
        f"import os, sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from portal.rendering.confinement import Confinement, Limits\n"
        "from portal.rendering import confinement\n"
        "process = confinement._Process('portal.rendering.pages', Limits())\n"
        "print(process._process.pid, flush=True)\n"
        "os._exit(0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=20, check=True)
    at = Path(f"/proc/{int(done.stdout)}/stat")
    until = time.monotonic() + 10
    while at.exists() and at.read_text().rpartition(")")[2].split()[0] != "Z" and time.monotonic() < until:
        time.sleep(0.05)
    assert time.monotonic() < until


def test_chunks_are_read_as_the_whole(confinement: Confinement) -> None:
    data = bare(count=3)
    chunks = (data[at : at + 100] for at in range(0, len(data), 100))
    assert confinement.run("page", chunks, PAGE).facts["pages"] == 3


def test_only_jobs_of_the_list_run(confinement: Confinement) -> None:
    with pytest.raises(ValueError, match="no job"):
        confinement.run("os.system", b"", {})


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\0" * 7,
        b"\xff" * 8,
        b"\0\0\0\0\0\0\0\x02[]",
        b"\0\0\0\0\0\0\0\x02{",
        b"\0\0\0\0\0\0\0\x04\xff\xfe{}",
        b'\0\0\0\0\0\0\0\x12{"failure": "shut"}',
        b'\0\0\0\0\0\0\0\x0f{"failure": []}',
        b"\0\0\0\0\0\x01\x86\xa0" + b"[" * 100_000,
    ],
)
def test_whatever_a_confined_process_answers_is_a_result_or_one_of_the_words(answer: bytes) -> None:
    with pytest.raises(NotRendered) as told:
        module._read(answer, 0)
    assert told.value.failure is Failure.CRASHED


def test_every_failure_has_a_sentence() -> None:
    assert set(SENTENCES) == set(Failure)


def test_no_byte_of_a_file_reaches_a_disk(tmp_path: Path) -> None:
    """Traced: neither parent nor child opens anything for writing."""
    trace = tmp_path / "trace"
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); sys.dont_write_bytecode = True\n"
        "from portal.rendering.confinement import Confinement\n"
        "print(Confinement().run('count_pages', sys.stdin.buffer.read(), {}).facts['pages'])"
    )
    calls = ["strace", "-f", "-qq", "-e", "trace=open,openat,creat,rename,mkdir,connect", "-o", str(trace)]
    try:
        subprocess.run([*calls, "true"], capture_output=True, timeout=30, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        pytest.skip("strace isn't here, or may not trace")
    done = subprocess.run(
        [*calls, sys.executable, "-I", "-B", "-c", code], input=bare(), capture_output=True, timeout=30, check=True
    )
    assert done.stdout.strip() == b"1"
    lines = trace.read_text().splitlines()
    assert len(lines) > 100
    changing = [line for line in lines if any(flag in line for flag in ("O_WRONLY", "O_RDWR", "O_CREAT", "connect("))]
    assert not [line for line in changing if not any(name in line for name in HARMLESS)]
