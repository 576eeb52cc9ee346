"""Objects in a bucket of any S3-compatible store, through the minio client.

1. Outside this machine only TLS; every call has its time limits and few retries.
2. An object is sent in parts of 8 MiB, one at a time: memory stays constant, and a put that fails is aborted.
3. The client can't ask for "only if absent": a put looks first, and names are random 128-bit numbers.
4. Whatever the client or its transport raise leaves here as one of `storage.errors`.
5. Keys that stand in a file are read anew for each request, so that they can change meanwhile (s3_credentials.py).
6. What is removed is removed with all its versions, whether or not the bucket is known to keep any. Where one can't be,
   for object lock or for want of a right, that is an error.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import urlsplit

import certifi
from minio import Minio
from minio.commonconfig import ENABLED
from minio.error import MinioException, S3Error
from minio.helpers import ObjectWriteResult, md5sum_hash
from minio.versioningconfig import SUSPENDED
from urllib3 import PoolManager
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse
from urllib3.util import Retry, Timeout

from storage.errors import Exists, Full, Held, Missing, StoreUnavailable
from storage.hosts import is_loopback
from storage.objects.s3_credentials import CredentialsFile
from storage.objects.store import BLOCK, Stored, checked_name, checked_range, is_name

# Memory a put takes is a few parts; 10,000 parts, the most that S3 allows, make 80 GiB.
_PART = 8 * 1024 * 1024
_CONNECT_SECONDS = 5
_READ_SECONDS = 30
_ABSENT = {"NoSuchKey", "NoSuchObject", "NoSuchVersion"}
_FULL = {"InsufficientStorage", "QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded"}
_BEYOND_THE_END = {"InvalidRange"}
_HELD = {"AccessDenied", "InvalidRequest", "ObjectLocked"}  # the second: how MinIO says that an object is locked
_NO_VERSIONS = {"NotImplemented"}  # of a store that knows no versions at all
_NO_LOCK = {"ObjectLockConfigurationNotFoundError"}


@dataclass(frozen=True, slots=True, repr=False)
class Bucket:
    """Where the bucket is and what opens it; without a printed form, since it holds a secret."""

    endpoint: str
    name: str
    access_key: str
    secret_key: str
    region: str = "us-east-1"
    credentials: Path | None = None  # a file that has the keys, in place of these two


@dataclass(frozen=True, slots=True)
class Keeping:
    """What a bucket keeps of what is removed.

    Attributes:
        versioned: Whether it keeps versions, or once did; None: the account may not ask.
        locked: Whether versions can be locked in it; None: likewise.
        retention: How long each one is, unless it says otherwise, as `30 days`; empty: not at all, or unknown.

    """

    versioned: bool | None
    locked: bool | None
    retention: str = ""


class S3Store:
    """An object store in one bucket, which must be there already; a prefix keeps several of them apart in it."""

    def __init__(self, bucket: Bucket, prefix: str = "") -> None:
        where = urlsplit(bucket.endpoint)
        if where.scheme not in {"http", "https"} or not where.hostname or where.path not in {"", "/"}:
            raise ValueError("The endpoint of the object store is like https://objects.example.")
        if where.scheme == "http" and not is_loopback(where.hostname):
            raise ValueError("An object store on another machine must be reached through https.")
        self._bucket, self._prefix = bucket.name, prefix
        self._client = _Client(
            where.netloc,
            access_key=bucket.access_key,
            secret_key=bucket.secret_key,
            credentials=CredentialsFile(bucket.credentials) if bucket.credentials else None,
            secure=where.scheme == "https",
            # Known beforehand, or the client asks for it at the first call.
            region=bucket.region,
            http_client=_transport(),
        )

    def put(self, name: str, chunks: Iterable[bytes]) -> int:
        """Store an object durably and return its number of bytes.

        When the answer to the last request gets lost, the object may be there although this raises.

        Raises:
            Exists: The name is taken.
            Full: There is no space left.
            StoreUnavailable: The store is away or too slow.

        """
        with suppress(Missing):
            self.size(name)
            raise Exists("The name is taken.")
        source = _Source(chunks)
        try:
            with _translated():
                self._client.put_object(
                    self._bucket,
                    self._prefix + name,
                    cast("BinaryIO", source),  # the client only reads from it
                    length=-1,
                    part_size=_PART,
                    num_parallel_uploads=1,
                )
        except StoreUnavailable:
            # The caller's own failure, which the client met while reading, is the one to tell.
            if source.failure is not None:
                raise source.failure from None
            raise
        return source.size

    @contextmanager
    def get(self, name: str, start: int = 0, stop: int | None = None) -> Iterator[Iterator[bytes]]:
        """Read an object from `start` up to `stop`.

        Raises:
            Missing: There is no such object.
            StoreUnavailable: The store is away or too slow.

        """
        checked_range(start, stop)
        response = self._response(name, start, stop)
        if response is None:
            yield iter(())
            return
        try:
            yield _read(response)
        finally:
            response.close()
            response.release_conn()

    def _response(self, name: str, start: int, stop: int | None) -> BaseHTTPResponse | None:
        """Ask for a range; none when it is empty, which S3 can't express."""
        if start == stop:
            self.size(name)
            return None
        checked_name(name)
        length = 0 if stop is None else stop - start  # 0 means up to the end
        with _translated():
            try:
                return self._client.get_object(self._bucket, self._prefix + name, offset=start, length=length)
            except S3Error as refused:
                if refused.code not in _BEYOND_THE_END:
                    raise
        return None

    def size(self, name: str) -> int:
        """Say how many bytes an object has.

        Raises:
            Missing: There is no such object.
            StoreUnavailable: The store is away or too slow.

        """
        checked_name(name)
        with _translated():
            size = self._client.stat_object(self._bucket, self._prefix + name).size
        if size is None:
            raise StoreUnavailable("The object store doesn't say how large its objects are.")
        return size

    def delete(self, name: str) -> None:
        """Remove an object and all its versions; one that isn't there is removed already.

        Raises:
            Held: Something of it stays: it is locked, or the account may not remove versions.
            StoreUnavailable: The store is away or too slow.

        """
        checked_name(name)
        held: Held | None = None
        for version in self._versions(self._prefix + name):
            try:
                with suppress(Missing), _translated(removing=True):
                    self._client.remove_object(self._bucket, self._prefix + name, version)
            except Held as error:
                held = error
        if held is not None:
            raise held

    def _versions(self, key: str) -> list[str | None]:
        """Name the versions and delete markers of exactly this object; None is the object of a store without any."""
        with _translated(removing=True):
            try:
                # others that begin alike are found, too
                found = list(self._client.list_objects(self._bucket, prefix=key, recursive=True, include_version=True))
            except S3Error as refused:
                if refused.code not in _NO_VERSIONS:
                    raise
                return [None]
        return [one.version_id for one in found if one.object_name == key]

    def keeping(self) -> Keeping:
        """Ask what the bucket keeps of what is removed.

        Raises:
            StoreUnavailable: The store is away or too slow.

        """
        with _translated():
            try:
                versioned = self._client.get_bucket_versioning(self._bucket).status in {ENABLED, SUSPENDED}
            except (S3Error, ValueError):
                return Keeping(None, None)
            if not versioned:
                return Keeping(versioned=False, locked=False)  # a lock needs versions
            try:
                lock = self._client.get_object_lock_config(self._bucket)
            except (S3Error, ValueError) as refused:
                known = isinstance(refused, S3Error) and refused.code in _NO_LOCK
                return Keeping(versioned=True, locked=False if known else None)
        count, unit = lock.duration, str(lock.duration_unit).lower()
        retention = f"{count} {unit.removesuffix('s') if count == 1 else unit}" if count else ""
        return Keeping(versioned=True, locked=True, retention=retention)

    def list(self) -> Iterator[Stored]:
        """List all objects, in the order of their names.

        Raises:
            StoreUnavailable: The store is away or too slow.

        """
        with _translated():
            for found in self._client.list_objects(self._bucket, prefix=self._prefix, recursive=True):
                name = (found.object_name or "").removeprefix(self._prefix)
                if is_name(name) and found.last_modified:
                    yield Stored(name, found.size or 0, found.last_modified)

    def names(self) -> Iterator[str]:
        """Name whatever lies under the prefix, in full.

        Raises:
            StoreUnavailable: The store is away or too slow.

        """
        with _translated():
            for found in self._client.list_objects(self._bucket, prefix=self._prefix, recursive=True):
                yield found.object_name or ""

    def sweep(self, before: datetime) -> int:
        """Abort multipart uploads that never ended.

        Raises:
            StoreUnavailable: The store is away or too slow.

        """
        swept = 0
        with _translated():
            # The client offers no public call for these two.
            found = self._client._list_multipart_uploads(self._bucket)  # noqa: SLF001 - see above
            for upload in found.uploads:
                begun, upload_id = upload.initiated_time, upload.upload_id
                ours = (upload.object_name or "").startswith(self._prefix)
                if ours and begun is not None and begun < before and upload_id is not None:
                    abort = self._client._abort_multipart_upload  # noqa: SLF001 - see above
                    abort(self._bucket, upload.object_name, upload_id)
                    swept += 1
        return swept

    def check(self) -> None:
        """Find out whether the bucket can be reached.

        Raises:
            StoreUnavailable: It can't.

        """
        with _translated():
            there = self._client.bucket_exists(self._bucket)
        if not there:
            raise StoreUnavailable(f"The object store has no bucket {self._bucket}.")


class _Client(Minio):
    """Sends a hash with each content, by TLS or not: servers pass over the signed one, and keep what was altered."""

    def _put_object(
        self,
        bucket_name: str,
        object_name: str,
        data: bytes,
        headers: dict[str, Any] | None = None,
        query_params: dict[str, Any] | None = None,
    ) -> ObjectWriteResult:
        hashed = {**(headers or {}), "Content-MD5": md5sum_hash(data)}
        return super()._put_object(bucket_name, object_name, data, hashed, query_params)


class _Source:
    """Chunks as a file that the client reads; remembers the failure of the chunks themselves."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._held = bytearray()
        self.size = 0
        self.failure: BaseException | None = None

    def read(self, wanted: int) -> bytes:
        """Read exactly `wanted` bytes, fewer only at the end."""
        try:
            while len(self._held) < wanted and (chunk := next(self._chunks, None)) is not None:
                self._held += chunk
        except BaseException as failure:
            self.failure = failure
            raise
        data = bytes(memoryview(self._held)[:wanted])
        del self._held[:wanted]
        self.size += len(data)
        return data


def _read(response: BaseHTTPResponse) -> Iterator[bytes]:
    def block() -> bytes:  # not kept here while whoever reads is busy with it
        with _translated():
            return response.read(BLOCK)

    return iter(block, b"")


def _transport() -> PoolManager:
    return PoolManager(
        timeout=Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS),
        maxsize=32,
        cert_reqs="CERT_REQUIRED",
        ca_certs=os.environ.get("SSL_CERT_FILE") or certifi.where(),
        # a redirect would lead past the checks of the endpoint, to another address or out of TLS: it is an error
        retries=Retry(total=2, redirect=False, backoff_factor=0.2, status_forcelist=[500, 502, 503, 504]),
    )


@contextmanager
def _translated(*, removing: bool = False) -> Iterator[None]:
    try:
        yield
    except S3Error as cause:
        if cause.code in _ABSENT:
            raise Missing("The object isn't there.") from cause
        if cause.code in _FULL:
            raise Full("The object store has no space left.") from cause
        if removing and cause.code in _HELD:
            raise Held(
                "The object store doesn't let go of what was to be removed: object lock keeps it until its time is "
                "over, or the account may not list and delete versions."
            ) from cause
        why = cause.code if cause.code and cause.code.isalnum() else "no reason given"
        raise StoreUnavailable(f"The object store refused: {why}.") from cause
    except (MinioException, HTTPError, OSError, SyntaxError) as cause:  # the last: what was answered is no XML
        raise StoreUnavailable("The object store can't be reached now.") from cause
