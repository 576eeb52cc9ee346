"""The yearly statement on breach cases: opens how cases came out, one word each, and nothing else of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import PortalFacts
from portal.domain.cases import Decision, Finding
from portal.domain.statements import Counted, Year, statement
from portal.usecases.case_records import EntryKind
from portal.work import Portal
from storage.cases import CaseEntry
from storage.fields import Place
from storage.permits import OUTCOMES, Permit
from storage.repositories.cases import CaseRecords


@dataclass(frozen=True, slots=True)
class Statement:
    """The real cases and the concerns by year, the exercises apart."""

    years: tuple[Year, ...]
    exercises: tuple[Year, ...]


def view_statement(portal: Portal, caller: Caller) -> Statement:
    """Show the yearly statement.

    Raises:
        NotFound: It isn't the reader's to see.

    """
    with portal.work(caller) as work:
        permit = work.require_on(Action.VIEW_STATEMENT, PortalFacts())
        records = CaseRecords(work.session)
        cases = [row for row in records.cases() if row.confirmed_at is not None]
        exercises = {row.id for row in cases if row.exercise}
        outcomes = records.outcomes()
        concerns = [one.filed_at.year for one in records.concerns() if one.case_id not in exercises]
    words = _words(portal, permit, outcomes)
    counted = []
    for row in cases:
        finding, decision = words.get((row.id, EntryKind.FINDING)), words.get((row.id, EntryKind.DECISION))
        assert row.confirmed_at is not None  # noqa: S101  # chosen by that
        counted.append(
            Counted(
                row.confirmed_at.year,
                row.exercise,
                Finding(finding) if finding else None,
                Decision(decision) if decision else None,
                row.closed_at is not None,
            )
        )
    real, invented = statement(counted, exercise=False, concerns=concerns), statement(counted, exercise=True)
    return Statement(tuple(real), tuple(invented))


def _words(portal: Portal, permit: Permit, rows: Sequence[CaseEntry]) -> dict[tuple[object, str], str]:
    return {
        (row.case_id, row.kind): portal.open_text(permit, OUTCOMES, Place("case_entry", "outcome", row.id), row.outcome)
        for row in rows
        if row.outcome is not None
    }
