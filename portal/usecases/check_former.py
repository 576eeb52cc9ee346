"""Holds the logs from before restorations against the log of today, which has all their entries (LOG.md)."""

from typing import Final

from portal.audit.checkpoints import log_keys, open_checkpoint
from portal.audit.notes import Malformed, Signature, of_key
from portal.audit.sequencer import entry
from portal.audit.tree import Growing, entry_hash
from portal.audit.witnessing import with_signatures
from portal.domain.texts import N_
from portal.usecases.check_reports import Check
from portal.usecases.tree import log_signers
from storage.backups import FormerHead
from storage.repositories.backups import BackupRecords
from storage.repositories.restorations import RestorationRecords
from storage.repositories.tree import TreeRecords

CHUNK: Final = 1000


def check_former_logs(check: Check) -> None:
    """Build the tree of each former log anew, from the place on at which the log of today has it."""
    restorations = BackupRecords(check.session).restorations()
    for one in restorations:
        _check_log(check, one.origin, len(restorations) - one.number + 1, one.size)


def _check_log(check: Check, origin: str, first: int, size: int) -> None:
    records, growing = TreeRecords(check.session), Growing(0, [])
    keys, last = log_keys(origin, log_signers(check.portal)), 0
    for head in RestorationRecords(check.session).former_heads(origin):
        while growing.size < head.size:
            rows = records.leaves(first + growing.size, min(CHUNK, head.size - growing.size))
            if not rows:
                break
            growing.add([entry_hash(entry(row.leaf, row.tag)) for row in rows])
        check.report.counted("former checkpoints", 1)
        last = head.size
        try:
            opened = open_checkpoint(head.note, keys)
            said = opened.checkpoint
            signed = set(opened.signed) == set(keys) and (said.size, said.root) == (head.size, head.root)
        except Malformed:
            signed = False
        if not signed or (growing.size, growing.root()) != (head.size, head.root):
            sentence = N_("The former log %(origin)s: its checkpoint of %(size)d entries isn’t one that it signed.")
            check.report.finds("former-altered", sentence, origin=origin, size=head.size)
    if last != size:
        sentence = N_("The former log %(origin)s: its last checkpoint of %(size)d entries is not there.")
        check.report.finds("former-missing", sentence, origin=origin, size=size)
    _check_witnesses(check, origin)


def _check_witnesses(check: Check, origin: str) -> None:
    keys = [witness.key for witness in check.portal.witness_policy.witnesses]
    records = RestorationRecords(check.session)
    for row in records.former_cosignatures(origin):
        signature = Signature(row.signer, row.key_id, row.value)
        if of_key(keys, signature) is None:
            continue
        head = records.former_head(origin, row.size)
        try:
            open_checkpoint(with_signatures(_note(head), [signature]), keys)
        except Malformed:
            sentence = N_("The signature of the witness %(name)s for %(size)d entries of the log %(origin)s isn’t one.")
            check.report.finds("former-cosignature", sentence, name=row.signer, size=row.size, origin=origin)


def _note(head: FormerHead | None) -> str:
    return head.note if head else ""
