"""`portal doctor` on buckets of each kind, asked by the account that the portal has: what goes, what stays, and why."""

from pathlib import Path

import pytest

from portal.doctor import stores
from portal.doctor.findings import Finding, Mark
from portal.settings import Settings
from storage.objects.s3 import Bucket, S3Store
from tests import s3_server
from tests.faulty_proxy import Faults, faulty
from tests.s3_server import bucket

__all__ = ["bucket"]

pytestmark = pytest.mark.e2e


def found(where: Bucket, tmp_path: Path, account: str = "portal") -> dict[str, Finding]:
    settings = Settings(
        data=tmp_path,
        objects="s3",
        s3_endpoint=where.endpoint,
        s3_bucket=where.name,
        s3_access_key=account,
        s3_secret_key=where.secret_key,
    )
    return {one.check: one for one in stores._objects(settings)[1]}


def test_a_bucket_whose_objects_go_is_sound(bucket: Bucket, tmp_path: Path) -> None:
    for kind, says in (("plain", "no versions"), ("versioned", "all of them go")):
        where = s3_server.another(bucket, kind)
        said = found(where, tmp_path)
        assert {one.mark for one in said.values()} == {Mark.OK}
        assert says in said["removal"].says
        left = s3_server.maker(where).list_objects(where.name, recursive=True, include_version=True)
        assert list(left) == [], "nothing stays of what was tried"


def test_a_bucket_that_locks_what_is_removed_is_told(bucket: Bucket, tmp_path: Path) -> None:
    where = s3_server.another(bucket, "locked")
    said = found(where, tmp_path)
    assert said["removal"].mark is Mark.WRONG
    assert "s3-policy.json" in said["removal"].mend
    assert "removes" not in said["objects"].says
    told = found(where, tmp_path, s3_server.MAKER)["removal"]  # who may ask what it is
    assert (told.mark, "1 day" in told.says) == (Mark.ADVICE, True)


@pytest.mark.parametrize(("asked", "mark"), [("versioning=", Mark.ADVICE), ("versions=", Mark.WRONG)])
def test_an_account_that_may_not_ask_for_versions_is_told(
    bucket: Bucket, tmp_path: Path, asked: str, mark: Mark
) -> None:
    with faulty(bucket) as (behind, faults):
        deny(faults, asked)
        said = found(behind, tmp_path)["removal"]
    assert (said.mark, "s3-policy.json" in said.mend) == (mark, True)
    assert faults.met
    for left in S3Store(bucket).list():
        S3Store(bucket).delete(left.name)


def deny(faults: Faults, asked: str) -> None:
    faults.set("denied", lambda _method, path: asked in path)
