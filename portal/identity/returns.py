"""A session that was ended comes again: an attempt after an end, which signals count (portal/usecases/signal_facts.py).

1. Ended by somebody: signed out, here or from elsewhere, held back, or without an appointment any more. A session that
   ran out or lay idle is none of these: its browser was left open. Nor is one whose appointment ended by its date while
   its person holds another: it goes on, and the gate refuses and records each act that is asked for under it, with who
   it was and what was asked for, which signals count, too. An appointment that somebody ends takes its sessions along,
   whatever else its person holds.
2. It is a refused sign-in that names the person, in the stream of these; nobody learns of it from the answer.
3. RETURNS of one session are noted within a window (attempts.py), at all replicas together, and whoever has no session
   that there once was leads to none: nobody floods the log. What is beyond reads, and writes nothing.
"""

import logging
from contextlib import suppress
from typing import Final
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.errors import NotFound
from portal.identity.attempts import Attempts
from portal.usecases.sessions import as_visitor, record_refusal
from portal.usecases.signal_facts import ENDED_SESSION
from portal.work import Portal
from storage.errors import StorageError
from storage.repositories.identity import IdentityRecords

RETURNS: Final = 3

log = logging.getLogger("portal.identity")


def note_return(portal: Portal, caller: Caller) -> None:
    """Note that a session came again that was ended; whatever goes wrong with that holds nobody up."""
    try:
        ended = _ended(portal, caller)
        if ended is None:
            return
        person, key = ended
        attempts = Attempts(portal)
        if attempts.reached(key) or attempts.begin(key) is None:
            return
        with suppress(NotFound):
            record_refusal(portal, as_visitor(caller), Action.SIGN_IN, asked=person, why=ENDED_SESSION)
    except StorageError as error:
        log.warning("a session that came again was not noted: %s", type(error).__qualname__)


def _ended(portal: Portal, caller: Caller) -> tuple[UUID, dict[tuple[str, bytes], int]] | None:
    """Find whose session it was, and what its returns are counted for; None: it was none, or nobody ended it."""
    if caller.token is None:
        return None
    now = portal.clock()
    with portal.database.read() as session:
        found = IdentityRecords(session).signed_in(caller.token, now)
    if found is None:
        return None
    used = found.session
    ended = used.ended_at is not None or (used.appointment_id is not None and not found.appointments)
    if not ended or now >= used.ends_at:
        return None
    return used.person_id, {("return", used.id.bytes): RETURNS}
