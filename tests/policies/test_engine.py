"""The engine refuses policies that it can't vouch for, and says no whenever deciding fails."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from policies.engine import FOLDER, SCHEMA_FILE, Engine, EntityId, PolicyError, Question, formatted, main

SCHEMA = """
entity User = { name: String, age?: Long };
entity Thing = { owner: String };
action reading;
action look, read in [reading] appliesTo { principal: [User], resource: [Thing], context: { page?: Long } };
action drop appliesTo { principal: [User], resource: [Thing] };
"""
OWNER = '@id("things.owner") permit (principal, action, resource) when { resource.owner == principal.name };'
YOUNG = '@id("guardrails.young") forbid (principal, action in Action::"reading", resource) when { COND };'


def question(action: str = "look", *, name: str = "ann", resource: str = "Thing", **attributes: object) -> Question:
    entities = [
        {"uid": {"type": "User", "id": "u"}, "attrs": {"name": name, **attributes}, "parents": []},
        {"uid": {"type": "Thing", "id": "t"}, "attrs": {"owner": "ann"}, "parents": []},
    ]
    return Question(EntityId("User", "u"), action, EntityId(resource, "t"), json.dumps(entities))


def _engine(*policies: str) -> Engine:
    return Engine.parse({f"{number}.cedar": text for number, text in enumerate(policies)}, SCHEMA)


def test_no_policies_at_all_stop_the_start(tmp_path: Path) -> None:
    (tmp_path / SCHEMA_FILE).write_text(SCHEMA)
    with pytest.raises(PolicyError, match="no policies"):
        Engine.load(tmp_path)


def test_a_missing_schema_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "things.cedar").write_text(OWNER)
    with pytest.raises(PolicyError, match=SCHEMA_FILE):
        Engine.load(tmp_path)


@pytest.mark.parametrize(
    ("policies", "complaint"),
    [
        ((OWNER.replace('@id("things.owner") ', ""),), "no @id"),
        ((OWNER.replace('("things.owner")', ""),), "no @id"),
        ((OWNER.replace("things.owner", "Things Owner"),), "no @id"),
        ((OWNER, OWNER), "another policy"),
        ((OWNER + OWNER,), "another policy"),
        ((OWNER.replace("resource.owner", "resource.ownr"),), "ownr"),
        ((OWNER.replace("(principal, action", '(principal, action == Action::"loook"'),), "loook"),
        ((OWNER.replace("principal,", "principal == ?principal,", 1),), "slot"),
        ((OWNER.replace("permit", "allow"),), "0.cedar"),
    ],
)
def test_a_policy_that_can_not_be_vouched_for_stops_the_start(policies: tuple[str, ...], complaint: str) -> None:
    with pytest.raises(PolicyError, match=complaint):
        _engine(*policies)


def test_a_decision_cites_the_id_of_the_policy() -> None:
    decision = _engine(OWNER).decide(question())
    assert (decision.allowed, decision.policies) == (True, ("things.owner",))


def test_what_no_policy_permits_is_denied() -> None:
    decision = _engine(OWNER).decide(question(name="bob"))
    assert (decision.allowed, decision.policies, decision.failed) == (False, (), False)


def test_a_guardrail_on_a_group_holds_for_each_act_of_it_and_no_other() -> None:
    engine = _engine(OWNER, YOUNG.replace("COND", "principal.name == principal.name"))
    decisions = engine.decide_many([question(act) for act in ("look", "read", "drop")])
    assert [decision.policies for decision in decisions] == [
        ("guardrails.young",),
        ("guardrails.young",),
        ("things.owner",),
    ]


def test_a_guardrail_that_fails_denies_though_cedar_alone_would_allow() -> None:
    # overflow: the one kind of error that a validated policy can still make
    engine = _engine(OWNER, YOUNG.replace("COND", "principal has age && principal.age + 1 < 18"))
    decision = engine.decide(question(age=2**63 - 1))
    assert (decision.allowed, decision.failed) == (False, True)
    assert engine.decide(question(age=40)).allowed


@pytest.mark.parametrize(
    "question",
    [
        question("unheard"),
        question(resource="User"),
        question(resource="Nothing"),
        Question(EntityId("User", "u"), "look", EntityId("Thing", "t"), "[]"),
        Question(EntityId("User", "u"), "look", EntityId("Thing", "t"), "no entities"),
        Question(EntityId("User", "u"), "look", EntityId("Thing", "t"), question().entities, {"page": "one"}),
        Question(EntityId("User", "u"), "look", EntityId("Thing", "t"), question().entities, {"size": 1}),
        question(shoe="a word that the schema does not know"),
    ],
)
def test_a_question_that_does_not_fit_the_schema_is_denied(question: Question) -> None:
    engine = _engine('@id("things.all") permit (principal, action, resource) when { resource.owner == "ann" };')
    assert [engine.decide(question).allowed, engine.decide_many([question])[0].allowed] == [False, False]
    assert engine.decide(question).failed


def test_many_answers_come_in_the_order_of_the_questions() -> None:
    engine = _engine(OWNER)
    names = ["ann", "bob", "ann", "eve", "bob", "ann"]
    questions = [question(act, name=name) for name in names for act in ("look", "drop")]
    answers = [decision.allowed for decision in engine.decide_many(questions)]
    assert answers == [question.entities.count('"ann"') == 2 for question in questions]
    assert answers == [engine.decide(question).allowed for question in questions]


def test_no_questions_have_no_answers() -> None:
    assert _engine(OWNER).decide_many([]) == []


def test_our_policies_are_laid_out_and_named_after_their_file() -> None:
    assert main(["--check"]) == 0
    for path in FOLDER.glob("*.cedar"):
        ids = {line.split('"')[1] for line in path.read_text().splitlines() if line.startswith("@id")}
        assert {policy_id.split(".")[0] for policy_id in ids} == {path.stem}


def test_each_of_our_policies_says_where_it_comes_from() -> None:
    for path in FOLDER.glob("*.cedar"):
        lines = path.read_text().splitlines()
        for number, line in enumerate(lines):
            if line.startswith("@id"):
                assert lines[number - 1].startswith("// "), f"{path.name}:{number + 1} has no comment"


def test_a_file_that_is_not_laid_out_is_laid_out_alike_twice() -> None:
    once = formatted("// why\n" + OWNER)
    assert once != OWNER
    assert formatted(once) == once
    assert once.startswith("// why\n")


def test_the_check_runs_from_the_command_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "policies.engine", "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, "policies validate" in done.stdout) == (0, True)
