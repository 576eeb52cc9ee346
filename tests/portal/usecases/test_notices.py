"""Who is told of what: those who may open it, asked of the policies when it happens and whenever it is shown."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from portal.access.actions import Action
from portal.audit.events import IDENTITY_STREAM
from portal.domain.ids import AppointmentId, PersonId, ReviewId
from portal.domain.legal import LegalBasis
from portal.domain.notices import NoticeKind
from portal.domain.periods import day
from portal.domain.roles import Role
from portal.errors import NotFound
from portal.usecases import notices
from portal.usecases.assignments import assign_officer, assign_person
from portal.usecases.bases import Terms
from portal.usecases.notices import NoticesPage, list_notices, see_notices, tell
from portal.usecases.recipients import FINDERS
from portal.usecases.shredding import shred_version
from storage.notices import Notice
from storage.repositories.notices import NoticeRecords
from storage.tables import Appointment, Person, Review
from tests.cast import World, add_member, setting_up
from tests.contents import said, send
from tests.databases import by_hand
from tests.filing import PDF, circulated, made, move, newest, press, put, submitted
from tests.web_client import browser

PARTIES = {"focal_xaa", "expert_xaa", "focal_xbb", "expert_xbb", "focal_xcc", "expert_xcc", "observer_xcc"}
BASIS = LegalBasis("NV 12/2026", day("2026-05-01"))


def told(world: World) -> dict[str, set[str]]:
    """Tell who was told of what, by kind."""
    names = {member.person: name for name, member in world.members.items()}
    found: dict[str, set[str]] = {}
    with world.portal.database.read() as session:
        for row in session.scalars(select(Notice)):
            found.setdefault(row.kind, set()).add(names[row.person_id])
    return found


def listed(world: World, who: str, before: UUID | None = None) -> NoticesPage:
    with world.request():
        return list_notices(world.portal, world.caller(who), before)


def kinds(world: World, who: str) -> list[str]:
    return [line.kind.value for line in listed(world, who).lines]


def terms(first: str) -> Terms:
    return Terms(BASIS, day(first), None)


# --- the acts that tell -------------------------------------------------------------------------------------------


def test_what_a_state_submits_is_told_to_it_and_to_the_officer_and_what_is_circulated_to_all(world: World) -> None:
    """GL 15, 21."""
    document = submitted(world)
    assert told(world) == {"document_submitted": {"expert_xaa", "officer"}}
    assert press(browser(world, "officer"), f"/documents/{document}/circulate").is_redirect
    assert told(world)["document_circulated"] == PARTIES
    assert {line.place for line in listed(world, "expert_xbb").lines} == {f"/documents/{document}"}
    assert {line.state for line in listed(world, "expert_xbb").lines} == {"XAA"}


def test_a_destroyed_version_is_told_to_whoever_may_open_its_document(world: World) -> None:
    document = submitted(world)
    with world.request():
        shred_version(world.portal, newest(world, document))
    assert told(world)["version_destroyed"] == {"focal_xaa", "expert_xaa", "officer"}
    assert f"/documents/{document}" in {line.place for line in listed(world, "focal_xaa").lines}


def test_where_a_review_lets_pass_at_once_submitting_tells_all(world: World) -> None:
    with setting_up(world.portal) as (work, _):
        work.session.get_one(Review, world.files["xaa"].review).passes_at_once = True
    submitted(world)
    assert told(world) == {"document_circulated": PARTIES - {"focal_xaa"} | {"officer"}}


def test_a_move_into_the_reviewers_room_tells_nobody(world: World) -> None:
    draft = put(world, "expert_xbb", "national XBB")
    made(move(world, "expert_xbb", draft, "reviewers"))
    assert told(world) == {}


def test_the_translator_alone_is_told_of_a_text_sent_and_of_its_delivery_those_who_may_open_it(world: World) -> None:
    """GL 21, 23."""
    document, officer = submitted(world), browser(world, "officer")
    fields = {"version": str(newest(world, document)), "translator": str(world.members["translator"].person)}
    assert press(officer, f"/documents/{document}/translations", language="ru", **fields).is_redirect
    assert told(world)["translation_sent"] == {"translator"}
    line = listed(world, "translator").lines[0]
    assert (line.kind, line.place) == (NoticeKind.TRANSLATION_SENT, "/translations")
    client, review = browser(world, "translator"), world.files["xaa"].review
    assert press(client, f"/reviews/{review}/undertaking", wording="1", accepted="yes").is_redirect
    with world.portal.database.read() as session:
        task = session.scalars(select(Notice.about).where(Notice.kind == "translation_sent")).one()
    assert send(client, f"/translations/{task}/delivery", ("r.pdf", b"%PDF-1.7 r", PDF), title="R").is_redirect
    assert told(world)["translation_delivered"] == {"focal_xaa", "expert_xaa", "officer"}
    assert kinds(world, "translator") == []


def test_a_translator_from_whom_a_text_was_taken_back_is_told_of_it_no_more(world: World) -> None:
    document, officer = submitted(world), browser(world, "officer")
    fields = {"version": str(newest(world, document)), "translator": str(world.members["translator"].person)}
    for language in ("ru", "fr"):
        assert press(officer, f"/documents/{document}/translations", language=language, **fields).is_redirect
    lines = listed(world, "translator").lines
    assert len(lines) == 2
    with world.portal.database.read() as session:
        task = session.get_one(Notice, lines[0].id).about
    assert press(officer, f"/translations/{task}/recall").is_redirect
    assert [line.id for line in listed(world, "translator").lines] == [lines[1].id]


def test_asking_for_help_tells_the_officer_and_the_state_and_no_reviewing_state(world: World) -> None:
    """ToR 16."""
    client, path = browser(world, "focal_xaa"), f"/reviews/{world.files['xaa'].review}/help"
    for _ in range(2):
        assert press(client, path, wanted="yes").is_redirect
    assert told(world) == {"help_asked": {"expert_xaa", "officer"}}
    assert kinds(world, "officer") == ["help_asked"]
    assert listed(world, "officer").lines[0].place == f"/rooms/{world.files['xaa'].rooms['national XAA']}"
    assert press(client, path).is_redirect
    assert kinds(world, "officer") == [], "the room is closed to them again"


def test_another_stage_is_told_to_all_who_see_the_review(world: World) -> None:
    path = f"/reviews/{world.files['xaa'].review}/stage"
    assert press(browser(world, "officer"), path, seen="desk_review", stage="dialogue").is_redirect
    assert told(world) == {"stage_changed": PARTIES}
    assert press(browser(world, "registrar"), f"/register/{world.files['xaa'].review}/close").is_redirect
    assert kinds(world, "focal_xaa") == ["stage_changed", "stage_changed"]
    assert kinds(world, "officer") == ["stage_changed"]
    assert kinds(world, "expert_xbb") == [], "after the review the reviewing States' access has ended"


def test_who_is_assigned_is_told_and_of_an_officer_all_who_see_the_review(world: World) -> None:
    """GL 13: every assignment of staff shows at once to the States of that review."""
    file = ReviewId(world.files["xaa"].review)
    expert, officer = world.members["roster_xcc"], world.members["officer_other"]
    with world.request():
        assign_person(
            world.portal,
            world.caller("focal_xcc"),
            PersonId(expert.person),
            AppointmentId(expert.appointment),
            file,
            terms("2026-05-04"),
        )
    assert told(world) == {"assigned": {"roster_xcc"}}
    with world.request():
        assign_officer(
            world.portal, world.caller("registrar"), file, AppointmentId(officer.appointment), terms("2026-05-04")
        )
    assert told(world)["assigned"] == {"roster_xcc", "officer_other"}
    assert told(world)["officer_assigned"] == PARTIES | {"officer", "roster_xcc"}
    assert sorted(kinds(world, "roster_xcc")) == ["assigned", "officer_assigned"]


def test_an_assignment_that_begins_later_is_told_when_it_begins(world: World) -> None:
    expert = world.members["roster_xcc"]
    with world.request():
        assign_person(
            world.portal,
            world.caller("focal_xcc"),
            PersonId(expert.person),
            AppointmentId(expert.appointment),
            ReviewId(world.files["xaa"].review),
            terms("2026-05-06"),
        )
    with world.portal.database.read() as session:
        assert not NoticeRecords(session, None).due(world.clock.now, 10)  # type: ignore[arg-type]  # reaches nothing here
    assert kinds(world, "roster_xcc") == []
    world.clock.forward(timedelta(days=2))
    add_member(world, "roster_xcc_again", Role.EXPERT, "XCC")  # a fresh session, hours later
    with world.portal.database.read() as session:
        assert list(NoticeRecords(session, None).due(world.clock.now, 10)) == [expert.person]  # type: ignore[arg-type]


# --- what one may not open any more -------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["withdrawn", "undertaking", "suspended"])
def test_what_one_may_not_open_any_more_is_not_in_ones_list(world: World, ending: str) -> None:
    document = circulated(world, "Unguessable-Pangolin")
    assert kinds(world, "expert_xbb") == ["document_circulated"]
    match ending:
        case "withdrawn":
            path = f"/documents/{document}/withdraw"
            assert press(browser(world, "focal_xaa"), path, reason="A mistake.").is_redirect
        case "undertaking":
            with by_hand(world.portal.database) as hand:
                hand.allow("undertaking_never_deleted")
                hand("DELETE FROM undertaking WHERE person_id = ?", (world.members["expert_xbb"].person,))
        case "suspended":
            with setting_up(world.portal) as (work, _):
                work.session.get_one(Person, world.members["expert_xbb"].person).suspended_at = work.now
            with pytest.raises(NotFound):
                listed(world, "expert_xbb")
            return
    assert kinds(world, "expert_xbb") == []
    if ending == "withdrawn":
        assert sorted(kinds(world, "expert_xaa")) == ["document_circulated", "document_submitted"], (
            "it is of their State"
        )


def test_acting_for_something_else_one_sees_nothing_of_it(world: World) -> None:
    """One acts under one appointment at a time."""
    circulated(world)
    member = world.members["expert_xbb"]
    with setting_up(world.portal) as (work, _):
        kept = work.session.get_one(Appointment, member.appointment)
        other = Appointment(
            id=uuid4(),
            person_id=member.person,
            role=Role.OBSERVER.value,
            state_code="XBB",
            basis=kept.basis,
            starts_at=kept.starts_at,
            created_at=work.now,
        )
        work.people.add(other)
        session = work.identity.live_sessions(member.person, work.now)[0]
        session.appointment_id = other.id
    assert kinds(world, "expert_xbb") == []


def test_people_of_another_review_are_told_nothing(world: World) -> None:
    circulated(world)
    everybody = set().union(*told(world).values())
    assert not everybody & {"expert_xbb_other", "focal_xdd", "officer_other", "roster_xcc", "stranger_xff"}
    assert not everybody & {"registrar", "administrator", "translator", "oversight", "confidentiality"}
    assert kinds(world, "focal_xdd") == []


def test_a_kind_that_nothing_finds_again_is_shown_to_nobody(world: World) -> None:
    with world.request(), world.portal.work(world.caller("officer")) as work:
        record = work.file(world.files["xaa"].review)
        assert record is not None
        count = tell(
            work,
            NoticeKind.QUESTION_SUBMITTED,
            review_id=record.review.id,
            room_id=None,
            about=uuid4(),
            action=Action.VIEW_REVIEW,
            row=record.review,
        )
        work.require(Action.VIEW_REVIEW, Review, record.review)
    assert count == len(PARTIES)
    assert kinds(world, "expert_xbb") == []


def test_an_act_that_fails_tells_nobody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    document = submitted(world)
    before = told(world)

    def breaks(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("portal.audit.writer.write", breaks)
    assert press(browser(world, "officer"), f"/documents/{document}/circulate").status_code == 500
    assert told(world) == before


# --- the list -----------------------------------------------------------------------------------------------------


def test_a_long_list_comes_in_pages_newest_first(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "PAGE", 3)
    monkeypatch.setattr(notices, "_READ_AT_ONCE", 4)
    for at in range(8):
        circulated(world, f"Text {at}")
        world.clock.forward(timedelta(minutes=1))
    seen, page, turns = [], listed(world, "expert_xbb"), 0
    while True:
        seen += [line.at for line in page.lines]
        turns += 1
        if page.older is None:
            break
        page = listed(world, "expert_xbb", page.older)
    assert seen == sorted(seen, reverse=True)
    assert (len(seen), turns) == (8, 3)


def test_what_is_closed_takes_no_room_on_a_page(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "PAGE", 2)
    monkeypatch.setattr(notices, "_READ_AT_ONCE", 2)
    papers = [circulated(world, f"Text {at}") for at in range(5)]
    for paper in papers[1:4]:
        assert press(browser(world, "focal_xaa"), f"/documents/{paper}/withdraw", reason="A mistake.").is_redirect
    shown = listed(world, "expert_xbb")
    assert {line.place for line in shown.lines} == {f"/documents/{papers[0]}", f"/documents/{papers[4]}"}
    assert shown.older is None


def test_somebody_elses_notice_is_nowhere(world: World) -> None:
    circulated(world)
    theirs = listed(world, "expert_xcc").lines[0].id
    for notice in (theirs, uuid4()):
        with pytest.raises(NotFound):
            listed(world, "expert_xbb", notice)
        with world.request(), pytest.raises(NotFound):
            see_notices(world.portal, world.caller("expert_xbb"), notice)
    assert listed(world, "expert_xcc").unseen


def test_what_came_after_the_page_was_shown_stays_new(world: World) -> None:
    circulated(world, "First")
    shown = listed(world, "expert_xbb").lines[0].id
    world.clock.forward(timedelta(minutes=1))
    circulated(world, "Second")
    with world.request():
        see_notices(world.portal, world.caller("expert_xbb"), shown)
    assert [line.seen for line in listed(world, "expert_xbb").lines] == [False, True]


def test_looking_at_ones_notices_is_one_event_of_ones_own(world: World) -> None:
    circulated(world)
    listed(world, "expert_xbb")
    event = said(world, IDENTITY_STREAM)[-1]
    assert (event["action"], event["who"]["person"]) == ("listNotices", str(world.members["expert_xbb"].person))
    assert event["on"] == {}


def test_what_a_notice_is_about_is_found_for_each_kind() -> None:
    """A kind without a finder is written and shown to nobody."""
    assert set(FINDERS) == set(NoticeKind)
