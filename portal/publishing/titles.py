"""The title of a public file, as it is written into it."""

from typing import Final

_MOST: Final = 500


def clean_title(title: str) -> str:
    """Return a title in one line of what can be printed."""
    return " ".join("".join(char if char.isprintable() else " " for char in title).split())[:_MOST]
