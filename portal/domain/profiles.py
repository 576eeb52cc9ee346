"""What the roster says of somebody: position, background, expertise, languages (ToR 21)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from portal.domain.markdown import check_text
from portal.domain.names import one_line
from portal.domain.problems import Problem, RefusedError
from portal.domain.texts import N_
from portal.domain.words import LANGUAGES

POSITION_CHARACTERS: Final = 200
BACKGROUND_CHARACTERS: Final = 2000
FIELD_CHARACTERS: Final = 200
FIELDS_MOST: Final = 20
OTHER_LANGUAGES_CHARACTERS: Final = 200


@dataclass(frozen=True, slots=True)
class Profile:
    """What the roster says of a person; whatever isn't said is empty.

    Args:
        position: One line.
        background: Training and career, as text.
        expertise: A field of expertise in each line.
        languages: Codes, of the six.
        other_languages: Others, in words.
    """

    position: str = ""
    background: str = ""
    expertise: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    other_languages: str = ""


def position(raw: str) -> str:
    """Return somebody's position as it is kept.

    Raises:
        RefusedError: It is too long, or holds characters that nobody sees.
    """
    return one_line(raw, POSITION_CHARACTERS) if raw.strip() else ""


def background(raw: str) -> str:
    """Return somebody's background as it is kept.

    Raises:
        RefusedError: It is too long, or holds characters that nobody sees.
    """
    return check_text(raw, BACKGROUND_CHARACTERS) if raw.strip() else ""


def expertise(raw: str) -> tuple[str, ...]:
    """Return the fields of expertise, one for each line that isn't empty, each once.

    Raises:
        RefusedError: There are too many, or one is too long or holds characters that nobody sees.
    """
    lines = tuple(dict.fromkeys(one_line(line, FIELD_CHARACTERS) for line in raw.splitlines() if line.strip()))
    if len(lines) > FIELDS_MOST:
        raise RefusedError(
            Problem(
                "expertise-too-many",
                N_("These are %(count)d fields of expertise; at most %(most)d fit. Leave some out."),
                {"count": len(lines), "most": FIELDS_MOST},
            )
        )
    return lines


def languages(chosen: Iterable[str]) -> tuple[str, ...]:
    """Return the languages of the six in the order in which they are always listed (ToR 48).

    Raises:
        RefusedError: One isn't of the six.
    """
    wanted = frozenset(chosen)
    if not wanted <= frozenset(LANGUAGES):
        raise RefusedError(
            Problem("profile-languages", N_("Choose languages of the list; write others into the field below it."))
        )
    return tuple(language for language in LANGUAGES if language in wanted)


def other_languages(raw: str) -> str:
    """Return languages that are not of the six, as they are kept.

    Raises:
        RefusedError: It is too long, or holds characters that nobody sees.
    """
    return one_line(raw, OTHER_LANGUAGES_CHARACTERS) if raw.strip() else ""
