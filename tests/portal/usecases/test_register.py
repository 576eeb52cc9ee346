"""The register: cycles, opening reviews by the rules that need no draw, settings, officers, the end."""

from datetime import date
from threading import Barrier, Thread
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from portal.access.actions import Action
from portal.domain.cycles import cycle
from portal.domain.ids import AppointmentId, AssignmentId, CycleId, ReviewId, StateCode
from portal.domain.legal import LegalBasis
from portal.domain.parties import Parties
from portal.domain.problems import RefusedError, UnconfirmedError, Verdict
from portal.domain.reviews import ReviewStage
from portal.errors import Conflict, Forbidden, NotFound, PortalError
from portal.usecases import assignments, cycles, entries, register, states
from portal.usecases.bases import Terms
from portal.usecases.register import ReviewSettings
from storage.errors import Exists
from storage.tables import Review, ReviewParty, Room, Stream
from tests.cast import World, setting_up

pytestmark = pytest.mark.database

NOTE = Terms(LegalBasis("NV/12/2026", date(2026, 4, 30)))
WARNED = frozenset({"parties-not-known", "region-not-known", "cycle-before-completion"})


@pytest.fixture
def opened(world: World) -> CycleId:
    """A second cycle, in which nothing is reviewed yet."""
    with world.request():
        next_one = cycle("Second cycle", date(2028, 1, 1))
        return cycles.open_cycle(world.portal, world.caller("registrar"), next_one, WARNED)


def proposal(cycle_id: UUID, under_review: str, first: str, second: str) -> register.Proposal:
    parties = Parties(StateCode(under_review), (StateCode(first), StateCode(second)))
    return register.Proposal(CycleId(cycle_id), parties, ("en", "fr"))


def open_one(world: World, cycle_id: UUID, *states_: str, who: str = "registrar", confirmed: frozenset[str] = WARNED):  # noqa: ANN201  # the review's id
    with world.request():
        return register.open_review(world.portal, world.caller(who), proposal(cycle_id, *states_), confirmed)


def sees(world: World, who: str, review_id: UUID) -> bool:
    """Tell whether somebody finds a review and may enter it."""
    with world.request(), world.portal.work(world.caller(who)) as work:
        record = work.file(review_id)
        return record is not None and bool(work.allowed(Action.VIEW_REVIEW, Review, [record.review]))


def refusals(world: World, cycle_id: UUID, *states_: str) -> str:
    with pytest.raises(RefusedError) as refused:
        open_one(world, cycle_id, *states_)
    return str(refused.value)


def test_a_review_is_opened_with_its_parties_rooms_and_logs(world: World, opened: CycleId) -> None:
    review_id = open_one(world, opened, "XFF", "XBB", "XCC")
    with world.portal.database.read() as session:
        review = session.get(Review, review_id)
        parties = session.scalars(select(ReviewParty).where(ReviewParty.review_id == review_id)).all()
        rooms = session.scalars(select(Room).where(Room.review_id == review_id)).all()
        streams = session.scalars(select(Stream).where(Stream.review_id == review_id)).all()
    assert review is not None
    assert (review.state_code, review.stage, review.languages) == ("XFF", "preparation", "en fr")
    assert {(p.state_code, p.part) for p in parties} == {
        ("XFF", "under_review"), ("XBB", "reviewing"), ("XCC", "reviewing"),
    }  # fmt: skip
    assert sorted((room.kind, room.state_code or "") for room in rooms) == [
        ("national", "XBB"), ("national", "XCC"), ("national", "XFF"),
        ("reviewers", ""), ("secretariat", ""), ("shared", ""),
    ]  # fmt: skip
    assert {stream.id for stream in streams} == {review_id} | {room.id for room in rooms}
    assert sees(world, "focal_xff", review_id)  # at once
    assert not sees(world, "focal_xaa", review_id)


def test_tor_18_the_three_states_differ(world: World, opened: CycleId) -> None:
    assert "paragraph 18" in refusals(world, opened, "XFF", "XFF", "XBB")
    assert "stands there twice" in refusals(world, opened, "XFF", "XBB", "XBB")


def test_tor_13_a_state_is_reviewed_once_in_a_cycle(world: World, opened: CycleId) -> None:
    open_one(world, opened, "XFF", "XBB", "XCC")
    assert "paragraph 13" in refusals(world, opened, "XFF", "XDD", "XEE")


def test_tor_19_no_mutual_reviews_in_a_cycle(world: World, opened: CycleId) -> None:
    open_one(world, opened, "XFF", "XBB", "XCC")
    assert "no mutual reviews" in refusals(world, opened, "XBB", "XFF", "XDD")


def test_tor_18_bis_a_reviewing_state_is_party_to_the_same_protocols(world: World, opened: CycleId) -> None:
    lines = ["code,instrument,status,date,source"]
    lines += [f"{code},convention,party,2004-01-28,CN.1" for code in ("XAA", "XBB", "XCC")]
    lines += ["XAA,firearms,party,2006-01-01,CN.2", "XBB,firearms,party,2006-01-01,CN.2"]
    with world.request():
        states.import_list(world.portal, world.caller("registrar"), "\n".join(lines).encode())
    said = refusals(world, opened, "XAA", "XBB", "XCC")
    assert "18 bis" in said
    assert "XCC" in said


def test_a_warning_stops_until_somebody_has_looked_at_it(world: World, opened: CycleId) -> None:
    with pytest.raises(UnconfirmedError) as warned:
        open_one(world, opened, "XFF", "XBB", "XCC", confirmed=frozenset({"parties-not-known"}))
    assert {problem.code for problem in warned.value.problems} == {"parties-not-known", "region-not-known"}


def test_a_state_that_the_registry_does_not_have_is_named(world: World, opened: CycleId) -> None:
    assert "XZZ" in refusals(world, opened, "XZZ", "XBB", "XCC")


def test_a_cycle_that_is_not_there_is_absent(world: World) -> None:
    with pytest.raises(NotFound):
        open_one(world, uuid4(), "XFF", "XBB", "XCC")


@pytest.mark.parametrize("who", ["administrator", "officer", "focal_xaa", "expert_xbb", "oversight"])
def test_only_the_registrar_opens_and_sees_the_register(world: World, opened: CycleId, who: str) -> None:
    with pytest.raises(NotFound):
        open_one(world, opened, "XFF", "XBB", "XCC", who=who)
    with world.request(), pytest.raises(NotFound):
        register.list_register(world.portal, world.caller(who))
    with world.request(), pytest.raises(NotFound):
        entries.view_entry(world.portal, world.caller(who), ReviewId(world.files["xaa"].review))


def test_two_registrars_opening_the_same_review_make_one(world: World, opened: CycleId) -> None:
    start, results = Barrier(2), list[object]()

    def try_it() -> None:
        start.wait()
        try:
            results.append(open_one(world, opened, "XFF", "XBB", "XCC"))
        except (PortalError, RefusedError) as error:
            results.append(error)

    threads = [Thread(target=try_it) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(isinstance(result, UUID) for result in results) == [False, True]
    with world.portal.database.read() as session:
        assert len(session.scalars(select(Review).where(Review.cycle_id == opened)).all()) == 1


def test_the_database_itself_refuses_a_second_review_and_that_is_a_conflict(
    world: World, opened: CycleId, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_one(world, opened, "XFF", "XBB", "XCC")
    monkeypatch.setattr(register, "judge", lambda *_asked: Verdict())  # as if it wasn't there yet
    with pytest.raises(Conflict, match="a moment ago"):
        open_one(world, opened, "XFF", "XBB", "XCC")
    with pytest.raises(Exists), setting_up(world.portal) as (work, _):
        work.reviews.add(
            Review(id=uuid4(), cycle_id=opened, state_code="XFF", stage="x", languages="en", opened_at=work.now)
        )


def test_the_name_of_a_cycle_is_taken_once(world: World, opened: CycleId) -> None:
    del opened
    again = cycle("second CYCLE", date(2029, 1, 1))
    with world.request(), pytest.raises(RefusedError, match="name already"):
        cycles.open_cycle(world.portal, world.caller("registrar"), again, WARNED)


def test_a_cycle_before_the_last_is_completed_is_a_warning(world: World) -> None:
    with world.request(), pytest.raises(UnconfirmedError, match="paragraph 13"):
        cycles.open_cycle(world.portal, world.caller("registrar"), cycle("Next", date(2028, 1, 1)))


def entry(world: World, file: str = "xaa") -> entries.EntryPage:
    with world.request():
        return entries.view_entry(world.portal, world.caller("registrar"), ReviewId(world.files[file].review))


def test_the_entry_counts_people_and_names_officers(world: World) -> None:
    page = entry(world)
    assert {party.state: (party.focal_points, party.experts, party.observers) for party in page.parties} == {
        "XAA": (1, 1, 0), "XBB": (1, 1, 0), "XCC": (1, 1, 1),
    }  # fmt: skip
    assert [officer.name for officer in page.officers] == ["Officer Example"]
    assert [name for _, name in page.to_assign] == ["Officer_Other Example"]


def test_an_officer_is_assigned_with_a_legal_basis_and_leaves_at_once(world: World) -> None:
    registrar, review = world.caller("registrar"), ReviewId(world.files["xaa"].review)
    appointment = AppointmentId(world.members["officer_other"].appointment)
    assert not sees(world, "officer_other", review)
    with world.request():
        assignments.assign_officer(world.portal, registrar, review, appointment, NOTE)
    assert sees(world, "officer_other", review)
    newest = entry(world).officers[-1]
    assert newest.basis == NOTE.basis
    with world.request(), pytest.raises(RefusedError, match="assigned to this review already"):
        assignments.assign_officer(world.portal, registrar, review, appointment, NOTE)
    with world.request():
        assignments.end_assignment(world.portal, registrar, review, AssignmentId(newest.assignment), None)
    assert not sees(world, "officer_other", review)
    with world.request(), pytest.raises(Conflict):
        assignments.end_assignment(world.portal, registrar, review, AssignmentId(newest.assignment), None)


def test_an_assignment_of_another_review_in_the_path_is_absent(world: World) -> None:
    other = entry(world, "xdd").officers[0].assignment
    review = ReviewId(world.files["xaa"].review)
    with world.request(), pytest.raises(NotFound):
        assignments.end_assignment(world.portal, world.caller("registrar"), review, AssignmentId(other), None)


def test_only_an_officer_can_be_assigned_as_one(world: World) -> None:
    review = ReviewId(world.files["xaa"].review)
    for who in ("translator", "administrator", "expert_xbb"):
        appointment = AppointmentId(world.members[who].appointment)
        with world.request(), pytest.raises(NotFound):
            assignments.assign_officer(world.portal, world.caller("registrar"), review, appointment, NOTE)


USUAL = ReviewSettings(("en",), passes_at_once=False)
OTHER = ReviewSettings(("ar", "ru"), passes_at_once=True)


def test_settings_are_kept_and_set_back_by_nobody_who_saw_others(world: World) -> None:
    review = ReviewId(world.files["xaa"].review)

    def sets(seen: ReviewSettings, to: ReviewSettings) -> None:
        with world.request():
            register.set_review(world.portal, world.caller("registrar"), review, seen, to)

    for _ in range(2):  # what is so already is not refused
        sets(USUAL, OTHER)
    with pytest.raises(Conflict, match="look at them again"):
        sets(USUAL, ReviewSettings(("fr",), passes_at_once=False))
    page = entry(world)
    assert (page.languages, page.passes_at_once) == (OTHER.languages, True)


def test_closing_ends_the_access_of_the_reviewing_states_and_of_nobody_else(world: World) -> None:
    registrar, review = world.caller("registrar"), ReviewId(world.files["xaa"].review)
    assert sees(world, "focal_xbb", review)
    assert sees(world, "focal_xaa", review)
    with world.request():
        register.close_review(world.portal, registrar, review)
    assert not sees(world, "focal_xbb", review)
    assert not sees(world, "expert_xcc", review)
    assert sees(world, "focal_xaa", review)
    assert entry(world).stage is ReviewStage.CLOSED
    with world.request(), pytest.raises(Conflict):
        register.close_review(world.portal, registrar, review)


def test_the_settings_of_a_closed_review_stay_as_they_are(world: World) -> None:
    registrar, review = world.caller("registrar"), ReviewId(world.files["xaa"].review)
    with world.request():
        register.close_review(world.portal, registrar, review)
    with world.request(), pytest.raises(Forbidden) as refused:
        register.set_review(world.portal, registrar, review, USUAL, OTHER)
    assert refused.value.policies == ("guardrails.closed",)
    page = entry(world)
    assert (page.languages, page.passes_at_once) == (("en",), False)
