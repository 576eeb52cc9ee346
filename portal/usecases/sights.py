"""What several pairs of eyes could open of what the asker sees: the same questions for each, alike things counted once.

Documents of one room, and clarifications of one review, for which every lens has the same answer by the same rules are
one line with their number.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

from policies.engine import Decision
from portal.access.actions import Action
from portal.access.file_matters import Row
from portal.access.lenses import Lens, Moment
from portal.access.matters import Matter
from portal.access.reasons import reasons
from portal.domain.reviews import ReviewStage, RoomKind
from portal.gate import decide_each, matter_of
from portal.usecases.reviews import rooms_in_order
from portal.work import Portal, Work
from storage.dialogue import Clarification
from storage.fields import Place
from storage.permits import Permit, room_scope
from storage.repositories.reviews import ReviewRecord
from storage.tables import Document, Review, Room

TITLES_MOST: Final = 400  # of one room on one page


@dataclass(frozen=True, slots=True)
class Cell:
    """An answer to one lens; downloads: None where there is nothing to download; notes: the numbers of the rules."""

    opens: bool
    downloads: bool | None
    notes: tuple[int, ...]
    changed: bool


_NOTHING: Final = Cell(opens=False, downloads=None, notes=(), changed=False)  # of an appointment that isn't there yet


@dataclass(frozen=True, slots=True)
class Line:
    """Things that look alike to every lens."""

    count: int
    cells: tuple[Cell, ...]
    documents: tuple[UUID, ...] = ()  # those whose titles are to be listed
    titles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RoomSight:
    """A room that the asker may list; chosen: its titles are listed."""

    id: UUID
    kind: RoomKind
    state: str | None
    line: Line
    documents: tuple[Line, ...]
    chosen: bool


@dataclass(frozen=True, slots=True)
class ReviewSight:
    """A review that the asker may enter."""

    id: UUID
    state: str
    stage: ReviewStage
    line: Line
    rooms: tuple[RoomSight, ...]
    clarifications: tuple[Line, ...]


@dataclass(slots=True)
class Sight:
    """All of it, with the rules that are referred to by number, and the documents whose titles are to be opened."""

    reviews: list[ReviewSight] = field(default_factory=list)
    listed: list[Document] = field(default_factory=list)
    numbers: dict[tuple[str, ...], int] = field(default_factory=dict)

    def note(self, decision: Decision) -> int:
        """Give the number of the sentences behind an answer."""
        sentences = tuple(reasons(decision.policies))
        return self.numbers.setdefault(sentences, len(self.numbers) + 1)

    def rules(self) -> tuple[tuple[str, ...], ...]:
        """Give the sentences by their numbers."""
        return tuple(self.numbers)

    def told(self, titles: Mapping[UUID, str]) -> tuple[ReviewSight, ...]:
        """Give the reviews, the titles that were opened in their places."""

        def filled(line: Line) -> Line:
            return replace(line, titles=tuple(titles[document] for document in line.documents))

        return tuple(
            replace(
                review,
                rooms=tuple(
                    replace(room, documents=tuple(filled(line) for line in room.documents)) for room in review.rooms
                ),
            )
            for review in self.reviews
        )


def compare(
    work: Work,
    records: Sequence[ReviewRecord],
    rooms: Sequence[Room],
    files: Sequence[Review],
    lenses: Sequence[Lens],
    chosen: UUID | None,
) -> Sight:
    """Ask the policies what each lens opens of these files and rooms, which the asker may enter and list."""
    sight = Sight()
    asking = Asking(work, lenses, sight)
    known = {record.review.id: record for record in records}
    clarifications = work.clarifications.of_reviews([file.id for file in files])
    seen = work.allowed(Action.VIEW_CLARIFICATION, Clarification, clarifications)
    for file in files:
        record = known[file.id]
        own = rooms_in_order([room for room in rooms if room.review_id == file.id])
        sight.reviews.append(
            ReviewSight(
                file.id,
                file.state_code,
                ReviewStage(file.stage),
                asking.lines(record, Review, [file], Action.VIEW_REVIEW)[0][0],
                tuple(_room(asking, record, room, chosen=room.id == chosen) for room in own),
                tuple(
                    line
                    for line, _ in asking.lines(
                        record,
                        Clarification,
                        [row for row in seen if row.review_id == file.id],
                        Action.VIEW_CLARIFICATION,
                    )
                ),
            )
        )
    return sight


def open_titles(portal: Portal, permit: Permit, sight: Sight) -> dict[UUID, str]:
    """Open the titles that are to be listed; all are of one room that the asker may list."""
    if not sight.listed:
        return {}
    first = sight.listed[0]
    sealed = [(Place("document", "title", document.id), document.title) for document in sight.listed]
    opened = portal.keyring.open_many(permit, room_scope(first.review_id, first.room_id), sealed)
    return {document.id: title.decode() for document, title in zip(sight.listed, opened, strict=True)}


def _room(asking: "Asking", record: ReviewRecord, room: Room, *, chosen: bool) -> RoomSight:
    work = asking.work
    room_line = asking.lines(record, Room, [room], Action.LIST_ROOM)[0][0]
    documents = work.allowed(Action.VIEW_DOCUMENT, Document, work.documents.of_room(room.id))
    found = asking.lines(record, Document, documents, Action.VIEW_DOCUMENT, Action.DOWNLOAD_VERSION)
    lines = []
    for line, rows in found:
        listed = rows[: TITLES_MOST - len(asking.sight.listed)] if chosen else []
        asking.sight.listed += listed
        lines.append(replace(line, documents=tuple(row.id for row in listed)))
    return RoomSight(room.id, RoomKind(room.kind), room.state_code, room_line, tuple(lines), chosen)


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks the policies for every lens, and puts together what is answered alike."""

    work: Work
    lenses: Sequence[Lens]
    sight: Sight

    def lines(
        self,
        record: ReviewRecord,
        kind: type[Row],
        rows: Sequence[Row],
        opening: Action,
        downloading: Action | None = None,
    ) -> list[tuple[Line, list[Row]]]:
        """Give one line for all rows that every lens is answered alike about, with these rows."""
        acts = [opening] if downloading is None else [opening, downloading]
        answers = [[self._ask(lens, record, kind, rows, act) for act in acts] for lens in self.lenses]
        return [(line, [rows[place] for place in places]) for line, places in self.grouped(answers, len(rows))]

    def grouped(self, answers: Sequence[Sequence[Sequence[Decision]]], count: int) -> list[tuple[Line, list[int]]]:
        """Give one line for all of so many things that every lens is answered alike about, with their places.

        Args:
            answers: For each lens, for each act, for each thing.
            count: Of things.

        """
        groups: dict[Hashable, list[int]] = {}
        for place in range(count):
            alike = tuple((one[place].allowed, one[place].policies) for of_lens in answers for one in of_lens)
            groups.setdefault(alike, []).append(place)
        return [
            (Line(len(places), self._cells([[one[places[0]] for one in of_lens] for of_lens in answers])), places)
            for places in groups.values()
        ]

    def _ask(
        self, lens: Lens, record: ReviewRecord, kind: type[Row], rows: Sequence[Row], action: Action
    ) -> list[Decision]:
        sent = {task.document: task.version for task in lens.principal.tasks}  # a translator asks for that version
        matters: list[Matter] = []
        for row in rows:
            matter = matter_of(self.work.lookups, record, action, kind, row)
            matters.append(replace(matter, version=sent[row.id]) if row.id in sent else matter)  # type: ignore[index]
        return decide_each(self.work.portal.policies, lens.principal, action, matters)

    def _cells(self, answers: Sequence[Sequence[Decision]]) -> tuple[Cell, ...]:
        cells: list[Cell] = []
        for lens, (opens, *more) in zip(self.lenses, answers, strict=True):
            deciding = [opens, *(more if opens.allowed else [])]
            notes = tuple(dict.fromkeys(self.sight.note(one) for one in deciding))
            downloads = all(one.allowed for one in deciding) if more else None
            cell = Cell(opens.allowed, downloads, notes, changed=False)
            if lens.moment is Moment.AFTER:
                before = cells[lens.before] if lens.before is not None else _NOTHING
                cell = replace(
                    cell, changed=(before.opens, bool(before.downloads)) != (cell.opens, bool(cell.downloads))
                )
            cells.append(cell)
        return tuple(cells)
