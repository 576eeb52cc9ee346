"""Who may do what about breaches of confidentiality, as plain tables (GL 5; the procedure is decided here)."""

from typing import Final

from tests.policies.positions import Thing, Who, side

FILING: Final = {"listConcerns", "fileConcern"}
# what the confidentiality officer does, and a focal point of a State concerned
EXAMINING: Final = {
    "addExhibit",
    *("beginContainment", "addCaseEntry", "nameConcerned", "askHearing", "recordFinding", "viewCaseTrail"),
}
OFFICER: Final = {
    *("proposeCase", "viewCase", "confirmCase", "declineCase", "liftContainment"),
    *("compareCase", "submitCase", "closeCase"),
    *("viewSnapshot", "downloadExhibit"),
    *EXAMINING,
}
STATE: Final = {"viewCase", "confirmCase", "declineCase", "compareCase", "submitCase"}
GROUP: Final = {"viewSubmission", "decideCase", "downloadExhibit"}
# by which somebody judges: nobody examines their own act
JUDGING: Final = {"setConcernAside", "decideCase", *OFFICER} - {
    "viewCase",
    "compareCase",
    "submitCase",
    "downloadExhibit",
}
# being heard: for whoever is suspended, too
HEARD: Final = {"listOwnCases", "viewOwnCase", "answerCase"}
ACTS: Final = {*FILING, *OFFICER, *GROUP, "discloseCase", "viewConcern", "setConcernAside"}
SOLEMN: Final = {
    *("proposeCase", "confirmCase", "beginContainment", "recordFinding"),
    *("compareCase", "submitCase", "discloseCase", "decideCase", "closeCase"),
}
# containment: what somebody who is held back from a review can't do there, and what downloads are
DOWNLOADS: Final = {
    *("downloadVersion", "previewPublication", "downloadRoom", "exportDialogue", "exportReviewTrail"),
    "downloadGranted",
}
IN_A_FILE: Final = {"review", "room", "document", "clarification", "entry", "manifest", "assignment", "publication"}
OUTSIDE: Final = {"endAssignment", "viewPerson", "addNote", "openNote", "assignOfficer"}
REGISTER: Final = {
    *("viewRegisterEntry", "setReview", "closeReview", "changeParties", "listTranslations", "listConcerns"),
}


def held_back(who: Who, act: str, thing: Thing) -> bool:
    """Whether a containment of this review stands in the way."""
    if thing.kind not in {*IN_A_FILE, "grant", "granted"}:
        return False
    if who.stopped and act in DOWNLOADS:
        return True
    return who.contained and act not in {*OUTSIDE, *REGISTER - {"setReview"}}


def heard(act: str, thing: Thing) -> bool:
    """Whether somebody is heard in a case of their own."""
    if act == "listOwnCases":
        return thing.kind == "portal"
    mine = thing.kind == "case" and thing.mine and thing.asked
    return mine and (act == "viewOwnCase" or not (thing.found or thing.ended))


def allowed(who: Who, act: str, thing: Thing) -> bool:
    if act in FILING:
        return (thing.kind != "grant" and _works_on_it(who)) or _reads(who, thing)
    officer = who.role == "confidentiality_officer"
    if act == "viewConcern":
        return thing.filed_by_me or (officer and not thing.mine)
    if thing.mine or (act in JUDGING and (thing.filed_by_me or thing.involved)):
        return False
    if officer and act == "downloadExhibit" and thing.involved:  # a State's people answer in the case
        return False
    if thing.kind == "concern":
        return officer and act == "setConcernAside"
    return _may(who, act, thing) and _is_time(who, act, thing)


def _may(who: Who, act: str, thing: Thing) -> bool:
    if who.role == "confidentiality_officer":
        return act in OFFICER
    if who.role == "oversight":
        return act in GROUP
    if act in {"discloseCase", "downloadExhibit"}:
        return who.role == "focal_point" and side(who) == "under review"
    concerned = side(who) != "no party" or who.state in {thing.of, thing.granted_to}
    return who.role == "focal_point" and concerned and act in STATE


def _is_time(who: Who, act: str, thing: Thing) -> bool:
    if act == "downloadExhibit":
        in_group = who.role == "oversight"
        return thing.submitted and thing.given if in_group else thing.registered or who.role != "focal_point"
    running = thing.registered and not thing.ended
    to_the_group = {
        "compareCase": running and (thing.found or who.role == "focal_point"),
        "submitCase": running and (thing.found or who.role == "focal_point"),
        "discloseCase": thing.submitted and not thing.ended,
        "viewSubmission": thing.submitted,
        "decideCase": thing.submitted and not thing.ended and not thing.begun_by_me,
        "closeCase": running and thing.found and not thing.submitted,
    }
    return to_the_group[act] if act in to_the_group else _is_its_turn(act, thing)


def _is_its_turn(act: str, thing: Thing) -> bool:
    if act == "confirmCase":
        return not (thing.registered or thing.ended or thing.begun_by_me)
    if act == "declineCase":
        return not (thing.registered or thing.ended)
    if act in EXAMINING and (not thing.registered or thing.ended):
        return False
    if act in {"nameConcerned", "askHearing", "recordFinding"} and thing.found:
        return False
    return act != "recordFinding" or thing.heard or not _named(thing)


def _named(thing: Thing) -> bool:
    return thing.mine or thing.of is not None


def _reads(who: Who, thing: Thing) -> bool:
    """Whoever the terms of a grant to their State name, and its focal point."""
    of = thing.granted_to if thing.kind == "concern" else thing.of
    given = thing.kind == "concern" or (thing.kind == "grant" and thing.decided)
    named = thing.reader if thing.kind == "concern" else thing.mine
    return given and who.state is not None and who.state == of and (who.role == "focal_point" or named)


def _works_on_it(who: Who) -> bool:
    """Whoever works on the review, while and after it lasts."""
    if who.role == "translator":
        return who.task in {"this", "other version"} or who.text in {"this", "other entry"}
    if side(who) == "no party":
        return False
    return who.role == "focal_point" or (who.role in {"expert", "observer", "officer"} and who.assigned == "this")
