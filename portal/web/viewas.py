"""What somebody else could open: a person, or the people of a State. What is planned stands in the address."""

from collections.abc import Callable
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from portal.access.lenses import Moment
from portal.domain.ids import PersonId
from portal.domain.problems import Problem, RefusedError
from portal.domain.roles import Role
from portal.domain.states import asked_state
from portal.domain.texts import N_
from portal.domain.words import REVIEW_STAGES, ROLES, ROOMS
from portal.usecases import viewas
from portal.usecases.viewas import Plan, ViewAs
from portal.web.checks import Checks, state_names, words_of
from portal.web.forms import filled
from portal.web.ways import caller_of, id_from, portal_of, show

MOMENTS: Final = {
    Moment.NOW: N_("now"),
    Moment.AFTER: N_("as planned"),
    Moment.ANYBODY: N_("each of them"),
    Moment.ASSIGNED: N_("assigned"),
    Moment.UNASSIGNED: N_("assigned to nothing"),
}
_ROLE: Final = N_("Choose one of the roles listed.")
_ID: Final = {
    "review": N_("Choose one of the reviews that you can open yourself."),
    "room": N_("This is none of the rooms that you can open yourself, so nothing is listed."),
}


def person(request: Request) -> Response:
    """Show what a person could open."""
    id_ = PersonId(id_from(request, "id"))
    return _page(request, lambda plan: viewas.view_person_as(portal_of(request), caller_of(request), id_, plan))


def state(request: Request) -> Response:
    """Show what the people of a State could open."""
    code = asked_state(request.path_params["code"])
    return _page(request, lambda plan: viewas.view_state_as(portal_of(request), caller_of(request), code, plan))


def _page(request: Request, look: Callable[[Plan], ViewAs]) -> Response:
    given = {name: request.query_params.get(name, "") for name in ("role", "review", "room")}
    checks = Checks(filled(**given))
    plan = Plan(
        checks.take("role", _role) if given["role"] else None,
        checks.take("review", lambda raw: _id(raw, "review")) if given["review"] else None,
        _room(checks) if given["room"] else None,
    )
    page = look(plan)
    for problem in page.problems:
        checks.refuse(problem, name="" if problem.code == "room" else problem.code)
    names = state_names(request)

    def listing(room: UUID) -> str:
        chosen = {"role": page.plan.role, "review": page.plan.review, "room": room}
        return "?" + urlencode({name: str(value) for name, value in chosen.items() if value})

    return show(
        request,
        "people/viewas.html",
        status=checks.status,
        page=page,
        names=names,
        words={"rooms": ROOMS, "stages": REVIEW_STAGES, "roles": ROLES},
        moments=MOMENTS,
        listing=listing,
        role_options=words_of(request, {role: ROLES[role] for role in page.roles}),
        review_options=[(id_, names.get(code, code)) for id_, code in page.choices],
        **checks.tell(request),
    )


def _role(raw: str) -> Role:
    try:
        return Role(raw)
    except ValueError:
        raise RefusedError(Problem("role", _ROLE)) from None


def _room(checks: Checks) -> UUID | None:
    """Read whose titles are to be listed; there is no field for it beside which a sentence could stand."""
    try:
        return _id(checks.form.text("room"), "room")
    except RefusedError as refused:
        checks.refuse(*refused.problems)
        return None


def _id(raw: str, name: str) -> UUID:
    try:
        return UUID(hex=raw)
    except ValueError:
        raise RefusedError(Problem(name, _ID[name])) from None
