"""Who is told of what happens in the dialogue: those who may open it, the officers always (GL 18)."""

from collections.abc import Collection
from uuid import UUID

from portal.access.actions import Action
from portal.domain.clarifications import Part
from portal.domain.notices import NoticeKind
from portal.domain.roles import Role
from portal.usecases.notices import tell
from portal.work import Work
from storage.dialogue import Clarification, Entry
from storage.tables import Room


def tell_submitted(work: Work, entry: Entry) -> None:
    """Tell the officers that there is something to pass on."""
    kind = NoticeKind.ANSWER_SUBMITTED if entry.part == Part.ANSWER else NoticeKind.QUESTION_SUBMITTED
    _tell_of_entry(work, kind, entry, Action.PASS_ON_ENTRY)


def tell_passed_on(work: Work, entry: Entry) -> None:
    """Tell all parties of what was passed on."""
    kind = NoticeKind.ANSWER_PASSED_ON if entry.part == Part.ANSWER else NoticeKind.QUESTION_PASSED_ON
    _tell_of_entry(work, kind, entry, Action.VIEW_ENTRY)


def tell_to_clear(work: Work, entry: Entry) -> None:
    """Tell the focal points of a State that one of its drafts waits for them."""
    holders = work.people.holders(Role.FOCAL_POINT, work.now, [entry.owner])
    only = {appointment.person_id for appointment in holders}
    _tell_of_entry(work, NoticeKind.CLEARANCE_ASKED, entry, Action.EDIT_ENTRY, only)


def tell_given(work: Work, row: Clarification, people: Collection[UUID]) -> None:
    """Tell those to whom a clarification was given to answer."""
    tell(
        work,
        NoticeKind.ROUTED_TO_YOU,
        review_id=row.review_id,
        room_id=None,
        about=row.id,
        action=Action.VIEW_CLARIFICATION,
        row=row,
        only=people,
    )


def tell_of_comment(work: Work, row: Clarification, room: Room) -> None:
    """Tell those of a room of a comment in it."""
    tell(
        work,
        NoticeKind.COMMENT_ADDED,
        review_id=room.review_id,
        room_id=room.id,
        about=row.id,
        action=Action.LIST_ROOM,
        row=room,
    )


def _tell_of_entry(
    work: Work, kind: NoticeKind, entry: Entry, action: Action, only: Collection[UUID] | None = None
) -> None:
    tell(
        work,
        kind,
        review_id=entry.review_id,
        room_id=entry.room_id,
        about=entry.id,
        action=action,
        row=entry,
        only=only,
    )
