"""Marking and showing a PDF, confined, with all that belongs to it, beside copying it page by page."""

from io import BytesIO
from statistics import median

import pikepdf

from portal.domain import copies
from portal.papers.mark import Mark
from portal.rendering.confinement import Confinement
from portal.rendering.renderer import Renderer
from tests.bench.measure import Figure, seconds, speed_ratio
from tests.pdfs import typed

PAGES = 300
ROUNDS = 15
FIRST_PAGES = 9
NUMBER = 0x0123456789ABCDEF
MARK = Mark(
    "Dr. Amina Haddad أمينة حداد 王小明 Слово", "Freedonia", "26 November 2026, 10:58 UTC", copies.written(NUMBER)
)


def figures() -> list[Figure]:
    document = typed(PAGES, 500)
    with Confinement() as confinement:
        renderer = Renderer(confinement)
        marking = 1 / speed_ratio(lambda: renderer.marked(document, NUMBER, MARK), lambda: copied(document), ROUNDS)
    floor = "the same pages copied one by one with pikepdf, unconfined"
    return [
        Figure(f"mark {PAGES} pages", marking, 6, "times", floor, at_most=True),
        Figure("first page of them, cold", median(first_pages(document)), 1, "seconds", "none", at_most=True),
    ]


def copied(document: bytes) -> None:
    with pikepdf.open(BytesIO(document)) as source, pikepdf.new() as copy:
        for page in source.pages:
            copy.pages.append(page)
        copy.save(BytesIO())


def first_pages(document: bytes) -> list[float]:
    """Show a page with a process that is started for it, mark and words included."""
    spent = []
    for _ in range(FIRST_PAGES):
        with Confinement() as confinement:
            renderer = Renderer(confinement)
            spent.append(seconds(lambda: renderer.page(document, 1, MARK, text=True)))  # noqa: B023 - called at once
    return spent
