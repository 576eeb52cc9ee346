"""Whether the portal can work: its database, its objects, its keys."""

import logging

from portal.access.entities import NIL
from portal.work import Portal
from storage.errors import StorageError

log = logging.getLogger("portal.health")


def ready(portal: Portal) -> bool:
    """Tell whether database, objects and keys answer; what doesn't is named in the log."""
    try:
        portal.database.committed_stamp(NIL)
        portal.objects.check()
        _ = portal.keyring.provider.current
    except StorageError as error:
        log.warning("not ready: %s", error)
        return False
    return True
