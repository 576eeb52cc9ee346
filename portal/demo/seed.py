"""Sets the invented world up as people would: each act is done by whoever may do it, through the portal's own acts.

Only two things are done by no person, as in every new portal: the lists of States are imported, and the first
administrator is entered. Everybody else is appointed by somebody who came in by a link of their own.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID, uuid4

from portal.access.caller import Caller
from portal.demo.cast import (
    AURELIA,
    CYCLE,
    ILE_DES_SONGES,
    LUNOSLAVIA,
    PEOPLE,
    QAMARIA,
    REVIEWS,
    SABAHIA,
    STATE_NAMES,
    STATES,
    YUNHAI,
    CastPerson,
    memberships,
)
from portal.demo.client import Visitor
from portal.domain.ids import AppointmentId, PersonId, ReviewId, StateCode
from portal.domain.reviews import RoomKind
from portal.domain.roles import Role
from portal.usecases.appointments import Newcomer, appoint_newcomer, confirm_appointment
from portal.usecases.assignments import assign_officer, assign_person
from portal.usecases.bases import Terms
from portal.usecases.cycles import open_cycle
from portal.usecases.installation import make_first_administrator
from portal.usecases.invitations import IssuedLink, confirm_link
from portal.usecases.people import mail_index
from portal.usecases.persons import view_person
from portal.usecases.register import Proposal, open_review
from portal.usecases.states import IMPORTER, import_states
from portal.work import Portal
from storage import permits
from storage.repositories.people import PeopleRecords
from storage.repositories.reviews import Reach, ReviewRecords

# a second focal point for every State and a second administrator: nobody makes a sign-in link for themselves
DEPUTIES: Final = (
    CastPerson("second-administrator", "Ingrid Solbakken-Roy", "ingrid@secretariat.example", Role.ADMINISTRATOR),
    CastPerson("deputy-qamaria", "كريم الهلالي", "karim@justice.qamaria.example", Role.FOCAL_POINT, QAMARIA),
    CastPerson("deputy-yunhai", "周晴", "zhou.qing@justice.yunhai.example", Role.FOCAL_POINT, YUNHAI),
    CastPerson("deputy-lunoslavia", "Игорь Полночев", "igor@justice.lunoslavia.example", Role.FOCAL_POINT, LUNOSLAVIA),
    CastPerson("deputy-sabahia", "سلمى الضحى", "salma@justice.sabahia.example", Role.FOCAL_POINT, SABAHIA),
    CastPerson("deputy-songes", "Blanche Rêvelune", "blanche@justice.songes.example", Role.FOCAL_POINT, ILE_DES_SONGES),
    CastPerson("deputy-aurelia", "Nils Abendroth", "nils@justice.aurelia.example", Role.FOCAL_POINT, AURELIA),
)
# an expert on the list of a State that reviews, whom nobody has assigned to a review
ROSTER: Final = CastPerson("roster-yunhai", "许星", "xu.xing@justice.yunhai.example", Role.EXPERT, YUNHAI)
EVERYBODY: Final = (*PEOPLE, ROSTER, *DEPUTIES)


@dataclass(slots=True)
class Player:
    """Somebody of the cast: their browser, the link that they were given, who they are in the records."""

    cast: CastPerson
    visitor: Visitor
    id: PersonId = field(default_factory=lambda: PersonId(UUID(int=0)))
    appointment: AppointmentId = field(default_factory=lambda: AppointmentId(UUID(int=0)))
    link: str = ""
    second: str = ""  # the second part of the link, where it takes one
    entered: bool = False
    tokens: dict[str, str] = field(default_factory=dict)  # of forms, by the session that they belong to

    @property
    def name(self) -> str:
        """Give the name."""
        return self.cast.name


@dataclass(slots=True)
class Stage:
    """The portal with the cast: what the seed made and the journey goes on with."""

    portal: Portal
    port: int
    passphrase: str
    players: dict[str, Player]
    reviews: dict[str, ReviewId] = field(default_factory=dict)
    rooms: dict[tuple[str, RoomKind, StateCode | None], UUID] = field(default_factory=dict)

    @contextmanager
    def acting(self, key: str) -> Iterator[Caller]:
        """Act as somebody who is signed in, with the session that their browser has."""
        token = self.players[key].visitor.token()
        with permits.request(uuid4()):
            yield Caller(token=self.portal.keyring.blind("token", token.encode()), address="127.0.0.1", client="demo")

    def room(self, review: str, kind: RoomKind, state: StateCode | None = None) -> UUID:
        """Give the id of a room."""
        return self.rooms[review, kind, state]


def new_stage(portal: Portal, port: int, passphrase: str) -> Stage:
    """Give everybody of the cast a browser."""
    return Stage(portal, port, passphrase, {cast.key: Player(cast, Visitor(port)) for cast in EVERYBODY})


def set_up(stage: Stage) -> None:
    """Make States, cycle, reviews, people, appointments and assignments."""
    _import(stage.portal)
    first = stage.players["administrator"]
    with permits.request(uuid4()):
        first.link = make_first_administrator(stage.portal, first.cast.name, first.cast.mail).address
    enter(stage, "administrator")
    with stage.portal.database.read() as session:
        entered = PeopleRecords(session).by_mail(mail_index(stage.portal, first.cast.mail))
        first.id = PersonId(entered.id) if entered else first.id
    _appoint(stage, "administrator", ("registrar",))  # at once: nobody else is there who could confirm it
    enter(stage, "registrar")
    _appoint(stage, "administrator", ("second-administrator",), "registrar")
    _open_reviews(stage)
    first_ones = [cast.key for cast in PEOPLE if cast.role is Role.FOCAL_POINT]
    _appoint(stage, "registrar", _keys_of(Role.TRANSLATOR), "administrator")
    _appoint(stage, "registrar", [*_keys_of(Role.OFFICER), *first_ones], "administrator")
    _assign_officers(stage)
    for state in sorted({cast.state for cast in EVERYBODY if cast.state is not None}):
        _appoint_of_state(stage, state)


def enter(stage: Stage, key: str) -> None:
    """Open somebody's sign-in link in their browser and choose the passphrase.

    Raises:
        LookupError: The link leads nowhere.

    """
    player = stage.players[key]
    path = player.link.removeprefix(player.visitor.origin)
    said = {"mail": player.cast.mail, "passphrase": stage.passphrase, "again": stage.passphrase}
    said |= {"second": player.second} if player.second else {}
    answer = player.visitor.send(path, lambda form: "passphrase" in form.fields, **said)
    if answer.status != 303:  # noqa: PLR2004 - led on: signed in
        raise LookupError(f"the sign-in link of {player.name} didn't work (status {answer.status})")
    player.entered = True


def sign_in(stage: Stage, key: str) -> None:
    """Sign somebody in again, in their browser, with the passphrase.

    Raises:
        LookupError: They were not let in.

    """
    player = stage.players[key]
    said = {"mail": player.cast.mail, "passphrase": stage.passphrase}
    answer = player.visitor.send("/sign-in", lambda form: "passphrase" in form.fields, **said)
    if answer.status != 303:  # noqa: PLR2004 - likewise
        raise LookupError(f"{player.name} could not sign in again (status {answer.status})")


def _import(portal: Portal) -> None:
    states = [(state.code, state.name, state.group or "") for state in STATES]
    names = [(name.code, name.language, name.name) for name in STATE_NAMES]
    parts = [(m.code, m.instrument, m.status, m.since.isoformat(), m.source) for m in memberships()]
    for header, rows in (
        ("code,name,group", states),
        ("code,language,name", names),
        ("code,instrument,status,date,source", parts),
    ):
        import_states(portal, IMPORTER, _table(header, rows))


def _table(header: str, rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header.split(","), *rows])
    return text.getvalue().encode()


def _open_reviews(stage: Stage) -> None:
    with stage.acting("registrar") as registrar:
        cycle = open_cycle(stage.portal, registrar, CYCLE)
        for review in REVIEWS:
            proposal = Proposal(cycle, review.parties, review.languages)
            stage.reviews[review.key] = open_review(stage.portal, registrar, proposal)
    with stage.portal.database.read() as session:
        records = ReviewRecords(session, Reach(None, everything=True))
        for key, review_id in stage.reviews.items():
            record = records.known(review_id)
            for room in record.rooms if record else ():
                state = StateCode(room.state_code) if room.state_code else None
                stage.rooms[key, RoomKind(room.kind), state] = room.id


def _appoint(stage: Stage, by: str, keys: Sequence[str], confirmed_by: str | None = None) -> None:
    """Let somebody appoint, and somebody else confirm appointment and link where they take two."""
    links: dict[str, IssuedLink] = {}
    with stage.acting(by) as caller:
        for key in keys:
            player = stage.players[key]
            cast = player.cast
            newcomer = Newcomer(cast.name, cast.mail, "en", cast.state)
            terms = Terms(cast.basis)
            player.id, links[key] = appoint_newcomer(stage.portal, caller, newcomer, cast.role, terms)
            player.link = links[key].address
            held = view_person(stage.portal, caller, player.id).appointments
            player.appointment = AppointmentId(held[0].id)
    if confirmed_by is not None:
        with stage.acting(confirmed_by) as caller:
            for key, link in links.items():
                player = stage.players[key]
                if player.cast.role is not Role.TRANSLATOR:
                    confirm_appointment(stage.portal, caller, player.id, player.appointment)
                player.second = confirm_link(stage.portal, caller, link.invitation)


def _assign_officers(stage: Stage) -> None:
    with stage.acting("registrar") as registrar:
        for key in _keys_of(Role.OFFICER):
            player = stage.players[key]
            for review in player.cast.reviews:
                terms = Terms(player.cast.basis)
                assign_officer(stage.portal, registrar, stage.reviews[review], player.appointment, terms)


def _appoint_of_state(stage: Stage, state: StateCode) -> None:
    """Let a State's focal point confirm its deputy, appoint experts and observers, and assign them."""
    focal = next(cast.key for cast in PEOPLE if cast.state == state and cast.role is Role.FOCAL_POINT)
    enter(stage, focal)
    deputies = [cast.key for cast in DEPUTIES if cast.state == state]
    _appoint(stage, "registrar", deputies, focal)
    own = [cast for cast in EVERYBODY if cast.state == state and cast.role in {Role.EXPERT, Role.OBSERVER}]
    _appoint(stage, focal, [cast.key for cast in own])
    with stage.acting(focal) as caller:
        for cast in own:
            player = stage.players[cast.key]
            for review in cast.reviews:
                terms = Terms(cast.basis)
                assign_person(stage.portal, caller, player.id, player.appointment, stage.reviews[review], terms)


def _keys_of(*roles: Role) -> list[str]:
    return [cast.key for cast in EVERYBODY if cast.role in roles]
