"""PDF files that hide a word, each in one place, and show the same words all of them: `SHOWN`."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Final

import pikepdf
from pikepdf import Array, Dictionary, Name, String
from PIL import Image, ImageDraw

from portal.publishing.findings import Kind

SHOWN: Final = ("Country", "review", "report", "agreed", "by", "all")
WIDTH: Final = 300
HEIGHT: Final = 160
_SHOWN: Final = (
    b"BT /F 18 Tf 20 120 Td (Country review report) Tj ET\nBT /F 12 Tf 20 95 Td (agreed) Tj 45 0 Td (by all) Tj ET\n"
)
Hider = Callable[[str], bytes]


@dataclass(frozen=True)
class Place:
    """Where a word is hidden, what the scanner calls it (if it has a word for it), and the file."""

    name: str
    kind: Kind | None
    hide: Hider


PLACES: Final[list[Place]] = []


def place(kind: Kind | None) -> Callable[[Hider], Hider]:
    def listed(hide: Hider) -> Hider:
        PLACES.append(Place(hide.__name__, kind, hide))
        return hide

    return listed


def sheet(content: bytes = b"", *, before: bytes = b"", shown: bytes = _SHOWN) -> pikepdf.Pdf:
    """Begin a file of one page that shows the words, with more code after or before them."""
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(WIDTH, HEIGHT)).obj
    font = pdf.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
    page.Resources = Dictionary(Font=Dictionary(F=font), XObject=Dictionary(), ExtGState=Dictionary())
    page.Contents = pdf.make_stream(before + shown + content)
    return pdf


def page_of(pdf: pikepdf.Pdf) -> pikepdf.Object:
    return pdf.pages[0].obj


def written(pdf: pikepdf.Pdf) -> bytes:
    out = BytesIO()
    pdf.save(out, deterministic_id=True)
    return out.getvalue()


def plain() -> bytes:
    return written(sheet())


def text(word: str, looks: str = "", at: str = "20 40 Td", size: float = 14) -> bytes:
    return f"q {looks} BT /F {size} Tf {at} ({word}) Tj ET Q\n".encode()


def picture(word: str, kind: str = "JPEG", **options: object) -> bytes:
    """Draw a word into an image file."""
    image = Image.new("RGB", (120, 40), "white")
    ImageDraw.Draw(image).text((5, 5), word, fill="black")
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def image_in(pdf: pikepdf.Pdf, data: bytes, width: int = 120, height: int = 40, **more: object) -> pikepdf.Object:
    """Put a JPEG, or points of grey, into a file."""
    entries = {"Type": Name.XObject, "Subtype": Name.Image, "Width": width, "Height": height, "BitsPerComponent": 8}
    if data.startswith(b"\xff\xd8"):
        return pdf.make_stream(data, **entries, ColorSpace=Name.DeviceRGB, Filter=Name.DCTDecode, **more)
    return pdf.make_stream(data, **entries, ColorSpace=Name.DeviceGray, **more)


def with_image(word: str, code: bytes, data: bytes | None = None, **more: object) -> bytes:
    pdf = sheet(code)
    page_of(pdf).Resources.XObject.I = image_in(pdf, picture(word) if data is None else data, **more)
    return written(pdf)


def annotated(**entries: object) -> bytes:
    pdf = sheet()
    note = Dictionary(Type=Name.Annot, Rect=[20, 20, 120, 60], **entries)
    page_of(pdf).Annots = Array([pdf.make_indirect(note)])
    return written(pdf)


def rooted(**entries: object) -> bytes:
    pdf = sheet()
    for name, value in entries.items():
        pdf.Root[f"/{name}"] = value
    return written(pdf)


def appearance(pdf: pikepdf.Pdf, word: str) -> pikepdf.Object:
    font = page_of(pdf).Resources.Font
    code = f"BT /F 12 Tf 2 5 Td ({word}) Tj ET".encode()
    return pdf.make_stream(
        code, Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 100, 40], Resources=Dictionary(Font=font)
    )


def to_unicode(pdf: pikepdf.Pdf, letters: dict[int, str], digits: int = 2) -> pikepdf.Object:
    mapped = "\n".join(f"<{code:0{digits}x}> <{letter.encode('utf-16-be').hex()}>" for code, letter in letters.items())
    code = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def\n"
        f"1 begincodespacerange <{'0' * digits}> <{'f' * digits}> endcodespacerange\n"
        f"{len(letters)} beginbfchar\n{mapped}\nendbfchar endcmap end end"
    )
    return pdf.make_stream(code.encode())


def other_letters(said: Sequence[str], drawn: str) -> bytes:
    """Draw one word and say another: a table that gives other letters for the codes of a common font."""
    pdf = sheet(text(drawn).replace(b"/F ", b"/L "))
    letters = {ord(char): other for char, other in zip(drawn, said, strict=True)}
    page_of(pdf).Resources.Font.L = Dictionary(
        Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, ToUnicode=to_unicode(pdf, letters)
    )
    return written(pdf)


# what the file says of itself


@place(Kind.PROPERTIES)
def author(word: str) -> bytes:
    pdf = sheet()
    pdf.docinfo["/Author"] = word
    return written(pdf)


@place(Kind.PROPERTIES)
def property_of_ones_own(word: str) -> bytes:
    pdf = sheet()
    pdf.docinfo[f"/{word}"] = "1"
    return written(pdf)


@place(Kind.PROPERTIES)
def xmp_of_the_file(word: str) -> bytes:
    pdf = sheet()
    about = f"<rdf:Description rdf:about='' xmlns:a='https://a.example/'><a:b>{word}</a:b></rdf:Description>"
    rdf = f"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>{about}</rdf:RDF>"
    xml = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'>{rdf}</x:xmpmeta>".encode()
    pdf.Root.Metadata = pdf.make_stream(xml, Type=Name.Metadata, Subtype=Name.XML)
    return written(pdf)


@place(Kind.PROPERTIES)
def xmp_of_a_page(word: str) -> bytes:
    pdf = sheet()
    page_of(pdf).Metadata = pdf.make_stream(word.encode(), Type=Name.Metadata, Subtype=Name.XML)
    return written(pdf)


@place(Kind.PRIVATE_DATA)
def data_of_a_program(word: str) -> bytes:
    pdf = sheet()
    page_of(pdf).PieceInfo = Dictionary(Editor=Dictionary(Private=String(word)))
    return written(pdf)


@place(Kind.PRIVATE_DATA)
def unknown_entry_of_the_root(word: str) -> bytes:
    return rooted(Draft=String(word))


@place(Kind.PRIVATE_DATA)
def unknown_entry_of_a_page(word: str) -> bytes:
    pdf = sheet()
    page_of(pdf)["/Remark"] = String(word)
    return written(pdf)


@place(Kind.PRIVATE_DATA)
def template_of_a_page(word: str) -> bytes:
    return rooted(Names=Dictionary(Templates=Dictionary(Names=[String(word), Dictionary()])))


@place(Kind.DESTINATIONS)
def named_place(word: str) -> bytes:
    pdf = sheet()
    there = Array([page_of(pdf), Name.Fit])
    pdf.Root.Names = Dictionary(Dests=Dictionary(Names=[String(word), there]))
    return written(pdf)


@place(Kind.PAGE_LABELS)
def label_of_a_page(word: str) -> bytes:
    return rooted(PageLabels=Dictionary(Nums=[0, Dictionary(S=Name.D, P=String(word))]))


@place(None)
def name_of_the_output(word: str) -> bytes:
    return rooted(OutputIntents=[Dictionary(Type=Name.OutputIntent, S=Name.GTS_PDFA1, Info=String(word))])


@place(None)
def identifier(word: str) -> bytes:
    file = plain()
    at = file.index(b"/ID [<") + 6
    return file[:at] + word.encode().hex()[:32].ljust(32, "0").encode() + file[at + 32 :]


@place(None)
def name_of_a_font(word: str) -> bytes:
    pdf = sheet()
    page_of(pdf).Resources.Font[f"/{word}"] = page_of(pdf).Resources.Font.F
    return written(pdf)


@place(None)
def tag_in_the_code(word: str) -> bytes:
    return written(sheet(f"/{word} BMC EMC".encode()))


@place(None)
def entry_of_a_stream(word: str) -> bytes:
    pdf = sheet()
    page_of(pdf).Contents[f"/{word}"] = String(word)
    return written(pdf)


# what leads elsewhere or does something


@place(Kind.COMMENTS)
def note(word: str) -> bytes:
    return annotated(Subtype=Name.Text, Contents=String(word), T=String("Somebody"))


@place(Kind.COMMENTS)
def words_over_the_page(word: str) -> bytes:
    pdf = sheet()
    free = Dictionary(Type=Name.Annot, Subtype=Name.FreeText, Rect=[20, 20, 120, 60], Contents=String(word), F=4)
    free.AP = Dictionary(N=appearance(pdf, word))
    page_of(pdf).Annots = Array([pdf.make_indirect(free)])
    return written(pdf)


@place(Kind.COMMENTS)
def note_on_a_highlight(word: str) -> bytes:
    points = [20, 130, 120, 130, 20, 115, 120, 115]
    return annotated(Subtype=Name.Highlight, Contents=String(word), QuadPoints=points)


@place(Kind.LINKS)
def link(word: str) -> bytes:
    return annotated(Subtype=Name.Link, A=Dictionary(S=Name.URI, URI=String(f"https://{word}.example")))


@place(Kind.BOOKMARKS)
def bookmark(word: str) -> bytes:
    pdf = sheet()
    with pdf.open_outline() as outline:
        outline.root.append(pikepdf.OutlineItem(word, 0))
    return written(pdf)


@place(Kind.ATTACHMENTS)
def attachment(word: str) -> bytes:
    pdf = sheet()
    pdf.attachments[f"{word}.txt"] = word.encode()
    return written(pdf)


@place(Kind.ATTACHMENTS)
def attachment_on_the_page(word: str) -> bytes:
    pdf = sheet()
    inside = pdf.make_stream(word.encode(), Type=Name.EmbeddedFile)
    spec = Dictionary(Type=Name.Filespec, F=String("a.txt"), EF=Dictionary(F=inside))
    page_of(pdf).Annots = Array([Dictionary(Type=Name.Annot, Subtype=Name.FileAttachment, Rect=[0, 0, 9, 9], FS=spec)])
    return written(pdf)


@place(Kind.ATTACHMENTS)
def associated_file(word: str) -> bytes:
    pdf = sheet()
    inside = pdf.make_stream(word.encode(), Type=Name.EmbeddedFile)
    spec = Dictionary(Type=Name.Filespec, F=String("a.txt"), EF=Dictionary(F=inside), AFRelationship=Name.Source)
    pdf.Root.AF = Array([pdf.make_indirect(spec)])
    return written(pdf)


@place(Kind.SCRIPTS)
def script_of_the_file(word: str) -> bytes:
    script = Dictionary(S=Name.JavaScript, JS=String(f"app.alert('{word}')"))
    return rooted(Names=Dictionary(JavaScript=Dictionary(Names=[String("a"), script])))


@place(Kind.SCRIPTS)
def script_at_opening(word: str) -> bytes:
    return rooted(OpenAction=Dictionary(S=Name.JavaScript, JS=String(f"app.alert('{word}')")))


@place(Kind.ACTIONS)
def action_of_a_page(word: str) -> bytes:
    pdf = sheet()
    page_of(pdf).AA = Dictionary(O=Dictionary(S=Name.Launch, F=String(word)))
    return written(pdf)


@place(Kind.FORMS)
def field_without_a_look(word: str) -> bytes:
    pdf = sheet()
    field = Dictionary(
        Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String("a"), V=String(word), Rect=[0, 0, 0, 0]
    )
    page_of(pdf).Annots = Array([pdf.make_indirect(field)])
    pdf.Root.AcroForm = Dictionary(Fields=page_of(pdf).Annots)
    return written(pdf)


@place(Kind.FORMS)
def field_on_the_page(word: str) -> bytes:
    pdf = sheet()
    field = Dictionary(
        Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String("a"), V=String(word), Rect=[20, 20, 120, 60], F=4
    )
    field.AP = Dictionary(N=appearance(pdf, word))
    page_of(pdf).Annots = Array([pdf.make_indirect(field)])
    pdf.Root.AcroForm = Dictionary(Fields=page_of(pdf).Annots)
    return written(pdf)


@place(Kind.FORMS)
def form_in_xml(word: str) -> bytes:
    pdf = sheet()
    pdf.Root.AcroForm = Dictionary(Fields=[], XFA=pdf.make_stream(f"<xdp>{word}</xdp>".encode()))
    return written(pdf)


@place(Kind.SIGNATURES)
def signature(word: str) -> bytes:
    pdf = sheet()
    signed = Dictionary(
        Type=Name.Sig, Filter=Name("/Adobe.PPKLite"), ByteRange=[0, 1, 2, 3], Contents=b"\0", Reason=String(word)
    )
    field = pdf.make_indirect(Dictionary(FT=Name.Sig, T=String("s"), V=pdf.make_indirect(signed)))
    pdf.Root.AcroForm = Dictionary(Fields=[field], SigFlags=3)
    return written(pdf)


# what stands for something else


@place(Kind.ALTERNATE_TEXT)
def actual_text(word: str) -> bytes:
    return written(sheet(f"/Span << /ActualText ({word}) >> BDC EMC".encode()))


@place(Kind.ALTERNATE_TEXT)
def alternate_text_of_a_figure(word: str) -> bytes:
    pdf = sheet()
    figure = pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name.Figure, Alt=String(word)))
    pdf.Root.StructTreeRoot = pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot, K=figure))
    return written(pdf)


@place(Kind.ALTERNATE_TEXT)
def title_in_the_structure(word: str) -> bytes:
    pdf = sheet()
    part = pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name.Sect, T=String(word), K=0))
    pdf.Root.StructTreeRoot = pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot, K=part))
    return written(pdf)


@place(Kind.ALTERNATE_TEXT)
def expansion_in_a_property(word: str) -> bytes:
    pdf = sheet(b"/Span /M BDC EMC")
    page_of(pdf).Resources.Properties = Dictionary(M=Dictionary(E=String(word)))
    return written(pdf)


# text that nobody sees


@place(Kind.HIDDEN_TEXT)
def white_on_white(word: str) -> bytes:
    return written(sheet(text(word, "1 g")))


@place(Kind.HIDDEN_TEXT)
def nearly_white(word: str) -> bytes:
    return written(sheet(text(word, "0.93 g")))


@place(Kind.HIDDEN_TEXT)
def pale_yellow(word: str) -> bytes:
    return written(sheet(text(word, "1 1 0.82 rg")))


@place(Kind.HIDDEN_TEXT)
def black_on_black(word: str) -> bytes:
    return written(sheet(b"0 g 10 30 150 40 re f\n" + text(word, "0.05 g")))


@place(Kind.HIDDEN_TEXT)
def blue_on_blue(word: str) -> bytes:
    return written(sheet(b"0 0 0.6 rg 10 30 150 40 re f\n" + text(word, "0 0 0.65 rg")))


@place(Kind.HIDDEN_TEXT)
def not_drawn(word: str) -> bytes:
    return written(sheet(text(word, "3 Tr")))


@place(Kind.HIDDEN_TEXT)
def drawn_as_an_edge_alone(word: str) -> bytes:
    return written(sheet(text(word, "7 Tr")))


@place(Kind.HIDDEN_TEXT)
def transparent(word: str) -> bytes:
    pdf = sheet(text(word, "/G gs"))
    page_of(pdf).Resources.ExtGState.G = Dictionary(ca=0, CA=0)
    return written(pdf)


@place(Kind.HIDDEN_TEXT)
def nearly_transparent(word: str) -> bytes:
    pdf = sheet(text(word, "/G gs"))
    page_of(pdf).Resources.ExtGState.G = Dictionary(ca=0.08, CA=0.08)
    return written(pdf)


@place(Kind.HIDDEN_TEXT)
def under_a_mask(word: str) -> bytes:
    pdf = sheet(text(word, "/G gs"))
    black = pdf.make_stream(
        b"0 g 0 0 300 160 re f",
        Type=Name.XObject,
        Subtype=Name.Form,
        BBox=[0, 0, WIDTH, HEIGHT],
        Group=Dictionary(S=Name.Transparency, CS=Name.DeviceGray),
    )
    page_of(pdf).Resources.ExtGState.G = Dictionary(SMask=Dictionary(S=Name.Luminosity, G=black))
    return written(pdf)


@place(Kind.HIDDEN_TEXT)
def tiny(word: str) -> bytes:
    return written(sheet(text(word, size=1.5)))


@place(Kind.HIDDEN_TEXT)
def tiny_by_its_matrix(word: str) -> bytes:
    return written(sheet(text(word, "0.01 0 0 0.01 20 40 cm", at="0 0 Td", size=100)))


@place(Kind.HIDDEN_TEXT)
def pressed_flat(word: str) -> bytes:
    return written(sheet(text(word, "1 0 0 0.05 20 40 cm", at="0 0 Td")))


@place(Kind.HIDDEN_TEXT)
def outside_the_crop(word: str) -> bytes:
    pdf = sheet(text(word, at="20 5 Td"))
    page_of(pdf).CropBox = [0, 30, WIDTH, HEIGHT]
    return written(pdf)


@place(Kind.HIDDEN_TEXT)
def outside_the_page(word: str) -> bytes:
    return written(sheet(text(word, at="500 500 Td")))


@place(Kind.HIDDEN_TEXT)
def under_a_shape(word: str) -> bytes:
    return written(sheet(text(word) + b"0 g 10 30 150 40 re f\n"))


@place(Kind.HIDDEN_TEXT)
def under_a_white_shape(word: str) -> bytes:
    return written(sheet(text(word) + b"1 g 10 30 150 40 re f\n"))


@place(Kind.HIDDEN_TEXT)
def under_an_image(word: str) -> bytes:
    return with_image("Cover", text(word) + b"q 160 0 0 50 10 25 cm /I Do Q\n", bytes([90]) * 4800)


@place(Kind.HIDDEN_TEXT)
def clipped_away(word: str) -> bytes:
    return written(sheet(text(word, "0 0 5 5 re W n")))


@place(Kind.HIDDEN_TEXT)
def in_a_form_of_the_code(word: str) -> bytes:
    pdf = sheet(b"/X Do")
    form = appearance(pdf, word)
    form.write(b"1 g " + form.read_bytes())
    page_of(pdf).Resources.XObject.X = form
    return written(pdf)


@place(Kind.LAYERS)
def hidden_layer(word: str) -> bytes:
    pdf = sheet(b"/OC /L BDC " + text(word) + b" EMC")
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("Draft")))
    page_of(pdf).Resources.Properties = Dictionary(L=layer)
    pdf.Root.OCProperties = Dictionary(OCGs=[layer], D=Dictionary(OFF=[layer], Order=[layer]))
    return written(pdf)


@place(Kind.LAYERS)
def name_of_a_layer(word: str) -> bytes:
    pdf = sheet()
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String(word)))
    pdf.Root.OCProperties = Dictionary(OCGs=[layer], D=Dictionary(Order=[layer]))
    return written(pdf)


@place(Kind.HIDDEN_TEXT)
def letters_without_a_look(word: str) -> bytes:
    """Letters of a font whose programs draw nothing (Type 3), with a table that says what they mean."""
    pdf = sheet(f"BT /T 20 Tf 20 40 Td <{bytes(range(len(word))).hex()}> Tj ET".encode())
    nothing = pdf.make_stream(b"500 0 0 0 500 500 d1")
    page_of(pdf).Resources.Font.T = Dictionary(
        Type=Name.Font,
        Subtype=Name.Type3,
        FontBBox=[0, 0, 1, 1],
        FontMatrix=[0.001, 0, 0, 0.001, 0, 0],
        CharProcs=Dictionary({f"/g{n}": nothing for n in range(len(word))}),
        Encoding=Dictionary(Differences=Array([0, *(Name(f"/g{n}") for n in range(len(word)))])),
        FirstChar=0,
        LastChar=len(word) - 1,
        Widths=[500] * len(word),
        ToUnicode=to_unicode(pdf, dict(enumerate(word))),
    )
    return written(pdf)


# pictures


@place(Kind.IMAGE_METADATA)
def exif_of_a_picture(word: str) -> bytes:
    exif = Image.Exif()
    exif[0x013B] = word  # Artist
    return with_image("", b"q 60 0 0 20 20 20 cm /I Do Q\n", picture("Map", exif=exif.tobytes()))


@place(Kind.IMAGE_METADATA)
def remark_in_a_picture(word: str) -> bytes:
    return with_image("", b"q 60 0 0 20 20 20 cm /I Do Q\n", picture("Map", comment=word.encode()))


@place(Kind.IMAGE_METADATA)
def after_the_end_of_a_picture(word: str) -> bytes:
    return with_image("", b"q 60 0 0 20 20 20 cm /I Do Q\n", picture("Map") + word.encode())


@place(Kind.HIDDEN_IMAGES)
def picture_outside_the_page(word: str) -> bytes:
    return with_image(word, b"q 60 0 0 20 600 20 cm /I Do Q\n")


@place(Kind.HIDDEN_IMAGES)
def picture_under_a_shape(word: str) -> bytes:
    return with_image(word, b"q 60 0 0 20 20 20 cm /I Do Q 0 g 15 15 80 30 re f\n")


@place(Kind.HIDDEN_IMAGES)
def faint_picture(word: str) -> bytes:
    image = Image.new("L", (120, 40), 255)
    ImageDraw.Draw(image).text((5, 5), word, fill=235)
    return with_image(word, b"q 60 0 0 20 20 20 cm /I Do Q\n", image.tobytes())


@place(Kind.THUMBNAILS)
def small_picture_of_the_page(word: str) -> bytes:
    pdf = sheet()
    page_of(pdf).Thumb = image_in(pdf, picture(word))
    return written(pdf)


@place(Kind.UNUSED_OBJECTS)
def picture_that_nothing_uses(word: str) -> bytes:
    return orphaned(plain(), b"<< /Length %d >>\nstream\n%b\nendstream" % (len(word), word.encode()))


# bytes


@place(Kind.CODE_COMMENTS)
def remark_in_the_code(word: str) -> bytes:
    return written(sheet(f"% {word}\n".encode()))


@place(Kind.CODE_COMMENTS)
def remark_between_objects(word: str) -> bytes:
    return orphaned(plain(), None, remark=word.encode())


@place(Kind.STRAY_BYTES)
def after_the_end(word: str) -> bytes:
    return plain() + word.encode()


@place(Kind.STRAY_BYTES)
def before_the_beginning(word: str) -> bytes:
    return word.encode() + b"\n" + plain()


@place(Kind.EARLIER_VERSIONS)
def earlier_version(word: str) -> bytes:
    """Write a file that shows the word, and a change after it that shows it no more."""
    pdf = sheet(text(word))
    file = unpacked(pdf)
    with pikepdf.open(BytesIO(file)) as again:
        number = again.pages[0].obj.Contents.objgen[0]
        root = again.Root.objgen[0]
        size = int(again.trailer.Size)
    start = int(file[file.rindex(b"startxref") + 9 :].split()[0])
    changed = len(file)
    new = b"%d 0 obj\n<< /Length %d >>\nstream\n%b\nendstream\nendobj\n" % (number, len(_SHOWN), _SHOWN)
    table = b"xref\n0 1\n0000000000 65535 f \n%d 1\n%010d 00000 n \n" % (number, changed)
    end = b"trailer\n<< /Size %d /Root %d 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n"
    return file + new + table + end % (size, root, start, changed + len(new))


@place(Kind.UNUSED_OBJECTS)
def object_that_nothing_uses(word: str) -> bytes:
    return orphaned(plain(), f"({word})".encode())


def with_numbers_as_objects() -> bytes:
    """Write a file as LibreOffice does: lengths are objects of their own."""
    code = _SHOWN
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 6 0 R >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 160] /Contents 4 0 R /Resources 8 0 R >>",
        b"<< /Length 5 0 R >>\nstream\n%b\nendstream" % code,
        b"%d" % len(code),
        b"1",
        font,
        b"<< /Font << /F 7 0 R >> >>",
    ]
    out = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, one in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, one)
    start = len(out)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"xref\n0 9\n0000000000 65535 f \n" + table
    return bytes(out + b"trailer\n<< /Size 9 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start)


def unpacked(pdf: pikepdf.Pdf) -> bytes:
    out = BytesIO()
    pdf.save(
        out,
        deterministic_id=True,
        object_stream_mode=pikepdf.ObjectStreamMode.disable,
        stream_decode_level=pikepdf.StreamDecodeLevel.generalized,
        compress_streams=False,
    )
    return out.getvalue()


def orphaned(file: bytes, more: bytes | None, remark: bytes = b"") -> bytes:
    """Write a file anew with one more object that nothing leads to, or with a remark between its objects."""
    with pikepdf.open(BytesIO(file)) as pdf:
        count = int(pdf.trailer.Size) if "/Size" in pdf.trailer else len(pdf.objects) + 1
        objects = {thing.objgen[0]: thing.unparse(resolved=True) for thing in pdf.objects if thing is not None}
        for thing in pdf.objects:
            if isinstance(thing, pikepdf.Stream):
                data = thing.read_bytes()
                head = b"<< /Length %d >>" % len(data)
                objects[thing.objgen[0]] = head + b"\nstream\n" + data + b"\nendstream"
        root = pdf.Root.objgen[0]
    count = max(objects) + 1
    if more is not None:
        objects[count] = more
        count += 1
    out = bytearray(b"%PDF-1.7\n")
    offsets = {}
    for number, code in objects.items():
        offsets[number] = len(out)
        out += b"%d 0 obj\n%b\nendobj\n" % (number, code)
        out += b"%% %b\n" % remark if remark else b""
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % count
    for number in range(1, count):
        out += b"%010d 00000 n \n" % offsets[number]
    return bytes(out + b"trailer\n<< /Size %d /Root %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, root, start))


# what is drawn and what is said differ


@place(Kind.DOUBTFUL_TEXT)
def meaning_of_other_letters(word: str) -> bytes:
    return other_letters(word.ljust(12, "x"), "ABCDEFGHIJKL")


def bomb(mebibytes: int) -> bytes:
    """Write a page whose code unpacks to many times its size."""
    pdf = sheet()
    machine = zlib.compressobj(9)
    piece = b" " * (1 << 20)
    data = b"".join(machine.compress(piece) for _ in range(mebibytes)) + machine.flush()
    page_of(pdf).Contents = pdf.make_stream(data, Filter=Name.FlateDecode)
    return written(pdf)
