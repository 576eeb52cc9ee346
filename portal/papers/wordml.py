"""The parts of a DOCX that are the same in every paper (ECMA-376, WordprocessingML); nothing in them leads outside."""

from typing import Final

HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
W: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml"

CONTENT_TYPES: Final = (
    f'{HEAD}<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/word/document.xml" ContentType="{_TYPE}.document.main+xml"/>'
    f'<Override PartName="/word/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
    f'<Override PartName="/word/header.xml" ContentType="{_TYPE}.header+xml"/>'
    f'<Override PartName="/word/footer.xml" ContentType="{_TYPE}.footer+xml"/>'
    '<Override PartName="/docProps/core.xml"'
    ' ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>'
    "</Types>"
)
PACKAGE_RELATIONSHIPS: Final = (
    f'{HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/>'
    f'<Relationship Id="rId2" Type="{_PACKAGE}/relationships/metadata/core-properties" Target="docProps/core.xml"/>'
    "</Relationships>"
)
DOCUMENT_RELATIONSHIPS: Final = (
    f'{HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/header" Target="header.xml"/>'
    f'<Relationship Id="rId3" Type="{_OFFICE}/footer" Target="footer.xml"/>'
    "</Relationships>"
)
CORE: Final = (
    f'{HEAD}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/">'
    "<dc:title>%(title)s</dc:title><dc:language>%(language)s</dc:language></cp:coreProperties>"
)
SECTION: Final = (
    "<w:sectPr>"
    f'<w:headerReference xmlns:r="{_OFFICE}" w:type="default" r:id="rId2"/>'
    f'<w:footerReference xmlns:r="{_OFFICE}" w:type="default" r:id="rId3"/>'
    '<w:pgSz w:w="11906" w:h="16838"/>'
    '<w:pgMar w:top="1360" w:right="1250" w:bottom="1360" w:left="1250" w:header="700" w:footer="700" w:gutter="0"/>'
    "%(bidi)s</w:sectPr>"
)
PAGE_NUMBER: Final = (
    '<w:fldSimple w:instr=" PAGE "><w:r><w:t>1</w:t></w:r></w:fldSimple>'
    '<w:r><w:t xml:space="preserve"> / </w:t></w:r>'
    '<w:fldSimple w:instr=" NUMPAGES "><w:r><w:t>1</w:t></w:r></w:fldSimple>'
)


def _style(name: str, shown: str, paragraph: str, run: str) -> str:
    return (
        f'<w:style w:type="paragraph" w:styleId="{name}"><w:name w:val="{shown}"/><w:basedOn w:val="Normal"/>'
        f'<w:next w:val="Normal"/><w:qFormat/><w:pPr>{paragraph}</w:pPr><w:rPr>{run}</w:rPr></w:style>'
    )


def _size(half_points: int) -> str:
    return f'<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/>'


def _heading(level: int, half_points: int) -> str:
    paragraph = f'<w:keepNext/><w:spacing w:before="300" w:after="120"/><w:outlineLvl w:val="{level - 1}"/>'
    return _style(f"Heading{level}", f"heading {level}", paragraph, f"<w:b/><w:bCs/>{_size(half_points)}")


STYLES: Final = "".join(
    (
        f'{HEAD}<w:styles xmlns:w="{W}"><w:docDefaults><w:rPrDefault><w:rPr>',
        '<w:rFonts w:ascii="Arial" w:hAnsi="Arial" w:cs="Arial" w:eastAsia="SimSun"/>',
        _size(20),
        '</w:rPr></w:rPrDefault><w:pPrDefault><w:pPr><w:spacing w:after="120"/></w:pPr></w:pPrDefault></w:docDefaults>',
        '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>',
        _style("Title", "Title", "", f"<w:b/><w:bCs/>{_size(40)}"),
        _style("Subtitle", "Subtitle", "", _size(26)),
        *(_heading(level, size) for level, size in enumerate((30, 24, 22, 21, 20), start=1)),
        _style("About", "About", "<w:keepNext/>", f'<w:color w:val="505050"/>{_size(18)}'),
        _style("Said", "Said", '<w:keepNext/><w:shd w:val="clear" w:color="auto" w:fill="EEEEEE"/>', _size(18)),
        _style("Quote", "Quote", "", '<w:color w:val="404040"/>'),
        _style("Small", "Small", "", _size(18)),
        "</w:styles>",
    )
)
