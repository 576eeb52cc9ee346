"""The policies and the oracle agree on every combination of person, thing and act."""

from collections.abc import Iterable

import pytest

from policies.engine import Engine
from portal.access.actions import Action
from tests.policies.combinations import (
    ACTS,
    Case,
    answers,
    documents,
    groups,
    people,
    registry,
    reviews_and_rooms,
    telling,
)
from tests.policies.oracle import Thing, Who


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine.load()


def _compared(engine: Engine, positions: Iterable[Who], things: Iterable[Thing]) -> tuple[int, list[Case]]:
    """Return how many combinations were asked about, and some on which policies and oracle differ."""
    count, wrong, listed = 0, [], list(things)
    for alike in groups(positions):
        for case in answers(engine, alike, listed):
            count += 1
            if case.said != case.decision.allowed:
                wrong.append(case)
    return count, wrong[:3]


def test_every_act_is_asked_about() -> None:
    assert set().union(*ACTS.values()) == set(Action)


def test_they_agree_on_the_registry(engine: Engine) -> None:
    positions = [who for who in people() if telling(who) and who.assigned != "other" and who.undertaken]
    count, wrong = _compared(engine, positions, registry(("dialogue", "closed")))
    assert (wrong, count > 100_000) == ([], True)


def test_they_agree_on_reviews_and_rooms(engine: Engine) -> None:
    count, wrong = _compared(engine, people(), reviews_and_rooms())
    assert (wrong, count > 100_000) == ([], True)


def test_they_agree_on_documents(engine: Engine) -> None:
    positions = [who for who in people() if telling(who)]
    count, wrong = _compared(engine, positions, documents([("dialogue", False), ("report", True), ("closed", False)]))
    assert (wrong, count > 500_000) == ([], True)


@pytest.mark.slow
def test_they_agree_on_documents_and_the_registry_at_every_step_and_in_every_position(engine: Engine) -> None:
    count, wrong = _compared(engine, people(), (*registry(), *documents()))
    assert (wrong, count > 10_000_000) == ([], True)
