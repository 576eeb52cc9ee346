"""Uploads as browsers send them, and as nobody should: read part by part, nothing spooled."""

import tempfile
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from portal.web import csrf
from portal.web.failures import HANDLERS
from portal.web.multipart import FIELD_BYTES, FIELDS_BYTES, PARTS_MOST, FilePart, disposition, multipart
from portal.web.security import Guard, Rules

SITE = "https://portal.example"
EDGE = "----edge5cd2"
TYPE = {"Content-Type": f"multipart/form-data; boundary={EDGE}", "Origin": SITE}


def page(request: Request) -> Response:
    return PlainTextResponse(csrf.token(request))


async def upload(request: Request) -> Response:
    """Say what came; a field `skip` says to leave the files unread."""
    seen: list[tuple[str, str, int]] = []
    skip = False
    async for part in multipart(request):
        if isinstance(part, FilePart):
            size = 0
            if not skip:
                async for chunk in part.chunks:
                    size += len(chunk)
            seen.append((part.file_name, part.declared_type, size))
        elif part.name == "skip":
            skip = True
        elif part.name != csrf.FIELD:
            seen.append((part.name, part.value, -1))
    return JSONResponse(seen)


def client() -> TestClient:
    app = Starlette(
        routes=[Route("/", page), Route("/upload", upload, methods=["POST"])],
        exception_handlers=HANDLERS,
    )
    rules = Rules(hosts=frozenset({"portal.example"}), is_upload=lambda path: path == "/upload")
    return TestClient(Guard(app, rules), base_url=SITE)


def part(disposition: str, content: bytes, more: str = "") -> bytes:
    head = f"--{EDGE}\r\nContent-Disposition: form-data; {disposition}\r\n{more}\r\n"
    return head.encode() + content + b"\r\n"


def body(one: TestClient, *parts: bytes, end: bytes = f"--{EDGE}--\r\n".encode()) -> bytes:
    return part('name="csrf"', one.get("/").text.encode()) + b"".join(parts) + end


def pieces(content: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


@pytest.mark.parametrize("size", [1, 7, 64, 1 << 20])
def test_fields_and_files_arrive_whole_however_they_are_cut(size: int) -> None:
    one = client()
    tricky = b"\r\n--" + EDGE.encode()[:-1] + b"\r\n\0" + bytes(range(256))
    content = body(
        one,
        part('name="kind"', "قانون\r\nsecond line".encode()),
        part('name="file"; filename="a.pdf"', tricky, "Content-Type: application/pdf\r\n"),
        part('name="file"; filename="b.txt"', b"", "Content-Type: text/plain\r\n"),
    )
    answer = one.post("/upload", content=pieces(content, size), headers=TYPE)
    assert answer.status_code == 200
    assert answer.json() == [
        ["kind", "قانون\nsecond line", -1],
        ["a.pdf", "application/pdf", len(tricky)],
        ["b.txt", "text/plain", 0],
    ]


def test_a_file_that_nobody_reads_is_passed_over() -> None:
    one = client()
    content = body(
        one,
        part('name="skip"', b""),
        part('name="file"; filename="a"', b"x" * 100_000),
        part('name="file"; filename="b"', b"y"),
    )
    answer = one.post("/upload", content=pieces(content, 4096), headers=TYPE)
    assert [name for name, _, _ in answer.json()] == ["a", "b"]


def test_a_large_file_needs_no_temporary_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere/that/exists")
    one = client()
    content = body(one, part('name="file"; filename="a"', bytes(5 << 20)))
    answer = one.post("/upload", content=pieces(content, 1 << 16), headers=TYPE)
    assert answer.json() == [["a", "", 5 << 20]]


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (b'form-data; name="file"; filename="plain.pdf"', "plain.pdf"),
        ('form-data; name="file"; filename="تقرير نهائي.pdf"'.encode(), "تقرير نهائي.pdf"),
        ('form-data; name="file"; filename="报告;第一.pdf"'.encode(), "报告;第一.pdf"),
        (b'form-data; name="file"; filename="a%22b%0D%0Ac.pdf"', 'a"b\r\nc.pdf'),
        (b'form-data; name="file"; filename="a\\"b\\\\c.pdf"', 'a"b\\c.pdf'),
        (b'form-data; name="file"; filename="100%.pdf"', "100%.pdf"),
        (b"form-data; name=file; filename=bare.pdf", "bare.pdf"),
        (b"form-data; name=file; filename=x; filename*=UTF-8''%D0%B4%D0%B5%D0%BB%D0%BE.pdf", "дело.pdf"),
        (b"form-data; name=file; filename*=ISO-8859-1'en'%A3.pdf; filename=x", "£.pdf"),
        (b"form-data; name=file; filename=x; filename*=utf-7''%2BAGE-", "x"),
        (b'form-data; name="file"; filename="../../etc/passwd"', "../../etc/passwd"),
        (b'form-data; name="file"; filename="\xff.pdf"', "�.pdf"),
        (b'form-data; name="file"; filename="ends in backslash\\"', "ends in backslash\\"),
        (b'form-data; name="file"; filename=""', ""),
        (b'form-data; name="file"; filename="', ""),
    ],
)
def test_a_file_name_is_read_as_browsers_write_it(header: bytes, name: str) -> None:
    assert disposition(header) == disposition(header) | {"name": "file", "filename": name}


def test_a_crafted_header_is_read_in_time_that_grows_with_its_length() -> None:
    assert disposition(b'form-data; name="' + b"\\" * 8000) == {"name": "\\" * 4000}
    assert "filename" not in disposition(b"form-data" + b"; =" * 2500)


def test_an_upload_without_its_token_in_front_is_refused_before_any_file_is_read() -> None:
    one = client()
    token = one.get("/").text.encode()
    file = part('name="file"; filename="a"', b"x")
    end = f"--{EDGE}--\r\n".encode()
    for content in (file + end, file + part('name="csrf"', token) + end, part('name="csrf"', b"wrong") + file + end):
        assert one.post("/upload", content=content, headers=TYPE).status_code == 403


@pytest.mark.parametrize("content", [f"--{EDGE}--\r\n".encode(), f"\r\n--{EDGE}--\r\n".encode()])
def test_an_upload_of_nothing_at_all_has_no_token_either(content: bytes) -> None:
    assert client().post("/upload", content=content, headers=TYPE).status_code in {400, 403}


def test_a_token_in_the_header_opens_an_upload() -> None:
    one = client()
    content = part('name="file"; filename="a"', b"x") + f"--{EDGE}--\r\n".encode()
    headers = {**TYPE, "X-CSRF-Token": one.get("/").text}
    assert one.post("/upload", content=content, headers=headers).json() == [["a", "", 1]]


@pytest.mark.parametrize("missing", [5, 30, 200, 520])
def test_an_upload_that_ends_early_is_a_cut_connection_not_a_short_file(missing: int) -> None:
    one = client()
    content = body(one, part('name="file"; filename="a"', b"x" * 500))
    answer = one.post("/upload", content=content[:-missing], headers=TYPE)
    assert answer.status_code == 400
    assert "Nothing was kept" in answer.text


@pytest.mark.parametrize(
    ("status", "parts"),
    [
        (400, (part('name="file"; filename="a"', b"x"), part('name="late"', b"x"))),
        (400, (part('filename="nameless"', b"x"),)),
        (400, (part('name="kind"', b"\xff"),)),
        (400, (part('name="kind"', b"\0"),)),
        (413, (part('name="kind"', b"x" * (FIELD_BYTES + 1)),)),
        (413, tuple(part('name="kind"', b"x" * FIELD_BYTES) for _ in range(FIELDS_BYTES // FIELD_BYTES + 1))),
        (413, tuple(part('name="kind"', b"x") for _ in range(PARTS_MOST + 1))),
        (400, (part('name="kind"', b"x", "X-Long: " + "x" * 9000 + "\r\n"),)),
        (400, (part('name="kind"', b"x", "X-Many: x\r\n" * 20),)),
        (400, (b"no part at all",)),
    ],
)
def test_what_is_no_upload_of_ours_is_refused(status: int, parts: tuple[bytes, ...]) -> None:
    one = client()
    assert one.post("/upload", content=body(one, *parts), headers=TYPE).status_code == status


@pytest.mark.parametrize(
    "declared",
    [
        "",
        "text/plain",
        "multipart/form-data",
        "multipart/form-data; boundary=" + "x" * 300,
        "multipart/mixed; boundary=x",
    ],
)
def test_another_type_than_an_upload_is_refused(declared: str) -> None:
    one = client()
    answer = one.post("/upload", content=b"x", headers={"Origin": SITE, "Content-Type": declared})
    assert answer.status_code in {400, 415}
