"""A text that is to disclose nothing quotes nothing: runs of words, names and titles, in any script."""

# ruff: noqa: RUF001 - full-width letters and marks are what is compared

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.quoting import File, Kind, Quoted, quotes, runs_of, words_of

TEXT = "The prosecutor of the second district asked the bank for the accounts of the ministry in March."
CHINESE = "检察院在三月向银行索取了该部委的全部账户资料，但没有得到答复。"
ARABIC = "طلب المدعي العام في المنطقة الثانية من المصرف حسابات الوزارة في آذار."


def kinds(text: str, **file: tuple[str, ...]) -> list[Kind]:
    return sorted({one.kind for one in quotes(text, File(**file))})


def test_five_words_in_a_row_are_a_quotation_and_four_are_none() -> None:
    assert kinds("They say: prosecutor of the second district.", texts=(TEXT,)) == [Kind.WORDS]
    assert kinds("They say: prosecutor of the second.", texts=(TEXT,)) == []
    assert kinds("asked the bank, the prosecutor of the accounts", texts=(TEXT,)) == []


@pytest.mark.parametrize(
    "disguised",
    [
        "PROSECUTOR OF THE SECOND DISTRICT",
        "prosecutor,\nof “the” second – district",
        "ｐｒｏｓｅｃｕｔｏｒ of the second district",
        "pro\u200bsecutor of the sec\u00adond district",
        "\u202eprosecutor of the second district\u202c",
        "pro\u034fsecutor o\u3164f the sec\ufe0fond dist\U000e0100rict",
        "prosecutor\u00a0of\tthe second\u2028district",
    ],
)
def test_a_quotation_in_other_clothes_is_one_still(disguised: str) -> None:
    assert kinds(disguised, texts=(TEXT,)) == [Kind.WORDS]


def test_every_run_of_what_is_quoted_is_found_wherever_it_stands() -> None:
    words = words_of(TEXT)
    for at in range(len(words) - 4):
        assert kinds("before " + " ".join(words[at : at + 5]) + " behind", texts=("other", TEXT)), at


def test_chinese_is_compared_by_ten_characters() -> None:
    assert kinds("据称，检察院在三月向银行索取资料。", texts=(CHINESE,)) == [Kind.WORDS]
    assert kinds("据称，检察院在三月曾有所行动。", texts=(CHINESE,)) == []
    assert kinds("有组织犯罪公约的审议", texts=("联合国打击跨国有组织犯罪公约",)) == []


def test_arabic_and_mixed_texts_are_compared_too() -> None:
    assert kinds("قيل: المدعي العام في المنطقة الثانية.", texts=(ARABIC,)) == [Kind.WORDS]
    assert kinds("قيل: المـــدعي العام في المنطـقة الثانية.", texts=(ARABIC,)) == [Kind.WORDS]
    assert kinds("قيل: المدعي العام في المنطقة.", texts=(ARABIC,)) == []
    assert kinds("see: 检察院在三月 report 2026/14 of", texts=("检察院在三月 Report 2026/14",)) == [Kind.WORDS]


@pytest.mark.parametrize("text", ["It was Ana Example.", "It was EXAMPLE, Ana.", "Mrs. Example said so.", "ana did"])
def test_a_name_is_found_whole_turned_or_by_one_of_its_words(text: str) -> None:
    assert Kind.NAME in kinds(text, names=("Ana Example",))


def test_names_of_two_letters_and_parts_of_words_are_no_names() -> None:
    assert kinds("An exemplary act of Li.", names=("Li An",)) == []
    assert kinds("It was Li An.", names=("Li An",)) == [Kind.NAME]
    assert kinds("anabasis", names=("Ana Example",)) == []
    assert kinds("张伟说", names=("张伟",)) == [Kind.NAME]
    assert kinds("张三", names=("张伟",)) == []


def test_a_title_is_found_from_two_words_on() -> None:
    assert kinds("In the draft report it says so.", titles=("Draft report",)) == [Kind.TITLE]
    assert kinds("The response is late.", titles=("Response",)) == []
    assert kinds("见：审议报告草稿。", titles=("审议报告草稿",)) == [Kind.TITLE]


def test_it_says_what_is_quoted_once_in_its_order() -> None:
    found = quotes(
        "Ana Example wrote “prosecutor of the second district”, and again: prosecutor of the second district.",
        File((TEXT,), ("Ana Example",)),
    )
    assert found[-1] == Quoted(Kind.WORDS, "prosecutor of the second district")
    assert len(found) == len(set(found))


def test_what_nobody_can_quote_quotes_nothing() -> None:
    assert quotes("", File((TEXT,), ("Ana Example",), ("Draft report",))) == ()
    assert quotes(TEXT, File()) == ()
    assert quotes(TEXT, File(("", " ", "…"), ("", "—"), ("",))) == ()


@given(st.text(), st.text())
def test_a_text_quotes_another_exactly_when_they_share_a_run(one: str, two: str) -> None:
    shared = runs_of(words_of(one)) & runs_of(words_of(two))
    assert bool(quotes(one, File(texts=(two,)))) == bool(shared)


@given(st.text(min_size=1))
def test_a_text_that_is_long_enough_quotes_itself(text: str) -> None:
    assert bool(kinds(text, texts=(text,))) == bool(runs_of(words_of(text)))


def test_a_large_file_is_compared_in_seconds() -> None:
    texts = tuple(f"{at} {TEXT} {CHINESE} " * 10 for at in range(1000))
    began = time.monotonic()
    assert kinds("Nothing of it is said here in these very words. " * 100, texts=texts) == []
    assert time.monotonic() - began < 60
