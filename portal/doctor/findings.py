"""What an examination finds: one line each, with what to do where something is to be done. Never a secret's value."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Mark(StrEnum):
    """How something is."""

    OK = "ok"
    UNUSED = "unused"  # it isn't set up, and needn't be
    ADVICE = "advice"  # it works, and could be better or soon won't
    WRONG = "wrong"  # the portal doesn't work, or not safely, until it is mended


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it is, and how to mend it (empty: nothing is to be done)."""

    check: str
    mark: Mark
    says: str
    mend: str = ""


WIDTH: Final = 10


def is_sound(findings: Iterable[Finding]) -> bool:
    """Tell whether nothing is wrong."""
    return all(one.mark is not Mark.WRONG for one in findings)


def as_text(findings: Sequence[Finding]) -> str:
    """Write findings for people: a line each, and what is to be mended below it."""
    lines = []
    for one in findings:
        lines.append(f"{one.mark:<7} {one.check:<{WIDTH}} {one.says}")
        if one.mend:
            lines.append(f"{'':<8}{'':<{WIDTH}} -> {one.mend}")
    wrong = sum(one.mark is Mark.WRONG for one in findings)
    advice = sum(one.mark is Mark.ADVICE for one in findings)
    lines.append(f"{wrong} to mend, {advice} to think of; {len(findings)} looked at.")
    return "\n".join(lines)


def as_json(findings: Sequence[Finding]) -> dict[str, object]:
    """Give findings for programs."""
    return {
        "ok": is_sound(findings),
        "findings": [
            {"check": one.check, "mark": one.mark.value, "says": one.says, "mend": one.mend} for one in findings
        ],
    }
