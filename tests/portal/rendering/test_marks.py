"""Marked copies: where the number stands, what a copy keeps and loses, and what becomes of hostile files."""

import re
from io import BytesIO

import pikepdf
import pypdfium2
import pytest
from pikepdf import Array, Dictionary, Name, Stream
from PIL import Image, ImageChops

from portal.domain.copies import read, written
from portal.domain.rendering import Failure, NotRendered
from portal.papers.mark import Mark, write_mark
from portal.rendering.confinement import Confinement
from tests.pdfs import armed, bare, bomb_of_bytes, locked, owned, typed

NUMBER = 0x0123456789ABCDEF
COPY = "028T-5CY4-TQKF-FMDE"
MARK = Mark("Amina Haddad", "Freedonia", "26 November 2026, 10:58 UTC", COPY)


def marked(confinement: Confinement, data: bytes, mark: Mark = MARK, *, dots: bool = True) -> bytes:
    return confinement.run("mark", data, {"number": NUMBER, "dots": dots}, [write_mark(mark)]).content


def opened(data: bytes) -> pikepdf.Pdf:
    return pikepdf.open(BytesIO(data))


def drawn(data: bytes, page: int = 0, dpi: int = 72) -> Image.Image:
    return pypdfium2.PdfDocument(data)[page].render(scale=dpi / 72, grayscale=True).to_pil()


def text(data: bytes, page: int = 0) -> str:
    return pypdfium2.PdfDocument(data)[page].get_textpage().get_text_bounded()


def regions(image: Image.Image) -> list[float]:
    """Give how dark each of twelve parts of a page is."""
    across, down = image.width // 3, image.height // 4
    parts = [image.crop((x * across, y * down, (x + 1) * across, (y + 1) * down)) for x in range(3) for y in range(4)]
    return [255 - sum(v * n for v, n in enumerate(part.histogram())) / (part.width * part.height) for part in parts]


def test_a_number_is_written_for_people_and_checked() -> None:
    assert written(NUMBER) == COPY
    assert read(COPY) == read(COPY.lower().replace("-", " ")) == NUMBER
    assert read(COPY.replace("0", "O")) == NUMBER
    wrong = [COPY[:at] + ("7" if COPY[at] != "7" else "8") + COPY[at + 1 :] for at in range(19) if COPY[at] != "-"]
    assert not [one for one in wrong if read(one) is not None]
    assert read(COPY[1] + COPY[0] + COPY[2:]) is None
    assert [read(one) for one in ("", COPY[:-1], COPY + "0", "U" + COPY[1:], "Z" * 16)] == [None] * 5
    assert read(written(2**64 - 1)) == 2**64 - 1


def test_every_page_bears_the_mark_all_over_and_says_who_when_and_which(confinement: Confinement) -> None:
    copy = marked(confinement, bare(b"", count=3))
    for page in range(3):
        assert min(regions(drawn(copy, page))) > 0.5
        said = text(copy, page)
        for word in ("Amina Haddad", "Freedonia", "26 November 2026, 10:58 UTC", COPY):
            assert word in said


def test_the_number_stands_in_several_places(confinement: Confinement) -> None:
    with opened(marked(confinement, bare())) as copy:
        assert copy.trailer.Info["/ReviewPortalCopy"] == COPY
        assert COPY.encode() in copy.Root.Metadata.read_bytes()
        content = copy.pages[0].Contents.read_bytes()
        assert content.count(f"/Copy ({COPY})".encode()) == 2
        assert COPY.replace("-", "").encode() in content
        assert b"Confidential words" in content


def test_no_single_object_holds_the_mark(confinement: Confinement) -> None:
    """Each object emptied in turn: what is left is still marked, seen and read."""
    data = marked(confinement, bare(b""))
    with opened(data) as copy:
        numbers = [thing.objgen for thing in copy.objects if isinstance(thing, Stream)]
        contents = copy.pages[0].Contents.objgen
        assert not isinstance(copy.pages[0].Contents, Array)
    assert len(numbers) > 5
    for number in set(numbers) - {contents}:
        with opened(data) as copy:
            copy.get_object(number).write(b"")
            rest = BytesIO()
            copy.save(rest, fix_metadata_version=False)
            assert COPY.encode() in copy.pages[0].Contents.read_bytes()
        assert max(regions(drawn(rest.getvalue()))) > 0.1


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_the_mark_stands_upright_on_pages_turned_and_cropped(confinement: Confinement, turn: int) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].MediaBox = Array([-50, 30, 700, 900])
        pdf.pages[0].CropBox = Array([100, 100, 500, 700])
        pdf.pages[0].Rotate = turn - 360

    size = (600, 400) if turn % 180 else (400, 600)
    plain = drawn(marked(confinement, bare(b"", size=size), dots=False))
    turned = drawn(marked(confinement, bare(b"", change=change), dots=False))
    assert turned.size == plain.size == size
    assert max(ImageChops.difference(plain, turned).resize((60, 60)).histogram().index(0), 0) < 80
    pairs = zip(regions(plain), regions(turned), strict=True)
    assert max(abs(one - other) for one, other in pairs) < 0.4


def test_what_a_page_inherits_stays_and_counts(confinement: Confinement) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        pages = pdf.Root.Pages
        for key in ("/MediaBox", "/Resources"):
            pages[key] = pdf.pages[0][key]
            del pdf.pages[0][key]
        pages.Rotate = 90

    copy = marked(confinement, bare(change=change))
    assert drawn(copy).size == (842, 595)
    assert "Confidential words" in text(copy)
    assert COPY in text(copy)


@pytest.mark.parametrize(
    "content",
    [
        b"q q 0.01 0 0 0.01 0 0 cm",
        b"0.01 0 0 0.01 0 0 cm q",
        b"Q Q 0.01 0 0 0.01 0 0 cm",
        b"q 0 0 10 10 re W n 0.01 0 0 0.01 0 0 cm q q",
        b"(q) pop q",
        b"",
    ],
)
def test_the_mark_is_seen_whatever_a_page_leaves_behind(confinement: Confinement, content: bytes) -> None:
    sound, left = (drawn(marked(confinement, bare(one), dots=False)) for one in (b"", content))
    pairs = zip(regions(sound), regions(left), strict=True)
    assert max(abs(one - other) for one, other in pairs) < 0.4


def test_pages_of_all_sizes_are_marked(confinement: Confinement) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        for size in ((100, 100), (2400, 3400), (14_400, 20), (3, 14_400)):
            pdf.add_blank_page(page_size=size)
        pdf.pages[0].MediaBox = Array([0, 0, 0, 0])
        del pdf.pages[1]["/MediaBox"]

    copy = marked(confinement, bare(change=change))
    with opened(copy) as pdf:
        for page in pdf.pages:
            assert COPY.encode() in page.Contents.read_bytes()


def test_a_copy_keeps_what_is_read_and_loses_what_acts(confinement: Confinement) -> None:
    copy = marked(confinement, armed())
    with opened(copy) as pdf:
        assert not list(pdf.attachments)
        notes = pdf.pages[0].Annots
        assert [str(note.Subtype) for note in notes] == ["/Link", "/Widget", "/Widget"]
        assert str(notes[0].A.URI) == "https://elsewhere.example/"
        assert str(notes[1].V) == "filled in"
        assert "/V" not in notes[2]
        assert "/SigFlags" not in pdf.Root.AcroForm
        everything = b"".join(
            thing.unparse(resolved=True) + (thing.read_bytes() if isinstance(thing, Stream) else b"")
            for thing in pdf.objects
            if isinstance(thing, Dictionary | Stream | Array)
        )
    for word in (b"JavaScript", b"alert", b"attached secret", b"EmbeddedFile", b"/AA", b"xfa", b"PPKLite"):
        assert word not in everything
    assert "Confidential words" in text(copy)


def test_actions_hide_nowhere(confinement: Confinement) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        launch = Dictionary(S=Name.Launch, F="calc.exe")
        item = pdf.make_indirect(Dictionary(Title="x", A=Dictionary(S=Name.JavaScript, JS="evil()")))
        item.Next = item  # round and round
        pdf.Root.Outlines = pdf.make_indirect(Dictionary(First=item, Last=item))
        chained = Dictionary(S=Name.URI, URI="https://a.example/", Next=launch)
        note = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), A=chained)
        clip = Dictionary(Type=Name.Annot, Subtype=Name.FileAttachment, Rect=Array([0, 0, 9, 9]))
        pdf.pages[0].Annots = Array([note, clip, Dictionary(Subtype=Name.Link, A=launch)])
        pdf.Root.Collection = Dictionary()
        pdf.Root.Perms = Dictionary(DocMDP=Dictionary())

    with opened(marked(confinement, bare(change=change))) as pdf:
        everything = b"".join(t.unparse(resolved=True) for t in pdf.objects if isinstance(t, Dictionary | Array))
    for word in (b"Launch", b"calc", b"evil", b"FileAttachment", b"Collection", b"DocMDP"):
        assert word not in everything
    assert b"https://a.example/" in everything


def test_a_restricted_file_is_marked_and_a_locked_one_is_not(confinement: Confinement) -> None:
    with opened(marked(confinement, owned())) as pdf:
        assert not pdf.is_encrypted
    for data, failure in (
        (locked(), Failure.ENCRYPTED),
        (b"%PDF-1.4 nothing", Failure.DAMAGED),
        (b"", Failure.DAMAGED),
    ):
        with pytest.raises(NotRendered) as told:
            marked(confinement, data)
        assert told.value.failure is failure
    with pytest.raises(NotRendered) as told:
        marked(confinement, bare(count=5_001))
    assert told.value.failure is Failure.TOO_LONG


def test_a_content_that_cannot_be_unpacked_stays_as_it_is_beside_the_mark(confinement: Confinement) -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].Contents.write(b"nothing that was packed", filter=Name.LZWDecode)

    with opened(marked(confinement, bare(change=change))) as pdf:
        parts = pdf.pages[0].Contents
        assert b"nothing that was packed" in {part.read_raw_bytes() for part in parts}
        assert COPY.encode() in parts[-1].read_bytes()


def test_a_bomb_is_not_marked_and_not_handed_out(confinement: Confinement) -> None:
    with pytest.raises(NotRendered) as told:
        marked(confinement, bomb_of_bytes())
    assert told.value.failure is Failure.TOO_LARGE


@pytest.mark.parametrize("name", ["أمينة حداد", "王小明", "Ελένη", "Рюкзак", "አሚና"])
def test_names_in_any_script_can_be_read_and_are_no_question_marks(confinement: Confinement, name: str) -> None:
    copy = marked(confinement, bare(b""), Mark(name, "Freedonia", "26 November 2026", COPY, rtl=name[0] == "أ"))
    said = text(copy)
    assert COPY in said
    assert "?" not in said
    assert "\ufffd" not in said
    if name[0] != "أ":  # shaped letters come back as the forms that are drawn
        assert name in said


def test_a_copy_marked_twice_tells_both(confinement: Confinement) -> None:
    once = marked(confinement, typed())
    other = NUMBER ^ 0xFFFF
    twice = confinement.run(
        "mark",
        once,
        {"number": other, "dots": False},
        [write_mark(Mark("B", "C", "D", written(other)))],
    ).content
    found = confinement.run("trace", twice, {}).facts["found"]
    assert {one["copy"] for one in found} == {COPY, written(other)}


def test_names_that_try_to_write_operators_are_words(confinement: Confinement) -> None:
    name = ") Tj ET Q /F 1 Tf (<script>"
    copy = marked(confinement, bare(b""), Mark(name, "\u202eevil", "\n\n\x00now", COPY))
    said = re.sub(r"\s", "", text(copy))
    assert ")TjETQ/F1Tf(<script>" in said
    assert COPY in said
