"""Signals, as the confidentiality officer sees them, and their rules, as everybody does.

1. A signal names a person, a review and numbers. No document is named, and no title opened.
2. One about an officer themselves is in no list and no count of theirs: another officer looks at it.
3. That it was looked at, and why it was set aside, is kept for good; each first look of an officer is a step.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import Absent, PortalFacts, SignalFacts
from portal.domain.ids import PersonId, SignalId
from portal.domain.periods import is_past
from portal.domain.roles import Role
from portal.domain.signals import Limit, Rule, Standing
from portal.domain.texts import N_
from portal.errors import Conflict, NotFound, SignedOut
from portal.usecases.concerns import list_concerns
from portal.usecases.people import name_of
from portal.work import Portal, Work
from storage.fields import Place
from storage.permits import SIGNALS, Permit
from storage.repositories.signals import Chosen, SignalRecords
from storage.signals import Signal, SignalStep
from storage.tables import Appointment, Person

PAGE: Final = 50
ASIDE_ALREADY: Final = N_("This signal was set aside meanwhile. Nothing was changed.")
_CHOSEN: Final[dict[Standing, tuple[str, tuple[str, ...]]]] = {
    Standing.NEW: ("", (Standing.SEEN.value, Standing.SET_ASIDE.value)),
    Standing.SEEN: (Standing.SEEN.value, (Standing.SET_ASIDE.value,)),
    Standing.SET_ASIDE: (Standing.SET_ASIDE.value, ()),
}


@dataclass(frozen=True, slots=True)
class Office:
    """What somebody was when a signal was raised, or last before: role and State."""

    role: Role
    state: str | None
    ended: bool  # by then


@dataclass(frozen=True, slots=True)
class Line:
    """A signal in a list."""

    id: UUID
    rule: Rule
    standing: Standing
    name: str
    offices: tuple[Office, ...]
    review: UUID | None
    review_of: str | None  # the State under review
    at: datetime
    count: int
    limit: Limit


@dataclass(frozen=True, slots=True)
class Page:
    """A part of the list of signals."""

    lines: tuple[Line, ...]
    number: int
    pages: int
    new: int
    concerns: bool  # one was filed that waits to be looked into


@dataclass(frozen=True, slots=True)
class Step:
    """What an officer did with a signal."""

    standing: Standing
    name: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class SignalView:
    """One signal."""

    line: Line
    raised_at: datetime
    steps: tuple[Step, ...]


def list_signals(
    portal: Portal, caller: Caller, rule: Rule | None = None, standing: Standing | None = None, page: int = 1
) -> Page:
    """List signals: those that nobody looked at first, then by time, newest first.

    Raises:
        NotFound: They aren't the caller's to see.

    """
    having, lacking = _CHOSEN[standing] if standing else ("", ())
    with portal.work(caller) as work:
        permit = work.require_on(Action.LIST_SIGNALS, PortalFacts())
        records, me = SignalRecords(work.session), _me(work)
        chosen = Chosen(me, rule.value if rule else "", having, lacking)
        pages = max(1, -(-records.count(chosen) // PAGE))
        number = min(max(page, 1), pages)
        rows = records.page(chosen, (number - 1) * PAGE, PAGE)
        new = records.count(Chosen(me, lacking=_CHOSEN[Standing.NEW][1]))
        known = _known(work, records, rows)
        work.standings.widen()
        concerns, _ = list_concerns(work, ended=False, before=None, most=1)
    lines = tuple(_line(portal, permit, row, known) for row in rows)
    return Page(lines, number, pages, new, bool(concerns))


def view_signal(portal: Portal, caller: Caller, signal_id: UUID) -> SignalView:
    """Show a signal, and keep that this officer looked at it.

    Raises:
        NotFound: There is no such signal, or it isn't the caller's to see.

    """
    with portal.work(caller) as work:
        row, permit = _require(work, Action.VIEW_SIGNAL, signal_id)
        records, me = SignalRecords(work.session), _me(work)
        if not any(step.done_by == me for step in records.steps([row.id])):
            records.add(_step(work, row, Standing.SEEN))
        known = _known(work, records, [row])
    steps = tuple(_shown(portal, permit, step, known) for step in known.steps[row.id])
    return SignalView(_line(portal, permit, row, known), row.raised_at, steps)


def set_aside(portal: Portal, caller: Caller, signal_id: UUID, reason: str) -> None:
    """Set a signal aside: nothing more comes of it.

    Raises:
        NotFound: There is no such signal, or it isn't the caller's to see.
        Conflict: It was set aside before.

    """
    with portal.work(caller) as work:
        row, permit = _require(work, Action.SET_SIGNAL_ASIDE, signal_id)
        records = SignalRecords(work.session)
        if _standing(records.steps([row.id])) is Standing.SET_ASIDE:
            raise Conflict(ASIDE_ALREADY)
        step = _step(work, row, Standing.SET_ASIDE)
        step.reason = work.seal(permit, SIGNALS, Place("signal_step", "reason", step.id), reason)
        records.add(step)


def view_rules(portal: Portal, caller: Caller) -> dict[Rule, Limit]:
    """Tell by which rules, and from what numbers on, the portal gives signals.

    Raises:
        NotFound: The caller acts under no appointment.

    """
    with portal.work(caller) as work:
        work.require_on(Action.VIEW_SIGNAL_RULES, PortalFacts())
        rules = portal.settings.signal_rules
        return {rule: rules[rule] for rule in Rule}


def _require(work: Work, action: Action, signal_id: UUID) -> tuple[Signal, Permit]:
    row = SignalRecords(work.session).find(signal_id)
    facts = SignalFacts(SignalId(row.id), PersonId(row.person_id)) if row else Absent(SignalFacts)
    permit = work.require_on(action, facts, asked=signal_id)
    if row is None:
        raise NotFound
    return row, permit


def _me(work: Work) -> UUID:
    person = work.who.person_id
    if person is None:
        raise SignedOut
    return person


def _step(work: Work, row: Signal, standing: Standing) -> SignalStep:
    return SignalStep(id=uuid4(), signal_id=row.id, kind=standing.value, done_by=_me(work), at=work.now)


# --- what pages show


@dataclass(frozen=True, slots=True)
class _Known:
    people: dict[UUID, Person]
    appointments: dict[UUID, list[Appointment]]
    states: dict[UUID, str]
    steps: dict[UUID, list[SignalStep]]


def _known(work: Work, records: SignalRecords, rows: Sequence[Signal]) -> _Known:
    steps: dict[UUID, list[SignalStep]] = defaultdict(list)
    for step in records.steps([row.id for row in rows]):
        steps[step.signal_id].append(step)
    about = {row.person_id for row in rows}
    people = work.people.named(list(about | {step.done_by for some in steps.values() for step in some}))
    appointments: dict[UUID, list[Appointment]] = defaultdict(list)
    for held in work.people.appointments_of(list(about)):
        appointments[held.person_id].append(held)
    return _Known(people, appointments, records.states_of({row.review_id for row in rows if row.review_id}), steps)


def _line(portal: Portal, permit: Permit, row: Signal, known: _Known) -> Line:
    return Line(
        row.id,
        Rule(row.rule),
        _standing(known.steps[row.id]),
        name_of(portal, permit, known.people[row.person_id]),
        _offices(known.appointments[row.person_id], row.at),
        row.review_id,
        known.states.get(row.review_id) if row.review_id else None,
        row.at,
        row.count,
        Limit.of_minutes(row.threshold, row.window_minutes),
    )


def _standing(steps: Iterable[SignalStep]) -> Standing:
    kinds = {Standing(step.kind) for step in steps}
    return next((one for one in (Standing.SET_ASIDE, Standing.SEEN) if one in kinds), Standing.NEW)


def _offices(held: Sequence[Appointment], at: datetime) -> tuple[Office, ...]:
    begun = [one for one in held if one.starts_at <= at]
    over = {one.id: is_past(one.ends_at, at) or is_past(one.ended_at, at) for one in begun}
    running = [one for one in begun if not over[one.id]]
    return tuple(Office(Role(one.role), one.state_code, over[one.id]) for one in running or begun[-1:])


def _shown(portal: Portal, permit: Permit, step: SignalStep, known: _Known) -> Step:
    place = Place("signal_step", "reason", step.id)
    reason = portal.open_text(permit, SIGNALS, place, step.reason) if step.reason else ""
    return Step(Standing(step.kind), name_of(portal, permit, known.people[step.done_by]), step.at, reason)
