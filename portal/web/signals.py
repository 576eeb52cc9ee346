"""Signals: the list, one of them, setting it aside; and the rules, for everybody."""

from functools import partial
from typing import Any, Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.domain.signals import EXPLAINED, HARMLESS, NAMES, PLACES, Rule, Standing, reason_given
from portal.domain.texts import N_
from portal.domain.words import ROLES
from portal.usecases import signals
from portal.web.checks import Checks, state_names, words_of
from portal.web.forms import filled, page_in, read_form
from portal.web.ways import caller_of, id_from, portal_of, show

STANDINGS: Final = {
    Standing.NEW: N_("new"),
    Standing.SEEN: N_("looked at"),
    Standing.SET_ASIDE: N_("set aside"),
}
WORDS: Final[dict[str, Any]] = {"rules": NAMES, "standings": STANDINGS, "roles": ROLES, "places": PLACES}


def listing(request: Request) -> Response:
    """List signals."""
    query = request.query_params
    rule = next((one for one in Rule if one == query.get("rule")), None)
    standing = next((one for one in Standing if one == query.get("standing")), None)
    number = page_in(query.get("page", ""))
    page = signals.list_signals(portal_of(request), caller_of(request), rule, standing, number)
    return show(
        request,
        "signals/list.html",
        page=page,
        form=filled(rule=rule or "", standing=standing or ""),
        by_rule=words_of(request, NAMES),
        by_standing=words_of(request, STANDINGS),
        names=state_names(request),
        **WORDS,
    )


def view(request: Request) -> Response:
    """Show a signal."""
    return _show(request, id_from(request, "id"), Checks(filled(), sent=False))


def set_aside(request: Request) -> Response:
    """Set a signal aside."""
    signal, checks = id_from(request, "id"), Checks(read_form(request))
    reason = checks.take("reason", reason_given)
    if reason is None:
        return _show(request, signal, checks)
    checks.attempt(partial(signals.set_aside, portal_of(request), caller_of(request), signal, reason))
    return RedirectResponse(f"/signals/{signal}", 303, headers={"Cache-Control": "no-store"})


def rules(request: Request) -> Response:
    """Show by which rules the portal gives signals."""
    found = signals.view_rules(portal_of(request), caller_of(request))
    return show(request, "signals/rules.html", found=found, explained=EXPLAINED, harmless=HARMLESS, **WORDS)


def _show(request: Request, signal: UUID, checks: Checks) -> Response:
    found = signals.view_signal(portal_of(request), caller_of(request), signal)
    return show(
        request,
        "signals/signal.html",
        status=checks.status,
        found=found,
        explained=EXPLAINED,
        harmless=HARMLESS,
        names=state_names(request),
        **WORDS,
        **checks.tell(request),
    )
