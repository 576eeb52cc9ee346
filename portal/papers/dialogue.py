"""What a paper of a dialogue says, in its words and its order; the writers add nothing of their own.

All words come translated, all names and times as people read them. Texts are Markdown, as people wrote them.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Said:
    """A question, an answer or a comment: what it is, who said it and when, and the text."""

    part: str
    by: str
    at: str
    text: str
    language: str = ""
    rtl: bool = False
    corrects: str = ""
    attachments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """One thread of the dialogue, in the order in which it was said."""

    number: str
    heading: str
    kind: str
    asked_by: str
    at: str
    entries: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Article:
    """The questions about one article."""

    heading: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """A dialogue as it stood when the paper was made; `mark` stands on every page: that it is confidential."""

    title: str
    subtitle: str
    facts: tuple[tuple[str, str], ...]
    made_at: str
    language: str
    rtl: bool
    articles: tuple[Article, ...]
    mark: str = "Confidential"
    attachments: str = "Attachments"
