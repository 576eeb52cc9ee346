"""What somebody may ask who can't come in: how a link stands, and for help; counted, so that nobody floods others.

1. Looking at a link is counted by the link, if it was ever issued, and by where it comes from; it takes nothing from
   the attempts to use it.
2. Asking for help is counted by the address that was typed, be there such a person or not, and by where it comes from.
"""

from contextlib import suppress
from typing import Final

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.errors import NotFound, TooMany
from portal.identity.attempts import ADDRESS_ATTEMPTS, LINK_ATTEMPTS, Attempts, Key, network
from portal.identity.passphrases import SLOWLY
from portal.identity.spelling import one_spelling
from portal.usecases.invitations import link_known
from portal.usecases.people import mail_index
from portal.usecases.sessions import as_visitor, record_refusal, token_hash
from portal.usecases.trouble import LinkState, report_trouble, state_of_link, token_in
from portal.work import Portal

HELP_ATTEMPTS: Final = 5  # with one address in a window; a person's helpers are told once a day
HELP_FROM_ONE_PLACE: Final = 20


class Helpdesk:
    """Counts what is asked of one portal; made once for a process."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._attempts = Attempts(portal)

    def look(self, caller: Caller, pasted: str) -> LinkState:
        """Tell how the link stands that somebody pasted.

        Raises:
            TooMany: It was asked too often.

        """
        token = token_in(pasted)
        keys = {("looks", network(caller.address)): ADDRESS_ATTEMPTS}
        if link_known(self._portal, token):
            keys["look", token_hash(self._portal, token)] = LINK_ATTEMPTS
        self._count(caller, keys, Action.USE_INVITATION)
        return state_of_link(self._portal, caller, token)

    def ask(self, caller: Caller, mail: str) -> None:
        """Ask for help for whoever has a mail address; nobody learns whether there is such a person.

        Raises:
            TooMany: It was asked too often.

        """
        mail = one_spelling(mail)
        keys = {
            ("help", mail_index(self._portal, mail)): HELP_ATTEMPTS,
            ("helps", network(caller.address)): HELP_FROM_ONE_PLACE,
        }
        self._count(caller, keys, Action.REPORT_TROUBLE)
        report_trouble(self._portal, caller, mail)

    def _count(self, caller: Caller, keys: dict[Key, int], action: Action) -> None:
        if self._attempts.begin(keys) is None:
            with suppress(NotFound):
                record_refusal(self._portal, as_visitor(caller), action)
            raise TooMany(SLOWLY)
