"""What a passphrase must be."""

# ruff: noqa: RUF001 - letters of many scripts are the point here

import unicodedata

import pytest

from portal.domain.passphrases import passphrase_problems, prepared_passphrase

OWN = ("Aya Barah-Qasim", "aya.barah@moj.aurelia.example")


def codes(passphrase: str) -> list[str]:
    return [problem.code for problem in passphrase_problems(passphrase, OWN)]


@pytest.mark.parametrize(
    "passphrase",
    [
        "copper lantern drifts north",
        "tulip-harbour-42-violin",
        "قارب أزرق تحت المطر",
        "九月的雨落在旧石桥的灯下",
        "медный чайник у окна",
        "x7!Qm2#vLp9@",
        "()[]{}#%&*+=",
        "839201748293",
        "the password is under the violin case",
        "Aya paints copper lanterns",
    ],
)
def test_good_passphrases_of_any_script_and_kind_pass(passphrase: str) -> None:
    assert codes(passphrase) == []


@pytest.mark.parametrize(
    ("passphrase", "code"),
    [
        ("short words", "passphrase-short"),
        ("", "passphrase-short"),
        ("x" * 12, "passphrase-repeats"),
        ("abababababab", "passphrase-repeats"),
        ("harborharbor", "passphrase-repeats"),
        ("aab bba aab bba", "passphrase-repeats"),
        ("password1234", "passphrase-common"),
        ("P@ssw0rd-P4ssword!", "passphrase-common"),
        ("correct horse battery staple", "passphrase-common"),
        ("Welcome Admin 2026", "passphrase-common"),
        ("qwertyuiop[]", "passphrase-common"),
        ("0987654321098", "passphrase-common"),
        ("abcdefghijklm", "passphrase-common"),
        ("йцукенгшщзхъ", "passphrase-common"),
        ("парольпривет1", "passphrase-common"),
        ("Aya Barah-Qasim", "passphrase-own-name"),
        ("ayabarahqasim1", "passphrase-own-name"),
        ("aya.barah@moj.aurelia", "passphrase-own-name"),
        ("tulip harbour " * 80, "passphrase-long"),
    ],
)
def test_what_everybody_tries_first_is_refused(passphrase: str, code: str) -> None:
    assert codes(passphrase) == [code]


def test_characters_are_counted_after_composition() -> None:
    decomposed = unicodedata.normalize("NFD", "éàüöçñéàüöç")
    assert len(decomposed) == 22
    assert codes(decomposed) == ["passphrase-short"]


def test_the_same_passphrase_typed_on_two_machines_is_the_same() -> None:
    assert prepared_passphrase(unicodedata.normalize("NFD", "été\u00a0rouge")) == "été rouge"


@pytest.mark.parametrize(
    "often", ["dragonsuperman", "charliechelsea", "1234Baseballbat99", "!!football2024!!", "chelsea-charlie7"]
)
def test_passwords_often_used_are_refused_alone_in_pairs_and_with_figures_around_them(often: str) -> None:
    assert [problem.code for problem in passphrase_problems(often)] == ["passphrase-common"]


@pytest.mark.parametrize(
    "good", ["violet harbour lantern seventeen", "copper meadow river window", "apple house paper stone"]
)
def test_four_words_of_a_dictionary_pass(good: str) -> None:
    assert passphrase_problems(good) == []
