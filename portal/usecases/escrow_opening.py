"""Opens a copy of a portal's data by an envelope for a State alone: no portal, no key provider, no log.

1. What an envelope names is read from the objects of the copy and written into a new folder, and nothing elsewhere.
2. Titles were typed by people: names of files are cleaned, begin with the room and a number, and none occurs twice.
3. A content has its name once its end was opened, and its SHA-256 is the one that the envelope says.
4. What doesn't open is named with the reason, and so is what the copy's database has in these rooms beyond it.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from portal.domain.files import clean_name, extension_of, unique_names
from portal.errors import Invalid
from storage.content import open_all, version_context
from storage.errors import Damaged, Missing, StoreUnavailable
from storage.recovery.copies import listed, opened_objects, read_object
from storage.recovery.escrow import Envelope, Held

LIST: Final = "list.txt"  # no content is called so: their names begin with a room's kind
UNFINISHED: Final = "unfinished"
BEYOND: Final = "its key isn't in the envelope: it came later, was destroyed, or this State could not read it then"
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Written:
    """A content that was opened, by the name of its file, and its SHA-256."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Closed:
    """What stayed closed, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Opened:
    """What came of an envelope and a copy."""

    written: tuple[Written, ...]
    closed: tuple[Closed, ...]


def open_copy(envelope: Envelope, copy: Path, out: Path) -> Opened:
    """Write every content that an envelope opens in a copy into an empty or new folder, with a list of all.

    Raises:
        Invalid: The folder isn't empty.
        Missing: It is no copy of a data folder, or one of another installation.
        Damaged: The database of the copy can't be read.

    """
    held = {one.version for one in envelope.versions}
    beyond = [one for one in listed(copy, envelope.review, envelope.rooms) if one.version not in held]
    written, closed = [], []
    with opened_objects(copy) as objects:
        folder = _new_folder(out)
        try:
            names = unique_names(name_of(one) for one in envelope.versions)
            for one, name in zip(envelope.versions, names, strict=True):
                try:
                    written.append(Written(name, _write(folder, name, one, objects)))
                except (Damaged, Missing, StoreUnavailable) as error:
                    closed.append(Closed(name, str(error)))
            closed += [Closed(_numbered(one.room, one.number, one.written), BEYOND) for one in beyond]
            found = Opened(tuple(written), tuple(closed))
            _write_new(folder, LIST, [_listing(envelope, found).encode()])
            os.fsync(folder)
        finally:
            os.close(folder)
    return found


def name_of(one: Held) -> str:
    """Name the file that a content is written to: room, number, version, title, and the extension of its file."""
    title = one.title.replace("/", "_").replace("\\", "_")
    extension = extension_of(clean_name(one.name).name)
    whole = f"{_numbered(one.room, one.number, one.written)} {title}"
    return clean_name(f"{whole}.{extension}" if extension else whole).name


def _numbered(room: str, number: int, written: int) -> str:
    return f"{clean_name(room.replace('/', '_')).name} {number:03} v{written}"


def _new_folder(out: Path) -> int:
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = os.open(out, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    if os.listdir(folder):  # noqa: PTH208 - the one that is open, whatever its path leads to by now
        os.close(folder)
        raise Invalid(f"{out} isn't empty: give an empty or new folder for what is opened")
    return folder


def _write(folder: int, name: str, one: Held, objects: int) -> str:
    """Write a content under its name, or leave nothing; gives its SHA-256."""
    digest = hashlib.sha256()
    with closing(read_object(objects, one.object)) as sealed:
        blocks = open_all(one.key, version_context(one.version), sealed)
        try:
            _write_new(folder, UNFINISHED, _measured(blocks, digest))
            if digest.hexdigest() != one.sha256:
                raise Damaged
            os.rename(UNFINISHED, name, src_dir_fd=folder, dst_dir_fd=folder)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(UNFINISHED, dir_fd=folder)
    return digest.hexdigest()


def _measured(blocks: Iterable[bytes], digest: "hashlib._Hash") -> Iterator[bytes]:
    for block in blocks:
        digest.update(block)
        yield block


def _write_new(folder: int, name: str, blocks: Iterable[bytes]) -> None:
    descriptor = os.open(name, _NEW, 0o600, dir_fd=folder)
    with os.fdopen(descriptor, "wb") as file:
        for block in blocks:
            file.write(block)
        file.flush()
        os.fsync(descriptor)


def _listing(envelope: Envelope, found: Opened) -> str:
    lines = [
        f"Review {envelope.review} of {envelope.installation}",
        f"As it could be read on {envelope.made:%d %B %Y, %H:%M} UTC",
        "",
        f"Opened, with SHA-256: {len(found.written)}",
        *(f"{one.sha256}  {one.name}" for one in found.written),
        "",
        f"Not opened: {len(found.closed)}",
        *(f"{one.name}: {one.why}" for one in found.closed),
    ]
    return "\n".join(lines) + "\n"
