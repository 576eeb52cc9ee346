"""The working languages of a review: one or several of the six of the United Nations (ToR 48-50)."""

from collections.abc import Iterable

from portal.domain.problems import Problem, RefusedError
from portal.domain.texts import N_
from portal.domain.words import LANGUAGES


def working_languages(chosen: Iterable[str]) -> tuple[str, ...]:
    """Return the working languages in the order in which they are always listed.

    Raises:
        RefusedError: None was chosen, or one that isn't of the six.
    """
    wanted = frozenset(chosen)
    if not wanted or not wanted <= frozenset(LANGUAGES):
        raise RefusedError(
            Problem(
                "working-languages",
                N_("Choose at least one working language (terms of reference, paragraph 48)."),
            )
        )
    return tuple(language for language in LANGUAGES if language in wanted)
