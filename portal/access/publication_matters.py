"""Which keys a permit on a publication, or on a summary that becomes public, opens, and in whose trail it stands."""

from typing import Final

from portal.access.actions import Action
from portal.access.entities import PublicationFacts, SummaryFacts
from portal.domain.ids import RoomId, StreamId
from portal.domain.reviews import RoomKind
from storage.permits import NAMES, SUMMARIES, Scope, publication_scope, stream_scope
from storage.repositories.reviews import ReviewRecord

# acts of which the other parties learn, as everybody does
_OF_THE_FILE: Final = frozenset({Action.MAKE_PUBLIC, Action.PROVE_PUBLIC, Action.WITHDRAW_PUBLICATION})


def national_room(record: ReviewRecord) -> RoomId:
    """Name the national room of the State under review."""
    room = record.room(RoomKind.NATIONAL.value, record.review.state_code)
    if room is None:
        raise RuntimeError("a review lacks one of its rooms")
    return RoomId(room.id)


def publication_scopes(facts: PublicationFacts, action: Action) -> frozenset[Scope]:
    """Name the keys that a permit on a publication opens."""
    if action is Action.MAKE_PUBLIC:
        return frozenset({NAMES})
    if action is Action.PROVE_PUBLIC:
        return frozenset({stream_scope(facts.review.id)})  # the entry that is shown
    return frozenset({NAMES, publication_scope(facts.review.id)})


def publication_stream(facts: PublicationFacts, action: Action) -> StreamId:
    """Tell in which stream an act on a publication is recorded."""
    return StreamId(facts.review.id if facts.joint or action in _OF_THE_FILE else facts.room)


def summary_scopes(facts: SummaryFacts, action: Action) -> frozenset[Scope]:
    """Name the keys that a permit to make a summary public opens, or to prove that it was."""
    if action is Action.PROVE_PUBLIC:
        return frozenset({stream_scope(facts.file)})
    return frozenset({SUMMARIES} if action is Action.READ_CONFIRMED else ())
