"""The page of the agreement on a report, what it offers to whom, and where else it shows."""

import re
from dataclasses import replace

import pytest
from sqlmodel import select

from portal.domain.notices import NoticeKind
from storage.notices import Notice
from storage.planning import ScheduleStep
from tests.cast import World
from tests.filing import press
from tests.reports import PARTIES, agree, agreed, answers, disagree, propose, row, stage, texts
from tests.web_client import browser


def page(world: World, who: str) -> str:
    answer = browser(world, who).get(f"/reviews/{world.files['xaa'].review}/report")
    assert answer.status_code == 200
    return answer.text


def told(world: World, kind: NoticeKind) -> set[str]:
    names = {member.person: name for name, member in world.members.items()}
    with world.portal.database.read() as session:
        return {names[one.person_id] for one in session.scalars(select(Notice).where(Notice.kind == kind))}


def test_a_reviewing_state_proposes_and_all_three_agree_on_the_page(world: World) -> None:
    proposed, review = texts(world), world.files["xaa"].review
    path = f"/reviews/{review}/report"
    fields = {"report": str(proposed.report), "summary": str(proposed.summary), "seen": "0"}
    assert press(browser(world, "focal_xbb"), path, **fields).headers["location"] == path
    found = re.search(r"/manifests/([0-9a-f-]{36})/agree", page(world, "focal_xaa"))
    assert found
    for who in PARTIES:
        assert press(browser(world, who), f"/manifests/{found[1]}/agree").status_code == 303
    assert stage(world) == "agreed"
    text = page(world, "observer_xcc")
    assert "The report and its executive summary are final." in text
    assert len(set(re.findall(r"[0-9a-f]{64}", text))) == 2


@pytest.mark.parametrize(
    ("who", "answers", "proposes"),
    [
        ("focal_xaa", True, False),
        ("focal_xbb", True, True),
        ("expert_xaa", False, False),
        ("observer_xcc", False, False),
        ("officer", False, True),
    ],
)
def test_the_page_offers_what_its_reader_may_do(
    world: World,
    who: str,
    answers: bool,  # noqa: FBT001  # pytest gives the value
    proposes: bool,  # noqa: FBT001  # likewise
) -> None:
    manifest = propose(world, texts(world))
    text = page(world, who)
    assert (f"/manifests/{manifest}/agree" in text, 'name="seen"' in text) == (answers, proposes)


def test_a_state_that_answered_is_not_asked_again(world: World) -> None:
    manifest = propose(world, texts(world))
    agree(world, manifest, "focal_xaa")
    assert "/agree" not in page(world, "focal_xaa")
    again = press(browser(world, "focal_xaa"), f"/manifests/{manifest}/agree")
    assert (again.status_code, "Your State has answered this proposal already." in again.text) == (403, True)


def test_a_proposal_that_ended_while_the_page_was_open_is_told_as_such(world: World) -> None:
    proposed = texts(world)
    first = propose(world, proposed)
    propose(world, replace(proposed, seen=1))
    late = press(browser(world, "focal_xaa"), f"/manifests/{first}/agree")
    assert (late.status_code, "This proposal has ended or is final" in late.text) == (403, True)
    assert row(world, first).final_at is None


def test_a_disagreement_keeps_what_was_typed_until_it_has_a_reason(world: World) -> None:
    manifest = propose(world, texts(world))
    path = f"/manifests/{manifest}/disagree"
    assert press(browser(world, "focal_xaa"), path, reason=" ").status_code == 422
    assert press(browser(world, "focal_xaa"), path, reason="Page 3 <b>errs</b>.").status_code == 303
    for who in ("expert_xbb", "officer"):
        text = page(world, who)
        assert "Page 3 &lt;b&gt;errs&lt;/b&gt;." in text
        assert "A State did not agree." in text


def test_a_disagreement_opens_a_comment_on_the_draft_and_what_becomes_of_it_leads_on(world: World) -> None:
    proposed = texts(world)
    manifest = propose(world, proposed)
    where = {"text": "summary", "article": "untoc 5", "page": "3", "paragraph": ""}
    press(browser(world, "focal_xaa"), f"/manifests/{manifest}/disagree", reason="It *errs*.", **where)
    made = answers(world)[-1].id
    assert "It <em>errs</em>." in (opened := browser(world, "expert_xbb").get(f"/comments/{made}").text)
    assert "UNTOC 5" in opened
    assert f'href="/documents/{proposed.summary}"' in opened
    assert f'href="/comments/{made}"' in page(world, "observer_xcc")
    assert "Nothing is proposed" not in page(world, "observer_xcc")
    settled = press(browser(world, "expert_xbb"), f"/comments/{made}/disposition", becomes="agreed_text", words="So.")
    assert settled.status_code == 303
    assert "Settled by an agreed text" in page(world, "focal_xaa")
    second = propose(world, replace(proposed, seen=1))
    assert f'href="/comments/{made}"' in page(world, "focal_xaa")  # with the proposal before
    assert [agree(world, second, who) for who in PARTIES] == [False, False, True]
    assert press(browser(world, "focal_xaa"), f"/comments/{made}/replies", text="But no.").status_code == 409


@pytest.mark.parametrize("wrong", [{"reason": " "}, {"article": "UNTOC 99"}, {"page": "3" * 41}, {"text": "law"}])
def test_a_disagreement_that_is_filled_in_wrongly_is_kept_in_the_form(world: World, wrong: dict[str, str]) -> None:
    manifest = propose(world, texts(world))
    filled = {"reason": "It errs.", "text": "summary", "article": "", "page": "7", "paragraph": "Annex", **wrong}
    answer = press(browser(world, "focal_xaa"), f"/manifests/{manifest}/disagree", **filled)
    assert (answer.status_code, 'value="Annex"' in answer.text) == (422, True)
    assert row(world, manifest).ended_at is None
    assert answers(world) == []


def test_a_disagreement_without_a_place_is_about_the_whole_report(world: World) -> None:
    proposed = texts(world)
    disagree(world, propose(world, proposed), "focal_xcc")
    opened = browser(world, "focal_xaa").get(f"/comments/{answers(world)[-1].id}").text
    assert "the whole text" in opened
    assert f'href="/documents/{proposed.report}"' in opened


def test_what_can_not_be_agreed_on_is_refused_with_what_to_choose(world: World) -> None:
    proposed, path = texts(world), f"/reviews/{world.files['xaa'].review}/report"
    for report in (str(proposed.summary), "x", ""):
        answer = press(browser(world, "officer"), path, report=report, summary=str(proposed.summary), seen="0")
        assert (answer.status_code, "each in its newest version" in answer.text) == (422, True)


def test_whoever_may_know_is_told_of_each_step(world: World) -> None:
    others = {
        "focal_xaa",
        "focal_xbb",
        "focal_xcc",
        "expert_xaa",
        "expert_xbb",
        "expert_xcc",
        "observer_xcc",
        "officer",
    }
    proposed = texts(world)
    manifest = propose(world, proposed)
    assert told(world, NoticeKind.REPORT_PROPOSED) == others - {"focal_xbb"}
    disagree(world, manifest, "focal_xaa")
    assert told(world, NoticeKind.REPORT_REFUSED) == others - {"focal_xaa"}
    second = propose(world, replace(proposed, seen=1))
    for who in PARTIES:
        agree(world, second, who)
    assert told(world, NoticeKind.REPORT_AGREED) == others - {"focal_xcc"}
    assert "All parties agreed on the report and its summary" in browser(world, "expert_xaa").get("/notices").text


def test_whose_turn_it_is_stands_on_the_review_and_on_ones_desk(world: World) -> None:
    manifest = propose(world, texts(world))
    review = f"/reviews/{world.files['xaa'].review}"
    line = "Agree to the report on <bdi>Arandia</bdi> for your State"
    assert "Your turn" in browser(world, "focal_xaa").get(review).text
    assert "Your turn" not in browser(world, "expert_xaa").get(review).text
    assert line in browser(world, "focal_xaa").get("/work").text
    assert f'href="{review}/report"' in browser(world, "focal_xaa").get("/work").text
    assert line not in browser(world, "officer").get("/work").text
    agree(world, manifest, "focal_xaa")
    assert line not in browser(world, "focal_xaa").get("/work").text
    assert "Your turn" not in browser(world, "focal_xaa").get(review).text
    assert line in browser(world, "focal_xcc").get("/work").text


def test_agreeing_does_two_steps_of_the_schedule(world: World) -> None:
    officer, path = browser(world, "officer"), f"/reviews/{world.files['xaa'].review}/schedule"
    press(officer, path, seen="0", timetable="resolution", begins="2026-05-04")
    before = rows_done(officer.get(path).text)
    agreed(world)
    after = rows_done(officer.get(path).text)
    assert after - before == 2
    with world.portal.database.read() as session:
        assert session.scalars(select(ScheduleStep)).all() == []  # nobody set them


def rows_done(text: str) -> int:
    return len(re.findall(r"badge-good", text))


def test_nobody_outside_sees_the_page(world: World) -> None:
    texts(world)
    path = f"/reviews/{world.files['xaa'].review}/report"
    for who in ("focal_xdd", "focal_xff", "registrar", "administrator", "oversight", "translator"):
        assert browser(world, who).get(path).status_code == 404
