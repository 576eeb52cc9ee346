"""Submission to the Oversight Group, in two versions of which one quotes nothing; decision, closing, counting."""

# ruff: noqa: RUF001 - Cyrillic letters are what is compared

import hashlib
import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import select

from portal.access.actions import Action
from portal.audit.kinds import KINDS
from portal.domain.account_events import AccountEvent
from portal.domain.roles import Role
from portal.usecases import case_submissions, comparing
from portal.usecases.case_facts import find_case
from portal.usecases.checks import check_records
from storage.cases import CaseEntry
from storage.errors import NotPermitted
from storage.fields import Place
from storage.permits import REGISTRY, case_scope
from storage.tables import Appointment, Event
from tests import dialogue
from tests.breaches import (
    BARE,
    FULL,
    GROUNDS,
    REASONS,
    SUBJECT,
    concern,
    decided,
    disclosed,
    found,
    heard,
    newest_shown,
    registered,
    stays_signed_in,
    submitted,
)
from tests.cast import World, add_member, setting_up
from tests.contents import send
from tests.filing import circulated, newest, press, put, shredded
from tests.granting import granted
from tests.hiding import sheet, text, written
from tests.hiding_docx import docx, run
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


PROSE = "Whoever takes part in a criminal group is punished wherever the act was agreed upon."
LIKE_IT = "It was said that whoever takes part in a criminal group is punished."


def pdf(said: str) -> bytes:
    return written(sheet(text(said)))


@pytest.mark.parametrize(
    ("name", "content"), [("a.pdf", pdf(PROSE)), ("a.docx", docx(run(PROSE))), ("a.txt", PROSE.encode())]
)
def test_what_documents_say_is_compared(world: World, name: str, content: bytes) -> None:
    put(world, "focal_xaa", "national XAA", "Response", content=content, name=name)
    case = registered(world)
    page = attempt(world, case, f"{LIKE_IT} {BARE}")
    assert "whoever takes part in a" in page
    page = attempt(world, case, f"{LIKE_IT} {BARE}", "focal_xbb")  # who doesn't see that room
    assert "whoever takes part in a</bdi>" not in page
    assert "something of the file that you don’t see yourself" in page


def test_what_an_earlier_version_said_is_compared(world: World) -> None:
    document = put(world, "focal_xaa", "national XAA", "Response", content=pdf(PROSE))
    sent = ("Response.pdf", pdf("Nothing of the kind."), "application/pdf")
    send(browser(world, "focal_xaa"), f"/documents/{document}/versions", sent)
    assert newest(world, document) != document
    attempt(world, registered(world), f"{LIKE_IT} {BARE}")


def test_documents_that_are_read_whole_need_no_second_word(world: World) -> None:
    put(world, "focal_xaa", "national XAA", "Response", content=pdf(PROSE))
    answer = press(browser(world, "focal_xaa"), f"/cases/{registered(world)}/submission", full=FULL, bare=BARE)
    assert answer.status_code == 303, answer.text


def test_of_what_cannot_be_read_a_person_says_that_they_looked(world: World) -> None:
    """And by what they said about one, nothing is confirmed of another."""
    put(world, "focal_xaa", "national XAA", "A scan", content=b"\x89PNG\r\n\x1a\n", name="a.png")
    case = registered(world)
    page = attempt(world, case, BARE)
    assert "A scan" in page
    assert BARE in page
    doubts = re.search(r'name="confirmed" value="([^"]+)"', page)
    assert doubts
    put(world, "focal_xaa", "national XAA", "Another scan", content=b"\x89PNG\r\n\x1a\n\0", name="b.png")
    said = {"full": FULL, "bare": BARE, "confirmed": doubts[1]}
    assert "Another scan" in press(browser(world, "focal_xaa"), f"/cases/{case}/submission", **said).text
    assert row(world, case).submitted_at is None
    submitted(world, case, "focal_xaa")


def test_of_a_version_that_was_destroyed_a_person_says_that_they_looked(world: World) -> None:
    shredded(world, "focal_xaa", "national XAA", "Destroyed Okapi")
    case = registered(world)
    page = attempt(world, case, BARE)
    assert "Destroyed Okapi" in page
    submitted(world, case, "focal_xaa")


def test_titles_of_what_cannot_be_read_are_told_to_whoever_sees_it_alone(world: World) -> None:
    put(world, "focal_xaa", "national XAA", "Unguessable Okapi")
    case = registered(world)
    assert "Unguessable Okapi" in attempt(world, case, BARE)
    heard(world, case)
    found(world, case)
    for who in ("focal_xbb", "confidentiality"):
        page = attempt(world, case, BARE, who)
        assert "Unguessable Okapi" not in page, who
        assert "the portal can’t read this many: 1" in page, who


@pytest.mark.parametrize(("said", "status"), [(PROSE, 422), ("Nothing of the kind.", 303)])
def test_a_document_that_comes_meanwhile_is_compared_first(
    world: World, monkeypatch: pytest.MonkeyPatch, said: str, status: int
) -> None:
    case, compare, came = registered(world), case_submissions.compare_with, []

    def slowly(*given: Any) -> Any:
        found = compare(*given)
        if not came:
            came.append(put(world, "officer", "shared", "Note", content=pdf(said)))
        return found

    monkeypatch.setattr(case_submissions, "compare_with", slowly)
    answer = press(browser(world, "focal_xaa"), f"/cases/{case}/submission", full=FULL, bare=LIKE_IT)
    assert answer.status_code == status, answer.text
    assert (row(world, case).submitted_at is not None) is (status == 303)


def test_where_documents_come_without_end_nothing_is_submitted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    case, compare = registered(world), case_submissions.compare_with

    def slowly(*given: Any) -> Any:
        put(world, "officer", "shared", "Note", content=pdf(f"Nothing of the kind {uuid4()}"))
        return compare(*given)

    monkeypatch.setattr(case_submissions, "compare_with", slowly)
    answer = press(browser(world, "focal_xaa"), f"/cases/{case}/submission", full=FULL, bare=LIKE_IT)
    assert answer.status_code == 409
    assert row(world, case).submitted_at is None


def test_reading_that_takes_long_outlives_the_permit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever puts files there that take long to read keeps no case from the Group."""
    put(world, "focal_xaa", "national XAA", "Response", content=pdf(PROSE))
    put(world, "officer", "shared", "Note", content=pdf("Nothing of the kind."))
    stays_signed_in(world)
    case, find = registered(world), comparing.find_quotes

    def slowly(*given: Any) -> Any:
        world.clock.forward(timedelta(hours=1))
        return find(*given)

    monkeypatch.setattr(comparing, "find_quotes", slowly)
    submitted(world, case, "focal_xaa")


def test_an_object_that_is_lost_is_one_that_nobody_can_read(world: World) -> None:
    put(world, "focal_xaa", "national XAA", "Response", content=pdf(PROSE))
    case = registered(world)
    for one in list(world.portal.objects.list()):
        world.portal.objects.delete(one.name)
    assert "Response" in attempt(world, case, BARE)
    submitted(world, case, "focal_xaa")


def test_only_to_compare_does_a_permit_on_a_case_open_contents(world: World) -> None:
    put(world, "focal_xaa", "national XAA", "Response")
    case = registered(world)
    with world.request():
        for action, opens in ((Action.COMPARE_CASE, True), (Action.SUBMIT_CASE, False), (Action.VIEW_CASE, False)):
            with world.portal.work(world.caller("focal_xaa")) as work:
                assert bool(find_case(work, action, case)[2].contents) is opens


def test_each_attempt_leaves_its_trace(world: World) -> None:
    circulated(world, "Unguessable Okapi")
    case = registered(world)
    attempt(world, case, "Unguessable Okapi")
    submitted(world, case, "focal_xaa")
    with world.portal.database.read() as session:
        kind = KINDS[Action.COMPARE_CASE]
        rows = session.scalars(select(Event).where(Event.kind == kind).order_by(Event.number)).all()  # type: ignore[arg-type]  # a column
    assert [row.phase for row in rows] == ["intent", "outcome"] * 3  # what quotes, what can't be read, what can
    assert {row.stream_id for row in rows} == {world.files["xaa"].review}  # the file's own trail
    for who in ("focal_xaa", "focal_xbb"):
        trail = browser(world, who).get(f"/reviews/{world.files['xaa'].review}/trail").text
        assert trail.count("compared with the whole file") == 3


def test_a_side_compares_five_times_in_a_day_and_what_it_wrote_stays(world: World) -> None:
    circulated(world, "Unguessable Okapi")
    stays_signed_in(world)
    case = registered(world)
    for _ in range(5):
        assert "quotes the file" in attempt(world, case, f"Unguessable Okapi. {BARE}")
    page = attempt(world, case, BARE)
    assert "within a day" in page
    assert BARE in page
    assert row(world, case).submitted_at is None
    assert "quotes the file" in attempt(world, case, "Unguessable Okapi", "focal_xbb")  # another State
    world.clock.now += timedelta(days=1, seconds=1)
    submitted(world, case, "focal_xaa")


def test_two_cases_of_one_file_have_one_count(world: World) -> None:
    circulated(world, "Unguessable Okapi")
    stays_signed_in(world)
    first, second = registered(world), registered(world)
    for case in (first, second, first, second, first):
        assert "quotes the file" in attempt(world, case, f"Unguessable Okapi. {BARE}")
    assert "within a day" in attempt(world, second, BARE)


def test_whom_a_case_concerns_learns_nothing_of_it_from_the_trail(world: World) -> None:
    case = registered(world, person="focal_xbb")
    submitted(world, case, "focal_xaa")
    path = f"/reviews/{world.files['xaa'].review}/trail"
    assert "compared with the whole file" in browser(world, "focal_xaa").get(path).text
    assert "compared with the whole file" not in browser(world, "focal_xbb").get(path).text


def test_a_state_that_is_no_party_reads_in_full_only_what_it_wrote_itself(world: World) -> None:
    add_member(world, "official_xdd", Role.EXPERT, "XDD")
    case = registered(world, person="official_xdd")
    submitted(world, case, "focal_xaa")
    own = "What our own examination of our official says."
    assert FULL in browser(world, "focal_xbb").get(f"/cases/{case}").text
    page = browser(world, "focal_xdd")
    assert FULL not in page.get(f"/cases/{case}").text
    assert BARE in page.get(f"/cases/{case}").text
    assert press(page, f"/cases/{case}/submission", full=own, bare=BARE).status_code == 303
    assert own in page.get(f"/cases/{case}").text


def test_the_name_of_a_former_focal_point_counts_too(world: World) -> None:
    add_member(world, "once_xbb", Role.FOCAL_POINT, "XBB", ends_at=world.clock.now - timedelta(days=1))
    attempt(world, registered(world), "It was known to Once_Xbb.")


def test_the_names_of_those_who_read_under_a_grant_count_too(world: World) -> None:
    granted(world)
    attempt(world, registered(world), f"It was shown to Reader_Xff. {BARE}")


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
    snapshot = browser(world, "confidentiality").get(f"/cases/{case}/snapshot.json").content
    assert hashlib.sha256(snapshot).hexdigest() in page  # what fixes the evidence
    assert json.loads(snapshot)["tree"]["root"] in page
    for hidden in (FULL, SUBJECT, GROUNDS, REASONS, "Expert_Xcc", "Focal_Xbb"):
        assert hidden not in page
    assert client.get(f"/cases/{case}").status_code == 404
    for who, status in (("focal_xbb", 403), ("confidentiality", 403), ("oversight", 404), ("registrar", 404)):
        assert press(browser(world, who), f"/cases/{case}/disclosure").status_code == status, who
    assert FULL not in client.get(f"/submissions/{case}").text
    stale = press(browser(world, "focal_xaa"), f"/cases/{case}/disclosure", full_version=str(uuid4()))
    assert stale.status_code == 409, "another version than the one that was read"
    assert disclosed(world, case).status_code == 303
    assert FULL in client.get(f"/submissions/{case}").text
    assert disclosed(world, case).status_code == 409


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


def test_the_group_decides_on_what_its_page_showed_and_on_nothing_newer(world: World) -> None:
    case, said = registered(world), {"decision": "referral", "decision_text": "The words of the Group."}
    submitted(world, case, "focal_xbb")
    member, path = browser(world, "oversight"), f"/submissions/{case}"
    seen = newest_shown(world, "oversight", path)
    other = "The State concerned holds that nothing of the kind took place at all."
    submitted(world, case, "focal_xaa", bare=other)
    for old in (seen, ""):
        answer = press(member, path, **said, seen=old)
        assert answer.status_code == 409
        assert "More came to the Group since you loaded this page." in answer.text
        for shown in (other, "The words of the Group.", '<option value="referral" selected>'):
            assert shown in answer.text
    assert disclosed(world, case).status_code == 303, "nothing was closed"
    assert press(member, path, **said, seen=seen).status_code == 409
    assert press(member, path, **said, seen=newest_shown(world, "oversight", path)).status_code == 303


def test_no_version_is_given_that_another_one_followed_in_that_moment(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = registered(world)
    submitted(world, case, "focal_xbb")
    usual = case_submissions.open_to_give

    def meanwhile(*given: Any) -> Any:
        with ThreadPoolExecutor(1) as other:
            other.submit(submitted, world, case, "focal_xcc").result()
        return usual(*given)

    monkeypatch.setattr(case_submissions, "open_to_give", meanwhile)
    assert disclosed(world, case).status_code == 409
    monkeypatch.undo()
    assert disclosed(world, case).status_code == 303, "it can still be given"


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


def test_a_member_of_the_group_who_submitted_a_case_does_not_decide_on_it(world: World) -> None:
    case, member, appointment = registered(world), world.members["focal_xbb"], uuid4()
    submitted(world, case, "focal_xbb")
    with setting_up(world.portal) as (work, permit):
        basis = work.seal(permit, REGISTRY, Place("appointment", "basis", appointment), "{}")
        work.people.add(
            Appointment(
                id=appointment,
                person_id=member.person,
                role=Role.OVERSIGHT.value,
                basis=basis,
                starts_at=work.now,
                created_at=work.now,
            )
        )
        for one in work.identity.live_sessions(member.person, work.now):
            one.appointment_id = appointment
    client = browser(world, "focal_xbb")
    assert BARE in client.get(f"/submissions/{case}").text
    assert "Record this decision" not in client.get(f"/submissions/{case}").text
    said = {"decision": "none", "decision_text": "No measure is taken."}
    assert press(client, f"/submissions/{case}", **said).status_code == 403
    decided(world, case)


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
        assert "<dt>Concerns filed</dt><dd>1</dd>" in real
        assert "Concerns filed" not in exercises
        for name in ("Expert_Xcc", "Arandia", "Corvane"):
            assert name not in main
    for who in ("focal_xaa", "registrar", "administrator", "officer"):
        assert browser(world, who).get("/statement").status_code == 404


def test_the_yearly_statement_opens_the_cases_of_one_year(world: World) -> None:
    """A case of years ago comes out later than it was registered, and counts in its own year."""
    case = registered(world, on=concern(world))
    heard(world, case)
    world.clock.forward(timedelta(days=2 * 366))
    add_member(world, "expert_later", Role.EXPERT, "XBB", ("xaa",), undertaken=("xaa",))
    for who in ("officer_later", "oversight_later"):
        role = Role.OVERSIGHT if "oversight" in who else Role.CONFIDENTIALITY_OFFICER
        add_member(world, who, role)
    concern(world, "expert_later")
    found(world, case, "no_breach", "officer_later")
    client = browser(world, "oversight_later")
    for newest_one in ("/statement", "/statement?year=1999", "/statement?year=x"):
        page = client.get(newest_one).text
        assert "<h3>2028</h3>" in page
        assert "<dt>Concerns filed</dt><dd>1</dd>" in page
        assert "<dt>Cases registered</dt><dd>0</dd>" in page
    older = client.get("/statement?year=2026").text
    assert "<dt>Cases registered</dt><dd>1</dd>" in older
    assert re.search(r"<dt>No breach[^<]*</dt><dd>1</dd>", older)
    assert "No case was registered and no concern filed in 2027" in client.get("/statement?year=2027").text


def test_a_whole_case_stands_the_check(world: World) -> None:
    case = registered(world, on=concern(world))
    heard(world, case)
    found(world, case)
    submitted(world, case)
    assert disclosed(world, case).status_code == 303
    decided(world, case)
    with world.request():
        assert check_records(world.portal).findings == []
    assert "its chain doesn’t fit" not in browser(world, "confidentiality").get(f"/cases/{case}").text
