"""The one file that knows Cedar: parses the policies once, then answers questions about them.

Rules it enforces itself, whatever the policies say:

1. Every policy carries an `@id` of the form `<noun>.<who-or-why>`; a missing or repeated one stops the start.
2. Every policy validates against `portal.cedarschema`; one that doesn't stops the start.
3. What no policy permits is denied.
4. An error while deciding means denied: Cedar alone would drop a `forbid` whose condition fails.
5. A question that doesn't fit the schema (a wrong kind of thing, a missing attribute) is denied.
"""

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import cedarpy

FOLDER: Final = Path(__file__).parent
SCHEMA_FILE: Final = "portal.cedarschema"
LINE_WIDTH: Final = 100
_ID = re.compile(r"[a-z]+\.[a-z0-9]+(-[a-z0-9]+)*")


class PolicyError(Exception):
    """The policies can't be used: one doesn't parse, doesn't validate or has no id of its own."""


@dataclass(frozen=True, slots=True)
class EntityId:
    """Names an entity: its type in the schema and its id."""

    type: str
    id: str


@dataclass(frozen=True, slots=True)
class Question:
    """May this principal do this to that? `entities` is a JSON list that describes both."""

    principal: EntityId
    action: str
    resource: EntityId
    entities: str
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer: the ids of the policies that decided, and whether deciding itself failed (then: no)."""

    allowed: bool
    policies: tuple[str, ...]
    failed: bool = False


_FAILED: Final = Decision(allowed=False, policies=(), failed=True)


class Engine:
    """The parsed policies; what it makes later says nothing else than they do, so one serves all threads."""

    def __init__(
        self, policies: Iterable[tuple[str, Mapping[str, Any]]], schema_text: str, schema: cedarpy.Schema
    ) -> None:
        self._schema = schema
        # Cedar looks at every policy of a set, at a microsecond each, so each act has a set of its own, made when it is
        # first asked about: that takes two milliseconds, and of all at once a quarter of a start
        words = Counter(re.findall(r"\w+", schema_text))
        self._policies: dict[str, str] = {}  # each as a text: objects take twelve times the memory
        self._only_for: dict[str, frozenset[str] | None] = {}
        for policy_id, policy in policies:
            self._policies[policy_id] = json.dumps(policy)
            self._only_for[policy_id] = _only_for(policy, words)
        self.ids: Final = frozenset(self._policies)
        self._actions = frozenset[str]().union(*(named for named in self._only_for.values() if named is not None))
        self._sets: dict[str, cedarpy.PolicySet] = {}
        self._set_for("")

    @classmethod
    def load(cls, folder: Path | None = None) -> Self:
        """Parse every policy file of a folder, by default the one that this file stands in.

        Raises:
            PolicyError: A file is missing or can't be used; the message says which and why.

        """
        return cls.parse(*read(folder or FOLDER))

    @classmethod
    def parse(cls, texts: Mapping[str, str], schema_text: str, *, validated: bool = False) -> Self:
        """Parse policies given as text, by file name; whether they fit the schema isn't asked again if it is known.

        Raises:
            PolicyError: A text can't be used; the message says which and why.

        """
        if not texts:
            raise PolicyError("there are no policies")
        try:
            schema = cedarpy.Schema.from_str(schema_text)
        except ValueError as error:
            raise PolicyError(f"{SCHEMA_FILE}: {error}") from error
        return cls(_read_each(texts, None if validated else schema), schema_text, schema)

    def decide(self, question: Question) -> Decision:
        """Answer one question."""
        return self._decide_alike(question.action, [question], question.entities)[0]

    def decide_many(self, questions: Sequence[Question]) -> list[Decision]:
        """Answer many questions, in their order; entities that several questions share are parsed once."""
        groups: dict[tuple[str, str], list[int]] = {}
        for place, question in enumerate(questions):
            groups.setdefault((question.entities, question.action), []).append(place)
        handles: dict[str, cedarpy.Entities | None] = {}
        answers = [_FAILED] * len(questions)
        for (entities, action), places in groups.items():
            if entities not in handles:
                handles[entities] = self._parsed(entities)
            handle = handles[entities]
            if handle is not None:
                decisions = self._decide_alike(action, [questions[place] for place in places], handle)
                for place, decision in zip(places, decisions, strict=True):
                    answers[place] = decision
        return answers

    def _set_for(self, action: str) -> cedarpy.PolicySet:
        """Give the policies that may decide on an act; those that may on any, if it is empty."""
        found = self._sets.get(action)
        if found is None:
            ids = (i for i, named in self._only_for.items() if named is None or action in named)
            found = self._sets[action] = _policy_set(f"{json.dumps(i)}: {self._policies[i]}" for i in ids)
        return found

    def _parsed(self, entities: str) -> cedarpy.Entities | None:
        try:
            return cedarpy.Entities.from_json_str(entities, self._schema)
        except ValueError:
            return None

    def _decide_alike(
        self, action: str, questions: Sequence[Question], entities: str | cedarpy.Entities
    ) -> list[Decision]:
        requests = [_request(question) for question in questions]
        try:
            policies = self._set_for(action if action in self._actions else "")
            # without the schema, groups of acts would be unknown and the guardrails on them silent
            results = cedarpy.is_authorized_batch(requests, policies, entities, self._schema)
        except (ValueError, TypeError, RuntimeError):
            return [_FAILED] * len(questions)
        return [_decision(result) for result in results]


def read(folder: Path) -> tuple[dict[str, str], str]:
    """Read the policies' texts by file name, and the schema's.

    Raises:
        PolicyError: There is no schema.

    """
    texts = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.cedar"))}
    try:
        return texts, (folder / SCHEMA_FILE).read_text(encoding="utf-8")
    except OSError as error:
        raise PolicyError(f"{SCHEMA_FILE} can't be read: {error}") from error


def _only_for(policy: Mapping[str, Any], schema_words: Mapping[str, int]) -> frozenset[str] | None:
    """Return the acts that the policy's scope names one by one; None: it may decide on any act.

    A name that occurs more than once in the schema may be a group of acts: then None, which is always right.
    """
    scope = policy["action"]
    named = frozenset(entity["id"] for entity in scope.get("entities", [scope.get("entity")]) if entity)
    single = scope["op"] == "==" or all(schema_words[name] == 1 for name in named)
    return named if named and single else None


def _policy_set(members: Iterable[str]) -> cedarpy.PolicySet:
    """Make a set of members of a JSON object, each an id and its policy."""
    return cedarpy.PolicySet.from_json_str(
        f'{{"staticPolicies": {{{", ".join(members)}}}, "templates": {{}}, "templateLinks": []}}'
    )


def _request(question: Question) -> dict[str, Any]:
    return {
        "principal": {"type": question.principal.type, "id": question.principal.id},
        "action": {"type": "Action", "id": question.action},
        "resource": {"type": question.resource.type, "id": question.resource.id},
        "context": dict(question.context),
    }


def _decision(result: cedarpy.AuthzResult) -> Decision:
    if result.diagnostics.errors or result.decision is cedarpy.Decision.NoDecision:
        return _FAILED
    return Decision(allowed=result.allowed, policies=tuple(sorted(result.diagnostics.reasons)))


def _read_each(texts: Mapping[str, str], schema: cedarpy.Schema | None) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Read file after file, so that never all are objects at once; validate them if there is a schema."""
    seen = set[str]()
    for name, text in texts.items():
        named = _named(name, text)
        if twice := sorted(seen & named.keys()):
            raise PolicyError(f'{name}: there is another policy with @id("{twice[0]}")')
        seen |= named.keys()
        if schema is not None:
            _validate(name, text, schema)
        yield from named.items()


def _named(name: str, text: str) -> dict[str, Any]:
    """Return the policies of one file in Cedar's JSON, under their own ids."""
    try:
        parsed = json.loads(cedarpy.policies_to_json_str(text))
    except ValueError as error:
        raise PolicyError(f"{name}: {error}") from error
    if parsed["templates"]:
        raise PolicyError(f"{name}: a policy with a slot would never decide anything")
    named: dict[str, Any] = {}
    for policy in parsed["staticPolicies"].values():
        policy_id = policy.get("annotations", {}).get("id")
        if not policy_id or not _ID.fullmatch(policy_id):
            raise PolicyError(f'{name}: a policy has no @id of the form "noun.who-or-why" ({policy_id!r})')
        if policy_id in named:
            raise PolicyError(f'{name}: there is another policy with @id("{policy_id}")')
        named[policy_id] = policy
    return named


def _validate(name: str, text: str, schema: cedarpy.Schema) -> None:
    result = cedarpy.validate_policies(text, schema)
    if not result.validation_passed:
        raise PolicyError(f"{name}: " + "; ".join(str(error) for error in result.errors))


def formatted(text: str) -> str:
    """Lay a policy file out as Cedar does; comments stay."""
    return cedarpy.format_policies(text, line_width=LINE_WIDTH)


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the policies (or lay them out) and return the exit status: 0 when all is well, else 1."""
    parser = argparse.ArgumentParser(prog="python -m policies.engine", description=main.__doc__)
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--check", action="store_true", help="validate ids, schema and layout")
    mode.add_argument("--format", action="store_true", help="write every file in Cedar's layout")
    chosen = parser.parse_args(arguments)
    try:
        engine = Engine.load()
    except PolicyError as error:
        sys.stderr.write(f"policies: {error}\n")
        return 1
    untidy = [path for path in sorted(FOLDER.glob("*.cedar")) if path.read_text() != formatted(path.read_text())]
    for path in untidy:
        if chosen.format:
            path.write_text(formatted(path.read_text()), encoding="utf-8")
        else:
            sys.stderr.write(f"policies/{path.name}: run python -m policies.engine --format\n")
    sys.stdout.write(f"{len(engine.ids)} policies validate\n")
    return 1 if untidy and chosen.check else 0


if __name__ == "__main__":
    sys.exit(main())
