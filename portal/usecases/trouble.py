"""Help for whoever can't come in, without telling a stranger who exists.

1. Whoever holds a link may know how it stands; the answer comes through the gate, and a link that doesn't work is
   recorded as a refusal, as when it is opened.
2. Whoever asks for help gets one answer in one time, be there such a person or not. If there is, those who may help
   are told, at most once a day: for a State its focal points, else registrars and administrators, and these too where
   nobody else of the State could.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from enum import StrEnum
from time import monotonic
from typing import Final
from uuid import UUID

from portal import gate
from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import Absent, PortalFacts
from portal.domain.account_events import AccountEvent
from portal.domain.roles import Role
from portal.errors import NotFound
from portal.usecases.account_notices import tell_person
from portal.usecases.invitations import is_open, is_waiting, lets_in
from portal.usecases.people import mail_index
from portal.usecases.sessions import as_visitor, token_hash
from portal.usecases.standings import NOBODY, lasting
from portal.work import Portal, Work
from storage.tables import Invitation, Person

_TOKEN: Final = re.compile(r"/enter/([A-Za-z0-9_-]{43})(?![A-Za-z0-9_-])")
LINK_LETTERS: Final = 2000  # what is longer is no link that somebody copied


class LinkState(StrEnum):
    """How a sign-in link stands, as whoever holds it may know."""

    WORKS = "works"
    WAITS = "waits"
    USED = "used"
    EXPIRED = "expired"
    CLOSED = "closed"
    UNKNOWN = "unknown"


def token_in(text: str) -> str:
    """Find the secret of a sign-in link in what somebody pasted; nothing if there is none."""
    found = _TOKEN.search(text) if len(text) <= LINK_LETTERS else None
    return found[1] if found else ""


def state_of_link(portal: Portal, caller: Caller, token: str) -> LinkState:
    """Tell how a link stands, without using it up."""
    state = LinkState.UNKNOWN
    with suppress(NotFound), portal.work(as_visitor(caller)) as work:
        invitation = work.identity.invitation_by_token(token_hash(portal, token))
        state = _state(work, invitation) if invitation else LinkState.UNKNOWN
        asked = invitation.person_id if invitation else None
        facts = PortalFacts() if state is LinkState.WORKS else Absent(PortalFacts)
        permit = work.require_on(Action.USE_INVITATION, facts, asked=asked)
        work.note(permit, person=str(asked), step="looked at")
    return state


def _state(work: Work, invitation: Invitation) -> LinkState:
    if lets_in(work, invitation) is not None:
        return LinkState.WORKS
    if is_waiting(invitation, work.now):
        return LinkState.WAITS
    if is_open(invitation, work.now):
        return LinkState.CLOSED
    if invitation.used_at is not None or invitation.revoked_at is not None:
        return LinkState.USED
    return LinkState.EXPIRED


def report_trouble(portal: Portal, caller: Caller, mail: str) -> None:
    """Tell those who may help that somebody can't come in; the answer is the same whoever it is, and as late.

    Args:
        portal: The portal.
        caller: A browser; nobody has signed in.
        mail: The address that was typed, in its one spelling if it has one.

    """
    began = monotonic()
    with portal.work(as_visitor(caller)) as work:
        permit = work.require_on(Action.REPORT_TROUBLE, PortalFacts())
        person = work.people.by_mail(mail_index(portal, mail))
        held = work.people.appointments(person.id if person else NOBODY)
        helpers = _helpers(work, person)
        active = person is not None and person.suspended_at is None and bool(lasting(work, held))
        if person is not None and active:
            told = sum(tell_person(work, one, AccountEvent.TROUBLE_REPORTED, about=person.id) for one in helpers)
            work.note(permit, person=str(person.id), told=told)
        else:
            work.note(permit, told=0)
    gate.even_out(began)


def _helpers(work: Work, person: Person | None) -> Sequence[UUID]:
    """Find who may help somebody; asked of the database for nobody too."""
    state = person.state_code if person else None
    focal_points = work.people.holders(Role.FOCAL_POINT, work.now, [state or ""])
    staff = [*work.people.holders(Role.REGISTRAR, work.now), *work.people.holders(Role.ADMINISTRATOR, work.now)]
    own = person.id if person else NOBODY
    theirs = {row.person_id for row in focal_points if row.person_id != own}
    return sorted(theirs or {row.person_id for row in staff if row.person_id != own})


def tell_of_attempts(portal: Portal, caller: Caller, person_id: UUID | None) -> None:
    """Tell somebody that many attempts to sign in as them failed; nobody: it takes as long.

    The refusal of the attempt is an event of its own, written after this.
    """
    began = monotonic()
    with portal.work(as_visitor(caller)) as work:
        person = work.people.find(person_id or NOBODY)
        if person is not None:
            tell_person(work, person.id, AccountEvent.MANY_ATTEMPTS)
    gate.even_out(began)
