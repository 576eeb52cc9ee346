"""Identity providers: an administrator adds one, whoever it is for confirms it, either ends it.

1. It works once a focal point of its State confirmed it; the secretariat's own once a second administrator did.
2. One address with one client id is connected once at a time: bound to two States it would be one key for two houses.
3. It is not changed: it is ended and added anew. Ending it ends the sessions that began with it, at once.
4. Its secret goes in and is not shown again; its form is shown after a fresh proof of who one is, as adding takes one:
   a form that waits for the proof would lose the secret.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import Absent, IssuerFacts, PortalFacts, StateFacts
from portal.domain.ids import IssuerId
from portal.domain.issuers import IssuerSettings
from portal.domain.texts import N_
from portal.errors import Conflict, NotFound, ProveAgain, SignedOut
from portal.usecases.federation import issuer_facts
from portal.work import Portal, Work
from storage.fields import Place
from storage.issuers import Issuer
from storage.permits import ISSUERS
from storage.repositories.issuers import IssuerRecords


@dataclass(frozen=True, slots=True)
class IssuerLine:
    """An issuer as those see it who keep it."""

    id: UUID
    name: str
    url: str
    client_id: str
    state: str | None
    acr_values: str
    amr: str
    added_at: datetime
    confirmed: bool
    may_confirm: bool
    may_end: bool


def list_issuers(portal: Portal, caller: Caller) -> list[IssuerLine]:
    """List all issuers, for an administrator.

    Raises:
        NotFound: They aren't the caller's to see.

    """
    with portal.work(caller) as work:
        work.require_on(Action.VIEW_ISSUERS, PortalFacts())
        return _lines(work, IssuerRecords(work.session).live())


def list_own(portal: Portal, caller: Caller) -> list[IssuerLine]:
    """List the issuers of the State that somebody acts for.

    Raises:
        NotFound: They aren't the caller's to see.

    """
    with portal.work(caller) as work:
        state = work.who.state
        work.require_on(Action.VIEW_ISSUERS, StateFacts(state) if state else Absent(StateFacts))
        rows = IssuerRecords(work.session).live()
        return _lines(work, [row for row in rows if row.state_code == state])


def _lines(work: Work, rows: Iterable[Issuer]) -> list[IssuerLine]:
    lines = []
    for row in rows:
        facts = issuer_facts(row)
        confirms = not facts.confirmed and work.allows(Action.CONFIRM_ISSUER, facts)
        lines.append(
            IssuerLine(
                *(row.id, row.name, row.url, row.client_id, row.state_code, row.acr_values, row.amr, row.added_at),
                confirmed=facts.confirmed,
                may_confirm=confirms,
                may_end=work.allows(Action.END_ISSUER, facts),
            )
        )
    return lines


def prepare_issuer(portal: Portal, caller: Caller) -> None:
    """Let somebody come to the form of a new issuer, once they proved anew who they are: they write its secret once.

    Raises:
        NotFound: It isn't the caller's to do.
        ProveAgain: The proof of who one is, is too old.

    """
    with portal.work(caller) as work:
        work.require_on(Action.VIEW_ISSUERS, PortalFacts())
        if not work.who.fresh:
            raise ProveAgain


def add_issuer(portal: Portal, caller: Caller, settings: IssuerSettings) -> IssuerId:
    """Add an issuer; it works once it is confirmed.

    Raises:
        NotFound: It isn't the caller's to do.
        Conflict: It is connected already, or there is no such State.

    """
    with portal.work(caller) as work:
        permit = work.require_on(Action.ADD_ISSUER, PortalFacts())
        records, issuer, by = IssuerRecords(work.session), uuid4(), work.who.person_id
        if by is None:
            raise SignedOut
        if any((row.url, row.client_id) == (settings.url, settings.client_id) for row in records.live()):
            raise Conflict(
                N_("This provider is connected with this client id already. One that serves two needs two client ids.")
            )
        if settings.state is not None and work.states.find(settings.state) is None:
            raise Conflict(N_("There is no such State in the register. Choose one of the list."))
        place = Place("issuer", "client_secret", issuer)
        records.add(
            Issuer(
                id=issuer,
                url=settings.url,
                name=settings.name,
                client_id=settings.client_id,
                client_secret=work.seal(permit, ISSUERS, place, settings.client_secret),
                state_code=settings.state,
                acr_values=settings.acr_values,
                amr=settings.amr,
                added_by=by,
                added_at=work.now,
            )
        )
        work.note(permit, issuer=str(issuer), state=settings.state or "")
        return IssuerId(issuer)


def confirm_issuer(portal: Portal, caller: Caller, issuer_id: IssuerId) -> None:
    """Confirm an issuer, as the one whom it is for.

    Raises:
        NotFound: There is no such issuer, or the actor may not know of it.
        Forbidden: It isn't the actor's to confirm.
        Conflict: It was confirmed before.

    """
    with portal.work(caller) as work:
        row = _live(work, issuer_id)
        work.require_on(Action.CONFIRM_ISSUER, issuer_facts(row) if row else Absent(IssuerFacts), asked=issuer_id)
        if row is None:
            raise NotFound
        if row.confirmed_at is not None:
            raise Conflict(N_("This provider was confirmed before. Nothing was changed."))
        row.confirmed_by, row.confirmed_at = work.who.person_id, work.now


def end_issuer(portal: Portal, caller: Caller, issuer_id: IssuerId) -> None:
    """End an issuer, and at once all sessions that began with it.

    Raises:
        NotFound: There is no such issuer, or the actor may not know of it.
        Forbidden: It isn't the actor's to end.

    """
    with portal.work(caller) as work:
        row = _live(work, issuer_id)
        facts = issuer_facts(row) if row else Absent(IssuerFacts)
        permit = work.require_on(Action.END_ISSUER, facts, asked=issuer_id)
        if row is None:
            raise NotFound
        row.ended_by, row.ended_at = work.who.person_id, work.now
        sessions = IssuerRecords(work.session).sessions(issuer_id, work.now)
        for one in sessions:
            one.ended_at = work.now
        work.note(permit, sessions_ended=len(sessions))


def _live(work: Work, issuer_id: IssuerId) -> Issuer | None:
    row = IssuerRecords(work.session).find(issuer_id)
    return row if row is not None and row.ended_at is None else None
