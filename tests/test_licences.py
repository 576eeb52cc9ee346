"""What the portal ships with may be shipped: the licence of every locked library is one of a list."""

import re
from importlib import metadata
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
# permissive, or (MPL) copyleft of single files, which are passed on unchanged; all go with Apache-2.0
ALLOWED: Final = frozenset(
    {
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CC0-1.0",
        "LGPL-3.0-only",  # of psycopg alone: a library of its own, passed on unchanged, which anybody may exchange
        "MIT",
        "MIT-0",
        "MIT-CMU",
        "MPL-2.0",
        "PSF-2.0",
        "Unlicense",
        "Zlib",
    }
)
# as older metadata write them
SPELT: Final = {
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "BSD-3-Clause, Apache-2.0, dependency licenses": "BSD-3-Clause AND Apache-2.0",
    "Dual License": "BSD-3-Clause OR Apache-2.0",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
# that say nothing in their metadata: what their licence file says
BY_FILE: Final = {"cedarpy": "Apache-2.0"}

pytestmark = pytest.mark.checkout


def locked(lock: str = "requirements.txt") -> list[str]:
    """Name the libraries of a lock that are for this machine's Python and system."""
    names = dict.fromkeys(re.findall(r"^([a-z0-9._-]+)==", (ROOT / lock).read_text("utf-8"), re.MULTILINE))
    return [name for name in names if _is_installed(name)]


def _is_installed(name: str) -> bool:
    try:
        metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def licence_of(name: str) -> str:
    """Say what the metadata of a library, or we by its licence file, say of its licence."""
    said = metadata.metadata(name)
    classes = [text.rpartition(" :: ")[2] for text in said.get_all("Classifier") or [] if text.startswith("License")]
    for text in (said.get("License-Expression"), said.get("License"), *classes):
        if text and "\n" not in text:
            return SPELT.get(text, text)
    return BY_FILE.get(name, "unknown")


def is_allowed(expression: str) -> bool:
    """Tell whether one side of an OR is of the list, with everything that an AND joins."""
    return any(
        all(one.strip(" ()") in ALLOWED for one in side.split(" AND ")) for side in expression.strip("()").split(" OR ")
    )


def test_every_library_that_is_shipped_has_a_licence_of_the_list() -> None:
    names = locked()
    assert len(names) > 40
    found = {name: licence_of(name) for name in names}
    assert not {name: licence for name, licence in found.items() if not is_allowed(licence)}


@pytest.mark.parametrize("name", sorted(BY_FILE))
def test_what_we_know_by_a_file_is_still_unsaid_in_its_metadata(name: str) -> None:
    said = metadata.metadata(name)
    assert not said.get("License-Expression")
    files = [path for path in metadata.files(name) or [] if "LICENSE" in path.name]
    assert any("Apache License" in path.read_text("utf-8") for path in files)


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("GPL-3.0-only OR MIT", True),
        ("MIT AND Zlib", True),
        ("MIT AND GPL-3.0-only", False),
        ("AGPL-3.0", False),
        ("unknown", False),
        ("", False),
    ],
)
def test_a_licence_that_is_not_of_the_list_is_found(expression: str, allowed: bool) -> None:  # noqa: FBT001  # a case
    assert is_allowed(expression) is allowed
