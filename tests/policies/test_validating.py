"""Policies that are validated beside the start: what isn't sound stops it, in the same words."""

import os
import signal
from pathlib import Path

import pytest

from policies.engine import SCHEMA_FILE, Engine, PolicyError
from policies.validating import Validating
from tests.policies.test_engine import OWNER, SCHEMA, question


def laid(folder: Path, policy: str) -> Path:
    (folder / SCHEMA_FILE).write_text(SCHEMA)
    (folder / "things.cedar").write_text(policy)
    return folder


def test_the_engine_decides_as_one_that_was_loaded_at_once(tmp_path: Path) -> None:
    folder = laid(tmp_path, OWNER)
    early, usual = Validating(folder).engine(), Engine.load(folder)
    for asked in (question(), question(name="bob")):
        assert early.decide(asked) == usual.decide(asked)
    assert early.decide(question()).allowed


@pytest.mark.parametrize(
    ("policy", "complaint"),
    [(OWNER.replace("resource.owner", "resource.ownr"), "ownr"), (OWNER.replace("permit", "allow"), "things.cedar")],
)
def test_what_is_not_sound_stops_the_start_in_the_same_words(tmp_path: Path, policy: str, complaint: str) -> None:
    folder = laid(tmp_path, policy)
    with pytest.raises(PolicyError, match=complaint) as usual:
        Engine.load(folder)
    with pytest.raises(PolicyError) as early:
        Validating(folder).engine()
    assert str(early.value) == str(usual.value)


def test_what_was_validated_is_what_counts(tmp_path: Path) -> None:
    validating = Validating(laid(tmp_path, OWNER))
    (tmp_path / "things.cedar").write_text(OWNER.replace("==", "!="))
    assert validating.engine().decide(question()).allowed


def test_a_validation_that_is_killed_stops_the_start() -> None:
    validating = Validating()  # the portal's own policies: a third of a second
    os.kill(validating._process, signal.SIGKILL)
    with pytest.raises(PolicyError, match="broke off"):
        validating.engine()
