"""Reviews: the list of one's own, a review's page, the undertaking, and the acts on a review as a whole."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.domain import undertakings
from portal.domain.reviews import ReviewStage
from portal.domain.roles import Role
from portal.domain.texts import N_
from portal.domain.words import LANGUAGES, REVIEW_STAGES, ROLES, ROOMS
from portal.errors import Invalid
from portal.usecases import reviews
from portal.usecases.undertakings import accept_undertaking
from portal.web.checks import state_names
from portal.web.forms import read_form
from portal.web.ways import caller_of, id_from, portal_of, show

READ_AND_TICK: Final = N_("Read the undertaking and tick the box below it; until then the file stays closed to you.")
WORDS: Final[Mapping[str, object]] = {
    "stages": REVIEW_STAGES,
    "rooms": ROOMS,
    "roles": ROLES,
    "languages": LANGUAGES,
}


def listing(request: Request) -> Response:
    """Show the reviews that the reader may enter."""
    lines = reviews.my_reviews(portal_of(request), caller_of(request))
    return show(request, "reviews/list.html", lines=lines, names=state_names(request), words=WORDS)


def view(request: Request) -> Response:
    """Show a review."""
    page = reviews.overview(portal_of(request), caller_of(request), id_from(request, "id"))
    return show(
        request,
        "reviews/review.html",
        page=page,
        names=state_names(request),
        words=WORDS,
        undertaking=undertakings.PARAGRAPHS,
        wording=undertakings.WORDING,
    )


def accept(request: Request) -> Response:
    """Accept the undertaking of confidentiality for a review."""
    review, form = id_from(request, "id"), read_form(request)
    if not form.has("accepted", "yes"):
        raise Invalid(READ_AND_TICK)
    role = accept_undertaking(portal_of(request), caller_of(request), review, form.text("wording"))
    return RedirectResponse("/translations" if role is Role.TRANSLATOR else _page(review), 303)


def advance(request: Request) -> Response:
    """Set the stage of a review."""
    review, form = id_from(request, "id"), read_form(request)
    reviews.advance_review(
        portal_of(request), caller_of(request), review, _stage(form.text("seen")), _stage(form.text("stage"))
    )
    return RedirectResponse(_page(review), 303)


def ask_for_help(request: Request) -> Response:
    """Ask the officers for help with the response, or end that."""
    review, form = id_from(request, "id"), read_form(request)
    reviews.ask_for_help(portal_of(request), caller_of(request), review, wanted=form.has("wanted", "yes"))
    return RedirectResponse(_page(review), 303)


def _stage(text: str) -> ReviewStage:
    try:
        return ReviewStage(text)
    except ValueError:
        raise Invalid("") from None


def _page(review: UUID) -> str:
    return f"/reviews/{review}"
