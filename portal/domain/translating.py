"""How long texts of a review were with translators: time that is on nobody's desk, counted apart."""

from collections.abc import Iterable
from datetime import datetime, timedelta


def days_with_translators(spans: Iterable[tuple[datetime, datetime | None]], now: datetime) -> int | None:
    """Count the days on which anything was with a translator, each once; None where nothing ever was.

    Args:
        spans: From when to when one text was, as it may overlap with others; no end: it still is.
        now: Until when.
    """
    total, reached = timedelta(), None
    for start, end in sorted((start, end or now) for start, end in spans):
        begins = start if reached is None else max(start, reached)
        total += max(end - begins, timedelta())
        reached = end if reached is None else max(end, reached)
    return None if reached is None else round(total / timedelta(days=1))
