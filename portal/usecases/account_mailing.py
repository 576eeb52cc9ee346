"""Mail about accounts: at once, one mail for each thing, as portal/usecases/mailing.py sends the other.

1. A mail says what happened to the account it goes to, when, and what to do; no name, no State, no role, no content.
2. A sign-in link leaves only while it is open; once it left, or needn't leave any more, it is kept nowhere.
3. What is due is taken in one transaction, leaves outside any, and is recorded afterwards; the intent is in the log
   before the first mail leaves.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from functools import partial
from uuid import uuid4

from portal.access.actions import Action
from portal.access.entities import PortalFacts
from portal.domain.account_events import AccountEvent
from portal.domain.notices import next_try
from portal.settings import Settings
from portal.usecases.account_notices import records_of_accounts
from portal.usecases.invitations import is_open
from portal.usecases.mailing import CLAIMED, MAILER, SENDING_SECONDS, Letter, compose, surely
from portal.usecases.posting import Posted, post_all
from portal.work import Intent, Portal, Work
from storage import permits
from storage.accounts import AccountNotice
from storage.errors import Damaged
from storage.fields import Place
from storage.permits import REGISTRY, Permit
from storage.repositories.accounts import AccountRecords
from storage.tables import Invitation, Person

AT_ONCE = 10

log = logging.getLogger("portal.mailing")


@dataclass(frozen=True, slots=True)
class Said:
    """What a mail tells somebody: what happened and when; of an invitation the link, and how it works."""

    event: AccountEvent
    at: datetime
    link: str = ""
    expires: datetime | None = None
    takes_two: bool = False


Write = Callable[[Settings, str, Said], Letter]  # in a language


@dataclass(frozen=True, slots=True)
class _Taken:
    """One mail: to whom, and what it tells."""

    row: AccountNotice
    person: Person
    invitation: Invitation | None


@dataclass(frozen=True, slots=True)
class _Batch:
    """What was taken."""

    taken: Sequence[_Taken]
    intent: Intent
    permit: Permit


def send_account_mail(portal: Portal, write: Write) -> bool:
    """Send a few of the mails that are due; tells whether to go on at once with others.

    Raises:
        StoreUnavailable: The database is away; what is due stays due.

    """
    if not portal.settings.smtp_host:
        return False
    with portal.database.read() as session:
        if not AccountRecords(session).due(portal.clock(), 1):
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
    """Take what is due; None: nothing of it is to be sent."""
    taken: list[_Taken] = []
    with portal.work(MAILER) as work:
        rows = records_of_accounts(work).due(work.now, AT_ONCE)
        if not rows:
            return None
        for row in rows:
            one = _taken(work, row)
            if one is not None:
                row.claimed_until = work.now + CLAIMED
                taken.append(one)
        permit = work.require_on(Action.SEND_MAIL, PortalFacts())
        people = sorted({str(one.person.id) for one in taken})
        work.note(permit, people=people, closed=sum(row.due_at is None for row in rows))
        return _Batch(tuple(taken), work.begins(permit), permit) if taken else None


def _taken(work: Work, row: AccountNotice) -> _Taken | None:
    """Take one mail, unless its link doesn't work any more; it waits where a record of the person was altered."""
    try:
        person = work.people.find(row.person_id)
        invitation = work.identity.invitation(row.about) if row.link and row.about else None
    except Damaged:
        log.error("alarm: a record behind a notice was altered; its mail waits")  # noqa: TRY400  # no words of it
        _fails(row, Damaged.__name__, work.now)
        return None
    # the notice carries no MAC, the link's row does: its word counts for whom the link is
    sound = invitation is not None and invitation.person_id == row.person_id and is_open(invitation, work.now)
    if person is None or (row.link and not sound):
        row.due_at, row.link = None, None
        return None
    return _Taken(row, person, invitation)


def _send(portal: Portal, write: Write, batch: _Batch) -> Posted:
    mails = [(one.row.id, partial(_message, portal, batch.permit, one, write)) for one in batch.taken]
    return post_all(portal.settings, mails, SENDING_SECONDS)


def _message(portal: Portal, permit: Permit, one: _Taken, write: Write) -> EmailMessage:
    said, address = _opened(portal, permit, one)
    return compose(portal, address, write(portal.settings, one.person.language, said))


def _opened(portal: Portal, permit: Permit, one: _Taken) -> tuple[Said, str]:
    """Open what a mail tells, and the address it goes to."""
    row, person = one.row, one.person
    link = portal.open_text(permit, REGISTRY, Place("account_notice", "link", row.id), row.link) if row.link else ""
    address = portal.open_text(permit, REGISTRY, Place("person", "mail", person.id), row.address or person.mail)
    expires, takes_two = (one.invitation.expires_at, one.invitation.takes_two) if one.invitation else (None, False)
    return Said(AccountEvent(row.kind), row.made_at, link, expires, takes_two), address


def _record(portal: Portal, batch: _Batch, posted: Posted) -> None:
    with portal.work(MAILER) as work:
        permit = work.require_on(Action.SEND_MAIL, PortalFacts())
        result = "failed" if posted.failed else "complete"
        work.completes(permit, batch.intent, result=result, sent=len(posted.sent), failed=len(posted.failed))
        for row in records_of_accounts(work).claimed([one.row.id for one in batch.taken]):
            row.claimed_until = None
            if row.id in posted.sent:
                row.mailed_at, row.due_at, row.failure = work.now, None, ""
                row.link, row.address = None, None
            elif row.id in posted.failed:
                _fails(row, posted.failed[row.id], work.now)


def _fails(row: AccountNotice, kind: str, now: datetime) -> None:
    row.attempts += 1
    row.next_try_at = next_try(row.attempts, now)
    row.failure = kind
