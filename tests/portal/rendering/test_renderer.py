"""The functions that the portal calls, from a file to a copy that names itself; and a process that lies."""

import pytest

from portal.domain import copies
from portal.domain.rendering import Failure, NotRendered
from portal.papers.mark import Mark
from portal.rendering.confinement import Confinement
from portal.rendering.jobs import Made
from portal.rendering.renderer import Renderer
from tests.pdfs import bare, typed


def mark_of(number: int) -> Mark:
    return Mark("Amina Haddad", "Freedonia", "26 November 2026", copies.written(number))


def test_a_copy_is_made_and_traced(confinement: Confinement) -> None:
    renderer, numbers = Renderer(confinement), [copies.drawn() for _ in range(2)]
    made = [renderer.marked([typed()[:1000], typed()[1000:]], number, mark_of(number)) for number in numbers]
    for number, copy in zip(numbers, made, strict=True):
        (traced,) = renderer.traced(copy)
        assert traced.number == number
        assert traced.by == {"properties", "operators", "words", "dots"}
    assert renderer.traced(bare()) == ()


def test_a_page_is_shown_and_its_words_are_told(confinement: Confinement) -> None:
    renderer = Renderer(confinement)
    shown = renderer.page(bare(count=2), 2, mark_of(1), text=True)
    assert shown.pages == 2
    assert shown.text.strip() == "Confidential words"
    assert renderer.page(bare(), 1, None).text == ""


def test_a_mark_says_the_number_of_its_copy(confinement: Confinement) -> None:
    with pytest.raises(ValueError, match="another number"):
        Renderer(confinement).marked(bare(), 1, mark_of(2))


class Lying(Confinement):
    """What a process may answer that somebody has taken over."""

    def __init__(self, made: Made) -> None:
        super().__init__()
        self.made = made

    def run(self, *_: object, **__: object) -> Made:
        return self.made


@pytest.mark.parametrize(
    "made",
    [
        Made(),
        Made({"pages": -1, "width": 1, "height": 1, "found": {}}, b"<script>"),
        Made({"pages": "1", "found": [{"copy": "x", "by": []}]}, b"RIFF0000WEBP"),
        Made({"pages": 1, "text": 5, "found": [{"copy": copies.written(1), "by": ["the minister"]}]}, b"RIFF0000WEBP"),
        Made({"pages": 1, "found": [{"copy": copies.written(1), "by": [["dots"]]}]}),
        Made({"pages": 1, "found": [{"copy": copies.written(1), "by": {"dots": 1}}]}),
        Made({"pages": 1, "found": [{"copy": 5, "by": []}]}),
        Made({"pages": 1, "found": [7]}, b"\xff%PDF-"),
    ],
)
def test_what_comes_back_is_looked_at_before_it_is_believed(made: Made) -> None:
    renderer = Renderer(Lying(made))
    for act in (
        lambda: renderer.page(b"", 1, None),
        lambda: renderer.marked(b"", 1, mark_of(1)),
        lambda: renderer.traced(b""),
    ):
        with pytest.raises(NotRendered) as told:
            act()
        assert told.value.failure is Failure.CRASHED
