"""The portal on PostgreSQL and S3, moved there, beside the same portal on SQLite and a folder."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from minio import Minio

from portal.app import object_store, open_keys
from portal.usecases.relocations import Move, move_portal
from portal.work import utc_now
from storage.objects.s3 import Bucket
from storage.tables import Version
from tests import s3_server
from tests.bench.filled import build, put_large
from tests.bench.measure import Figure, speed_ratio
from tests.bench.running import TRANSFERS, TURNS, drains, pages, served
from tests.bench.wire import PIECE, Wire
from tests.databases import Server

BESIDE: Final = "the same portal on SQLite and a folder"


def figures(folder: Path) -> list[Figure]:
    here, there = folder / "here", folder / "there"
    here.mkdir(parents=True)
    world = build(here)
    large = put_large(world, here / "plain")
    name = object_of(world.portal.database, large)
    world.portal.database.close()
    for part in ("data", "keys"):
        shutil.copytree(here / part, there / part)
    page, token = f"/reviews/{world.files['xaa'].review}", world.members["officer"].token
    plan = {"token": token, "page": page, "file": str(here / "plain"), "folder": str(here)}
    server = Server(("max_connections=200",))
    try:
        server.execute("CREATE DATABASE elsewhere")
        with s3_server.running(folder) as bucket:
            elsewhere = {
                "database": server.address("elsewhere"),
                "objects": "s3",
                "s3_endpoint": bucket.endpoint,
                "s3_bucket": bucket.name,
                "s3_access_key": bucket.access_key,
                "s3_secret_key": bucket.secret_key,
            }
            source = replace(world.portal.settings, data=there / "data", keys=there / "keys")
            target = replace(source, data=there / "new", **elsewhere)
            assert move_portal(Move(source, target, open_keys(source), object_store, utc_now)) is not None
            shutil.rmtree(there / "data")
            (there / "new").rename(there / "data")
            with served(there, {**plan, "elsewhere": elsewhere}) as port, served(here, plan) as other:
                return _figures(Wire(port, token), Wire(other, token), page, large, bucket, name)
    finally:
        server.end()


def _figures(wire: Wire, other: Wire, page: str, large: UUID, bucket: Bucket, name: str) -> list[Figure]:
    beside_client = "the same object taken by the client alone, sealed"
    return [
        Figure(
            "page of a review, on PostgreSQL and S3",
            speed_ratio(pages(wire, page), pages(other, page), TURNS),
            0.6,
            "ratio",
            BESIDE,
        ),
        Figure(
            "download 200 MiB from S3",
            speed_ratio(drains(wire, f"/versions/{large.hex}/content"), alone(bucket, name), TRANSFERS),
            0.7,
            "ratio",
            beside_client,
        ),
    ]


def alone(bucket: Bucket, name: str) -> Callable[[], None]:
    client = Minio(bucket.endpoint.removeprefix("http://"), bucket.access_key, bucket.secret_key, secure=False)

    def act() -> None:
        answer = client.get_object(bucket.name, name)
        for _ in answer.stream(PIECE):
            pass
        answer.close()
        answer.release_conn()

    return act


def object_of(database: Any, version: UUID) -> str:
    with database.read() as session:
        return str(session.get(Version, version).object_name)
