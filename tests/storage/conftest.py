"""Object stores for the storage tests: in memory, in a folder, and a real S3 server on loopback."""

from pathlib import Path

import pytest

from storage.objects.folder import FolderStore
from storage.objects.memory import MemoryStore
from storage.objects.s3 import Bucket, S3Store
from storage.objects.store import ObjectStore
from tests.s3_server import another, bucket

__all__ = ["bucket"]


@pytest.fixture(scope="session")
def versioned(bucket: Bucket) -> Bucket:
    """A bucket that keeps versions."""
    return another(bucket, "versioned")


@pytest.fixture(
    params=["memory", "folder", *(pytest.param(one, marks=pytest.mark.e2e) for one in ("bucket", "versioned"))]
)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    match request.param:
        case "memory":
            return MemoryStore()
        case "folder":
            return FolderStore(tmp_path / "objects")
        case _:
            return S3Store(request.getfixturevalue(request.param))
