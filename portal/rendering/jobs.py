"""The closed list of what a confined process does, and what goes in and comes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

# a job is a function of a module that imports, when it is imported, all that its jobs need: afterwards nothing opens
JOBS: Final[Mapping[str, tuple[str, str]]] = {
    "page": ("portal.rendering.pages", "page"),
    "mark": ("portal.rendering.marks", "mark"),
    "trace": ("portal.rendering.tracing", "trace"),
    "count_pages": ("portal.publishing.jobs", "count_pages"),
    "inspect_docx": ("portal.publishing.jobs", "inspect_docx"),
    "settle_docx": ("portal.publishing.jobs", "settle_docx"),
    "rebuild": ("portal.publishing.jobs", "rebuild"),
    "prove": ("portal.publishing.jobs", "prove"),
    "find_quotes": ("portal.publishing.comparing", "find_quotes"),
}
WAITED_FOR: Final = frozenset({"portal.rendering.pages", "portal.rendering.marks"})  # people wait for these
LENGTH_BYTES: Final = 8
NO_CONFINEMENT: Final = 3  # the process's status where the kernel confines nothing: no file is read


@dataclass(frozen=True, slots=True)
class Given:
    """What a job works on: the file first, then further pieces."""

    pieces: Sequence[bytes]
    parameters: Mapping[str, Any]

    @property
    def file(self) -> bytes:
        """The file that somebody made."""
        return self.pieces[0]


@dataclass(frozen=True, slots=True)
class Made:
    """What a job answers: words for programs, and bytes."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    content: bytes = b""
