"""A room's page: its documents, what of them is looked for, and the box for new ones.

What somebody looks for among titles comes and goes in the body of a form: addresses are kept by browsers and
proxies, and a title's words are confidential.
"""

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from portal.domain.documents import DocumentKind
from portal.domain.languages import OTHER
from portal.domain.texts import N_
from portal.domain.words import DOCUMENT_STAGES, KINDS, LANGUAGES, ROOMS
from portal.usecases import rooms
from portal.usecases.rooms import Wanted
from portal.web.checks import state_names, words_of
from portal.web.forms import Form, filled, read_form
from portal.web.ways import caller_of, id_from, portal_of, show

TONGUES: Final = {**LANGUAGES, OTHER: N_("Another language")}
WORDS: Final[Mapping[str, object]] = {
    "kinds": KINDS,
    "stages": DOCUMENT_STAGES,
    "rooms": ROOMS,
    "languages": TONGUES,
}
WORDS_LONGEST: Final = 200


def view(request: Request) -> Response:
    """Show a room, perhaps one kind or one language of its documents."""
    query = request.query_params
    return _show(request, filled(only_kind=query.get("kind", ""), only_language=query.get("language", "")))


def find(request: Request) -> Response:
    """Show what of a room's documents somebody looks for."""
    return _show(request, read_form(request))


def _show(request: Request, form: Form) -> Response:
    page = rooms.list_room(portal_of(request), caller_of(request), id_from(request, "id"), _wanted(form))
    return show(
        request,
        "documents/room.html",
        page=page,
        form=form,
        new=filled(language="en"),
        names=state_names(request),
        words=WORDS,
        kind_words=words_of(request, KINDS),
        language_words=words_of(request, TONGUES),
    )


def _wanted(form: Form) -> Wanted:
    kind = form.text("only_kind")
    return Wanted(
        DocumentKind(kind) if kind in set(DocumentKind) else None,
        form.text("only_language"),
        form.text("only_tag"),
        form.text("words")[:WORDS_LONGEST],
    )
