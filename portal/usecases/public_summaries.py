"""Transmitted executive summaries on their way to everybody, as documents of the Conference (ToR 51).

1. Once a summary was transmitted and that was thought over, each of its languages is made anew, as what a State
   publishes is: nobody ever gets the file itself. The transmission is what authorises it.
2. Until it is public, the officer may confirm another file of its language in its place (summaries.py); what becomes
   public is what is confirmed at that moment, or nothing.
3. What can't be made anew, or was confirmed or transmitted by somebody who is suspended by now, holds up no other
   language. The officer is told once, reads why beside the language, and it is tried again after longer and longer
   times.
4. Two replicas may do it at once: the second one finds it done, and takes away what it put into the store.
"""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.actors import Machine
from portal.access.caller import Caller
from portal.access.entities import Absent, SummaryFacts
from portal.domain.documents import DocumentKind
from portal.domain.ids import ReviewId, SummaryId
from portal.domain.notices import NoticeKind
from portal.domain.problems import RefusedError
from portal.domain.publications import Origin, check_size, kept_kind
from portal.errors import NotFound
from portal.usecases.making import BUSY, IN_DOUBT, PORTAL, UNSENT, Made, make_anew, turn
from portal.usecases.notices import tell_of_review
from portal.usecases.outcomes import becoming_public
from portal.usecases.public import public_key
from portal.work import Portal, Work
from storage import permits
from storage.content import open_all, seal, version_context
from storage.objects.store import new_name
from storage.permits import SUMMARIES, Permit
from storage.publications import HeldBack, PublicFile
from storage.reports import SummaryLanguage
from storage.repositories.publications import PublicationRecords
from storage.repositories.summaries import SummaryRecords
from storage.tables import Review

PUBLISHER: Final = Caller(machine=Machine.PUBLISHER)
FIRST_WAIT: Final = timedelta(minutes=1)
LONGEST_WAIT: Final = timedelta(hours=6)
_DOUBLED: Final = 10  # times; then it is the longest
FAULT: Final = "fault"  # why something is held back, where it isn't the file
Titled = Callable[[Portal, str, str], str]
log = logging.getLogger("portal.publications")


@dataclass(frozen=True, slots=True)
class _Found:
    """A summary in one language, with its review."""

    row: SummaryLanguage
    review: Review
    permit: Permit


def publish_summary(portal: Portal, title_of: Titled) -> bool:
    """Make the next of what was transmitted and thought over public; tells whether there was one to try.

    Args:
        portal: The portal.
        title_of: Gives the title under which everybody finds it, by its language and the code of its State.

    """
    until = portal.clock() - timedelta(hours=portal.settings.publication_hours)
    with portal.database.read() as session:
        waiting = SummaryRecords(session).to_publish(until)
        due = [summary for summary, held in waiting if held is None or next_try(held) <= portal.clock()]
    return bool(due) and _tried(portal, due[0], title_of)


def next_try(held: HeldBack) -> datetime:
    """Tell when something that could not be made anew is tried again."""
    return held.tried_at + pause(held.tries)


def pause(tries: int) -> timedelta:
    """Tell how long what failed so many times waits: twice as long each time, up to a bound."""
    return min(FIRST_WAIT * (1 << min(max(tries - 1, 0), _DOUBLED)), LONGEST_WAIT)


def find_summary(work: Work, action: Action, summary_id: UUID) -> tuple[SummaryLanguage, Permit]:
    """Ask for an act of the publisher on a summary in one language.

    Raises:
        NotFound: There is none that is confirmed, or it isn't its time.

    """
    records = SummaryRecords(work.session)
    found = records.find(summary_id)
    facts: SummaryFacts | Absent = Absent(SummaryFacts)
    if found is not None:
        row, sent = found
        hours = timedelta(hours=work.portal.settings.publication_hours)
        # a file put in the place of another is thought over as long as the first was
        ready = max(sent.transmitted_at, row.confirmed_at) + hours if sent else None
        facts = SummaryFacts(
            SummaryId(row.id),
            ReviewId(row.review_id),
            transmitted=sent is not None,
            due=ready is not None and ready <= work.now,
            public=row.language in records.public(row.manifest_id),
        )
    permit = work.require_on(action, facts, asked=summary_id)
    if found is None:
        raise NotFound
    return found[0], permit


def _tried(portal: Portal, summary_id: UUID, title_of: Titled) -> bool:
    try:
        with permits.request(uuid4()), turn(portal, PORTAL):
            _publish(portal, summary_id, title_of)
    except NotFound:
        log.info("a summary was replaced, or made public elsewhere, while it was due")
    except RefusedError as refused:
        if refused.problems[0] is BUSY:
            return False  # the place is taken for a while
        _hold_back(portal, summary_id, refused.problems[0].code)
    except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
        log.error("alarm: a summary can't be made public: %s", type(error).__qualname__)  # noqa: TRY400  # without words of a cause
        _hold_back(portal, summary_id, FAULT)
    return True


def _publish(portal: Portal, summary_id: UUID, title_of: Titled) -> None:
    """Open what was transmitted, make it anew, seal it where everybody may read it, and let a row name it."""
    with portal.work(PUBLISHER) as work:
        found = _found(work, Action.READ_CONFIRMED, summary_id)
        row, permit = found.row, found.permit
        work.note(permit, language=row.language)
        intent = work.begins(permit)
    name, title = new_name(), title_of(portal, row.language, found.review.state_code)
    with becoming_public(portal, intent, summary_id, name):
        check_size(row.size)
        key = portal.keyring.open_content_key(permit, SUMMARIES, row.id, row.wrapped_key)
        with portal.objects.get(row.object_name) as sealed:
            source = b"".join(open_all(key, version_context(row.id), sealed))
        made = make_anew(source, (), title, row.language)
        portal.objects.put(name, seal(public_key(portal, row.id), version_context(row.id), iter([made.file])))
        _name(portal, summary_id, name, title, made)


def _name(portal: Portal, summary_id: UUID, name: str, title: str, made: Made) -> None:
    with portal.work(PUBLISHER) as work:
        found = _found(work, Action.PUBLISH_SUMMARY, summary_id)
        digest = hashlib.sha256(made.file)
        records = PublicationRecords(work.session, work.who.reach)
        records.add(
            PublicFile(
                id=found.row.id,
                state_code=found.review.state_code,
                cycle=records.cycle_of(found.review.id),
                kind=kept_kind(DocumentKind.SUMMARY, Origin.CONFERENCE),
                title=title,
                language=found.row.language,
                pages=len(made.chosen),
                whole=made.whole,
                size=len(made.file),
                sha256=digest.digest(),
                object_name=name,
                published_at=work.now,
                event_id=found.permit.event,
            )
        )
        work.note(found.permit, sha256=digest.hexdigest(), language=found.row.language)


def _found(work: Work, action: Action, summary_id: UUID) -> _Found:
    row, permit = find_summary(work, action, summary_id)
    record, sent = work.file(row.review_id), SummaryRecords(work.session).transmission(row.review_id)
    if record is None or sent is None:
        raise NotFound
    if work.people.suspended(sent.transmitted_by, row.review_id):
        raise RefusedError(UNSENT)
    if work.people.suspended(row.confirmed_by, row.review_id):
        raise RefusedError(IN_DOUBT)
    return _Found(row, record.review, permit)


def _hold_back(portal: Portal, summary_id: UUID, why: str) -> None:
    """Note why, and tell the officer once of what is the file's own fault; of others the alarm tells the operator."""
    with portal.work(PUBLISHER) as work:
        records = SummaryRecords(work.session)
        first = records.hold_back(summary_id, why, work.now)
        found = records.find(summary_id) if first and why != FAULT else None
        record = work.file(found[0].review_id) if found else None
        if record is not None:
            tell_of_review(work, NoticeKind.SUMMARY_HELD_BACK, Action.TRANSMIT_SUMMARY, record.review)
