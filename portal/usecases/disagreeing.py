"""Not agreeing on a report or its summary (GL 34): the reason opens a comment on the draft, and is discussed there.

1. The manifest ends, and what was agreed to it counts for no other.
2. The comment has the id of the State's answer, the version that was proposed, and the place, where one is given.
3. What becomes of the comment is said as of any other; then a new manifest is proposed.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.domain.comments import CommentPlace
from portal.domain.documents import DocumentKind
from portal.domain.notices import NoticeKind
from portal.domain.reports import Ending, reason_given
from portal.usecases.comments import open_comment
from portal.usecases.manifests import end_manifest
from portal.usecases.reports import answer, shared_room, tell_parties
from portal.work import Portal
from storage.tables import Room

WHOLE: Final = CommentPlace()


@dataclass(frozen=True, slots=True)
class Disagreed:
    """Why a State doesn't agree: with which of the two texts, where in it (no place: with all of it), and why."""

    reason: str
    text: DocumentKind = DocumentKind.REPORT
    place: CommentPlace = WHOLE


def disagree(portal: Portal, caller: Caller, manifest_id: UUID, said: Disagreed) -> UUID:
    """Say for one's State that it doesn't agree to a manifest, and why; gives the comment that this opens.

    Raises:
        NotFound: There is no such manifest, or the actor may not know of it.
        Forbidden: The actor sees it but doesn't answer for a party, it ended or is final, or the State has answered.
        RefusedError: There is no reason, or it is too long.

    """
    reason = reason_given(said.reason)
    with portal.work(caller) as work:
        row, given, record, permit = answer(work, Action.DISAGREE_MANIFEST, manifest_id, reason)
        end_manifest(work, permit, row.review_id, Ending.DISAGREED)
        room, permit = work.require(Action.ADD_REMARK, Room, shared_room(record))
        version = row.summary_version_id if said.text is DocumentKind.SUMMARY else row.report_version_id
        open_comment(work, permit, room, given.id, version, said.place, reason)
        tell_parties(work, NoticeKind.REPORT_REFUSED, row)
        return given.id
