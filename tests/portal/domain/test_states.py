"""The shipped list of States, and lists that people import."""

import csv
import unicodedata
from collections import Counter
from collections.abc import Callable
from datetime import date
from importlib.resources import files

import pytest

from portal.domain.ids import StateCode
from portal.domain.instruments import Instrument, Participation
from portal.domain.problems import RefusedError
from portal.domain.states import (
    GROUP_TITLES,
    RegionalGroup,
    is_fictional,
    parse_memberships,
    parse_names,
    parse_states,
    require_known,
    shipped_states,
)

NAMES = {state.code: state.name for state in shipped_states()}
GROUPS = {state.code: state.group for state in shipped_states()}


def refusals(parse: Callable[[bytes], object], text: str | bytes) -> list[str]:
    data = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(RefusedError) as refused:
        parse(data)
    return [problem.words() for problem in refused.value.problems]


def test_the_shipped_list_has_every_member_and_observer_state_and_two_more() -> None:
    assert len(NAMES) == 193 + 2 + 2
    assert {"VAT", "PSE", "COK", "NIU"} <= set(NAMES)
    assert len(set(NAMES.values())) == len(NAMES)


def test_the_groups_have_the_sizes_that_the_united_nations_gives() -> None:
    assert Counter(GROUPS.values()) == {
        RegionalGroup.AFRICAN: 54,
        RegionalGroup.ASIA_PACIFIC: 54,
        RegionalGroup.EASTERN_EUROPEAN: 23,
        RegionalGroup.LATIN_AMERICAN_CARIBBEAN: 33,
        RegionalGroup.WESTERN_EUROPEAN_OTHER: 29,
        None: 4,
    }
    assert set(GROUP_TITLES) == set(RegionalGroup)


def test_special_groups_are_as_for_elections_and_empty_where_unclear() -> None:
    for code in ("TUR", "USA", "ISR"):
        assert GROUPS[StateCode(code)] is RegionalGroup.WESTERN_EUROPEAN_OTHER
    assert GROUPS[StateCode("CYP")] is RegionalGroup.ASIA_PACIFIC
    for code in ("VAT", "PSE", "COK", "NIU"):
        assert GROUPS[StateCode(code)] is None


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("VNM", "Viet Nam"),
        ("TUR", "Türkiye"),
        ("BOL", "Bolivia (Plurinational State of)"),
        ("PRK", "Democratic People's Republic of Korea"),
        ("GBR", "United Kingdom of Great Britain and Northern Ireland"),
        ("VAT", "Holy See"),
        ("PSE", "State of Palestine"),
        ("NLD", "Netherlands (Kingdom of the)"),
        ("CIV", "Côte d'Ivoire"),
        ("CZE", "Czechia"),
        ("SWZ", "Eswatini"),
        ("MKD", "North Macedonia"),
        ("MDA", "Republic of Moldova"),
        ("LAO", "Lao People's Democratic Republic"),
        ("CPV", "Cabo Verde"),
    ],
)
def test_names_are_written_as_the_united_nations_writes_them(code: str, name: str) -> None:
    assert NAMES[StateCode(code)] == name


def test_the_shipped_list_is_tidy_and_says_nothing_of_instruments() -> None:
    text = files("portal.domain").joinpath("states.csv").read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert list(rows[0]) == ["code", "name", "group"]
    assert [row["code"] for row in rows] == sorted(row["code"] for row in rows)
    assert all(unicodedata.is_normalized("NFC", row["name"]) for row in rows)
    assert not any(is_fictional(state) for state in NAMES)


def test_codes_from_xaa_to_xzz_are_fictional() -> None:
    assert is_fictional(StateCode("XAA"))
    assert is_fictional(StateCode("XZZ"))
    assert not is_fictional(StateCode("WSM"))


def test_a_list_with_a_byte_order_mark_and_empty_lines_is_read() -> None:
    states = parse_states("\ufeffcode,name,group\r\nXAA,Aurelia,african\r\n\r\nXAB,Borealis,\r\n".encode())
    assert [(state.code, state.group) for state in states] == [("XAA", RegionalGroup.AFRICAN), ("XAB", None)]


def test_each_wrong_line_is_named_with_its_number_and_nothing_is_taken() -> None:
    said = refusals(
        parse_states,
        "code,name,group\nXA,Aurelia,\nXAB,,\nXAC,Corvania,atlantic\nXAD,Dorvia\nXAE,A\u202eb,\n",
    )
    assert said == [
        "Line 2: “XA” is no State’s code: write three capital letters, as in ISO 3166-1 alpha-3.",
        "Line 3: Write a name: this field is empty.",
        (
            "Line 4: “atlantic” isn’t known in the column “group”: write one of "
            "african, asia_pacific, eastern_european, latin_american_caribbean, western_european_other."
        ),
        "Line 5: There are 2 columns instead of 3.",
        (
            "Line 6: Character 2 (U+202E) can’t be seen or changes how the rest is shown. "
            "Type the name anew instead of pasting it."
        ),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The first line must be exactly “code,name,group”."),
        ("code;name;group\nXAA;Aurelia;\n", "The first line must be exactly “code,name,group”."),
        ("code,name,group\n", "The list has no line below its first one."),
        ("code,name,group\nXAA,Aurelia,\nXAA,Borealis,\n", "Line 3 repeats line 2 (XAA): leave one of them out."),
        ("code,name,group\nXAA,A,\nXAB,a,\n", "Line 3 repeats line 2 (a): leave one of them out."),
        ('code,name,group\nXAA,"Aurelia,\n', "Line 2: The quotation marks on this line don’t match."),
        (b"code,name,group\nXAA,Aur\xe9lia,\n", "The list isn’t written in UTF-8 (byte 24). Save it as “CSV UTF-8”."),
        (b"code,name,group\nXAA,\x00,\n", "This is no text file. Save the list as “CSV UTF-8”."),
        (b"x" * (1 << 20) + b"x", "The list is larger than 1 MiB: it isn’t a list of States."),
    ],
)
def test_a_broken_list_is_refused_as_a_whole(text: str | bytes, said: str) -> None:
    assert refusals(parse_states, text) == [said]


def test_a_list_that_is_wrong_everywhere_is_answered_shortly() -> None:
    assert len(refusals(parse_states, "code,name,group\n" + "nonsense,x,\n" * 500)) == 20


def test_names_in_further_languages_are_imported() -> None:
    (name,) = parse_names("code,language,name\nVNM,ar,فييت نام\n".encode())
    assert (name.code, name.language, name.name) == ("VNM", "ar", "فييت نام")
    assert refusals(parse_names, "code,language,name\nVNM,arabic,x\n") == [
        "Line 2: “arabic” is no language’s code: write one such as ar, fr or zh."
    ]
    assert len(refusals(parse_names, "code,language,name\nVNM,fr,x\nVNM,fr,y\n")) == 1


def test_instruments_are_imported_with_their_source() -> None:
    (row,) = parse_memberships(
        b"code,instrument,status,date,source\nXAA,smuggling,party,2004-01-28,C.N.1.2004.TREATIES-1\n"
    )
    assert row.instrument is Instrument.SMUGGLING
    assert row.status is Participation.PARTY
    assert row.since == date(2004, 1, 28)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("XAA,convention,party,2004-01-28,", "The source is missing"),
        ("XAA,convention,ratified,2004-01-28,C.N.1", "“ratified” isn’t known in the column “status”"),
        ("XAA,treaty,party,2004-01-28,C.N.1", "“treaty” isn’t known in the column “instrument”"),
        ("XAA,convention,party,28.1.2004,C.N.1", "“28.1.2004” in the column “date” is no date"),
        ("XAA,convention,party,20040128,C.N.1", "“20040128” in the column “date” is no date"),
        ("XAA,convention,party,2004-02-30,C.N.1", "“2004-02-30” in the column “date” is no date"),
    ],
)
def test_an_instrument_without_source_or_with_a_wrong_word_is_refused(line: str, said: str) -> None:
    (sentence,) = refusals(parse_memberships, f"code,instrument,status,date,source\n{line}\n")
    assert sentence.startswith(f"Line 2: {said}")


def test_an_import_about_an_unknown_state_is_refused() -> None:
    rows = parse_names(b"code,language,name\nXAA,fr,Aur\xc3\xa9lie\n")
    require_known({StateCode("XAA"): None}, rows)
    with pytest.raises(RefusedError, match="no State with the code XAA"):
        require_known({}, rows)
