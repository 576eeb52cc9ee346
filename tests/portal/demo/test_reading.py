"""The demonstration reads words out of the portal's papers, so that it can tell what one lacks."""

import pytest

from portal.demo.reading import words_of
from portal.papers.dialogue import Article, Paper, Question, Said
from portal.papers.pdf import write_pdf

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def paper(*said: str) -> bytes:
    """Set a dialogue in which these texts stand."""
    answers = [Said("Answer", "Qamaria", "5 May 2026", text, "en", False, "", ()) for text in said]
    answers.append(Said("Answer", "Qamaria", "5 May 2026", "نعم (ref. zqpangolin).", "ar", True, "", ("Law",)))
    question = Question("Question 1", "Participation", "Request", "Yunhai", "4 May 2026", tuple(answers))
    return write_pdf(
        Paper(
            title="Questions and answers",
            subtitle="Review of Qamaria",
            facts=(("Questions", "1"),),
            made_at="6 May 2026",
            language="en",
            rtl=False,
            articles=(Article("UNTOC 5", (question,)),),
            mark="Confidential",
            attachments="With it:",
        )
    )


def test_words_of_a_paper_are_read_in_two_scripts_and_no_others() -> None:
    said = words_of(paper("Is it *punished* (ref. zqunguessable)?"))
    assert "zqunguessable" in said
    assert "zqpangolin" in said
    assert "zqelsewhere" not in said


def test_what_is_no_paper_has_no_words() -> None:
    assert words_of(b"") == words_of(b"stream\nnothing packed\nendstream") == ""


@pytest.mark.parametrize("start", range(0, len(LETTERS), 12))
def test_any_word_is_read_whatever_bytes_its_glyphs_are_named_by(start: int) -> None:
    """Forty letters in turn: among the names of glyphs are brackets, which stand unescaped where they are in pairs."""
    letters = LETTERS[start:] + LETTERS[:start]
    words = [f"zq{letters[at : at + 20]}" for at in range(0, len(letters), 20)]
    assert [word for word in words if word not in words_of(paper(*words))] == []
