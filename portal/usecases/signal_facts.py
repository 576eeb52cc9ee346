"""What an event of the log tells the rules of signals: of whom, and what is to be counted."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self
from uuid import UUID

from portal.access.actions import Action
from portal.audit.events import Phase
from portal.audit.reading import Said
from portal.domain.signals import Fact, Rule, Term, browser_of, is_over, network_of
from storage.repositories.people import PeopleRecords
from storage.repositories.signals import SignalRecords

_READ: Final = frozenset({Action.VIEW_DOCUMENT, Action.VIEW_CLARIFICATION, Action.VIEW_ENTRY, Action.VIEW_GRANTED})
_TAKEN: Final = frozenset({Action.DOWNLOAD_VERSION, Action.DOWNLOAD_GRANTED})
_COMING: Final = frozenset({Action.SIGN_IN, Action.USE_INVITATION})
# what everybody does who uses the portal: from where they come is seen by it, whatever they signed in with
_USING: Final = frozenset(
    {
        *(Action.CHOOSE_APPOINTMENT, Action.PROVE_AGAIN, Action.VIEW_OWN_ACCOUNT, Action.LIST_NOTICES),
        *(Action.LIST_REVIEWS, Action.VIEW_REVIEW, Action.LIST_ROOM, Action.DOWNLOAD_ROOM, Action.EXPORT_DIALOGUE),
        *(Action.LIST_TRANSLATIONS, Action.LIST_PEOPLE, Action.LIST_REGISTER, Action.VIEW_ACCOUNTS),
        Action.LIST_GRANTED,
    }
)
# acts that a rule is about; refusals of any act are, too
WATCHED: Final = frozenset({*_TAKEN, *_READ, *_COMING, *_USING})
ENDED_SESSION: Final = "ended-session"  # why a refused sign-in was one: a session that was ended came again
_STALE: Final = ["guardrails.fresh"]  # asked to prove anew who one is: no refusal, for all that it is recorded as one


@dataclass(frozen=True, slots=True)
class Come:
    """From where and with what somebody came, as keyed hashes; empty: not known."""

    network: str = ""
    browser: str = ""

    @classmethod
    def of(cls, origin: bytes, keyed: Callable[[str], str]) -> Self:
        """Read what an event keeps of it."""
        said = json.loads(origin)
        network, browser = network_of(said.get("address", "")), browser_of(said.get("client", ""))
        return cls(keyed(network) if network else "", keyed(browser) if browser else "")


@dataclass(frozen=True, slots=True)
class Told:
    """What is to be counted of a person."""

    person: UUID
    fact: Fact


class Ends:
    """Whose appointments or assignments had ended when something was refused, of the events of one part of the log."""

    def __init__(self, records: SignalRecords, people: PeopleRecords, events: Sequence[Said]) -> None:
        tried = {person for said in events if (person := _tried(said)) is not None}
        asked = {id_ for said in events if said.phase is Phase.REFUSAL and (id_ := said.on("asked")) is not None}
        self._reviews = records.reviews_of(asked)
        self._appointments: dict[UUID, list[Term]] = defaultdict(list)
        terms: dict[UUID, Term] = {}
        for held in people.appointments_of(list(tried)):
            terms[held.id] = Term.of(held.starts_at, held.ends_at, held.ended_at)
            self._appointments[held.person_id].append(terms[held.id])
        self._assignments: dict[tuple[UUID, UUID], list[Term]] = defaultdict(list)
        for person in tried:
            for one in people.assignments_of(person):
                # no longer than the appointment under it, which may end by its date while another goes on
                term = Term.of(one.starts_at, one.ends_at, one.ended_at, terms[one.appointment_id].ends)
                self._assignments[person, one.review_id].append(term)

    def review_of(self, said: Said) -> UUID | None:
        """Tell in which review an act was, or would have been."""
        asked = said.on("asked")
        return said.on("review") or (self._reviews.get(asked) if asked else None)

    def over(self, person: UUID, review: UUID | None, at: datetime) -> bool:
        """Tell whether all that somebody held had ended, or all that they had to do with a review."""
        gone = is_over(self._appointments.get(person, ()), at)
        return gone or (review is not None and is_over(self._assignments.get((person, review), ()), at))


def facts_of(said: Said, come: Come, ends: Ends) -> Iterator[Told]:
    """Tell what the rules count of an event."""
    person, review = _person(said), ends.review_of(said)
    if said.phase is Phase.REFUSAL:
        yield from _refused(said, review)
    elif person is not None:
        yield from (Told(person, fact) for fact in _done(said, review))
    tried = _tried(said)
    if tried is not None and (_held_off(said) or ends.over(tried, review, said.at)):
        yield Told(tried, Fact(Rule.AFTER_END, said.at, said.id.hex, review, _times(said)))
    if person is not None:
        yield from (Told(person, fact) for fact in _come(said, come, review))


def found_copies(records: SignalRecords, traced: Sequence[Said]) -> Iterator[Told]:
    """Tell whose copies a found file or picture was, by the outcomes of tracing it."""
    numbers = {said.id: str(said.body["detail"].get("copies", "")).split() for said in traced}
    known = {row.number: row for row in records.copies({one for some in numbers.values() for one in some})}
    for said in traced:
        for row in (known[number] for number in numbers[said.id] if number in known):
            yield Told(row.person_id, Fact(Rule.COPY_FOUND, said.at, row.number, row.review_id))


def _refused(said: Said, review: UUID | None) -> Iterator[Told]:
    if said.person is not None and said.body.get("policies") != _STALE:
        yield Told(said.person, Fact(Rule.REFUSALS, said.at, said.id.hex, review, _times(said)))


def _done(said: Said, review: UUID | None) -> Iterator[Fact]:
    version = said.on("version")
    if said.action in _TAKEN and said.phase is Phase.INTENT and version is not None:
        yield Fact(Rule.MASS_DOWNLOAD, said.at, version.hex, review)
    thing = said.on("entry") or said.on("document") or said.on("clarification")
    if said.action in _READ and thing is not None:
        # of what is shown page by page each page is read by itself
        yield Fact(Rule.PACE, said.at, f"{thing.hex}{said.body.get('detail', {}).get('page', '')}", review)


def _come(said: Said, come: Come, review: UUID | None) -> Iterator[Fact]:
    if come.network:
        yield Fact(Rule.NEW_NETWORK, said.at, come.network, review)
    if come.browser:
        yield Fact(Rule.NEW_BROWSER, said.at, come.browser, review)


def _person(said: Said) -> UUID | None:
    """Tell who acted; whoever signs in is nobody until it is done, and then the one whose session began."""
    detail = said.body.get("detail", {})
    if said.action in _COMING and said.phase is Phase.ACT and "proof" in detail and "person" in detail:
        return UUID(detail["person"])
    return said.person


def _tried(said: Said) -> UUID | None:
    """Tell who tried what an end may stand in the way of: whoever was refused, and who signed in or would have."""
    if said.action in _COMING:
        asked = said.on("asked") if said.action is Action.SIGN_IN else None
        return asked if said.phase is Phase.REFUSAL else _person(said)
    return said.person if said.phase is Phase.REFUSAL else None


def _held_off(said: Said) -> bool:
    """Tell whether somebody was refused because their session was ended, or because they are suspended."""
    if said.phase is not Phase.REFUSAL:
        return False
    ended = said.body.get("detail", {}).get("why") == ENDED_SESSION
    return ended or "guardrails.suspended" in said.body.get("policies", ())


def _times(said: Said) -> int:
    """Count the refusals that an event stands for: many of one minute are one event."""
    counted = said.body.get("detail", {}).get("refusals", 1)
    return counted if isinstance(counted, int) and counted > 0 else 1
