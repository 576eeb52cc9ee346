"""Who opened what: the trail of a document, of a whole file, of a State's own people. Reading it is an event too.

1. A page reads a bounded number of events, however long the log is; what is older is behind a link.
2. Only rooms that the reader may see contribute (ToR 36 (d)): nothing of the reviewers' room shows to the State
   under review.
3. What is withheld is found by its time alone. To every other search it is as what doesn't fit, so that neither lines
   nor pages tell who did it, what it was, or on which document.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.deeds import GROUPS
from portal.access.entities import Absent, GrantFacts, StateFacts
from portal.audit.events import Phase
from portal.audit.kinds import KINDS
from portal.audit.reading import Said, Unfit, read_event
from portal.domain.reviews import RoomKind
from portal.errors import NotFound
from portal.usecases.case_facts import find_case
from portal.usecases.files import files_of
from portal.usecases.grant_facts import facts_of_grant, grant_records
from portal.usecases.outcomes import sureness
from portal.usecases.trail_lines import Asked, Eyes, Grouping, Known, Line, line_of, spoken_of, texts_of, translator_of
from portal.work import Portal, Work
from storage.database import Session
from storage.errors import KeyUnavailable
from storage.fields import Place
from storage.permits import Permit, room_scope, stream_scope
from storage.repositories.audit import AuditRecords, Cursor, Wanted
from storage.repositories.clarifications import TrailedDialogue
from storage.repositories.grants import GrantRecords
from storage.repositories.people import PeopleRecords
from storage.repositories.reviews import ReviewRecord
from storage.tables import Document, Review

PAGE: Final = 40
FIRST_BATCH: Final = 100  # most lines are an intent and an outcome
SCANNED_MOST: Final = 600  # events that one page opens in search of one person's


@dataclass(frozen=True, slots=True)
class Search:
    """What somebody looks for in a trail; copy: the number of a marked copy, as it is written."""

    person: UUID | None = None
    document: UUID | None = None
    copy: str = ""
    group: str = ""
    since: datetime | None = None
    until: datetime | None = None
    after: Cursor | None = None

    @property
    def kinds(self) -> frozenset[int] | None:
        """Give the kinds of events of the group; None: all."""
        found = next((group for group in GROUPS if group.name == self.group), None)
        return frozenset(KINDS[act] for act in found.acts) if found else None

    @property
    def by_time_alone(self) -> bool:
        """Tell whether nothing but the time matters."""
        return self.person is None and self.document is None and not self.copy and self.kinds is None


@dataclass(frozen=True, slots=True)
class Source:
    """The streams that a permit opens, and the eyes of the reader."""

    portal: Portal
    permit: Permit
    eyes: Eyes
    rooms: tuple[UUID, ...]
    streams: tuple[UUID, ...]
    grants: tuple[UUID, ...] = ()  # those of the streams that are a grant's
    document: UUID | None = None
    state: str | None = None  # only acts of this State's people
    untitled: bool = False  # of no document it is told which it was


@dataclass(frozen=True, slots=True)
class StreamPlace:
    """Where a stream's events happened: in a room of a file, or (kind None) to the file itself."""

    review_of: str | None  # the State under review
    kind: RoomKind | None
    state: str | None  # whose national room


@dataclass(frozen=True, slots=True)
class Trail:
    """One page of a trail, newest first."""

    lines: list[Line]
    older: Cursor | None
    places: dict[UUID, StreamPlace]


@dataclass(frozen=True, slots=True)
class DocumentTrail:
    """Who opened a document; state: under review."""

    review: UUID
    state: str
    document: UUID
    number: int
    title: str
    trail: Trail


@dataclass(frozen=True, slots=True)
class ReviewTrail:
    """Who opened a file; source: what it was read from."""

    review: UUID
    state: str
    trail: Trail
    source: Source = field(repr=False)


def view_document_trail(portal: Portal, caller: Caller, document_id: UUID, search: Search) -> DocumentTrail:
    """Show who opened a document.

    Raises:
        NotFound: There is no such document, or the reader may not know of it.
        Forbidden: The reader sees the document, but not its trail.

    """
    with portal.work(caller) as work:
        source, document = one_document(work, document_id)
        record = work.file(document.review_id)
    scope = room_scope(document.review_id, document.room_id)
    title = portal.open_text(source.permit, scope, Place("document", "title", document.id), document.title)
    return DocumentTrail(
        document.review_id,
        record.review.state_code if record else "",
        document.id,
        document.number,
        title,
        read_page(source, search),
    )


def view_review_trail(portal: Portal, caller: Caller, review_id: UUID, search: Search) -> ReviewTrail:
    """Show who opened what in a file, room by room as far as the reader's State may see them.

    Raises:
        NotFound: There is no such file, or the reader may not know of it.
        Forbidden: The reader sees the file, but not its trail.

    """
    with portal.work(caller) as work:
        source, state = whole_file(work, Action.VIEW_REVIEW_TRAIL, review_id)
    return ReviewTrail(review_id, state, read_page(source, search), source)


def view_people_trail(portal: Portal, caller: Caller, search: Search) -> Trail:
    """Show a focal point what the people of its own State opened, in all files that the State takes part in.

    Raises:
        NotFound: The reader is no focal point.

    """
    with portal.work(caller) as work:
        state = work.who.state
        if state is None:
            work.require_on(Action.VIEW_OWN_PEOPLE_TRAIL, Absent(StateFacts))
            raise NotFound
        rooms, files, permit = work.require_across(
            Action.VIEW_OWN_PEOPLE_TRAIL, StateFacts(state), Action.VIEW_ROOM_TRAIL, Action.VIEW_REVIEW_TRAIL
        )
        eyes = _eyes(work, [room.review_id for room in rooms])
    ids = tuple(room.id for room in rooms)
    return read_page(Source(portal, permit, eyes, ids, (*ids, *(file.id for file in files)), state=state), search)


def view_case_trail(portal: Portal, caller: Caller, case_id: UUID, search: Search) -> ReviewTrail:
    """Show the confidentiality officer who did what in the file of a case: no document, no title, no question.

    Raises:
        NotFound: There is no such case, or the reader may not know of it.
        Forbidden: The reader sees the case but doesn't examine it.

    """
    with portal.work(caller) as work:
        case, _, permit = find_case(work, Action.VIEW_CASE_TRAIL, case_id)
        record = files_of(work).find(case.review_id)
        if record is None:
            raise NotFound
        eyes = Eyes(work.portal.policies, work.standings.actor(case.review_id), {record.review.id: record})
        ids = tuple(room.id for room in record.rooms)
        work.note(permit, case=str(case.id))
    source = Source(portal, permit, eyes, ids, (*ids, record.review.id), untitled=True)
    return ReviewTrail(record.review.id, record.review.state_code, read_page(source, search), source)


def whole_file(work: Work, action: Action, review_id: UUID) -> tuple[Source, str]:
    """Ask for the trail of a file, of the rooms that the reader may see; the State under review comes with it.

    To the State under review it comes with what was done under its grants.

    Raises:
        NotFound: There is no such file, or the reader may not know of it.
        Forbidden: The reader sees the file, but not its trail.

    """
    found = work.reviews.find(review_id)
    grants = _grants(work, found) if found and found.review.state_code == work.who.state else []
    record, rooms, permit = work.require_rooms(
        *(action, Review, found.review if found else None, Action.VIEW_ROOM_TRAIL),
        asked=review_id,
        beside=[(Action.VIEW_GRANT_OPENINGS, facts) for facts in grants],
    )
    ids = tuple(room.id for room in rooms)
    of_grants = tuple(facts.id for facts in grants if stream_scope(facts.id) in permit.scopes)
    eyes, streams = _eyes(work, [record.review.id]), (*ids, record.review.id, *of_grants)
    return Source(work.portal, permit, eyes, ids, streams, of_grants), record.review.state_code


def _grants(work: Work, file: ReviewRecord) -> list[GrantFacts]:
    return [facts_of_grant(record, file, work.now) for record in grant_records(work).of_review(file.review.id)]


def one_document(work: Work, document_id: UUID) -> tuple[Source, Document]:
    """Ask for the trail of a document.

    Raises:
        NotFound: There is no such document, or the reader may not know of it.
        Forbidden: The reader sees the document, but not its trail.

    """
    document, permit = work.require(
        Action.VIEW_DOCUMENT_TRAIL, Document, work.documents.find(document_id), asked=document_id
    )
    room, eyes = document.room_id, _eyes(work, [document.review_id])
    return Source(work.portal, permit, eyes, (room,), (room,), document=document.id), document


def _eyes(work: Work, reviews: Sequence[UUID]) -> Eyes:
    ids = set(reviews)
    actor = work.standings.actor(next(iter(ids))) if len(ids) == 1 else work.standings.everywhere()
    files = {review: record for review in ids if (record := work.file(review)) is not None}
    return Eyes(work.portal.policies, actor, files)


def read_page(source: Source, search: Search) -> Trail:
    """Read one page: the permit's event is committed, so the log may be opened."""
    with source.portal.database.read() as session:
        lines, older = _collect(session, source, search)
    return Trail(lines, older, places(source))


def places(source: Source) -> dict[UUID, StreamPlace]:
    """Tell which room each stream is of; a stream without a room is of the file's own acts."""
    files = source.eyes.files
    rooms = {room.id: room for record in files.values() for room in record.rooms}
    found = {}
    for stream in source.streams:
        room = rooms.get(stream)
        record = files.get(room.review_id if room else stream)
        if stream in source.grants:  # of the one file that is read
            record = next(iter(files.values()), None)
        state = record.review.state_code if record else None
        found[stream] = StreamPlace(state, RoomKind(room.kind) if room else None, room.state_code if room else None)
    return found


def wanted(session: Session, source: Source, search: Search) -> Wanted:
    """Put a search to the records; a document is found by its mark under each stream's key, if the reader sees it."""
    document = source.document or search.document
    if search.copy:
        return _of_copy(session, source, search)
    if document is None:
        return Wanted(source.streams, None, search.after, search.since, search.until)
    rows = AuditRecords(session).documents(source.rooms, [document], ())
    if not source.eyes.seen([row for row, _ in rows]):
        return Wanted(())
    within = (*source.rooms, *source.grants)
    marks = {one: mark for one in within if (mark := _mark(session, source.portal, one, document))}
    return Wanted(tuple(marks), marks, search.after, search.since, search.until)


def _of_copy(session: Session, source: Source, search: Search) -> Wanted:
    """Look for the taking of a marked copy: in the part of the log where it stands, if that is read, at its moment."""
    found = GrantRecords(session).copy(search.copy)
    taken = AuditRecords(session).ends_and_beginnings((), [found[0].event_id]) if found else ()
    if not taken or taken[0].stream_id not in source.streams:
        return Wanted(())
    at, after = taken[0].at, taken[0].at + timedelta(microseconds=1)
    since, until = max(search.since or at, at), min(search.until or after, after)
    return Wanted((taken[0].stream_id,), None, search.after, since, until)


def _mark(session: Session, portal: Portal, room: UUID, document: UUID) -> bytes | None:
    try:
        return portal.keyring.read_mark(session, stream_scope(room), "about", document.bytes)
    except KeyUnavailable:
        return None  # nothing was ever written in this stream


def _collect(session: Session, source: Source, search: Search) -> tuple[list[Line], Cursor | None]:
    records, asked = AuditRecords(session), wanted(session, source, search)
    found, known = Grouping(), Known(source.portal, source.permit, untitled=source.untitled)
    read, batch, more = 0, FIRST_BATCH, bool(asked.streams)
    while more and read < SCANNED_MOST:
        rows = records.page(asked, batch)
        events = [read_event(session, source.portal.keyring, source.permit, row) for row in rows]
        known = known.more(known_rows(session, source, [event for event in events if isinstance(event, Said)]))
        for row, event in zip(rows, events, strict=True):
            alone = isinstance(event, Said) and known.hides(event)
            if fits(source, search, event, withheld=alone):
                if len(found.groups) == PAGE and (alone or not found.joins(event)):
                    return [line_of(group, known) for group in found.groups], asked.after
                found.add(event, alone=alone)
            asked = replace(asked, after=(row.at, row.number, row.stream_id))
        more = len(rows) == batch
        read, batch = read + batch, SCANNED_MOST - FIRST_BATCH
    return [line_of(group, known) for group in found.groups], asked.after if more else None


def fits(source: Source, search: Search, event: Said | Unfit, *, withheld: bool) -> bool:
    """Tell whether a line begins with this event; an outcome that isn't withheld stands on the line of its intent."""
    if isinstance(event, Unfit):
        return True
    if source.state is not None and event.body["who"].get("state") != source.state:
        return False
    if withheld:
        return search.by_time_alone and source.document is None
    if event.phase is Phase.OUTCOME or (search.kinds is not None and KINDS[event.action] not in search.kinds):
        return False
    if search.copy and event.body.get("detail", {}).get("copy") != search.copy:
        return False
    return search.person is None or event.person == search.person


def known_rows(session: Session, source: Source, events: Sequence[Said]) -> Known:
    """Find how events ended or began, and the people and documents that they speak of."""
    pairs = _pairs(session, source, events)
    both = [*events, *pairs.values()]
    people = {found for event in events for found in (event.person, translator_of(event)) if found}
    documents = {found for event in both for found in spoken_of(event)}
    versions = {found for event in both if (found := event.on("version"))}
    rows = AuditRecords(session).documents(source.rooms, list(documents), list(versions))
    there = {document.id: document for document, _ in rows}
    texts = {found for event in events for found in texts_of(event)}
    asked = {found for event in events if (found := event.on("clarification"))}
    dialogue = TrailedDialogue(session)
    return Known(
        source.portal,
        source.permit,
        PeopleRecords(session).named(list(people)),
        there,
        {version.id: version.number for _, version in rows if version is not None},
        {one.id: Asked(one.id, one.number, one.draft_number) for one in dialogue.clarifications(list(asked))},
        source.eyes.seen(list(there.values())) | source.eyes.read(dialogue.entries(source.rooms, list(texts))),
        pairs,
    )


def _pairs(session: Session, source: Source, events: Sequence[Said]) -> dict[UUID, Said]:
    intents = [event.id for event in events if event.phase is Phase.INTENT]
    nameless = {event.intent: event.id for event in events if event.intent is not None and not spoken_of(event)}
    rows = AuditRecords(session).ends_and_beginnings(intents, list(nameless))
    others = [read_event(session, source.portal.keyring, source.permit, row) for row in rows]
    said = sorted((other for other in others if isinstance(other, Said)), key=sureness)  # the surest is the last
    return {nameless[one.id] if one.intent is None else one.intent: one for one in said}
