"""Once a week, the focal points of a State under review are told that its file was opened, and led to by whom.

1. That something was opened, and when, stands in the clear beside an event: nothing is opened to find it out. Who it
   was shows on the page that the notice leads to, to whoever may read the trail.
2. Only rooms that the State under review sees count: nothing of the reviewers' room shows by a notice.
3. Nobody is told twice of a week, however often this runs.
"""

from uuid import uuid4

from portal.access.actions import Action
from portal.access.deeds import OPENS, SENDS
from portal.access.entities import PortalFacts
from portal.audit.kinds import KINDS
from portal.domain.notices import WEEK, NoticeKind, monday
from portal.usecases.intents import WORKER
from portal.usecases.notices import tell_of_week
from portal.usecases.recipients import records_of, who_may
from portal.work import Portal
from storage import permits
from storage.repositories.notices import NoticeRecords
from storage.repositories.reviews import Reach


def tell_week(portal: Portal) -> int:
    """Tell of the week that ended last; gives how many people were told."""
    until = monday(portal.clock())
    views, streams = ([KINDS[act] for act in acts] for acts in (OPENS, SENDS))
    with portal.database.read() as session:
        records = NoticeRecords(session, Reach(None, everything=True))
        if not records.opened(views, streams, until - WEEK, until, NoticeKind.FILE_OPENED.value):
            return 0
    count = 0
    with permits.request(uuid4()), portal.work(WORKER) as work:
        opened = records_of(work).opened(views, streams, until - WEEK, until, NoticeKind.FILE_OPENED.value)
        told = {}
        for review in opened:
            record = work.file(review)
            people = who_may(work, record, Action.VIEW_REVIEW_TRAIL, record.review) if record else []
            own = [person for person in people if record and person.state_code == record.review.state_code]
            if record and own:
                told[record.review.id] = (record.review, own)
        if told:
            permit = work.require_on(Action.TELL_WEEK, PortalFacts())
            for row, people in told.values():
                tell_of_week(work, row, people, until)
                count += len(people)
            work.note(permit, files=len(told), notices=count)
    return count
