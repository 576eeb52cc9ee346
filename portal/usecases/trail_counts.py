"""How much a trail holds, in short: of each State, how many people opened or downloaded something, and how often.

1. It is counted with the reader's own permit, of what their page shows: what is withheld counts for nobody.
2. A bounded number of events is read; of a longer time, no count is given rather than a wrong one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

from portal.access.deeds import OPENS, SENDS
from portal.audit.events import Phase
from portal.audit.reading import Said, Unfit, read_event
from portal.usecases.trail_lines import Grouping
from portal.usecases.trails import Search, Source, known_rows, wanted
from storage import permits
from storage.repositories.audit import AuditRecords

BATCH: Final = 500
MOST: Final = 3000  # events, about a second


@dataclass(slots=True)
class Count:
    """What the people of a State did; state None: the secretariat and others without a State."""

    state: str | None
    people: set[UUID] = field(default_factory=set)
    opened: int = 0
    downloaded: int = 0


def count_trail(source: Source, search: Search) -> list[Count] | None:
    """Count what a search by time alone finds, the most active State first; None: it is too much, or another search.

    The ranges of one reader on one version count as one download, as they are one line on the page.
    """
    if not (search.by_time_alone and search.since and search.until):
        return None
    found = Grouping()
    with permits.request(source.permit.request), source.portal.database.read() as session:
        asked = wanted(session, source, replace(search, after=None))
        for _ in range(MOST // BATCH):
            rows = AuditRecords(session).page(asked, BATCH)
            events = [read_event(session, source.portal.keyring, source.permit, row) for row in rows]
            said = [event for event in events if isinstance(event, Said) and _counts(event)]
            known = known_rows(session, source, said)
            for event in said:
                if not known.hides(event):
                    found.add(event, alone=False)
            if len(rows) < BATCH:
                return _counted([group[0] for group in found.groups])
            asked = replace(asked, after=(rows[-1].at, rows[-1].number, rows[-1].stream_id))
    return None


def _counts(event: Said) -> bool:
    phase = Phase.ACT if event.action in OPENS else Phase.INTENT if event.action in SENDS else None
    return event.phase is phase and event.person is not None


def _counted(events: Sequence[Said | Unfit]) -> list[Count]:
    counts: dict[str | None, Count] = {}
    for event in events:
        if isinstance(event, Said) and event.person is not None:
            state = event.body["who"].get("state")
            count = counts.setdefault(state, Count(state))
            count.people.add(event.person)
            count.opened += event.action in OPENS
            count.downloaded += event.action in SENDS
    return sorted(counts.values(), key=lambda one: (-one.opened - one.downloaded, one.state or ""))
