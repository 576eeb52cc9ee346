"""What a check of all records carries along: its report, its permit, and what the log says of each row."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from portal.access.actions import Action
from portal.access.actors import Machine
from portal.access.caller import Caller
from portal.access.entities import PortalFacts
from portal.domain.problems import Problem
from portal.work import PERMIT_LIFE, Portal
from storage.database import Session
from storage.permits import Permit

LISTED: Final = 1000  # findings that are written out; all are counted
Progress = Callable[[str, int], None]
Values = dict[str, str | int]


@dataclass(slots=True)
class Report:
    """What a check found."""

    findings: list[Problem] = field(default_factory=list)
    found: int = 0
    codes: Counter[str] = field(default_factory=Counter)  # of all that was found, listed or not
    counts: dict[str, int] = field(default_factory=dict)
    open_intents: list[str] = field(default_factory=list)  # streams of bytes whose end nobody recorded
    orphans: list[str] = field(default_factory=list)  # objects that no row names
    passed: frozenset[str] = frozenset()  # objects that were found lost before: what is found of them isn't counted

    @property
    def ok(self) -> bool:
        """Tell whether everything fits."""
        return self.found == 0

    def finds(self, code: str, sentence: str, **values: str | int) -> None:
        """Add a finding."""
        if values.get("name") in self.passed:
            return
        self.found += 1
        self.codes[code] += 1
        if len(self.findings) < LISTED:
            self.findings.append(Problem(code, sentence, values))

    def counted(self, what: str, count: int) -> None:
        """Add to a count."""
        self.counts[what] = self.counts.get(what, 0) + count


@dataclass(frozen=True, slots=True)
class Logged:
    """The MACs that the log has last for a row; several only where different streams had them at the same moment."""

    at: datetime
    macs: tuple[tuple[UUID, str], ...]

    def followed(self, at: datetime, stream: UUID, mac: str) -> "Logged":
        """Take a MAC logged later in its stream."""
        if at < self.at:
            return self
        others = tuple(one for one in self.macs if one[0] != stream) if at == self.at else ()
        return Logged(at, (*others, (stream, mac)))


@dataclass(slots=True)
class Check:
    """A check under way."""

    portal: Portal
    session: Session
    report: Report
    permit: Permit
    progress: Progress
    logged: dict[str, Logged] = field(default_factory=dict)

    def current_permit(self) -> Permit:
        """Give a permit that lasts; a long check asks again, and each time is an event."""
        if self.portal.clock() > self.permit.ends - PERMIT_LIFE / 2:
            self.permit = ask(self.portal)
        return self.permit


def ask(portal: Portal) -> Permit:
    """Ask the gate for the check: a permit that opens the log, and nothing else."""
    with portal.work(Caller(machine=Machine.FSCK)) as work:
        return work.require_on(Action.CHECK_RECORDS, PortalFacts())


def as_text(report: Report) -> str:
    """Write a report for people."""
    lines = [f"Checked {', '.join(f'{count} {what}' for what, count in report.counts.items())}."]
    lines += [f"  {problem.words()}" for problem in report.findings]
    if report.found > len(report.findings):
        lines.append(f"  ... and {report.found - len(report.findings)} more.")
    if report.open_intents:
        lines.append("Streams of bytes whose end nobody recorded (under way, or cut by a breakdown):")
        lines += [f"  {intent}" for intent in report.open_intents]
    if report.orphans:
        lines.append("Objects that no record names (left by uploads that broke off; nothing is deleted here):")
        lines += [f"  {name}" for name in report.orphans]
    lines.append(
        "Everything fits." if report.ok else f"{report.found} things don't fit. Nothing was changed; see SECURITY.md."
    )
    return "\n".join(lines)


def as_json(report: Report) -> dict[str, object]:
    """Give a report for programs."""
    return {
        "ok": report.ok,
        "found": report.found,
        "findings": [{"code": one.code, "says": one.words(), **one.values} for one in report.findings],
        "counts": report.counts,
        "open_intents": report.open_intents,
        "orphans": report.orphans,
    }
