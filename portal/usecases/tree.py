"""The log's Merkle tree: moving events into it, and giving out its checkpoint, tiles and entries.

What it gives out discloses nothing of an event: entries are keyed hashes. So nothing of it is asked of the gate, and
looking at it is no event: whoever watches the log would make it grow.
"""

from typing import Final
from urllib.parse import urlsplit

from portal.audit import sequencer
from portal.audit.checkpoints import Checkpoint, log_keys, open_checkpoint, sign
from portal.audit.notes import Key, Malformed
from portal.audit.tree import HASH_BYTES, WIDTH, tile_width
from portal.errors import NotFound
from portal.work import Portal
from storage.repositories.tree import TreeRecords
from storage.signatures import Scheme, Signer
from storage.tree import TreeHead

ENTRY_BYTES: Final = 64


def sequence(portal: Portal, holder: str) -> int:
    """Move a batch of events into the tree; gives how many there were.

    Args:
        portal: The portal.
        holder: Which process asks.

    Raises:
        Damaged: The tree isn't the one that was signed last.

    """
    with portal.database.read() as session:
        if not TreeRecords(session).is_waiting():
            return 0
    signers = _signers(portal)
    with portal.database.begin() as session:
        origin = _origin(portal, TreeRecords(session).head())
        return sequencer.sequence(
            session,
            lambda size, root, at: sign(Checkpoint(origin, size, root), signers, at),
            portal.clock(),
            holder,
        )


def own_keys(portal: Portal) -> tuple[Key, ...]:
    """Give the public keys with which this portal signs its log."""
    with portal.database.read() as session:
        origin = _origin(portal, TreeRecords(session).head())
    return log_keys(origin, _signers(portal))


def is_signed(head: TreeHead, keys: tuple[Key, ...]) -> bool:
    """Tell whether a checkpoint is signed by all of these keys, and for what its row says."""
    try:
        opened = open_checkpoint(head.note, keys)
    except Malformed:
        return False
    said = opened.checkpoint
    return set(opened.signed) == set(keys) and (said.size, said.root) == (head.size, head.root)


def _signers(portal: Portal) -> tuple[Signer, ...]:
    edwards, lattice = portal.keyring.log_seeds()
    return Signer(Scheme.ED25519, edwards), Signer(Scheme.ML_DSA_44, lattice)


def _origin(portal: Portal, head: TreeHead | None) -> str:
    """Name the log: by the portal's address when it began, and ever after."""
    if head is not None:
        return head.note.partition("\n")[0]
    return f"{urlsplit(portal.settings.origin).netloc}/audit/log"


def checkpoint(portal: Portal) -> str:
    """Give the newest checkpoint.

    Raises:
        NotFound: There is none yet.

    """
    with portal.database.read() as session:
        head = TreeRecords(session).head()
    if head is None:
        raise NotFound
    return head.note


def tile(portal: Portal, level: int, number: int, width: int) -> bytes:
    """Give the first hashes of a tile.

    Raises:
        NotFound: The tree hasn't as many there.

    """
    with portal.database.read() as session:
        found = TreeRecords(session).tile(level, number) or b""
    if not 0 < width * HASH_BYTES <= len(found):
        raise NotFound
    return found[: width * HASH_BYTES]


def entries(portal: Portal, number: int, width: int) -> bytes:
    """Give the first entries of a bundle, each after its length (C2SP tlog-tiles).

    Raises:
        NotFound: The tree hasn't as many there.

    """
    with portal.database.read() as session:
        records = TreeRecords(session)
        head = records.head()
        if head is None or not 0 < width <= tile_width(0, number, head.size):
            raise NotFound
        rows = records.leaves(number * WIDTH, width)
    if len(rows) != width:
        raise NotFound
    length = ENTRY_BYTES.to_bytes(2, "big")
    return b"".join(length + sequencer.entry(row.leaf, row.tag) for row in rows)
