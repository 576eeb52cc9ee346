"""What would they see, under grants: the page says what happens when they ask, to those alone who know of the grant."""

import re
from datetime import timedelta
from uuid import UUID

import pytest

from portal.access.lenses import Moment
from portal.domain.ids import PersonId, StateCode
from portal.domain.roles import Role
from portal.usecases import viewas
from portal.usecases.viewas import Plan, ViewAs
from tests.breaches import stays_signed_in
from tests.cast import World, add_member
from tests.granting import act, ahead, granted, pledged
from tests.web_client import browser


@pytest.fixture(autouse=True)
def patience(world: World) -> None:
    stays_signed_in(world)


def look(world: World, who: str, at: str, plan: Plan | None = None) -> ViewAs:
    with world.request():
        person = PersonId(world.members[at].person)
        return viewas.view_person_as(world.portal, world.caller(who), person, plan or Plan())


def look_at_state(world: World, who: str, code: str) -> ViewAs:
    with world.request():
        return viewas.view_state_as(world.portal, world.caller(who), StateCode(code), Plan())


def told(found: ViewAs) -> list[tuple[bool, bool | None]]:
    """Say what the first column tells of the versions of the first grant, one for each."""
    return [(line.cells[0].opens, line.cells[0].downloads) for line in found.grants[0].lines for _ in range(line.count)]


def opens(world: World, grant: UUID, who: str) -> list[tuple[bool, bool]]:
    """Ask as they do: what they can look at and take."""
    client = browser(world, who)
    listed = client.get(f"/granted/{grant}").text
    found = []
    for version in sorted(set(re.findall(r"/granted/versions/([0-9a-f-]{36})", listed))):
        seen = client.get(f"/granted/versions/{version}").status_code
        taken = client.get(f"/granted/versions/{version}/copy").status_code
        found.append((seen == 200, taken not in {403, 404}))
    return found


def test_a_reader_sees_what_the_page_says_before_and_after_the_undertaking(world: World) -> None:
    grant = granted(world, real=True, mode="copies")
    before = look(world, "focal_xff", "reader_xff")
    assert told(before) == [(False, False)] * 2
    assert any("undert" in sentence for rule in before.rules for sentence in rule)
    pledged(world, grant)
    after = look(world, "focal_xff", "reader_xff")
    assert told(after) == [(True, True)] * 2
    assert opens(world, grant, "reader_xff") == [(True, True)] * 2
    seen = browser(world, "focal_xff").get(f"/people/{world.members['reader_xff'].person}/view-as").text
    assert "Grant: report of" in seen
    assert f"/grants/{grant}" in seen


def test_who_may_only_look_is_said_to_take_nothing(world: World) -> None:
    grant = granted(world, real=True)
    pledged(world, grant)
    assert told(look(world, "focal_xff", "reader_xff")) == [(True, False)] * 2


def test_somebody_whom_the_grant_does_not_name_is_said_to_read_nothing(world: World) -> None:
    granted(world)
    add_member(world, "other_xff", Role.READER, "XFF")
    assert told(look(world, "focal_xff", "other_xff")) == [(False, False)] * 2


def test_what_is_planned_counts_the_undertaking_as_given_and_names_nobody_as_a_reader(world: World) -> None:
    granted(world)
    add_member(world, "expert_xff", Role.EXPERT, "XFF")
    for name, wanted in (("reader_xff", True), ("expert_xff", False)):
        found = look(world, "focal_xff", name, Plan(role=Role.OBSERVER))
        at = [column.moment for column in found.columns].index(Moment.AFTER)
        assert {line.cells[at].opens for line in found.grants[0].lines} == {wanted}, name


def test_only_the_focal_points_of_both_states_are_shown_a_grant(world: World) -> None:
    grant = granted(world)
    assert [one.id for one in look_at_state(world, "focal_xaa", "XFF").grants] == [grant]
    assert [one.readers for one in look_at_state(world, "focal_xff", "XFF").grants] == [1]
    for who in ("focal_xbb", "focal_xdd"):
        assert look_at_state(world, who, "XFF").grants == ()
    assert look(world, "officer", "focal_xaa").grants == ()
    assert look_at_state(world, "focal_xaa", "XBB").grants == ()
    assert look(world, "focal_xaa", "expert_xaa").grants == ()


def test_a_grant_that_does_not_run_is_not_shown(world: World) -> None:
    grant = granted(world)
    assert act(world, "focal_xaa", grant, "revoke", revoke_reason="It is out of date by now.").status_code == 303
    assert look_at_state(world, "focal_xaa", "XFF").grants == ()


def test_a_grant_whose_time_is_over_is_not_shown(world: World) -> None:
    granted(world, last=ahead(world, 1))
    assert len(look_at_state(world, "focal_xff", "XFF").grants) == 1
    world.clock.forward(timedelta(days=3))
    assert look_at_state(world, "focal_xff", "XFF").grants == ()
