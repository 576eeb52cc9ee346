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


def _compared(
    engine: Engine, positions: Iterable[Who], things: Iterable[Thing], *, one_of: int = 1
) -> tuple[int, list[Case | str]]:
    """Return how many combinations were asked about, and some on which policies and oracle differ.

    `one_of`: of so many things one is drawn for each position, anew in each run.
    """
    count, wrong, everything = 0, list[Case | str](), list(things)
    draw, made = random.Random(SEED), batches(everything if one_of == 1 else ())
    for alike in groups(positions):
        if one_of > 1:
            made = batches(draw.sample(everything, len(everything) // one_of))
        for case in answers(engine, alike, made):
            count += 1
            if case.said != case.decision.allowed:
                wrong.append(case)
    return count, [f"seed {SEED}", *wrong[:3]] if wrong else []


def test_every_act_is_asked_about() -> None:
    assert set().union(*ACTS.values()) == set(Action)


# Every run: whoever nothing hinders, and everybody whom one thing does, on some things drawn anew each time. In a part
# of the positions of a file test_mutations.py asks about everything.
FREE = [who for who in people() if hindrances(who) == 0]
HINDERED = [who for who in people() if hindrances(who) == 1]
DRAWN_THINGS = 12
SEED = random.randrange(2**32)


def test_they_agree_on_the_registry(engine: Engine) -> None:
    count, wrong = _compared(engine, FREE, registry(("dialogue", "closed")), one_of=3)
    assert (wrong, count > 50_000) == ([], True)


def test_they_agree_on_reviews_and_rooms(engine: Engine) -> None:
    count, wrong = _compared(engine, FREE + HINDERED, reviews_and_rooms(), one_of=3)
    assert (wrong, count > 50_000) == ([], True)


def test_they_agree_on_breaches(engine: Engine) -> None:
    count, wrong = _compared(engine, FREE, breaches(), one_of=4)
    assert (wrong, count > 50_000) == ([], True)
    count, wrong = _compared(engine, HINDERED, breaches(), one_of=40)
    assert (wrong, count > 50_000) == ([], True)


def test_they_agree_on_manifests(engine: Engine) -> None:
    count, wrong = _compared(engine, FREE + HINDERED, manifests())
    assert (wrong, count > 10_000) == ([], True)


def test_they_agree_on_grants(engine: Engine) -> None:
    hindered = [who for who in HINDERED if who.role in {"focal_point", "reader", "confidentiality_officer"}]
    count, wrong = _compared(engine, FREE + hindered, grants(), one_of=2)
    assert (wrong, count > 20_000) == ([], True)


def test_they_agree_on_publications(engine: Engine) -> None:
    count, wrong = _compared(engine, FREE + HINDERED, publications(), one_of=3)
    assert (wrong, count > 10_000) == ([], True)


def test_they_agree_on_documents(engine: Engine) -> None:
    moments = [("dialogue", False), ("report", True), ("closed", False)]
    count, wrong = _compared(engine, FREE, documents(moments), one_of=3)
    assert (wrong, count > 50_000) == ([], True)


def test_they_agree_on_the_dialogue(engine: Engine) -> None:
    things = (*clarifications([OPEN, CLOSED], STANDS), *few_entries())
    count, wrong = _compared(engine, FREE, things)
    assert (wrong, count > 50_000) == ([], True)


def test_they_agree_on_things_drawn_from_all_for_everybody(engine: Engine) -> None:
    everything = [
        *registry(),
        *reviews_and_rooms(),
        *documents(),
        *clarifications(),
        *entries(),
        *breaches(),
        *grants(),
        *manifests(),
        *publications(),
    ]
    count, wrong = _compared(engine, people(), everything, one_of=len(everything) // DRAWN_THINGS)
    assert (wrong, count > 50_000) == ([], True)


@pytest.mark.slow
def test_they_agree_on_everything_in_every_position(engine: Engine) -> None:
    things = (*registry(), *reviews_and_rooms(), *documents(), *clarifications(), *entries(), *breaches(), *manifests())
    things += tuple(publications())
    count, wrong = _compared(engine, people(), things)
    assert (wrong, count > 10_000_000) == ([], True)
