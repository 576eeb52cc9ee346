"""Whoever moves events into the tree is killed (SIGKILL) before each of its writes in turn; then others go on."""

import os
import signal
from dataclasses import dataclass, replace
from itertools import count, pairwise
from uuid import uuid4

import pytest
from sqlalchemy import event as events

from portal.access.actions import Action
from portal.audit import sequencer
from portal.audit.checkpoints import read_checkpoint
from portal.audit.events import MACHINERY_STREAM, Entry, Phase
from portal.audit.notes import read_note
from portal.audit.tree import check_consistency
from portal.audit.writer import write
from portal.domain.ids import EventId
from portal.usecases.checks import check_records
from storage.tables import Event
from storage.tree import TreeEntry, WaitingEvent
from tests.cast import World
from tests.fault_report import found
from tests.portal.audit.test_sequencer import count as rows
from tests.portal.audit.test_sequencer import heads, sequence_all, tree_of

WRITES = ("INSERT", "UPDATE", "DELETE")


@dataclass
class Killing:
    """Lets a process live for so many writes; the commit is one."""

    left: int

    def write(self, _connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith(WRITES):
            self.step()

    def step(self, *_given: object) -> None:
        if not self.left:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1


def killed(world: World, writes: int) -> bool:
    """Move what waits into the tree in a further process that dies before one of its writes; tells whether it did."""
    world.portal.database.close()  # connections don't go from one process to another
    child = os.fork()
    if not child:
        sequence_until(world, writes)
    _, status = os.waitpid(child, 0)
    ended = os.waitstatus_to_exitcode(status)
    assert ended in {0, -signal.SIGKILL}
    return ended != 0


def sequence_until(world: World, writes: int) -> None:
    """Go on two entries at a time, as long as one lives."""
    try:
        sequencer.BATCH = 2  # type: ignore[misc]  # of this process alone
        killing = Killing(writes)
        events.listen(world.portal.database.engine, "before_cursor_execute", killing.write)
        events.listen(world.portal.database.engine, "commit", killing.step)
        sequence_all(world, "killed")
    except BaseException:  # noqa: BLE001 - whatever it is, it is no kill
        os._exit(3)
    os._exit(0)


def happen(world: World) -> None:
    """Let four things happen, so that there are two batches."""
    entry = Entry(EventId(uuid4()), MACHINERY_STREAM, Action.SWEEP_OBJECTS, Phase.ACT, world.clock.now, {}, {})
    with world.portal.database.begin() as session:
        write(session, world.portal.keyring, [replace(entry, id=EventId(uuid4())) for _ in range(4)])


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # the child uses nothing that threads hold
@pytest.mark.fault("the sequencer is killed before each of its writes")
def test_killed_before_any_of_its_writes_the_tree_goes_on_and_nothing_is_lost_twice_or_signed_otherwise(
    world: World,
) -> None:
    sequence_all(world)
    signed = {head.size: head.root for head in heads(world)}
    for writes in count():
        happen(world)
        world.clock.forward(sequencer.LEASE)
        if not killed(world, writes):
            break
        assert rows(world, TreeEntry) + rows(world, WaitingEvent) == rows(world, Event)
        assert rows(world, TreeEntry) == max(head.size for head in heads(world)), (
            "a batch is there whole, or not at all"
        )
        now = {head.size: head.root for head in heads(world)}
        assert now.items() >= signed.items(), "what was signed stays"
        signed = now
        if writes % 2:
            world.clock.forward(sequencer.LEASE)
            sequence_all(world)  # another process goes on; the next time, the next one finds what was left
    found(kills=writes)
    assert writes >= 2 * 7, "each write of two batches"
    assert rows(world, WaitingEvent) == 0
    assert check_records(world.portal).findings == []
    for before, after in pairwise(heads(world)):
        check_consistency(
            before.size, before.root, after.size, after.root, tree_of(world, after.size).consistency(before.size)
        )
        said = read_checkpoint(read_note(after.note).text)
        assert (said.size, said.root) == (after.size, after.root)
