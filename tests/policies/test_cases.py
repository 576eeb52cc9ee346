"""The cases beside the policies: each a sentence, with the answer and the policies that give it."""

import json
from typing import Any, Final

import pytest

from policies.engine import FOLDER, Engine
from portal.access.actions import Action
from portal.access.entities import DocumentFacts, EntryFacts
from portal.access.questions import Ask, question
from portal.domain.reviews import RoomKind
from tests.policies import combinations, oracle
from tests.policies.positions import Thing, Who

FILES: Final = sorted((FOLDER / "cases").glob("*.json"))
CASES: Final = {name: case for path in FILES for name, case in json.loads(path.read_text()).items()}
_VERSIONED: Final = {"viewDocument", "downloadVersion", "deliverTranslation"}


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine.load()


def _read(case: dict[str, Any]) -> tuple[Who, Thing, str]:
    on = {**case["on"], **{roles: frozenset(case["on"].get(roles, [])) for roles in ("others", "held", "answered")}}
    on |= {"waits": frozenset(on["waits"])} if "waits" in on else {}
    return Who(**case["who"]), Thing(**on), case.get("target", "")


@pytest.mark.parametrize("name", CASES)
def test_the_policies_decide_as_the_sentence_says(engine: Engine, name: str) -> None:
    case = CASES[name]
    who, thing, target = _read(case)
    on = combinations.facts(thing, 1)
    version = combinations.VERSION if case["act"] in _VERSIONED else None
    sent = [on.id] if isinstance(on, DocumentFacts) else [combinations.A_DOCUMENT]
    texts = [on.id] if isinstance(on, EntryFacts) else [combinations.AN_ENTRY]
    ask = Ask(Action(case["act"]), on, version=version, target=RoomKind(target) if target else None)
    decision = engine.decide(question(combinations.actor(who, sent, texts), ask))
    assert (decision.allowed, list(decision.policies), decision.failed) == (case["allowed"], case["by"], False)


@pytest.mark.parametrize("name", CASES)
def test_the_oracle_says_the_same(name: str) -> None:
    case = CASES[name]
    who, thing, target = _read(case)
    version = "this" if case["act"] in _VERSIONED else ""
    assert oracle.allowed(who, case["act"], thing, version=version, target=target) == case["allowed"]


def test_every_policy_decides_a_case(engine: Engine) -> None:
    assert engine.ids - {policy for case in CASES.values() for policy in case["by"]} == set()


def test_a_file_of_cases_stands_beside_each_file_of_policies() -> None:
    assert {path.stem for path in FILES} == {path.stem for path in FOLDER.glob("*.cedar")}
