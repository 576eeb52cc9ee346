"""A browser without scripts, over plain HTTP: keeps cookies, reads forms, sends files, asks for ranges."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

BLOCK: Final = 256 * 1024
SECONDS: Final = 120
ID: Final = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
BOUNDARY: Final = "portal-demonstration-7f3c1b90d24e"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """Give the body as text."""
        return self.body.decode("utf-8", "replace")

    @property
    def place(self) -> str:
        """Give the path to which the answer leads on, or nothing."""
        return self.headers.get("location", "")


@dataclass(slots=True)
class PageForm:
    """A form of a page, as a browser would send it if nobody touched it."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    choices: dict[str, dict[str, str]] = field(default_factory=dict)  # of each list: what is shown, what is sent


class Visitor:
    """One person's browser."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.cookies: dict[str, str] = {}

    @property
    def origin(self) -> str:
        """Give the address of the portal, as a browser names it."""
        return f"http://localhost:{self._port}"

    def get(self, path: str, **headers: str) -> Answer:
        """Ask for a page or a file; headers are given with underscores."""
        return self._ask("GET", path, {name.replace("_", "-"): value for name, value in headers.items()})

    def fetch(self, path: str, sink: Callable[[bytes], object], **headers: str) -> Answer:
        """Ask for a file of any size: its bytes go to the sink, block by block, and the answer has none."""
        return self._ask("GET", path, {name.replace("_", "-"): value for name, value in headers.items()}, sink=sink)

    def send(self, page: str, choose: Callable[[PageForm], bool], **values: str | Sequence[str]) -> Answer:
        """Fill in a form of a page and send it.

        Raises:
            LookupError: The page has no such form.

        """
        form = self.form(page, choose)
        return self.post(form.action or page, {**form.fields, **values})

    def form(self, page: str, choose: Callable[[PageForm], bool]) -> PageForm:
        """Find a form of a page.

        Raises:
            LookupError: The page has none that is chosen.

        """
        answer = self.get(page)
        for form in forms_of(answer.text):
            if choose(form):
                return form
        raise LookupError(f"the page {kind_of(page)} (status {answer.status}) has no such form")

    def post(self, path: str, fields: Mapping[str, str | Sequence[str]]) -> Answer:
        """Send the fields of a form; one with several values is sent once for each."""
        body = urlencode(fields, doseq=True).encode()
        return self._ask("POST", path, {"Content-Type": "application/x-www-form-urlencoded"}, body)

    def upload(self, form: PageForm, files: Sequence[tuple[str, Path]], **values: str) -> Answer:
        """Send files with a form, each under a name, block by block."""
        head = b"".join(_part(name, value) for name, value in {**form.fields, **values}.items())
        parts = [(_file_head(name), path) for name, path in files]
        length = len(head) + sum(len(first) + path.stat().st_size + 2 for first, path in parts) + len(_END)
        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Content-Length": str(length)}
        return self._ask("POST", form.action, headers, _stream(head, parts))

    def token(self) -> str:
        """Give the value of the session's cookie."""
        return self.cookies["portal-local"]

    def _ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | Iterator[bytes] | None = None,
        sink: Callable[[bytes], object] | None = None,
    ) -> Answer:
        sent = {"Host": f"localhost:{self._port}", "User-Agent": "portal-demo", "Accept-Language": "en", **headers}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if method == "POST":
            sent["Origin"] = self.origin
        line = HTTPConnection("127.0.0.1", self._port, timeout=SECONDS)
        try:
            line.request(method, path, body, sent)
            response = line.getresponse()
            given = {name.lower(): value for name, value in response.getheaders()}
            while sink is not None and (block := response.read(BLOCK)):
                sink(block)
            answer = Answer(response.status, given, response.read())
        finally:
            line.close()
        for cookie in response.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(cookie).items():
                self.cookies[name] = morsel.value
        self.cookies = {name: value for name, value in self.cookies.items() if value}
        return answer


def forms_of(page: str) -> list[PageForm]:
    """Read the forms of a page."""
    reader = _FormReader()
    reader.feed(page)
    return reader.forms


def ids_in(page: str, before: str, after: str = "") -> list[str]:
    """Find the ids in the addresses of a page, each once, in order."""
    found = re.findall(f"{re.escape(before)}({ID}){re.escape(after)}", page)
    return list(dict.fromkeys(found))


def kind_of(path: str) -> str:
    """Give an address without the ids and tokens in it."""
    return re.sub(r"/(enter/)?[\w-]{30,}", r"/\1...", path)


class _FormReader(HTMLParser):
    """Collects the forms of a page with their fields."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[PageForm] = []
        self._open: PageForm | None = None
        self._list = ""
        self._option: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a form, or a field of the one that is open."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = PageForm(given.get("action", ""))
            self.forms.append(self._open)
        elif self._open is not None:
            self._field(self._open, tag, given)

    def handle_endtag(self, tag: str) -> None:
        """Close a form or a list."""
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._list = ""
        elif tag == "option":
            self._option = None

    def handle_data(self, data: str) -> None:
        """Take what is shown for a choice of a list."""
        if self._open is not None and self._list and self._option is not None and data.strip():
            self._open.choices[self._list][data.strip()] = self._option

    def _field(self, form: PageForm, tag: str, given: Mapping[str, str]) -> None:
        name, kind = given.get("name", ""), given.get("type", "text")
        if tag == "select":
            self._list = name
            form.choices.setdefault(name, {})
            form.fields.setdefault(name, "")
        elif tag == "option" and self._list:
            self._option = given.get("value", "")
            if "selected" in given or not form.fields[self._list]:
                form.fields[self._list] = self._option
        elif tag == "textarea" and name:
            form.fields.setdefault(name, "")
        elif tag == "input" and name and kind not in {"file", "submit", "checkbox", "radio"}:
            form.fields[name] = given.get("value", "")
        elif tag == "input" and name and "checked" in given:
            form.fields[name] = given.get("value", "on")


_END: Final = f"--{BOUNDARY}--\r\n".encode()


def _part(name: str, value: str) -> bytes:
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


def _file_head(name: str) -> bytes:
    """Write the head of a file's part as browsers do: UTF-8, only quotes and line ends escaped."""
    shown = name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
    first = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{shown}"\r\n'
    return f"{first}Content-Type: application/octet-stream\r\n\r\n".encode("utf-8", "surrogateescape")


def _stream(head: bytes, parts: Sequence[tuple[bytes, Path]]) -> Iterator[bytes]:
    yield head
    for first, path in parts:
        yield first
        with path.open("rb") as source:
            while block := source.read(BLOCK):
                yield block
        yield b"\r\n"
    yield _END
