"""Nothing lies in the clear: words that nobody would guess go into every field and file, and are found nowhere.

A real server takes them through its pages, with an upload still under way while the search goes on. Searched is every
byte under the data and the key folder, what the server wrote, the numbers and traces that it gives out, the folder for
temporary files, and every file that the process holds open, deleted ones included; for each word as it is, in UTF-16,
in hex, in base64 and percent-encoded.
"""

import base64
import json
import os
import secrets
import string
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import func
from sqlmodel import col, select

from portal.demo.servers import free_port
from storage.notices import Notice
from storage.tables import PortalSession
from tests import databases
from tests.cast import World
from tests.collecting import Collector, collecting
from tests.contents import form_token
from tests.e2e.accounting import Accounting
from tests.e2e.planting import Planting, Words, encodings, found_in
from tests.e2e.talking import Talking
from tests.e2e.wire import BOUNDARY, Served, multipart_of

pytestmark = pytest.mark.e2e


def everything(served: Served) -> Iterator[tuple[str, bytes]]:
    """Read all that lies somewhere because of the portal."""
    for folder in (served.settings.data, served.settings.keys, served.temporary):
        for path in folder.rglob("*"):
            yield f"the name of {path.name}", os.fsencode(path.name)
            if path.is_file():
                yield str(path.relative_to(folder)), path.read_bytes()
    if databases.ON_SERVER:
        yield "the server of the database", databases.raw_at(served.settings.database)
    yield "what it wrote", served.output.read_bytes()
    yield "the numbers that it gives out", numbers(served)
    yield from _of_process(Path(f"/proc/{served.pid}"))


def _of_process(own: Path) -> Iterator[tuple[str, bytes]]:
    yield "the command line", (own / "cmdline").read_bytes() + (own / "environ").read_bytes()
    for thread in (own / "task").iterdir():
        try:
            name = (thread / "comm").read_bytes()
        except (FileNotFoundError, ProcessLookupError):  # one that ended meanwhile
            continue
        yield "the name of a thread", name
    for opened in (own / "fd").iterdir():
        try:
            target = str(opened.readlink())
        except FileNotFoundError:  # a connection that was closed meanwhile
            continue
        yield "the name of an open file", target.encode()
        if target.startswith("/") and not target.startswith(("/dev/", "/proc/")):
            yield f"open: {target}", opened.read_bytes()


def numbers(served: Served) -> bytes:
    told = served.limits
    asking = {"Authorization": f"Bearer {told['PORTAL_METRICS_TOKEN']}"}
    url = f"http://127.0.0.1:{told['PORTAL_METRICS_PORT']}/metrics"
    with urlopen(Request(url, headers=asking), timeout=10) as answer:
        content: bytes = answer.read()
    return content


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as running:
        yield running


@pytest.fixture
def served(world: World, collector: Collector, tmp_path: Path) -> Iterator[Served]:
    mail = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(free_port()), "SMTP_SECURITY": "none"}
    mail["MAIL_FROM"] = "portal@example.org"  # nobody takes it there, so it waits
    told = {"LOG_FORMAT": "json", "METRICS_PORT": str(free_port()), "TRACES_ENDPOINT": collector.url}
    told["METRICS_TOKEN"] = "Unguessable-Metrics-Token"
    limits = {f"PORTAL_{name}": value for name, value in {**mail, **told}.items()}
    running = Served(world.portal.settings, tmp_path / "output", tmp_path / "temporary", limits)
    yield running.start()
    running.stop()


class Underway:
    """An upload that stops in its middle until it is cut."""

    def __init__(self, planting: Planting) -> None:
        served, words = planting.served, planting.words
        content = b"%PDF-1.7\n" + (words.new("content under way") + "\n").encode() * 60_000
        token = planting.world.members["officer"].token
        said = {"csrf": form_token(token), "kind": "law", "language": "en", "title": words.new("title under way")}
        body = multipart_of(said, f"{words.new('file name under way')}.pdf", content)
        self._line = HTTPConnection("127.0.0.1", served.port, timeout=30)
        self._line.putrequest("POST", f"/rooms/{planting.world.files['xaa'].rooms['shared']}/documents", skip_host=True)
        for name, value in {
            "Host": f"localhost:{served.port}",
            "Origin": served.origin,
            "Cookie": f"portal-local={token}",
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
            "Content-Length": str(len(body)),
            "User-Agent": words.new("client under way"),
        }.items():
            self._line.putheader(name, value)
        self._line.endheaders()
        self._line.send(body[: len(body) - 100_000])
        until = time.monotonic() + 20
        while not self._staged(served):
            assert time.monotonic() < until, "nothing of it is on its way"
            time.sleep(0.05)

    @staticmethod
    def _staged(served: Served) -> bool:
        return any(path.stat().st_size > 100_000 for path in (served.settings.data / "objects" / "new").iterdir())

    def cut(self) -> None:
        self._line.close()


def test_no_planted_word_lies_anywhere(world: World, served: Served, collector: Collector) -> None:
    words = Words()
    before = served.temporary.stat().st_mtime_ns
    planting = Planting(world, served, words)
    plain = "Plainland " + "".join(secrets.choice(string.ascii_lowercase) for _ in range(12))
    assert planting.post("/states/XFF", "registrar", name_en=plain, group="").status == 303
    planting.documents()
    Talking(planting).play()
    planting.notes()
    Accounting(planting).play()
    planting.person()
    planting.doors()
    planting.astray()
    mail_waits(world)
    for name in ("officer", "focal_xaa", "translator"):
        words.keep(f"session of {name}", world.members[name].token)
    words.keep("name of the cast's device", "Firefox, Linux")
    underway = Underway(planting)
    try:
        assert found_in(everything(served), {"a State's name, which is no secret": plain}), "the search finds nothing"
        assert not found_in(everything(served), words.planted)
        check_numbers(world, numbers(served).decode())
    finally:
        underway.cut()
    assert served.temporary.stat().st_mtime_ns == before, "a temporary file was made"
    served.stop()
    assert not found_in(everything_left(served), words.planted)
    assert len(words.planted) > 190
    assert not found_in([("the traces", json.dumps(collector.bodies).encode())], words.planted)
    assert "POST /rooms/{id}/documents" in {one["name"] for one in collector.spans}
    lines = [json.loads(line) for line in served.output.read_text().splitlines()]
    assert {"time", "level", "logger", "message"} <= set(lines[0])
    assert any("was refused" in line["message"] for line in lines)


def check_numbers(world: World, told: str) -> None:
    """See that they count what was done, by the patterns of addresses, and name nothing that stood in one."""
    assert 'route="/rooms/{id}/documents",status="303"' in told
    assert 'portal_worker_steps_total{result="done",step="sequence"}' in told
    names = [name for text in text_string_to_metric_families(told) for sample in text.samples for name in sample.labels]
    assert set(names) == {"method", "route", "status", "le", "step", "result", "thread"}
    for file in world.files.values():
        assert str(file.review) not in told
        assert not any(str(room) in told for room in file.rooms.values())


def mail_waits(world: World) -> None:
    """Wait until the mail that tells of all this was tried, in vain, and waits."""
    until = time.monotonic() + 30
    tried = select(func.count()).where(col(Notice.due_at).is_not(None), col(Notice.attempts) > 0)
    while True:
        with world.portal.database.read() as session:
            if session.scalar(tried):
                return
        assert time.monotonic() < until, "no mail was tried"
        time.sleep(0.1)


def everything_left(served: Served) -> Iterator[tuple[str, bytes]]:
    """Read what lies there after the end, when the database's log is back in the database."""
    for path in [served.output, *served.settings.data.rglob("*")]:
        if path.is_file():
            yield str(path), path.read_bytes()
    if databases.ON_SERVER:
        yield "the server of the database", databases.raw_at(served.settings.database)


def test_the_search_finds_a_word_however_it_is_written(world: World) -> None:
    word = Words().new("a word")
    forms = [*encodings(word), quote(word).encode(), base64.b64encode(b"before " + word.encode() + b" after")]
    for form in forms:
        assert found_in([("here", b"\0\1 around " + form + b" it")], {"a word": word}) == [("a word", "here")]
    assert not found_in([("here", word[1:].encode())], {"a word": word})
    with world.portal.database.read() as session:
        assert session.query(PortalSession).count()
