"""Bad input of every kind: a clear answer, never an error of our own, never its insides, and nothing left half.

Every form of the portal has a sound filling in tests/office.py; a new form without one fails a test here, and one
whose filling isn't taken another one in test_twice_at_once.py.
"""

import random
import re
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
from httpx2 import Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.usecases.checks import check_records
from portal.web.routes import WAYS
from portal.web.ways import Way
from storage.errors import StoreUnavailable
from storage.objects.memory import MemoryStore
from tests.cast import Clock
from tests.conftest import moved_in
from tests.contents import documents, objects, said, send, versions
from tests.filing import PDF, made, move, newest, press
from tests.office import FORMS, LAST, Office, posts
from tests.portal.web.test_no_event_no_page import BOUND_SECONDS, EVERYTHING, locked
from tests.portal.web.test_uploads import FullStore
from tests.web_client import ORIGIN, browser

FORM: Final = "application/x-www-form-urlencoded"
HOSTILE: Final = (
    "", " ", "\0", "\u202eevil", "\ufeff", "\x7f", "\x1b[31m", "a\r\nSet-Cookie: a=b", "a" * 5000, "é" * 300,
    "\U0001f3f3\ufe0f\u200d\U0001f308", "<script>alert(1)</script>", "{{ 7 * 7 }}", "%(name)s", "%s%n", "' OR 1=1 --",
    "../../etc/passwd", "Africa", "localtime", "file:///etc/passwd", "-1", "0", "1e9", "NaN", "9" * 40, "٣", "\uff12",
    "0001-01-01", "9999-12-31", "9999-99-99", "2026-02-30",
    "\uff12\uff10\uff12\uff16-\uff10\uff11-\uff10\uff11", "2026-W01-1", "10000-01-01",
    "00000000-0000-0000-0000-000000000000", "urn:uuid:00000000-0000-0000-0000-000000000000",
    "{}", "[]", "null",
    "XAA", "xaa", "XZZ", "en", "EN", "zz", "expert", "officer", "focal_point", "registrar", "shared", "national",
    "closed", "other", "yes", "a@b", "@", "a@" + "b" * 300 + ".org", "\uff41@example.org", "İ@example.org",
    "//evil.example", "/\\evil.example", "javascript:alert(1)",
)  # fmt: skip


def is_calm(answer: Response) -> None:
    """No error of our own, no insides, and something to read."""
    assert answer.status_code < 500, answer.text[-2000:]
    assert "Traceback" not in answer.text
    assert "sqlalchemy" not in answer.text.lower()
    if answer.status_code >= 400:
        assert re.search(r"[A-Z][\w’' ,]{15,}", re.sub(r"<[^>]*>", " ", answer.text)), "no sentence"


def test_every_form_has_a_sound_filling() -> None:
    assert {way.path for way in posts()} == set(FORMS)


@pytest.mark.parametrize("way", [way for way in posts() if FORMS[way.path][1]], ids=lambda way: way.path)
def test_a_hostile_value_in_any_field_is_answered_calmly(office: Office, way: Way) -> None:
    seed = secrets.randbits(32)
    print(f"seed {seed}")  # noqa: T201  # shown with a failure
    drawn = random.Random(seed)
    for name in FORMS[way.path][1]:
        for value in HOSTILE if EVERYTHING else drawn.sample(HOSTILE, 3):
            office.world.clock.forward(office.world.portal.settings.session_idle / 10_000)
            is_calm(office.send(way, {name: value}))
    if EVERYTHING or drawn.random() < 0.2:  # to read a whole log takes longer than the forms do
        assert check_records(office.world.portal).ok


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_text_in_any_fields_is_answered_calmly(furnished: tuple[Path, Office], data: st.DataObject) -> None:
    way = data.draw(st.sampled_from([way for way in posts() if way.path not in LAST]))
    names = sorted({*FORMS[way.path][1], "csrf2", "page"})
    texts = st.text(max_size=60) | st.sampled_from(HOSTILE)
    fields = data.draw(st.dictionaries(st.sampled_from(names), texts.filter(_encodable), max_size=4))
    with TemporaryDirectory() as folder, moved_in(furnished, Path(folder), Clock()) as office:
        is_calm(office.send(way, fields))


def _encodable(text: str) -> bool:
    try:
        return bool(text.encode()) or not text
    except UnicodeEncodeError:
        return False


# --- the address, the method, the head


ODD_IDS: Final = (
    "x", "%00", "%ff%fe", "%2e%2e", "0" * 32, "a" * 3000, "%E2%80%AE", "{id}", "%0d%0aSet-Cookie:a=b", "٣",
    "-1", "null", "'", "<b>",
)  # fmt: skip


def test_what_is_no_id_is_nowhere(office: Office) -> None:
    drawn = random.Random()
    for way in (way for way in WAYS if "{" in way.path):
        for odd in ODD_IDS if EVERYTHING else drawn.sample(ODD_IDS, 3):
            path = re.sub(r"\{[\w:]+\}", lambda _, odd=odd: odd, way.path)  # type: ignore[misc]  # bound at once
            if way.method == "GET":
                answer = office.client("focal_xaa").get(path, follow_redirects=False)
            else:
                answer = office.send(way, {}, path)
            is_calm(answer)
            assert answer.status_code >= 400, (way.method, path)
            assert odd not in answer.text or len(odd) < 3


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "PROPFIND", "POST", "GET", "HEAD"])
def test_a_wrong_method_is_refused_on_every_address(office: Office, method: str) -> None:
    rooms = {way.path: {one.method for one in WAYS if one.path == way.path} for way in WAYS}
    for way in WAYS:
        known = rooms[way.path] | ({"HEAD"} if "GET" in rooms[way.path] else set())
        if method in known:
            continue
        who = "focal_xaa"
        headers = {"Origin": ORIGIN, "X-CSRF-Token": office.token(who)}
        answer = office.client(who).request(method, office.address(way), headers=headers, follow_redirects=False)
        assert answer.status_code in {404, 405}, (method, way.path)
        if method != "HEAD":
            is_calm(answer)


HEADS: Final[tuple[Callable[[], dict[str, str]], ...]] = (
    lambda: {"X-Long": "a" * 40_000},
    lambda: {f"X-{at}": "a" * 300 for at in range(150)},
    lambda: {"Cookie": "; ".join(f"a{at}=b" for at in range(500))},
    lambda: {"Cookie": "portal-local=" + "a" * 600},
    lambda: {"Cookie": 'portal-local="\\377\\000"; =; ;;; a'},
    lambda: {"Accept-Language": "ar;q=nan," * 200},
    lambda: {"Accept-Language": "x;q=" + "9" * 400},
    lambda: {"User-Agent": "\x7f\x80\xff" * 100},
    lambda: {"Host": "localhost:a]b"},
    lambda: {"Host": "evil.example"},
    lambda: {"X-Forwarded-For": "a, b, c", "X-Forwarded-Proto": "https"},
    lambda: {"Sec-Fetch-Site": "cross-site"},
    lambda: {"Origin": "null"},
    lambda: {"Content-Type": "application/xml"},
    lambda: {"Content-Type": "multipart/form-data"},
    lambda: {"Content-Length": "abc"},
    lambda: {"Content-Length": "-1"},
    lambda: {"Content-Length": "9" * 30},
    lambda: {"Transfer-Encoding": "chunked, gzip"},
)


@pytest.mark.parametrize("head", HEADS)
def test_a_hostile_head_is_answered_calmly(office: Office, head: Callable[[], dict[str, str]]) -> None:
    client, token = office.client("focal_xaa"), office.token("focal_xaa")
    sent = {name: value.encode("latin-1") for name, value in head().items()}
    for path in ("/reviews", f"/documents/{office.draft}", "/nowhere"):
        is_calm(client.get(path, headers=sent, follow_redirects=False))
    body = urlencode({"csrf": token, "language": "en", "zone": "UTC"})
    whole = {"Origin": ORIGIN.encode(), "Content-Type": FORM.encode(), **sent}
    is_calm(client.post("/account", content=body, headers=whole, follow_redirects=False))


RANGES: Final = (
    "bytes=" + "0-1," * 5000 + "0-1", "bytes=-0", "bytes=5-1", "bytes=" + "9" * 400 + "-", "bytes=-" + "9" * 400,
    "bytes=٣-", "bytes=0-0,-1", "lines=1-2", "bytes", "bytes=", "bytes=a-b", "bytes=0-18446744073709551616",
)  # fmt: skip


def test_a_hostile_range_never_gives_more_than_the_content(office: Office) -> None:
    path = f"/versions/{newest(office.world, office.draft)}/content"
    whole = office.client("focal_xaa").get(path).content
    for wanted in RANGES:
        answer = office.client("focal_xaa").get(path, headers={"Range": wanted.encode()})
        assert answer.status_code in {200, 206, 416, 431}, wanted[:40]
        if answer.status_code in {200, 206}:
            assert answer.content in whole


# --- bodies


def raw(office: Office, who: str, path: str, body: bytes, kind: str = FORM) -> Response:
    headers = {"Origin": ORIGIN, "Content-Type": kind, "X-CSRF-Token": office.token(who)}
    return office.client(who).post(path, content=body, headers=headers, follow_redirects=False)


BODIES: Final = {
    "a NUL": (b"language=en%00", 400),
    "no UTF-8": (b"language=%ff%fe", 400),
    "a surrogate": (b"language=%ed%a0%80", 400),
    "raw bytes": (b"language=\xff\xfe", 400),
    "too long": (b"language=" + b"a" * 70_000, 413),
    "too many fields": (b"&".join(b"a%d=b" % at for at in range(600)), 400),
    "nothing": (b"", 422),
    "only separators": (b"&" * 400 + b"=" * 400, 422),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_no_form_of_ours_is_refused(office: Office, name: str) -> None:
    body, status = BODIES[name]
    answer = raw(office, "focal_xaa", "/account", body)
    is_calm(answer)
    assert answer.status_code == status


def test_a_field_that_comes_twice_counts_once(office: Office) -> None:
    answer = raw(office, "focal_xaa", "/account", b"language=xx&language=en&zone=../x&zone=UTC")
    assert answer.status_code == 303
    path = f"/documents/{office.draft}/withdraw"
    assert raw(office, "focal_xaa", path, b"reason=first&reason=second").status_code in {303, 403}


PARTS: Final = (
    b"", b"\0" * 5000, b"--x--\r\n", b"--x\r\n\r\n\r\n--x--\r\n",
    b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--",
    b'--x\r\nContent-Disposition: form-data; name="kind"\r\n\r\n\xff\r\n--x--\r\n',
    b'--x\r\nContent-Disposition: form-data; name="kind"\r\n\r\n' + b"a" * 100_000 + b"\r\n--x--\r\n",
    b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n' * 300 + b"--x--\r\n",
    b"--x\r\n" + b"A: b\r\n" * 100 + b"\r\n\r\n--x--\r\n",
    b"--x\r\nContent-Disposition: form-data; " + b"a" * 20_000 + b"\r\n\r\n\r\n--x--\r\n",
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-1.7',
    b'--x\r\nContent-Disposition: form-data; name="file"; filename*=utf-16\'\'%ff\r\n\r\n%PDF-1.7\r\n--x--\r\n',
)  # fmt: skip
KINDS: Final = (
    "multipart/form-data; boundary=x",
    "multipart/form-data; boundary=",
    'multipart/form-data; boundary="',
    FORM,
)


@pytest.mark.parametrize("kind", KINDS)
def test_an_upload_that_is_none_is_refused_and_leaves_nothing(office: Office, kind: str) -> None:
    before = len(versions(office.world)), len(objects(office.world))
    for way in (way for way in posts() if way.upload):
        for body in PARTS:
            answer = raw(office, FORMS[way.path][0] or "", office.address(way), body, kind)
            is_calm(answer)
            assert answer.status_code >= 400, body[:80]
    assert (len(versions(office.world)), len(objects(office.world))) == before
    assert not list((office.world.portal.settings.data / "objects" / "new").iterdir())


NAMES: Final = (
    "../../../etc/passwd", "..\\..\\windows\\system32\\cmd.exe", "a\0b.pdf", "\u202efdp.exe", "a\r\nX-Evil: 1.pdf",
    "x" * 300 + ".pdf", "ж" * 300 + ".pdf", '"; filename="evil.html', "CON", ".", "..", " .pdf ", "-rf", "~", "%00.pdf",
    "عقد.pdf", "合同.docx", "a;b=c.pdf", "a/b/c", "<img src=x>.svg",
)  # fmt: skip


def test_a_hostile_file_name_is_kept_as_a_harmless_one_or_refused(office: Office) -> None:
    client, path = office.client("officer"), f"/rooms/{office.world.files['xaa'].rooms['shared']}/documents"
    for at, name in enumerate(NAMES):
        content = f"%PDF-1.7 {at}".encode()
        answer = send(client, path, (name, content, PDF), script=True)
        is_calm(answer)
        if answer.status_code != 200:
            continue
        document = UUID(answer.json()["url"].removeprefix("/documents/"))
        got = client.get(f"/versions/{newest(office.world, document)}/content")
        said = got.headers["content-disposition"]
        assert got.content == content
        assert said.startswith("attachment;")
        assert said.isascii()
        assert not re.search(r"[\r\n\0]|\.\.[/\\]|filename=\"[^\"]*[/\\]", said), said
        assert "x-evil" not in got.headers
        shown = client.get(f"/documents/{document}").text
        assert "<img src=x>" not in shown
        assert "\u202e" not in shown


@pytest.mark.parametrize(
    ("name", "content", "declared"),
    [
        ("page.html", b"<!doctype html><script>alert(1)</script>", "text/html"),
        ("picture.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "image/svg+xml"),
        ("law.pdf", b"<!doctype html><script>alert(1)</script>", "application/pdf"),
        ("law.pdf", b"MZ\x90\0 a program", "application/pdf"),
        ("page.xhtml", b"<html xmlns='http://www.w3.org/1999/xhtml'/>", "application/xhtml+xml"),
        ("sheet.xml", b"<?xml version='1.0'?><?xml-stylesheet href='x'?><a/>", "text/xml"),
        ("a.mhtml", b"MIME-Version: 1.0\r\n", "multipart/related"),
        ("a.js", b"alert(1)", 'text/javascript; a="b'),
    ],
)
def test_what_a_browser_would_run_goes_out_as_nameless_bytes(
    office: Office, name: str, content: bytes, declared: str
) -> None:
    client, path = office.client("officer"), f"/rooms/{office.world.files['xaa'].rooms['shared']}/documents"
    document = UUID(send(client, path, (name, content, declared), script=True).json()["url"][-36:])
    got = client.get(f"/versions/{newest(office.world, document)}/content")
    assert got.content == content
    assert got.headers["content-disposition"].startswith("attachment;")
    assert got.headers["content-type"].partition(";")[0] in {
        "application/octet-stream",
        "application/pdf",
        "text/plain",
    }
    assert got.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in got.headers["content-security-policy"]
    assert "x-evil" not in got.headers


# --- forms that come again, too late, or from elsewhere


def test_a_submission_that_comes_again_is_a_conflict(office: Office) -> None:
    assert move(office.world, "focal_xaa", office.draft, "shared").status_code == 303
    again = move(office.world, "focal_xaa", office.draft, "shared")
    assert again.status_code == 409
    is_calm(again)


@pytest.mark.parametrize("token", ["", "x", "AAAA", "=" * 88, "é", "A" * 88, "\0"])
def test_a_form_with_a_tampered_token_does_nothing(office: Office, token: str) -> None:
    path = f"/documents/{office.shown}/withdraw"
    answer = office.post("focal_xaa", path, {"csrf": token, "reason": "A mistake."})
    assert answer.status_code in {400, 403}
    is_calm(answer)
    assert not any(row.withdrawn_at for row in documents(office.world))


def test_a_form_with_the_token_of_another_session_does_nothing(office: Office) -> None:
    for who in ("expert_xaa", "second_focal", None):
        answer = office.post(
            "focal_xaa", f"/documents/{office.shown}/withdraw", {"csrf": office.token(who), "reason": "A mistake."}
        )
        assert answer.status_code == 403
    assert not any(row.withdrawn_at for row in documents(office.world))


def test_a_form_sent_after_signing_out_does_nothing_and_says_so(office: Office) -> None:
    leaver = browser(office.world, "focal_xaa")
    assert press(leaver, "/sign-out").status_code == 303
    for way in posts():
        if FORMS[way.path][0] != "focal_xaa":
            continue
        late = browser(office.world, "focal_xaa")  # a tab that still has the cookie
        office.clients["focal_xaa"] = late
        answer = office.send(way, {})
        assert answer.status_code in {401, 422}, way.path
        is_calm(answer)
    assert not any(row.withdrawn_at for row in documents(office.world))
    laws = {row.id for row in documents(office.world) if row.kind == "law"}
    assert sum(row.document_id in laws for row in versions(office.world)) == 3


def test_versions_added_at_once_are_all_kept_and_numbered(office: Office) -> None:
    def add(at: int) -> int:
        client = browser(office.world, "focal_xaa" if at % 2 else "expert_xaa")
        file = (f"{at}.pdf", b"%PDF-1.7 " + bytes([65 + at]) * 50_000, PDF)
        return send(client, f"/documents/{office.draft}/versions", file).status_code

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(add, range(6))) == {303}
    numbers = sorted(row.number for row in versions(office.world) if row.document_id == office.draft)
    assert numbers == list(range(1, 8))
    assert check_records(office.world.portal).ok


def test_the_same_file_twice_is_kept_twice_and_told(office: Office) -> None:
    client, path = office.client("officer"), f"/rooms/{office.world.files['xaa'].rooms['secretariat']}/documents"
    first = made(send(client, path, ("a.pdf", b"%PDF-1.7 same", PDF)))
    answer = send(client, path, ("a.pdf", b"%PDF-1.7 same", PDF), script=True)
    assert "already here as no. 1" in answer.json()["message"]
    assert first != UUID(answer.json()["url"][-36:])


# --- whom to ask (GL 7)


OFFICER: Final = "Officer Example"
FILE: Final = ("law.pdf", b"%PDF-1.7 law", PDF)
MULTIPART: Final = "multipart/form-data; boundary=x"
CUT_OFF: Final = b"".join(
    b"--x\r\nContent-Disposition: form-data; " + part
    for part in (
        b'name="kind"\r\n\r\nlaw\r\n',
        b'name="language"\r\n\r\nen\r\n',
        b'name="file"; filename="a.pdf"\r\n\r\n%PDF',
    )
)
Bad = tuple[int, Callable[[Office, str, str, str], Response]]
BAD: Final[Mapping[str, Bad]] = {
    "a field that fits nothing": (
        422,
        lambda office, who, room, _: send(office.client(who), f"{room}/documents", FILE, kind="poem"),
    ),
    "no file": (422, lambda office, who, room, _: send(office.client(who), f"{room}/documents", ("", b"", PDF))),
    "no token": (
        403,
        lambda office, who, room, _: office.client(who).post(
            f"{room}/documents", files={"file": FILE}, headers={"Origin": ORIGIN}
        ),
    ),
    "a token that is stale": (
        403,
        lambda office, who, _, document: office.post(
            who, f"{document}/withdraw", {"csrf": office.token("expert_xaa"), "reason": "A mistake."}
        ),
    ),
    "a token of a header that is tampered with": (
        403,
        lambda office, who, room, _: office.client(who).post(
            f"{room}/documents", headers={"Origin": ORIGIN, "X-CSRF-Token": "A" * 88}
        ),
    ),
    "an upload that is none": (
        400,
        lambda office, who, room, _: raw(office, who, f"{room}/documents", b"\0" * 5000, MULTIPART),
    ),
    "an upload that is cut off": (
        400,
        lambda office, who, room, _: raw(office, who, f"{room}/documents", CUT_OFF, MULTIPART),
    ),
    "too many parts": (
        413,
        lambda office, who, _, document: raw(office, who, f"{document}/versions", PARTS[7], MULTIPART),
    ),
    "a form in place of an upload": (
        415,
        lambda office, who, _, document: raw(office, who, f"{document}/versions", b"a=b"),
    ),
    "what is no form": (
        415,
        lambda office, who, _, document: raw(office, who, f"{document}/describe", b"{}", "application/json"),
    ),
    "no UTF-8": (400, lambda office, who, _, document: raw(office, who, f"{document}/describe", b"title=%ff")),
    "too long a form": (
        413,
        lambda office, who, _, document: raw(office, who, f"{document}/describe", b"title=" + b"a" * 70_000),
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_answered_with_the_name_of_the_officer_to_whoever_sees_the_thing(
    office: Office, name: str
) -> None:
    status, act = BAD[name]
    room, document = f"/rooms/{office.world.files['xaa'].rooms['national XAA']}", f"/documents/{office.draft}"
    answer = act(office, "focal_xaa", room, document)
    is_calm(answer)
    assert answer.status_code == status
    assert f"Whom to ask: <bdi>{OFFICER}</bdi>." in answer.text


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("who", ["stranger_xff", "expert_xbb"])  # the second sees the review, but not this room of it
def test_bad_input_tells_whoever_does_not_see_the_thing_as_much_as_if_there_were_none(
    office: Office, who: str, name: str
) -> None:
    _, act = BAD[name]
    room, document = f"/rooms/{office.world.files['xaa'].rooms['national XAA']}", f"/documents/{office.draft}"
    there = act(office, who, room, document)
    nowhere = act(office, who, f"/rooms/{uuid4()}", f"/documents/{uuid4()}")
    assert there.status_code == nowhere.status_code >= 400
    assert there.text == nowhere.text
    assert OFFICER not in there.text


def test_bad_input_of_the_upload_script_is_answered_with_the_name_too(office: Office) -> None:
    client, room = office.client("focal_xaa"), f"/rooms/{office.world.files['xaa'].rooms['national XAA']}/documents"
    cut = {"Origin": ORIGIN, "Content-Type": MULTIPART, "X-CSRF-Token": office.token("focal_xaa"), "X-Upload": "1"}
    for answer in (
        send(client, room, FILE, script=True, kind="poem"),
        send(client, room, ("empty.pdf", b"", PDF), script=True),
        client.post(room, content=CUT_OFF, headers=cut),
    ):
        assert answer.json()["message"].endswith(f"Whom to ask: {OFFICER}.")


def test_another_sites_page_learns_nobodys_name_and_leaves_no_trace_in_a_file(office: Office) -> None:
    path, review = f"/documents/{office.draft}/withdraw", office.world.files["xaa"].review
    before = len(said(office.world, review))
    data = {"csrf": office.token("focal_xaa"), "reason": "A mistake."}
    answer = office.client("focal_xaa").post(path, data=data, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert OFFICER not in answer.text
    assert len(said(office.world, review)) == before


def test_the_name_opens_with_an_event_of_the_review(office: Office) -> None:
    BAD["no UTF-8"][1](office, "focal_xaa", "", f"/documents/{office.draft}")
    last = said(office.world, office.world.files["xaa"].review)[-1]
    assert (last["action"], last["detail"]) == ("viewReview", {"shown": "whom to ask"})
    assert last["who"]["person"] == str(office.world.members["focal_xaa"].person)


class Away(MemoryStore):
    """A store that can't be reached."""

    def put(self, name: str, chunks: Iterable[bytes]) -> int:
        raise StoreUnavailable(name, next(iter(chunks)))

    def size(self, name: str) -> int:
        raise StoreUnavailable(name)


@pytest.mark.parametrize("script", [False, True])
def test_a_store_that_is_away_is_told_with_the_name_of_the_officer(office: Office, *, script: bool) -> None:
    client, room = office.client("focal_xaa"), office.world.files["xaa"].rooms["national XAA"]
    version = newest(office.world, office.draft)
    office.world.portal.objects = Away()
    answers = [
        send(client, f"/rooms/{room}/documents", FILE, script=script),
        send(client, f"/documents/{office.draft}/versions", FILE, script=script),
        client.get(f"/versions/{version}/content"),
    ]
    for answer in answers:
        assert answer.status_code == 503
        assert OFFICER in answer.text
        assert "Traceback" not in answer.text


def test_too_large_a_file_and_a_full_store_are_told_with_the_name_of_the_officer(office: Office) -> None:
    client, room = office.client("focal_xaa"), office.world.files["xaa"].rooms["national XAA"]
    object.__setattr__(office.world.portal.settings, "upload_bytes", 5)
    answer = send(client, f"/rooms/{room}/documents", FILE)
    assert (answer.status_code, OFFICER in answer.text) == (413, True)
    object.__setattr__(office.world.portal.settings, "upload_bytes", 5000)
    office.world.portal.objects = FullStore()
    answer = send(client, f"/rooms/{room}/documents", FILE)
    assert (answer.status_code, OFFICER in answer.text) == (503, True)


@pytest.mark.parametrize("name", ["no UTF-8", "no token", "an upload that is none", "a field that fits nothing"])
def test_bad_input_is_answered_calmly_while_the_database_is_away(office: Office, name: str) -> None:
    status, act = BAD[name]
    room, document = f"/rooms/{office.world.files['xaa'].rooms['national XAA']}", f"/documents/{office.draft}"
    with locked(office.world):
        began = time.monotonic()
        answer = act(office, "focal_xaa", room, document)
        took = time.monotonic() - began
    assert answer.status_code == status
    assert OFFICER not in answer.text
    assert took < BOUND_SECONDS
