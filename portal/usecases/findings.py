"""Finds words in a review's dialogue: subjects, texts and comments are opened, searched and forgotten.

What somebody looks for is kept nowhere; the event says that the list was looked at, as for any list.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.domain.finding import folded, holds
from portal.usecases.clarifications import LINES, ListPage, cut_of, eyes, frame_of, gather, list_page, open_list
from portal.usecases.looks import look
from portal.usecases.subjects import open_subjects
from portal.work import Portal, Work
from storage.dialogue import Entry
from storage.fields import Place
from storage.permits import Permit, Scope, room_scope
from storage.repositories.dialogue_views import DialogueViews
from storage.tables import Room

FOUND: Final = "found"


def find(portal: Portal, caller: Caller, review_id: UUID, words: str, page: int) -> ListPage:
    """List the clarifications in whose subject, texts or comments all the words stand, of what the reader may see.

    Raises:
        NotFound: There is no such review, or the actor may not know of it.
        Forbidden: The actor sees the review but doesn't follow its dialogue, or hasn't given the undertaking.

    """
    with portal.work(caller) as work:
        record, rooms, permit = open_list(work, review_id)
        look(work, record.review.id)
        views = DialogueViews(work.session, record.review.id, eyes(work, record, rooms))
        frame = frame_of(work, record, views)
        sealed = views.subjects()
        texts = _readable(work, views, rooms)
        remarks = [(row[0], row[1], row[2], row[3]) for row in views.remarks([room.id for room in rooms])]
    wanted = folded(words).split()
    subjects = open_subjects(portal, permit, record, [(row[0], row[1], row[2]) for row in sealed])
    pieces: dict[UUID, list[str]] = {id_: [said.article, said.heading] for id_, said in subjects.items()}
    for column, rows in (("entry", texts), ("remark", remarks)):
        for id_, text in _opened(portal, permit, record.review.id, column, rows):
            if id_ in pieces:
                pieces[id_].append(text)
    found = [id_ for id_, some in pieces.items() if holds(some, wanted)]
    cut = cut_of(len(found), page)
    gathered = gather(portal, caller, review_id, found[cut.offset : cut.offset + LINES])
    return list_page(portal, permit, record, frame, gathered, FOUND, cut, len(subjects) + len(texts) + len(remarks))


def _readable(work: Work, views: DialogueViews, rooms: Sequence[Room]) -> list[tuple[UUID, UUID | None, UUID, bytes]]:
    """Choose the entries that the reader may see; the policies are asked about one of each sort."""
    rows = views.texts([room.id for room in rooms])
    sorts = {(row[2], row[3], row[4]): row[0] for row in rows}
    samples = {id_: work.clarifications.entry(id_) for id_ in sorts.values()}
    seen = {row.id for row in work.allowed(Action.VIEW_ENTRY, Entry, list(samples.values()))}
    allowed = {sort for sort, id_ in sorts.items() if id_ in seen}
    return [(row[0], row[1], row[2], row[5]) for row in rows if (row[2], row[3], row[4]) in allowed]


def _opened(
    portal: Portal,
    permit: Permit,
    review_id: UUID,
    table: str,
    rows: Sequence[tuple[UUID, UUID | None, UUID, bytes]],
) -> list[tuple[UUID | None, str]]:
    """Open texts, room by room: clarification and text."""
    opened: list[tuple[UUID | None, str]] = []
    for room in {row[2] for row in rows}:
        scope: Scope = room_scope(review_id, room)
        here = [row for row in rows if row[2] == room]
        sealed = [(Place(table, "text", row[0]), row[3]) for row in here]
        texts = portal.keyring.open_many(permit, scope, sealed)
        opened += [(row[1], text.decode()) for row, text in zip(here, texts, strict=True)]
    return opened
