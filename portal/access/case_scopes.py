"""Which keys a permit on a concern or a breach case opens: of the file, none of its contents but to compare."""

from typing import Final

from portal.access.actions import Action
from portal.access.entities import CaseFacts, ConcernFacts
from portal.domain.ids import VersionId
from storage.permits import (
    NAMES,
    OUTCOMES,
    Scope,
    case_scope,
    grant_scope,
    publication_scope,
    room_scope,
    stream_scope,
    submission_scope,
)

# acts on a case that look into the file: its States see that somebody did
IN_THE_FILE: Final = frozenset({Action.VIEW_CASE_TRAIL, Action.COMPARE_CASE})
# acts on a case whose permit seals how it came out
_COMES_OUT: Final = frozenset({Action.RECORD_FINDING, Action.DECIDE_CASE})
# acts of the Oversight Group: they open what was submitted to it, and nothing else of a case
_OF_THE_GROUP: Final = frozenset({Action.VIEW_SUBMISSION, Action.DECIDE_CASE})
# the person concerned learns the finding, and not what is submitted
_BEFORE_SUBMISSION: Final = frozenset({Action.VIEW_OWN_CASE, Action.ANSWER_CASE})


def case_contents(facts: object, action: Action) -> frozenset[VersionId]:
    """Name the contents that a permit on a case opens: the file's, to compare; exhibits, to give them; else none."""
    opens = action in {Action.COMPARE_CASE, Action.DISCLOSE_CASE}
    return facts.versions if opens and isinstance(facts, CaseFacts) else frozenset()


def case_scopes(facts: ConcernFacts | CaseFacts, action: Action) -> frozenset[Scope]:
    """Name the keys that a permit on a concern or a case opens."""
    if action is Action.VIEW_CASE_TRAIL and isinstance(facts, CaseFacts):
        # who did what and when; no room's key, so no title
        return frozenset({NAMES, *(stream_scope(stream) for stream in (facts.review.id, *facts.rooms))})
    if action is Action.DOWNLOAD_EXHIBIT and isinstance(facts, CaseFacts):  # to the Group under the key of what it has
        return frozenset({submission_scope(facts.id) if facts.given else case_scope(facts.id)})
    scopes = {NAMES, OUTCOMES} if action in _COMES_OUT else {NAMES}
    if action not in _OF_THE_GROUP:
        scopes.add(case_scope(facts.id))
    if isinstance(facts, CaseFacts) and action not in _BEFORE_SUBMISSION:
        scopes.add(submission_scope(facts.id))
    if action is Action.COMPARE_CASE and isinstance(facts, CaseFacts):  # with what the file says
        scopes |= {room_scope(facts.review.id, room) for room in facts.rooms}
        scopes |= {publication_scope(facts.review.id), *(grant_scope(grant) for grant in facts.grants)}
    return frozenset(scopes)
