"""Whom to ask when something went wrong: the officers of the review that it was about, where the reader may know them.

An answer that is on its way never fails for want of a name, and says the same without one.
"""

from typing import Final
from uuid import UUID

from starlette.requests import Request

from portal.domain.texts import N_
from portal.errors import PortalError
from portal.usecases.asking import Noun, whom_to_ask
from portal.web import cookies
from portal.web.ways import caller_of, portal_of
from storage import permits
from storage.errors import StorageError

ASK: Final = N_("Whom to ask: %(name)s.")


def names_to_ask(request: Request, review: UUID | None = None) -> str | None:
    """Name the officers of a review, or of the one that the address leads into; looks names up: not for the event loop.

    Args:
        request: Who asks, and the address.
        review: What the act was about, where that is known.

    """
    about = (Noun.REVIEWS, review) if review else _about(request.scope["path"])
    if about is None or cookies.read_cookie(request) is None:
        return None
    try:
        with permits.request(UUID(request.state.request_id)):
            return ", ".join(whom_to_ask(portal_of(request), caller_of(request), *about)) or None
    except (PortalError, StorageError):
        return None


def _about(path: str) -> tuple[Noun, UUID] | None:
    parts = path.split("/")
    try:
        return Noun(parts[1]), UUID(hex=parts[2])
    except (ValueError, IndexError):
        return None
