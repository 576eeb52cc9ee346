"""Translation: exactly the version that was sent, until it is delivered or taken back (GL 21, 23)."""

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from portal.domain.ids import AppointmentId, PersonId
from portal.domain.roles import Role
from portal.usecases.appointments import end_appointment
from storage.tables import TranslationTask
from tests.cast import World, add_member
from tests.contents import documents, said, send, steps, versions
from tests.filing import PDF, newest, press, put, resealed, submitted
from tests.web_client import browser


def order(world: World, document: UUID, who: str = "officer", **changed: str):  # noqa: ANN201  # a response
    fields = {
        "version": str(newest(world, document)),
        "translator": str(world.members["translator"].person),
        "language": "fr",
    }
    return press(browser(world, who), f"/documents/{document}/translations", **(fields | changed))


def tasks(world: World) -> list[TranslationTask]:
    with world.portal.database.read() as session:
        return session.query(TranslationTask).order_by(TranslationTask.sent_at).all()


@pytest.fixture
def sent(world: World) -> tuple[UUID, UUID]:
    """A submitted document, sent to a translator who has accepted the undertaking: document and task."""
    document = submitted(world, "Response", kind="checklist_response")
    assert order(world, document).status_code == 303
    client = browser(world, "translator")
    accepted = press(client, f"/reviews/{world.files['xaa'].review}/undertaking", wording="1", accepted="yes")
    assert (accepted.status_code, accepted.headers["location"]) == (303, "/translations")
    return document, tasks(world)[0].id


def test_before_the_undertaking_a_translator_sees_that_something_waits_and_nothing_of_it(world: World) -> None:
    """ToR 30."""
    document = submitted(world, "Unguessable words")
    order(world, document)
    client, task = browser(world, "translator"), tasks(world)[0]
    text = client.get("/translations").text
    assert "Unguessable" not in text
    assert "Accept the undertaking" in text
    assert client.get(f"/translations/{task.id}").status_code == 404
    assert client.get(f"/versions/{task.version_id}/content").status_code == 404


@pytest.mark.usefixtures("stamped")
def test_a_translator_opens_exactly_what_was_sent(world: World, sent: tuple[UUID, UUID]) -> None:
    document, task = sent
    other = submitted(world, "Other")
    client = browser(world, "translator")
    assert "Response" in client.get(f"/translations/{task}").text
    assert client.get(f"/versions/{newest(world, document)}/content").status_code == 200
    for path in (
        f"/versions/{newest(world, other)}/content",
        f"/documents/{document}",
        f"/documents/{other}",
        f"/documents/{document}/translations",
        f"/rooms/{world.files['xaa'].rooms['shared']}",
        f"/rooms/{world.files['xaa'].rooms['shared']}/archive",
        f"/reviews/{world.files['xaa'].review}",
        "/reviews",
        f"/translations/{uuid4()}",
    ):
        assert client.get(path).status_code == 404, path


@pytest.mark.usefixtures("stamped")
def test_another_version_of_the_same_document_stays_closed(world: World) -> None:
    document = put(world, "officer", "shared", "Outcome")
    first = newest(world, document)
    send(browser(world, "officer"), f"/documents/{document}/versions", ("b.pdf", b"%PDF-1.7 b", PDF))
    order(world, document, version=str(first))
    client = browser(world, "translator")
    press(client, f"/reviews/{world.files['xaa'].review}/undertaking", wording="1", accepted="yes")
    assert client.get(f"/versions/{first}/content").status_code == 200
    assert client.get(f"/versions/{newest(world, document)}/content").status_code == 404


def test_a_delivery_becomes_a_language_version_and_ends_the_access(world: World, sent: tuple[UUID, UUID]) -> None:
    document, task = sent
    client = browser(world, "translator")
    answer = send(client, f"/translations/{task}/delivery", ("fr.pdf", b"%PDF-1.7 fr", PDF), title="Réponse")
    assert (answer.status_code, answer.headers["location"]) == (303, "/translations?delivered=1")
    assert "Your translation is delivered" in client.get(answer.headers["location"]).text
    assert "Your translation is delivered" not in client.get("/translations").text
    new = next(one for one in documents(world) if one.translates_id)
    assert new.translates_id == newest(world, document)
    assert (new.language, new.kind, new.owner, new.stage) == ("fr", "checklist_response", "XAA", "submitted")
    assert new.room_id == world.files["xaa"].rooms["shared"]
    assert tasks(world)[0].delivered_at == world.clock.now
    for path in (f"/translations/{task}", f"/versions/{newest(world, document)}/content"):
        assert client.get(path).status_code == 404
    assert client.get(f"/versions/{newest(world, new.id)}/content").status_code == 404
    assert "Nothing is with you" in client.get("/translations").text
    again = send(client, f"/translations/{task}/delivery", ("fr.pdf", b"%PDF-1.7 fr", PDF))
    assert again.status_code == 404
    officer = browser(world, "officer")
    assert f"/documents/{new.id}" in officer.get(f"/documents/{document}").text
    assert f"/documents/{document}" in officer.get(f"/documents/{new.id}").text
    room = officer.get(f"/rooms/{world.files['xaa'].rooms['shared']}").text
    assert "Language version of no. 1" in room
    assert steps(world, world.files["xaa"].rooms["shared"]).count(("deliverTranslation", "outcome", "complete")) == 1


def test_an_empty_delivery_is_told_and_the_text_stays_with_the_translator(
    world: World, sent: tuple[UUID, UUID]
) -> None:
    _, task = sent
    client = browser(world, "translator")
    answer = send(client, f"/translations/{task}/delivery", ("fr.pdf", b"", PDF))
    assert answer.status_code == 422
    assert "The file is empty" in answer.text
    assert client.get(f"/translations/{task}").status_code == 200


def test_a_text_that_was_taken_back_is_closed_at_once(world: World, sent: tuple[UUID, UUID]) -> None:
    document, task = sent
    officer, client = browser(world, "officer"), browser(world, "translator")
    assert press(client, f"/translations/{task}/recall").status_code == 404
    assert press(browser(world, "focal_xaa"), f"/translations/{task}/recall").status_code == 403
    assert press(browser(world, "officer_other"), f"/translations/{task}/recall").status_code == 404
    assert press(officer, f"/translations/{task}/recall").status_code == 303
    again = press(officer, f"/translations/{task}/recall")
    assert (again.status_code, "taken back already" in again.text) == (409, True)
    assert client.get(f"/versions/{newest(world, document)}/content").status_code == 404
    assert send(client, f"/translations/{task}/delivery", ("fr.pdf", b"%PDF-1.7", PDF)).status_code == 404
    assert "taken back" in officer.get(f"/documents/{document}/translations").text


def test_another_translator_sees_nothing_of_it(world: World, sent: tuple[UUID, UUID]) -> None:
    document, task = sent
    add_member(world, "translator_two", Role.TRANSLATOR)
    client = browser(world, "translator_two")
    assert "Response" not in client.get("/translations").text
    assert client.get(f"/translations/{task}").status_code == 404
    assert client.get(f"/versions/{newest(world, document)}/content").status_code == 404
    assert send(client, f"/translations/{task}/delivery", ("fr.pdf", b"%PDF-1.7", PDF)).status_code == 404


def test_only_the_officer_sends_and_not_from_national_rooms(world: World) -> None:
    document = submitted(world)
    assert order(world, document, "focal_xaa").status_code == 403
    assert order(world, document, "expert_xbb").status_code == 404
    assert order(world, document, "officer_other").status_code == 404
    national = put(world, "focal_xaa", "national XAA", "Draft")
    assert order(world, national).status_code == 404
    assert tasks(world) == []


def test_wrong_orders_are_told_and_nothing_is_sent(world: World) -> None:
    document = submitted(world, language="ar")
    for changed, sentence in [
        ({"translator": str(world.members["expert_xaa"].person)}, "Choose a translator"),
        ({"translator": "somebody"}, "Choose a translator"),
        ({"translator": str(uuid4())}, "Choose a translator"),
        ({"language": "ar"}, "in that language already"),
        ({"language": "Klingon"}, "Choose the language"),
    ]:
        answer = order(world, document, **changed)
        assert answer.status_code == 422, changed
        assert re.search(sentence, answer.text)
    other, theirs = submitted(world, "Other"), put(world, "focal_xdd", "national XDD", file="xdd")
    for stranger in (newest(world, other), newest(world, theirs), uuid4()):
        assert order(world, document, version=str(stranger)).status_code == 404
    assert tasks(world) == []


def test_the_same_text_is_not_sent_twice_to_the_same_translator(world: World) -> None:
    document = submitted(world)
    assert order(world, document).status_code == 303
    assert order(world, document).status_code == 409
    assert order(world, document, language="es").status_code == 303
    assert len(tasks(world)) == 2


def test_nothing_was_copied_for_a_translation(world: World, sent: tuple[UUID, UUID]) -> None:
    assert sent
    assert len(versions(world)) == 2  # the draft and what was submitted


def test_the_list_is_for_translators(world: World) -> None:
    for who in ("officer", "focal_xaa", "registrar", "administrator"):
        assert browser(world, who).get("/translations").status_code == 404


def test_what_is_withdrawn_does_not_stay_open_through_its_translation(world: World, sent: tuple[UUID, UUID]) -> None:
    """ToR 36: the State decides what others read."""
    document, task = sent
    deliver(world, task)
    translation = next(row.id for row in documents(world) if row.translates_id is not None)
    world.clock.forward(timedelta(seconds=1))
    assert order(world, translation, language="ru").status_code == 303
    deliver(world, tasks(world)[1].id)
    again = next(row.id for row in documents(world) if row.translates_id == newest(world, translation))
    for one in (document, translation, again):
        assert press(browser(world, "officer"), f"/documents/{one}/circulate").status_code == 303
    reader = browser(world, "expert_xbb")
    contents = [f"/versions/{newest(world, one)}/content" for one in (document, translation, again)]
    assert [reader.get(content).status_code for content in contents] == [200, 200, 200]
    assert (
        press(browser(world, "focal_xaa"), f"/documents/{document}/withdraw", reason="Wrong annex").status_code == 303
    )
    assert [reader.get(content).status_code for content in contents] == [403, 403, 403]
    assert "Wrong annex" in reader.get(f"/documents/{again}").text
    assert steps(world, world.files["xaa"].rooms["shared"]).count(("withdrawDocument", "act", "")) == 3


def deliver(world: World, task: UUID) -> None:
    client = browser(world, "translator")
    assert send(client, f"/translations/{task}/delivery", ("fr.pdf", b"%PDF-1.7 fr", PDF)).status_code == 303


def recall(world: World, task: UUID) -> None:
    assert press(browser(world, "officer"), f"/translations/{task}/recall").status_code == 303


def dismiss(world: World, task: UUID) -> None:
    assert task
    translator = world.members["translator"]
    ended = (PersonId(translator.person), AppointmentId(translator.appointment), None)
    with world.request():
        end_appointment(world.portal, world.caller("registrar"), *ended)


@pytest.mark.parametrize("end", [deliver, recall, dismiss])
def test_what_comes_after_a_translators_access_ended_is_sealed_under_a_new_key(
    world: World, sent: tuple[UUID, UUID], end: Callable[[World, UUID], None]
) -> None:
    assert resealed(world, "officer", "shared", "Before") == 1
    end(world, sent[1])
    assert [resealed(world, "officer", "shared", text) for text in ("After", "Later")] == [2, 2]


def test_closing_the_review_takes_back_what_is_with_translators(world: World, sent: tuple[UUID, UUID]) -> None:
    file, client = world.files["xaa"], browser(world, "translator")
    notes = put(world, "officer", "reviewers", "Notes")
    assert order(world, notes, language="es").status_code == 303
    theirs = put(world, "officer_other", "shared", "Outcome", file="xdd")
    assert order(world, theirs, "officer_other").status_code == 303
    assert client.get(f"/translations/{sent[1]}").status_code == 200
    assert press(browser(world, "registrar"), f"/register/{file.review}/close").status_code == 303
    for path in (f"/translations/{sent[1]}", f"/versions/{newest(world, sent[0])}/content"):
        assert client.get(path).status_code == 404
    assert send(client, f"/translations/{sent[1]}/delivery", ("fr.pdf", b"%PDF-1.7", PDF)).status_code == 404
    found = {task.document_id: task for task in tasks(world)}
    assert [found[one].recalled_at for one in (sent[0], notes, theirs)] == [world.clock.now, world.clock.now, None]
    for room, document in (("shared", sent[0]), ("reviewers", notes)):
        task = found[document]
        event = next(event for event in said(world, file.rooms[room]) if event["action"] == "closeReview")
        assert event["on"]["document"] == str(document)
        assert event["detail"] == {"recalled": str(task.id)}
        assert set(event["rows"]) == {f"translation_task/{task.id}"}
    (closed,) = (event for event in said(world, file.review) if event["action"] == "closeReview")
    assert (set(closed["rows"]), "detail" in closed) == ({f"review/{file.review}"}, False)
    trail = browser(world, "focal_xaa").get(f"/documents/{sent[0]}/trail").text
    assert "closed the review" in trail
