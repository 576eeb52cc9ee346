"""The portal installed on an empty Debian line by line as the paper says, and run by systemd in its unit.

Within reach of a long run only: it makes a Debian (debootstrap) and boots it in a container of systemd's own.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Final

import pytest

from tests.e2e.debian import CHECKOUT, debian, needs, wheel
from tests.pdfs import typed
from tests.portal.rendering.test_office import letter
from tests.test_deploy import DEPLOY, OFFICE, PAPER, UNIT, commands, paper

pytestmark = needs("systemd-nspawn")

LANDLOCK: Final = "landlock_create_ruleset landlock_add_rule landlock_restrict_self"  # containers of systemd refuse it
# what people do with files, from within the unit
WORK: Final = """
import json
from pathlib import Path
from portal.domain import copies
from portal.domain.rendering import NotRendered
from portal.papers.mark import Mark
from portal.rendering.confinement import Confinement
from portal.rendering.office import Office
from portal.rendering.renderer import Renderer
number, data = 0x0123456789ABCDEF, Path("/var/lib/portal")
mark = Mark("Amina أمينة", "Freedonia", "now", copies.written(number))
def said(act):
    try:
        return act()
    except NotRendered as told:
        return told.failure
with Confinement() as confinement:
    renderer = Renderer(confinement)
    done = {
        "shown": said(lambda: renderer.page((data / "a.pdf").read_bytes(), 1, mark).pages > 0),
        "traced": said(lambda: renderer.traced(renderer.marked((data / "a.pdf").read_bytes(), number, mark))[0].number),
        "office": said(lambda: Office().pdf_of((data / "a.docx").read_bytes(), "docx")[:5].decode()),
    }
print("DONE", json.dumps(done, default=str))
"""
# begun by systemd when all else runs; says what it found and ends the machine
LOOK: Final = """#!/bin/sh
wait_for() { for i in $(seq 60); do portal ready && break; sleep 1; done; }
wait_for
own=/etc/portal-tls/proxy
{
    echo READY $(portal ready)
    echo RUNS $(systemctl is-active portal)
    curl -s -o /dev/null -w 'PAGE %{http_code}\\n' -H 'Host: portal.example.org' -H 'X-Forwarded-Proto: https' \\
        -H 'X-Forwarded-For: 203.0.113.9' --cacert $own/authority.pem --cert $own/certificate.pem --key $own/key.pem \\
        https://127.0.0.1:8000/sign-in
    for one in work work-office; do systemctl start $one; journalctl -u $one --no-pager -o cat; done
    systemctl kill -s KILL portal; sleep 2; wait_for
    echo AGAIN $(portal ready)
    systemctl stop portal
    echo ENDED $(systemctl show -p Result --value portal)
} > /var/tmp/found 2>&1
systemctl poweroff
"""


@dataclass(frozen=True)
class Machine:
    """A Debian in a folder."""

    root: Path

    def run(self, line: str) -> str:
        """Run a line as its root, in the folder with what was brought."""
        done = subprocess.run(
            ["chroot", self.root, "sh", "-ec", f"cd /root\n{line}"],
            capture_output=True,
            text=True,
            env={
                "PATH": "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin",
                "DEBIAN_FRONTEND": "noninteractive",
                "LC_ALL": "C.UTF-8",
            },
            check=False,
        )
        assert not done.returncode, f"{line}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done.stdout

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        place = self.root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        place.chmod(mode)

    def boot(self) -> str:
        """Run it until it ends itself; gives what it found."""
        subprocess.run(
            [
                *("systemd-nspawn", "-q", "--register=no", "--keep-unit", "-D", self.root, "--private-network", "-b"),
                *("--console=pipe", f"--system-call-filter={LANDLOCK}"),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=240,
            check=False,
        )
        return (self.root / "var/tmp/found").read_text()


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """An empty Debian with what the paper has brought to the machine."""
    folder = tmp_path_factory.mktemp("booted")
    made = Machine(folder / "root")
    debian(made.root, "systemd,systemd-sysv,ca-certificates,curl")
    home = made.root / "root"
    wheel(home)
    for name in ("requirements.txt", "deploy/env.example", "deploy/Caddyfile"):
        shutil.copy(CHECKOUT / name, home)
    shutil.copytree(DEPLOY / "systemd", home / "systemd")
    yield made
    shutil.rmtree(made.root)  # 1.5 GB


@pytest.fixture(scope="module")
def found(machine: Machine) -> str:
    """What the machine finds once it was installed as the paper says, and booted."""
    command = re.search(r"as `/usr/local/sbin/portal` \(mode 0755\):\n\n((?:    .*\n)+)", PAPER.read_text("utf-8"))
    assert command
    machine.write("/usr/local/sbin/portal", dedent(command[1]), 0o755)
    of_a_running_machine = ("portal ready", "systemctl reload", "systemctl daemon-reload")
    of_the_proxy = ("chown -R caddy:", "install -m 0644 Caddyfile")
    for line in commands(paper("Install")):
        if line == "portal init":
            machine.run("portal init --name 'Ada Example' --mail ada@portal.example")
        elif OFFICE.name not in line and not line.startswith(of_a_running_machine + of_the_proxy):
            quietly = line.replace("apt-get install", "apt-get update -qq && apt-get install -qq -y")
            machine.run(quietly.replace("enable --now", "enable"))  # nothing runs there before it is booted
    machine.run("apt-get install -qq -y --no-install-recommends libreoffice-writer-nogui")
    data = machine.root / "var/lib/portal"
    (data / "a.pdf").write_bytes(typed(3))
    (data / "a.docx").write_bytes(letter("Words"))
    # the same walls, other work in them
    work = re.sub(r"(?m)^ExecStart=.*", "ExecStart=/opt/portal/bin/python3 /opt/work.py", UNIT.read_text("utf-8"))
    work = re.sub(r"(?m)^Restart.*\n", "", work).replace("Type=exec", "Type=oneshot")
    machine.write("/opt/work.py", WORK)
    for name in ("work", "work-office"):
        machine.write(f"/etc/systemd/system/{name}.service", work)
    machine.write("/etc/systemd/system/work-office.service.d/office.conf", OFFICE.read_text("utf-8"))
    machine.write("/usr/local/sbin/look", LOOK, 0o755)
    look = "[Unit]\nAfter=portal.service\n[Service]\nExecStart=/usr/local/sbin/look\n"
    machine.write("/etc/systemd/system/look.service", look + "[Install]\nWantedBy=multi-user.target\n")
    machine.run("systemctl enable look")
    return machine.boot()


def test_what_was_installed_as_the_paper_says_answers_and_comes_back_when_it_is_killed(found: str) -> None:
    assert "READY ready" in found
    assert "RUNS active" in found
    assert "PAGE 200" in found
    assert "AGAIN ready" in found
    assert "ENDED success" in found


def test_files_are_shown_marked_and_traced_within_the_unit(found: str) -> None:
    alone, with_office = (json.loads(line) for line in re.findall(r"^DONE (.*)$", found, re.MULTILINE))
    assert alone == {"shown": True, "traced": 0x0123456789ABCDEF, "office": "not_supported"}
    assert with_office == {**alone, "office": "%PDF-"}
