"""Says in the reader's language what was refused."""

from collections.abc import Iterable
from functools import partial

from starlette.requests import Request

from portal.domain.problems import RefusedError
from portal.web.forms import Form
from portal.web.languages import say


def sentence(request: Request, problem: Exception) -> str:
    """Put a refusal into words; call it once the reader's language is known."""
    if isinstance(problem, RefusedError):
        return " ".join(one.words(partial(say, request)) for one in problem.problems)
    return say(request, str(problem))


def refuse(request: Request, form: Form, problems: Iterable[tuple[str, Exception]]) -> None:
    """Put each refusal beside its field; call it once the reader's language is known."""
    for name, problem in problems:
        form.refuse(name, sentence(request, problem))
