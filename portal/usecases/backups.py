"""Backups: records and sealed objects copied to a folder while the portal runs, sealed to the offline recovery key.

1. What is copied stays sealed; the database is sealed once more. The key file is never in it, so whoever takes the
   folder learns how many objects there are, how large, and when backups were made.
2. The log says that a backup begins before anything is copied, and afterwards how it ended.
3. The database is copied at one moment. Its records name objects; each is copied once, for all backups of the folder.
   One that was removed meanwhile means another moment; one that stays away is named, and the rest is kept all the same.
4. A backup of which nothing is kept any more is marked so: what was destroyed in the portal before the oldest one that
   is kept, a key for instance, is in none. What the folder holds counts, not what was written of it: a portal that was
   brought back knows nothing of backups made, or removed, in the time that it lost.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.actors import Machine
from portal.access.caller import Caller
from portal.access.entities import PortalFacts
from portal.errors import Invalid
from portal.usecases.backup_copying import PARTS, Copying
from portal.usecases.backup_places import make_place
from portal.usecases.recovery import NONE, backup_signers, find_recovery_key, seal_all
from portal.work import Intent, Portal, Work
from storage.backups import Backup, RecoveryKey, WholeBackup
from storage.errors import Damaged, Held, Missing, StorageError, StoreUnavailable
from storage.holders import active_recovery
from storage.recovery import manifest as manifests
from storage.recovery import offline, snapshot
from storage.recovery.folder import DATABASE
from storage.recovery.manifest import Kept, Manifest, Recovery
from storage.recovery.places import BackupEntry, BackupPlace
from storage.repositories.backups import BackupRecords

BACKUP: Final = Caller(machine=Machine.BACKUP)
TURNS: Final = 3  # of looking for objects that were removed meanwhile


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made.

    Attributes:
        copied: How many objects were new.
        healed: Objects that had been altered in the folder, or lost there, and are as they were again.
        missing: Objects that records name and that weren't there.
        altered: Those of them that are there, and not as earlier backups have them.
        held: Older ones that were to be removed too, and that the place doesn't let go of yet.
        kept_since: Of when the oldest backup is that is kept anywhere.

    """

    number: int
    made: datetime
    objects: int
    copied: int
    healed: tuple[str, ...]
    missing: tuple[str, ...]
    altered: tuple[str, ...]
    removed: tuple[int, ...]
    held: tuple[int, ...]
    kept_since: datetime | None


def make_backup(portal: Portal, root: Path, keep: int | None = None, *, check: bool = False) -> Made:
    """Make a backup, and remove older ones than so many.

    Args:
        portal: The portal.
        root: The folder of backups.
        keep: How many are kept; None: all.
        check: Every object that is in the folder already is read again.

    Raises:
        Invalid: There is no recovery key; or the folder lies in the portal's own.
        StoreUnavailable: The folder can't be used, or somebody else makes a backup there.

    """
    if keep is not None and keep < 1:
        raise Invalid("at least one backup is kept")
    if find_recovery_key(portal) is None:
        raise Invalid(NONE)
    folder = make_place(root, portal.settings)
    with folder.locked():
        _check_ours(portal, folder)
        seal_all(portal)
        row, recovery, intent = _begin(portal, folder)
        try:
            made, copying = _make(portal, folder, row, recovery, check=check)
        except BaseException:
            with suppress(StorageError):  # of a place that is away the next backup finds out what is there
                if row.id not in {one.id for one in folder.complete()}:
                    _forget(portal, row.id)
            with suppress(StorageError):  # the first error says what happened; an intent without an outcome is closed
                portal.record_outcome(intent, result="failed")
            raise
        said = {"copied": len(copying.copied), "healed": len(copying.healed), "altered": len(copying.altered)}
        _end(portal, intent, row.id, objects=len(made.objects), missing=len(made.missing), **said)
        removed, held = remove_older(portal, folder, keep) if keep is not None else ((), ())
    return Made(
        made.number,
        made.made,
        len(made.objects),
        len(copying.copied),
        tuple(sorted(copying.healed)),
        made.missing,
        tuple(sorted(copying.altered)),
        removed,
        held,
        kept_since(portal),
    )


def remove_older(portal: Portal, folder: BackupPlace, keep: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Remove all but the newest backups of a folder that is locked.

    Returns:
        The numbers of those that went, and of those that the folder doesn't let go of.

    Raises:
        Damaged: The manifest of one that stays can't be read: no object was removed.

    """
    if keep < 1:
        raise Invalid("at least one backup is kept")
    entries = [one for one in folder.complete() if _is_kept(portal, one)]  # what others put there takes nobody's place
    doomed, staying = entries[:-keep], entries[-keep:]
    named = {name for one in staying for name in _own(portal, one).objects}
    with portal.work(BACKUP) as work:
        permit = work.require_on(Action.BACK_UP, PortalFacts())
        work.note(permit, step="remove", backups=len(doomed))
        intent = work.begins(permit)
    held = []
    for one in doomed:
        try:
            folder.remove(one)
        except Held:
            held.append(one)
    named |= {name for one in held for name in _own(portal, one).objects}
    objects, stock = folder.sweep(named), look_at(portal, folder)
    with portal.work(BACKUP) as work:
        permit = work.require_on(Action.BACK_UP, PortalFacts())
        take_stock(work, folder, stock)
        work.completes(permit, intent, objects=objects)
    return tuple(one.number for one in doomed if one not in held), tuple(one.number for one in held)


Stock = Mapping[UUID, Manifest | None]  # the complete backups of a folder, with what isn't known to be whole


def look_at(portal: Portal, folder: BackupPlace) -> Stock:
    """Look at what a folder holds before anything is written: it may be slow, and the database isn't held meanwhile."""
    entries = {one.id: one for one in folder.complete()}
    with portal.database.read() as session:
        records = BackupRecords(session)
        unknown = {id_ for id_ in entries if records.find(id_) is None or not records.is_whole(id_)}
    found: dict[UUID, Manifest | None] = dict.fromkeys(entries)
    for id_ in unknown:
        with suppress(Damaged, Missing):
            found[id_] = _own(portal, entries[id_])
    return found


def take_stock(work: Work, folder: BackupPlace, stock: Stock) -> None:
    """Let the records of a folder's backups be what the folder holds.

    A backup whose manifest can't be read isn't taken up: without that, nobody opens anything of it.
    """
    records = BackupRecords(work.session)
    for row in records.kept_in(folder.id):
        if row.id not in stock:
            row.gone_at = work.now
    work.session.flush()
    for id_, made in stock.items():
        if made is not None and records.find(id_) is None:
            _take_up(work, records, folder, made)
        if made is not None and records.find(id_) is not None and not records.is_whole(id_):
            records.add(WholeBackup(id=id_, whole_at=work.now))


def _take_up(work: Work, records: BackupRecords, folder: BackupPlace, made: Manifest) -> None:
    """Record a backup that was made in a time that a restoration lost."""
    recovery = records.recovery_of(offline.fingerprint(made.recovery.public)) or active_recovery(work.session)
    if recovery is None:
        return
    number = records.next_number() if records.is_taken(made.number) else made.number
    records.add(Backup(id=made.id, number=number, folder_id=folder.id, recovery_id=recovery.id, made_at=made.made))


def kept_since(portal: Portal) -> datetime | None:
    """Tell of when the oldest backup is that is kept: what was destroyed before that is in no backup."""
    with portal.database.read() as session:
        return BackupRecords(session).oldest_kept()


def _check_ours(portal: Portal, folder: BackupPlace) -> None:
    """Refuse a folder in which backups are, unless the newest whose manifest can be read is ours."""
    entries, own = folder.complete(), tuple(one.public for one in backup_signers(portal))
    for entry in reversed(entries):
        try:
            said = manifests.read(entry.manifest(), None).recovery
        except (Damaged, Missing):
            continue  # whoever restores is told; nothing is taken from it
        if (said.edwards, said.lattice) != own:
            raise Invalid(f"{folder.where} holds the backups of another portal: give another folder")
        return
    if entries:
        raise Invalid(
            f"{folder.where} holds backups of which none can be read: give another folder, and look at this one"
        )


def _begin(portal: Portal, folder: BackupPlace) -> tuple[Backup, RecoveryKey, Intent]:
    recovery = find_recovery_key(portal)
    if recovery is None:
        raise Invalid(NONE)
    stock = look_at(portal, folder)
    with portal.work(BACKUP) as work:
        permit = work.require_on(Action.BACK_UP, PortalFacts())
        records = BackupRecords(work.session)
        take_stock(work, folder, stock)  # after a restoration the folder may have later ones
        row = Backup(
            id=uuid4(),
            number=records.next_number(),
            folder_id=folder.id,
            recovery_id=recovery.id,
            made_at=work.now,
        )
        records.add(row)
        work.note(permit, step="make", backup=str(row.id), number=row.number)
        return row, recovery, work.begins(permit)


def _forget(portal: Portal, backup: UUID) -> None:
    with portal.work(BACKUP) as work:
        permit = work.require_on(Action.BACK_UP, PortalFacts())
        row = BackupRecords(work.session).find(backup)
        if row is not None:
            row.gone_at = work.now
        work.session.flush()
        work.note(permit, step="broken off", backup=str(backup))


def _end(portal: Portal, intent: Intent, backup: UUID, **said: int) -> None:
    """Write that a backup is whole."""
    with portal.work(BACKUP) as work:
        permit = work.require_on(Action.BACK_UP, PortalFacts())
        BackupRecords(work.session).add(WholeBackup(id=backup, whole_at=work.now))
        work.completes(permit, intent, **said)


def _make(
    portal: Portal, folder: BackupPlace, row: Backup, recovery: RecoveryKey, *, check: bool
) -> tuple[Manifest, Copying]:
    place = folder.begin(row.number, row.id)
    copying = Copying(portal, folder, *_known(portal, folder), None if check else row.number % PARTS)
    for turn in range(1, TURNS + 1):
        with snapshot.taken(portal.database, portal.settings.data) as path:
            if not snapshot.opens_with(path, recovery):
                raise StoreUnavailable("The recovery key was replaced meanwhile: make the backup again.")
            held = copying.copy(snapshot.object_names(path))
            missing = tuple(name for name, kept in held.items() if kept is None)
            if copying.altered.issuperset(missing) or turn == TURNS:
                database, key = snapshot.seal(path, place / DATABASE, recovery.public, row.id)
                break
    fresh = {name: kept for name, kept in held.items() if kept is not None}
    edwards, lattice = (one.public for one in backup_signers(portal))
    said = Recovery(recovery.public, edwards, lattice, recovery.vouched)
    made = Manifest(row.id, row.number, row.made_at, said, database, key, fresh, missing)
    folder.finish(place, manifests.write(made, backup_signers(portal)))
    return made, copying


def _known(portal: Portal, folder: BackupPlace) -> tuple[dict[str, Kept], set[str]]:
    """Tell what the backups of the folder hold that can be read and are ours, and which of it the newest doesn't have.

    An object that a backup had to leave out, altered or lost, is held against what earlier ones know of it. So each
    manifest is read once, which takes a tenth of a second and a megabyte where it names 10,000 objects.
    """
    known: dict[str, Kept] = {}
    newest: set[str] | None = None
    for entry in reversed(folder.complete()):
        with suppress(Damaged, Missing):
            objects = _own(portal, entry).objects
            newest = set(objects) if newest is None else newest
            known = {**objects, **known}
    return known, known.keys() - (newest or set())


def _own(portal: Portal, entry: BackupEntry) -> Manifest:
    """Read the manifest of a backup.

    Raises:
        Missing: It has none.
        Damaged: It isn't ours, or of another backup: whoever may add to the folder gives an old one a new name.

    """
    edwards, lattice = (one.public for one in backup_signers(portal))
    made = manifests.read(entry.manifest(), (edwards, lattice))
    if (made.id, made.number) != (entry.id, entry.number):
        raise Damaged
    return made


def _is_kept(portal: Portal, entry: BackupEntry) -> bool:
    with portal.database.read() as session:
        return BackupRecords(session).find(entry.id) is not None
