"""Answers of uploads: what became of each file, for a person's page or for the script; and whom to ask (GL 7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from portal.domain.problems import RefusedError
from portal.errors import PortalError
from portal.web.asking import ASK, names_to_ask
from portal.web.failures import SENTENCES, STATUSES, UPLOAD_HEADER, store_status
from portal.web.languages import say
from portal.web.refused import sentence
from portal.web.ways import show
from storage.errors import StorageError


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one file, for the page or the script."""

    name: str
    ok: bool
    message: str
    url: str = ""
    plain: bool = True  # kept, and nothing else to tell
    status: int = 200
    asks: bool = True  # an officer can help, and can be named


def failure(request: Request, error: PortalError | RefusedError | StorageError) -> tuple[int, str]:
    """Give the status and the sentence of an error, as the page of failures would."""
    match error:
        case RefusedError():
            return 422, sentence(request, error)
        case PortalError():
            status = next(status for kind, status in STATUSES if isinstance(error, kind))
            return status, say(request, str(error) or SENTENCES[status].happened)
        case _:
            status = store_status(error)
            return status, say(request, SENTENCES[status].happened)


async def upload_answer(request: Request, told: Sequence[Told], page: str) -> Response:
    """Answer an upload: the script by JSON, a plain form by the page it leads to, or by one that tells of each file."""
    failed = [one for one in told if not one.ok]
    status = failed[0].status if len(failed) == len(told) else 200
    ask = await to_thread.run_sync(names_to_ask, request) if any(one.asks for one in failed) else None
    if request.headers.get(UPLOAD_HEADER) == "1":
        words = [one.message for one in told] + ([say(request, ASK, name=ask)] if ask else [])
        answer = {"ok": not failed, "message": " ".join(words), "url": told[-1].url}
        return JSONResponse(answer, status_code=status, headers={"Cache-Control": "no-store"})
    if all(one.plain and one.ok for one in told):
        return RedirectResponse(told[0].url if len(told) == 1 else page, 303)
    shown = partial(show, request, "documents/uploaded.html", status=status, told=told, back=page, ask=ask)
    return await to_thread.run_sync(shown)
