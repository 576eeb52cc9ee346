"""The commands about the recovery key: making one in shares, and seeing that shares give it."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from portal.errors import Invalid
from portal.settings import Settings
from storage.keys.keyring_file import sync_folder

PAGE: Final = "A share of the recovery key of the portal "
SHARE: Final = (
    PAGE
    + """\
{portal}
Recovery key {mark}, share {number} of {count}; {threshold} of them open every backup.

{words}

Keep this page where nobody else comes, apart from other shares and from backups. Whoever has {threshold} shares and
a backup reads everything. To use it: portal restore BACKUPS --check --share FILE, once for each share.
"""
)


def make_options(one: argparse.ArgumentParser) -> None:
    """Add the options of `portal keys recovery make`."""
    one.add_argument("folder", type=Path, metavar="FOLDER", help="an empty or new folder, into which the shares go")
    one.add_argument("--shares", type=int, default=5, metavar="N", help="how many there are (5)")
    one.add_argument("--needed", type=int, default=3, metavar="K", help="how many of them open a backup (3)")
    one.add_argument("--yes", action="store_true", help="replace the recovery key that is in use")


def make(settings: Settings, arguments: argparse.Namespace) -> int:
    """Make a recovery key, write its shares, and seal every key to it."""
    from portal.app import open_portal
    from portal.usecases.recovery import find_recovery_key, new_recovery_key, use_recovery_key

    portal = open_portal(settings)
    try:
        former = find_recovery_key(portal)
        if former is not None and not arguments.yes:
            raise Invalid(
                f"there is a recovery key already ({former.mark}); to replace it, say so with --yes: its shares "
                "still open the backups that were made with it, and no later ones"
            )
        _check_apart(arguments.folder, settings)
        made = new_recovery_key(arguments.needed, arguments.shares)
        pages = [
            SHARE.format(
                portal=portal.settings.origin,
                mark=made.mark,
                number=number,
                count=arguments.shares,
                threshold=arguments.needed,
                words=_lines(words),
            )
            for number, words in enumerate(made.shares, 1)
        ]
        _write(arguments.folder, pages)
        count = use_recovery_key(portal, made.seed, arguments.needed, arguments.shares)
    finally:
        portal.database.close()
    sys.stdout.write(
        f"The recovery key {made.mark} is in use: {count} keys are sealed to it, and every new one will be.\n"
        f"Its {arguments.shares} shares are in {arguments.folder.resolve()}. Print them or carry each to its keeper, "
        "then see that they work\n(portal keys recovery check --share FILE ...) and destroy this folder: nobody can "
        "make them again.\n"
    )
    return 0


def share_options(one: argparse.ArgumentParser, *, required: bool = True) -> None:
    """Add the option by which shares are given."""
    one.add_argument(
        *("--share", "-s"),
        type=Path,
        action="append",
        required=required,
        metavar="FILE",
        help="a file with one share, the whole page or its words alone; once for each",
    )


def check(settings: Settings, arguments: argparse.Namespace) -> int:
    """See that shares give the recovery key that is in use."""
    from portal.app import open_portal
    from portal.usecases.recovery import check_shares

    portal = open_portal(settings)
    try:
        mark = check_shares(portal, read_shares(arguments.share))
    finally:
        portal.database.close()
    sys.stdout.write(f"These shares give the recovery key {mark}, which is in use.\n")
    return 0


def read_shares(files: Sequence[Path]) -> list[str]:
    """Read shares from files: of a page as `make` wrote it, the lines of words.

    Raises:
        Invalid: A file isn't text.
        BadShares: One is mistyped, or they are of several keys.

    """
    from storage.recovery import shares

    found: dict[str, str] = {}
    for file in files:
        try:
            text = file.read_text("utf-8-sig").strip()
        except UnicodeDecodeError as error:
            raise Invalid(f"{file} isn't text") from error
        found[str(file)] = text.split("\n\n")[1] if text.startswith(PAGE) and "\n\n" in text else text
    shares.look(found)
    return list(found.values())


def _check_apart(folder: Path, settings: Settings) -> None:
    """Refuse to put the shares to what they open; a name without a path is one in the folder that one works in."""
    place = folder.resolve()
    for taken in (settings.data.resolve(), settings.keys.resolve()):
        if place.is_relative_to(taken):
            raise Invalid(
                f"the shares can't lie in {taken}: give the whole path of a folder on a stick or another disk"
            )


def _lines(words: str) -> str:
    each = words.split()
    return "\n".join("  " + " ".join(each[at : at + 6]) for at in range(0, len(each), 6))


def _write(folder: Path, pages: Sequence[str]) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise Invalid(f"{folder} isn't empty: give an empty or new folder for the shares")
    for number, page in enumerate(pages, 1):
        path = folder / f"share-{number}-of-{len(pages)}.txt"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(page)
            file.flush()
            os.fsync(file.fileno())
    for place in (folder, folder.resolve().parent):  # what is sealed to them from now on opens by these words alone
        sync_folder(place)
