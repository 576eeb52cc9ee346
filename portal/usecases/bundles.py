"""A trail to take home and check: a bundle (LOG.md), written in pieces of constant size, in the order of the log.

1. It is a stream as the table is: its intent is in the log before the first byte, its outcome after the last.
2. What a search by time alone finds is whole: each number of each stream, what is withheld too. Any other search gives
   the entries that it finds, and what is withheld is found by none.
3. To the State under review it has what was done under its grants too, which the page of each grant shows.
4. An event is given as the log has it, or not at all. What the reader doesn't see, and what says more than a trail
   shows (a note verbale, whom somebody assigned), is given as its leaf, which anybody can find in the tree.
5. All of it is of one checkpoint, if possible one that witnesses agree on. It waits a moment for one that has the
   newest events, and says how many came later.
"""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from time import monotonic, sleep
from typing import Final
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.audit.bundles import OF_GRANT, THE_FILE, Closed, Head, Item, Stream, end_line, head_line, item_line
from portal.audit.checkpoints import Checkpoint, read_checkpoint
from portal.audit.events import Phase
from portal.audit.notes import read_note
from portal.audit.proofs import Prover
from portal.audit.reading import Said, Unfit, read_event
from portal.domain.texts import N_
from portal.errors import NotFound, Unavailable
from portal.usecases import tree
from portal.usecases.trail_exports import Export, begun
from portal.usecases.trail_lines import Known
from portal.usecases.trails import Search, fits, known_rows, places, wanted, whole_file
from portal.work import Portal
from storage import permits
from storage.database import Session
from storage.errors import KeyUnavailable
from storage.permits import stream_scope
from storage.repositories.audit import AuditRecords
from storage.repositories.tree import TreeRecords
from storage.tables import Event

BATCH: Final = 200  # events of one stream
PIECE_BYTES: Final = 64 * 1024
WAITS_SECONDS: Final = 3.0  # for the newest events to come into the tree
LOOKS_SECONDS: Final = 0.05
NO_CHECKPOINT: Final = N_(
    "Nothing of the log is signed yet, so no bundle was made. Try again in a minute; if that doesn’t help, tell your "
    "administrator."
)
# what a trail shows of an event, or the ids of what it shows; whatever else one says stays closed
_SHOWN_ON: Final = frozenset(
    {
        "review",
        "room",
        "document",
        "version",
        "clarification",
        "entry",
        "manifest",
        "publication",
        "summary",
        "grant",
        "state",
    }
)
_SHOWN_DETAIL: Final = frozenset(
    {
        *("result", "bytes", "range", "head", "files", "clarifications", "form"),
        *("refusals", "first", "last"),
        *("to", "became", "into", "task", "translator", "language", "left", "joined"),
        *("clarification", "entry", "remark", "kind", "wording", "shown"),
        *("manifest", "manifest_ended", "final", "comment", "disposition", "taken_up"),
        *("publication", "sha256", "step"),
        *("page", "copy"),
    }
)


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that was allowed to begin.

    Attributes:
        own: The reader's State is the one under review: it gets the keys of tags.

    """

    export: Export
    review: UUID
    reader: str
    made: datetime
    own: bool


@dataclass(frozen=True, slots=True)
class Read:
    """Some events of a stream, and what they speak of."""

    events: Sequence[Said | Unfit]
    begun: Mapping[UUID, tuple[Event, Said | Unfit]]  # the intents of outcomes
    known: Known


def begin_bundle(portal: Portal, caller: Caller, review_id: UUID, search: Search, *, streams: bool = True) -> Bundle:
    """Ask for a file's trail as a bundle.

    Raises:
        NotFound: There is no such file, or the reader may not know of it.
        Forbidden: The reader sees the file, but not its trail.

    """
    with portal.work(caller) as work:
        source, under_review = whole_file(work, Action.EXPORT_REVIEW_TRAIL, review_id)
        reader = work.who.state or ""
        export = begun(work, source, replace(search, after=None), streams=streams, form="bundle")
        return Bundle(export, review_id, reader, work.now, reader == under_review)


def bundle_blocks(bundle: Bundle) -> Iterator[bytes]:
    """Give the bundle piece by piece; a piece in which nothing was found may be empty.

    Raises:
        Unavailable: Nothing of the log is signed yet.

    """
    source = bundle.export.source
    note, point = _checkpoint(bundle)
    head = _head(bundle, note, point)
    prover = Prover(point.size, partial(tree.tile, source.portal))
    items = (_items(bundle, stream, point.size) for stream in head.streams)
    count = 0
    piece = bytearray(head_line(head))
    for item in heapq.merge(*items, key=lambda one: one if isinstance(one, int) else one.index):
        if not isinstance(item, int):
            piece += item_line(replace(item, proof=tuple(prover.prove(item.index))))
            count += 1
        if isinstance(item, int) or len(piece) >= PIECE_BYTES:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece) + end_line(count)


def _checkpoint(bundle: Bundle) -> tuple[str, Checkpoint]:
    """Take the newest checkpoint, once the event of this export is in its tree, or after a moment."""
    portal, intent = bundle.export.source.portal, bundle.export.intent
    ends = monotonic() + WAITS_SECONDS
    while True:
        found = _newest(portal)
        over = monotonic() >= ends
        if found is not None and (over or intent is None or _covers(portal, found[1], intent.entry.id)):
            return found
        if over:
            raise Unavailable(NO_CHECKPOINT)
        sleep(LOOKS_SECONDS)


def _newest(portal: Portal) -> tuple[str, Checkpoint] | None:
    try:
        note = tree.checkpoint(portal)
    except NotFound:
        return None
    return note, read_checkpoint(read_note(note).text)


def _covers(portal: Portal, point: Checkpoint, event: UUID) -> bool:
    with portal.database.read() as session:
        position = TreeRecords(session).position(event)
    return position is not None and position < point.size


def _head(bundle: Bundle, note: str, point: Checkpoint) -> Head:
    source, search = bundle.export.source, bundle.export.search
    with permits.request(source.permit.request), source.portal.database.read() as session:
        streams = tuple(_stream(session, bundle, stream, point.size) for stream in source.streams)
    since, until = search.since, search.until
    asked = {
        "from": since.isoformat() if since else "",
        "before": until.isoformat() if until else "",
        "person": str(search.person or ""),
        "document": str(search.document or ""),
        "acts": search.group,
    }
    asked = {name: text for name, text in asked.items() if text}
    return Head(point.origin, bundle.review, bundle.reader, bundle.made.astimezone(UTC), asked, streams, note)


def _stream(session: Session, bundle: Bundle, stream: UUID, size: int) -> Stream:
    source, search = bundle.export.source, bundle.export.search
    place = places(source)[stream]
    room = OF_GRANT if stream in source.grants else place.kind.value if place.kind else THE_FILE
    if not search.by_time_alone:
        return Stream(stream, room, None)
    run, waiting = TreeRecords(session).run(stream, size, search.since, search.until)
    return Stream(stream, room, run, waiting, _tag_key(bundle, stream) if bundle.own else None)


def _tag_key(bundle: Bundle, stream: UUID) -> bytes | None:
    source = bundle.export.source
    try:
        return source.portal.keyring.lend_tag_key(source.permit, stream_scope(stream))
    except KeyUnavailable:
        return None  # nothing was ever written in this stream


# --- the entries of one stream


def _items(bundle: Bundle, stream: Stream, size: int) -> Iterator[Item | int]:
    """Walk a stream's entries in the order of their numbers, which is that of the tree.

    Where some were read and none was found, it gives the place that it has come to: whoever waits can leave there.
    """
    first, last = stream.run or (1, 2**62)
    marks = _marks(bundle)
    while first <= last:
        items, place, until = _some(bundle, marks, stream, (first, last), size)
        if items:
            yield from items
        else:
            yield place
        first = until + 1


def _some(
    bundle: Bundle, marks: Mapping[UUID, bytes] | None, stream: Stream, numbers: tuple[int, int], size: int
) -> tuple[list[Item], int, int]:
    """Read some entries from a number on; gives up to which place and which number they go."""
    source = bundle.export.source
    with permits.request(source.permit.request), source.portal.database.read() as session:
        rows = TreeRecords(session).placed(stream.id, *numbers, BATCH)
        read = _read(session, bundle, [row.Event for row in rows])
        items = []
        for (row, place), event in zip(rows, read.events, strict=True):
            if place is None or place >= size:
                continue  # of a run: the gap shows; of a search: it is for a later bundle
            if stream.run or _is_found(bundle, marks, read, row, event):
                items.append(_item(read.known, row, event, place))
    places = [place for _, place in rows if place is not None]
    return items, min(places[-1] if places else size, size), rows[-1][0].number if len(rows) == BATCH else numbers[1]


def _read(session: Session, bundle: Bundle, rows: Sequence[Event]) -> Read:
    source = bundle.export.source
    opened = partial(read_event, session, source.portal.keyring, source.permit)
    events, begun_by = [opened(row) for row in rows], {}
    if not bundle.export.search.by_time_alone:
        intents = [row.intent_id for row in rows if row.intent_id is not None]
        begun_by = {row.id: (row, opened(row)) for row in AuditRecords(session).ends_and_beginnings([], intents)}
    both = chain(events, (event for _, event in begun_by.values()))
    known = known_rows(session, source, [event for event in both if isinstance(event, Said)])
    return Read(events, begun_by, known)


def _marks(bundle: Bundle) -> Mapping[UUID, bytes] | None:
    """Give the marks of the document that is looked for, by streams; None: none is."""
    source, search = bundle.export.source, bundle.export.search
    with permits.request(source.permit.request), source.portal.database.read() as session:
        asked = wanted(session, source, search)
    return (asked.about or {}) if search.document else None


def _is_found(bundle: Bundle, marks: Mapping[UUID, bytes] | None, read: Read, row: Event, event: Said | Unfit) -> bool:
    """Tell whether a search finds an entry; an outcome with its beginning, whoever wrote it and when."""
    if isinstance(event, Said) and event.phase is Phase.OUTCOME:
        beginning = read.begun.get(event.intent) if event.intent else None
        if beginning is None or read.known.hides(event):
            return False
        row, event = beginning
    search = bundle.export.search
    if (search.since and row.at < search.since) or (search.until and row.at >= search.until):
        return False
    if marks is not None and (row.about is None or row.about != marks.get(row.stream_id)):
        return False
    withheld = isinstance(event, Said) and read.known.hides(event)
    return fits(bundle.export.source, search, event, withheld=withheld)


def _item(known: Known, row: Event, event: Said | Unfit, place: int) -> Item:
    item = Item(row.stream_id, row.number, place, tag=row.tag)
    at = row.at.astimezone(UTC).isoformat()
    if isinstance(event, Unfit):
        return replace(item, closed=Closed.ALTERED)
    if known.hides(event):
        return replace(item, leaf=event.leaf, closed=Closed.UNSEEN, unproven={"at": at})
    names = _names(known, event)
    if _says_more(event):
        who = {name: str(event.body["who"][name]) for name in ("role", "state") if name in event.body["who"]}
        what = {"at": at, "action": event.action.value, "phase": event.phase.value}
        return replace(item, leaf=event.leaf, closed=Closed.FULLER, unproven={**what, **who, **names})
    return replace(item, event=event.text.decode(), salt=event.salt, unproven=names)


def _says_more(event: Said) -> bool:
    """Tell whether an event says more than a trail shows."""
    return not (event.body["on"].keys() <= _SHOWN_ON and event.body.get("detail", {}).keys() <= _SHOWN_DETAIL)


def _names(known: Known, event: Said) -> dict[str, str | int]:
    """Tell what the ids of an event stand for, as far as a trail does."""
    who, what, sent = known.who(event), known.what(event), known.sent(event)
    found: dict[str, str | int] = {"who": who.name} if who.name else {}
    if what is not None:
        found |= {"document": what.number, "title": what.title}
        found |= {"version": what.version} if what.version else {}
    return found | ({"to": sent.to} if sent else {})
