"""The confidentiality officer's acts in a case: containment, the record, the hearing, the finding."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.domain.cases import Finding, Hold, chosen, text_of
from portal.domain.periods import day
from portal.usecases import containments, examinations
from portal.usecases.case_records import EntryKind
from portal.usecases.containments import Containing
from portal.web.cases import case_page, seen_in
from portal.web.checks import Checks
from portal.web.concerns import id_or_none
from portal.web.forms import Form, read_form
from portal.web.ways import caller_of, id_from, portal_of


def contain(request: Request) -> Response:
    """Hold somebody, or everybody, back."""
    checks, case = Checks(read_form(request)), id_from(request, "id")
    kind, person = checks.take("hold", _hold), checks.take("held", id_or_none)
    reason, until = checks.take("hold_reason", text_of), checks.take("review_on", day)
    grant = checks.take("held_grant", id_or_none)
    if checks.ok and kind is not None and reason is not None and until is not None:
        said = Containing(kind, person, reason, until, grant)
        _do(checks, partial(containments.begin_containment, portal_of(request), caller_of(request), case, said))
    return _answer(request, case, checks)


def lift(request: Request) -> Response:
    """Lift a containment."""
    form = read_form(request)
    checks = Checks(form)
    reason = checks.take("lift_reason", text_of)
    if reason is None:
        return case_page(request, _case(form), checks)
    case = containments.lift_containment(portal_of(request), caller_of(request), id_from(request, "id"), reason)
    return RedirectResponse(f"/cases/{case}", 303)


def add(request: Request) -> Response:
    """Add an entry to the record."""
    checks, case = Checks(read_form(request)), id_from(request, "id")
    kind, words = checks.take("entry", _entry), checks.take("entry_text", text_of)
    if kind is not None and words is not None:
        act = partial(examinations.add_to_record, portal_of(request), caller_of(request), case, kind, words)
        _do(checks, act)
    return _answer(request, case, checks)


def name(request: Request) -> Response:
    """Name whom a case concerns."""
    checks, case = Checks(read_form(request)), id_from(request, "id")
    person = checks.take("concerned", _person)
    if person is not None:
        examinations.name_concerned(portal_of(request), caller_of(request), case, person)
    return _answer(request, case, checks)


def name_grant(request: Request) -> Response:
    """Say that a case is about what a grant gave."""
    checks, case = Checks(read_form(request)), id_from(request, "id")
    grant = checks.take("about_grant", _person)
    if grant is not None:
        _do(checks, partial(examinations.name_grant, portal_of(request), caller_of(request), case, grant))
    return _answer(request, case, checks)


def ask(request: Request) -> Response:
    """Ask the person concerned to be heard."""
    checks, case = Checks(read_form(request)), id_from(request, "id")
    allegation, last = checks.take("allegation", text_of), checks.take("last_day", day)
    if allegation is not None and last is not None:
        act = partial(examinations.ask_hearing, portal_of(request), caller_of(request), case, allegation, last)
        _do(checks, act)
    return _answer(request, case, checks)


def find(request: Request) -> Response:
    """Record the finding."""
    checks, case = Checks(read_form(request)), id_from(request, "id")
    finding, reasons = checks.take("finding", _finding), checks.take("finding_reasons", text_of)
    if finding is not None and reasons is not None:
        who = (portal_of(request), caller_of(request), case, seen_in(checks.form))
        _do(checks, partial(examinations.record_finding, *who, finding, reasons))
    return _answer(request, case, checks)


def _do(checks: Checks, act: Callable[[], None]) -> None:
    checks.attempt(act)


def _answer(request: Request, case: UUID, checks: Checks) -> Response:
    return RedirectResponse(f"/cases/{case}", 303) if checks.ok else case_page(request, case, checks)


def _hold(raw: str) -> Hold:
    return chosen(raw, {kind.value: kind for kind in Hold})


def _entry(raw: str) -> EntryKind:
    return chosen(raw, {kind.value: kind for kind in examinations.WRITTEN_BY_OFFICER})


def _finding(raw: str) -> Finding:
    return chosen(raw, {finding.value: finding for finding in Finding})


def _person(raw: str) -> UUID:
    return id_or_none(raw) or chosen(raw, {})


def _case(form: Form) -> UUID:
    return id_or_none(form.text("case")) or UUID(int=0)
