"""The sign-in links that were issued for somebody, as they themselves and whoever sees their page see them.

A new link replaces a passphrase: whoever issues one for somebody else can't do it unseen by the person or their State.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.usecases.invitations import is_open
from portal.usecases.people import name_of
from portal.work import Portal, Work
from storage.permits import Permit
from storage.tables import Invitation, Person

SHOWN = 50  # the newest; each new one ends those before it


@dataclass(frozen=True, slots=True)
class Link:
    """A sign-in link that was issued for somebody; by nobody: by the set-up of the portal."""

    id: UUID
    issued: datetime
    by: str | None
    confirmed_by: str | None
    used: datetime | None
    open: bool
    renews: bool


@dataclass(frozen=True, slots=True)
class Found:
    """Links of one person as the records have them, newest first, with the people who issued and confirmed them."""

    rows: Sequence[Invitation]
    people: dict[UUID, Person]
    at: datetime


def find_links(work: Work, person_id: UUID) -> Found:
    """Find the links that were issued for somebody, in a transaction that was allowed to show them."""
    rows = work.identity.invitations(person_id)[:SHOWN]
    by = [one for row in rows for one in (row.created_by, row.confirmed_by) if one]
    return Found(rows, work.people.named(by) if by else {}, work.now)


def open_links(portal: Portal, permit: Permit, found: Found) -> tuple[Link, ...]:
    """Tell who issued and confirmed the links."""
    names = {id_: name_of(portal, permit, person) for id_, person in found.people.items()}
    return tuple(
        Link(
            row.id,
            row.created_at,
            names.get(row.created_by) if row.created_by else None,
            names.get(row.confirmed_by) if row.confirmed_by else None,
            row.used_at,
            is_open(row, found.at),
            row.renews,
        )
        for row in found.rows
    )
