"""Publishing as it is done: in confined processes, whose answers are taken for no more than they can be."""

import dataclasses
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

import pikepdf
import pytest

from portal.domain.rendering import Failure, NotRendered
from portal.publishing.findings import Kind, Reason, Unpublishable
from portal.publishing.publishing import LIMITS, count_pages, inspect_docx, make_public
from portal.rendering.confinement import Confinement, Limits
from portal.rendering.jobs import Made
from tests.hiding import SHOWN, earlier_version, note, picture, plain, sheet, text, white_on_white, with_image, written
from tests.hiding_docx import comment
from tests.publishing import public

WORD = "Kalvorin"


@pytest.fixture(scope="module")
def confinement() -> Confinement:
    return Confinement(LIMITS)


def test_file_is_made_public_in_confined_processes_as_it_is_outside(confinement: Confinement) -> None:
    coloured = with_image("", b"q 60 0 0 20 20 20 cm /I Do Q 0.2 0.4 0.9 rg 200 20 40 40 re f\n", picture("Map"))
    for source in (white_on_white(WORD), coloured):
        made = make_public(confinement, source, (1,), "Country review report", "en")
        assert made.file == public(source).file
        assert set(made.pages[0].words) == set(SHOWN)


def test_state_is_told_what_was_removed(confinement: Confinement) -> None:
    for hide, kind in (
        (white_on_white, Kind.HIDDEN_TEXT),
        (note, Kind.COMMENTS),
        (earlier_version, Kind.EARLIER_VERSIONS),
    ):
        removed = make_public(confinement, hide(WORD), (1,), "", "en").removed
        (finding,) = (finding for finding in removed if finding.kind == kind)
        assert finding.count == 1


def test_pages_are_counted_in_a_confined_process(confinement: Confinement) -> None:
    pdf = sheet()
    pdf.pages.append(pdf.pages[0])
    assert count_pages(confinement, written(pdf)) == 2
    with pytest.raises(Unpublishable) as refused:
        count_pages(confinement, b"Country report")
    assert refused.value.reason == Reason.NOT_PDF


def test_page_without_words_is_told(confinement: Confinement) -> None:
    file = written(sheet(b"0 g 10 10 100 100 re f", shown=b""))
    assert make_public(confinement, file, (1,), "", "und").pages[0].pictures_only


def test_word_file_is_inspected_in_a_confined_process(confinement: Confinement) -> None:
    (finding,) = inspect_docx(confinement, comment(WORD))
    assert (finding.kind, finding.words) == (Kind.COMMENTS, (WORD,))
    with pytest.raises(Unpublishable) as refused:
        inspect_docx(confinement, plain())
    assert refused.value.reason == Reason.NOT_DOCX


@pytest.mark.parametrize(
    ("file", "pages", "reason"),
    [(b"", (1,), Reason.NOT_PDF), (b"%PDF-1.7\n", (1,), Reason.DAMAGED), (plain(), (2,), Reason.NO_SUCH_PAGES)],
)
def test_refusal_comes_out_of_the_process_with_its_reason(
    confinement: Confinement, file: bytes, pages: tuple[int, ...], reason: Reason
) -> None:
    with pytest.raises(Unpublishable) as refused:
        make_public(confinement, file, pages, "", "en")
    assert refused.value.reason == reason


def test_process_that_takes_too_much_is_ended() -> None:
    with pytest.raises(NotRendered):
        make_public(Confinement(Limits(memory_bytes=64 << 20)), plain(), (1,), "", "en")


class Taken(Confinement):
    """A confinement whose first process belongs to whoever made the source: it answers what they like."""

    def __init__(self, change: Callable[[Made], Made]) -> None:
        super().__init__(LIMITS)
        self._change = change

    def run(self, job: str, data: Any, parameters: Mapping[str, Any], *rest: Any) -> Made:
        made = super().run(job, data, parameters, *rest)
        return self._change(made) if job == "rebuild" else made


def with_more(made: Made) -> Made:
    with pikepdf.open(BytesIO(made.content)) as pdf:
        pdf.docinfo["/Author"] = WORD
        out = BytesIO()
        pdf.save(out)
    return dataclasses.replace(made, content=out.getvalue())


def said(made: Made, **facts: object) -> Made:
    return dataclasses.replace(made, facts={**made.facts, **facts})


def page(**facts: object) -> list[dict[str, object]]:
    return [{"source": 1, "words": [*SHOWN], "unsure": [], "blank": False, **facts}]


def test_file_that_the_proof_refuses_is_not_made() -> None:
    for change in (with_more, lambda made: dataclasses.replace(made, content=note(WORD))):
        with pytest.raises(Unpublishable) as refused:
            make_public(Taken(change), plain(), (1,), "Country review report", "en")
        assert refused.value.reason == Reason.NOT_CLEAN


@pytest.mark.parametrize(
    "change",
    [
        lambda made: said(made, pages=None),
        lambda made: said(made, pages=[]),
        lambda made: said(made, pages=[None]),
        lambda made: said(made, pages=page(source=2)),
        lambda made: said(made, pages=page(source=True)),
        lambda made: said(made, pages=page(words=["a", 1])),
        lambda made: said(made, pages=page(unsure="a")),
        lambda made: said(made, removed=[{}]),
        lambda made: said(made, removed=[{"kind": "no such", "count": 1, "words": [], "pages": []}]),
        lambda made: said(made, removed=[{"kind": "links", "count": "1", "words": [], "pages": []}]),
        lambda made: said(made, refused="a sentence of theirs"),
        lambda made: said(made, refused=[]),
    ],
)
def test_answer_of_the_wrong_shape_is_none(change: Callable[[Made], Made]) -> None:
    with pytest.raises(NotRendered) as told:
        make_public(Taken(change), plain(), (1,), "", "en")
    assert told.value.failure == Failure.CRASHED


def test_words_that_were_not_drawn_are_not_taken_for_words_of_the_page() -> None:
    def more(made: Made) -> Made:
        return said(made, pages=page(words=[*SHOWN, WORD]))

    with pytest.raises(Unpublishable) as refused:
        make_public(Taken(more), written(sheet(text("By"))), (1,), "", "en")
    assert refused.value.kinds == (Kind.HIDDEN_TEXT,)
