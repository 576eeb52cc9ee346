"""The steps of a country review and the rooms of its file."""

from enum import StrEnum


class ReviewStage(StrEnum):
    """Where a review stands (GL 8-33)."""

    PREPARATION = "preparation"
    DESK_REVIEW = "desk_review"
    DIALOGUE = "dialogue"
    REPORT = "report"
    AGREED = "agreed"
    CLOSED = "closed"


class RoomKind(StrEnum):
    """A room of a review file; every party has a national room of its own."""

    NATIONAL = "national"
    SHARED = "shared"
    REVIEWERS = "reviewers"
    SECRETARIAT = "secretariat"
