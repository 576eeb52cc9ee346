"""Moving through the application: who clears what for which room, what arrives there, what stays behind."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from portal.domain.reviews import RoomKind
from portal.usecases import moves
from portal.usecases.intents import close_intents
from storage.errors import StoreUnavailable
from storage.tables import Review
from tests.cast import World, setting_up
from tests.contents import documents, objects, said, send, steps, swept, versions
from tests.filing import circulated, made, move, newest, press, put, submitted
from tests.web_client import browser


def row(world: World, document: UUID):  # noqa: ANN201  # a Document
    return next(one for one in documents(world) if one.id == document)


def test_a_submitted_document_is_a_new_one_of_the_same_state_with_the_same_content(world: World) -> None:
    draft = put(world, "focal_xaa", "national XAA", "Response", tags="UNTOC 5")
    new = made(move(world, "focal_xaa", draft, "shared"))
    arrived = row(world, new)
    assert (arrived.room_id, arrived.number) == (world.files["xaa"].rooms["shared"], 1)
    assert (arrived.owner, arrived.stage, arrived.submitted_at) == ("XAA", "submitted", world.clock.now)
    assert row(world, draft).stage == "draft"
    first, second = versions(world)
    assert first.object_name != second.object_name
    assert first.wrapped_key != second.wrapped_key
    client = browser(world, "focal_xaa")
    contents = {client.get(f"/versions/{one.id}/content").content for one in (first, second)}
    assert contents == {b"%PDF-1.7 Response Response.pdf"}
    page = client.get(f"/documents/{new}").text
    assert "Response" in page
    assert "UNTOC 5" in page


def test_the_officer_and_the_state_see_what_was_submitted_and_nobody_else_does(world: World) -> None:
    """GL 15."""
    new = submitted(world)
    seen = {who: browser(world, who).get(f"/documents/{new}").status_code for who in world.members}
    assert {who for who, status in seen.items() if status == 200} == {"focal_xaa", "expert_xaa", "officer"}
    line = "The officer of the review circulates it next"
    assert line in browser(world, "focal_xaa").get(f"/documents/{new}").text
    assert press(browser(world, "officer"), f"/documents/{new}/circulate").status_code == 303
    assert line not in browser(world, "focal_xaa").get(f"/documents/{new}").text


def test_all_parties_see_what_was_circulated(world: World) -> None:
    """GL 15, 21."""
    new = circulated(world)
    seen = {who for who in world.members if browser(world, who).get(f"/documents/{new}").status_code == 200}
    parties = {"focal_xaa", "expert_xaa", "focal_xbb", "expert_xbb", "focal_xcc", "expert_xcc", "observer_xcc"}
    assert seen == parties | {"officer"}


def test_a_review_may_let_what_is_submitted_pass_at_once(world: World) -> None:
    with setting_up(world.portal) as (work, _):
        review = work.session.get(Review, world.files["xaa"].review)
        assert review is not None
        review.passes_at_once = True
    assert row(world, submitted(world)).stage == "circulated"


def test_both_rooms_record_a_move_and_the_other_room_learns_nothing_of_where_from(world: World) -> None:
    rooms = world.files["xaa"].rooms
    draft = put(world, "focal_xaa", "national XAA")
    version = newest(world, draft)
    new = made(move(world, "focal_xaa", draft, "shared"))
    assert steps(world, rooms["national XAA"])[-2:] == [
        ("submitDocument", "intent", ""),
        ("submitDocument", "outcome", "complete"),
    ]
    (arrival,) = said(world, rooms["shared"])
    assert (arrival["action"], arrival["phase"], arrival["on"]["document"]) == ("submitDocument", "act", str(new))
    told = str(arrival)
    assert str(draft) not in told
    assert str(version) not in told
    assert str(rooms["national XAA"]) not in told
    assert {name.split("/")[0] for name in arrival["rows"]} == {"document", "version", "arrival"}


@pytest.mark.parametrize(
    ("who", "room", "target"),
    [
        ("expert_xaa", "national XAA", "shared"),  # ToR 17: the focal point clears
        ("focal_xaa", "national XAA", "reviewers"),
        ("focal_xaa", "national XAA", "secretariat"),
        ("focal_xaa", "national XAA", "national"),
        ("expert_xbb", "reviewers", "shared"),
        ("expert_xbb", "national XBB", "shared"),
        ("officer", "secretariat", "secretariat"),
    ],
)
def test_what_is_not_ones_to_clear_is_refused_and_nothing_moves(world: World, who: str, room: str, target: str) -> None:
    draft = put(world, who, room)
    kept = objects(world)
    answer = move(world, who, draft, target)
    assert answer.status_code == 403
    assert len(documents(world)) == 1
    assert objects(world) == kept


@pytest.mark.parametrize(
    ("who", "room", "target"),
    [
        ("expert_xbb", "national XBB", "reviewers"),
        ("focal_xbb", "reviewers", "shared"),
        ("officer", "secretariat", "shared"),
        ("officer", "reviewers", "shared"),
    ],
)
def test_each_side_sends_its_own(world: World, who: str, room: str, target: str) -> None:
    """GL 17, 22, 29."""
    new = made(move(world, who, put(world, who, room), target))
    assert row(world, new).room_id == world.files["xaa"].rooms[target]


def listed(world: World, who: str, room: str, text: str) -> str:
    """Give the row of a document in a room's list."""
    page = browser(world, who).get(f"/rooms/{world.files['xaa'].rooms[room]}").text
    (found,) = [part for part in re.findall(r"<tr.*?</tr>", page, re.DOTALL) if text in part]
    return found


def test_where_a_version_came_from_its_list_and_page_tell_how_far_it_has_come(world: World) -> None:
    draft = put(world, "focal_xaa", "national XAA", "Penal code")
    assert ">Draft<" in listed(world, "expert_xaa", "national XAA", "Penal code")
    new = made(move(world, "focal_xaa", draft, "shared"))
    client = browser(world, "expert_xaa")
    for stage, other in (("Submitted", "Draft"), ("Circulated", "Submitted")):
        for shown in (
            listed(world, "expert_xaa", "national XAA", "Penal code"),
            client.get(f"/documents/{draft}").text,
        ):
            assert f">{stage}<" in shown
            assert f">{other}<" not in shown
            assert f'href="/documents/{new}"' in shown
        press(browser(world, "officer"), f"/documents/{new}/circulate")
    assert "Version 1 is in: Shared room" in listed(world, "expert_xaa", "national XAA", "Penal code")
    assert "Shared room, no. 1: sent there" in client.get(f"/documents/{draft}").text
    assert str(draft) not in browser(world, "focal_xaa").get(f"/documents/{new}").text


def test_a_version_after_the_one_that_was_sent_is_a_draft(world: World) -> None:
    draft = put(world, "focal_xaa", "national XAA", "Penal code")
    move(world, "focal_xaa", draft, "shared")
    send(browser(world, "focal_xaa"), f"/documents/{draft}/versions", ("new.pdf", b"%PDF-1.7 new", "application/pdf"))
    shown = listed(world, "focal_xaa", "national XAA", "Penal code")
    assert ">Draft<" in shown
    assert "Version 1 is in: Shared room" in shown


def test_what_was_withdrawn_where_it_was_sent_is_a_draft_again(world: World) -> None:
    draft = put(world, "focal_xaa", "national XAA", "Penal code")
    new = made(move(world, "focal_xaa", draft, "shared"))
    press(browser(world, "focal_xaa"), f"/documents/{new}/withdraw", reason="Wrong file")
    shown = listed(world, "focal_xaa", "national XAA", "Penal code")
    assert ">Draft<" in shown
    assert str(new) not in shown


def test_whoever_does_not_see_the_copy_does_not_learn_of_it(world: World) -> None:
    """GL 15: of what the one reviewing State submits the other learns once it is circulated."""
    draft = put(world, "focal_xbb", "reviewers", "Outcome")
    new = made(move(world, "focal_xbb", draft, "shared"))
    assert f'href="/documents/{new}"' in listed(world, "expert_xbb", "reviewers", "Outcome")

    def told() -> set[bool]:
        page = browser(world, "expert_xcc").get(f"/documents/{draft}").text
        return {str(new) in shown for shown in (page, listed(world, "expert_xcc", "reviewers", "Outcome"))}

    assert told() == {False}
    assert ">Draft<" in listed(world, "expert_xcc", "reviewers", "Outcome")
    press(browser(world, "officer"), f"/documents/{new}/circulate")
    assert told() == {True}


def test_numbers_are_counted_in_each_room(world: World) -> None:
    for text in ("One", "Two"):
        put(world, "focal_xaa", "national XAA", text)
    assert row(world, submitted(world, "Three")).number == 1


def test_the_same_file_is_not_sent_twice_until_it_is_withdrawn(world: World) -> None:
    draft = put(world, "focal_xaa", "national XAA")
    first = made(move(world, "focal_xaa", draft, "shared"))
    again = move(world, "focal_xaa", draft, "shared")
    assert again.status_code == 409
    assert "lies in that room already" in again.text
    assert len(objects(world)) == 2
    assert press(browser(world, "focal_xaa"), f"/documents/{first}/withdraw", reason="Wrong file").status_code == 303
    assert row(world, made(move(world, "focal_xaa", draft, "shared"))).number == 2


def test_the_same_file_of_another_state_is_not_told(world: World) -> None:
    circulated(world, "Law", name="law.pdf")
    draft = put(world, "focal_xbb", "reviewers", "Law", name="law.pdf")
    assert move(world, "focal_xbb", draft, "shared").status_code == 303


def test_what_was_withdrawn_is_not_moved(world: World) -> None:
    draft = put(world, "focal_xaa", "national XAA")
    press(browser(world, "focal_xaa"), f"/documents/{draft}/withdraw", reason="Wrong file")
    answer = move(world, "focal_xaa", draft, "shared")
    assert answer.status_code == 409
    assert "withdrawn" in answer.text


def test_ids_of_another_file_or_document_move_nothing(world: World) -> None:
    mine = put(world, "focal_xaa", "national XAA", "Mine")
    other = put(world, "focal_xaa", "national XAA", "Other")
    theirs = put(world, "focal_xdd", "national XDD", "Theirs", file="xdd")
    client = browser(world, "focal_xaa")
    pairs = [
        (mine, newest(world, other)),
        (mine, newest(world, theirs)),
        (theirs, newest(world, mine)),
        (theirs, newest(world, theirs)),
        (uuid4(), newest(world, mine)),
        (mine, uuid4()),
    ]
    for document, version in pairs:
        answer = press(client, f"/documents/{document}/submit", version=str(version), target="shared")
        assert answer.status_code == 404
    for fields in ({"version": "x", "target": "shared"}, {"version": str(newest(world, mine)), "target": "cellar"}):
        assert press(client, f"/documents/{mine}/submit", **fields).status_code == 422
    assert len(documents(world)) == 3


class _Failing:
    """An object store that loses its connection while something is put."""

    def __init__(self, store: object) -> None:
        self._store = store

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def put(self, _name: str, chunks: Iterator[bytes]) -> int:
        next(iter(chunks))
        raise StoreUnavailable("the store went away")


def test_a_move_that_fails_on_the_way_leaves_no_half_and_says_so_in_the_log(world: World) -> None:
    draft = put(world, "focal_xaa", "national XAA")
    kept, store = objects(world), world.portal.objects
    world.portal.objects = _Failing(store)  # type: ignore[assignment]  # put alone is replaced
    assert move(world, "focal_xaa", draft, "shared").status_code == 503
    world.portal.objects = store
    assert (objects(world), len(documents(world))) == (kept, 1)
    assert steps(world, world.files["xaa"].rooms["national XAA"])[-1] == ("submitDocument", "outcome", "failed")
    assert said(world, world.files["xaa"].rooms["shared"]) == []


def test_whoever_loses_the_right_while_a_move_runs_moves_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = put(world, "focal_xaa", "national XAA")
    version, kept = newest(world, draft), objects(world)
    carry = moves.carry

    def and_meanwhile(*given: object) -> object:
        arrived = carry(*given)  # type: ignore[arg-type]  # passed through
        assert press(browser(world, "focal_xaa"), f"/documents/{draft}/withdraw", reason="Wrong").status_code == 303
        return arrived

    monkeypatch.setattr(moves, "carry", and_meanwhile)
    with world.request(), pytest.raises(Exception, match="act is not yours"):
        moves.submit_version(world.portal, world.caller("focal_xaa"), draft, version, RoomKind.SHARED)
    assert (objects(world), len(documents(world))) == (kept, 1)
    assert steps(world, world.files["xaa"].rooms["national XAA"])[-1] == ("submitDocument", "outcome", "refused")


def test_a_crash_in_the_middle_of_a_move_leaves_no_half(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = put(world, "focal_xaa", "national XAA")
    version, kept = newest(world, draft), objects(world)
    with monkeypatch.context() as crash:
        crash.setattr(moves, "keep", _die)
        crash.setattr(moves, "abandon", _die)  # a process that is killed takes nothing away
        with world.request(), pytest.raises(_KilledError):
            moves.submit_version(world.portal, world.caller("focal_xaa"), draft, version, RoomKind.SHARED)
    assert (len(objects(world)), len(documents(world))) == (2, 1)
    world.clock.now = datetime.now(UTC) + timedelta(days=2)  # objects carry the real time
    assert swept(world) == 1
    assert close_intents(world.portal, world.clock.now) == 1
    assert objects(world) == kept
    stream = world.files["xaa"].rooms["national XAA"]
    assert steps(world, stream)[-1] == ("submitDocument", "outcome", "unknown")


class _KilledError(BaseException):
    """The process is gone."""


def _die(*_given: object) -> None:
    raise _KilledError
