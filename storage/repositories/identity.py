"""Passphrases, invitations and sessions in the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import CompoundSelect, Row, and_, select, union
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.authenticators import Passkey
from storage.issuers import IssuerSubject
from storage.planning import CalendarFeed
from storage.repositories.people import running
from storage.tables import Appointment, Invitation, Passphrase, Person, PortalSession


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session, whose it is, and the appointments that the person holds."""

    session: PortalSession
    person: Person
    appointments: tuple[Appointment, ...]


@dataclass(frozen=True, slots=True)
class Fed:
    """A calendar feed, whose it is, and the appointments that the person holds."""

    feed: CalendarFeed
    person: Person
    appointments: tuple[Appointment, ...]


class IdentityRecords:
    """What signs people in, seen through one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def passphrase(self, person_id: UUID) -> Passphrase | None:
        """Find a person's passphrase."""
        return self._session.get(Passphrase, person_id)

    def verifier(self, mail_index: bytes) -> tuple[UUID, str] | None:
        """Find whose passphrase a mail address stands for, and its verifier, without the records' checks."""
        question = (
            select(col(Passphrase.person_id), col(Passphrase.verifier))
            .join(Person, col(Person.id) == col(Passphrase.person_id))
            .where(col(Person.mail_index) == mail_index)
        )
        row = self._session.execute(question).first()
        return (row[0], row[1]) if row else None

    def enrolled(self, person_ids: Sequence[UUID]) -> frozenset[UUID]:
        """Tell which of these people have something to sign in with."""
        found = enrolled().subquery()
        return frozenset(self._session.scalars(select(found.c.person_id).where(found.c.person_id.in_(person_ids))))

    def invitation(self, invitation_id: UUID) -> Invitation | None:
        """Find an invitation."""
        return self._session.get(Invitation, invitation_id)

    def invitation_by_token(self, token_hash: bytes) -> Invitation | None:
        """Find an invitation by the keyed hash of its token."""
        return self._session.scalar(select(Invitation).where(col(Invitation.token_hash) == token_hash))

    def open_invitations(self, person_id: UUID) -> Sequence[Invitation]:
        """List a person's invitations that were neither used nor revoked."""
        return self._session.scalars(
            select(Invitation).where(
                col(Invitation.person_id) == person_id,
                col(Invitation.used_at).is_(None),
                col(Invitation.revoked_at).is_(None),
            )
        ).all()

    def open_invitations_by(self, issuer_id: UUID) -> Sequence[Invitation]:
        """List the invitations that somebody issued and that were neither used nor revoked."""
        return self._session.scalars(
            select(Invitation).where(
                col(Invitation.created_by) == issuer_id,
                col(Invitation.used_at).is_(None),
                col(Invitation.revoked_at).is_(None),
            )
        ).all()

    def invitations(self, person_id: UUID) -> Sequence[Invitation]:
        """List all links that were issued for a person, newest first."""
        question = select(Invitation).where(col(Invitation.person_id) == person_id)
        return self._session.scalars(question.order_by(col(Invitation.created_at).desc())).all()

    def nobody_enrolled(self) -> bool:
        """Tell whether nobody has ever signed in here."""
        return self._session.execute(enrolled().limit(1)).first() is None

    def unconfirmed_invitations(self, at: datetime) -> Sequence[Row[Invitation, Person]]:
        """List the invitations that wait for a second person, with whom they are for."""
        question = select(Invitation, Person).join(Person, col(Person.id) == col(Invitation.person_id))
        question = question.where(
            col(Invitation.takes_two).is_(True),
            col(Invitation.confirmed_at).is_(None),
            col(Invitation.used_at).is_(None),
            col(Invitation.revoked_at).is_(None),
            col(Invitation.expires_at) > at,
        )
        return self._session.execute(question.order_by(col(Invitation.created_at))).all()

    def signed_in(self, token_hash: bytes, at: datetime) -> SignedIn | None:
        """Find a session by the keyed hash of its token, with its person and the appointments held at a moment."""
        rows = self._session.execute(
            select(PortalSession, Person, Appointment)
            .join(Person, col(Person.id) == col(PortalSession.person_id))
            .outerjoin(Appointment, and_(col(Appointment.person_id) == col(Person.id), running(Appointment, at)))
            .where(col(PortalSession.token_hash) == token_hash)
            .order_by(col(Appointment.starts_at), col(Appointment.id))
        ).all()
        if not rows:
            return None
        appointments: list[Appointment | None] = [row[2] for row in rows]  # None: the person holds none
        held = tuple(appointment for appointment in appointments if appointment is not None)
        return SignedIn(rows[0][0], rows[0][1], held)

    def fed(self, token_hash: bytes, at: datetime) -> Fed | None:
        """Find a calendar feed that wasn't ended, by the keyed hash of its token, as a session is found."""
        rows = self._session.execute(
            select(CalendarFeed, Person, Appointment)
            .join(Person, col(Person.id) == col(CalendarFeed.person_id))
            .outerjoin(Appointment, and_(col(Appointment.person_id) == col(Person.id), running(Appointment, at)))
            .where(col(CalendarFeed.token_hash) == token_hash, col(CalendarFeed.ended_at).is_(None))
            .order_by(col(Appointment.starts_at), col(Appointment.id))
        ).all()
        if not rows:
            return None
        appointments: list[Appointment | None] = [row[2] for row in rows]
        return Fed(rows[0][0], rows[0][1], tuple(one for one in appointments if one is not None))

    def feed_of(self, person_id: UUID) -> CalendarFeed | None:
        """Find the calendar feed that a person has now."""
        return self._session.scalar(
            select(CalendarFeed).where(col(CalendarFeed.person_id) == person_id, col(CalendarFeed.ended_at).is_(None))
        )

    def session(self, session_id: UUID) -> PortalSession | None:
        """Find a session."""
        return self._session.get(PortalSession, session_id)

    def live_sessions(self, person_id: UUID, at: datetime) -> Sequence[PortalSession]:
        """List a person's sessions that have not ended."""
        question = select(PortalSession).where(
            col(PortalSession.person_id) == person_id,
            col(PortalSession.ended_at).is_(None),
            col(PortalSession.ends_at) > at,
        )
        return self._session.scalars(question.order_by(col(PortalSession.created_at).desc())).all()

    def end_sessions(self, person_id: UUID, at: datetime) -> int:
        """End all of a person's sessions; gives how many there were."""
        sessions = self.live_sessions(person_id, at)
        for session in sessions:
            session.ended_at = at
        self._session.flush()
        return len(sessions)

    def add(self, row: Passphrase | Invitation | PortalSession | CalendarFeed) -> None:
        """Write a new record."""
        self._session.add(row)
        self._session.flush()


def enrolled() -> CompoundSelect[UUID]:
    """Ask for everybody who has something to sign in with: here alone stands what that is."""
    return union(
        select(col(Passphrase.person_id).label("person_id")).where(col(Passphrase.verifier) != ""),
        select(col(Passkey.person_id).label("person_id")).where(col(Passkey.removed_at).is_(None)),
        select(col(IssuerSubject.person_id).label("person_id")).where(col(IssuerSubject.ended_at).is_(None)),
    )
