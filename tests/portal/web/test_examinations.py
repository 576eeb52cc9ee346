"""The examination: a chained record, the right to be heard before any finding, and nobody's eyes on contents."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import select

from portal.domain.account_events import AccountEvent
from portal.domain.roles import Role
from portal.usecases.checks import check_records
from storage.cases import CaseEntry
from storage.fields import Place
from storage.permits import REGISTRY
from storage.tables import Appointment
from tests.breaches import (
    ALLEGATION,
    ANSWER,
    GROUNDS,
    REASONS,
    act,
    asked,
    concern,
    contained,
    found,
    heard,
    newest_shown,
    registered,
    stays_signed_in,
)
from tests.cast import World, add_member, setting_up
from tests.databases import by_hand
from tests.filing import circulated, newest, press
from tests.portal.web.test_cases import row
from tests.portal.web.test_concerns import told
from tests.web_client import browser

FINDING = {"finding": "confidentiality", "finding_reasons": REASONS}


def test_no_finding_without_the_hearing(world: World) -> None:
    case = registered(world)
    officer, path = browser(world, "confidentiality"), f"/cases/{case}/finding"
    answer = press(officer, path, **FINDING)
    assert answer.status_code == 403
    assert "heard before any finding" in answer.text
    asked(world, case)
    assert press(officer, path, **FINDING).status_code == 403
    assert row(world, case).found_at is None
    person = browser(world, "expert_xcc")
    assert press(person, f"/hearings/{case}", answer="I will write more next week.").status_code == 303
    assert press(officer, path, **FINDING).status_code == 403, "they still have time to say more"
    assert press(person, f"/hearings/{case}", answer=ANSWER, all="yes").status_code == 303
    found(world, case)
    assert press(officer, path, **FINDING).status_code == 403


def test_no_finding_over_an_answer_that_its_page_did_not_show(world: World) -> None:
    case = registered(world)
    asked(world, case)
    person, officer, path = browser(world, "expert_xcc"), browser(world, "confidentiality"), f"/cases/{case}"
    assert press(person, f"/hearings/{case}", answer="I will send my alibi.", all="yes").status_code == 303
    seen = newest_shown(world, "confidentiality", path)
    assert press(person, f"/hearings/{case}", answer=ANSWER).status_code == 303  # as often as they like
    for old in (seen, ""):
        answer = press(officer, f"{path}/finding", **FINDING, seen=old)
        assert answer.status_code == 409
        assert "The record has more now than when you loaded this page." in answer.text
        for shown in (ANSWER, f">{REASONS}</textarea>", '<option value="confidentiality" selected>'):
            assert shown in answer.text
    assert row(world, case).found_at is None
    found(world, case)


def test_whoever_answered_without_ending_it_was_heard_once_the_day_is_over(world: World) -> None:
    case = registered(world)
    asked(world, case)  # until the end of 20 May
    stays_signed_in(world)
    assert press(browser(world, "expert_xcc"), f"/hearings/{case}", answer=ANSWER).status_code == 303
    officer = browser(world, "confidentiality")
    world.clock.now = world.clock.now.replace(day=20, hour=23, minute=59)
    assert press(officer, f"/cases/{case}/finding", **FINDING).status_code == 403
    world.clock.forward(timedelta(minutes=1))
    found(world, case)


def test_whose_last_appointment_ended_signs_in_and_is_heard_and_does_nothing_else(world: World) -> None:
    case = registered(world)
    asked(world, case)
    with setting_up(world.portal) as (work, _):
        appointment = work.people.appointment(world.members["expert_xcc"].appointment)
        assert appointment
        appointment.ended_at = work.now
        session = work.identity.live_sessions(appointment.person_id, work.now)[0]
        session.appointment_id = None  # as they sign in now
    client = browser(world, "expert_xcc")
    assert f"/hearings/{case}" in client.get("/hearings").text
    assert ALLEGATION in client.get(f"/hearings/{case}").text
    assert press(client, f"/hearings/{case}", answer=ANSWER, all="yes").status_code == 303
    found(world, case)
    assert REASONS in client.get(f"/hearings/{case}").text
    assert client.get(f"/reviews/{world.files['xaa'].review}").status_code == 404
    assert client.get(f"/cases/{case}").status_code == 404


def test_the_person_concerned_sees_what_is_alleged_once_asked_answers_and_learns_the_finding(world: World) -> None:
    case = registered(world, on=concern(world, "expert_xbb"))
    client = browser(world, "expert_xcc")
    assert client.get(f"/hearings/{case}").status_code == 404
    contained(world, case, "everywhere")
    asked(world, case)
    assert AccountEvent.HEARING_ASKED in told(world, "expert_xcc")
    assert f"/hearings/{case}" in client.get("/hearings").text
    page = client.get(f"/hearings/{case}").text
    assert ALLEGATION in page
    assert "While it is looked into." in page
    assert GROUNDS not in page
    assert "Expert_Xbb" not in page
    assert press(client, f"/hearings/{case}", answer="").status_code == 422
    assert press(client, f"/hearings/{case}", answer=ANSWER).status_code == 303
    assert press(client, f"/hearings/{case}", answer="One more thing.", all="yes").status_code == 303
    assert ANSWER in browser(world, "confidentiality").get(f"/cases/{case}").text
    found(world, case)
    page = client.get(f"/hearings/{case}").text
    assert REASONS in page
    assert press(client, f"/hearings/{case}", answer="Too late.").status_code == 403
    assert AccountEvent.CASE_FOUND in told(world, "expert_xcc")


def test_of_an_exercise_the_person_is_told_that_it_is_one(world: World) -> None:
    case = registered(world, exercise=True)
    heard(world, case)
    found(world, case)
    assert told(world, "expert_xcc") == [AccountEvent.EXERCISE_HEARING] * 2
    page = browser(world, "expert_xcc").get(f"/hearings/{case}").text
    assert "This is an exercise on invented data." in page


def test_nobody_else_answers_in_their_place(world: World) -> None:
    case = registered(world)
    asked(world, case)
    for who in ("expert_xaa", "focal_xcc", "confidentiality", "administrator", "registrar", "oversight"):
        client = browser(world, who)
        assert client.get(f"/hearings/{case}").status_code == 404, who
        assert press(client, f"/hearings/{case}", answer=ANSWER).status_code == 404, who
    assert row(world, case).heard_at is None


def test_whoever_lets_the_day_pass_was_heard_and_not_a_day_earlier(world: World) -> None:
    case = registered(world)
    officer, unheard = browser(world, "confidentiality"), {"entry": "unheard", "entry_text": "No answer came."}
    assert press(officer, f"/cases/{case}/entries", **unheard).status_code == 422
    asked(world, case)  # until the end of 20 May
    stays_signed_in(world)
    world.clock.now = world.clock.now.replace(day=20, hour=23, minute=59)
    assert press(officer, f"/cases/{case}/entries", **unheard).status_code == 422
    world.clock.forward(timedelta(minutes=1))
    assert press(officer, f"/cases/{case}/entries", **unheard).status_code == 303
    found(world, case)


def test_nobody_writes_that_somebody_let_the_day_pass_who_answered(world: World) -> None:
    case, unheard = registered(world), {"entry": "unheard", "entry_text": "No word came from them."}
    asked(world, case)
    stays_signed_in(world)
    world.clock.forward(timedelta(days=16))
    officer, path = browser(world, "confidentiality"), f"/cases/{case}"
    offered = '<option value="unheard"'
    assert offered in officer.get(path).text
    assert press(browser(world, "expert_xcc"), f"/hearings/{case}", answer=ANSWER).status_code == 303
    world.clock.forward(timedelta(days=2))
    answer = press(officer, f"{path}/entries", **unheard)
    assert answer.status_code == 409
    assert "so nobody can write that they let the day pass" in answer.text
    assert "No word came from them." in answer.text
    assert offered not in answer.text
    found(world, case)


def test_what_they_said_outside_the_portal_counts_once_they_were_asked(world: World) -> None:
    case = registered(world)
    officer, said = browser(world, "confidentiality"), {"entry": "heard", "entry_text": "By letter of 10 May."}
    assert press(officer, f"/cases/{case}/entries", **said).status_code == 409
    asked(world, case)
    assert press(officer, f"/cases/{case}/entries", **said).status_code == 303
    finding = {"finding": "not_established", "finding_reasons": "A"}
    assert press(officer, f"/cases/{case}/finding", **finding).status_code == 403, "they still have time to answer"
    stays_signed_in(world)
    world.clock.forward(timedelta(days=30))
    assert press(officer, f"/cases/{case}/entries", **said).status_code == 303
    found(world, case, "not_established")


def test_nobody_is_asked_to_answer_by_tomorrow_or_twice(world: World) -> None:
    case = registered(world)
    officer, path = browser(world, "confidentiality"), f"/cases/{case}/hearing"
    assert press(officer, path, allegation=ALLEGATION, last_day="2026-05-10").status_code == 422
    assert press(officer, path, allegation=ALLEGATION, last_day="2026-05-11").status_code == 303
    assert press(officer, path, allegation=ALLEGATION, last_day="2026-05-20").status_code == 409


def test_where_nobody_is_named_no_breach_is_found(world: World) -> None:
    case = registered(world, person=None)
    officer, path = browser(world, "confidentiality"), f"/cases/{case}/finding"
    assert press(officer, f"/cases/{case}/hearing", allegation="A", last_day="2026-05-20").status_code == 409
    assert press(officer, path, **FINDING).status_code == 422
    found(world, case, "not_established")


def test_somebody_is_named_once_and_their_state_is_told(world: World) -> None:
    case = registered(world, person=None)
    before = told(world, "focal_xcc").count(AccountEvent.CASE_MOVED)
    act(world, "confidentiality", case, "person", concerned=str(world.members["expert_xcc"].person))
    assert told(world, "focal_xcc").count(AccountEvent.CASE_MOVED) == before + 1
    other = str(world.members["expert_xbb"].person)
    assert press(browser(world, "confidentiality"), f"/cases/{case}/person", concerned=other).status_code == 409


@pytest.mark.parametrize(
    "who", ["stranger_xff", "confidentiality_other", "confidentiality", "oversight", "administrator"]
)
def test_only_who_works_or_worked_on_the_review_is_named_and_nobody_who_opened_the_case(world: World, who: str) -> None:
    case = registered(world, person=None)
    named = {"concerned": str(world.members[who].person)}
    assert press(browser(world, "confidentiality"), f"/cases/{case}/person", **named).status_code == 404


def test_a_focal_point_who_confirmed_the_case_is_neither_named_nor_held_back(world: World) -> None:
    case = registered(world, person=None, second="focal_xbb")
    officer, person = browser(world, "confidentiality"), str(world.members["focal_xbb"].person)
    assert press(officer, f"/cases/{case}/person", concerned=person).status_code == 404
    said = {"hold": "review", "hold_reason": "A", "review_on": "2026-06-01", "held": person}
    assert press(officer, f"/cases/{case}/containments", **said).status_code == 404


def test_the_states_read_finding_and_reasons_and_of_the_record_nothing_else(world: World) -> None:
    case = registered(world)
    act(world, "confidentiality", case, "entries", entry="fact", entry_text="The mark of the copy was read.")
    heard(world, case)
    found(world, case)
    page = browser(world, "focal_xbb").get(f"/cases/{case}").text
    assert REASONS in page
    assert "Breach of confidentiality" in page
    assert "Expert_Xcc Example" in page  # now that there is a finding
    for hidden in ("The mark of the copy was read.", ANSWER, ALLEGATION, GROUNDS):
        assert hidden not in page


def test_entries_are_numbered_chained_and_stand_the_check(world: World) -> None:
    case = registered(world)
    act(world, "confidentiality", case, "entries", entry="fact", entry_text="One.")
    act(world, "confidentiality_other", case, "entries", entry="statement", entry_text="Two.")
    heard(world, case)
    found(world, case)
    with world.portal.database.read() as session:
        rows = session.scalars(select(CaseEntry).order_by(CaseEntry.number)).all()  # type: ignore[arg-type]  # a column
    assert [one.number for one in rows] == list(range(1, 7))
    assert len({one.chain for one in rows}) == 6
    with world.request():
        assert check_records(world.portal).findings == []
    with by_hand(world.portal.database) as hand:
        hand.allow("case_entry_never_deleted")
        hand("DELETE FROM case_entry WHERE number = 3")
    assert "its chain doesn’t fit" in browser(world, "confidentiality").get(f"/cases/{case}").text
    with world.request():
        assert check_records(world.portal).findings


@pytest.mark.parametrize("act_", ["entries", "person", "hearing", "finding", "containments"])
def test_focal_points_examine_nothing_and_nothing_is_examined_before_registration_or_by_strangers(
    world: World, act_: str
) -> None:
    case = registered(world)
    fields = {
        **FINDING,
        "entry": "fact",
        "entry_text": "A",
        "allegation": "A",
        "last_day": "2026-05-20",
        "hold": "downloads",
        "held": "",
        "hold_reason": "A",
        "review_on": "2026-06-01",
        "concerned": str(world.members["expert_xcc"].person),
    }
    assert press(browser(world, "focal_xaa"), f"/cases/{case}/{act_}", **fields).status_code == 403
    for who in ("officer", "registrar", "administrator", "expert_xcc", "focal_xdd"):
        assert press(browser(world, who), f"/cases/{case}/{act_}", **fields).status_code == 404, who
    assert press(browser(world, "confidentiality"), f"/cases/{uuid4()}/{act_}", **fields).status_code == 404


def test_a_confidentiality_officer_who_once_worked_on_the_review_examines_nothing_of_it(world: World) -> None:
    add_member(world, "translated", Role.TRANSLATOR)
    document = circulated(world)
    sent = press(
        browser(world, "officer"),
        f"/documents/{document}/translations",
        version=str(newest(world, document)),
        translator=str(world.members["translated"].person),
        language="fr",
    )
    assert sent.status_code == 303
    case = registered(world)
    with setting_up(world.portal) as (work, permit):
        of, id_ = work.people.appointment(world.members["translated"].appointment), uuid4()
        assert of
        of.ended_at = work.now
        basis = work.seal(permit, REGISTRY, Place("appointment", "basis", id_), "{}")
        later = Appointment(
            id=id_,
            person_id=of.person_id,
            role="confidentiality_officer",
            basis=basis,
            starts_at=work.now,
            created_at=work.now,
        )
        work.people.add(later)
        session = work.identity.live_sessions(of.person_id, work.now)[0]
        session.appointment_id = id_
    client = browser(world, "translated")
    assert client.get(f"/cases/{case}").status_code == 200
    answer = press(client, f"/cases/{case}/entries", entry="fact", entry_text="A")
    assert answer.status_code == 403
    assert "nobody examines their own act" in answer.text


def test_the_officer_sees_who_did_what_in_the_file_without_any_title_and_the_states_see_that(world: World) -> None:
    document = circulated(world, "Unguessable-Okapi")
    browser(world, "expert_xcc").get(f"/versions/{newest(world, document)}/content")
    case = registered(world)
    officer = browser(world, "confidentiality")
    page = officer.get(f"/cases/{case}/trail")
    assert page.status_code == 200
    assert "Expert_Xcc Example" in page.text
    assert "downloaded the document" in page.text
    for hidden in ("Unguessable-Okapi", str(document), "Question 1"):
        assert hidden not in page.text
    assert officer.get(f"/cases/{case}/trail", params={"document": str(document)}).text.count("<tr>") <= 1
    trail = browser(world, "focal_xaa").get(f"/reviews/{world.files['xaa'].review}/trail").text
    assert "looked at who opened the file, under a breach case" in trail
    for who, status in (("focal_xaa", 403), ("registrar", 404), ("administrator", 404)):
        assert browser(world, who).get(f"/cases/{case}/trail").status_code == status


def test_the_officer_opens_no_document_of_the_file(world: World) -> None:
    document = circulated(world)
    registered(world)
    client = browser(world, "confidentiality")
    places = (
        f"/reviews/{world.files['xaa'].review}",
        f"/rooms/{world.files['xaa'].rooms['shared']}",
        f"/documents/{document}",
        f"/versions/{newest(world, document)}/content",
        f"/documents/{document}/trail",
        f"/reviews/{world.files['xaa'].review}/trail",
    )
    for place in places:
        assert client.get(place).status_code == 404, place
