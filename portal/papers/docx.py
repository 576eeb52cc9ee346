"""A paper as DOCX, written in memory: paragraphs, headings and tables, no fields but page numbers, nothing outside.

It names nobody but in its text, bears no time, and is the same bytes for the same paper.
"""

import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from io import BytesIO
from itertools import groupby
from typing import Final

from markupsafe import escape

from portal.domain.markdown import shown
from portal.papers import wordml
from portal.papers.blocks import Block, Kind, Line, Look, Span, blocks_of, reads_rtl
from portal.papers.dialogue import Paper, Question, Said

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # a ZIP knows no earlier time
_STEP: Final = 360  # twentieths of a point
_DEEPEST: Final = 12  # steps; past it the page has no room
_LANGUAGE: Final = re.compile("[a-z]{2,3}")
_LOOKS: Final = {
    Look.STRONG: "<w:b/><w:bCs/>",
    Look.EMPHASIS: "<w:i/><w:iCs/>",
    Look.STRUCK: "<w:strike/>",
    Look.CODE: '<w:shd w:val="clear" w:color="auto" w:fill="EBEBEB"/>',
}
_MARKED: Final = {False: "\u200e", True: "\u200f"}  # what the words beside are read in: left to right, right to left


def write_docx(paper: Paper) -> bytes:
    """Return the paper as DOCX."""
    parts = {
        "[Content_Types].xml": wordml.CONTENT_TYPES,
        "_rels/.rels": wordml.PACKAGE_RELATIONSHIPS,
        "docProps/core.xml": wordml.CORE
        % {"title": _escaped(paper.title), "language": _language(paper.language) or "und"},
        "word/document.xml": _document(paper),
        "word/_rels/document.xml.rels": wordml.DOCUMENT_RELATIONSHIPS,
        "word/styles.xml": wordml.STYLES,
        "word/header.xml": _root("hdr", _frame(paper.mark, "Small", paper)),
        "word/footer.xml": _root("ftr", _paragraph(wordml.PAGE_NUMBER, "Small", rtl=paper.rtl)),
    }
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), text.encode(), zipfile.ZIP_DEFLATED)
    return file.getvalue()


def _escaped(text: str) -> str:
    return str(escape(shown(text)))


def _language(code: str) -> str:
    return code if _LANGUAGE.fullmatch(code) else ""


def _root(name: str, body: str) -> str:
    return f'{wordml.HEAD}<w:{name} xmlns:w="{wordml.W}">{body}</w:{name}>'


def _document(paper: Paper) -> str:
    section = wordml.SECTION % {"bidi": "<w:bidi/>" if paper.rtl else ""}
    return _root("document", f"<w:body>{''.join(_body(paper))}{section}</w:body>")


def _body(paper: Paper) -> Iterator[str]:
    yield _frame(_held(paper.title, paper), "Title", paper)
    yield _frame(_held(paper.subtitle, paper), "Subtitle", paper)
    for term, value in paper.facts:
        yield _frame(_about((term, value), paper, sign=": "), "Normal", paper)
    yield _frame(_held(paper.made_at, paper), "Small", paper)
    for article in paper.articles:
        yield _frame(_held(article.heading, paper), "Heading1", paper)
        for question in article.questions:
            yield from _question(question, paper)


def _question(question: Question, paper: Paper) -> Iterator[str]:
    yield _frame(_held(f"{question.number} {question.heading}", paper), "Heading2", paper)
    yield _frame(_about((question.kind, question.asked_by, question.at), paper), "About", paper)
    for said in question.entries:
        yield from _said(said, paper)


def _said(said: Said, paper: Paper) -> Iterator[str]:
    yield _frame(_about((said.part, said.by, said.at), paper), "Said", paper)
    if said.corrects:
        yield _frame(_held(said.corrects, paper), "Said", paper)
    language = _language(said.language)
    for block in blocks_of(said.text, rtl=said.rtl):
        yield _block(block, language)
    if said.attachments:
        yield _frame(paper.attachments, "Small", paper)
        for name in said.attachments:
            yield _frame(f"• {_held(name, paper)}", "Small", paper)


def _about(parts: Iterable[str], paper: Paper, sign: str = " · ") -> str:
    """Put words of several people side by side, none of which turns the others."""
    mark = _MARKED[paper.rtl]
    return f"{mark}{sign}{mark}".join(_held(part, paper) for part in parts if part)


def _held(text: str, paper: Paper) -> str:
    """Keep words that read the other way than the paper together, from their first sign to their last."""
    rtl = reads_rtl(text, otherwise=paper.rtl)
    return text if rtl is paper.rtl else f"{_MARKED[rtl]}{text}{_MARKED[rtl]}"


def _frame(text: str, style: str, paper: Paper) -> str:
    """Write a paragraph that isn't part of a long text, in the direction of the paper."""
    return _paragraph(_runs((Span(text),), rtl=paper.rtl, language=_language(paper.language)), style, rtl=paper.rtl)


def _paragraph(runs: str, style: str, *, rtl: bool, extra: str = "") -> str:
    bidi = "<w:bidi/>" if rtl else ""
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{bidi}{extra}</w:pPr>{runs}</w:p>'


def _block(block: Block, language: str) -> str:
    depth = min(block.quoted + block.indented, _DEEPEST)
    marker = (Span(f"{block.marker}\t"),) if block.marker else ()
    hanging = f' w:hanging="{_STEP}"' if marker else ""
    indent = f'<w:ind w:left="{depth * _STEP}"{hanging}/>' if depth else ""
    match block.kind:
        case Kind.RULE:
            border = '<w:pBdr><w:bottom w:val="single" w:sz="4" w:space="1" w:color="808080"/></w:pBdr>'
            return f'<w:p><w:pPr><w:pStyle w:val="Normal"/>{border}{indent}</w:pPr></w:p>'
        case Kind.TABLE:
            return _table(block, language)
        case Kind.HEADING:
            style = f"Heading{2 + block.level}"
        case _:
            style = "Quote" if block.quoted else "Normal"
    return _paragraph(
        _runs((*marker, *block.line), rtl=block.rtl, language=language), style, rtl=block.rtl, extra=indent
    )


def _table(block: Block, language: str) -> str:
    columns = len(block.rows[0])
    width = 9400 // columns
    edges = "".join(
        f'<w:{edge} w:val="single" w:sz="4" w:space="0" w:color="969696"/>'
        for edge in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    bidi = "<w:bidiVisual/>" if block.rtl else ""
    rows = []
    for number, row in enumerate(block.rows):
        cells = "".join(
            f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>'
            f"{_cell(cell, block, language, heading=not number)}</w:tc>"
            for cell in row
        )
        rows.append(f"<w:tr>{'' if number else '<w:trPr><w:tblHeader/></w:trPr>'}{cells}</w:tr>")
    grid = f'<w:gridCol w:w="{width}"/>' * columns
    return (
        f'<w:tbl><w:tblPr>{bidi}<w:tblW w:w="{width * columns}" w:type="dxa"/><w:tblBorders>{edges}</w:tblBorders>'
        f"</w:tblPr><w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>"
        '<w:p><w:pPr><w:pStyle w:val="Small"/></w:pPr></w:p>'  # two tables would grow together
    )


def _cell(line: Line, block: Block, language: str, *, heading: bool) -> str:
    rtl = reads_rtl("".join(span.text for span in line), otherwise=block.rtl)
    strong = frozenset({Look.STRONG} if heading else ())
    spans = tuple(Span(span.text, span.looks | strong) for span in line)
    return _paragraph(_runs(spans, rtl=rtl, language=language), "Normal", rtl=rtl)


def _runs(spans: Line, *, rtl: bool, language: str) -> str:
    """Write the parts of a line; Word sets each run in the fonts of its direction."""
    written = []
    turned = rtl
    for span in spans:
        looks = "".join(_LOOKS[look] for look in Look if look in span.looks)
        for turned, text in _turns(shown(span.text), turned):  # noqa: B020 - each run begins as the last one ended
            written.append(f"<w:r><w:rPr>{looks}{_speech(language, rtl=turned)}</w:rPr>{_text(text)}</w:r>")
    return "".join(written)


def _speech(language: str, *, rtl: bool) -> str:
    if not language:
        return "<w:rtl/>" if rtl else ""
    return f'{"<w:rtl/>" * rtl}<w:lang w:val="{language}" w:eastAsia="{language}" w:bidi="{language}"/>'


def _turns(text: str, rtl: bool) -> Iterator[tuple[bool, str]]:  # noqa: FBT001
    """Part a text where its letters change direction; what is no letter goes with the letters before it."""
    marked = []
    for char in text:
        direction = unicodedata.bidirectional(char)
        if direction in {"L", "R", "AL"}:
            rtl = direction != "L"
        marked.append((rtl, char))
    for turned, group in groupby(marked, key=lambda pair: pair[0]):
        yield turned, "".join(char for _, char in group)


def _text(text: str) -> str:
    """Write words, line breaks and tabs."""
    parts = []
    for part in re.split("([\n\t])", text):
        match part:
            case "":
                continue
            case "\n":
                parts.append("<w:br/>")
            case "\t":
                parts.append("<w:tab/>")
            case _:
                parts.append(f'<w:t xml:space="preserve">{escape(part)}</w:t>')
    return "".join(parts)
