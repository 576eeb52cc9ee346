"""What the roster says of somebody (ToR 21): bounded, in lines that can be read, nothing of it required."""

import pytest

from portal.domain import profiles
from portal.domain.problems import RefusedError


def test_nothing_has_to_be_said() -> None:
    assert profiles.position(" ") == profiles.background("\n") == profiles.other_languages("") == ""
    assert profiles.expertise("\n \n") == profiles.languages(()) == ()


def test_each_line_is_a_field_of_expertise_and_stands_once() -> None:
    assert profiles.expertise("Asset recovery\r\n\n Extradition \nAsset recovery") == ("Asset recovery", "Extradition")


def test_languages_of_the_six_stand_in_their_order() -> None:
    assert profiles.languages(["es", "ar"]) == ("ar", "es")
    with pytest.raises(RefusedError, match="of the list"):
        profiles.languages(["de"])


def test_what_is_too_long_is_refused_with_its_length() -> None:
    with pytest.raises(RefusedError, match="201 characters long; at most 200"):
        profiles.position("a" * 201)
    with pytest.raises(RefusedError, match="2001 characters long; at most 2000"):
        profiles.background("a" * 2001)
    with pytest.raises(RefusedError, match="21 fields of expertise; at most 20"):
        profiles.expertise("\n".join(f"Field {number}" for number in range(21)))
    with pytest.raises(RefusedError, match="201 characters long"):
        profiles.other_languages("a" * 201)


@pytest.mark.parametrize("rule", [profiles.position, profiles.background, profiles.expertise, profiles.other_languages])
def test_characters_that_turn_the_direction_are_refused(rule: object) -> None:
    with pytest.raises(RefusedError, match="U\\+202E"):
        rule("safe\u202egnp.exe")  # type: ignore[operator]  # each takes a text
