"""The log's tree as others read it: where it is public, by the addresses of C2SP tlog-tiles, and without an event."""

from dataclasses import replace

import pytest
from sqlalchemy import func
from sqlmodel import select

from portal.audit.checkpoints import open_checkpoint
from portal.audit.tiles import tile_path
from portal.audit.tree import HASH_BYTES, Tree, entry_hash, tile_width
from portal.usecases import tree
from storage.tables import Event
from tests.cast import World
from tests.web_client import Browser, browser

LOG = "/audit/log"


@pytest.fixture
def public(world: World) -> World:
    world.portal.settings = replace(world.portal.settings, log_public=True)
    for _ in range(300):  # more than a tile
        browser(world, "expert_xaa").get("/reviews")
    while tree.sequence(world.portal, "here"):
        pass
    return world


def events(world: World) -> int:
    with world.portal.database.read() as session:
        return session.scalar(select(func.count()).select_from(Event)) or 0


def follow(client: Browser, size: int) -> list[bytes]:
    """Read all entries, as a monitor does that knows the specification alone."""
    found: list[bytes] = []
    for number in range((size + 255) // 256):
        width = tile_width(0, number, size)
        answer = client.get(f"{LOG}/tile/{tile_path('entries', number, width)}")
        assert answer.headers["content-type"] == "application/octet-stream"
        body = answer.content
        while body:
            length = int.from_bytes(body[:2], "big")
            found.append(body[2 : 2 + length])
            body = body[2 + length :]
    return found


def test_a_monitor_follows_the_log_from_its_entries_to_its_signed_root(public: World) -> None:
    client, before = browser(public), events(public)
    answer = client.get(f"{LOG}/checkpoint")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    opened = open_checkpoint(answer.text, tree.own_keys(public.portal))
    assert len(opened.signed) == 2
    size = opened.checkpoint.size
    assert size == before > 256

    def tiles(level: int, number: int, width: int) -> bytes:
        found = client.get(f"{LOG}/tile/{tile_path(level, number, width)}")
        assert found.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert len(found.content) == width * HASH_BYTES
        return found.content

    assert Tree(size, tiles).root() == opened.checkpoint.root
    entries = follow(client, size)
    assert {len(entry) for entry in entries} == {64}
    hashes = b"".join(entry_hash(entry) for entry in entries)
    assert hashes[: 256 * 32] == tiles(0, 0, 256)
    assert hashes[256 * 32 :] == tiles(0, 1, size - 256)
    assert events(public) == before, "whoever watches the log doesn't make it grow"


@pytest.mark.parametrize(
    "path",
    [
        *(
            "tile/0/000.p/300",
            "tile/0/9",
            "tile/0/x001/000",
            "tile/1/000",
            "tile/1/000.p/2",
            "tile/7/000",
            "tile/0/-01",
        ),
        *("tile/entries/000.p/0", "tile/entries/x001/000", "tile/entries/001", "tile/0/001", "tile/0/../checkpoint"),
        *(
            "tile/0/000%00",
            "tile/0/x999/x999/x999/x999/x999/x999/999",
            "tile/entries/x036/x028/x797/x018/x963/967",
            "tile/",
            "tile/0/",
            "tile/64/000",
            "tile/0/000.p/256",
            "tile/0/%D9%A0%D9%A0%D9%A0",
        ),
    ],
)
def test_what_the_tree_has_not_is_not_found(public: World, path: str) -> None:
    assert browser(public).get(f"{LOG}/{path}").status_code == 404


def test_without_the_setting_nobody_reads_it(public: World) -> None:
    public.portal.settings = replace(public.portal.settings, log_public=False)
    for who in (None, "focal_xaa", "administrator"):
        client = browser(public, who) if who else browser(public)
        for path in ("checkpoint", "tile/0/000", "tile/entries/000", "tile/nonsense"):
            assert client.get(f"{LOG}/{path}").status_code == 404


def test_before_its_first_entry_there_is_no_checkpoint(world: World) -> None:
    world.portal.settings = replace(world.portal.settings, log_public=True)
    assert browser(world).get(f"{LOG}/checkpoint").status_code == 404
