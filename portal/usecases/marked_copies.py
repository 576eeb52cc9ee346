"""Marked copies of PDF files: who gets nothing else, how a number is kept, how a copy is made while it is sent.

1. Whoever works on a file neither for one of its States nor as its officer gets its PDF files as marked copies alone;
   so do readers under a grant and, by setting, everybody. A role that was thought of nowhere is outside.
2. The number of a copy is kept, and in the log, before anything of the file is opened.
3. What can't be marked doesn't leave; a copy is stopped when the access ends while it is made.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from threading import Event
from typing import Final
from uuid import UUID, uuid4

from portal.access.caller import Caller
from portal.domain import copies
from portal.domain.media import PDF
from portal.domain.rendering import SENTENCES, Failure, NotRendered
from portal.domain.roles import Role
from portal.domain.texts import N_
from portal.errors import Invalid, SignedOut, Unavailable
from portal.papers.fonts import FontsMissing, shelf
from portal.papers.mark import Mark
from portal.rendering.renderer import Content, Renderer
from portal.usecases.particulars import Particulars
from portal.usecases.people import name_of
from portal.usecases.shares import a_share
from portal.work import Portal, Work
from storage.grants import MarkedCopy
from storage.permits import Permit
from storage.repositories.grants import GrantRecords
from storage.tables import Person

ENDING: Final = ".pdf"
PIECE: Final = 64 * 1024
EVERYBODY: Final = "everybody"  # of the setting mark_downloads
# who works on a file from within: what they may open there, the policies say
INSIDE: Final = frozenset({Role.FOCAL_POINT, Role.EXPERT, Role.OBSERVER, Role.OFFICER})
MARKED_ALONE: Final = N_(
    "PDF files leave this portal as marked copies alone, each made for whoever takes it, so there is no archive that "
    "holds one. Take the files one by one."
)
NO_FONTS: Final = N_(
    "The portal lacks the fonts in which pages are marked, and nothing is shown or sent without a mark. Tell your "
    "administrator."
)

Opening = Callable[[Event | None], Content]  # gives a file as PDF, or raises NotRendered


@dataclass(frozen=True, slots=True)
class Marking:
    """What marks copies; title: what somebody who acts for no State is called in the mark, in a language."""

    renderer: Renderer
    title: Callable[[Role, str], str]


@dataclass(frozen=True, slots=True)
class Taker:
    """Whom a mark names: a person, for which State or as what, and when; number: of the copy, or of the log's entry."""

    person: Person
    whose: str
    at: datetime
    number: str


@dataclass(frozen=True, slots=True)
class Copying:
    """A marked copy that is about to be made while it is sent."""

    number: str
    mark: Mark = field(repr=False)
    content: Opening = field(repr=False)
    renderer: Renderer = field(repr=False)
    place: Callable[[], AbstractContextManager[None]] = field(repr=False)
    stop: Event = field(default_factory=Event, repr=False)

    def blocks(self, holds: Callable[[], bool]) -> Iterator[bytes]:
        """Make the copy, and give it piece by piece.

        Args:
            holds: Tells whether the access still holds; asked once more before the first piece leaves.

        Raises:
            Invalid: It can't be marked, or the access ended meanwhile.
            Unavailable: The fonts of the mark are missing.

        """
        number = copies.read(self.number) or 0
        check_fonts()
        try:
            with self.place():
                made = self.renderer.marked(self.content(self.stop), number, self.mark, stop=self.stop)
        except NotRendered as none:
            raise Invalid(SENTENCES[none.failure]) from none
        if not holds():
            raise Invalid(SENTENCES[Failure.STOPPED])
        yield from (made[start : start + PIECE] for start in range(0, len(made), PIECE))


def leaves_marked(work: Work) -> bool:
    """Tell whether PDF files leave to whoever asks as marked copies alone, where they may download them."""
    return work.portal.settings.mark_downloads == EVERYBODY or work.who.role not in INSIDE


def is_pdf(said: Particulars) -> bool:
    """Tell whether a file is a PDF, or passes for one."""
    return PDF in {said.detected, said.declared.partition(";")[0].strip().lower()} or said.name.lower().endswith(ENDING)


def draw_copy(
    work: Work, permit: Permit, review: UUID, version: UUID, marking: Marking | None, grant: UUID | None = None
) -> Taker:
    """Draw the number of a copy that is about to be made, and keep who takes it.

    Raises:
        SignedOut: Nobody does.

    """
    taker = taker_of(work, marking, copies.written(copies.drawn()))
    GrantRecords(work.session).add(
        MarkedCopy(
            id=uuid4(),
            number=taker.number,
            review_id=review,
            grant_id=grant,
            version_id=version,
            person_id=taker.person.id,
            event_id=permit.event,
            made_at=work.now,
        )
    )
    work.note(permit, copy=taker.number)
    return taker


def taker_of(work: Work, marking: Marking | None, number: str) -> Taker:
    """Tell whom a mark will name.

    Raises:
        SignedOut: Nobody asks.

    """
    person, role, state = work.who.person, work.who.role, work.who.state
    if person is None:
        raise SignedOut
    whose = marking.title(role, person.language) if marking and role else ""
    if state:
        whose = work.portal.state_names(person.language).get(state, state)
    return Taker(person, whose, work.now, number)


def mark_of(portal: Portal, permit: Permit, taker: Taker) -> Mark:
    """Say in a mark who reads, for which State or as what, when, and the number."""
    at = f"{taker.at:%Y-%m-%d %H:%M} UTC"
    rtl = taker.person.language == "ar"
    return Mark(name_of(portal, permit, taker.person), taker.whose, at, taker.number, rtl=rtl)


def begin_marking(portal: Portal, caller: Caller, renderer: Renderer, mark: Mark, content: Opening) -> Copying:
    """Prepare to make the copy whose number a mark says."""
    return Copying(mark.copy, mark, content, renderer, partial(a_place, portal, caller))


def check_fonts() -> None:
    """Find out whether marks can be set.

    Raises:
        Unavailable: They can't: fonts are missing.

    """
    try:
        shelf()
    except FontsMissing as error:
        raise Unavailable(NO_FONTS) from error


@contextmanager
def a_place(portal: Portal, caller: Caller) -> Iterator[None]:
    """Come in for something large, or be told that it isn't possible as of a file that can't be shown."""
    with ExitStack() as inside:
        try:
            inside.enter_context(a_share(portal, caller))
        except Unavailable:
            raise NotRendered(Failure.BUSY) from None
        yield
