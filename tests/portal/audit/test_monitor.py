"""A monitor that follows the log as it grows, made of the specifications and pymerkle: nothing of the portal's own.

C2SP tlog-tiles, tlog-checkpoint and signed-note; RFC 6962, section 2.1. It is given address and key, as a State is.
"""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pymerkle import InmemoryTree, verify_consistency, verify_inclusion  # type: ignore[import-untyped]

from portal.access.actions import Action
from portal.audit.events import MACHINERY_STREAM, Entry, Phase
from portal.audit.writer import write
from portal.domain.ids import EventId
from portal.usecases.tree import own_keys
from tests.cast import World
from tests.databases import by_hand
from tests.portal.audit.test_sequencer import sequence_all
from tests.web_client import browser

Get = Callable[[str], bytes]  # gives what lies below the log's prefix


@dataclass
class Monitor:
    """Polls a log; keeps what it has read, and the size and root of the last checkpoint."""

    get: Get
    key: str  # as C2SP signed-note writes it: name+id+base64(kind || public key)
    tree: InmemoryTree = field(default_factory=lambda: InmemoryTree(algorithm="sha256"))
    hashes: list[bytes] = field(default_factory=list)  # of entries, from the tiles of level 0
    root: bytes = b""

    def poll(self) -> int:
        """Read what is new, and hold it against what was there before; gives the size."""
        size, root = self.checkpoint()
        old = len(self.hashes)
        assert size >= old, "a log never gets shorter"
        for number in range(old // 256, -(-size // 256)):
            width = min(256, size - number * 256)
            seen = max(0, old - number * 256)
            entries = bundle(self.get(f"tile/entries/{named(number, width)}"))
            tile = halves(self.get(f"tile/0/{named(number, width)}"))
            assert len(entries) == len(tile) == width
            assert self.hashes[number * 256 :] == tile[:seen], "a tile only grows"
            for entry, hashed in zip(entries[seen:], tile[seen:], strict=True):
                self.tree.append_entry(entry)
                assert hashlib.sha256(b"\0" + entry).digest() == hashed
                self.hashes.append(hashed)
        self.above(size)
        assert self.tree.get_size() == size
        assert self.tree.get_root() == root == mth(self.hashes), "the root that was signed is that of all entries"
        if old:
            proof = self.tree.prove_consistency(old, size)
            verify_consistency(self.root, root, proof)
        for index in {0, old, size // 2, size - 1} & set(range(size)):
            verify_inclusion(self.hashes[index], root, self.tree.prove_inclusion(index + 1, size))
        self.root = root
        return size

    def above(self, size: int) -> None:
        """Read the tiles of the levels above: each of their hashes is the root of a full tile below."""
        level, below = 1, self.hashes
        while count := len(below) // 256:
            row = [mth(below[at * 256 : at * 256 + 256]) for at in range(count)]
            for number in range(-(-count // 256)):
                width = min(256, count - number * 256)
                tile = halves(self.get(f"tile/{level}/{named(number, width)}"))
                assert tile == row[number * 256 :][:width]
            level, below = level + 1, row
        assert size >> (8 * level) == 0

    def checkpoint(self) -> tuple[int, bytes]:
        """Read the checkpoint, and check its signature by the key."""
        text, _, signatures = self.get("checkpoint").decode().partition("\n\n")
        name, said, key = self.key.split("+", 2)
        raw = base64.b64decode(key)
        assert raw[:1] == b"\1", "Ed25519"
        assert hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4].hex() == said
        [line] = [one for one in signatures.split("\n") if one.startswith(f"— {name} ") and known(one, said)]
        signature = base64.b64decode(line.split(" ")[2])[4:]
        Ed25519PublicKey.from_public_bytes(raw[1:]).verify(signature, text.encode() + b"\n")
        origin, size, root = text.split("\n")[:3]
        assert origin == name
        return int(size), base64.b64decode(root)


def known(line: str, key: str) -> bool:
    return base64.b64decode(line.split(" ")[2])[:4].hex() == key


def named(number: int, width: int) -> str:
    """Write a tile's number in groups of three figures, and its width unless it is full."""
    figures = str(number).zfill(-(-len(str(number)) // 3) * 3)
    groups = [figures[at : at + 3] for at in range(0, len(figures), 3)]
    return "/".join([*(f"x{one}" for one in groups[:-1]), groups[-1]]) + (f".p/{width}" if width < 256 else "")


def bundle(raw: bytes) -> list[bytes]:
    """Take entries apart, each behind its length of two bytes."""
    found = []
    while raw:
        length = int.from_bytes(raw[:2], "big")
        found.append(raw[2 : 2 + length])
        assert len(found[-1]) == length
        raw = raw[2 + length :]
    return found


def halves(tile: bytes) -> list[bytes]:
    assert len(tile) % 32 == 0
    return [tile[at : at + 32] for at in range(0, len(tile), 32)]


def mth(hashes: list[bytes]) -> bytes:
    """Compute the Merkle tree hash by the words of RFC 6962, 2.1."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return hashlib.sha256(b"\1" + mth(hashes[:split]) + mth(hashes[split:])).digest()


# --- the portal's log, as the monitor meets it


@pytest.fixture
def monitor(world: World) -> Monitor:
    world.portal.settings = replace(world.portal.settings, log_public=True)
    client = browser(world)

    def get(path: str) -> bytes:
        answer = client.get(f"/audit/log/{path}")
        assert answer.status_code == 200, path
        return bytes(answer.content)

    return Monitor(get, own_keys(world.portal)[0].text())


def grow(world: World, events: int) -> None:
    entry = Entry(EventId(uuid4()), MACHINERY_STREAM, Action.SWEEP_OBJECTS, Phase.ACT, world.clock.now, {}, {})
    with world.portal.database.begin() as session:
        write(session, world.portal.keyring, [replace(entry, id=EventId(uuid4())) for _ in range(events)])
    sequence_all(world)


def test_a_monitor_that_is_not_ours_follows_the_log_as_it_grows(world: World, monitor: Monitor) -> None:
    sequence_all(world)
    first = monitor.poll()
    assert 0 < first < 256
    for size in (first, first + 1, 255, 256, 257, 512, 700, 1024):
        if size > first:
            grow(world, size - len(monitor.hashes))
        assert monitor.poll() == size


def test_the_monitor_sees_what_no_log_may_do(world: World, monitor: Monitor) -> None:
    grow(world, 300)
    monitor.poll()
    size, true = len(monitor.hashes), monitor.get
    with by_hand(world.portal.database) as hand:
        hand.allow("tree_tile_only_grows")
        hand("UPDATE tree_tile SET hashes = zeroblob(length(hashes)) WHERE level = 1")
    with pytest.raises(AssertionError):
        monitor.poll()
    forged: dict[str, Get] = {
        "shorter": lambda path: true(path).replace(f"\n{size}\n".encode(), f"\n{size - 1}\n".encode()),
        "another key": lambda path: true(path).replace(b"/audit/log\n", b"/audit/lug\n"),
    }
    for get in forged.values():
        with pytest.raises(InvalidSignature):
            replace(monitor, get=get).checkpoint()
