"""Portal, which use cases may touch, and Work: one transaction with one gate in it.

Rules that the gate (`Work.require`) enforces:

1. The policies decide; what they don't permit is refused, and any error while deciding is a refusal.
2. A yes is an event in the transaction of the act; the permit opens nothing before that is committed.
3. A no is an event in a transaction of its own, after the act is rolled back and before the answer; a wrong code is
   counted in the transaction of its no (`keeps_though_refused`).
4. A thing that is absent goes through the same questions as one that is forbidden, and answers alike, as late.
5. A session or an appointment that ended is found ended here, in the same transaction as the act.
"""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from time import monotonic
from types import TracebackType
from typing import Any, Final, Self
from uuid import UUID

from policies.engine import Engine
from portal import gate
from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import Absent, Facts
from portal.access.file_matters import Row, reaching
from portal.access.matters import Matter, bare_matter
from portal.access.principals import Who, who_asks
from portal.audit import writer
from portal.audit.events import Entry, Phase
from portal.audit.floods import Floods
from portal.audit.policy import NO_WITNESSES
from portal.changes import Changes
from portal.domain.reviews import RoomKind
from portal.errors import Forbidden, NotFound, PortalError, ProveAgain
from portal.insisting import insist
from portal.settings import Settings
from portal.spans import span
from portal.tallies import Tally
from portal.turns import Crowd, Turns
from storage.database import Database, Session
from storage.fields import Place
from storage.keyring import Keyring
from storage.objects.store import ObjectStore
from storage.permits import Permit, Scope
from storage.repositories.audit import AuditRecords
from storage.repositories.authenticators import AuthenticatorRecords
from storage.repositories.clarifications import ClarificationRecords
from storage.repositories.documents import DocumentRecords
from storage.repositories.identity import IdentityRecords
from storage.repositories.people import PeopleRecords
from storage.repositories.reviews import NO_REVIEW, ReviewRecord, ReviewRecords
from storage.repositories.schedules import ScheduleRecords
from storage.repositories.states import StateRecords
from storage.tables import Review, Room

PERMIT_LIFE: Final = timedelta(minutes=15)
NAMES_KEPT_SECONDS: Final = 60
SESSION_NOTED: Final = timedelta(minutes=1)


def utc_now() -> datetime:
    """Tell the time."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Intent:
    """What was allowed to begin and can't be rolled back, as a stream of bytes; its outcome is owed."""

    entry: Entry


class Portal:
    """What use cases may touch; made once for a process by portal/app.py."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        keyring: Keyring,
        objects: ObjectStore,
        policies: Engine,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.settings, self.policies, self.clock = settings, policies, clock
        self.witness_policy = NO_WITNESSES  # until the one of the settings is read
        self.database, self.keyring, self.objects = database, keyring, objects
        self.floods, self.turns, self.crowd, self.changes = Floods(), Turns(), Crowd(), Changes(database)
        self.tally = Tally()
        self._state_names: dict[str, tuple[float, dict[str, str]]] = {}

    def work(self, caller: Caller) -> "Work":
        """Begin a transaction for somebody."""
        return Work(self, caller)

    def open_text(self, permit: Permit, scope: Scope, place: Place, blob: bytes) -> str:
        """Open a sealed text, once the permit's event is committed.

        Raises:
            NotPermitted: The permit opens nothing here.
            Damaged: The text was altered, or belongs elsewhere.

        """
        return self.keyring.open(permit, scope, place, blob).decode()

    def state_names(self, language: str) -> dict[str, str]:
        """Give the names of all States in a language; they are no secret and change rarely: kept for a minute."""
        kept = self._state_names.get(language)
        if kept is None or kept[0] < monotonic():
            with self.database.read() as session:
                kept = (monotonic() + NAMES_KEPT_SECONDS, StateRecords(session).names(language))
            self._state_names[language] = kept
        return kept[1]

    def forget_state_names(self) -> None:
        """Read the names of States afresh the next time."""
        self._state_names.clear()

    def record_outcome(self, intent: Intent, **said: str | int) -> None:
        """Write how an intent ended; whoever began it may have left since. Written twice, it says the same twice."""
        insist(lambda: self.write_log([gate.outcome_entry(intent.entry, self.clock(), said)]))

    def write_log(self, entries: Sequence[Entry]) -> None:
        """Write entries in a transaction of their own."""
        with self.database.begin() as session:
            writer.write(session, self.keyring, entries)


class Work:
    """One transaction: what it reads and writes, and the gate."""

    def __init__(self, portal: Portal, caller: Caller) -> None:
        self.portal, self.caller, self.now = portal, caller, portal.clock()
        self._entries: list[Entry] = []
        self._refused: Entry | None = None
        self.keeps_though_refused = False  # in a transaction that asks once
        self._last_permit: Permit | None = None
        self._about: UUID | None = None
        self._renewed: set[Scope] = set()

    def __enter__(self) -> Self:
        """Take the database's lock, and look up who asks.

        Raises:
            StoreUnavailable: The database can't be reached in time.
            SignedOut: The caller's session ended.

        """
        self._began = monotonic()
        self._transaction: AbstractContextManager[Session] = self.portal.database.begin()
        with span("wait for the database"):
            self.session = self._transaction.__enter__()
        self.now = self.portal.clock()  # with the lock taken: no later act bears an earlier time
        try:
            self.people, self.identity = PeopleRecords(self.session), IdentityRecords(self.session)
            self.authenticators = AuthenticatorRecords(self.session)
            self.states, self.audit = StateRecords(self.session), AuditRecords(self.session)
            self.who: Who = who_asks(self.caller, self.identity, self.now, self.portal.settings)
            self.caller.languages[:] = [self.who.person.language] if self.who.person else []
            self.reviews = ReviewRecords(self.session, self.who.reach)
            self.documents = DocumentRecords(self.session, self.who.reach)
            self.clarifications = ClarificationRecords(self.session, self.who.reach)
            self.lookups = gate.Files(self.documents, self.clarifications)
            self.schedules = ScheduleRecords(self.session, self.who.reach)
            self.standings = gate.Standings(self.who, self.people, self.lookups, self.now)
        except BaseException as error:
            self._transaction.__exit__(type(error), error, error.__traceback__)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write the events and commit; or roll back, and then record a refusal by itself, unless it keeps something."""
        if isinstance(error, PortalError):
            error.review = self._about
        refused = self._refused if isinstance(error, NotFound | Forbidden | ProveAgain) else None
        commits = error is None or (refused is not None and self.keeps_though_refused)
        try:
            if commits:
                self._keep_session_awake()
                writer.write(self.session, self.portal.keyring, [refused] if refused else self._entries)
        except BaseException as fault:
            self._transaction.__exit__(type(fault), fault, fault.__traceback__)
            raise
        try:
            with span("commit" if commits else "roll back"):
                self._transaction.__exit__(*((None, None, None) if commits else (kind, error, trace)))
        finally:
            if refused is not None and not commits:
                actor = str(refused.who.get("person") or self.caller.machine or self.caller.address)
                self.portal.floods.record(actor, refused, self.portal.write_log)
            if isinstance(error, NotFound):
                gate.even_out(self._began)
        if error is None and self._last_permit is not None:
            self.caller.met[:] = [(self.who, self._last_permit)]

    def _keep_session_awake(self) -> None:
        """Remember a session's use, at most once a minute: pages shall not write more than they must."""
        used = None if self.caller.idle else self.who.session
        if used is not None and used.ended_at is None and self.now - used.seen_at >= SESSION_NOTED:
            used.seen_at = self.now

    # --- the gate ---

    def require(
        self,
        action: Action,
        kind: type[Row],
        row: Row | None,
        *,
        asked: UUID | None = None,
        target: RoomKind | None = None,
    ) -> tuple[Row, Permit]:
        """Ask for an act on a row of a file, found or not; the row comes back with the permit.

        Args:
            action: The act.
            kind: What the row would be.
            row: The row, or None where nothing within reach was found: refused alike.
            asked: The id that the caller named; a refusal's event keeps it.
            target: The kind of the room that a document is to go to.

        Raises:
            NotFound: There is no such thing, or the actor may not know of it.
            Forbidden: The actor sees the thing but may not do this.

        """
        record = self.file(gate.review_of(row) or NO_REVIEW)
        matter = reaching(gate.matter_of(self.lookups, record, action, kind, row, target), record, target)
        permit = self._admit(action, matter, gate.review_of(row), asked, target)
        if row is None:
            raise NotFound  # no policy permits what is absent; were one to, nothing would be opened
        return row, permit

    def require_on(self, action: Action, facts: Facts | Absent, *, asked: UUID | None = None, why: str = "") -> Permit:
        """Ask for an act on something outside the rooms: the portal, a State, a person; a refusal keeps asked and why.

        Raises:
            NotFound: There is no such thing, or the actor may not know of it.
            Forbidden: The actor sees the thing but may not do this.

        """
        review = facts.review.id if hasattr(facts, "review") else None
        try:
            return self._admit(action, bare_matter(facts, action, asked), review, asked, None)
        finally:
            if why and self._refused is not None:
                self._refused.detail["why"] = why

    def require_rooms(
        self,
        action: Action,
        kind: type[Row],
        row: Row | None,
        each: Action,
        *,
        asked: UUID | None = None,
        beside: Collection[tuple[Action, Facts]] = (),
    ) -> tuple[ReviewRecord, list[Room], Permit]:
        """Ask for an act on what reaches over rooms of a file; the permit covers those where `each` is allowed too.

        And of what lies `beside` them, each with an act, that on which this is allowed.

        Raises:
            NotFound: There is no such file, or the actor may not know of it.
            Forbidden: The actor sees the file but may not do this.

        """
        matter = self._matter(action, kind, row)
        record = self.file(gate.review_of(row) or NO_REVIEW)
        rooms = self.allowed(each, Room, record.rooms) if record else []
        scopes = {scope for room in rooms for scope in self._matter(each, Room, room).scopes}
        scopes |= {one for act, facts in beside if self.allows(act, facts) for one in bare_matter(facts, act).scopes}
        covering = replace(matter, scopes=matter.scopes | scopes)
        permit = self._admit(action, covering, gate.review_of(row), asked, None)
        if record is None:
            raise NotFound
        return record, rooms, permit

    def require_across(
        self, action: Action, facts: Facts | Absent, each: Action, whole: Action, *, asked: UUID | None = None
    ) -> tuple[list[Room], list[Review], Permit]:
        """Ask for an act over many files; the permit covers the rooms and files on which `each`, `whole` are allowed.

        Raises:
            NotFound: There is no such thing, or the actor may not know of it.
            Forbidden: The actor sees the thing but may not do this.

        """
        records = self.reviews.all()
        rooms = self.allowed(each, Room, [room for record in records for room in record.rooms])
        files = self.allowed(whole, Review, [record.review for record in records])
        matters = [self._matter(each, Room, room) for room in rooms]
        matters += [self._matter(whole, Review, file) for file in files]
        matter = bare_matter(facts, action)
        scopes = matter.scopes.union(*(one.scopes for one in matters))
        self.standings.widen()
        permit = self._admit(action, replace(matter, scopes=scopes), None, asked, None)
        return rooms, files, permit

    def allowed(
        self, action: Action, kind: type[Row], rows: Sequence[Row | None], target: RoomKind | None = None
    ) -> list[Row]:
        """Choose the rows on which an act is allowed (None: not found), one decision for all alike; opens nothing."""
        matters = [self._matter(action, kind, row) for row in rows]
        reviews = {gate.review_of(row) for row in rows}
        actor = self.standings.actor(reviews.pop()) if len(reviews) == 1 else self.standings.everywhere()
        decisions = gate.decide_each(self.portal.policies, actor, action, matters, target)
        return [row for row, decision in zip(rows, decisions, strict=True) if row is not None and decision.allowed]

    def why(self, action: Action, kind: type[Row], row: Row) -> tuple[str, ...]:
        """Name the policies that allow an act on a row."""
        actor = self.standings.actor(gate.review_of(row))
        return gate.decide_each(self.portal.policies, actor, action, [self._matter(action, kind, row)])[0].policies

    def allows(self, action: Action, facts: Facts) -> bool:
        """Tell whether an act on something outside the rooms would be allowed; opens nothing."""
        actor = self.standings.actor(facts.review.id if hasattr(facts, "review") else None)
        return gate.decide_each(self.portal.policies, actor, action, [bare_matter(facts, action)])[0].allowed

    def _admit(
        self, action: Action, matter: Matter, review: UUID | None, asked: UUID | None, target: RoomKind | None
    ) -> Permit:
        self._about = review
        actor = self.standings.actor(review)
        with span("decide", **{"portal.action": action.value}):
            found = gate.verdict(self.portal.policies, actor, action, matter, target)
        if not found.decision.allowed:
            self._refused = gate.refused_entry(action, matter, found, self.who, self.caller, self.now, asked)
            raise gate.refusal(found, self.who)
        entry = gate.allowed_entry(action, matter, found.decision, self.who, self.caller, self.now)
        permit = self.portal.keyring.permit(
            entry.id, self.who.person_id, matter.scopes, matter.contents(action), self.now + PERMIT_LIFE
        )
        entry.stamp = permit.stamp
        self._entries.append(entry)
        self._last_permit = permit
        return permit

    def _matter(self, action: Action, kind: type[Row], row: Row | None) -> Matter:
        return gate.matter_of(self.lookups, self.file(gate.review_of(row) or NO_REVIEW), action, kind, row)

    def file(self, review_id: UUID) -> ReviewRecord | None:
        """Find a file within reach, once in a transaction."""
        return self.reviews.known(review_id)

    def note(self, permit: Permit, **said: Any) -> None:
        """Add to what a permit's event says."""
        self._entry(permit).detail.update(said)

    def declines(self, permit: Permit, **said: Any) -> None:
        """Make a permit's event a refusal: allowed, but a rule is against it, and that is to be kept."""
        entry = self._entry(permit)
        entry.phase = Phase.REFUSAL
        entry.detail.update(said)

    def begins(self, permit: Permit) -> Intent:
        """Make a permit's event an intent: what can't be rolled back follows, and its outcome."""
        entry = self._entry(permit)
        entry.phase = Phase.INTENT
        return Intent(entry)

    def completes(self, permit: Permit, intent: Intent, **said: Any) -> None:
        """Make a permit's event the outcome of an intent."""
        entry = self._entry(permit)
        entry.phase = Phase.OUTCOME
        entry.intent = intent.entry.id
        entry.detail.update({"result": "complete", **said})

    def arrives(self, permit: Permit, room: UUID, about: UUID, on: dict[str, str], **said: str) -> None:
        """Write an act that reached into another room into that room's stream too; it doesn't say from where.

        The trail finds it there by `about`, a document or clarification; what it is `on` is called as there.
        """
        entry = gate.arrival_entry(self._entry(permit), room, about, on, said)
        self._entries.insert(0, entry)  # the last is the act itself: what is of no room is recorded with it

    def _entry(self, permit: Permit) -> Entry:
        return next(entry for entry in self._entries if entry.id == permit.event)

    def seal(self, permit: Permit, scope: Scope, place: Place, text: str) -> bytes:
        """Seal a text under a scope's newest key; a new key version begins if an access to its file ended.

        Raises:
            NotPermitted: The permit doesn't cover the scope.

        """
        self.renew(scope)
        return self.portal.keyring.seal(self.session, permit, scope, place, text.encode())

    def renew(self, scope: Scope) -> None:
        """Begin a new key version of a room when somebody's access to its file ended since the newest one."""
        kind, _, rest = scope.partition("/")
        if kind == "room" and scope not in self._renewed:
            review = UUID(rest.split("/")[0])
            self.portal.keyring.renew(self.session, scope, self.people.last_access_end(review, self.now))
            self._renewed.add(scope)
