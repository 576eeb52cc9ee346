"""Being heard: the cases in which somebody is, one of them, and the answer."""

from functools import partial

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.domain.cases import DECISIONS, FINDINGS, HOLDS, STAGES, text_of
from portal.usecases import hearings
from portal.usecases.case_records import ENTRIES
from portal.web.checks import Checks, state_names
from portal.web.concerns import LONGEST
from portal.web.forms import Form, read_form
from portal.web.ways import caller_of, id_from, portal_of, show

WORDS = {"stages": STAGES, "entries": ENTRIES, "holds": HOLDS, "findings": FINDINGS, "decisions": DECISIONS}


def listing(request: Request) -> Response:
    """List the cases in which the reader is heard."""
    lines = hearings.list_own_cases(portal_of(request), caller_of(request))
    return show(request, "cases/hearings.html", lines=lines, names=state_names(request), words=WORDS)


def view(request: Request) -> Response:
    """Show what is alleged, and the form of an answer."""
    return _page(request, Checks(Form(), sent=False))


def answer(request: Request) -> Response:
    """Answer to what is alleged."""
    checks, case = Checks(read_form(request)), id_from(request, "id")
    text = checks.take("answer", text_of)
    if text is not None:
        answering = partial(hearings.answer_case, is_all=checks.form.has("all"))
        checks.attempt(partial(answering, portal_of(request), caller_of(request), case, text))
    return RedirectResponse(f"/hearings/{case}", 303) if checks.ok else _page(request, checks)


def _page(request: Request, checks: Checks) -> Response:
    page = hearings.view_own_case(portal_of(request), caller_of(request), id_from(request, "id"))
    return show(
        request,
        "cases/hearing.html",
        status=checks.status,
        page=page,
        names=state_names(request),
        words=WORDS,
        longest=LONGEST,
        **checks.tell(request),
    )
