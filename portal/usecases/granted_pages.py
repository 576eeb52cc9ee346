"""Pages and marked copies of what a grant gives; no byte of the original ever leaves to a reader.

1. A page is an image in which the reader, their State, the time and the entry of the log stand.
2. A copy is made for one reader: its number is in every page and leads back to the entry of the log.
3. The intent of a copy is in the log before it is made; it is stopped when the access ends meanwhile.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from threading import Event
from typing import Final
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.domain import copies
from portal.domain.media import PDF
from portal.domain.rendering import SENTENCES, Failure, NotRendered
from portal.errors import Invalid, SignedOut, Unavailable
from portal.papers.mark import Mark
from portal.rendering.office import Office
from portal.rendering.renderer import Content, Renderer, Shown
from portal.usecases.downloads import sealed_bytes
from portal.usecases.grant_facts import find_granted, grant_records
from portal.usecases.grants import Given, opened
from portal.usecases.particulars import open_particulars, scope_of
from portal.usecases.people import name_of
from portal.usecases.shares import a_share
from portal.work import Intent, Portal
from storage.content import open_all, version_context
from storage.errors import StorageError
from storage.grants import MarkedCopy
from storage.permits import Permit
from storage.tables import Person, Version

PIECE: Final = 64 * 1024
WORDS_DPI: Final = 36  # where the image is thrown away


@dataclass(frozen=True, slots=True)
class Showing:
    """What shows and marks PDF files, and makes such files of office files."""

    renderer: Renderer
    office: Office


Opening = Callable[[Event | None], Content]  # gives a file as PDF, or raises NotRendered


@dataclass(frozen=True, slots=True)
class GrantedFile:
    """A version that a grant gives, about to be shown: its particulars, and how its bytes are opened."""

    grant: UUID
    given: Given
    mark: Mark
    copies: bool
    content: Opening = field(repr=False)


@dataclass(frozen=True, slots=True)
class PageShown:
    """One page: what is around it, and its words; failure: why it can't be shown."""

    file: GrantedFile
    number: int
    pages: int
    text: str
    failure: Failure | None = None


def view_page(portal: Portal, caller: Caller, showing: Showing, version_id: UUID, number: int) -> PageShown:
    """Show the words of a page, and how many there are.

    Raises:
        NotFound: No grant gives this version to the reader.

    """
    file = _open(portal, caller, showing, version_id, number)
    try:
        with _place(portal, caller):
            shown = _page(showing.renderer, file, number, dpi=WORDS_DPI, text=True)
    except NotRendered as none:
        return PageShown(file, number, 0, "", none.failure)
    return PageShown(file, number, shown.pages, shown.text)


def view_image(portal: Portal, caller: Caller, showing: Showing, version_id: UUID, number: int) -> Shown:
    """Draw a page, marked.

    Raises:
        NotFound: No grant gives this version to the reader.
        NotRendered: It can't be shown.

    """
    file = _open(portal, caller, showing, version_id, number)
    with _place(portal, caller):
        return _page(showing.renderer, file, number)


@contextmanager
def _place(portal: Portal, caller: Caller) -> Iterator[None]:
    with ExitStack() as inside:
        try:
            inside.enter_context(a_share(portal, caller))
        except Unavailable:
            raise NotRendered(Failure.BUSY) from None
        yield


def _page(renderer: Renderer, file: GrantedFile, number: int, *, dpi: int = 110, text: bool = False) -> Shown:
    try:
        mark = None if text else file.mark  # of the words alone the image is thrown away
        return renderer.page(file.content(None), number, mark, dpi=dpi, text=text)
    except StorageError:
        raise NotRendered(Failure.DAMAGED) from None


def _open(portal: Portal, caller: Caller, showing: Showing, version_id: UUID, number: int) -> GrantedFile:
    with portal.work(caller) as work:
        record, one, permit = find_granted(work, Action.VIEW_GRANTED, version_id)
        work.note(permit, page=number)
        person, now = work.who.person, work.now
    if person is None or record.terms is None:
        raise SignedOut
    given = opened(portal, permit, record.grant.id, [one])[0]
    mark = _mark(portal, permit, person, now, str(permit.event)[:8])
    content = _content(portal, permit, one.version, showing)
    return GrantedFile(record.grant.id, given, mark, record.terms.mode == "copies", content)


def _mark(portal: Portal, permit: Permit, person: Person, now: datetime, number: str) -> Mark:
    """Say in a mark who reads, for which State, when, and the number of the copy, or of the entry of the log."""
    state = portal.state_names(person.language).get(person.state_code or "", person.state_code or "")
    at = f"{now:%Y-%m-%d %H:%M} UTC"
    return Mark(name_of(portal, permit, person), state, at, number, rtl=person.language == "ar")


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


@dataclass(frozen=True, slots=True)
class Copying:
    """A marked copy that is about to be made while it is sent."""

    number: str
    title: str
    intent: Intent
    _mark: Mark = field(repr=False)
    _content: Opening = field(repr=False)
    _renderer: Renderer = field(repr=False)
    _place: Callable[[], AbstractContextManager[None]] = field(repr=False)
    stop: Event = field(default_factory=Event, repr=False)

    def blocks(self, holds: Callable[[], bool]) -> Iterator[bytes]:
        """Make the copy, and give it piece by piece.

        Args:
            holds: Tells whether the access still holds; asked once more before the first piece leaves.

        Raises:
            Invalid: It can't be marked, or the access ended meanwhile.

        """
        number = copies.read(self.number) or 0
        try:
            with self._place():
                made = self._renderer.marked(self._content(self.stop), number, self._mark, stop=self.stop)
        except NotRendered as none:
            raise Invalid(SENTENCES[none.failure]) from none
        if not holds():
            raise Invalid(SENTENCES[Failure.STOPPED])
        yield from (made[start : start + PIECE] for start in range(0, len(made), PIECE))


def begin_copy(portal: Portal, caller: Caller, showing: Showing, version_id: UUID) -> Copying:
    """Ask for a marked copy; its number is kept with who took it before it is made.

    Raises:
        NotFound: No grant gives this version to the reader.
        Forbidden: The reader may only look.

    """
    number = copies.written(copies.drawn())
    with portal.work(caller) as work:
        record, one, permit = find_granted(work, Action.DOWNLOAD_GRANTED, version_id)
        person, now = work.who.person, work.now
        if person is None:
            raise SignedOut
        grant_records(work).add(
            MarkedCopy(
                id=uuid4(),
                number=number,
                review_id=record.grant.review_id,
                grant_id=record.grant.id,
                version_id=version_id,
                person_id=person.id,
                event_id=permit.event,
                made_at=now,
            )
        )
        work.note(permit, copy=number)
        intent = work.begins(permit)
    try:
        content = _content(portal, permit, one.version, showing)
        given = opened(portal, permit, record.grant.id, [one])[0]
        mark = _mark(portal, permit, person, now, number)
        place = partial(_place, portal, caller)
        return Copying(number, given.title, intent, mark, content, showing.renderer, place)
    except BaseException:
        portal.record_outcome(intent, result="failed", bytes=0)
        raise
