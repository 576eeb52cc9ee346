"""Submitting a case to the Oversight Group, what the Group sees and decides, closing, and the yearly statement."""

from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.domain.cases import DECISIONS, FINDINGS, Decision, chosen, text_of
from portal.usecases import case_submissions, statements
from portal.usecases.case_submissions import Versions
from portal.web.cases import WORDS, case_page, seen_in
from portal.web.checks import Checks, state_names, words_of
from portal.web.concerns import LONGEST
from portal.web.forms import Form, read_form, whole
from portal.web.ways import caller_of, id_from, id_in, portal_of, show

YEAR_DIGITS: Final = 4


def submit(request: Request) -> Response:
    """Submit a case in two versions, if the bare one quotes nothing of the file."""
    checks, case = Checks(read_form(request)), id_from(request, "id")
    full, bare = checks.take("full", text_of), checks.take("bare", text_of)
    if full is None or bare is None:
        return case_page(request, case, checks)
    submitting = partial(case_submissions.submit_case, portal_of(request), caller_of(request), case)
    quoted = checks.attempt(partial(submitting, Versions(full, bare), checks.confirmed()))
    return RedirectResponse(f"/cases/{case}", 303) if quoted == () else case_page(request, case, checks, quoted or ())


def disclose(request: Request) -> Response:
    """Give the Group the version in full."""
    case, seen = id_from(request, "id"), read_form(request).text("full_version")
    case_submissions.disclose_case(portal_of(request), caller_of(request), case, id_in(seen) if seen else None)
    return RedirectResponse(f"/cases/{case}", 303)


def close(request: Request) -> Response:
    """Close a case that nobody submitted."""
    checks, case = Checks(read_form(request)), id_from(request, "id")
    reason = checks.take("closing", text_of)
    if reason is None:
        return case_page(request, case, checks)
    case_submissions.close_case(portal_of(request), caller_of(request), case, reason)
    return RedirectResponse(f"/cases/{case}", 303)


def view(request: Request) -> Response:
    """Show a member of the Group what was submitted to it."""
    return _page(request, Checks(Form(), sent=False))


def decide(request: Request) -> Response:
    """Record what the Group decided."""
    checks, case = Checks(read_form(request)), id_from(request, "id")
    decision, reasons = checks.take("decision", _decision), checks.take("decision_text", text_of)
    if decision is not None and reasons is not None:
        who = (portal_of(request), caller_of(request), case, seen_in(checks.form))
        checks.attempt(partial(case_submissions.decide_case, *who, decision, reasons))
    return RedirectResponse(f"/submissions/{case}", 303) if checks.ok else _page(request, checks)


def statement(request: Request) -> Response:
    """Show the yearly statement, of the year that is asked for."""
    year = whole(request.query_params.get("year", ""), YEAR_DIGITS)
    found = statements.view_statement(portal_of(request), caller_of(request), year)
    return show(
        request,
        "cases/statement.html",
        found=found,
        findings=words_of(request, FINDINGS),
        decisions=words_of(request, DECISIONS),
    )


def _page(request: Request, checks: Checks) -> Response:
    page = case_submissions.view_submission(portal_of(request), caller_of(request), id_from(request, "id"))
    return show(
        request,
        "cases/submission.html",
        status=checks.status,
        page=page,
        names=state_names(request),
        words=WORDS,
        longest=LONGEST,
        decisions=words_of(request, DECISIONS),
        **checks.tell(request),
    )


def _decision(raw: str) -> Decision:
    return chosen(raw, {decision.value: decision for decision in Decision})
