"""Signing in through an identity provider: it signs in its own State's people, by a binding that a link made."""

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest
from httpx2 import Response
from joserfc.jwk import RSAKey
from sqlmodel import select

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.audit.kinds import KINDS
from portal.domain.ids import PersonId
from portal.domain.issuers import IssuerSettings
from portal.domain.roles import Role
from portal.errors import NotFound, TooMany
from portal.identity import flows
from portal.identity.federation import LOGOUTS, Federation
from portal.identity.oidc import LOGOUT_EVENT, Unproven
from portal.usecases import federation
from portal.usecases.federation import Asserted
from portal.usecases.invitations import confirm_link, issue_link
from portal.usecases.issuers import add_issuer, confirm_issuer, end_issuer
from portal.usecases.sessions import Begun, token_hash
from portal.web.routes import WAYS, is_machine
from portal.work import Portal
from storage.issuers import Issuer
from storage.tables import Event, Invitation, PortalSession
from tests.attempts import attempts_counted
from tests.cast import World, add_member, setting_up
from tests.databases import by_hand
from tests.issuer import CLIENT, SECRET, FakeIssuer, serving
from tests.web_client import ORIGIN, Browser, browser


@dataclass
class Ministry:
    """An issuer that a State connected."""

    world: World
    fake: FakeIssuer
    id: UUID
    server: Browser | None = None  # as which the issuer itself calls

    def leave(self, client: Browser, start: str = "") -> str:
        answer = client.get(start or f"/sign-in/issuers/{self.id}", follow_redirects=False)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def back(self, client: Browser, given: dict[str, str]) -> Response:
        return client.get(f"/sign-in/issuers/{self.id}/return", params=given, follow_redirects=False)

    def sign_in(self, client: Browser, start: str = "") -> Response:
        return self.back(client, self.fake.authorize(self.leave(client, start)))

    def bind(self, who: str, subject: str = "anna") -> Response:
        """Use a sign-in link of somebody's with this issuer, which vouches for their address."""
        self.fake.subject, self.fake.claims = subject, {"email": f"{who}@example.org", "email_verified": True}
        token = link(self.world, who)
        answer = self.sign_in(browser(self.world), f"/enter/{token}/issuers/{self.id}")
        self.fake.claims = {}
        return answer

    def log_out(self, **changed: object) -> Response:
        now = int(self.fake.clock())
        claims = {"iss": self.fake.url, "aud": CLIENT, "iat": now, "exp": now + 60, "jti": uuid4().hex}
        claims |= {"events": {LOGOUT_EVENT: {}}, "sub": "anna"} | changed  # type: ignore[dict-item]
        token = self.fake.signed(claims)
        path = f"/sign-in/issuers/{self.id}/logout"
        self.server = self.server or browser(self.world)
        return self.server.post(path, data={"logout_token": token})


def link(world: World, who: str, *, renews: bool = False) -> str:
    token = uuid4().hex
    with setting_up(world.portal) as (work, _):
        work.identity.add(
            Invitation(
                id=uuid4(),
                person_id=world.members[who].person,
                token_hash=token_hash(world.portal, token),
                renews=renews,
                created_at=work.now,
                expires_at=work.now.replace(year=2030),
            )
        )
    return token


def connect(world: World, fake: FakeIssuer, state: str | None, client: str = CLIENT) -> Ministry:
    fake.clock = lambda: world.clock().timestamp()
    settings = IssuerSettings(fake.url, f"Ministry of {state}", client, SECRET, state)
    confirmer = f"focal_{(state or '').lower()}" if state else "second_administrator"
    with world.request():
        issuer = add_issuer(world.portal, world.caller("administrator"), settings)
    with world.request():
        confirm_issuer(world.portal, world.caller(confirmer), issuer)
    return Ministry(world, fake, issuer)


@pytest.fixture
def xaa(world: World) -> Iterator[Ministry]:
    with serving() as fake:
        yield connect(world, fake, "XAA")


def sessions(world: World, ministry: Ministry) -> list[PortalSession]:
    with world.portal.database.read() as session:
        found = session.scalars(select(PortalSession).where(PortalSession.issuer_id == ministry.id)).all()
        return [one for one in found if one.ended_at is None]


def refusals(world: World) -> int:
    with world.portal.database.read() as session:
        kinds = {KINDS[Action.SIGN_IN], KINDS[Action.USE_INVITATION], KINDS[Action.PROVE_AGAIN]}
        found = session.scalars(select(Event).where(Event.phase == "refusal")).all()
        return len([one for one in found if one.kind in kinds])


def test_a_link_binds_and_from_then_on_one_signs_in_through_the_issuer(world: World, xaa: Ministry) -> None:
    assert xaa.bind("expert_xaa").headers["location"] == "/work"
    client = browser(world)
    assert xaa.sign_in(client).headers["location"] == "/work"
    assert client.get("/account").status_code == 200


def test_whoever_is_known_only_there_is_told_to_open_their_link_and_nothing_else(world: World, xaa: Ministry) -> None:
    xaa.fake.claims = {"email": "expert_xaa@example.org", "email_verified": True}
    before = refusals(world)
    answer = xaa.sign_in(browser(world))
    assert answer.status_code == 422
    assert "but not yet to this portal" in answer.text
    assert refusals(world) == before + 1


def test_an_issuer_of_one_state_signs_in_nobody_of_another(world: World, xaa: Ministry) -> None:
    with serving() as fake:
        xbb = connect(world, fake, "XBB")
        xbb.bind("expert_xbb", "boris")
        # the same name and the same address, said by the other one
        xaa.fake.subject, xaa.fake.claims = "boris", {"email": "expert_xbb@example.org", "email_verified": True}
        assert xaa.sign_in(browser(world)).status_code == 422
        # its link isn't offered with the other State's provider, and leads nowhere
        token = link(world, "expert_xcc")
        assert "Ministry of" not in browser(world).get(f"/enter/{token}").text
        assert browser(world).get(f"/enter/{token}/issuers/{xaa.id}", follow_redirects=False).status_code == 404
        # a token of the other issuer's
        xaa.fake.token = lambda claims: fake.signed(claims | {"iss": fake.url})
        assert xaa.sign_in(browser(world)).status_code == 422


def test_the_secretariats_people_are_signed_in_by_no_states_issuer(world: World, xaa: Ministry) -> None:
    token = link(world, "registrar")
    path = f"/enter/{token}/issuers/{xaa.id}"
    assert browser(world).get(path, follow_redirects=False).status_code == 404


def test_a_name_that_means_somebody_means_nobody_else(world: World, xaa: Ministry) -> None:
    xaa.bind("expert_xaa")
    answer = xaa.bind("focal_xaa")
    assert answer.status_code == 200  # the address is asked for: it may be another one
    assert len(sessions(world, xaa)) == 1


def test_without_a_verified_address_the_portals_own_is_asked_for(world: World, xaa: Ministry) -> None:
    token, client = link(world, "expert_xaa"), browser(world)
    page = xaa.sign_in(client, f"/enter/{token}/issuers/{xaa.id}")
    csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert csrf
    path = f"/sign-in/issuers/{xaa.id}/return"
    answer = client.post(
        path,
        data={"csrf": csrf[1], "mail": "expert_xaa@example.org"},
        headers={"Origin": ORIGIN},
        follow_redirects=False,
    )
    assert answer.headers["location"] == "/work"


def test_a_link_of_two_parts_asks_for_the_second_whatever_the_issuer_vouches_for(world: World) -> None:
    add_member(world, "second_administrator", Role.ADMINISTRATOR)
    with serving() as fake:
        own = connect(world, fake, None)
        fake.claims = {"email": "officer@example.org", "email_verified": True}
        with world.request():
            issued = issue_link(world.portal, world.caller("registrar"), PersonId(world.members["officer"].person))
        with world.request():
            second = confirm_link(world.portal, world.caller("administrator"), issued.invitation)
        path = f"{issued.address.removeprefix(ORIGIN)}/issuers/{own.id}"
        for typed, status in (("", 422), ("AAAAAAAA", 422), (second.lower(), 303)):
            client = browser(world)
            page = own.sign_in(client, path)
            assert page.status_code == 200, "the address alone lets nobody in"
            assert 'name="second"' in page.text
            csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)
            assert csrf
            sent = {"csrf": csrf[1], "mail": "officer@example.org", "second": typed}
            back = f"/sign-in/issuers/{own.id}/return"
            answer = client.post(back, data=sent, headers={"Origin": ORIGIN}, follow_redirects=False)
            assert answer.status_code == status, answer.text


def test_another_address_uses_no_link_up(world: World, xaa: Ministry) -> None:
    token, client = link(world, "expert_xaa"), browser(world)
    page = xaa.sign_in(client, f"/enter/{token}/issuers/{xaa.id}")
    csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert csrf
    path = f"/sign-in/issuers/{xaa.id}/return"
    sent = {"csrf": csrf[1], "mail": "focal_xaa@example.org"}
    assert client.post(path, data=sent, headers={"Origin": ORIGIN}).status_code == 422
    assert browser(world).get(f"/enter/{token}").status_code == 200


def test_an_answer_works_once_in_the_browser_that_asked(world: World, xaa: Ministry) -> None:
    xaa.bind("expert_xaa")
    client = browser(world)
    given = xaa.fake.authorize(xaa.leave(client))
    kept = client.cookies["portal-flow-local"]
    client.cookies.clear()
    assert xaa.back(client, given).status_code == 422  # another browser, which was given no such request
    client.cookies.set("portal-flow-local", kept)
    assert xaa.back(client, given).status_code == 303
    client.cookies.set("portal-flow-local", kept)
    assert xaa.back(client, given).status_code == 422


def test_an_answer_comes_within_ten_minutes(world: World, xaa: Ministry) -> None:
    xaa.bind("expert_xaa")
    client = browser(world)
    given = xaa.fake.authorize(xaa.leave(client))
    world.clock.forward(timedelta(minutes=11))
    assert xaa.back(client, given).status_code == 422


@pytest.mark.parametrize("changed", [{"state": "another"}, {"iss": "https://other.example"}, {"error": "no"}])
def test_what_proves_nothing_is_one_calm_sentence_and_a_refusal(
    world: World, xaa: Ministry, changed: dict[str, str]
) -> None:
    xaa.bind("expert_xaa")
    client, before = browser(world), refusals(world)
    answer = xaa.back(client, xaa.fake.authorize(xaa.leave(client), **changed))
    assert answer.status_code == 422
    assert "show who you are" in answer.text
    assert refusals(world) == before + 1


def test_what_is_kept_in_the_browser_says_nothing(world: World, xaa: Ministry) -> None:
    client = browser(world)
    address = xaa.leave(client)
    kept = client.cookies["portal-flow-local"]
    assert kept not in address
    assert len(kept) < 300
    carried = base64.urlsafe_b64decode(kept + "==")
    assert b"sign-in" not in carried
    for words in parse_qs(urlsplit(address).query).values():
        assert words[0] not in kept
        assert words[0].encode() not in carried


def test_an_issuer_that_is_silent_leaves_the_others_be(world: World, xaa: Ministry) -> None:
    with serving() as fake:
        other = connect(world, fake, "XBB")
        other.bind("expert_xbb", "boris")
        xaa.fake.mode = "broken"
        answer = browser(world).get(f"/sign-in/issuers/{xaa.id}", follow_redirects=False)
        assert answer.status_code == 503
        assert "answer just now" in answer.text
        assert other.sign_in(browser(world)).status_code == 303


def test_only_what_is_confirmed_and_has_not_ended_is_offered(world: World) -> None:
    with serving() as fake, world.request():
        settings = IssuerSettings(fake.url, "The ministry", CLIENT, SECRET, "XAA")
        issuer = add_issuer(world.portal, world.caller("administrator"), settings)
        assert "The ministry" not in browser(world).get("/sign-in").text
        path = f"/sign-in/issuers/{issuer}"
        assert browser(world).get(path, follow_redirects=False).status_code == 404
        confirm_issuer(world.portal, world.caller("focal_xaa"), issuer)
        assert "The ministry" in browser(world).get("/sign-in").text


def test_ending_an_issuer_ends_its_sessions_at_once(world: World, xaa: Ministry) -> None:
    xaa.bind("expert_xaa")
    client = browser(world)
    xaa.sign_in(client)
    with world.request():
        end_issuer(world.portal, world.caller("focal_xaa"), xaa.id)  # type: ignore[arg-type]
    assert sessions(world, xaa) == []
    assert client.get("/account", follow_redirects=False).status_code in {303, 401}
    assert browser(world).get(f"/sign-in/issuers/{xaa.id}", follow_redirects=False).status_code == 404


def test_the_same_issuer_and_client_are_connected_once(world: World, xaa: Ministry) -> None:
    data = {"url": xaa.fake.url, "name": "Twice", "client_id": CLIENT, "client_secret": "x", "state": "XBB"}
    page = browser(world, "administrator").form("/administration/issuers/new", "/administration/issuers/new", **data)
    assert page.status_code == 409
    assert "connected with this client id already" in page.text


def test_the_secret_is_sealed_and_never_shown_again(world: World, xaa: Ministry) -> None:
    with world.portal.database.read() as session:
        row = session.get(Issuer, xaa.id)
        assert row is not None
        assert SECRET.encode() not in row.client_secret
    assert SECRET not in browser(world, "administrator").get("/administration/issuers").text


def test_an_issuer_ends_the_sessions_that_it_began_and_no_others(world: World, xaa: Ministry) -> None:
    xaa.bind("expert_xaa")
    client = browser(world)
    xaa.sign_in(client)
    assert xaa.log_out(sub="somebody").status_code == 200
    assert xaa.log_out(sid="another").status_code == 200
    assert len(sessions(world, xaa)) >= 1
    answer = xaa.log_out()
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert sessions(world, xaa) == []
    assert browser(world, "expert_xaa").get("/account").status_code in {200, 401}


def test_a_session_that_the_provider_ended_meanwhile_begins_none_here(
    world: World, xaa: Ministry, monkeypatch: pytest.MonkeyPatch
) -> None:
    xaa.fake.claims, token, client = {"sid": "first"}, link(world, "expert_xaa"), browser(world)
    csrf = re.search(r'name="csrf" value="([^"]+)"', xaa.sign_in(client, f"/enter/{token}/issuers/{xaa.id}").text)
    assert csrf
    assert xaa.log_out(sid="first").status_code == 200
    back, said = f"/sign-in/issuers/{xaa.id}/return", {"csrf": csrf[1], "mail": "expert_xaa@example.org"}
    refused = client.post(back, data=said, headers={"Origin": ORIGIN})
    assert refused.status_code == 422
    assert "has signed you out meanwhile" in refused.text
    assert sessions(world, xaa) == []
    assert xaa.bind("expert_xaa").status_code == 303
    assert xaa.log_out().status_code == 200
    xaa.fake.claims, client = {"sid": "second"}, browser(world)
    begin = federation.sign_in_through

    def end_first(portal: Portal, caller: Caller, said: Asserted) -> Begun:
        assert xaa.log_out(sid="second").status_code == 200
        return begin(portal, caller, said)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(federation, "sign_in_through", end_first)
        assert "has signed you out meanwhile" in xaa.sign_in(client).text
    assert sessions(world, xaa) == []
    assert flows.LIFE * 2 == federation.ENDED_KEPT
    world.clock.forward(federation.ENDED_KEPT)
    assert xaa.sign_in(client).status_code == 303, "it is remembered no longer than somebody may be on the way"


def test_a_message_of_logging_out_counts_once_and_only_from_its_issuer(world: World, xaa: Ministry) -> None:
    xaa.bind("expert_xaa")
    assert xaa.log_out(jti="one", sub="nobody").status_code == 200
    assert xaa.log_out(jti="one").status_code == 400
    assert xaa.log_out(aud="another").status_code == 400
    assert len(sessions(world, xaa)) == 1


def test_a_logout_that_ended_nothing_is_taken_when_it_is_sent_again(world: World, xaa: Ministry) -> None:
    xaa.bind("expert_xaa")
    with by_hand(world.portal.database) as other:
        other.lock()
        assert xaa.log_out(jti="one").status_code == 503
    assert len(sessions(world, xaa)) == 1
    assert xaa.log_out(jti="one").status_code == 200
    assert sessions(world, xaa) == []
    assert xaa.log_out(jti="one").status_code == 400


def test_logouts_for_a_provider_that_was_made_up_are_counted_nowhere(world: World, xaa: Ministry) -> None:
    way, caller = Federation(world.portal), Caller(address="192.0.2.1")
    for _ in range(LOGOUTS + 5):
        with pytest.raises(NotFound), world.request():
            way.log_out(caller, uuid4(), "a.b.c")
    assert attempts_counted(world) == 0
    for at in range(LOGOUTS + 1):
        with pytest.raises(Unproven if at < LOGOUTS else TooMany), world.request():
            way.log_out(caller, xaa.id, "a.b.c")


def test_nothing_but_the_logout_is_taken_without_a_page_of_ours(world: World, xaa: Ministry) -> None:
    assert [way.path for way in WAYS if way.machine] == ["/sign-in/issuers/{id}/logout"]
    assert not any(is_machine(way.path) for way in WAYS if not way.machine)
    path = f"/sign-in/issuers/{xaa.id}/logout"
    assert browser(world).post(path, data={"logout_token": "x" * 21_000}).status_code == 413
    assert browser(world).post(path, json={"logout_token": "x"}).status_code == 415


def test_one_proves_anew_through_the_issuer_that_knows_one(world: World, xaa: Ministry) -> None:
    xaa.bind("expert_xaa")
    client = browser(world)
    xaa.sign_in(client)
    world.clock.forward(timedelta(minutes=20))
    start = f"/sign-in/issuers/{xaa.id}?prove=1&next=/account"
    assert f"/sign-in/issuers/{xaa.id}?prove=1" in client.get("/prove?next=/account").text
    assert "prompt=login" in xaa.leave(client, start)
    before = client.cookies["portal-local"]
    xaa.fake.claims = {"auth_time": int(world.clock.now.timestamp()) - 3600}
    assert xaa.sign_in(client, start).status_code == 422
    xaa.fake.claims = {}
    assert xaa.bind("focal_xaa", "bela").status_code == 303
    for other in ("somebody", "bela"):
        xaa.fake.subject = other
        refused = xaa.sign_in(client, start)
        assert refused.status_code == 422
        assert "doesn’t know you as the one who is signed in here" in refused.text
    xaa.fake.subject = "anna"
    answer = xaa.sign_in(client, start)
    assert answer.headers["location"] == "/account"
    assert client.cookies["portal-local"] != before
    assert urlsplit(answer.headers["location"]).netloc == ""


def test_a_renewing_link_ends_the_binding(world: World, xaa: Ministry) -> None:
    xaa.bind("expert_xaa")
    token = link(world, "expert_xaa", renews=True)
    xaa.fake.subject, xaa.fake.claims = "new-anna", {"email": "expert_xaa@example.org", "email_verified": True}
    assert xaa.sign_in(browser(world), f"/enter/{token}/issuers/{xaa.id}").status_code == 303
    xaa.fake.subject = "anna"
    assert xaa.sign_in(browser(world)).status_code == 422


def test_whoever_added_the_secretariats_issuer_does_not_confirm_it(world: World) -> None:
    add_member(world, "second_administrator", Role.ADMINISTRATOR)
    with serving() as fake:
        ministry = connect(world, fake, None)
        own = browser(world, "administrator").get("/administration/issuers").text
        assert str(ministry.id) in own
        data = {"url": fake.url, "name": "Own", "client_id": "second", "client_secret": "x", "state": ""}
        page = "/administration/issuers/new"
        browser(world, "administrator").form(page, page, **data)
        with world.portal.database.read() as session:
            row = session.scalars(select(Issuer).where(Issuer.client_id == "second")).one()
        sent = browser(world, "administrator").form(page, f"/administration/issuers/{row.id}/confirm")
        assert sent.status_code == 403


# --- a provider that says odd things

KEY = RSAKey.generate_key(2048).as_dict(private=False)
HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
AWAY: dict[str, Callable[[FakeIssuer], object]] = {
    "a broken host": lambda fake: fake.document.update(token_endpoint="https://["),
    "an empty part": lambda fake: fake.document.update(authorization_endpoint="https://a..b"),
    "a port out of range": lambda fake: fake.document.update(jwks_uri="https://a:99999/"),
    "half a letter": lambda fake: fake.document.update(authorization_endpoint="https://a/\ud800"),
    "a line break": lambda fake: fake.document.update(authorization_endpoint="https://a/\r\nSet-Cookie: a=b"),
    "a very long address": lambda fake: fake.document.update(authorization_endpoint="https://a/" + "b" * 100_000),
    "a number": lambda fake: fake.document.update(authorization_endpoint=7),
    "a list": lambda fake: fake.document.update(token_endpoint=["https://a/"]),
    "an inner address": lambda fake: fake.document.update(token_endpoint="https://169.254.169.254/latest"),
    "no keys": lambda fake: setattr(fake, "jwks", {"keys": {"kty": "RSA"}}),
    "cut off": lambda fake: fake.told.update({"/jwks": [b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"]}),
    "odd heads": lambda fake: fake.told.update({"/jwks": [b"HTTP/1.1 200 OK\r\nA\xff: \x00\r\n\r\n{}"]}),
    "a name twice": lambda fake: fake.told.update({"/jwks": [HEAD, b'{"keys": [], "keys": []}']}),
    "no number": lambda fake: fake.told.update({"/jwks": [HEAD, b'{"keys": [NaN]}']}),
    "very deep": lambda fake: fake.told.update({"/jwks": [HEAD, b'{"keys": ' + b"[" * 90_000]}),
    "no UTF-8": lambda fake: fake.told.update({"/jwks": [HEAD, b'{"keys": ["\xff"]}']}),
}
BACK: dict[str, Callable[[FakeIssuer], object]] = {
    **{
        f"a key's {name} {value!a}": lambda fake, name=name, value=value: setattr(
            fake, "jwks", {"keys": [{**KEY, "kid": "one", name: value}]}
        )
        for name, value in [("alg", ["RS256"]), ("kty", {}), ("kid", []), ("n", 7), ("use", []), ("e", "_" * 90_000)]
    },
    **{
        f"a claim {name} {value!a}": lambda fake, name=name, value=value: fake.claims.update({name: value})
        for name, value in [
            ("sub", "\ud800"),
            ("sid", "\ud800"),
            ("sid", 7),
            ("aud", {}),
            ("exp", 10**400),
            ("exp", [1]),
            ("nonce", {}),
            ("at_hash", ["a"]),
            ("iat", True),
        ]
    },
    "an error": lambda fake: fake.told.update({"/token": [b'HTTP/1.1 418 Odd\r\n\r\n{"error": []}']}),
    "an odd status": lambda fake: fake.told.update({"/token": [b"HTTP/1.1 999 \r\n\r\n"]}),
    "a token of odd type": lambda fake: fake.told.update({"/token": [HEAD, b'{"id_token": {"a": 1}}']}),
    "cut off": lambda fake: fake.told.update({"/token": [b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"]}),
    "nothing": lambda fake: fake.told.update({"/token": []}),
}


@pytest.mark.parametrize("name", AWAY)
def test_a_provider_that_says_odd_things_of_itself_is_one_calm_page_and_a_refusal(
    world: World, xaa: Ministry, name: str
) -> None:
    AWAY[name](xaa.fake)
    before = refusals(world)
    answer = browser(world).get(f"/sign-in/issuers/{xaa.id}", follow_redirects=False)
    assert answer.status_code == 503
    assert "answer just now" in answer.text
    assert refusals(world) == before + 1
    assert xaa.log_out().status_code == 400


@pytest.mark.parametrize("name", BACK)
def test_a_provider_that_says_odd_things_of_somebody_is_one_calm_page_and_a_refusal(
    world: World, xaa: Ministry, name: str
) -> None:
    xaa.bind("expert_xaa")
    client, before = browser(world), refusals(world)
    BACK[name](xaa.fake)
    answer = xaa.sign_in(client)
    assert answer.status_code in {422, 503}
    assert re.search("show who you are|answer just now", answer.text)
    assert refusals(world) == before + 1
    assert len(sessions(world, xaa)) == 1


@pytest.mark.parametrize("mail", ["\ud800@example.org", "x" * 9000, ["expert_xaa@example.org"], {}, 7])
def test_an_odd_address_is_as_none(world: World, xaa: Ministry, mail: object) -> None:
    xaa.fake.claims = {"email": mail, "email_verified": True}
    page = xaa.sign_in(browser(world), f"/enter/{link(world, 'expert_xaa')}/issuers/{xaa.id}")
    assert page.status_code == 200
    assert 'name="mail"' in page.text


def test_for_others_the_portal_asks_by_https_alone_and_never_within(world: World, xaa: Ministry) -> None:
    world.portal.settings = replace(world.portal.settings, origin="https://portal.example.org")
    asked = len(xaa.fake.asked)
    answer = browser(world).get(f"/sign-in/issuers/{xaa.id}", follow_redirects=False)
    assert answer.status_code == 503
    assert len(xaa.fake.asked) == asked
    page, data = "/administration/issuers/new", {"name": "M", "client_id": "c", "client_secret": "x", "state": "XBB"}
    for url in (xaa.fake.url, "https://10.0.0.1", "https://localhost", "http://idp.example.org"):
        refused = browser(world, "administrator").form(page, page, url=url, **data)
        assert refused.status_code == 422
        assert "in networks that its settings name" in refused.text
