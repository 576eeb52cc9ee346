"""Scanned copies of the notes on which appointments and assignments rest, or end: what may be one.

1. A copy is a PDF or a picture, by its first bytes, of at most 20 MB.
2. It is added beside others and replaces none, so each basis has at most ten.
3. A copy of the note of the end goes with an end that rests on one.
"""

from typing import Final

from portal.domain import media
from portal.domain.problems import Problem, RefusedError
from portal.domain.texts import N_

COPY_BYTES: Final = 20 * 1000 * 1000
COPIES_MOST: Final = 10
COPY_TYPES: Final = frozenset({media.PDF, "image/png", "image/jpeg", "image/gif", "image/tiff", "image/webp"})

COPY_TOO_LARGE: Final = N_(
    "A scanned copy may have at most 20 MB, and this one has more, so it was not kept. "
    "Scan it with fewer dots an inch, or in shades of grey, and send it again."
)


def check_type(detected: str | None) -> None:
    """Refuse what is no scanned copy.

    Raises:
        RefusedError: Its first bytes are neither a PDF's nor a picture's.
    """
    if detected not in COPY_TYPES:
        raise RefusedError(
            Problem(
                "copy-type",
                N_(
                    "A scanned copy is a PDF or a picture (PNG, JPEG, GIF, TIFF, WebP), and this file is neither, so "
                    "it was not kept. Scan the note, or save it as PDF, and send that."
                ),
            )
        )


def check_place(there: int, *, of_end: bool, ended: bool) -> None:
    """Refuse a copy that has no place.

    Args:
        there: How many copies this basis has.
        of_end: It is the copy of the note on which something ended.
        ended: And it did end on one.

    Raises:
        RefusedError: There is no such end, or there are as many copies as there may be.
    """
    if of_end and not ended:
        raise RefusedError(
            Problem("copy-no-end", N_("This has not ended on a note, so there is no copy of one to add here."))
        )
    if there >= COPIES_MOST:
        raise RefusedError(
            Problem(
                "copies-most",
                N_("This note has %(there)d scanned copies already; more are not taken. Open those that are there."),
                {"there": there},
            )
        )
