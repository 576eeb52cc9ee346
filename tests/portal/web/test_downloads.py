"""Downloads through the application: whole, in parts, as an archive; what the answer says and the log is told."""

import io
import zipfile
from datetime import timedelta
from urllib.parse import unquote
from uuid import uuid4

import pytest

from portal.domain.media import PDF
from storage.content import HEADER
from storage.tables import Version
from tests.cast import World
from tests.contents import documents, said, send, steps, versions
from tests.web_client import Browser, browser

PAGE = b"%PDF-1.7\n" + bytes(range(256)) * 300
BYTES = "application/octet-stream"


@pytest.fixture
def officer(world: World) -> Browser:
    return browser(world, "officer")


@pytest.fixture
def room(world: World) -> str:
    return f"/rooms/{world.files['xaa'].rooms['reviewers']}"


@pytest.fixture
def version(world: World, officer: Browser, room: str) -> Version:
    return put(world, officer, room, ("law.pdf", PAGE, PDF))


def put(world: World, client: Browser, room: str, file: tuple[str, bytes, str]) -> Version:
    assert send(client, f"{room}/documents", file, script=True).json()["ok"]
    return versions(world)[-1]


def content(version: Version) -> str:
    return f"/versions/{version.id}/content"


def last_steps(world: World, count: int) -> list[tuple[str, str, str]]:
    return steps(world, world.files["xaa"].rooms["reviewers"])[-count:]


def test_a_download_gives_the_bytes_as_an_attachment_that_nobody_caches(officer: Browser, version: Version) -> None:
    answer = officer.get(content(version))
    assert answer.content == PAGE
    assert answer.status_code == 200
    headers = answer.headers
    assert headers["content-type"] == PDF
    assert headers["content-disposition"] == "attachment; filename=\"law.pdf\"; filename*=UTF-8''law.pdf"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]
    assert headers["content-length"] == str(len(PAGE))


def test_a_download_is_an_intent_before_and_an_outcome_after(world: World, officer: Browser, version: Version) -> None:
    officer.get(content(version))
    assert last_steps(world, 2) == [("downloadVersion", "intent", ""), ("downloadVersion", "outcome", "complete")]
    assert said(world, version.room_id)[-1]["detail"]["bytes"] == len(PAGE)


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=-500", len(PAGE) - 500, len(PAGE)),
        ("bytes=500-", 500, len(PAGE)),
        ("bytes=16383-16384", 16383, 16385),
        ("bytes=0-", 0, len(PAGE)),
        ("bytes=70000-999999999", 70000, len(PAGE)),
    ],
)
def test_a_range_gives_its_bytes(
    world: World, officer: Browser, version: Version, asked: str, start: int, stop: int
) -> None:
    answer = officer.get(content(version), headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.content == PAGE[start:stop]
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(PAGE)}"
    assert last_steps(world, 1) == [("downloadVersion", "outcome", "complete")]
    assert said(world, version.room_id)[-2]["detail"]["range"] == f"{start}-{stop - 1}"


def test_a_range_beyond_the_end_is_told_the_size(world: World, officer: Browser, version: Version) -> None:
    answer = officer.get(content(version), headers={"Range": f"bytes={len(PAGE)}-"})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(PAGE)}"
    assert last_steps(world, 1) == [("downloadVersion", "act", "")]


@pytest.mark.parametrize("asked", ["bytes=0-1,5-6", "bytes=9-1", "pages=1-2", "bytes=" + "0-1," * 3000])
def test_other_ranges_give_the_whole(officer: Browser, version: Version, asked: str) -> None:
    answer = officer.get(content(version), headers={"Range": asked})
    assert (answer.status_code, answer.content) == (200, PAGE)


def test_a_resumed_download_starts_anew_if_the_validator_is_another_ones(officer: Browser, version: Version) -> None:
    tag = officer.head(content(version)).headers["etag"]
    part = officer.get(content(version), headers={"Range": "bytes=10-", "If-Range": tag})
    whole = officer.get(content(version), headers={"Range": "bytes=10-", "If-Range": '"other"'})
    assert (part.status_code, whole.status_code) == (206, 200)


def test_conditions_are_kept_and_written_down(world: World, officer: Browser, version: Version) -> None:
    tag = officer.head(content(version)).headers["etag"]
    assert officer.get(content(version), headers={"If-None-Match": tag}).status_code == 304
    assert officer.get(content(version), headers={"If-Match": '"other"'}).status_code == 412
    assert last_steps(world, 3) == [("downloadVersion", "act", "")] * 3


def test_a_head_is_written_down_and_sends_nothing(world: World, officer: Browser, version: Version) -> None:
    answer = officer.head(content(version))
    assert (answer.content, answer.headers["content-length"]) == (b"", str(len(PAGE)))
    assert last_steps(world, 1) == [("downloadVersion", "act", "")]


@pytest.mark.parametrize(
    ("name", "data", "declared"),
    [
        ("page.html", b"<!doctype html><script>alert(1)</script>", "text/html"),
        ("picture.svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml"),
        ("law.pdf", b"<html><script>alert(1)</script>", PDF),
        ("unknown", b"\x00\x01\x02", "text/html; charset=utf-8"),
        ("page.xhtml", b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>', "application/xhtml+xml"),
    ],
)
def test_what_a_browser_would_run_is_sent_as_nameless_bytes(
    world: World, officer: Browser, room: str, name: str, data: bytes, declared: str
) -> None:
    answer = officer.get(content(put(world, officer, room, (name, data, declared))))
    assert answer.headers["content-type"] == BYTES
    assert answer.headers["content-disposition"].startswith("attachment;")


@pytest.mark.parametrize("name", ["قانون.pdf", "法律.pdf", "Закон № 5.pdf"])
def test_names_of_every_script_come_back(world: World, officer: Browser, room: str, name: str) -> None:
    header = officer.get(content(put(world, officer, room, (name, PAGE, PDF)))).headers["content-disposition"]
    assert unquote(header.partition("filename*=UTF-8''")[2]) == name


@pytest.mark.parametrize("who", ["stranger_xff", "focal_xaa", "expert_xaa", "observer_xcc", "officer_other"])
def test_who_may_not_know_of_a_version_finds_what_is_not_there(world: World, who: str, version: Version) -> None:
    client = browser(world, who)
    for method in ("GET", "HEAD"):
        for headers in ({}, {"Range": "bytes=0-0"}, {"If-None-Match": "*"}):
            there, nowhere = (
                client.request(method, path, headers=headers)
                for path in (content(version), f"/versions/{uuid4()}/content")
            )
            assert there.status_code == nowhere.status_code == 404
            assert there.text == nowhere.text
            assert there.headers.keys() == nowhere.headers.keys()
    room = client.get(f"/rooms/{version.room_id}/archive"), client.get(f"/rooms/{uuid4()}/archive")
    assert room[0].status_code == room[1].status_code == 404
    assert len(steps(world, version.room_id)) == 2


def damage(world: World, version: Version, at: int) -> None:
    path = world.portal.settings.data / "objects" / version.object_name[:2] / version.object_name
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def test_a_damaged_header_is_an_error_and_not_half_a_file(world: World, officer: Browser, version: Version) -> None:
    damage(world, version, 30)
    answer = officer.get(content(version))
    assert answer.status_code == 500
    assert b"PDF-1.7" not in answer.content
    assert last_steps(world, 1) == [("downloadVersion", "outcome", "failed")]


def test_a_lost_object_is_an_error_with_an_outcome(world: World, officer: Browser, version: Version) -> None:
    world.portal.objects.delete(version.object_name)
    assert officer.get(content(version)).status_code == 500
    assert last_steps(world, 1) == [("downloadVersion", "outcome", "failed")]


def test_a_truncated_object_is_refused_before_the_first_byte(world: World, officer: Browser, version: Version) -> None:
    path = world.portal.settings.data / "objects" / version.object_name[:2] / version.object_name
    path.write_bytes(path.read_bytes()[:-20])
    assert officer.get(content(version)).status_code == 500


def test_a_part_before_the_damage_is_sent_and_the_damaged_part_is_not(
    world: World, officer: Browser, version: Version
) -> None:
    damage(world, version, HEADER + 3 * 16400)
    assert officer.get(content(version), headers={"Range": "bytes=0-99"}).content == PAGE[:100]
    damaged = officer.get(content(version), headers={"Range": "bytes=49200-49300"})
    assert damaged.status_code == 500
    assert PAGE[49200:49210] not in damaged.content
    assert last_steps(world, 1) == [("downloadVersion", "outcome", "failed")]


# --- archives


def test_a_room_comes_as_an_archive_with_an_event_for_each_file(world: World, officer: Browser, room: str) -> None:
    names = ["قانون.pdf", "法律.pdf", "закон.pdf", "закон.pdf"]
    for at, name in enumerate(names):
        put(world, officer, room, (name, PAGE + bytes([at]), PDF))
    before = len(steps(world, world.files["xaa"].rooms["reviewers"]))
    answer = browser(world, "expert_xbb").get(f"{room}/archive")
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) == len(answer.content)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["قانون.pdf", "法律.pdf", "закон.pdf", "закон (2).pdf"]
        assert archive.read("закон (2).pdf") == PAGE + b"\3"
    found = steps(world, world.files["xaa"].rooms["reviewers"])[before:]
    pair = [("downloadVersion", "intent", ""), ("downloadVersion", "outcome", "complete")]
    assert found == [("downloadRoom", "intent", ""), *pair * 4, ("downloadRoom", "outcome", "complete")]


def test_an_archive_holds_the_newest_versions_only(world: World, officer: Browser, room: str) -> None:
    put(world, officer, room, ("a.pdf", PAGE, PDF))
    send(officer, f"/documents/{documents(world)[0].id}/versions", ("b.pdf", PAGE + b"2", PDF))
    answer = officer.get(f"{room}/archive")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["b.pdf"]


def test_an_archive_leaves_out_what_the_person_may_not_download(world: World, officer: Browser) -> None:
    shared = f"/rooms/{world.files['xaa'].rooms['shared']}"
    put(world, officer, shared, ("draft.pdf", PAGE, PDF))
    assert officer.get(f"{shared}/archive").status_code == 200
    assert browser(world, "expert_xbb").get(f"{shared}/archive").status_code == 422


def test_the_head_of_an_archive_is_written_down_and_opens_no_content(
    world: World, officer: Browser, room: str, version: Version
) -> None:
    answer = officer.head(f"{room}/archive")
    assert answer.status_code == 200
    assert version.size < int(answer.headers["content-length"])
    assert last_steps(world, 1) == [("downloadRoom", "act", "")]
    assert said(world, version.room_id)[-1]["detail"] == {"files": 1, "head": True}


def test_a_session_that_is_over_downloads_nothing(world: World, officer: Browser, version: Version) -> None:
    world.clock.forward(timedelta(hours=2))
    assert officer.get(content(version), follow_redirects=False).status_code in {303, 401}
