"""Small writers of Office Open XML (ECMA-376): a text document and a spreadsheet, in any script.

The parts lie uncompressed in the archive, which the format allows: whoever looks for a word on a disk finds it
in a file that was left there in the clear.
"""

import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPES = "application/vnd.openxmlformats-officedocument"
# archives know no earlier day; a fixed one makes the same file every time
_EPOCH = (1980, 1, 1, 0, 0, 0)
_FROM_RIGHT_TO_LEFT = frozenset({"ar"})


def docx(title: str, paragraphs: Sequence[str], language: str) -> bytes:
    """Return a text document; a paragraph that begins with "# " is a heading."""
    body = "".join(_paragraph(text, language) for text in paragraphs)
    document = (
        f'{_XML}<w:document xmlns:w="{_WORD}"><w:body>{body}'
        '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/></w:sectPr></w:body></w:document>'
    )
    styles = (
        f'{_XML}<w:styles xmlns:w="{_WORD}">'
        '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/>'
        '<w:basedOn w:val="Normal"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr>'
        '<w:rPr><w:b/><w:bCs/><w:sz w:val="28"/><w:szCs w:val="28"/></w:rPr></w:style></w:styles>'
    )
    return _package(
        title,
        language,
        ("word/document.xml", f"{_TYPES}.wordprocessingml.document.main+xml", document),
        ("word/styles.xml", f"{_TYPES}.wordprocessingml.styles+xml", styles),
    )


def xlsx(title: str, rows: Sequence[Sequence[str | int]], language: str) -> bytes:
    """Return a spreadsheet with one sheet."""
    cells = "".join(
        f'<row r="{number}">' + "".join(_cell(at, number, value) for at, value in enumerate(row)) + "</row>"
        for number, row in enumerate(rows, 1)
    )
    turned = ' rightToLeft="1"' if language in _FROM_RIGHT_TO_LEFT else ""
    sheet = (
        f'{_XML}<worksheet xmlns="{_SHEET}"><sheetViews><sheetView{turned} workbookViewId="0"/></sheetViews>'
        f"<sheetData>{cells}</sheetData></worksheet>"
    )
    workbook = (
        f'{_XML}<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}/relationships">'
        '<sheets><sheet name="1" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    return _package(
        title,
        language,
        ("xl/workbook.xml", f"{_TYPES}.spreadsheetml.sheet.main+xml", workbook),
        ("xl/worksheets/sheet1.xml", f"{_TYPES}.spreadsheetml.worksheet+xml", sheet),
    )


def _paragraph(text: str, language: str) -> str:
    style = '<w:pStyle w:val="Heading1"/>' if text.startswith("# ") else ""
    turned = language in _FROM_RIGHT_TO_LEFT
    paragraph = f"<w:pPr>{style}{'<w:bidi/>' if turned else ''}</w:pPr>"
    run = f'<w:rPr>{"<w:rtl/>" if turned else ""}<w:lang w:val="{language}" w:bidi="{language}"/></w:rPr>'
    words = escape(text.removeprefix("# "))
    return f'<w:p>{paragraph}<w:r>{run}<w:t xml:space="preserve">{words}</w:t></w:r></w:p>'


def _cell(column: int, row: int, value: str | int) -> str:
    place = f"{chr(ord('A') + column)}{row}"
    if isinstance(value, int):
        return f'<c r="{place}"><v>{value}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'


def _package(title: str, language: str, main: tuple[str, str, str], second: tuple[str, str, str]) -> bytes:
    """Put the main part and the one that it refers to into an archive with what the format wants around them."""
    folder, name = main[0].split("/", 1)
    kind = "styles" if folder == "word" else "worksheet"
    core = (
        f'{_XML}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>{escape(title)}</dc:title><dc:language>{language}</dc:language></cp:coreProperties>"
    )
    core_type = "application/vnd.openxmlformats-package.core-properties+xml"
    parts = (main, second, ("docProps/core.xml", core_type, core))
    overrides = "".join(
        f"<Override PartName={quoteattr('/' + path)} ContentType={quoteattr(kind)}/>" for path, kind, _ in parts
    )
    members = {
        "[Content_Types].xml": (
            f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
        ),
        "_rels/.rels": _relationships(
            (f"{_OFFICE}/relationships/officeDocument", main[0]),
            (f"{_PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml"),
        ),
        f"{folder}/_rels/{name}.rels": _relationships(
            (f"{_OFFICE}/relationships/{kind}", second[0].removeprefix(f"{folder}/"))
        ),
        **{path: text for path, _, text in parts},
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for path, text in members.items():
            archive.writestr(zipfile.ZipInfo(path, _EPOCH), text)
    return out.getvalue()


def _relationships(*targets: tuple[str, str]) -> str:
    rows = "".join(
        f'<Relationship Id="rId{number}" Type="{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{rows}</Relationships>'
