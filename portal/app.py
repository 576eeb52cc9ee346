"""Builds the Portal from its settings, and the web application from the Portal: the only wiring."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.types import ASGIApp

from policies.engine import Engine
from portal.audit.events import PORTAL_STREAMS
from portal.background import Background
from portal.errors import Invalid
from portal.identity.federation import Federation
from portal.identity.helpdesk import Helpdesk
from portal.identity.passphrases import Passphrases
from portal.post import check_post
from portal.settings import Settings
from portal.usecases.witnesses import load_policy
from portal.web.failures import HANDLERS
from portal.web.routes import is_long, is_machine, is_upload, routes
from portal.web.security import LOOPBACK_NAMES, Guard, Rules
from portal.work import Portal, utc_now
from storage.database import Database
from storage.keyring import Keyring
from storage.keys import keyring_file
from storage.keys.file import FileKeys
from storage.objects.folder import FolderStore
from storage.objects.s3 import Bucket, S3Store
from storage.objects.store import ObjectStore
from storage.repositories.audit import AuditRecords

DATABASE = "portal.db"


def create_portal(settings: Settings, clock: Callable[[], datetime] = utc_now) -> Portal:
    """Make keys, database and streams for a new portal in an empty folder.

    Raises:
        Invalid: There is a portal already.

    """
    path = settings.data / DATABASE
    if path.exists():
        raise Invalid(f"there is a portal in {settings.data} already")
    for folder in (settings.data, settings.keys):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = _keys(settings.keys)
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    database = Database(unfinished)
    database.create()
    Keyring(keys, database, clock).create()
    with database.begin() as session:
        for kind, stream in PORTAL_STREAMS.items():
            AuditRecords(session).add_stream(stream, kind)
    database.close()
    _publish(unfinished, path)
    return open_portal(settings, clock)


def open_portal(settings: Settings, clock: Callable[[], datetime] = utc_now) -> Portal:
    """Open a portal that was made before: its keys must open the canary, its policies must validate.

    Raises:
        Invalid: There is none, or the settings don't fit together, or the file of the witnesses isn't one.
        KeyUnavailable: The keys are missing, open to others, or not those of this portal.
        PolicyError: The policies can't be used.

    """
    path = settings.data / DATABASE
    if not path.exists():
        raise Invalid(f"there is no portal in {settings.data}: make one with `portal init`")
    check_post(settings)
    check_factor(settings)
    database = Database(path)
    database.create()
    keyring = Keyring(FileKeys.load(settings.keys), database, clock)
    keyring.start()
    portal = Portal(settings, database, keyring, object_store(settings), Engine.load(), clock)
    if settings.witness_policy:
        portal.witness_policy = load_policy(portal, Path(settings.witness_policy))
    return portal


def check_factor(settings: Settings) -> None:
    """Refuse a portal for others in which a passphrase alone lets in.

    Raises:
        Invalid: It is one.

    """
    if not settings.second_factor and not settings.on_this_machine:
        raise Invalid("the setting second_factor can be off only where origin is plain HTTP on this machine")


def object_store(settings: Settings) -> ObjectStore:
    """Open the object store that the settings name."""
    if settings.objects == "folder":
        return FolderStore(settings.data / "objects")
    if settings.objects == "s3":
        return S3Store(
            Bucket(
                endpoint=settings.s3_endpoint,
                name=settings.s3_bucket,
                access_key=settings.s3_access_key,
                secret_key=settings.s3_secret_key,
                region=settings.s3_region,
            )
        )
    raise Invalid(f"the setting objects can be folder or s3, not {settings.objects!r}")


def _keys(folder: Path) -> FileKeys:
    """Make the keyring, or take the one that an interrupted first start left."""
    return FileKeys.load(folder) if (folder / keyring_file.NAME).exists() else FileKeys.create(folder)


def _publish(unfinished: Path, path: Path) -> None:
    """Give the finished database its name: a crash before this leaves no half-made portal behind."""
    for suffix in ("-wal", "-shm"):
        Path(f"{unfinished}{suffix}").unlink(missing_ok=True)
    unfinished.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def web_app(portal: Portal) -> ASGIApp:
    """Make the web application of a portal, with its walls around it."""
    settings = portal.settings
    host = urlsplit(settings.origin).hostname or ""
    inner = Starlette(routes=routes(), exception_handlers=HANDLERS, lifespan=_lifespan)
    inner.state.portal = portal
    inner.state.passphrases = Passphrases(portal)
    inner.state.helpdesk = Helpdesk(portal)
    inner.state.federation = Federation(portal)
    rules = Rules(
        hosts=LOOPBACK_NAMES | {host},
        proxies=tuple(ip_network(proxy) for proxy in settings.proxies),
        is_upload=is_upload,
        is_long=is_long,
        is_machine=is_machine,
    )
    return Guard(inner, rules)


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    portal: Portal = app.state.portal
    with Background(portal):
        yield
