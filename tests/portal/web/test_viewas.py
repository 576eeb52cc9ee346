"""What would they see: the page says what happens when they ask, and shows nothing that the asker may not see."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from portal.access.actions import Action
from portal.access.lenses import Moment
from portal.audit.kinds import KINDS
from portal.domain.ids import PersonId, StateCode
from portal.domain.roles import Role
from portal.usecases import viewas
from portal.usecases.viewas import Plan, ViewAs
from storage.dialogue import Clarification
from storage.tables import Appointment, Event, Person
from tests import dialogue
from tests.breaches import contained, registered
from tests.cast import Clock, World, add_member, setting_up
from tests.conftest import copied
from tests.filing import circulated, newest, press, put, submitted
from tests.web_client import browser

TERMS = {"note": "NV 12/2026", "dated": "2026-05-01", "first": "2026-05-04", "last": "2027-05-02"}
# who asks, and about whom they may ask
ASKED = {
    "focal_xaa": ("focal_xaa", "expert_xaa"),
    "focal_xbb": ("focal_xbb", "expert_xbb", "expert_xbb_other"),
    "focal_xcc": ("focal_xcc", "expert_xcc", "observer_xcc", "roster_xcc"),
    "focal_xdd": ("focal_xdd",),
    "focal_xff": ("focal_xff", "stranger_xff"),
    "officer": ("officer", "focal_xaa", "expert_xaa", "focal_xbb", "expert_xbb", "focal_xcc", "observer_xcc"),
    "officer_other": ("officer_other", "focal_xdd", "focal_xbb", "expert_xbb_other"),
}


@pytest.fixture(scope="module")
def kept(built: tuple[Path, World], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    """Fill the files once, for tests to copy."""
    folder = tmp_path_factory.mktemp("filled")
    with copied(built, folder, Clock()) as world:
        fill(world)
    return folder, world


@pytest.fixture
def filled(kept: tuple[Path, World], tmp_path: Path, clock: Clock) -> Iterator[World]:
    with copied(kept, tmp_path / "filled", clock) as world:
        yield world


def fill(world: World) -> None:
    """Put something into every room of the first file, and something into the second."""
    circulated(world, "Circulated-Response")
    submitted(world, "Submitted-Response")
    withdrawn = circulated(world, "Withdrawn-Law")
    assert press(browser(world, "focal_xaa"), f"/documents/{withdrawn}/withdraw", reason="Wrong.").status_code == 303
    put(world, "focal_xaa", "national XAA", "Arandia-Draft")
    put(world, "focal_xbb", "national XBB", "Belmora-Draft")
    put(world, "focal_xbb", "reviewers", "Reviewers-Finding")
    put(world, "officer", "secretariat", "Secretariat-Note")
    put(world, "focal_xdd", "national XDD", "Dastan-Draft", file="xdd")
    put(world, "focal_xbb", "reviewers", "Other-Finding", file="xdd")
    dialogue.question(world)
    dialogue.draft_question(world)


def look(world: World, who: str, at: str, plan: Plan | None = None) -> ViewAs:
    with world.request():
        person = PersonId(world.members[at].person)
        return viewas.view_person_as(world.portal, world.caller(who), person, plan or Plan())


def rooms_of(page: ViewAs) -> list[UUID]:
    return [room.id for review in page.reviews for room in review.rooms]


def said(world: World, who: str, at: str, column: int = 0, plan: Plan | None = None) -> dict[str, bool]:
    """Gather all that the page says, by address; of clarifications how many open."""
    told: dict[str, bool] = {}
    base = plan or Plan()
    for room in [None, *rooms_of(look(world, who, at, base))]:
        page = look(world, who, at, replace(base, room=room))
        for review in page.reviews:
            told[f"/reviews/{review.id}"] = review.line.cells[column].opens
            opens = sum(line.count for line in review.clarifications if line.cells[column].opens)
            told[f"clarifications {review.id} {opens}"] = True
            for place in review.rooms:
                told[f"/rooms/{place.id}"] = place.line.cells[column].opens
                for line in place.documents:
                    cell = line.cells[column]
                    told |= {f"/documents/{one}": cell.opens for one in line.documents}
                    told |= {f"/versions/{newest(world, one)}/content": bool(cell.downloads) for one in line.documents}
    return told


def happens(world: World, who: str, said_of: dict[str, bool], asker: str) -> dict[str, bool]:
    """Ask for the same addresses as the person themselves."""
    client, eyes = browser(world, who), browser(world, asker)
    found: dict[str, bool] = {}
    for path in said_of:
        if path.startswith("/"):
            found[path] = client.get(path).status_code == 200
            continue
        review = UUID(path.split()[1])
        with world.portal.database.read() as session:
            ids = session.scalars(select(Clarification.id).where(Clarification.review_id == review)).all()
        seen = [f"/clarifications/{id_}" for id_ in ids if eyes.get(f"/clarifications/{id_}").status_code == 200]
        found[f"clarifications {review} {sum(client.get(one).status_code == 200 for one in seen)}"] = True
    return found


def test_what_the_page_says_is_what_happens_when_they_ask(filled: World) -> None:
    for who, people in ASKED.items():
        for at in people:
            told = said(filled, who, at)
            assert told == happens(filled, at, told, who), (who, at)


def test_all_that_the_asker_may_open_is_on_the_page_and_nothing_else(filled: World) -> None:
    for who, (at, *_) in ASKED.items():
        told = said(filled, who, at)
        paths = {path for path in told if path.startswith(("/rooms", "/documents", "/reviews"))}
        assert all(browser(filled, who).get(path).status_code == 200 for path in paths), who
        assert {f"/rooms/{room}" for file in filled.files.values() for room in file.rooms.values()} - paths == {
            f"/rooms/{room}"
            for file in filled.files.values()
            for room in file.rooms.values()
            if browser(filled, who).get(f"/rooms/{room}").status_code != 200
        }


def test_nothing_of_the_reviewers_shows_to_the_state_under_review(filled: World) -> None:
    file, client = filled.files["xaa"], browser(filled, "focal_xaa")
    kept = [file.rooms[room] for room in ("reviewers", "secretariat", "national XBB", "national XCC")]
    for room in (None, *file.rooms.values()):
        text = client.get("/states/XBB/view-as", params={"room": str(room)} if room else {}).text
        for word in ("Reviewers-Finding", "Belmora-Draft", "Secretariat-Note", "Reviewers’ room", *map(str, kept)):
            assert word not in text, word
    assert "Circulated-Response" in client.get("/states/XBB/view-as", params={"room": file.rooms["shared"]}).text


def test_ids_out_of_sight_in_the_query_are_as_ids_of_nothing(filled: World) -> None:
    client, mine, other = browser(filled, "focal_xaa"), filled.files["xaa"], filled.files["xdd"]

    def shown(path: str, name: str, value: object) -> tuple[int, str]:
        answer = client.get(path, params={name: str(value)})
        return answer.status_code, re.sub(r'name="csrf" value="[^"]*"', "", answer.text)

    for path in ("/states/XBB/view-as", f"/people/{filled.members['expert_xaa'].person}/view-as"):
        for name, foreign in (
            ("room", mine.rooms["reviewers"]),
            ("room", other.rooms["shared"]),
            ("review", other.review),
        ):
            assert shown(path, name, foreign) == shown(path, name, uuid4()), (path, name)
            assert shown(path, name, foreign)[0] == 422


def test_a_wrong_value_gets_a_sentence_and_the_page(filled: World) -> None:
    path = f"/people/{filled.members['expert_xaa'].person}/view-as"
    for name, value in (("role", "king"), ("role", "officer"), ("review", "x"), ("room", "x\0")):
        answer = browser(filled, "focal_xaa").get(path, params={name: value})
        told = (answer.status_code, "left out" in answer.text, "Review of" in answer.text)
        assert told == (422, True, True), (name, value)


NOBODYS = (
    ("focal_xaa", "/people/{expert_xbb}/view-as"),
    ("focal_xaa", "/people/{officer}/view-as"),
    ("focal_xff", "/people/{expert_xaa}/view-as"),
    ("officer", "/people/{expert_xbb_other}/view-as"),
    ("officer", "/people/{roster_xcc}/view-as"),
    ("officer", "/people/{registrar}/view-as"),
    ("officer", "/states/XDD/view-as"),
    ("expert_xaa", "/people/{expert_xaa}/view-as"),
    ("expert_xaa", "/states/XAA/view-as"),
    ("registrar", "/people/{expert_xaa}/view-as"),
    ("registrar", "/states/XAA/view-as"),
    ("administrator", "/people/{expert_xaa}/view-as"),
    ("administrator", "/states/XAA/view-as"),
    ("confidentiality", "/people/{expert_xaa}/view-as"),
    ("translator", "/states/XAA/view-as"),
    ("focal_xaa", "/states/XZZ/view-as"),
)


def test_what_they_could_open_is_nobody_elses_to_see(filled: World) -> None:
    ids = {name: member.person for name, member in filled.members.items()}
    for who, path in NOBODYS:
        absent = browser(filled, who).get(f"/people/{uuid4()}/view-as")
        answer = browser(filled, who).get(path.format(**ids))
        assert (answer.status_code, answer.text) == (404, absent.text), (who, path)


def test_a_look_opens_nothing_and_is_itself_recorded(filled: World) -> None:
    def events() -> list[tuple[int, str]]:
        with filled.portal.database.read() as session:
            return [(one.kind, one.phase) for one in session.scalars(select(Event))]

    before = events()
    room, who = filled.files["xaa"].rooms["shared"], filled.members["expert_xaa"].person
    for path in (f"/people/{who}/view-as", "/states/XBB/view-as"):
        assert browser(filled, "focal_xaa").get(path, params={"room": room}).status_code == 200
    left = events()
    for one in before:
        left.remove(one)
    assert left == [(KINDS[Action.VIEW_AS], "act")] * 2


# --- what is planned


def appointed(world: World, by: str, at: str, role: Role) -> UUID:
    person = world.members[at].person
    assert press(browser(world, by), f"/people/{person}/appoint", role=role.value, **TERMS).status_code == 303
    with world.portal.database.read() as session:
        return session.scalars(
            select(Appointment.id).where(Appointment.person_id == person, Appointment.role == role.value)
        ).one()


@pytest.mark.parametrize(("by", "at"), [("focal_xcc", "roster_xcc"), ("focal_xff", "stranger_xff")])
def test_a_planned_appointment_opens_what_it_opens_once_it_is_made(filled: World, by: str, at: str) -> None:
    review = filled.files["xaa"].review
    plan = Plan(Role.OBSERVER, review if by == "focal_xcc" else None)
    assert [column.moment for column in look(filled, by, at, plan).columns] == [Moment.NOW, Moment.AFTER, Moment.AFTER]
    told = said(filled, by, at, 2, plan)
    assert told == {} or any(opens for path, opens in told.items() if path.startswith("/rooms"))
    appointment = appointed(filled, by, at, Role.OBSERVER)
    if plan.review:
        path = f"/people/{filled.members[at].person}/appointments/{appointment}/assign"
        assert press(browser(filled, by), path, review=str(review), **TERMS).status_code == 303
    client = browser(filled, at)
    chosen = press(client, "/acting", appointment=str(appointment), next="/")
    token = client.cookies.get("portal-local", domain="localhost.local") or ""
    filled.members[at] = replace(filled.members[at], token=token)
    assert chosen.status_code == 303
    press(browser(filled, at), f"/reviews/{review}/undertaking", wording="1", accepted="yes")
    assert told == happens(filled, at, told, by)


def test_an_assignment_opens_under_the_appointment_held_what_it_opens_once_it_is_made(filled: World) -> None:
    member, review = filled.members["roster_xcc"], filled.files["xaa"].review
    told = said(filled, "focal_xcc", "roster_xcc", 1, Plan(review=review))
    path = f"/people/{member.person}/appointments/{member.appointment}/assign"
    assert press(browser(filled, "focal_xcc"), path, review=str(review), **TERMS).status_code == 303
    press(browser(filled, "roster_xcc"), f"/reviews/{review}/undertaking", wording="1", accepted="yes")
    assert told == happens(filled, "roster_xcc", told, "focal_xcc")
    assert told[f"/rooms/{filled.files['xaa'].rooms['reviewers']}"]


def test_what_changes_is_marked(filled: World) -> None:
    page = look(filled, "focal_xcc", "roster_xcc", Plan(review=filled.files["xaa"].review))
    places = {room.kind.value: room.line.cells for room in page.reviews[0].rooms}
    assert [cell.changed for cell in places["reviewers"]] == [False, True]
    held = look(filled, "focal_xcc", "expert_xcc", Plan(review=filled.files["xaa"].review))
    assert not any(cell.changed for room in held.reviews[0].rooms for cell in room.line.cells)


def test_nobody_is_assigned_who_holds_nothing_to_be_assigned_under(filled: World) -> None:
    page = look(filled, "focal_xaa", "focal_xaa", Plan(review=filled.files["xaa"].review))
    assert ([problem.code for problem in page.problems], page.planned) == (["review"], False)


# --- what stands in the way is the reason


def reason(world: World, who: str, at: str, plan: Plan | None = None) -> list[set[str]]:
    """Give the sentences behind the shared room's answers, by column."""
    page = look(world, who, at, plan)
    [room] = [room for room in page.reviews[0].rooms if room.kind.value == "shared"]
    return [{text for note in cell.notes for text in page.rules[note - 1]} for cell in room.line.cells]


def test_suspension_is_the_reason(filled: World) -> None:
    with setting_up(filled.portal) as (work, _):
        found = work.session.get(Person, filled.members["expert_xbb"].person)
        assert found is not None
        found.suspended_at = work.now
    assert "Your access is suspended." in reason(filled, "focal_xbb", "expert_xbb")[0]
    told = said(filled, "focal_xbb", "expert_xbb")
    assert told == happens(filled, "expert_xbb", told, "focal_xbb")


@pytest.mark.parametrize("hold", ["review", "everywhere"])
def test_an_officer_is_not_told_whom_a_case_holds_back(filled: World, hold: str) -> None:
    before = look(filled, "officer", "expert_xcc"), look(filled, "officer", "expert_xcc", Plan(role=Role.OBSERVER))
    contained(filled, registered(filled), hold)
    after = look(filled, "officer", "expert_xcc"), look(filled, "officer", "expert_xcc", Plan(role=Role.OBSERVER))
    assert after == before
    assert any("suspended" in told or "held back" in told for told in reason(filled, "focal_xcc", "expert_xcc")[0])


def test_the_undertaking_that_is_missing_is_the_reason(filled: World) -> None:
    add_member(filled, "new_xbb", Role.EXPERT, "XBB", ("xaa",), undertaken=())
    [sentences] = reason(filled, "focal_xbb", "new_xbb")
    assert sentences == {"You have not accepted the undertaking of confidentiality for this review yet."}


def test_the_end_of_the_review_is_the_reason(filled: World) -> None:
    path = f"/register/{filled.files['xaa'].review}/close"
    assert press(browser(filled, "registrar"), path).status_code == 303
    with filled.request():
        page = viewas.view_state_as(filled.portal, filled.caller("focal_xaa"), StateCode("XBB"), Plan())
    [cell] = {line.cells[0].opens for review in page.reviews for line in [review.line]}
    assert not cell
    assert any("access of the reviewing States has ended" in text for rule in page.rules for text in rule)


def test_two_roles_that_exclude_one_another_are_the_reason(filled: World) -> None:
    now, after, registrar = reason(filled, "officer", "officer", Plan(Role.REGISTRAR))
    conflict = "You hold two roles that exclude one another, so you may act under neither."
    assert (conflict in now, conflict in after, conflict in registrar) == (False, True, True)


# --- people whom the officer sees


def test_a_translator_opens_the_version_that_was_sent(filled: World) -> None:
    office, document = browser(filled, "officer"), circulated(filled, "To-Translate")
    sent = press(
        office,
        f"/documents/{document}/translations",
        version=str(newest(filled, document)),
        translator=str(filled.members["translator"].person),
        language="ar",
    )
    assert sent.status_code == 303
    file = filled.files["xaa"]
    assert (
        press(
            browser(filled, "translator"), f"/reviews/{file.review}/undertaking", wording="1", accepted="yes"
        ).status_code
        == 303
    )
    told = said(filled, "officer", "translator")
    assert {path for path, opens in told.items() if opens and path.startswith("/")} == {
        f"/documents/{document}",
        f"/versions/{newest(filled, document)}/content",
    }


def test_the_officer_sees_no_appointment_that_works_on_none_of_their_reviews(filled: World) -> None:
    appointed(filled, "focal_xbb", "expert_xbb", Role.OBSERVER)
    columns = look(filled, "officer", "expert_xbb").columns
    assert [column.role for column in columns] == [Role.EXPERT]
    assert [column.role for column in look(filled, "focal_xbb", "expert_xbb").columns] == [Role.EXPERT, Role.OBSERVER]


# --- States, and the page


def test_of_a_state_each_kind_of_its_people_has_a_column_that_says_what_happens(filled: World) -> None:
    cast = {0: "focal_xcc", 1: "expert_xcc", 2: "observer_xcc", 3: "roster_xcc"}
    for who in ("focal_xaa", "focal_xbb", "officer"):
        with filled.request():
            page = viewas.view_state_as(filled.portal, filled.caller(who), StateCode("XCC"), Plan())
        mine = [review for review in page.reviews if review.id == filled.files["xaa"].review]
        for room in (room for review in mine for room in review.rooms):
            for column, at in cast.items():
                opens = browser(filled, at).get(f"/rooms/{room.id}").status_code == 200
                assert room.line.cells[column].opens == opens, (who, at, room)


def test_documents_answered_alike_weigh_one_line(filled: World) -> None:
    def page(**asked: str) -> str:
        return browser(filled, "focal_xaa").get("/states/XBB/view-as", params=asked).text

    before = len(page())
    for number in range(12):
        put(filled, "focal_xaa", "national XAA", f"Further-Draft-{number}")
    assert abs(len(page()) - before) < 10
    assert page(room=str(filled.files["xaa"].rooms["national XAA"])).count("<li>") >= 13


def test_the_page_is_reached_from_the_person_and_from_the_review(filled: World) -> None:
    expert = f"/people/{filled.members['expert_xaa'].person}"
    review = f"/reviews/{filled.files['xaa'].review}"
    assert f'{expert}/view-as"' in browser(filled, "focal_xaa").get(expert).text
    shown = browser(filled, "focal_xaa").get(review).text
    assert f'{expert}/view-as"' in shown
    assert f"/people/{filled.members['expert_xbb'].person}/view-as" not in shown
    links = re.findall(r'"(/(?:people|states)/[^"]+/view-as)"', browser(filled, "officer").get(review).text)
    assert len(links) >= 8
    assert all(browser(filled, "officer").get(link).status_code == 200 for link in links)
    assert "/view-as" not in browser(filled, "expert_xaa").get(review).text
