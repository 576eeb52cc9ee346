"""Holds the log's Merkle tree against the events, and every checkpoint against the tree."""

from collections.abc import Iterator
from itertools import islice

from portal.audit import sequencer
from portal.audit.checkpoints import open_checkpoint
from portal.audit.notes import Malformed, of_key
from portal.audit.tree import Growing, entry_hash
from portal.audit.witnessing import with_signatures
from portal.domain.texts import N_
from portal.usecases.check_reports import Check
from portal.usecases.tree import is_signed, own_keys, signature_of
from storage.repositories.tree import TreeRecords

CHUNK = 1000


def check_tree(check: Check) -> None:
    """Build the tree anew from the events, in constant memory, and hold tiles and checkpoints against it."""
    records, growing, tiles = TreeRecords(check.session), Growing(0, []), _Tiles(check)
    entries, keys = _entries(check, records), own_keys(check.portal)
    for head in records.heads():
        while growing.size < head.size:
            hashes = list(islice(entries, min(CHUNK, head.size - growing.size)))
            if not hashes:
                break
            tiles.grown(growing.add(hashes))
        check.report.counted("checkpoints", 1)
        if growing.size != head.size or growing.root() != head.root:
            sentence = N_("The log’s tree of %(size)d entries isn’t the one that was signed.")
            check.report.finds("tree-altered", sentence, size=head.size)
        if not is_signed(head, keys):
            sentence = N_("The checkpoint of %(size)d entries isn’t one that this portal signed.")
            check.report.finds("checkpoint-foreign", sentence, size=head.size)
    if beyond := sum(1 for _ in entries):
        sentence = N_("%(count)d entries of the log’s tree come after its last checkpoint.")
        check.report.finds("tree-beyond", sentence, count=beyond)
    tiles.end()
    _check_cosignatures(check, records)
    _check_months(check, records)
    check.report.counted("entries of the tree", growing.size)
    if astray := records.astray():
        sentence = N_("%(count)d events are neither in the log’s tree nor waiting for it.")
        check.report.finds("tree-astray", sentence, count=astray)


def _check_months(check: Check, records: TreeRecords) -> None:
    if records.counts_differ():
        check.report.finds("months-differ", N_("What is counted by day and by month isn’t what the log’s tree has."))


def _check_cosignatures(check: Check, records: TreeRecords) -> None:
    """Hold what the policy's witnesses signed against the checkpoints; of others the keys aren't known any more."""
    keys, note = [witness.key for witness in check.portal.witness_policy.witnesses], ""
    size = -1
    for row in records.all_cosignatures():
        signature = signature_of(row)
        if row.size != size:
            head = records.head_of(row.size)
            size, note = row.size, head.note if head else ""
        if of_key(keys, signature) is None:
            continue
        check.report.counted("cosignatures", 1)
        try:
            open_checkpoint(with_signatures(note, [signature]), keys)
        except Malformed:
            sentence = N_("The signature of the witness %(name)s for %(size)d entries isn’t one.")
            check.report.finds("cosignature-altered", sentence, name=row.signer, size=row.size)


class _Tiles:
    """The tiles as they should be, held against those that are there once nothing can come to them any more."""

    def __init__(self, check: Check) -> None:
        self._check = check
        self._records = TreeRecords(check.session)
        self._open: dict[int, tuple[int, bytes]] = {}
        self._count = 0

    def grown(self, tiles: dict[tuple[int, int], bytes]) -> None:
        for (level, number), hashes in sorted(tiles.items()):
            known = self._open.get(level)
            if known is not None and known[0] != number:
                self._hold(level, *known)
            self._open[level] = (number, hashes)

    def end(self) -> None:
        for level, (number, hashes) in self._open.items():
            self._hold(level, number, hashes)
        if self._records.count_tiles() != self._count:
            self._check.report.finds("tile-foreign", N_("The log’s tree has tiles that are none of it."))

    def _hold(self, level: int, number: int, hashes: bytes) -> None:
        self._count += 1
        if self._records.tile(level, number) != hashes:
            sentence = N_("Tile %(number)d of level %(level)d of the log’s tree isn’t what the events give.")
            self._check.report.finds("tile-altered", sentence, level=level, number=number)


def _entries(check: Check, records: TreeRecords) -> Iterator[bytes]:
    """Walk the hashes of all entries, and say where some are missing."""
    following = 0
    for row in records.entries():
        if row.position != following:
            sentence = N_("The log’s tree: the entries %(first)d to %(last)d are missing.")
            check.report.finds("entry-missing", sentence, first=following, last=row.position - 1)
        following = row.position + 1
        if following % CHUNK == 0:
            check.progress("entries of the tree", following)
        yield entry_hash(sequencer.entry(row.leaf, row.tag))
