"""Exhibits of a breach case: what may be one, and what is said of it (chain of custody)."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from portal.domain import media
from portal.domain.problems import Problem, RefusedError
from portal.domain.texts import N_

EXHIBIT_BYTES: Final = 20 * 1000 * 1000
EXHIBITS_MOST: Final = 100
ENDINGS: Final = {
    media.PDF: "pdf",
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/tiff": "tiff",
    "image/webp": "webp",
}
EXHIBIT_TOO_LARGE: Final = N_(
    "An exhibit may have at most 20 MB, and this file has more, so it was not kept. Make the picture smaller, or send "
    "its pages one by one."
)
NO_EXHIBIT: Final = N_(
    "An exhibit is a PDF or a picture (PNG, JPEG, GIF, TIFF, WebP), and this file is neither, so it was not kept. Take "
    "a picture of it, or save it as PDF, and send that."
)
MOST: Final = N_("This case has as many exhibits as there may be. Put what belongs together into one PDF.")
AHEAD: Final = N_("It can’t have been received on a day that is still to come. Nothing was kept.")


@dataclass(frozen=True, slots=True)
class Received:
    """What is said of an exhibit: what it is, from whom it was received and on which day."""

    text: str
    source: str
    on: date


def check_exhibit(detected: str | None, number: int, received: date, today: date) -> str:
    """Tell of which type an exhibit is.

    Raises:
        RefusedError: It is none, there are too many, or the day is still to come.
    """
    if detected not in ENDINGS:
        raise RefusedError(Problem("exhibit-type", NO_EXHIBIT))
    if number > EXHIBITS_MOST:
        raise RefusedError(Problem("exhibits-most", MOST))
    if received > today:
        raise RefusedError(Problem("exhibit-ahead", AHEAD))
    return detected
