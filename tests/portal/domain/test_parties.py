"""Who may review whom: each rule with its paragraph of the terms of reference."""

import pytest

from portal.domain.ids import StateCode
from portal.domain.instruments import Instrument, Participation
from portal.domain.parties import (
    Lists,
    Parties,
    change_reason,
    instruments_of,
    judge_change,
    judge_expert,
    judge_parties,
)
from portal.domain.problems import RefusedError, Verdict
from portal.domain.states import RegionalGroup

A, B, C, D, E, F, G = (StateCode(f"XA{letter}") for letter in "ABCDEFG")
GROUPS = {
    A: RegionalGroup.AFRICAN,
    B: RegionalGroup.AFRICAN,
    C: RegionalGroup.ASIA_PACIFIC,
    D: RegionalGroup.ASIA_PACIFIC,
    E: None,
}
PARTY, SIGNATORY = Participation.PARTY, Participation.SIGNATORY
ALL_PARTIES: Lists = {instrument: dict.fromkeys((A, B, C, D, E, F, G), PARTY) for instrument in Instrument}


def judged(
    proposed: Parties,
    *others: Parties,
    lists: Lists = ALL_PARTIES,
    groups: dict[StateCode, RegionalGroup | None] = GROUPS,
) -> Verdict:
    return judge_parties(proposed, others, lists, groups)


def codes(verdict: Verdict) -> tuple[list[str], list[str]]:
    return [problem.code for problem in verdict.refusals], [problem.code for problem in verdict.warnings]


def without(instrument: Instrument, *states: StateCode) -> Lists:
    lists = {key: dict(value) for key, value in ALL_PARTIES.items()}
    for state in states:
        del lists[instrument][state]
    return lists


def test_a_review_by_two_other_parties_one_of_the_region_is_accepted() -> None:
    assert judged(Parties(A, (B, C))) == Verdict()


@pytest.mark.parametrize(
    ("proposed", "code"),
    [
        (Parties(A, (A, B)), "reviews-itself"),
        (Parties(A, (B, B)), "reviewing-twice"),
        (Parties(A, (B,)), "reviewing-count"),
        (Parties(A, (B, C, D)), "reviewing-count"),
        (Parties(A, ()), "reviewing-count"),
    ],
)
def test_two_other_states_review_a_state_tor_18(proposed: Parties, code: str) -> None:
    assert code in codes(judged(proposed))[0]


def test_a_state_is_reviewed_once_a_cycle_tor_13() -> None:
    assert codes(judged(Parties(A, (B, C)), Parties(A, (D, E)))) == (["reviewed-already"], [])


def test_states_do_not_review_each_other_in_a_cycle_tor_19() -> None:
    verdict = judged(Parties(A, (B, C)), Parties(C, (D, A)))
    assert codes(verdict) == (["mutual-review"], [])
    assert verdict.refusals[0].words().startswith("XAA reviews XAC in this cycle, so XAC can’t review XAA")


def test_one_state_may_review_the_other_as_long_as_it_is_not_mutual_tor_19() -> None:
    assert judged(Parties(A, (B, C)), Parties(B, (C, D)), Parties(D, (A, C))) == Verdict()


def test_a_state_reviews_at_most_three_others_tor_20() -> None:
    others = (Parties(D, (C, E)), Parties(E, (C, F)), Parties(F, (G, C)))
    assert judged(Parties(A, (B, C)), *others[:2]) == Verdict()
    assert codes(judged(Parties(A, (B, C)), *others)) == (["reviews-enough"], [])


@pytest.mark.parametrize("protocol", [Instrument.TRAFFICKING, Instrument.SMUGGLING, Instrument.FIREARMS])
def test_a_reviewing_state_is_party_to_every_protocol_of_the_reviewed_one_tor_18_bis(
    protocol: Instrument,
) -> None:
    verdict = judged(Parties(A, (B, C)), lists=without(protocol, C))
    assert codes(verdict) == (["reviewer-not-party-to-protocol"], [])
    assert "paragraph 18 bis" in verdict.refusals[0].words()


def test_a_reviewing_state_may_be_party_to_more_protocols_tor_18_bis() -> None:
    assert judged(Parties(A, (B, C)), lists=without(Instrument.FIREARMS, A)) == Verdict()


def test_a_signature_of_a_protocol_does_not_make_a_reviewing_state_party_tor_18_bis() -> None:
    lists = {key: dict(value) for key, value in ALL_PARTIES.items()}
    lists[Instrument.SMUGGLING][C] = SIGNATORY
    assert codes(judged(Parties(A, (B, C)), lists=lists))[0] == ["reviewer-not-party-to-protocol"]


def test_without_any_list_the_protocol_rule_is_a_warning_in_words_tor_18_bis() -> None:
    verdict = judged(Parties(A, (B, C)), lists={})
    assert codes(verdict) == ([], ["parties-not-known"])
    assert "doesn’t know which States are party" in verdict.warnings[0].words()


def test_an_instrument_without_a_list_is_not_known_and_the_others_still_hold_tor_18_bis() -> None:
    lists = dict(without(Instrument.SMUGGLING, C))
    del lists[Instrument.FIREARMS]
    assert codes(judged(Parties(A, (B, C)), lists=lists)) == (
        ["reviewer-not-party-to-protocol"],
        ["instrument-not-known"],
    )


def test_one_of_the_two_is_of_the_region_or_the_registrar_is_warned_tor_19() -> None:
    assert codes(judged(Parties(A, (C, D)))) == ([], ["region-differs"])


def test_a_missing_group_is_said_and_not_guessed_tor_19() -> None:
    assert codes(judged(Parties(A, (C, E)))) == ([], ["region-not-known"])
    assert codes(judged(Parties(E, (A, B)))) == ([], ["region-not-known"])
    assert codes(judged(Parties(A, (B, E)))) == ([], [])
    assert codes(judged(Parties(E, (F, A)))) == ([], ["region-not-known"])


def test_a_signatory_is_reviewed_for_the_convention_only_tor_57() -> None:
    lists = {key: dict(value) for key, value in ALL_PARTIES.items()}
    lists[Instrument.CONVENTION][A] = SIGNATORY
    del lists[Instrument.SMUGGLING][C]
    assert codes(judged(Parties(A, (B, C)), lists=lists)) == ([], ["signatory-under-review"])
    assert instruments_of(A, lists) == {Instrument.CONVENTION}
    assert instruments_of(B, lists) == set(Instrument)
    assert instruments_of(C, lists) == set(Instrument) - {Instrument.SMUGGLING}


def test_a_signatory_does_not_review_tor_18_57() -> None:
    lists = {key: dict(value) for key, value in ALL_PARTIES.items()}
    lists[Instrument.CONVENTION][B] = SIGNATORY
    assert codes(judged(Parties(A, (B, C)), lists=lists)) == (["reviewer-not-party"], [])


def test_a_state_that_takes_no_part_is_not_reviewed_tor_57() -> None:
    lists = {Instrument.CONVENTION: {B: PARTY, C: PARTY}}
    assert codes(judged(Parties(A, (B, C)), lists=lists))[0] == ["takes-no-part"]


def test_a_state_appoints_at_most_twenty_experts_tor_21() -> None:
    assert judge_expert(A, 19) == Verdict()
    verdict = judge_expert(A, 20)
    assert codes(verdict) == (["experts-full"], [])
    assert "at most 20" in verdict.refusals[0].words()
    assert "paragraph 21" in verdict.refusals[0].words()


def test_a_problem_speaks_the_readers_language_and_names_the_states() -> None:
    (problem,) = judged(Parties(A, (B, C)), lists=without(Instrument.SMUGGLING, C)).refusals
    words = problem.words(
        translate=lambda text: {"Smuggling of Migrants Protocol": "Protocole"}.get(text, text),
        state_name={"XAA": "Aurelia", "XAC": "Corvania"}.__getitem__,
    )
    assert words.startswith("Corvania isn’t party to an instrument that Aurelia is party to: Protocole")


def change(reviewing: tuple[StateCode, ...], brought: frozenset[str] = frozenset(), changes: int = 0) -> Verdict:
    return judge_change((B, C), reviewing, brought, changes)


def test_one_or_both_reviewing_states_are_replaced_tor_18() -> None:
    assert change((B, D)) == change((D, C)) == change((D, E)) == Verdict()


@pytest.mark.parametrize("same", [(B, C), (C, B)])
def test_a_change_changes_something(same: tuple[StateCode, ...]) -> None:
    assert codes(change(same)) == (["reviewing-unchanged"], [])


def test_the_draw_is_repeated_at_most_twice_but_for_exceptional_circumstances_tor_19() -> None:
    assert change((B, D), changes=1) == Verdict()
    verdict = change((B, D), changes=2)
    assert codes(verdict) == ([], ["draw-repeated"])
    assert "paragraph 19" in verdict.warnings[0].words()


def test_who_leaves_has_nothing_where_others_read_it_tor_36() -> None:
    assert change((B, D), frozenset({B})) == Verdict()  # who stays may
    verdict = change((D, E), frozenset({B, C}))
    assert codes(verdict) == (["brought-documents", "brought-documents"], [])
    assert [problem.values["state"] for problem in verdict.refusals] == [B, C]


def test_a_reason_is_a_sentence_on_one_line() -> None:
    assert change_reason(" The draw\nwas repeated. ") == "The draw was repeated."
    for raw in ("", " \n ", "x" * 501, "turned\u202e"):
        with pytest.raises(RefusedError):
            change_reason(raw)
