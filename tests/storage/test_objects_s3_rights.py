"""The policy that is shipped for the account gives the rights that the store's calls take, and no others."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from storage.objects.s3 import Bucket, S3Store
from storage.objects.store import new_name
from tests.faulty_proxy import Faults, faulty

pytestmark = pytest.mark.e2e

POLICY = Path(__file__).parents[2] / "deploy" / "s3-policy.json"
# what Amazon's service authorization reference asks for each call (Actions defined by Amazon S3)
OF_BUCKET = {
    "versioning": "GetBucketVersioning",
    "object-lock": "GetBucketObjectLockConfiguration",
    "uploads": "ListBucketMultipartUploads",
    "versions": "ListBucketVersions",
    "list-type": "ListBucket",
}
OF_OBJECT = {"GET": "GetObject", "HEAD": "GetObject", "PUT": "PutObject", "POST": "PutObject"}


def right(method: str, path: str) -> tuple[str, bool]:
    """Name the right that a request takes, and tell whether it is over an object."""
    where = urlsplit(path)
    query = set(parse_qs(where.query, keep_blank_values=True))
    if "/" not in unquote(where.path).strip("/"):
        assert method in {"GET", "HEAD"}
        return next((OF_BUCKET[one] for one in OF_BUCKET if one in query), "ListBucket"), False
    if method != "DELETE":
        assert query <= {"uploads", "uploadId", "partNumber"}, "a request for something else takes another right"
        return OF_OBJECT[method], True
    if "uploadId" in query:
        return "AbortMultipartUpload", True
    return "DeleteObjectVersion" if "versionId" in query else "DeleteObject", True


def use_all(store: S3Store, faults: Faults) -> set[str]:
    """Do all that the store can do; gives what that is."""

    def broken() -> Iterator[bytes]:
        yield bytes(9 * 1024**2)
        raise ConnectionResetError

    name = new_name()
    store.check()
    store.keeping()
    store.put(name, [b"sealed"])
    with store.get(name, 1, 4) as blocks:
        assert b"".join(blocks) == b"eal"
    assert [f"prefix/{one.name}" for one in store.list()] == list(store.names()) == [f"prefix/{name}"]
    store.delete(name)
    store.put(name, [bytes(9 * 1024**2)])
    assert store.size(name) == 9 * 1024**2
    with pytest.raises(ConnectionResetError):
        store.put(new_name(), broken())
    store._client._create_multipart_upload(store._bucket, f"prefix/{new_name()}", {})
    assert store.sweep(datetime.now(UTC) + timedelta(days=1)) == 1
    faults.set("unknown", lambda _method, path: "versions=" in path)  # as a store does that knows none
    store.delete(name)
    return {"check", "keeping", "put", "get", "list", "names", "delete", "size", "sweep"}


def test_the_policy_gives_what_the_calls_take_and_nothing_else(versioned: Bucket) -> None:
    with faulty(versioned) as (behind, faults):
        used = use_all(S3Store(behind, "prefix/"), faults)
    assert used == {name for name in dir(S3Store) if not name.startswith("_")}, "each is to be tried here"
    taken = {right(*asked) for asked in faults.asked}
    given = {
        (action.removeprefix("s3:"), one["Resource"].endswith("BUCKET/*"))
        for one in json.loads(POLICY.read_text())["Statement"]
        for action in one["Action"]
    }
    assert given == taken
