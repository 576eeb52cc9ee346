"""The parties to a review: a reviewing State is replaced in preparation, is out at once, and leaves a history."""

from datetime import date, timedelta
from threading import Barrier, Thread
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from portal.access.actions import Action
from portal.domain.appointments import Standing
from portal.domain.ids import AppointmentId, PersonId, ReviewId, StateCode
from portal.domain.legal import LegalBasis
from portal.domain.problems import RefusedError, UnconfirmedError
from portal.domain.reviews import ReviewStage
from portal.domain.roles import Role
from portal.errors import Conflict, Forbidden, NotFound, PortalError
from portal.usecases import assignments, entries, parties, register
from portal.usecases.bases import Terms
from portal.usecases.checks import check_records
from portal.usecases.parties import Change, change_parties
from portal.usecases.persons import view_person
from portal.usecases.reviews import advance_review, overview
from portal.usecases.transfers import goes_on
from storage.errors import Exists
from storage.keyring import split
from storage.tables import Assignment, Document, Review, ReviewParty, Room, Stream
from tests.cast import World, add_member, setting_up
from tests.contents import said
from tests.filing import circulated, move, press, put, set_back
from tests.web_client import browser

NOTE = LegalBasis("NV/19/2026", date(2026, 5, 2))
WHY = "The draw was repeated at the request of the State under review."
LOOKED_AT = frozenset({"parties-not-known", "region-not-known"})


@pytest.fixture
def review(world: World) -> ReviewId:
    """The review of XAA by XBB and XCC, set back to its preparation."""
    set_back(world)
    return ReviewId(world.files["xaa"].review)


def codes(*states: str) -> tuple[StateCode, ...]:
    return tuple(StateCode(state) for state in states)


def change(
    world: World,
    review: UUID,
    *reviewing: str,
    seen: tuple[str, ...] = ("XBB", "XCC"),
    who: str = "registrar",
    confirmed: frozenset[str] = LOOKED_AT,
) -> None:
    asked = Change(codes(*seen), codes(*reviewing), NOTE, WHY)
    with world.request():
        change_parties(world.portal, world.caller(who), ReviewId(review), asked, confirmed)


def refusals(world: World, review: UUID, *reviewing: str) -> str:
    with pytest.raises(RefusedError) as refused:
        change(world, review, *reviewing)
    assert not isinstance(refused.value, UnconfirmedError)
    return str(refused.value)


def enters(world: World, who: str, review: UUID) -> bool:
    """Tell whether somebody may enter a review; who may not finds nothing, as if it weren't there."""
    try:
        with world.request():
            overview(world.portal, world.caller(who), review)
    except NotFound:
        return False
    return True


def entry(world: World, review: UUID) -> entries.EntryPage:
    with world.request():
        return entries.view_entry(world.portal, world.caller("registrar"), ReviewId(review))


def set_to(world: World, review: UUID, stage: ReviewStage) -> None:
    with setting_up(world.portal) as (work, _):
        work.session.get_one(Review, review).stage = stage.value


def party_rows(world: World, review: UUID) -> dict[str, list[ReviewParty]]:
    found: dict[str, list[ReviewParty]] = {}
    with world.portal.database.read() as session:
        question = select(ReviewParty).where(ReviewParty.review_id == review).order_by(ReviewParty.since)
        for row in session.scalars(question):
            found.setdefault(row.state_code, []).append(row)
    return found


def assign(world: World, who: str, member: str, review: UUID) -> None:
    found = world.members[member]
    with world.request():
        assignments.assign_person(
            world.portal,
            world.caller(who),
            PersonId(found.person),
            AppointmentId(found.appointment),
            ReviewId(review),
            Terms(NOTE),
        )


# --- who is out, who is in


def test_tor_19_who_leaves_is_out_at_once_and_who_comes_is_in(world: World, review: ReviewId) -> None:
    leaving = ("focal_xcc", "expert_xcc", "observer_xcc")
    assert all(enters(world, who, review) for who in leaving)
    assert not enters(world, "focal_xff", review)
    change(world, review, "XBB", "XFF")
    assert not any(enters(world, who, review) for who in leaving)
    assert enters(world, "focal_xff", review)
    for who in ("focal_xaa", "expert_xaa", "focal_xbb", "expert_xbb", "officer"):
        assert enters(world, who, review), who
    assert not enters(world, "stranger_xff", review)  # an expert enters once assigned
    assign(world, "focal_xff", "stranger_xff", review)
    assert enters(world, "stranger_xff", review)


def test_both_reviewing_states_are_replaced_in_one_act(world: World, review: ReviewId) -> None:
    before = len(said(world, review))
    change(world, review, "XFF", "XEE")
    (event,) = said(world, review)[before:]
    assert (event["action"], event["who"]["role"]) == ("changeParties", "registrar")
    assert (event["detail"]["left"], event["detail"]["joined"]) == (["XBB", "XCC"], ["XEE", "XFF"])
    assert event["detail"]["basis"] == {"number": "NV/19/2026", "dated": "2026-05-02"}
    assert event["detail"]["assignments_ended"] == 3  # two experts and an observer
    assert WHY not in str(event)
    assert not enters(world, "focal_xbb", review)
    assert enters(world, "focal_xbb", world.files["xdd"].review)  # which it reviews as before


def test_assignments_of_the_leaving_states_people_end_and_no_others(world: World, review: ReviewId) -> None:
    assign(world, "focal_xcc", "roster_xcc", review)
    change(world, review, "XBB", "XFF")
    ended = {"expert_xcc", "observer_xcc", "roster_xcc"}
    with world.portal.database.read() as session:
        rows = session.scalars(select(Assignment)).all()
    names = {member.person: name for name, member in world.members.items()}
    assert {names[row.person_id] for row in rows if row.ended_at is not None} == ended
    assert all(row.ended_by == world.members["registrar"].person for row in rows if row.ended_at is not None)


def test_an_assignment_to_come_ends_too(world: World, review: ReviewId) -> None:
    found, first = world.members["roster_xcc"], date(2026, 6, 1)
    with world.request():
        assignments.assign_person(
            world.portal,
            world.caller("focal_xcc"),
            PersonId(found.person),
            AppointmentId(found.appointment),
            review,
            Terms(NOTE, first),
        )
    change(world, review, "XBB", "XFF")
    world.clock.forward(timedelta(minutes=30))
    change(world, review, "XBB", "XCC", seen=("XBB", "XFF"))
    world.clock.now = world.clock.now.replace(month=6, day=2)
    with world.portal.database.read() as session:
        (row,) = session.scalars(select(Assignment).where(Assignment.person_id == found.person)).all()
    assert row.ended_at is not None
    assert row.ended_at < row.starts_at


def test_a_focal_point_of_a_state_that_left_assigns_nobody_any_more(world: World, review: ReviewId) -> None:
    change(world, review, "XBB", "XFF")
    with pytest.raises(NotFound):
        assign(world, "focal_xcc", "roster_xcc", review)


def test_a_question_of_a_state_that_left_reaches_nothing_of_the_file(world: World, review: ReviewId) -> None:
    def reached(who: str) -> set[UUID]:
        with world.portal.work(world.caller(who)) as work:
            return {record.review.id for record in work.reviews.all()}

    assert reached("focal_xcc") == {review}
    change(world, review, "XBB", "XFF")
    assert reached("focal_xcc") == set()
    assert reached("focal_xff") == {review}


def test_a_transfer_of_a_state_that_left_ends(world: World, review: ReviewId) -> None:
    circulated(world)
    room, caller = world.files["xaa"].rooms["shared"], world.caller("focal_xcc")
    assert goes_on(world.portal, caller, Action.DOWNLOAD_ROOM, room, progress=False)
    change(world, review, "XBB", "XFF")
    assert not goes_on(world.portal, caller, Action.DOWNLOAD_ROOM, room, progress=True)


# --- rooms, keys, records


def test_who_comes_has_a_national_room_with_its_log_and_that_of_who_left_stays_shut(
    world: World, review: ReviewId
) -> None:
    draft = put(world, "focal_xcc", "national XCC", "Draft of a ministry")
    change(world, review, "XBB", "XFF")
    with world.portal.database.read() as session:
        rooms = session.scalars(select(Room).where(Room.review_id == review, Room.kind == "national")).all()
        streams = set(session.scalars(select(Stream.id).where(Stream.review_id == review)))
        assert session.get(Document, draft) is not None
    assert {room.state_code for room in rooms} == {"XAA", "XBB", "XCC", "XFF"}
    assert {room.id for room in rooms} <= streams
    left = next(room.id for room in rooms if room.state_code == "XCC")
    for who in ("focal_xcc", "expert_xcc", "focal_xbb", "focal_xaa", "focal_xff", "officer", "registrar"):
        assert browser(world, who).get(f"/rooms/{left}").status_code == 404, who
        assert browser(world, who).get(f"/documents/{draft}").status_code == 404, who


def test_what_is_sealed_after_a_state_left_has_a_new_key(world: World) -> None:
    other = world.files["xdd"].review
    set_to(world, other, ReviewStage.PREPARATION)

    def version_of_the_key() -> int:
        made = put(world, "focal_xdd", "national XDD", f"Draft {uuid4()}", file="xdd")
        with world.portal.database.read() as session:
            return split(session.get_one(Document, made).title)[0]

    assert (version_of_the_key(), version_of_the_key()) == (1, 1)
    world.clock.forward(timedelta(minutes=1))
    change(world, other, "XBB", "XFF", seen=("XBB", "XEE"))  # nobody of XEE was assigned: its part alone ends
    world.clock.forward(timedelta(minutes=1))
    assert (version_of_the_key(), version_of_the_key()) == (2, 2)


def test_a_state_that_comes_back_has_its_room_again_and_both_times_are_on_record(
    world: World, review: ReviewId
) -> None:
    draft = put(world, "focal_xcc", "national XCC", "Draft of a ministry")
    change(world, review, "XBB", "XFF")
    world.clock.forward(timedelta(minutes=30))
    change(world, review, "XCC", "XBB", seen=("XBB", "XFF"))
    first, second = party_rows(world, review)["XCC"]
    assert first.until is not None
    assert first.until < second.since
    assert second.until is None
    assert browser(world, "focal_xcc").get(f"/documents/{draft}").status_code == 200
    assert not enters(world, "expert_xcc", review)  # is assigned anew, or not
    assert [line.state for line in entry(world, review).former] == ["XCC", "XFF"]
    assert check_records(world.portal).ok


def test_records_keys_and_log_still_fit(world: World, review: ReviewId) -> None:
    circulated(world)
    change(world, review, "XFF", "XEE")
    put(world, "officer", "reviewers", "Division of work")
    report = check_records(world.portal)
    assert report.ok, report.findings


def test_the_register_keeps_who_left_with_note_and_reason(world: World, review: ReviewId) -> None:
    change(world, review, "XBB", "XFF")
    page = entry(world, review)
    assert [party.state for party in page.parties] == ["XAA", "XBB", "XFF"]
    (line,) = page.former
    assert (line.state, line.basis, line.reason, line.ends) == ("XCC", NOTE, WHY, world.clock.now)
    with world.request():
        listed = register.list_register(world.portal, world.caller("registrar")).reviews
    assert next(one.reviewing for one in listed if one.id == review) == ("XBB", "XFF")


def test_a_state_that_left_keeps_the_record_of_its_own_people(world: World, review: ReviewId) -> None:
    change(world, review, "XBB", "XFF")
    for who in ("focal_xcc", "registrar"):
        with world.request():
            page = view_person(world.portal, world.caller(who), PersonId(world.members["expert_xcc"].person))
        (one,) = page.assignments
        assert (one.state, one.standing, one.end_basis) == ("XAA", Standing.ENDED, NOTE)
        assert page.reviews == ()  # to which somebody could be assigned


# --- what stands against it


def test_tor_36_a_state_that_has_brought_documents_stays_until_it_withdrew_them(world: World, review: ReviewId) -> None:
    put(world, "expert_xcc", "national XCC")  # its own room is no hindrance
    finding = put(world, "focal_xcc", "reviewers", "Finding")
    words = refusals(world, review, "XBB", "XFF")
    assert "XCC" in words
    assert "withdraws them first" in words
    assert enters(world, "focal_xcc", review)
    change(world, review, "XFF", "XCC")  # the other one may leave
    world.clock.forward(timedelta(minutes=1))
    path = f"/documents/{finding}/withdraw"
    assert press(browser(world, "focal_xcc"), path, reason="The draw is repeated.").status_code == 303
    change(world, review, "XFF", "XEE", seen=("XCC", "XFF"))


def test_documents_in_the_shared_room_count_too(world: World, review: ReviewId) -> None:
    finding = put(world, "focal_xcc", "reviewers", "Finding")
    assert move(world, "focal_xcc", finding, "shared").status_code == 303
    assert press(browser(world, "focal_xcc"), f"/documents/{finding}/withdraw", reason="It moved.").status_code == 303
    assert "shared room" in refusals(world, review, "XBB", "XFF")


@pytest.mark.parametrize("stage", [stage for stage in ReviewStage if stage is not ReviewStage.PREPARATION])
def test_once_the_review_has_begun_the_reviewing_states_stay(world: World, stage: ReviewStage) -> None:
    review = world.files["xaa"].review
    set_to(world, review, stage)
    with pytest.raises(Forbidden) as forbidden:
        change(world, review, "XBB", "XFF")
    assert forbidden.value.policies == ("guardrails.parties-in-preparation",)
    assert party_rows(world, review)["XCC"][0].until is None


def test_the_rules_of_opening_hold_tor_18_and_19(world: World, review: ReviewId) -> None:
    assert "paragraph 18" in refusals(world, review, "XBB", "XAA")
    assert "stands there twice" in refusals(world, review, "XFF", "XFF")
    assert "XZZ" in refusals(world, review, "XBB", "XZZ")
    assert "already" in refusals(world, review, "XCC", "XBB")
    with pytest.raises(UnconfirmedError, match="18 bis"):
        change(world, review, "XBB", "XFF", confirmed=frozenset())
    change(world, review, "XBB", "XDD")
    other = world.files["xdd"].review
    set_to(world, other, ReviewStage.PREPARATION)
    with pytest.raises(RefusedError, match="no mutual reviews"):
        change(world, other, "XAA", "XEE", seen=("XBB", "XEE"))


def test_a_review_may_be_changed_though_its_state_has_its_review_in_this_cycle_tor_13(
    world: World, review: ReviewId
) -> None:
    change(world, review, "XBB", "XFF")  # itself is not another review
    assert "XFF" in party_rows(world, review)


def test_tor_19_a_third_repetition_needs_another_look(world: World, review: ReviewId) -> None:
    seen = ("XBB", "XCC")
    for reviewing in (("XBB", "XFF"), ("XBB", "XEE")):
        change(world, review, *reviewing, seen=seen)
        seen = reviewing
        world.clock.forward(timedelta(minutes=10))
    with pytest.raises(UnconfirmedError, match="exceptional circumstances"):
        change(world, review, "XCC", "XBB", seen=seen)
    change(world, review, "XCC", "XBB", seen=seen, confirmed=LOOKED_AT | {"draw-repeated"})
    assert said(world, review)[-1]["detail"]["warned"] == ["draw-repeated", "parties-not-known", "region-not-known"]


@pytest.mark.parametrize("who", ["administrator", "officer", "focal_xaa", "focal_xbb", "focal_xcc", "oversight"])
def test_only_the_registrar_changes_parties(world: World, review: ReviewId, who: str) -> None:
    with pytest.raises(NotFound):
        change(world, review, "XBB", "XFF", who=who)
    assert party_rows(world, review)["XCC"][0].until is None


def test_a_review_that_is_not_there_is_absent(world: World) -> None:
    with pytest.raises(NotFound):
        change(world, uuid4(), "XBB", "XFF")


def test_whoever_saw_the_parties_of_another_review_changes_nothing(world: World, review: ReviewId) -> None:
    with pytest.raises(Conflict, match="before you"):
        change(world, review, "XBB", "XFF", seen=("XBB", "XEE"))
    with pytest.raises(Conflict):
        change(world, review, "XBB", "XFF", seen=())
    assert party_rows(world, review)["XCC"][0].until is None


def test_two_registrars_at_once_change_the_parties_once(world: World, review: ReviewId) -> None:
    add_member(world, "registrar_two", Role.REGISTRAR)
    start, results = Barrier(2), list[object]()

    def try_it(who: str, state: str) -> None:
        start.wait()
        try:
            results.append(change(world, review, "XBB", state, who=who))
        except PortalError as error:
            results.append(error)

    threads = [Thread(target=try_it, args=pair) for pair in (("registrar", "XFF"), ("registrar_two", "XEE"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(isinstance(result, Conflict) for result in results) == [False, True]
    assert len(party_rows(world, review)) == 4
    assert check_records(world.portal).ok


def test_the_database_itself_takes_no_second_part_of_one_state(world: World, review: ReviewId) -> None:
    with pytest.raises(Exists), setting_up(world.portal) as (work, _):
        parties.add_party(work, review, StateCode("XCC"), "reviewing")


def test_after_the_change_the_review_goes_on(world: World, review: ReviewId) -> None:
    change(world, review, "XBB", "XFF")
    with world.request():
        advance_review(world.portal, world.caller("officer"), review, ReviewStage.PREPARATION, ReviewStage.DESK_REVIEW)
    assert enters(world, "focal_xff", review)
