"""The log's Merkle tree: moving events into it, and giving out its checkpoint, tiles and entries.

What it gives out discloses nothing of an event: entries are keyed hashes. So nothing of it is asked of the gate, and
looking at it is no event: whoever watches the log would make it grow.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from portal.audit import sequencer
from portal.audit.checkpoints import Checkpoint, log_keys, open_checkpoint, sign
from portal.audit.kinds import KINDS
from portal.audit.notes import Key, Malformed, Signature, of_key
from portal.audit.tree import HASH_BYTES, WIDTH, tile_width
from portal.audit.witnessing import with_signatures
from portal.errors import NotFound
from portal.work import Portal
from storage.database import Session
from storage.repositories.backups import BackupRecords
from storage.repositories.tree import TreeRecords
from storage.signatures import Scheme, Signer
from storage.tree import Cosignature, TreeHead

ENTRY_BYTES: Final = 64
BEHIND: Final = timedelta(minutes=1)  # if witnesses take longer, the log is shown without them
_WORDS: Final = {number: action.value for action, number in KINDS.items()}
LOOKED_AT: Final = 60  # checkpoints; witnesses are asked every ten seconds

log = logging.getLogger("portal.audit")


def sequence(portal: Portal, holder: str) -> int:
    """Move a batch of events into the tree, and say so; gives how many there were.

    What is said goes where the service's own words go, so also to another machine, if they do: how many of each kind,
    and the root that only they can have led to. It names nobody and nothing.

    Args:
        portal: The portal.
        holder: Which process asks.

    Raises:
        Damaged: The tree isn't the one that was signed last.

    """
    with portal.database.read() as session:
        if not TreeRecords(session).is_waiting():
            return 0
    signers = log_signers(portal)
    with portal.database.begin() as session:
        origin = origin_of(portal, session)
        batch = sequencer.sequence(
            session,
            lambda size, root, at: sign(Checkpoint(origin, size, root), signers, at),
            portal.clock(),
            holder,
        )
    if batch is None:
        return 0
    kinds = ", ".join(
        f"{_WORDS.get(kind, kind)} {phase} {count}" for (kind, phase), count in sorted(batch.kinds.items())
    )
    log.info("the log has %d entries and the root %s; new: %s", batch.size, batch.root.hex(), kinds)
    return batch.count


def own_keys(portal: Portal) -> tuple[Key, ...]:
    """Give the public keys with which this portal signs its log."""
    with portal.database.read() as session:
        origin = origin_of(portal, session)
    return log_keys(origin, log_signers(portal))


def is_signed(head: TreeHead, keys: tuple[Key, ...]) -> bool:
    """Tell whether a checkpoint is signed by all of these keys, and for what its row says."""
    try:
        opened = open_checkpoint(head.note, keys)
    except Malformed:
        return False
    said = opened.checkpoint
    return set(opened.signed) == set(keys) and (said.size, said.root) == (head.size, head.root)


def log_signers(portal: Portal) -> tuple[Signer, ...]:
    """Give the keys with which this portal signs its log, under whatever name."""
    edwards, lattice = portal.keyring.log_seeds()
    return Signer(Scheme.ED25519, edwards), Signer(Scheme.ML_DSA_44, lattice)


def origin_of(portal: Portal, session: Session) -> str:
    """Name the log: by the portal's address when it began, and ever after; after a restoration with its number."""
    head = TreeRecords(session).head()
    if head is not None:
        return head.note.partition("\n")[0]
    restored = len(BackupRecords(session).restorations())
    return f"{urlsplit(portal.settings.origin).netloc}/audit/log" + (f"/{restored + 1}" if restored else "")


def checkpoint(portal: Portal) -> str:
    """Give the newest checkpoint on which enough witnesses agree, or the newest if they fall behind.

    Raises:
        NotFound: There is none yet.

    """
    shown = newest(portal)
    if shown is None:
        raise NotFound
    return shown.note


@dataclass(frozen=True, slots=True)
class Shown:
    """The checkpoint that is shown, and its size if enough witnesses signed it: None while they fall behind."""

    note: str
    agreed: int | None


def newest(portal: Portal) -> Shown | None:
    """Find the newest checkpoint on which enough witnesses agree, or the newest if they fall behind."""
    with portal.database.read() as session:
        records = TreeRecords(session)
        head = records.head()
        if head is None:
            return None
        agreed = _agreed(portal, records, head.at)
        return Shown(_cosigned(portal, records, agreed or head), agreed.size if agreed else None)


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
