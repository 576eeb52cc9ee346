"""Two portals on one database: a person lands on another one at each request, and nobody notices; nor gains by it."""

import base64
from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from portal.access.caller import Caller
from portal.app import open_portal
from portal.domain.ids import PersonId
from portal.errors import TooMany
from portal.identity.attempts import ACCOUNT_ATTEMPTS, ADDRESS_ATTEMPTS, LINK_ATTEMPTS
from portal.identity.federation import LOGOUTS, Federation
from portal.identity.flows import LIFE
from portal.identity.oidc import Unproven
from portal.usecases.appointments import end_appointment
from portal.usecases.issuers import end_issuer
from portal.web import public
from tests.breaches import contained, registered
from tests.cast import World
from tests.filing import circulated, newest, press
from tests.granting import WHY, act, granted, pledged
from tests.issuer import serving
from tests.portal.web.test_issuers import Ministry, connect, link, refusals, sessions
from tests.portal.web.test_signin import GOOD, OTHER, enrol, issue, sign_in, use, visitor
from tests.publicity import prepared, published
from tests.web_client import Browser, browser

FLOW = "portal-flow-local"


@pytest.fixture
def there(world: World) -> Iterator[World]:
    """The same portal, opened once more, as another process does."""
    portal = open_portal(world.portal.settings, world.clock)
    yield World(portal, world.clock, world.members, world.files)
    portal.database.close()


@pytest.fixture
def xaa(world: World) -> Iterator[Ministry]:
    with serving() as fake:
        yield connect(world, fake, "XAA")


def sent_to(world: World, client: Browser) -> Browser:
    """Give the same person's browser, whose next requests another replica answers."""
    other = browser(world)
    for cookie in client.cookies.jar:
        other.cookies.jar.set_cookie(cookie)
    return other


class Lasting(dict[str, dict[str, str]]):
    """The codes of an issuer that takes each as often as it comes."""

    def pop(self, code: str, *_: object) -> dict[str, str]:  # type: ignore[override]  # the one way in which it is asked
        return self.get(code, {})


# --- through an issuer


def test_one_leaves_from_one_replica_and_comes_back_to_the_other(world: World, there: World, xaa: Ministry) -> None:
    xaa.bind("expert_xaa")
    client = browser(world)
    given = xaa.fake.authorize(xaa.leave(client))
    arrived = sent_to(there, client)
    assert xaa.back(arrived, given).status_code == 303
    assert sent_to(world, arrived).get("/account").status_code == 200


def test_an_answer_works_once_at_all_replicas_together(world: World, there: World, xaa: Ministry) -> None:
    xaa.bind("expert_xaa")
    client = browser(world)
    given = xaa.fake.authorize(xaa.leave(client))
    again = [sent_to(there, client), sent_to(world, client)]
    xaa.fake.codes = Lasting(xaa.fake.codes)
    assert xaa.back(client, given).status_code == 303
    before = len(sessions(world, xaa))
    assert [xaa.back(one, given).status_code for one in again] == [422, 422]
    assert len(sessions(world, xaa)) == before


def test_an_answer_that_fails_at_one_replica_is_used_up_at_the_other(world: World, there: World, xaa: Ministry) -> None:
    xaa.bind("expert_xaa")
    client = browser(world)
    given = xaa.fake.authorize(xaa.leave(client))
    other = sent_to(there, client)
    assert xaa.back(client, {**given, "error": "no"}).status_code == 422
    assert xaa.back(other, given).status_code == 422


def test_a_link_is_bound_at_another_replica_than_the_one_that_asks_for_the_address(
    world: World, there: World, xaa: Ministry
) -> None:
    client, path = browser(world), f"/sign-in/issuers/{xaa.id}/return"
    xaa.fake.subject, xaa.fake.claims = "anna", {}
    asked = xaa.fake.authorize(xaa.leave(client, f"/enter/{link(world, 'expert_xaa')}/issuers/{xaa.id}"))
    arrived = sent_to(there, client)
    page = xaa.back(arrived, asked)
    assert page.status_code == 200
    token = page.text.split('name="csrf" value="')[1].split('"')[0]
    back, again = sent_to(world, arrived), sent_to(there, arrived)
    sent = {"csrf": token, "mail": "expert_xaa@example.org"}
    origin = {"Origin": "http://localhost:8000"}
    assert back.post(path, data=sent, headers=origin, follow_redirects=False).status_code == 303
    assert again.post(path, data=sent, headers=origin, follow_redirects=False).status_code == 422


def test_of_two_windows_the_last_one_comes_back_whatever_the_first_one_brings(
    world: World, there: World, xaa: Ministry
) -> None:
    xaa.bind("expert_xaa")
    client = browser(world)
    first = xaa.fake.authorize(xaa.leave(client))
    second = xaa.fake.authorize(xaa.leave(client))
    assert xaa.back(sent_to(there, client), first).status_code == 422
    assert xaa.back(client, second).status_code == 303


def test_an_address_that_somebody_else_wrote_uses_nothing_up(world: World, xaa: Ministry) -> None:
    xaa.bind("expert_xaa")
    client = browser(world)
    given = xaa.fake.authorize(xaa.leave(client))
    before = refusals(world)
    assert [xaa.back(client, one).status_code for one in ({}, {"state": "a"}, {"error": "x"})] == [422] * 3
    assert refusals(world) == before + 3
    assert xaa.back(client, given).status_code == 303


def test_what_a_browser_carries_is_of_no_use_to_another_issuer_time_or_hand(world: World, xaa: Ministry) -> None:
    with serving() as fake:
        other = connect(world, fake, "XBB")
        xaa.bind("expert_xaa")
        client = browser(world)
        given = xaa.fake.authorize(xaa.leave(client))
        assert other.back(client, given).status_code == 422
        kept = client.cookies[FLOW]
        for spoilt in (kept + "=", kept[:-1], kept[1:], kept[:40] + ("A" if kept[40] != "A" else "B") + kept[41:], ""):
            stranger = browser(world)
            stranger.cookies.set(FLOW, spoilt)
            assert xaa.back(stranger, given).status_code == 422
        world.clock.forward(LIFE)
        assert xaa.back(client, given).status_code == 422
        world.clock.forward(-LIFE)
        assert xaa.back(client, given).status_code == 303


def test_a_mark_is_kept_while_another_replicas_clock_may_still_take_the_answer(
    world: World, there: World, xaa: Ministry
) -> None:
    xaa.bind("expert_xaa")
    client = browser(world)
    given = xaa.fake.authorize(xaa.leave(client))
    again = sent_to(world, client)
    xaa.fake.codes = Lasting(xaa.fake.codes)
    assert xaa.back(client, given).status_code == 303
    ahead = world.clock() + timedelta(minutes=30)
    there.portal.clock = lambda: ahead
    other = browser(there)
    other.get(f"/sign-in/issuers/{xaa.id}", follow_redirects=False)
    xaa.back(other, {"state": parse_qs(urlsplit(xaa.leave(other)).query)["state"][0], "error": "no"})
    assert xaa.back(again, given).status_code == 422


def test_a_long_way_back_fits_into_what_the_browser_carries(world: World, there: World, xaa: Ministry) -> None:
    xaa.bind("expert_xaa")
    following, client = "/account?" + '"' * 990, browser(world)
    answer = client.get(f"/sign-in/issuers/{xaa.id}", params={"next": following}, follow_redirects=False)
    assert len(answer.headers["set-cookie"]) < 4096
    given = xaa.fake.authorize(answer.headers["location"])
    assert xaa.back(sent_to(there, client), given).headers["location"] == following.replace('"', "%22")


def test_what_a_browser_carries_says_nothing_of_the_link(world: World, xaa: Ministry) -> None:
    client, token = browser(world), link(world, "expert_xaa")
    xaa.leave(client, f"/enter/{token}/issuers/{xaa.id}")
    assert token.encode() not in base64.urlsafe_b64decode(client.cookies[FLOW] + "==")


def test_a_message_of_logging_out_counts_once_at_all_replicas_together(
    world: World, there: World, xaa: Ministry
) -> None:
    xaa.bind("expert_xaa")
    assert xaa.log_out(jti="one", sub="nobody").status_code == 200
    xaa.server = browser(there)
    assert xaa.log_out(jti="one").status_code == 400
    assert len(sessions(world, xaa)) == 1
    assert xaa.log_out(jti="two", exp=2**39).status_code == 400  # it would have to be remembered for ever
    late = int(world.clock.now.timestamp()) + 23 * 3600
    assert xaa.log_out(jti="two", exp=late).status_code == 200
    xaa.server = browser(world)
    assert xaa.log_out(jti="two", exp=late).status_code == 400
    assert sessions(world, xaa) == []


def test_messages_that_prove_nothing_are_counted_at_all_replicas_together(
    world: World, there: World, xaa: Ministry
) -> None:
    ways, caller = [Federation(one.portal) for one in (world, there)], Caller(address="192.0.2.1")
    for at in range(LOGOUTS + 2):
        with pytest.raises(Unproven if at < LOGOUTS else TooMany), world.request():
            ways[at % 2].log_out(caller, xaa.id, "a.b.c")


# --- guessing


def test_guesses_are_counted_at_all_replicas_together(world: World, there: World) -> None:
    enrol(world, "expert_xaa", "focal_xaa")
    doors = [visitor(world.portal), visitor(there.portal)]
    for mail in ("expert_xaa@example.org", "nobody@example.org"):
        tried = [sign_in(doors[at % 2], mail, OTHER).status_code for at in range(ACCOUNT_ATTEMPTS + 2)]
        assert tried == [422] * ACCOUNT_ATTEMPTS + [429] * 2
    assert sign_in(doors[1], "expert_xaa@example.org", GOOD).status_code == 429


def test_the_door_is_slowed_down_for_an_address_at_all_replicas_together(world: World, there: World) -> None:
    doors = [visitor(world.portal), visitor(there.portal)]
    for at in range(ADDRESS_ATTEMPTS):
        assert sign_in(doors[at % 2], f"nobody{at}@example.org", OTHER).status_code == 422
    assert [sign_in(one, "another@example.org", OTHER).status_code for one in doors] == [429, 429]
    assert "many attempts" in doors[0].get("/trouble").text
    assert "many attempts" in doors[1].get("/trouble").text


def test_a_persons_own_browser_is_known_at_every_replica(world: World, there: World) -> None:
    own = enrol(world, "expert_xaa", "focal_xaa")
    stranger = visitor(world.portal)
    for _ in range(ACCOUNT_ATTEMPTS + 1):
        sign_in(stranger, "expert_xaa@example.org", OTHER)
    usual = visitor(there.portal)
    usual.cookies.set("portal-known-local", own.cookies["portal-known-local"])
    assert sign_in(usual, "expert_xaa@example.org").status_code == 303


def test_a_link_is_tried_as_often_at_all_replicas_together(world: World, there: World) -> None:
    issued = issue(world, "focal_xaa", "expert_xaa")
    doors = [visitor(world.portal), visitor(there.portal)]
    tried = [use(doors[at % 2], issued, "guess@example.org").status_code for at in range(LINK_ATTEMPTS + 2)]
    assert tried[LINK_ATTEMPTS:] == [429, 429]
    assert 429 not in tried[:LINK_ATTEMPTS]


# --- what ends at one replica has ended at the other


def sign_out(world: World) -> None:
    press(browser(world, "expert_xaa"), "/sign-out")


def be_signed_out(world: World) -> None:
    person = world.members["expert_xaa"].person
    assert press(browser(world, "focal_xaa"), f"/people/{person}/sessions/end").status_code == 303


def be_signed_out_with_all(world: World) -> None:
    assert press(browser(world, "administrator"), "/administration/sessions/end").status_code == 303


def leave(world: World) -> None:
    leaver = world.members["expert_xaa"]
    with world.request():
        end_appointment(
            world.portal,
            world.caller("focal_xaa"),
            PersonId(leaver.person),
            leaver.appointment,  # type: ignore[arg-type]  # ids are ids
            None,
        )


@pytest.mark.parametrize("end", [sign_out, be_signed_out, be_signed_out_with_all, leave])
def test_whoever_is_out_at_one_replica_is_out_at_the_other(
    world: World, there: World, end: Callable[[World], None]
) -> None:
    here, other = browser(world, "expert_xaa"), browser(there, "expert_xaa")
    assert [one.get("/work").status_code for one in (here, other, here)] == [200] * 3
    end(world)
    for client in (other, here):
        assert client.get("/work", follow_redirects=False).headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("hold", ["review", "everywhere"])
def test_whoever_is_held_back_at_one_replica_is_so_at_the_other(world: World, there: World, hold: str) -> None:
    document = circulated(world)
    paths = (f"/documents/{document}", f"/versions/{newest(world, document)}/content")
    other = browser(there, "expert_xcc")
    assert [other.get(path).status_code for path in paths] == [200, 200]
    contained(world, registered(world), hold)
    assert [other.get(path).status_code for path in paths] == [404, 404]


def test_a_grant_that_is_revoked_at_one_replica_opens_nothing_at_the_other(world: World, there: World) -> None:
    grant = granted(world)
    pledged(world, grant)
    other = browser(there, "reader_xff")
    assert other.get(f"/granted/{grant}").status_code == 200
    assert act(world, "focal_xaa", grant, "revoke", revoke_reason=WHY).status_code == 303
    assert other.get(f"/granted/{grant}").status_code == 404


def test_an_issuer_that_is_ended_at_one_replica_signs_nobody_in_at_the_other(
    world: World, there: World, xaa: Ministry
) -> None:
    xaa.bind("expert_xaa")
    signed_in, on_the_way = browser(there), browser(there)
    xaa.sign_in(signed_in)
    given = xaa.fake.authorize(xaa.leave(on_the_way))
    with world.request():
        end_issuer(world.portal, world.caller("focal_xaa"), xaa.id)  # type: ignore[arg-type]  # ids are ids
    assert signed_in.get("/account", follow_redirects=False).status_code == 303
    assert xaa.back(on_the_way, given).status_code == 422
    assert browser(there).get(f"/sign-in/issuers/{xaa.id}", follow_redirects=False).status_code == 404


def test_another_passphrase_at_one_replica_is_the_one_at_the_other(world: World, there: World) -> None:
    client = enrol(world, "expert_xaa", "focal_xaa")
    other = visitor(there.portal)
    assert sign_in(other, "expert_xaa@example.org").status_code == 303
    page = client.form("/account", "/account/passphrase", present=GOOD, passphrase=OTHER, again=OTHER)
    assert page.status_code == 303
    assert other.get("/account", follow_redirects=False).status_code == 303
    assert sign_in(visitor(there.portal), "expert_xaa@example.org", GOOD).status_code == 422


def test_what_became_public_at_one_replica_is_found_at_the_other_at_once(
    world: World, there: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public, "MISSED_SECONDS", 0.0)
    publication = prepared(world)
    anybody = browser(there)
    assert anybody.get(f"/public/{publication}").status_code == 404
    published(world, publication)
    assert anybody.get(f"/public/{publication}/file.pdf").status_code == 200
    assert anybody.get(f"/public/{publication}").status_code == 200
