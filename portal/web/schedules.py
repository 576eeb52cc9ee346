"""The schedule of a review: its table and drawing, and the officer's forms."""

from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.domain import planning
from portal.domain.periods import day, perhaps_day
from portal.domain.schedules import DESKS, TIMETABLES, StepState
from portal.usecases import schedules
from portal.usecases.schedules import SchedulePage
from portal.web.checks import Checks, state_names, words_of
from portal.web.forms import Form, filled, read_form, whole
from portal.web.languages import RIGHT_TO_LEFT, language_of
from portal.web.timelines import timeline
from portal.web.ways import caller_of, id_from, portal_of, show

BEGIN: Final = "begin"  # in place of a step: the schedule as a whole
_DIGITS: Final = 9


def view(request: Request) -> Response:
    """Show the schedule of a review; with ?step=key that step's changes, and to its officer the form to set it."""
    return _page(request, request.query_params.get("step", ""), None)


def plan(request: Request) -> Response:
    """Begin the schedule of a review, or begin it anew."""
    checks = Checks(read_form(request))
    timetable = checks.take("timetable", planning.timetable)
    begins = checks.take("begins", day)
    if timetable is not None and begins is not None:
        checks.attempt(
            partial(
                schedules.plan_review,
                portal_of(request),
                caller_of(request),
                id_from(request, "id"),
                _seen(checks.form),
                timetable,
                begins,
                checks.form.text("reason"),
            )
        )
    return _back(request) if checks.ok else _page(request, BEGIN, checks)


def set_step(request: Request) -> Response:
    """Set a step of the schedule."""
    checks = Checks(read_form(request))
    form = checks.form
    agreed, done = checks.take("agreed", perhaps_day), checks.take("done", perhaps_day)
    by_text = checks.take("by_text", perhaps_day)
    reason = checks.take("reason", planning.change_reason)
    if checks.ok and reason is not None:
        checks.attempt(
            partial(
                schedules.set_step,
                portal_of(request),
                caller_of(request),
                id_from(request, "id"),
                form.text("step"),
                _seen(form),
                StepState(agreed, by_text, done, form.has("left_out", "yes")),
                reason,
            )
        )
    return _back(request) if checks.ok else _page(request, form.text("step"), checks)


def _page(request: Request, step: str, sent: Checks | None) -> Response:
    page = schedules.view_schedule(portal_of(request), caller_of(request), id_from(request, "id"), step)
    names = state_names(request)
    checks = sent or Checks(_recorded(page), sent=False)
    language = language_of(request)
    drawn = timeline(page.plan, page.today, language, mirrored=language in RIGHT_TO_LEFT) if page.plan else None
    return show(
        request,
        "reviews/schedule.html",
        status=checks.status,
        page=page,
        drawn=drawn,
        planning=page.keeps and (page.plan is None or step == BEGIN),
        timetables=words_of(request, {name: one.words for name, one in TIMETABLES.items()}),
        desks=DESKS,
        names=names,
        longest=planning.REASON_CHARACTERS,
        **checks.tell(request),
    )


def _recorded(page: SchedulePage) -> Form:
    """Fill the form with what is on record."""
    if page.chosen is None:
        begins = page.plan.begins if page.plan else page.opened_on
        name = page.plan.timetable.name if page.plan else next(iter(TIMETABLES))
        return filled(timetable=name, begins=begins.isoformat(), seen=str(page.plan.seen if page.plan else 0))
    state = page.chosen.state
    days = {"agreed": state.agreed, "by_text": state.by_text, "done": state.done}
    told = {name: value.isoformat() for name, value in days.items() if value}
    left_out = {"left_out": "yes"} if state.left_out else {}
    return filled(step=page.chosen.step.key, seen=str(page.chosen.seen), **told, **left_out)


def _seen(form: Form) -> int:
    """Read the number of the change that the sender saw; one that never was is older than any."""
    number = whole(form.text("seen"), _DIGITS)
    return -1 if number is None else number


def _back(request: Request) -> Response:
    return RedirectResponse(f"/reviews/{id_from(request, 'id')}/schedule", 303)
