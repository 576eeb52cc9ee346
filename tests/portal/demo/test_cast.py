"""The cast: clearly invented, and its reviews obey the rules that the portal enforces."""

from collections import Counter

from portal.demo.cast import CYCLE, LUNOSLAVIA, PEOPLE, REVIEWS, STATE_NAMES, STATES, memberships
from portal.demo.documents import HANDS
from portal.domain.cycles import cycle
from portal.domain.parties import judge_parties, lists_of
from portal.domain.people import mail_address, person_name
from portal.domain.problems import Verdict
from portal.domain.roles import Role
from portal.domain.states import is_fictional, shipped_states


def test_at_least_six_states_and_none_of_them_exists() -> None:
    assert len(STATES) >= 6
    assert all(is_fictional(state.code) for state in STATES)
    real = {state.name.casefold() for state in shipped_states()}
    assert not real & {state.name.casefold() for state in STATES}
    assert {name.code for name in STATE_NAMES if name.language == "ar"} == {state.code for state in STATES}


def test_the_invented_reviews_obey_the_rules_without_a_warning() -> None:
    lists, groups = lists_of(memberships()), {state.code: state.group for state in STATES}
    for review in REVIEWS:
        others = [other.parties for other in REVIEWS if other is not review]
        assert judge_parties(review.parties, others, lists, groups) == Verdict()


def test_one_state_reviews_in_both_and_none_of_its_experts_does() -> None:
    assert all(LUNOSLAVIA in review.parties.reviewing for review in REVIEWS)
    experts = [person for person in PEOPLE if person.state == LUNOSLAVIA and person.role is Role.EXPERT]
    assert [len(person.reviews) for person in experts] == [1, 1]


def test_the_cast_has_the_people_that_the_story_needs() -> None:
    roles = Counter(person.role for person in PEOPLE)
    for role in (Role.ADMINISTRATOR, Role.REGISTRAR, Role.TRANSLATOR, Role.OBSERVER, Role.FOCAL_POINT, Role.EXPERT):
        assert roles[role]
    assert roles[Role.OFFICER] == len(REVIEWS)
    assert any(person.ended for person in PEOPLE)
    parties = {state for review in REVIEWS for state in (review.parties.under_review, *review.parties.reviewing)}
    assert any(person.role is Role.EXPERT and person.state not in parties for person in PEOPLE)
    focal = {person.state for person in PEOPLE if person.role is Role.FOCAL_POINT}
    assert parties <= focal


def test_names_and_addresses_are_valid_and_lead_nowhere() -> None:
    assert len({person.key for person in PEOPLE}) == len({person.mail for person in PEOPLE}) == len(PEOPLE)
    for person in PEOPLE:
        assert person_name(person.name) == person.name
        assert mail_address(person.mail) == person.mail
        assert person.mail.endswith(".example")
        assert person.basis.number
    assert cycle(CYCLE.name, CYCLE.starts) == CYCLE


def test_people_are_assigned_to_reviews_of_their_own_state() -> None:
    parties = {review.key: review.parties for review in REVIEWS}
    for person in PEOPLE:
        for review in person.reviews:
            party = parties[review]
            assert person.state in {None, party.under_review, *party.reviewing}
    keys = {person.key for person in PEOPLE}
    assert all(set(hands.values()) <= keys for hands in HANDS.values())
