"""The whole dialogue as a paper: who gets it, what it holds, and what it never holds."""

import io
import zipfile
from pathlib import Path

import pytest

from portal.access.actions import Action
from portal.papers import fonts
from portal.usecases.questions import Asked
from portal.usecases.subjects import Subject
from portal.web import dialogues
from tests import dialogue
from tests.cast import World
from tests.contents import said
from tests.web_client import browser


def paper(world: World, who: str, kind: str = "docx") -> bytes:
    answer = browser(world, who).get(f"/reviews/{world.files['xaa'].review}/dialogue.{kind}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].startswith("attachment")
    return answer.content


def words(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read("word/document.xml").decode()


def test_it_holds_what_was_passed_on_in_the_order_of_the_articles(world: World) -> None:
    later = dialogue.asked("Extradition")
    dialogue.question(world, said=Asked(later.kind, Subject("UNTOC 16", "Extradition"), "en", "When?"))
    first = dialogue.question(world, said=dialogue.asked("Participation", "Who is punished?"))
    dialogue.answer(world, first, "Whoever takes part.")
    text = words(paper(world, "observer_xcc"))
    places = [text.index(word) for word in ("UNTOC 5", "Who is punished?", "Whoever takes part.", "UNTOC 16", "When?")]
    assert places == sorted(places)


@pytest.mark.parametrize("who", ["focal_xaa", "expert_xbb", "officer"])
def test_it_never_holds_drafts_comments_or_what_waits(world: World, who: str) -> None:
    passed = dialogue.question(world)
    dialogue.draft_answer(world, passed, text="Pangolin of the ministry")
    dialogue.comment(world, "expert_xbb", passed, "reviewers", "Pangolin beside")
    dialogue.comment(world, "expert_xaa", passed, "shared", "Pangolin beside")
    dialogue.submit(world, dialogue.draft_question(world, said=dialogue.asked("Pangolin", "Pangolin waits")))
    assert "Pangolin" not in words(paper(world, who))


def test_taking_it_is_in_the_log(world: World) -> None:
    dialogue.question(world)
    paper(world, "expert_xbb")
    events = said(world, world.files["xaa"].review)
    assert [event["action"] for event in events].count(Action.EXPORT_DIALOGUE) == 1


@pytest.mark.parametrize("who", ["expert_xbb_other", "roster_xcc", "registrar", "translator"])
def test_who_is_not_in_the_review_gets_nothing(world: World, who: str) -> None:
    dialogue.question(world)
    answer = browser(world, who).get(f"/reviews/{world.files['xaa'].review}/dialogue.pdf")
    assert answer.status_code == 404


def test_without_fonts_it_says_so_and_makes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    dialogue.question(world)

    def bare(_paper: object) -> bytes:
        raise fonts.FontsMissing(("fonts-noto-core",))

    monkeypatch.setattr(dialogues, "write_pdf", bare)
    answer = browser(world, "expert_xbb").get(f"/reviews/{world.files['xaa'].review}/dialogue.pdf")
    assert answer.status_code == 503
    assert "lacks the fonts" in answer.text
    assert not list(tmp_path.glob("*.pdf"))
