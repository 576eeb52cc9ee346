"""Office files as PDF, by LibreOffice where Debian's is installed, in a root of its own (office_process.py).

What is shown of a file is what LibreOffice prints: tracked changes with what was deleted struck through, no comments.
No macro runs and nothing is fetched. Where the kernel gives no namespaces to the portal's account, as in a hardened
unit of systemd (`RestrictNamespaces`) or in many containers, such files aren't supported.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from threading import Event
from typing import Final

from portal.domain.rendering import Failure, NotRendered
from portal.rendering.confinement import Limits, Places, collected, lay
from portal.rendering.jobs import NO_CONFINEMENT

PROGRAM: Final = Path("/usr/lib/libreoffice/program")
# endings, and the library without which LibreOffice doesn't know them
ENDINGS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("docx", "docm", "doc", "odt", "rtf"), "libswlo.so"),
    **dict.fromkeys(("xlsx", "xlsm", "xls", "ods"), "libsclo.so"),
    **dict.fromkeys(("pptx", "pptm", "ppt", "odp"), "libsdlo.so"),
}
_CHILD: Final = Path(__file__).with_name("office_process.py")
_OLE2: Final = b"\xd0\xcf\x11\xe0"
_LOCKED: Final = "EncryptedPackage".encode("utf-16-le")


class Office:
    """Converts, one file at a time: each takes a processor for a second or more."""

    def __init__(self, limits: Limits | None = None, at_once: int = 1, waits_seconds: float = 30) -> None:
        self.limits = limits or Limits(seconds=60)
        self._places = Places(at_once, waits_seconds)

    def takes(self, ending: str) -> bool:
        """Tell whether LibreOffice is here, with what it needs for files of this ending (without a dot)."""
        return ending in ENDINGS and (PROGRAM / "soffice.bin").exists() and (PROGRAM / ENDINGS[ending]).exists()

    def pdf_of(self, file: bytes | Iterable[bytes], ending: str, stop: Event | None = None) -> bytes:
        """Convert a file; its ending says how it is read.

        Raises:
            NotRendered: It can't be converted, or not on this machine.
        """
        if not self.takes(ending):
            raise NotRendered(Failure.NOT_SUPPORTED)
        given = os.memfd_create("input", os.MFD_CLOEXEC)
        try:
            with self._places.one(stop):
                with os.fdopen(given, "wb", closefd=False) as memory:
                    size = lay(memory, file, self.limits)
                if os.pread(given, len(_OLE2), 0) == _OLE2 and _LOCKED in os.pread(given, size, 0):
                    raise NotRendered(Failure.ENCRYPTED)
                return self._converted(given, ending, stop or Event())
        finally:
            os.close(given)

    def _converted(self, given: int, ending: str, stop: Event) -> bytes:
        until = time.monotonic() + self.limits.seconds
        words = (ending, str(self.limits.memory_bytes), str(self.limits.seconds))
        with subprocess.Popen(  # noqa: S603 - our own program; its words are of lists and numbers
            [sys.executable, "-I", "-X", "utf8", str(_CHILD), *words],
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            start_new_session=True,
        ) as process:
            try:
                content, status = collected(process, until, self.limits, stop)
            finally:
                process.kill()
        if status == NO_CONFINEMENT:
            raise NotRendered(Failure.NOT_SUPPORTED)
        if status or not content.startswith(b"%PDF-"):
            raise NotRendered(Failure.DAMAGED)
        return content
