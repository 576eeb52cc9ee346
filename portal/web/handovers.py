"""Hand-overs: the page on which somebody is replaced, and the sheet by which the successor finds in."""

from functools import partial
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.domain.handovers import CHOOSE
from portal.domain.ids import AppointmentId, HandoverId, PersonId
from portal.domain.problems import RefusedError
from portal.domain.words import REVIEW_STAGES, ROLES
from portal.usecases import handover_sheets, handovers
from portal.usecases.words_due import WORDS
from portal.web.bases import basis_from
from portal.web.checks import Checks, state_names
from portal.web.forms import Form, read_form
from portal.web.ways import caller_of, id_from, portal_of, show


def form(request: Request) -> Response:
    """Show who can succeed somebody and what will pass."""
    return _page(request, Checks(Form(), sent=False))


def hand_over(request: Request) -> Response:
    """Hand an appointment over; leads to the sheet."""
    checks = Checks(read_form(request))
    successor, basis = checks.take("successor", _successor_from), basis_from(request, checks)
    if checks.ok and successor is not None and basis is not None:
        who = (portal_of(request), caller_of(request), _person(request), _appointment(request))
        done = checks.attempt(partial(handovers.hand_over, *who, successor, basis))
        if done is not None:
            return RedirectResponse(f"/handovers/{done}", 303)
    return _page(request, checks)


def view(request: Request) -> Response:
    """Show where the things stand that were handed over."""
    handover = HandoverId(id_from(request, "id"))
    sheet = handover_sheets.view_handover(portal_of(request), caller_of(request), handover)
    names = state_names(request)
    return show(
        request, "handovers/handover.html", sheet=sheet, names=names, roles=ROLES, stages=REVIEW_STAGES, due=WORDS
    )


def _page(request: Request, checks: Checks) -> Response:
    page = handover_sheets.view_handing_over(
        portal_of(request), caller_of(request), _person(request), _appointment(request)
    )
    names = state_names(request)
    return show(
        request,
        "handovers/new.html",
        status=checks.status,
        page=page,
        names=names,
        roles=ROLES,
        **checks.tell(request),
    )


def _successor_from(raw: str) -> AppointmentId:
    try:
        return AppointmentId(UUID(hex=raw))
    except ValueError:
        raise RefusedError(CHOOSE) from None


def _person(request: Request) -> PersonId:
    return PersonId(id_from(request, "id"))


def _appointment(request: Request) -> AppointmentId:
    return AppointmentId(id_from(request, "appointment"))
