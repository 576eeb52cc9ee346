"""Where a restore takes from, and where it goes: a backup that the shares open, and a place in which nothing is.

A mark in the data folder says that a restore is under way, and where its objects and keys go. It is made once the place
was seen to be empty: so objects that are there later can only be what one left that broke off. That is taken up by the
next one with the same settings; anything else that is there is left alone.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from portal.errors import Invalid
from portal.plainly import account_name
from portal.settings import DATABASE, Settings
from portal.usecases.backup_checks import named_objects
from portal.usecases.backup_places import check_holds_none, find_place
from storage.errors import Damaged, Missing
from storage.keys import keyring_file
from storage.objects.store import ObjectStore
from storage.recovery import manifest as manifests
from storage.recovery import offline, shares
from storage.recovery.folder import RESTORING, write_file
from storage.recovery.manifest import Manifest
from storage.recovery.places import BackupEntry, BackupPlace

UNFINISHED: Final = f"{RESTORING}.db"
MARKING: Final = f"{RESTORING}.new"
PROOF: Final = "first-entry.tlog-proof"
FOREIGN: Final = (
    "this backup's manifest was altered, or it isn't of the portal whose recovery key these shares give: take another "
    "backup, or the shares that belong to it"
)


@dataclass(frozen=True, slots=True)
class Source:
    """A backup that the shares open: its place, and what its manifest says."""

    folder: BackupPlace
    entry: BackupEntry
    manifest: Manifest
    opener: offline.Opener


def open_source(root: Path, words: Sequence[str], number: int | None) -> Source:
    """Find a backup in a place, the newest if none is named, and see that it is of the recovery key's portal.

    Raises:
        Invalid: There is none, or it isn't.
        BadShares: The shares give no key.

    """
    opener, folder = offline.Opener(shares.join(words)), find_place(root)
    entries = [one for one in folder.complete() if number in {None, one.number}]
    if not entries:
        raise Invalid(f"{root} holds no complete backup{f' {number}: --list names them' if number else ''}")
    entry = entries[-1]
    try:
        manifest = manifests.read(entry.manifest(), None)
        _check_sealed_to(manifest, opener)
        manifests.check_vouched(manifest, opener)
    except (Damaged, Missing) as error:
        raise Invalid(f"backup {entry.number}: {FOREIGN}") from error
    if (manifest.id, manifest.number) != (entry.id, entry.number):
        raise Invalid(f"backup {entry.number}: its folder bears another name than its manifest says")
    return Source(folder, entry, manifest, opener)


def _check_sealed_to(manifest: Manifest, opener: offline.Opener) -> None:
    """Refuse shares of another recovery key, by the names that stand on shares.

    Raises:
        Invalid: So they are, if the manifest is as it was made.

    """
    named, given = (offline.fingerprint(one.public) for one in (manifest.recovery, opener))
    if named != given:
        raise Invalid(
            f"backup {manifest.number} is sealed to the recovery key {named}, as its manifest has it, and these shares "
            f"give {given}: take the shares of that one, or a backup of this one (--list names them, --backup N)"
        )


def take_place(settings: Settings, source: Source, store: Callable[[Settings], ObjectStore]) -> ObjectStore:
    """Take a place: mark it, and see that there is nothing but what a restore to it left that broke off.

    Raises:
        Invalid: There is something else.

    """
    resumed = check_empty(settings)  # nobody ended meanwhile
    if not resumed:
        write_file(settings.data / MARKING, _place(settings).encode())
    check_holds_none(settings)
    objects = store(settings)
    left = named_objects(source.folder)[0] if resumed else set()
    if any(one.name not in left for one in objects.list()):
        raise Invalid(
            "there are objects already where those of the portal go, and they aren't of a restore that broke off: a "
            "backup is brought back to an empty place only; name another in the settings, or see whose they are and "
            "remove them"
        )
    if not resumed:
        (settings.data / MARKING).rename(settings.data / RESTORING)
        keyring_file.sync_folder(settings.data)
    return objects


def check_empty(settings: Settings) -> bool:
    """Refuse a place where something is, unless it is what a restore left that broke off; tells whether it is.

    Raises:
        Invalid: There is something.

    """
    if settings.database:
        raise Invalid(
            "a backup is brought back to SQLite: take away the setting database, and move the portal to the server "
            "afterwards (`portal move`)"
        )
    mark = settings.data / RESTORING
    resumed = mark.exists()
    if resumed and mark.read_bytes() != _place(settings).encode():
        raise Invalid(
            f"a restore to {settings.data} broke off that was to put objects or keys elsewhere: go on with the "
            "settings of that time, or empty this folder and begin again"
        )
    beside = [f"{UNFINISHED}{suffix}" for suffix in ("", "-wal", "-shm", "-journal")]
    left = {settings.data: {RESTORING, DATABASE, PROOF, "objects", *beside}, settings.keys: set(keyring_file.NAMES)}
    for place, names in left.items():
        there = {path.name for path in place.iterdir()} if place.exists() else set()
        allowed = names if resumed else {"objects"} if MARKING in there else set()  # empty, or it would bear the mark
        if others := sorted(there - allowed - {MARKING, "lost+found"}):  # the last is of a disk that was just mounted
            raise Invalid(
                f"{place} isn't empty, but holds {', '.join(others[:3])}: a backup is brought back to an empty place "
                "only, never over a portal"
            )
    if settings.database_file.exists():
        raise Invalid(f"there is a portal in {settings.data} already: a backup is never brought back over one")
    return resumed


def check_account(settings: Settings) -> None:
    """Refuse to bring back what the portal's account could not touch, before anything is there.

    Raises:
        Invalid: A folder is another account's.

    """
    for place in (settings.data, settings.keys):
        if place.exists() and (owner := place.stat().st_uid) != os.geteuid():
            raise Invalid(
                f"{place} is {account_name(owner)}'s, and {account_name(os.geteuid())} asks: run this as the account "
                "that the portal runs under"
            )


def _place(settings: Settings) -> str:
    """Name where objects and keys go."""
    where = [settings.objects, settings.s3_endpoint, settings.s3_bucket] if settings.objects == "s3" else ["folder"]
    return "\n".join([*where, str(settings.keys.resolve()), ""])
