"""Brings a portal back from a backup onto an empty place, without its key provider; or proves that it could be.

1. The shares give the recovery key. It vouches for the keys that signed the manifest: a backup that somebody else made,
   or altered, is refused before anything of it is opened.
2. All of it is read and held against the manifest, then the records, the log and every content as `portal fsck` and
   more: what doesn't fit is named, and nothing is brought back. Objects that are lost can be accepted; that records or
   the log don't fit is another thing, accepted by another word, which stands in the new log and is told to everybody.
3. It goes to an empty place alone: folders, and the object store.
4. It starts closed (closing.py), and its log begins anew: the first entry names the last checkpoint that the backup
   has, the last one that witnesses signed, the time that is lost, and what was accepted; all former entries follow.
5. Until all this is done its keys are wrapped by a key that ends with the process. Then a new keyring is made and every
   key wrapped for it, and the database gets its name last: a restore that broke off leaves nothing that opens, is no
   portal, and can be begun again.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import UUID, uuid4

from policies.engine import Engine
from portal.access.actions import Action
from portal.access.actors import Machine
from portal.access.caller import Caller
from portal.access.entities import PortalFacts
from portal.errors import Invalid
from portal.settings import DATABASE, Settings
from portal.usecases.backup_checks import (
    DATABASE_ALTERED,
    LOSSES,
    Measured,
    check_contents,
    check_files,
    kept_in,
)
from portal.usecases.backups import look_at, take_stock
from portal.usecases.check_reports import Progress, Report, ask
from portal.usecases.checks import SKEW, check_records
from portal.usecases.closing import close_everything
from portal.usecases.former_logs import Beyond, last_witnessed, measure
from portal.usecases.proving import prove_entry
from portal.usecases.restore_places import PROOF, UNFINISHED, Source, check_account, check_empty, take_place
from portal.usecases.tree import checkpoint, origin_of, sequence
from portal.usecases.witnesses import load_policy
from portal.work import Portal
from storage import permits
from storage.backups import Restoration
from storage.database import Database, put_in_place
from storage.errors import Missing
from storage.holders import recover_all
from storage.keyring import Keyring
from storage.keys import keyring_file
from storage.keys.file import FileKeys
from storage.keys.memory import MemoryKeys
from storage.keys.provider import KeyProvider
from storage.objects.store import ObjectStore
from storage.recovery import anew, snapshot
from storage.recovery.folder import RESTORING, alone, write_file
from storage.repositories.backups import BackupRecords
from storage.repositories.tree import TreeRecords

RESTORER: Final = Caller(machine=Machine.RESTORER)

OBJECTS_LOST: Final = "say with --accept-losses that these objects are lost"
CHANGED: Final = (
    "the backup was altered or removed while it was being brought back: see by `portal restore --list` what is there, "
    "and run `portal restore` again"
)
RECORDS_ALTERED: Final = (
    "say with --accept-alterations that it comes back though its records or log don't fit, which is written into the "
    "new log and told to everybody"
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What of the things that don't fit is accepted: objects that are lost; records and a log that were altered."""

    losses: bool = False
    alterations: bool = False


NOTHING: Final = Accepted()


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found, and up to where the log goes."""

    report: Report
    entries: int
    beyond: Beyond | None


@dataclass(frozen=True, slots=True)
class Restored:
    """A portal that was brought back; closed: what was ended, by kind; proof: of the new log's first entry."""

    report: Report
    origin: str
    former: str
    entries: int
    witnessed: int
    lost_from: datetime
    closed: dict[str, int]
    proof: str


def check_backup(
    settings: Settings,
    source: Source,
    known: str | None,
    clock: Callable[[], datetime],
    progress: Progress = lambda _what, _count: None,
) -> Checked:
    """Prove that a backup could be brought back: everything is done but for keeping it.

    Args:
        settings: Of this machine; only what names the witnesses is taken.
        source: The backup.
        known: A checkpoint of the log that was kept elsewhere.
        clock: Tells the time.
        progress: Is told how far it is.

    Raises:
        Invalid: The checkpoint isn't one of this log.

    """
    report = Report()
    lost = check_files(source.folder, source.entry, source.manifest, report, progress)
    if report.codes[DATABASE_ALTERED]:
        return Checked(report, 0, None)
    with TemporaryDirectory(prefix="portal-check-") as name:
        place = Path(name)
        there = replace(settings, data=place)
        with _brought(there, source, source.folder.objects, MemoryKeys(), clock) as portal:
            _check(portal, source, report, lost, progress)
            return Checked(report, _entries(portal), measure(portal, known))


def restore_backup(
    settings: Settings,
    source: Source,
    known: str | None,
    store: Callable[[Settings], ObjectStore],
    clock: Callable[[], datetime],
    *,
    accepted: Accepted = NOTHING,
    progress: Progress = lambda _what, _count: None,
) -> Restored:
    """Bring a portal back to where the settings say, closed, with its log begun anew.

    Args:
        settings: Say where data and keys go, and what the portal's address is.
        source: The backup.
        known: A checkpoint of the log that was kept elsewhere.
        store: Opens the object store of the settings.
        clock: Tells the time.
        accepted: What is accepted though it doesn't fit.
        progress: Is told how far it is.

    Raises:
        Invalid: Something is there already; or something doesn't fit, and nobody accepts it.
        StoreUnavailable: Another process brings a backup back to the same place.

    """
    report = Report()
    check_empty(settings)
    check_account(settings)
    if clock() < source.manifest.made - SKEW:
        raise Invalid(
            f"this machine's clock says {clock():%d %B %Y, %H:%M} UTC, and the backup was made after that: set it right"
        )
    lost = check_files(source.folder, source.entry, source.manifest, report, progress)
    _stop_at(report, accepted)
    for place in (settings.data, settings.keys):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    with alone(settings.data, f"A backup is being brought back to {settings.data} already: wait for its end."):
        objects = take_place(settings, source, store)
        with _brought(settings, source, objects, MemoryKeys(), clock) as portal:
            _bring_objects(source, objects, lost)
            _check(portal, source, report, lost, progress)
            _stop_at(report, accepted)
            entries, beyond = _entries(portal), measure(portal, known)
            restored = _begin_anew(portal, source, report, entries, beyond)
        write_file(settings.data / PROOF, restored.proof.encode())
        _hand_over(settings, source, clock)
        _publish(settings.data)
    return restored


def _hand_over(settings: Settings, source: Source, clock: Callable[[], datetime]) -> None:
    """Wrap every key of the restored portal, which is whole and closed, for a keyring of its own."""
    there = (settings.keys / keyring_file.NAME).exists()  # of a restore that broke off
    keys = FileKeys.load(settings.keys) if there else FileKeys.create(settings.keys)
    database = Database(settings.data / UNFINISHED)
    try:
        with database.begin() as session:
            recover_all(session, source.opener, keys)
        Keyring(keys, database, clock).start()
    finally:
        database.close()


@contextmanager
def _brought(
    settings: Settings, source: Source, objects: ObjectStore, keys: KeyProvider, clock: Callable[[], datetime]
) -> Iterator[Portal]:
    """Open a backup's database beside where it is to lie, with every key wrapped for a provider."""
    path = settings.data / UNFINISHED
    snapshot.remove(path)
    with _still_there():
        snapshot.unseal(source.entry.database(), source.manifest.key, source.opener, source.manifest.id, path)
    database = Database(path)
    try:
        database.create()
        with database.begin() as session:
            recover_all(session, source.opener, keys)
        keyring = Keyring(keys, database, clock)
        keyring.start()
        portal = Portal(settings, database, keyring, objects, Engine.load(), clock)
        if settings.witness_policy:
            portal.witness_policy = load_policy(portal, Path(settings.witness_policy))
        yield portal
    except BaseException:
        database.close()
        snapshot.remove(path)  # whoever renamed it would have a portal that nobody closed
        raise
    else:
        database.close()


def _check(portal: Portal, source: Source, report: Report, lost: frozenset[str], progress: Progress) -> None:
    found = check_records(portal, progress, lost)
    check_contents(portal, source.manifest.objects.keys() - lost, report, progress)
    report.findings += found.findings
    report.codes += found.codes
    report.found += found.found
    for what, count in found.counts.items():
        if what not in {"orphans", "young objects"}:  # of other backups in the folder
            report.counted(what, count)


def _entries(portal: Portal) -> int:
    with portal.database.read() as session:
        head = TreeRecords(session).head()
    return head.size if head else 0


def _stop_at(report: Report, accepted: Accepted) -> None:
    """Refuse what was found, unless it is accepted.

    Raises:
        Invalid: It says what it is, and by which option it would be.

    """
    refused = {
        code
        for code in report.codes
        if not (accepted.losses if code in LOSSES else accepted.alterations and code != DATABASE_ALTERED)
    }
    if not refused:
        return
    named = [one.words() for one in report.findings if one.code in refused][:1]
    count = sum(report.codes[code] for code in refused)
    more = f" (and {count - 1} more)" if named and count > 1 else ""
    hint = OBJECTS_LOST if refused <= LOSSES else RECORDS_ALTERED
    raise Invalid(
        f"{' '.join(named) or f'{count} things do not fit.'}{more} Nothing was brought back: see `portal restore "
        f"--check`, take another backup, or {hint}"
    )


def _bring_objects(source: Source, objects: ObjectStore, lost: frozenset[str]) -> None:
    """Let there be what the backup holds, as it says it, and nothing else.

    Raises:
        Invalid: The backup isn't any more what it was when it was read.

    """
    wanted, whole = source.manifest.objects, set()
    for name in [one.name for one in objects.list()]:  # of a restore that broke off; somebody may have altered it
        with objects.get(name) as blocks:
            found = kept_in(blocks)
        if found == wanted.get(name):
            whole.add(name)
        else:
            objects.delete(name)
    for name in wanted.keys() - lost - whole:  # nothing altered comes back
        with _still_there(), source.folder.objects.get(name) as blocks:
            measured = Measured(blocks)
            objects.put(name, measured)
            if measured.kept != wanted[name]:
                objects.delete(name)
                raise Invalid(CHANGED)


@contextmanager
def _still_there() -> Iterator[None]:
    """Say what it means when something is missing in a backup that was there a moment ago.

    Raises:
        Invalid: It is.

    """
    try:
        yield
    except Missing as error:
        raise Invalid(CHANGED) from error


def _begin_anew(portal: Portal, source: Source, report: Report, entries: int, beyond: Beyond | None) -> Restored:
    with permits.request(uuid4()):
        first, former, witnessed = _write_first(portal, source, report, entries, beyond)
        anew.begin_log(portal.database, former, first)
        with portal.work(RESTORER) as work:
            permit = work.require_on(Action.RESTORE_PORTAL, PortalFacts())
            closed = close_everything(work, permit, source.manifest.made, altered=bool(_altered(report)))
            work.note(permit, step="closed", **{f"ended_{what}": count for what, count in closed.items()})
        while sequence(portal, "restore"):
            pass
        proof = prove_entry(portal, ask(portal), first, checkpoint(portal))
    with portal.database.read() as session:
        origin = origin_of(portal, session)
    return Restored(report, origin, former, entries, witnessed, source.manifest.made, closed, proof)


def _altered(report: Report) -> dict[str, int]:
    """Count what doesn't fit besides what is lost, by code."""
    return {code: count for code, count in sorted(report.codes.items()) if code not in LOSSES}


def _write_first(
    portal: Portal, source: Source, report: Report, entries: int, beyond: Beyond | None
) -> tuple[UUID, str, int]:
    """Write the event that begins the new log; gives its id, the former log, and how far witnesses signed that."""
    stock = look_at(portal, source.folder)
    with portal.work(RESTORER) as work:
        permit = work.require_on(Action.RESTORE_PORTAL, PortalFacts())
        records, head = BackupRecords(work.session), TreeRecords(work.session).head()
        former, witnessed = origin_of(portal, work.session), last_witnessed(portal, work.session)
        altered = _altered(report)
        take_stock(work, source.folder, stock)
        records.add(
            Restoration(
                id=uuid4(),
                number=len(records.restorations()) + 1,
                backup_id=source.manifest.id,
                backed_up_at=source.manifest.made,
                restored_at=work.now,
                origin=former,
                size=entries,
            )
        )
        work.note(
            permit,
            step="restored",
            backup=str(source.manifest.id),
            log=former,
            entries=entries,
            root=head.root.hex() if head else "",
            witnessed=witnessed,
            lost_from=source.manifest.made.isoformat(),
            lost_until=work.now.isoformat(),
            **({"objects_lost": lost} if (lost := report.codes.total() - sum(altered.values())) else {}),
            **({"altered": altered} if altered else {}),
            **({"known": beyond.size, "known_root": beyond.root.hex()} if beyond else {}),
        )
        return permit.event, former, witnessed


def _publish(data: Path) -> None:
    """Give the database its name, and take away the mark of a restore under way."""
    put_in_place(data / UNFINISHED, data / DATABASE)
    (data / RESTORING).unlink(missing_ok=True)  # whoever opens the portal takes it away as well
    keyring_file.sync_folder(data)
