"""How far the agreement on a report is, as the parties see it: what is proposed, who agreed, what was before."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.domain.comments import Disposition
from portal.domain.documents import DocumentKind
from portal.domain.reports import Ending
from portal.domain.turns import Turn
from portal.domain.words import LANGUAGES
from portal.usecases.making import LATER, UNSENT, WHY
from portal.usecases.particulars import open_title
from portal.usecases.people import name_of
from portal.usecases.reports import Hashes, is_fit, of_review, open_hashes, open_reason, shared_room
from portal.usecases.reviews import is_mine, turns_of
from portal.work import Portal, Work
from storage.permits import Permit
from storage.publications import HeldBack, PublicFile
from storage.reports import Agreement, Manifest, SummaryLanguage
from storage.repositories.comments import CommentRecords
from storage.repositories.documents import Listed
from storage.repositories.reports import ReportRecords
from storage.repositories.reviews import ReviewRecord
from storage.repositories.summaries import SummaryRecords
from storage.tables import Document, Person, Review, Version


@dataclass(frozen=True, slots=True)
class Text:
    """A version of a document that is, or could be, agreed on."""

    document: UUID
    number: int
    title: str
    language: str
    version: UUID
    version_number: int
    size: int  # bytes

    @property
    def choice(self) -> tuple[str, str]:
        """Give it as something to choose: its value and its words."""
        return str(self.document), f"{self.number}. {self.title}"


@dataclass(frozen=True, slots=True)
class CommentRef:
    """The comment that a disagreement opened: its number, and what has become of it so far."""

    number: int
    disposition: Disposition | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a State said to a manifest; reason: where it didn't agree; comment: that this opened on the draft."""

    id: UUID
    state: str
    agrees: bool
    by: str
    at: datetime
    reason: str
    comment: CommentRef | None


@dataclass(frozen=True, slots=True)
class ManifestView:
    """A manifest; waiting: the parties of today that haven't answered, while it can be agreed to."""

    id: UUID
    number: int
    report: Text
    summary: Text
    hashes: Hashes
    by: str
    at: datetime
    answers: tuple[Answer, ...]
    waiting: tuple[str, ...]
    ended_at: datetime | None
    ended_why: Ending | None
    final_at: datetime | None


@dataclass(frozen=True, slots=True)
class LanguageLine:
    """The final summary in one of the six languages.

    Attributes:
        id: Of what the officer confirmed, if they did.
        confirmed: Of which document the officer confirmed the language version; None: of none yet.
        by: The officer.
        at: When.
        waiting: The newest language version that is circulated and not confirmed.
        public: Its address among what is public, once it is.
        held: Why it could not be made public yet, for the officer; a sentence.
    """

    language: str
    id: UUID | None
    confirmed: Text | None
    by: str
    at: datetime | None
    waiting: Text | None
    public: str = ""
    held: str = ""

    @property
    def replaceable(self) -> bool:
        """Tell whether another file may be confirmed in its place."""
        return self.waiting is not None and not self.public

    @property
    def helped(self) -> bool:
        """Tell whether another file in its place could become public, where this one is held back."""
        return self.held not in {"", UNSENT.sentence}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A final summary on its way out; public_from: when everybody has what was transmitted; hours: after it."""

    languages: tuple[LanguageLine, ...]
    transmitted_at: datetime | None
    hours: int
    may_confirm: bool
    may_transmit: bool

    @property
    def complete(self) -> bool:
        """Tell whether all languages are there."""
        return all(one.confirmed is not None for one in self.languages)

    @property
    def seen(self) -> str:
        """Name what is confirmed, for the form that gives just that out."""
        return " ".join(str(one.id) for one in self.languages if one.id)

    @property
    def public_from(self) -> datetime | None:
        """Tell from when on everybody has it."""
        return self.transmitted_at + timedelta(hours=self.hours) if self.transmitted_at else None

    @property
    def public(self) -> bool:
        """Tell whether everybody has all languages."""
        return all(one.public for one in self.languages)


@dataclass(frozen=True, slots=True)
class ReportPage:
    """The agreement on a review's report."""

    review: UUID
    under_review: str
    turn: Turn
    mine: bool
    manifest: ManifestView | None  # that can be agreed to, or is final
    earlier: tuple[ManifestView, ...]  # newest first
    reports: tuple[Text, ...]  # that the reader could propose, newest first
    summaries: tuple[Text, ...]
    seen: int  # the number of the newest manifest
    may_propose: bool
    may_answer: bool
    outgoing: Outgoing | None = None  # once it is final

    @property
    def differing(self) -> tuple[Answer, ...]:
        """Give by which answers the last proposal ended, if nothing is proposed in its place."""
        last = self.earlier[0] if self.earlier and self.manifest is None else None
        return tuple(one for one in last.answers if one.comment) if last else ()


@dataclass(frozen=True, slots=True)
class _Found:
    """What was read of manifests, before anything of it is opened."""

    manifests: Sequence[Manifest]
    answers: Sequence[Agreement]
    versions: Mapping[UUID, tuple[Document, Version]]
    people: Mapping[UUID, Person]
    parties: tuple[str, ...]
    comments: Mapping[UUID, CommentRef]  # by the answer that opened them


def view_report(portal: Portal, caller: Caller, review_id: UUID) -> ReportPage:
    """Show how far the agreement on a review's report is.

    Raises:
        NotFound: There is no such review, or the actor may not know of it.
        Forbidden: The actor sees the review but hasn't accepted the undertaking.

    """
    with portal.work(caller) as work:
        review, record, permit = of_review(work, Action.VIEW_REPORT, review_id)
        found = _found(work, record)
        turn = turns_of(work, [record])[review.id]
        proposes = bool(work.allowed(Action.PROPOSE_MANIFEST, Review, [review]))
        listed = work.documents.listed(shared_room(record).id) if proposes else ()
        now = record.manifest
        leaving = _leaving(work, record) if record.final else None
        answers = bool(now and work.allowed(Action.AGREE_MANIFEST, Manifest, [now]))
    shown = [_shown(portal, permit, row, found) for row in found.manifests]
    open_ = [one for one in shown if one.ended_at is None]
    return ReportPage(
        review=review.id,
        under_review=review.state_code,
        turn=turn,
        mine=is_mine(work, record, turn),
        manifest=open_[0] if open_ else None,
        earlier=tuple(one for one in shown if one.ended_at is not None),
        reports=_fit(portal, permit, listed, DocumentKind.REPORT),
        summaries=_fit(portal, permit, listed, DocumentKind.SUMMARY),
        seen=shown[0].number if shown else 0,
        may_propose=proposes,
        may_answer=answers,
        outgoing=_outgoing(portal, permit, leaving) if leaving else None,
    )


def _found(work: Work, record: ReviewRecord) -> _Found:
    records = ReportRecords(work.session, work.who.reach)
    rows = records.of(record.review.id)
    answers = records.answers([row.id for row in rows])
    people = {row.proposed_by for row in rows} | {answer.said_by for answer in answers}
    parties = (record.review.state_code, *record.reviewing)
    comments = _opened_by(work, record, {answer.id for answer in answers if not answer.agrees})
    return _Found(rows, answers, records.texts(rows), work.people.named(list(people)), parties, comments)


def _opened_by(work: Work, record: ReviewRecord, answers: Collection[UUID]) -> dict[UUID, CommentRef]:
    """Find the comments that disagreements opened, in the order in which all of them were written."""
    found: dict[UUID, CommentRef] = {}
    for row in CommentRecords(work.session, work.who.reach).of(record.review.id) if answers else ():
        if row.id in answers and row.number is not None:
            found[row.id] = CommentRef(row.number, None)
        elif row.under_id in found and row.disposition:
            found[row.under_id] = replace(found[row.under_id], disposition=Disposition(row.disposition))
    return found


def _shown(portal: Portal, permit: Permit, row: Manifest, found: _Found) -> ManifestView:
    answers = [answer for answer in found.answers if answer.manifest_id == row.id]
    answered = {answer.state_code for answer in answers}
    running = row.ended_at is None and row.final_at is None
    return ManifestView(
        id=row.id,
        number=row.number,
        report=_text(portal, permit, *found.versions[row.report_version_id]),
        summary=_text(portal, permit, *found.versions[row.summary_version_id]),
        hashes=open_hashes(portal, permit, row),
        by=name_of(portal, permit, found.people[row.proposed_by]),
        at=row.proposed_at,
        answers=tuple(
            Answer(
                answer.id,
                answer.state_code,
                answer.agrees,
                name_of(portal, permit, found.people[answer.said_by]),
                answer.said_at,
                open_reason(portal, permit, answer),
                found.comments.get(answer.id),
            )
            for answer in answers
        ),
        waiting=tuple(state for state in found.parties if running and state not in answered),
        ended_at=row.ended_at,
        ended_why=Ending(row.ended_why) if row.ended_why else None,
        final_at=row.final_at,
    )


@dataclass(frozen=True, slots=True)
class _Leaving:
    """What was read of a final summary's languages."""

    rows: Sequence[SummaryLanguage]
    candidates: Sequence[tuple[Document, Version]]
    people: Mapping[UUID, Person]
    transmitted_at: datetime | None
    public: Mapping[str, PublicFile]
    held: Mapping[str, HeldBack]  # for the officer
    may_confirm: bool
    may_transmit: bool


def _leaving(work: Work, record: ReviewRecord) -> _Leaving | None:
    final, records = record.final, SummaryRecords(work.session)
    if final is None:
        return None
    rows, candidates = records.languages(final.id), records.candidates(final)
    sent = records.transmission(record.review.id)
    confirms = bool(work.allowed(Action.CONFIRM_SUMMARY, Document, [candidates[0][0]]))
    return _Leaving(
        rows,
        candidates,
        work.people.named(list({row.confirmed_by for row in rows})),
        sent.transmitted_at if sent else None,
        records.public(final.id),
        records.held_back(final.id) if confirms else {},
        may_confirm=confirms,
        may_transmit=sent is None and bool(work.allowed(Action.TRANSMIT_SUMMARY, Review, [record.review])),
    )


def _outgoing(portal: Portal, permit: Permit, leaving: _Leaving) -> Outgoing:
    confirmed = {row.language: row for row in leaving.rows}
    taken = {row.version_id for row in leaving.rows}
    texts = {version.id: _text(portal, permit, document, version) for document, version in leaving.candidates}
    waiting: dict[str, Text] = {}
    for document, version in leaving.candidates:  # newest first
        if version.id not in taken:
            waiting.setdefault(document.language, texts[version.id])
    lines = [
        LanguageLine(
            language,
            row.id if row else None,
            texts.get(row.version_id) if row else None,
            name_of(portal, permit, leaving.people[row.confirmed_by]) if row else "",
            row.confirmed_at if row else None,
            waiting.get(language),
            public=f"/public/{leaving.public[language].id}" if language in leaving.public else "",
            held=_held(leaving, language),
        )
        for language in LANGUAGES
        for row in (confirmed.get(language),)
    ]
    hours = portal.settings.publication_hours
    return Outgoing(tuple(lines), leaving.transmitted_at, hours, leaving.may_confirm, leaving.may_transmit)


def _held(leaving: _Leaving, language: str) -> str:
    held = leaving.held.get(language)
    return WHY.get(held.why, LATER) if held and language not in leaving.public else ""


def _fit(portal: Portal, permit: Permit, listed: Sequence[Listed], wanted: DocumentKind) -> tuple[Text, ...]:
    fit = [one for one in reversed(listed) if is_fit(one.document, wanted)]
    return tuple(_text(portal, permit, one.document, one.newest) for one in fit)


def _text(portal: Portal, permit: Permit, document: Document, version: Version) -> Text:
    return Text(
        document.id,
        document.number,
        open_title(portal, permit, document),
        document.language,
        version.id,
        version.number,
        version.size,
    )
