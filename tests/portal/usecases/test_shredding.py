"""What a destroyed key takes with it, and what not.

Whoever holds database, objects, key provider and the recovery key's shares tries all that is to be had.
"""

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
from storage.holders import PROVIDER, holder_context
from storage.keyring import _content_place, split
from storage.keys.memory import MemoryKeys
from storage.keys.provider import KeyProvider
from storage.objects.folder import FolderStore
from storage.permits import Scope
from storage.recovery import offline, shares
from storage.tables import KeyHolder, Version
from tests.backing_up import recoverable
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


def joined(words: tuple[str, ...]) -> offline.Opener:
    """Join as many shares of a recovery key as are needed."""
    return offline.Opener(shares.join(words[:2]))


def readable(data: Path, provider: KeyProvider, recovery: offline.Opener | None = None) -> set[UUID]:
    """Try every object under every key that the database and those who hold keys give, as every version.

    Args:
        data: The portal's data folder, or a copy of one.
        provider: The key provider, with the keys that are left in it.
        recovery: The recovery key, if enough of its shares came together.

    Returns:
        The versions that were read.

    """
    database = Database(data / "portal.db")
    with database.read() as session:
        holders = session.execute(
            select(col(KeyHolder.scope), col(KeyHolder.version), col(KeyHolder.holder), col(KeyHolder.wrapped))
        ).all()
        rows = session.execute(select(col(Version.id), col(Version.wrapped_key))).all()  # no guard stops a thief
    database.close()
    scopes = list(_opened(holders, provider, recovery))
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


def _opened(
    holders: Iterable[Any], provider: KeyProvider, recovery: offline.Opener | None
) -> Iterator[tuple[Scope, bytes]]:
    for row in holders:
        context = holder_context(Scope(row.scope), row.version, row.holder)
        with suppress(KeyUnavailable, Damaged):
            if row.holder == PROVIDER:
                yield Scope(row.scope), provider.unwrap(row.wrapped, context)
            elif recovery is not None:
                yield Scope(row.scope), recovery.open(row.wrapped, context)


def test_a_version_whose_key_was_destroyed_is_read_by_nobody_and_the_others_are(world: World) -> None:
    put(world, "officer", "shared", "Penal code")
    put(world, "officer", "shared", "Procedural code")
    recovery = joined(recoverable(world.portal))
    data, provider = world.portal.settings.data, world.portal.keyring.provider
    gone, kept = versions(world)
    assert readable(data, provider) == readable(data, MemoryKeys(), recovery) == {gone.id, kept.id}
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
    assert readable(data, provider, recovery) == {kept.id}
    everything = [path.read_bytes() for path in data.rglob("*") if path.is_file()]
    assert any(kept.wrapped_key in one for one in everything)
    assert not any(gone.wrapped_key in one for one in everything)


def test_what_a_destroyed_key_of_the_provider_wrapped_is_read_by_no_key_of_the_provider(
    keyed: World, tmp_path: Path
) -> None:
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


def test_a_copy_of_the_data_from_before_a_key_was_destroyed_still_opens_by_the_shares_of_its_recovery_key(
    world: World, tmp_path: Path
) -> None:
    put(world, "officer", "shared", "Penal code")
    recovery = joined(recoverable(world.portal))
    settings, provider = world.portal.settings, world.portal.keyring.provider
    (version,) = versions(world)
    world.portal.database.close()
    copy = tmp_path / "copy"
    shutil.copytree(settings.data, copy)
    old = provider.current
    with world.request():
        rotate_keys(world.portal)
        retire_key(world.portal, old)
    assert readable(copy, provider) == set()
    assert readable(copy, provider, offline.Opener(offline.new_seed())) == set()
    assert readable(copy, provider, recovery) == {version.id}
