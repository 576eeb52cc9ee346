"""A document's page, and the acts on a document: describe, submit, circulate, withdraw."""

from typing import Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.access.actions import Action
from portal.domain import media
from portal.domain.names import one_line
from portal.domain.problems import RefusedError
from portal.domain.reviews import RoomKind
from portal.domain.texts import N_
from portal.domain.words import KINDS
from portal.errors import Invalid
from portal.usecases import documents, moves
from portal.usecases.documents import DocumentPage, VersionLine
from portal.usecases.uploads import TITLE_CHARACTERS
from portal.web.checks import state_names, words_of
from portal.web.forms import Form, filled, read_form
from portal.web.languages import say
from portal.web.refused import refuse
from portal.web.rooms import TONGUES, WORDS
from portal.web.uploads import described
from portal.web.ways import caller_of, id_from, portal_of, show

REASON_LETTERS: Final = 500
NO_REASON: Final = N_("Say in a sentence why it is withdrawn; the parties read it beside the document.")
NO_TITLE: Final = N_("Give the document a title.")
NO_ROOM: Final = N_("Choose the version and the room that it is to go to. Nothing was sent.")


def view(request: Request) -> Response:
    """Show a document."""
    return _show(request, None)


def describe(request: Request) -> Response:
    """Change what is said of a document: title, kind, language, tags."""
    document, form = id_from(request, "id"), read_form(request)
    problems: list[tuple[str, Exception]] = []
    if not form.text("title"):
        problems.append(("title", Invalid(NO_TITLE)))
    said = None
    try:
        said = described({name: form.text(name) for name in ("kind", "language", "title", "tags")})
    except Invalid as error:
        problems.append(("kind", error))
    except RefusedError as error:
        problems.append(("tags", error))
    if problems or said is None:
        return _show(request, form, problems)
    documents.describe_document(portal_of(request), caller_of(request), document, form.text("seen"), said)
    return RedirectResponse(_page(document), 303)


def submit(request: Request) -> Response:
    """Move one version of a document into another room."""
    document, form = id_from(request, "id"), read_form(request)
    try:
        version, target = UUID(hex=form.text("version")), RoomKind(form.text("target"))
    except ValueError:
        raise Invalid(NO_ROOM) from None
    moved = moves.submit_version(portal_of(request), caller_of(request), document, version, target)
    return RedirectResponse(_page(moved), 303)


def circulate(request: Request) -> Response:
    """Show a document to all parties."""
    document = id_from(request, "id")
    documents.circulate_document(portal_of(request), caller_of(request), document)
    return RedirectResponse(_page(document), 303)


def withdraw(request: Request) -> Response:
    """Take a document out of circulation."""
    document, form = id_from(request, "id"), read_form(request)
    try:
        reason = one_line(form.text("reason").replace("\n", " "), REASON_LETTERS)
    except RefusedError as error:
        return _show(request, form, [("reason", error if form.text("reason") else Invalid(NO_REASON))])
    documents.withdraw_document(portal_of(request), caller_of(request), document, reason)
    return RedirectResponse(_page(document), 303)


def _show(request: Request, form: Form | None, problems: list[tuple[str, Exception]] | None = None) -> Response:
    page = documents.view_document(portal_of(request), caller_of(request), id_from(request, "id"))
    names = state_names(request)
    form = form or Form()
    refuse(request, form, problems or ())
    sent_description = form.has("seen")
    return show(
        request,
        "documents/document.html",
        status=200 if form.ok else 422,
        page=page,
        may={action.name.lower() for action in page.may},
        form=form,
        description=form if sent_description else _on_record(page),
        names=names,
        words=WORDS,
        kind_words=words_of(request, KINDS),
        language_words=words_of(request, TONGUES),
        agrees=_agrees,
        reasons=[say(request, sentence) for sentence in page.why],
        trail=Action.VIEW_DOCUMENT_TRAIL in page.may,
        longest=TITLE_CHARACTERS,
    )


def _on_record(page: DocumentPage) -> Form:
    return filled(title=page.title, kind=page.kind.value, language=page.language, tags=", ".join(page.tags))


def _agrees(version: VersionLine) -> bool:
    said = version.particulars
    return media.agrees(said.declared, said.detected, said.name)


def _page(document: UUID) -> str:
    return f"/documents/{document}"
