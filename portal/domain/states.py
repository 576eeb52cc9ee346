"""States as the registry knows them, and the lists by which they are imported.

- A State is named as the United Nations names it in English; other languages come by import. The shipped list
  (`states.csv`) has the 193 Member States, the two observer States, and the Cook Islands and Niue, which are
  parties to treaties of their own.
- Codes are ISO 3166-1 alpha-3. XAA to XZZ, which the standard leaves to its users, are for fictional States.
- Regional groups are those of the General Assembly's elections. Türkiye takes part in two groups and is
  counted with Western European and other States; the United States of America is an observer of that group and
  is counted there too. Where no group is certain (Cook Islands, Holy See, Niue, State of Palestine) the list
  leaves it empty: the registrar fills it in.
- Who is party to what isn't shipped. It is imported with its source, or it is not known.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from importlib.resources import files
from typing import Final

from portal.domain.ids import StateCode
from portal.domain.instruments import Instrument, Participation
from portal.domain.lists import Line, lines_of, refuse_repeats
from portal.domain.names import one_line
from portal.domain.problems import Problem, RefusedError
from portal.domain.texts import N_

_CODE: Final = re.compile(r"[A-Z]{3}")
_FICTIONAL: Final = re.compile(r"X[A-Z]{2}")
# a language as BCP 47 writes it, as far as the portal needs it: ar, zh, pt-BR, zh-Hant
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?")


class RegionalGroup(StrEnum):
    """A regional group of the United Nations."""

    AFRICAN = "african"
    ASIA_PACIFIC = "asia_pacific"
    EASTERN_EUROPEAN = "eastern_european"
    LATIN_AMERICAN_CARIBBEAN = "latin_american_caribbean"
    WESTERN_EUROPEAN_OTHER = "western_european_other"


GROUP_TITLES: Final = {
    RegionalGroup.AFRICAN: N_("African States"),
    RegionalGroup.ASIA_PACIFIC: N_("Asia-Pacific States"),
    RegionalGroup.EASTERN_EUROPEAN: N_("Eastern European States"),
    RegionalGroup.LATIN_AMERICAN_CARIBBEAN: N_("Latin American and Caribbean States"),
    RegionalGroup.WESTERN_EUROPEAN_OTHER: N_("Western European and other States"),
}


@dataclass(frozen=True, slots=True)
class State:
    """A State with its English name; the group is empty where it isn't certain."""

    code: StateCode
    name: str
    group: RegionalGroup | None


@dataclass(frozen=True, slots=True)
class StateName:
    """A State's name in one language."""

    code: StateCode
    language: str
    name: str


@dataclass(frozen=True, slots=True)
class Membership:
    """How a State takes part in an instrument, since when, and who says so."""

    code: StateCode
    instrument: Instrument
    status: Participation
    since: date
    source: str


def state_code(raw: str) -> StateCode:
    """Return a State's code.

    Raises:
        RefusedError: It isn't three capital letters.

    """
    if not _CODE.fullmatch(raw):
        raise RefusedError(
            Problem(
                "state-code",
                N_("“%(code)s” is no State’s code: write three capital letters, as in ISO 3166-1 alpha-3."),
                {"code": raw[:20]},
            )
        )
    return StateCode(raw)


def asked_state(raw: str) -> StateCode:
    """Give the code that an address names; what can't be one names no State, whatever it holds."""
    return StateCode(raw if raw.isascii() and raw.isalpha() else "")


def is_fictional(code: StateCode) -> bool:
    """Say whether the code is one of those kept for fictional States."""
    return _FICTIONAL.fullmatch(code) is not None


def parse_states(data: bytes) -> tuple[State, ...]:
    """Read a list of States with the columns code, name, group.

    Raises:
        RefusedError: The list is refused as a whole, with a sentence for each wrong line.

    """

    def read(line: Line) -> State:
        group = line["group"]
        return State(
            state_code(line["code"]),
            one_line(line["name"]),
            line.one_of("group", RegionalGroup) if group else None,
        )

    states = lines_of(data, ("code", "name", "group"), read)
    refuse_repeats((number, state.code) for number, state in states)
    refuse_repeats((number, _folded(state.name)) for number, state in states)
    return tuple(state for _, state in states)


def parse_names(data: bytes) -> tuple[StateName, ...]:
    """Read names of States in further languages: columns code, language, name.

    Raises:
        RefusedError: The list is refused as a whole, with a sentence for each wrong line.

    """

    def read(line: Line) -> StateName:
        language = line["language"]
        if not _LANGUAGE.fullmatch(language):
            raise RefusedError(
                Problem(
                    "language-code",
                    N_("“%(language)s” is no language’s code: write one such as ar, fr or zh."),
                    {"language": language[:20]},
                )
            )
        return StateName(state_code(line["code"]), language, one_line(line["name"]))

    names = lines_of(data, ("code", "language", "name"), read)
    refuse_repeats((number, f"{name.code}, {name.language}") for number, name in names)
    refuse_repeats((number, f"{_folded(name.name)}, {name.language}") for number, name in names)
    return tuple(name for _, name in names)


def parse_memberships(data: bytes) -> tuple[Membership, ...]:
    """Read who takes part in which instrument: columns code, instrument, status, date, source.

    Raises:
        RefusedError: The list is refused as a whole, with a sentence for each wrong line.

    """

    def read(line: Line) -> Membership:
        if not line["source"]:
            raise RefusedError(
                Problem(
                    "source-missing",
                    N_("The source is missing: say where this was read, such as a depositary notification."),
                )
            )
        return Membership(
            state_code(line["code"]),
            line.one_of("instrument", Instrument),
            line.one_of("status", Participation),
            line.date("date"),
            one_line(line["source"], longest=300),
        )

    found = lines_of(data, ("code", "instrument", "status", "date", "source"), read)
    refuse_repeats((number, f"{row.code}, {row.instrument}") for number, row in found)
    return tuple(row for _, row in found)


def require_known(codes: Mapping[StateCode, object], wanted: tuple[StateName | Membership, ...]) -> None:
    """Refuse an import that speaks of States that the registry doesn't have.

    Raises:
        RefusedError: Once for each unknown State.

    """
    unknown = sorted({row.code for row in wanted} - set(codes))
    if unknown:
        raise RefusedError(
            *(
                Problem(
                    "state-unknown",
                    N_("The register has no State with the code %(code)s: import the States first."),
                    {"code": code},
                )
                for code in unknown
            )
        )


def shipped_list() -> bytes:
    """Return the shipped list of States as it is imported."""
    return files("portal.domain").joinpath("states.csv").read_bytes()


def shipped_states() -> tuple[State, ...]:
    """Return the shipped list of States."""
    return parse_states(shipped_list())


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name.casefold())
