"""What a paper of a trail says: who did what and when, one line for each; the writer adds nothing of its own."""

from dataclasses import dataclass

MOST_LINES = 1000  # some 330 MiB while they are set (tests/portal/papers/test_trail.py)


class TrailTooLong(ValueError):
    """A trail has more lines than fit on one paper."""


@dataclass(frozen=True, slots=True)
class TrailPaper:
    """A trail as it was found when the paper was made.

    Attributes:
        notes: What is to be known of the lines.
        columns: The heads of the columns.
        widths: How wide each is, beside the others.
        rows: The cells of each line; each is several words, one under the other.
        mark: What stands on every page: that it is confidential.

    """

    title: str
    subtitle: str
    facts: tuple[tuple[str, str], ...]
    made_at: str
    language: str
    rtl: bool
    notes: tuple[str, ...]
    columns: tuple[str, ...]
    widths: tuple[int, ...]
    rows: tuple[tuple[tuple[str, ...], ...], ...]
    mark: str
