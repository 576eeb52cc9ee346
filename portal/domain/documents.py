"""What a document is, and how far it has travelled."""

from enum import StrEnum


class DocumentKind(StrEnum):
    """The kinds by which the documents of a room are listed."""

    CHECKLIST_RESPONSE = "checklist_response"
    LAW = "law"
    CASE = "case"
    NOTE = "note"
    DESK_REVIEW_OUTCOME = "desk_review_outcome"
    DRAFT_REPORT = "draft_report"
    REPORT = "report"
    SUMMARY = "summary"
    OTHER = "other"


class DocumentStage(StrEnum):
    """How far a document has travelled.

    Draft: the people of its room work on it. Submitted: in the shared room, the State that submitted it and
    the officers see it. Circulated: the other parties to the review see it too (GL 15, 21).
    """

    DRAFT = "draft"
    SUBMITTED = "submitted"
    CIRCULATED = "circulated"
