"""Who may review whom: the rules that need no draw of lots.

1.  Two other States review a State; they differ from each other and from it (ToR 18).
2.  A State is reviewed once in a cycle (ToR 13).
3.  States don't review each other in one cycle (ToR 19).
4.  A State reviews at most three others in a cycle (ToR 20).
5.  Parties take part; a signatory only as the State under review, for the Convention alone (ToR 18, 57).
6.  A reviewing State is party to every Protocol that the State under review is party to (ToR 18 bis).
7.  One of the two is of the region of the State under review (ToR 19).
8.  A State appoints at most 20 governmental experts (ToR 21).
9.  The draw of the reviewing States is repeated at most twice, more often only in exceptional circumstances (ToR 19).
10. (d) A reviewing State leaves nothing of its own behind where others read it: nobody else speaks for it (ToR 36).

Rule 7 only warns, since the draw decides and may have had nobody of the region to draw. Rule 9 only warns, since the
portal can't tell a repeated draw from another change, and the reason of each is recorded. Rules 5 and 6 need to
know who is party to what. An instrument whose list was imported is known for all States: whoever isn't in the
list takes no part. An instrument without a list is not known, and that is a warning in words, not a refusal.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from portal.domain.ids import StateCode
from portal.domain.instruments import PROTOCOLS, SHORT_TITLES, Instrument, Participation
from portal.domain.names import one_line
from portal.domain.problems import Problem, RefusedError, Verdict
from portal.domain.roles import EXPERTS_PER_STATE
from portal.domain.states import Membership, RegionalGroup
from portal.domain.texts import N_

REVIEWING_STATES: Final = 2
REASON_CHARACTERS: Final = 500
MOST_REVIEWS: Final = 3
MOST_REPETITIONS: Final = 2

# who takes part in an instrument, for the instruments whose list was imported
Lists = Mapping[Instrument, Mapping[StateCode, Participation]]


@dataclass(frozen=True, slots=True)
class Parties:
    """The States of one review in a cycle."""

    under_review: StateCode
    reviewing: tuple[StateCode, ...]


def lists_of(memberships: Iterable[Membership]) -> Lists:
    """Arrange what was imported by instrument; an instrument without a row is not known."""
    lists: dict[Instrument, dict[StateCode, Participation]] = {}
    for row in memberships:
        lists.setdefault(row.instrument, {})[row.code] = row.status
    return lists


def judge_parties(
    proposed: Parties,
    cycle: Iterable[Parties],
    lists: Lists,
    groups: Mapping[StateCode, RegionalGroup | None],
) -> Verdict:
    """Judge a proposed review by rules 1 to 7.

    Args:
        proposed: The review that the registrar wants to open or change.
        cycle: The other reviews of the same cycle, closed ones included, without the proposed one.
        lists: Who takes part in which instrument, as far as it was imported.
        groups: The regional group of each State concerned; None where the registry has none.
    """
    others = tuple(cycle)
    return Verdict(
        refusals=(
            *_different(proposed),
            *_once_a_cycle(proposed, others),
            *_not_mutual(proposed, others),
            *_not_too_many(proposed, others),
            *_taking_part(proposed, lists),
            *_protocols(proposed, lists),
        ),
        warnings=(*_not_known(lists), *_only_signed(proposed, lists), *_region(proposed, groups)),
    )


def judge_change(
    now: Collection[StateCode], reviewing: Collection[StateCode], brought: Collection[str], changes: int
) -> Verdict:
    """Judge by rules 9 and 10 whether the reviewing States may change; who they may be, `judge_parties` says.

    Args:
        now: The reviewing States of today.
        reviewing: Those that are to review.
        brought: The States of today that have documents in the shared or the reviewers' room.
        changes: How often they changed before.
    """
    refusals = [
        Problem(
            "brought-documents",
            N_(
                "Documents of %(state)s lie in the shared room or in the reviewers’ room, and nobody could speak for "
                "them any more once it has left. Its focal point withdraws them first; then it can be replaced."
            ),
            {"state": state},
        )
        for state in sorted({*now} - {*reviewing})
        if state in brought
    ]
    if {*now} == {*reviewing}:
        sentence = N_("These two States review it already: choose another one for the State that leaves.")
        refusals.append(Problem("reviewing-unchanged", sentence))
    return Verdict(tuple(refusals), tuple(_repeated(changes)))


def change_reason(raw: str) -> str:
    """Return why reviewing States change, as the register keeps it.

    Raises:
        RefusedError: Nothing is said, or it is refused as a name is.
    """
    if not raw.strip():
        sentence = N_("Say in a sentence why the reviewing States change; the register keeps it.")
        raise RefusedError(Problem("reason-empty", sentence))
    return one_line(raw.replace("\n", " "), REASON_CHARACTERS)


def judge_expert(state: StateCode, appointed: int) -> Verdict:
    """Judge by rule 8 whether a State that has this many experts may appoint one more."""
    if appointed < EXPERTS_PER_STATE:
        return Verdict()
    return Verdict(
        refusals=(
            Problem(
                "experts-full",
                N_(
                    "%(state)s has appointed %(appointed)d governmental experts; at most %(most)d are "
                    "possible (terms of reference, paragraph 21). End one appointment first."
                ),
                {"state": state, "appointed": appointed, "most": EXPERTS_PER_STATE},
            ),
        )
    )


def instruments_of(state: StateCode, lists: Lists) -> frozenset[Instrument]:
    """Return what the review of this State covers, as far as it is known (ToR 13, 57)."""
    if lists.get(Instrument.CONVENTION, {}).get(state) is Participation.SIGNATORY:
        return frozenset({Instrument.CONVENTION})
    return frozenset(instrument for instrument, states in lists.items() if states.get(state) is Participation.PARTY)


def _repeated(changes: int) -> Iterator[Problem]:
    if changes >= MOST_REPETITIONS:
        yield Problem(
            "draw-repeated",
            N_(
                "The reviewing States of this review have changed %(changes)d times before. The draw is repeated at "
                "most twice, more often only in exceptional circumstances (terms of reference, paragraph 19): the "
                "reason has to name them."
            ),
            {"changes": changes},
        )


def _different(proposed: Parties) -> Iterator[Problem]:
    if len(proposed.reviewing) != REVIEWING_STATES:
        yield Problem(
            "reviewing-count",
            N_("A review has two reviewing States, not %(count)d (terms of reference, paragraph 18)."),
            {"count": len(proposed.reviewing)},
        )
    if proposed.under_review in proposed.reviewing:
        yield Problem(
            "reviews-itself",
            N_("%(state)s can’t review itself: choose another State (terms of reference, paragraph 18)."),
            {"state": proposed.under_review},
        )
    if len(set(proposed.reviewing)) < len(proposed.reviewing):
        yield Problem(
            "reviewing-twice",
            N_(
                "%(state)s stands there twice: the two reviewing States are different ones "
                "(terms of reference, paragraph 18)."
            ),
            {"state": proposed.reviewing[0]},
        )


def _once_a_cycle(proposed: Parties, others: tuple[Parties, ...]) -> Iterator[Problem]:
    if any(other.under_review == proposed.under_review for other in others):
        yield Problem(
            "reviewed-already",
            N_(
                "%(state)s has its review in this cycle already; a State is reviewed once in a cycle "
                "(terms of reference, paragraph 13)."
            ),
            {"state": proposed.under_review},
        )


def _not_mutual(proposed: Parties, others: tuple[Parties, ...]) -> Iterator[Problem]:
    for other in others:
        if other.under_review in proposed.reviewing and proposed.under_review in other.reviewing:
            yield Problem(
                "mutual-review",
                N_(
                    "%(state)s reviews %(other)s in this cycle, so %(other)s can’t review %(state)s: there "
                    "are no mutual reviews (terms of reference, paragraph 19)."
                ),
                {"state": proposed.under_review, "other": other.under_review},
            )


def _not_too_many(proposed: Parties, others: tuple[Parties, ...]) -> Iterator[Problem]:
    for state in dict.fromkeys(proposed.reviewing):
        reviews = sum(state in other.reviewing for other in others)
        if reviews >= MOST_REVIEWS:
            yield Problem(
                "reviews-enough",
                N_(
                    "%(state)s reviews %(reviews)d States in this cycle; at most %(most)d are "
                    "possible (terms of reference, paragraph 20)."
                ),
                {"state": state, "reviews": reviews, "most": MOST_REVIEWS},
            )


def _taking_part(proposed: Parties, lists: Lists) -> Iterator[Problem]:
    convention = lists.get(Instrument.CONVENTION)
    if convention is None:
        return
    if proposed.under_review not in convention:
        yield Problem(
            "takes-no-part",
            N_(
                "%(state)s is neither party to nor signatory of the Convention, by the list that was "
                "imported (terms of reference, paragraphs 18 and 57)."
            ),
            {"state": proposed.under_review},
        )
    for state in dict.fromkeys(proposed.reviewing):
        if convention.get(state) is not Participation.PARTY:
            yield Problem(
                "reviewer-not-party",
                N_(
                    "%(state)s isn’t party to the Convention, by the list that was imported: only parties "
                    "review (terms of reference, paragraph 18)."
                ),
                {"state": state},
            )


def _protocols(proposed: Parties, lists: Lists) -> Iterator[Problem]:
    covered = instruments_of(proposed.under_review, lists)
    for protocol in PROTOCOLS:
        if protocol not in covered:
            continue
        for state in dict.fromkeys(proposed.reviewing):
            if state != proposed.under_review and lists[protocol].get(state) is not Participation.PARTY:
                yield Problem(
                    "reviewer-not-party-to-protocol",
                    N_(
                        "%(state)s isn’t party to an instrument that %(other)s is party to: %(instrument)s "
                        "(terms of reference, paragraph 18 bis)."
                    ),
                    {
                        "state": state,
                        "other": proposed.under_review,
                        "instrument": SHORT_TITLES[protocol],
                    },
                )


def _not_known(lists: Lists) -> Iterator[Problem]:
    if not lists:
        yield Problem(
            "parties-not-known",
            N_(
                "The portal doesn’t know which States are party to the Convention and its Protocols: no list "
                "was imported. Check paragraphs 18 bis and 57 of the terms of reference by hand."
            ),
        )
        return
    for instrument in Instrument:
        if instrument not in lists:
            yield Problem(
                "instrument-not-known",
                N_(
                    "The portal doesn’t know which States are party to this instrument: %(instrument)s. "
                    "Check paragraph 18 bis of the terms of reference by hand."
                ),
                {"instrument": SHORT_TITLES[instrument]},
            )


def _only_signed(proposed: Parties, lists: Lists) -> Iterator[Problem]:
    if lists.get(Instrument.CONVENTION, {}).get(proposed.under_review) is Participation.SIGNATORY:
        yield Problem(
            "signatory-under-review",
            N_(
                "%(state)s signed the Convention and isn’t party to it: it takes part of its own will, and "
                "the review covers the Convention alone (terms of reference, paragraph 57)."
            ),
            {"state": proposed.under_review},
        )


def _region(proposed: Parties, groups: Mapping[StateCode, RegionalGroup | None]) -> Iterator[Problem]:
    home = groups.get(proposed.under_review)
    reviewing = [groups.get(state) for state in proposed.reviewing]
    if home is not None and home in reviewing:
        return
    if home is None or None in reviewing:
        yield Problem(
            "region-not-known",
            N_(
                "The portal can’t tell whether one reviewing State is of the region of %(state)s, because a "
                "regional group is missing. Check paragraph 19 of the terms of reference by hand."
            ),
            {"state": proposed.under_review},
        )
        return
    yield Problem(
        "region-differs",
        N_(
            "Neither reviewing State is of the region of %(state)s; one of the two should be "
            "(terms of reference, paragraph 19)."
        ),
        {"state": proposed.under_review},
    )
