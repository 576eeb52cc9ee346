"""Scanned copies of notes: who adds and opens them, what is refused, and what a broken upload leaves."""

import re
from datetime import timedelta
from uuid import UUID

import pytest

from portal.audit.events import REGISTRY_STREAM
from portal.domain.notes import COPY_BYTES
from storage.objects.store import new_name
from tests.cast import World
from tests.contents import form_token, objects, send, steps, swept
from tests.filing import PDF, press
from tests.noting import SCAN, assignment, copied, copies, place, send_copy
from tests.web_client import ORIGIN, browser

END = {"note": "NV/9/2026", "dated": "2026-05-01"}


def test_a_copy_stands_beside_its_note_and_comes_as_an_attachment(world: World) -> None:
    copy = copied(world)
    page = browser(world, "focal_xaa").get(f"/people/{world.members['expert_xaa'].person}").text
    assert f'href="/copies/{copy}"' in page
    assert "note.pdf" in page
    answer = browser(world, "focal_xaa").get(f"/copies/{copy}")
    assert (answer.status_code, answer.content) == (200, SCAN)
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert steps(world, REGISTRY_STREAM)[-2:] == [("openNote", "intent", ""), ("openNote", "outcome", "complete")]


def test_whoever_is_appointed_sees_and_opens_the_copy_on_their_own_account(world: World) -> None:
    added = {copied(world), copied(world, kind="assignments")}
    client = browser(world, "expert_xaa")
    page = client.get("/account").text
    assert set(map(UUID, re.findall(r"/copies/([\w-]{36})", page))) == added
    assert all(client.get(f"/copies/{copy}").content == SCAN for copy in added)
    assert "/copies/" not in browser(world, "focal_xaa").get("/account").text


def test_copies_are_added_and_none_is_replaced(world: World) -> None:
    first, second = copied(world), copied(world)
    client = browser(world, "focal_xaa")
    assert [client.get(f"/copies/{one}").status_code for one in (first, second)] == [200, 200]


OPENERS = {
    ("focal_xaa", "expert_xaa", "appointments"): {"focal_xaa", "expert_xaa"},
    ("registrar", "focal_xaa", "appointments"): {"registrar", "focal_xaa"},
    ("registrar", "officer", "assignments"): {"registrar", "officer"},
    ("administrator", "registrar", "appointments"): {"administrator", "registrar"},
}


@pytest.mark.parametrize(("who", "whom", "kind"), OPENERS)
def test_only_those_concerned_open_a_copy(world: World, who: str, whom: str, kind: str) -> None:
    copy = copied(world, who, whom, kind)
    asked = ("focal_xaa", "expert_xaa", "expert_xbb", "focal_xbb", "officer", "registrar", "administrator", "oversight")
    opened = {one for one in asked if browser(world, one).get(f"/copies/{copy}").status_code == 200}
    assert opened == OPENERS[who, whom, kind]


def test_a_copy_of_another_state_looks_like_none(world: World) -> None:
    copy, none = copied(world), UUID(int=7)
    for who in ("focal_xbb", "stranger_xff", "registrar"):
        there, absent = (browser(world, who).get(f"/copies/{one}") for one in (copy, none))
        assert (there.status_code, there.text) == (absent.status_code, absent.text)
        assert there.status_code == 404


def test_another_states_focal_point_adds_nothing(world: World) -> None:
    for whom, kind in (("expert_xaa", "appointments"), ("expert_xaa", "assignments")):
        assert send_copy(world, "focal_xbb", whom, kind).status_code == 404
    assert not copies(world)
    assert not objects(world)


def test_an_appointment_of_somebody_else_in_the_address_is_nowhere(world: World) -> None:
    own, other = world.members["expert_xbb"], world.members["expert_xbb_other"]
    client = browser(world, "focal_xbb")
    for path in (f"appointments/{other.appointment}", f"assignments/{assignment(world, 'expert_xbb_other')}"):
        assert send(client, f"/people/{own.person}/{path}/copies", ("note.pdf", SCAN, PDF)).status_code == 404
    assert not copies(world)


def test_nobody_brings_the_note_that_they_are_appointed_on(world: World) -> None:
    answer = send_copy(world, "registrar", "registrar")
    assert answer.status_code in {403, 404}
    assert not copies(world)


def test_a_copy_of_the_end_waits_for_the_end(world: World) -> None:
    early = send_copy(world, of_end="yes")
    assert early.status_code == 422
    assert "has not ended on a note" in early.text
    assert press(browser(world, "focal_xaa"), place(world, "expert_xaa") + "/end", **END).status_code == 303
    assert send_copy(world, of_end="yes").status_code == 303
    assert [row.of_end for row in copies(world)] == [True]


@pytest.mark.parametrize(
    ("name", "content"),
    [("note.docx", b"PK\x03\x04 word"), ("note.pdf", b"<html><script>"), ("note.svg", b"<svg xmlns=''/>")],
)
def test_what_is_no_scan_is_refused_and_nothing_of_it_stays(world: World, name: str, content: bytes) -> None:
    answer = send_copy(world, file=(name, content, PDF))
    assert answer.status_code == 422
    assert "PDF or a picture" in answer.text
    assert not copies(world)
    assert not objects(world)
    assert steps(world, REGISTRY_STREAM)[-1][:2] == ("addNote", "outcome")


def test_a_copy_that_is_too_large_is_refused_with_what_to_do(world: World) -> None:
    answer = send_copy(world, file=("note.pdf", SCAN + bytes(COPY_BYTES), PDF))
    assert answer.status_code == 413
    assert "at most 20 MB" in answer.text
    assert not copies(world)
    assert not objects(world)


@pytest.mark.parametrize("name", ["../../etc/passwd.pdf", "C:\\secret\\note.pdf", "note\u202efdp.exe.pdf", "a\0b.pdf"])
def test_a_misleading_name_is_cleaned_and_told(world: World, name: str) -> None:
    answer = send_copy(world, file=(name, SCAN, PDF))
    assert answer.status_code in {200, 303}
    (copy,) = copies(world)
    told = browser(world, "focal_xaa").get(f"/copies/{copy.id}").headers["content-disposition"]
    assert not set("/\\\u202e\0") & set(told.split("filename*")[0].removeprefix("attachment"))
    assert "%E2%80%AE" not in told


def test_an_upload_that_is_cut_leaves_no_row_and_no_object(world: World) -> None:
    token = world.members["focal_xaa"].token
    head = (
        f'--cut\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{form_token(token)}\r\n'
        '--cut\r\nContent-Disposition: form-data; name="file"; filename="note.pdf"\r\n'
        "Content-Type: application/pdf\r\n\r\n"
    )
    answer = browser(world, "focal_xaa").post(
        place(world, "expert_xaa") + "/copies",
        content=head.encode() + SCAN * 5000,
        headers={"Content-Type": "multipart/form-data; boundary=cut", "Origin": ORIGIN},
    )
    assert answer.status_code == 400
    assert not copies(world)
    assert not objects(world)
    assert steps(world, REGISTRY_STREAM)[-1] == ("addNote", "outcome", "aborted")


def test_an_object_that_no_copy_names_is_swept_and_a_named_one_stays(world: World) -> None:
    copied(world)
    (kept,) = copies(world)
    world.portal.objects.put(new_name(), iter([b"left behind"]))
    world.clock.now += timedelta(days=400 * 30)
    assert swept(world) == 1
    assert objects(world) == [kept.object_name]
