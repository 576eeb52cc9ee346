"""The agreement on a review's report: its page, and what the parties say to what is proposed."""

from functools import partial
from typing import Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.domain.comments import DISPOSITIONS, CommentPlace, article_of, mark_of
from portal.domain.problems import Problem, RefusedError
from portal.domain.reports import ENDINGS, REASON_CHARACTERS, UNFIT, reason_given, text_meant
from portal.domain.words import LANGUAGES
from portal.usecases import disagreeing, report_pages, reports
from portal.usecases.disagreeing import Disagreed
from portal.usecases.reports import Proposed
from portal.web.checks import Checks, state_names
from portal.web.forms import Form, read_form, whole
from portal.web.ways import caller_of, id_from, portal_of, show

_DIGITS: Final = 9


def view(request: Request) -> Response:
    """Show how far the agreement on the report is."""
    return _page(request, id_from(request, "id"), Checks(Form(), sent=False))


def propose(request: Request) -> Response:
    """Propose a report and a summary to agree on."""
    checks, review = Checks(read_form(request)), id_from(request, "id")
    report, summary = checks.take("report", _document), checks.take("summary", _document)
    seen = whole(checks.form.text("seen"), _DIGITS)
    if report is not None and summary is not None:
        proposed = Proposed(report, summary, -1 if seen is None else seen)
        checks.attempt(partial(reports.propose_manifest, portal_of(request), caller_of(request), review, proposed))
    return _back(review) if checks.ok else _page(request, review, checks)


def agree(request: Request) -> Response:
    """Agree to a manifest for one's State."""
    checks, manifest = Checks(read_form(request)), id_from(request, "id")
    review = reports.review_of(portal_of(request), caller_of(request), manifest)
    checks.attempt(partial(reports.agree, portal_of(request), caller_of(request), manifest))
    return _back(review) if checks.ok else _page(request, review, checks)


def disagree(request: Request) -> Response:
    """Say for one's State that it doesn't agree to a manifest, where and why."""
    checks, manifest = Checks(read_form(request)), id_from(request, "id")
    review = reports.review_of(portal_of(request), caller_of(request), manifest)
    reason, text = checks.take("reason", reason_given), checks.take("text", text_meant)
    article, page = checks.take("article", article_of), checks.take("page", mark_of)
    paragraph = checks.take("paragraph", mark_of)
    if checks.ok and text is not None:
        place = CommentPlace(article or "", page or "", paragraph or "")
        said = Disagreed(reason or "", text, place)
        checks.attempt(partial(disagreeing.disagree, portal_of(request), caller_of(request), manifest, said))
    return _back(review) if checks.ok else _page(request, review, checks)


def _document(raw: str) -> UUID:
    try:
        return UUID(hex=raw)
    except ValueError:
        raise RefusedError(Problem("unfit", UNFIT)) from None


def _page(request: Request, review: UUID, checks: Checks) -> Response:
    page = report_pages.view_report(portal_of(request), caller_of(request), review)
    return show(
        request,
        "reports/report.html",
        status=checks.status,
        page=page,
        names=state_names(request),
        words={"languages": LANGUAGES, "endings": ENDINGS, "dispositions": DISPOSITIONS},
        longest=REASON_CHARACTERS,
        **checks.tell(request),
    )


def _back(review: UUID) -> Response:
    return RedirectResponse(f"/reviews/{review}/report", 303)
