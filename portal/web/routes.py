"""Every address of the portal: method, path, handler, and the act that the gate is asked for."""

from collections.abc import Sequence

from starlette.routing import BaseRoute, Route

from portal.access.actions import Action
from portal.web import account, assets, audit, signin
from portal.web.ways import Way

WAYS: tuple[Way, ...] = (
    # signing in and out
    Way("GET", "/", signin.start, None),  # only leads on
    Way("GET", "/sign-in", signin.enter_form, None),  # an empty form
    Way("POST", "/sign-in", signin.enter, Action.SIGN_IN),
    Way("POST", "/sign-out", signin.leave, Action.SIGN_OUT),
    Way("GET", "/enter/{token}", signin.link_form, Action.USE_INVITATION),
    Way("POST", "/enter/{token}", signin.use_link, Action.USE_INVITATION),
    Way("GET", "/acting", signin.acting, Action.VIEW_OWN_ACCOUNT),
    Way("POST", "/acting", signin.act_as, Action.CHOOSE_APPOINTMENT),
    # one's own account
    Way("GET", "/account", account.view, Action.VIEW_OWN_ACCOUNT),
    Way("POST", "/account", account.prefer, Action.VIEW_OWN_ACCOUNT),
    Way("POST", "/account/sessions/end", account.end_others, Action.END_OWN_SESSION),
    Way("POST", "/account/sessions/{id}/end", account.end_one, Action.END_OWN_SESSION),
    # who opened what
    Way("GET", "/documents/{id}/trail", audit.of_document, Action.VIEW_DOCUMENT_TRAIL),
    Way("GET", "/reviews/{id}/trail", audit.of_review, Action.VIEW_REVIEW_TRAIL),
    Way("GET", "/reviews/{id}/trail.csv", audit.export_review, Action.EXPORT_REVIEW_TRAIL),
    Way("GET", "/trail/people", audit.of_people, Action.VIEW_OWN_PEOPLE_TRAIL),
    # the portal's health
    Way("GET", "/healthz", signin.alive, None),  # a word of the process itself
    Way("GET", "/readyz", signin.readiness, None),  # whether its parts answer, nothing of what is in them
)


def routes() -> Sequence[BaseRoute]:
    """Make Starlette's routes."""
    return [way.route() for way in WAYS] + [Route(assets.PREFIX + "{name:path}", assets.serve)]


def is_upload(path: str) -> bool:
    """Tell whether a route reads a body of any length itself."""
    return any(way.upload and way.route().path_regex.match(path) for way in WAYS)
