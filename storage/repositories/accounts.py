"""What people are told of accounts, and what an administrator may know of them: days, counts, never contents."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.accounts import AccountNotice
from storage.repositories.identity import enrolled
from storage.repositories.notices import Unsent
from storage.tables import Appointment, Invitation, Person, PortalSession


@dataclass(frozen=True, slots=True)
class Asked:
    """Which accounts are asked for; None asks for both."""

    state: str | None  # None: of no State
    everybody: bool  # of every State and of none
    suspended: bool | None
    enrolled: bool | None  # they have something to sign in with
    link_open: bool | None  # of those with a link that was neither used nor revoked


class AccountRecords:
    """Notices of accounts, and counts of sessions and links, seen through one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, row: AccountNotice) -> None:
        """Write a new notice."""
        self._session.add(row)
        self._session.flush()

    # --- notices

    def told_since(self, person_id: UUID, kind: str, about: UUID | None, since: datetime) -> bool:
        """Tell whether somebody was told of this kind of thing, about the same, after a moment."""
        question = select(col(AccountNotice.id)).where(
            col(AccountNotice.person_id) == person_id,
            col(AccountNotice.kind) == kind,
            col(AccountNotice.about).is_(about) if about is None else col(AccountNotice.about) == about,
            col(AccountNotice.made_at) > since,
        )
        return self._session.scalar(question.limit(1)) is not None

    def of_person(self, person_id: UUID, most: int) -> Sequence[AccountNotice]:
        """List what somebody was told, newest first."""
        question = select(AccountNotice).where(
            col(AccountNotice.person_id) == person_id, col(AccountNotice.shown).is_(True)
        )
        newest = question.order_by(col(AccountNotice.made_at).desc(), col(AccountNotice.id))
        return self._session.scalars(newest.limit(most)).all()

    def one(self, person_id: UUID, notice_id: UUID) -> AccountNotice | None:
        """Find what somebody was told."""
        return self._session.scalar(
            select(AccountNotice).where(
                col(AccountNotice.id) == notice_id,
                col(AccountNotice.person_id) == person_id,
                col(AccountNotice.shown).is_(True),
            )
        )

    def unseen(self, person_id: UUID, until: datetime) -> Sequence[AccountNotice]:
        """List what somebody hasn't seen of what they were told up to a moment."""
        return self._session.scalars(
            select(AccountNotice).where(
                col(AccountNotice.person_id) == person_id,
                col(AccountNotice.seen_at).is_(None),
                col(AccountNotice.made_at) <= until,
            )
        ).all()

    def last_about(self, about: UUID, kind: str) -> datetime | None:
        """Tell when somebody was last told of this kind of thing about a person."""
        newest = select(func.max(col(AccountNotice.made_at)))
        return self._session.scalar(newest.where(col(AccountNotice.about) == about, col(AccountNotice.kind) == kind))

    # --- by mail

    def due(self, at: datetime, most: int) -> Sequence[AccountNotice]:
        """List what is due and nobody is sending, what waits longest first."""
        question = select(AccountNotice).where(
            col(AccountNotice.due_at) <= at,
            or_(col(AccountNotice.next_try_at).is_(None), col(AccountNotice.next_try_at) <= at),
            or_(col(AccountNotice.claimed_until).is_(None), col(AccountNotice.claimed_until) <= at),
        )
        oldest = question.order_by(col(AccountNotice.due_at), col(AccountNotice.id))
        return self._session.scalars(oldest.limit(most)).all()

    def claimed(self, ids: Collection[UUID]) -> Sequence[AccountNotice]:
        """Find what a worker took, as far as nobody mailed it meanwhile."""
        return self._session.scalars(
            select(AccountNotice).where(col(AccountNotice.id).in_(ids), col(AccountNotice.mailed_at).is_(None))
        ).all()

    def waiting(self, at: datetime) -> Unsent:
        """Tell an administrator what is due and waits: counts and times, nobody's address."""
        here = col(AccountNotice.due_at) <= at
        row = self._session.execute(select(func.count(), func.min(col(AccountNotice.due_at))).where(here)).one()
        last = select(col(AccountNotice.failure)).where(here, col(AccountNotice.failure) != "")
        failure = self._session.scalar(last.order_by(col(AccountNotice.next_try_at).desc()).limit(1))
        return Unsent(int(row[0]), row[1], failure or "")

    # --- accounts

    def count(self, asked: Asked, at: datetime) -> int:
        """Count accounts."""
        return self._session.scalar(select(func.count()).select_from(Person).where(*_asked(asked, at))) or 0

    def those(self, asked: Asked, at: datetime, skip: int = 0, most: int | None = None) -> Sequence[Person]:
        """List accounts, or a part of them: of no State first, then State by State, the oldest first."""
        question = select(Person).where(*_asked(asked, at))
        order = (col(Person.state_code).nulls_first(), col(Person.created_at), col(Person.id))
        return self._session.scalars(question.order_by(*order).offset(skip).limit(most)).all()

    def last_sign_ins(self, person_ids: Collection[UUID]) -> dict[UUID, datetime]:
        """Tell when each of these people last signed in; who never did is missing."""
        question = select(col(PortalSession.person_id), func.max(col(PortalSession.created_at))).where(
            col(PortalSession.person_id).in_(person_ids)
        )
        return {row[0]: row[1] for row in self._session.execute(question.group_by(col(PortalSession.person_id)))}

    def unused_links(self, person_ids: Collection[UUID]) -> dict[UUID, datetime]:
        """Tell when the links of these people end that were neither used nor revoked."""
        question = select(col(Invitation.person_id), func.max(col(Invitation.expires_at))).where(
            col(Invitation.person_id).in_(person_ids), *_unused()
        )
        return {row[0]: row[1] for row in self._session.execute(question.group_by(col(Invitation.person_id)))}

    def open_links(self, at: datetime) -> int:
        """Count the links that are open."""
        question = select(func.count()).select_from(Invitation).where(*_unused(), col(Invitation.expires_at) > at)
        return self._session.scalar(question) or 0

    def live_sessions(self, at: datetime, used_since: datetime) -> Sequence[PortalSession]:
        """List the sessions that live: not ended, not over, used since a moment."""
        return self._session.scalars(
            select(PortalSession).where(
                col(PortalSession.ended_at).is_(None),
                col(PortalSession.ends_at) > at,
                col(PortalSession.seen_at) > used_since,
            )
        ).all()

    def count_sessions(self, at: datetime, used_since: datetime) -> int:
        """Count the sessions that live."""
        question = select(func.count()).select_from(PortalSession)
        alive = (
            col(PortalSession.ended_at).is_(None),
            col(PortalSession.ends_at) > at,
            col(PortalSession.seen_at) > used_since,
        )
        return self._session.scalar(question.where(*alive)) or 0

    def made_by_nobody(self, role: str) -> Sequence[Appointment]:
        """List the appointments to a role that no person made, newest first."""
        question = select(Appointment).where(col(Appointment.role) == role, col(Appointment.appointed_by).is_(None))
        return self._session.scalars(question.order_by(col(Appointment.created_at).desc())).all()


def _unused() -> tuple[ColumnElement[bool], ...]:
    return col(Invitation.used_at).is_(None), col(Invitation.revoked_at).is_(None)


def _asked(asked: Asked, at: datetime) -> Iterator[ColumnElement[bool]]:
    if not asked.everybody:
        yield col(Person.state_code).is_(None) if asked.state is None else col(Person.state_code) == asked.state
    if asked.suspended is not None:
        yield col(Person.suspended_at).is_not(None) if asked.suspended else col(Person.suspended_at).is_(None)
    if asked.enrolled is not None:
        having = select(enrolled().subquery().c.person_id)
        yield col(Person.id).in_(having) if asked.enrolled else col(Person.id).not_in(having)
    if asked.link_open is not None:
        last = func.max(col(Invitation.expires_at))
        links = select(col(Invitation.person_id)).where(*_unused()).group_by(col(Invitation.person_id))
        yield col(Person.id).in_(links.having(last > at if asked.link_open else last <= at))
