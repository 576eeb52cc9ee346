"""A room's list of documents, as one reader may see it: one event, whatever its length.

1. A document that the reader may not see is neither listed nor counted.
2. Titles, tags and file names are searched only here, after they were opened; what is searched for is kept nowhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.domain.documents import DocumentKind, DocumentStage
from portal.domain.finding import folded
from portal.domain.reviews import RoomKind
from portal.usecases.arrivals import Sent, sent_on, stands, visible
from portal.usecases.looks import look
from portal.usecases.particulars import open_listed
from portal.usecases.people import name_of
from portal.usecases.reviews import rooms_in_order
from portal.work import Portal
from storage.permits import Permit, Scope, room_scope
from storage.repositories.documents import Listed
from storage.repositories.reviews import ReviewRecord
from storage.tables import Person, Room


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader wants to find in a room; nothing given: everything."""

    kind: DocumentKind | None = None
    language: str = ""
    tag: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class RoomTab:
    """A room of the same file that the reader may enter."""

    id: UUID
    kind: RoomKind
    state: str | None


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """A document in the list."""

    id: UUID
    number: int
    title: str
    kind: DocumentKind
    language: str
    stage: DocumentStage
    withdrawn: bool
    owner: str
    tags: tuple[str, ...]
    fresh: bool
    translates: int | None  # the number of the document of which this is a language version
    version: UUID
    versions: int
    file: str
    size: int
    by: str
    at: datetime
    downloads: bool
    sent: tuple[Sent, ...]  # what became of its versions in other rooms

    @property
    def stands(self) -> DocumentStage:
        """Tell how far it has come: its own stage, or that of what its newest version became in another room."""
        return stands(self.stage, self.versions, self.sent)


@dataclass(frozen=True, slots=True)
class RoomPage:
    """A room, and what of it was asked for."""

    id: UUID
    kind: RoomKind
    state: str | None
    review: UUID
    under_review: str
    tabs: tuple[RoomTab, ...]
    groups: tuple[tuple[DocumentKind, tuple[DocumentLine, ...]], ...]
    total: int
    shown: int
    kinds: tuple[DocumentKind, ...]
    languages: tuple[str, ...]
    tags: tuple[str, ...]
    uploads: bool
    downloads: bool
    sees_trail: bool


def list_room(portal: Portal, caller: Caller, room_id: UUID, wanted: Wanted) -> RoomPage:
    """List a room's documents, those asked for.

    Raises:
        NotFound: There is no such room, or the actor may not know of it.

    """
    with portal.work(caller) as work:
        record = work.reviews.of_room(room_id)
        found = next((room for room in record.rooms if room.id == room_id), None) if record else None
        room, permit = work.require(Action.LIST_ROOM, Room, found, asked=room_id)
        listed = {row.document.id: row for row in work.documents.listed(room.id)}
        seen = visible(work, Action.VIEW_DOCUMENT, [row.document for row in listed.values()])
        downloads = {row.id for row in visible(work, Action.DOWNLOAD_VERSION, seen)}
        since = look(work, room.review_id)
        people = work.people.named(list({listed[document.id].newest.created_by for document in seen}))
        sent = sent_on(work, record.rooms if record else [room], room.id)
        tabs = rooms_in_order(work.allowed(Action.LIST_ROOM, Room, record.rooms if record else [room]))
        may = {act: bool(work.allowed(act, Room, [room])) for act in _ACTS}
    rows = [listed[document.id] for document in seen]
    lines = _opened(portal, permit, room_scope(room.review_id, room.id), rows, people, since, downloads, sent)
    return _page(room, record, lines, wanted, tabs, may)


_ACTS = (Action.UPLOAD_DOCUMENT, Action.DOWNLOAD_ROOM, Action.VIEW_ROOM_TRAIL)


def _opened(
    portal: Portal,
    permit: Permit,
    scope: Scope,
    rows: Sequence[Listed],
    people: dict[UUID, Person],
    since: datetime | None,
    downloads: set[UUID],
    sent: Mapping[UUID, tuple[Sent, ...]],
) -> list[DocumentLine]:
    names = {id_: name_of(portal, permit, person) for id_, person in people.items()}
    numbers = {row.document.id: row.document.number for row in rows}
    opened = open_listed(portal, permit, scope, [(row.document, row.newest) for row in rows])
    return [
        DocumentLine(
            id=document.id,
            number=document.number,
            title=shown.title,
            kind=DocumentKind(document.kind),
            language=document.language,
            stage=DocumentStage(document.stage),
            withdrawn=document.withdrawn_at is not None,
            owner=document.owner,
            tags=shown.tags,
            fresh=since is not None and document.changed_at > since,
            translates=numbers.get(row.translates) if row.translates else None,
            version=version.id,
            versions=version.number,
            file=shown.particulars.name,
            size=version.size,
            by=names[version.created_by],
            at=version.created_at,
            downloads=document.id in downloads,
            sent=sent.get(document.id, ()),
        )
        for row, shown in zip(rows, opened, strict=True)
        for document, version in [(row.document, row.newest)]
    ]


def _page(
    room: Room,
    record: ReviewRecord | None,
    lines: list[DocumentLine],
    wanted: Wanted,
    tabs: list[Room],
    may: dict[Action, bool],
) -> RoomPage:
    chosen = _bound([line for line in lines if _fits(line, wanted)])
    groups = [(kind, tuple(line for line in chosen if line.kind is kind)) for kind in DocumentKind]
    review = record.review if record else None
    return RoomPage(
        id=room.id,
        kind=RoomKind(room.kind),
        state=room.state_code,
        review=room.review_id,
        under_review=review.state_code if review else "",
        tabs=tuple(RoomTab(tab.id, RoomKind(tab.kind), tab.state_code) for tab in tabs),
        groups=tuple((kind, of_kind) for kind, of_kind in groups if of_kind),
        total=len(lines),
        shown=len(chosen),
        kinds=tuple(kind for kind in DocumentKind if any(line.kind is kind for line in lines)),
        languages=tuple(sorted({line.language for line in lines})),
        tags=tuple(sorted({tag for line in lines for tag in line.tags})),
        uploads=may[Action.UPLOAD_DOCUMENT],
        downloads=may[Action.DOWNLOAD_ROOM],
        sees_trail=may[Action.VIEW_ROOM_TRAIL],
    )


def _bound(lines: list[DocumentLine]) -> list[DocumentLine]:
    """Put each language version behind the document that it translates, where both are of one kind and listed."""
    places = {line.number: line.kind for line in lines}

    def place(line: DocumentLine) -> tuple[int, int]:
        bound = line.translates is not None and places.get(line.translates) is line.kind
        return (line.translates or 0, line.number) if bound else (line.number, 0)

    return sorted(lines, key=place)


def _fits(line: DocumentLine, wanted: Wanted) -> bool:
    return (
        (wanted.kind is None or line.kind is wanted.kind)
        and (not wanted.language or line.language == wanted.language)
        and (not wanted.tag or wanted.tag in line.tags)
        and (not wanted.text or all(word in folded(f"{line.title} {line.file}") for word in _words(wanted.text)))
    )


def _words(text: str) -> list[str]:
    return folded(text).split()
