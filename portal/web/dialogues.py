"""The whole dialogue as one paper: a PDF to read, a DOCX to work with. Made in memory, sent as an attachment."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Final

from babel.dates import format_date
from starlette.requests import Request
from starlette.responses import Response

from portal.domain import media
from portal.domain.clarifications import KIND_WORDS, Part
from portal.domain.files import content_disposition
from portal.domain.texts import N_
from portal.errors import TooLarge, Unavailable
from portal.papers.dialogue import Article, Paper, Question, Said
from portal.papers.docx import write_docx
from portal.papers.fonts import FontsMissing
from portal.papers.pdf import write_pdf
from portal.papers.room import PaperTooLong
from portal.usecases.dialogues import Dialogue, EntryText, ThreadText, export_dialogue
from portal.usecases.shares import a_share
from portal.web.checks import state_names
from portal.web.downloads import HEADERS
from portal.web.languages import RIGHT_TO_LEFT, language_of, say
from portal.web.rooms import TONGUES
from portal.web.ways import caller_of, id_from, portal_of

NO_FONTS: Final = N_(
    "The portal lacks the fonts for this paper, so none was made. Tell your administrator; the dialogue can be had for "
    "a word processor meanwhile."
)
TOO_LONG: Final = N_("This dialogue is too long for one PDF, so none was made. Take it for a word processor instead.")


def as_pdf(request: Request) -> Response:
    """Send the dialogue as a PDF."""
    return _send(request, write_pdf, media.PDF, "dialogue.pdf")


def as_docx(request: Request) -> Response:
    """Send the dialogue for a word processor."""
    return _send(request, write_docx, media.DOCX, "dialogue.docx")


def _send(request: Request, write: Callable[[Paper], bytes], kind: str, name: str) -> Response:
    portal, caller = portal_of(request), caller_of(request)
    dialogue = export_dialogue(portal, caller, id_from(request, "id"))
    paper = _paper(request, dialogue, state_names(request))
    try:
        with a_share(portal, caller):
            made = write(paper)
    except FontsMissing as error:
        raise Unavailable(NO_FONTS) from error
    except PaperTooLong as error:
        raise TooLarge(TOO_LONG) from error
    return Response(made, media_type=kind, headers={**HEADERS, "Content-Disposition": content_disposition(name)})


def _paper(request: Request, dialogue: Dialogue, names: Mapping[str, str]) -> Paper:
    language = language_of(request)
    words = partial(say, request)
    state = names.get(dialogue.under_review, dialogue.under_review)
    reviewing = ", ".join(names.get(code, code) for code in dialogue.reviewing)
    articles: dict[str, list[Question]] = {}
    for thread in dialogue.threads:
        articles.setdefault(thread.subject.article, []).append(_question(request, thread, names))
    return Paper(
        title=words(N_("Questions and answers")),
        subtitle=words(N_("Review of %(state)s"), state=state),
        facts=(
            (words(N_("State under review")), state),
            (words(N_("Reviewing States")), reviewing),
            (words(N_("Questions")), str(len(dialogue.threads))),
        ),
        made_at=_day(dialogue.at, language),
        language=language,
        rtl=language in RIGHT_TO_LEFT,
        articles=tuple(Article(heading, tuple(some)) for heading, some in articles.items()),
        mark=words(N_("Confidential")),
        attachments=words(N_("With it:")),
    )


def _question(request: Request, thread: ThreadText, names: Mapping[str, str]) -> Question:
    page = f" ({thread.subject.page})" if thread.subject.page else ""
    return Question(
        number=say(request, N_("Question %(number)s"), number=thread.number),
        heading=thread.subject.heading + page,
        kind=say(request, KIND_WORDS[thread.kind]),
        asked_by=names.get(thread.owner, thread.owner),
        at=_day(thread.asked_at, language_of(request)),
        entries=tuple(_said(request, entry, names) for entry in thread.entries),
    )


def _said(request: Request, entry: EntryText, names: Mapping[str, str]) -> Said:
    part = say(request, N_("Answer") if entry.part is Part.ANSWER else N_("Question"))
    tongue = say(request, TONGUES.get(entry.language, TONGUES["und"]))
    if entry.translates:
        part = say(request, N_("%(part)s, in %(language)s"), part=part, language=tongue)
    return Said(
        part=part,
        by=f"{names.get(entry.owner, entry.owner)}, {entry.by}",
        at=_day(entry.at, language_of(request)),
        text=entry.text,
        language=entry.language,
        rtl=entry.language in RIGHT_TO_LEFT,
        corrects=say(request, N_("Correction")) if entry.corrects else "",
        attachments=entry.attached,
    )


def _day(at: datetime, language: str) -> str:
    return format_date(at.astimezone(UTC), "d MMMM y", locale=language)
