"""PDF files for tests, made in memory: sound ones, and such as somebody made to harm."""

import zlib
from collections.abc import Callable
from functools import cache
from io import BytesIO

import pikepdf
import typst
from pikepdf import Array, Dictionary, Name, Stream, String

from portal.papers.fonts import shelf

A4 = (595, 842)


def written(pdf: pikepdf.Pdf, **options: object) -> bytes:
    content = BytesIO()
    pdf.save(content, **options)
    return content.getvalue()


@cache
def typed(pages: int = 1, words: int = 550) -> bytes:
    """Pages full of letters, as people write them."""
    each = f"[= Page #(n + 1)]; lorem({words}); pagebreak(weak: true)"
    text = f'#set page("a4")\n#set text(font: "Noto Sans", 11pt)\n#for n in range({pages}) {{ {each} }}'
    return typst.compile(text.encode(), font_paths=shelf().fonts, ignore_system_fonts=True, format="pdf")


def bare(
    content: bytes = b"BT /F 24 Tf 72 700 Td (Confidential words) Tj ET",
    size: tuple[float, float] = A4,
    count: int = 1,
    change: Callable[[pikepdf.Pdf], None] = lambda _: None,
    **options: object,
) -> bytes:
    """Pages with one content and a font that isn't embedded, changed as a test wants."""
    pdf = pikepdf.new()
    font = pdf.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
    for _ in range(count):
        page = pdf.add_blank_page(page_size=size)
        page.Contents = Stream(pdf, content)
        page.Resources = Dictionary(Font=Dictionary(F=font))
    change(pdf)
    return written(pdf, **options)


def bomb_of_bytes(mebibytes: int = 1500) -> bytes:
    """A page whose content is so many mebibytes of nothing, in a megabyte."""
    packer = zlib.compressobj(9)
    head = packer.compress(bytes(16)) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(b" " * 1024 * 1024) + packer.flush(zlib.Z_FULL_FLUSH)

    def change(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].Contents.write(head + block * mebibytes + packer.flush(), filter=Name.FlateDecode)

    return bare(change=change)


def bomb_of_time() -> bytes:
    """A hundred thousand squares as large as the page, each of which shines through."""

    def change(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].Resources.ExtGState = Dictionary(G=Dictionary(ca=0.5, BM=Name.Luminosity))

    return bare(b"/G gs " + b"0 0 595 842 re f " * 100_000, change=change)


def bomb_of_forms(levels: int = 12) -> bytes:
    """A drawing that draws another one ten times, which draws another one ten times, and so on."""

    def change(pdf: pikepdf.Pdf) -> None:
        inner = Stream(pdf, b"0 0 500 500 re f " * 50)
        inner.Type, inner.Subtype, inner.BBox = Name.XObject, Name.Form, Array([0, 0, 600, 850])
        for _ in range(levels):
            outer = Stream(pdf, b"/I Do " * 10)
            outer.Type, outer.Subtype, outer.BBox = Name.XObject, Name.Form, Array([0, 0, 600, 850])
            outer.Resources = Dictionary(XObject=Dictionary(I=inner))
            inner = outer
        pdf.pages[0].Resources.XObject = Dictionary(I=inner)

    return bare(b"/I Do", change=change)


def locked() -> bytes:
    """A PDF that opens with a password."""
    return bare(encryption=pikepdf.Encryption(owner="owner", user="user"))


def owned() -> bytes:
    """A PDF that anybody opens and only its owner may change."""
    return bare(encryption=pikepdf.Encryption(owner="owner", user=""))


def armed() -> bytes:
    """JavaScript, an attachment, a form, a link to the web, a signature, each where programs look for it."""

    def change(pdf: pikepdf.Pdf) -> None:
        script = pdf.make_indirect(Dictionary(S=Name.JavaScript, JS=String("app.alert(1)")))
        link = Dictionary(
            Type=Name.Annot,
            Subtype=Name.Link,
            Rect=Array([72, 500, 200, 520]),
            A=Dictionary(S=Name.URI, URI=String("https://elsewhere.example/")),
        )
        look = Stream(pdf, b"BT /F 12 Tf 2 4 Td (filled in) Tj ET")
        look.Type, look.Subtype, look.BBox = Name.XObject, Name.Form, Array([0, 0, 200, 20])
        look.Resources = Dictionary(Font=pdf.pages[0].Resources.Font)
        box = pdf.make_indirect(
            Dictionary(
                Type=Name.Annot,
                Subtype=Name.Widget,
                FT=Name.Tx,
                T=String("name"),
                V=String("filled in"),
                Rect=Array([72, 600, 272, 620]),
                F=4,
                AP=Dictionary(N=look),
                AA=Dictionary(K=script),
            )
        )
        signed = pdf.make_indirect(
            Dictionary(
                Type=Name.Annot,
                Subtype=Name.Widget,
                FT=Name.Sig,
                T=String("signature"),
                Rect=Array([0, 0, 0, 0]),
                V=Dictionary(Type=Name.Sig, Filter=Name("/Adobe.PPKLite"), Contents=String(b"0" * 64)),
            )
        )
        pdf.pages[0].Annots = Array([link, box, signed])
        pdf.pages[0].AA = Dictionary(O=script)
        pdf.Root.AcroForm = Dictionary(Fields=Array([box, signed]), SigFlags=3, XFA=String("<xfa/>"))
        pdf.Root.OpenAction = script
        pdf.Root.AA = Dictionary(WC=script)
        pdf.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("a"), script])))
        pdf.attachments["secret.docx"] = b"PK\x03\x04 attached secret"

    return bare(change=change)
