"""A server of PostgreSQL in a network namespace of its own, at the other end of a cable that can be pulled."""

import os
import secrets
import subprocess
from pathlib import Path
from shutil import which
from types import TracebackType
from typing import Final, Self

import pytest

from tests.authorities import authority, speak_tls
from tests.databases import Server

NEAR: Final = "10.213.7.1"
FAR: Final = "10.213.7.2"
NEEDED: Final = "nobody may make network namespaces here (root may, with Debian's iproute2)"


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


class Cable:
    """A way to a server that is cut as a network is: nothing is closed, nothing acknowledged."""

    def __init__(self, folder: Path) -> None:
        if os.getuid() != 0 or which("ip") is None:
            pytest.skip(NEEDED)
        self._folder, mark = folder, secrets.token_hex(3)
        self._space, self._near, self._far = f"portal-{mark}", f"near-{mark}", f"far-{mark}"

    def __enter__(self) -> Self:
        try:
            _ip("netns", "add", self._space)
        except subprocess.CalledProcessError:
            pytest.skip(NEEDED)
        _ip("link", "add", self._near, "type", "veth", "peer", "name", self._far, "netns", self._space)
        _ip("address", "add", f"{NEAR}/30", "dev", self._near)
        _ip("link", "set", self._near, "up")
        _ip("-n", self._space, "address", "add", f"{FAR}/30", "dev", self._far)
        self.heal()
        self.server = Server(inside=("ip", "netns", "exec", self._space))
        authority(self._folder, FAR)
        speak_tls(self.server, self._folder, FAR)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.end()
        _ip("link", "delete", self._near)
        _ip("netns", "delete", self._space)

    def address(self, name: str) -> str:
        return f"postgresql://portal@{FAR}/{name}?sslmode=verify-full&sslrootcert={self._folder / 'ca.pem'}"

    def cut(self) -> None:
        """Pull the far end out: what is sent gets lost, and nobody says so."""
        _ip("-n", self._space, "link", "set", self._far, "down")

    def heal(self) -> None:
        """Put it in again."""
        _ip("-n", self._space, "link", "set", self._far, "up")
