"""A real token for tests: SoftHSM, in a folder of its own, which can be taken away and put back."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pkcs11
import pytest
from pkcs11.exceptions import PKCS11Error

from storage.keys.token_uri import Token, read_uri

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
MISSING = "needs Debian's softhsm2 (apt-get install softhsm2)"
PIN = "quiet-violet-17"
OFFICER = "so-brown-anchor"


class SoftHsm:
    """One folder of tokens. SoftHSM reads where it is from the environment, at each beginning of the library."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tokens = folder / "tokens"
        self.pin_file = folder / "pin"
        self.config = folder / "softhsm2.conf"
        self.tokens.mkdir(parents=True)
        self.config.write_text(
            f"directories.tokendir = {self.tokens}\nobjectstore.backend = file\nlog.level = ERROR\n", "utf-8"
        )
        self.set_pin(PIN)

    def set_pin(self, pin: str) -> None:
        self.pin_file.write_text(f"{pin}\n", "utf-8")
        self.pin_file.chmod(0o600)

    def make(self, label: str = "portal") -> None:
        """Initialize a token, as the ceremony does."""
        subprocess.run(
            ["softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", OFFICER, "--pin", PIN],
            env={**os.environ, "SOFTHSM2_CONF": str(self.config)},
            check=True,
            capture_output=True,
        )

    def uri(self, label: str = "portal", keys: str = "portal-keys") -> str:
        return f"pkcs11:token={label};object={keys}?module-path={MODULE}&pin-source=file:{self.pin_file}"

    def token(self, label: str = "portal", keys: str = "portal-keys") -> Token:
        return read_uri(self.uri(label, keys))

    def vanish(self) -> None:
        self.tokens.rename(self.folder / "elsewhere")

    def come_back(self) -> None:
        (self.folder / "elsewhere").rename(self.tokens)

    def swap(self) -> None:
        """Put another token of the same label and PIN in its place; swap again to undo it."""
        aside, other = self.folder / "aside", self.folder / "other"
        self.tokens.rename(aside)
        if other.exists():
            other.rename(self.tokens)
            aside.rename(other)
        else:
            self.tokens.mkdir()
            aside.rename(other)
            self.make()

    @contextmanager
    def by_hand(self, label: str = "portal") -> Iterator[pkcs11.Session]:
        """Work on the token as somebody who holds its PIN."""
        token = pkcs11.lib(str(MODULE)).get_token(token_label=label)
        try:
            session = token.open(rw=True, user_pin=PIN)
        except pkcs11.exceptions.UserAlreadyLoggedIn:
            session = token.open(rw=True)
            yield session
            session.close()
        else:
            yield session
            session.close()  # logs everybody out: what is open begins anew

    def objects(self) -> list[bytes]:
        """What the token keeps, as it lies on the disk; not its own description."""
        return [path.read_bytes() for path in self.tokens.rglob("*.object") if path.name != "token.object"]


@contextmanager
def softhsm(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[SoftHsm]:
    """Begin the library in a folder of its own, with one token."""
    if not MODULE.exists() or shutil.which("softhsm2-util") is None:
        pytest.skip(MISSING)
    hsm = SoftHsm(folder)
    patch.setenv("SOFTHSM2_CONF", str(hsm.config))
    hsm.make()
    forget()
    yield hsm
    forget()


def forget() -> None:
    """End the library's life: the next use begins it anew, and reads its environment."""
    with suppress(PKCS11Error):
        library = pkcs11.lib(str(MODULE))
        library.finalize()
