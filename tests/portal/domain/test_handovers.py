"""Who can succeed whom: by ToR 17, 21-23 and GL 13 appointed alike, and by the decisions where these are silent."""

from dataclasses import replace
from uuid import uuid4

import pytest

from portal.domain.appointments import Standing
from portal.domain.handovers import CHOOSE, HANDED_OVER, NOT_RUNNING, Post, can_succeed, refuse_hand_over
from portal.domain.ids import PersonId
from portal.domain.problems import Problem, RefusedError
from portal.domain.roles import STATE_ROLES, Role


def post(role: Role = Role.EXPERT, state: str | None = "XAA", standing: Standing = Standing.RUNNING) -> Post:
    return Post(uuid4(), PersonId(uuid4()), role, state, standing)


def refused(leaver: Post, successor: Post | None) -> tuple[Problem, ...]:
    with pytest.raises(RefusedError) as found:
        refuse_hand_over(leaver, successor)
    return found.value.problems


@pytest.mark.parametrize("standing", [Standing.RUNNING, Standing.COMING])
def test_somebody_of_the_state_in_the_same_role_succeeds_who_runs_or_is_about_to(standing: Standing) -> None:
    leaver, successor = post(), post(standing=standing)
    assert can_succeed(leaver, successor)
    refuse_hand_over(leaver, successor)


@pytest.mark.parametrize("standing", [Standing.WAITING, Standing.ENDED])
def test_who_waits_for_a_confirmation_or_has_left_does_not(standing: Standing) -> None:
    assert refused(post(), post(standing=standing)) == (CHOOSE,)


def test_nobody_of_another_state_or_in_another_role_succeeds() -> None:
    assert refused(post(), post(state="XBB")) == (CHOOSE,)
    assert refused(post(), post(role=Role.OBSERVER)) == (CHOOSE,)
    assert refused(post(), post(role=Role.OFFICER, state=None)) == (CHOOSE,)
    assert refused(post(), None) == (CHOOSE,)


def test_nobody_succeeds_themselves_or_while_suspended() -> None:
    leaver = post()
    assert refused(leaver, replace(post(), person=leaver.person)) == (CHOOSE,)
    assert refused(leaver, replace(post(), suspended=True)) == (CHOOSE,)


@pytest.mark.parametrize("standing", [Standing.WAITING, Standing.COMING, Standing.ENDED])
def test_what_does_not_run_is_not_handed_over(standing: Standing) -> None:
    assert refused(post(standing=standing), post()) == (NOT_RUNNING,)


@pytest.mark.parametrize("role", Role)
def test_the_roles_that_work_on_files_are_handed_over_and_no_others(role: Role) -> None:
    state = "XAA" if role in STATE_ROLES else None
    assert can_succeed(post(role, state), post(role, state)) == (role in HANDED_OVER)
