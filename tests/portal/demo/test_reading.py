"""The demonstration reads words out of the portal's papers, so that it can tell what one lacks."""

from portal.demo.reading import words_of
from portal.papers.dialogue import Article, Paper, Question, Said
from portal.papers.pdf import write_pdf


def test_words_of_a_paper_are_read_in_two_scripts_and_no_others() -> None:
    answers = [
        Said("Question", "Yunhai", "4 May 2026", "Is it *punished* (ref. zqunguessable)?", "en", False, "", ()),
        Said("Answer", "Qamaria", "5 May 2026", "نعم (ref. zqpangolin).", "ar", True, "", ("Law",)),
    ]
    question = Question("Question 1", "Participation", "Request", "Yunhai", "4 May 2026", tuple(answers))
    paper = Paper(
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
    said = words_of(write_pdf(paper))
    assert "zqunguessable" in said
    assert "zqpangolin" in said
    assert "zqelsewhere" not in said


def test_what_is_no_paper_has_no_words() -> None:
    assert words_of(b"") == words_of(b"stream\nnothing packed\nendstream") == ""
