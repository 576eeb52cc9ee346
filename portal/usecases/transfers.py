"""What holds while bytes pass in or out: may whoever began it still do so, and is their session in use.

1. An access that ended ends the transfers under way: the policies are asked again every few seconds, on what is
   committed, without a lock and without an event (the outcome tells that it was stopped).
2. They needn't be asked while the log says that nothing was done but reading; but now and then they are, for accesses
   that end by the clock.
3. A transfer that makes progress counts as use of its session, or nobody could send a large file over a slow line.
"""

from datetime import datetime, timedelta
from time import monotonic
from typing import Final
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.file_matters import document_matter, review_matter, room_matter
from portal.access.matters import Matter, bare_matter
from portal.access.principals import who_asks
from portal.errors import SignedOut
from portal.gate import Files, Standings, decide_each
from portal.usecases.exhibits import exhibit_matter
from portal.usecases.grant_facts import facts_of_grant, facts_of_version
from portal.usecases.notes import find_based, noted_on
from portal.usecases.publications import publication_facts
from portal.usecases.summaries import summary_facts
from portal.work import Portal
from storage.database import Session
from storage.repositories.clarifications import ClarificationRecords
from storage.repositories.documents import DocumentRecords
from storage.repositories.grants import GrantReach, GrantRecords
from storage.repositories.identity import IdentityRecords
from storage.repositories.notes import NoteRecords
from storage.repositories.people import PeopleRecords
from storage.repositories.publications import PublicationRecords
from storage.repositories.reviews import Reach, ReviewRecords
from storage.repositories.summaries import SummaryRecords

NOTED: Final = timedelta(minutes=5)
ANEW_SECONDS: Final = 30
_OUTSIDE: Final = frozenset(
    {
        *(Action.DOWNLOAD_GRANTED, Action.DOWNLOAD_SUMMARY, Action.PREVIEW_PUBLICATION),
        *(Action.ADD_EXHIBIT, Action.DOWNLOAD_EXHIBIT),
    }
)


class Going:
    """Whether one transfer may go on, asked every few seconds as long as it lasts."""

    def __init__(self, portal: Portal, caller: Caller, action: Action, on: UUID) -> None:
        """Take what `goes_on` takes."""
        self._portal, self._caller, self._action, self._on = portal, caller, action, on
        self._asked, self._changes, self._progress = -float("inf"), 0, False

    def __call__(self, progress: bool) -> bool:  # noqa: FBT001  # the only argument
        """Tell it, given whether bytes passed since it was asked last.

        Raises:
            StoreUnavailable: The database is away.

        """
        began, changes = monotonic(), self._portal.changes.count()  # before asking: what is done meanwhile counts anew
        self._progress |= progress
        if changes == self._changes and began - self._asked < ANEW_SECONDS:
            return True
        if not goes_on(self._portal, self._caller, self._action, self._on, progress=self._progress):
            return False
        self._asked, self._changes, self._progress = began, changes, False
        return True


def goes_on(portal: Portal, caller: Caller, action: Action, on: UUID, *, progress: bool) -> bool:
    """Tell whether a transfer may go on; with progress, its session stays awake.

    Args:
        portal: The portal.
        caller: Who began it.
        action: What was allowed then: on a version, a document, a room, a file, a scanned copy or what is to have one,
            whichever the act is about.
        on: Its id.
        progress: Bytes passed since this was asked last.

    """
    now = portal.clock()
    with portal.database.read() as session:
        identity = IdentityRecords(session)
        try:
            who = who_asks(caller, identity, now, portal.settings)
        except SignedOut:
            return False
        documents = DocumentRecords(session, who.reach)
        matter = _matter(session, documents, who.reach, (action, on, now))
        if matter is None:
            return False
        standings = Standings(
            who, PeopleRecords(session), Files(documents, ClarificationRecords(session, who.reach)), now
        )
        actor = standings.actor(UUID(matter.on["review"]) if "review" in matter.on else None)
        allowed = decide_each(portal.policies, actor, action, [matter])[0].allowed
    used = who.session
    if allowed and progress and used is not None and now - used.seen_at >= NOTED:
        _keep_awake(portal, used.id)
    return allowed


def _matter(
    session: Session, documents: DocumentRecords, reach: Reach, asked: tuple[Action, UUID, datetime]
) -> Matter | None:
    (action, on, _), reviews = asked, ReviewRecords(session, reach)
    if action in _OUTSIDE:
        return _outside(session, reach, asked)
    if action in {Action.ADD_NOTE, Action.OPEN_NOTE}:
        noted = on if action is Action.ADD_NOTE else noted_on(NoteRecords(session).find(on))
        based = find_based(PeopleRecords(session), reviews, noted)
        return bare_matter(based.facts, action, on) if based else None
    if action in {Action.UPLOAD_DOCUMENT, Action.DOWNLOAD_ROOM}:
        record = reviews.of_room(on)
        room = next((room for room in record.rooms if room.id == on), None) if record else None
        return room_matter(room, record, action) if room and record else None
    if action is Action.EXPORT_REVIEW_TRAIL:
        file = ReviewRecords(session, reach).find(on)
        return review_matter(file, action) if file else None
    on_document = action in {Action.ADD_VERSION, Action.VIEW_DOCUMENT_TRAIL}
    version = None if on_document else documents.find_version(on)
    document = documents.find(version.document_id if version else on)
    record = reviews.find(document.review_id) if document else None
    return document_matter(document, version, record, action) if document and record else None


def _outside(session: Session, reach: Reach, asked: tuple[Action, UUID, datetime]) -> Matter | None:
    """Find what lies in no room: of a grant, of a publication, a summary."""
    action, on, now = asked
    if action is Action.DOWNLOAD_GRANTED:
        return _granted(session, reach, on, now)
    if action in {Action.ADD_EXHIBIT, Action.DOWNLOAD_EXHIBIT}:
        return exhibit_matter(session, *asked)
    if action is Action.DOWNLOAD_SUMMARY:
        summary = SummaryRecords(session).find(on)
        return bare_matter(summary_facts(*summary), action, on) if summary else None
    records = PublicationRecords(session, reach)
    row = records.find(on)
    file = ReviewRecords(session, reach).find(row.review_id) if row else None
    planned = publication_facts(records, row, file, now) if row and file else None
    return bare_matter(planned, action) if planned else None


def _granted(session: Session, reach: Reach, on: UUID, now: datetime) -> Matter | None:
    found = GrantRecords(session).of_version(on, GrantReach(reach.state, reach.person))
    file = ReviewRecords(session, Reach(None, None, everything=True)).find(found[0].grant.review_id) if found else None
    if found is None or file is None or found[0].terms is None:
        return None
    facts = facts_of_version(facts_of_grant(found[0], file, now), found[1], found[0].terms.mode)
    return bare_matter(facts, Action.DOWNLOAD_GRANTED)


def _keep_awake(portal: Portal, session_id: UUID) -> None:
    with portal.database.begin() as session:
        used = IdentityRecords(session).session(session_id)
        if used is not None and used.ended_at is None:
            used.seen_at = portal.clock()
