"""The visitor's own files, in place of the invented ones: from one folder, as they lie there."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from portal.demo.acts import Source
from portal.demo.report import size_of
from portal.domain.documents import DocumentKind
from portal.domain.files import clean_name
from portal.errors import Invalid

MOST_FILES: Final = 200
TITLE_CHARACTERS: Final = 200


def own_files(folder: Path, most_bytes: int, tell: Callable[[str], None]) -> list[Source]:
    """List the files of a folder that can be uploaded; what is left out is told.

    Raises:
        Invalid: There is no such folder, or nothing in it can be uploaded.

    """
    if not folder.is_dir():
        raise Invalid(f"{folder} is no folder: name one with files in it, as in --documents ~/papers")
    taken: list[Source] = []
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise Invalid(f"{folder} can't be read ({error.strerror}): name a folder of your own") from error
    for path in entries:
        reason = _left_out(path, most_bytes, len(taken))
        source = _source(path)
        if not reason and (twin := next((one for one in taken if _same(one, source)), None)):
            reason = f"it is the same as “{twin.shown}”, and a room takes a file once"
        if reason:
            tell(f"“{_shown(path)}” is left out: {reason}.")
        else:
            taken.append(source)
    if not taken:
        raise Invalid(f"{folder} holds no file that can be uploaded: put some into it, or leave --documents away")
    return taken


def _left_out(path: Path, most_bytes: int, taken: int) -> str:
    if path.name.startswith("."):
        return "it is hidden"
    if not path.is_file():
        return "it is no file (folders in the folder are not looked into)"
    try:
        with path.open("rb") as source:
            size = path.stat().st_size
            source.read(1)
    except OSError as error:
        return f"it can’t be read ({error.strerror})"
    if size == 0:
        return "it is empty"
    if size > most_bytes:
        return f"it is larger than {size_of(most_bytes)}"
    return f"{MOST_FILES} files are enough here" if taken >= MOST_FILES else ""


def _same(one: Source, other: Source) -> bool:
    return one.path.stat().st_size == other.path.stat().st_size and one.digest == other.digest


def _source(path: Path) -> Source:
    cleaned = clean_name(path.name).name
    title = Path(cleaned).stem[:TITLE_CHARACTERS].strip() or cleaned
    return Source(path, path.name, title, DocumentKind.OTHER.value, "en")


def _shown(path: Path) -> str:
    """Write a name so that nothing in it can mislead a reader or a terminal."""
    return "".join(char if char.isprintable() else "?" for char in path.name)
