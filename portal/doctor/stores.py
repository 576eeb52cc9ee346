"""What a portal keeps: database, keys, policies, objects, log. Nothing is changed, but an object put and taken away."""

import secrets
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

from policies.engine import Engine, PolicyError
from portal.app import has_portal, how_to_begin, object_store, open_keys
from portal.audit.sequencer import signed_edge
from portal.doctor.bucket import removal
from portal.doctor.findings import Finding, Mark
from portal.doctor.network import serves
from portal.errors import Invalid
from portal.settings import Settings
from portal.usecases.backlog import Backlog, backlog
from portal.usecases.broken_restores import check_unrestored
from portal.usecases.tree import is_signed, newest, own_keys
from portal.usecases.witnesses import load_policy
from portal.work import Portal, utc_now
from storage import schema
from storage.database import Database
from storage.errors import Damaged, Held, KeyUnavailable, NoRight, StorageError, Unprotected
from storage.keyring import KEY_LASTS, Keyring
from storage.objects.s3 import S3Store
from storage.objects.store import ObjectStore, new_name
from storage.repositories.backups import BackupRecords
from storage.repositories.tree import TreeRecords

BACKUP_OLD: Final = timedelta(hours=50)  # of backups that are made every night, two have failed
BEHIND: Final = timedelta(minutes=1)  # an event is in the tree within a second
MAIL_WAITS: Final = timedelta(hours=5)  # longer than the longest pause between two tries
PROBE_BYTES: Final = 70_000
RIGHTS: Final = "as their owner, at the prompt of psql: GRANT and REVOKE as there"


class Opened:
    """What could be opened of a portal, for the looks that need it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.database: Database | None = None
        self.portal: Portal | None = None

    def close(self) -> None:
        """Close the database."""
        if self.database is not None:
            self.database.close()


def database(opened: Opened) -> Iterator[Finding]:
    """Open the database as it is; no step is taken."""
    settings = opened.settings
    if (missing := _missing(settings)) is not None:
        yield missing
        return
    place = settings.database_place
    if isinstance(place, Path) and place.stat().st_mode & 0o077:
        yield Finding("database", Mark.WRONG, f"others can read {place}", f"chmod 0600 {place}*")
    found = Database(place)
    if (unfit := _unfit(found)) is not None:
        found.close()
        yield unfit
        return
    opened.database = found
    yield Finding("database", Mark.OK, "it opens, and is at steps on which this release runs")


def _missing(settings: Settings) -> Finding | None:
    """Say why there is no portal to be looked at."""
    try:
        check_unrestored(settings)
    except Invalid as error:
        return Finding("database", Mark.WRONG, str(error), "run portal restore again, with the settings of that time")
    try:
        if has_portal(settings):
            return None
    except Unprotected as error:
        mend = "change the setting database (deploy/README.md, On PostgreSQL): the portal doesn't start with it"
        return Finding("database", Mark.WRONG, str(error), mend)
    except NoRight as error:
        return Finding("database", Mark.WRONG, str(error), RIGHTS)
    except (Invalid, StorageError) as error:
        mend = "see that the address is right, and that the server is up and lets this machine and role in"
        return Finding("database", Mark.WRONG, " ".join(str(error).split()), mend)
    return Finding("database", Mark.WRONG, f"there is no portal in {settings.place}", how_to_begin(settings))


def _unfit(found: Database) -> Finding | None:
    """Say why this release, or its role, doesn't work with a database."""
    try:
        if found.fits():
            found.check_rights()
            return None
        schema.check_here(found.engine)
    except schema.Elsewhere as error:
        return Finding("database", Mark.WRONG, str(error), "use the settings of the place where the portal is now")
    except NoRight as error:
        return Finding("database", Mark.WRONG, str(error), RIGHTS)
    mend = "with a new release run portal fsck, which takes the steps; with a former one go back to the newer"
    return Finding("database", Mark.WRONG, "it isn't at steps on which this release runs", mend)


def keys(opened: Opened) -> Iterator[Finding]:
    """Open the canaries: whoever can't, opens nothing, or not all."""
    try:
        provider = open_keys(opened.settings)
    except StorageError as error:
        mend = "mend what it says; make no new keys: where they are gone, deploy/README.md, When the keys are lost"
        yield Finding("keys", Mark.WRONG, " ".join(str(error).split()), mend)
        return
    if opened.database is None:
        yield Finding("keys", Mark.OK, "the keys are in order; no database to try them on")
        return
    keyring = Keyring(provider, opened.database, utc_now)
    try:
        keyring.start()
    except StorageError as error:
        mend = "bring back the keys that belong to this data (deploy/README.md, When the keys are lost)"
        says = "the canary doesn't open: these keys are another portal's or older"
        yield Finding("keys", Mark.WRONG, str(error) if isinstance(error, KeyUnavailable) else says, mend)
        return
    yield Finding("keys", Mark.OK, "the canaries open, one for each key that wraps anything")
    if provider.begun is not None and provider.begun + KEY_LASTS < utc_now().date():
        mend = "run portal keys rotate, and copy the key folder (deploy/README.md, Keys: rotate, retire)"
        says = f"the key that wraps all others is of {provider.begun}, over a year old"
        yield Finding("keys", Mark.ADVICE, says, mend)
    yield from _policies(opened, keyring)


def _policies(opened: Opened, keyring: Keyring) -> Iterator[Finding]:
    mend = "install the wheel anew: its policies aren't as they were released"
    try:
        engine = Engine.load()
    except PolicyError:
        yield Finding("policies", Mark.WRONG, "they don't validate", mend)
        return
    yield Finding("policies", Mark.OK, "they validate")
    store, findings = _objects(opened.settings)
    yield from findings
    if store is not None and opened.database is not None:
        opened.portal = Portal(opened.settings, opened.database, keyring, store, engine)


def _objects(settings: Settings) -> tuple[ObjectStore | None, list[Finding]]:
    """Put an object, read it, take it away: more than a look at what one may."""
    where = "the bucket" if settings.objects == "s3" else f"{settings.data / 'objects'}"
    try:
        store = object_store(settings)
    except (Invalid, ValueError, StorageError) as error:
        mend = "change the settings objects and s3_*"
        return None, [Finding("objects", Mark.WRONG, " ".join(str(error).split()), mend)]
    name, content = new_name(), secrets.token_bytes(PROBE_BYTES)
    held: Held | None = None
    try:
        store.check()
        store.put(name, [content])
        with store.get(name) as blocks:
            same = b"".join(blocks) == content
        try:
            store.delete(name)
        except Held as error:
            held = error
        kept = [removal(store, held)] if isinstance(store, S3Store) else []
    except StorageError as error:
        mend = f"let the portal's account read, write, list and delete in {where}, and see that it has room"
        return store, [Finding("objects", Mark.WRONG, f"{where}: {' '.join(str(error).split())}", mend)]
    if not same:
        mend = "stop the portal, and look for what changes contents on their way to the store"
        return store, [Finding("objects", Mark.WRONG, f"{where} gives back other bytes than were put", mend)]
    says = f"{where} takes and gives back" if held else f"{where} takes, gives back and removes"
    return store, [Finding("objects", Mark.OK, says), *kept]


def backups(opened: Opened) -> Iterator[Finding]:
    """Look when the last backup was made that came to its end."""
    if opened.portal is None:
        return
    with opened.portal.database.read() as session:
        made = BackupRecords(session).last_whole()
    if made is None:
        mend = "portal keys recovery make, then portal backup every night (deploy/README.md, Back up while it runs)"
        yield Finding("backups", Mark.ADVICE, "none came to its end yet", mend)
        return
    says = f"the last one was made on {made:%d %B %Y, %H:%M} UTC"
    if abs(opened.portal.clock() - made) > BACKUP_OLD:
        mend = "see why portal backup doesn't run every night, or fails: what is done since would be lost"
        yield Finding("backups", Mark.WRONG, says, mend)
    else:
        yield Finding("backups", Mark.OK, says)


def log(opened: Opened) -> Iterator[Finding]:
    """Hold the newest checkpoint against its signatures and its tree, and look whether events wait for the tree."""
    portal = opened.portal
    if portal is None:
        return
    with portal.database.read() as session:
        records = TreeRecords(session)
        head = records.head()
        try:
            signed_edge(records, head)
            whole = head is None or is_signed(head, own_keys(portal))
        except Damaged:
            whole = False
    if not whole:
        mend = "stop the portal, copy data and keys, run portal fsck (deploy/README.md, When something happened)"
        yield Finding("log", Mark.WRONG, "its newest checkpoint isn't what this portal signed", mend)
        return
    size = head.size if head else 0
    yield Finding("log", Mark.OK, f"the newest checkpoint is ours, of {size} entries")
    waits = backlog(portal)
    yield from _sequencer(portal, waits)
    yield from _witnesses(portal)
    yield from _waiting_mail(portal, waits)


def _sequencer(portal: Portal, waits: Backlog) -> Iterator[Finding]:
    if waits.tree_since is None or waits.tree_since > portal.clock() - BEHIND:
        yield Finding("sequencer", Mark.OK, "every event is in the log's tree")
    elif serves(portal.settings):
        mend = "journalctl -u portal says why; a tree that stands can't be witnessed"
        yield Finding("sequencer", Mark.WRONG, f"events wait since {waits.tree_since:%Y-%m-%d %H:%M}", mend)
    else:
        says = f"events wait since {waits.tree_since:%Y-%m-%d %H:%M}"
        yield Finding("sequencer", Mark.ADVICE, says, "start the portal: it moves them into the tree")


def _witnesses(portal: Portal) -> Iterator[Finding]:
    path = portal.settings.witness_policy
    if not path:
        yield Finding("witnesses", Mark.UNUSED, "none watches the log: whoever has machine and keys could rewrite it")
        return
    try:
        portal.witness_policy = load_policy(portal, Path(path))
    except Invalid as error:
        yield Finding("witnesses", Mark.WRONG, str(error), "mend that file: the portal doesn't start with it")
        return
    shown = newest(portal)
    if shown is None or shown.agreed is None:
        mend = "look at the page /log which of them is silent, and ask whoever runs it"
        yield Finding("witnesses", Mark.ADVICE, "too few signed the newest checkpoints", mend)
    else:
        yield Finding("witnesses", Mark.OK, "enough of them signed the newest checkpoints")


def _waiting_mail(portal: Portal, waits: Backlog) -> Iterator[Finding]:
    if not portal.settings.smtp_host or waits.notices_since is None:
        return
    if waits.notices_since < portal.clock() - MAIL_WAITS:
        says = f"{waits.notices} notices wait for the mail, since {waits.notices_since:%Y-%m-%d %H:%M}"
        yield Finding("mail queue", Mark.ADVICE, says, "the page Health names the kind of the last error")
