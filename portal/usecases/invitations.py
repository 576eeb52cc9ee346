"""Sign-in links: who is given one, when it works, what it ends.

1. A link works once, until it expires, and only its keyed hash is kept. Looking at it uses nothing up: the
   programs that scan mail open every address in it.
2. The first link of a person works while they have never signed in. A later one replaces all that they signed in with.
3. A link that the staff of the secretariat issues comes in two parts, where there are two: it works when a second
   person has confirmed it, who is shown a second part then and hands that over by a way of their own: another
   registrar or administrator, or a focal point of the person's State where it has one. Neither of the two could use
   the link in the place of whom it is for. A later link for the staff takes the two always. The second part follows
   from a key of the keyring, the link and who confirmed it: for a few minutes it is shown to them again, as long as the
   link is unused, since a browser shows the answer to the last of two clicks alone.
4. A link for somebody who has something to sign in with ends all of their sessions at once: when it is issued, or
   for the staff when it is confirmed. Using it ends those begun since, and the person's other links.
5. No link works for whoever is suspended.
6. A link works while whoever issued it holds an appointment under which links are issued, and isn't suspended: nobody
   comes back in by one that they kept. The set-up's own, which nobody issued, needs none.
7. A link that doesn't work is refused in one way, whatever the reason, and the refusal is recorded.
8. A first link may go to the person's mail address; a later one is handed over by hand: whoever reads somebody's mail
   would else come in with it in their place.
"""

import base64
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import Absent, PortalFacts
from portal.domain.account_events import AccountEvent
from portal.domain.ids import InvitationId, PersonId
from portal.domain.problems import Problem, RefusedError
from portal.domain.roles import Role
from portal.domain.texts import N_
from portal.errors import Conflict, NotFound
from portal.usecases.account_notices import send_invitation, tell_person
from portal.usecases.authenticators import NewPasskey, NewPassphrase, keep_first
from portal.usecases.confirmations import any_second
from portal.usecases.people import mail_index
from portal.usecases.sessions import Begun, as_visitor, begin, new_token, token_hash
from portal.usecases.standings import (
    NOBODY,
    any_other,
    around,
    focal_points_of,
    invitation_facts,
    lasting,
    person_facts,
)
from portal.work import Portal, Work
from storage.permits import Permit
from storage.repositories.identity import IdentityRecords
from storage.repositories.issuers import IssuerRecords
from storage.tables import Invitation, Person

NO_MAIL: Final = Problem(
    "link-no-mail", N_("No mail server is set up, so no link can be sent. Have it shown, and hand it over yourself.")
)
BY_HAND: Final = Problem(
    "link-by-hand",
    N_(
        "This person has signed in before: a new link is handed over by hand, not sent by mail. Have it shown, and "
        "give it to them by a way that you trust."
    ),
)
REVOKED: Final = N_("This link was used, replaced or revoked before, or it has expired. Nothing was changed.")
ISSUERS: Final = frozenset({Role.FOCAL_POINT, Role.REGISTRAR, Role.ADMINISTRATOR})
SECOND_LETTERS: Final = 12  # 60 bits that nobody guesses, and few enough to dictate
SHOWN_AGAIN: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class IssuedLink:
    """A link as it is shown, once, to whoever issued it."""

    invitation: InvitationId
    address: str
    expires_at: datetime
    takes_two: bool  # works only after somebody else has confirmed it, with the part that they are shown
    mailed: bool = False  # it goes to the person by mail, and isn't shown


@dataclass(frozen=True, slots=True)
class Working:
    """A link that works: for whom, and whether it takes a second part."""

    person: PersonId
    takes_two: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """What whoever uses a link shows of it: its token, and its second part if it has one."""

    token: str
    second: str = ""


def issue_link(portal: Portal, caller: Caller, person_id: PersonId, *, by_mail: bool = False) -> IssuedLink:
    """Issue a sign-in link for somebody: earlier ones stop working; sessions end, unless a second person has a say.

    Args:
        portal: The portal.
        caller: Who issues it.
        person_id: Whom it is for.
        by_mail: It goes to their mail address instead of being shown.

    Raises:
        NotFound: There is no such person, or the actor may not know of them.
        Forbidden: The actor sees the person but may not issue links for them.
        RefusedError: It isn't to be sent by mail.

    """
    with portal.work(caller) as work:
        person = work.people.find(person_id)
        facts = person_facts(work, person, *around(work, person))
        permit = work.require_on(Action.ISSUE_LINK, facts, asked=person_id)
        if person is None or isinstance(facts, Absent):
            raise NotFound
        if by_mail and facts.enrolled:
            raise RefusedError(BY_HAND)
        issued = invite(work, person, renews=facts.enrolled, mail_by=permit if by_mail else None)
        at_once = facts.enrolled and not issued.takes_two
        ended = work.identity.end_sessions(person.id, work.now) if at_once else 0
        work.note(permit, invitation=str(issued.invitation), renews=facts.enrolled, sessions_ended=ended)
        if not by_mail:
            tell_person(work, person.id, AccountEvent.LINK_ISSUED)
        return issued


def invite(work: Work, person: Person, *, renews: bool, mail_by: Permit | None = None) -> IssuedLink:
    """Write an invitation in a transaction that was allowed to; the person's earlier ones are revoked.

    Args:
        work: The transaction.
        person: Whom it is for.
        renews: They have signed in before.
        mail_by: The permit of the act, if the link is to go to their mail address instead of being shown.

    Raises:
        RefusedError: No mail can be sent.

    """
    if mail_by is not None and not work.portal.settings.smtp_host:
        raise RefusedError(NO_MAIL)
    for open_one in work.identity.open_invitations(person.id):
        open_one.revoked_at = work.now
    token, settings = new_token(), work.portal.settings
    invitation = Invitation(
        id=uuid4(),
        person_id=person.id,
        token_hash=token_hash(work.portal, token),
        renews=renews,
        takes_two=_takes_two(work, person, renews=renews),
        created_by=work.who.person_id,
        created_at=work.now,
        expires_at=work.now + timedelta(days=settings.invitation_days),
    )
    work.identity.add(invitation)
    address = f"{settings.origin.rstrip('/')}/enter/{token}"
    if mail_by is not None:
        send_invitation(work, mail_by, person.id, invitation.id, address)
        address = ""
    return IssuedLink(
        InvitationId(invitation.id),
        address,
        invitation.expires_at,
        takes_two=invitation.takes_two,
        mailed=mail_by is not None,
    )


def revoke_link(portal: Portal, caller: Caller, person_id: PersonId, invitation_id: InvitationId) -> None:
    """Revoke an open link of somebody's; what it ended before stays ended.

    Raises:
        NotFound: There is no such link of this person, or the actor may not know of them.
        Forbidden: The actor may not issue links for them, or it is their own.
        Conflict: It was used, replaced or revoked before, or it has expired.

    """
    with portal.work(caller) as work:
        invitation = work.identity.invitation(invitation_id)
        if invitation is not None and invitation.person_id != person_id:
            invitation = None
        person = work.people.find(invitation.person_id if invitation else NOBODY)
        facts = person_facts(work, person, *around(work, person))
        permit = work.require_on(Action.REVOKE_LINK, facts, asked=invitation_id)
        if invitation is None:
            raise NotFound
        if not is_open(invitation, work.now):
            raise Conflict(REVOKED)
        invitation.revoked_at = work.now
        work.note(permit, invitation=str(invitation.id))


def confirm_link(portal: Portal, caller: Caller, invitation_id: InvitationId, of: PersonId | None = None) -> str:
    """Confirm, as the second person, a link of two parts, and end the sessions of whom it is for.

    Gives the second part, which is kept nowhere; to whoever confirmed it just now once more.

    Args:
        portal: The portal.
        caller: The second person.
        invitation_id: The link.
        of: The person whom it is for, if one is named.

    Raises:
        NotFound: There is no such link, or the actor may not know of it.
        Forbidden: The actor issued it, or it is their own.
        Conflict: It was used, revoked or confirmed before, or it has expired.

    """
    with portal.work(caller) as work:
        invitation = work.identity.invitation(invitation_id)
        if invitation is not None and of is not None and invitation.person_id != of:
            invitation = None
        person = work.people.find(invitation.person_id) if invitation else None
        facts = invitation_facts(invitation, person, focal_points_of(work, person.state_code if person else None))
        permit = work.require_on(Action.CONFIRM_LINK, facts, asked=invitation_id)
        if invitation is None:
            raise NotFound
        second = _second_part(portal, invitation, work.who.person_id or NOBODY)
        if _confirmed_just_now(work, invitation) and _second_fits(portal, invitation, second):
            work.note(permit, step="shown again")
            return second
        if invitation.confirmed_at or not is_open(invitation, work.now):
            raise Conflict(
                N_("This link was confirmed, used or replaced before, or it has expired. Nothing was changed.")
            )
        invitation.confirmed_by = work.who.person_id
        invitation.confirmed_at = work.now
        invitation.second_hash = _second_hash(portal, invitation, second)
        ended = work.identity.end_sessions(invitation.person_id, work.now)
        if ended:
            tell_person(work, invitation.person_id, AccountEvent.SESSIONS_ENDED)
        work.note(permit, sessions_ended=ended)
        return second


def look_at_link(portal: Portal, caller: Caller, token: str) -> Working:
    """Tell for whom a link works, and with what, without using it up.

    Raises:
        NotFound: It doesn't, for whatever reason.

    """
    with portal.work(as_visitor(caller)) as work:
        invitation = work.identity.invitation_by_token(token_hash(portal, token))
        usable = invitation is not None and lets_in(work, invitation) is not None
        asked = invitation.person_id if invitation else None
        permit = work.require_on(Action.USE_INVITATION, PortalFacts() if usable else Absent(PortalFacts), asked=asked)
        work.note(permit, person=str(asked), step="looked at")
        if invitation is None or asked is None:
            raise NotFound
        return Working(PersonId(asked), invitation.takes_two)


def link_known(portal: Portal, token: str) -> bool:
    """Tell whether a link was ever issued: for one that wasn't, no hash is worth computing."""
    with portal.database.read() as session:
        return IdentityRecords(session).invitation_by_token(token_hash(portal, token)) is not None


def takes_second_part(portal: Portal, token: str) -> bool:
    """Tell whether a link takes a second part; nothing is said of whether it works."""
    with portal.database.read() as session:
        invitation = IdentityRecords(session).invitation_by_token(token_hash(portal, token))
        return invitation is not None and invitation.takes_two


def use_link(portal: Portal, caller: Caller, link: Shown, mail: str, new: NewPasskey | NewPassphrase) -> Begun:
    """Take what a person signs in with from now on, once, and begin their session.

    Args:
        portal: The portal.
        caller: The browser that the link was opened in.
        link: What they show of it.
        mail: The person's mail address in its one spelling.
        new: What the person chose; whatever they had before works no longer.

    Raises:
        NotFound: The link doesn't work, or address or second part don't go with it.
        Conflict: The page was used before.

    """
    with portal.work(as_visitor(caller)) as work:
        person, permit = take_link(work, link, mail)
        proof = keep_first(work, permit, person.id, new)
        return begin(work, permit, person.id, caller.token, proof, by_link=True)


def take_link(
    work: Work, link: Shown, mail: str, fits: Callable[[Person], bool] = lambda _person: True
) -> tuple[Person, Permit]:
    """Use a link up in a transaction of its own; what a renewing one replaces ends: identity providers' bindings too.

    Raises:
        NotFound: The link doesn't work, address or second part don't go with it, or it isn't for such a person.

    """
    invitation = work.identity.invitation_by_token(token_hash(work.portal, link.token))
    person = lets_in(work, invitation) if invitation else None
    if invitation is not None and not _second_fits(work.portal, invitation, link.second):
        person = None
    if person is not None and (mail_index(work.portal, mail) != person.mail_index or not fits(person)):
        person = None
    asked = invitation.person_id if invitation else None
    facts = PortalFacts() if person else Absent(PortalFacts)
    permit = work.require_on(Action.USE_INVITATION, facts, asked=asked)
    if invitation is None or person is None:
        raise NotFound
    invitation.used_at = work.now
    for other in work.identity.open_invitations(person.id):
        other.revoked_at = work.now
    ended = work.identity.end_sessions(person.id, work.now)
    for binding in IssuerRecords(work.session).bindings(person.id):
        binding.ended_at = work.now
    work.session.flush()
    if invitation.renews:
        tell_person(work, person.id, AccountEvent.WAY_CHANGED)
    work.note(permit, invitation=str(invitation.id), renewed=invitation.renews, sessions_ended=ended)
    return person, permit


def lets_in(work: Work, invitation: Invitation) -> Person | None:
    """Give the person whom a link lets in now, if it does."""
    person = work.people.find(invitation.person_id)
    enrolled = invitation.person_id in work.identity.enrolled([invitation.person_id])
    answered_for = invitation.created_by is None or _issues_links(work, invitation.created_by)
    over = not is_open(invitation, work.now) or not answered_for
    if person is None or person.suspended_at or over or enrolled != invitation.renews:
        return None
    return None if invitation.takes_two and invitation.confirmed_at is None else person


def _issues_links(work: Work, person_id: UUID) -> bool:
    issuer = work.people.find(person_id)
    if issuer is None or issuer.suspended_at is not None:
        return False
    return any(row.role in ISSUERS for row in work.people.running_appointments(person_id, work.now))


def revoke_of_leaver(work: Work, person_id: UUID) -> int:
    """Revoke the open links that somebody who leaves has issued, and their own if they hold nothing any more.

    Gives how many there were.
    """
    links = list(work.identity.open_invitations_by(person_id))
    if not lasting(work, work.people.appointments(person_id)):
        links += work.identity.open_invitations(person_id)
    for link in links:
        link.revoked_at = work.now
    return len(links)


def _takes_two(work: Work, person: Person, *, renews: bool) -> bool:
    """Tell whether a link is of two parts: one that the secretariat issues, where there are two; never a State's."""
    if work.who.person_id is None or work.who.state is not None:
        return False
    state = person.state_code
    return renews or any_second(work, person.id) or any_other(focal_points_of(work, state), state, person.id)


def _confirmed_just_now(work: Work, invitation: Invitation) -> bool:
    """Tell whether whoever asks confirmed a link a few minutes ago that is still unused."""
    at = invitation.confirmed_at
    recent = at is not None and work.now - at < SHOWN_AGAIN and is_open(invitation, work.now)
    return recent and invitation.confirmed_by == work.who.person_id


def _second_part(portal: Portal, invitation: Invitation, confirmer: UUID) -> str:
    """Derive the second part of a link for whoever confirms it."""
    derived = portal.keyring.blind("token", b"second part\0" + invitation.id.bytes + confirmer.bytes)
    return base64.b32encode(derived).decode()[:SECOND_LETTERS]


def _second_hash(portal: Portal, invitation: Invitation, second: str) -> bytes:
    """Compute the keyed hash of a second part, typed with or without blanks, in any case."""
    said = "".join(char for char in second.upper() if char.isalnum())
    return portal.keyring.blind("token", b"second\0" + invitation.id.bytes + said.encode("utf-8", "replace"))


def _second_fits(portal: Portal, invitation: Invitation, second: str) -> bool:
    same = hmac.compare_digest(invitation.second_hash or b"", _second_hash(portal, invitation, second))
    return same or not invitation.takes_two


def is_open(invitation: Invitation, now: datetime) -> bool:
    """Tell whether an invitation was neither used nor replaced and hasn't expired."""
    return invitation.used_at is None and invitation.revoked_at is None and invitation.expires_at > now


def is_waiting(invitation: Invitation, now: datetime) -> bool:
    """Tell whether an open invitation works only once a second person has confirmed it."""
    return is_open(invitation, now) and invitation.takes_two and invitation.confirmed_at is None
