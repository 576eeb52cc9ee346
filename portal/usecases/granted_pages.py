"""Pages and marked copies of what a grant gives; no byte of the original ever leaves to a reader.

1. A page is an image in which the reader, their State, the time and the entry of the log stand.
2. A copy is made for one reader: its number is in every page and leads back to the entry of the log.
3. The intent of a copy is in the log before it is made; it is stopped when the access ends meanwhile.
"""

from dataclasses import dataclass, field
from threading import Event
from typing import Final
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.domain.grants import Mode
from portal.domain.media import PDF
from portal.domain.rendering import Failure, NotRendered
from portal.errors import NotFound
from portal.papers.mark import Mark
from portal.rendering.office import Office
from portal.rendering.renderer import Content, Renderer, Shown
from portal.usecases.downloads import sealed_bytes
from portal.usecases.grant_facts import find_granted
from portal.usecases.grants import Given, opened
from portal.usecases.marked_copies import (
    Copying,
    Opening,
    a_place,
    begin_marking,
    check_fonts,
    draw_copy,
    mark_of,
    taker_of,
)
from portal.usecases.particulars import open_particulars, scope_of
from portal.work import Intent, Portal
from storage.content import open_all, version_context
from storage.errors import StorageError
from storage.permits import Permit
from storage.tables import Version

WORDS_DPI: Final = 36  # where the image is thrown away


@dataclass(frozen=True, slots=True)
class Showing:
    """What shows and marks PDF files, and makes such files of office files."""

    renderer: Renderer
    office: Office


@dataclass(frozen=True, slots=True)
class GrantedFile:
    """A version that a grant gives, about to be shown: its particulars, and how its bytes are opened."""

    grant: UUID
    given: Given
    mark: Mark
    mode: Mode
    content: Opening = field(repr=False)


@dataclass(frozen=True, slots=True)
class PageShown:
    """One page: what is around it, and its words, if the grant gives them; failure: why it can't be shown."""

    file: GrantedFile
    number: int
    pages: int
    text: str
    failure: Failure | None = None


def view_page(portal: Portal, caller: Caller, showing: Showing, version_id: UUID, number: int) -> PageShown:
    """Show the words of a page, and how many there are.

    Raises:
        NotFound: No grant gives this version to the reader.
        Unavailable: The fonts of the mark are missing.

    """
    file = _open(portal, caller, showing, version_id, number)
    try:
        with a_place(portal, caller):
            shown = _page(showing.renderer, file, number, None, dpi=WORDS_DPI, text=file.mode is not Mode.IMAGES)
    except NotRendered as none:
        return PageShown(file, number, 0, "", none.failure)
    return PageShown(file, number, shown.pages, shown.text)


def view_image(portal: Portal, caller: Caller, showing: Showing, version_id: UUID, number: int) -> Shown:
    """Draw a page, marked.

    Raises:
        NotFound: No grant gives this version to the reader.
        NotRendered: It can't be shown.
        Unavailable: The fonts of the mark are missing.

    """
    file = _open(portal, caller, showing, version_id, number)
    with a_place(portal, caller):
        return _page(showing.renderer, file, number, file.mark)


def _page(
    renderer: Renderer, file: GrantedFile, number: int, mark: Mark | None, *, dpi: int = 110, text: bool = False
) -> Shown:
    try:
        return renderer.page(file.content(None), number, mark, dpi=dpi, text=text)
    except StorageError:
        raise NotRendered(Failure.DAMAGED) from None


def _open(portal: Portal, caller: Caller, showing: Showing, version_id: UUID, number: int) -> GrantedFile:
    with portal.work(caller) as work:
        record, one, permit = find_granted(work, Action.VIEW_GRANTED, version_id)
        work.note(permit, page=number)
        taker = taker_of(work, None, str(permit.event)[:8])
    if record.terms is None:
        raise NotFound
    check_fonts()
    given = opened(portal, permit, record.grant.id, [one])[0]
    mark = mark_of(portal, permit, taker)
    content = _content(portal, permit, one.version, showing)
    return GrantedFile(record.grant.id, given, mark, Mode(record.terms.mode), content)


def _content(portal: Portal, permit: Permit, version: Version, showing: Showing) -> Opening:
    """Prepare to open a file as PDF: the key now, while the request lasts, the bytes when they are asked for."""
    said = open_particulars(portal, permit, version)
    key = portal.keyring.open_content_key(permit, scope_of(version), version.id, version.wrapped_key)
    ending = said.name.rpartition(".")[2].lower()

    def opening(stop: Event | None) -> Content:
        plain = open_all(key, version_context(version.id), sealed_bytes(portal, version.object_name))
        return plain if (said.detected or said.declared) == PDF else showing.office.pdf_of(plain, ending, stop)

    return opening


# --- copies


def begin_copy(portal: Portal, caller: Caller, showing: Showing, version_id: UUID) -> tuple[Copying, str, Intent]:
    """Ask for a marked copy, its number kept before it is made; gives it, its title, and what will owe an outcome.

    Raises:
        NotFound: No grant gives this version to the reader.
        Forbidden: The reader may only look.

    """
    with portal.work(caller) as work:
        record, one, permit = find_granted(work, Action.DOWNLOAD_GRANTED, version_id)
        taker = draw_copy(work, permit, record.grant.review_id, version_id, None, record.grant.id)
        intent = work.begins(permit)
    try:
        content = _content(portal, permit, one.version, showing)
        given = opened(portal, permit, record.grant.id, [one])[0]
        mark = mark_of(portal, permit, taker)
        return begin_marking(portal, caller, showing.renderer, mark, content), given.title, intent
    except BaseException:
        portal.record_outcome(intent, result="failed", bytes=0)
        raise
