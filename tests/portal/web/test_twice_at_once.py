"""Every form sent twice at the same moment, its transactions one in between the other: the act is done once.

Two windows of one browser send the same bytes. Each begins its first transaction, then each its second, and so on: what
either of them read before the other wrote is old when it writes. Whoever comes second gets a sentence, the log bears
one act, every intent has its outcome, and rows and log still fit.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import pytest

from portal.access.actions import Action
from portal.app import open_portal
from portal.usecases.checks import check_records
from portal.web.ways import Way
from tests import publicity
from tests.cast import World
from tests.contents import heard
from tests.databases import ON_SERVER
from tests.office import FORMS, Office, posts
from tests.portal.web.test_bad_input import is_calm
from tests.readied import Readied, ready
from tests.together import Order, at_once
from tests.web_client import browser

TAKEN: Final = frozenset({200, 303})
# What is not taken here: it only looks, or asks somebody else first, and is tried where that is.
NOT_TAKEN: Final[Mapping[str, str]] = {
    "/sign-in/issuers/{id}/return": "an issuer has to vouch for somebody first (test_two_replicas.py)",
    "/sign-in/issuers/{id}/logout": "an issuer has to sign it (test_two_replicas.py)",
    "/notices/account/seen": "who is signed in has been told nothing of their account",
    "/trace": "the file bears no mark",
}
# What may be said again: it says how something is to be, and is so already.
SET: Final = "it says how things are to be, and so they are"
TURN: Final = "/reviews/{id}/publications"  # a process makes one file at a time for it, another replica another one
# What may be there twice: each is shown where it was made, and can be taken away or set aside there.
MADE: Final = "two of them are two, and both are shown"
AGAIN: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            *("/account", "/account/notices", "/notices/seen", "/account/sessions/end", "/account/sessions/{id}/end"),
            *("/calendar/end", "/reviews/{id}/undertaking", "/granted/{id}/undertaking", "/reviews/{id}/help"),
            *("/reviews/{id}/clearance", "/clarifications/{id}/route"),
            *("/cases/{id}/grants", "/reviews/{id}/report/comments/taken", "/comments/{id}/disposition"),
            *("/grants/{id}/readers", "/states/import", "/states/shipped", "/states/{code}", "/register/{id}/settings"),
            *("/people/{id}/sessions/end", "/administration/sessions/end"),
        ),
        SET,
    ),
    **dict.fromkeys(
        (
            *("/rooms/{id}/documents", "/documents/{id}/versions", "/cases/{id}/exhibits"),
            *("/people/{id}/appointments/{appointment}/copies", "/people/{id}/assignments/{assignment}/copies"),
            *("/reviews/{id}/clarifications", "/clarifications/{id}/drafts", "/reviews/{id}/contacts"),
            *("/clarifications/{id}/comments", "/reviews/{id}/report/comments", "/comments/{id}/replies"),
            *("/reviews/{id}/concerns", "/granted/{id}/concerns", "/cases", "/cases/{id}/entries"),
            TURN,
        ),
        MADE,
    ),
    **dict.fromkeys(("/rooms/{id}/find", "/reviews/{id}/clarifications/find", "/grants/{id}/preview"), "it looks"),
    "/trouble/link": "it looks",
    "/trouble/help": "somebody asks for help; the second letter says what the first did",
    "/account/recovery": "the newer codes take the place of the older ones",
    "/calendar": "the newer address takes the place of the older one",
    "/people/{id}/link": "the newer link takes the place of the older one",
    "/people/{id}/links/{link}/confirm": "whoever confirmed it is shown its second part once more",
    "/hearings/{id}": "whoever is heard answers as often as they like until there is a finding",
    "/cases/{id}/submission": "a State submits as often as it likes; the newest counts",
}


@contextmanager
def _beside(office: Office) -> Iterator[World]:
    """The same portal as another replica opens it, where there may be several; else itself."""
    world = office.world
    if not ON_SERVER:
        yield world
        return
    portal = open_portal(world.portal.settings, world.clock)
    yield World(portal, world.clock, world.members, world.files)
    portal.database.close()


def _twin(form: Readied, there: World) -> Readied:
    """Give the same form in another window, where the other replica answers."""
    if not ON_SERVER:
        return form.twin()
    client = browser(there)
    for cookie in form.client.cookies.jar:
        client.cookies.jar.set_cookie(cookie)
    return form.of(client)


def acts(events: list[dict[str, Any]], *actions: Action | None) -> list[dict[str, Any]]:
    """Choose the events by which acts were done: of one that takes two events the outcome says so."""
    mine = [event for event in events if event["action"] in actions and "permit" in event]
    return [event for event in mine if event["phase"] in {"act", "outcome"}]


def fits(office: Office, events: list[dict[str, Any]]) -> None:
    """No intent is open, and rows and log fit."""
    begun = {event["id"] for event in events if event["phase"] == "intent"}
    assert begun == {event["intent"] for event in events if event["phase"] == "outcome"}
    report = check_records(office.world.portal)
    assert report.ok, report.findings


@pytest.mark.parametrize("way", posts(), ids=lambda way: way.path)
def test_a_form_sent_twice_at_once_does_its_act_once(office: Office, way: Way) -> None:
    form = ready(office, way)
    order = Order([0, 1] * 10)
    with heard(office.world) as events, _beside(office) as there, publicity.stood_in():
        answers = at_once(order, form.send, _twin(form, there).send)
    if way.path not in AGAIN:
        answers.append(form.send())
    for answer in answers:
        is_calm(answer)
    assert not order.stuck
    taken = sum(answer.status_code in TAKEN for answer in answers[:2])
    if way.path in NOT_TAKEN:
        assert not taken
    elif way.path in AGAIN:
        assert taken == 2 or (way.path == TURN and taken)
    else:
        assert len(acts(events, way.action)) == 1
        assert taken >= 1
    fits(office, events)


# A form that somebody else may send too: the act is done once, or each of the two has their own part in it.
OTHERS: Final[Mapping[str, tuple[str, int]]] = {
    "/publications/{id}/confirm": ("expert_xaa", 2),
    "/publications/{id}/cancel": ("second_focal", 1),
    "/publications/{id}/withdraw": ("second_focal", 1),
    "/documents/{id}/submit": ("second_focal", 1),
    "/documents/{id}/withdraw": ("second_focal", 1),
    "/documents/{id}/describe": ("second_focal", 1),
    "/entries/{id}": ("focal_xaa", 1),
    "/entries/{id}/submit": ("focal_xbb", 1),
    "/entries/{id}/discard": ("focal_xbb", 1),
    "/clarifications/{id}/close": ("focal_xbb", 1),
    "/manifests/{id}/agree": ("focal_xbb", 2),
    "/reviews/{id}/report": ("focal_xbb", 1),
    "/cases/{id}/hearing": ("confidentiality_other", 1),
    "/cases/{id}/finding": ("confidentiality_other", 1),
    "/cases/{id}/closing": ("confidentiality_other", 1),
    "/concerns/{id}/aside": ("confidentiality_other", 1),
    "/signals/{id}/aside": ("confidentiality_other", 1),
    "/people/new": ("second_focal", 1),
    "/people/{id}/mail": ("second_focal", 1),
    "/people/{id}/appointments/{appointment}/end": ("second_focal", 1),
    "/people/{id}/appointments/{appointment}/hand-over": ("second_focal", 1),
}


@pytest.mark.parametrize("path", OTHERS)
def test_a_form_sent_by_two_people_at_once_does_its_act_once(office: Office, path: str) -> None:
    way = next(way for way in posts() if way.path == path)
    form, (who, times) = ready(office, way), OTHERS[path]
    other, order = form.of(office.client(who)), Order([0, 1] * 10)
    if path == "/publications/{id}/confirm":  # each has to have read it
        assert other.client.get(other.path.replace("/confirm", "/file")).status_code == 200
    with heard(office.world) as events, publicity.stood_in():
        answers = at_once(order, form.send, other.send)
    for answer in answers:
        is_calm(answer)
    assert not order.stuck
    assert len(acts(events, way.action)) == sum(answer.status_code in TAKEN for answer in answers) == times
    fits(office, events)


def test_no_form_is_named_that_is_not_there() -> None:
    assert {*AGAIN, *NOT_TAKEN, *OTHERS} <= set(FORMS)
