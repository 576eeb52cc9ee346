"""States: the list, its editing, and imports of States, of their names and of who takes part in which instrument.

An import is taken as a whole or not at all. A list of States adds and renames, and removes nothing. A list of who
takes part in an instrument replaces what was known of that instrument: whoever isn't in it takes no part.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

from portal.access.actions import Action
from portal.access.actors import Machine
from portal.access.caller import Caller
from portal.access.entities import Absent, PortalFacts, StateFacts
from portal.domain import states as rules
from portal.domain.ids import StateCode
from portal.domain.instruments import Instrument, Participation
from portal.domain.names import one_line
from portal.domain.problems import Problem, RefusedError
from portal.domain.states import Membership, RegionalGroup
from portal.domain.texts import N_
from portal.errors import NotFound
from portal.work import Portal, Work
from storage import permits
from storage.permits import Permit
from storage.tables import State, StateInstrument, StateName

IMPORTER: Final = Caller(machine=Machine.IMPORTER)
Rows = tuple[rules.State, ...] | tuple[rules.StateName, ...] | tuple[Membership, ...]
# the first line tells which list it is
_COLUMNS: Final[Mapping[str, Callable[[bytes], Rows]]] = {
    "code,name,group": rules.parse_states,
    "code,language,name": rules.parse_names,
    "code,instrument,status,date,source": rules.parse_memberships,
}
FIRST_LINES: Final = tuple(_COLUMNS)  # of the three lists: States, further names, who takes part in what


@dataclass(frozen=True, slots=True)
class StateLine:
    """A State in the list, by its name in the reader's language."""

    code: StateCode
    name: str
    group: RegionalGroup | None
    fictional: bool
    instruments: tuple[tuple[Instrument, Participation], ...]


@dataclass(frozen=True, slots=True)
class StateEntry:
    """One State with all that the registry knows of it."""

    code: StateCode
    name: str
    group: RegionalGroup | None
    names: Mapping[str, str]
    memberships: tuple[Membership, ...]


def list_states(portal: Portal, caller: Caller) -> list[StateLine]:
    """List all States in the order of their names.

    Raises:
        NotFound: The list isn't the caller's to see.
    """
    with portal.work(caller) as work:
        work.require_on(Action.LIST_STATES, PortalFacts())
        states, names = work.states.all(), work.states.names(language_of(work))
        memberships = work.states.instruments()
    parts: dict[str, list[tuple[Instrument, Participation]]] = {}
    for row in sorted(memberships, key=lambda row: list(Instrument).index(Instrument(row.instrument))):
        parts.setdefault(row.state_code, []).append((Instrument(row.instrument), Participation(row.status)))
    lines = [
        StateLine(
            StateCode(state.code),
            names.get(state.code, state.code),
            group_of(state.region),
            state.fictional,
            tuple(parts.get(state.code, ())),
        )
        for state in states
    ]
    return sorted(lines, key=lambda line: line.name.casefold())


def view_state(portal: Portal, caller: Caller, code: str) -> StateEntry:
    """Show one State, to be edited.

    Raises:
        NotFound: There is no such State, or it isn't the caller's to see.
    """
    with portal.work(caller) as work:
        row = work.states.find(code)
        work.require_on(Action.LIST_STATES, _facts(row))
        if row is None:
            raise NotFound
        names = {name.language: name.name for name in work.states.all_names(code)}
        memberships = work.states.instruments([code])
        language = language_of(work)
    return StateEntry(
        StateCode(code),
        names.get(language) or names.get("en", code),
        group_of(row.region),
        names,
        tuple(
            Membership(StateCode(code), Instrument(m.instrument), Participation(m.status), m.since, m.source)
            for m in sorted(memberships, key=lambda m: list(Instrument).index(Instrument(m.instrument)))
        ),
    )


def edit_state(
    portal: Portal, caller: Caller, code: str, group: RegionalGroup | None, names: Mapping[str, str]
) -> None:
    """Set a State's regional group and its names by language; an empty name in a further language is taken away.

    Raises:
        NotFound: There is no such State, or it isn't the caller's to see.
        RefusedError: A name isn't one, or the English one is missing.
    """
    kept = {language: one_line(name) for language, name in names.items() if name or language == "en"}
    with portal.work(caller) as work:
        row = work.states.find(code)
        permit = work.require_on(Action.EDIT_STATE, _facts(row))
        if row is None:
            raise NotFound
        row.region = group
        work.states.save(row)
        for language in names:
            if language in kept:
                work.states.save(StateName(state_code=code, language=language, name=kept[language]))
            else:
                work.states.forget_name(code, language)
        work.note(permit, group=group, names=kept)
    portal.forget_state_names()


def import_list(portal: Portal, caller: Caller, data: bytes) -> int:
    """Import a list of any of the three kinds, told by its first line; gives the number of its lines.

    Raises:
        NotFound: Importing isn't the caller's.
        RefusedError: The list is refused as a whole, with a sentence for each wrong line.
    """
    rows = _parsed(data)
    with portal.work(caller) as work:
        permit = work.require_on(Action.IMPORT_STATES, PortalFacts())
        _write(work, permit, rows)
    portal.forget_state_names()
    return len(rows)


def import_shipped(portal: Portal, caller: Caller) -> int:
    """Import the list of States that comes with the portal; gives their number.

    Raises:
        NotFound: Importing isn't the caller's.
    """
    return import_list(portal, caller, rules.shipped_list())


def import_states(portal: Portal, caller: Caller, csv_bytes: bytes) -> int:
    """Import a list outside of any web request, as the command line does; gives the number of its lines.

    Raises:
        NotFound: Importing isn't the caller's.
        RefusedError: The list is refused as a whole, with a sentence for each wrong line.
    """
    with permits.request(uuid4()):
        return import_list(portal, caller, csv_bytes)


def import_shipped_states(portal: Portal, caller: Caller = IMPORTER) -> int:
    """Import the list of States that comes with the portal; gives their number.

    Raises:
        NotFound: Importing isn't the caller's.
    """
    return import_states(portal, caller, rules.shipped_list())


def language_of(work: Work) -> str:
    """Tell in which language whoever asks reads."""
    return work.who.person.language if work.who.person else "en"


def group_of(region: str | None) -> RegionalGroup | None:
    """Tell the regional group that a record names, if it is one."""
    return next((group for group in RegionalGroup if group.value == region), None)


def _facts(row: State | None) -> StateFacts | Absent:
    return StateFacts(StateCode(row.code)) if row else Absent(StateFacts)


def _parsed(data: bytes) -> Rows:
    first = data[:200].removeprefix(b"\xef\xbb\xbf").splitlines()[:1]
    parse = _COLUMNS.get(first[0].decode("utf-8", "replace").strip() if first else "")
    if parse is None:
        raise RefusedError(
            Problem(
                "list-kind",
                N_("The first line tells which list this is. It must be exactly one of: %(columns)s."),
                {"columns": "; ".join(_COLUMNS)},
            )
        )
    return parse(data)


def _write(work: Work, permit: Permit, rows: Rows) -> None:
    match rows[0]:
        case rules.State():
            _write_states(work, rows)
            work.note(permit, list="states", lines=len(rows))
        case rules.StateName():
            _refuse_unknown(work, rows)
            for name in rows:
                work.states.save(StateName(state_code=name.code, language=name.language, name=name.name))
            work.note(permit, list="names", lines=len(rows))
        case Membership():
            _refuse_unknown(work, rows)
            _write_memberships(work, permit, rows)


def _refuse_unknown(work: Work, rows: Rows) -> None:
    known = {StateCode(state.code): state for state in work.states.all()}
    rules.require_known(known, rows)  # type: ignore[arg-type]  # names or memberships, both with a code


def _write_states(work: Work, rows: tuple[rules.State, ...]) -> None:
    for state in rows:
        work.states.save(State(code=state.code, region=state.group, fictional=rules.is_fictional(state.code)))
        work.states.save(StateName(state_code=state.code, language="en", name=state.name))


def _write_memberships(work: Work, permit: Permit, rows: tuple[Membership, ...]) -> None:
    instruments = sorted({row.instrument for row in rows})
    work.states.replace_instruments(
        instruments,
        [
            StateInstrument(
                state_code=row.code, instrument=row.instrument, status=row.status, since=row.since, source=row.source
            )
            for row in rows
        ],
    )
    work.note(permit, list="instruments", instruments=instruments, lines=len(rows))
