"""The log's Merkle tree: moving events into it, and giving out its checkpoint, tiles and entries.

What it gives out discloses nothing of an event: entries are keyed hashes. So nothing of it is asked of the gate, and
looking at it is no event: whoever watches the log would make it grow.
"""

from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from portal.audit import sequencer
from portal.audit.checkpoints import Checkpoint, log_keys, open_checkpoint, sign
from portal.audit.notes import Key, Malformed, Signature, of_key
from portal.audit.tree import HASH_BYTES, WIDTH, tile_width
from portal.audit.witnessing import with_signatures
from portal.errors import NotFound
from portal.work import Portal
from storage.repositories.tree import TreeRecords
from storage.signatures import Scheme, Signer
from storage.tree import Cosignature, TreeHead

ENTRY_BYTES: Final = 64
BEHIND: Final = timedelta(minutes=1)  # if witnesses take longer, the log is shown without them
LOOKED_AT: Final = 60  # checkpoints; witnesses are asked every ten seconds


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
    """Give the newest checkpoint on which enough witnesses agree, or the newest if they fall behind.

    Raises:
        NotFound: There is none yet.

    """
    with portal.database.read() as session:
        records = TreeRecords(session)
        head = records.head()
        if head is None:
            raise NotFound
        agreed = _agreed(portal, records, head.at)
        return _cosigned(portal, records, agreed or head)


def newest_agreed(portal: Portal) -> int | None:
    """Give the size of the newest checkpoint of which enough witnesses signed, unless they fall behind."""
    with portal.database.read() as session:
        records = TreeRecords(session)
        head = records.head()
        agreed = _agreed(portal, records, head.at) if head else None
    return agreed.size if agreed else None


def _agreed(portal: Portal, records: TreeRecords, now: datetime) -> TreeHead | None:
    """Find the newest checkpoint of which the policy's quorum signed, of the last BEHIND."""
    for size in records.cosigned_sizes(LOOKED_AT):
        head = records.head_of(size)
        if head is None or head.at < now - BEHIND:
            return None
        if portal.witness_policy.agrees([key for key, _ in _cosignatures(portal, records, size)]):
            return head
    return None


def _cosigned(portal: Portal, records: TreeRecords, head: TreeHead) -> str:
    return with_signatures(head.note, [one for _, one in _cosignatures(portal, records, head.size)])


def _cosignatures(portal: Portal, records: TreeRecords, size: int) -> list[tuple[Key, Signature]]:
    """Find what the witnesses of the policy signed of a size; others, of an earlier policy, don't count any more."""
    keys = [witness.key for witness in portal.witness_policy.witnesses]
    found = [signature_of(row) for row in records.cosignatures(size)]
    return [(key, one) for one in found if (key := of_key(keys, one)) is not None]


def signature_of(row: Cosignature) -> Signature:
    """Read a witness's signature from its row."""
    return Signature(row.signer, row.key_id, row.value)


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
