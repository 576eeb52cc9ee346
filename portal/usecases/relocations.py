"""Moves a whole portal to another database and another object store, verified, so that it is in one place at a time.

1. The portal stands still: its database is held, so that nothing is written in it meanwhile.
2. Rows are copied, and read again in the new place: each is as it was, byte for byte. Each object is copied, read again
   and compared; one that is there already is only read and compared. One that a former try had copied, and that the
   records name no more, goes before the rows do by which it is known.
3. The new place is then checked as by `portal fsck`. What doesn't fit there doesn't fit here either, and must be
   accepted; how much that was stands in the log, with the move.
4. The new place is marked as complete, then the old one as left, then the new one opens: whenever it is killed, one of
   them starts or none, never both. Called again, it goes on; until the old place is left, nothing in it was changed.
5. Keys stay where they are: what they wrapped is in the rows.
"""

import secrets
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final
from uuid import uuid4

from policies.engine import Engine
from portal.access.actions import Action
from portal.access.actors import Machine
from portal.access.caller import Caller
from portal.access.entities import PortalFacts
from portal.errors import Invalid
from portal.settings import Settings
from portal.usecases.backup_checks import Measured, kept_in
from portal.usecases.backup_places import check_holds_none
from portal.usecases.broken_restores import check_unrestored
from portal.usecases.check_reports import Progress, Report
from portal.usecases.checks import check_records
from portal.usecases.restore_places import PROOF
from portal.work import Portal
from storage import permits, relocations, schema
from storage.addresses import is_address
from storage.database import Database, Session
from storage.errors import Damaged, Exists, Missing
from storage.keyring import Keyring
from storage.keys.keyring_file import sync_folder
from storage.keys.provider import KeyProvider
from storage.objects.store import ObjectStore
from storage.recovery.folder import alone
from storage.repositories.checks import CheckRecords
from storage.signatures import Scheme, Signer

MOVER: Final = Caller(machine=Machine.INIT)


@dataclass(frozen=True, slots=True)
class Moved:
    """A portal that was moved.

    Attributes:
        report: What the check in the new place found.
        rows: How many rows it has.
        objects: How many objects it has.
        copied: How many of them were copied this time.

    """

    report: Report
    rows: int
    objects: int
    copied: int


@dataclass(frozen=True, slots=True)
class Move:
    """A move: from where, to where, and what opens both."""

    source: Settings
    target: Settings
    keys: KeyProvider
    store: Callable[[Settings], ObjectStore]
    clock: Callable[[], datetime]


def move_portal(move: Move, *, accept: bool = False, progress: Progress = lambda _what, _count: None) -> Moved | None:
    """Move a portal, or go on with a move that broke off; None: all but the last step had been done.

    Args:
        move: From where to where.
        accept: What the check finds in the new place, and was so before, is accepted.
        progress: Is told how far it is.

    Raises:
        Invalid: There is no portal, or something else in the new place, or something doesn't fit.
        Damaged: Something isn't in the new place as it was put there.
        DatabaseUnavailable: The portal runs, or a database is away.

    """
    _check_places(move)
    source = Database(move.source.database_place)
    try:
        if not source.has_portal():
            raise Invalid(f"there is no portal in {move.source.place}")
        _make_folder(move.target.data)
        with alone(move.target.data, f"A portal is being moved to {move.target.data} already: wait for its end."):
            target = Database(move.target.database_place)
            try:
                return _moved(move, source, target, progress, accept=accept)
            finally:
                target.close()
    finally:
        source.close()


def _make_folder(folder: Path, mode: int = 0o700) -> None:
    """Make a folder and those that it lies in, each by a name that outlasts a loss of power."""
    if not folder.exists():
        _make_folder(folder.absolute().parent, 0o755)
        folder.mkdir(mode=mode, exist_ok=True)
        sync_folder(folder.absolute().parent)


def _check_places(move: Move) -> None:
    where = move.source.database_place
    if isinstance(where, Path) and not where.exists():
        raise Invalid(f"there is no portal in {move.source.data}")
    check_unrestored(move.target)
    check_holds_none(move.target)
    if move.target.database and not is_address(move.target.database):
        raise Invalid("the new place's database can be empty (SQLite in the folder data) or postgresql://…")
    if where == move.target.database_place or (isinstance(where, Path) and _is_same(where, move.target.database_place)):
        raise Invalid(
            "a portal moves to another database: name another folder as data, or another database on the server, even "
            "where only its objects are to lie elsewhere"
        )


def _is_same(one: Path, other: Path | str) -> bool:
    return isinstance(other, Path) and other.exists() and one.samefile(other)


def _moved(move: Move, source: Database, target: Database, progress: Progress, *, accept: bool) -> Moved | None:
    stands = relocations.standing(source)
    if stands.startswith(schema.MOVED):
        _open_up(target, stands.removeprefix(schema.MOVED))
        return None
    if stands != schema.newest():
        raise Invalid("the database isn't at the steps of this release: run `portal fsck` first, which takes them")
    mark = _mark(move, source)
    begun, token = _check_target(target, mark), f"{mark}-{secrets.token_hex(6)}"
    with relocations.held(source) as held:
        names = sorted(_named(held.session))
        _remove_left(move, target, begun, names)
        rows = relocations.copy_rows(held, target, token, begun)
        if relocations.rows_of(target) != rows:
            raise Damaged
        portal = _opened(move, target)
        copied = _copy_objects(move, portal.objects, names, progress)
        report = check_records(portal, progress)
        _stop_at(report, accept=accept)
        _tell(portal, report, rows, names)
        _copy_proof(move)
        sync_folder(move.target.data)
        relocations.arrive(target, token)
        held.leave(token)
    relocations.open_up(target, token)
    return Moved(report, sum(one.count for one in rows.values()), len(names), copied)


def _open_up(target: Database, token: str) -> None:
    """Take the last step of a move that broke off before it."""
    try:
        relocations.open_up(target, token)
    except Damaged as error:
        raise Invalid(
            "this portal was moved before: if it was to there, start it there; it is in no other place"
        ) from error


def _check_target(target: Database, mark: str) -> str:
    """Refuse a database in which something is, unless it is what a move of this portal left that broke off.

    Makes its tables, and tells where it stands then.
    """
    stands = relocations.standing(target)
    if relocations.is_remnant(stands):
        if f":{mark}-" not in stands:
            raise Invalid("another portal is being moved there, or was and didn't arrive: name an empty place")
        if relocations.step_made(target) != schema.newest():
            raise Invalid("a former release left a part of this portal there: empty the place, and begin again")
        return stands
    if stands.startswith(schema.MOVED):
        raise Invalid("a portal was moved away from there: name an empty place")
    if stands and target.has_portal():
        raise Invalid("there is a portal there already: name an empty place")
    target.create()
    return relocations.standing(target)


def _mark(move: Move, source: Database) -> str:
    """Tell a portal from others, by the public key of its log."""
    seed, _ = _keyring(move, source).log_seeds()
    return sha256(Signer(Scheme.ED25519, seed).public).hexdigest()[:8]


def _keyring(move: Move, place: Database) -> Keyring:
    keyring = Keyring(move.keys, place, move.clock)
    keyring.start()
    return keyring


def _opened(move: Move, place: Database) -> Portal:
    return Portal(move.target, place, _keyring(move, place), move.store(move.target), Engine.load(), move.clock)


def _named(session: Session) -> set[str]:
    return {one.name for one in CheckRecords(session).contents()}


def _remove_left(move: Move, target: Database, begun: str, names: list[str]) -> None:
    """Remove from the new place what a move that broke off had copied, and the portal removed since."""
    if _stays(move) or not relocations.is_remnant(begun):
        return
    with target.read() as session:
        left = _named(session).difference(names)
    store = move.store(move.target)
    for name in left:
        store.delete(name)


def _copy_objects(move: Move, target: ObjectStore, names: list[str], progress: Progress) -> int:
    """Copy each object that isn't there, and compare each that is; gives how many were copied."""
    if _stays(move):
        return 0
    source, copied = move.store(move.source), 0
    if strange := {one.name for one in target.list()} - set(names):
        raise Invalid(
            f"there are {len(strange)} objects where those of the portal go that aren't its own: name another place, "
            "or see whose they are and remove them"
        )
    for count, name in enumerate(names, 1):
        with suppress(Missing):  # which the check names
            copied += _copy_object(source, target, name)
        progress("objects", count)
    return copied


def _copy_object(source: ObjectStore, target: ObjectStore, name: str) -> bool:
    with source.get(name) as blocks:
        measured = Measured(blocks)
        try:
            target.put(name, measured)
            is_new, kept = True, measured.kept
        except Exists:
            is_new, kept = False, kept_in(blocks)
    with target.get(name) as blocks:
        if kept_in(blocks) == kept:
            return is_new
    if is_new:
        target.delete(name)
        raise Damaged
    raise Invalid(f"the object {name} is there already and isn't the portal's: look at it, and remove it there")


def _stays(move: Move) -> bool:
    """Tell whether objects stay where they are."""
    one, other = move.source, move.target
    if one.objects == other.objects == "s3":
        return (one.s3_endpoint, one.s3_bucket) == (other.s3_endpoint, other.s3_bucket)
    folders = [(settings.data / "objects").resolve() for settings in (one, other)]
    return one.objects == other.objects == "folder" and folders[0] == folders[1]


def _copy_proof(move: Move) -> None:
    """Take along the proof of a restored portal's first entry, which is for everybody."""
    with suppress(FileNotFoundError, shutil.SameFileError):
        shutil.copy(move.source.data / PROOF, move.target.data / PROOF)


def _stop_at(report: Report, *, accept: bool) -> None:
    if report.found and not accept:
        more = f" (and {report.found - 1} more)" if report.found > 1 else ""
        raise Invalid(
            f"{report.findings[0].words()}{more} All rows and objects are as they were, so this doesn't fit in the old "
            "place either: see `portal fsck` there, mend it, or move it as it is with --accept-findings"
        )


def _tell(portal: Portal, report: Report, rows: dict[str, relocations.Rows], names: list[str]) -> None:
    """Write into the log that the portal is in another place."""
    with permits.request(uuid4()), portal.work(MOVER) as work:
        permit = work.require_on(Action.INITIALIZE, PortalFacts())
        work.note(
            permit,
            step="moved",
            rows=sum(one.count for one in rows.values()),
            objects=len(names),
            **({"found": dict(sorted(report.codes.items()))} if report.codes else {}),
        )
