"""Who somebody is and what a thing is, as the oracle knows them; whose review it is and who reads in which room.

"ToR": terms of reference, "GL": guidelines, "(d)": decided for this portal.
"""

from dataclasses import dataclass, field
from typing import Final

# the parties to the one review that everything here is about
SIDES: Final = {"XAA": "under review", "XBB": "reviewing", "XCC": "reviewing", "XDD": "no party"}
PARTIES: Final = ("XAA", "XBB", "XCC")
ROOMS: Final = (
    *(("national", state) for state in PARTIES),
    ("shared", None),
    ("reviewers", None),
    ("secretariat", None),
    ("national", "XDD"),  # a room that no file should have
)


@dataclass(frozen=True)
class Who:
    """A person under one appointment, or machinery (role "machine"), or nobody (role "visitor")."""

    role: str | None
    state: str | None = None
    when: str = "during"  # now is before, during or after the appointment
    suspended: bool = False
    assigned: str = "none"  # to this review, another or none
    undertaken: bool = False
    task: str = "none"  # a translator's: this version, another version, another document
    feed: bool = False  # it is their calendar that asks, by its secret address
    fresh: bool = True  # proved a short while ago who they are
    contained: bool = False  # held back from this review while a breach is looked into
    stopped: bool = False  # downloads nothing of it meanwhile
    text: str = "none"  # a translator's, of a clarification: this entry, other entry, other review
    also: str | None = None  # another role that the same person holds now
    name: str = ""


@dataclass(frozen=True)
class Thing:
    """What the act is on; only the fields of its kind count."""

    kind: str
    absent: bool = False
    # of a file
    step: str = "dialogue"
    help_asked: bool = False
    room: str = ""
    room_state: str | None = None
    stage: str = "draft"
    withdrawn: bool = False
    owner: str = ""
    final: bool = False
    renders_final: bool = False  # a language version of what is
    # of the agreement on the report
    answered: frozenset[str] = field(default_factory=frozenset)  # by these States
    # of the dialogue
    passed: bool = False
    needs_clearance: bool = False
    cleared: bool = False
    # of publication
    consented_by_me: bool = False
    opened_by_me: bool = False  # its file
    joint: bool = False  # it takes the consent of all parties
    waits: frozenset[str] = frozenset({"XAA"})  # for the word of these States
    begun: bool = False  # a focal point of the State under review confirmed it
    confirmed: bool = False  # two people did
    due: bool = False
    public: bool = False
    # of people
    of: str | None = None
    mine: bool = False
    role: str = ""
    others: frozenset[str] = field(default_factory=frozenset)
    begun_by_me: bool = False
    restored: bool = False  # an appointment brought back from a backup, made anew by nobody
    takes_two: bool = False  # a sign-in link
    running: bool = True
    enrolled: bool = True
    held: frozenset[str] = field(default_factory=frozenset)
    other_focal_point: bool = False
    at_work: bool = False  # on this review
    # of grants; of: the State that reads; mine: I am a named reader; running: the terms hold now
    agreed: bool = False  # on the report
    decided: bool = False
    pledged: bool = False  # I gave the undertaking
    held_off: bool = False
    copies: bool = False
    # of breaches
    filed_by_me: bool = False
    involved: bool = False  # I have worked on the review
    granted_to: str | None = (
        None  # the State that was granted what it is about, or that reads under the concern's grant
    )
    reader: bool = False  # I am one whom the terms name
    registered: bool = False
    ended: bool = False
    asked: bool = False
    heard: bool = False
    found: bool = False
    submitted: bool = False
    given: bool = False  # the exhibit that is asked for, to the Group


# rooms in which one reads: one's own State's national room is "own"
READS: Final = {
    ("focal_point", "under review"): {"own", "shared"},
    ("focal_point", "reviewing"): {"own", "shared", "reviewers"},
    ("expert", "under review"): {"own", "shared"},
    ("expert", "reviewing"): {"own", "shared", "reviewers"},
    ("observer", "under review"): {"shared"},
    ("observer", "reviewing"): {"shared"},
    ("officer", None): {"shared", "reviewers", "secretariat"},
}
# needs an assignment to the review; a focal point doesn't (ToR 17)
BY_ASSIGNMENT: Final = {"expert", "observer", "officer"}


def side(who: Who) -> str | None:
    return SIDES[who.state] if who.state else None


def inside(who: Who, thing: Thing) -> bool:
    """Whether the review is this person's: by State, by assignment, and while it lasts."""
    if who.role not in {"focal_point", "expert", "observer", "officer"} or side(who) == "no party":
        return False
    if side(who) == "reviewing" and thing.step == "closed":
        return False
    return who.role not in BY_ASSIGNMENT or who.assigned == "this"


def room_for(who: Who, thing: Thing) -> str:
    if thing.room != "national":
        return thing.room
    return "own" if who.state is not None and thing.room_state == who.state else "another State's"


def reads(who: Who, thing: Thing) -> bool:
    if not (inside(who, thing) and who.undertaken):
        return False
    helping = who.role == "officer" and thing.help_asked and thing.room == "national"
    if helping and SIDES.get(thing.room_state or "") == "under review":
        return True
    return room_for(who, thing) in READS[who.role or "", side(who)]
