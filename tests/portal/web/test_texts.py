"""Sentences: none stands outside the catalogues, and the catalogues of our languages are complete."""

import io
import re
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from portal.web.languages import LANGUAGES
from portal.web.languages import catalogue as opened
from portal.web.pages import environment

ROOT = Path(str(resources.files("portal"))).parent  # of the checkout, or of what the wheel brought
UPDATE = "gather and merge with the two commands at the top of babel.cfg, then translate"
METHODS = [
    ("portal/**.py", "python"),
    ("templates/**.html", "jinja2"),
    ("templates/**.xml", "jinja2"),
    ("templates/**.txt", "jinja2"),
]
OPTIONS = {pattern: {"trimmed": "true", "newstyle_gettext": "true"} for pattern, kind in METHODS if kind == "jinja2"}
SPOKEN = {"alt", "title", "placeholder", "aria-label", "aria-description", "label", "summary"}
PLACE = re.compile(r"%\((\w+)\)[sd]")


class Words(HTMLParser):
    """Finds letters that a reader would see in what a template says outside its expressions."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        if re.search(r"[^\W\d_]", data):
            self.found.append(data.strip())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        submits = tag == "input" and ("type", "submit") in attrs
        for name, value in attrs:
            if (name in SPOKEN or name.startswith("data-text") or (submits and name == "value")) and re.search(
                r"[^\W\d_]", value or ""
            ):
                self.found.append(f"{name}={value}")


def bare_words(source: str) -> list[str]:
    """Give the words of a template that no catalogue knows."""
    outside: list[str] = []
    translated = False
    tokens = list(environment("en").lex(source))
    for at, (_, kind, value) in enumerate(tokens):
        following = [token[2] for token in tokens[at + 1 : at + 3]]
        if kind == "block_begin" and {"trans", "endtrans"} & set(following):
            translated = "trans" in following
        elif kind == "data" and not translated:
            outside.append(value)
    words = Words()
    words.feed("".join(outside))
    words.close()
    return words.found


@pytest.fixture(scope="module")
def sentences() -> set[str]:
    """Every sentence that the code and the templates say."""
    found = set()
    for _, _, message, _, _ in extract_from_dir(ROOT, METHODS, OPTIONS):
        found.add(message if isinstance(message, str) else message[0])
    return found


def catalogue(language: str) -> Catalog:
    source = resources.files("portal") / "locale" / language / "LC_MESSAGES" / "portal.po"
    return read_po(io.BytesIO(source.read_bytes()), locale=language)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("<p>{{ _('Hello') }}</p>", []),
        ("<p>Hello</p>", ["Hello"]),
        ("<p>{% trans %}Hello{% endtrans %} there</p>", ["there"]),
        ("<p>{% trans n=3 %}One{% pluralize %}Many{% endtrans %} · 3</p>", []),
        ('<img alt="A seal">', ["alt=A seal"]),
        ("<img alt=\"{{ _('A seal') }}\">", []),
        ('<input type="submit" value="Send"><input value="x">', ["value=Send"]),
        ("{# A remark #}<p>مرحبا</p>", ["مرحبا"]),
        ("<!-- a remark --><p class='words'></p>", []),
    ],
)
def test_this_test_sees_bare_words(source: str, words: list[str]) -> None:
    assert bare_words(source) == words


@pytest.mark.parametrize("name", environment("en").list_templates(extensions=["html"]))
def test_no_word_of_a_template_stands_outside_the_catalogues(name: str) -> None:
    assert bare_words((resources.files("templates") / name).read_text("utf-8")) == []


def test_sentences_are_found_where_they_stand(sentences: set[str]) -> None:
    assert {"Review portal", "You may not do this", "%(number)s MiB", "Page %(page)s of %(pages)s"} <= sentences


def test_no_sentence_has_a_typewriters_apostrophe(sentences: set[str]) -> None:
    assert {sentence for sentence in sentences if "'" in sentence} == set()


@pytest.mark.parametrize(
    ("one", "many"),
    [("%(num)s day", "%(num)s days"), ("%(num)s entry", "%(num)s entries"), ("%(number)s time", "%(number)s times")],
)
def test_arabic_counts_eleven_and_a_hundred_by_forms_of_their_own(one: str, many: str) -> None:
    said = {number: opened("ar").ngettext(one, many, number) for number in (11, 99, 100, 111)}
    assert said[11] == said[99] == said[111]
    assert said[11].endswith(("اً", "ة"))
    assert not said[100].endswith("اً")


def test_arabic_writes_tanwin_one_way() -> None:
    assert [
        message.id for message in catalogue("ar") if any("\u064b\u0627" in form for form in forms(message.string))
    ] == []


def forms(text: object) -> list[str]:
    """Give a message's text, or each of its plural forms."""
    return [text] if isinstance(text, str) else [str(form) for form in text] if isinstance(text, list | tuple) else []


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {"en"}))
def test_a_catalogue_has_every_sentence_and_no_doubtful_one(language: str, sentences: set[str]) -> None:
    entries = {forms(message.id)[0]: message for message in catalogue(language) if message.id}
    sound = {sentence for sentence, entry in entries.items() if not entry.fuzzy and all(forms(entry.string))}
    assert sentences - sound == set(), f"{language}: {UPDATE}"
    assert set(entries) - sentences == set(), f"{language} keeps what nobody says: {UPDATE}"


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {"en"}))
def test_a_translation_fills_the_same_places(language: str) -> None:
    for message in catalogue(language):
        wanted = set(PLACE.findall(forms(message.id)[-1])) if message.id else set()
        for sentence in filter(None, forms(message.string) if message.id else []):
            said = set(PLACE.findall(sentence))
            assert said == wanted if isinstance(message.id, str) else said <= wanted, message.id
