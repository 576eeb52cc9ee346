"""What somebody else could open: a person, now and once something planned is carried out, or the people of a State.

1. The same policies decide as when they ask themselves, on the same facts; each answer names those that decided.
2. Only what the asker may open counts: the reviews, rooms, documents and clarifications within their own sight, and
   grants whose pages they may open.
3. No content is opened and nobody's session is used; looking is an act with an event of its own.
4. (d) To an officer a person is whoever works on the officer's reviews: an appointment under which they work on none of
   these isn't shown. Nor is what holds them back while a breach is looked into: that learns who has a part in the case.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

from portal.access.actions import Action
from portal.access.actors import Principal
from portal.access.caller import Caller
from portal.access.entities import Absent, PersonFacts, StateFacts
from portal.access.lenses import ASSIGNABLE, Lens, Moment, lenses_of, lenses_of_state
from portal.access.principals import Who
from portal.domain.appointments import fits
from portal.domain.ids import PersonId, ReviewId, StateCode
from portal.domain.problems import Problem
from portal.domain.roles import STATE_ROLES, Role
from portal.domain.texts import N_
from portal.errors import NotFound
from portal.gate import Standings
from portal.usecases.grant_sights import GrantSight, granted_to_person, granted_to_state
from portal.usecases.people import name_of
from portal.usecases.sights import ReviewSight, Sight, compare, open_titles
from portal.usecases.standings import around, at_work, party_to, person_facts
from portal.work import Portal, Work
from storage.repositories.reviews import ReviewRecord
from storage.tables import Appointment, Person, Review, Room

_NO_ROLE: Final = Problem("role", N_("Choose one of the roles that this person could be appointed to."))
_NO_STATE_ROLE: Final = Problem("role", N_("Choose one of the roles listed, or none."))
_NO_REVIEW: Final = Problem("review", N_("Choose one of the reviews that you can open yourself."))
_NO_ROOM: Final = Problem("room", N_("This is none of the rooms that you can open yourself, so nothing is listed."))
_NOT_ASSIGNED: Final = Problem(
    "review",
    N_("Nobody is assigned to a review under the appointments held now. Choose the role too that is planned."),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is planned, or looked at more closely: a role, a review, and a room whose titles are to be listed."""

    role: Role | None = None
    review: UUID | None = None
    room: UUID | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """An appointment, or a kind of a State's people."""

    role: Role
    state: str | None
    moment: Moment


@dataclass(frozen=True, slots=True)
class ViewAs:
    """What somebody could open, as far as the asker sees it."""

    person: UUID | None
    name: str  # of the person
    state: str | None
    columns: tuple[Column, ...]
    reviews: tuple[ReviewSight, ...]
    grants: tuple[GrantSight, ...]  # to their State
    rules: tuple[tuple[str, ...], ...]  # the sentences behind each number
    roles: tuple[Role, ...]  # that may be planned, or chosen
    choices: tuple[tuple[UUID, str], ...]  # reviews, by State under review
    planned: bool
    plan: Plan  # what of it makes sense
    problems: tuple[Problem, ...] = ()  # each with its field as the code


@dataclass(slots=True)
class _Checked:
    """A plan, with what makes no sense taken out of it."""

    plan: Plan
    problems: list[Problem] = field(default_factory=list)

    def drop(self, problem: Problem, name: str) -> None:
        self.plan = replace(self.plan, **{name: None})
        self.problems.append(problem)


def view_person_as(portal: Portal, caller: Caller, person_id: PersonId, plan: Plan) -> ViewAs:
    """Show what a person could open.

    Raises:
        NotFound: There is no such person, or what they could open isn't the caller's to see.

    """
    with portal.work(caller) as work:
        person = work.people.find(person_id)
        held, focal_points = around(work, person)
        records = work.reviews.all()
        running = list(work.people.running_appointments(person_id, work.now))
        facts = person_facts(work, person, held, focal_points)
        works_on = at_work(work, running, records)
        if isinstance(facts, PersonFacts):
            facts = replace(facts, at_work=works_on)
        rooms, files, permit = work.require_across(
            Action.VIEW_AS, facts, Action.LIST_ROOM, Action.VIEW_REVIEW, asked=person_id
        )
        if person is None or isinstance(facts, Absent):
            raise NotFound
        roles = tuple(role for role in portal.settings.roles if fits(role, person.state_code))
        shown = running if work.who.state is not None else _known(work, running, records)
        checked = _checked(plan, roles, rooms, files, _NO_ROLE)
        if checked.plan.review and not checked.plan.role and not any(Role(one.role) in ASSIGNABLE for one in shown):
            checked.drop(_NOT_ASSIGNED, "review")
        lenses = _lenses(work, person, running, shown, checked.plan, files)
        sight = compare(work, records, rooms, files, lenses, checked.plan.room)
        grants = granted_to_person(work, person.state_code, person.id, lenses, sight)
        work.note(permit, **_said(checked.plan))
    name = name_of(portal, permit, person)
    page = _page(sight, open_titles(portal, permit, sight), lenses, files, checked)
    page = replace(page, grants=grants)
    planned = any(lens.moment is Moment.AFTER for lens in lenses)
    return replace(page, person=person.id, name=name, state=person.state_code, roles=roles, planned=planned)


def view_state_as(portal: Portal, caller: Caller, code: StateCode, plan: Plan) -> ViewAs:
    """Show what the people of a State could open, by their kinds.

    Raises:
        NotFound: There is no such State, or what its people could open isn't the caller's to see.

    """
    with portal.work(caller) as work:
        row = work.states.find(code)
        records = work.reviews.all()
        facts = StateFacts(StateCode(row.code), party_to(records, row.code)) if row else Absent(StateFacts)
        rooms, files, permit = work.require_across(Action.VIEW_AS, facts, Action.LIST_ROOM, Action.VIEW_REVIEW)
        if row is None:
            raise NotFound
        roles = (Role.FOCAL_POINT, Role.EXPERT, Role.OBSERVER)
        checked = _checked(plan, roles, rooms, files, _NO_STATE_ROLE)
        narrowed = [file for file in files if checked.plan.review in {None, file.id}]
        reviews = frozenset(ReviewId(file.id) for file in files)
        lenses = lenses_of_state(StateCode(row.code), checked.plan.role, reviews)
        sight = compare(work, records, rooms, narrowed, lenses, checked.plan.room)
        grants = granted_to_state(work, row.code)
        work.note(permit, **_said(checked.plan))
        state = row.code
    page = _page(sight, open_titles(portal, permit, sight), lenses, files, checked)
    return replace(page, state=state, roles=roles, grants=grants)


def _known(work: Work, running: Sequence[Appointment], records: Sequence[ReviewRecord]) -> list[Appointment]:
    """Narrow to appointments under which somebody works on a review within the asker's reach."""
    return [one for one in running if at_work(work, [one], records)]


def _lenses(
    work: Work,
    person: Person,
    running: Sequence[Appointment],
    shown: Sequence[Appointment],
    plan: Plan,
    files: Sequence[Review],
) -> list[Lens]:
    now = [_principal(work, person, running, one) for one in shown]
    planned = _to_be(work, person, running, plan.role) if plan.role else None
    review = ReviewId(plan.review) if plan.review else None
    return lenses_of(now, planned, review, frozenset(ReviewId(file.id) for file in files))


def _principal(work: Work, person: Person, running: Sequence[Appointment], one: Appointment) -> Principal:
    """Take somebody under one of their appointments, as the gate does when they ask themselves."""
    who = Who(person=person, appointment=one, held=tuple(running))
    actor = Standings(who, work.people, work.lookups, work.now).everywhere()
    assert isinstance(actor, Principal)  # noqa: S101  # it is a person's
    return actor if work.who.state else replace(actor, suspended=False, contained=frozenset(), stopped=frozenset())


def _to_be(work: Work, person: Person, running: Sequence[Appointment], role: Role) -> Principal:
    """Take somebody under an appointment that they don't have yet."""
    told = work.who.state is not None
    contained, stopped = work.people.held_back(person.id) if told else (frozenset(), frozenset())
    return Principal(
        PersonId(person.id),
        role,
        active=True,
        suspended=told and person.suspended_at is not None,
        state=StateCode(person.state_code) if person.state_code and role in STATE_ROLES else None,
        held=frozenset(Role(one.role) for one in running) | {role},
        undertaken=frozenset(map(ReviewId, work.people.undertaken(person.id))),
        contained=frozenset(map(ReviewId, contained)),
        stopped=frozenset(map(ReviewId, stopped)),
    )


def _checked(
    plan: Plan, roles: Sequence[Role], rooms: Sequence[Room], files: Sequence[Review], no_role: Problem
) -> _Checked:
    """Take out of a plan what the asker can't choose; what is out of their sight is as what isn't there."""
    checked = _Checked(plan)
    if plan.role is not None and plan.role not in roles:
        checked.drop(no_role, "role")
    if plan.review is not None and all(file.id != plan.review for file in files):
        checked.drop(_NO_REVIEW, "review")
    if plan.room is not None and all(room.id != plan.room for room in rooms):
        checked.drop(_NO_ROOM, "room")
    return checked


def _said(plan: Plan) -> dict[str, str]:
    """Tell the log what was planned."""
    named = {"role": plan.role, "review": plan.review, "room": plan.room}
    return {name: str(value) for name, value in named.items() if value is not None}


def _page(
    sight: Sight, titles: Mapping[UUID, str], lenses: Sequence[Lens], files: Sequence[Review], checked: _Checked
) -> ViewAs:
    return ViewAs(
        person=None,
        name="",
        state=None,
        columns=tuple(Column(lens.role, lens.principal.state, lens.moment) for lens in lenses),
        reviews=sight.told(titles),
        grants=(),
        rules=sight.rules(),
        roles=(),
        choices=tuple((file.id, file.state_code) for file in files),
        planned=False,
        plan=checked.plan,
        problems=tuple(checked.problems),
    )
