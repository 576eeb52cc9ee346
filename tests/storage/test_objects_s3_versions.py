"""What is removed from a bucket that keeps versions is gone, or an error says that it isn't; what it keeps is told."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from minio.commonconfig import ENABLED
from minio.versioningconfig import SUSPENDED, VersioningConfig

from storage.errors import Held, Missing
from storage.objects.s3 import Bucket, Keeping, S3Store
from storage.objects.store import new_name
from tests.faulty_proxy import faulty
from tests.s3_server import another, maker

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def locked(bucket: Bucket) -> Bucket:
    """A bucket in which everything is locked for a day."""
    return another(bucket, "locked")


def versions(where: Bucket, prefix: str) -> list[tuple[str, bool]]:
    """Name every version that begins so, and tell which are delete markers."""
    found: Any = maker(where).list_objects(where.name, prefix=prefix, recursive=True, include_version=True)
    return sorted((one.object_name, one.is_delete_marker) for one in found)


def test_every_version_goes_and_none_of_another_object(versioned: Bucket) -> None:
    client, name = maker(versioned), new_name()
    for key in (name, name, f"{name}b", f"{name}/b", name[:-1]):
        client.put_object(versioned.name, key, io.BytesIO(b"sealed"), 6)
    client.remove_object(versioned.name, name)  # which leaves a marker and all of it
    client.put_object(versioned.name, name, io.BytesIO(b"again"), 5)
    assert len(versions(versioned, name)) == 6
    with faulty(versioned) as (behind, faults):
        S3Store(behind).delete(name)
    assert [method for method, _path in faults.asked] == ["GET", *["DELETE"] * 4], "others aren't even tried"
    assert versions(versioned, name[:-1]) == [(name[:-1], False), (f"{name}/b", False), (f"{name}b", False)]


def test_what_a_bucket_kept_before_it_stopped_goes_too(bucket: Bucket) -> None:
    where, name = another(bucket), new_name()
    store, client = S3Store(where), maker(where)
    store.put(name, [b"before"])
    for status in (ENABLED, SUSPENDED):
        client.set_bucket_versioning(where.name, VersioningConfig(status))
        client.put_object(where.name, name, io.BytesIO(b"sealed"), 6)
    assert len(versions(where, name)) == 2, "the one from before was overwritten by the last"
    assert store.keeping() == Keeping(versioned=True, locked=None)
    store.delete(name)
    assert versions(where, name) == []


def test_what_is_locked_is_said_to_be_there_and_is(locked: Bucket) -> None:
    store, name = S3Store(locked), new_name()
    store.put(name, [b"sealed"])
    for _ in range(2):
        with pytest.raises(Held, match="object lock"):
            store.delete(name)
        with store.get(name) as blocks:
            assert b"".join(blocks) == b"sealed"
    assert [one.name for one in store.list()] == [name], "it is found again once its time is over"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_an_account_that_may_not_remove_versions_is_told(versioned: Bucket, method: str) -> None:
    name = new_name()
    with faulty(versioned) as (behind, faults):
        store = S3Store(behind)
        store.put(name, [b"sealed"])
        faults.set("denied", lambda asked, path: asked == method and "version" in path)
        with pytest.raises(Held, match="may not"):
            store.delete(name)
    assert faults.met
    assert versions(versioned, name) == [(name, False)]


def test_a_store_without_versions_removes_all_the_same(bucket: Bucket) -> None:
    name = new_name()
    with faulty(bucket) as (behind, faults):
        store = S3Store(behind)
        store.put(name, [b"sealed"])
        faults.set("unknown", lambda _asked, path: "version" in path)
        store.delete(name)
        assert store.keeping() == Keeping(versioned=None, locked=None)
    assert faults.met
    with pytest.raises(Missing):
        S3Store(bucket).size(name)


def test_what_a_bucket_keeps_is_told_as_far_as_one_may_ask(bucket: Bucket, versioned: Bucket, locked: Bucket) -> None:
    assert S3Store(bucket).keeping() == Keeping(versioned=False, locked=False)
    assert S3Store(versioned).keeping() == Keeping(versioned=True, locked=None)
    for where, said in (
        (bucket, Keeping(versioned=False, locked=False)),
        (versioned, Keeping(versioned=True, locked=False)),
        (locked, Keeping(versioned=True, locked=True, retention="1 day")),
    ):
        store = S3Store(where)
        store._client = maker(where)  # who may ask for everything
        assert store.keeping() == said


def test_an_upload_that_was_cut_off_is_swept_from_a_bucket_with_versions(versioned: Bucket) -> None:
    store, name = S3Store(versioned), new_name()
    store._client._create_multipart_upload(versioned.name, name, {})
    assert store.sweep(datetime.now(UTC) + timedelta(hours=1)) == 1


def test_the_portals_account_has_the_least_rights(bucket: Bucket, versioned: Bucket) -> None:
    client, elsewhere = S3Store(bucket)._client, "elsewhere"
    maker(bucket).make_bucket(elsewhere)
    for refused in (
        lambda: client.make_bucket("sealed-of-mine"),
        lambda: client.bucket_exists(elsewhere),
        lambda: client.put_object(elsewhere, new_name(), io.BytesIO(b"x"), 1),
        lambda: client.remove_bucket(versioned.name),
    ):
        with pytest.raises(Exception, match=r"[Aa]ccess ?[Dd]enied"):
            refused()
