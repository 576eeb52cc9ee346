"""What the administrator sees: accounts, how the portal is, its settings. No contents, no titles, no details."""

import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import PortalFacts
from portal.audit.events import Phase
from portal.audit.kinds import KINDS
from portal.domain.appointments import Standing
from portal.domain.ids import StateCode
from portal.domain.roles import Role
from portal.usecases.account_notices import records_of_accounts
from portal.usecases.confirmations import Waiting, awaited, for_reader, told
from portal.usecases.directory import AccountState, Held, account_state, by_person, held
from portal.usecases.people import name_of
from portal.usecases.recipients import records_of
from portal.work import Portal, Work
from storage.errors import StorageError
from storage.repositories.accounts import Asked
from storage.repositories.administration import AdministrationRecords
from storage.repositories.notices import Unsent
from storage.repositories.tree import TreeRecords
from storage.tables import Appointment, Person

DAYS: Final = 7
PAGE: Final = 50  # of everybody's accounts


class LinkStanding(StrEnum):
    """How the newest link stands of somebody who hasn't used it."""

    OPEN = "open"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Filter:
    """Whose accounts are looked for; empty words ask for all."""

    state: StateCode | None = None
    everybody: bool = False  # of every State and of none
    account: str = ""  # an AccountState
    link: str = ""  # a LinkStanding


@dataclass(frozen=True, slots=True)
class MadeAtMachine:
    """An administrator whom no person appointed: at the set-up, or by the command line."""

    id: UUID
    name: str
    at: datetime
    ended: datetime | None


@dataclass(frozen=True, slots=True)
class AccountLine:
    """Somebody's account."""

    id: UUID
    name: str
    state: str | None
    account: AccountState
    appointments: tuple[Held, ...]
    last: date | None  # on which they last signed in; the time is nobody's
    link: LinkStanding | None


@dataclass(frozen=True, slots=True)
class AccountsPage:
    """Accounts, and the appointments that wait for the administrator's confirmation."""

    lines: tuple[AccountLine, ...]
    number: int  # of this part of them
    pages: int
    waiting: tuple[Waiting, ...]
    made: tuple[MadeAtMachine, ...]


@dataclass(frozen=True, slots=True)
class KindCount:
    """How often one kind of act is in the log: by day, oldest first, and altogether."""

    number: int
    action: str
    days: tuple[int, ...]
    total: int


STANDS: Final = timedelta(minutes=1)  # an event comes into the tree within a second


@dataclass(frozen=True, slots=True)
class Health:
    """How the portal is."""

    database_bytes: int
    free_bytes: int
    objects_kind: str
    objects_answer: bool
    objects: int
    objects_bytes: int
    keys_answer: bool
    key_versions: int
    numbers: int
    events: int
    sessions: int  # that live
    invitations: int  # that are open
    signed_in: tuple[int, ...]  # by day
    refused: tuple[int, ...]  # by day; of a flood one entry counts for all
    days: tuple[str, ...]
    kinds: tuple[KindCount, ...]
    mail_set_up: bool
    mail: Unsent
    tree_size: int  # entries of the log's tree
    signed_at: datetime | None  # of its newest checkpoint
    tree_stands: bool  # an event waits for it longer than it should


def list_accounts(portal: Portal, caller: Caller, wanted: Filter = Filter(), page: int = 1) -> AccountsPage:  # frozen
    """List the accounts of a State's people, of those of no State, or of everybody: these State by State, in parts.

    Raises:
        NotFound: Accounts aren't the caller's to see.
    """
    with portal.work(caller) as work:
        permit = work.require_on(Action.VIEW_ACCOUNTS, PortalFacts())
        found = _find(work, wanted, page)
        ids = [person.id for person in found.people]
        rows, now = work.people.appointments_of(ids), work.now
        appointments, pending, waiting = by_person(rows), awaited(work, rows), for_reader(work)
        made = _made(work)
    lines = [
        AccountLine(
            person.id,
            name_of(portal, permit, person),
            person.state_code,
            found.accounts[person.id],
            tuple(
                one
                for one in (held(row, now, pending.get(row.id)) for row in appointments.get(person.id, ()))
                if one.standing is not Standing.ENDED
            ),
            found.last.get(person.id),
            found.links.get(person.id),
        )
        for person in found.people
    ]
    ordered = sorted(lines, key=lambda line: (line.state or "", line.name.casefold()))
    return AccountsPage(
        tuple(ordered),
        found.number,
        found.pages,
        told(portal, permit, waiting),
        tuple(
            MadeAtMachine(person.id, name_of(portal, permit, person), row.created_at, row.ended_at)
            for row, person in made
        ),
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """People as the records have them, with where their accounts stand."""

    people: Sequence[Person]
    number: int
    pages: int
    accounts: dict[UUID, AccountState]
    last: dict[UUID, date]
    links: dict[UUID, LinkStanding]


def _find(work: Work, wanted: Filter, page: int) -> _Found:
    records, asked = records_of_accounts(work), _asked(wanted)
    if asked is None:
        return _Found((), 1, 1, {}, {}, {})
    pages = max(1, -(-records.count(asked, work.now) // PAGE)) if wanted.everybody else 1
    number = min(page, pages)
    part = ((number - 1) * PAGE, PAGE) if wanted.everybody else ()
    people = records.those(asked, work.now, *part)
    ids = [person.id for person in people]
    enrolled = work.identity.enrolled(ids)
    return _Found(
        people,
        number,
        pages,
        {one.id: account_state(one, enrolled=one.id in enrolled) for one in people},
        {person: at.date() for person, at in records.last_sign_ins(ids).items()},
        {
            person: LinkStanding.OPEN if ends > work.now else LinkStanding.EXPIRED
            for person, ends in records.unused_links(ids).items()
        },
    )


_ACCOUNTS: Final = {  # suspended, enrolled
    "": (None, None),
    AccountState.INVITED: (False, False),
    AccountState.ACTIVE: (False, True),
    AccountState.SUSPENDED: (True, None),
}
_LINKS: Final = {"": None, LinkStanding.OPEN: True, LinkStanding.EXPIRED: False}


def _asked(wanted: Filter) -> Asked | None:
    """Ask the records for what is wanted; None: no account is as it says."""
    if wanted.account not in _ACCOUNTS or wanted.link not in _LINKS:
        return None
    return Asked(wanted.state, wanted.everybody, *_ACCOUNTS[wanted.account], _LINKS[wanted.link])


def _made(work: Work) -> list[tuple[Appointment, Person]]:
    rows = records_of_accounts(work).made_by_nobody(Role.ADMINISTRATOR.value)
    people = work.people.named([row.person_id for row in rows])
    return [(row, people[row.person_id]) for row in rows if row.person_id in people]


def view_health(portal: Portal, caller: Caller) -> Health:
    """Show how database, objects, keys and log are.

    Raises:
        NotFound: The portal's health isn't the caller's to see.
    """
    with portal.work(caller) as work:
        work.require_on(Action.VIEW_HEALTH, PortalFacts())
        records = AdministrationRecords(work.session)
        today = work.now.date()
        days = tuple((today - timedelta(days=ago)).isoformat() for ago in reversed(range(DAYS)))
        tree = TreeRecords(work.session)
        counted = tree.days(days[0])
        grown = portal.tally.of(work.now, records.grown)
        numbers = records.numbers()
        mail = _together(records_of(work).waiting(work.now), records_of_accounts(work).waiting(work.now))
        accounts = records_of_accounts(work)
        sessions = accounts.count_sessions(work.now, work.now - portal.settings.session_idle)
        invitations = accounts.open_links(work.now)
        head, oldest = tree.head(), tree.waiting_since()
        events = (head.size if head else 0) + tree.count_waiting()
    tried = {(day, phase): count for day, kind, phase, count in counted if kind == KINDS[Action.SIGN_IN]}
    return Health(
        portal.database.size(),
        shutil.disk_usage(portal.settings.data).free,
        portal.settings.objects,
        _answers(portal.objects.check),
        grown["objects"],
        grown["bytes"],
        _answers(lambda: portal.keyring.provider.current),
        grown["keys"],
        numbers,
        events,
        sessions,
        invitations,
        tuple(tried.get((day, Phase.ACT.value), 0) for day in days),
        tuple(tried.get((day, Phase.REFUSAL.value), 0) for day in days),
        days,
        _kinds(days, [(day, kind, count) for day, kind, _, count in counted]),
        bool(portal.settings.smtp_host),
        mail,
        head.size if head else 0,
        head.at if head else None,
        tree_stands=oldest is not None and oldest < work.now - STANDS,
    )


def view_settings(portal: Portal, caller: Caller) -> dict[str, str]:
    """Show the effective settings, without secrets.

    Raises:
        NotFound: The settings aren't the caller's to see.
    """
    with portal.work(caller) as work:
        work.require_on(Action.VIEW_HEALTH, PortalFacts())
    return portal.settings.shown()


def _together(one: Unsent, other: Unsent) -> Unsent:
    """Count what waits for the mail, of reviews and of accounts."""
    since = min((at for at in (one.since, other.since) if at is not None), default=None)
    return Unsent(one.notices + other.notices, since, one.failure or other.failure)


def _kinds(days: tuple[str, ...], counted: list[tuple[str, int, int]]) -> tuple[KindCount, ...]:
    names = {number: action.value for action, number in KINDS.items()}
    counts = Counter[tuple[int, str]]()
    for day, kind, count in counted:
        counts[kind, day] += count
    kinds = sorted({kind for kind, _ in counts})
    return tuple(
        KindCount(
            kind,
            names.get(kind, str(kind)),
            tuple(counts[kind, day] for day in days),
            sum(counts[kind, day] for day in days),
        )
        for kind in kinds
    )


def _answers(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except StorageError:
        return False
    return True
