"""Whether the portal can work: its database, its objects, its keys.

A replica of a former release that goes on while a later one changes the schema beyond what it knows isn't ready: the
proxy sends requests to others, and whoever upgrades sees it.
"""

import logging
from collections.abc import Sequence

from portal.access.entities import NIL
from portal.work import Portal
from storage.errors import StorageError

log = logging.getLogger("portal.health")


def ready(portal: Portal, faults: Sequence[str] = ()) -> bool:
    """Tell whether database, objects and keys answer, and nothing else is at fault; what is, is named in the log."""
    for fault in faults:
        log.warning("not ready: %s", fault)
    try:
        portal.database.committed_stamp(NIL)
        portal.objects.check()
        portal.keyring.canaries.check()
        if not portal.database.fits():
            log.warning("not ready: a later release changed the database, and this one must be upgraded")
            return False
    except StorageError as error:
        log.warning("not ready: %s", error)
        return False
    return not faults
