"""The jobs on files that are to be published, each in a confined process of its own.

What imports late is imported here: afterwards no file opens.
"""

import codecs
import dataclasses
from collections.abc import Sequence
from typing import Any, Final

from PIL import Image, JpegImagePlugin, TiffImagePlugin

from portal.publishing import rebuild as rebuilding
from portal.publishing.docx import scan_docx
from portal.publishing.findings import Finding, Reason, Unpublishable
from portal.publishing.rebuild import Rebuilt, RebuiltPage, page_count
from portal.publishing.scanner import scan_public, scan_rebuilt_from
from portal.publishing.settling import settled_docx
from portal.publishing.writing import blank_font
from portal.rendering.jobs import Given, Made

_PLUGINS: Final = (JpegImagePlugin, TiffImagePlugin)  # they register as they are imported
Image.preinit()
blank_font()
codecs.lookup("cp437")  # the names in a ZIP archive


def count_pages(given: Given) -> Made:
    """Tell how many pages a PDF file has."""
    try:
        return Made({"pages": page_count(given.file)})
    except Unpublishable as refused:
        return _refused(refused)


def inspect_docx(given: Given) -> Made:
    """Tell what a DOCX file hides."""
    try:
        return Made({"findings": _told(scan_docx(given.file))})
    except Unpublishable as refused:
        return _refused(refused)


def settle_docx(given: Given) -> Made:
    """Take the changes in a DOCX file as made, and its remarks and hidden text out, before it becomes a PDF file."""
    try:
        return Made(content=settled_docx(given.file))
    except Unpublishable as refused:
        return _refused(refused)


def rebuild(given: Given) -> Made:
    """Make the public file of `pages` with `title` and `language`, and tell what of the source isn't in it."""
    wanted = given.parameters
    try:
        rebuilt = rebuilding.rebuild(given.file, wanted["pages"], wanted["title"], wanted["language"])
        removed = scan_rebuilt_from(given.file, rebuilt.pages)
    except Unpublishable as refused:
        return _refused(refused)
    pages = [dataclasses.asdict(page) for page in rebuilt.pages]
    return Made({"pages": pages, "removed": _told(removed)}, rebuilt.file)


def prove(given: Given) -> Made:
    """Tell what a public file holds beside the words of its `pages`, its `title` and its `language`: nothing."""
    wanted = given.parameters
    pages = tuple(RebuiltPage(0, tuple(words), (), (), 0, blank=False) for words in wanted["words"])
    try:
        findings = scan_public(Rebuilt(given.file, wanted["title"], wanted["language"], pages))
    except Unpublishable as refused:
        return _refused(refused)
    return Made({"findings": _told(findings)})


def _told(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    return [dataclasses.asdict(finding) for finding in findings]


def _refused(refused: Unpublishable) -> Made:
    return Made({"refused": Reason(refused.reason)})
