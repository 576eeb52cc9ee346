"""An empty Debian in a folder, made for a test of the long run by debootstrap."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.test_deploy import DEPLOY

CHECKOUT: Final = DEPLOY.parent
# how a Debian reaches its packages, and Python its own, as on this machine
OF_THIS_MACHINE: Final = ("/etc/resolv.conf", "/etc/pip.conf", "/etc/ssl/certs/ca-certificates.crt")


def needs(*programs: str) -> list[pytest.MarkDecorator]:
    """Give the marks of a test that makes one, and runs it by these programs of Debian's packages of such names."""
    away = [one for one in ("debootstrap", *programs) if shutil.which(one) is None]
    return [
        pytest.mark.e2e,
        pytest.mark.slow,
        pytest.mark.skipif(os.geteuid() != 0, reason="only root makes containers"),
        pytest.mark.skipif(bool(away), reason=f"needs Debian's {', '.join(away)}"),
    ]


def debian(root: Path, parts: str) -> None:
    """Make it, with some more packages than the least."""
    listed = ["apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages", "Codename: bookworm"]
    mirror = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split()[:1]
    made = ["debootstrap", "--variant=minbase", f"--include={parts}", "bookworm", root, *mirror]
    subprocess.run(made, capture_output=True, check=True)
    for path in OF_THIS_MACHINE:
        if Path(path).exists():
            shutil.copy(path, root / path.lstrip("/"))
    for path in Path("/etc/apt/apt.conf.d").iterdir():
        shutil.copy(path, root / "etc/apt/apt.conf.d")


def wheel(folder: Path) -> None:
    """Build the portal's wheel as the paper says, into a folder."""
    words = ["-m", "hatchling", "build", "-t", "wheel", "-d", folder]
    subprocess.run([CHECKOUT / ".venv/bin/python", *words], cwd=CHECKOUT, capture_output=True, check=True)
