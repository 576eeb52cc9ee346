"""A file's trail as PDF: what the page shows by the same search, up to a bound that it names."""

from io import BytesIO

import pytest
from pypdf import PdfReader

from portal.papers.fonts import FontsMissing
from portal.usecases import trail_papers
from portal.web import trail_papers as writing
from tests.cast import World
from tests.contents import said
from tests.portal.audit.files import Put, download, look, put
from tests.web_client import browser


@pytest.fixture
def law(world: World) -> Put:
    law = put(world, "officer", "shared", "Penal code, 2024")
    put(world, "officer", "shared", "Draft answer", stage="submitted")
    look(world, "expert_xbb", law)
    download(world, "expert_xcc", law, parts=3)
    return law


def path(world: World) -> str:
    return f"/reviews/{world.files['xaa'].review}/trail.pdf"


def words(world: World, who: str, **search: str) -> str:
    answer = browser(world, who).get(path(world), params=search)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == 'attachment; filename="trail.pdf"'
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages).split())


@pytest.mark.usefixtures("law")
def test_it_says_what_the_page_says_and_no_more(world: World) -> None:
    text = words(world, "focal_xaa")
    for one in (
        "Who opened what",
        "Review of Arandia",
        "Expert_Xbb Example",
        "Penal code, 2024",
        "parts: 3",
        "2.9 KiB",
    ):
        assert one in text, one
    assert "About a document that your State does not see" in text
    assert "Draft answer" not in text
    narrowed = words(world, "focal_xaa", group="downloaded")
    assert "Expert_Xcc Example" in narrowed
    assert "Expert_Xbb Example" not in narrowed
    assert "Downloaded" in narrowed


@pytest.mark.usefixtures("law")
def test_a_longer_trail_is_cut_and_says_where_the_rest_is(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trail_papers, "MOST", 2)
    text = words(world, "focal_xaa")
    assert "Only the newest 2 lines are on this paper" in text
    assert "search up to 2026-05-04" in text
    monkeypatch.setattr(trail_papers, "MOST", 1000)
    assert "Only the newest" not in words(world, "focal_xaa")


def test_it_is_an_intent_before_and_an_outcome_after(world: World) -> None:
    answer = browser(world, "focal_xaa").get(path(world))
    begun, ended = said(world, world.files["xaa"].review)[-2:]
    assert (begun["action"], begun["phase"], begun["detail"]) == ("exportReviewTrail", "intent", {"form": "paper"})
    assert ended["detail"] == {"result": "complete", "bytes": len(answer.content)}


def test_without_fonts_none_is_made_and_the_page_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise FontsMissing(("fonts-noto-core",))

    monkeypatch.setattr(writing, "shelf", none)
    answer = browser(world, "focal_xaa").get(path(world))
    assert answer.status_code == 503
    assert "lacks the fonts" in answer.text
    assert said(world, world.files["xaa"].review)[-2]["detail"] == {"result": "failed", "bytes": 0}


def test_a_date_that_is_none_makes_none(world: World) -> None:
    answer = browser(world, "focal_xaa").get(path(world), params={"from": "yesterday"})
    assert answer.status_code == 422
    assert "nothing was made" in answer.text
