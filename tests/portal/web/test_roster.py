"""The roster (ToR 21): who describes whom, what a State's page shows, what is kept of a form that is refused."""

import pytest

from portal.domain.roles import Role
from storage.notes import Profile
from tests.cast import World, add_member
from tests.contents import objects
from tests.filing import press
from tests.noting import PROFILE, describe
from tests.web_client import browser


def profiles(world: World) -> list[Profile]:
    with world.portal.database.read() as session:
        return session.query(Profile).order_by(Profile.number).all()


def test_the_roster_says_who_is_appointed_and_what_they_know(world: World) -> None:
    assert describe(world).status_code == 303
    text = browser(world, "focal_xaa").get("/people/roster").text
    for said in ("Expert_Xaa Example", "Arandia", "Public prosecutor", "Has prosecuted since 2011", "Trafficking"):
        assert said in text
    assert "English, " in text
    assert "Dari" in text
    assert "1 of 20 places" in text
    assert "Xbb" not in text


@pytest.mark.parametrize(
    ("who", "query", "status"),
    [
        ("focal_xaa", "", 200),
        ("focal_xaa", "?state=XBB", 404),
        ("registrar", "?state=XAA", 200),
        ("registrar", "", 200),
        ("registrar", "?state=XZZ", 404),
        ("administrator", "?state=XAA", 403),
        ("officer", "?state=XAA", 404),
        ("expert_xaa", "", 404),
    ],
)
def test_a_roster_is_for_its_focal_point_and_the_registrar(world: World, who: str, query: str, status: int) -> None:
    assert browser(world, who).get(f"/people/roster{query}").status_code == status


def test_an_empty_roster_says_what_would_fill_it(world: World) -> None:
    text = browser(world, "registrar").get("/people/roster?state=XEE").text
    assert "Nobody is on the roster yet" in text
    assert "0 of 20 places" in text


@pytest.mark.parametrize(
    ("who", "whom", "status"),
    [
        ("focal_xaa", "expert_xaa", 303),
        ("registrar", "officer", 303),
        ("focal_xbb", "expert_xaa", 404),
        ("expert_xaa", "focal_xaa", 404),
        ("officer", "registrar", 404),
        ("registrar", "expert_xaa", 403),
        ("administrator", "officer", 403),
    ],
)
def test_people_are_described_by_whom_they_belong_to(world: World, who: str, whom: str, status: int) -> None:
    assert describe(world, who, whom).status_code == status
    assert bool(profiles(world)) == (status == 303)


def test_everybody_describes_themselves_on_their_own_account(world: World) -> None:
    add_member(world, "analyst", Role.ANALYST)
    for who in ("expert_xbb", "oversight", "translator"):
        answer = press(browser(world, who), "/account/profile", **PROFILE, seen="0")
        assert answer.status_code == 303, who
        assert "Public prosecutor" in browser(world, who).get("/account").text
    assert len(profiles(world)) == 3


def test_a_profile_is_a_history_of_which_the_newest_counts(world: World) -> None:
    assert describe(world).status_code == 303
    assert describe(world, seen="1", position="Judge").status_code == 303
    assert [row.number for row in profiles(world)] == [1, 2]
    text = browser(world, "focal_xaa").get("/people/roster").text
    assert "Judge" in text
    assert "Public prosecutor" not in text


def test_whoever_comes_second_sees_both_and_loses_nothing(world: World) -> None:
    assert describe(world).status_code == 303
    late = describe(world, seen="0", position="Judge")
    assert late.status_code == 422
    for said in ("changed this before you", 'value="Judge"', "Public prosecutor", 'name="seen" value="1"'):
        assert said in late.text
    assert len(profiles(world)) == 1


@pytest.mark.parametrize("path", ["/account/profile", "/people/{person}/profile"])
def test_what_is_refused_keeps_what_was_typed(world: World, path: str) -> None:
    who = "focal_xaa"
    wrong = {**PROFILE, "position": "a" * 201, "languages": "xx", "seen": "0"}
    answer = press(browser(world, who), path.format(person=world.members[who].person), **wrong)
    assert answer.status_code == 422
    for said in ("at most 200", "Choose languages of the list", "Has prosecuted since 2011.", 'value="Dari"'):
        assert said in answer.text
    assert not profiles(world)
    assert not objects(world)
