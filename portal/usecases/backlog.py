"""What waits in the portal: events for the log's tree, notices for the mail.

Counts and times alone, of nothing and nobody in particular. So nothing is asked of the gate, and looking is no event:
whoever watches would make the log grow.
"""

from dataclasses import dataclass
from datetime import datetime

from portal.work import Portal
from storage.repositories.accounts import AccountRecords
from storage.repositories.notices import NoticeRecords
from storage.repositories.reviews import Reach
from storage.repositories.tree import TreeRecords


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits, and since when the oldest of it does; None: nothing."""

    tree_size: int
    tree_since: datetime | None
    notices: int  # of reviews and of accounts, whose mail is due
    notices_since: datetime | None


def backlog(portal: Portal) -> Backlog:
    """Look what waits now.

    Raises:
        StoreUnavailable: The database is away.

    """
    now = portal.clock()
    with portal.database.read() as session:
        tree = TreeRecords(session)
        head, since = tree.head(), tree.waiting_since()
        unsent = (NoticeRecords(session, Reach(None)).waiting(now), AccountRecords(session).waiting(now))
    oldest = [one.since for one in unsent if one.since is not None]
    return Backlog(head.size if head else 0, since, sum(one.notices for one in unsent), min(oldest) if oldest else None)
