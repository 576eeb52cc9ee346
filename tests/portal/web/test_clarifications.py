"""The pages of the dialogue: long and odd texts, two tabs, sessions that end, words that are looked for."""

import logging
import re
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

import pytest

from portal.domain.clarifications import EntryStage, Part
from portal.domain.markdown import TEXT_CHARACTERS
from portal.domain.roles import Role
from portal.usecases import attachments
from storage.tables import Stream
from tests import dialogue
from tests.cast import World, add_member
from tests.contents import form_token, said, send
from tests.filing import circulated, newest, press, put
from tests.office import QUESTION
from tests.web_client import ORIGIN, browser

LONG: Final = "word " * 400_000


def base(world: World) -> str:
    return f"/reviews/{world.files['xaa'].review}/clarifications"


def test_two_megabytes_come_back_in_the_form_with_a_sentence(world: World) -> None:
    client = browser(world, "expert_xbb")
    answer = press(client, base(world), **{**QUESTION, "text": LONG})
    assert answer.status_code == 422
    assert f"at most {TEXT_CHARACTERS}" in answer.text
    assert LONG.strip() in answer.text
    saved = dialogue.draft_question(world)
    for path in (f"/entries/{saved.entry}", f"/entries/{saved.entry}/autosave"):
        answer = press(client, path, **{**QUESTION, "text": LONG, "seen": "1"})
        assert f"at most {TEXT_CHARACTERS}" in answer.text
    assert LONG.strip() in press(client, f"/entries/{saved.entry}", **{**QUESTION, "text": LONG, "seen": "1"}).text
    assert dialogue.entry(world, saved.entry).edition == 1


def test_a_long_text_from_somebody_without_a_session_is_not_even_read(world: World) -> None:
    saved = dialogue.draft_question(world)
    for path in (base(world), f"/entries/{saved.entry}", f"/entries/{saved.entry}/autosave"):
        answer = browser(world).post(path, data={"text": LONG}, headers={"Origin": ORIGIN}, follow_redirects=False)
        assert answer.status_code == 413, path


def test_nothing_in_a_text_runs_and_directions_stay_in_their_blocks(world: World) -> None:
    hostile = (
        "<script>alert(1)</script>\n\n[x](javascript:alert(1)) ![y](https://evil.example/y.png)\n\n"
        "<img src=x onerror=alert(1)>\n\nالمادة 5 (b) of the law"  # noqa: RUF001
    )
    saved = dialogue.draft_question(world, said=dialogue.asked("<b>Heading</b>", hostile))
    dialogue.pass_on(world, dialogue.submit(world, saved))
    for who in ("focal_xaa", "expert_xbb"):
        text = browser(world, who).get(f"/clarifications/{saved.clarification}").text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert 'evil.example/y.png"' not in text.replace('href="https://evil.example/y.png"', "")
        assert 'href="javascript' not in text
        assert "<b>Heading" not in text
        assert re.search(r'<p dir="auto">المادة 5 \(b\) of the law</p>', text)
    turned = press(browser(world, "expert_xbb"), base(world), **{**QUESTION, "text": "a\u202eb"})
    assert turned.status_code == 422
    assert "U+202E" in turned.text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("article", ""),
        ("article", "UNTOC 99"),
        ("article", "the fifth"),
        ("heading", ""),
        ("kind", "complaint"),
        ("text", " "),
        ("language", "xx1"),
        ("about", "x"),
        ("about", str(UUID(int=7))),
    ],
)
def test_what_is_missing_or_unknown_is_said_beside_what_was_typed(world: World, field: str, value: str) -> None:
    client, typed = browser(world, "expert_xbb"), {**QUESTION, "heading": "A heading", "text": "A long text."}
    answer = press(client, base(world), **{**typed, field: value})
    assert answer.status_code == 422
    kept = "A heading" if field != "heading" else "A long text."
    assert kept in answer.text
    saved = dialogue.draft_question(world)
    answer = press(client, f"/entries/{saved.entry}", **{**typed, field: value, "seen": "1"})
    assert answer.status_code == 422
    assert kept in answer.text
    assert dialogue.entry(world, saved.entry).edition == 1


@pytest.mark.parametrize("day", ["x", "2026-02-30", "2026-05-03", "0001-01-01", "10000-01-01", "05/06/2026"])
def test_a_day_that_is_none_or_over_passes_nothing_on(world: World, day: str) -> None:
    sent = dialogue.submit(world, dialogue.draft_question(world))
    answer = press(browser(world, "officer"), f"/entries/{sent}/pass", due_on=day)
    assert answer.status_code == 422
    assert f'value="{day}"' in answer.text
    assert dialogue.entry(world, sent).stage == EntryStage.SUBMITTED


def test_a_draft_saved_in_two_tabs_shows_both_texts(world: World) -> None:
    saved = dialogue.draft_question(world)
    client, path = browser(world, "expert_xbb"), f"/entries/{saved.entry}"
    assert press(client, path, **{**QUESTION, "text": "The first tab.", "seen": "1"}).status_code == 303
    late = {**QUESTION, "text": "The second tab.", "seen": "1"}
    told = press(client, f"{path}/autosave", **late)
    assert told.status_code == 200
    assert "Nothing was overwritten" in told.text
    assert 'name="seen" value="1"' in told.text
    answer = press(client, path, **late)
    assert answer.status_code == 409
    assert "The first tab." in answer.text
    assert "The second tab." in answer.text
    assert 'name="seen" value="2"' in answer.text
    assert dialogue.entry(world, saved.entry).edition == 2
    assert press(client, path, **{**late, "seen": "2"}).status_code == 303


def test_who_clears_an_answer_sees_what_goes_with_it(world: World) -> None:
    one = dialogue.question(world)
    saved = dialogue.draft_answer(world, one)
    law, page = put(world, "focal_xaa", "national XAA", "Law"), f"/clarifications/{one}"
    seen = re.compile(rf'/entries/{saved.entry}/submit">.*?name="seen" value="(\d+)"')
    former = seen.findall(browser(world, "focal_xaa").get(page).text)
    dialogue.attach(world, saved.entry, newest(world, law))
    client = browser(world, "focal_xaa")
    shown = client.get(page).text
    assert f'href="/documents/{law}"' in shown
    for edition, status in ((*former, 409), (*seen.findall(shown), 303)):
        assert press(client, f"/entries/{saved.entry}/submit", seen=edition).status_code == status


def test_documents_of_one_title_are_told_apart_by_their_language(world: World) -> None:
    for language in ("ar", "en"):
        circulated(world, "Response", language=language, name=f"{language}.pdf")
    page = browser(world, "expert_xbb").get(f"/reviews/{world.files['xaa'].review}/clarifications/new").text
    assert [one in page for one in ("1 – Response (Arabic)", "2 – Response (English)")] == [True, True]


def test_a_batch_is_offered_for_questions_and_not_for_answers(world: World) -> None:
    """GL 21."""
    dialogue.draft_answer(world, dialogue.question(world))
    dialogue.draft_question(world)
    listed, batch = f"/reviews/{world.files['xaa'].review}/clarifications?list=all", "Submit the ticked questions"
    assert [batch in browser(world, who).get(listed).text for who in ("focal_xaa", "focal_xbb")] == [False, True]


def test_a_document_that_goes_in_an_earlier_version_is_shown_with_it(world: World) -> None:
    one = dialogue.question(world)
    saved = dialogue.draft_answer(world, one)
    law, client = put(world, "focal_xaa", "national XAA", "Law"), browser(world, "focal_xaa")
    former = newest(world, law)
    dialogue.attach(world, saved.entry, former)
    assert "not the newest" not in client.get(f"/entries/{saved.entry}").text
    added = send(client, f"/documents/{law}/versions", ("law.pdf", b"%PDF-1.7 another", "application/pdf"))
    assert added.status_code == 303
    page = client.get(f"/entries/{saved.entry}").text
    assert re.search(rf'value="{former}" checked>.*?\(version 1, not the newest\)', page)
    assert re.search(rf'value="{newest(world, law)}" >', page)
    assert "(version 1)" in client.get(f"/clarifications/{one}").text


def test_so_many_documents_go_with_an_answer_and_a_choice_of_more_is_kept_for_another_try(world: World) -> None:
    saved = dialogue.draft_answer(world, dialogue.question(world))
    law = newest(world, put(world, "focal_xaa", "national XAA", "Law"))
    client = browser(world, "focal_xaa")
    said = {"language": "en", "text": "A.", "documents": "1", "seen": "1"}
    data = {"csrf": form_token(client.cookies["portal-local"]), **said}
    for others, status in ((attachments.MOST, 422), (attachments.MOST - 1, 422), (0, 303)):
        chosen = {"attached": [str(law), *(str(uuid4()) for _ in range(others))]}
        path = f"/entries/{saved.entry}"
        answer = client.post(path, data=data | chosen, headers={"Origin": ORIGIN}, follow_redirects=False)
        assert answer.status_code == status
        assert (f"At most {attachments.MOST} documents" in answer.text) is (others == attachments.MOST)
        assert (f'value="{law}" checked' in answer.text) is (status != 303)


def test_what_was_typed_is_kept_with_the_choice_of_documents_and_the_choice_with_what_was_typed(world: World) -> None:
    saved = dialogue.draft_answer(world, dialogue.question(world))
    law, path = newest(world, put(world, "focal_xaa", "national XAA", "Law")), f"/entries/{saved.entry}"
    client, typed = browser(world, "focal_xaa"), {"language": "en", "documents": "1"}
    assert press(client, path, **typed, seen="1", text="Typed.", attached=str(law)).status_code == 303
    page = client.get(path).text
    assert ">Typed.</textarea>" in page
    assert f'value="{law}" checked' in page
    wrong = press(client, path, **typed, seen="2", text="Typed on.", attached=str(uuid4()))
    assert wrong.status_code == 422
    assert ">Typed on.</textarea>" in wrong.text
    assert f'value="{law}" checked' not in wrong.text
    assert press(client, path, **typed, seen="2", text="Typed on.", then="submit").status_code == 303
    assert "With it" not in client.get(f"/clarifications/{saved.clarification}").text


def test_a_question_stays_with_those_to_whom_a_second_focal_point_gave_it_meanwhile(world: World) -> None:
    add_member(world, "second_focal", Role.FOCAL_POINT, "XAA", undertaken=("xaa",))
    add_member(world, "second_expert", Role.EXPERT, "XAA", ("xaa",))
    question = dialogue.question(world)
    path, one, other = f"/clarifications/{question}", browser(world, "focal_xaa"), browser(world, "second_focal")
    people = {name: str(world.members[name].person) for name in ("expert_xaa", "second_expert")}

    def given() -> set[str]:
        return set(re.findall(r'name="people" value="([^"]+)" checked', one.get(path).text))

    assert not given()
    assert press(one, f"{path}/route", people=people["expert_xaa"]).status_code == 303
    assert press(other, f"{path}/route", people=people["second_expert"]).status_code == 303  # saw that nobody had it
    assert given() == set(people.values())
    shown = re.findall(r'name="shown" value="([^"]+)"', one.get(path).text)
    assert set(shown) == given()
    assert press(one, f"{path}/route", shown=people["expert_xaa"]).status_code == 303
    assert given() == {people["second_expert"]}


def test_saving_by_itself_needs_the_token_and_a_session(world: World) -> None:
    saved = dialogue.draft_question(world)
    client, path = browser(world, "expert_xbb"), f"/entries/{saved.entry}/autosave"
    typed = {**QUESTION, "text": "Typed.", "seen": "1"}
    assert client.post(path, data=typed, headers={"Origin": ORIGIN}).status_code == 403
    stale = client.post(path, data={**typed, "csrf": "stale"}, headers={"Origin": ORIGIN})
    assert stale.status_code == 403
    world.clock.forward(timedelta(days=2))
    ended = press(client, path, **typed)
    assert ended.status_code == 401
    ended = press(client, f"/entries/{saved.entry}", **typed)
    assert ended.status_code in {303, 401}
    assert dialogue.entry(world, saved.entry).edition == 1


def test_what_somebody_looks_for_is_kept_nowhere(world: World, caplog: pytest.LogCaptureFixture) -> None:
    dialogue.question(world)
    with caplog.at_level(logging.DEBUG):
        answer = press(browser(world, "focal_xaa"), f"{base(world)}/find", words="unguessable pangolin")
    assert answer.status_code == 200
    assert "pangolin" not in caplog.text
    addresses = re.findall(r'(?:href|action|hx-post)="([^"]*)"', answer.text)
    assert not [address for address in addresses if "pangolin" in address]
    with world.portal.database.read() as session:
        streams = [row.id for row in session.query(Stream).all()]
    events = [str(event) for stream in streams for event in said(world, stream)]
    assert events
    assert not [event for event in events if "pangolin" in event]


def test_a_finding_tells_what_the_reader_may_read_alone(world: World) -> None:
    passed = dialogue.question(world)
    dialogue.draft_question(world, said=dialogue.asked("Aside", "a pangolin"))
    dialogue.draft_answer(world, passed, text="an armadillo")
    for who, words, count in (
        ("expert_xcc", "pangolin", 1),
        ("officer", "pangolin", 1),
        ("focal_xaa", "pangolin", 0),
        ("observer_xcc", "pangolin", 0),
        ("expert_xaa", "armadillo", 1),
        ("focal_xbb", "armadillo", 0),
        ("officer", "armadillo", 0),
        ("focal_xaa", "PARTICIPATION punished", 1),
    ):
        text = press(browser(world, who), f"{base(world)}/find", words=words).text
        assert f"{count} clarification" in text, (who, words)


@pytest.mark.parametrize("page", ["abc", "-1", "0", "99999", "9" * 40, "٣", "1e3", ""])
def test_a_page_that_there_is_not_shows_one_that_there_is(world: World, page: str) -> None:
    dialogue.question(world)
    client = browser(world, "expert_xbb")
    for name in ("all", "articles", "nonsense"):
        answer = client.get(base(world), params={"list": name, "page": page})
        assert answer.status_code == 200
        assert "Participation" in answer.text
    answer = press(client, f"{base(world)}/find", words="participation", page=page)
    assert answer.status_code == 200
    assert "Participation" in answer.text


def test_the_officer_and_the_other_state_read_a_draft_and_write_nothing_in_it(world: World) -> None:
    """GL 17."""
    saved = dialogue.draft_question(world)
    for who in ("officer", "expert_xcc"):
        answer = browser(world, who).get(f"/entries/{saved.entry}")
        assert answer.status_code == 200
        assert dialogue.TEXT in answer.text
        assert f'action="/entries/{saved.entry}' not in answer.text
    assert browser(world, "focal_xaa").get(f"/entries/{saved.entry}").status_code == 404


@pytest.mark.parametrize("language", ["a" * 5000, "zz9", "<b>"])
def test_a_draft_begins_in_a_language_that_there_is(world: World, language: str) -> None:
    path = f"/clarifications/{dialogue.question(world)}/drafts"
    assert press(browser(world, "expert_xaa"), path, part="answer", language=language).status_code == 422
    for corrects in ("x", str(uuid4())):
        answer = press(browser(world, "expert_xaa"), path, part="answer", language="en", corrects=corrects)
        assert answer.status_code == 422


# --- ids of one review beside those of another, for somebody who is in both


def test_somebody_in_two_reviews_mixes_nothing_of_them(world: World) -> None:
    who, here, there = "focal_xbb", world.files["xaa"], world.files["xdd"]
    mine = dialogue.draft_question(world, who)
    foreign = dialogue.draft_question(world, who, file="xdd")
    sent = dialogue.submit(world, dialogue.draft_question(world, who, file="xdd"), who)
    client = browser(world, who)
    cases: list[tuple[str, dict[str, str], set[int]]] = [
        (f"/clarifications/{mine.clarification}/merge", {"into": str(foreign.clarification)}, {422}),
        (f"/clarifications/{mine.clarification}/drafts", {"part": "question", "corrects": str(sent)}, {422, 409}),
        (f"{base(world)}/batch", {"chosen": f"{foreign.entry} 1"}, {404}),
        (f"{base(world)}/batch", {"chosen": f"{sent} 1"}, {404, 409}),
    ]
    for room in there.rooms.values():
        said_there = {"room": str(room), "text": "Aside."}
        cases.append((f"/clarifications/{mine.clarification}/comments", said_there, {404}))
        cases.append((f"/reviews/{here.review}/contacts", {"kind": "call", **said_there}, {404}))
    for path, fields, statuses in cases:
        assert press(client, path, **fields).status_code in statuses, (path, fields)
    assert dialogue.entry(world, mine.entry).stage == dialogue.entry(world, foreign.entry).stage == EntryStage.DRAFT


def test_a_text_is_no_clarification_and_no_task_and_the_other_way_round(world: World) -> None:
    saved = dialogue.draft_question(world)
    sent = dialogue.submit(world, saved)
    task = dialogue.send_text(world, sent)
    dialogue.pass_on(world, sent)
    draft = dialogue.draft_answer(world, saved.clarification, "expert_xbb", "More?", Part.QUESTION)
    ids: dict[str, tuple[UUID, ...]] = {
        "clarifications": (sent, draft.entry, task),
        "entries": (saved.clarification, task),
        "texts": (sent, saved.clarification),
    }
    for noun, wrong in ids.items():
        for who in ("expert_xbb", "officer", "translator"):
            for id_ in wrong:
                assert browser(world, who).get(f"/{noun}/{id_}").status_code == 404
