"""The record of a case: numbered, dated, sealed entries, chained so that none can be taken out or exchanged.

Chain of custody: `chain` = SHA-256 over the chain of the entry before (32 zero bytes for the first) and the canonical
JSON (RFC 8785) of the entry's id, case, number, kind, author, time and the SHA-256 of its sealed text (hexadecimal).
The event of the act that made an entry says number and chain, so that the log fixes them. The sealed text is what is
hashed: nobody can try out words against a hash that stands in the clear.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID, uuid4

import rfc8785

from portal.domain.texts import N_
from portal.errors import SignedOut
from portal.usecases.people import name_of
from portal.work import Portal, Work
from storage.cases import BreachCase, CaseEntry, entry_scope
from storage.fields import Place
from storage.permits import OUTCOMES, Permit
from storage.repositories.cases import CaseRecords
from storage.repositories.tree import TreeRecords
from storage.tables import Person

FIRST: Final = bytes(32)


class EntryKind(StrEnum):
    """What an entry of a case's record is."""

    SNAPSHOT = "snapshot"
    FACT = "fact"
    EXHIBIT = "exhibit"
    STATEMENT = "statement"
    HEARING = "hearing"
    ANSWER = "answer"
    HEARD = "heard"
    UNHEARD = "unheard"
    FINDING = "finding"
    COMPARISON = "comparison"
    FULL = "full"
    SUBMISSION = "submission"
    DISCLOSURE = "disclosure"
    DECISION = "decision"
    CLOSING = "closing"


ENTRIES: Final[dict[EntryKind, str]] = {
    EntryKind.SNAPSHOT: N_("Snapshot of the file when the case was registered"),
    EntryKind.FACT: N_("Finding of fact"),
    EntryKind.EXHIBIT: N_("Exhibit"),
    EntryKind.STATEMENT: N_("Statement of a witness"),
    EntryKind.HEARING: N_("What the person concerned was asked"),
    EntryKind.ANSWER: N_("Answer of the person concerned"),
    EntryKind.HEARD: N_("What the person concerned said outside the portal"),
    EntryKind.UNHEARD: N_("The person concerned let the day pass"),
    EntryKind.FINDING: N_("Finding"),
    EntryKind.COMPARISON: N_("A version for the Oversight Group was compared with the file"),
    EntryKind.FULL: N_("Submission, the version in full"),
    EntryKind.SUBMISSION: N_("Submission, the version that discloses nothing"),
    EntryKind.DISCLOSURE: N_("The version in full, given by the State under review"),
    EntryKind.DECISION: N_("Decision of the Oversight Group"),
    EntryKind.CLOSING: N_("Why it was closed"),
}


@dataclass(frozen=True, slots=True)
class EntryLine:
    """An entry as a page shows it."""

    number: int
    kind: EntryKind
    by: str
    at: datetime
    said: Mapping[str, Any]
    chain: str


def add_entry(
    work: Work, permit: Permit, case: BreachCase, kind: EntryKind, said: Mapping[str, Any], outcome: str | None = None
) -> CaseEntry:
    """Write the next entry of a case's record; the event of the permit says its number and its chain.

    Args:
        work: The transaction of the act.
        permit: It covers the case, and the outcomes where there is one.
        case: The case.
        kind: What the entry is.
        said: What it says.
        outcome: The word of a finding or a decision, for the yearly statement.

    Raises:
        SignedOut: Nobody is signed in.
    """
    by = work.who.person_id
    if by is None:
        raise SignedOut
    records, entry_id = CaseRecords(work.session), uuid4()
    before = records.entries(case.id)
    sealed = work.seal(permit, entry_scope(case.id, kind), Place("case_entry", "said", entry_id), json.dumps(said))
    row = CaseEntry(
        id=entry_id,
        case_id=case.id,
        number=len(before) + 1,
        kind=kind.value,
        made_by=by,
        made_at=work.now,
        said=sealed,
        outcome=work.seal(permit, OUTCOMES, Place("case_entry", "outcome", entry_id), outcome) if outcome else None,
        chain=b"",
    )
    row.chain = chain_of(row, before[-1].chain if before else FIRST)
    records.add(row)
    work.note(permit, entry=row.number, chain=row.chain.hex())
    return row


def chain_of(row: CaseEntry, before: bytes) -> bytes:
    """Compute the chain of an entry from the chain of the one before."""
    said: dict[str, str | int] = {
        "id": str(row.id),
        "case": str(row.case_id),
        "number": row.number,
        "kind": row.kind,
        "by": str(row.made_by),
        "at": row.made_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "sealed": hashlib.sha256(row.said).hexdigest(),
    }
    return hashlib.sha256(before + rfc8785.dumps(said)).digest()


def open_entries(
    portal: Portal, permit: Permit, rows: Sequence[CaseEntry], people: Mapping[UUID, Person]
) -> tuple[EntryLine, ...]:
    """Open entries of a case's record."""
    lines = []
    for row in rows:
        kind = EntryKind(row.kind)
        place = Place("case_entry", "said", row.id)
        said = json.loads(portal.open_text(permit, entry_scope(row.case_id, row.kind), place, row.said))
        by = name_of(portal, permit, people[row.made_by])
        lines.append(EntryLine(row.number, kind, by, row.made_at, said, row.chain.hex()))
    return tuple(lines)


def add_up(rows: Sequence[CaseEntry]) -> bool:
    """Tell whether a whole record, oldest first, has no gap and each chain follows from the one before."""
    before = FIRST
    for number, row in enumerate(rows, 1):
        if row.number != number or row.chain != chain_of(row, before):
            return False
        before = row.chain
    return True


def evidence_of(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """Tell what fixes a snapshot, and how much it fixes: hash and counts, of which nobody learns what it holds.

    Whoever examines the case has the snapshot itself, byte for byte that of the hash.
    """
    return {
        "sha256": hashlib.sha256(rfc8785.dumps(dict(snapshot))).hexdigest(),
        "at": snapshot["at"],
        "events": sum(snapshot["streams"].values()),
        "accesses": len(snapshot["access"]),
        "versions": len(snapshot["versions"]),
        "tree": snapshot["tree"],
    }


def snapshot(work: Work, review_id: UUID) -> dict[str, Any]:
    """Freeze a file as this transaction finds it: its streams, the tree, who has access, what lies there.

    Nothing of the file is opened: of rows it keeps the MAC, of documents the keyed hash of the content, of streams the
    number of the last event. With the log these fix everything before that moment.
    """
    found, head = CaseRecords(work.session).frozen(review_id), TreeRecords(work.session).head()
    return {
        "at": work.now.astimezone(UTC).isoformat(timespec="microseconds"),
        "tree": {"size": head.size if head else 0, "root": head.root.hex() if head else ""},
        "streams": {str(stream): number for stream, number in found.streams},
        "access": {name: mac.hex() for name, mac in found.access},
        "versions": {str(version): mark.hex() for version, mark in found.versions},
    }
