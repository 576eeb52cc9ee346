"""Publications, as the State under review prepares, confirms, calls off and withdraws them (ToR 36).

1. Preparing is like moving a document (moves.py): the intent is durable before the version is opened, the file is made
   anew in a process that can do nothing else, sealed under a key of its own, and named by a row only once it is whole.
2. What two people confirm, and all parties where it takes their consent, is that file, byte for byte: each opened it
   before, and nothing of it changes afterwards.
3. If the document got another version meanwhile, or was withdrawn, nothing is confirmed: it is prepared anew.
4. What the State means to publish lies under a key of its own and in the trail of its national room, so that the
   reviewing States learn of it when everybody does. What takes their consent stands in the file's trail.
"""

import json
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import NIL, Absent, PublicationFacts
from portal.access.file_matters import review_facts
from portal.access.publication_matters import national_room
from portal.domain import media
from portal.domain.files import CleanName
from portal.domain.ids import PersonId, PublicationId, StateCode
from portal.domain.notices import NoticeKind
from portal.domain.problems import RefusedError
from portal.domain.publications import check_size, missing_words, needs_all_parties, pages_said
from portal.domain.roles import Role
from portal.domain.texts import N_
from portal.errors import Conflict, NotFound, PortalError
from portal.publishing.findings import Finding
from portal.usecases.contents import Arrived, Upload, abandon, author, take_content
from portal.usecases.downloads import FAILED
from portal.usecases.making import Made, make_anew, turn
from portal.usecases.moves import REFUSED
from portal.usecases.notices import tell
from portal.usecases.particulars import scope_of
from portal.work import Intent, Portal, Work
from storage.content import open_all, version_context
from storage.fields import Place
from storage.permits import Permit, publication_scope
from storage.publications import Consent, Publication
from storage.repositories.publications import PublicationRecords
from storage.repositories.reviews import ReviewRecord
from storage.tables import Document, Version

NEWER: Final = N_(
    "The document got a newer version since this was prepared, or was withdrawn. Prepare it anew from that."
)


WORDS_MOST: Final = 30  # of what was removed, for each kind


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be published; pages: none means all.

    Args:
        review: Of which review.
        version: Of which version.
        pages: Which pages of it, from 1.
        title: Under which title.
        language: In which language it is.
    """

    review: UUID
    version: UUID
    pages: tuple[int, ...]
    title: str
    language: str


def records_of(work: Work) -> PublicationRecords:
    """Give the publications within the actor's reach."""
    return PublicationRecords(work.session, work.who.reach)


def publication_facts(
    records: PublicationRecords, row: Publication, record: ReviewRecord, now: datetime
) -> PublicationFacts:
    """Tell the policies about a publication."""
    words, own = records.words(row.id), row.state_code
    document = records.document(row.document_id)
    joint = is_joint(document, record)
    missing = missing_words(own, record.reviewing if joint else (), [state for _, state in words])
    return PublicationFacts(
        PublicationId(row.id),
        review_facts(record),
        national_room(record),
        frozenset(PersonId(one.person_id) for one, _ in words),
        frozenset(PersonId(one.person_id) for one in records.openings(row.id)),
        joint=joint,
        waits_for=frozenset(StateCode(state) for state in missing),
        begun=any(one.role == Role.FOCAL_POINT and state == own for one, state in words),
        confirmed=row.confirmed_at is not None,
        due=row.due_at is not None and row.due_at <= now,
        public=row.published_at is not None,
        ended=row.cancelled_at is not None or row.withdrawn_at is not None,
        owner=document.owner,
        withdrawn=document.withdrawn_at is not None,
    )


def is_joint(document: Document, record: ReviewRecord) -> bool:
    """Tell whether a document of a review is published only with the consent of all its parties."""
    final = record.final
    agreed = final is not None and (document.id in final.documents or document.translates_id in final.versions)
    return needs_all_parties(document.owner, record.review.state_code, agreed=agreed)


def find_publication(work: Work, action: Action, publication_id: UUID) -> tuple[Publication, PublicationFacts, Permit]:
    """Ask for an act on a publication.

    Raises:
        NotFound: There is no such publication, or the actor may not know of it.
        Forbidden: The actor sees it but may not do this.
    """
    row = records_of(work).find(publication_id)
    record = work.file(row.review_id) if row else None
    facts: PublicationFacts | Absent = Absent(PublicationFacts)
    if row is not None and record is not None:
        facts = publication_facts(records_of(work), row, record, work.now)
    permit = work.require_on(action, facts, asked=publication_id)
    if row is None or isinstance(facts, Absent):
        raise NotFound
    return row, facts, permit


def said_of(portal: Portal, permit: Permit, row: Publication) -> dict[str, Any]:
    """Open what is said of a publication."""
    scope, place = publication_scope(row.review_id), Place("publication", "said", row.id)
    said: dict[str, Any] = json.loads(portal.open_text(permit, scope, place, row.said))
    return said


def is_outdated(work: Work, row: Publication) -> bool:
    """Tell whether the document got another version since, or was withdrawn."""
    document = work.documents.find(row.document_id)
    if document is None or document.withdrawn_at is not None:
        return True
    return max(work.documents.versions(row.document_id), key=lambda one: one.number).id != row.version_id


def could_confirm(work: Work, row: Publication, facts: PublicationFacts) -> bool:
    """Tell whether whoever asks could confirm a publication once they have read it, and its document is as it was."""
    me = PersonId(work.who.person_id or NIL)
    once_read = replace(facts, opened_by=facts.opened_by | {me})
    return work.allows(Action.CONFIRM_PUBLICATION, once_read) and not is_outdated(work, row)


# --- preparing


def prepare_publication(portal: Portal, caller: Caller, plan: Plan) -> UUID:
    """Make the public file of a version anew from the pages chosen, and keep it sealed until it is confirmed.

    Raises:
        NotFound: There is no such version, or the actor may not know of it.
        Forbidden: The actor sees it, but it isn't theirs to publish.
        RefusedError: It can't be made anew, or another one is being made; the sentence says which.
        Unavailable: There is no space left.

    """
    with ExitStack() as place:
        with portal.work(caller) as work:
            _, version, permit = _allowed(work, plan)
            check_size(version.size)
            # only those take a turn who may publish; one that isn't theirs yet is no act
            place.enter_context(turn(portal, state_of(work)))
            intent = work.begins(permit)
        return _prepared(portal, caller, plan, version, permit, intent)


def state_of(work: Work) -> str:
    """Name the State of whoever acts."""
    return (work.who.person.state_code or "") if work.who.person else ""


def _prepared(portal: Portal, caller: Caller, plan: Plan, version: Version, permit: Permit, intent: Intent) -> UUID:
    upload = Upload(Action.PREPARE_PUBLICATION, version.id, CleanName("public.pdf", changed=False), media.PDF, intent)
    try:
        key = portal.keyring.open_content_key(permit, scope_of(version), version.id, version.wrapped_key)
        with portal.objects.get(version.object_name) as sealed:
            source = b"".join(open_all(key, version_context(version.id), sealed))
        made = make_anew(source, plan.pages, plan.title, plan.language)
        arrived = take_content(portal, upload, iter([made.file]))
        return _keep(portal, caller, plan, upload, (made, arrived))
    except BaseException as error:
        abandon(portal, upload, REFUSED if isinstance(error, PortalError | RefusedError) else FAILED, 0)
        raise


def _allowed(work: Work, plan: Plan) -> tuple[Document, Version, Permit]:
    found = work.documents.find_version(plan.version)
    if found is not None and found.review_id != plan.review:
        found = None
    version, permit = work.require(Action.PREPARE_PUBLICATION, Version, found, asked=plan.version)
    document = work.documents.find(version.document_id)
    if document is None:
        raise NotFound
    return document, version, permit


def _removed(one: Finding) -> list[object]:
    return [one.kind.value, one.count, pages_said(one.pages), list(one.words[:WORDS_MOST])]


def _keep(portal: Portal, caller: Caller, plan: Plan, upload: Upload, done: tuple[Made, Arrived]) -> UUID:
    made, arrived = done
    with portal.work(caller) as work:
        document, version, permit = _allowed(work, plan)
        scope, keyring = publication_scope(document.review_id), portal.keyring
        said = {
            "title": plan.title,
            "pages": pages_said(made.chosen),
            "whole": made.whole,
            "left_out": pages_said(made.left_out),
            "removed": [_removed(one) for one in made.removed],
            "cautions": [list(one) for one in made.cautions],
            "sha256": arrived.digest.hex(),
        }
        row = Publication(
            id=upload.version,
            review_id=document.review_id,
            document_id=document.id,
            version_id=version.id,
            state_code=work.who.state or "",
            kind=document.kind,
            language=plan.language,
            said=work.seal(permit, scope, Place("publication", "said", upload.version), json.dumps(said)),
            pages=len(made.chosen),
            size=arrived.size,
            object_name=upload.object_name,
            wrapped_key=keyring.wrap_content_key(work.session, permit, scope, upload.version, upload.key),
            prepared_by=author(work),
            prepared_at=work.now,
        )
        records_of(work).add(row)
        work.completes(permit, upload.intent, bytes=arrived.size, publication=str(row.id))
        tell_own(work, NoticeKind.PUBLICATION_WAITS, row)
        _tell_consenting(work, document, row)
        return row.id


# --- confirming, calling off, withdrawing


def confirm_publication(portal: Portal, caller: Caller, publication_id: UUID) -> None:
    """Confirm a publication for one's State; after the last whose word it takes, it becomes public when thought over.

    Raises:
        NotFound: There is no such publication, or the actor may not know of it.
        Forbidden: The actor confirmed it before, didn't open its file, or it isn't theirs to confirm.
        Conflict: The document has a newer version.

    """
    with portal.work(caller) as work:
        row, facts, permit = find_publication(work, Action.CONFIRM_PUBLICATION, publication_id)
        if is_outdated(work, row):
            raise Conflict(NEWER)
        role = work.who.role or Role.EXPERT
        records_of(work).add(
            Consent(id=uuid4(), publication_id=row.id, person_id=author(work), role=role.value, given_at=work.now)
        )
        work.note(permit, step=_step(work, facts))
        record = work.file(row.review_id)
        if record is not None and not publication_facts(records_of(work), row, record, work.now).waits_for:
            row.confirmed_at = work.now
            row.due_at = work.now + timedelta(hours=portal.settings.publication_hours)
            tell_own(work, NoticeKind.PUBLICATION_CONFIRMED, row)


def _step(work: Work, facts: PublicationFacts) -> str:
    if work.who.state != facts.review.state_under_review:
        return "consent"
    return "second" if facts.begun else "first"


def cancel_publication(portal: Portal, caller: Caller, publication_id: UUID) -> None:
    """Call a publication off before it is public.

    Raises:
        NotFound: There is no such publication, or the actor may not know of it.
        Forbidden: It isn't the actor's to call off, or it is public or called off already.

    """
    with portal.work(caller) as work:
        row, _, _ = find_publication(work, Action.CANCEL_PUBLICATION, publication_id)
        row.cancelled_at, row.cancelled_by = work.now, work.who.person_id


def withdraw_publication(portal: Portal, caller: Caller, publication_id: UUID, reason: str) -> None:
    """Withdraw what is public: its page says so from then on, and its file is gone from there.

    Args:
        portal: The portal.
        caller: Who asks.
        publication_id: The publication.
        reason: What is said of it in public; empty: nothing.

    Raises:
        NotFound: There is no such publication, or the actor may not know of it.
        Forbidden: It isn't the actor's to withdraw, or it isn't public.

    """
    with portal.work(caller) as work:
        row, _, _ = find_publication(work, Action.WITHDRAW_PUBLICATION, publication_id)
        public = records_of(work).public(row.id)
        if public is None:
            raise NotFound
        row.withdrawn_at, row.withdrawn_by = work.now, work.who.person_id
        public.withdrawn_at, public.withdrawn_reason = work.now, reason or None


def tell_own(work: Work, kind: NoticeKind, row: Publication) -> None:
    """Tell the people of the State who see its publications."""
    record = work.file(row.review_id)
    if record is not None:
        tell(
            work,
            kind,
            review_id=row.review_id,
            room_id=None,
            about=row.id,
            action=Action.LIST_PUBLICATIONS,
            row=record.review,
        )


def _tell_consenting(work: Work, document: Document, row: Publication) -> None:
    """Tell the focal points of the reviewing States of what takes their consent."""
    record = work.file(row.review_id)
    if record is None or not is_joint(document, record):
        return
    people = work.reviews.people(record.review.id, record.reviewing, work.now)
    tell(
        work,
        NoticeKind.PUBLICATION_WAITS,
        review_id=row.review_id,
        room_id=None,
        about=row.id,
        action=Action.VIEW_REVIEW,
        row=record.review,
        only={person.id for appointment, person, _ in people if appointment.role == Role.FOCAL_POINT},
    )
