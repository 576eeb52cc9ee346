"""Breach cases are opened by two people, freeze the file, and show at once to the States concerned."""

import json
from uuid import UUID, uuid4

import pytest
from sqlmodel import SQLModel, select

from portal.audit.packing import unpack
from portal.domain.account_events import AccountEvent
from portal.usecases.case_records import FIRST, chain_of
from portal.usecases.checks import check_records
from storage.cases import BreachCase, CaseEntry, Concern
from storage.fields import Place
from storage.keyring import split
from storage.repositories.cases import CaseRecords
from storage.tables import Assignment, Event, State, Stream, Version
from tests.breaches import GROUNDS, SUBJECT, act, concern, proposed, registered
from tests.cast import World, setting_up
from tests.databases import by_hand
from tests.filing import circulated, press
from tests.portal.web.test_concerns import told
from tests.statements import asked_for
from tests.web_client import browser

CONCERNED = ("focal_xaa", "focal_xbb", "focal_xcc")


def row(world: World, case: UUID) -> BreachCase:
    with world.portal.database.read() as session:
        return session.get_one(BreachCase, case)


def test_a_case_on_a_concern_takes_two_people_and_then_the_concern_is_taken_up(world: World) -> None:
    filed = concern(world)
    case = proposed(world, filed)
    assert row(world, case).confirmed_at is None
    assert press(browser(world, "confidentiality"), f"/cases/{case}/confirm").status_code == 403
    act(world, "confidentiality_other", case, "confirm")
    assert row(world, case).confirmed_by == world.members["confidentiality_other"].person
    assert "A case was opened on this concern." in browser(world, "expert_xbb").get(f"/concerns/{filed}").text
    assert AccountEvent.CONCERN_ANSWERED in told(world, "expert_xbb")


@pytest.mark.parametrize("second", [*CONCERNED, "confidentiality_other"])
def test_the_second_one_is_another_officer_or_a_focal_point_of_a_state_concerned(world: World, second: str) -> None:
    case = proposed(world)
    page = browser(world, second).get(f"/cases/{case}").text
    assert "Confirm, and open the case" in page
    act(world, second, case, "confirm")
    assert "Confirm, and open the case" not in browser(world, second).get(f"/cases/{case}").text
    assert press(browser(world, second), f"/cases/{case}/confirm").status_code == 403


def test_nobody_else_sees_the_case_or_is_its_second_person(world: World) -> None:
    case = proposed(world)
    for who in ("expert_xaa", "officer", "registrar", "administrator", "focal_xdd", "focal_xff", "oversight"):
        client = browser(world, who)
        there, nowhere = client.get(f"/cases/{case}"), client.get(f"/cases/{uuid4()}")
        assert there.status_code == nowhere.status_code == 404, who
        assert there.text == nowhere.text
        assert press(client, f"/cases/{case}/confirm").status_code == 404, who
    assert row(world, case).confirmed_at is None


def test_whoever_filed_the_concern_is_not_the_second_person(world: World) -> None:
    case = proposed(world, concern(world, "focal_xaa"))
    answer = press(browser(world, "focal_xaa"), f"/cases/{case}/confirm")
    assert answer.status_code == 403
    assert "nobody examines their own act" in answer.text


def test_whoever_filed_any_concern_about_the_review_judges_nothing_of_it_of_their_own_motion(world: World) -> None:
    filed = concern(world, "focal_xaa")
    with setting_up(world.portal) as (work, _):
        other = work.session.get_one(Concern, filed)
        of_old = {"filed_by": world.members["confidentiality"].person, "filed_at": work.now}  # a focal point then
        work.session.add(Concern(id=uuid4(), review_id=other.review_id, told=other.told, **of_old))
    said = {"review": str(world.files["xaa"].review), "concern": "", "person": "", "subject": "A", "grounds": "B"}
    answer = press(browser(world, "confidentiality"), "/cases", **said)
    assert answer.status_code in {403, 404}
    case = proposed(world, by="confidentiality_other")
    assert press(browser(world, "confidentiality"), f"/cases/{case}/confirm").status_code == 403


def test_in_an_exercise_nobody_of_the_secretariat_is_named(world: World) -> None:
    said = {"review": str(world.files["xaa"].review), "concern": "", "subject": "A", "grounds": "B", "exercise": "yes"}
    officer, staff = browser(world, "confidentiality"), str(world.members["officer"].person)
    answer = press(officer, "/cases", **said, person=staff)
    assert answer.status_code == 422
    assert "nobody of the secretariat" in answer.text
    case = registered(world, person=None, exercise=True)
    answer = press(officer, f"/cases/{case}/person", concerned=staff)
    assert answer.status_code == 422


def test_whom_it_concerns_sees_nothing_of_it_on_whichever_side(world: World) -> None:
    case = proposed(world, person="focal_xbb")
    client = browser(world, "focal_xbb")
    assert client.get(f"/cases/{case}").status_code == 404
    assert "Case 1" not in client.get("/cases").text
    assert told(world, "focal_xbb") == []
    on_officer = proposed(world, person="confidentiality_other")
    assert browser(world, "confidentiality_other").get(f"/cases/{on_officer}").status_code == 404
    assert press(browser(world, "confidentiality_other"), f"/cases/{on_officer}/confirm").status_code == 404


def test_the_states_concerned_are_told_at_once_the_persons_own_state_too(world: World) -> None:
    registered(world, person="stranger_xff")
    for who in (*CONCERNED, "focal_xff"):
        assert told(world, who) == [AccountEvent.CASE_PROPOSED, AccountEvent.CASE_REGISTERED], who
        assert "Case 1" in browser(world, who).get("/cases").text
    assert told(world, "focal_xdd") == []
    assert told(world, "stranger_xff") == []


def test_they_read_what_it_is_about_and_not_what_is_alleged_nor_whom_before_a_finding(world: World) -> None:
    case = registered(world)  # on an expert of XCC
    own, under_review, other = (
        browser(world, who).get(f"/cases/{case}").text for who in ("focal_xcc", "focal_xaa", "focal_xbb")
    )
    for page in (own, under_review, other):
        assert SUBJECT in page
        assert GROUNDS not in page
        assert "Confidentiality Example" in page
    assert "Expert_Xcc Example" in own
    assert "Expert_Xcc Example" in under_review
    assert "Expert_Xcc Example" not in other
    assert GROUNDS in browser(world, "confidentiality").get(f"/cases/{case}").text


def snapshot_of(world: World, case: UUID) -> dict[str, dict[str, object]]:
    """Take the snapshot as the officer does."""
    answer = browser(world, "confidentiality").get(f"/cases/{case}/snapshot.json")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"] == 'attachment; filename="snapshot.json"'
    return dict(json.loads(answer.text))


def test_the_snapshot_is_for_whoever_examines_the_case(world: World) -> None:
    case = proposed(world)
    assert browser(world, "confidentiality").get(f"/cases/{case}/snapshot.json").status_code == 404
    act(world, "focal_xaa", case, "confirm")
    for who, status in (("focal_xaa", 403), ("focal_xdd", 404), ("registrar", 404), ("oversight", 404)):
        assert browser(world, who).get(f"/cases/{case}/snapshot.json").status_code == status, who


def test_with_the_confirmation_the_file_is_frozen_as_it_is_then(world: World) -> None:
    circulated(world, "Response")
    review = world.files["xaa"].review
    case = registered(world)
    with world.portal.database.read() as session:
        streams = {
            str(one.id): one.next_number - 1
            for one in session.scalars(select(Stream).where(Stream.review_id == review))
        }
        versions = {str(one.id): one.equal.hex() for one in session.scalars(select(Version))}
        assigned = session.scalars(select(Assignment).where(Assignment.review_id == review)).all()
    circulated(world, "Another")
    frozen = snapshot_of(world, case)
    assert frozen["streams"] == streams
    assert frozen["versions"] == versions
    assert len(versions) == 2
    assert {f"assignment/{one.id}": one.mac.hex() for one in assigned}.items() <= frozen["access"].items()
    assert f"appointment/{world.members['focal_xbb'].appointment}" in frozen["access"]
    assert f"appointment/{world.members['roster_xcc'].appointment}" not in frozen["access"]
    assert f"appointment/{world.members['focal_xdd'].appointment}" not in frozen["access"]


def test_the_event_of_the_confirmation_has_the_chain_and_the_mac_of_the_snapshot(world: World) -> None:
    case = registered(world)
    with world.portal.database.read() as session:
        entry = session.scalars(select(CaseEntry).where(CaseEntry.case_id == case)).one()
        event = session.scalars(select(Event).where(Event.kind == 908)).one()
        scope = f"stream/{event.stream_id}"
        version, sealed = split(event.body)
        key = world.portal.keyring.key(scope, version, session)  # type: ignore[arg-type]
        body = json.loads(unpack(key.fields.open(Place("event", "body", event.id), sealed)))
    assert body["detail"] == {"entry": 1, "chain": entry.chain.hex()}
    assert entry.chain == chain_of(entry, FIRST)
    assert body["rows"][f"case_entry/{entry.id}"] == entry.mac.hex()


def test_a_failed_confirmation_freezes_and_tells_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    case = proposed(world)

    def fails(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(CaseRecords, "frozen", fails)
    assert press(browser(world, "focal_xaa"), f"/cases/{case}/confirm").status_code == 500
    assert row(world, case).confirmed_at is None
    assert told(world, "focal_xbb") == [AccountEvent.CASE_PROPOSED]


def test_a_declined_case_stays_and_its_concern_goes_back_to_the_officer(world: World) -> None:
    filed = concern(world)
    case = proposed(world, filed)
    act(world, "focal_xaa", case, "decline")
    assert press(browser(world, "confidentiality_other"), f"/cases/{case}/confirm").status_code == 403
    assert "Declined" in browser(world, "confidentiality").get(f"/cases/{case}").text
    assert row(world, proposed(world, filed)).number == 2


def test_a_concern_gives_one_case_at_a_time(world: World) -> None:
    filed = concern(world)
    proposed(world, filed)
    fields = {"review": str(world.files["xaa"].review), "concern": str(filed), "subject": "A", "grounds": "B"}
    assert press(browser(world, "confidentiality"), "/cases", **fields).status_code == 409
    aside = press(browser(world, "confidentiality"), f"/concerns/{filed}/aside", reason="No.")
    assert aside.status_code == 409


def test_a_case_on_a_concern_about_another_review_is_nowhere(world: World) -> None:
    filed = concern(world)
    fields = {"review": str(world.files["xdd"].review), "concern": str(filed), "subject": "A", "grounds": "B"}
    assert press(browser(world, "confidentiality"), "/cases", **fields).status_code == 404
    for who in ("focal_xaa", "officer", "registrar", "administrator"):
        assert (
            press(browser(world, who), "/cases", **{**fields, "review": str(world.files["xaa"].review)}).status_code
            == 404
        )
        assert browser(world, who).get("/cases/new", params={"concern": str(filed)}).status_code == 404
    with world.portal.database.read() as session:
        assert session.scalars(select(BreachCase)).all() == []


def test_an_exercise_is_marked_everywhere_and_not_run_on_a_real_review(world: World) -> None:
    case = registered(world, exercise=True)
    for who in ("confidentiality", "focal_xaa"):
        assert "This is an exercise on invented data." in browser(world, who).get(f"/cases/{case}").text
        assert "exercise" in browser(world, who).get("/cases").text
    assert told(world, "focal_xaa") == [AccountEvent.EXERCISE_MOVED] * 2  # a mail says so, too
    with world.portal.database.begin() as session:
        session.get_one(State, "XCC").fictional = False
    fields = {
        "review": str(world.files["xaa"].review),
        "concern": "",
        "subject": "A",
        "grounds": "B",
        "exercise": "yes",
    }
    answer = press(browser(world, "confidentiality"), "/cases", **fields)
    assert answer.status_code == 422
    assert "of real States" in answer.text


def test_an_exercise_names_nobody_of_a_real_state(world: World) -> None:
    with world.portal.database.begin() as session:
        session.get_one(State, "XFF").fictional = False
    real = str(world.members["stranger_xff"].person)
    fields = {"review": str(world.files["xaa"].review), "concern": "", "person": real, "subject": "A", "grounds": "B"}
    assert press(browser(world, "confidentiality"), "/cases", **fields, exercise="yes").status_code == 422
    case = registered(world, person=None, exercise=True)
    answer = press(browser(world, "confidentiality"), f"/cases/{case}/person", concerned=real)
    assert answer.status_code == 404
    assert browser(world, "focal_xff").get(f"/cases/{case}").status_code == 404


def test_the_records_of_a_case_stand_the_check_and_an_altered_one_is_found(world: World) -> None:
    case = registered(world, on=concern(world))
    with world.request():
        assert check_records(world.portal).findings == []
    assert "was altered" not in browser(world, "confidentiality").get(f"/cases/{case}").text
    with by_hand(world.portal.database) as hand:
        hand.allow("case_entry_never_rewritten")
    with world.portal.database.begin() as session:
        entry = session.scalars(select(CaseEntry)).one()
        entry.made_at = entry.made_at.replace(year=2020)
    with world.request():
        assert check_records(world.portal).findings
    assert "was altered" in browser(world, "confidentiality").get(f"/cases/{case}").text


def test_what_is_written_lies_sealed(world: World) -> None:
    registered(world, on=concern(world))
    with world.portal.database.read() as session:
        rows = [
            *session.scalars(select(Concern)),
            *session.scalars(select(BreachCase)),
            *session.scalars(select(CaseEntry)),
        ]
    values = [value for one in rows for value in SQLModel.model_dump(one).values() if isinstance(value, str | bytes)]
    plain = b"".join(value.encode() if isinstance(value, str) else value for value in values)
    for words in (SUBJECT, GROUNDS, "newspaper", "disclosed"):
        assert words.encode() not in plain


def test_the_list_of_cases_asks_no_more_of_the_database_when_there_are_more(world: World) -> None:
    clients = [browser(world, who) for who in ("confidentiality", "focal_xbb")]
    proposed(world, concern(world))
    few = [len(asked_for(world, client, "/cases")) for client in clients]
    proposed(world, concern(world, "officer"))
    proposed(world, concern(world, "officer_other", file="xdd"), person=None, file="xdd")
    assert [len(asked_for(world, client, "/cases")) for client in clients] == few
