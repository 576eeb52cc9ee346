"""The portal with the settings of deploy/env.example, shut in like its unit, asked over real connections."""

import ctypes
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from portal.app import create_portal
from portal.demo.servers import free_port
from portal.settings import Settings
from portal.tls import Certificates
from storage.certifying import PORTAL, PROXY, Authority, make_certificates
from tests.test_deploy import ENVIRONMENT, PAPER, settings_of, unit_lines

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not PAPER.exists(), reason="deploy/ lies in the checkout, not in the wheel"),
]

# What systemd does for the unit, as far as a test can: system calls, executable memory, core dumps, mode of new files.
SHUT_IN = """
import ctypes, errno, os, resource, sys
def refused(what):
    sys.exit(f"can't shut in: {what}")
walls = ctypes.CDLL("libseccomp.so.2")
walls.seccomp_init.restype = ctypes.c_void_p
process = ctypes.CDLL(None)
os.umask(0o077)
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
process.prctl(65, 1, 0, 0, 0) == 0 or refused("PR_SET_MDWE")
process.prctl(38, 1, 0, 0, 0) == 0 or refused("PR_SET_NO_NEW_PRIVS")
rules = ctypes.c_void_p(walls.seccomp_init(ctypes.c_uint32(0x00050000 | errno.EPERM)))
for name in [*sys.argv[1].split(","), "execve"]:
    number = walls.seccomp_syscall_resolve_name(name.encode())
    if number >= 0:
        walls.seccomp_rule_add(rules, ctypes.c_uint32(0x7FFF0000), number, 0)
walls.seccomp_load(rules) == 0 or refused("seccomp")
os.execv(sys.executable, [sys.executable, "-m", "portal", "serve"])
"""


def system_calls(name: str) -> set[str]:
    """Give the system calls of a group of systemd's."""
    if not name.startswith("@"):
        return {name}
    told = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True)
    listed = [line.strip() for line in told.stdout.splitlines()[1:]]
    return {call for one in listed if one and not one.startswith("#") for call in system_calls(one)}


@dataclass(frozen=True)
class Served:
    """A portal that answers its proxy on loopback."""

    port: int
    environment: dict[str, str]
    tls: Path  # a folder for each who has a certificate of its authority, by name

    def proxy(self) -> ssl.SSLContext:
        """Give what its proxy asks with."""
        return Certificates(self.tls / PROXY).client()

    def ask(self, raw: bytes, by: ssl.SSLContext | None = None) -> bytes:
        """Send bytes as they are; give all that comes back until the server closes or is silent."""
        answer = b""
        with (
            socket.create_connection(("127.0.0.1", self.port), timeout=10) as line,
            (by or self.proxy()).wrap_socket(line, server_hostname="127.0.0.1") as connection,
        ):
            connection.sendall(raw)
            connection.settimeout(2)
            try:
                while piece := connection.recv(65536):
                    answer += piece
            except TimeoutError:
                pass
        return answer


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The portal with the settings of env.example, shut in like the unit."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs Debian's systemd (apt-get install systemd)")
    try:
        ctypes.CDLL("libseccomp.so.2")
    except OSError:
        pytest.skip("needs Debian's libseccomp2 (apt-get install libseccomp2)")
    folder = tmp_path_factory.mktemp("deployed")
    port, tls = free_port(), folder / "tls"
    tls.mkdir()
    now = datetime.now(UTC).replace(microsecond=0)
    authority = Authority(now - timedelta(hours=2), now + timedelta(hours=2))
    authority.write(tls / PORTAL, PORTAL)
    authority.write(tls / PROXY, PROXY)
    authority.write(tls / "ended", PROXY, now - timedelta(hours=1))
    environment = settings_of(ENVIRONMENT) | {
        "PORTAL_TLS_FOLDER": str(tls / PORTAL),
        "PORTAL_DATA": str(folder / "data"),
        "PORTAL_KEYS": str(folder / "keys"),
        "PORTAL_PORT": str(port),
    }
    create_portal(Settings.load(environment, folder / "none.toml")).database.close()
    calls: set[str] = set()
    for line in unit_lines("SystemCallFilter"):  # each adds to the ones before, or with ~ takes from them
        named = set().union(*(system_calls(name) for name in line.removeprefix("~").split()))
        calls = calls - named if line.startswith("~") else calls | named
    process = subprocess.Popen(
        [sys.executable, "-c", SHUT_IN, ",".join(sorted(calls))],
        env={**environment, "PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _wait(process, port)
        yield Served(port, environment, tls)
    finally:
        process.terminate()
        process.communicate(timeout=20)


def _wait(process: subprocess.Popen[str], port: int) -> None:
    for _ in range(200):
        if process.poll() is not None:
            told = process.communicate()[1]
            if told.startswith("can't shut in"):
                pytest.skip(told)
            pytest.fail(told)
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the portal didn't begin to answer")


def test_the_portal_works_within_the_walls_of_its_unit(served: Served) -> None:
    here = f"https://127.0.0.1:{served.port}"
    with urlopen(f"{here}/readyz", timeout=10, context=served.proxy()) as answer:  # noqa: S310 - our own address
        assert answer.read() == b"ready\n"
    proxied = Request(  # noqa: S310 - likewise
        f"{here}/sign-in",
        headers={
            "Host": "portal.example.org",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": "203.0.113.9",
            "Accept-Language": "ar",
        },
    )
    with urlopen(proxied, timeout=10, context=served.proxy()) as answer:  # noqa: S310 - likewise
        assert answer.headers["Strict-Transport-Security"]
        assert answer.headers["Set-Cookie"].startswith("__Host-")
        assert 'dir="rtl"' in answer.read().decode()


def nobodys(served: Served, _folder: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=served.tls / PROXY / "authority.pem")
    assert context.verify_mode is ssl.CERT_REQUIRED
    return context


def another_authoritys(served: Served, folder: Path) -> ssl.SSLContext:
    make_certificates(folder / "another")
    context = nobodys(served, folder)
    another = Certificates(folder / "another" / PROXY)
    context.load_cert_chain(another.certificate, another.key)
    return context


def ended(served: Served, _folder: Path) -> ssl.SSLContext:
    return Certificates(served.tls / "ended").client()


def of_former_tls(served: Served, _folder: Path) -> ssl.SSLContext:
    context = served.proxy()
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


LOOK = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    ("by", "why"),
    [
        (nobodys, "CERTIFICATE_REQUIRED"),
        (another_authoritys, "UNKNOWN_CA|DECRYPT_ERROR"),
        (ended, "CERTIFICATE_EXPIRED"),
        (of_former_tls, "PROTOCOL_VERSION"),
    ],
)
def test_nobody_but_the_proxy_gets_an_answer(
    served: Served, tmp_path: Path, by: Callable[[Served, Path], ssl.SSLContext], why: str
) -> None:
    with pytest.raises(ssl.SSLError, match=f"(?i){why}"):
        served.ask(LOOK, by(served, tmp_path))
    assert b"alive" in served.ask(LOOK)


def test_what_is_asked_in_the_clear_gets_no_answer(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as line:
        line.sendall(LOOK)
        said = b""
        with suppress(ConnectionResetError):
            while piece := line.recv(65536):
                said += piece
    assert b"HTTP" not in said
    assert b"alive" not in said


def test_a_proxy_that_says_nothing_of_the_persons_line_gets_nothing_for_them(served: Served) -> None:
    """That its own line is safe doesn't say that theirs is, nor who they are."""
    said = served.ask(b"GET /sign-in HTTP/1.1\r\nHost: portal.example.org\r\nConnection: close\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 400 ")


def test_its_account_asks_whether_it_is_well(served: Served) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "portal", "ready"],
        env={**served.environment, "PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        cwd=served.tls,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "ready\n"), done.stderr


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked",
        b"Content-Length: 5\r\nContent-Length: 6",
        b"Transfer-Encoding: xchunked",
        b"Transfer-Encoding : chunked",
        b"Content-Length: 4\r\nTransfer-Encoding: chunked, identity",
    ],
)
def test_a_request_with_two_lengths_reaches_nobody(served: Served, head: bytes) -> None:
    hidden = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    answer = served.ask(b"POST /healthz HTTP/1.1\r\nHost: localhost\r\n" + head + b"\r\n\r\n0\r\n\r\n" + hidden)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert answer[9:12] in {b"400", b"403"}
    assert b"alive" not in answer


@pytest.mark.parametrize("path", ["/healthz", "/sign-in", "/nowhere"])
def test_an_answer_is_as_long_as_it_says(served: Served, path: str) -> None:
    answer = served.ask(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    head, _, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)^content-length: (\d+)\r?$", head, re.MULTILINE)
    assert length
    assert int(length[1]) == len(body)


def test_no_answer_names_a_version_of_the_server(served: Served) -> None:
    answer = served.ask(b"GET /sign-in HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    server = re.findall(rb"(?i)^(?:server|x-powered-by|via): (.*?)\r?$", answer, re.MULTILINE)
    assert not any(re.search(rb"\d", name) for name in server)
