"""Checks a whole log from what it shows to everybody, with neither database nor portal (C2SP tlog-tiles).

1. The checkpoint must be signed by every key that is given.
2. Every entry is hashed anew and held against the tiles of level 0; every full tile's root against the tile above.
3. The root over all of it must be the one that was signed; memory stays the same however long the log is.
4. With earlier checkpoints: the log must go on from each. Where it doesn't, what was changed lies behind the last one
   from which it does. If one is of the log before a restoration, which the same keys signed under the name that it
   had, its entries must stand in this one in their order, after one new entry for each restoration in between
   (LOG.md, "After a restoration").
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from portal.audit.checkpoints import Checkpoint, open_checkpoint, read_checkpoint
from portal.audit.notes import Key, Malformed, read_note
from portal.audit.tiles import ENTRIES, tile_path
from portal.audit.tree import HASH_BYTES, WIDTH, Growing, Inconsistent, Tree, check_consistency, entry_hash, tile_width

LENGTH_BYTES: Final = 2

Read = Callable[[str], bytes]  # gives what lies at an address below the log's prefix
Look = Callable[[int, Sequence[bytes]], None]  # is given entries, and the place of the first


class Wrong(Exception):
    """The log isn't what it should be; the words say where."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A log that is whole, and goes on from these checkpoints."""

    checkpoint: Checkpoint
    since: tuple[Checkpoint, ...]


def verify_log(
    read: Read,
    keys: Sequence[Key],
    since: Sequence[str] = (),
    look: Look = lambda _first, _entries: None,
) -> Verified:
    """Check a log from its first entry to its last.

    Args:
        read: Reads the log.
        keys: The keys that must have signed the checkpoint.
        since: Earlier checkpoints of it, signed by the same keys.
        look: Sees the entries, too.

    Raises:
        Wrong: It isn't whole.

    """
    checkpoint = _signed(_text(read), keys, "the checkpoint")
    earlier = sorted((_earlier(one, keys, checkpoint.origin) for one in since), key=lambda one: one.size)
    former = [_Former(one, checkpoint.origin) for one in earlier if one.origin != checkpoint.origin]
    growing = Growing(0, [])
    for entries in _entries(read, checkpoint.size):
        look(growing.size, entries)
        hashes = [entry_hash(one) for one in entries]
        for one in former:
            one.see(growing.size, hashes)
        _hold(read, checkpoint.size, growing.add(hashes))
    if growing.root() != checkpoint.root:
        raise Wrong(f"the {checkpoint.size} entries don't give the root that was signed")
    for one in former:
        one.check()
    _goes_on(read, [one for one in earlier if one.origin == checkpoint.origin], checkpoint)
    return Verified(checkpoint, tuple(earlier))


class _Former:
    """The log before a restoration, as it stands in the one after it."""

    def __init__(self, earlier: Checkpoint, origin: str) -> None:
        self._earlier, self._growing = earlier, Growing(0, [])
        self._first = _count(origin) - _count(earlier.origin)
        if self._first < 1:
            raise Wrong(f"the earlier checkpoint is of another log: {earlier.origin}")

    def see(self, place: int, hashes: Sequence[bytes]) -> None:
        """Take what is the former log's of these entries."""
        start = max(0, self._first - place)
        left = self._earlier.size - self._growing.size
        self._growing.add(hashes[start : start + left])

    def check(self) -> None:
        if (self._growing.size, self._growing.root()) != (self._earlier.size, self._earlier.root):
            raise Wrong(
                f"the earlier checkpoint of {self._earlier.size} entries is of the log before a restoration, and not "
                "all of these stand in this one: they came after the backup and are lost, or something was changed"
            )


def _count(origin: str) -> int:
    """Tell which of a portal's logs this is, by its name."""
    number = origin.partition("/audit/log/")[2]
    return int(number) if number.isascii() and number.isdecimal() else 1


def _earlier(since: str, keys: Sequence[Key], origin: str) -> Checkpoint:
    """Read an earlier checkpoint; one under another name must be signed by the log's own keys under that name."""
    try:
        name = read_checkpoint(read_note(since).text).origin
    except Malformed as error:
        raise Wrong(f"the earlier checkpoint: {error}") from error
    if name != origin:
        keys = [replace(key, name=name) for key in keys if key.name == origin]
        if not keys:
            raise Wrong(f"the earlier checkpoint is of another log: {name}")
    return _signed(since, keys, "the earlier checkpoint")


def _signed(whole: str, keys: Sequence[Key], what: str) -> Checkpoint:
    try:
        opened = open_checkpoint(whole, keys)
    except Malformed as error:
        raise Wrong(f"{what}: {error}") from error
    if missing := [key for key in keys if key not in opened.signed]:
        raise Wrong(f"{what} isn't signed by {missing[0].name} with the key {missing[0].id.hex()}")
    return opened.checkpoint


def _text(read: Read) -> str:
    try:
        return read("checkpoint").decode()
    except UnicodeDecodeError as error:
        raise Wrong("the checkpoint isn't text") from error


def _entries(read: Read, size: int) -> Iterator[list[bytes]]:
    """Read the entries, tile by tile."""
    for number in range(-(-size // WIDTH)):
        width = tile_width(0, number, size)
        yield _bundle(read(f"tile/{tile_path(ENTRIES, number, width)}"), number, width)


def _bundle(raw: bytes, number: int, width: int) -> list[bytes]:
    found, at = [], 0
    while at < len(raw):
        start = at + LENGTH_BYTES
        at = start + int.from_bytes(raw[at:start], "big")
        found.append(raw[start:at])
    if len(found) != width or at != len(raw):
        raise Wrong(f"the entries from {number * WIDTH} on aren't {width}, as the checkpoint says")
    return found


def _hold(read: Read, size: int, tiles: dict[tuple[int, int], bytes]) -> None:
    """Compare tiles that nothing comes to any more with those of the log."""
    for (level, number), hashes in tiles.items():
        width = tile_width(level, number, size)
        if len(hashes) < width * HASH_BYTES:
            continue  # it is still growing
        found = read(f"tile/{tile_path(level, number, width)}")
        if found != hashes:
            raise Wrong(
                f"tile {number} of level {level} isn't what the entries give, from {_differs(found, hashes)} on"
            )


def _differs(found: bytes, hashes: bytes) -> int:
    pairs = range(0, len(hashes), HASH_BYTES)
    return next((at // HASH_BYTES for at in pairs if found[at : at + HASH_BYTES] != hashes[at : at + HASH_BYTES]), 0)


def _goes_on(read: Read, earlier: Sequence[Checkpoint], now: Checkpoint) -> None:
    """Hold a log against earlier checkpoints, by their sizes."""

    def tiles(level: int, number: int, width: int) -> bytes:
        path = f"tile/{tile_path(level, number, width)}"
        found = read(path)
        if len(found) != width * HASH_BYTES:  # it may answer otherwise than before
            raise Wrong(f"{path} has another length than the checkpoint says")
        return found

    same = 0  # so many entries are what they were
    for one in earlier:
        try:
            proof = Tree(now.size, tiles).consistency(one.size)
            check_consistency(one.size, one.root, now.size, now.root, proof)
        except (Inconsistent, ValueError) as error:
            raise Wrong(
                f"the log doesn't go on from the earlier checkpoint of {one.size} entries; "
                f"the first of them that isn't what it was is one of those from {same} to {one.size - 1}"
            ) from error
        same = one.size
