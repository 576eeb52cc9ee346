"""Grants under the eyes of those concerned: who could open and did, what parties learn, how a grant is suspended."""

import html
import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from portal.domain.grants import Stand
from portal.usecases import grant_openings, openings
from portal.usecases.case_pages import take_snapshot
from portal.usecases.giving import weigh_grant
from storage.fields import Place
from storage.permits import REGISTRY
from storage.tables import Appointment, ReviewParty
from tests import reports
from tests.breaches import act as step
from tests.breaches import ahead, holds, lifted, registered
from tests.cast import World, setting_up
from tests.granting import act, asked, granted, page, pledged, reader, terms
from tests.statements import asked_for
from tests.web_client import browser

SAID = {"hold": "grant", "hold_reason": "While it is looked into."}


def suspended(world: World, grant: UUID) -> UUID:
    case = registered(world)
    step(world, "confidentiality", case, "containments", **SAID, held_grant=str(grant), review_on=ahead(world, 20))
    return case


def test_the_state_under_review_learns_who_could_read_and_did_and_no_other_party_does(world: World) -> None:
    grant = granted(world)
    pledged(world, grant)
    given = page(world, grant).given[0]
    browser(world, "reader_xff").get(f"/granted/versions/{given.version}")
    world.clock.forward(timedelta(minutes=1))
    path = f"/documents/{given.document}/openings"
    own, other = browser(world, "focal_xaa").get(path), browser(world, "focal_xbb").get(path)
    assert own.status_code == other.status_code == 200
    assert "Reader_Xff Example" in own.text
    assert "named you as a reader" in own.text or "read a document under a grant" in own.text
    assert "Reader_Xff" not in other.text


def test_parties_and_the_officer_learn_that_a_grant_exists_and_no_more(world: World) -> None:
    grant = granted(world)
    pledged(world, grant)
    review = world.files["xaa"].review
    for who in ("focal_xbb", "expert_xcc", "officer"):
        seen = browser(world, who).get(f"/reviews/{review}").text
        assert "Another State reads the report under a grant: 1." in seen
        assert "Fenmark" not in seen
        assert "Reader_Xff" not in seen
    for who in ("focal_xbb", "focal_xcc"):
        trail = browser(world, who).get(f"/reviews/{review}/trail").text
        assert "Reader_Xff" not in trail
        assert "under a grant" not in trail
    assert act(world, "focal_xaa", grant, "revoke", revoke_reason="Enough.").status_code == 303
    assert "under a grant" not in browser(world, "focal_xbb").get(f"/reviews/{review}").text


def test_a_grant_is_suspended_while_a_breach_is_looked_into_and_goes_on_when_that_is_lifted(world: World) -> None:
    grant = granted(world)
    pledged(world, grant)
    version, client = page(world, grant).given[0].version, browser(world, "reader_xff")
    path = f"/granted/versions/{version}"
    assert client.get(path).status_code == 422  # it is reached, and no true PDF
    case = suspended(world, grant)
    assert client.get(path).status_code == 404
    assert "This is suspended" in client.get(f"/granted/{grant}").text
    assert page(world, grant).line.stand is Stand.HELD
    assert "Fenmark" in browser(world, "confidentiality").get(f"/cases/{case}").text
    assert "Fenmark" not in browser(world, "focal_xbb").get(f"/cases/{case}").text
    assert len(holds(world, case)) == 1
    lifted(world, case)
    assert client.get(path).status_code == 422


def test_a_reader_can_be_held_back_from_the_review_like_anybody_who_works_on_it(world: World) -> None:
    grant = granted(world)
    pledged(world, grant)
    case = registered(world)
    said = {**SAID, "hold": "review", "held": str(world.members["reader_xff"].person), "review_on": ahead(world, 20)}
    step(world, "confidentiality", case, "containments", **said)
    assert browser(world, "reader_xff").get(f"/granted/{grant}").status_code == 404


def test_the_snapshot_of_a_case_has_the_grants(world: World) -> None:
    granted(world)
    case = registered(world)
    with world.request():
        said = take_snapshot(world.portal, world.caller("confidentiality"), case).decode()
    assert all(f'"{table}/' in said for table in ("access_grant", "grant_terms", "grant_document", "grant_reader"))


def test_what_would_they_see_is_answered_before_the_act_and_changes_nothing(world: World) -> None:
    grant = granted(world)
    shown = browser(world, "focal_xaa").get(f"/grants/{grant}").text
    assert "2 of 2 files" in shown
    assert "0 of 2 files" in shown
    assert "nothing" in shown
    asked = act(world, "focal_xaa", grant, "preview", **terms(world, mode="copies", seen="1"), preview="yes").text
    assert "0 of 2 files" not in asked
    assert page(world, grant).terms[0].number == 1
    assert act(world, "focal_xaa", grant, "change", **terms(world, mode="copies", seen="1")).status_code == 303
    assert "0 of 2 files" not in browser(world, "focal_xaa").get(f"/grants/{grant}").text  # what holds now is copies


def test_the_lists_of_grants_ask_no_more_of_the_database_when_there_are_more(world: World) -> None:
    granted(world)
    places = [("focal_xff", "/grants"), ("focal_xff", "/granted")]
    clients = {who: browser(world, who) for who, _ in places}
    few = [len(asked_for(world, clients[who], path)) for who, path in places]
    asked(world, "focal_xff", "reader_xff", file="xdd")
    assert [len(asked_for(world, clients[who], path)) for who, path in places] == few


def test_who_would_see_what_is_looked_up_once_for_all_readers_and_appointments(world: World) -> None:
    reports.agreed(world)
    for name in ("one_xff", "two_xff"):
        reader(world, name)
    first, client = asked(world, "focal_xff", "one_xff"), browser(world, "focal_xaa")
    few = asked_for(world, client, f"/grants/{first}")
    named = act(world, "focal_xff", first, "readers", readers=[str(world.members["two_xff"].person)])
    assert named.status_code == 303
    many = asked_for(world, client, f"/grants/{first}")
    for table in ("document", "room", "appointment"):
        own = [sum(f"FROM {table}" in one for one in found) for found in (few, many)]
        assert own[1] - own[0] <= (table == "appointment"), (table, own)  # those of the reader who came


def test_what_somebody_sees_under_two_appointments_counts_once(world: World) -> None:
    """Of a State that reviews, which happens where it takes part only after it asked."""
    grant = granted(world, "reader_xff")
    with setting_up(world.portal) as (work, _):
        review = world.files["xaa"].review
        work.session.add(ReviewParty(id=uuid4(), review_id=review, state_code="XFF", part="reviewing", since=work.now))
    named = act(world, "focal_xff", grant, "readers", readers=[str(world.members["focal_xff"].person)])
    assert named.status_code == 303, named.text
    before = beyond(world, grant)
    assert before
    twice(world, "focal_xff")
    assert beyond(world, grant) == before


def beyond(world: World, grant: UUID) -> int:
    with world.request():
        seen = weigh_grant(world.portal, world.caller("focal_xaa"), grant, None).seen
    return sum(one.beyond for one in seen if one.person == world.members["focal_xff"].person)


def twice(world: World, who: str) -> None:
    """Appoint somebody once more to what they are."""
    with setting_up(world.portal) as (work, permit):
        now, new_id = work.people.appointment(world.members[who].appointment), uuid4()
        assert now
        basis = work.seal(permit, REGISTRY, Place("appointment", "basis", new_id), "{}")
        known = {"person_id": now.person_id, "role": now.role, "state_code": now.state_code}
        work.people.add(Appointment(id=new_id, basis=basis, starts_at=now.starts_at, created_at=work.now, **known))


def test_who_opened_what_is_asked_for_anew_by_itself_without_keeping_the_session_awake(world: World) -> None:
    grant = granted(world)
    pledged(world, grant)
    path, client = f"/grants/{grant}/openings", browser(world, "focal_xaa")
    asks = f'data-fresh="60" hx-get="{path}?fresh"'
    assert asks in client.get(path).text
    version = page(world, grant).given[0].version
    step = world.portal.settings.session_idle - timedelta(minutes=1)
    world.clock.forward(step)
    browser(world, "reader_xff").get(f"/granted/versions/{version}")
    looked = client.get(f"{path}?fresh", follow_redirects=False)
    assert (looked.status_code, "read a document under a grant" in looked.text) == (200, True)
    world.clock.forward(timedelta(minutes=1))
    assert client.get(f"{path}?fresh", follow_redirects=False).status_code == 303


def test_what_is_too_much_to_read_at_once_is_refused_and_not_cut(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    grant = granted(world)
    pledged(world, grant)
    path = f"/documents/{page(world, grant).given[0].document}/openings"
    monkeypatch.setattr(openings, "MOST_EVENTS", 1)
    answer = browser(world, "focal_xaa").get(path)
    assert (answer.status_code, "Choose a shorter one" in answer.text) == (422, True)


def test_the_openings_of_a_grant_are_paged_and_a_page_reads_no_more_when_there_is_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant = granted(world, mode="copies", real=True)
    pledged(world, grant)
    monkeypatch.setattr(grant_openings, "LINES", 2)
    monkeypatch.setattr(grant_openings, "BATCH", 2)
    copy, path = f"/granted/versions/{page(world, grant).given[0].version}/copy", f"/grants/{grant}/openings"
    client, costs, pages = browser(world, "focal_xaa"), list[int](), list[str]()
    for _ in range(3):
        for _ in range(2):
            assert browser(world, "reader_xff").get(copy).status_code == 200
        costs.append(len(asked_for(world, client, path)))
    assert costs[1] == costs[2]
    following: str | None = path
    while following:
        pages.append(client.get(following).text.split("<main")[1])
        found = re.search(rf'rel="next" href="({path}\?after=[^"]+)"', pages[-1])
        following = html.unescape(found[1]) if found else None
    assert [one.count("took a marked copy") for one in pages] == [2, 2, 2, 0]
    assert [one.count("complete") for one in pages] == [2, 2, 2, 0]  # how each ended, which was written after it
    assert (
        ["data-fresh" in one for one in pages] == ["Newest entries" not in one for one in pages] == [True, *[False] * 3]
    )
    assert "undertook to respect" in pages[3]


def test_after_many_looks_the_page_of_openings_leads_on_instead_of_saying_that_nothing_was_opened(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant = granted(world)
    pledged(world, grant)
    monkeypatch.setattr(grant_openings, "MOST", 3)
    client, path = browser(world, "focal_xaa"), f"/grants/{grant}/openings"
    for _ in range(4):
        found = client.get(path).text
    assert "Nothing was opened yet" not in found
    assert "Older entries" in found
    assert client.get(f"{path}?after=nonsense").status_code == 200
