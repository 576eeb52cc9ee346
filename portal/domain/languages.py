"""The working languages of a review: one or several of the six of the United Nations (ToR 48-50)."""

import re
from collections.abc import Iterable
from typing import Final

from portal.domain.problems import Problem, RefusedError
from portal.domain.texts import N_
from portal.domain.words import LANGUAGES

OTHER: Final = "und"  # ISO 639-2: not one of the six, and not named
_CODE: Final = re.compile(r"[a-z]{2,3}")


def document_language(code: str) -> str:
    """Return the code of a document's language: of the six, another one (ToR 50), or `und`.

    Raises:
        RefusedError: It isn't the code of a language.
    """
    if not _CODE.fullmatch(code):
        raise RefusedError(Problem("document-language", N_("Choose the language of the document.")))
    return code


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
