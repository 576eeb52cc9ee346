"""Mail to those who are told of something: that something awaits them, and nothing of what it is.

1. What is due is taken in one transaction, for a few people at a time, and nobody else takes it for five minutes; the
   policies are asked once more who may open what. What somebody may not open is told to nobody.
2. One mail for each person, for all that is due. It leaves outside any transaction, within a minute of the asking.
3. That a mail left is recorded afterwards. A breakdown in between sends it twice; no breakdown keeps it back: what was
   neither recorded nor refused is due again when its time is over.
4. What the server doesn't take is tried again (portal/domain/notices.py); of the error its kind is kept, not its words.
5. The intent with the ids of the people is in the log before the first mail leaves, the outcome follows.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import partial
from time import sleep
from typing import Final
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.actors import Machine
from portal.access.caller import Caller
from portal.access.entities import PortalFacts
from portal.domain.notices import next_try
from portal.domain.people import mail_address
from portal.post import host_name
from portal.settings import Settings
from portal.usecases.people import mail_of
from portal.usecases.posting import Posted, post_all
from portal.usecases.recipients import acting, openable, records_of
from portal.work import Intent, Portal, Work
from storage import permits
from storage.errors import Damaged, StoreUnavailable
from storage.notices import Notice
from storage.permits import Permit
from storage.repositories.notices import NoticeRecords
from storage.repositories.reviews import Reach
from storage.tables import Person

MAILER: Final = Caller(machine=Machine.MAILER)
PEOPLE_AT_ONCE: Final = 10
CLAIMED: Final = timedelta(minutes=5)
SENDING_SECONDS: Final = 60  # after which no more mail of those taken leaves: who may open what was asked before
RECORDING_TRIES: Final = 5
RECORDING_PAUSE_SECONDS: Final = 1.0

log = logging.getLogger("portal.mailing")


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says."""

    subject: str
    text: str
    language: str


Write = Callable[[Settings, str, int], Letter]  # in a language, of so many notices


@dataclass(frozen=True, slots=True)
class _Taken:
    """What is due for one person."""

    person: Person
    notices: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class _Batch:
    """What was taken."""

    taken: Sequence[_Taken]
    intent: Intent
    permit: Permit


def send_due(portal: Portal, write: Write) -> bool:
    """Send mail to a few of those for whom it is due; tells whether to go on at once with others.

    Raises:
        StoreUnavailable: The database is away; what is due stays due.

    """
    if not portal.settings.smtp_host:
        return False
    with portal.database.read() as session:
        if not NoticeRecords(session, Reach(None)).due(portal.clock(), 1):
            return False
    with permits.request(uuid4()):
        batch = _take(portal)
        if batch is None:
            return True
        posted = _send(portal, write, batch)
        surely(lambda: _record(portal, batch, posted))
    for kind in sorted(set(posted.failed.values())):
        log.warning("mail waits: %s", kind)
    return posted.reached


def _take(portal: Portal) -> _Batch | None:
    """Take what is due for a few people; None: nothing of it is to be sent."""
    taken: list[_Taken] = []
    with portal.work(MAILER) as work:
        records, closed = records_of(work), 0
        ids = records.due(work.now, PEOPLE_AT_ONCE)
        if not ids:
            return None
        for person_id in ids:
            notices = records.due_for(person_id, work.now)
            person, kept = _asked(work, person_id, notices)
            for notice in notices:
                if person is None:
                    _fails(notice, Damaged.__name__, work.now)
                elif notice.id in kept:
                    notice.claimed_until = work.now + CLAIMED
                else:
                    notice.due_at = None
                    closed += 1
            if person is not None and kept:
                taken.append(_Taken(person, tuple(kept)))
        permit = work.require_on(Action.SEND_MAIL, PortalFacts())
        work.note(permit, people=[str(one.person.id) for one in taken], closed=closed)
        return _Batch(tuple(taken), work.begins(permit), permit) if taken else None


def _asked(work: Work, person_id: UUID, notices: Sequence[Notice]) -> tuple[Person | None, set[UUID]]:
    """Find somebody, and what of this they may open; nobody where a record of theirs was altered: the others go on."""
    try:
        person = work.people.find(person_id)
        open_ones = openable(work, acting(work, person), notices) if person else []
    except Damaged:
        log.error("alarm: a record behind a notice was altered; its mail waits")  # noqa: TRY400  # no words of it
        return None, set()
    return person, {notice.id for notice in open_ones}


def _send(portal: Portal, write: Write, batch: _Batch) -> Posted:
    mails = [(one.person.id, partial(_message, portal, batch.permit, one, write)) for one in batch.taken]
    return post_all(portal.settings, mails, SENDING_SECONDS)


def _message(portal: Portal, permit: Permit, one: _Taken, write: Write) -> EmailMessage:
    letter = write(portal.settings, one.person.language, len(one.notices))
    return compose(portal, mail_of(portal, permit, one.person), letter)


def compose(portal: Portal, address: str, letter: Letter) -> EmailMessage:
    """Put a letter into a mail to one address.

    Raises:
        RefusedError: The address is none, or not in its one spelling.

    """
    settings = portal.settings
    message = EmailMessage(policy=SMTP)
    message["From"] = settings.mail_from
    message["To"] = _one_address(address)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(portal.clock())
    message["Message-ID"] = f"<{uuid4()}@{host_name(settings)}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    message["Content-Language"] = letter.language  # last: what is set as the content takes such heads away
    return message


def _one_address(text: str) -> Address:
    """Take a text as one address: a list of some, or none, is no address.

    Raises:
        RefusedError: It is none, or not in its one spelling.

    """
    local, _, domain = mail_address(text).rpartition("@")
    return Address(username=local, domain=domain)


def surely(record: Callable[[], None]) -> None:
    """Record what became of a batch; once more if the database is busy, for what isn't recorded is sent again."""
    for left in reversed(range(RECORDING_TRIES)):
        try:
            record()
        except StoreUnavailable:
            if not left:
                raise
            sleep(RECORDING_PAUSE_SECONDS)
        else:
            return


def _record(portal: Portal, batch: _Batch, posted: Posted) -> None:
    with portal.work(MAILER) as work:
        permit = work.require_on(Action.SEND_MAIL, PortalFacts())
        result = "failed" if posted.failed else "complete"
        work.completes(permit, batch.intent, result=result, sent=len(posted.sent), failed=len(posted.failed))
        ids = [notice for one in batch.taken for notice in one.notices]
        for row in records_of(work).claimed(ids):
            row.claimed_until = None
            if row.person_id in posted.sent:
                row.mailed_at, row.due_at, row.failure = work.now, None, ""
            elif row.person_id in posted.failed:
                _fails(row, posted.failed[row.person_id], work.now)


def _fails(notice: Notice, kind: str, now: datetime) -> None:
    notice.attempts += 1
    notice.next_try_at = next_try(notice.attempts, now)
    notice.failure = kind
