"""Names of people and the one spelling of their mail addresses."""

# ruff: noqa: RUF001 - letters of many scripts are the point here

import unicodedata

import pytest

from portal.domain.people import mail_address, person_name
from portal.domain.problems import RefusedError


@pytest.mark.parametrize(
    ("raw", "address"),
    [
        ("Aya.Barah@MOJ.XAA.Example", "aya.barah@moj.xaa.example"),
        ("  aya@moj.example \n", "aya@moj.example"),
        (unicodedata.normalize("NFD", "José@moj.example"), "josé@moj.example"),
        ("АННА@мвд.пример", "анна@xn--b1aew.xn--e1afmkfd"),
        ("STRASSE@x.example", "strasse@x.example"),
        ("straße@x.example", "strasse@x.example"),
        ("a+b_c-d'e@x.example", "a+b_c-d'e@x.example"),
        ("aya@xn--b1aew.xn--e1afmkfd", "aya@xn--b1aew.xn--e1afmkfd"),
    ],
)
def test_an_address_has_one_spelling(raw: str, address: str) -> None:
    assert mail_address(raw) == address
    assert mail_address(address) == address


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "aya",
        "@moj.example",
        "aya@",
        "aya@localhost",
        "aya@-moj.example",
        "aya@moj..example",
        "aya@moj.example.",
        "a b@moj.example",
        "aya@b@moj.example",
        ".aya@moj.example",
        "aya..b@moj.example",
        "aya@moj.example\nBcc: x@y.example",
        "aya\u202e@moj.example",
        "aya\u200b@moj.example",
        "aya@[127.0.0.1]",
        "x" * 65 + "@moj.example",
        "x@" + "y" * 64 + ".example",
        "x@" + ".".join(["y" * 60] * 5),
        "Aya <aya@moj.example>",
    ],
)
def test_what_is_no_address_is_refused(raw: str) -> None:
    with pytest.raises(RefusedError, match="no mail address"):
        mail_address(raw)


@pytest.mark.parametrize("raw", ["Aya Barah", "آية برهان", "王小明", "Анна-Мария О'Нил", "Ng", "مهدی‌زاده"])
def test_names_of_every_script_are_kept(raw: str) -> None:
    assert person_name(f" {raw} ") == raw


def test_a_name_is_composed() -> None:
    assert person_name(unicodedata.normalize("NFD", "José")) == "José"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("  ", "name-empty"),
        ("x" * 201, "name-too-long"),
        ("Aya\nBarah", "name-hidden-character"),
        ("Aya\u202eharaB", "name-hidden-character"),
        ("Aya\u2066", "name-hidden-character"),
        ("A\u200bya", "name-hidden-character"),
        ("A\u200dya", "name-hidden-character"),
        ("\u3164", "name-hidden-character"),
        ("Aya\x00", "name-hidden-character"),
        ("Aya\uffff", "name-hidden-character"),
    ],
)
def test_a_name_that_hides_or_turns_something_is_refused(raw: str, code: str) -> None:
    with pytest.raises(RefusedError) as refused:
        person_name(raw)
    assert [problem.code for problem in refused.value.problems] == [code]
