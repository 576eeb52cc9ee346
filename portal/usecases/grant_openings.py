"""Every opening under a grant, from its own part of the log, newest first.

1. The State under review sees all of them; the State that reads, those of its own people.
2. Pages of one version that somebody opened, each within an hour of the next, are one line.
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
from storage.repositories.audit import AuditRecords, Wanted
from storage.repositories.people import PeopleRecords

TOGETHER: Final = timedelta(hours=1)
BATCH: Final = 400
MOST: Final = 2000  # events that one page reads
LINES: Final = 200
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
    """What was opened under a grant until a moment; more: there are older entries that aren't shown."""

    grant: UUID
    at: datetime
    state: str
    stand: Stand
    lines: tuple[OpeningLine, ...]
    more: bool


def view_grant_openings(portal: Portal, caller: Caller, grant_id: UUID) -> GrantOpenings:
    """Show what was opened under a grant, by whom and when.

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
        lines, more = _collect(portal, permit, session, grant_id)
        names = PeopleRecords(session).named([one.person for one in lines if one.person])
    shown = []
    for line in lines[:LINES]:
        if line.person is None and not (line.altered and own):
            continue
        line.name = name_of(portal, permit, names[line.person]) if line.person else ""
        line.given = given.get(line.version) if line.version else None
        shown.append(line)
    state = record.grant.state_code
    return GrantOpenings(grant_id, work.now, state, stand, tuple(shown), more or len(lines) > LINES)


def _collect(portal: Portal, permit: Permit, session: Session, grant: UUID) -> tuple[list[OpeningLine], bool]:
    lines: list[OpeningLine] = []
    ends: dict[UUID, Said] = {}
    last: dict[tuple[UUID | None, UUID | None], OpeningLine] = {}
    for read, event in enumerate(_events(portal, permit, session, grant)):
        if read == MOST:
            return lines, True
        if isinstance(event, Unfit):
            lines.append(OpeningLine([event.number], event.at, event.at, altered=True))
        elif event.action in OPENED:
            _take(event, lines, ends, last)
    return lines, False


def _result(outcome: Said | None) -> str:
    return str(outcome.body.get("detail", {}).get("result", UNKNOWN)) if outcome is not None else ""


def _take(
    event: Said,
    lines: list[OpeningLine],
    ends: dict[UUID, Said],
    last: dict[tuple[UUID | None, UUID | None], OpeningLine],
) -> None:
    """Take the next older event: into the line of the one after it, or one of its own."""
    detail: Mapping[str, object] = event.body.get("detail", {})
    if event.intent is not None:
        ends[event.intent] = max(event, ends.get(event.intent, event), key=sureness)
        return
    page, key = detail.get("page"), (event.person, event.on("version"))
    before = last.get(key)
    refused = event.phase is Phase.REFUSAL
    if event.action is Action.VIEW_GRANTED and before and before.began - event.at <= TOGETHER and not refused:
        before.numbers.append(event.number)
        before.began = event.at
    else:
        before = OpeningLine([event.number], event.at, event.at, event.action, *key, refused=refused)
        before.copy, before.result = str(detail.get("copy", "")), _result(ends.get(event.id))
        lines.append(before)
        if event.action is Action.VIEW_GRANTED and not refused:
            last[key] = before
    if isinstance(page, int):
        before.pages.add(page)


def _events(portal: Portal, permit: Permit, session: Session, grant: UUID) -> Iterator[Said | Unfit]:
    asked, records = Wanted((grant,)), AuditRecords(session)
    while True:
        rows = records.page(asked, BATCH)
        for row in rows:
            yield read_event(session, portal.keyring, permit, row)
        if len(rows) < BATCH:
            return
        asked = replace(asked, after=(rows[-1].at, rows[-1].number, rows[-1].stream_id))
