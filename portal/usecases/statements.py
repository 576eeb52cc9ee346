"""The yearly statement on breach cases: opens how the cases of a year came out, one word each, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import PortalFacts
from portal.domain.cases import Decision, Finding
from portal.domain.statements import Counted, Counts, counts
from portal.usecases.case_records import EntryKind
from portal.work import Portal
from storage.cases import CaseEntry
from storage.fields import Place
from storage.permits import OUTCOMES, Permit
from storage.repositories.statements import StatementRecords


@dataclass(frozen=True, slots=True)
class Statement:
    """The real cases and the concerns of a year, the exercises apart; None: there are none.

    Args:
        year: Which year it is; None: nothing happened yet in any.
        years: From the first in which something happened to the last, the newest first.
        real: The cases and concerns.
        exercises: The exercises.
    """

    year: int | None
    years: tuple[int, ...]
    real: Counts | None
    exercises: Counts | None


def view_statement(portal: Portal, caller: Caller, year: int | None = None) -> Statement:
    """Show the statement of a year: of the newest one in which something happened, if none of these is named.

    Raises:
        NotFound: It isn't the reader's to see.

    """
    with portal.work(caller) as work:
        permit = work.require_on(Action.VIEW_STATEMENT, PortalFacts())
        records = StatementRecords(work.session)
        years = _years(records.times())
        if not years:
            return Statement(None, (), None, None)
        shown = year if year in years else years[0]
        work.note(permit, year=shown)
        within = datetime(shown, 1, 1, tzinfo=UTC), datetime(shown + 1, 1, 1, tzinfo=UTC)
        cases, concerns = records.registered(*within), records.filed(*within)
        outcomes = records.outcomes([row.id for row in cases])
        exercises = records.exercises({one.case_id for one in concerns if one.case_id})
        filed = sum(one.case_id not in exercises for one in concerns)
    words = _words(portal, permit, outcomes)
    counted = []
    for row in cases:
        finding, decision = words.get((row.id, EntryKind.FINDING)), words.get((row.id, EntryKind.DECISION))
        counted.append(
            Counted(
                row.exercise,
                Finding(finding) if finding else None,
                Decision(decision) if decision else None,
                row.closed_at is not None,
            )
        )
    real, invented = counts(counted, exercise=False, concerns=filed), counts(counted, exercise=True)
    return Statement(shown, years, real, invented)


def _years(times: Sequence[datetime]) -> tuple[int, ...]:
    found = [at.year for at in times]
    return tuple(range(max(found), min(found) - 1, -1)) if found else ()


def _words(portal: Portal, permit: Permit, rows: Sequence[CaseEntry]) -> dict[tuple[object, str], str]:
    return {
        (row.case_id, row.kind): portal.open_text(permit, OUTCOMES, Place("case_entry", "outcome", row.id), row.outcome)
        for row in rows
        if row.outcome is not None
    }
