"""Names the marked copy that a found file comes from: who took it, for which State, when, and where the log says so.

1. What was found passes in memory, confined, and is kept nowhere.
2. Looking is an intent, what was named its outcome: both stand in the log.
3. At the machine's command line no name is told: ids alone, which whoever may look them up does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import PortalFacts
from portal.domain import copies
from portal.domain.problems import Problem, RefusedError
from portal.domain.rendering import Failure, NotRendered
from portal.domain.texts import N_
from portal.rendering.renderer import Renderer, Traced
from portal.usecases.operators import OPERATOR
from portal.usecases.people import name_of
from portal.work import Intent, Portal
from storage import permits
from storage.permits import Permit
from storage.repositories.grants import GrantRecords
from storage.repositories.people import PeopleRecords

MOST_BYTES: Final = 64 * 1024 * 1024
NO_NUMBER: Final = Problem(
    "number",
    N_(
        "Choose a file, or type the number as it stands in the mark: four groups of four letters and digits. What is "
        "misread is noticed, so compare it with the page once more."
    ),
)


@dataclass(frozen=True, slots=True)
class Named:
    """A marked copy; known False: the number is sound, but no copy with it ever left this portal.

    Attributes:
        by: The marks that named it.
        person: The id of whoever took it; name: theirs, where it is told.
        state: That which reads under a grant; none where it left under none.
    """

    number: str
    by: tuple[str, ...]
    known: bool
    person: UUID | None = None
    name: str = ""
    state: str = ""
    at: datetime | None = None
    document: UUID | None = None
    version: UUID | None = None
    event: UUID | None = None


def may_trace(portal: Portal, caller: Caller) -> None:
    """Show the form on which a copy is traced.

    Raises:
        NotFound: The actor traces no copies.

    """
    with portal.work(caller) as work:
        work.require_on(Action.TRACE_COPY, PortalFacts())


def begin_trace(portal: Portal, caller: Caller) -> tuple[Permit, Intent]:
    """Ask whether somebody may trace a copy, before anything of the file is read.

    Raises:
        NotFound: The actor traces no copies.

    """
    with portal.work(caller) as work:
        permit = work.require_on(Action.TRACE_COPY, PortalFacts())
        return permit, work.begins(permit)


def trace_copy(portal: Portal, permit: Permit, intent: Intent, renderer: Renderer, found: bytes) -> list[Named]:
    """Name the copies that a found file comes from.

    Raises:
        NotRendered: It is too large, or can't be read.

    """
    try:
        traced = _traced(renderer, found)
    except NotRendered as none:
        portal.record_outcome(intent, result="failed", why=none.failure.value)
        raise
    named = _named(portal, permit, traced, names=permit.person is not None)
    portal.record_outcome(intent, result="complete", copies=" ".join(one.number for one in named))
    return named


def trace_number(portal: Portal, permit: Permit, intent: Intent, typed: str) -> list[Named]:
    """Name the copy whose number somebody read off a page or a photograph.

    Raises:
        RefusedError: It isn't the number of a copy, as it was typed.

    """
    number = copies.read(typed)
    if number is None:
        portal.record_outcome(intent, result="failed", why="number")
        raise RefusedError(NO_NUMBER)
    named = _named(portal, permit, [Traced(number, frozenset({"typed"}))], names=permit.person is not None)
    portal.record_outcome(intent, result="complete", copies=copies.written(number))
    return named


def trace_at_machine(portal: Portal, renderer: Renderer, found: bytes | str) -> list[Named]:
    """Name the copies of a file, or the one of a number, at the command line, without names of people.

    Raises:
        NotRendered: It is too large, or can't be read.
        RefusedError: It isn't the number of a copy.

    """
    with permits.request(uuid4()):
        permit, intent = begin_trace(portal, OPERATOR)
        if isinstance(found, str):
            return trace_number(portal, permit, intent, found)
        return trace_copy(portal, permit, intent, renderer, found)


def _traced(renderer: Renderer, found: bytes) -> Sequence[Traced]:
    if len(found) > MOST_BYTES:  # a part of it would be traced as if it were all
        raise NotRendered(Failure.TOO_LARGE)
    return renderer.traced(found)


def _named(portal: Portal, permit: Permit, traced: Sequence[Traced], *, names: bool) -> list[Named]:
    found = []
    with portal.database.read() as session:
        records, people = GrantRecords(session), PeopleRecords(session)
        for one in traced:
            number, by = copies.written(one.number), tuple(sorted(one.by))
            copy = records.copy(number)
            if copy is None:
                found.append(Named(number, by, known=False))
                continue
            row, grant, version = copy
            person = people.find(row.person_id)
            found.append(
                Named(
                    number,
                    by,
                    known=True,
                    person=row.person_id,
                    name=name_of(portal, permit, person) if names and person else "",
                    state=grant.state_code if grant else "",
                    at=row.made_at,
                    document=version.document_id,
                    version=row.version_id,
                    event=row.event_id,
                )
            )
    return found
