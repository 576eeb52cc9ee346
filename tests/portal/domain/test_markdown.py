"""Long texts: what is kept, what a page shows, and that nothing hides or runs in them."""

# ruff: noqa: RUF001 - letters of many scripts are the point here

import re
import time
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from portal.domain.markdown import TEXT_CHARACTERS, check_text, excerpt, to_html
from portal.domain.problems import RefusedError

TAGS = {"thead", "tbody", "tr", "strong", "em", "s", "code", "br", "hr", "a"}
VOID = {"br", "hr"}
ATTRIBUTES = {"dir", "start", "value", "href", "rel"}
BLOCKS = {"p", "h4", "h5", "h6", "blockquote", "ul", "ol", "li", "table", "th", "td"}


class Page(HTMLParser):
    """Reads a page strictly: what it holds, and whether every element closes in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        assert tag not in BLOCKS or ("dir", "auto") in attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def read(text: str) -> Page:
    """Give the page of a text after looking that nothing on it runs, is fetched, or turns what stands beside it."""
    html = to_html(text)
    assert isinstance(html, Markup)
    page = Page(html)
    assert set(page.tags) <= TAGS | BLOCKS
    for tag, name, value in page.attributes:
        assert name in ATTRIBUTES
        assert name != "href" or (tag == "a" and re.match("https?://[^/]|mailto:.", value))
        assert name != "rel" or value == "noopener noreferrer nofollow"
    assert page.tags.count("a") == sum(name == "rel" for _, name, _ in page.attributes)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", html)
    return page


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("One\ntwo\n\nthree", '<p dir="auto">One<br>\ntwo</p>\n<p dir="auto">three</p>\n'),
        ("# A\n## B\n### C", '<h4 dir="auto">A</h4>\n<h5 dir="auto">B</h5>\n<h6 dir="auto">C</h6>\n'),
        ("*a* **b** ~~c~~ `d`", '<p dir="auto"><em>a</em> <strong>b</strong> <s>c</s> <code>d</code></p>\n'),
        ("> نعم", '<blockquote dir="auto">\n<p dir="auto">نعم</p>\n</blockquote>\n'),
        ("- a\n- b", '<ul dir="auto">\n<li dir="auto">a</li>\n<li dir="auto">b</li>\n</ul>\n'),
        ("<b>&lt;", '<p dir="auto">&lt;b&gt;&amp;lt;</p>\n'),
        ("    set in\n---", '<p dir="auto">set in</p>\n<hr>\n'),
    ],
)
def test_a_text_becomes_blocks_that_find_their_own_direction(text: str, html: str) -> None:
    assert to_html(text) == html


def test_numbers_of_a_list_stay_as_they_were_typed() -> None:
    page = read("3. third\n7. seventh")
    assert [value for tag, name, value in page.attributes if (tag, name) == ("li", "value")] == ["3", "7"]


def test_a_link_leads_to_the_web_or_a_mailbox_and_tells_nobody_where_from() -> None:
    page = read("[law](https://law.example/5?a=1&b=2) <mailto:focal@state.example> <http://x.example/%E2%80%AEa>")
    assert [value for _, name, value in page.attributes if name == "href"] == [
        "https://law.example/5?a=1&b=2",
        "mailto:focal@state.example",
        "http://x.example/%E2%80%AEa",
    ]


@pytest.mark.parametrize(
    "address",
    [
        *("javascript:alert(1)", "JaVaScRiPt:alert(1)", "javascript&colon;alert(1)", "javascript&#58;alert(1)"),
        *(
            "java\\script:alert(1)",
            "data:text/html,x",
            "data:image/png;base64,AAAA",
            "vbscript:x",
            "file:///etc/passwd",
        ),
        *(
            "/sign-out",
            "//other.example",
            "reviews",
            "#top",
            "?a=b",
            "http:",
            "http:///x",
            "mailto:",
            "ftp://a.example",
        ),
        *("http://[", "blob:https://a.example/1", "tel:1", "\x01javascript:alert(1)", "http:/\\"),
    ],
)
def test_a_link_that_leads_anywhere_else_stays_text(address: str) -> None:
    for text in (f"[press]({address})", f"[press](<{address}>)", f"<{address}>", f"![press]({address})"):
        assert "a" not in read(text).tags


def test_a_picture_is_a_link_and_is_not_fetched() -> None:
    page = read("![plan](https://spy.example/1.png)")
    assert page.tags == ["p", "a"]
    assert "".join(page.words).strip() == "!plan"


@pytest.mark.parametrize(
    "text",
    [
        "[//]: # (seen)",
        "[a]: https://a.example 'seen'",
        "[a](https://a.example 'seen')",
        "<!-- seen -->",
        "```seen\nx\n```",
        "|a|\n|-|\n|b|seen|",
        "> |a|\n> |-|\n> |b|seen|\n",
        "> " * 60 + "seen",
        "- > " * 60 + "seen\n",
        "".join("  " * depth + "- a\n" for depth in range(60)) + "  " * 60 + "seen",
        "[" * 60 + "seen" + "](https://a.example)" * 60,
        "**_" * 60 + "seen",
        "[seen](javascript:x)",
        "[](https://seen.example)",
        "# a #seen",
        "- [ ] seen",
    ],
)
def test_nothing_that_was_written_is_hidden(text: str) -> None:
    assert "seen" in "".join(read(text).words)


def test_a_table_with_a_row_too_wide_ends_before_it() -> None:
    page = read("|a|b|\n|-|-|\n|1|2|\n|3|4|5|")
    assert page.tags.count("td") == 2
    assert "".join(page.words).endswith("|3|4|5|\n")


# what Markdown, HTML and addresses are made of, so that chance finds its way into their corners
PIECES = st.sampled_from(
    [
        *(
            "a",
            "b7",
            "نعم",
            "中",
            "Я",
            " ",
            "  ",
            "    ",
            "\n",
            "\n\n",
            "\t",
            "\\",
            "*",
            "**",
            "_",
            "__",
            "~~",
            "`",
            "```",
        ),
        *(
            "[",
            "]",
            "(",
            ")",
            "](",
            "![",
            "<",
            ">",
            "> ",
            "- ",
            "1. ",
            "7) ",
            "# ",
            "---",
            "|",
            "|-|-|\n",
            "|a|b|\n",
            ":",
        ),
        *(
            "javascript:",
            "data:",
            "http://a.example",
            "mailto:a@b.example",
            "'t'",
            '"',
            "&lt;",
            "&#x202e;",
            "&",
            ";",
            "=",
        ),
        *("<script>", "</script>", "<img src=x onerror=y>", "<iframe", "<form>", "<input>", "<style>", "<!--", "-->"),
        *(
            "<![CDATA[",
            "<?",
            "\u202e",
            "\u2066",
            "\0",
            "\r",
            "\ud800",
            "\u2028",
            "\u200f",
            "\u200d",
            "%0a",
            "{{",
            "}}",
            "{%",
        ),
    ]
)


@settings(max_examples=400)
@given(st.lists(PIECES, max_size=40).map("".join))
def test_whatever_is_written_nothing_in_it_runs(text: str) -> None:
    read(text)
    assert not re.search("[\n\u202a-\u202e\u2066-\u2069]", excerpt(text, 80))


@settings(max_examples=200)
@given(st.text(max_size=200))
def test_any_text_becomes_a_page(text: str) -> None:
    read(text)


@settings(max_examples=400)
@given(st.lists(PIECES.filter(lambda piece: not re.search("[0-9\0]", piece)), max_size=40).map("".join))
def test_every_letter_that_was_written_is_on_the_page_in_its_order(text: str) -> None:
    """All but what an address holds: that is in the link."""
    page = read(text)
    shown = "".join(page.words) + "".join(value for _, name, value in page.attributes if name == "href")
    letters = re.findall("[^\\W_]", text.replace("&lt;", ""))
    assert all(shown.count(letter) >= letters.count(letter) for letter in set(letters))


HOSTILE = [
    *(
        "[",
        "![",
        "[]",
        "[a](",
        "[a](<b",
        "[<",
        "[[]",
        "> ",
        ">",
        "- ",
        "- > ",
        "1. ",
        "*a ",
        "*a **a ",
        "**a *a",
        "_a",
        "*_",
    ),
    *("a*_~", "~~a", "`", "`a``b", "<", "<a:", "<http://a", "\\", "# a\n", "---\n", "-\n", "a\n", "a\n\n", "> a\na\n"),
    *(
        "a|b\n-|-\n",
        "a|b\n-|-\na|b|c\n",
        "a|b\n-|-\n---\n",
        "> a|b\n> -|-\n",
        "[a](http://b 't'",
        "[*a*](http://b) ",
        "&",
        "\t",
    ),
    *("|a" * 200 + "\n" + "|-" * 200 + "\n" + "|\n" * 40_000, "".join(" " * i + "- a\n" for i in range(400))),
    *("".join("`" * i + "a" for i in range(400)), "\n".join(">" * i for i in range(440))),
]


# in a short text, the cells that a table may add by itself weigh more: their number is bounded, whatever the length
@pytest.mark.parametrize(
    ("length", "times"), [(TEXT_CHARACTERS // 5, 50), pytest.param(TEXT_CHARACTERS, 12, marks=pytest.mark.slow)]
)
def test_hostile_texts_cost_no_more_than_a_few_times_what_many_short_paragraphs_cost(length: int, times: int) -> None:
    """And the cost grows with the length, not faster."""

    def cost(text: str) -> float:
        began = time.perf_counter()
        to_html(text)
        return time.perf_counter() - began

    honest = min(cost("a b\n\n" * (length // 5)) for _ in range(2))
    slow = {}
    for unit in HOSTILE:
        text = (unit * (length // len(unit) + 1))[:length]
        if cost(text) > times * honest and cost(text) > times * honest:
            slow[unit[:20]] = cost(text) / honest
    assert not slow


def test_pages_are_made_by_several_threads_at_once() -> None:
    texts = [f"# {number}\n\n> **a** [b](https://c.example)\n" for number in range(40)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(to_html, texts)) == [to_html(text) for text in texts]


def test_a_text_is_kept_composed_with_lines_that_end_in_one_way() -> None:
    assert check_text("  e\u0301t\u0301\r\nb\rc\u2028d\u2029e\x85 \n") == "ét\u0301\nb\nc\nd\n\ne"


def test_marks_that_word_processors_leave_are_dropped_and_those_that_scripts_need_stay() -> None:
    assert check_text("\ufeffarti\u00adcle\u200b 5\u2060") == "article 5"
    kept = "می\u200cخواهم \u200f(5)\u200f a\u200eb\u061c\tc 👩\u200d⚖\ufe0f"
    assert check_text(kept) == unicodedata.normalize("NFC", kept)
    assert "\ufffd" not in to_html(kept)


@pytest.mark.parametrize("text", ["", " \r\n\t ", "\u200f", "\ufeff\u200b", "\u200d\n\u2028"])
def test_an_empty_text_is_refused(text: str) -> None:
    with pytest.raises(RefusedError, match="this field is empty"):
        check_text(text)


def test_a_text_that_is_too_long_is_refused_with_its_length_and_what_fits() -> None:
    assert check_text("ж" * TEXT_CHARACTERS + "\n")
    with pytest.raises(RefusedError, match="is 100001 characters long; at most 100000 fit"):
        check_text("ж" * (TEXT_CHARACTERS + 1))
    with pytest.raises(RefusedError, match="is 6 characters long; at most 5 fit"):
        check_text("abcdef", 5)


@pytest.mark.parametrize(
    "char",
    ["\0", "\x1b", "\x0c", "\x7f", "\u202a", "\u202e", "\u2066", "\u2069", "\ud800", "\ufffe", "\u3164", "\U000e0041"],
)
def test_what_turns_or_hides_is_refused_with_its_place(char: str) -> None:
    with pytest.raises(RefusedError, match=rf"In line 3, character 3 \(U\+{ord(char):04X}\) can’t be seen"):
        check_text(f"one\n\nab{char}cd")
    assert "\ufffd" in to_html(f"ab{char}cd")


def test_marks_heaped_on_one_letter_are_refused() -> None:
    assert check_text("e" + "\u0327" * 10)
    with pytest.raises(RefusedError, match=r"In line 1, character 12 \(U\+0327\)"):
        check_text("x" + "\u0327" * 11)
    assert to_html("x" + "\u0327" * 12).count("\ufffd") == 2
    assert check_text("هُمَّ बहुत་ བསྒྲུབས་")


@settings(max_examples=200)
@given(st.text())
def test_what_is_taken_once_is_taken_unchanged_again(raw: str) -> None:
    try:
        text = check_text(raw)
    except RefusedError:
        return
    assert check_text(text) == text
    assert "\ufffd" not in to_html(text) or "\ufffd" in text


@pytest.mark.parametrize(
    ("text", "letters", "line"),
    [
        ("# Law\n\n**No**, see [5](https://a.example).\n- a\n- b", 80, "Law No, see 5. a b"),
        ("one two three four", 18, "one two three four"),
        ("one two three four", 15, "one two three…"),
        ("one two three four", 12, "one two…"),
        ("中" * 30, 10, "中" * 9 + "…"),
        ("|a|b|\n|-|-|\n|c|d|", 9, "a b c d"),
        ("---", 9, ""),
    ],
)
def test_an_excerpt_is_one_line_of_plain_words(text: str, letters: int, line: str) -> None:
    assert excerpt(text, letters) == line


def test_an_excerpt_of_a_long_text_reads_only_its_beginning() -> None:
    began = time.perf_counter()
    assert excerpt("word *word* " * 8000, 60).startswith("word word word")
    short = time.perf_counter() - began
    began = time.perf_counter()
    to_html("word *word* " * 8000)
    assert short < (time.perf_counter() - began) / 3
