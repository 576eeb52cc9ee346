"""JSON (RFC 8259) of others, read so that it can mean one thing alone."""

import json
from typing import Any, NoReturn


def strict_json(text: str | bytes) -> Any:
    """Read JSON in which no name stands twice in an object and every number is one.

    Raises:
        ValueError: It isn't.
        RecursionError: It is too deep.

    """
    return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")
