"""Cycles of reviews: the list, and opening one (ToR 13)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import PortalFacts
from portal.domain.cycles import Cycle, judge_opening
from portal.domain.ids import CycleId
from portal.work import Portal
from storage.repositories.register import RegisterRecords
from storage.tables import Cycle as CycleRow


@dataclass(frozen=True, slots=True)
class CycleLine:
    """A cycle with how many reviews it has, and how many of them aren't closed."""

    id: UUID
    name: str
    starts: date
    ends: date | None
    reviews: int
    open: int


def list_cycles(portal: Portal, caller: Caller) -> list[CycleLine]:
    """List all cycles, newest first.

    Raises:
        NotFound: The list isn't the caller's to see.
    """
    with portal.work(caller) as work:
        work.require_on(Action.LIST_CYCLES, PortalFacts())
        rows, counts = work.reviews.cycles(), RegisterRecords(work.session, work.who.reach).counts()
    return [CycleLine(row.id, row.name, row.starts_on, row.ends_on, *counts.get(row.id, (0, 0))) for row in rows]


def open_cycle(portal: Portal, caller: Caller, opened: Cycle, confirmed: Collection[str] = ()) -> CycleId:
    """Open a cycle; `confirmed` are the codes of the warnings that the caller has looked at.

    Raises:
        NotFound: Opening cycles isn't the caller's.
        RefusedError: The name is taken.
        UnconfirmedError: There is a warning that the caller hasn't looked at.
    """
    with portal.work(caller) as work:
        permit = work.require_on(Action.OPEN_CYCLE, PortalFacts())
        counts = RegisterRecords(work.session, work.who.reach).counts()
        verdict = judge_opening(
            opened,
            [
                (Cycle(row.name, row.starts_on, row.ends_on), counts.get(row.id, (0, 0))[1])
                for row in work.reviews.cycles()
            ],
        )
        verdict.check(confirmed)
        row = CycleRow(id=uuid4(), name=opened.name, starts_on=opened.starts, ends_on=opened.ends, created_at=work.now)
        work.reviews.add(row)
        work.note(permit, cycle=str(row.id), name=row.name, warned=[warning.code for warning in verdict.warnings])
        return CycleId(row.id)
