"""The care of somebody's account by those who answer for it: signing them out everywhere, putting their address right.

1. Ending sessions ends no appointment, no assignment and no calendar; whoever was signed in signs in again.
2. Another mail address ends open sign-in links, which were for the former one. The former address is told of it, and
   the new one. Sessions stay.
3. Two people can't share an address; that one is known is told to those alone who may change it, and recorded.
"""

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import PortalFacts
from portal.domain.account_events import AccountEvent
from portal.domain.ids import PersonId
from portal.domain.problems import Problem, RefusedError
from portal.domain.texts import N_
from portal.errors import NotFound
from portal.usecases.account_notices import records_of_accounts, tell_former_address, tell_person
from portal.usecases.people import mail_index
from portal.usecases.standings import around, person_facts
from portal.work import Portal
from storage.fields import Place
from storage.permits import REGISTRY

TAKEN = Problem(
    "mail-known",
    N_(
        "Somebody else with this mail address is known already, and two people can’t share one: each signs in with "
        "their own. Nothing was changed."
    ),
)
SAME = Problem("mail-same", N_("This is the mail address that the portal has already. Nothing was changed."))


def end_sessions(portal: Portal, caller: Caller, person_id: PersonId) -> int:
    """Sign somebody out everywhere; gives how many sessions there were (ASVS 7.4.5).

    Raises:
        NotFound: There is no such person, or the actor may not know of them.
        Forbidden: The actor sees the person but may not sign them out.

    """
    with portal.work(caller) as work:
        person = work.people.find(person_id)
        facts = person_facts(work, person, *around(work, person))
        permit = work.require_on(Action.END_SESSIONS, facts, asked=person_id)
        if person is None:
            raise NotFound
        ended = work.identity.end_sessions(person.id, work.now)
        if ended and person.id != work.who.person_id:
            tell_person(work, person.id, AccountEvent.SESSIONS_ENDED)
        work.note(permit, sessions_ended=ended)
        return ended


def end_everybodys_sessions(portal: Portal, caller: Caller) -> int:
    """Sign everybody out but whoever does it; gives how many sessions there were.

    Raises:
        NotFound: This isn't the actor's to do.

    """
    with portal.work(caller) as work:
        permit = work.require_on(Action.END_ALL_SESSIONS, PortalFacts())
        alive = records_of_accounts(work).live_sessions(work.now, work.now - portal.settings.session_idle)
        others = [session for session in alive if session.person_id != work.who.person_id]
        for session in others:
            session.ended_at = work.now
        people = sorted({session.person_id for session in others})
        for person in people:
            tell_person(work, person, AccountEvent.SESSIONS_ENDED)
        work.note(permit, sessions_ended=len(others), people=len(people))
        return len(others)


def count_others_sessions(portal: Portal, caller: Caller) -> int:
    """Count the sessions that ending everybody's would end, of everybody but whoever asks.

    Raises:
        NotFound: Accounts aren't the caller's to see.

    """
    with portal.work(caller) as work:
        work.require_on(Action.VIEW_ACCOUNTS, PortalFacts())
        alive = records_of_accounts(work).live_sessions(work.now, work.now - portal.settings.session_idle)
        return sum(session.person_id != work.who.person_id for session in alive)


def change_mail(portal: Portal, caller: Caller, person_id: PersonId, mail: str) -> None:
    """Give somebody another mail address; they sign in with it at once.

    Args:
        portal: The portal.
        caller: Who cares for the account.
        person_id: Whose address.
        mail: The new one, in its one spelling.

    Raises:
        NotFound: There is no such person, or the actor may not know of them.
        Forbidden: The actor sees the person but may not change their address.
        RefusedError: It is theirs already, or somebody else's.

    """
    with portal.work(caller) as work:
        person = work.people.find(person_id)
        facts = person_facts(work, person, *around(work, person))
        permit = work.require_on(Action.CHANGE_MAIL, facts, asked=person_id)
        if person is None:
            raise NotFound
        index = mail_index(portal, mail)
        if index == person.mail_index:
            raise RefusedError(SAME)
        if work.people.by_mail(index) is None:
            tell_former_address(work, person, AccountEvent.MAIL_CHANGED)
            person.mail = work.seal(permit, REGISTRY, Place("person", "mail", person.id), mail)
            person.mail_index = index
            links = work.identity.open_invitations(person.id)
            for link in links:
                link.revoked_at = work.now
            tell_person(work, person.id, AccountEvent.MAIL_CHANGED)
            work.note(permit, links_revoked=len(links))
            return
        work.declines(permit, why=TAKEN.code)
    raise RefusedError(TAKEN)  # once it is recorded: whoever tries out addresses leaves a line for each that is known
