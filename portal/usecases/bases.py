"""The legal bases of appointments, assignments and changes of parties, sealed: a note verbale, its number and date."""

import json
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from portal.domain.legal import LegalBasis
from portal.domain.periods import day
from portal.work import Portal, Work
from storage.fields import Place
from storage.permits import REGISTRY, Permit


@dataclass(frozen=True, slots=True)
class Terms:
    """On what legal basis somebody is appointed or assigned, and from which day to which."""

    basis: LegalBasis
    first: date | None = None
    last: date | None = None


def seal_basis(work: Work, permit: Permit, table: str, row_id: UUID, basis: LegalBasis, column: str = "basis") -> bytes:
    """Seal a legal basis for a row of a table."""
    return work.seal(permit, REGISTRY, Place(table, column, row_id), json.dumps(said_of(basis)))


def open_basis(
    portal: Portal, permit: Permit, table: str, row_id: UUID, blob: bytes | None, column: str = "basis"
) -> LegalBasis | None:
    """Open the legal basis of a row; None where there is none."""
    if blob is None:
        return None
    said = json.loads(portal.open_text(permit, REGISTRY, Place(table, column, row_id), blob))
    return LegalBasis(said["number"], day(said["dated"])) if said else None


def said_of(basis: LegalBasis | None) -> dict[str, str]:
    """Tell the log about a legal basis."""
    return {"number": basis.number, "dated": basis.dated.isoformat()} if basis else {}
