"""One cast for all tests, and a small portal in which it works: two reviews that look alike but for their parties.

States: XAA under review by XBB and XCC; XDD under review by XBB and XEE; XFF takes part in neither.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.actors import Machine
from portal.access.caller import Caller
from portal.access.entities import PortalFacts
from portal.domain.reviews import RoomKind
from portal.domain.roles import STATE_ROLES, Role
from portal.usecases.people import new_person
from portal.work import Portal, Work
from storage import permits
from storage.fields import Place
from storage.permits import DEVICES, REGISTRY, Permit
from storage.tables import (
    Appointment,
    Assignment,
    Cycle,
    PortalSession,
    Review,
    ReviewParty,
    Room,
    State,
    StateName,
    Undertaking,
)

STATES = {
    "XAA": "Arandia",
    "XBB": "Belmora",
    "XCC": "Corvane",
    "XDD": "Dastan Isles",
    "XEE": "Elyria",
    "XFF": "Fenmark",
}
INIT = Caller(machine=Machine.INIT)


class Clock:
    """A clock that stands still until it is set forward."""

    def __init__(self) -> None:
        self.now = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, by: timedelta) -> None:
        self.now += by


@dataclass
class Member:
    """Somebody of the cast: person, appointment, and a session to act with."""

    person: UUID
    appointment: UUID
    caller: Caller
    token: str  # the session cookie's value


@dataclass
class File:
    """A review file of the cast."""

    review: UUID
    rooms: dict[str, UUID]


@dataclass
class World:
    """A portal with its cast."""

    portal: Portal
    clock: Clock
    members: dict[str, Member] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)

    def caller(self, name: str) -> Caller:
        return self.members[name].caller

    @contextmanager
    def request(self) -> Iterator[None]:
        """Act within one request, as the web does."""
        with permits.request(uuid4()):
            yield


@contextmanager
def setting_up(portal: Portal) -> Iterator[tuple[Work, Permit]]:
    """Write records as the portal's own set-up does."""
    with permits.request(uuid4()), portal.work(INIT) as work:
        yield work, work.require_on(Action.INITIALIZE, PortalFacts())


def add_member(
    world: World,
    name: str,
    role: Role,
    state: str | None = None,
    reviews: tuple[str, ...] = (),
    undertaken: tuple[str, ...] | None = None,
    ends_at: datetime | None = None,
    starts_at: datetime | None = None,
) -> Member:
    """Add somebody: appointed, assigned to reviews, with the undertaking given, signed in."""
    portal, token = world.portal, uuid4().hex
    with setting_up(portal) as (work, permit):
        home = state if role in STATE_ROLES else None
        person = new_person(work, permit, f"{name.title()} Example", f"{name}@example.org", home, "en")
        appointment_id = uuid4()
        appointment = Appointment(
            id=appointment_id,
            person_id=person.id,
            role=role.value,
            state_code=home,
            basis=work.seal(permit, REGISTRY, Place("appointment", "basis", appointment_id), "{}"),
            starts_at=starts_at or work.now - timedelta(days=30),
            ends_at=ends_at,
            created_at=work.now,
        )
        work.people.add(appointment)
        for review in reviews:
            assignment_id = uuid4()
            work.people.add(
                Assignment(
                    id=assignment_id,
                    review_id=world.files[review].review,
                    appointment_id=appointment.id,
                    person_id=person.id,
                    basis=work.seal(permit, REGISTRY, Place("assignment", "basis", assignment_id), "{}"),
                    starts_at=work.now - timedelta(days=20),
                    created_at=work.now,
                )
            )
        for review in reviews if undertaken is None else undertaken:
            work.people.add(
                Undertaking(
                    id=uuid4(),
                    review_id=world.files[review].review,
                    person_id=person.id,
                    wording="1",
                    accepted_at=work.now,
                )
            )
        session_id = uuid4()
        work.identity.add(
            PortalSession(
                id=session_id,
                person_id=person.id,
                token_hash=portal.keyring.blind("token", token.encode()),
                appointment_id=None if appointment.starts_at > work.now else appointment.id,
                created_at=work.now,
                seen_at=work.now,
                ends_at=work.now + timedelta(days=365),
                proof="passkey",
                proven_at=work.now,
                device=work.seal(permit, DEVICES, Place("session", "device", session_id), "Firefox, Linux"),
            )
        )
    caller = Caller(token=portal.keyring.blind("token", token.encode()), address="192.0.2.1", client="test")
    world.members[name] = Member(person.id, appointment.id, caller, token)
    return world.members[name]


def add_file(world: World, name: str, under_review: str, reviewing: tuple[str, str], cycle: UUID) -> File:
    """Add a review file with its rooms and streams."""
    with setting_up(world.portal) as (work, _):
        review = Review(
            id=uuid4(),
            cycle_id=cycle,
            state_code=under_review,
            stage="desk_review",
            languages="en",
            opened_at=work.now,
        )
        work.reviews.add(review)
        work.audit.add_stream(review.id, "review", review=review.id)
        for state in (under_review, *reviewing):
            part = "under_review" if state == under_review else "reviewing"
            work.reviews.add(ReviewParty(id=uuid4(), review_id=review.id, state_code=state, part=part, since=work.now))
        kinds = [(kind.value, None) for kind in RoomKind if kind is not RoomKind.NATIONAL]
        rooms = {}
        for kind, state in [*kinds, *(("national", state) for state in (under_review, *reviewing))]:
            room = Room(id=uuid4(), review_id=review.id, kind=kind, state_code=state)
            work.reviews.add(room)
            work.audit.add_stream(room.id, "room", review=review.id, room=room.id)
            rooms[f"national {state}" if state else kind] = room.id
    world.files[name] = File(review.id, rooms)
    return world.files[name]


def build_world(portal: Portal, clock: Clock) -> World:
    """Build the whole cast in a new portal."""
    world = World(portal, clock)
    with setting_up(portal) as (work, _):
        for code, name in STATES.items():
            work.states.save(State(code=code, region="western_europe", fictional=True))
            work.states.save(StateName(state_code=code, language="en", name=name))
        cycle = Cycle(
            id=uuid4(), name="First cycle", starts_on=date(2026, 1, 1), ends_on=date(2027, 12, 31), created_at=work.now
        )
        work.reviews.add(cycle)
    add_file(world, "xaa", "XAA", ("XBB", "XCC"), cycle.id)
    add_file(world, "xdd", "XDD", ("XBB", "XEE"), cycle.id)
    both = ("xaa", "xdd")
    add_member(world, "focal_xaa", Role.FOCAL_POINT, "XAA", undertaken=("xaa",))
    add_member(world, "expert_xaa", Role.EXPERT, "XAA", ("xaa",))
    add_member(world, "focal_xbb", Role.FOCAL_POINT, "XBB", undertaken=both)
    add_member(world, "expert_xbb", Role.EXPERT, "XBB", ("xaa",))
    add_member(world, "expert_xbb_other", Role.EXPERT, "XBB", ("xdd",))
    add_member(world, "focal_xcc", Role.FOCAL_POINT, "XCC", undertaken=("xaa",))
    add_member(world, "expert_xcc", Role.EXPERT, "XCC", ("xaa",))
    add_member(world, "observer_xcc", Role.OBSERVER, "XCC", ("xaa",))
    add_member(world, "roster_xcc", Role.EXPERT, "XCC")
    add_member(world, "focal_xdd", Role.FOCAL_POINT, "XDD", undertaken=("xdd",))
    add_member(world, "stranger_xff", Role.EXPERT, "XFF")
    add_member(world, "focal_xff", Role.FOCAL_POINT, "XFF")
    add_member(world, "officer", Role.OFFICER, reviews=("xaa",))
    add_member(world, "officer_other", Role.OFFICER, reviews=("xdd",))
    add_member(world, "registrar", Role.REGISTRAR)
    add_member(world, "administrator", Role.ADMINISTRATOR)
    add_member(world, "translator", Role.TRANSLATOR)
    add_member(world, "oversight", Role.OVERSIGHT)
    add_member(world, "confidentiality", Role.CONFIDENTIALITY_OFFICER)
    add_member(world, "confidentiality_other", Role.CONFIDENTIALITY_OFFICER)
    return world
