"""Objects that no record names: what uploads left behind that never came to their end.

1. Only what is older than a day is swept: an upload under way is younger, for no session lives that long.
2. A clock that is stepped ahead makes an object old that was sealed just now and isn't named yet. So only what a sweep
   found without a record half an hour before, by a clock that nobody sets, and finds so again, goes.
3. Objects are listed before the records are read, so one that was named in between is found named.
4. The event is written before anything is removed.
"""

from datetime import timedelta
from time import monotonic
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
FOUND_SECONDS: Final = 1800.0


def sweep_objects(portal: Portal, found: dict[str, float]) -> int:
    """Remove the objects that no version or scanned copy names; gives how many went.

    Args:
        portal: The portal.
        found: What the sweeps before found, with the time by the monotonic clock, in seconds; kept up to date here.

    Raises:
        Held: The object store doesn't let go of some; the others are gone.
        StoreUnavailable: The object store is away; the rest is swept the next time.

    """
    before = portal.clock() - KEPT
    unfinished = portal.objects.sweep(before)
    old = [stored.name for stored in portal.objects.list() if stored.modified < before]
    with permits.request(uuid4()), portal.work(SWEEPER) as work:
        named = work.documents.object_names() if old else set()
        left, now = [name for name in old if name not in named], monotonic()
        orphans = [name for name in left if name in found and now - found[name] >= FOUND_SECONDS]
        if orphans or unfinished:
            permit = work.require_on(Action.SWEEP_OBJECTS, PortalFacts())
            work.note(permit, objects=len(orphans), unfinished=unfinished)
    seen = {name: found.get(name, now) for name in left}
    found.clear()
    found.update(seen)
    held: Held | None = None
    for name in orphans:
        try:
            portal.objects.delete(name)
        except Held as error:
            held = error
    if held is not None:
        raise held
    return len(orphans)
