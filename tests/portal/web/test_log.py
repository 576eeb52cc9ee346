"""The log's tree as others read it: where it is public, by the addresses of C2SP tlog-tiles, and without an event."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func
from sqlmodel import select

from portal.access.actions import Action
from portal.audit.checkpoints import cosign, open_checkpoint, witness_keys
from portal.audit.events import MACHINERY_STREAM, Entry, Phase
from portal.audit.notes import read_note
from portal.audit.policy import read_policy
from portal.audit.tiles import tile_path
from portal.audit.tree import HASH_BYTES, Tree, entry_hash, tile_width
from portal.audit.writer import write
from portal.domain.ids import EventId
from portal.usecases import tree
from storage.repositories.tree import TreeRecords
from storage.signatures import Scheme, Signer
from storage.tables import Event
from storage.tree import Cosignature, WitnessAsked
from tests.cast import World
from tests.web_client import Browser, browser

LOG = "/audit/log"


@pytest.fixture
def public(world: World) -> World:
    world.portal.settings = replace(world.portal.settings, log_public=True)
    with world.portal.database.begin() as session:
        entry = Entry(EventId(uuid4()), MACHINERY_STREAM, Action.SWEEP_OBJECTS, Phase.ACT, world.clock.now, {}, {})
        many = [replace(entry, id=EventId(uuid4())) for _ in range(300)]  # more than a tile
        write(session, world.portal.keyring, many)
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


# --- the page of it


@pytest.fixture
def watched(world: World) -> World:
    """Two witnesses, one of a State of the cast, of whom one must agree; the first has signed."""
    signer = Signer(Scheme.ED25519, b"w" * 32)
    (key,) = witness_keys("w.example", [signer])
    (other,) = witness_keys("other.example", [Signer(Scheme.ED25519, b"o" * 32)])
    lines = [f"witness XBB {key.text()}", f"witness Далёкий {other.text()} https://other.example/"]
    text = "\n".join([*lines, "group g any XBB Далёкий", "quorum g", ""])
    world.portal.settings = replace(world.portal.settings, log_public=True)
    world.portal.witness_policy = read_policy(text.encode())
    while tree.sequence(world.portal, "here"):
        pass
    with world.portal.database.begin() as session:
        records = TreeRecords(session)
        head = records.head()
        assert head is not None
        (one,) = cosign(read_note(head.note), "w.example", [signer], world.clock.now)
        records.put_cosignatures([Cosignature(size=head.size, signer=one.name, key_id=one.id, value=one.value)])
        records.put_asked(WitnessAsked(url="https://other.example/", trouble="silent", since=world.clock.now))
    return world


def test_the_page_says_what_each_witness_has_seen(watched: World) -> None:
    for who in ("focal_xaa", "confidentiality", "oversight", "administrator"):
        page = browser(watched, who).get("/log").text
        assert "Belmora" in page
        assert "Далёкий" in page
        assert "doesn’t answer" in page
        assert "not now" not in page


def test_it_is_not_for_everybody_and_looking_at_it_is_an_event(watched: World) -> None:
    for who in ("expert_xaa", "officer", "translator", "observer_xcc"):
        for path in ("/log", "/log/checkpoint.txt", "/log/policy.txt"):
            assert browser(watched, who).get(path).status_code == 404
    before = events(watched)
    browser(watched, "focal_xaa").get("/log")
    assert events(watched) == before + 1


def test_what_one_keeps_is_a_checkpoint_that_the_policy_proves(watched: World) -> None:
    client = browser(watched, "focal_xaa")
    kept, policy = client.get("/log/checkpoint.txt"), read_policy(client.get("/log/policy.txt").content)
    assert kept.headers["content-disposition"].startswith("attachment")
    opened = open_checkpoint(kept.text, [*policy.logs, *(one.key for one in policy.witnesses)])
    assert set(policy.logs) <= set(opened.signed)
    assert policy.agrees(opened.signed)
    assert b"https://" not in policy.text(), "where witnesses are asked is nobody else's"


def test_a_grave_answer_is_said_at_the_top(watched: World) -> None:
    with watched.portal.database.begin() as session:
        TreeRecords(session).put_asked(
            WitnessAsked(url="https://other.example/", trouble="ahead", since=watched.clock.now)
        )
    page = browser(watched, "focal_xaa").get("/log").text
    assert "A witness has seen another log than the portal shows now." in page
    assert "has seen a later log than this one" in page


def test_the_checkpoint_that_is_given_out_is_the_newest_on_which_enough_agree(watched: World) -> None:
    client, portal = browser(watched), watched.portal
    agreed = client.get(f"{LOG}/checkpoint").text
    assert "w.example" in agreed
    watched.clock.forward(timedelta(seconds=30))
    browser(watched, "expert_xaa").get("/reviews")
    while tree.sequence(portal, "here"):
        pass
    assert client.get(f"{LOG}/checkpoint").text == agreed
    watched.clock.forward(timedelta(seconds=40))
    browser(watched, "expert_xaa").get("/reviews")
    while tree.sequence(portal, "here"):
        pass
    newest = open_checkpoint(client.get(f"{LOG}/checkpoint").text, tree.own_keys(portal)).checkpoint
    assert newest.size == events(watched), "witnesses that stay behind hold nothing up"
