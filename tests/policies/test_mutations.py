"""A policy that is lost, or loses its conditions, is noticed by the oracle: no policy is there for nothing."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import islice
from typing import Any, Final

import cedarpy
import pytest

from policies.engine import FOLDER, SCHEMA_FILE, Engine, _named, _only_for
from tests.policies.combinations import Case, answers, batches, groups, hindrances, people
from tests.policies.things import (
    HELP,
    OTHERS,
    STANDS,
    breaches,
    clarifications,
    documents,
    entries,
    grants,
    manifests,
    publications,
    registry,
    reviews_and_rooms,
)

_FIRST: Final = 8  # cases asked again at once, then twice as many, and so on: most often one of the first notices


@pytest.fixture(scope="module")
def policies() -> dict[str, Any]:
    named: dict[str, Any] = {}
    for path in sorted(FOLDER.glob("*.cedar")):
        named |= _named(path.name, path.read_text())
    return named


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    engine = Engine.load()
    free = groups(who for who in people() if hindrances(who) == 0)
    hindered = groups(who for who in people() if hindrances(who) == 1)
    few_documents = [
        thing
        for thing in documents([HELP])
        if thing.owner != "XCC" and thing.room_state != "XCC" and (not thing.withdrawn or thing.stage != "submitted")
    ]
    few_texts = [
        thing
        for thing in (*clarifications([HELP], STANDS), *entries([HELP], ("draft", "submitted", "circulated")))
        if thing.owner != "XCC" and thing.room_state in {None, "XAA"} and thing.room != "secretariat"
    ]
    few_reviews = reviews_and_rooms(("preparation", "dialogue", "report", "closed"))
    few = [*few_documents, *few_texts, *breaches(("dialogue",)), *manifests(("report", "closed")), *publications()]
    few += grants()
    things = [*registry(("dialogue",), OTHERS[:3]), *few_reviews, *few]
    few_kinds = {"portal", "review", "room", "issuer"}
    few_things = batches(thing for thing in things if thing.kind in few_kinds and thing.step == "dialogue")
    all_things = batches(things)
    found = [case for alike in free for case in answers(engine, alike, all_things)]
    found += [case for alike in hindered for case in answers(engine, alike, few_things)]
    machines = groups(who for who in people() if who.role == "machine")
    by_machines = batches([*publications(), *manifests(("closed",)), few_documents[0]])
    return found + [case for alike in machines for case in answers(engine, alike, by_machines)]


@cache
def _acts(scope: str) -> frozenset[str] | None:
    """Name the acts that a policy may decide on, from its scope as JSON; None: any."""
    words = Counter(re.findall(r"\w+", (FOLDER / SCHEMA_FILE).read_text()))
    return _only_for({"action": json.loads(scope)}, words)


def _engine(policies: Mapping[str, Any], changed: Mapping[str, Any]) -> Engine:
    """Make an engine of the policies that may decide on the acts of the changed one."""
    acts = _acts(json.dumps(changed["action"]))
    named = {policy_id: _acts(json.dumps(policy["action"])) for policy_id, policy in policies.items()}
    some = {i: policies[i] for i, names in named.items() if acts is None or names is None or names & acts}
    return Engine(some.items(), *_schema())


@cache
def _schema() -> tuple[str, cedarpy.Schema]:
    text = (FOLDER / SCHEMA_FILE).read_text()
    return text, cedarpy.Schema.from_str(text)


def _noticed(engine: Engine, cases: Iterable[Case]) -> bool:
    left, many = iter(cases), _FIRST
    while step := list(islice(left, many)):
        many *= 2
        decisions = engine.decide_many([case.question for case in step])
        if any(case.said != decision.allowed for case, decision in zip(step, decisions, strict=True)):
            return True
    return False


def test_the_oracle_notices_each_policy_that_is_lost(policies: dict[str, Any], cases: list[Case]) -> None:
    """Whoever nothing hinders is asked about all of these in every run; test_oracle.py draws from more."""
    wrong = [case for case in cases if case.said != case.decision.allowed]
    assert (wrong[:3], len(cases) > 500_000) == ([], True)
    alone: dict[tuple[str, ...], list[Case]] = {}
    for case in cases:
        alone.setdefault(case.decision.policies, []).append(case)
    unnoticed = []
    for policy_id, lost in policies.items():
        without = _engine({other: policy for other, policy in policies.items() if other != policy_id}, lost)
        if not _noticed(without, alone.get((policy_id,), [])):
            unnoticed.append(policy_id)
    assert unnoticed == []


@pytest.mark.slow
def test_the_oracle_notices_each_permit_that_loses_its_conditions(policies: dict[str, Any], cases: list[Case]) -> None:
    refused: dict[str, list[Case]] = {}
    for case in cases:
        if case.decision.policies == () and not case.decision.failed:
            refused.setdefault(case.action.value, []).append(case)
    unnoticed = []
    for policy_id, policy in policies.items():
        if policy["effect"] == "permit" and policy["conditions"]:
            acts = [act for act in refused if json.dumps(act) in json.dumps(policy["action"])]
            wider = _engine({**policies, policy_id: {**policy, "conditions": []}}, policy)
            if not _noticed(wider, (case for act in acts for case in refused[act])):
                unnoticed.append(policy_id)
    assert unnoticed == []
