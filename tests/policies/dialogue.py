"""Who may do what in the dialogue, as plain tables: written from the terms of reference, the guidelines and the rules
of clarifications, not from the policies.

A clarification is a question with its thread; an entry is one text of it, in the room that it lies in.
"""

from typing import Final

from tests.policies.positions import Thing, Who, inside, reads, room_for, side

# --- the tables

# what changes a file; before these come acts of seeing only
WORK: Final = {
    "setClearance",
    "askClarification",
    "mergeClarification",
    "routeClarification",
    "closeClarification",
    "draftEntry",
    "editEntry",
    "discardEntry",
    "clearEntry",
    "submitEntry",
    "passOnEntry",
    "sendEntry",
    "deliverEntry",
    "addRemark",
}
ACTS: Final = WORK | {"listClarifications", "exportDialogue", "viewClarification", "viewEntry", "recallEntry"}
# who of a State works in the dialogue (ToR 17, 22, 23); observers read (d)
WORKERS: Final = {"focal_point", "expert"}
# who sees a question that the State under review wasn't asked yet (GL 17, 18)
SEES_AT_ONCE: Final = {("focal_point", "reviewing"), ("expert", "reviewing"), ("officer", None)}
# where each side drafts (d): the kind of the room
DRAFTS: Final = {"reviewing": "reviewers", "under review": "national"}
# who sends a text of its State to the shared room; an expert of a reviewing State only what needs no clearance any more
SENDS: Final = {("focal_point", "reviewing"), ("expert", "reviewing"), ("focal_point", "under review")}
# where one comments, or logs a call (GL 18)
REMARKS: Final = {
    ("focal_point", "under review"): {"own", "shared"},
    ("focal_point", "reviewing"): {"own", "reviewers", "shared"},
    ("expert", "under review"): {"own", "shared"},
    ("expert", "reviewing"): {"own", "reviewers", "shared"},
    ("officer", None): {"shared", "reviewers", "secretariat"},
}


# --- reading the tables


def allowed(who: Who, act: str, thing: Thing, target: str) -> bool:
    """Say whether this person, whom nothing hinders, may do this to that."""
    if who.role == "translator":
        return _translates(who, act, thing)
    # whether a State's questions are cleared is a setting: nothing of the file shows
    accepted = who.undertaken or act == "setClearance"
    if not (inside(who, thing) and accepted):
        return False
    match thing.kind:
        case "review":
            reviews = (who.role, side(who)) == ("focal_point", "reviewing")
            return act in {"listClarifications", "exportDialogue"} or (act == "setClearance" and reviews)
        case "room":
            return _room(who, act, thing)
        case "clarification":
            return _clarification(who, act, thing, target)
        case _:
            return _entry(who, act, thing, target)


def _translates(who: Who, act: str, thing: Thing) -> bool:
    """Whether a translator was sent this: read until it is delivered or the file is closed (d)."""
    sent = thing.kind == "entry" and who.text == "this" and thing.step != "closed"
    return sent and who.undertaken and act in {"viewEntry", "deliverEntry"}


def _works(who: Who, at: str) -> bool:
    return who.role in WORKERS and side(who) == at


def _room(who: Who, act: str, thing: Thing) -> bool:
    if act == "askClarification":
        return _works(who, "reviewing") and thing.room == "reviewers"
    return act == "addRemark" and room_for(who, thing) in REMARKS.get((who.role or "", side(who)), set())


def _clarification(who: Who, act: str, thing: Thing, target: str) -> bool:
    asked = _works(who, "reviewing") and thing.owner == who.state
    rules = {
        "viewClarification": True,
        "draftEntry": who.role in WORKERS and DRAFTS[side(who) or ""] == target,
        "mergeClarification": asked,
        "routeClarification": who.role == "focal_point" and side(who) == "under review",
        "closeClarification": thing.passed and (asked or who.role == "officer"),
    }
    sees = thing.passed or (who.role, side(who)) in SEES_AT_ONCE
    return sees and rules.get(act, False)


def _entry(who: Who, act: str, thing: Thing, target: str) -> bool:
    officer = who.role == "officer" and thing.room == "shared"
    drafts = _drafts(who, thing)
    rules = {
        "viewEntry": True,
        "editEntry": drafts,
        "discardEntry": drafts,
        "clearEntry": drafts and (who.role, side(who)) == ("focal_point", "reviewing"),
        "submitEntry": drafts and target == "shared" and _sends(who, thing),
        "passOnEntry": officer and thing.stage == "submitted",
        "sendEntry": officer,
        "recallEntry": officer,
    }
    return _sees(who, thing) and rules.get(act, False)


def _sees(who: Who, thing: Thing) -> bool:
    travelled = thing.stage == "circulated" or thing.owner == who.state
    return reads(who, thing) and (thing.room != "shared" or who.role == "officer" or travelled)


def _drafts(who: Who, thing: Thing) -> bool:
    """Whether it is a draft of this person's State, where that State's drafts lie."""
    own = who.role in WORKERS and thing.owner == who.state and thing.stage == "draft"
    return own and thing.room == DRAFTS[side(who) or ""] and room_for(who, thing) != "another State's"


def _sends(who: Who, thing: Thing) -> bool:
    cleared = thing.cleared or not thing.needs_clearance
    return (who.role, side(who)) in SENDS and (who.role == "focal_point" or cleared)
