"""What a destroyed key takes with it, and what not.

Whoever holds database, objects, key provider and the recovery key's shares tries all that is to be had.
"""

import io
import os
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlmodel import col

from portal.access.actions import Action
from portal.app import open_portal
from portal.errors import Conflict, Invalid
from portal.usecases.checks import check_records
from portal.usecases.keys import retire_key, rotate_keys
from portal.usecases.shredding import list_shredded, look_at_version, shred_version
from storage.content import open_all, version_context
from storage.database import Database
from storage.errors import Damaged, KeyUnavailable, StoreUnavailable
from storage.fields import FieldCipher, derive
from storage.holders import PROVIDER, holder_context
from storage.keyring import _content_place, split
from storage.keys.memory import MemoryKeys
from storage.keys.provider import KeyProvider
from storage.objects.folder import FolderStore
from storage.permits import Scope
from storage.recovery import offline, shares
from storage.tables import KeyHolder, Version
from tests.backing_up import backed_up, recoverable
from tests.cast import World
from tests.contents import objects, said, swept, versions
from tests.databases import ONLY_SQLITE
from tests.filing import put, shredded
from tests.web_client import browser

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
    with world.request():
        assert shred_version(world.portal, gone.id), "what the database's log of changes held is gone, too"
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


def test_a_destroyed_version_is_told_of_and_no_damage(world: World) -> None:
    recoverable(world.portal)
    version = shredded(world)
    client = browser(world, "officer")
    answer = client.get(f"/versions/{version.id}/content")
    assert (answer.status_code, "was destroyed" in answer.text) == (410, True)
    put(world, "officer", "shared", "Procedural code")
    archive = client.get(f"/rooms/{version.room_id}/archive")
    assert zipfile.ZipFile(io.BytesIO(archive.content)).namelist() == ["Procedural code.pdf"]
    page = client.get(f"/documents/{version.document_id}").text
    assert "Destroyed" in page
    assert f"/versions/{version.id}/content" not in page
    assert browser(world, "expert_xcc").get(f"/versions/{uuid4()}/content").status_code == 404
    assert version.object_name not in objects(world)
    assert check_records(world.portal).ok
    (event,) = [one for one in said(world, version.room_id) if one["action"] == Action.SHRED_VERSION]
    assert (event["phase"], event["who"]) == ("act", {"machine": "operator"})


def test_it_counts_as_shredded_once_no_backup_from_before_is_kept(world: World, tmp_path: Path) -> None:
    recoverable(world.portal)
    put(world, "officer", "shared", "Penal code")
    (version,) = versions(world)
    backed_up(world.portal, tmp_path / "kept")
    assert [one.number for one in look_at_version(world.portal, version.id).holding] == [1]
    world.clock.forward(timedelta(days=1))
    with world.request():
        shred_version(world.portal, version.id)
    assert [one.number for one in list_shredded(world.portal)[0].holding] == [1]
    world.clock.forward(timedelta(days=1))
    made = backed_up(world.portal, tmp_path / "kept", keep=1)
    assert (made.removed, made.objects, made.missing) == ((1,), 0, ())
    assert list_shredded(world.portal)[0].holding == ()


def test_it_is_done_once_and_what_is_not_there_is_said(world: World) -> None:
    version = shredded(world)
    with world.request(), pytest.raises(Conflict, match="destroyed before"):
        shred_version(world.portal, version.id)
    with pytest.raises(Conflict, match="destroyed before"):
        look_at_version(world.portal, version.id)
    with world.request(), pytest.raises(Invalid, match="no version"):
        shred_version(world.portal, uuid4())


def test_it_is_done_or_it_is_not_and_the_sweeper_takes_what_is_left(world: World) -> None:
    put(world, "officer", "shared", "Penal code")
    (version,) = versions(world)
    with (
        world.request(),
        patch("portal.work.writer.write", side_effect=StoreUnavailable("the log is away")),
        pytest.raises(StoreUnavailable),
    ):
        shred_version(world.portal, version.id)
    assert versions(world)[0].wrapped_key == version.wrapped_key
    assert list_shredded(world.portal) == ()
    with world.request(), patch.object(world.portal.objects, "delete", side_effect=StoreUnavailable("away")):
        shred_version(world.portal, version.id)
    assert objects(world) == [version.object_name]
    path = world.portal.settings.data / "objects" / version.object_name[:2] / version.object_name
    os.utime(path, (0, 0))
    assert swept(world) == 1
    assert objects(world) == []
