"""What the roster says of people (ToR 21), sealed under the registry's key: a history, of which the newest counts."""

import json
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import rfc8785

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import Absent
from portal.domain.ids import PersonId
from portal.domain.problems import Problem, RefusedError
from portal.domain.profiles import Profile
from portal.domain.texts import N_
from portal.errors import NotFound, SignedOut
from portal.usecases.contents import author
from portal.usecases.standings import around, person_facts
from portal.work import Portal, Work
from storage import notes
from storage.fields import Place
from storage.permits import REGISTRY, Permit
from storage.repositories.notes import NoteRecords

CHANGED = Problem(
    "profile-changed",
    N_(
        "Somebody changed this before you, so nothing was saved. What they wrote stands above the form, what you "
        "entered is still in it: put both together and save again."
    ),
)


@dataclass(frozen=True, slots=True)
class Described:
    """A person's profile, and how often it was set: what somebody changes is what they saw."""

    profile: Profile = field(default_factory=Profile)
    number: int = 0


def describe_person(portal: Portal, caller: Caller, person_id: PersonId, profile: Profile, seen: int) -> None:
    """Set what the roster says of somebody.

    Args:
        portal: The portal.
        caller: Who does it.
        person_id: Of whom.
        profile: The whole of it.
        seen: The number of the profile that the caller changed; 0: there was none.

    Raises:
        NotFound: There is no such person, or they aren't the caller's to see.
        Forbidden: The caller sees the person but doesn't describe them.
        RefusedError: Somebody changed it meanwhile.

    """
    with portal.work(caller) as work:
        _describe(work, person_id, profile, seen)


def describe_oneself(portal: Portal, caller: Caller, profile: Profile, seen: int) -> None:
    """Set what the roster says of the caller; arguments as in `describe_person`.

    Raises:
        SignedOut: Nobody is signed in.
        NotFound: The caller acts under no appointment.
        RefusedError: Somebody changed it meanwhile.

    """
    with portal.work(caller) as work:
        if work.who.person is None:
            raise SignedOut
        _describe(work, PersonId(work.who.person.id), profile, seen)


def find_profile(work: Work, person_id: UUID) -> notes.Profile | None:
    """Find the profile of a person that counts."""
    return NoteRecords(work.session).profiles([person_id]).get(person_id)


def open_profile(portal: Portal, permit: Permit, row: notes.Profile | None) -> Described:
    """Open a profile; an empty one where there is none."""
    if row is None:
        return Described()
    said = json.loads(portal.open_text(permit, REGISTRY, Place("profile", "said", row.id), row.said))
    expertise, languages = tuple(said["expertise"]), tuple(said["languages"])
    return Described(
        Profile(said["position"], said["background"], expertise, languages, said["other_languages"]), row.number
    )


def _describe(work: Work, person_id: PersonId, profile: Profile, seen: int) -> None:
    person = work.people.find(person_id)
    facts = person_facts(work, person, *around(work, person))
    permit = work.require_on(Action.DESCRIBE_PERSON, facts, asked=person_id)
    if person is None or isinstance(facts, Absent):
        raise NotFound
    newest = find_profile(work, person.id)
    if (newest.number if newest else 0) != seen:
        raise RefusedError(CHANGED)
    row_id = uuid4()
    said = {
        "position": profile.position,
        "background": profile.background,
        "expertise": list(profile.expertise),
        "languages": list(profile.languages),
        "other_languages": profile.other_languages,
    }
    NoteRecords(work.session).add(
        notes.Profile(
            id=row_id,
            person_id=person.id,
            number=seen + 1,
            said=work.seal(permit, REGISTRY, Place("profile", "said", row_id), rfc8785.dumps(said).decode()),
            set_by=author(work),
            set_at=work.now,
        )
    )
