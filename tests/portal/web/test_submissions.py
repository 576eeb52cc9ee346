"""Submission to the Oversight Group, in two versions of which one quotes nothing; decision, closing, counting."""

# ruff: noqa: RUF001 - Cyrillic letters are what is compared

from datetime import timedelta

import pytest
from sqlmodel import select

from portal.access.actions import Action
from portal.audit.kinds import KINDS
from portal.domain.account_events import AccountEvent
from portal.domain.roles import Role
from portal.usecases.case_facts import find_case
from portal.usecases.checks import check_records
from storage.cases import CaseEntry
from storage.errors import NotPermitted
from storage.fields import Place
from storage.permits import case_scope
from storage.tables import Event
from tests import dialogue
from tests.breaches import (
    BARE,
    FULL,
    GROUNDS,
    REASONS,
    SUBJECT,
    concern,
    decided,
    found,
    heard,
    registered,
    stays_signed_in,
    submitted,
)
from tests.cast import World, add_member
from tests.filing import circulated, press, put
from tests.portal.web.test_cases import row
from tests.portal.web.test_concerns import told
from tests.web_client import browser

QUESTION = "Which acts of participation are punished by the law of the second province?"


def attempt(world: World, case: object, bare: str, who: str = "focal_xaa") -> str:
    """Try to submit a version that quotes something; gives the page that says what."""
    answer = press(browser(world, who), f"/cases/{case}/submission", full=FULL, bare=bare)
    assert answer.status_code == 422, answer.text
    return answer.text


def test_a_version_that_quotes_a_text_of_any_room_is_refused_and_says_what(world: World) -> None:
    dialogue.draft_question(world, said=dialogue.asked("A heading nobody knows about", QUESTION))
    case = registered(world)
    page = attempt(world, case, f"They asked: acts of participation are punished by somebody. {BARE}")
    assert "Nothing was submitted" in page
    assert "acts of participation are punished" in page
    assert BARE in page  # what was entered is still there
    assert row(world, case).submitted_at is None


def test_of_rooms_that_a_state_does_not_see_it_is_told_no_words(world: World) -> None:
    dialogue.draft_question(world, said=dialogue.asked("A heading nobody knows about", QUESTION))
    case = registered(world)
    bare, listed = f"It says: acts of participation are punished by somebody. {BARE}", "<bdi>acts of participation are"
    unseen = "something of the file that you don’t see yourself"
    for who, sees in (("focal_xaa", False), ("focal_xbb", True)):
        page = attempt(world, case, bare, who)
        assert (listed in page) is sees
        assert (unseen in page) is not sees
    assert unseen not in attempt(world, case, f"Unguessable Okapi, it was. Mrs. Focal_Xbb. {BARE}")


@pytest.mark.parametrize(
    "bare",
    [
        "It was about the heading NOBODY knows about.",
        "Somebody read “Unguessable Okapi” in it.",
        "The file Unguessable-Okapi, a scan.pdf, was sent on.",
        "It was Example, Expert_Xcc.",
        "Mrs. Focal_Xaa told us.",
    ],
)
def test_titles_file_names_headings_and_names_count_too(world: World, bare: str) -> None:
    dialogue.draft_question(world, said=dialogue.asked("The heading nobody knows about", "Why?"))
    circulated(world, "Unguessable Okapi", name="Unguessable-Okapi, a scan.pdf")
    attempt(world, registered(world), bare)


def test_language_versions_and_drafts_of_other_rooms_are_compared(world: World) -> None:
    put(world, "focal_xaa", "national XAA", "Черновик ответа министерства юстиции")
    saved = dialogue.draft_question(world)
    sent = dialogue.submit(world, saved)
    dialogue.pass_on(world, sent)
    dialogue.comment(
        world, "expert_xbb", saved.clarification, "reviewers", "تقارن مع المادة العاشرة من الاتفاقية نفسها"
    )
    case = registered(world)
    assert "quotes the file" in attempt(world, case, "Речь шла о: черновик ответа министерства юстиции.", "focal_xbb")
    assert "quotes the file" in attempt(world, case, "كتب: تقارن مع المادة العاشرة من الاتفاقية.")


def test_each_attempt_leaves_its_trace(world: World) -> None:
    circulated(world, "Unguessable Okapi")
    case = registered(world)
    attempt(world, case, "Unguessable Okapi")
    submitted(world, case, "focal_xaa")
    with world.portal.database.read() as session:
        kind = KINDS[Action.SUBMIT_CASE]
        phases = session.scalars(select(Event.phase).where(Event.kind == kind).order_by(Event.number)).all()  # type: ignore[arg-type]  # a column
    assert phases == ["intent", "outcome", "intent", "outcome"]


def test_the_name_of_a_former_focal_point_counts_too(world: World) -> None:
    add_member(world, "once_xbb", Role.FOCAL_POINT, "XBB", ends_at=world.clock.now - timedelta(days=1))
    attempt(world, registered(world), "It was known to Once_Xbb.")


@pytest.mark.parametrize("who", ["focal_xaa", "focal_xbb", "focal_xcc"])
def test_a_state_concerned_submits_without_the_secretariat_and_before_a_finding(world: World, who: str) -> None:
    case = registered(world)
    submitted(world, case, who)
    assert AccountEvent.CASE_SUBMITTED in told(world, "oversight")
    assert BARE in browser(world, "oversight").get(f"/submissions/{case}").text


def test_the_secretariat_submits_without_a_state_once_there_is_a_finding(world: World) -> None:
    case = registered(world)
    said = {"full": FULL, "bare": BARE}
    assert press(browser(world, "confidentiality"), f"/cases/{case}/submission", **said).status_code == 403
    heard(world, case)
    found(world, case)
    submitted(world, case, "confidentiality")
    assert BARE in browser(world, "oversight").get(f"/submissions/{case}").text


def test_the_person_concerned_and_strangers_submit_nothing(world: World) -> None:
    case = registered(world, person="focal_xcc")
    for who in ("focal_xcc", "expert_xaa", "focal_xdd", "officer", "registrar", "administrator", "oversight"):
        answer = press(browser(world, who), f"/cases/{case}/submission", full=FULL, bare=BARE)
        assert answer.status_code == 404, who


def test_the_group_reads_the_bare_version_and_no_more_until_the_state_under_review_gives_it(world: World) -> None:
    case = registered(world, on=concern(world))
    client = browser(world, "oversight")
    assert client.get(f"/submissions/{case}").status_code == 404
    assert "Case 1" not in client.get("/cases").text
    heard(world, case)
    found(world, case)
    submitted(world, case)
    page = client.get(f"/submissions/{case}").text
    assert BARE in page
    assert "Belmora" in page  # the State that submitted it, and nobody's name
    for hidden in (FULL, SUBJECT, GROUNDS, REASONS, "Expert_Xcc", "Focal_Xbb"):
        assert hidden not in page
    assert client.get(f"/cases/{case}").status_code == 404
    for who, status in (("focal_xbb", 403), ("confidentiality", 403), ("oversight", 404), ("registrar", 404)):
        assert press(browser(world, who), f"/cases/{case}/disclosure").status_code == status, who
    assert FULL not in client.get(f"/submissions/{case}").text
    assert press(browser(world, "focal_xaa"), f"/cases/{case}/disclosure").status_code == 303
    assert FULL in client.get(f"/submissions/{case}").text
    assert press(browser(world, "focal_xaa"), f"/cases/{case}/disclosure").status_code == 409


def test_no_permit_of_the_group_opens_the_record_of_the_case(world: World) -> None:
    case = registered(world)
    submitted(world, case)
    with world.portal.database.read() as session:
        full = session.scalars(select(CaseEntry).where(CaseEntry.kind == "full")).one()
    with world.request():
        with world.portal.work(world.caller("oversight")) as work:
            _, _, permit = find_case(work, Action.VIEW_SUBMISSION, case)
        with pytest.raises(NotPermitted):
            world.portal.open_text(permit, case_scope(case), Place("case_entry", "said", full.id), full.said)


def test_those_concerned_read_both_versions(world: World) -> None:
    case = registered(world)
    submitted(world, case, "focal_xbb")
    for who in ("focal_xaa", "focal_xcc", "confidentiality"):
        page = browser(world, who).get(f"/cases/{case}").text
        assert FULL in page, who
        assert BARE in page, who


@pytest.mark.parametrize("decision", ["none", "request", "recommendation", "referral"])
def test_the_group_decides_once_and_that_closes_the_case(world: World, decision: str) -> None:
    case = registered(world)
    submitted(world, case)
    decided(world, case, decision)
    page = browser(world, "focal_xaa").get(f"/cases/{case}").text
    assert "The Conference is informed." in page
    again = press(browser(world, "oversight"), f"/submissions/{case}", decision="none", decision_text="No.")
    assert again.status_code == 403
    late = press(browser(world, "focal_xaa"), f"/cases/{case}/submission", full=FULL, bare=BARE)
    assert late.status_code == 403
    entry = press(browser(world, "confidentiality"), f"/cases/{case}/entries", entry="fact", entry_text="A")
    assert entry.status_code == 403


def test_the_person_concerned_reads_the_finding_and_not_what_was_submitted(world: World) -> None:
    case = registered(world)
    heard(world, case)
    found(world, case)
    submitted(world, case)
    decided(world, case)
    page = browser(world, "expert_xcc").get(f"/hearings/{case}")
    assert page.status_code == 200
    assert REASONS in page.text
    for hidden in (FULL, BARE, "The Conference is informed."):
        assert hidden not in page.text


def test_a_case_that_nobody_submitted_is_closed_after_the_finding_with_a_reason(world: World) -> None:
    case = registered(world)
    officer, said = browser(world, "confidentiality"), {"closing": "It was a public law."}
    assert press(officer, f"/cases/{case}/closing", **said).status_code == 403
    heard(world, case)
    found(world, case, "no_breach")
    assert press(browser(world, "focal_xaa"), f"/cases/{case}/closing", **said).status_code == 403
    assert press(officer, f"/cases/{case}/closing", **said).status_code == 303
    assert "It was a public law." in browser(world, "focal_xbb").get(f"/cases/{case}").text
    assert press(officer, f"/cases/{case}/closing", **said).status_code == 403


def test_a_case_with_the_group_is_not_closed_past_it(world: World) -> None:
    case = registered(world)
    heard(world, case)
    found(world, case)
    submitted(world, case)
    assert press(browser(world, "confidentiality"), f"/cases/{case}/closing", closing="A").status_code == 403
    assert row(world, case).closed_at is None


def test_the_yearly_statement_counts_without_names_and_exercises_apart(world: World) -> None:
    for exercise in (False, True):
        case = registered(world, on=concern(world), exercise=exercise)
        heard(world, case)
        found(world, case)
        submitted(world, case)
        decided(world, case)
    world.clock.forward(timedelta(minutes=1))
    stays_signed_in(world)
    registered(world)
    for who in ("confidentiality", "oversight"):
        page = browser(world, who).get("/statement").text
        main = page.partition("<main")[2]
        real, _, exercises = main.partition("Run on invented data")
        assert "<dt>Cases registered</dt><dd>2</dd>" in real
        assert "<dt>Referral to the Conference</dt><dd>1</dd>" in real
        assert "<dt>Cases registered</dt><dd>1</dd>" in exercises
        assert "whatever became of them: 1" in real
        for name in ("Expert_Xcc", "Arandia", "Corvane"):
            assert name not in main
    for who in ("focal_xaa", "registrar", "administrator", "officer"):
        assert browser(world, who).get("/statement").status_code == 404


def test_a_whole_case_stands_the_check(world: World) -> None:
    case = registered(world, on=concern(world))
    heard(world, case)
    found(world, case)
    submitted(world, case)
    assert press(browser(world, "focal_xaa"), f"/cases/{case}/disclosure").status_code == 303
    decided(world, case)
    with world.request():
        assert check_records(world.portal).findings == []
    assert "its chain doesn’t fit" not in browser(world, "confidentiality").get(f"/cases/{case}").text
