"""Reads an upload part by part while it arrives (RFC 7578): nothing is spooled, nothing is kept.

Rules: the token first unless a header carried it; fields before files; bounded numbers and sizes of everything
but the files' own contents, which the reader of a file bounds; all of it at a least rate (`bodies`); an end without
the closing boundary is a cut connection, and the file that was being read says so instead of ending.
"""

import re
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import unquote_to_bytes

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from portal.domain.texts import N_
from portal.web import csrf
from portal.web.bodies import UPLOAD_SECONDS, Paced
from portal.web.refusals import RequestRefused

PARTS_MOST = 200
FIELD_BYTES = 64 * 1024
FIELDS_BYTES = 256 * 1024  # of all fields together
HEADER_BYTES = 8 * 1024
HEADERS_MOST = 8
CHECKED_TOKEN = "portal.checked_token"  # noqa: S105 - a key of the request's state, not a secret

UNREADABLE = N_(
    "The portal couldn’t read this upload, so nothing was kept. "
    "Load the page again, choose your files and send them once more."
)
CUT = N_("The connection ended in the middle of the upload. Nothing was kept; please send the file again.")
TOO_MUCH = N_("The upload holds too many parts or too long a text, so nothing was kept. Send fewer files at once.")

_PARAMETER = re.compile(rb';\s*([^\s=;]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)', re.DOTALL)


class _Kind(Enum):
    BEGIN = 1
    DATA = 2
    END = 3
    LAST = 4


@dataclass(frozen=True, slots=True)
class FieldPart:
    """A text field of an upload."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file of an upload; its chunks can be read once, before the next part is asked for.

    Attributes:
        file_name: As the browser wrote it, unchecked: empty if no file was chosen.
        declared_type: The media type that the browser claims, unchecked.
    """

    name: str
    file_name: str
    declared_type: str
    chunks: AsyncIterator[bytes]


async def multipart(request: Request) -> AsyncIterator[FieldPart | FilePart]:
    """Read the parts of an upload in their order.

    Raises:
        RequestRefused: 400 malformed or cut off, 403 no valid token in front, 413 too many or too large parts,
            408 it comes too slowly.
        ClientDisconnect: The browser went away.
    """
    reader = _Reader(request)
    checked = bool(getattr(request.state, CHECKED_TOKEN, False))
    files = False
    held = 0
    for count in range(PARTS_MOST + 1):
        headers = await reader.next_part()
        if headers is None:
            if not checked:
                csrf.check_token(request, None)
            return
        if count == PARTS_MOST:
            raise RequestRefused(413, TOO_MUCH)
        part = await _part(reader, headers)
        held += len(part.value) if isinstance(part, FieldPart) else 0
        if held > FIELDS_BYTES:
            raise RequestRefused(413, TOO_MUCH)
        if not checked:
            first = isinstance(part, FieldPart) and part.name == csrf.FIELD
            csrf.check_token(request, part.value if first and isinstance(part, FieldPart) else None)
            checked = True
        if files and isinstance(part, FieldPart):
            raise RequestRefused(400, UNREADABLE)
        files = isinstance(part, FilePart)
        yield part


async def _part(reader: "_Reader", headers: dict[bytes, bytes]) -> FieldPart | FilePart:
    parameters = disposition(headers.get(b"content-disposition", b""))
    if "name" not in parameters:
        raise RequestRefused(400, UNREADABLE)
    if "filename" in parameters:
        declared = headers.get(b"content-type", b"").decode("latin-1").strip()
        return FilePart(parameters["name"], parameters["filename"], declared, reader.chunks())
    value = bytearray()
    async for chunk in reader.chunks():
        value += chunk
        if len(value) > FIELD_BYTES:
            raise RequestRefused(413, TOO_MUCH)
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RequestRefused(400, UNREADABLE) from error
    if "\0" in text:
        raise RequestRefused(400, UNREADABLE)
    return FieldPart(parameters["name"], text.replace("\r\n", "\n"))


def disposition(header: bytes) -> dict[str, str]:
    """Read the parameters of a Content-Disposition as browsers write them.

    Names are raw UTF-8 in which a quote is %22 and a line break %0D or %0A (HTML, 4.10.21.8) or, from older
    clients, behind a backslash; `filename*` (RFC 8187) wins where somebody sends it.
    """
    found: dict[str, str] = {}
    for name, raw in _PARAMETER.findall(header):
        key = name.decode("latin-1").lower()
        if key.endswith("*"):
            charset, _, rest = raw.strip().partition(b"'")
            encoded = rest.partition(b"'")[2]
            if charset.lower() in {b"utf-8", b"iso-8859-1"}:
                found[key] = unquote_to_bytes(encoded).decode(charset.decode("ascii"), "replace")
        else:
            found.setdefault(key, _unquoted(raw.strip()))
    if "filename*" in found:
        found["filename"] = found["filename*"]
    return found


def _unquoted(raw: bytes) -> str:
    if raw[:1] == b'"':
        raw = raw[1:-1] if raw[-1:] == b'"' and len(raw) > 1 else raw[1:]
        raw = raw.replace(b'\\"', b'"').replace(b"\\\\", b"\\")
    for escape, plain in ((b"%22", b'"'), (b"%0D", b"\r"), (b"%0A", b"\n")):
        raw = raw.replace(escape, plain)
    return raw.decode("utf-8", "replace")


@dataclass(slots=True)
class _Heads:
    """The headers of the part that is arriving."""

    name: bytearray = field(default_factory=bytearray)
    value: bytearray = field(default_factory=bytearray)
    done: dict[bytes, bytes] = field(default_factory=dict)


class _Reader:
    """Feeds the parser with what arrives and hands on its events, a received piece at a time."""

    def __init__(self, request: Request) -> None:
        content_type, options = parse_options_header(request.headers.get("content-type"))
        boundary = options.get(b"boundary", b"")
        if content_type != b"multipart/form-data" or not boundary:
            raise RequestRefused(415, UNREADABLE)
        self._paced = Paced(request.stream(), UPLOAD_SECONDS)
        self._events: deque[tuple[_Kind, bytes | dict[bytes, bytes]]] = deque()
        self._heads = _Heads()
        self._inside = False
        self._ended = False
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin,
                    "on_header_field": lambda data, start, end: self._heads.name.extend(data[start:end]),
                    "on_header_value": lambda data, start, end: self._heads.value.extend(data[start:end]),
                    "on_header_end": self._header,
                    "on_headers_finished": lambda: self._events.append((_Kind.BEGIN, self._heads.done)),
                    "on_part_data": lambda data, start, end: self._events.append((_Kind.DATA, data[start:end])),
                    "on_part_end": lambda: self._events.append((_Kind.END, b"")),
                    "on_end": lambda: self._events.append((_Kind.LAST, b"")),
                },
                max_header_count=HEADERS_MOST,
                max_header_size=HEADER_BYTES,
            )
        except FormParserError as error:
            raise RequestRefused(400, UNREADABLE) from error

    async def next_part(self) -> dict[bytes, bytes] | None:
        """Skip what is left of the present part and give the next one's headers, or None at the end."""
        while True:
            kind, value = await self._next()
            if kind is _Kind.BEGIN and isinstance(value, dict):
                self._inside = True
                return value
            if kind is _Kind.LAST:
                return None
            if kind is _Kind.END:
                self._inside = False

    async def chunks(self) -> AsyncIterator[bytes]:
        """Give the contents of the present part; only its boundary ends them."""
        while self._inside:
            kind, value = await self._next()
            if kind is _Kind.END:
                self._inside = False
            elif isinstance(value, bytes):
                yield value

    async def _next(self) -> tuple[_Kind, bytes | dict[bytes, bytes]]:
        while not self._events:
            if self._ended:
                raise RequestRefused(400, CUT)
            data = await self._paced.next()
            self._ended = not data
            try:
                self._parser.write(data)
            except FormParserError as error:
                raise RequestRefused(400, UNREADABLE) from error
        return self._events.popleft()

    def _begin(self) -> None:
        self._heads = _Heads()

    def _header(self) -> None:
        heads = self._heads
        heads.done[bytes(heads.name).lower()] = bytes(heads.value)
        heads.name.clear()
        heads.value.clear()
