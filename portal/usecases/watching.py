"""Reading the log for signals: every few minutes, by the portal itself, and only where something is new.

1. An event is read once: up to where the log was read is written in one transaction with what was counted and raised.
   A breakdown in between leaves nothing, and the next look begins where the last whole one ended.
2. One process does it at a time, by a lease; two that both believe they hold it don't count anything twice.
3. It opens events and from where people came, no names, no titles, no contents; and only events that a rule is about.
4. A look that opens something is an event of its own, and signals that are raised are another. They are about nothing
   that a rule counts: a log in which nothing else happens doesn't grow by being watched.
5. What came before the last day is not read: so a portal that begins to watch an old log doesn't read all of it.
"""

import hmac
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.actors import Machine
from portal.access.caller import Caller
from portal.access.entities import PortalFacts
from portal.audit.events import Phase
from portal.audit.kinds import KINDS
from portal.audit.packing import unpack
from portal.audit.reading import Said, read_event
from portal.audit.sequencer import hold
from portal.domain.account_events import AccountEvent
from portal.domain.roles import Role
from portal.domain.signals import DAY, Counts, Fact, Found
from portal.usecases.account_notices import tell_person
from portal.usecases.signal_facts import WATCHED, Come, Ends, Told, facts_of, found_copies
from portal.work import Portal, Work
from storage import permits
from storage.database import Session
from storage.errors import Damaged, KeyUnavailable
from storage.fields import Place
from storage.permits import ORIGINS, SIGNALS, Permit, stream_scope
from storage.repositories.people import PeopleRecords
from storage.repositories.signals import Kinds, SignalRecords
from storage.repositories.tree import TreeRecords
from storage.signals import Signal, SignalReading
from storage.tables import Event
from storage.tree import Lease

WATCHER: Final = Caller(machine=Machine.WATCHER)
NAME: Final = "signals"
LEASE: Final = timedelta(minutes=10)  # twice the time between two looks
BATCH: Final = 500
BATCHES: Final = 40  # in one look: what is left comes with the next one
WATCHED_KINDS: Final = Kinds([KINDS[action] for action in WATCHED], [KINDS[Action.TRACE_COPY]])

log = logging.getLogger("portal.signals")


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the log, read: from where to where, and what it tells of people, in order."""

    first: int
    until: int
    told: Sequence[Told]


def watch(portal: Portal, holder: str) -> int:
    """Read what is new in the log, and raise signals; gives how many were raised.

    Args:
        portal: The portal.
        holder: Which process asks.

    """
    with portal.database.read() as session:
        records = SignalRecords(session)
        first, until = _place(portal, records), records.size()
        is_news, is_first = records.has_events(first, WATCHED_KINDS), records.reading() is None
    if not is_news:
        if is_first or until > first + BATCH:  # nobody looks twice through what no rule is about
            _go_on(portal, first, until)
        return 0
    with permits.request(uuid4()):
        permit = _ask(portal, holder)
        raised = 0
        for _ in range(BATCHES if permit else 0):
            part = _read(portal, permit) if permit else None
            if part is None:
                break
            raised += _count(portal, permit, part) if permit else 0
    return raised


def _ask(portal: Portal, holder: str) -> Permit | None:
    """Ask the gate, as the one process that looks; None if another one does."""
    with portal.work(WATCHER) as work:
        lease = Lease(name=NAME, holder=holder, until=work.now + LEASE)
        if not hold(TreeRecords(work.session), lease, work.now):
            return None
        return work.require_on(Action.WATCH_LOG, PortalFacts())


# --- up to where


def _place(portal: Portal, records: SignalRecords) -> int:
    """Tell from which entry on the log is to be read."""
    row = records.reading()
    if row is not None:
        if hmac.compare_digest(row.mark, _mark(portal, row.position)) and row.position <= records.size():
            return row.position
        log.error("alarm: up to where the log was read for signals was altered; the last day is read again")
    return records.first_since(portal.clock() - DAY)


def _mark(portal: Portal, position: int) -> bytes:
    return portal.keyring.blind("signal", f"position/{position}".encode())


def _put(portal: Portal, records: SignalRecords, position: int) -> None:
    records.put_reading(SignalReading(id=1, position=position, mark=_mark(portal, position)))


def _go_on(portal: Portal, first: int, until: int) -> None:
    with portal.database.begin() as session:
        records = SignalRecords(session)
        if _place(portal, records) == first:
            _put(portal, records, until)


# --- reading


def _read(portal: Portal, permit: Permit) -> _Part | None:
    """Open the next part of the log, outside any transaction that others would wait for; None: there is none."""
    with portal.database.read() as session:
        records = SignalRecords(session)
        first = _place(portal, records)
        until = min(first + BATCH, records.size())
        if until <= first:
            return None
        events = [
            (said, _come(portal, permit, row))
            for row in records.events(first, until, WATCHED_KINDS)
            if (said := _opened(session, portal, permit, row)) is not None
        ]
        ended = [said for said, _ in events if said.phase is Phase.OUTCOME]
        done = [(said, come) for said, come in events if said.phase is not Phase.OUTCOME]
        ends = Ends(records, PeopleRecords(session), [said for said, _ in done])
        told = [told for said, come in done for told in facts_of(said, come, ends)]
        return _Part(first, until, [*told, *found_copies(records, ended)])


def _opened(session: Session, portal: Portal, permit: Permit, row: Event) -> Said | None:
    """Open an event; one that doesn't fit tells nothing (the trail and `portal fsck` name it), nor one erased."""
    try:
        said = read_event(session, portal.keyring, permit, row)
    except KeyUnavailable:
        if SignalRecords(session).has_key(stream_scope(row.stream_id)):
            raise  # the key provider is away: what can't be read now is read later
        return None
    return said if isinstance(said, Said) else None


def _come(portal: Portal, permit: Permit, row: Event) -> Come:
    """Tell from where and with what somebody came, as keyed hashes."""
    if row.origin is None:
        return Come()
    try:
        origin = unpack(portal.keyring.open(permit, ORIGINS, Place("event", "origin", row.id), row.origin))
    except Damaged:
        return Come()
    return Come.of(origin, lambda said: portal.keyring.blind("signal", b"place/" + said.encode()).hex()[:16])


# --- counting, and raising


def _count(portal: Portal, permit: Permit, part: _Part) -> int:
    facts: dict[UUID, list[Fact]] = defaultdict(list)
    for told in part.told:
        facts[told.person].append(told.fact)
    with portal.work(WATCHER) as work:
        records = SignalRecords(work.session)
        if _place(portal, records) != part.first:
            return 0  # another process was here meanwhile
        found = _add(work, records, permit, facts)
        _put(portal, records, part.until)
        return _raise(work, records, found) if found else 0


def _add(
    work: Work, records: SignalRecords, permit: Permit, facts: Mapping[UUID, Sequence[Fact]]
) -> list[tuple[UUID, Found]]:
    portal, found, written = work.portal, list[tuple[UUID, Found]](), dict[UUID, bytes]()
    keys = {person: _key(portal, b"person/" + person.bytes) for person in facts}
    kept = records.counts(keys.values())
    for person, some in facts.items():
        key = keys[person]
        place = Place("signal_counts", "counts", key)
        row = kept.get(key)
        counts = Counts(portal.keyring.open(permit, SIGNALS, place, row.counts)) if row else Counts()
        counts.add_all(some, portal.settings.signal_rules)
        found += [(person, one) for one in counts.found]
        written[key] = portal.keyring.seal(work.session, permit, SIGNALS, place, counts.written())
    records.put_counts(written, work.now)
    return found


def _key(portal: Portal, value: bytes) -> UUID:
    return UUID(bytes=portal.keyring.blind("signal", value)[:16])


def _raise(work: Work, records: SignalRecords, found: Sequence[tuple[UUID, Found]]) -> int:
    known, fresh = work.people.named([person for person, _ in found]), list[Signal]()
    for person, one in found:
        said = f"signal/{one.rule}/{person}/{one.at.isoformat()}"
        row = Signal(
            id=_key(work.portal, said.encode()),
            rule=one.rule.value,
            person_id=person,
            review_id=one.review,
            at=one.at,
            raised_at=work.now,
            count=one.count,
            threshold=one.limit.count,
            window_minutes=one.limit.minutes,
        )
        if person in known and records.find(row.id) is None:
            records.add(row)
            fresh.append(row)
    if fresh:
        permit = work.require_on(Action.RAISE_SIGNALS, PortalFacts())
        work.note(permit, signals=[str(row.id) for row in fresh])
        _tell(work, {row.person_id for row in fresh})
    return len(fresh)


def _tell(work: Work, about: set[UUID]) -> None:
    """Tell the confidentiality officers that there are signals; whom alone they are about, not of those."""
    for officer in {one.person_id for one in work.people.holders(Role.CONFIDENTIALITY_OFFICER, work.now)}:
        if about - {officer}:
            tell_person(work, officer, AccountEvent.SIGNALS_RAISED)
