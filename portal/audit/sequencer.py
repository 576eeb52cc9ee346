"""Moves events into the Merkle tree, and signs what it is then (LOG.md, "The tree").

1. One transaction gives a batch its places, lets the tiles grow and keeps the signed checkpoint: after a breakdown all
   of it is there, or nothing.
2. One process does it at a time, whoever holds the lease. That saves work and nothing more: two that both believe they
   hold it would take the same places, which the database gives once, and sign for the same size, which it keeps once.
3. Before anything is added, the tiles are held against the last checkpoint: what was altered is not signed again.
4. Time in checkpoints never goes back, whatever the clock does.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from portal.audit.tree import HASH_BYTES, HEIGHT, WIDTH, Growing, Inconsistent, entry_hash, tile_count
from storage.database import Session
from storage.errors import Damaged
from storage.repositories.tree import TreeRecords
from storage.tree import Lease, TreeHead

BATCH: Final = 1000
LEASE: Final = timedelta(seconds=2)  # so long nobody goes on after a breakdown
NAME: Final = "sequencer"


@dataclass(frozen=True, slots=True)
class Batch:
    """What came into the tree at once: how many entries of each kind and phase, and the tree's size and root then."""

    kinds: Counter[tuple[int, str]]
    size: int
    root: bytes

    @property
    def count(self) -> int:
        """How many entries."""
        return self.kinds.total()


Sign = Callable[[int, bytes, datetime], str]  # size, root and time of a checkpoint; gives its signed note


def entry(leaf: bytes, tag: bytes) -> bytes:
    """Give what the tree holds of an event: leaf and tag, 64 bytes."""
    return leaf + tag


def sequence(session: Session, sign: Sign, now: datetime, holder: str) -> Batch | None:
    """Place a batch of events in a transaction that holds the database's lock; None: there is none, or no lease.

    Raises:
        Damaged: The tree isn't the one that was signed last.

    """
    records = TreeRecords(session)
    if not hold(records, Lease(name=NAME, holder=holder, until=now + LEASE), now):
        return None
    head = records.head()
    growing = signed_edge(records, head)
    records.place(growing.size, BATCH)
    leaves = records.leaves(growing.size, BATCH)
    if not leaves:
        return None
    records.count_times(growing.size)
    records.put_tiles(growing.add([entry_hash(entry(row.leaf, row.tag)) for row in leaves]))
    root, at = growing.root(), max(now, head.at) if head else now
    records.put_head(TreeHead(size=growing.size, root=root, note=sign(growing.size, root, at), at=at))
    return Batch(Counter((row.kind, row.phase) for row in leaves), growing.size, root)


def signed_edge(records: TreeRecords, head: TreeHead | None) -> Growing:
    """Read the right edge of the tree as it was signed last.

    Raises:
        Damaged: It isn't what was signed.

    """
    size, edge, level = head.size if head else 0, [], 0
    while size >> (HEIGHT * level):
        number = (size >> (HEIGHT * level)) // WIDTH
        tile = records.tile(level, number) or b""
        edge.append(tile[: tile_count(size, level) * HASH_BYTES])
        level += 1
    try:
        growing = Growing(size, edge)
    except Inconsistent as error:
        raise Damaged from error
    if head is not None and growing.root() != head.root:
        raise Damaged
    return growing


def hold(records: TreeRecords, wanted: Lease, now: datetime) -> bool:
    """Take or keep a lease; one that would last longer than any is of a clock that was set back, and void."""
    lease, longest = records.lease(wanted.name), wanted.until - now
    lasts = lease is not None and now < lease.until <= wanted.until
    if lease is not None and lasts and lease.holder != wanted.holder:
        return False
    if lease is None or not lasts or lease.until - now <= longest / 2:
        records.put_lease(wanted)
    return True
