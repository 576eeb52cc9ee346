"""Objects that no record names: what uploads left behind that never came to their end.

1. Only what is older than a day is swept: an upload under way is younger, for no session lives that long.
2. Objects are listed before the records are read, so one that was named in between is found named.
3. The event is written before anything is removed.
"""

from datetime import timedelta
from typing import Final
from uuid import uuid4

from portal.access.actions import Action
from portal.access.actors import Machine
from portal.access.caller import Caller
from portal.access.entities import PortalFacts
from portal.work import Portal
from storage import permits
from storage.errors import Held

SWEEPER: Final = Caller(machine=Machine.SWEEPER)
KEPT: Final = timedelta(days=1)


def sweep_objects(portal: Portal) -> int:
    """Remove the objects that no version or scanned copy names; gives how many there were.

    Raises:
        Held: The object store doesn't let go of some; the others are gone.
        StoreUnavailable: The object store is away; the rest is swept the next time.

    """
    before = portal.clock() - KEPT
    unfinished = portal.objects.sweep(before)
    old = [stored.name for stored in portal.objects.list() if stored.modified < before]
    with permits.request(uuid4()), portal.work(SWEEPER) as work:
        named = work.documents.object_names() if old else set()
        orphans = [name for name in old if name not in named]
        if orphans or unfinished:
            permit = work.require_on(Action.SWEEP_OBJECTS, PortalFacts())
            work.note(permit, objects=len(orphans), unfinished=unfinished)
    held: Held | None = None
    for name in orphans:
        try:
            portal.objects.delete(name)
        except Held as error:
            held = error
    if held is not None:
        raise held
    return len(orphans)
