"""The report: marks, a last word that counts, and plain letters where a terminal has no others."""

import io

from portal.demo.report import Report, many, named, plain, size_of


def written(encoding: str) -> tuple[Report, io.BytesIO]:
    raw = io.BytesIO()
    return Report(io.TextIOWrapper(raw, encoding=encoding)), raw


def test_all_checks_held_is_said_only_if_they_did() -> None:
    report, raw = written("utf-8")
    assert report.check("The first holds.")
    assert report.verdict()
    assert "All 1 checks held." in raw.getvalue().decode()
    assert not report.check("The second holds.", "it was answered with 200")
    assert not report.verdict()
    text = raw.getvalue().decode()
    assert "  ✗ The second holds.\n    but: it was answered with 200\n" in text
    assert "1 of 2 checks did not hold:\n  - The second holds." in text


def test_a_terminal_without_utf_8_gets_words_for_marks_and_no_other_letters() -> None:
    report, raw = written("ascii")
    report.check("Île-des-Songes put “جدول القضايا.xlsx” into its room – whole.")
    assert raw.getvalue() == b'  [ok] Ile-des-Songes put "??? ???.xlsx" into its room - whole.\n'


def test_a_name_that_is_no_text_breaks_no_report() -> None:
    report, raw = written("utf-8")
    report.say("paper \udcff.bin")
    assert b"paper ?.bin" in raw.getvalue()


def test_counts_and_lists_read_like_sentences() -> None:
    assert (many(1, "person", "people"), many(2, "person", "people")) == ("1 person", "2 people")
    assert (named(["a"]), named(["a", "b", "c"])) == ("a", "a, b and c")
    assert (size_of(12), size_of(13_300), size_of(5_000_000_000)) == ("12 bytes", "13.3 KB", "5 GB")
    assert plain("it’s “so”…") == 'it\'s "so"...'
