"""What a portal that was brought back from a backup has to close, and what it knows of the logs before."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.backups import FormerCosignature, FormerHead
from storage.dialogue import EntryTask
from storage.planning import CalendarFeed
from storage.publications import Publication, PublicFile
from storage.reports import SummaryLanguage
from storage.tables import Appointment, Assignment, Invitation, PortalSession, TranslationTask

Row = PortalSession | Invitation | CalendarFeed | Appointment | Assignment | TranslationTask | EntryTask | Publication


class RestorationRecords:
    """What gives access, seen through one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def sessions(self, at: datetime) -> Sequence[PortalSession]:
        """List the sessions that live, as a moment says."""
        question = select(PortalSession).where(col(PortalSession.ended_at).is_(None), col(PortalSession.ends_at) > at)
        return self._session.scalars(question).all()

    def invitations(self, at: datetime) -> Sequence[Invitation]:
        """List the sign-in links that worked at a moment, or would once they are confirmed."""
        question = select(Invitation).where(
            col(Invitation.used_at).is_(None), col(Invitation.revoked_at).is_(None), col(Invitation.expires_at) > at
        )
        return self._session.scalars(question).all()

    def feeds(self) -> Sequence[CalendarFeed]:
        """List the calendars' addresses that work."""
        return self._session.scalars(select(CalendarFeed).where(col(CalendarFeed.ended_at).is_(None))).all()

    def appointments(self, at: datetime) -> Sequence[Appointment]:
        """List the appointments that ran at a moment, or were still to begin."""
        question = select(Appointment).where(
            col(Appointment.ended_at).is_(None),
            or_(col(Appointment.ends_at).is_(None), col(Appointment.ends_at) > at),
            or_(col(Appointment.needs_confirmation).is_(False), col(Appointment.confirmed_at).is_not(None)),
        )
        return self._session.scalars(question.order_by(col(Appointment.created_at), col(Appointment.id))).all()

    def assignments(self, at: datetime) -> Sequence[Assignment]:
        """List the assignments that ran at a moment, or were still to begin."""
        question = select(Assignment).where(
            col(Assignment.ended_at).is_(None), or_(col(Assignment.ends_at).is_(None), col(Assignment.ends_at) > at)
        )
        return self._session.scalars(question.order_by(col(Assignment.created_at), col(Assignment.id))).all()

    def tasks(self) -> list[TranslationTask | EntryTask]:
        """List the texts that are with translators."""
        versions = select(TranslationTask).where(
            col(TranslationTask.delivered_at).is_(None), col(TranslationTask.recalled_at).is_(None)
        )
        texts = select(EntryTask).where(col(EntryTask.delivered_at).is_(None), col(EntryTask.recalled_at).is_(None))
        return [*self._session.scalars(versions), *self._session.scalars(texts)]

    def publications(self) -> Sequence[Publication]:
        """List the publications that are planned and neither public nor called off."""
        question = select(Publication).where(
            col(Publication.published_at).is_(None), col(Publication.cancelled_at).is_(None)
        )
        return self._session.scalars(question).all()

    def summaries(self) -> Sequence[SummaryLanguage]:
        """List the languages of summaries that aren't public: their files may have been exchanged after the backup."""
        question = select(SummaryLanguage).outerjoin(PublicFile, col(PublicFile.id) == col(SummaryLanguage.id))
        waiting = question.where(col(SummaryLanguage.ended_at).is_(None), col(PublicFile.id).is_(None))
        return self._session.scalars(waiting).all()

    def add(self, row: Row) -> None:
        """Write a new record."""
        self._session.add(row)
        self._session.flush()

    def former_heads(self, origin: str) -> Iterator[FormerHead]:
        """Walk the checkpoints of a former log, by size."""
        question = select(FormerHead).where(col(FormerHead.origin) == origin).order_by(col(FormerHead.size))
        yield from self._session.scalars(question.execution_options(yield_per=500))

    def former_head(self, origin: str, size: int) -> FormerHead | None:
        """Find a checkpoint of a former log."""
        return self._session.get(FormerHead, (origin, size))

    def former_cosignatures(self, origin: str, size: int | None = None) -> Sequence[FormerCosignature]:
        """List what witnesses signed of a former log, or of one checkpoint of it, by size."""
        question = select(FormerCosignature).where(col(FormerCosignature.origin) == origin)
        if size is not None:
            question = question.where(col(FormerCosignature.size) == size)
        order = (col(FormerCosignature.size), col(FormerCosignature.signer), col(FormerCosignature.key_id))
        return self._session.scalars(question.order_by(*order)).all()
