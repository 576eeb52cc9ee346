"""Every decision can be told in words."""

from policies.engine import Engine
from portal.access.reasons import NO_POLICY, REASONS, reasons


def test_every_policy_has_a_sentence_and_every_sentence_a_policy() -> None:
    assert set(REASONS) == Engine.load().ids


def test_a_sentence_ends_and_names_no_policy() -> None:
    assert [text for text in REASONS.values() if not text.endswith(".") or "_" in text] == []


def test_equal_sentences_are_told_once_and_none_is_told_as_such() -> None:
    assert reasons(["translations.list-officer", "documents.upload-officer"]) == [REASONS["documents.upload-officer"]]
    assert reasons([]) == [NO_POLICY]


def test_a_policy_of_an_earlier_day_is_told_by_its_id() -> None:
    assert reasons(["documents.long-gone"]) == ["documents.long-gone"]
