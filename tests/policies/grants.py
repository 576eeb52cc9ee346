"""Who may do what about grants to other States, as plain tables (ToR 37; the procedure is decided here)."""

from typing import Final

from tests.policies.positions import SIDES, Thing, Who, side

# what the State under review decides, and what the State that reads does
DECIDING: Final = {
    *("viewGrant", "weighGrant", "offerGrant", "decideGrant", "refuseGrant", "changeGrant", "revokeGrant"),
    "viewGrantOpenings",
}
RECEIVING: Final = {"viewGrant", "askGrant", "answerOffer", "nameReaders", "viewGrantOpenings"}
# what a named reader does while the grant runs
READING: Final = {"openGranted", "acceptGranted"}
CONTENTS: Final = {"viewGranted", "downloadGranted"}
SOLEMN: Final = {"offerGrant", "decideGrant", "changeGrant"}
LOOKING: Final = {"weighGrant", "offerGrant", "decideGrant", "changeGrant"}  # into the file itself
DOWNLOADS: Final = {"downloadGranted"}
# by a grant's course
NOT_TO_A_PARTY: Final = {"askGrant", "offerGrant", "decideGrant", "changeGrant", "answerOffer"}
ONCE_FINAL: Final = {"offerGrant", "decideGrant", "changeGrant"}
ONCE: Final = {"decideGrant", "refuseGrant"}
WHILE_OPEN: Final = {
    *("weighGrant", "decideGrant", "refuseGrant", "changeGrant", "revokeGrant", "answerOffer", "nameReaders"),
}
LISTS: Final = {"listGrants", "listGranted"}


def lists(who: Who, act: str) -> bool:
    """Whether somebody has a list; a focal point of what its State decides, whoever acts for a State of their own."""
    return who.role == "focal_point" or (act == "listGranted" and who.state is not None)


def allowed(who: Who, act: str, thing: Thing) -> bool:
    if thing.kind == "granted" or act in READING:
        return _reads(who, act, thing)
    if who.role != "focal_point" or not _is_time(act, thing):
        return False
    under_review = side(who) == "under review"
    if act in LOOKING and not who.undertaken:
        return False
    return (under_review and act in DECIDING) or (who.state == thing.of and act in RECEIVING)


def _reads(who: Who, act: str, thing: Thing) -> bool:
    if not (thing.running and thing.mine and who.state is not None and who.state == thing.of):
        return False
    if act in READING:
        return thing.kind == "grant"
    if not thing.pledged or thing.held_off or thing.withdrawn:
        return False
    return act == "viewGranted" or (act == "downloadGranted" and thing.copies)


def _is_time(act: str, thing: Thing) -> bool:
    party = SIDES.get(thing.of or "") in {"under review", "reviewing"}
    late = (act in ONCE and thing.decided) or (act in WHILE_OPEN and thing.ended)
    early = act in ONCE_FINAL and not thing.agreed
    return not (late or early or (party and act in NOT_TO_A_PARTY))
