"""A file's trail as a table: one row for each event, newest first, read and written in pieces of constant size.

It is a stream: its intent is in the log before the first byte, its outcome when the last has
left or the reader has.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import Final
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.deeds import deed
from portal.audit.events import Phase
from portal.audit.reading import Said, Unfit, read_event
from portal.domain.sheets import BOM, sheet_lines
from portal.domain.texts import N_
from portal.domain.words import ROOMS
from portal.usecases.trail_lines import Known
from portal.usecases.trails import Source, StreamPlace, known_rows, places, whole_file
from portal.work import Intent, Portal
from storage import permits
from storage.repositories.audit import AuditRecords, Wanted

BATCH: Final = 500
COLUMNS: Final = (
    N_("Room"),
    N_("Number"),
    N_("Time (UTC)"),
    N_("Person"),
    N_("State"),
    N_("Role"),
    N_("Act"),
    N_("What is recorded"),
    N_("Document"),
    N_("Title"),
    N_("Version"),
    N_("Outcome"),
    N_("Bytes"),
    N_("Refusals counted together"),
    N_("Event"),
    N_("Leaf"),
)
PHASES: Final = {
    Phase.ACT: N_("done"),
    Phase.INTENT: N_("begun"),
    Phase.OUTCOME: N_("ended"),
    Phase.REFUSAL: N_("refused"),
}
RESULTS: Final = {
    "complete": N_("complete"),
    "aborted": N_("broken off"),
    "stopped": N_("stopped, because the access ended"),
    "failed": N_("failed"),
    "unknown": N_("unknown"),
}
WITHHELD: Final = N_("About a document that your State does not see")
ALTERED: Final = N_("This entry was altered")
FILE_ITSELF: Final = N_("The file itself")


@dataclass(frozen=True, slots=True)
class Words:
    """How the reader reads: sentences in their language, States by their names."""

    say: Callable[[str], str]
    states: dict[str, str]

    def state(self, code: str | None) -> str:
        """Give a State's name."""
        return self.states.get(code, code) if code else ""

    def room(self, place: StreamPlace) -> str:
        """Name the room of a stream."""
        if place.kind is None:
            return self.say(FILE_ITSELF)
        name = self.say(ROOMS[place.kind])
        return f"{name}: {self.state(place.state)}" if place.state else name


@dataclass(frozen=True, slots=True)
class Export:
    """An export that was allowed to begin."""

    portal: Portal
    source: Source
    intent: Intent
    request: UUID
    state: str


def begin_export(portal: Portal, caller: Caller, review_id: UUID) -> Export:
    """Ask for a file's trail as a table.

    Raises:
        NotFound: There is no such file, or the reader may not know of it.
        Forbidden: The reader sees the file, but not its trail.

    """
    with portal.work(caller) as work:
        source, state = whole_file(work, Action.EXPORT_REVIEW_TRAIL, review_id)
        intent = work.begins(source.permit)
    return Export(portal, source, intent, source.permit.request, state)


def blocks(export: Export, words: Words) -> Iterator[bytes]:
    """Give the table piece by piece; the outcome is recorded at its end, or when the reader leaves."""
    sent, result = 0, "aborted"
    try:
        for text in _texts(export, words):
            block = text.encode()
            yield block
            sent += len(block)
        result = "complete"
    except Exception:
        result = "failed"
        raise
    finally:
        export.portal.record_outcome(export.intent, result=result, bytes=sent)


def _texts(export: Export, words: Words) -> Iterator[str]:
    yield BOM + sheet_lines([[words.say(column) for column in COLUMNS]])
    wanted: Wanted | None = Wanted(export.source.streams)
    while wanted is not None:
        text, wanted = _piece(export, words, wanted)
        yield text


def _piece(export: Export, words: Words, wanted: Wanted) -> tuple[str, Wanted | None]:
    source = export.source
    with permits.request(export.request), export.portal.database.read() as session:
        rows = AuditRecords(session).page(wanted, BATCH)
        events = [read_event(session, export.portal.keyring, source.permit, row) for row in rows]
        known = known_rows(session, source, [event for event in events if isinstance(event, Said)])
        where = places(source)
        text = sheet_lines([_cells(event, known, words, where[event.stream]) for event in events])
    if len(rows) < BATCH:
        return text, None
    last = rows[-1]
    return text, Wanted(wanted.streams, after=(last.at, last.number, last.stream_id))


def _cells(event: Said | Unfit, known: Known, words: Words, place: StreamPlace) -> list[object]:
    start: list[object] = [words.room(place), event.number, event.at.astimezone(UTC).isoformat(timespec="seconds")]
    if isinstance(event, Unfit):
        return [*start, *[""] * 3, words.say(ALTERED), *[""] * 7, event.id, ""]
    if known.hides(event):
        return [*start, *[""] * 3, words.say(WITHHELD), *[""] * 7, event.id, event.leaf.hex()]
    who, what, detail = known.who(event), known.what(event), event.body.get("detail", {})
    return [
        *start,
        who.name,
        words.state(who.state),
        words.say(who.role) if who.role else "",
        words.say(deed(event.action, event.phase)),
        words.say(PHASES[event.phase]),
        what.number if what else "",
        what.title if what else "",
        what.version if what else "",
        words.say(RESULTS.get(detail.get("result", ""), "")) if detail.get("result") in RESULTS else "",
        detail.get("bytes", ""),
        detail.get("refusals", ""),
        event.id,
        event.leaf.hex(),
    ]
