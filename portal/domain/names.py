"""What a name may contain that people read: of a person, a State, a cycle, a note.

Names stand beside each other on pages, in mails and in logs. So a name is one line of Unicode (NFC) without
control characters, and without the characters that turn the direction of what follows (UAX #9) or can't be
seen. The joiners U+200C and U+200D stay between letters of the scripts that need them (Persian, Indic scripts).
"""

import unicodedata
from typing import Final

from portal.domain.problems import Problem, RefusedError
from portal.domain.texts import N_

NAME_CHARACTERS: Final = 200

# format characters that are seen: number signs of Arabic, Syriac, Kaithi (Prepended_Concatenation_Mark)
_SEEN: Final = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
# fillers that are letters or marks by category and yet leave nothing on the page
FILLERS: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
_JOINERS: Final = frozenset("\u200c\u200d")
_LAST_LATIN: Final = 0x05FF


def _joins(before: str, after: str) -> bool:
    """Say whether a joiner between these two does what it is for: both belong to a script that joins."""
    return all(
        len(char) == 1 and ord(char) > _LAST_LATIN and unicodedata.category(char)[0] in "LMS"
        for char in (before, after)
    )


def is_hidden(text: str, at: int) -> bool:
    """Say whether the character at this place controls, turns or hides rather than being read."""
    char = text[at]
    if char in _JOINERS:
        return not _joins(text[at - 1] if at else "", text[at + 1 : at + 2])
    if char in FILLERS:
        return True
    category = unicodedata.category(char)
    if category == "Cf":
        return char not in _SEEN
    # letters that are newer than this Python's tables are unassigned to it: only noncharacters are refused
    never = ord(char) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(char) <= 0xFDEF  # noqa: PLR2004 - Unicode 23.7
    return never or category in {"Cc", "Cs", "Zl", "Zp"}


def one_line(raw: str, longest: int = NAME_CHARACTERS) -> str:
    """Return a name as it is kept: NFC, without blanks at its ends.

    Raises:
        RefusedError: It is empty, too long, or holds characters that nobody sees.

    """
    text = unicodedata.normalize("NFC", raw).strip()
    if not text:
        raise RefusedError(Problem("name-empty", N_("Write a name: this field is empty.")))
    if len(text) > longest:
        raise RefusedError(
            Problem(
                "name-too-long",
                N_("This is %(length)d characters long; at most %(longest)d fit. Shorten it."),
                {"length": len(text), "longest": longest},
            )
        )
    for at, char in enumerate(text):
        if is_hidden(text, at):
            raise RefusedError(
                Problem(
                    "name-hidden-character",
                    N_(
                        "Character %(place)d (U+%(code)s) can’t be seen or changes how the rest is shown. "
                        "Type the name anew instead of pasting it."
                    ),
                    {"place": at + 1, "code": f"{ord(char):04X}"},
                )
            )
    return text
