"""Signals: what in the log somebody should look at, by a few rules that everybody may read.

1. A signal says that a count reached its limit within a window of time. It accuses nobody, and gives no right.
2. A thing is counted once, however often it occurs or the log is read: a version, a page, a refusal, a place.
3. Times are those of the events. Whatever lies within a window of the one that is counted, before it or after it,
   counts with it: a clock that was set back a little hides nothing, and one that was far off doesn't count for ever.
4. After a signal its rule is quiet about that person until the window is over; of places for a day.
5. What is kept of a person is bounded: KEPT things of a rule, the newest.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final
from uuid import UUID

from portal.domain.devices import device_name
from portal.domain.problems import Problem, RefusedError
from portal.domain.texts import N_

KEPT: Final = 1000
MOST_MINUTES: Final = 525_600  # a year
DAY: Final = timedelta(days=1)
MOST_REASON: Final = 2000


class Rule(StrEnum):
    """A rule; the value is kept."""

    MASS_DOWNLOAD = "mass_download"
    PACE = "pace"
    REFUSALS = "refusals"
    AFTER_END = "after_end"
    NEW_NETWORK = "new_network"
    NEW_BROWSER = "new_browser"
    COPY_FOUND = "copy_found"


PLACES: Final = frozenset({Rule.NEW_NETWORK, Rule.NEW_BROWSER})
NAMES: Final[dict[Rule, str]] = {
    Rule.MASS_DOWNLOAD: N_("Many documents downloaded"),
    Rule.PACE: N_("Faster than a person reads"),
    Rule.REFUSALS: N_("Many refusals"),
    Rule.AFTER_END: N_("Attempts after an end"),
    Rule.NEW_NETWORK: N_("From a network not seen before"),
    Rule.NEW_BROWSER: N_("From a browser not seen before"),
    Rule.COPY_FOUND: N_("A marked copy was found"),
}
EXPLAINED: Final[dict[Rule, str]] = {
    Rule.MASS_DOWNLOAD: N_(
        "One person began to download so many different versions of documents within this time, one by one or as a "
        "whole room."
    ),
    Rule.PACE: N_(
        "One person opened the pages of so many different documents and clarifications within this time, which is "
        "more than anybody reads."
    ),
    Rule.REFUSALS: N_("The portal refused one person so many times within this time."),
    Rule.AFTER_END: N_(
        "Somebody whose appointment or assignment had ended was refused, or signed in or tried to, or was refused "
        "while suspended, or came again with a session that was ended, so many times within this time."
    ),
    Rule.NEW_NETWORK: N_(
        "One person used the portal from a network from which they had not come within this time. A network is the "
        "first half of an IPv4 address (16 bits), the first quarter of an IPv6 address (32 bits); the portal doesn’t "
        "know in which country it is. Where somebody comes from the first time is no signal."
    ),
    Rule.NEW_BROWSER: N_(
        "One person used the portal with a browser or on a system with which they had not come within this time, by "
        "what the browser says of itself. What somebody comes with the first time is no signal."
    ),
    Rule.COPY_FOUND: N_(
        "A file or a picture was traced, here or at the portal’s machine, and its marks name so many copies that one "
        "person took. Tracing the same copy again within this time counts once."
    ),
}
HARMLESS: Final[dict[Rule, str]] = {
    Rule.MASS_DOWNLOAD: N_("Somebody who prepares for a country visit, or begins on a review, takes much along."),
    Rule.PACE: N_("Somebody who looks for one document opens many, and a browser may open several at once."),
    Rule.REFUSALS: N_("Old bookmarks, a page left open, or a right that is missing by mistake lead to refusals."),
    Rule.AFTER_END: N_(
        "Somebody follows an old link, hasn’t heard of the end yet, or left a page open on another device. Whoever "
        "typed a mail address needn’t be its owner."
    ),
    Rule.NEW_NETWORK: N_("Somebody travels, works at home or on a telephone, or the ministry changed its provider."),
    Rule.NEW_BROWSER: N_("Somebody has a new computer, or uses another browser for once."),
    Rule.COPY_FOUND: N_(
        "Somebody tried whether tracing works, or the copy was taken from whoever held it. Whoever took a copy "
        "needn’t be the one who passed it on."
    ),
}


class Standing(StrEnum):
    """Where a signal stands."""

    NEW = "new"
    SEEN = "seen"
    SET_ASIDE = "set_aside"


@dataclass(frozen=True, slots=True)
class Limit:
    """From how many on a rule gives a signal, and within what time; 0: the rule isn't used."""

    count: int
    window: timedelta

    @classmethod
    def of_minutes(cls, count: int, minutes: int) -> "Limit":
        """Make one from its numbers."""
        return cls(count, timedelta(minutes=minutes))

    @property
    def minutes(self) -> int:
        """Give the window in minutes."""
        return self.window // timedelta(minutes=1)


def read_limit(text: str) -> tuple[Rule, Limit]:
    """Read a limit as the settings write it: rule:count:minutes.

    Raises:
        ValueError: It is none.
    """
    named, count, minutes = text.split(":")
    rule, limit = Rule(named), Limit.of_minutes(int(count), int(minutes))
    most = 1 if rule in PLACES else KEPT
    if not (0 <= limit.count <= most and 0 < limit.minutes <= MOST_MINUTES and (count + minutes).isdecimal()):
        raise ValueError(text)
    return rule, limit


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that a rule counts of a person; thing: what is counted, once; times: for how many it stands."""

    rule: Rule
    at: datetime
    thing: str
    review: UUID | None = None
    times: int = 1


@dataclass(slots=True)
class Found:
    """A limit that was reached: when, and how many were counted up to the end of what was read at once."""

    rule: Rule
    at: datetime
    limit: Limit
    count: int
    review: UUID | None  # None: none, or several


@dataclass(frozen=True, slots=True)
class _Kept:
    at: float
    thing: str
    review: str
    times: int


class Counts:
    """What is counted of one person, by rule."""

    def __init__(self, written: bytes = b"{}") -> None:
        said = json.loads(written)
        self._kept = {Rule(rule): [_Kept(*one) for one in kept] for rule, kept in said.get("kept", {}).items()}
        self._quiet = {Rule(rule): at for rule, at in said.get("quiet", {}).items()}
        self._latest: dict[Rule, Found] = {}
        self.found: list[Found] = []

    def written(self) -> bytes:
        """Write it down, as the constructor reads it."""
        kept = {
            rule.value: [[one.at, one.thing, one.review, one.times] for one in some]
            for rule, some in self._kept.items()
        }
        return json.dumps({"kept": kept, "quiet": self._quiet}, separators=(",", ":")).encode()

    def add_all(self, facts: Iterable[Fact], limits: Mapping[Rule, Limit]) -> None:
        """Count facts, in the order of the log."""
        for fact in facts:
            limit = limits[fact.rule]
            if limit.count:
                self._add(fact, limit)

    def _add(self, fact: Fact, limit: Limit) -> None:
        at, window = fact.at.timestamp(), limit.window.total_seconds()
        before = self._kept.get(fact.rule, [])
        near = [one for one in before if abs(at - one.at) < window]
        others = [one for one in near if one.thing != fact.thing]
        known = len(others) < len(near)
        kept = [*others, _Kept(at, fact.thing, str(fact.review or ""), fact.times)][-KEPT:]
        self._kept[fact.rule] = kept
        if fact.rule in PLACES:
            if before and not known:  # where somebody comes from the first time is no signal
                self._reached(fact, limit, 1, fact.review, min(limit.window, DAY).total_seconds())
            return
        if (count := sum(one.times for one in kept)) >= limit.count:
            self._reached(fact, limit, count, _common(kept), window)

    def _reached(self, fact: Fact, limit: Limit, count: int, review: UUID | None, quiet: float) -> None:
        at, raised = fact.at.timestamp(), self._quiet.get(fact.rule)
        if raised is None or abs(at - raised) >= quiet:
            self._quiet[fact.rule] = at
            self._latest[fact.rule] = Found(fact.rule, fact.at, limit, count, review)
            self.found.append(self._latest[fact.rule])
        elif (found := self._latest.get(fact.rule)) is not None:
            found.count = found.count + 1 if fact.rule in PLACES else max(found.count, count)
            found.review = found.review if found.review == review else None


def _common(kept: Iterable[_Kept]) -> UUID | None:
    reviews = {one.review for one in kept}
    only = reviews.pop() if len(reviews) == 1 else ""
    return UUID(only) if only else None


@dataclass(frozen=True, slots=True)
class Term:
    """From when to when an appointment or an assignment ran; ends: the earliest of its ends."""

    starts: datetime
    ends: datetime | None

    @classmethod
    def of(cls, starts: datetime, *ends: datetime | None) -> "Term":
        """Take the earliest of the ends that there are."""
        return cls(starts, min((end for end in ends if end is not None), default=None))


def is_over(terms: Iterable[Term], at: datetime) -> bool:
    """Tell whether at a moment one of these had ended and none of them ran."""
    told = list(terms)
    ended = any(one.ends is not None and one.ends <= at for one in told)
    return ended and not any(one.starts <= at and (one.ends is None or at < one.ends) for one in told)


def network_of(address: str) -> str:
    """Name the network of an address: its first 16 bits, of IPv6 its first 32; nothing if it is no address."""
    try:
        parsed: IPv4Address | IPv6Address | None = ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, IPv6Address):
        parsed = parsed.ipv4_mapped or parsed
    bits = 32 if isinstance(parsed, IPv6Address) else 16
    return str(ip_network(f"{parsed}/{bits}", strict=False)) if parsed else ""


def browser_of(client: str) -> str:
    """Name browser and system, or give what an unknown one says of itself."""
    return device_name(client) or client


def reason_given(text: str) -> str:
    """Return the reason for which a signal is set aside.

    Raises:
        RefusedError: There is none, or it is too long.
    """
    reason = text.strip()
    if not reason:
        raise RefusedError(Problem("no-reason", N_("Say in a sentence why it is set aside."), {}))
    if len(reason) > MOST_REASON:
        sentence = N_("This is longer than %(most)d characters: shorten it.")
        raise RefusedError(Problem("too-long", sentence, {"most": MOST_REASON}))
    return reason
