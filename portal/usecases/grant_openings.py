"""Every opening under a grant, from its own part of the log, newest first.

1. The State under review sees all of them; the State that reads, those of its own people.
2. Pages of one version that somebody opened, each within an hour of the next, are one line.
3. A page reads a bounded number of events, however long the log is; what is older is behind a link. Looks at this very
   page are events, too, and no lines: after many of them a page may be empty, and say that older entries follow.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.audit.events import Phase
from portal.audit.reading import Said, Unfit, read_event
from portal.domain.grants import Stand, stand_of
from portal.usecases.grant_facts import find_grant, grant_records, times_of
from portal.usecases.grants import Given, opened
from portal.usecases.outcomes import UNKNOWN, sureness
from portal.usecases.people import name_of
from portal.usecases.trail_lines import spans_of
from portal.work import Portal
from storage.database import Session
from storage.permits import Permit
from storage.repositories.audit import AuditRecords, Cursor, Wanted
from storage.repositories.people import PeopleRecords

TOGETHER: Final = timedelta(hours=1)
BATCH: Final = 400
MOST: Final = 2000  # events that one page reads
LINES: Final = 40
OPENED: Final = frozenset({Action.VIEW_GRANTED, Action.DOWNLOAD_GRANTED, Action.OPEN_GRANTED, Action.ACCEPT_GRANTED})


@dataclass(slots=True)
class OpeningLine:
    """What somebody opened; altered: an entry of the log that doesn't fit what was written."""

    numbers: list[int]
    at: datetime  # of the newest, where there are several
    began: datetime  # of the oldest
    action: Action | None = None
    person: UUID | None = None
    version: UUID | None = None
    name: str = ""
    given: Given | None = None
    pages: set[int] = field(default_factory=set)
    copy: str = ""
    result: str = ""  # of a copy, how it ended
    refused: bool = False
    altered: bool = False

    @property
    def page_range(self) -> str:
        """Give the pages in short: 1-4, 7."""
        return spans_of(self.pages)

    @property
    def spans(self) -> str:
        """Give the numbers of the entries in short."""
        return spans_of(self.numbers)


@dataclass(frozen=True, slots=True)
class GrantOpenings:
    """One page of what was opened under a grant until a moment; older: where the next page begins."""

    grant: UUID
    at: datetime
    state: str
    stand: Stand
    lines: tuple[OpeningLine, ...]
    older: Cursor | None


def view_grant_openings(portal: Portal, caller: Caller, grant_id: UUID, after: Cursor | None = None) -> GrantOpenings:
    """Show what was opened under a grant, by whom and when.

    Args:
        portal: The portal.
        caller: Who asks.
        grant_id: The grant.
        after: Where the page before ended; None: the newest page.

    Raises:
        NotFound: There is no such grant, or its openings aren't the reader's to see.

    """
    with portal.work(caller) as work:
        record, facts, permit = find_grant(work, Action.VIEW_GRANT_OPENINGS, grant_id)
        records = grant_records(work)
        rows = records.given([one.id for one in records.terms([grant_id])])
        stand = stand_of(times_of(record), work.now)
        own = work.who.state == facts.review.state_under_review
    given = {one.version: one for one in opened(portal, permit, grant_id, rows)}
    with portal.database.read() as session:
        lines, older = _collect(portal, permit, session, Wanted((grant_id,), after=after), own=own)
        names = PeopleRecords(session).named([one.person for one in lines if one.person])
    for line in lines:
        line.name = name_of(portal, permit, names[line.person]) if line.person else ""
        line.given = given.get(line.version) if line.version else None
    return GrantOpenings(grant_id, work.now, record.grant.state_code, stand, tuple(lines), older)


def _collect(
    portal: Portal, permit: Permit, session: Session, asked: Wanted, *, own: bool
) -> tuple[list[OpeningLine], Cursor | None]:
    """Make the lines of one page; own: the State under review asks, which sees altered entries, too."""
    found, end = _Found(), asked.after
    for read, (at, event) in enumerate(_events(portal, permit, session, asked)):
        shown = own if isinstance(event, Unfit) else _shows(event)
        if read == MOST or (shown and len(found.lines) == LINES and not found.goes_on(event)):
            break
        end = at
        if shown:
            found.add(event)
    else:
        end = None
    if found.copies:
        rows = AuditRecords(session).ends_and_beginnings(list(found.copies), ())
        events = [read_event(session, portal.keyring, permit, row) for row in rows if row.stream_id in asked.streams]
        for outcome in sorted((one for one in events if isinstance(one, Said)), key=sureness):  # the surest is the last
            if outcome.intent is not None:
                found.copies[outcome.intent].result = str(outcome.body.get("detail", {}).get("result", UNKNOWN))
    return found.lines, end


def _shows(event: Said) -> bool:
    """Tell whether an event is an opening; how a copy ended stands on the line of its beginning."""
    return event.action in OPENED and event.phase is not Phase.OUTCOME and event.person is not None


@dataclass(slots=True)
class _Found:
    """The lines of a page, made of events from the newest to older ones; copies: lines of copies, by their intent."""

    lines: list[OpeningLine] = field(default_factory=list)
    copies: dict[UUID, OpeningLine] = field(default_factory=dict)
    _pages: dict[tuple[UUID | None, UUID | None], OpeningLine] = field(default_factory=dict)

    def goes_on(self, event: Said | Unfit) -> OpeningLine | None:
        """Find the line that an event belongs to: of somebody who went on reading within the hour."""
        if isinstance(event, Unfit) or not _reads(event):
            return None
        later = self._pages.get((event.person, event.on("version")))
        return later if later and later.began - event.at <= TOGETHER else None

    def add(self, event: Said | Unfit) -> None:
        """Take the next older event: into the line of the one after it, or one of its own."""
        line = self.goes_on(event)
        if line is None:
            line = OpeningLine([], event.at, event.at)
            self.lines.append(line)
        line.numbers.append(event.number)
        line.began = event.at
        if isinstance(event, Unfit):
            line.altered = True
            return
        detail: Mapping[str, object] = event.body.get("detail", {})
        line.action, line.person, line.version = event.action, event.person, event.on("version")
        line.refused, line.copy = event.phase is Phase.REFUSAL, str(detail.get("copy", ""))
        if isinstance(page := detail.get("page"), int):
            line.pages.add(page)
        if _reads(event):
            self._pages[event.person, line.version] = line
        if event.phase is Phase.INTENT:
            self.copies[event.id] = line


def _reads(event: Said) -> bool:
    return event.action is Action.VIEW_GRANTED and event.phase is not Phase.REFUSAL


def _events(portal: Portal, permit: Permit, session: Session, asked: Wanted) -> Iterator[tuple[Cursor, Said | Unfit]]:
    records = AuditRecords(session)
    while True:
        rows = records.page(asked, BATCH)
        for row in rows:
            at = (row.at, row.number, row.stream_id)
            asked = replace(asked, after=at)
            yield at, read_event(session, portal.keyring, permit, row)
        if len(rows) < BATCH:
            return
