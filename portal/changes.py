"""Tells transfers under way whether anything was done that could end their access, so that most needn't be asked again.

1. Whatever changes who may do what writes its event in the same transaction; so the log tells of it, on all replicas.
   An event counts unless it is known to be one of reading alone.
2. The log is looked at for all transfers of a process together, and at most twice a second.
3. An event that waits for its place in the tree is seen while it waits, and once more by its place: none is passed
   over, in whichever order transactions become visible.
"""

from threading import Lock
from time import monotonic
from typing import Final

from portal.access.actions import Action
from portal.audit.kinds import KINDS
from storage.database import Database
from storage.errors import DatabaseUnavailable
from storage.repositories.tree import TreeRecords

LOOKED_SECONDS: Final = 0.5
WAIT_SECONDS: Final = 2.0  # for somebody else's look
MANY: Final = 1000  # more new events aren't looked through: one of them will count
READING: Final = frozenset(
    {
        *(Action.LIST_REVIEWS, Action.VIEW_REVIEW, Action.LIST_ROOM, Action.VIEW_DOCUMENT, Action.DOWNLOAD_VERSION),
        *(Action.DOWNLOAD_ROOM, Action.LIST_CLARIFICATIONS, Action.VIEW_CLARIFICATION, Action.VIEW_ENTRY),
        *(Action.VIEW_REPORT, Action.VIEW_MANIFEST, Action.LIST_COMMENTS, Action.LIST_SUMMARIES),
        *(Action.DOWNLOAD_SUMMARY, Action.VIEW_SCHEDULE, Action.VIEW_CALENDAR, Action.LIST_NOTICES),
        *(Action.VIEW_DOCUMENT_TRAIL, Action.VIEW_ROOM_TRAIL, Action.VIEW_REVIEW_TRAIL, Action.VIEW_LOG),
        *(Action.LIST_GRANTS, Action.VIEW_GRANT, Action.LIST_GRANTED, Action.VIEW_GRANTED, Action.DOWNLOAD_GRANTED),
        *(Action.LIST_PEOPLE, Action.VIEW_PERSON, Action.LIST_STATES, Action.LIST_REGISTER, Action.LIST_TRANSLATIONS),
    }
)
_READING: Final = frozenset(KINDS[action] for action in READING)


class Changes:
    """What was done, as one number that grows with it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = Lock()
        self._size: int | None = None
        self._count, self._looked, self._away = 0, -float("inf"), False

    def count(self) -> int:
        """Give a number that is another one after anything that could end an access, at most half a second later.

        Raises:
            StoreUnavailable: The database is away.

        """
        if not self._lock.acquire(timeout=WAIT_SECONDS):
            raise DatabaseUnavailable("looking at the log takes too long")
        try:
            if monotonic() - self._looked >= LOOKED_SECONDS:
                self._away, self._looked = True, monotonic()
                self._look()
                self._away, self._looked = False, monotonic()
            if self._away:  # as somebody else found out a moment ago: not everybody waits for it
                raise DatabaseUnavailable("the log couldn't be looked at")
            return self._count
        finally:
            self._lock.release()

    def _look(self) -> None:
        with self._database.look() as session:
            records = TreeRecords(session)
            size, before = records.size(), self._size
            kinds = None  # also where there are fewer: a server that lost something
            if before is not None and 0 <= size - before <= MANY:
                kinds = records.new_kinds(before, size, MANY)
        if kinds is None or kinds - _READING:
            self._count += 1
        self._size = size
