"""The care of accounts through the pages: buttons, forms, what they say before, and filters of the administrator."""

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from portal.domain.ids import PersonId
from portal.domain.reviews import ReviewStage
from portal.domain.roles import Role
from portal.letters import account_letter
from portal.usecases.account_mailing import send_account_mail
from portal.usecases.invitations import issue_link
from portal.usecases.tree import sequence
from storage.accounts import AccountNotice
from storage.tables import Appointment, Invitation, Person, Review
from tests.cast import World, add_member, setting_up
from tests.mail_server import MailServer, mail_server
from tests.portal.usecases.test_mailing import text_of
from tests.portal.web.test_people import AMAL, NOTE, give_passphrase, links_on
from tests.portal.web.test_signin import CHEAP, GOOD, sign_in, visitor
from tests.web_client import ORIGIN, Browser, browser


@pytest.fixture
def focal(world: World) -> Browser:
    return browser(world, "focal_xcc")


@pytest.fixture
def server(world: World, tmp_path: Path) -> Iterator[MailServer]:
    folder = tmp_path / "mail"
    folder.mkdir()
    with mail_server(folder) as running:
        world.portal.settings = replace(world.portal.settings, **running.settings)
        yield running


def page_of(world: World, who: str) -> str:
    return f"/people/{world.members[who].person}"


def test_an_open_link_is_revoked_by_its_button(world: World, focal: Browser) -> None:
    at = page_of(world, "expert_xcc")
    link = re.search(r"http://localhost:8000/enter/[\w-]+", focal.form(at, f"{at}/link").text)
    assert link
    revokes = re.search(rf'action="({at}/links/[^"]+/revoke)"', focal.get(at).text)
    assert revokes
    assert focal.form(at, revokes[1]).status_code == 303
    assert browser(world).get(link[0]).status_code == 404
    assert links_on(focal.get(at).text)[0][2] == "never; it doesn’t work any more"
    assert "/revoke" not in focal.get(at).text
    again = focal.form(at, revokes[1])
    assert again.status_code == 409
    for other in ("focal_xbb", "administrator"):
        assert browser(world, other).form("/account", revokes[1]).status_code in {403, 404}


def test_the_page_says_how_a_lost_link_is_sent_again_and_why_a_later_one_goes_by_hand(
    world: World, focal: Browser, server: MailServer
) -> None:
    at = page_of(world, "expert_xcc")
    assert server.taken == []
    fresh = focal.get(at).text
    assert "A new sign-in link ends the former one" in fresh
    assert "Send a sign-in link by mail" in fresh
    give_passphrase(world, world.members["expert_xcc"].person)
    later = focal.get(at).text
    assert "handed over by hand and not sent by mail" in later
    assert "Send a sign-in link by mail" not in later
    answer = focal.form(at, f"{at}/link", how="mail")
    assert answer.status_code == 422
    assert "handed over by hand" in answer.text


def test_an_invitation_by_mail_is_not_shown_and_lets_in(world: World, focal: Browser, server: MailServer) -> None:
    answer = focal.form("/people/new", "/people/new", **AMAL, **NOTE, how="mail")
    assert answer.status_code == 200
    assert "goes to this person by mail" in answer.text
    assert "/enter/" not in answer.text
    while send_account_mail(world.portal, account_letter):
        pass
    link = re.search(r"http://localhost:8000(/enter/[\w-]+)", text_of(server.taken[0].raw))
    assert link
    client = visitor(world.portal)
    entered = client.form(link[1], link[1], mail=AMAL["mail"], passphrase=GOOD, again=GOOD)
    assert entered.status_code == 303


def test_without_a_mail_server_the_choice_is_not_offered_and_not_taken(world: World, focal: Browser) -> None:
    at = page_of(world, "expert_xcc")
    assert "by mail" not in focal.get("/people/new").text
    assert "Send a sign-in link by mail" not in focal.get(at).text
    answer = focal.form("/people/new", "/people/new", **AMAL, **NOTE, how="mail")
    assert answer.status_code == 422
    assert "No mail server is set up" in answer.text
    assert AMAL["name"] in answer.text
    assert AMAL["name"] not in focal.get("/people").text
    assert focal.form(at, f"{at}/link", how="mail").status_code == 422


def test_signing_somebody_out_says_before_what_it_does(world: World, focal: Browser) -> None:
    at = page_of(world, "expert_xcc")
    assert "Appointments and calendar stay" in focal.get(at).text
    theirs = browser(world, "expert_xcc")
    assert theirs.get("/account").status_code == 200
    assert focal.form(at, f"{at}/sessions/end").status_code == 303
    assert theirs.get("/account", follow_redirects=False).status_code == 303
    for other in ("focal_xbb", "expert_xcc", "registrar"):
        text = browser(world, other).get(at).text
        assert "/sessions/end" not in text


def test_the_administrator_signs_everybody_out_after_a_page_that_says_so(world: World) -> None:
    client, theirs = browser(world, "administrator"), browser(world, "expert_xcc")
    assert theirs.get("/account").status_code == 200
    page = client.get("/administration/sessions").text
    assert f"{len(world.members) - 1} sessions end at once" in page
    assert client.form("/administration/sessions", "/administration/sessions/end").status_code == 303
    assert client.get("/administration").status_code == 200
    assert theirs.get("/account", follow_redirects=False).status_code == 303
    assert browser(world, "administrator").get("/administration/sessions").text.count("0 sessions end at once") == 1
    outsider = add_member(world, "again", Role.REGISTRAR)
    assert outsider
    assert browser(world, "again").get("/administration/sessions").status_code == 404
    assert browser(world, "again").form("/account", "/administration/sessions/end").status_code == 404


def test_another_mail_address_signs_in_at_once_and_the_old_one_no_more(world: World, focal: Browser) -> None:
    with world.request():
        link = issue_link(
            world.portal, world.caller("focal_xcc"), PersonId(world.members["expert_xcc"].person)
        ).address.removeprefix(ORIGIN)
    theirs = visitor(world.portal)
    assert theirs.form(link, link, mail="expert_xcc@example.org", passphrase=GOOD, again=GOOD).status_code == 303
    at = page_of(world, "expert_xcc")
    assert "The present one is" in focal.get(f"{at}/mail").text
    assert focal.form(f"{at}/mail", f"{at}/mail", mail=" New@Example.ORG ").status_code == 303
    assert theirs.get("/account").status_code == 200
    assert "The mail address of your account was changed" in theirs.get("/account").text
    assert sign_in(visitor(world.portal), "new@example.org").status_code == 303
    assert sign_in(visitor(world.portal), "expert_xcc@example.org").status_code == 422
    assert CHEAP


@pytest.mark.parametrize(
    ("mail", "sentence"),
    [
        ("focal_xbb@example.org", "two people can’t share one"),
        ("expert_xcc@example.org", "has already"),
        ("nonsense", "This is no mail address"),
        ("", "This is no mail address"),
        ("a@b.example\u202e", "This is no mail address"),
    ],
)
def test_an_address_that_can_not_be_taken_is_refused_beside_what_was_typed(
    world: World, focal: Browser, mail: str, sentence: str
) -> None:
    at = page_of(world, "expert_xcc")
    answer = focal.form(f"{at}/mail", f"{at}/mail", mail=mail)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'value="{mail.strip()}"' in answer.text
    with world.portal.database.read() as session:
        assert session.scalars(select(AccountNotice)).all() == []


def test_a_page_of_another_states_person_leads_nowhere(world: World) -> None:
    foreign = browser(world, "focal_xbb")
    at = page_of(world, "expert_xcc")
    assert foreign.get(f"{at}/mail").status_code == 404
    for act, more in (("mail", {"mail": "mine@example.org"}), ("sessions/end", {}), ("link", {"how": "mail"})):
        answer = foreign.form("/account", f"{at}/{act}", **more)
        assert answer.status_code == 404
        nowhere = foreign.form("/account", f"/people/00000000-0000-4000-8000-00000000abcd/{act}", **more)
        assert re.sub(r"csrf.*", "", answer.text) == re.sub(r"csrf.*", "", nowhere.text)


# --- the administrator's list


def names_on(text: str) -> set[str]:
    return set(re.findall(r'<th scope="row"><a href="/people/[^"]+"><bdi>([^<]+)</bdi>', text))


def test_the_administrator_finds_accounts_by_state_state_of_the_account_and_link(world: World) -> None:
    client = browser(world, "administrator")
    give_passphrase(world, world.members["expert_xcc"].person)
    with setting_up(world.portal) as (work, permit):
        del permit
        for who, days in (("roster_xcc", 7), ("observer_xcc", -1)):
            work.identity.add(
                Invitation(
                    id=world.members[who].appointment,
                    person_id=world.members[who].person,
                    token_hash=who.encode(),
                    created_at=work.now - timedelta(days=8),
                    expires_at=work.now + timedelta(days=days),
                )
            )

    def found(query: str) -> set[str]:
        return names_on(client.get(f"/administration?{query}").text)

    assert found("state=all") == {f"{who.title()} Example" for who in world.members}
    assert found("state=XCC&account=active") == {"Expert_Xcc Example"}
    assert found("state=all&account=active") == {"Expert_Xcc Example"}
    assert "Expert_Xcc Example" not in found("state=XCC&account=invited")
    assert found("state=all&link=open") == {"Roster_Xcc Example"}
    assert found("state=all&link=expired") == {"Observer_Xcc Example"}
    assert found("state=XCC&account=suspended") == set()
    assert found("state=all&account=nonsense&link=%00") == set()
    assert client.get("/administration?state=nowhere&account=%F0%9F%98%80").status_code == 200


def test_everybodys_accounts_come_in_parts_state_by_state_each_account_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.usecases.administration.PAGE", 4)
    client = browser(world, "administrator")
    address: str | None = "/administration?state=all"
    found: list[str] = []
    while address:
        text = client.get(address).text
        found += re.findall(r'<th scope="row"><a href="/people/([^"]+)"', text)
        following = re.search(r'rel="next" href="([^"]+)"', text)
        address = f"/administration{html.unescape(following[1])}" if following else None
    with world.portal.database.read() as session:
        of_state = {str(one.id): one.state_code or "" for one in session.scalars(select(Person))}
    assert sorted(found) == sorted(of_state)
    assert [of_state[id_] for id_ in found] == sorted(of_state.values())
    assert 'rel="next"' not in client.get("/administration?state=all&account=suspended").text
    last = client.get("/administration?state=all&account=&link=&page=99999").text
    assert found[-1] in last
    assert client.get("/administration?state=all&page=%00").status_code == 200


def test_the_last_sign_in_is_told_by_its_day_and_not_its_time(world: World) -> None:
    client = browser(world, "administrator")
    row = re.search(r"<tr>(?:(?!</tr>).)*Officer Example.*?</tr>", client.get("/administration").text, re.DOTALL)
    assert row
    assert "4 May 2026" in row[0]
    assert "09:30" not in row[0]


def test_health_counts_sign_ins_refusals_sessions_and_open_links(world: World) -> None:
    with world.request():
        issue_link(world.portal, world.caller("focal_xcc"), PersonId(world.members["expert_xcc"].person))
    sign_in(visitor(world.portal), "nobody@example.org")
    text = browser(world, "administrator").get("/administration/health").text
    plain = " ".join(re.sub(r"<[^>]+>", " ", text).split())
    assert f"Open sessions {len(world.members)}" in plain
    assert "Sign-in links that are open 1" in plain
    assert "Signing in, by day" in plain
    assert re.search(r"Refused 1( –){6}", plain)  # today first: a narrow page shows the beginning


def test_health_says_how_the_logs_tree_stands(world: World) -> None:
    def shown() -> str:
        text = browser(world, "administrator").get("/administration/health").text
        return " ".join(re.sub(r"<[^>]+>", " ", text).split())

    assert "Entries in the log’s tree 0 Checkpoint signed last –" in shown()
    placed = sequence(world.portal, "here")
    assert re.search(rf"Entries in the log’s tree {placed} Checkpoint signed last 4 May 2026", shown())
    world.clock.forward(timedelta(minutes=2))
    assert "stands still: run portal fsck" in shown()
    while sequence(world.portal, "here"):
        pass
    assert "stands still" not in shown()


# --- the last focal point


def end_form(world: World, by: str, who: str) -> str:
    path = f"{page_of(world, who)}/appointments/{world.members[who].appointment}/end"
    return browser(world, by).get(path).text


def test_ending_the_last_focal_point_says_what_it_means_and_is_done(world: World) -> None:
    text = end_form(world, "registrar", "focal_xaa")
    assert "This is the only focal point of the State" in text
    assert "is party to 1 review that is open" in text
    assert "is party to 2 reviews that are open" in end_form(world, "registrar", "focal_xbb")
    assert "The registrar appoints the next one" in text
    assert "only focal point" not in end_form(world, "registrar", "focal_xff")  # party to nothing
    path = f"{page_of(world, 'focal_xaa')}/appointments/{world.members['focal_xaa'].appointment}/end"
    assert browser(world, "registrar").form(path, path).status_code == 303
    with world.portal.database.read() as session:
        row = session.get(Appointment, world.members["focal_xaa"].appointment)
        assert row is not None
        assert row.ended_at is not None


def test_where_there_is_another_or_the_review_is_closed_nothing_is_said(world: World) -> None:
    add_member(world, "deputy_xaa", Role.FOCAL_POINT, "XAA")
    assert "only focal point" not in end_form(world, "registrar", "focal_xaa")
    with setting_up(world.portal) as (work, _):
        for review in work.session.scalars(select(Review)):
            review.stage = ReviewStage.CLOSED.value
    assert "only focal point" not in end_form(world, "registrar", "focal_xdd")
