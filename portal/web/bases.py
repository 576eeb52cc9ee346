"""Reads the fields that many forms share: the note verbale, and from which day to which."""

from datetime import date, timedelta

from starlette.requests import Request

from portal.domain.legal import LegalBasis, legal_basis
from portal.domain.periods import day, perhaps_day
from portal.usecases.bases import Terms
from portal.web.checks import Checks
from portal.web.ways import portal_of

AHEAD = timedelta(hours=14)  # where a day begins first, it is this much later than in UTC


def basis_from(request: Request, checks: Checks) -> LegalBasis | None:
    """Read the note verbale that an act rests on; None where something is wrong with it."""
    dated = checks.take("dated", day)
    today: date = (portal_of(request).clock() + AHEAD).date()
    return checks.take("note", lambda number: legal_basis(number, dated or today, today))


def perhaps_basis_from(request: Request, checks: Checks) -> LegalBasis | None:
    """Read a note verbale where one is given."""
    if not checks.form.text("note") and not checks.form.text("dated"):
        return None
    return basis_from(request, checks)


def terms_from(request: Request, checks: Checks) -> Terms | None:
    """Read note and days; None where something is wrong with them."""
    basis = basis_from(request, checks)
    first, last = checks.take("first", perhaps_day), checks.take("last", perhaps_day)
    return Terms(basis, first, last) if basis is not None and checks.ok else None
