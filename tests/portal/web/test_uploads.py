"""Uploads through the application: what is kept, what is refused, what people and the log are told."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import uuid4

import pytest

from portal.domain.media import PDF
from storage.errors import Full
from storage.objects.memory import MemoryStore
from tests.cast import World
from tests.contents import documents, form_token, objects, said, send, steps, versions
from tests.web_client import ORIGIN, Browser, browser

PAGE = b"%PDF-1.7\n" + b"x" * 5000
FILE = ("law.pdf", PAGE, PDF)


@pytest.fixture
def officer(world: World) -> Browser:
    return browser(world, "officer")


@pytest.fixture
def room(world: World) -> str:
    return f"/rooms/{world.files['xaa'].rooms['shared']}"


def upload(client: Browser, room: str, *files: tuple[str, bytes, str], **fields: str) -> dict[str, object]:
    answer = send(client, f"{room}/documents", *files, script=True, **fields)
    assert answer.headers["content-type"] == "application/json"
    told: dict[str, object] = answer.json()
    return told | {"status": answer.status_code}


def test_a_file_becomes_a_document_and_the_log_has_intent_and_outcome(
    world: World, officer: Browser, room: str
) -> None:
    answer = send(officer, f"{room}/documents", FILE, title="The law", tags="UNTOC 5")
    (document,), (version,) = documents(world), versions(world)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/documents/{document.id}")
    assert (document.number, document.kind, document.stage, document.owner) == (1, "law", "draft", "secretariat")
    assert (version.number, version.size) == (1, len(PAGE))
    stream = world.files["xaa"].rooms["shared"]
    assert steps(world, stream) == [("uploadDocument", "intent", ""), ("uploadDocument", "outcome", "complete")]
    intent, outcome = said(world, stream)
    assert outcome["intent"] == intent["id"]
    assert outcome["on"]["document"] == str(document.id)
    assert outcome["on"]["version"] == str(version.id)
    assert outcome["detail"]["bytes"] == len(PAGE)


def test_a_state_owns_what_its_people_upload(world: World) -> None:
    room = world.files["xaa"].rooms["national XAA"]
    assert upload(browser(world, "expert_xaa"), f"/rooms/{room}", FILE)["ok"]
    assert documents(world)[0].owner == "XAA"


def test_each_file_of_a_plain_form_is_told_by_itself_and_what_was_kept_stays(
    world: World, officer: Browser, room: str
) -> None:
    answer = send(officer, f"{room}/documents", FILE, ("empty.pdf", b"", PDF), ("b.pdf", PAGE + b"b", PDF))
    assert answer.status_code == 200
    assert "The file is empty" in answer.text
    assert "Whom to ask: <bdi>Officer Example</bdi>." in answer.text
    assert [document.number for document in documents(world)] == [1, 2]
    assert len(objects(world)) == 2
    results = [result for _, phase, result in steps(world, world.files["xaa"].rooms["shared"]) if phase == "outcome"]
    assert results == ["complete", "refused", "complete"]


def test_several_files_without_anything_to_tell_lead_back_to_the_room(officer: Browser, room: str) -> None:
    answer = send(officer, f"{room}/documents", FILE, ("b.pdf", PAGE + b"b", PDF))
    assert (answer.status_code, answer.headers["location"]) == (303, room)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"kind": "poem"}, "Choose what kind"),
        ({"kind": ""}, "Choose what kind"),
        ({"language": "English"}, "Choose the language"),
        ({"tags": "UNTOC 99"}, "there is no article 99"),
        ({"title": "a\u202eb"}, "can’t be seen"),
    ],
)
def test_a_wrong_field_refuses_the_upload_in_a_sentence(
    world: World, officer: Browser, room: str, fields: dict[str, str], sentence: str
) -> None:
    told = upload(officer, room, FILE, **fields)
    assert told["status"] == 422
    assert sentence in str(told["message"])
    assert not documents(world)


def test_a_form_without_a_file_says_so(officer: Browser, room: str) -> None:
    told = upload(officer, room, ("", b"", "application/octet-stream"))
    assert told["status"] == 422
    assert "No file was chosen" in str(told["message"])


def send_nameless(client: Browser, room: str, content: bytes) -> dict[str, object]:
    """Send a file under an empty name, as a browser sends the field in which none was chosen."""
    fields = {"csrf": form_token(client.cookies["portal-local"]), "kind": "law", "language": "en"}
    parts = [f'form-data; name="{name}"\r\n\r\n{value}' for name, value in fields.items()]
    parts.append('form-data; name="file"; filename=""\r\nContent-Type: application/octet-stream\r\n\r\n')
    body = "".join(f"\r\n--cut\r\nContent-Disposition: {part}" for part in parts).lstrip().encode()
    headers = {"Origin": ORIGIN, "X-Upload": "1", "Content-Type": "multipart/form-data; boundary=cut"}
    answer = client.post(f"{room}/documents", content=body + content + b"\r\n--cut--\r\n", headers=headers)
    told: dict[str, object] = answer.json()
    return told | {"status": answer.status_code}


def test_an_empty_file_without_a_name_is_none(world: World, officer: Browser, room: str) -> None:
    told = send_nameless(officer, room, b"")
    assert told["status"] == 422
    assert "No file was chosen" in str(told["message"])
    assert not objects(world)


def test_a_file_that_came_without_a_name_is_kept_under_one_and_that_is_told(
    world: World, officer: Browser, room: str
) -> None:
    told = send_nameless(officer, room, PAGE)
    assert (
        told["message"] == "Kept as no. 1. It came without a name, so it is kept under the name “\u2068unnamed\u2069”."
    )
    got = officer.get(f"/versions/{versions(world)[0].id}/content")
    assert got.content == PAGE
    assert got.headers["content-disposition"].startswith('attachment; filename="unnamed"')


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("a\u202efdp.exe", "afdp.exe"),
        ("C:\\temp\\con.pdf", "_con.pdf"),
        ("x" * 300 + ".pdf", "x" * 251 + ".pdf"),
        ('quo"te\r\nSet-Cookie: a=b.pdf', "quo_te Set-Cookie_ a=b.pdf"),
    ],
)
def test_a_hostile_name_is_cleaned_and_told(officer: Browser, room: str, raw: str, kept: str) -> None:
    told = upload(officer, room, (raw, PAGE, PDF))
    assert told["ok"], told
    assert f"“\u2068{kept}\u2069”" in str(told["message"])


def test_a_declared_type_that_is_not_the_contents_is_told(officer: Browser, room: str) -> None:
    told = upload(officer, room, ("law.pdf", b"<html><script>alert(1)</script>", PDF))
    assert told["ok"]
    assert "isn’t what its name or type says" in str(told["message"])


def test_the_same_file_is_kept_and_told(world: World, officer: Browser, room: str) -> None:
    upload(officer, room, FILE)
    told = upload(officer, room, ("again.pdf", PAGE, PDF))
    assert "The same file is already here as no. 1." in str(told["message"])
    assert len(versions(world)) == 2


def test_an_equal_file_of_another_review_is_not_betrayed(world: World, officer: Browser) -> None:
    shared = world.files["xaa"].rooms["shared"]
    upload(officer, f"/rooms/{shared}", FILE)
    other = browser(world, "officer_other")
    told = upload(other, f"/rooms/{world.files['xdd'].rooms['shared']}", FILE)
    assert told["message"] == "Kept as no. 1."


def test_a_file_beyond_the_limit_is_refused_and_nothing_of_it_remains(
    world: World, officer: Browser, room: str
) -> None:
    object.__setattr__(world.portal.settings, "upload_bytes", 4000)
    told = upload(officer, room, FILE)
    assert told["status"] == 413
    assert not objects(world)
    assert steps(world, world.files["xaa"].rooms["shared"])[-1] == ("uploadDocument", "outcome", "refused")


class FullStore(MemoryStore):
    """A store that finds no more space after some bytes."""

    def put(self, name: str, chunks: Iterable[bytes]) -> int:
        for _ in chunks:
            raise Full(name)
        return 0


def test_a_full_store_is_told_and_nothing_remains(world: World, officer: Browser, room: str) -> None:
    world.portal.objects = FullStore()
    told = upload(officer, room, ("large.bin", b"x" * (3 << 20), "application/octet-stream"))
    assert told["status"] == 503
    assert "no space left" in str(told["message"])
    assert not documents(world)
    assert steps(world, world.files["xaa"].rooms["shared"])[-1] == ("uploadDocument", "outcome", "failed")


@pytest.mark.parametrize("who", ["stranger_xff", "officer_other", "registrar", "administrator", "translator"])
def test_a_room_that_one_does_not_know_and_one_that_is_not_there_answer_alike(
    world: World, who: str, room: str
) -> None:
    client = browser(world, who)
    there, nowhere = (send(client, f"{path}/documents", FILE) for path in (room, f"/rooms/{uuid4()}"))
    assert there.status_code == nowhere.status_code == 404
    assert there.text == nowhere.text
    assert not objects(world)


def test_an_observer_sees_the_room_and_is_refused_with_a_reason(world: World, room: str) -> None:
    assert send(browser(world, "observer_xcc"), f"{room}/documents", FILE).status_code == 403


def test_an_upload_without_the_pages_token_is_refused(world: World, officer: Browser, room: str) -> None:
    answer = officer.post(f"{room}/documents", files={"file": FILE}, headers={"Origin": ORIGIN})
    assert answer.status_code == 403
    assert not documents(world)


def test_a_new_version_gets_the_next_number(world: World, officer: Browser, room: str) -> None:
    upload(officer, room, FILE)
    document = documents(world)[0]
    answer = send(officer, f"/documents/{document.id}/versions", ("law2.pdf", PAGE + b"2", PDF))
    assert (answer.status_code, answer.headers["location"]) == (303, f"/documents/{document.id}")
    assert [version.number for version in versions(world)] == [1, 2]


def test_a_version_is_one_file(world: World, officer: Browser, room: str) -> None:
    upload(officer, room, FILE)
    path = f"/documents/{documents(world)[0].id}/versions"
    answer = send(officer, path, ("a.pdf", PAGE + b"a", PDF), ("b.pdf", PAGE + b"b", PDF))
    assert "One file is taken here at a time" in answer.text
    assert len(versions(world)) == 2


def test_a_document_of_another_file_takes_no_version(world: World, officer: Browser, room: str) -> None:
    upload(officer, room, FILE)
    path = f"/documents/{documents(world)[0].id}/versions"
    assert send(browser(world, "officer_other"), path, FILE).status_code == 404
    assert len(versions(world)) == 1


def test_an_upload_cut_off_leaves_nothing_and_says_so(world: World, officer: Browser, room: str) -> None:
    boundary = "cut"
    head = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in {
            "csrf": form_token(officer.cookies["portal-local"]),
            "kind": "law",
            "language": "en",
        }.items()
    )
    head += f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
    answer = officer.post(
        f"{room}/documents",
        content=head.encode() + PAGE,
        headers={"Origin": ORIGIN, "Content-Type": f"multipart/form-data; boundary={boundary}"},
    )
    assert answer.status_code == 400
    assert not documents(world)
    assert not objects(world)
    assert steps(world, world.files["xaa"].rooms["shared"])[-1] == ("uploadDocument", "outcome", "aborted")


def test_an_upload_after_the_session_ended_is_told_to_sign_in(world: World, officer: Browser, room: str) -> None:
    world.clock.forward(timedelta(hours=2))
    told = upload(officer, room, FILE)
    assert told["status"] == 401
    assert "session has ended" in str(told["message"])
    assert not objects(world)
