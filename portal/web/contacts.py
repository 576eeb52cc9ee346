"""The log of calls, outside mails and meetings: written in under a minute, read by those of a room (GL 18)."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.domain import markdown
from portal.domain.clarifications import REMARK_WORDS, RemarkKind
from portal.domain.problems import RefusedError
from portal.domain.texts import N_
from portal.errors import Invalid
from portal.usecases import remarks
from portal.web.checks import state_names, words_of
from portal.web.clarifications import WORDS
from portal.web.forms import Form, filled, read_form
from portal.web.refused import refuse
from portal.web.ways import caller_of, id_from, portal_of, show

KINDS: Final = {kind: word for kind, word in REMARK_WORDS.items() if kind is not RemarkKind.COMMENT}
NO_TIME: Final = N_("Write when it was, such as 2026-05-04T15:30 (UTC); left empty, it was now.")
EARLIEST: Final = 2000  # of the Convention; what is far off has no time in some zones
NO_KIND: Final = N_("Choose what it was, and who is to read of it.")


def listing(request: Request) -> Response:
    """Show what was logged of a review."""
    return _show(request, filled(kind="call"))


def log(request: Request) -> Response:
    """Log a call, a mail or a meeting."""
    form, review = read_form(request), id_from(request, "id")
    try:
        kind, room = RemarkKind(form.text("kind")), UUID(hex=form.text("room"))
    except ValueError:
        return _show(request, form, {"kind": Invalid(NO_KIND)})
    try:
        text = markdown.check_text(form.text("text"), remarks.REMARK_CHARACTERS)
    except RefusedError as problem:
        return _show(request, form, {"text": problem})
    try:
        held_at = _moment(form.text("held_at"))
        remarks.log_contact(portal_of(request), caller_of(request), review, room, kind, held_at, text)
    except Invalid as problem:
        return _show(request, form, {"held_at": problem})
    return RedirectResponse(f"/reviews/{review}/contacts", 303)


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        held_at = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(NO_TIME) from None
    if held_at.tzinfo is not None or held_at.year < EARLIEST:
        raise Invalid(NO_TIME)
    return held_at.replace(tzinfo=UTC)


def _show(request: Request, form: Form, problems: dict[str, Exception] | None = None) -> Response:
    page = remarks.list_contacts(portal_of(request), caller_of(request), id_from(request, "id"))
    names = state_names(request)
    refuse(request, form, (problems or {}).items())
    return show(
        request,
        "clarifications/contacts.html",
        status=200 if form.ok else 422,
        page=page,
        form=form,
        names=names,
        words=WORDS,
        kind_words=words_of(request, KINDS),
        written=markdown.to_html,
        longest=remarks.REMARK_CHARACTERS,
    )
