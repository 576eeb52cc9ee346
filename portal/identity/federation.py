"""Signing in through an identity provider, from leaving for it to coming back.

What comes back is checked as `oidc` says, then the use case decides (`portal/usecases/federation.py`). Whatever is
wrong is recorded as a refusal with a word for it; tokens, codes and names are not.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.domain.texts import N_
from portal.errors import NotFound, TooMany
from portal.identity import flows
from portal.identity.answers import Answers
from portal.identity.attempts import Attempts, keys_of_link, network
from portal.identity.flows import PROVE, Flow
from portal.identity.oidc import Issuer, Relying, Unproven
from portal.identity.spelling import one_spelling
from portal.outgoing import Silent
from portal.usecases import federation
from portal.usecases.federation import Asserted, EndedThere
from portal.usecases.invitations import Shown, link_known, takes_second_part
from portal.usecases.sessions import Begun, as_visitor, prove_again, token_hash
from portal.work import Portal

SIGN_IN: Final = "sign-in"
LINK: Final = "link"
LOGOUTS: Final = 60  # that prove nothing, in a window, from one network
RETURNS: Final = 60  # likewise; each asks the issuer for something
_ACTIONS: Final = {SIGN_IN: Action.SIGN_IN, LINK: Action.USE_INVITATION, PROVE: Action.PROVE_AGAIN}

MANY: Final = N_("There were many attempts in a short time, so the portal waits a while before the next one.")


class SomebodyElse(NotFound):
    """An issuer knows somebody, but not as whoever is signed in here and was to prove it."""


@dataclass(frozen=True, slots=True)
class Came:
    """What came of coming back: a session that began, a token of the one that was proven, or an address to ask for."""

    next: str
    begun: Begun | None = None
    token: str | None = None
    cookie: str | None = None  # under which what the issuer said waits for the address
    takes_two: bool = False  # and for the second part of the link


class Federation:
    """The way through issuers; made once for a process."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._relying = Relying(Answers(portal.settings.issuer_reach), lambda: portal.clock().timestamp())
        self._attempts = Attempts(portal)

    def leave(self, caller: Caller, issuer_id: UUID, purpose: str, following: str, link: str = "") -> tuple[str, str]:
        """Leave for an issuer; gives what the browser holds and where it goes.

        Raises:
            NotFound: There is no such issuer that works.
            Silent: It doesn't answer as it should.

        """
        issuer = self._issuer(issuer_id)
        flow = Flow.begin(issuer_id, purpose, following, link)
        try:
            address = self._relying.address(issuer, flow.asked(self._portal))
        except Silent as error:
            asks = caller if purpose == PROVE else as_visitor(caller)
            federation.note_refusal(self._portal, asks, _ACTIONS[purpose], issuer_id, error.code)
            raise
        return flows.keep(self._portal, flow), address

    def come_back(self, caller: Caller, issuer_id: UUID, cookie: str | None, given: dict[str, str]) -> Came:
        """Take what an issuer answered.

        Raises:
            NotFound: Nobody here is known by it, or nothing was asked of this issuer from this browser.
            EndedThere: The issuer ended its session meanwhile.
            SomebodyElse: Who was to prove who they are isn't who it means.
            Unproven: It proves nothing.
            Silent: The issuer doesn't answer as it should.
            SignedOut: The session that was to be proven ended.
            TooMany: There were too many returns from there that proved nothing.

        """
        attempt = self._attempts.begin({("return", issuer_id.bytes + network(caller.address)): RETURNS})
        if attempt is None:
            raise TooMany(MANY)
        came = self._came_back(caller, issuer_id, cookie, given)
        self._attempts.take_back(attempt)
        return came

    def _came_back(self, caller: Caller, issuer_id: UUID, cookie: str | None, given: dict[str, str]) -> Came:
        flow = self._take(caller, Action.SIGN_IN, issuer_id, cookie, given.get("state", ""))
        asks, asked = caller if flow.purpose == PROVE else as_visitor(caller), flow.asked(self._portal)
        try:
            issuer = self._issuer(issuer_id)
            code = self._relying.check_answer(issuer, asked, given)
            secret = federation.secret_of(self._portal, caller, issuer_id)
            known = self._relying.redeem(issuer, secret, asked, code)
        except (Unproven, Silent) as error:
            federation.note_refusal(self._portal, asks, _ACTIONS[flow.purpose], issuer_id, error.code)
            raise
        said = federation.asserted(self._portal, issuer_id, known.subject, known.session)
        return self._arrived(caller, flow, said, known.mail)

    def bind(self, caller: Caller, issuer_id: UUID, cookie: str | None, mail: str, second: str) -> Came:
        """Use a sign-in link with the address, and the second part, that somebody wrote after coming back.

        Raises:
            NotFound: The link doesn't work, or address or second part don't go with it.
            EndedThere: The issuer ended its session meanwhile.
            Unproven: Nothing waits.
            TooMany: There were too many attempts with this link.

        """
        flow = self._take(caller, Action.USE_INVITATION, issuer_id, cookie)
        if flow.said is None:
            raise Unproven("no-flow")
        known = link_known(self._portal, flow.link)
        keys = keys_of_link(token_hash(self._portal, flow.link), caller.address, known=known)
        attempt = self._attempts.begin(keys)
        if attempt is None:
            federation.note_refusal(self._portal, as_visitor(caller), Action.USE_INVITATION, issuer_id, "many")
            raise TooMany(MANY)
        begun = federation.bind_through(self._portal, caller, flow.said, Shown(flow.link, second), one_spelling(mail))
        self._attempts.take_back(attempt)
        return Came("", begun=begun)

    def log_out(self, caller: Caller, issuer_id: UUID, token: str) -> None:
        """End the sessions of which an issuer says that they are over.

        Raises:
            NotFound: There is no such issuer that works.
            Unproven: What was sent is no message of this issuer, or was taken before.
            Silent: The issuer doesn't answer as it should.
            TooMany: There were too many that proved nothing.

        """
        issuer = self._issuer(issuer_id)  # first: one that was made up is counted nowhere
        keys = {("logout", issuer_id.bytes + network(caller.address)): LOGOUTS}
        attempt = self._attempts.begin(keys)
        if attempt is None:
            raise TooMany(MANY)
        logout = self._relying.check_logout(issuer, token)
        mark = federation.Mark(logout.mark, logout.ends)
        if not federation.end_by_issuer(self._portal, caller, issuer_id, mark, logout.subject, logout.session):
            raise Unproven("replayed")
        self._attempts.take_back(attempt)

    def _arrived(self, caller: Caller, flow: Flow, said: Asserted, mail: str | None) -> Came:
        if flow.purpose == PROVE:
            evidence = federation.recognized(self._portal, said)
            try:
                return Came(flow.next, token=prove_again(self._portal, caller, evidence))
            except NotFound:
                raise SomebodyElse from None
        if flow.purpose == SIGN_IN:
            return Came(flow.next, begun=federation.sign_in_through(self._portal, caller, said))
        takes_two = takes_second_part(self._portal, flow.link)
        if mail is not None and not takes_two:
            try:
                begun = federation.bind_through(self._portal, caller, said, Shown(flow.link), one_spelling(mail))
                return Came("", begun=begun)
            except EndedThere:
                raise
            except NotFound:  # the portal may have another address of the same person: it asks for that one
                pass
        return Came("", cookie=flows.keep(self._portal, flow.heard(said)), takes_two=takes_two)

    def _take(
        self, caller: Caller, action: Action, issuer_id: UUID, cookie: str | None, state: str | None = None
    ) -> Flow:
        """Take the flow of a browser, or record that there is none.

        Raises:
            Unproven: There is none.

        """
        try:
            return flows.take(self._portal, cookie, issuer_id, state)
        except Unproven as error:
            federation.note_refusal(self._portal, as_visitor(caller), action, issuer_id, error.code)
            raise

    def _issuer(self, issuer_id: UUID) -> Issuer:
        row = federation.connected(self._portal, issuer_id)
        return Issuer(row.id, row.url, row.client_id, row.acr_values, row.amr)
