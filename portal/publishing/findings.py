"""What a file can hide, in the words that people read, and what keeps a file from being published."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from portal.domain.texts import N_

MOST_WORDS: Final = 60
MOST_LETTERS: Final = 200


class Kind(StrEnum):
    """A hiding place of a PDF or DOCX file."""

    EARLIER_VERSIONS = "earlier_versions"
    UNUSED_OBJECTS = "unused_objects"
    STRAY_BYTES = "stray_bytes"
    CODE_COMMENTS = "code_comments"
    COMMENTS = "comments"
    LINKS = "links"
    BOOKMARKS = "bookmarks"
    ATTACHMENTS = "attachments"
    SCRIPTS = "scripts"
    ACTIONS = "actions"
    FORMS = "forms"
    SIGNATURES = "signatures"
    LAYERS = "layers"
    PROPERTIES = "properties"
    IMAGE_METADATA = "image_metadata"
    HIDDEN_TEXT = "hidden_text"
    DOUBTFUL_TEXT = "doubtful_text"
    HIDDEN_IMAGES = "hidden_images"
    ALTERNATE_TEXT = "alternate_text"
    THUMBNAILS = "thumbnails"
    PRIVATE_DATA = "private_data"
    DESTINATIONS = "destinations"
    PAGE_LABELS = "page_labels"
    TRACKED_CHANGES = "tracked_changes"
    MACROS = "macros"
    EMBEDDED_OBJECTS = "embedded_objects"
    OUTSIDE_LINKS = "outside_links"
    EDITING_MARKS = "editing_marks"
    FOREIGN_OBJECTS = "foreign_objects"


WORDS: Final = {
    Kind.EARLIER_VERSIONS: N_("Earlier versions of the file"),
    Kind.UNUSED_OBJECTS: N_("Parts that no page uses"),
    Kind.STRAY_BYTES: N_("Data before or after the file"),
    Kind.CODE_COMMENTS: N_("Remarks in the file’s code"),
    Kind.COMMENTS: N_("Comments and marks"),
    Kind.LINKS: N_("Links"),
    Kind.BOOKMARKS: N_("Bookmarks"),
    Kind.ATTACHMENTS: N_("Attached files"),
    Kind.SCRIPTS: N_("Scripts"),
    Kind.ACTIONS: N_("Actions that run by themselves"),
    Kind.FORMS: N_("Form fields, with what was filled in"),
    Kind.SIGNATURES: N_("Digital signatures, which don’t outlive a change of the file"),
    Kind.LAYERS: N_("Layers"),
    Kind.PROPERTIES: N_("Properties such as author, title and dates"),
    Kind.IMAGE_METADATA: N_("Data about a picture, such as place, time and camera"),
    Kind.HIDDEN_TEXT: N_("Text that nobody can see on the page"),
    Kind.DOUBTFUL_TEXT: N_("Text that shows in part, or doesn’t look like what the file says it is"),
    Kind.HIDDEN_IMAGES: N_("Pictures that nobody can see on the page"),
    Kind.ALTERNATE_TEXT: N_("Text that stands for something else on the page"),
    Kind.THUMBNAILS: N_("Small pictures of the pages"),
    Kind.PRIVATE_DATA: N_("Data that a program left for itself"),
    Kind.DESTINATIONS: N_("Named places in the file"),
    Kind.PAGE_LABELS: N_("Labels of the pages"),
    Kind.TRACKED_CHANGES: N_("Tracked changes, with what was deleted"),
    Kind.MACROS: N_("Macros"),
    Kind.EMBEDDED_OBJECTS: N_("Embedded objects"),
    Kind.OUTSIDE_LINKS: N_("Parts that are fetched from elsewhere"),
    Kind.EDITING_MARKS: N_("Marks of who edited what in which session"),
    Kind.FOREIGN_OBJECTS: N_("Parts that a public file has no use for"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one kind.

    `words` are examples of what it says, at most 60 of at most 200 letters; they are as confidential as the file.
    `pages` are numbers from 1, empty where it belongs to no page.
    """

    kind: Kind
    count: int
    words: tuple[str, ...] = ()
    pages: tuple[int, ...] = ()


class Reason(StrEnum):
    """Why a file can't be published."""

    NOT_PDF = "not_pdf"
    NOT_DOCX = "not_docx"
    ENCRYPTED = "encrypted"
    DAMAGED = "damaged"
    TOO_MANY_PAGES = "too_many_pages"
    TOO_LARGE = "too_large"
    NO_SUCH_PAGES = "no_such_pages"
    NOT_CLEAN = "not_clean"


REASONS: Final = {
    Reason.NOT_PDF: N_("This isn’t a PDF file, so nothing was published. Choose a PDF file."),
    Reason.NOT_DOCX: N_("This isn’t a Word file, or it is damaged. Save it anew as .docx and upload it again."),
    Reason.ENCRYPTED: N_(
        "The file opens only with a password, so nothing was published. Save it without one and upload it again."
    ),
    Reason.DAMAGED: N_(
        "The file is damaged and can’t be read, so nothing was published. Save it anew as PDF and upload it again."
    ),
    Reason.TOO_MANY_PAGES: N_(
        "The file has more pages than can be published at once (1,000, out of a file of at most 2,000), so nothing was "
        "published. Choose fewer pages, or upload the part that is to be public as a file of its own."
    ),
    Reason.TOO_LARGE: N_(
        "A page of the file is larger than can be drawn, so nothing was published. "
        "Save the file with smaller pictures and upload it again."
    ),
    Reason.NO_SUCH_PAGES: N_("Choose pages that the file has, each once and in their order. Nothing was published."),
    Reason.NOT_CLEAN: N_(
        "The public file isn’t free of everything that it must not hold, so nothing was published. "
        "Tell the administrator: this is a fault of the portal."
    ),
}


class Unpublishable(Exception):
    """Nothing was made of this file; `reason` says why, and `sentence` tells people."""

    def __init__(self, reason: Reason, kinds: tuple[Kind, ...] = ()) -> None:
        super().__init__(reason, kinds)
        self.reason = reason
        self.kinds = kinds

    @property
    def sentence(self) -> str:
        """Return what people are told, in English; the page translates it."""
        return REASONS[self.reason]


def excerpt(texts: list[str]) -> tuple[str, ...]:
    """Return examples of what was found, as printable text."""
    said = (" ".join("".join(c if c.isprintable() else " " for c in text[:1000]).split()) for text in texts)
    return tuple(dict.fromkeys(text[:MOST_LETTERS] for text in said if text))[:MOST_WORDS]
