"""Replacing somebody on the pages: the way there, what is refused beside its field, the sheet."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from portal.domain.roles import Role
from storage.handovers import Handover
from storage.tables import Appointment
from tests import dialogue
from tests.cast import World, add_member, setting_up
from tests.filing import circulated, newest, press
from tests.web_client import browser

NOTE = {"note": "NV/70/2026", "dated": "2026-05-01"}


@pytest.fixture
def heir(world: World) -> World:
    add_member(world, "next_xbb", Role.EXPERT, "XBB")
    return world


def path(world: World, leaver: str = "expert_xbb") -> str:
    found = world.members[leaver]
    return f"/people/{found.person}/appointments/{found.appointment}/hand-over"


def appointment(world: World, who: str) -> str:
    return str(world.members[who].appointment)


def handed(world: World) -> list[Handover]:
    with world.portal.database.read() as session:
        return session.query(Handover).all()


def test_from_the_persons_page_to_the_successors_sheet_and_back(heir: World) -> None:
    draft = dialogue.draft_question(heir)
    focal, leaver = browser(heir, "focal_xbb"), heir.members["expert_xbb"]
    assert path(heir) in focal.get(f"/people/{leaver.person}").text
    page = focal.get(path(heir)).text
    for said in ("Next_Xbb Example", "Arandia", "done at once", "can’t be taken back", "What ends at once"):
        assert said in page
    sent = focal.form(path(heir), path(heir), successor=appointment(heir, "next_xbb"), **NOTE)
    assert sent.status_code == 303
    at = sent.headers["location"]
    assert re.fullmatch(r"/handovers/[0-9a-f-]{36}", at)
    assert f'href="{at}"' in focal.get(f"/people/{leaver.person}").text
    assert path(heir) not in focal.get(f"/people/{leaver.person}").text
    shown = focal.get(at).text
    assert "NV/70/2026" in shown
    assert f"/clarifications/{draft.clarification}" in shown

    successor = browser(heir, "next_xbb")
    assert f'href="{at}"' in successor.get("/work").text
    closed = successor.get(at)
    assert closed.status_code == 200
    assert "Accept the undertaking" in closed.text
    assert str(draft.clarification) not in closed.text
    review = heir.files["xaa"].review
    assert press(successor, f"/reviews/{review}/undertaking", accepted="yes", wording="1").status_code == 303
    assert f"/clarifications/{draft.clarification}" in successor.get(at).text


def test_where_nobody_can_succeed_the_page_says_to_appoint_somebody_first(world: World) -> None:
    page = browser(world, "focal_xaa").get(path(world, "expert_xaa")).text
    assert "Nobody can succeed yet" in page
    assert 'href="/people/new"' in page
    page = browser(world, "registrar").get(path(world, "focal_xaa")).text
    assert 'href="/people/new?state=XAA"' in page


@pytest.mark.parametrize("successor", ["expert_xcc", "focal_xbb", "expert_xbb", "officer", "", "no id", None])
def test_a_wrong_successor_is_told_and_the_form_keeps_what_was_typed(heir: World, successor: str | None) -> None:
    sent = appointment(heir, successor) if successor in heir.members else successor
    answer = press(browser(heir, "focal_xbb"), path(heir), successor=str(uuid4()) if sent is None else sent, **NOTE)
    assert answer.status_code == 422
    assert "Choose the successor" in answer.text
    assert 'value="NV/70/2026"' in answer.text
    assert handed(heir) == []


@pytest.mark.parametrize(
    "wrong", [{}, {"note": "NV/70/2026"}, {"dated": "2026-05-01"}, {**NOTE, "dated": "1999-01-01"}]
)
def test_without_a_legal_basis_nothing_is_handed_over_and_the_choice_is_kept(
    heir: World, wrong: dict[str, str]
) -> None:
    chosen = appointment(heir, "next_xbb")
    answer = press(browser(heir, "focal_xbb"), path(heir), successor=chosen, **wrong)
    assert answer.status_code == 422
    assert f'<option value="{chosen}" selected>' in answer.text
    assert handed(heir) == []


def test_who_ended_waits_or_is_suspended_is_no_choice(heir: World) -> None:
    focal = browser(heir, "focal_xbb")
    for column in ("suspended_at", "needs_confirmation", "ended_at"):
        member = add_member(heir, column, Role.EXPERT, "XBB")
        with setting_up(heir.portal) as (work, _):
            row = work.people.find(member.person)
            if column == "suspended_at":
                assert row is not None
                row.suspended_at = work.now
            elif column == "ended_at":
                held = work.session.get_one(Appointment, member.appointment)
                held.ended_at = work.now
            else:
                held = work.session.get_one(Appointment, member.appointment)
                waiting = {**held.model_dump(exclude={"mac"}), "id": uuid4(), "needs_confirmation": True}
                held.ended_at = work.now
                work.people.add(Appointment(**waiting))
                member.appointment = waiting["id"]
        assert str(member.appointment) not in focal.get(path(heir)).text
        answer = press(focal, path(heir), successor=str(member.appointment), **NOTE)
        assert (answer.status_code, handed(heir)) == (422, [])


def test_somebody_who_begins_later_is_shown_with_the_day(heir: World) -> None:
    with setting_up(heir.portal) as (work, _):
        held = work.session.get_one(Appointment, heir.members["next_xbb"].appointment)
        later = {**held.model_dump(exclude={"mac"}), "id": uuid4(), "starts_at": work.now + timedelta(days=9)}
        held.ended_at = work.now
        work.people.add(Appointment(**later))
    focal = browser(heir, "focal_xbb")
    assert re.search(r"Next_Xbb Example.*from 13 May 2026", focal.get(path(heir)).text)
    assert press(focal, path(heir), successor=str(later["id"]), **NOTE).status_code == 303


def test_the_second_of_two_is_told_that_it_was_done_before(heir: World) -> None:
    focal, chosen = browser(heir, "focal_xbb"), appointment(heir, "next_xbb")
    assert press(focal, path(heir), successor=chosen, **NOTE).status_code == 303
    again = press(focal, path(heir), successor=chosen, **NOTE)
    assert again.status_code == 409
    assert "handed it over before you" in again.text
    assert "nothing to hand over" in focal.get(path(heir)).text
    assert len(handed(heir)) == 1


@pytest.mark.parametrize("who", ["expert_xbb", "expert_xcc", "focal_xaa", "officer", "translator"])
def test_who_keeps_no_people_finds_nothing_there(heir: World, who: str) -> None:
    client, chosen = browser(heir, who), appointment(heir, "next_xbb")
    assert client.get(path(heir)).status_code == 404
    assert press(client, path(heir), successor=chosen, **NOTE).status_code == 404
    assert client.get(f"/handovers/{uuid4()}").status_code == 404


def test_who_sees_somebody_but_may_not_hand_over_is_told_so(heir: World) -> None:
    registrar = browser(heir, "registrar")
    assert path(heir) not in registrar.get(f"/people/{heir.members['expert_xbb'].person}").text
    assert registrar.get(path(heir)).status_code == 403
    assert press(registrar, path(heir), successor=appointment(heir, "next_xbb"), **NOTE).status_code == 403
    assert handed(heir) == []


def test_the_leavers_next_request_is_refused_on_every_page(heir: World) -> None:
    leaver = browser(heir, "expert_xbb")
    review = heir.files["xaa"].review
    pages = ["/work", "/reviews", f"/reviews/{review}", f"/reviews/{review}/clarifications", "/notices", "/calendar"]
    pages += [f"/rooms/{heir.files['xaa'].rooms['shared']}", "/account"]
    assert leaver.get(pages[2]).status_code == 200
    assert press(browser(heir, "focal_xbb"), path(heir), successor=appointment(heir, "next_xbb"), **NOTE).is_redirect
    for page in pages:
        answer = leaver.get(page, follow_redirects=False)
        assert answer.status_code == 401 or answer.headers["location"].startswith("/sign-in"), page


def test_the_trail_of_a_text_tells_the_states_of_a_translator_who_was_replaced(heir: World) -> None:
    add_member(heir, "next_translator", Role.TRANSLATOR)
    document = circulated(heir)
    version, translator = str(newest(heir, document)), str(heir.members["translator"].person)
    sending = {"version": version, "translator": translator, "language": "ar"}
    assert press(browser(heir, "officer"), f"/documents/{document}/translations", **sending).is_redirect
    registrar, chosen = browser(heir, "registrar"), appointment(heir, "next_translator")
    page = registrar.get(path(heir, "translator")).text
    assert "the same versions, for the same languages" in page
    done = press(registrar, path(heir, "translator"), successor=chosen, **NOTE)
    assert registrar.get(done.headers["location"]).status_code == 200
    trail = browser(heir, "focal_xaa").get(f"/documents/{document}/trail").text
    assert "handed over to a successor what somebody worked on" in trail
    successor = browser(heir, "next_translator")
    assert "Accept the undertaking" in successor.get(done.headers["location"]).text
    assert version not in browser(heir, "translator").get("/translations").text
