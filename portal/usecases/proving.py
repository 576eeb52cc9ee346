"""One entry of the log with its proof (C2SP tlog-proof), for events that are shown by themselves."""

from dataclasses import replace
from functools import partial
from uuid import UUID

from portal.audit.bundles import Item
from portal.audit.checkpoints import read_checkpoint
from portal.audit.notes import read_note
from portal.audit.proofs import Prover
from portal.audit.reading import Said, read_event
from portal.audit.single import write_single
from portal.usecases import tree
from portal.work import Portal
from storage.errors import Damaged
from storage.permits import Permit
from storage.repositories.tree import TreeRecords
from storage.tables import Event


def prove_entry(portal: Portal, permit: Permit, event_id: UUID, note: str) -> str:
    """Write what an event says with the proof of its entry, in a checkpoint that covers it.

    Raises:
        Damaged: The event doesn't fit its row, or isn't in the tree.
        NotPermitted: The permit doesn't open it.

    """
    with portal.database.read() as session:
        row = session.get_one(Event, event_id)
        said, position = read_event(session, portal.keyring, permit, row), TreeRecords(session).position(event_id)
    if not isinstance(said, Said) or position is None:
        raise Damaged
    prover = Prover(read_checkpoint(read_note(note).text).size, partial(tree.tile, portal))
    item = Item(row.stream_id, row.number, position, tag=row.tag)
    item = replace(item, event=said.text.decode(), salt=said.salt, proof=tuple(prover.prove(position)))
    return write_single(item, note)
