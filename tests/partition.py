"""Something between the portal and the server of its database that stops to pass anything on, and closes nothing.

It stands in for a network that is cut where no namespaces can be made, and goes further: the kernel here goes on
acknowledging, so TCP itself never notices.
"""

import socket
import tempfile
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Self

from tests.databases import PORT, Server


class Partition:
    """A way to a server's socket, by a socket in a folder of its own."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.folder = Path(tempfile.mkdtemp(prefix="portal-way-"))
        self._passes, self._over = Event(), Event()
        self._lock, self._open = Lock(), set[socket.socket]()
        self._passes.set()
        self._ear = socket.socket(socket.AF_UNIX)
        self._ear.bind(str(self.folder / f".s.PGSQL.{PORT}"))
        self._ear.listen(64)

    def __enter__(self) -> Self:
        Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self.drop()
        self._passes.set()
        self._ear.close()
        rmtree(self.folder)

    def address(self, name: str) -> str:
        return f"postgresql://portal@/{name}?host={self.folder}"

    def cut(self) -> None:
        """Pass nothing on from now on."""
        self._passes.clear()

    def heal(self) -> None:
        """Pass on what waited, and all that comes."""
        self._passes.set()

    def drop(self) -> None:
        """Close what is open, as whatever stands between gives up a connection at last."""
        with self._lock:
            for one in self._open:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                near = self._ear.accept()[0]
            except OSError:
                return
            Thread(target=self._join, args=(near,), daemon=True).start()

    def _join(self, near: socket.socket) -> None:
        with near, socket.socket(socket.AF_UNIX) as far:
            self._passes.wait()
            with suppress(OSError):
                far.connect(str(self._server.folder / f".s.PGSQL.{PORT}"))
                with self._lock:
                    self._open |= {near, far}
                back = Thread(target=self._pump, args=(far, near), daemon=True)
                back.start()
                self._pump(near, far)
                back.join()
            with self._lock:
                self._open -= {near, far}

    def _pump(self, out_of: socket.socket, into: socket.socket) -> None:
        with suppress(OSError):
            while block := out_of.recv(65536):
                self._passes.wait()
                into.sendall(block)
        for one in (out_of, into):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
