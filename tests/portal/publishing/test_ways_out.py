"""Ordinary and hostile files on the three ways out, shown, marked and published; what leaves is judged by others."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Event

import pytest

from portal.domain import copies
from portal.domain.problems import RefusedError
from portal.domain.rendering import NotRendered
from portal.papers.mark import Mark
from portal.rendering.confinement import Confinement
from portal.rendering.office import Office
from portal.rendering.renderer import Renderer
from portal.usecases.making import make_anew
from tests import hiding, hiding_docx, pdfs
from tests.seen_by_others import complaints, everything_in, need_tools, run, words_in

WORD = "Kalvorin"
COPY = 4711
MARK = Mark("Reader Example", "Fenmark", "2026-05-04 09:30 UTC", copies.written(COPY))
PDF_PLACES = {
    *("note", "attachment", "script_of_the_file", "field_on_the_page", "signature", "bookmark", "hidden_layer"),
    *("under_a_white_shape", "white_on_white", "outside_the_crop", "earlier_version", "exif_of_a_picture"),
}
DOCX_PLACES = {"deleted", "macro"}  # each is converted twice; the others: test_settling.py


@dataclass(frozen=True)
class Sample:
    """A file; shows: words that people read on its page; sound: it can leave at all."""

    name: str
    make: Callable[[], bytes]
    shows: tuple[str, ...] = ("Country", "review", "report")
    sound: bool = True
    office: bool = False


def samples() -> Iterator[Sample]:
    yield Sample("plain", hiding.plain)
    yield Sample("typed", lambda: pdfs.typed(2, 60), ("Page", "Lorem"))
    yield Sample("armed", pdfs.armed, ("Confidential", "words"))
    yield Sample("locked", pdfs.locked, sound=False)
    yield Sample("damaged", lambda: hiding.plain()[:200], sound=False)
    yield Sample("no file at all", lambda: b"%PDF-1.7 and nothing else", sound=False)
    for one in hiding.PLACES:
        if one.name in PDF_PLACES:
            yield Sample(one.name, lambda one=one: one.hide(WORD))  # type: ignore[misc]  # bound early
    yield Sample("letter", hiding_docx.docx, office=True)
    for _, hide in hiding_docx.PLACES:
        if hide.__name__ in DOCX_PLACES:
            yield Sample(f"{hide.__name__} in Word", lambda hide=hide: hide(WORD), office=True)  # type: ignore[misc]


SAMPLES = tuple(samples())


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    with Confinement() as confinement:
        yield Renderer(confinement)


@cache
def office() -> Office:
    return Office()


def as_shown(sample: Sample) -> bytes:
    """Give a file as the way of view and mark takes it."""
    return office().pdf_of(sample.make(), "docx", Event()) if sample.office else sample.make()


def test_the_samples_are_there() -> None:
    names = {sample.name for sample in SAMPLES}
    assert PDF_PLACES | {f"{one} in Word" for one in DOCX_PLACES} <= names


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_what_leaves_by_each_way_is_sound_and_holds_nothing_else(
    sample: Sample, renderer: Renderer, tmp_path: Path
) -> None:
    need_tools()
    if sample.office and not office().takes("docx"):
        pytest.skip("needs Debian's libreoffice-writer-nogui")
    if not sample.sound:
        for way in (
            lambda: renderer.page(sample.make(), 1, MARK),
            lambda: renderer.marked(sample.make(), COPY, MARK),
            lambda: make_anew(sample.make(), (), "Report", "en"),
        ):
            with pytest.raises((NotRendered, RefusedError)):
                way()
        return
    source = as_shown(sample)
    # shown: an image, and no byte of the file
    image = renderer.page(source, 1, MARK).content
    assert (image[:4], WORD.encode() in image) == (b"RIFF", False)
    # a marked copy: sound, with the number of the copy on it, and without what acts by itself
    copy = tmp_path / "copy.pdf"
    copy.write_bytes(renderer.marked(source, COPY, MARK))
    assert complaints(copy) == []
    assert copies.written(COPY) in words_in(copy)
    assert b"app.alert" not in run("qpdf", "--qdf", copy, "-") + run("pdfinfo", "-js", copy)
    # published: sound, with what people read, and not with what they don't
    public = tmp_path / "public.pdf"
    public.write_bytes(make_anew(sample.make(), (), "Report", "en").file)
    assert complaints(public) == []
    assert set(sample.shows) <= set(words_in(public).split())
    assert WORD.lower().encode() not in everything_in(public, tmp_path).lower()
