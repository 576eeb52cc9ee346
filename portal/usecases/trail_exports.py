"""A trail as a table: one row for each event, newest first, read and written in pieces of constant size.

1. It is a stream: its intent is in the log before the first byte, its outcome when the last has left or the reader has.
2. It holds what the page of the trail finds by the same search; without one, every event of the file's streams. A
   search finds an outcome with its intent, as the page does, whoever wrote it and when.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
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
from portal.usecases.trail_lines import Known, key_of
from portal.usecases.trails import (
    Search,
    Source,
    StreamPlace,
    fits,
    known_rows,
    one_document,
    places,
    wanted,
    whole_file,
)
from portal.work import Intent, Portal, Work
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
    "refused": N_("refused"),
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
    """An export that was allowed to begin; intent None: only its head is sent."""

    source: Source
    search: Search
    intent: Intent | None


def begin_export(portal: Portal, caller: Caller, review_id: UUID, search: Search, *, streams: bool = True) -> Export:
    """Ask for a file's trail as a table.

    Raises:
        NotFound: There is no such file, or the reader may not know of it.
        Forbidden: The reader sees the file, but not its trail.

    """
    with portal.work(caller) as work:
        source, _ = whole_file(work, Action.EXPORT_REVIEW_TRAIL, review_id)
        return begun(work, source, search, streams=streams)


def begin_document_export(
    portal: Portal, caller: Caller, document_id: UUID, search: Search, *, streams: bool = True
) -> Export:
    """Ask for a document's trail as a table.

    Raises:
        NotFound: There is no such document, or the reader may not know of it.
        Forbidden: The reader sees the document, but not its trail.

    """
    with portal.work(caller) as work:
        source, _ = one_document(work, document_id)
        return begun(work, source, search, streams=streams)


def begun(work: Work, source: Source, search: Search, *, streams: bool, form: str = "") -> Export:
    """Make the permit's event the intent of an export, if bytes follow; `form`: in which form, if not as a table."""
    said: dict[str, str | bool] = {"form": form} if form else {}
    said |= {} if streams else {"head": True}
    if said:
        work.note(source.permit, **said)
    return Export(source, search, work.begins(source.permit) if streams else None)


def blocks(export: Export, words: Words) -> Iterator[bytes]:
    """Give the table piece by piece; a piece in which nothing was found is empty."""
    yield (BOM + sheet_lines([[words.say(column) for column in COLUMNS]])).encode()
    asked: Wanted | None = _first(export)
    while asked is not None and asked.streams:
        text, asked = _piece(export, words, asked)
        yield text.encode()


def _first(export: Export) -> Wanted:
    source = export.source
    with source.portal.database.read() as session:
        return wanted(session, source, export.search)


def _piece(export: Export, words: Words, asked: Wanted) -> tuple[str, Wanted | None]:
    source = export.source
    with permits.request(source.permit.request), source.portal.database.read() as session:
        rows = AuditRecords(session).page(asked, BATCH)
        events = [read_event(session, source.portal.keyring, source.permit, row) for row in rows]
        known = known_rows(session, source, [event for event in events if isinstance(event, Said)])
        events = _found(export, events, known)
        where = places(source)
        text = sheet_lines([_cells(event, known, words, where[event.stream]) for event in events])
    if len(rows) < BATCH:
        return text, None
    last = rows[-1]
    return text, replace(asked, after=(last.at, last.number, last.stream_id))


def _found(export: Export, events: Sequence[Said | Unfit], known: Known) -> list[Said | Unfit]:
    source, search = export.source, export.search
    if search == Search() and source.document is None:
        return list(events)
    found: list[Said | Unfit] = []
    for event in events:
        withheld = isinstance(event, Said) and known.hides(event)
        if fits(source, search, event, withheld=withheld):
            found.append(event)
            if isinstance(event, Said) and not withheld and event.phase is Phase.INTENT and event.id in known.pairs:
                found.append(known.pairs[event.id])
    return sorted(found, key=lambda event: (event.at, event.number, event.stream), reverse=True)


def _cells(event: Said | Unfit, known: Known, words: Words, place: StreamPlace) -> list[object]:
    start: list[object] = [words.room(place), event.number, event.at.astimezone(UTC).isoformat(timespec="seconds")]
    if isinstance(event, Unfit):
        return [*start, *[""] * 3, words.say(ALTERED), *[""] * 7, event.id, ""]
    if known.hides(event):
        return [*start, *[""] * 3, words.say(WITHHELD), *[""] * 7, event.id, event.leaf.hex()]
    who, what, detail = known.who(event), known.what(event), event.body.get("detail", {})
    sent = known.sent(event)
    return [
        *start,
        who.name,
        words.state(who.state),
        words.say(who.role) if who.role else "",
        words.say(deed(event.action, event.phase))
        + (f" ({sent.to}, {words.say(sent.language)})" if sent else "")
        + (f" ({key})" if (key := key_of(event)) else ""),
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
