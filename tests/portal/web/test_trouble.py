"""I can't get in: the page helps, and tells a stranger nothing of who exists: the same bytes, the same time."""

import asyncio
import random
import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

import pytest
from sqlmodel import select

from portal import gate
from portal.access.actions import Action
from portal.app import web_app
from portal.audit.events import IDENTITY_STREAM, REFUSALS_STREAM
from portal.identity import helpdesk
from portal.identity.helpdesk import HELP_ATTEMPTS
from portal.identity.passphrases import Passphrases
from portal.usecases.invitations import issue_link
from storage.accounts import AccountNotice
from tests.cast import World
from tests.contents import form_token, said
from tests.office import VISITOR
from tests.portal.web.test_signin import CHEAP, GOOD, sign_in, visitor
from tests.portal.web.test_timing import Answer, Asking, Route, area
from tests.statements import statements
from tests.web_client import ORIGIN, Browser, browser, within

PAIRS = 80
BOUND = 0.15  # by chance 0.04 from one half on average with so few pairs


def link_for(world: World, who: str = "expert_xcc") -> str:
    with world.request():
        issued = issue_link(world.portal, world.caller("focal_xcc"), world.members[who].person)  # type: ignore[arg-type]
    return issued.address


def told(world: World) -> int:
    with world.portal.database.read() as session:
        return len(session.scalars(select(AccountNotice.id).where(AccountNotice.kind == "trouble_reported")).all())


def ask(client: Browser, mail: str):  # noqa: ANN201  # the client's own response type
    return client.form("/trouble", "/trouble/help", mail=mail)


def plain(text: str) -> str:
    """Take away the tokens and what a passkey's device is asked, which differ on every page."""
    return re.sub(r'(name="csrf" value|name="challenge" value|data-options)="[^"]+"', "", text)


def test_the_page_says_what_the_browser_shows(world: World) -> None:
    client = browser(world)
    first = client.get("/trouble").text
    assert "none came with this page" in first
    second = client.get("/trouble").text
    assert "arrive" in second
    assert "2026-05-04 09:30:00 UTC" in second
    assert "not encrypted" in second
    assert "no, or its cookies were cleared" in second
    assert "/trouble" in client.get("/sign-in").text


def test_a_browser_that_somebody_signed_in_with_is_known_and_nobody_is_named(world: World) -> None:
    client = visitor(world.portal)
    client.get(link_for(world))
    path = link_for(world).removeprefix(ORIGIN)
    assert client.form(path, path, mail="expert_xcc@example.org", passphrase=GOOD, again=GOOD).status_code == 303
    client.cookies.delete("portal-local")
    text = client.get("/trouble").text
    assert "Somebody signed in with it before" in text
    assert "no, or its cookies were cleared" not in text
    assert "xcc" not in text.lower()


@pytest.mark.parametrize(
    ("spoilt", "sentence"),
    [
        (lambda link: link, "This sign-in link works"),
        (lambda link: f"Please open {link} today.", "This sign-in link works"),
        (lambda link: link[:-1], "This is not one of the portal’s sign-in links"),
        (lambda link: link[:-1] + ("A" if link[-1] != "A" else "B"), "This is not one of the portal’s sign-in links"),
        (lambda _: "", "This is not one of the portal’s sign-in links"),
        (lambda _: "It was a dark and stormy night. " * 1500, "This is not one of the portal’s sign-in links"),
        (lambda _: "<script>/enter/" + "x" * 43 + "\x01\u202e", "This is not one of the portal’s sign-in links"),
    ],
)
def test_a_pasted_link_says_how_it_stands_and_stays_as_it_was(world: World, spoilt, sentence: str) -> None:  # noqa: ANN001
    link, client = link_for(world), browser(world)
    for _ in range(2):
        answer = client.form("/trouble", "/trouble/link", link=spoilt(link))
        assert answer.status_code == 200
        assert sentence in answer.text
        assert link.rpartition("/")[2] not in answer.text
    assert browser(world).get(link).status_code == 200


def test_a_whole_novel_is_too_large_or_no_link_and_never_an_error(world: World) -> None:
    answer = browser(world).form("/trouble", "/trouble/link", link="Call me Ishmael. " * 200_000)
    assert answer.status_code in {200, 413}


def test_looking_is_recorded_as_opening_a_link_is_and_counted(world: World) -> None:
    client, link = browser(world), link_for(world)
    client.form("/trouble", "/trouble/link", link=link)
    seen = [one for one in said(world, IDENTITY_STREAM) if one["action"] == Action.USE_INVITATION]
    assert seen[-1]["detail"] == {"person": str(world.members["expert_xcc"].person), "step": "looked at"}
    client.form("/trouble", "/trouble/link", link="nonsense")
    assert [one for one in said(world, REFUSALS_STREAM) if one["action"] == Action.USE_INVITATION]
    answers = [client.form("/trouble", "/trouble/link", link=link).status_code for _ in range(12)]
    assert answers[-1] == 429
    entering = visitor(world.portal)
    path = link.removeprefix(ORIGIN)
    used = entering.form(path, path, mail="expert_xcc@example.org", passphrase=GOOD, again=GOOD)
    assert used.status_code == 303  # looking takes nothing from the attempts to use it


def test_a_stranger_and_an_existing_person_get_the_same_bytes(world: World) -> None:
    answers = []
    for mail in ("expert_xcc@example.org", "nobody@nowhere.example", "EXPERT_XCC@example.org", "no address"):
        answer = ask(browser(world), mail)
        answers.append((answer.status_code, plain(answer.text), sorted(set(answer.headers) - {"set-cookie"})))
    assert answers[0][0] == 200
    assert all(one == answers[0] for one in answers)
    assert told(world) == 1


def test_asking_is_slowed_down_alike_for_both(world: World) -> None:
    for mail in ("expert_xcc@example.org", "nobody@nowhere.example"):
        client = browser(world)
        answers = [ask(client, mail) for _ in range(HELP_ATTEMPTS + 1)]
        assert [answer.status_code for answer in answers] == [200] * HELP_ATTEMPTS + [429]
        assert "quarter of an hour" in answers[-1].text
    client = browser(world)
    for number in range(30):
        last = ask(client, f"somebody{number}@nowhere.example").status_code
    assert last == 429
    assert told(world) == 1


def test_the_focal_point_sees_who_asked_and_issues_a_link(world: World) -> None:
    ask(browser(world), "expert_xcc@example.org")
    focal = browser(world, "focal_xcc")
    assert "1 notice about an account" in focal.get("/work").text
    notices = focal.get("/notices").text
    assert "Somebody says that they can’t get into the portal" in notices
    assert "Expert_Xcc Example" in notices
    at = f"/people/{world.members['expert_xcc'].person}"
    assert f'href="{at}"' in notices
    assert "They asked for help on" in focal.get(at).text
    assert "/enter/" in focal.form(at, f"{at}/link").text
    for other in ("focal_xbb", "expert_xcc", "observer_xcc"):
        assert "can’t get into the portal" not in browser(world, other).get("/notices").text


def test_events_are_marked_as_seen_and_are_ones_own(world: World) -> None:
    ask(browser(world), "expert_xcc@example.org")
    focal = browser(world, "focal_xcc")
    found = re.search(
        r'action="/notices/account/seen".*?name="newest" value="([^"]+)"', focal.get("/notices").text, re.DOTALL
    )
    assert found
    other = browser(world, "focal_xbb")
    for newest in (found[1], "nonsense", ""):
        assert other.form("/account", "/notices/account/seen", newest=newest).status_code == 404
    assert focal.form("/notices", "/notices/account/seen", newest=found[1]).status_code == 303
    assert "/notices/account/seen" not in focal.get("/notices").text


def test_many_failed_attempts_are_told_to_the_person_once_and_a_stranger_sees_no_difference(world: World) -> None:
    link = link_for(world)
    owner = visitor(world.portal)
    path = link.removeprefix(ORIGIN)
    assert owner.form(path, path, mail="expert_xcc@example.org", passphrase=GOOD, again=GOOD).status_code == 303
    answers = []
    for mail in ("expert_xcc@example.org", "nobody@nowhere.example"):
        attacker = visitor(world.portal)
        for _ in range(13):
            answer = sign_in(attacker, mail, "guess number one two")
        answers.append((answer.status_code, plain(answer.text).replace(mail, "")))
    assert answers[0] == answers[1]
    assert answers[0][0] == 429
    with world.portal.database.read() as session:
        rows = session.scalars(select(AccountNotice).where(AccountNotice.kind == "many_attempts")).all()
    assert [row.person_id for row in rows] == [world.members["expert_xcc"].person]


class HelpAsking(Asking):
    """Asks for help as a visitor, for somebody who exists or not."""

    def _request(self, route: Route, *, forbidden: bool) -> tuple[dict[str, object], bytes]:
        scope, _ = super()._request(replace(route, way="/trouble/help", there=(), nowhere=()), forbidden=forbidden)
        mail = "expert_xcc@example.org" if forbidden else "expert_xyz@example.org"
        body = f"csrf={quote(form_token(VISITOR))}&mail={quote(mail)}".encode()
        headers = dict(scope["headers"]) | {
            b"cookie": f"portal-visitor-local={VISITOR}".encode(),
            b"content-length": str(len(body)).encode(),
        }
        return {**scope, "headers": list(headers.items())}, body


HELP = Route("/trouble/help", "focal_xaa", (), method="POST", status=200)


@pytest.fixture
def help_asking(world: World, monkeypatch: pytest.MonkeyPatch) -> HelpAsking:
    made = HelpAsking(world)
    monkeypatch.setattr(gate, "sleep", made.wait)
    monkeypatch.setattr(helpdesk, "HELP_ATTEMPTS", 10**6)
    monkeypatch.setattr(helpdesk, "HELP_FROM_ONE_PLACE", 10**6)
    return made


def test_help_for_a_stranger_and_for_somebody_takes_the_same_time(world: World, help_asking: HelpAsking) -> None:
    """Also when those who may help are told of it, each time on another day."""

    async def both() -> dict[bool, list[int]]:
        took: dict[bool, list[int]] = {True: [], False: []}
        for turn in range(PAIRS + 3):
            world.clock.forward(timedelta(days=2))
            for there in random.sample((True, False), 2):
                answer: Answer = await help_asking.ask(HELP, forbidden=there)
                assert answer.status == 200
                if turn >= 3:
                    took[there].append(answer.nanoseconds)
        return took

    took = asyncio.run(both())
    assert told(world) == PAIRS + 3
    assert abs(area(took[True], took[False]) - 0.5) < BOUND


def test_help_for_a_stranger_looks_up_what_it_does_for_somebody(world: World) -> None:
    """But for the helpers themselves: each is asked about, and told, where there is somebody."""

    def questions(mail: str) -> list[str]:
        client = browser(world)
        client.get("/trouble")
        with statements(world, begun=True) as asked:
            ask(client, mail)
        return [one for one in asked if "account_notice" not in one and "RELEASE" not in one and "SAVEPOINT" not in one]

    for _ in range(2):
        questions("nobody@nowhere.example")  # the keys of the log are kept in memory after that
    assert questions("expert_xcc@example.org") == questions("nobody@nowhere.example")


def test_the_door_knows_a_browser_that_is_slowed_down(world: World) -> None:
    door = Passphrases(world.portal, CHEAP)
    inner = web_app(world.portal)
    within(inner).state.passphrases = door
    client = Browser(inner, base_url=ORIGIN, client=("127.0.0.1", 50000), raise_server_exceptions=False)
    assert "yes: wait" not in client.get("/trouble").text
    for number in range(51):
        sign_in(client, f"nobody{number}@nowhere.example", "guess number one two")
    assert "yes: wait" in client.get("/trouble").text
