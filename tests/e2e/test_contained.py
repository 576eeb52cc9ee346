"""The image built as the paper says, and run as the compose file closes it: no root, no rights, nothing to write.

Within reach of a long run only: its base is a Debian made here, as no image is brought from elsewhere. What the compose
file says of the portal's service is said to podman word by word; proxy and object store are this machine's loopback.
"""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.request import Request, urlopen

import pytest

from portal.demo.servers import free_port
from portal.tls import Certificates
from storage.objects.s3 import Bucket
from tests import s3_server
from tests.e2e.debian import CHECKOUT, debian, needs, wheel
from tests.e2e.test_booted import WORK
from tests.pdfs import typed
from tests.test_containers import ACCOUNT, services
from tests.test_deploy import PAPER

pytestmark = needs("podman", "runc")

BASE: Final = "localhost/base-of-a-test"
IMAGE: Final = "localhost/portal-of-a-test"
NAME: Final = "portal-of-a-test"


@dataclass(frozen=True)
class Podman:
    """The engine, with images and containers in a folder of its own."""

    folder: Path

    def __call__(self, *words: str) -> str:
        done = self.tries(*words)
        assert not done.returncode, f"{words}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done.stdout + done.stderr

    def tries(self, *words: str) -> subprocess.CompletedProcess[str]:
        where = ("--root", str(self.folder / "store"), "--runroot", str(self.folder / "running"), "--runtime", "runc")
        return subprocess.run(["podman", *where, *words], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Podman]:
    """An engine with the image in it, made by the paper's own line."""
    folder = tmp_path_factory.mktemp("image")
    podman = Podman(folder)
    debian(folder / "root", "ca-certificates")
    packed = folder / "base.tar"
    subprocess.run(["tar", "-C", folder / "root", "-cf", packed, "."], check=True)
    podman("import", str(packed), BASE)
    digest = podman("images", "--digests", "--format", "{{.Digest}}", BASE).strip()
    for name in ("requirements.txt", ".containerignore"):
        shutil.copy(CHECKOUT / name, folder)
    wheel(folder / "dist")
    shutil.copytree(CHECKOUT / "deploy", folder / "deploy")
    line = re.search(r"(?m)^    \$ podman (build .*) -t portal \.$", PAPER.read_text("utf-8"))
    assert line
    words = line[1].replace("NAME@sha256:DIGEST", f"{BASE}@{digest}").split()
    words[words.index("-f") + 1] = str(folder / "deploy" / "Containerfile")
    podman(*words, "--network", "host", "-t", IMAGE, str(folder))
    yield podman
    podman("rm", "-af")
    podman("rmi", "-af")
    shutil.rmtree(folder)


@dataclass(frozen=True)
class Service:
    """What the compose file says of the portal, with folders, port and bucket of a test."""

    podman: Podman
    folder: Path
    port: int
    bucket: Bucket

    def words(self, keys: str) -> list[str]:
        said: dict[str, Any] = services()["portal"]
        given = {
            **said["environment"],
            "PORTAL_PORT": str(self.port),
            "PORTAL_ORIGIN": "https://portal.example.org",
            "PORTAL_S3_ENDPOINT": self.bucket.endpoint,
            "PORTAL_S3_BUCKET": self.bucket.name,
            "PORTAL_S3_ACCESS_KEY": self.bucket.access_key,
            "PORTAL_S3_SECRET_KEY": self.bucket.secret_key,
        }
        volumes = [one.replace("/srv/", f"{self.folder}/").replace("${KEYS_MODE:-ro}", keys) for one in said["volumes"]]
        assert said["read_only"] is True
        return [
            *("--network", "host", "--read-only", "--ulimit", "nproc=4096:4096"),
            *(word for one in said["cap_drop"] for word in ("--cap-drop", one)),
            *(word for one in said["security_opt"] for word in ("--security-opt", one)),
            *(word for name, most in said["ulimits"].items() for word in ("--ulimit", f"{name}={most}:{most}")),
            *(word for one in said["tmpfs"] for word in ("--tmpfs", one)),
            *(word for one in volumes for word in ("-v", one)),
            *("--memory", said["mem_limit"], "--memory-swap", said["memswap_limit"]),
            *("--pids-limit", str(said["pids_limit"])),
            *(word for name, value in given.items() for word in ("-e", f"{name}={value}")),
        ]

    def start(self) -> None:
        self.podman("run", "-d", "--name", NAME, *self.words("ro"), IMAGE)
        for _ in range(60):
            if self.healthy():
                return
            time.sleep(0.5)
        raise AssertionError(self.podman("logs", NAME))

    def healthy(self) -> bool:
        """Do the compose file's own check."""
        kind, *line = services()["portal"]["healthcheck"]["test"]
        assert kind == "CMD"
        return self.podman.tries("exec", NAME, *line).returncode == 0


@pytest.fixture(scope="module")
def service(podman: Podman, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A portal made as the paper says, that serves."""
    folder = tmp_path_factory.mktemp("srv")
    folder.parent.chmod(0o755)
    folder.chmod(0o755)
    for line in re.findall(r"(?m)^    # install -d -m 0700 (-o 10001 .*)$", PAPER.read_text("utf-8")):
        subprocess.run(["install", "-d", "-m", "0700", *line.replace("/srv/", f"{folder}/").split()], check=True)
    store = tmp_path_factory.mktemp("s3")
    with s3_server.running(store) as bucket:
        made = Service(podman, folder, free_port(), bucket)
        about = ("init", "--name", "Ada Example", "--mail", "ada@portal.example")
        mine = ("--network", "none", "--user", "0:0", "-v", f"{folder}:/srv")
        mine += ("--ulimit", "nofile=8192:8192", "--ulimit", "nproc=4096:4096")  # this machine may not give it more
        podman("run", "--rm", *mine, IMAGE, "tls", "make", "/srv/portal-tls")
        subprocess.run(["chown", "-R", f"{ACCOUNT}:{ACCOUNT}", folder / "portal-tls" / "portal"], check=True)
        assert "/enter/" in podman("run", "--rm", *made.words("rw"), IMAGE, *about)
        made.start()
        yield made
        podman("rm", "-f", NAME)


def asked(service: Service, path: str) -> int:
    heads = {"Host": "portal.example.org", "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    proxy = Certificates(service.folder / "portal-tls" / "proxy").client()
    there = Request(f"https://127.0.0.1:{service.port}{path}", headers=heads)
    with urlopen(there, timeout=10, context=proxy) as answer:  # noqa: S310 - our own address
        status: int = answer.status
    return status


def test_it_serves_and_its_doctor_finds_nothing_to_mend(service: Service) -> None:
    assert asked(service, "/sign-in") == 200
    told = service.podman("exec", NAME, "/opt/portal/bin/portal", "doctor")
    assert "\n0 to mend" in told, told


def test_it_is_nobody_without_rights_and_writes_nothing_but_its_data(service: Service) -> None:
    status = service.podman("exec", NAME, "cat", "/proc/1/status")
    assert re.search(rf"(?m)^Uid:\s+{ACCOUNT}\s+{ACCOUNT}\s", status)
    assert re.search(r"(?m)^CapEff:\s+0+$", status)
    assert re.search(r"(?m)^CapBnd:\s+0+$", status)
    assert re.search(r"(?m)^NoNewPrivs:\s+1$", status)
    assert re.search(r"(?m)^Seccomp:\s+2$", status)
    for place in ("/opt/portal/x", "/var/lib/portal-keys/x", "/etc/x", "/x"):
        assert "Read-only file system" in service.podman.tries("exec", NAME, "touch", place).stderr
    assert service.podman("exec", NAME, "touch", "/var/lib/portal/x") == ""


def test_files_are_shown_marked_and_traced_within(service: Service) -> None:
    data = service.folder / "portal" / "data"
    (data / "a.pdf").write_bytes(typed(3))
    (data / "a.docx").write_bytes(b"PK\x03\x04")
    (data / "a.pdf").chmod(0o644)
    (data / "a.docx").chmod(0o644)
    told = service.podman("exec", NAME, "/opt/portal/bin/python", "-c", WORK)
    found = re.search(r"(?m)^DONE (.*)$", told)
    assert found, told
    assert json.loads(found[1]) == {"shown": True, "traced": 0x0123456789ABCDEF, "office": "not_supported"}


def test_it_ends_when_it_is_told_to_and_comes_back_when_it_is_killed(service: Service) -> None:
    service.podman("kill", "-s", "KILL", NAME)
    service.podman("wait", NAME)
    service.podman("rm", NAME)
    service.start()
    service.podman("stop", "-t", "60", NAME)
    assert service.podman("inspect", "--format", "{{.State.ExitCode}}", NAME).strip() == "0"
    service.podman("rm", NAME)
    service.start()
    assert asked(service, "/sign-in") == 200
