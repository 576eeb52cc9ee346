"""Builds the Portal from its settings, and the web application from the Portal: the only wiring."""

import os
import weakref
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Final
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
from portal.measures import Measures
from portal.measures_server import MeasuresServer
from portal.post import check_post
from portal.rendering.confinement import Confinement
from portal.rendering.office import Office
from portal.rendering.renderer import Renderer
from portal.settings import Settings
from portal.spans import Spans
from portal.usecases.broken_restores import check_unrestored
from portal.usecases.witnesses import load_policy
from portal.web.failures import HANDLERS
from portal.web.measuring import Measured
from portal.web.public import Shelf
from portal.web.routes import is_long, is_machine, is_upload, routes
from portal.web.security import LOOPBACK_NAMES, Guard, Rules
from portal.work import Portal, utc_now
from storage.addresses import is_address
from storage.database import Database, put_in_place
from storage.keyring import Keyring
from storage.keys import keyring_file
from storage.keys.file import FileKeys
from storage.keys.provider import KeyProvider
from storage.objects.folder import FolderStore
from storage.objects.store import ObjectStore
from storage.recovery.folder import RESTORING
from storage.repositories.audit import AuditRecords

LOOK: Final = "see that the data are there (is their disk mounted, do the settings name them?)"
LEFT: Final = timedelta(days=1)  # so long the key of a first start that broke off is taken up by the next


def create_portal(settings: Settings, clock: Callable[[], datetime] = utc_now) -> Portal:
    """Make keys, database and streams for a new portal in an empty folder.

    Raises:
        Invalid: There is a portal already.

    """
    if has_portal(settings):
        raise Invalid(f"there is a portal in {settings.place} already")
    check_unrestored(settings)
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = _first_keys(settings)
    if settings.database:
        _fill(Database(settings.database), keys, clock)
        return open_portal(settings, clock)
    path = settings.database_file
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    _fill(Database(unfinished), keys, clock)
    put_in_place(unfinished, path)  # a crash before this leaves no half-made portal behind
    return open_portal(settings, clock)


def has_portal(settings: Settings) -> bool:
    """Tell whether there is a portal where the settings say.

    Raises:
        Invalid: The database's address isn't one.
        Unprotected: It would be spoken to in the clear.
        DatabaseUnavailable: The database is away.

    """
    if not settings.database:
        return settings.database_file.exists()
    if not is_address(settings.database):
        raise Invalid("the setting database can be empty (SQLite in the folder data) or postgresql://…")
    database = Database(settings.database)
    try:
        return database.has_portal()
    finally:
        database.close()


def open_portal(
    settings: Settings, clock: Callable[[], datetime] = utc_now, policies: Callable[[], Engine] | None = None
) -> Portal:
    """Open a portal that was made before: its keys must open the canary, its policies must validate.

    `policies` gives an engine that is being made already.

    Raises:
        Invalid: There is none, or the settings don't fit together, or the file of the witnesses isn't one.
        KeyUnavailable: The keys are missing, open to others, or not those of this portal.
        PolicyError: The policies can't be used.

    """
    check_unrestored(settings)
    (settings.data / RESTORING).unlink(missing_ok=True)  # of a restore that was killed once all of it was there
    if not has_portal(settings):
        raise Invalid(f"there is no portal in {settings.place}: {how_to_begin(settings)}")
    check_post(settings)
    check_factor(settings)
    database = Database(settings.database_place)
    try:
        return _opened(settings, database, clock, policies or Engine.load)
    except BaseException:
        database.close()
        raise


def _opened(
    settings: Settings, database: Database, clock: Callable[[], datetime], policies: Callable[[], Engine]
) -> Portal:
    database.create()
    database.check_rights()
    keyring = Keyring(open_keys(settings), database, clock)
    keyring.start()
    portal = Portal(settings, database, keyring, object_store(settings), policies(), clock)
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
        from portal.usecases.backup_places import bucket_of
        from storage.objects.s3 import S3Store

        return S3Store(bucket_of(settings))
    raise Invalid(f"the setting objects can be folder or s3, not {settings.objects!r}")


def open_keys(settings: Settings) -> KeyProvider:
    """Open the key provider that the settings name; beside a token, the keyring file that a portal moves from.

    Raises:
        KeyUnavailable: The keys are missing, open to others or away.

    """
    if settings.token is None:
        return FileKeys.load(settings.keys)
    from storage.keys.moving import MovingKeys
    from storage.keys.pkcs11 import TokenKeys

    if os.path.lexists(settings.keys / keyring_file.NAME):
        return MovingKeys(TokenKeys(settings.token), FileKeys.load(settings.keys))
    return TokenKeys.load(settings.token)


def how_to_begin(settings: Settings) -> str:
    """Say what to do where no portal is: where there are keys, there was one, and its data are elsewhere."""
    if settings.token is None and (settings.keys / keyring_file.NAME).exists():
        return f"but there are keys in {settings.keys}: {LOOK}, before you make a new one with `portal init`"
    return "make one with `portal init`"


def _first_keys(settings: Settings) -> KeyProvider:
    """Make the first key, or take the one that an interrupted first start left.

    Raises:
        Invalid: There are keys of a portal that was made before.

    """
    if settings.token is not None:
        from storage.keys.pkcs11 import TokenKeys

        keys = TokenKeys(settings.token)
        keys.begin()
        return keys
    if (settings.keys / keyring_file.NAME).exists():
        left = FileKeys.load(settings.keys)
        if len(left.states()) > 1 or left.begun < utc_now().date() - LEFT:
            raise Invalid(
                f"{settings.keys} holds keys since {left.begun}, of a portal that isn't in {settings.place}: {LOOK}; "
                "for a new portal name another key folder"
            )
        return left
    return FileKeys.create(settings.keys)


def _fill(database: Database, keys: KeyProvider, clock: Callable[[], datetime]) -> None:
    """Make tables, the service key and the streams; what an interrupted start left is taken up."""
    database.create()
    with database.begin() as session:
        Keyring(keys, database, clock).create(session)
        for kind, stream in PORTAL_STREAMS.items():
            AuditRecords(session).add_stream(stream, kind)
    database.close()


def web_app(portal: Portal) -> ASGIApp:
    """Make the web application of a portal, with its walls around it."""
    settings = portal.settings
    host = urlsplit(settings.origin).hostname or ""
    inner = Starlette(routes=routes(), exception_handlers=HANDLERS, lifespan=_lifespan)
    inner.state.portal = portal
    inner.state.passphrases = Passphrases(portal)
    inner.state.helpdesk = Helpdesk(portal)
    inner.state.federation = Federation(portal)
    inner.state.confinement = Confinement()
    inner.state.renderer, inner.state.office = Renderer(inner.state.confinement), Office()
    weakref.finalize(inner, inner.state.confinement.close)  # where no server ends it, as in tests
    inner.state.shelf = Shelf(portal)
    inner.state.measures, inner.state.spans = Measures(portal), Spans(settings.traces_endpoint)
    work = Background(portal, inner.state.measures.stepped, inner.state.spans)
    inner.state.work, inner.state.faults = work, work.faults
    inner.state.measures.watch(work.living)
    rules = Rules(
        hosts=LOOPBACK_NAMES | {host},
        proxies=tuple(ip_network(proxy) for proxy in settings.proxies),
        is_upload=is_upload,
        is_long=is_long,
        is_machine=is_machine,
    )
    return Measured(Guard(inner, rules), inner.state.measures, inner.state.spans)


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    portal: Portal = app.state.portal
    measures: Measures = app.state.measures
    with app.state.spans, MeasuresServer(portal.settings, measures), app.state.work, app.state.confinement:
        yield
