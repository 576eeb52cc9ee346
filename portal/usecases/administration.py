"""What the administrator sees: accounts, how the portal is, its settings. No contents, no titles, no details."""

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import PortalFacts
from portal.audit.kinds import KINDS
from portal.domain.appointments import Standing
from portal.domain.ids import StateCode
from portal.usecases.confirmations import Waiting, awaited, for_reader, told
from portal.usecases.directory import AccountState, Held, account_state, by_person, held
from portal.usecases.people import name_of
from portal.usecases.recipients import records_of
from portal.work import Portal
from storage.errors import StorageError
from storage.repositories.administration import AdministrationRecords
from storage.repositories.notices import Unsent

DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class AccountLine:
    """Somebody's account."""

    id: UUID
    name: str
    state: str | None
    account: AccountState
    appointments: tuple[Held, ...]


@dataclass(frozen=True, slots=True)
class AccountsPage:
    """Accounts, and the appointments that wait for the administrator's confirmation."""

    lines: tuple[AccountLine, ...]
    waiting: tuple[Waiting, ...]


@dataclass(frozen=True, slots=True)
class KindCount:
    """How often one kind of act is in the log: by day, oldest first, and altogether."""

    number: int
    action: str
    days: tuple[int, ...]
    total: int


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
    days: tuple[str, ...]
    kinds: tuple[KindCount, ...]
    mail_set_up: bool
    mail: Unsent


def list_accounts(portal: Portal, caller: Caller, state: StateCode | None = None) -> AccountsPage:
    """List the accounts of a State's people, or of those of no State.

    Raises:
        NotFound: Accounts aren't the caller's to see.
    """
    with portal.work(caller) as work:
        permit = work.require_on(Action.VIEW_ACCOUNTS, PortalFacts())
        people = work.people.of_state(state)
        ids = [person.id for person in people]
        rows, enrolled, now = work.people.appointments_of(ids), work.identity.enrolled(ids), work.now
        appointments, pending, waiting = by_person(rows), awaited(work, rows), for_reader(work)
    lines = [
        AccountLine(
            person.id,
            name_of(portal, permit, person),
            person.state_code,
            account_state(person, enrolled=person.id in enrolled),
            tuple(
                one
                for one in (held(row, now, pending.get(row.id)) for row in appointments.get(person.id, ()))
                if one.standing is not Standing.ENDED
            ),
        )
        for person in people
    ]
    ordered = sorted(lines, key=lambda line: line.name.casefold())
    return AccountsPage(tuple(ordered), told(portal, permit, waiting))


def view_health(portal: Portal, caller: Caller) -> Health:
    """Show how database, objects, keys and log are.

    Raises:
        NotFound: The portal's health isn't the caller's to see.
    """
    with portal.work(caller) as work:
        work.require_on(Action.VIEW_HEALTH, PortalFacts())
        records = AdministrationRecords(work.session)
        today = work.now.date()
        counted = records.events_by_day(work.now - timedelta(days=DAYS))
        objects, objects_bytes = records.objects()
        numbers, events = records.sequence()
        key_versions = records.keys()
        mail = records_of(work).waiting(work.now)
    days = tuple((today - timedelta(days=ago)).isoformat() for ago in reversed(range(DAYS)))
    return Health(
        portal.database.path.stat().st_size,
        shutil.disk_usage(portal.settings.data).free,
        portal.settings.objects,
        _answers(portal.objects.check),
        objects,
        objects_bytes,
        _answers(lambda: portal.keyring.provider.current),
        key_versions,
        numbers,
        events,
        days,
        _kinds(days, [(str(day), kind, count) for day, kind, count in counted]),
        bool(portal.settings.smtp_host),
        mail,
    )


def view_settings(portal: Portal, caller: Caller) -> dict[str, str]:
    """Show the effective settings, without secrets.

    Raises:
        NotFound: The settings aren't the caller's to see.
    """
    with portal.work(caller) as work:
        work.require_on(Action.VIEW_HEALTH, PortalFacts())
    return portal.settings.shown()


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
