"""Identity providers and whom they know, in the database."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.issuers import Issuer, IssuerSubject
from storage.tables import PortalSession


class IssuerRecords:
    """Issuers, seen through one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, issuer_id: UUID) -> Issuer | None:
        """Find an issuer."""
        return self._session.get(Issuer, issuer_id)

    def live(self) -> Sequence[Issuer]:
        """List the issuers that haven't ended."""
        question = select(Issuer).where(col(Issuer.ended_at).is_(None))
        return self._session.scalars(question.order_by(col(Issuer.name), col(Issuer.id))).all()

    def subject(self, issuer_id: UUID, subject: bytes) -> IssuerSubject | None:
        """Find whom an issuer means, by the keyed hash of its name for them."""
        return self._session.scalar(
            select(IssuerSubject).where(
                col(IssuerSubject.issuer_id) == issuer_id,
                col(IssuerSubject.subject) == subject,
                col(IssuerSubject.ended_at).is_(None),
            )
        )

    def bindings(self, person_id: UUID) -> Sequence[IssuerSubject]:
        """List by which issuers a person is known now."""
        return self._session.scalars(
            select(IssuerSubject).where(
                col(IssuerSubject.person_id) == person_id, col(IssuerSubject.ended_at).is_(None)
            )
        ).all()

    def sessions(self, issuer_id: UUID, at: datetime) -> Sequence[PortalSession]:
        """List the sessions that began with an issuer and have not ended."""
        return self._session.scalars(
            select(PortalSession).where(
                col(PortalSession.issuer_id) == issuer_id,
                col(PortalSession.ended_at).is_(None),
                col(PortalSession.ends_at) > at,
            )
        ).all()

    def add(self, row: Issuer | IssuerSubject) -> None:
        """Write a new record."""
        self._session.add(row)
        self._session.flush()
