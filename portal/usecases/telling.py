"""Who is told of what happens in the dialogue: those who may open it, the officers always (GL 18)."""

from collections.abc import Collection, Sequence
from uuid import UUID

from portal.access.actions import Action
from portal.domain.clarifications import Part
from portal.domain.notices import NoticeKind
from portal.domain.roles import Role
from portal.usecases.notices import tell, tell_each
from portal.work import Work
from storage.dialogue import Clarification, Entry
from storage.tables import Room


def tell_submitted(work: Work, entries: Sequence[Entry]) -> None:
    """Tell the officers that there is something to pass on."""
    _tell_by_part(work, NoticeKind.QUESTION_SUBMITTED, NoticeKind.ANSWER_SUBMITTED, entries, Action.PASS_ON_ENTRY)


def tell_passed_on(work: Work, entries: Sequence[Entry]) -> None:
    """Tell all parties of what was passed on."""
    _tell_by_part(work, NoticeKind.QUESTION_PASSED_ON, NoticeKind.ANSWER_PASSED_ON, entries, Action.VIEW_ENTRY)


def tell_to_clear(work: Work, entry: Entry) -> None:
    """Tell the focal points of a State that one of its drafts waits for them."""
    holders = work.people.holders(Role.FOCAL_POINT, work.now, [entry.owner])
    only = {appointment.person_id for appointment in holders}
    tell_each(work, NoticeKind.CLEARANCE_ASKED, Action.EDIT_ENTRY, [entry], only)


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


def _tell_by_part(
    work: Work, question: NoticeKind, answer: NoticeKind, entries: Sequence[Entry], action: Action
) -> None:
    tell_each(work, question, action, [one for one in entries if one.part != Part.ANSWER])
    tell_each(work, answer, action, [one for one in entries if one.part == Part.ANSWER])
