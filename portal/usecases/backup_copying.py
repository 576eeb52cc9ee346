"""Copies objects into a folder of backups, each once for all of them, and heals what rotted there.

1. What backups that can be read say of an object is believed only as far as their signatures go, and as long as one of
   them is kept: one that a later backup lacks stays known. An object of the same size as in the newest is taken to be
   as it was, but for the part whose turn it is: of that every byte is read again, and of one that the newest lacks.
   After PARTS backups all were. Whoever makes the backup can have all of it read at once.
2. An object in the folder that isn't as it was, or that no backup tells of, is held against the portal's own, which
   takes its place if it is as it was: until it was read whole, nothing is removed.
3. An object of the portal's that isn't as backups have it has changed, which no object ever does: it is named, and
   nothing of it is copied.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from portal.usecases.backup_checks import Measured, kept_in
from portal.work import Portal
from storage.errors import Damaged, Missing
from storage.recovery.manifest import Kept
from storage.recovery.places import BackupPlace

PARTS: Final = 32


@dataclass(slots=True)
class Copying:
    """One backup's copying.

    Attributes:
        known: What is known of objects: by the backups that are kept, and of those that this one looked at.
        doubted: Those of them that the newest backup doesn't have.
        part: Which part is read again; None: all.
        copied: Objects that the folder didn't have.
        healed: Objects that were altered or missing in the folder, and are as they were again.
        altered: Objects that aren't in the portal as backups have them.

    """

    portal: Portal
    folder: BackupPlace
    known: dict[str, Kept]
    doubted: set[str]
    part: int | None
    copied: set[str] = field(default_factory=set)
    healed: set[str] = field(default_factory=set)
    altered: set[str] = field(default_factory=set)
    _read: set[str] = field(default_factory=set)

    def copy(self, names: list[str]) -> Mapping[str, Kept | None]:
        """Have each of these in the folder; None: the portal hasn't got it, or not as it was."""
        found = {name: self._one(name) for name in names}
        self.known |= {name: kept for name, kept in found.items() if kept is not None}
        return found

    def _one(self, name: str) -> Kept | None:
        known = self.known.get(name)
        if known is not None and self._is_there(name, known):
            return known
        there = self._there(name)
        try:
            with self.portal.objects.get(name) as blocks:
                own = kept_in(blocks) if there or known else None
            if known is not None and own != known:
                self.altered.add(name)
                return None
            if there is not None and there == own:
                return own
            kept = self._put(name, own)
        except Missing:
            return None
        (self.copied if known is None and there is None else self.healed).add(name)
        self._read.add(name)
        return kept

    def _is_there(self, name: str, known: Kept) -> bool:
        """Tell whether an object is in the folder as it is known: by its size, or all of it where it is its turn."""
        turn = self.part is None or int(name[:4], 16) % PARTS == self.part or name in self.doubted
        if name in self._read or not turn:
            try:
                return self.folder.objects.size(name) == known.size
            except Missing:
                return False
        if self._there(name) != known:
            return False
        self._read.add(name)  # not before: one that isn't as it was is read again when another moment is looked at
        return True

    def _there(self, name: str) -> Kept | None:
        try:
            with self.folder.objects.get(name) as blocks:
                return kept_in(blocks)
        except Missing:
            return None

    def _put(self, name: str, own: Kept | None) -> Kept:
        with self.portal.objects.get(name) as blocks:
            measured = Measured(blocks)
            self.folder.objects.delete(name)
            self.folder.objects.put(name, measured)
        if own is not None and own != measured.kept:
            self.folder.objects.delete(name)
            raise Damaged  # it was as it should be a moment ago
        return measured.kept
