"""A document's page and the acts on it: who may, what they change, twice and in the wrong order."""

import re
from uuid import UUID, uuid4

import pytest

from portal.audit.events import REFUSALS_STREAM
from tests.cast import World, setting_up
from tests.contents import documents, said, send
from tests.filing import PDF, circulated, move, newest, press, put, submitted
from tests.web_client import Browser, browser


def row(world: World, document: UUID):  # noqa: ANN201  # a Document
    return next(one for one in documents(world) if one.id == document)


def hidden(client: Browser, document: UUID) -> str:
    found = re.search(r'name="seen" value="([^"]+)"', client.get(f"/documents/{document}").text)
    assert found
    return found[1]


@pytest.fixture
def draft(world: World) -> UUID:
    return put(world, "focal_xaa", "national XAA", "Response", kind="checklist_response")


def test_a_page_tells_what_the_document_is_and_why_one_sees_it(world: World, draft: UUID) -> None:
    text = browser(world, "expert_xaa").get(f"/documents/{draft}").text
    for words in ("Response.pdf", "Checklist response", "Focal_Xaa Example", "SHA-256", "Version 1"):
        assert words in text
    assert "This is the national room of your State, and you are an expert assigned to this review." in text
    (listed, *rest) = said(world, world.files["xaa"].rooms["national XAA"])[2:]
    assert (listed["action"], rest) == ("viewDocument", [])


def test_a_type_that_the_content_belies_is_shown_beside_it(world: World) -> None:
    path = f"/rooms/{world.files['xaa'].rooms['shared']}/documents"
    send(browser(world, "officer"), path, ("image.png", b"<!doctype html><script>1</script>", "image/png"))
    text = browser(world, "officer").get(f"/documents/{documents(world)[0].id}").text
    assert "It came as image/png; its content looks like text/html." in text
    send(browser(world, "officer"), path, ("law.pdf", b"\x00\x01\x02\x03", "application/pdf"))
    text = browser(world, "officer").get(f"/documents/{documents(world)[1].id}").text
    assert "It came as application/pdf; its content looks like nothing that is known." in text


def test_acts_are_offered_to_whom_they_are_allowed(world: World, draft: UUID) -> None:
    def acts(who: str, document: UUID) -> set[str]:
        text = browser(world, who).get(f"/documents/{document}").text
        return set(re.findall(rf'action="/documents/{document}/([a-z]+)"', text))

    assert acts("focal_xaa", draft) == {"describe", "submit", "withdraw", "versions"}
    assert acts("expert_xaa", draft) == {"describe", "withdraw", "versions"}
    waiting = submitted(world, "Law")
    assert acts("officer", waiting) == {"circulate"}
    assert acts("focal_xaa", waiting) == {"withdraw"}
    assert acts("expert_xbb", circulated(world, "Case")) == set()


def test_describing_changes_what_is_said_and_keeps_the_rest(world: World, draft: UUID) -> None:
    client = browser(world, "expert_xaa")
    fields = {"title": "Réponse", "kind": "note", "language": "fr", "tags": "UNTOC 5; TIP 9(1)(a)"}
    assert press(client, f"/documents/{draft}/describe", seen=hidden(client, draft), **fields).status_code == 303
    text = client.get(f"/documents/{draft}").text
    assert "Réponse" in text
    assert "UNTOC 5, TIP 9(1)(a)" in text
    assert (row(world, draft).kind, row(world, draft).language) == ("note", "fr")


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("title", "", "Give the document a title."),
        ("title", "x" * 201, "at most 200 fit"),
        ("kind", "poem", "Choose what kind"),
        ("language", "Klingon", "Choose the language"),
        ("tags", "UNTOC 99", "there is no article 99"),
    ],
)
def test_a_wrong_description_is_told_and_what_was_typed_stays(
    world: World, draft: UUID, field: str, value: str, sentence: str
) -> None:
    client = browser(world, "focal_xaa")
    fields = {"title": "A new title", "kind": "law", "language": "en", "tags": "UNTOC 5", field: value}
    answer = press(client, f"/documents/{draft}/describe", seen=hidden(client, draft), **fields)
    assert answer.status_code == 422
    assert sentence in answer.text
    if field != "title":
        assert 'value="A new title"' in answer.text
    assert row(world, draft).kind == "checklist_response"


def test_of_two_who_describe_at_once_the_second_is_told(world: World, draft: UUID) -> None:
    first, second = browser(world, "focal_xaa"), browser(world, "expert_xaa")
    seen = hidden(first, draft)
    fields = {"title": "First", "kind": "law", "language": "en", "tags": ""}
    world.clock.forward(world.portal.settings.session_idle / 10)
    assert press(first, f"/documents/{draft}/describe", seen=seen, **fields).status_code == 303
    answer = press(second, f"/documents/{draft}/describe", seen=seen, **(fields | {"title": "Second"}))
    assert answer.status_code == 409
    assert "Somebody changed this document" in answer.text
    assert "Officer Example" in answer.text  # GL 7: whom to ask
    assert "First" in first.get(f"/documents/{draft}").text


def test_nothing_is_circulated_twice_and_the_second_is_told(world: World) -> None:
    document = circulated(world)
    answer = press(browser(world, "officer"), f"/documents/{document}/circulate")
    assert answer.status_code == 409
    assert "circulated already" in answer.text


def test_only_the_officer_circulates(world: World) -> None:
    """GL 15, 21."""
    document = submitted(world)
    assert press(browser(world, "focal_xaa"), f"/documents/{document}/circulate").status_code == 403
    assert press(browser(world, "expert_xbb"), f"/documents/{document}/circulate").status_code == 404
    assert press(browser(world, "officer_other"), f"/documents/{document}/circulate").status_code == 404
    assert row(world, document).stage == "submitted"


def test_a_withdrawn_document_keeps_its_entry_and_shows_why_but_opens_for_its_owner_alone(world: World) -> None:
    """ToR 36."""
    document = circulated(world, "Law")
    reason = press(browser(world, "focal_xaa"), f"/documents/{document}/withdraw", reason="Replaced by\r\na new law")
    assert reason.status_code == 303
    for who, opens in [("focal_xaa", 200), ("expert_xbb", 403), ("officer", 403)]:
        client = browser(world, who)
        text = client.get(f"/documents/{document}").text
        assert "Replaced by a new law" in text
        assert "This document was withdrawn" in text
        assert client.get(f"/versions/{newest(world, document)}/content").status_code == opens
    room = f"/rooms/{world.files['xaa'].rooms['shared']}"
    assert "Withdrawn" in browser(world, "expert_xbb").get(room).text


def test_nothing_is_withdrawn_twice_or_without_a_reason_or_by_others(world: World) -> None:
    document = circulated(world)
    client = browser(world, "focal_xaa")
    nothing = press(client, f"/documents/{document}/withdraw", reason=" ")
    assert nothing.status_code == 422
    assert "Say in a sentence why" in nothing.text
    assert press(browser(world, "focal_xbb"), f"/documents/{document}/withdraw", reason="Mine").status_code == 403
    assert row(world, document).withdrawn_at is None
    assert press(client, f"/documents/{document}/withdraw", reason="Replaced").status_code == 303
    again = press(client, f"/documents/{document}/withdraw", reason="Again")
    assert again.status_code == 409
    assert "withdrawn" in again.text


def test_what_was_withdrawn_is_not_worked_on(world: World, draft: UUID) -> None:
    client = browser(world, "focal_xaa")
    seen = hidden(client, draft)
    assert press(client, f"/documents/{draft}/withdraw", reason="Replaced").status_code == 303
    fields = {"title": "x", "kind": "law", "language": "en", "tags": ""}
    assert press(client, f"/documents/{draft}/describe", seen=seen, **fields).status_code == 409
    assert send(client, f"/documents/{draft}/versions", ("x.pdf", b"%PDF-1.7", PDF)).status_code == 409


def test_what_left_a_room_is_not_described_any_more_there(world: World) -> None:
    document = submitted(world)
    fields = {"seen": "", "title": "x", "kind": "law", "language": "en", "tags": ""}
    assert press(browser(world, "focal_xaa"), f"/documents/{document}/describe", **fields).status_code == 403


def test_ids_of_another_file_are_absent_in_every_position(world: World) -> None:
    theirs = put(world, "focal_xdd", "national XDD", file="xdd")
    client = browser(world, "focal_xaa")
    for document in (theirs, uuid4()):
        assert client.get(f"/documents/{document}").status_code == 404
        assert press(client, f"/documents/{document}/circulate").status_code == 404
        assert press(client, f"/documents/{document}/withdraw", reason="x").status_code == 404
        fields = {"seen": "", "title": "x", "kind": "law", "language": "en", "tags": ""}
        assert press(client, f"/documents/{document}/describe", **fields).status_code == 404
    assert row(world, theirs).withdrawn_at is None


def test_a_refusal_names_whom_to_ask_where_one_may_know_the_review(world: World) -> None:
    """GL 7."""
    document = circulated(world)
    refused = press(browser(world, "focal_xbb"), f"/documents/{document}/withdraw", reason="x")
    assert (refused.status_code, "Officer Example" in refused.text) == (403, True)
    absent = press(browser(world, "focal_xff"), f"/documents/{document}/withdraw", reason="x")
    assert (absent.status_code, "Officer Example" in absent.text) == (404, False)


def test_the_portals_own_question_whom_to_ask_is_nobodys_refusal(world: World) -> None:
    document = circulated(world)
    fields = {"version": str(newest(world, document)), "translator": str(world.members["translator"].person)}
    press(browser(world, "officer"), f"/documents/{document}/translations", **fields, language="fr")
    translator = browser(world, "translator")
    press(translator, f"/reviews/{world.files['xaa'].review}/undertaking", accepted="yes", wording="1")
    press(browser(world, "focal_xaa"), f"/documents/{document}/withdraw", reason="wrong annex")
    before = len(said(world, REFUSALS_STREAM))
    refused = translator.get(f"/versions/{fields['version']}/content")
    assert (refused.status_code, "Officer Example" in refused.text) == (403, False)
    assert said(world, REFUSALS_STREAM)[before:] == []


def test_after_the_review_the_reviewing_states_find_nothing(world: World) -> None:
    document = circulated(world)
    with setting_up(world.portal) as (work, _):
        record = work.reviews.find(world.files["xaa"].review)
        assert record is not None
        record.review.stage = "closed"
    assert browser(world, "expert_xbb").get(f"/documents/{document}").status_code == 404
    client = browser(world, "focal_xaa")
    assert client.get(f"/documents/{document}").status_code == 200
    assert move(world, "focal_xaa", document, "shared").status_code == 403
