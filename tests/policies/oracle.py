"""Who may do what, once more, as plain tables: written from the terms of reference and the guidelines, not from the
policies, so that the two check each other.

"ToR": terms of reference, "GL": guidelines, "(d)": decided for this portal.
"""

from collections.abc import Callable
from typing import Final

from tests.policies import cases, dialogue, grants, publications, reports
from tests.policies.positions import SIDES, Thing, Who, inside, reads, room_for, side

# --- the tables

# rooms in which one writes; what is a State's reaches the shared room only by being submitted
WRITES: Final = {
    ("focal_point", "under review"): {"own"},
    ("focal_point", "reviewing"): {"own", "reviewers"},
    ("expert", "under review"): {"own"},
    ("expert", "reviewing"): {"own", "reviewers"},
    ("officer", None): {"shared", "reviewers", "secretariat"},
}
# moves: who, from, to. The focal point clears what leaves its State towards the other side
MOVES: Final = {
    ("focal_point", "under review", "own", "shared"),
    ("focal_point", "reviewing", "own", "reviewers"),
    ("expert", "reviewing", "own", "reviewers"),
    ("focal_point", "reviewing", "reviewers", "shared"),
    ("officer", None, "reviewers", "shared"),
    ("officer", None, "secretariat", "shared"),
    ("officer", None, "secretariat", "reviewers"),
}
# at most one of these at a time (d)
EXCLUSIVE: Final = {"registrar", "administrator", "confidentiality_officer", "officer"}
APPOINTS: Final = {
    "focal_point": {"expert", "observer", "reader"},
    "registrar": {"focal_point", "officer", "translator", "oversight", "analyst", "group_observer"},
    "administrator": {"administrator", "registrar", "confidentiality_officer"},
}
# who confirms an appointment that somebody else made (d): two people of the secretariat for its own, a State's focal
# point for another of its State
CONFIRMS: Final = {
    "registrar": {"administrator", "registrar", "officer", "confidentiality_officer", "expert", "observer"},
    "administrator": {"administrator", "registrar", "officer", "confidentiality_officer"},
    "focal_point": {"focal_point"},
}
# after the portal was brought back from a backup everybody is confirmed anew (d)
CONFIRMS_ANEW: Final = {
    "focal_point": {"expert", "observer", "reader"},
    "registrar": {"translator", "oversight", "analyst", "group_observer"},
}
# whose work is handed over as one act to somebody of the same State in the same role (d)
HANDED_OVER: Final = {"focal_point", "expert", "observer", "officer", "translator"}
OWN_ACCOUNT: Final = {
    "signOut",
    "viewOwnAccount",
    "changeOwnAccount",
    "chooseAppointment",
    "endOwnSession",
    "revokeFeed",
    "proveAgain",
    "addAuthenticator",
    "removeAuthenticator",
}
# what takes a fresh proof of who one is (d): clearing, submitting, appointing, letting in, exporting
SOLEMN: Final = {
    "addAuthenticator",
    "removeAuthenticator",
    "endOwnSession",
    "addIssuer",
    "confirmIssuer",
    "addPerson",
    "appoint",
    "confirmAppointment",
    "assignPerson",
    "assignOfficer",
    "issueLink",
    "changeMail",
    "handOver",
    "confirmLink",
    "changeParties",
    "issueFeed",
    "downloadRoom",
    "submitDocument",
    "clearEntry",
    "submitEntry",
    "exportDialogue",
    "exportReviewTrail",
    *cases.SOLEMN,
    *grants.SOLEMN,
    *publications.SOLEMN,
    *reports.ANSWERS,
    *("confirmSummary", "transmitSummary"),
}
DATES: Final = {"viewCalendar", "viewSchedule"}  # all that a calendar does for its person (d)
# acts on no file, by role and the kind of thing
PLAIN: Final = {
    "registrar": {
        "portal": {
            "listStates",
            "importStates",
            "listCycles",
            "openCycle",
            "listRegister",
            "openReview",
            "listPeople",
            "addPerson",
            "viewRoster",
        },
        "state": {"listStates", "editState", "listPeople", "addPerson", "viewRoster"},
        "cycle": {"listCycles", "openReview"},
        "review": {"viewRegisterEntry", "setReview", "closeReview"},
        "account": {"viewPerson"},
        "appointment": {"viewPerson"},
        "assignment": {"viewPerson"},
        "invitation": {"viewPerson"},
        "handover": {"viewPerson"},
    },
    "administrator": {
        "portal": {
            *("listStates", "importStates", "listPeople", "addPerson", "viewAccounts", "viewHealth", "endAllSessions"),
            *("viewIssuers", "addIssuer", "viewLog"),
        },
        "state": {"listStates", "editState", "listPeople", "addPerson", "viewIssuers"},
        "account": {"viewPerson"},
        "appointment": {"viewPerson"},
        "assignment": {"viewPerson"},
        "invitation": {"viewPerson"},
        "handover": {"viewPerson"},
        "issuer": {"viewIssuers", "endIssuer"},
    },
    "confidentiality_officer": {"portal": {"listCases", "viewStatement", "listSignals", "viewLog", "traceCopy"}},
    "oversight": {"portal": {"listCases", "viewStatement", "viewLog", "listSummaries"}},
    "analyst": {"portal": {"listSummaries"}},
    "group_observer": {"portal": {"viewLog", "viewStatement"}},
    "focal_point": {"portal": {"listReviews", "issueFeed", "listCases", "viewLog"}},
    "expert": {"portal": {"listReviews", "issueFeed"}},
    "observer": {"portal": {"listReviews", "issueFeed"}},
    "officer": {"portal": {"listReviews", "issueFeed"}},
    "translator": {"portal": {"listTranslations"}},
}
MACHINES: Final = {
    "init": {"initialize"},
    "importer": {"importStates"},
    "worker": {"closeIntents", "tellWeek"},
    "sweeper": {"sweepObjects"},
    "rotation": {"rotateKeys"},
    "fsck": {"checkRecords"},
    "mailer": {"sendMail"},
    "operator": {"makeAdministrator", "traceCopy"},
    "issuer": set(),
    "watcher": {"watchLog", "raiseSignals"},
    "publisher": set(),
    "backup": {"backUp"},
    "restorer": {"restorePortal"},
}
# what was told to oneself, and how one is watched, by whoever acts under an appointment (d)
NOTICES: Final = {"listNotices", "seeNotices", "viewSignalRules"}
# what changes a file, its settings in the register included: a closed file stays as it is (d)
WORK: Final = {
    "setReview",
    "uploadDocument",
    "addVersion",
    "describeDocument",
    "submitDocument",
    "circulateDocument",
    "withdrawDocument",
    "sendForTranslation",
    "deliverTranslation",
    "askForHelp",
    "advanceReview",
    *dialogue.WORK,
    *reports.WORK,
    "planReview",
    "setStep",
}


# --- reading the tables


def allowed(who: Who, act: str, thing: Thing, *, version: str = "", target: str = "") -> bool:
    """Say whether this person may do this to that."""
    stale = not who.fresh and act in SOLEMN
    if thing.absent or stale or (who.feed and act not in DATES):
        return False
    if who.role == "visitor":
        return thing.kind == "portal" and act in {"signIn", "useInvitation", "reportTrouble"}
    if who.role == "machine":
        return _machine(who, act, thing)
    if act in OWN_ACCOUNT:
        return _own_account(act, thing) and not (who.suspended and act == "addAuthenticator")
    return _acting(who, act, thing, version, target)


def _machine(who: Who, act: str, thing: Thing) -> bool:
    if thing.kind in {"publication", "summary"}:
        part = publications if thing.kind == "publication" else reports
        return who.name == "publisher" and part.by_machine(act, thing)  # type: ignore[no-any-return]  # of a module
    if thing.kind == "issuer":  # the portal asks a provider, and does as it asks (d)
        return who.name == "issuer" and act in {"callIssuer", "endSessionsByIssuer"}
    if act == "escrowKeys":  # keys for the State under review, of what it may read (ToR 36, d)
        return who.name == "operator" and (thing.kind == "review" or _is_for_its_state(thing))
    if thing.kind == "document":  # whoever runs the machine destroys a version, and reads none (d)
        return who.name == "operator" and act == "shredVersion"
    return thing.kind == "portal" and act in MACHINES[who.name]


def _is_for_its_state(thing: Thing) -> bool:
    mine, its_room = (SIDES.get(state or "") == "under review" for state in (thing.owner, thing.room_state))
    if thing.room == "shared":
        return mine or (thing.stage == "circulated" and not thing.withdrawn)
    return thing.room == "national" and its_room and (mine or not thing.withdrawn)


def _acting(who: Who, act: str, thing: Thing, version: str, target: str) -> bool:
    if act in cases.HEARD:  # whether or not an appointment of theirs runs
        return cases.heard(act, thing) and not _conflicted(who)
    if who.role is None or who.when != "during" or _conflicted(who):
        return False
    hindered = who.suspended or cases.held_back(who, act, thing)
    if hindered or (act in WORK and thing.step == "closed"):
        return False
    if thing.kind in {"concern", "case"} or act in cases.FILING:
        return cases.allowed(who, act, thing)
    told = act in NOTICES or (act in grants.LISTS and grants.lists(who, act))
    plain = PLAIN.get(who.role or "", {}).get(thing.kind, set())
    if act == "viewCalendar":  # by the address that its person may make
        return who.feed and "issueFeed" in plain
    return (told and thing.kind == "portal") or act in plain or _else(who, act, thing, version, target)


def _else(who: Who, act: str, thing: Thing, version: str, target: str) -> bool:
    match thing.kind:
        case "state":
            acts = {"listPeople", "addPerson", "viewOwnPeopleTrail", "viewRoster", "viewIssuers"}
            if act == "viewAs":  # any State, for grants to come (ToR 37); the officer the parties to theirs (d)
                party = SIDES.get(thing.of or "") not in {None, "no party"}
                return who.role == "focal_point" or (_keeps_review(who) and party)
            return who.role == "focal_point" and who.state == thing.of and act in acts
        case "issuer" | "signal" | "grant" | "granted":
            kinds = {"issuer": _issuer, "signal": _signal}
            return kinds.get(thing.kind, grants.allowed)(who, act, thing)
        case "account" | "appointment" | "assignment" | "invitation" | "handover":
            return _people(who, act, thing)
        case "review" | "room" | "document" | "clarification" | "entry" | "manifest" | "summary" | "publication":
            return _file(who, act, thing, version, target)
        case _:
            return False


def _signal(who: Who, _: str, thing: Thing) -> bool:
    return who.role == "confidentiality_officer" and not thing.mine  # conflict of interest (d)


def _issuer(who: Who, act: str, thing: Thing) -> bool:
    # whoever it is for lets a provider in: the State, or a second administrator for the secretariat (d)
    own = _is_own(who, thing)
    lets_in = (own or (who.role == "administrator" and thing.of is None)) and not thing.begun_by_me
    return lets_in if act == "confirmIssuer" else own and act in {"viewIssuers", "endIssuer"}


def _file(who: Who, act: str, thing: Thing, version: str, target: str) -> bool:
    if act in cases.ACTS:
        return cases.allowed(who, act, thing)
    for part in (reports, publications):
        if act in part.ACTS:
            return part.allowed(who, act, thing)  # type: ignore[no-any-return]  # of a module
    if act in dialogue.ACTS:
        return dialogue.allowed(who, act, thing, target)
    match thing.kind:
        case "review":
            return _review(who, act, thing)
        case "room":
            return _room(who, act, thing)
        case _:
            return _document(who, act, thing, version, target)


def _own_account(act: str, thing: Thing) -> bool:
    match act:
        case "signOut" | "viewOwnAccount" | "changeOwnAccount" | "proveAgain" | "revokeFeed":
            return thing.kind == "portal"
        case "addAuthenticator" | "removeAuthenticator":
            return thing.kind == "portal"
        case "chooseAppointment":
            return thing.kind == "appointment" and thing.mine and thing.running
        case _:
            return thing.kind == "session" and thing.mine


def _conflicted(who: Who) -> bool:
    return who.role in EXCLUSIVE and who.also in EXCLUSIVE and who.also != who.role


def _would_conflict(thing: Thing) -> bool:
    return thing.role in EXCLUSIVE and bool((thing.others & EXCLUSIVE) - {thing.role})


def _people(who: Who, act: str, thing: Thing) -> bool:
    rules: dict[str, Callable[[], bool]] = {
        "viewPerson": lambda: _is_own(who, thing),
        "appoint": lambda: _appoints(who, thing, ending=False),
        "endAppointment": lambda: _appoints(who, thing, ending=True),
        "confirmAppointment": lambda: _confirms(who, thing),
        "handOver": lambda: _hands_over(who, thing) and not thing.mine,
        "viewHandover": lambda: _hands_over(who, thing) or (thing.mine and who.role == thing.role),
        "assignPerson": lambda: _assigns(who, thing, ending=False),
        "assignOfficer": lambda: _assigns_officers(who, thing, ending=False),
        "endAssignment": lambda: _assigns(who, thing, ending=True) or _assigns_officers(who, thing, ending=True),
        "issueLink": lambda: _issues_link(who, thing),
        # the focal point its own people (ToR 17), the officer those at work on theirs (GL 13)
        "viewAs": lambda: _is_own(who, thing) or (_keeps_review(who) and thing.at_work),
        "revokeLink": lambda: _issues_link(who, thing),
        "endSessions": lambda: _is_own(who, thing) or _keeps_staff(who, thing),
        "changeMail": lambda: _is_own(who, thing) or _keeps_staff(who, thing) or _invites_first(who, thing),
        "confirmLink": lambda: _confirms_link(who, thing),
        "addNote": lambda: _answers_for(who, thing) and not thing.mine,
        "openNote": lambda: _answers_for(who, thing) or _is_own(who, thing) or thing.mine,
        "describePerson": lambda: _is_own(who, thing) or thing.mine or (who.role == "registrar" and thing.of is None),
    }
    return act in rules and rules[act]()


def _is_own(who: Who, thing: Thing) -> bool:
    return who.role == "focal_point" and thing.of == who.state


def _keeps_review(who: Who) -> bool:
    return who.role == "officer" and who.assigned == "this"


def _keeps_staff(who: Who, thing: Thing) -> bool:
    return thing.of is None and who.role in {"registrar", "administrator"}


def _appoints(who: Who, thing: Thing, *, ending: bool) -> bool:
    hindered = not ending and (thing.mine or _would_conflict(thing))
    may = _is_own(who, thing) or who.role in {"registrar", "administrator"}
    return may and thing.role in APPOINTS[who.role or ""] and not hindered


def _hands_over(who: Who, thing: Thing) -> bool:
    """Whoever appoints to the role and ends such appointments; `mine`: to oneself."""
    may = _is_own(who, thing) or who.role == "registrar"
    return may and thing.role in APPOINTS[who.role or ""] & HANDED_OVER


def _confirms(who: Who, thing: Thing) -> bool:
    if thing.mine or thing.begun_by_me or _would_conflict(thing):
        return False
    # a State without another focal point has its first one confirmed by the secretariat
    if thing.role == "focal_point" and who.role in {"registrar", "administrator"}:
        return not thing.other_focal_point
    mine = _is_own(who, thing) if who.role == "focal_point" else True
    if thing.restored and mine and thing.role in CONFIRMS_ANEW.get(who.role or "", set()):
        return True
    return mine and thing.role in CONFIRMS.get(who.role or "", set())


def _assigns(who: Who, thing: Thing, *, ending: bool) -> bool:
    over = side(who) == "reviewing" and thing.step == "closed"
    party = _is_own(who, thing) and side(who) != "no party"
    return party and thing.role in {"expert", "observer"} and (ending or not (thing.mine or over))


def _assigns_officers(who: Who, thing: Thing, *, ending: bool) -> bool:
    hindered = thing.mine or bool(thing.others & (EXCLUSIVE - {"officer"}))
    return who.role == "registrar" and thing.role == "officer" and (ending or not hindered)


def _answers_for(who: Who, thing: Thing) -> bool:
    """Whoever may end it has, and sees, the note that it rests on (d)."""
    if thing.kind == "appointment":
        return _appoints(who, thing, ending=True)
    return _assigns(who, thing, ending=True) or _assigns_officers(who, thing, ending=True)


def _issues_link(who: Who, thing: Thing) -> bool:
    return (_is_own(who, thing) or _keeps_staff(who, thing) or _invites_first(who, thing)) and not thing.mine


def _confirms_link(who: Who, thing: Thing) -> bool:
    staff = who.role in {"registrar", "administrator"} and not thing.other_focal_point
    return (staff or _is_own(who, thing)) and thing.takes_two and not thing.mine and not thing.begun_by_me


def _invites_first(who: Who, thing: Thing) -> bool:
    alone = thing.held == {"focal_point"} and not thing.other_focal_point
    return thing.of is not None and not thing.enrolled and alone and who.role == "registrar"


def _writes(who: Who, thing: Thing) -> bool:
    place = WRITES.get((who.role or "", side(who)), set())
    return reads(who, thing) and room_for(who, thing) in place


def _review(who: Who, act: str, thing: Thing) -> bool:
    if act == "changeParties":  # ToR 19: the draw is repeated, by the registrar, before the review begins (d)
        return who.role == "registrar" and thing.step == "preparation"
    if act == "acceptUndertaking" and who.role == "translator":
        return who.task in {"this", "other version"} or who.text in {"this", "other entry"}
    focal_point, officer = who.role == "focal_point", who.role == "officer"
    rules = {
        "viewReview": True,
        "acceptUndertaking": True,
        "askForHelp": focal_point and side(who) == "under review",
        "advanceReview": officer,
        "viewSchedule": who.undertaken,  # all parties see it (GL 14)
        "planReview": officer and who.undertaken,  # the officer keeps it (GL 13)
        "setStep": officer and who.undertaken,
        "listTranslations": officer,
        "viewReviewTrail": focal_point and who.undertaken,
        "exportReviewTrail": focal_point and who.undertaken,
    }
    return inside(who, thing) and rules.get(act, False)


def _room(who: Who, act: str, thing: Thing) -> bool:
    match act:
        case "listRoom" | "downloadRoom":
            return reads(who, thing)
        case "uploadDocument":
            return _writes(who, thing)
        case "viewRoomTrail":
            return who.role == "focal_point" and reads(who, thing)
        case _:
            return False


def _sees(who: Who, thing: Thing) -> bool:
    if not reads(who, thing):
        return False
    travelled = thing.stage == "circulated" or thing.owner == who.state
    return thing.room != "shared" or who.role == "officer" or travelled


def _owns(who: Who, thing: Thing) -> bool:
    return thing.owner == ("secretariat" if who.role == "officer" else who.state)


def _document(who: Who, act: str, thing: Thing, version: str, target: str) -> bool:
    if (act in WORK and thing.withdrawn) or (act in reports.STAYS and thing.final):
        return False
    if who.role == "translator":
        sent = who.task == "this" and version == "this" and who.undertaken
        opens = act == "viewDocument" or (act == "downloadVersion" and not thing.withdrawn)
        return sent and (opens or act == "deliverTranslation")
    owns, officer = _owns(who, thing), who.role == "officer"
    drafts = owns and _writes(who, thing) and thing.stage == "draft"
    rules = {
        "viewDocument": True,
        "downloadVersion": not thing.withdrawn or (owns and who.role != "observer"),
        "viewDocumentTrail": who.role == "focal_point",
        "addVersion": drafts,
        "describeDocument": drafts,
        "withdrawDocument": owns and _withdraws(who, thing),
        "submitDocument": owns and (who.role, side(who), room_for(who, thing), target) in MOVES,
        "circulateDocument": officer and thing.room == "shared" and thing.stage != "circulated",
        "sendForTranslation": officer and _writes(who, thing),
        "recallTranslation": officer and _writes(who, thing),
    }
    return _sees(who, thing) and rules.get(act, False)


def _withdraws(who: Who, thing: Thing) -> bool:
    if thing.room == "shared":
        return who.role in {"focal_point", "officer"}
    return _writes(who, thing) and (who.role == "officer" or thing.stage == "draft")
