"""The folders of the demonstration: it works only in folders that it made, and removes only those.

A folder is the demonstration's if it holds the demonstration's mark. One that isn't there, or is empty, is taken and
marked first of all; any other is somebody's, and stays as it is.
"""

import shutil
from pathlib import Path
from typing import Final

from portal.errors import Invalid

MARK: Final = "THIS-IS-A-DEMONSTRATION.txt"
SENTENCE: Final = (
    "`portal demo` made this folder. Everything in it is invented, and the next `portal demo` removes all of it.\n"
)


def prepare_folders(*folders: Path) -> None:
    """Make the folders anew, empty but for the mark; nothing is touched unless all of them may be.

    Raises:
        Invalid: One of them isn't the demonstration's.

    """
    for folder in folders:
        check_folder(folder)
    for folder in folders:
        _empty(folder)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / MARK).write_text(SENTENCE, encoding="utf-8")


def check_folder(folder: Path) -> None:
    """Refuse a folder that the demonstration didn't make.

    Raises:
        Invalid: It is something else, or somebody else's.

    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise Invalid(f"{folder} is no folder of its own, so the demonstration leaves it alone: {OTHERS}")
    if folder.exists() and any(folder.iterdir()) and not _marked(folder):
        raise Invalid(
            f"{folder} holds something that the demonstration didn't make, so nothing was touched or started: {OTHERS}"
        )


OTHERS: Final = "name other folders with PORTAL_DATA and PORTAL_KEYS"


def _marked(folder: Path) -> bool:
    mark = folder / MARK
    return mark.is_file() and not mark.is_symlink() and mark.read_text("utf-8", "replace") == SENTENCE


def _empty(folder: Path) -> None:
    """Remove what is in a folder, the mark last: whatever interrupts this, the folder stays the demonstration's."""
    if not folder.exists():
        return
    for entry in sorted(folder.iterdir(), key=lambda found: found.name == MARK):
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
