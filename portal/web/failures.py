"""The pages that say why something can't be shown or done: what happened, that nothing was lost, what comes next.

One table of sentences for people and for the upload script. An answer of 404 is the same whatever lies behind it,
absent or forbidden: it carries no reason, no name and no number of the request.
"""

import logging
import traceback
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from portal.access.reasons import reasons
from portal.domain.problems import RefusedError
from portal.domain.texts import N_
from portal.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotActing,
    NotFound,
    PortalError,
    ProveAgain,
    SignedOut,
    TooLarge,
    TooMany,
    Unavailable,
)
from portal.identity.returns import note_return
from portal.web import cookies, csrf
from portal.web.asking import ASK, names_to_ask
from portal.web.forms import CHECKED_FORM
from portal.web.languages import say
from portal.web.pages import render
from portal.web.places import to_acting, to_prove, to_sign_in
from portal.web.proofs import keep_form
from portal.web.refusals import RequestRefused
from portal.web.refused import sentence
from portal.web.ways import caller_of, portal_of
from storage.errors import DatabaseUnavailable, Destroyed, KeyUnavailable, PermitEnded, StorageError, StoreUnavailable

log = logging.getLogger("portal.web")

UPLOAD_HEADER = "x-upload"
# refusals for what a thing has become, not for who asks: somebody was there first
PASSED = frozenset(
    {
        "guardrails.withdrawn-work",
        "guardrails.circulated-once",
        "guardrails.sent-text",
        "guardrails.passed-on-once",
    }
)
ASKED = frozenset({403, 409, 410, 413, 422, 503})  # where an officer can help
RETRY_SECONDS = {429: 60, 503: 30}


@dataclass(frozen=True, slots=True)
class Sentences:
    """The words of one kind of failure; each is marked for the catalogues."""

    title: str
    happened: str
    then: str


UNREAD = Sentences(
    N_("The portal couldn’t read this request"),
    N_("Something in the request was missing or malformed, so nothing was done."),
    N_("Go back, load the page again and try once more."),
)
SENTENCES = {
    401: Sentences(
        N_("You are signed out"),
        N_("You are not signed in, or your session has ended, so nothing was done. What was saved before is safe."),
        N_(
            "Sign in in another tab, then go back in this one: what you entered is still there. "
            "Copy it, load the page again and send it anew."
        ),
    ),
    403: Sentences(
        N_("You may not do this"),
        N_("The rules of this review don’t let you do this. Nothing was changed."),
        N_("If you believe that you should, ask the officer assigned to the review."),
    ),
    404: Sentences(
        N_("There is nothing to open here"),
        N_("The address may be wrong, or what it led to isn’t open to you."),
        N_("If somebody sent you here, ask them or the officer assigned to the review. Nothing was lost."),
    ),
    408: Sentences(
        N_("This came too slowly"),
        N_("What you sent came too slowly, so the portal stopped reading it. Nothing was done."),
        N_("Go back: what you entered is still there. Send it again, over a better line if you can."),
    ),
    409: Sentences(
        N_("Somebody was here before you"),
        N_("What you were changing has changed meanwhile, so your change was not made. Nothing was lost."),
        N_("Go back, load the page again, look at the new state and repeat what is still needed."),
    ),
    410: Sentences(
        N_("This version was destroyed"),
        N_("Its key was destroyed, so nobody can open it any more. Its entry and its trail stay in the record."),
        N_("If you still need what was in it, ask the officer assigned to the review."),
    ),
    413: Sentences(
        N_("This is too large"),
        N_("The portal doesn’t take this much at once, so nothing was kept."),
        N_("Send less, or divide it into several parts."),
    ),
    422: Sentences(
        N_("Something doesn’t fit together"),
        N_("The portal understood the request but can’t carry it out as it stands. Nothing was changed."),
        N_("Go back, check what you entered and send it again."),
    ),
    429: Sentences(
        N_("Too much at once"),
        N_("There were many attempts in a short time, so the portal makes everybody wait a little."),
        N_("Wait a minute, then try again. Nothing was lost."),
    ),
    500: Sentences(
        N_("Something went wrong on our side"),
        N_("The portal met an error of its own. What was saved before is safe; the last step was not completed."),
        N_("Try again in a few minutes. If it happens again, tell your administrator the number below."),
    ),
    503: Sentences(
        N_("The portal can’t answer just now"),
        N_("A part that the portal needs is busy or out of reach. Nothing was opened, changed or lost."),
        N_("Wait a moment and load the page again."),
    ),
}


def error_response(request: Request, status: int, reason: str | None = None, *, ask: str | None = None) -> Response:
    """Answer with the calm page of a status, or with JSON where the upload script asks.

    Args:
        request: Decides the language and the form of the answer.
        status: One of the table's; any other of the 400s is a request that couldn't be read.
        reason: What happened, in the reader's language, instead of the table's sentence; never shown at 404.
        ask: The name of whom to ask (GL 7: the assigned officer); never shown at 404.
    """
    words = SENTENCES.get(status, UNREAD if status < 500 else SENTENCES[500])  # noqa: PLR2004 - the class of HTTP
    if status == 404:  # noqa: PLR2004 - absent and forbidden must be alike
        reason = ask = None
    happened = reason or say(request, words.happened)
    response: Response
    if request.headers.get(UPLOAD_HEADER) == "1":
        told = f"{happened} {say(request, ASK, name=ask)}" if ask else happened
        response = JSONResponse({"ok": False, "message": told, "url": ""}, status_code=status)
        response.headers["Cache-Control"] = "no-store"
    else:
        response = render(
            request,
            "errors/error.html",
            status=status,
            viewer=None,
            title=say(request, words.title),
            happened=happened,
            then=say(request, words.then),
            ask=ask,
            request_id=getattr(request.state, "request_id", None) if words is SENTENCES[500] else None,
        )
    if status in RETRY_SECONDS:
        response.headers["Retry-After"] = str(RETRY_SECONDS[status])
    return response


async def on_refused(request: Request, error: Exception) -> Response:
    """Answer a request that the web layer turned away; nobody is named to a page that isn't ours."""
    if not isinstance(error, RequestRefused):
        raise error
    ours = getattr(request.state, csrf.OURS, False)
    ask = await run_in_threadpool(names_to_ask, request) if ours else None
    return error_response(request, error.status, say(request, error.sentence), ask=ask)


async def on_http_exception(request: Request, error: Exception) -> Response:
    """Answer what Starlette itself refuses: no such route, or not this method."""
    if not isinstance(error, HTTPException):
        raise error
    response = error_response(request, error.status_code)
    response.headers.update(error.headers or {})
    return response


async def on_unknown(request: Request, error: Exception) -> Response:
    """Answer an error that nobody foresaw; the log gets its place, never its words: they may be confidential."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    number = getattr(request.state, "request_id", "-")
    log.error("request %s failed: %s\n%s", number, type(error).__qualname__, frames)
    return error_response(request, 500)


async def on_left(_request: Request, _error: Exception) -> Response:
    """Answer nobody: the browser went away in the middle of its request."""
    return Response(status_code=400)


async def on_portal_error(request: Request, error: Exception) -> Response:
    """Answer an act that was not done; its own sentence says why.

    Whoever isn't signed in is led to sign in, whatever lies behind the address: what they would find there, if
    anything, is told only after that. Likewise whoever is to choose an appointment first, or to prove anew who they
    are; a form that takes such a proof is kept meanwhile.
    """
    leads = request.method in csrf.SAFE_METHODS and "range" not in request.headers
    if isinstance(error, NotActing) and leads:
        return _to(to_acting(request))
    if isinstance(error, ProveAgain) and (leads or hasattr(request.state, CHECKED_FORM)):
        return _to(to_prove(request)) if leads else await run_in_threadpool(keep_form, request)
    nobody = isinstance(error, NotFound) and cookies.read_cookie(request) is None
    if isinstance(error, SignedOut) or nobody:
        await run_in_threadpool(_note, request, error)
        if leads:
            answer = _to(to_sign_in(request))
            if not nobody:
                cookies.clear_cookie(answer, request)
            return answer
        error = error if isinstance(error, SignedOut) else SignedOut()
    status = next(status for kind, status in STATUSES if isinstance(error, kind))
    said = say(request, str(error)) if str(error) else None
    if isinstance(error, RefusedError):
        said = sentence(request, error)
    elif isinstance(error, Forbidden) and error.policies:
        said = " ".join(say(request, reason) for reason in reasons(error.policies))
        status = 409 if PASSED.issuperset(error.policies) else status
    asks = status in ASKED and not isinstance(error, NotFound)
    review = error.review if isinstance(error, PortalError) else None
    ask = await run_in_threadpool(names_to_ask, request, review) if asks else None
    return error_response(request, status, said, ask=ask)


def _note(request: Request, error: Exception) -> None:
    if isinstance(error, SignedOut):
        note_return(portal_of(request), caller_of(request))


def _to(path: str) -> Response:
    return RedirectResponse(path, 303, headers={"Cache-Control": "no-store"})


def store_status(error: Exception) -> int:
    """Give the status of an error of storage."""
    if isinstance(error, Destroyed):
        return 410
    return 503 if isinstance(error, StoreUnavailable | KeyUnavailable | PermitEnded) else 500


async def on_store_error(request: Request, error: Exception) -> Response:
    """Answer when database, objects or keys can't be reached, or what they gave back isn't what was put there."""
    status = store_status(error)
    if not isinstance(error, Destroyed):
        log.error("request %s met %s", getattr(request.state, "request_id", "-"), type(error).__qualname__)
    asks = status in ASKED and not isinstance(error, DatabaseUnavailable)
    ask = await run_in_threadpool(names_to_ask, request) if asks else None
    return error_response(request, status, ask=ask)


STATUSES: tuple[tuple[type[Exception], int], ...] = (
    (NotActing, 403),
    (NotFound, 404),
    (ProveAgain, 403),
    (Forbidden, 403),
    (SignedOut, 401),
    (Invalid, 422),
    (RefusedError, 422),
    (Conflict, 409),
    (TooLarge, 413),
    (TooMany, 429),
    (Unavailable, 503),
    (PortalError, 500),
)
HANDLERS = {
    PortalError: on_portal_error,
    RefusedError: on_portal_error,
    StorageError: on_store_error,
    RequestRefused: on_refused,
    HTTPException: on_http_exception,
    ClientDisconnect: on_left,
    Exception: on_unknown,
}
