"""Backups in a bucket: whole or named incomplete, healed, pruned, of no use to whoever takes them; and a way back."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest

from portal.app import create_portal, object_store, open_keys, open_portal
from portal.cli import main
from portal.errors import Invalid
from portal.settings import Settings
from portal.usecases.backups import Made, make_backup
from portal.usecases.checks import check_records
from portal.usecases.relocations import Move, move_portal
from portal.usecases.restore_places import open_source
from portal.usecases.restores import restore_backup
from storage import permits
from storage.errors import Missing, StoreUnavailable
from storage.objects.s3 import Bucket, S3Store
from storage.objects.store import new_name
from storage.recovery import bucket as places
from storage.recovery import snapshot
from storage.recovery.bucket import BackupBucket
from tests import s3_server
from tests.backing_up import backed_up, recoverable
from tests.cast import World
from tests.conftest import use
from tests.contents import versions
from tests.databases import ONLY_SQLITE
from tests.faulty_proxy import faulty
from tests.filing import put
from tests.s3_server import bucket

__all__ = ["bucket"]

pytestmark = [pytest.mark.e2e, ONLY_SQLITE]


@pytest.fixture
def there(bucket: Bucket) -> Bucket:
    """An empty bucket for backups."""
    return s3_server.another(bucket)


@pytest.fixture
def file(there: Bucket, tmp_path: Path) -> Path:
    return named(there, tmp_path / "backups.toml")


def named(there: Bucket, path: Path) -> Path:
    """Write the file that names a bucket."""
    said = {"endpoint": there.endpoint, "bucket": there.name}
    said |= {"access_key": there.access_key, "secret_key": there.secret_key}
    path.write_text("objects = 's3'\n" + "".join(f"s3_{name} = '{value}'\n" for name, value in said.items()))
    return path


@pytest.fixture
def words(world: World) -> tuple[str, ...]:
    shares = recoverable(world.portal)
    for number in range(2):
        put(world, "officer", "reviewers", f"Draft {number}", name="telling.pdf")
    return shares


def opened(there: Bucket, tmp_path: Path) -> BackupBucket:
    return BackupBucket(there, tmp_path)


def checked(world: World, file: Path, **how: Any) -> Made:
    with permits.request(uuid4()):
        return make_backup(world.portal, file, check=True, **how)


def test_a_portal_comes_back_from_a_bucket(
    world: World, file: Path, there: Bucket, new: Settings, words: tuple[str, ...], tmp_path: Path
) -> None:
    first = backed_up(world.portal, file)
    put(world, "officer", "reviewers", "Later")
    second = backed_up(world.portal, file)
    assert (first.copied, second.copied, second.objects) == (2, 1, 3)
    assert [one.number for one in opened(there, tmp_path).complete()] == [1, 2]
    contents = {one.name: _read(world.portal.objects, one.name) for one in world.portal.objects.list()}
    world.portal.database.close()
    for lost in (world.portal.settings.data, world.portal.settings.keys):
        shutil.rmtree(lost)
    done = restore_backup(new, open_source(file, words[:2], None), None, object_store, world.clock)
    assert done.report.ok, [one.words() for one in done.report.findings]
    portal = open_portal(new, world.clock)
    assert {one.name: _read(portal.objects, one.name) for one in portal.objects.list()} == contents
    assert check_records(portal).ok
    assert backed_up(portal, file).number == 3
    portal.database.close()


def _read(store: Any, name: str) -> bytes:
    with store.get(name) as blocks:
        return b"".join(blocks)


@pytest.mark.usefixtures("words")
def test_what_rotted_there_is_healed_and_what_is_old_goes(
    world: World, file: Path, there: Bucket, tmp_path: Path
) -> None:
    backed_up(world.portal, file)
    place, name = opened(there, tmp_path), versions(world)[0].object_name
    whole = _read(place.objects, name)
    place.objects.delete(name)
    place.objects.put(name, [whole[:-1] + bytes([whole[-1] ^ 1])])
    assert checked(world, file).healed == (name,)
    assert _read(place.objects, name) == whole
    with patch.object(snapshot, "object_names", lambda _path: []):  # as if all had been removed from the portal
        made = checked(world, file, keep=1)
    assert made.removed == (1, 2)
    assert [one.number for one in place.complete()] == [3]
    assert list(place.objects.list()) == []


@pytest.mark.usefixtures("words")
def test_what_object_lock_keeps_stays_whole_and_goes_once_it_may(
    world: World, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    there = s3_server.another(bucket, "locked")
    client, place = s3_server.maker(there), named(there, tmp_path / "locked.toml")
    client.delete_object_lock_config(there.name)  # whose days can't be waited for: a hold locks as well
    backed_up(world.portal, place)
    first = list(S3Store(there).names())
    for name in first:
        client.enable_object_legal_hold(there.name, name)
    use(monkeypatch, world.portal.settings)
    with patch.object(snapshot, "object_names", lambda _path: []):  # as if all had been removed from the portal
        assert main(["backup", str(place), "--keep", "1"]) == 0
    assert "Not removed: backups 1." in capsys.readouterr().out
    assert set(first) < set(S3Store(there).names())
    assert [one.number for one in opened(there, tmp_path).complete()] == [1, 2]
    for name in first:
        client.disable_object_legal_hold(there.name, name)
    with patch.object(snapshot, "object_names", lambda _path: []):
        made = checked(world, place, keep=1)
    assert (made.removed, made.held) == ((1, 2), ())
    left: Any = client.list_objects(there.name, recursive=True, include_version=True)
    assert len(list(left)) == 3, "the mark, and what is left is of the third alone"


@pytest.mark.parametrize("step", ["objects", "database", "manifest"])
def test_what_breaks_off_leaves_the_earlier_ones_and_is_named_and_swept(
    world: World, file: Path, there: Bucket, words: tuple[str, ...], tmp_path: Path, step: str
) -> None:
    backed_up(world.portal, file)
    put(world, "officer", "reviewers", "Later")
    part = {"objects": "/objects/", "database": places._DATABASE, "manifest": places._MANIFEST}[step]
    with faulty(there) as (behind, faults):
        faults.set("503", lambda method, path: method == "PUT" and part in path)
        with pytest.raises(StoreUnavailable):
            backed_up(world.portal, named(behind, tmp_path / "behind.toml"))
        assert faults.met
    place = opened(there, tmp_path)
    assert [one.number for one in place.complete()] == [1]
    assert len(place.incomplete()) == (step == "manifest")
    assert open_source(file, words, None).manifest.number == 1
    assert backed_up(world.portal, file, keep=2).removed == ()
    assert place.incomplete() == []
    assert [one.number for one in place.complete()] == [1, 3]
    left = list((world.portal.settings.data / "backup.sealed").iterdir())
    assert left == [], "nothing of it stays on the machine"


@pytest.mark.usefixtures("words")
def test_whoever_takes_the_bucket_reads_nothing(world: World, file: Path, there: Bucket) -> None:
    backed_up(world.portal, file)
    client, raw = S3Store(there)._client, b""
    for name in S3Store(there).names():
        answer = client.get_object(there.name, name)
        raw += name.encode() + answer.read()
        answer.close()
        answer.release_conn()
    assert len(raw) > 100_000
    secrets = [b"Draft", b"telling", b"Arandia", b"officer", b"SQLite", b"example.org", b"keyring"]
    assert [one for one in secrets if one in raw] == []


def test_a_bucket_of_something_else_or_of_another_portal_is_left_alone(
    world: World, file: Path, there: Bucket, bucket: Bucket, words: tuple[str, ...], tmp_path: Path
) -> None:
    with pytest.raises(Missing, match="no place of backups"):
        open_source(file, words, None)
    other = s3_server.another(bucket)
    S3Store(other).put(new_name(), [b"something else"])
    with pytest.raises(StoreUnavailable, match="something else"):
        backed_up(world.portal, named(other, tmp_path / "other.toml"))
    backed_up(world.portal, file)
    stranger = create_portal(Settings(data=tmp_path / "other", keys=tmp_path / "others"), world.clock)
    recoverable(stranger)
    with pytest.raises(Invalid, match="another portal"):
        backed_up(stranger, file, keep=1)
    stranger.database.close()
    with pytest.raises(Invalid, match="there is no file"):
        backed_up(world.portal, tmp_path / "mistyped.toml")
    assert not (tmp_path / "mistyped.toml").exists()
    (tmp_path / "none.toml").write_text("objects = 'folder'\n")
    with pytest.raises(Invalid, match="must name a bucket"):
        backed_up(world.portal, tmp_path / "none.toml")
    with opened(there, world.portal.settings.data).locked(), pytest.raises(StoreUnavailable, match="Another backup"):
        backed_up(world.portal, file)


@pytest.mark.usefixtures("words")
def test_backups_do_not_lie_in_the_portals_own_bucket_however_it_is_written(
    world: World, file: Path, there: Bucket, tmp_path: Path
) -> None:
    own, port = world.portal.settings.moved_to(file), there.endpoint.rpartition(":")[2]
    for held, why in (([], "own bucket"), ([new_name()], "something else")):
        for name in held:
            S3Store(there).put(name, [b"sealed"])
        for host in ("http://127.0.0.1", "HTTP://LocalHost"):
            other = named(replace(there, endpoint=f"{host}:{port}/"), tmp_path / "other.toml")
            with patch.object(world.portal, "settings", own), pytest.raises(StoreUnavailable, match=why):
                backed_up(world.portal, other)
            assert list(S3Store(there).names()) == held


@pytest.mark.usefixtures("words")
def test_where_backups_lie_no_portal_keeps_its_objects(
    world: World, file: Path, there: Bucket, new: Settings, words: tuple[str, ...], tmp_path: Path
) -> None:
    backed_up(world.portal, file)
    before, own = sorted(S3Store(there).names()), world.portal.settings.moved_to(file)
    with patch.object(world.portal, "settings", own), pytest.raises(StoreUnavailable, match="own bucket"):
        backed_up(world.portal, file)
    with pytest.raises(Invalid, match="backups lie"):
        restore_backup(new.moved_to(file), open_source(file, words, None), None, object_store, world.clock)
    world.portal.database.close()
    target = replace(own, data=tmp_path / "moved")
    move = Move(world.portal.settings, target, open_keys(own), object_store, world.clock)
    with pytest.raises(Invalid, match="backups lie"):
        move_portal(move)
    assert sorted(S3Store(there).names()) == before


@pytest.mark.usefixtures("words")
@pytest.mark.parametrize("endpoint", ["", "objects.example", "https://objects.example:port", "http://objects.example"])
def test_an_address_that_is_none_is_named(world: World, tmp_path: Path, endpoint: str) -> None:
    wrong = named(Bucket(endpoint, "backups", "key", "secret"), tmp_path / "wrong.toml")
    with pytest.raises(Invalid, match="s3_endpoint"):
        backed_up(world.portal, wrong)
    with pytest.raises(Invalid, match="s3_endpoint"):
        object_store(world.portal.settings.moved_to(wrong))


def test_at_the_command_line(
    world: World,
    file: Path,
    words: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    use(monkeypatch, world.portal.settings)
    assert main(["backup", str(file), "--keep", "3"]) == 0
    assert "2 objects, 2 new" in capsys.readouterr().out
    assert main(["restore", str(file), "--list"]) == 0
    assert "2 objects" in capsys.readouterr().out
    shares = []
    for number, share in enumerate(words[:2]):
        (tmp_path / f"share{number}").write_text(share)
        shares += ["--share", str(tmp_path / f"share{number}")]
    assert main(["restore", str(file), "--check", *shares]) == 0
    assert "Everything fits" in capsys.readouterr().out
