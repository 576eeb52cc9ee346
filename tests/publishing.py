"""Publishing for tests: each file is rebuilt once."""

from functools import cache

from portal.publishing.findings import Finding
from portal.publishing.rebuild import Rebuilt, rebuild
from portal.publishing.scanner import scan_rebuilt_from


@cache
def public(file: bytes, pages: tuple[int, ...] = (1,)) -> Rebuilt:
    return rebuild(file, pages, "Country review report", "en")


def removed(file: bytes) -> tuple[Finding, ...]:
    """Tell what a file of one page hides, as the State that publishes it is told."""
    return scan_rebuilt_from(file, public(file).pages)
