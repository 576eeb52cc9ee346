"""Every thing in every state: portal, people, reviews and their rooms, documents, clarifications and their entries."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Final

from portal.domain.clarifications import ClarificationStage, EntryStage
from portal.domain.documents import DocumentStage
from portal.domain.reviews import ReviewStage
from portal.domain.roles import STATE_ROLES, Role
from tests.policies import oracle
from tests.policies.positions import PARTIES, ROOMS, Thing

STEPS: Final = tuple(step.value for step in ReviewStage)


def _others() -> Iterator[frozenset[str]]:
    yield frozenset()
    yield from (frozenset({role, "translator"}) for role in sorted(oracle.EXCLUSIVE))


OTHERS: Final = tuple(_others())
# the roles of somebody's account
HELD: Final = tuple(map(frozenset[str], ((), ("focal_point",), ("expert",), ("focal_point", "expert"))))


def registry(steps: Sequence[str] = STEPS, others: Sequence[frozenset[str]] = OTHERS) -> Iterator[Thing]:
    """Everything outside a file; others: the roles that somebody to be appointed or assigned holds already."""
    yield Thing("portal")
    for absent in (False, True):
        yield Thing("cycle", absent=absent)
        yield Thing("session", absent=absent, mine=not absent)
        for state in (*PARTIES, "XDD"):
            yield Thing("state", absent=absent, of=state)
    yield Thing("session")
    yield from (Thing("signal"), Thing("signal", mine=True))
    yield from _accounts()
    whose = ((True, False), (False, True), (False, False))
    for of, (mine, begun), two, other in product((*PARTIES, "XDD", None), whose, (True, False), (True, False)):
        yield Thing("invitation", of=of, mine=mine, begun_by_me=begun, takes_two=two, other_focal_point=other)
    for (role, of), mine in product(_offices(), (True, False)):
        yield Thing("handover", role=role, of=of, mine=mine)
    for of, begun in product((*PARTIES, "XDD", None), (True, False)):
        yield Thing("issuer", of=of, begun_by_me=begun)
    for kind in ("account", "invitation", "appointment", "assignment", "handover", "issuer", "signal"):
        yield Thing(kind, absent=True, of="", role="reader")
    yield from _appointments(others)
    for (role, of), held, mine, step in product(_offices(), others, (True, False), steps):
        yield Thing("assignment", role=role, of=of, others=held, mine=mine, step=step)


def _accounts() -> Iterator[Thing]:
    for of, enrolled, mine in product((*PARTIES, "XDD", None), (True, False), (True, False)):
        for held, other in product(HELD, (True, False)):
            yield Thing("account", of=of, enrolled=enrolled, mine=mine, held=held, other_focal_point=other)
    for of, mine in product((*PARTIES, "XDD", None), (True, False)):
        yield Thing("account", of=of, mine=mine, at_work=True)


def _appointments(others: Sequence[frozenset[str]]) -> Iterator[Thing]:
    positions = ("mine running", "mine", "begun running", "running", "restored", "mine restored")
    for (role, of), held, position in product(_offices(), others, positions):
        for other in (True, False) if role == "focal_point" else (False,):
            yield Thing(
                "appointment",
                role=role,
                of=of,
                others=held,
                mine="mine" in position,
                begun_by_me="begun" in position,
                running="running" in position,
                restored="restored" in position,
                other_focal_point=other,
            )


def _offices() -> Iterator[tuple[str, str | None]]:
    for role in Role:
        if role in STATE_ROLES:
            yield from ((role.value, state) for state in (*PARTIES, "XDD"))
        else:
            yield role.value, None


# where I stand to a breach: whom it is about, who filed it, who worked on the review, who proposed it
PLACES: Final = (
    {},
    {"mine": True},
    {"filed_by_me": True},
    {"involved": True},
    {"begun_by_me": True},
    {"mine": True, "filed_by_me": True},
)
_OPEN: Final = {"registered": True}
_HEARD: Final = {**_OPEN, "asked": True, "heard": True}
COURSE: Final = (
    {},
    _OPEN,
    {**_OPEN, "asked": True},
    _HEARD,
    {**_HEARD, "found": True},
    {**_HEARD, "found": True, "ended": True},
    {**_OPEN, "submitted": True},
    {**_HEARD, "found": True, "submitted": True},
    {**_HEARD, "found": True, "submitted": True, "ended": True},
    {**_HEARD, "ended": True},
    {"ended": True},
    {**_OPEN, "submitted": True, "given": True},
    {**_OPEN, "given": True},  # which no row of the portal is
)


def breaches(steps: Sequence[str] = ("dialogue", "closed")) -> Iterator[Thing]:
    """A concern and a case, in every place that somebody can have in it."""
    for step, place in product(steps, PLACES):
        yield Thing("concern", step=step, **place)
        for to, reader in product(("XBB", "XDD"), (True, False)):
            yield Thing("concern", step=step, granted_to=to, reader=reader, **place)
        for of, course in product((None, "XAA", "XBB", "XDD"), COURSE):
            yield Thing("case", step=step, of=of, **place, **course)
        for course in COURSE:
            yield Thing("case", step=step, granted_to="XDD", **place, **course)
    yield Thing("concern", absent=True)
    yield Thing("case", absent=True)


# the course of a grant: asked, given, coming or over, suspended, ended
GRANTED: Final = {"agreed": True, "decided": True, "running": True}
GRANTS: Final = (
    {"running": False},
    {"agreed": True, "running": False},
    {**GRANTED, "running": False},
    GRANTED,
    {**GRANTED, "held_off": True},
    {"agreed": True, "running": False, "ended": True},
    {**GRANTED, "running": False, "ended": True},
)
# where I stand to it
READERS: Final = ({}, {"mine": True}, {"mine": True, "pledged": True})


def grants() -> Iterator[Thing]:
    """A grant to a party and to another State, and a version that it gives, at each point of its course."""
    for of, course, place in product(("XAA", "XBB", "XDD"), GRANTS, READERS):
        yield Thing("grant", step="agreed", of=of, **course, **place)
    for of, course, place in product(("XBB", "XDD"), GRANTS[2:5], READERS):
        for copies, withdrawn in ((False, False), (True, False), (True, True)):
            yield Thing("granted", step="agreed", of=of, copies=copies, withdrawn=withdrawn, **course, **place)
    for kind, place in product(("grant", "granted"), READERS[::2]):
        yield Thing(kind, step="closed", of="XDD", **GRANTED, **place)
        yield Thing(kind, absent=True, of="")


def reviews_and_rooms(steps: Sequence[str] = STEPS) -> Iterator[Thing]:
    """A review and its rooms, at these steps."""
    for step, help_asked in product(steps, (False, True)):
        yield Thing("review", step=step, help_asked=help_asked)
        for room, state in ROOMS:
            yield Thing("room", step=step, help_asked=help_asked, room=room, room_state=state)
    yield Thing("review", absent=True)
    yield Thing("room", absent=True, room="shared")


def documents(steps: Iterable[tuple[str, bool]] = tuple(product(STEPS, (False, True)))) -> Iterator[Thing]:
    """A document in every room and state, at these steps of the review, without or with help asked for."""
    owners = (*PARTIES, "secretariat")
    for (step, help_asked), (room, state) in product(steps, ROOMS):
        for stage, withdrawn, owner in product(DocumentStage, (False, True), owners):
            yield Thing(
                "document",
                step=step,
                help_asked=help_asked,
                room=room,
                room_state=state,
                stage=stage.value,
                withdrawn=withdrawn,
                owner=owner,
            )
    for step, owner in product({step for step, _ in steps}, owners):  # what all parties agreed on
        circulated = Thing("document", step=step, room="shared", stage="circulated", owner=owner)
        yield replace(circulated, final=True)
        for stage, withdrawn in product(("submitted", "circulated"), (True, False)):  # in another language
            yield replace(circulated, stage=stage, withdrawn=withdrawn, renders_final=True)
    yield Thing("document", absent=True, room="shared")


def manifests(steps: Sequence[str] = STEPS) -> Iterator[Thing]:
    """A proposal to agree on, that runs or doesn't, and that nobody or some party has answered; and summaries."""
    for step, running, answered in product(steps, (True, False), ((), ("XAA",), ("XBB", "XCC"))):
        yield Thing("manifest", step=step, running=running, answered=frozenset(answered))
    yield Thing("manifest", absent=True)
    for passed, due, public in product((True, False), repeat=3):
        yield Thing("summary", passed=passed, due=due, public=public)
    yield Thing("summary", absent=True)


def publications(steps: Sequence[str] = ("dialogue", "closed")) -> Iterator[Thing]:
    """What a State means to publish, at every point of its way."""
    ways: tuple[dict[str, bool], ...] = (
        {},
        {"begun": True},
        {"begun": True, "consented_by_me": True},
        {"begun": True, "confirmed": True},
        {"begun": True, "confirmed": True, "consented_by_me": True},
        {"begun": True, "confirmed": True, "due": True},
        {"begun": True, "due": True},  # which no row of the portal is
        {"begun": True, "confirmed": True, "due": True, "public": True},
        {"begun": True, "confirmed": True, "due": True, "public": True, "ended": True},
        {"begun": True, "ended": True},
        {"begun": True, "confirmed": True, "due": True, "ended": True},
    )
    for step, way, opened in product(steps, ways, (True, False)):
        missing = frozenset() if way.get("confirmed") else frozenset({"XAA"})
        yield Thing("publication", step=step, opened_by_me=opened, waits=missing, **way)
    for way, missing in product(ways, ((), ("XAA",), ("XBB",), ("XAA", "XBB", "XCC"))):
        yield Thing("publication", step=steps[0], opened_by_me=True, joint=True, waits=frozenset(missing), **way)
    for way, owner in product(ways, ("XAA", "XBB", "secretariat")):
        yield Thing("publication", step=steps[0], joint=owner != "XAA", owner=owner, withdrawn=True, **way)
    yield Thing("publication", absent=True)


# a review's step and whether help was asked for: to the dialogue it matters whether the file is closed
OPEN: Final = ("dialogue", False)
HELP: Final = ("dialogue", True)
CLOSED: Final = ("closed", False)
MOMENTS: Final = (OPEN, HELP, CLOSED, ("closed", True))
# where a clarification may stand, and whether the State under review was asked: what one can come to
STANDS: Final = (("draft", False), ("submitted", False), ("asked", True), ("closed", True))
# needed, given: it matters to what the reviewing States draft
CLEARANCES: Final = ((False, False), (True, False), (True, True), (False, True))


def clarifications(
    moments: Iterable[tuple[str, bool]] = MOMENTS,
    stands: Iterable[tuple[str, bool]] = tuple(product(map(str, ClarificationStage), (False, True))),
) -> Iterator[Thing]:
    """A clarification of each State, wherever it stands, at these moments of the review."""
    for (step, help_asked), (stage, passed), owner in product(moments, stands, PARTIES):
        yield Thing("clarification", step=step, help_asked=help_asked, stage=stage, passed=passed, owner=owner)
    yield Thing("clarification", absent=True)


def entries(
    moments: Iterable[tuple[str, bool]] = MOMENTS, stages: Sequence[str] = tuple(map(str, EntryStage))
) -> Iterator[Thing]:
    """An entry of each owner, in every room and at these stages; drafts in the reviewers' room around clearance."""
    for (step, help_asked), (room, state), stage in product(moments, ROOMS, stages):
        strangers = ("XDD",) if room == "shared" else ()  # a State of which no file should hold anything
        waits = CLEARANCES if (room, stage) == ("reviewers", "draft") else CLEARANCES[:1]
        for owner, (needs, cleared) in product((*PARTIES, "secretariat", *strangers), waits):
            yield Thing(
                "entry",
                step=step,
                help_asked=help_asked,
                room=room,
                room_state=state,
                stage=stage,
                owner=owner,
                needs_clearance=needs,
                cleared=cleared,
            )
    yield Thing("entry", absent=True, room="shared")


def few_entries() -> Iterator[Thing]:
    """Entries that every run can ask about: all while the file is open, some with help asked for or after it closed."""
    yield from entries([OPEN], ("draft", "sent", "submitted", "circulated"))
    yield from (thing for thing in entries([HELP], ("draft", "discarded")) if thing.room == "national")
    yield from entries([CLOSED], ("draft", "circulated"))
