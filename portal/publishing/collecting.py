"""Findings in the making: what was found, of which kind, on which pages."""

from dataclasses import dataclass, field

from portal.publishing.findings import MOST_WORDS, Finding, Kind, excerpt

_KEPT = 4 * MOST_WORDS


@dataclass
class Collector:
    """Gathers what is found; `result` lists it by kind."""

    _counts: dict[Kind, int] = field(default_factory=dict)
    _words: dict[Kind, list[str]] = field(default_factory=dict)
    _pages: dict[Kind, set[int]] = field(default_factory=dict)

    def add(self, kind: Kind, *words: str, count: int = 1, page: int | None = None) -> None:
        """Note something that was found, with what it says."""
        self._counts[kind] = self._counts.get(kind, 0) + count
        kept = self._words.setdefault(kind, [])
        kept += words[: max(_KEPT - len(kept), 0)]
        if page is not None:
            self._pages.setdefault(kind, set()).add(page)

    def result(self) -> tuple[Finding, ...]:
        """Return what was found, in the order of the kinds."""
        return tuple(
            Finding(kind, self._counts[kind], excerpt(self._words[kind]), tuple(sorted(self._pages.get(kind, ()))))
            for kind in Kind
            if kind in self._counts
        )
