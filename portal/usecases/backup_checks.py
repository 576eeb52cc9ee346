"""Holds a backup's files against its manifest, and opens every content once, without giving anything of it away."""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from portal.domain.texts import N_
from portal.usecases.check_reports import LISTED, Progress, Report
from portal.usecases.public import public_key
from portal.work import Portal
from storage.content import open_all, version_context
from storage.database import Session
from storage.errors import Damaged, KeyUnavailable, Missing
from storage.objects.store import ObjectStore
from storage.recovery import manifest as manifests
from storage.recovery.manifest import Kept, Manifest
from storage.recovery.places import BackupEntry, BackupPlace
from storage.repositories.checks import CheckRecords, Content

DATABASE_ALTERED: Final = "backup-database"
# findings that an object is lost, or what was in it: nothing else is altered by that
LOSSES: Final = frozenset(
    {
        *("backup-lost", "backup-object-missing", "backup-object-altered"),
        *("object-missing", "object-size", "content-shut"),
    }
)


def check_files(
    folder: BackupPlace, entry: BackupEntry, manifest: Manifest, report: Report, progress: Progress
) -> frozenset[str]:
    """Read everything that a backup says it holds, name what is missing, altered or more; gives the objects lost."""
    try:
        same = kept_in(entry.database()) == manifest.database
    except Missing:
        same = False
    if not same:
        report.finds(DATABASE_ALTERED, N_("The backup’s sealed database is not there, cut or altered."))
    for name in manifest.missing:
        report.finds("backup-lost", N_("The object %(name)s was not there when the backup was made."), name=name)
    lost = set(manifest.missing)
    for count, (name, kept) in enumerate(sorted(manifest.objects.items()), 1):
        if not _is_whole(folder.objects, name, kept, report):
            lost.add(name)
        progress("objects", count)
    report.counted("objects", len(manifest.objects))
    _name_others(folder, report)
    return frozenset(lost)


def check_contents(portal: Portal, passed: Collection[str], report: Report, progress: Progress) -> None:
    """Open every content from its first byte to its last, but for those that were found missing or altered."""
    with portal.database.read() as session:
        for count, one in enumerate(CheckRecords(session).contents(), 1):
            if one.name not in passed:
                continue
            try:
                with portal.objects.get(one.name) as sealed:
                    _open(portal, session, one, sealed)
            except (Damaged, KeyUnavailable, Missing):
                sentence = N_("%(row)s: its content doesn’t open.")
                report.finds("content-shut", sentence, row=f"{one.table}/{one.id}", name=one.name)
            progress("contents", count)
            report.counted("contents", 1)


class Measured:
    """Passes bytes on; once they are read to their end, it tells how many they were, with their hash."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks, self._digest, self._size = blocks, hashlib.sha256(), 0

    def __iter__(self) -> Iterator[bytes]:
        """Pass them on."""
        for block in self._blocks:
            self._digest.update(block)
            self._size += len(block)
            yield block

    @property
    def kept(self) -> Kept:
        """Tell what came by."""
        return Kept(self._size, self._digest.digest())


def kept_in(blocks: Iterable[bytes]) -> Kept:
    """Read bytes to their end, and tell how many they are, with their hash."""
    measured = Measured(blocks)
    for _ in measured:
        pass
    return measured.kept


def named_objects(folder: BackupPlace) -> tuple[set[str], int]:
    """Tell which objects the backups of a folder name, and how many backups can't be read."""
    named: set[str] = set()
    unread = 0
    for entry in folder.complete():
        try:
            named |= set(manifests.read(entry.manifest(), None).objects)
        except (Damaged, Missing):
            unread += 1
    return named, unread


def _is_whole(objects: ObjectStore, name: str, kept: Kept, report: Report) -> bool:
    try:
        with objects.get(name) as blocks:
            found = kept_in(blocks)
    except Missing:
        report.finds("backup-object-missing", N_("The object %(name)s is not in the backup."), name=name)
        return False
    if found != kept:
        report.finds("backup-object-altered", N_("The object %(name)s was altered in the backup."), name=name)
    return found == kept


def _name_others(folder: BackupPlace, report: Report) -> None:
    """Name the objects that no backup of the folder names; they open nothing, and nothing is taken from them."""
    named, unread = named_objects(folder)
    if unread:
        report.counted("other backups that can't be read", unread)
    others = [one.name for one in folder.objects.list() if one.name not in named]
    report.counted("other objects", len(others))
    report.orphans[:] = others[:LISTED]


def _open(portal: Portal, session: Session, one: Content, sealed: Iterable[bytes]) -> None:
    if one.wrapped is not None:
        portal.keyring.check_content(session, one.scope, one.id, one.wrapped, sealed)
        return
    for _ in open_all(public_key(portal, one.id), version_context(one.id), sealed):
        pass
