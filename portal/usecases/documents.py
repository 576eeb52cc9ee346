"""A document's page, and what is done to a document where it lies: described, circulated, withdrawn.

Moving it to another room is in moves.py, translating it in translations.py, its content in contents.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.file_matters import document_matter
from portal.access.reasons import reasons
from portal.domain import moves
from portal.domain.documents import DocumentKind, DocumentStage
from portal.domain.notices import NoticeKind
from portal.domain.reviews import RoomKind
from portal.gate import targets
from portal.usecases import manifests
from portal.usecases.arrivals import Sent, sent_on, stands
from portal.usecases.contents import author
from portal.usecases.marked_copies import leaves_marked
from portal.usecases.notices import tell_of_documents
from portal.usecases.particulars import (
    Particulars,
    open_particulars,
    open_reason,
    open_tags,
    open_title,
    scope_of,
    seal_reason,
    seal_tags,
    seal_title,
)
from portal.usecases.people import name_of
from portal.usecases.rooms import RoomTab
from portal.usecases.uploads import Described
from portal.work import Portal, Work
from storage.permits import Permit
from storage.repositories.reviews import ReviewRecord
from storage.repositories.summaries import SummaryRecords
from storage.tables import Document, Person, Room, Version

_ACTS = (
    Action.DOWNLOAD_VERSION,
    Action.ADD_VERSION,
    Action.DESCRIBE_DOCUMENT,
    Action.CIRCULATE_DOCUMENT,
    Action.WITHDRAW_DOCUMENT,
    Action.SEND_FOR_TRANSLATION,
    Action.RECALL_TRANSLATION,
    Action.VIEW_DOCUMENT_TRAIL,
)


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version of a document."""

    id: UUID
    number: int
    particulars: Particulars
    size: int
    by: str
    at: datetime
    destroyed: bool
    sent: tuple[Sent, ...]  # what became of it in other rooms


@dataclass(frozen=True, slots=True)
class Bound:
    """A language version, or the original of one; version: the original's version that is translated."""

    id: UUID
    number: int
    title: str
    language: str
    version: int
    original: bool


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """A document as one reader may see it."""

    id: UUID
    number: int
    title: str
    kind: DocumentKind
    language: str
    stage: DocumentStage  # its own
    stands: DocumentStage  # how far it has come, here or in another room
    tags: tuple[str, ...]
    owner: str
    review: UUID
    under_review: str
    room: RoomTab
    changed_at: datetime
    submitted_at: datetime | None
    circulated_at: datetime | None
    withdrawn_at: datetime | None
    withdrawn_by: str
    withdrawn_reason: str
    versions: tuple[VersionLine, ...]
    bound: tuple[Bound, ...]
    why: tuple[str, ...]
    may: frozenset[Action]
    targets: tuple[RoomKind, ...]
    passes_at_once: bool
    marked: bool  # PDF files of it leave to the reader as marked copies alone

    @property
    def seen(self) -> str:
        """Name the state of the document that this page shows, for a change made to it."""
        return self.changed_at.isoformat()


def view_document(portal: Portal, caller: Caller, document_id: UUID) -> DocumentPage:
    """Show a document: what it is, its versions and language versions, what the reader may do with it.

    Raises:
        NotFound: There is no such document, or the actor may not know of it.

    """
    with portal.work(caller) as work:
        document, permit = work.require(
            Action.VIEW_DOCUMENT, Document, work.documents.find(document_id), asked=document_id
        )
        record = work.file(document.review_id)
        if record is None:
            raise RuntimeError("a document was allowed whose review is out of reach")
        versions = work.documents.versions(document.id)
        bound = _visible(work, document)
        sent = sent_on(work, record.rooms, document.room_id, document.id).get(document.id, ())
        may = frozenset(action for action in _ACTS if work.allowed(action, Document, [document]))
        facts = document_matter(document, None, record, Action.SUBMIT_DOCUMENT).facts
        actor = work.standings.actor(document.review_id)
        to = targets(portal.policies, actor, facts)  # type: ignore[arg-type]  # a document's matter has its facts
        why = tuple(reasons(work.why(Action.VIEW_DOCUMENT, Document, document)))
        who = {version.created_by for version in versions} | {document.withdrawn_by or document.created_by}
        people, marked = work.people.named(list(who)), leaves_marked(work)
    return _opened(portal, permit, document, versions, bound, sent, people, record, may, tuple(to), why, marked=marked)


def describe_document(portal: Portal, caller: Caller, document_id: UUID, seen: str, said: Described) -> None:
    """Change a document's title, kind, language and tags.

    Raises:
        NotFound: There is no such document, or the actor may not know of it.
        Forbidden: The actor sees it but may not work on it.
        Conflict: Somebody changed it after the actor saw it.

    """
    with portal.work(caller) as work:
        document, permit = work.require(
            Action.DESCRIBE_DOCUMENT, Document, work.documents.find(document_id), asked=document_id
        )
        moves.check_unchanged(document.changed_at, seen)
        scope = scope_of(document)
        if said.title:
            document.title = seal_title(work, permit, scope, document.id, said.title)
        document.tags = seal_tags(work, permit, scope, document.id, said.tags)
        document.kind, document.language = said.kind.value, said.language
        document.changed_at = work.now


def circulate_document(portal: Portal, caller: Caller, document_id: UUID) -> None:
    """Show a submitted document to all parties to its review (GL 15, 21).

    Raises:
        NotFound: There is no such document, or the actor may not know of it.
        Forbidden: The actor sees it but does not circulate it, or it was circulated or withdrawn before.
        Conflict: Somebody circulated or withdrew it meanwhile.

    """
    with portal.work(caller) as work:
        document, permit = work.require(
            Action.CIRCULATE_DOCUMENT, Document, work.documents.find(document_id), asked=document_id
        )
        moves.check_circulates(DocumentStage(document.stage), document.withdrawn_at)
        document.stage = DocumentStage.CIRCULATED.value
        document.circulated_at = document.changed_at = work.now
        manifests.overtake(work, permit, document)
        tell_of_documents(work, NoticeKind.DOCUMENT_CIRCULATED, [document])


def withdraw_document(portal: Portal, caller: Caller, document_id: UUID, reason: str) -> None:
    """Take a document out of circulation, its language versions with it; all stays in the record (ToR 36).

    What was confirmed of it as a language of the summary counts no more, unless that is public already.

    Raises:
        NotFound: There is no such document, or the actor may not know of it.
        Forbidden: The actor sees it but it isn't theirs to withdraw, or it was withdrawn before.
        Conflict: Somebody withdrew it meanwhile.

    """
    with portal.work(caller) as work:
        document, permit = work.require(
            Action.WITHDRAW_DOCUMENT, Document, work.documents.find(document_id), asked=document_id
        )
        moves.check_in_use(document.withdrawn_at)
        manifests.withdraw(work, permit, document)
        _withdraw(work, permit, document, reason)
        for other in _language_versions(work, document):
            bound, its_permit = work.require(Action.WITHDRAW_DOCUMENT, Document, other)
            _withdraw(work, its_permit, bound, reason)


def _withdraw(work: Work, permit: Permit, document: Document, reason: str) -> None:
    document.withdrawn_reason = seal_reason(work, permit, document, reason)
    document.withdrawn_at = document.changed_at = work.now
    document.withdrawn_by = author(work)
    summaries = SummaryRecords(work.session)
    for confirmed in summaries.unpublished(document.id):
        summaries.end(confirmed, work.now)


def _language_versions(work: Work, document: Document) -> list[Document]:
    """Find what says the same in other languages: what is withdrawn must not stay open through a translation of one."""
    found, reached = list[Document](), [document]
    while reached:
        own = [version.id for one in reached for version in work.documents.versions(one.id)]
        reached = list(work.documents.language_versions(own))
        found += reached
    bound = [other for other in found if other.withdrawn_at is None]
    return work.allowed(Action.WITHDRAW_DOCUMENT, Document, bound)


def _visible(work: Work, document: Document) -> list[tuple[Document, int]]:
    rows = [(row[0], row[1]) for row in work.documents.bound(document)]
    seen = {row.id for row in work.allowed(Action.VIEW_DOCUMENT, Document, [row for row, _ in rows])}
    return [(row, version) for row, version in rows if row.id in seen and row.room_id == document.room_id]


def _opened(
    portal: Portal,
    permit: Permit,
    document: Document,
    versions: Sequence[Version],
    bound: list[tuple[Document, int]],
    sent: Sequence[Sent],
    people: Mapping[UUID, Person],
    record: ReviewRecord,
    may: frozenset[Action],
    to: tuple[RoomKind, ...],
    why: tuple[str, ...],
    *,
    marked: bool,
) -> DocumentPage:
    names = {id_: name_of(portal, permit, person) for id_, person in people.items()}
    room: Room = next(room for room in record.rooms if room.id == document.room_id)
    return DocumentPage(
        id=document.id,
        number=document.number,
        title=open_title(portal, permit, document),
        kind=DocumentKind(document.kind),
        language=document.language,
        stage=DocumentStage(document.stage),
        stands=stands(DocumentStage(document.stage), versions[0].number if versions else 0, sent),
        tags=open_tags(portal, permit, document),
        owner=document.owner,
        review=document.review_id,
        under_review=record.review.state_code,
        room=RoomTab(room.id, RoomKind(room.kind), room.state_code),
        changed_at=document.changed_at,
        submitted_at=document.submitted_at,
        circulated_at=document.circulated_at,
        withdrawn_at=document.withdrawn_at,
        withdrawn_by=names.get(document.withdrawn_by, "") if document.withdrawn_by else "",
        withdrawn_reason=open_reason(portal, permit, document) or "",
        versions=_version_lines(portal, permit, versions, sent, names),
        bound=_bound_lines(portal, permit, bound, frozenset(version.id for version in versions)),
        why=why,
        may=may,
        targets=to,
        passes_at_once=record.review.passes_at_once,
        marked=marked,
    )


def _version_lines(
    portal: Portal, permit: Permit, versions: Sequence[Version], sent: Sequence[Sent], names: Mapping[UUID, str]
) -> tuple[VersionLine, ...]:
    return tuple(
        VersionLine(
            version.id,
            version.number,
            open_particulars(portal, permit, version),
            version.size,
            names[version.created_by],
            version.created_at,
            not version.wrapped_key,
            tuple(one for one in sent if one.version == version.number),
        )
        for version in versions
    )


def _bound_lines(
    portal: Portal, permit: Permit, bound: Sequence[tuple[Document, int]], own: frozenset[UUID]
) -> tuple[Bound, ...]:
    return tuple(
        Bound(
            id=other.id,
            number=other.number,
            title=open_title(portal, permit, other),
            language=other.language,
            version=version,
            original=other.translates_id not in own,
        )
        for other, version in bound
    )
