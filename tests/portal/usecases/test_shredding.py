"""What a destroyed key takes with it: whoever holds database, objects and key provider tries all that is to be had."""

import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from portal.app import open_portal
from portal.usecases.keys import retire_key, rotate_keys
from storage.content import open_all, version_context
from storage.database import Database
from storage.errors import Damaged, KeyUnavailable
from storage.fields import FieldCipher, derive
from storage.keyring import _content_place, holder_context, split
from storage.keys.provider import KeyProvider
from storage.objects.folder import FolderStore
from storage.permits import Scope
from storage.tables import KeyHolder, Version
from tests.cast import World
from tests.contents import versions
from tests.databases import ONLY_SQLITE
from tests.filing import put

pytestmark = ONLY_SQLITE  # it looks into the file; what a server keeps of former rows is its own
PURPOSES = ("field", "wrap", "equal", "tag", "about", "guard", "public")


@pytest.fixture(params=["file", "token"])
def keyed(request: pytest.FixtureRequest) -> World:
    """The cast's portal, its keys in a file or on a token."""
    world: World = request.getfixturevalue("world" if request.param == "file" else "moved")
    return world


def readable(data: Path, provider: KeyProvider) -> set[UUID]:
    """Try every object under every key that database and provider give, as every version; gives the versions read."""
    database = Database(data / "portal.db")
    with database.read() as session:
        holders = session.execute(select(col(KeyHolder.scope), col(KeyHolder.version), col(KeyHolder.wrapped))).all()
        rows = session.execute(select(col(Version.id), col(Version.wrapped_key))).all()  # no guard stops a thief
    database.close()
    scopes = list(_opened(holders, provider))
    keys = {key for _, key in scopes} | {derive(key, purpose) for (_, key), purpose in product(scopes, PURPOSES)}
    for row, (scope, key) in product(rows, scopes):
        with suppress(Damaged):
            keys.add(FieldCipher(derive(key, "wrap")).open(_content_place(scope, row.id), split(row.wrapped_key)[1]))
    store = FolderStore(data / "objects")
    found = set()
    for stored in list(store.list()):
        with store.get(stored.name) as chunks:
            sealed = b"".join(chunks)
        for row, key in product(rows, keys):
            with suppress(Damaged):
                assert b"".join(open_all(key, version_context(row.id), [sealed])).startswith(b"%PDF")
                found.add(row.id)
    return found


def _opened(holders: Iterable[Any], provider: KeyProvider) -> Iterator[tuple[Scope, bytes]]:
    for row in holders:
        with suppress(KeyUnavailable):
            yield Scope(row.scope), provider.unwrap(row.wrapped, holder_context(Scope(row.scope), row.version))


def test_a_version_whose_key_was_destroyed_is_read_by_nobody_and_the_others_are(world: World) -> None:
    put(world, "officer", "shared", "Penal code")
    put(world, "officer", "shared", "Procedural code")
    data, provider = world.portal.settings.data, world.portal.keyring.provider
    gone, kept = versions(world)
    assert readable(data, provider) == {gone.id, kept.id}
    world.portal.database.close()
    with sqlite3.connect(data / "portal.db", isolation_level=None) as hand:
        for (name,) in hand.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            hand.execute(f"DROP TRIGGER {name}")
        hand.execute("PRAGMA secure_delete=ON")  # as every connection of the portal has it
        hand.execute(
            "UPDATE version SET wrapped_key = zeroblob(length(wrapped_key)) WHERE object_name = ?", (gone.object_name,)
        )
        hand.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    hand.close()
    assert readable(data, provider) == {kept.id}
    everything = [path.read_bytes() for path in data.rglob("*") if path.is_file()]
    assert any(kept.wrapped_key in one for one in everything)
    assert not any(gone.wrapped_key in one for one in everything)


def test_what_a_destroyed_key_of_the_provider_wrapped_is_read_by_nobody(keyed: World, tmp_path: Path) -> None:
    put(keyed, "officer", "shared", "Penal code")
    settings, provider = keyed.portal.settings, keyed.portal.keyring.provider
    (version,) = versions(keyed)
    keyed.portal.database.close()
    backup = tmp_path / "backup"
    shutil.copytree(settings.data, backup)
    old = provider.current
    with keyed.request():
        rotate_keys(keyed.portal)
    assert readable(backup, provider) == readable(settings.data, provider) == {version.id}
    with keyed.request():
        retire_key(keyed.portal, old)
    assert readable(settings.data, provider) == {version.id}
    assert readable(backup, provider) == set()
    with pytest.raises(KeyUnavailable):
        open_portal(type(settings)(data=backup, keys=settings.keys, pkcs11=settings.pkcs11), keyed.clock)
