"""Comments on the drafts of a report: their list, one of them, and what is said to it."""

from functools import partial
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.domain import comments as rules
from portal.domain import markdown
from portal.domain.comments import DISPOSITIONS, CommentPlace
from portal.domain.problems import Problem, RefusedError
from portal.usecases import comment_pages, comments
from portal.usecases.comments import Commented
from portal.web.checks import Checks, state_names, words_of
from portal.web.forms import Form, read_form
from portal.web.ways import caller_of, id_from, portal_of, show


def listing(request: Request) -> Response:
    """List the comments on the drafts of a report."""
    return _list(request, Checks(Form(), sent=False))


def comment(request: Request) -> Response:
    """Comment on a draft."""
    checks, review = Checks(read_form(request)), id_from(request, "id")
    draft, text = checks.take("draft", _draft), checks.take("text", rules.text_of)
    article, page = checks.take("article", rules.article_of), checks.take("page", rules.mark_of)
    paragraph = checks.take("paragraph", rules.mark_of)
    if checks.ok:
        place = CommentPlace(article or "", page or "", paragraph or "")
        said = Commented(draft or UUID(int=0), place, text or "")
        checks.attempt(partial(comments.comment, portal_of(request), caller_of(request), review, said))
    return RedirectResponse(f"/reviews/{review}/report/comments", 303) if checks.ok else _list(request, checks)


def take_up(request: Request) -> Response:
    """Say which comments a version of the draft takes up."""
    checks, review = Checks(read_form(request)), id_from(request, "id")
    draft, taken = checks.take("taking", _draft), _ids(checks.form.all("taken"))
    if draft is not None:
        checks.attempt(partial(comments.take_up, portal_of(request), caller_of(request), review, draft, taken))
    return RedirectResponse(f"/reviews/{review}/report/comments", 303) if checks.ok else _list(request, checks)


def view(request: Request) -> Response:
    """Show a comment with what followed it."""
    return _one(request, Checks(Form(), sent=False))


def reply(request: Request) -> Response:
    """Answer to a comment."""
    checks, row = Checks(read_form(request)), id_from(request, "id")
    text = checks.take("text", rules.text_of)
    if text is not None:
        checks.attempt(partial(comments.reply, portal_of(request), caller_of(request), row, text))
    return RedirectResponse(f"/comments/{row}", 303) if checks.ok else _one(request, checks)


def settle(request: Request) -> Response:
    """Say what becomes of a comment."""
    checks, row = Checks(read_form(request)), id_from(request, "id")
    becomes, words = checks.take("becomes", rules.disposition_of), checks.take("words", rules.perhaps_text)
    if becomes is not None and words is not None:
        checks.attempt(partial(comments.settle, portal_of(request), caller_of(request), row, becomes, words))
    return RedirectResponse(f"/comments/{row}", 303) if checks.ok else _one(request, checks)


def _draft(raw: str) -> UUID:
    try:
        return UUID(hex=raw)
    except ValueError:
        raise RefusedError(Problem("no-draft", rules.NO_DRAFT)) from None


def _ids(raw: tuple[str, ...]) -> frozenset[UUID]:
    """Read ids of comments; what is none is that of no comment."""
    found = set()
    for one in raw:
        try:
            found.add(UUID(hex=one))
        except ValueError:
            found.add(UUID(int=0))
    return frozenset(found)


def _list(request: Request, checks: Checks) -> Response:
    page = comment_pages.list_comments(portal_of(request), caller_of(request), id_from(request, "id"))
    return _show(request, "comments/list.html", page, checks)


def _one(request: Request, checks: Checks) -> Response:
    page = comment_pages.view_comment(portal_of(request), caller_of(request), id_from(request, "id"))
    return _show(request, "comments/comment.html", page, checks)


def _show(request: Request, template: str, page: comment_pages.CommentsPage, checks: Checks) -> Response:
    return show(
        request,
        template,
        status=checks.status,
        page=page,
        names=state_names(request),
        words={"dispositions": DISPOSITIONS},
        dispositions=words_of(request, DISPOSITIONS),
        longest=rules.TEXT_CHARACTERS,
        written=markdown.to_html,
        **checks.tell(request),
    )
