"""The documents of the demonstration, written to a folder: real files, invented content, the same every time."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from portal.demo.cast import REVIEWS, STATE_NAMES, STATES, CastReview
from portal.demo.contents import TEMPLATES, Template, Text
from portal.demo.office import docx, xlsx
from portal.demo.pdf import pdf
from portal.demo.picture import png
from portal.domain.documents import DocumentKind, DocumentStage
from portal.domain.ids import StateCode
from portal.domain.media import DOCX, PDF, XLSX
from portal.domain.reviews import RoomKind
from portal.domain.tags import ArticleTag, parse_tags

# who uploads for each part in a review, by the keys of the cast
HANDS: Final[Mapping[str, Mapping[str, str]]] = {
    "qamaria": {
        "focal": "focal-qamaria",
        "first": "expert-yunhai",
        "second": "expert-lunoslavia",
        "officer": "officer-qamaria",
        "translator": "translator",
    },
    "sabahia": {
        "focal": "focal-sabahia",
        "first": "expert-songes",
        "second": "second-lunoslavia",
        "officer": "officer-sabahia",
        "translator": "translator",
    },
}
# in which language the first reviewing State writes; the others write the same language in both reviews
_FIRST_LANGUAGE: Final = {"qamaria": "zh", "sabahia": "fr"}
_MEDIA_TYPES: Final = {"pdf": PDF, "docx": DOCX, "xlsx": XLSX, "png": "image/png"}


@dataclass(frozen=True, slots=True)
class DemoDocument:
    """A written file, with what the person who uploads it says of it.

    `key` names it within its review. `follows` is the key of the document that it is a new version of, and
    `translates` of the one whose language version it is. `marker` stands in this file alone.
    """

    review: str
    key: str
    path: Path
    title: str
    kind: DocumentKind
    by: str
    room: RoomKind
    stage: DocumentStage
    language: str
    media_type: str
    tags: tuple[ArticleTag, ...]
    marker: str
    follows: str | None
    translates: str | None


def write_documents(folder: Path, seed: str = "demonstration") -> list[DemoDocument]:
    """Write the documents of both reviews, each review in a folder of its own.

    Args:
        folder: Where to write; it is made if it isn't there.
        seed: The markers are made from it: a test that searches for leaks gives one that nobody knows.
    """
    return [document for review in REVIEWS for document in _written(folder / review.key, review, seed)]


def _written(folder: Path, review: CastReview, seed: str) -> Iterator[DemoDocument]:
    folder.mkdir(parents=True, exist_ok=True)
    for template in TEMPLATES:
        language, text = _text(template, review)
        marker = _marker(seed, review.key, template.key)
        path = folder / text.file_name
        path.write_bytes(_content(template.title, language, _filled(text, review, language, marker), marker))
        yield DemoDocument(
            review=review.key,
            key=template.key,
            path=path,
            title=template.title,
            kind=template.kind,
            by=HANDS[review.key][template.hand],
            room=template.room,
            stage=template.stage,
            language=language,
            media_type=_MEDIA_TYPES[path.suffix.removeprefix(".")],
            tags=parse_tags(template.tags),
            marker=marker,
            follows=template.follows,
            translates=template.translates,
        )


def _text(template: Template, review: CastReview) -> tuple[str, Text]:
    language = _FIRST_LANGUAGE[review.key] if template.hand == "first" else next(iter(template.texts))
    return language, template.texts[language]


def _marker(seed: str, review: str, key: str) -> str:
    """Return a word of letters only, which no script, archive or encoder changes."""
    digest = hashlib.sha256(f"{seed}/{review}/{key}".encode()).hexdigest()[:24]
    return "zq" + digest.translate(str.maketrans("0123456789", "ghijklmnop"))


def _filled(text: Text, review: CastReview, language: str, marker: str) -> Text:
    state = _state_name(review.parties.under_review, language)
    return Text(
        text.file_name,
        [paragraph.format(state=state, marker=marker) for paragraph in text.paragraphs],
        [
            [cell.format(state=state, marker=marker) if isinstance(cell, str) else cell for cell in row]
            for row in text.rows
        ],
        text.lines,
    )


def _content(title: str, language: str, text: Text, marker: str) -> bytes:
    match text.file_name.rpartition(".")[2]:
        case "pdf":
            return pdf(title, text.paragraphs, language)
        case "docx":
            return docx(title, text.paragraphs, language)
        case "xlsx":
            return xlsx(title, text.rows, language)
        case _:
            return png(f"{title} {marker}", text.lines)


def _state_name(code: StateCode, language: str) -> str:
    own = {name.language: name.name for name in STATE_NAMES if name.code == code}
    english = {state.code: state.name for state in STATES}
    return own.get(language, english[code])
