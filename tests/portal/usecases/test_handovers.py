"""Hand-overs: everything that somebody works on passes to the successor, and the leaver is out in the same moment."""

from datetime import date, timedelta
from threading import Thread
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, select

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.audit.events import REGISTRY_STREAM
from portal.domain.documents import DocumentKind
from portal.domain.ids import AppointmentId, HandoverId, PersonId
from portal.domain.legal import LegalBasis
from portal.domain.notices import NoticeKind
from portal.domain.problems import RefusedError
from portal.domain.roles import Role
from portal.errors import Conflict, Forbidden, NotFound, SignedOut
from portal.usecases import appointments, calendars, contents, handling, handovers, threads, uploads
from portal.usecases.checks import check_records
from portal.usecases.clarifications import list_clarifications
from portal.usecases.desks import DeskPage, view_desk
from portal.usecases.handover_sheets import HandingOver, HandoverSheet, view_handing_over, view_handover
from portal.usecases.sessions import token_hash
from portal.usecases.transfers import goes_on
from portal.usecases.undertakings import accept_undertaking
from portal.usecases.uploads import Described
from storage.dialogue import EntryTask, Routing
from storage.handovers import Handover
from storage.notices import Notice
from storage.planning import CalendarFeed
from storage.tables import Appointment, Assignment, TranslationTask
from tests import dialogue
from tests.cast import World, add_member, setting_up
from tests.contents import said
from tests.filing import circulated, newest, press
from tests.web_client import browser

pytestmark = pytest.mark.database

NOTE = LegalBasis("NV/70/2026", date(2026, 5, 1))


def hand_over(
    world: World, who: str, leaver: str, successor: str, basis: LegalBasis = NOTE, named: UUID | None = None
) -> HandoverId:
    found = world.members[leaver]
    to = AppointmentId(named or world.members[successor].appointment)
    with world.request():
        return handovers.hand_over(
            world.portal, world.caller(who), PersonId(found.person), AppointmentId(found.appointment), to, basis
        )


def page(world: World, who: str, leaver: str) -> HandingOver:
    found = world.members[leaver]
    with world.request():
        return view_handing_over(
            world.portal, world.caller(who), PersonId(found.person), AppointmentId(found.appointment)
        )


def sheet(world: World, who: str, handover: HandoverId) -> HandoverSheet:
    with world.request():
        return view_handover(world.portal, world.caller(who), handover)


def desk(world: World, who: str) -> DeskPage:
    with world.request():
        return view_desk(world.portal, world.caller(who))


def pledge(world: World, who: str) -> None:
    with world.request():
        accept_undertaking(world.portal, world.caller(who), world.files["xaa"].review, "1")


def route(world: World, question: UUID, *people: str) -> None:
    with world.request():
        chosen = [world.members[one].person for one in people]
        handling.route(world.portal, world.caller("focal_xaa"), question, chosen, ())


def rows(world: World, table: type, **where: object) -> list:  # type: ignore[type-arg]
    with world.portal.database.read() as session:
        found = session.scalars(select(table).filter_by(**where)).all()
        session.expunge_all()
    return list(found)


def person(world: World, who: str) -> UUID:
    return world.members[who].person


@pytest.fixture
def heir(world: World) -> World:
    """Somebody stands ready in each place."""
    add_member(world, "next_xaa", Role.EXPERT, "XAA")
    add_member(world, "next_xbb", Role.EXPERT, "XBB")
    add_member(world, "next_focal", Role.FOCAL_POINT, "XAA")
    add_member(world, "next_translator", Role.TRANSLATOR)
    return world


# --- what passes


def test_an_experts_reviews_questions_and_drafts_pass_to_the_successor(heir: World) -> None:
    question = dialogue.question(heir)
    route(heir, question, "expert_xaa")
    answer = dialogue.draft_answer(heir, question)
    before = page(heir, "focal_xaa", "expert_xaa")
    assert [(one.state, one.questions, one.drafts) for one in before.passing] == [("XAA", 1, 1)]
    assert [one.name for one in before.successors] == ["Next_Xaa Example"]

    handover = hand_over(heir, "focal_xaa", "expert_xaa", "next_xaa")

    [mine] = rows(heir, Assignment, person_id=person(heir, "next_xaa"))
    [theirs] = rows(heir, Assignment, person_id=person(heir, "expert_xaa"))
    assert (mine.review_id, mine.ended_at) == (heir.files["xaa"].review, None)
    assert theirs.ended_at is not None
    given = {one.person_id: one.ended_at is None for one in rows(heir, Routing, clarification_id=question)}
    assert given == {person(heir, "expert_xaa"): False, person(heir, "next_xaa"): True}
    told = {one.kind for one in rows(heir, Notice, person_id=person(heir, "next_xaa"))}
    assert NoticeKind.ASSIGNED in told

    first = sheet(heir, "next_xaa", handover)
    assert [(one.pledged, one.questions, one.drafts) for one in first.files] == [(False, (), ())]
    assert [one.id for one in desk(heir, "next_xaa").handovers] == [handover]
    pledge(heir, "next_xaa")
    [file] = sheet(heir, "next_xaa", handover).files
    assert (file.state, [one.id for one in file.questions], [one.id for one in file.drafts]) == (
        "XAA",
        [question],
        [question],
    )
    assert dialogue.entry(heir, answer.entry).opened_by is None
    heir.clock.forward(timedelta(days=31))
    with setting_up(heir.portal) as (work, _):
        for session in work.identity.live_sessions(person(heir, "next_xaa"), work.now):
            session.seen_at = work.now
    assert desk(heir, "next_xaa").handovers == ()
    assert check_records(heir.portal).ok


def test_a_draft_question_waits_for_the_successor_and_keeps_the_leavers_name(heir: World) -> None:
    draft = dialogue.draft_question(heir)
    hand_over(heir, "focal_xbb", "expert_xbb", "next_xbb")
    pledge(heir, "next_xbb")
    review = heir.files["xaa"].review
    with heir.request():
        mine = list_clarifications(heir.portal, heir.caller("next_xbb"), review, "mine", 1)
        other = list_clarifications(heir.portal, heir.caller("expert_xcc"), review, "mine", 1)
    assert [line.id for line in mine.lines] == [draft.clarification]
    assert other.total == 0
    sent = dialogue.submit(heir, draft, "next_xbb")
    assert dialogue.entry(heir, draft.entry).created_by == person(heir, "expert_xbb")
    assert dialogue.entry(heir, sent).created_by == person(heir, "next_xbb")


def test_history_keeps_the_leavers_name(heir: World) -> None:
    question = dialogue.question(heir)
    hand_over(heir, "focal_xbb", "expert_xbb", "next_xbb")
    pledge(heir, "next_xbb")
    with heir.request():
        thread = threads.view_thread(heir.portal, heir.caller("next_xbb"), question)
    assert "Expert_Xbb Example" in repr(thread)
    trail = browser(heir, "focal_xbb").get(f"/reviews/{heir.files['xaa'].review}/trail").text
    assert "Expert_Xbb Example" in trail


def test_texts_with_a_translator_are_taken_back_and_sent_to_the_successor(heir: World) -> None:
    document = circulated(heir)
    client, at = browser(heir, "officer"), f"/documents/{document}/translations"
    version = str(newest(heir, document))
    assert (
        press(client, at, version=version, translator=str(person(heir, "translator")), language="ar").status_code == 303
    )
    question = dialogue.draft_question(heir)
    entry = dialogue.submit(heir, question)
    dialogue.send_text(heir, entry, "fr")
    handover = hand_over(heir, "registrar", "translator", "next_translator")
    for table in (TranslationTask, EntryTask):
        [old] = rows(heir, table, person_id=person(heir, "translator"))
        [new] = rows(heir, table, person_id=person(heir, "next_translator"))
        assert (old.recalled_at is not None, new.recalled_at) == (True, None)
        assert old.language == new.language
    assert rows(heir, TranslationTask, recalled_at=None)[0].version_id == UUID(version)
    [file] = sheet(heir, "next_translator", handover).files
    assert (file.state, file.pledged, file.documents, file.texts) == ("XAA", False, (), ())
    pledge(heir, "next_translator")
    [file] = sheet(heir, "next_translator", handover).files
    assert (len(file.documents), len(file.texts)) == (1, 1)
    shared = heir.files["xaa"].rooms["shared"]
    passed = [event for event in said(heir, shared) if event["action"] == "handOver"]
    assert {name for event in passed for name in event["detail"]} == {"recalled", "task", "translator", "language"}
    [seen] = sheet(heir, "registrar", handover).files
    assert (seen.state, seen.opens, seen.stage, seen.documents, seen.texts) == ("XAA", False, None, (), ())
    assert check_records(heir.portal).ok


def test_a_focal_points_questions_pass_and_the_registrar_is_told_no_counts(heir: World) -> None:
    question = dialogue.question(heir)
    route(heir, question, "focal_xaa")
    before = page(heir, "registrar", "focal_xaa")
    assert [(one.state, one.questions, one.drafts) for one in before.passing] == [("XAA", None, None)]
    handover = hand_over(heir, "registrar", "focal_xaa", "next_focal")
    pledge(heir, "next_focal")
    [file] = sheet(heir, "next_focal", handover).files
    assert [one.id for one in file.questions] == [question]


def test_an_officers_reviews_pass_and_all_who_see_them_are_told(heir: World) -> None:
    hand_over(heir, "registrar", "officer", "officer_other")
    here = rows(heir, Assignment, review_id=heir.files["xaa"].review, person_id=person(heir, "officer_other"))
    assert [one.ended_at for one in here] == [None]
    told = {one.person_id for one in rows(heir, Notice, kind=NoticeKind.OFFICER_ASSIGNED)}
    assert {person(heir, "focal_xaa"), person(heir, "expert_xbb")} <= told


def test_who_is_assigned_already_is_not_assigned_twice(heir: World) -> None:
    add_member(heir, "colleague", Role.EXPERT, "XBB", ("xaa",))
    hand_over(heir, "focal_xbb", "expert_xbb", "colleague")
    assert len(rows(heir, Assignment, person_id=person(heir, "colleague"))) == 1


def test_what_is_not_allowed_any_more_does_not_pass(heir: World) -> None:
    """A reviewing State's access has ended with the review: nobody is assigned to it."""
    assert press(browser(heir, "registrar"), f"/register/{heir.files['xaa'].review}/close").status_code == 303
    handover = hand_over(heir, "focal_xbb", "expert_xbb", "next_xbb")
    assert rows(heir, Assignment, person_id=person(heir, "next_xbb")) == []
    assert sheet(heir, "next_xbb", handover).files == ()


# --- the leaver


def upload(world: World, who: str) -> UUID:
    with world.request():
        caller = world.caller(who)
        begun = uploads.begin_upload(world.portal, caller, world.files["xaa"].rooms["reviewers"], "a.pdf", "")
        arrived = contents.take_content(world.portal, begun, [b"%PDF-1.7 text"])
        uploads.keep_document(world.portal, caller, begun, arrived, Described(DocumentKind.LAW, "en"))
    return begun.version


def test_the_leaver_is_out_everywhere_in_the_same_moment(heir: World) -> None:
    version, leaver = upload(heir, "officer"), heir.caller("expert_xbb")
    with heir.request():
        token = calendars.issue_feed(heir.portal, leaver)
    feed = Caller(feed=token_hash(heir.portal, token))
    with heir.request():
        calendars.read_dates(heir.portal, feed)
    assert goes_on(heir.portal, leaver, Action.DOWNLOAD_VERSION, version, progress=False)
    question = dialogue.question(heir, "focal_xbb")
    waiting = rows(heir, Notice, person_id=person(heir, "expert_xbb"))
    assert any(one.due_at for one in waiting)
    hand_over(heir, "focal_xbb", "expert_xbb", "next_xbb")
    assert not goes_on(heir.portal, leaver, Action.DOWNLOAD_VERSION, version, progress=True)
    with heir.request(), pytest.raises(NotFound):
        calendars.read_dates(heir.portal, feed)
    assert [one.ended_at is not None for one in rows(heir, CalendarFeed)] == [True]
    with heir.request(), pytest.raises(SignedOut):
        threads.view_thread(heir.portal, leaver, question)
    assert browser(heir, "expert_xbb").get("/work", follow_redirects=False).status_code in {303, 401}
    assert not any(one.due_at for one in rows(heir, Notice, person_id=person(heir, "expert_xbb")))


def end(world: World, who: str, leaver: str) -> None:
    found = world.members[leaver]
    with world.request():
        appointments.end_appointment(
            world.portal, world.caller(who), PersonId(found.person), AppointmentId(found.appointment), None
        )


def test_an_appointment_that_ends_without_a_successor_takes_calendar_texts_and_questions_with_it(heir: World) -> None:
    question = dialogue.question(heir)
    route(heir, question, "expert_xaa", "focal_xaa")
    with heir.request():
        calendars.issue_feed(heir.portal, heir.caller("expert_xaa"))
    entry = dialogue.submit(heir, dialogue.draft_question(heir))
    dialogue.send_text(heir, entry, "fr")
    end(heir, "focal_xaa", "expert_xaa")
    end(heir, "registrar", "translator")
    assert [one.ended_at is not None for one in rows(heir, CalendarFeed)] == [True]
    assert [one.recalled_at is not None for one in rows(heir, EntryTask)] == [True]
    given = {one.person_id: one.ended_at is None for one in rows(heir, Routing)}
    assert given == {person(heir, "expert_xaa"): False, person(heir, "focal_xaa"): True}
    assert check_records(heir.portal).ok


def test_what_another_appointment_opens_is_kept(heir: World) -> None:
    """The calendar of the other one, and the question that a focal point can answer all the same."""
    question = dialogue.question(heir)
    both = heir.members["focal_xaa"]
    with setting_up(heir.portal) as (work, _):
        row = work.people.appointment(heir.members["expert_xaa"].appointment)
        assert row is not None
        second = Appointment(
            **{**row.model_dump(exclude={"mac"}), "id": uuid4(), "person_id": both.person},
        )
        work.people.add(second)
    route(heir, question, "focal_xaa")
    with heir.request():
        calendars.issue_feed(heir.portal, both.caller)
        appointments.end_appointment(
            heir.portal, heir.caller("next_focal"), PersonId(both.person), AppointmentId(second.id), None
        )
    assert [one.ended_at for one in rows(heir, CalendarFeed)] == [None]
    assert [one.ended_at for one in rows(heir, Routing)] == [None]


# --- who may, and what is refused


@pytest.mark.parametrize("who", ["expert_xbb", "focal_xaa", "registrar", "administrator", "officer", "next_xbb"])
def test_only_the_states_focal_point_hands_over_between_its_experts(heir: World, who: str) -> None:
    with pytest.raises((Forbidden, NotFound)):
        hand_over(heir, who, "expert_xbb", "next_xbb")
    assert rows(heir, Handover) == []


def test_a_focal_point_hands_over_its_own_office_to_nobody(heir: World) -> None:
    for who in ("focal_xaa", "next_focal", "administrator"):
        with pytest.raises((Forbidden, NotFound)):
            hand_over(heir, who, "focal_xaa", "next_focal")


def test_nobody_hands_over_to_themselves(heir: World) -> None:
    own = heir.members["focal_xbb"].person
    with setting_up(heir.portal) as (work, _):
        row = work.people.appointment(heir.members["next_xbb"].appointment)
        assert row is not None
        mine = Appointment(**{**row.model_dump(exclude={"mac"}), "id": uuid4(), "person_id": own})
        work.people.add(mine)
    with pytest.raises(Forbidden) as refused:
        hand_over(heir, "focal_xbb", "expert_xbb", "", named=mine.id)
    assert refused.value.policies == ("guardrails.oneself",)
    assert "Focal_Xbb Example" not in {one.name for one in page(heir, "focal_xbb", "expert_xbb").successors}


@pytest.mark.parametrize("successor", ["expert_xcc", "observer_xcc", "focal_xbb", "expert_xbb", "officer", None])
def test_somebody_who_cannot_succeed_is_refused_as_if_there_were_none(heir: World, successor: str | None) -> None:
    with pytest.raises(RefusedError) as refused:
        hand_over(heir, "focal_xbb", "expert_xbb", successor or "", named=None if successor else uuid4())
    assert [one.code for one in refused.value.problems] == ["successor"]
    assert rows(heir, Handover) == []


def test_handing_over_twice_is_told_as_a_conflict(heir: World) -> None:
    hand_over(heir, "focal_xbb", "expert_xbb", "next_xbb")
    with pytest.raises(Conflict, match="before you"):
        hand_over(heir, "focal_xbb", "expert_xbb", "expert_xbb_other")
    with pytest.raises(Conflict):
        end(heir, "focal_xbb", "expert_xbb")


def test_of_two_hand_overs_at_once_one_is_done(heir: World) -> None:
    answers: list[object] = []

    def attempt(successor: str) -> None:
        try:
            answers.append(hand_over(heir, "focal_xbb", "expert_xbb", successor))
        except Conflict as error:
            answers.append(error)

    both = [Thread(target=attempt, args=(name,)) for name in ("next_xbb", "expert_xbb_other")]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(isinstance(one, Conflict) for one in answers) == [False, True]
    assert len(rows(heir, Handover)) == 1


@pytest.mark.parametrize("step", ["end_now", "_record", "_pass_texts", "end_those_under"])
def test_a_breakdown_in_between_leaves_nothing_half(heir: World, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    route(heir, dialogue.question(heir), "expert_xaa")

    def broken(*_: object, **__: object) -> None:
        raise OSError("the machine stopped")

    monkeypatch.setattr(handovers, step, broken)
    with pytest.raises(OSError, match="stopped"):
        hand_over(heir, "focal_xaa", "expert_xaa", "next_xaa")
    assert rows(heir, Handover) == []
    assert rows(heir, Assignment, person_id=person(heir, "next_xaa")) == []
    assert [one.ended_at for one in rows(heir, Routing)] == [None]
    assert rows(heir, Appointment, id=heir.members["expert_xaa"].appointment)[0].ended_at is None


# --- the sheet and the log


def test_only_successor_and_keepers_see_a_hand_over(heir: World) -> None:
    handover = hand_over(heir, "focal_xbb", "expert_xbb", "next_xbb")
    assert sheet(heir, "next_xbb", handover).mine
    assert not sheet(heir, "focal_xbb", handover).mine
    for who in ("registrar", "administrator", "expert_xbb_other", "focal_xcc", "officer", "translator", "focal_xaa"):
        with pytest.raises(NotFound):
            sheet(heir, who, handover)
        with pytest.raises(NotFound):
            sheet(heir, who, HandoverId(uuid4()))


def test_a_successor_who_is_replaced_hands_on_what_came_to_them(heir: World) -> None:
    add_member(heir, "third_xbb", Role.EXPERT, "XBB")
    draft = dialogue.draft_question(heir)
    hand_over(heir, "focal_xbb", "expert_xbb", "next_xbb")
    hand_over(heir, "focal_xbb", "next_xbb", "third_xbb")
    pledge(heir, "third_xbb")
    with heir.request():
        mine = list_clarifications(heir.portal, heir.caller("third_xbb"), heir.files["xaa"].review, "mine", 1)
    assert [line.id for line in mine.lines] == [draft.clarification]


def test_the_log_says_who_followed_whom_on_what_basis_and_how_much_passed(heir: World) -> None:
    handover = hand_over(heir, "focal_xbb", "expert_xbb", "next_xbb")
    event = next(one for one in said(heir, REGISTRY_STREAM) if one["action"] == "handOver")
    assert event["on"] == {
        "handover": str(handover),
        "appointment": str(heir.members["expert_xbb"].appointment),
        "person": str(person(heir, "expert_xbb")),
        "successor": str(heir.members["next_xbb"].appointment),
        "state": "XBB",
        "role": "expert",
    }
    assert event["detail"]["basis"] == {"number": "NV/70/2026", "dated": "2026-05-01"}
    assert event["detail"]["reviews"] == [str(heir.files["xaa"].review)]
    review = [one["action"] for one in said(heir, heir.files["xaa"].review)]
    assert [one for one in review if one in {"assignPerson", "endAssignment"}] == ["assignPerson", "endAssignment"]


def test_what_passed_lies_sealed(heir: World) -> None:
    question = dialogue.question(heir)
    route(heir, question, "expert_xaa")
    hand_over(heir, "focal_xaa", "expert_xaa", "next_xaa")
    [row] = rows(heir, Handover)
    for plain in (str(question), question.hex, "NV/70/2026", str(heir.files["xaa"].review)):
        assert plain.encode() not in row.passed + row.basis
    with heir.portal.database.read() as session:
        assert session.scalars(select(col(Handover.id))).all() == [row.id]
