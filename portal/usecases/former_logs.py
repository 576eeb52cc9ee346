"""What is known of the log that a backup has: how far witnesses signed it, and what came after it elsewhere."""

from dataclasses import dataclass
from typing import Final

from portal.audit.checkpoints import log_keys, open_checkpoint
from portal.audit.notes import Malformed, of_key
from portal.audit.sequencer import entry
from portal.audit.tree import Growing, entry_hash
from portal.errors import Invalid
from portal.usecases.tree import log_signers, origin_of, signature_of
from portal.work import Portal
from storage.database import Session
from storage.repositories.tree import TreeRecords

CHUNK: Final = 1000
LOOKED_AT: Final = 100_000  # checkpoints that a witness signed


@dataclass(frozen=True, slots=True)
class Beyond:
    """A checkpoint that was kept elsewhere; lost: how many entries it has that the backup has not."""

    size: int
    root: bytes
    lost: int


def last_witnessed(portal: Portal, session: Session) -> int:
    """Give the size of the last checkpoint on which enough witnesses agreed; 0: none."""
    records, keys = TreeRecords(session), [witness.key for witness in portal.witness_policy.witnesses]
    for size in records.cosigned_sizes(LOOKED_AT):
        found = [of_key(keys, signature_of(row)) for row in records.cosignatures(size)]
        signed = [key for key in found if key is not None]
        if signed and portal.witness_policy.agrees(signed):
            return size
    return 0


def measure(portal: Portal, known: str | None) -> Beyond | None:
    """Hold a log against a checkpoint of it that was kept elsewhere, by a State or a witness.

    Raises:
        Invalid: It isn't a checkpoint of this log, or the log isn't the one that it is of.

    """
    if known is None:
        return None
    with portal.database.read() as session:
        origin, records = origin_of(portal, session), TreeRecords(session)
        keys = log_keys(origin, log_signers(portal))
        try:
            opened = open_checkpoint(known, keys)
        except Malformed as error:
            raise Invalid(f"the checkpoint that was kept can't be used: {error}") from error
        said, head = opened.checkpoint, records.head()
        if set(opened.signed) != set(keys) or said.origin != origin:
            raise Invalid(f"the checkpoint that was kept isn't signed by this portal's log {origin}")
        size = head.size if head else 0
        if said.size <= size and _root(records, said.size) != said.root:
            raise Invalid(
                f"the log of this backup isn't the one of which the checkpoint of {said.size} entries was kept: its "
                "history was written anew"
            )
    return Beyond(said.size, said.root, max(0, said.size - size))


def _root(records: TreeRecords, size: int) -> bytes:
    growing = Growing(0, [])
    while growing.size < size:
        rows = records.leaves(growing.size, min(CHUNK, size - growing.size))
        growing.add([entry_hash(entry(row.leaf, row.tag)) for row in rows])
    return growing.root()
