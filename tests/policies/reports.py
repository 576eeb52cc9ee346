"""Who may do what about the agreement on a report, as plain tables (ToR 33, GL 29-34), not from the policies."""

from typing import Final

from tests.policies.positions import Thing, Who, inside, side

ANSWERS: Final = {"agreeManifest", "disagreeManifest"}
WORK: Final = {"proposeManifest", "settleComment", "confirmSummary", "transmitSummary", *ANSWERS}
SEES: Final = {"viewReport", "viewManifest", "listComments"}
ACTS: Final = {*SEES, *WORK, "downloadSummary"}
# who proposes what to agree on (d): who drafts it, or whoever keeps the schedule for them
PROPOSES: Final = {("focal_point", "reviewing"), ("officer", None)}
# who says what becomes of a comment on the draft (d): likewise, and the experts who draft it
SETTLES: Final = {*PROPOSES, ("expert", "reviewing")}
# who reads a summary that the officer gave out (ToR 35, 37 quarter)
BODIES: Final = {"oversight", "analyst"}
STAYS: Final = {"addVersion", "describeDocument", "submitDocument", "circulateDocument", "withdrawDocument"}


def by_machine(act: str, thing: Thing) -> bool:
    """Say whether the portal itself makes this summary public (ToR 51), or proves that it did."""
    if act == "provePublic":
        return thing.public
    return act in {"readConfirmed", "publishSummary"} and thing.passed and thing.due and not thing.public


def allowed(who: Who, act: str, thing: Thing) -> bool:
    """Say whether this person, whom nothing hinders, may do this to that."""
    if thing.kind == "summary":
        return who.role in BODIES and thing.passed
    place = (who.role, side(who))
    answers = who.role == "focal_point" and thing.running and who.state not in thing.answered
    rules = {
        **dict.fromkeys(SEES, True),
        **dict.fromkeys(ANSWERS, answers),
        "confirmSummary": who.role == "officer" and thing.room == "shared" and not thing.withdrawn,
        "transmitSummary": who.role == "officer",
        "settleComment": thing.room == "shared" and place in SETTLES,
        "proposeManifest": thing.step == "report" and place in PROPOSES,
    }
    return inside(who, thing) and who.undertaken and rules[act]
