"""Who may do what about breaches of confidentiality, as plain tables (GL 5; the procedure is decided here)."""

from typing import Final

from tests.policies.positions import Thing, Who, side

FILING: Final = {"listConcerns", "fileConcern"}
# what the confidentiality officer does, and a focal point of a State concerned
OFFICER: Final = {"proposeCase", "viewCase", "confirmCase", "declineCase"}
STATE: Final = {"viewCase", "confirmCase", "declineCase"}
# by which somebody judges: nobody examines their own act
JUDGING: Final = {"setConcernAside", "proposeCase", "confirmCase", "declineCase"}
ACTS: Final = {*FILING, *OFFICER, "viewConcern", "setConcernAside"}
SOLEMN: Final = {"proposeCase", "confirmCase"}


def allowed(who: Who, act: str, thing: Thing) -> bool:
    if act in FILING:
        return _works_on_it(who)
    officer = who.role == "confidentiality_officer"
    if act == "viewConcern":
        return thing.filed_by_me or (officer and not thing.mine)
    if thing.mine or (act in JUDGING and (thing.filed_by_me or thing.involved)):
        return False
    if thing.kind == "concern":
        return officer and act == "setConcernAside"
    return _may(who, act, thing) and _is_time(act, thing)


def _may(who: Who, act: str, thing: Thing) -> bool:
    if who.role == "confidentiality_officer":
        return act in OFFICER
    concerned = side(who) != "no party" or thing.of == who.state
    return who.role == "focal_point" and concerned and act in STATE


def _is_time(act: str, thing: Thing) -> bool:
    if act == "confirmCase":
        return not (thing.registered or thing.ended or thing.begun_by_me)
    if act == "declineCase":
        return not (thing.registered or thing.ended)
    return True


def _works_on_it(who: Who) -> bool:
    """Whoever works on the review, while and after it lasts."""
    if who.role == "translator":
        return who.task in {"this", "other version"} or who.text in {"this", "other entry"}
    if side(who) == "no party":
        return False
    return who.role == "focal_point" or (who.role in {"expert", "observer", "officer"} and who.assigned == "this")
