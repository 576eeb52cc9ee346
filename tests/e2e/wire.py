"""The portal as one process of its own, as `portal serve` runs it, and a client that speaks to it over a socket.

Unlike the browser of `tests/web_client.py`, this one can send slowly, and sees the process die under its hands.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from urllib.parse import urlencode

from portal.demo.servers import free_port
from portal.settings import Settings
from tests.conftest import LONG, environment
from tests.contents import form_token
from tests.e2e import warm

ROOT = Path(__file__).parents[2]
FORM = "application/x-www-form-urlencoded"
BOUNDARY = "----------the-boundary-of-these-parts"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def location(self) -> str:
        return self.headers.get("location", "")


@dataclass(slots=True)
class Served:
    """A running portal: where it listens, what it wrote, where its temporary files would lie."""

    settings: Settings
    output: Path
    temporary: Path
    limits: Mapping[str, str] = field(default_factory=dict)
    is_warm: bool = False  # forked from a process that has read the libraries, instead of started anew
    ahead: Path | None = None  # holds the seconds by which the clock of a forked one is ahead
    port: int = 0
    process: subprocess.Popen[bytes] | warm.Warm | None = None

    def start(self, before: object = None) -> "Served":
        """Start the process and wait until it answers."""
        self.port = self.port or free_port()
        self.temporary.mkdir(exist_ok=True)
        settings = {
            **os.environ,
            **environment(self.settings),
            **LONG,
            "PORTAL_PORT": str(self.port),
            "PORTAL_ORIGIN": self.origin,
            "PYTHONDONTWRITEBYTECODE": "1",
            "TMPDIR": str(self.temporary),
            **self.limits,
        }
        self.process = (
            self._anew(settings, before)
            if before or not self.is_warm
            else warm.begin(settings, self.output, self.ahead)
        )
        until = time.monotonic() + 30
        while not self.answers():
            assert self.process.poll() is None, self.output.read_text()
            assert time.monotonic() < until, "it did not start in time"
            time.sleep(0.03)
        return self

    def _anew(self, settings: Mapping[str, str], before: object) -> subprocess.Popen[bytes]:
        with self.output.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "portal", "serve"],
                cwd=ROOT,
                env=settings,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                preexec_fn=before,  # type: ignore[arg-type]  # noqa: PLW1509  # sets limits, takes no lock
            )

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def answers(self) -> bool:
        try:
            return self.ask("GET", "/healthz").status == 200
        except (OSError, HTTPException):
            return False

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end."""
        self._end(signal.SIGTERM)

    def _end(self, sign: signal.Signals) -> None:
        if self.process is None:
            return
        self.process.send_signal(sign)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(15)
        self.process.kill()
        self.process.wait()

    def ask(
        self,
        method: str,
        path: str,
        token: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | Iterable[bytes] = b"",
        length: int | None = None,
    ) -> Answer:
        """Send one request; a body in pieces is sent piece by piece."""
        line = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            line.putrequest(method, path, skip_host=True)
            sent = {"Host": f"localhost:{self.port}", "Origin": self.origin, **(headers or {})}
            if token:
                sent.setdefault("Cookie", f"portal-local={token}")
            if isinstance(body, bytes):
                body, length = [body] if body else [], len(body)
            for name, value in sent.items():
                line.putheader(name, value)
            line.putheader("Content-Length", str(length))
            line.endheaders()
            for piece in body:
                line.send(piece)
            return answer_of(line.getresponse())
        finally:
            line.close()

    def post(self, path: str, token: str, /, **fields: str) -> Answer:
        """Send a form, with the token that its page holds."""
        body = urlencode({"csrf": form_token(token), **fields}).encode()
        return self.ask("POST", path, token, headers={"Content-Type": FORM}, body=body)

    def upload(
        self, path: str, token: str, name: str, content: bytes, *, pieces: int = 1, pause: float = 0, **fields: str
    ) -> Answer:
        """Send one file, in pieces with a pause between them."""
        body = multipart_of({"csrf": form_token(token), **fields}, name, content)
        size = len(body) // pieces + 1

        def slowly() -> Iterable[bytes]:
            for at in range(0, len(body), size):
                if at and pause:
                    time.sleep(pause)
                yield body[at : at + size]

        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        return self.ask("POST", path, token, headers=headers, body=slowly(), length=len(body))


def multipart_of(fields: Mapping[str, str], name: str, content: bytes, declared: str = "application/pdf") -> bytes:
    """Write an upload's body as browsers do: the fields, then the file."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in fields.items()
    ]
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
    head += f"Content-Type: {declared}\r\n\r\n"
    return b"".join([*parts, head.encode(), content, f"\r\n--{BOUNDARY}--\r\n".encode()])


def answer_of(response: HTTPResponse) -> Answer:
    """Read an answer to its end."""
    headers: dict[str, str] = {}
    for name, value in response.getheaders():
        headers[name.lower()] = ", ".join(filter(None, (headers.get(name.lower()), value)))
    return Answer(response.status, headers, response.read())
