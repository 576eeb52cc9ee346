"""What the portal does by itself for publications: it makes public what is due, and proves of it the entry of the log.

1. The file is opened for it after two people confirmed it and the time to think it over has passed; it is held against
   the hash that they confirmed. The copy that everybody may read lies in the store before the row that names it.
2. Opening is recorded in the State's own trail; that it became public, in the file's, once it is. What got another
   version, was withdrawn, or was confirmed by somebody who is suspended by now, everywhere or from its review, is
   called off, up to the last moment.
3. What fails is tried again after longer and longer times, and holds up nothing else.
4. Two replicas may do it at once: the second one finds it done, and takes away what it put into the store.
5. The entry by which it became public says ids, a hash, the number in its stream and MACs of rows: so it is shown
   whole, with its proof, once it is in the tree.
"""

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.entities import PublicationFacts
from portal.audit.checkpoints import read_checkpoint
from portal.audit.notes import read_note
from portal.domain.documents import DocumentKind
from portal.domain.notices import NoticeKind
from portal.domain.publications import Origin, kept_kind
from portal.errors import NotFound
from portal.usecases import tree
from portal.usecases.notices import tell_of_review
from portal.usecases.outcomes import becoming_public, owing
from portal.usecases.proving import prove_entry
from portal.usecases.public import public_key
from portal.usecases.public_summaries import PUBLISHER, find_summary, pause
from portal.usecases.publications import find_publication, is_outdated, records_of, said_of, tell_own
from portal.work import Portal, Work
from storage import permits
from storage.content import open_all, seal, version_context
from storage.errors import Damaged
from storage.objects.store import new_name
from storage.permits import Permit, publication_scope
from storage.publications import Publication, PublicFile
from storage.repositories.publications import PublicationRecords, PublicRecords
from storage.repositories.reviews import Reach
from storage.repositories.tree import TreeRecords

log = logging.getLogger("portal.publications")


@dataclass(frozen=True, slots=True)
class Wait:
    """Until when something that failed isn't tried again, and how often it failed."""

    until: datetime
    tries: int = 0

    def longer(self, now: datetime) -> "Wait":
        """Wait twice as long, up to a bound."""
        return Wait(now + pause(self.tries + 1), self.tries + 1)


Waits = dict[UUID, Wait]  # publications that failed before; kept by whoever calls the same over and over


def publish_due(portal: Portal, waits: Waits | None = None) -> int:
    """Make public what is due; gives how many there were."""
    with portal.database.read() as session:
        due = PublicationRecords(session, Reach(None, everything=True)).due(portal.clock())
    return _each(portal, due, waits, partial(_publish_if_due, portal), "what two people confirmed can't be made public")


def _each(portal: Portal, publications: Iterable[UUID], waits: Waits | None, do: Callable[[UUID], int], no: str) -> int:
    """Do something for each publication but those that wait, and let wait what fails; `no`: what the log says then."""
    waits, count = {} if waits is None else waits, 0
    for publication in publications:
        wait = waits.get(publication)
        if wait is not None and wait.until > portal.clock():
            continue
        try:
            with permits.request(uuid4()):
                count += do(publication)
            waits.pop(publication, None)
        except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
            waits[publication] = (wait or Wait(portal.clock())).longer(portal.clock())
            log.error("alarm: %s: %s", no, type(error).__qualname__)  # noqa: TRY400  # without words of a cause
    return count


def _publish_if_due(portal: Portal, publication: UUID) -> int:
    try:
        return _publish(portal, publication)
    except NotFound:
        log.info("a publication was called off, or made public elsewhere, while it was due")
        return 0


def _publish(portal: Portal, publication: UUID) -> int:
    """Open what was confirmed, seal it where everybody may read it, and let a row name it; or call it off."""
    with portal.work(PUBLISHER) as work:
        row, facts, permit = find_publication(work, Action.READ_CONFIRMED, publication)
        if _is_overtaken(work, row, facts):
            row.cancelled_at = work.now
            work.note(permit, step="called off")
            tell_own(work, NoticeKind.PUBLICATION_ENDED, row)
            return 0
        intent = work.begins(permit)
    name = new_name()
    with becoming_public(portal, intent, publication, name):
        said = said_of(portal, permit, row)
        key = portal.keyring.open_content_key(permit, publication_scope(row.review_id), row.id, row.wrapped_key)
        file = _checked(portal, row, key, said)
        portal.objects.put(name, seal(public_key(portal, row.id), version_context(row.id), file))
        _name(portal, publication, name, said)
    return 1


def _checked(portal: Portal, row: Publication, key: bytes, said: dict[str, Any]) -> Iterator[bytes]:
    """Open the file that was confirmed, and break off at its end if it isn't the one."""
    found = hashlib.sha256()
    with portal.objects.get(row.object_name) as sealed:
        for block in open_all(key, version_context(row.id), sealed):
            found.update(block)
            yield block
    if found.hexdigest() != said["sha256"]:
        raise Damaged


def _is_overtaken(work: Work, row: Publication, facts: PublicationFacts) -> bool:
    """Tell whether what was confirmed counts no more: another version, a withdrawal, a suspension, a word missing."""
    in_doubt = any(work.people.suspended(person, row.review_id) for person in facts.consents)
    return is_outdated(work, row) or in_doubt or bool(facts.waits_for)


def _name(portal: Portal, publication: UUID, name: str, said: dict[str, Any]) -> None:
    with portal.work(PUBLISHER) as work:
        row, facts, permit = find_publication(work, Action.MAKE_PUBLIC, publication)
        if _is_overtaken(work, row, facts):
            raise NotFound  # while its file was sealed: it is called off when its turn comes again
        row.published_at = work.now
        records = records_of(work)
        origin = Origin.TRANSLATION if records.is_translation(row.document_id) else Origin.STATE
        records.add(
            PublicFile(
                id=row.id,
                state_code=row.state_code,
                cycle=records.cycle_of(row.review_id),
                kind=kept_kind(DocumentKind(row.kind), origin),
                title=said["title"],
                language=row.language,
                pages=row.pages,
                whole=said["whole"],
                size=row.size,
                sha256=bytes.fromhex(said["sha256"]),
                object_name=name,
                published_at=work.now,
                event_id=permit.event,
            )
        )
        work.note(permit, sha256=said["sha256"])
        record = work.file(row.review_id)
        if record is not None:
            tell_of_review(work, NoticeKind.REPORT_PUBLISHED, Action.VIEW_REVIEW, record.review)


def prove_public(portal: Portal, waits: Waits | None = None) -> int:
    """Add proofs to what became public, where its entry has come into the tree; gives how many were added."""
    with portal.database.read() as session:
        unproven = {row.id: row.event_id for row in PublicRecords(session).unproven()}
    if not unproven:
        return 0
    try:
        note = tree.checkpoint(portal)
    except NotFound:
        return 0
    size = read_checkpoint(read_note(note).text).size
    with portal.database.read() as session:
        positions = {publication: TreeRecords(session).position(event) for publication, event in unproven.items()}
    ready = [publication for publication, position in positions.items() if position is not None and position < size]
    no = "the entry by which something became public can't be proved"
    return _each(portal, ready, waits, lambda one: _prove(portal, one, unproven[one], note), no)


def _prove(portal: Portal, publication: UUID, event: UUID, note: str) -> int:
    with portal.work(PUBLISHER) as work:
        permit = _proving(work, publication)
        intent = work.begins(permit)
    with owing(portal, intent):
        proof = prove_entry(portal, permit, event, note)
        with portal.work(PUBLISHER) as work:
            permit = _proving(work, publication)
            row = records_of(work).public(publication)
            if row is not None and row.proof is None:
                row.proof = proof
            work.completes(permit, intent)
    return 1


def _proving(work: Work, publication: UUID) -> Permit:
    """Ask for the proof of a State's publication, or of a summary."""
    if records_of(work).find(publication) is None:
        return find_summary(work, Action.PROVE_PUBLIC, publication)[1]
    return find_publication(work, Action.PROVE_PUBLIC, publication)[2]
