"""The policies and the oracle agree on every combination of person, thing and act."""

import random
from collections.abc import Iterable

import pytest

from policies.engine import Engine
from portal.access.actions import Action
from tests.policies.combinations import ACTS, Case, answers, batches, groups, hindrances, people
from tests.policies.positions import Thing, Who
from tests.policies.things import (
    CLOSED,
    OPEN,
    STANDS,
    breaches,
    clarifications,
    documents,
    entries,
    few_entries,
    grants,
    manifests,
    publications,
    registry,
    reviews_and_rooms,
)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine.load()


def _compared(engine: Engine, positions: Iterable[Who], things: Iterable[Thing]) -> tuple[int, list[Case]]:
    """Return how many combinations were asked about, and some on which policies and oracle differ."""
    count, wrong, made = 0, [], batches(things)
    for alike in groups(positions):
        for case in answers(engine, alike, made):
            count += 1
            if case.said != case.decision.allowed:
                wrong.append(case)
    return count, wrong[:3]


def test_every_act_is_asked_about() -> None:
    assert set().union(*ACTS.values()) == set(Action)


# Every run: whoever nothing hinders, on nearly everything; everybody, on some things drawn anew each time.
FREE = [who for who in people() if hindrances(who) == 0]
HINDERED = [who for who in people() if hindrances(who) == 1]
DRAWN_THINGS = 25


def test_they_agree_on_the_registry(engine: Engine) -> None:
    count, wrong = _compared(engine, FREE, registry(("dialogue", "closed")))
    assert (wrong, count > 50_000) == ([], True)


def test_they_agree_on_reviews_and_rooms(engine: Engine) -> None:
    count, wrong = _compared(engine, FREE + HINDERED, reviews_and_rooms())
    assert (wrong, count > 20_000) == ([], True)


def test_they_agree_on_breaches(engine: Engine) -> None:
    """Of the many places in a case, whoever something hinders is asked about every sixth."""
    count, wrong = _compared(engine, FREE, breaches())
    assert (wrong, count > 20_000) == ([], True)
    count, wrong = _compared(engine, HINDERED, list(breaches(("dialogue",)))[::6])
    assert (wrong, count > 20_000) == ([], True)


def test_they_agree_on_manifests(engine: Engine) -> None:
    count, wrong = _compared(engine, FREE + HINDERED, manifests())
    assert (wrong, count > 10_000) == ([], True)


def test_they_agree_on_grants(engine: Engine) -> None:
    hindered = [who for who in HINDERED if who.role in {"focal_point", "reader", "confidentiality_officer"}]
    count, wrong = _compared(engine, FREE + hindered, grants())
    assert (wrong, count > 20_000) == ([], True)


def test_they_agree_on_publications(engine: Engine) -> None:
    count, wrong = _compared(engine, FREE + HINDERED, publications())
    assert (wrong, count > 10_000) == ([], True)


def test_they_agree_on_documents(engine: Engine) -> None:
    count, wrong = _compared(engine, FREE, documents([("dialogue", False), ("report", True), ("closed", False)]))
    assert (wrong, count > 100_000) == ([], True)


def test_they_agree_on_the_dialogue(engine: Engine) -> None:
    things = (*clarifications([OPEN, CLOSED], STANDS), *few_entries())
    count, wrong = _compared(engine, FREE, things)
    assert (wrong, count > 50_000) == ([], True)


def test_they_agree_on_things_drawn_from_all_for_everybody(engine: Engine) -> None:
    seed = random.randrange(2**32)
    draw = random.Random(seed)
    everything = [
        *registry(),
        *reviews_and_rooms(),
        *documents(),
        *clarifications(),
        *entries(),
        *breaches(),
        *grants(),
    ]
    everything += [*manifests(), *publications()]
    for alike in groups(people()):
        made = batches(draw.sample(everything, DRAWN_THINGS))
        wrong = [case for case in answers(engine, alike, made) if case.said != case.decision.allowed]
        assert wrong[:3] == [], f"seed {seed}"


@pytest.mark.slow
def test_they_agree_on_everything_in_every_position(engine: Engine) -> None:
    things = (*registry(), *reviews_and_rooms(), *documents(), *clarifications(), *entries(), *breaches(), *manifests())
    things += tuple(publications())
    count, wrong = _compared(engine, people(), things)
    assert (wrong, count > 10_000_000) == ([], True)
