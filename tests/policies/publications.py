"""Who may do what about publication, as plain tables (ToR 36), not from the policies."""

from typing import Final

from tests.policies.positions import Thing, Who, inside, side

SEES: Final = {"listPublications", "viewPublication", "previewPublication"}
FOCAL_POINTS: Final = {"preparePublication", "cancelPublication", "withdrawPublication"}
SOLEMN: Final = {"confirmPublication", "withdrawPublication"}
ACTS: Final = {*SEES, *FOCAL_POINTS, "confirmPublication"}


def allowed(who: Who, act: str, thing: Thing) -> bool:
    """Say whether this person, whom nothing hinders, may do this to that."""
    ours = side(who) == "under review" and who.role in {"focal_point", "expert"}
    theirs = side(who) == "reviewing" and who.role == "focal_point" and thing.joint
    if not ((ours or theirs) and inside(who, thing) and who.undertaken):
        return False
    if theirs and act not in {"viewPublication", "previewPublication", "confirmPublication", "cancelPublication"}:
        return False
    if act in SEES:
        return act != "previewPublication" or not thing.withdrawn or thing.public or thing.owner == who.state
    if act in FOCAL_POINTS and who.role != "focal_point" and not (act == "cancelPublication" and thing.consented_by_me):
        return False
    times = {
        "preparePublication": lambda: _is_ours(who, thing),
        "confirmPublication": lambda: _may_confirm(who, thing),
        "cancelPublication": lambda: not (thing.public or thing.ended),
        "withdrawPublication": lambda: thing.public and not thing.ended,
    }
    return times[act]()


def by_machine(act: str, thing: Thing) -> bool:
    """Say whether the portal itself makes this public, or proves that it did."""
    if act in {"readConfirmed", "makePublic"}:
        complete = act == "readConfirmed" or not thing.waits
        return thing.confirmed and thing.due and complete and not thing.public and not thing.ended
    return act == "provePublic" and thing.public


def _is_ours(who: Who, thing: Thing) -> bool:
    """What all agreed on, what the State submitted itself, and, for all to consent to, what all parties have."""
    everybodys = thing.final or thing.stage == "circulated"
    return thing.room == "shared" and not thing.withdrawn and (everybodys or thing.owner == who.state)


def _may_confirm(who: Who, thing: Thing) -> bool:
    if not thing.opened_by_me or thing.consented_by_me or thing.confirmed or thing.ended:
        return False
    if who.state not in thing.waits:
        return False
    return who.role == "focal_point" or thing.begun
