"""Two different acts on one thing at the same moment: what comes of it is what comes of one after the other.

Each pair is done one after the other, both ways round, and then with the transactions of one between those of the
other. Who is told yes, and which acts the log bears in which order, is then as it was in one of the two; no intent
stays open, and rows and log fit.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from httpx2 import Response

from portal.access.actions import Action
from portal.usecases.making_public import publish_due
from tests import breaches, dialogue, publicity, reports
from tests.cast import Clock
from tests.conftest import moved_in
from tests.contents import heard
from tests.filing import newest
from tests.office import Office, posts
from tests.portal.web.test_bad_input import is_calm
from tests.portal.web.test_signin import GOOD, OTHER, enrol, issue, path_of
from tests.portal.web.test_twice_at_once import TAKEN, acts, fits
from tests.readied import FILE, Readied, nobody, ready
from tests.together import Order, at_once

Act = tuple[Action, Callable[[], Response | None]]
Pair = tuple[Act, Act]
Outcome = tuple[bool, bool, tuple[str, ...]]  # who was told yes, and what was done in which order


def _form(office: Office, path: str) -> Act:
    """Give a form of the office."""
    way = next(way for way in posts() if way.path == path)
    assert way.action is not None
    return way.action, ready(office, way).send


def _sent(office: Office, action: Action, who: str, path: str, **fields: str) -> Act:
    return action, Readied(office.client(who), path, fields).send


def _withdrawal(office: Office, document: object) -> Act:
    return _sent(
        office, Action.WITHDRAW_DOCUMENT, "second_focal", f"/documents/{document}/withdraw", reason="A mistake."
    )


def _upload(office: Office) -> Act:
    path = f"/rooms/{office.world.files['xaa'].rooms['national XAA']}/documents"
    fields = {"kind": "law", "language": "en", "title": "A"}
    return Action.UPLOAD_DOCUMENT, Readied(office.client("expert_xaa"), path, fields, FILE).send


def _due(office: Office) -> tuple[Act, str]:
    """What two people confirmed and thought over: the portal makes it public; gives the publication's address too."""
    world = office.world
    breaches.stays_signed_in(world)
    made = publicity.prepared(world, office.shown, "second_focal")
    publicity.confirmed(world, made, "second_focal")
    world.clock.forward(timedelta(hours=world.portal.settings.publication_hours))

    def publish() -> None:
        publish_due(world.portal)

    return (Action.MAKE_PUBLIC, publish), f"/publications/{made}"


def _answer(office: Office) -> Act:
    """An answer that a document goes with, which is sealed for the other room before."""
    office.talk.ids("/entries/{id}")
    path = f"/entries/{office.talk.reply.entry}"
    saved = dialogue.attach(office.world, office.talk.reply.entry, newest(office.world, office.draft), who="focal_xaa")
    return _sent(office, Action.SUBMIT_ENTRY, "focal_xaa", f"{path}/submit", seen=str(saved.edition))


def _agreement(office: Office) -> Act:
    """The last word that a report waits for."""
    manifest = office.agreements.ids("/manifests")["manifests"]
    for who in ("focal_xaa", "focal_xbb"):
        assert not reports.agree(office.world, manifest, who)
    return _sent(office, Action.AGREE_MANIFEST, "focal_xcc", f"/manifests/{manifest}/agree")


def _merging(office: Office, clarification: object, into: object) -> Act:
    path = f"/clarifications/{clarification}/merge"
    return _sent(office, Action.MERGE_CLARIFICATION, "expert_xbb", path, into=str(into))


def _merged(office: Office) -> Pair:
    office.talk.ids("/clarifications")
    one, other = office.talk.written.clarification, office.talk.merged.clarification
    return _merging(office, one, other), _merging(office, other, one)


def _granted(office: Office, action: Action, step: str, path: str) -> Pair:
    """A grant that is revoked while somebody takes a step of it."""
    form = _form(office, path)
    grant = office.grants.ids(path)["grants"]
    revoked = _sent(office, action, "focal_xdd", f"/grants/{grant}/{step}", **{f"{step}_reason": "It is out of date."})
    return form, revoked


def _case(office: Office, path: str, step: str, action: Action, who: str, **fields: str) -> Pair:
    """A case in which two take a step."""
    form = _form(office, path)
    case = office.breaches.ids(path)["cases"]
    return form, _sent(office, action, who, f"/cases/{case}/{step}", **fields)


def _exhibit(office: Office) -> Pair:
    closes = _form(office, "/cases/{id}/closing")
    case = office.breaches.ids("/cases/{id}/closing")["cases"]
    client = office.client("confidentiality_other")
    form = Readied(client, f"/cases/{case}/exhibits", breaches.EXHIBIT, ("page.png", breaches.PICTURE, "image/png"))
    return (Action.ADD_EXHIBIT, form.send), closes


def _passphrases(office: Office) -> Pair:
    inside = enrol(office.world, "expert_xaa", "focal_xaa")
    changed = {"present": GOOD, "passphrase": OTHER, "again": OTHER}
    enters = {"mail": "expert_xaa@example.org", "passphrase": GOOD, "next": "/"}
    return (
        (Action.SIGN_IN, Readied(nobody(office), "/sign-in", enters).send),
        (Action.CHANGE_OWN_ACCOUNT, Readied(inside, "/account/passphrase", changed).send),
    )


def _links(office: Office) -> Pair:
    link = issue(office.world, "focal_xaa", "expert_xaa")
    fields = {"mail": "expert_xaa@example.org", "passphrase": GOOD, "again": GOOD}
    again = f"/people/{office.world.members['expert_xaa'].person}/link"
    return (
        (Action.USE_INVITATION, Readied(nobody(office), path_of(link), fields).send),
        _sent(office, Action.ISSUE_LINK, "focal_xaa", again),
    )


PAIRS: Final[Mapping[str, Callable[[Office], Pair]]] = {
    "a draft is submitted and withdrawn": lambda office: (
        _form(office, "/documents/{id}/submit"),
        _withdrawal(office, office.draft),
    ),
    "a version is added and its document withdrawn": lambda office: (
        _form(office, "/documents/{id}/versions"),
        _withdrawal(office, office.draft),
    ),
    "a document arrives and its review is closed": lambda office: (
        _upload(office),
        _form(office, "/register/{id}/close"),
    ),
    "a document arrives and the assignment of its author ends": lambda office: (
        _upload(office),
        _form(office, "/people/{id}/assignments/{assignment}/end"),
    ),
    "a document arrives and its author is signed out": lambda office: (
        _upload(office),
        _form(office, "/people/{id}/sessions/end"),
    ),
    "a publication is prepared and its document withdrawn": lambda office: (
        _form(office, "/reviews/{id}/publications"),
        _withdrawal(office, office.shown),
    ),
    "what is due becomes public and its document is withdrawn": lambda office: (
        _due(office)[0],
        _withdrawal(office, office.shown),
    ),
    "what is due becomes public and is called off": lambda office: (
        (due := _due(office))[0],
        _sent(office, Action.CANCEL_PUBLICATION, "focal_xaa", f"{due[1]}/cancel"),
    ),
    "an answer is submitted and its clarification closed": lambda office: (
        _answer(office),
        _sent(
            office,
            Action.CLOSE_CLARIFICATION,
            "expert_xbb",
            f"/clarifications/{office.talk.ids('/clarifications')['clarifications']}/close",
        ),
    ),
    "an answer is submitted and discarded": lambda office: (
        _answer(office),
        _sent(office, Action.DISCARD_ENTRY, "expert_xaa", f"/entries/{office.talk.reply.entry}/discard"),
    ),
    "two questions are merged into each other": _merged,
    "a translation is delivered and recalled": lambda office: (
        _form(office, "/translations/{id}/delivery"),
        _form(office, "/translations/{id}/recall"),
    ),
    "a report is agreed on and withdrawn": lambda office: (
        _agreement(office),
        _sent(
            office,
            Action.WITHDRAW_DOCUMENT,
            "officer",
            f"/documents/{office.agreements.fields('/reviews/{id}/report')['report']}/withdraw",
            reason="A mistake.",
        ),
    ),
    "a grant is changed and revoked": lambda office: _granted(
        office, Action.REVOKE_GRANT, "revoke", "/grants/{id}/change"
    ),
    "a grant is given and refused": lambda office: _granted(
        office, Action.REFUSE_GRANT, "refuse", "/grants/{id}/decide"
    ),
    "an offer is accepted and taken back": lambda office: _granted(
        office, Action.REVOKE_GRANT, "revoke", "/grants/{id}/answer"
    ),
    "a case is confirmed and declined": lambda office: _case(
        office, "/cases/{id}/confirm", "decline", Action.DECLINE_CASE, "confidentiality_other"
    ),
    "an exhibit arrives and its case is closed": _exhibit,
    "a report is proposed and its review set back": lambda office: (
        _form(office, "/reviews/{id}/report"),
        _sent(
            office,
            Action.ADVANCE_REVIEW,
            "officer",
            f"/reviews/{office.world.files['xaa'].review}/stage",
            seen="report",
            stage="dialogue",
        ),
    ),
    "questions are submitted together and one of them is discarded": lambda office: (
        _form(office, "/reviews/{id}/clarifications/batch"),
        _sent(office, Action.DISCARD_ENTRY, "focal_xbb", f"/entries/{office.talk.batched}/discard"),
    ),
    "a note's copy arrives and somebody else's hand-over ends what it is of": lambda office: (
        _form(office, "/people/{id}/appointments/{appointment}/copies"),
        _form(office, "/people/{id}/appointments/{appointment}/hand-over"),
    ),
    "somebody hands over and is ended": lambda office: (
        _form(office, "/people/{id}/appointments/{appointment}/hand-over"),
        _form(office, "/people/{id}/appointments/{appointment}/end"),
    ),
    "somebody signs in and changes the passphrase": _passphrases,
    "a link is used and another one issued": _links,
}


def _between(ones: int, others: int) -> list[list[int]]:
    """Give orders in which one of the two is neither before nor after the other."""
    if min(ones, others) == 1:
        one = int(ones > 1)  # who takes a single transaction
        return [[1 - one] * before + [one] + [1 - one] * 20 for before in range(1, max(ones, others))]
    return [[0, 1] * 10, [1, 0] * 10]


def _done(furnished: tuple[Path, Office], folder: Path, pair: str, turns: list[int]) -> tuple[Outcome, list[int]]:
    """Do a pair in an office of its own; gives what came of it, and how many transactions each took."""
    clock = Clock()
    order = Order(turns, lambda: clock.forward(timedelta(microseconds=1)))
    with moved_in(furnished, folder, clock) as office:
        (one, do), (other, do_other) = PAIRS[pair](office)
        with heard(office.world) as events, publicity.stood_in():
            answers = at_once(order, do, do_other)
        for answer in answers:
            if answer is not None:
                is_calm(answer)
        assert not order.stuck
        fits(office, events)
        yes = [answer is None or answer.status_code in TAKEN for answer in answers]
        done = sorted((event["at"], event["action"]) for event in acts(events, one, other))
        return (yes[0], yes[1], tuple(action for _, action in done)), order.begun


@pytest.mark.parametrize("pair", PAIRS)
def test_two_acts_at_once_are_as_one_after_the_other(furnished: tuple[Path, Office], tmp_path: Path, pair: str) -> None:
    first, (ones, _) = _done(furnished, tmp_path / "first", pair, [0] * 20)
    last, (_, others) = _done(furnished, tmp_path / "last", pair, [1] * 20)
    for turns in _between(ones, others):
        found, _ = _done(furnished, tmp_path / "".join(map(str, turns)), pair, turns)
        assert found in {first, last}, turns
