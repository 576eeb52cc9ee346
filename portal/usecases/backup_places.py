"""Finds the place of backups that a path names: a folder, or a file that says which bucket it is."""

from pathlib import Path

from portal.errors import Invalid
from portal.settings import Settings
from storage.objects.s3 import Bucket
from storage.recovery.bucket import BackupBucket
from storage.recovery.folder import BackupFolder
from storage.recovery.places import BackupPlace


def find_place(path: Path, work: Path, *, make: bool = False) -> BackupPlace:
    """Open a place of backups.

    Args:
        path: A folder, or a file with settings that name a bucket.
        work: The data folder, in which what goes to a bucket is made ready.
        make: An empty place becomes one of backups.

    Raises:
        Invalid: The file names no bucket, or isn't there.
        Missing: There is no place of backups.
        StoreUnavailable: It can't be reached or used.

    """
    if path.suffix == ".toml" and not path.exists():
        raise Invalid(f"there is no file {path}")  # and no folder of that name is to be made
    if not path.is_file():
        return BackupFolder.make(path) if make else BackupFolder(path)
    bucket = bucket_of(Settings().moved_to(path))
    return BackupBucket.make(bucket, work) if make else BackupBucket(bucket, work)


def bucket_of(settings: Settings) -> Bucket:
    """Give the bucket that settings name.

    Raises:
        Invalid: They name none.

    """
    if settings.objects != "s3" or not settings.s3_bucket:
        raise Invalid("the file must name a bucket: objects = 's3', s3_endpoint, s3_bucket and what opens it")
    return Bucket(
        endpoint=settings.s3_endpoint,
        name=settings.s3_bucket,
        access_key=settings.s3_access_key,
        secret_key=settings.s3_secret_key,
        region=settings.s3_region,
    )
