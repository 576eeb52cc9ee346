"""Names of files from hostile hands, and the header that sends them back."""

# ruff: noqa: RUF001 - letters of many scripts are the point here

import re
import unicodedata
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.files import (
    FALLBACK,
    NAME_BYTES,
    clean_name,
    content_disposition,
    extension_of,
    unique_names,
)


@pytest.mark.parametrize(
    "name",
    [
        "Penal Code 2024.pdf",
        "قانون العقوبات المادة ٥.docx",
        "有组织犯罪法（修订）.xlsx",
        "Ответы на вопросник.odt",
        "Loi n°5 – été.tar.gz",
        "می‌خواهم.pdf",  # a joiner that Persian needs
        "क्‍ष.pdf",
        "README",
        "a..b.txt",
    ],
)
def test_honest_names_of_every_script_stay_as_they_are(name: str) -> None:
    assert clean_name(name).name == name
    assert not clean_name(name).changed


def test_a_name_from_a_mac_is_composed_and_does_not_count_as_changed() -> None:
    decomposed = unicodedata.normalize("NFD", "Résumé.pdf")
    assert clean_name(decomposed).name == "Résumé.pdf"
    assert not clean_name(decomposed).changed


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\Desktop\\law.pdf", "law.pdf"),
        ("/law.pdf/", "law.pdf"),
        ("law.pdf\x00.exe", "law.pdf.exe"),
        ("law\r\nSet-Cookie: a=b.pdf", "law Set-Cookie_ a=b.pdf"),
        ("annual\u202efdp.exe", "annualfdp.exe"),
        ("\u2067law\u2069.pdf", "law.pdf"),
        ("la\u200bw\ufeff.pdf", "law.pdf"),
        ("la\u200dw.pdf", "law.pdf"),
        ("\u3164.pdf", "unnamed.pdf"),
        ("law\x7f\x1b[31m.pdf", "law[31m.pdf"),
        ("law.pdf. . .", "law.pdf"),
        ('a<b>c:"d|e?f*.pdf', "a_b_c__d_e_f_.pdf"),
        ("CON", "_CON"),
        ("nul.pdf", "_nul.pdf"),
        ("com1 .tar.gz", "_com1 .tar.gz"),
        ("LPT³.txt", "_LPT³.txt"),
        (".htaccess", "unnamed.htaccess"),
        ("..hidden.pdf", "hidden.pdf"),
        ("", FALLBACK),
        ("   ", FALLBACK),
        ("...", FALLBACK),
        ("/", FALLBACK),
        ("..", FALLBACK),
        ("\x00\u202e", FALLBACK),
        ("law\udcff.pdf", "law.pdf"),
    ],
)
def test_hostile_names_are_cleaned_and_said_to_be_changed(raw: str, name: str) -> None:
    assert clean_name(raw).name == name
    assert clean_name(raw).changed


@pytest.mark.parametrize("letter", ["a", "ق", "法", "е\u0301", "👩‍⚖️"])
def test_a_name_of_300_characters_is_shortened_and_keeps_its_extension(letter: str) -> None:
    name = clean_name(letter * 300 + ".docx").name
    assert len(name.encode()) <= NAME_BYTES
    assert len(name.encode()) > NAME_BYTES - 30
    assert name.endswith(".docx")
    assert name[0] == letter[0]


def test_shortening_never_leaves_a_mark_without_its_letter() -> None:
    name = clean_name("x" + "е\u0301" * 200 + ".pdf").name
    assert name.removesuffix(".pdf")[-1] == "\u0301"


def test_a_long_tail_after_a_dot_is_no_extension() -> None:
    assert extension_of("Decision no. 5 of the court of appeal") == ""
    assert extension_of("law.PDF") == "pdf"
    assert len(clean_name("a." + "b" * 300).name) == NAME_BYTES


@given(st.text())
def test_whatever_comes_is_one_safe_name_and_cleaning_it_again_changes_nothing(raw: str) -> None:
    name = clean_name(raw).name
    assert name
    assert not re.search(r'[/\\<>:"|?*\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]', name)
    assert len(name.encode()) <= NAME_BYTES
    assert unicodedata.is_normalized("NFC", name)
    assert name[-1] not in " ."
    assert clean_name(name).name == name


def test_the_header_carries_the_name_twice() -> None:
    assert content_disposition("Résumé 5.pdf") == (
        "attachment; filename=\"Resume 5.pdf\"; filename*=UTF-8''R%C3%A9sum%C3%A9%205.pdf"
    )
    assert content_disposition("قانون.pdf").startswith('attachment; filename="document.pdf"; ')


@given(st.text())
def test_the_header_is_ascii_and_closed_whatever_the_name(name: str) -> None:
    header = content_disposition(name)
    match = re.fullmatch(
        r"attachment; filename=\"([ !#$&-\[\]-~]+)\"; filename\*=UTF-8''([A-Za-z0-9!#$&+.^_`|~%-]*)", header
    )
    assert match
    assert unquote(match[2]) == name.encode(errors="replace").decode()


def test_names_in_an_archive_do_not_overwrite_each_other() -> None:
    names = ["law.pdf", "Law.PDF", "law.pdf", "law (2).pdf", "other.pdf", "STRASSE", "straße"]
    assert unique_names(names) == [
        "law.pdf",
        "Law (2).PDF",
        "law (3).pdf",
        "law (2) (2).pdf",
        "other.pdf",
        "STRASSE",
        "straße (2)",
    ]


def test_a_long_name_stays_within_its_bytes_when_numbered() -> None:
    long = clean_name("法" * 300 + ".pdf").name
    numbered = unique_names([long] * 12)
    assert len(set(numbered)) == 12
    assert all(len(name.encode()) <= NAME_BYTES and name.endswith(".pdf") for name in numbered)


@given(st.lists(st.sampled_from(["a.pdf", "A.pdf", "a (2).pdf", "a (3).pdf", "b"])))
def test_archive_names_are_unique_where_case_does_not_count(names: list[str]) -> None:
    unique = unique_names(names)
    assert len({name.casefold() for name in unique}) == len(names)
