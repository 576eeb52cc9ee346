"""A DOCX file as its text stands, for making a PDF of it: changes are taken as made, remarks and hidden text are out.

Programs that convert such a file print what was deleted, struck through. What is written here is read by them alone.
"""

import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Final
from xml.etree import ElementTree as ET

from portal.publishing.docx import W, is_hidden, parts_of_docx, tree_of

_GONE: Final = frozenset(
    f"{W}{name}"
    for name in (
        *("del", "moveFrom", "delText", "delInstrText", "commentRangeStart", "commentRangeEnd", "commentReference"),
        *("rPrChange", "pPrChange", "tblPrChange", "tblPrExChange", "tcPrChange", "trPrChange", "tblGridChange"),
        *("sectPrChange", "numberingChange", "moveFromRangeStart", "moveFromRangeEnd", "annotationRef"),
    )
)
_KEPT_WITHIN: Final = frozenset(f"{W}{name}" for name in ("ins", "moveTo"))
_FIXED: Final = (1980, 1, 1, 0, 0, 0)


def settled_docx(file: bytes) -> bytes:
    """Return a DOCX file without what was deleted, remarked or hidden in its text.

    Raises:
        Unpublishable: It isn't one, or is too large.
    """
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts_of_docx(file).items():
            is_text = name.startswith("word/") and name.endswith(".xml")
            package.writestr(zipfile.ZipInfo(name, _FIXED), _settled(data) if is_text else data)
    return out.getvalue()


def _settled(data: bytes) -> bytes:
    tree = tree_of(data)
    for prefix, address in _namespaces(data):
        ET.register_namespace(prefix, address)
    _settle(tree)
    return bytes(ET.tostring(tree, encoding="UTF-8", xml_declaration=True))


def _namespaces(data: bytes) -> Iterator[tuple[str, str]]:
    """Return the prefixes that a part uses: some of its values name them (ISO/IEC 29500-3, mc:Ignorable)."""
    for _, (prefix, address) in ET.iterparse(BytesIO(data), events=("start-ns",)):  # noqa: S314 - parsed before
        if prefix and not prefix.startswith("ns"):
            yield prefix, address


def _settle(element: ET.Element) -> None:
    children = list(element)
    for child in children:
        _settle(child)
    settled: list[ET.Element] = []
    for child in children:
        if child.tag in _KEPT_WITHIN and not element.tag.endswith("Pr"):
            settled += list(child)
        elif child.tag not in _GONE and not is_hidden(child):
            settled.append(child)
    element[:] = settled
