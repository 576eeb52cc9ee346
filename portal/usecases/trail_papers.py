"""A trail for reading on paper: the lines of its pages, newest first, up to a bound.

It is a stream as the table is: its intent is in the log before the first page is read, its outcome when the paper has
left, or whoever waited for it has.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.papers.trail import MOST_LINES
from portal.usecases.trail_exports import Export, begun
from portal.usecases.trail_lines import Line
from portal.usecases.trails import Search, StreamPlace, places, read_page, whole_file
from portal.work import Portal
from storage import permits

MOST: Final = MOST_LINES


@dataclass(frozen=True, slots=True)
class ToRead:
    """A trail that may be read now; state: under review."""

    export: Export
    review: UUID
    state: str
    made: datetime
    places: dict[UUID, StreamPlace]


def begin_paper(portal: Portal, caller: Caller, review_id: UUID, search: Search, *, streams: bool = True) -> ToRead:
    """Ask for a file's trail on paper.

    Raises:
        NotFound: There is no such file, or the reader may not know of it.
        Forbidden: The reader sees the file, but not its trail.

    """
    with portal.work(caller) as work:
        source, state = whole_file(work, Action.EXPORT_REVIEW_TRAIL, review_id)
        export = begun(work, source, replace(search, after=None), streams=streams, form="paper")
        return ToRead(export, review_id, state, work.now, places(source))


def pages(wanted: ToRead) -> Iterator[tuple[list[Line], bool]]:
    """Read the lines page by page, no more than fit on a paper; tells with each whether older ones follow."""
    source, search, count = wanted.export.source, wanted.export.search, 0
    more = True
    while more and count < MOST:
        with permits.request(source.permit.request):
            page = read_page(source, search)
        lines = page.lines[: MOST - count]
        count += len(lines)
        more = page.older is not None or len(lines) < len(page.lines)
        yield lines, more
        search = replace(search, after=page.older)
