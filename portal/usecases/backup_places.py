"""Finds the place of backups that a path names: a folder, or a file that names a bucket; never the portal's own."""

from pathlib import Path

from portal.errors import Invalid
from portal.settings import Settings
from storage.objects.s3 import Bucket, S3Store
from storage.recovery.bucket import BackupBucket, marked
from storage.recovery.folder import BackupFolder
from storage.recovery.places import BackupPlace


def find_place(path: Path) -> BackupPlace:
    """Open a place of backups, to read it.

    Args:
        path: A folder, or a file with settings that name a bucket.

    Raises:
        Invalid: The file names no bucket, or isn't there.
        Missing: There is no place of backups.
        StoreUnavailable: It can't be reached or used.

    """
    return BackupBucket(_bucket_in(path), Path()) if _is_file(path) else BackupFolder(path)


def make_place(path: Path, own: Settings) -> BackupPlace:
    """Open a place of backups, or make one of an empty place that isn't the portal's own.

    Args:
        path: Likewise.
        own: The portal's settings.

    Raises:
        Invalid: The file names no bucket, or isn't there; or the folder lies in the portal's own.
        StoreUnavailable: It can't be reached or used, holds something else, or is the portal's own bucket.

    """
    if _is_file(path):
        return BackupBucket.make(_bucket_in(path), own.data, bucket_of(own) if own.objects == "s3" else None)
    place = path.resolve()
    for taken in (own.data.resolve(), (own.data / "objects").resolve(), own.keys.resolve()):
        if place.is_relative_to(taken) or taken.is_relative_to(place):
            raise Invalid(f"backups can't lie in {taken}, nor it in them: give a folder on another device")
    return BackupFolder.make(path)


def check_holds_none(settings: Settings) -> None:
    """Refuse to keep a portal's objects where backups lie.

    Raises:
        Invalid: They would lie there.
        StoreUnavailable: It can't be reached.

    """
    if settings.objects == "s3" and marked(bucket_of(settings)) is not None:
        raise Invalid(f"backups lie in the bucket {settings.s3_bucket}: a portal's objects go into one of their own")


def bucket_of(settings: Settings) -> Bucket:
    """Give the bucket that settings name.

    Raises:
        Invalid: They name none.

    """
    if not settings.s3_bucket:
        raise Invalid("the setting s3_bucket must name a bucket")
    if settings.s3_credentials and (settings.s3_access_key or settings.s3_secret_key):
        raise Invalid("set s3_credentials, or s3_access_key and s3_secret_key: the store's keys can't stand in both")
    found = Bucket(
        endpoint=settings.s3_endpoint,
        name=settings.s3_bucket,
        access_key=settings.s3_access_key,
        secret_key=settings.s3_secret_key,
        region=settings.s3_region,
        credentials=Path(settings.s3_credentials) if settings.s3_credentials else None,
    )
    try:
        S3Store(found)
    except ValueError as error:
        raise Invalid(f"the setting s3_endpoint or s3_bucket can't be used: {error}") from None
    return found


def _is_file(path: Path) -> bool:
    if path.suffix == ".toml" and not path.exists():
        raise Invalid(f"there is no file {path}")  # and no folder of that name is to be made
    return path.is_file()


def _bucket_in(file: Path) -> Bucket:
    there = Settings().moved_to(file)
    if there.objects != "s3" or not there.s3_bucket:
        raise Invalid("the file must name a bucket: objects = 's3', s3_endpoint, s3_bucket and what opens it")
    return bucket_of(there)
