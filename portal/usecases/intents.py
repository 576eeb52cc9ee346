"""Intents whose outcome nobody wrote, after a crash: they are closed as unknown, each in its own stream.

What an intent was about stays sealed: its outcome names it by its id alone.
"""

from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.actors import Machine
from portal.access.caller import Caller
from portal.access.entities import PortalFacts
from portal.audit.events import Entry, Phase
from portal.audit.kinds import KINDS
from portal.domain.ids import EventId, StreamId
from portal.work import Portal
from storage import permits

WORKER: Final = Caller(machine=Machine.WORKER)
_ACTIONS: Final = {number: action for action, number in KINDS.items()}
_AT_ONCE: Final = 500


def close_intents(portal: Portal, before: datetime) -> int:
    """Close the intents that began before a moment and have no outcome; gives how many there were."""
    with permits.request(uuid4()), portal.work(WORKER) as work:
        # what a later release began, it closes itself
        found = [row for row in work.audit.open_intents(before) if row.kind in _ACTIONS]
        if not found:
            return 0
        permit = work.require_on(Action.CLOSE_INTENTS, PortalFacts())
        work.note(permit, intents=len(found))
        now = work.now
    for start in range(0, len(found), _AT_ONCE):
        portal.write_log([_closing(*row, now) for row in found[start : start + _AT_ONCE]])
    return len(found)


def _closing(intent: UUID, stream: UUID, kind: int, now: datetime) -> Entry:
    return Entry(
        id=EventId(uuid4()),
        stream=StreamId(stream),
        action=_ACTIONS[kind],
        phase=Phase.OUTCOME,
        at=now,
        who={"machine": Machine.WORKER.value},
        on={},
        detail={"result": "unknown"},
        intent=EventId(intent),
    )
