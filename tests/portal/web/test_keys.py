"""What one signs in with: passkeys, passphrase and code, recovery codes; and everything that proves nothing."""

import html
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from threading import Thread

import pyotp
import pytest
from sqlmodel import select

from portal.app import check_factor
from portal.errors import Invalid
from portal.identity import challenges, codes
from portal.settings import Settings
from portal.work import Portal
from storage.authenticators import CodeApp, Passkey, RecoveryCode
from tests.authenticator import Authenticator
from tests.cast import Clock, World
from tests.portal.web.test_signin import GOOD, OTHER, issue, path_of, signed_out, visitor
from tests.web_client import ORIGIN, Browser

MAIL = "expert_xaa@example.org"


@pytest.fixture
def strict(world: World) -> World:
    """The cast's portal as it is set up by default: a passphrase lets in with a code alone."""
    world.portal.settings = replace(world.portal.settings, second_factor=True)
    return world


def asked(page: str, action: str) -> tuple[str, dict[str, str]]:
    """Read what a page asks a passkey's device, and the hidden fields of that form."""
    form = next(
        one for one in re.findall(r"<form.*?</form>", page, re.DOTALL) if action in one and "data-passkey" in one
    )
    options = re.search(r'data-options="([^"]*)"', form)
    assert options
    hidden = dict(re.findall(r'name="(csrf|challenge|to|next)"\s+value="([^"]*)"', form))
    return html.unescape(options[1]), hidden


def send(client: Browser, to: str, fields: dict[str, str]):  # noqa: ANN201  # the client's own response type
    return client.post(to, data=fields, headers={"Origin": ORIGIN}, follow_redirects=False)


def enrol(world: World, device: Authenticator, who: str = "expert_xaa", by: str = "focal_xaa") -> Browser:
    """Let somebody make a passkey by their link."""
    client, path = visitor(world.portal), path_of(issue(world, by, who))
    options, hidden = asked(client.get(path).text, "create")
    answer = send(client, path, {**hidden, "mail": f"{who}@example.org", "credential": device.make(options)})
    assert answer.status_code == 303, answer.text
    return client


def enter(world: World, device: Authenticator, client: Browser | None = None):  # noqa: ANN201  # likewise
    client = client or visitor(world.portal)
    options, hidden = asked(client.get("/sign-in").text, "/sign-in/passkey")
    device.count += 1
    return send(client, "/sign-in/passkey", {**hidden, "credential": device.sign(options)})


def with_app(world: World, who: str = "expert_xaa", by: str = "focal_xaa") -> tuple[Browser, pyotp.TOTP, list[str]]:
    """Let somebody choose passphrase and app by their link; gives the app and the recovery codes."""
    client, path = visitor(world.portal), path_of(issue(world, by, who))
    page = client.get(path).text
    token = re.search(r'name="app" value="([^"]+)"', page)
    key = re.search(r'<code dir="ltr">([A-Z2-7 ]+)</code>', page)
    assert token
    assert key
    app = pyotp.TOTP(key[1].replace(" ", ""))
    answer = client.form(
        path, path, mail=f"{who}@example.org", passphrase=GOOD, again=GOOD, app=token[1], code=app.at(world.clock())
    )
    assert answer.status_code == 200, answer.text
    return client, app, re.findall(r'<code dir="ltr">([A-Z2-7 ]+)</code>', answer.text)


def try_code(world: World, code: str, passphrase: str = GOOD) -> int:
    client = visitor(world.portal)
    return client.form("/sign-in", "/sign-in", mail=MAIL, passphrase=passphrase, code=code).status_code


# --- passkeys


def test_a_passkey_made_by_a_link_lets_in_and_leads_straight_to_the_first_page(world: World) -> None:
    device = Authenticator()
    assert not signed_out(enrol(world, device))
    client = visitor(world.portal)
    answer = enter(world, device, client)
    assert (answer.status_code, answer.headers["location"]) == (303, "/work")
    assert client.get("/work").status_code == 200


def test_addresses_are_not_tried_out_on_a_link_with_passkeys_either(world: World) -> None:
    client, path, device = visitor(world.portal), path_of(issue(world, "focal_xaa", "expert_xaa")), Authenticator()
    answers = []
    for at in range(11):
        options, hidden = asked(client.get(path).text, "create")
        guess = {**hidden, "mail": f"guess{at}@example.org", "credential": device.make(options)}
        answers.append(send(client, path, guess).status_code)
    assert answers == [422] * 10 + [429]


def lie(**lies: object) -> Callable[[Authenticator], Authenticator]:
    return lambda device: replace(device, **lies)  # type: ignore[arg-type]  # the lies below are fields


@pytest.mark.parametrize(
    "told",
    [
        lie(origin="https://portal.example.net"),
        lie(origin="http://localhost:8001"),
        lie(rp_id="example.net"),
        lie(verified=False),
        lie(count=-1),
        lambda device: replace(Authenticator(), id=device.id, count=device.count),
        lambda _: Authenticator(),
    ],
    ids=["origin", "port", "host", "nobody verified", "count not grown", "another key", "unknown"],
)
def test_what_a_device_says_otherwise_lets_nobody_in(
    world: World, told: Callable[[Authenticator], Authenticator]
) -> None:
    device = Authenticator(count=5)
    enrol(world, device)
    liar = told(device)
    if liar.count < 0:
        liar = replace(liar, count=4)
    client = visitor(world.portal)
    assert enter(world, liar, client).status_code == 422
    assert signed_out(client)
    assert enter(world, device, client).status_code == 303


@pytest.mark.parametrize("algorithm", [0, -65535])
def test_a_passkey_of_another_algorithm_is_not_kept(world: World, algorithm: int) -> None:
    client, path = visitor(world.portal), path_of(issue(world, "focal_xaa", "expert_xaa"))
    options, hidden = asked(client.get(path).text, "create")
    credential = Authenticator(algorithm=algorithm).make(options)
    assert send(client, path, {**hidden, "mail": MAIL, "credential": credential}).status_code == 422


def test_an_assertion_works_once_in_the_browser_that_asked_and_for_a_short_while(world: World) -> None:
    device = Authenticator()  # its count stays at nothing, as that of passkeys which are kept in several places
    enrol(world, device)
    client, other = visitor(world.portal), visitor(world.portal)
    options, hidden = asked(client.get("/sign-in").text, "/sign-in/passkey")
    theirs = asked(other.get("/sign-in").text, "/sign-in/passkey")[1]
    said = {"challenge": hidden["challenge"], "credential": device.sign(options)}
    assert send(other, "/sign-in/passkey", {**said, "csrf": theirs["csrf"]}).status_code == 422
    visitors = dict(client.cookies)
    assert send(client, "/sign-in/passkey", {**said, "csrf": hidden["csrf"]}).status_code == 303
    again = visitor(world.portal)
    again.cookies.update({name: value for name, value in visitors.items() if "visitor" in name})
    assert send(again, "/sign-in/passkey", {**said, "csrf": hidden["csrf"]}).status_code == 422
    options, hidden = asked(again.get("/sign-in").text, "/sign-in/passkey")
    world.clock.now += timedelta(minutes=11)
    assert send(again, "/sign-in/passkey", {**hidden, "credential": device.sign(options)}).status_code == 422


def test_a_second_passkey_is_added_and_the_first_removed_and_the_last_one_stays(world: World) -> None:
    first, second = Authenticator(), Authenticator()
    client = enrol(world, first)
    other = visitor(world.portal)
    assert enter(world, first, other).status_code == 303
    options, hidden = asked(client.get("/account").text, "/account/passkeys")
    assert send(client, "/account/passkeys", {**hidden, "name": "Key", "credential": second.make(options)}).is_redirect
    with world.portal.database.read() as session:
        ids = {row.credential_id: row.id for row in session.scalars(select(Passkey))}
    assert client.form("/account", f"/account/passkeys/{ids[first.id]}/remove").status_code == 303
    assert not signed_out(client)
    assert signed_out(other)
    assert enter(world, first).status_code == 422
    assert client.form("/account", f"/account/passkeys/{ids[second.id]}/remove").status_code == 409
    assert enter(world, second).status_code == 303


def test_nobody_removes_somebody_elses_passkey_or_proves_by_it(world: World) -> None:
    mine, theirs = Authenticator(), Authenticator()
    client = enrol(world, mine)
    enrol(world, theirs, "expert_xbb", "focal_xbb")
    with world.portal.database.read() as session:
        row = session.scalars(select(Passkey).where(Passkey.credential_id == theirs.id)).one()
    assert client.form("/account", f"/account/passkeys/{row.id}/remove").status_code == 404
    options, hidden = asked(client.get("/prove?next=/account").text, "/prove/passkey")
    theirs.count = mine.count = 1
    assert send(client, "/prove/passkey", {**hidden, "credential": theirs.sign(options)}).status_code == 422
    assert send(client, "/prove/passkey", {**hidden, "credential": mine.sign(options)}).status_code == 303


def test_adding_takes_a_fresh_proof(world: World) -> None:
    world.portal.settings = replace(world.portal.settings, fresh_minutes=15)
    device = Authenticator()
    client = enrol(world, device)
    world.clock.now += timedelta(minutes=16)
    options, hidden = asked(client.get("/account").text, "/account/passkeys")
    answer = send(client, "/account/passkeys", {**hidden, "name": "Key", "credential": Authenticator().make(options)})
    assert answer.status_code == 403
    assert "Show that it is you" in answer.text


def test_a_new_link_ends_every_passkey_and_app(strict: World) -> None:
    device = Authenticator()
    enrol(strict, device)
    _, app, _ = with_app(strict)
    assert enter(strict, device).status_code == 422
    strict.clock.now += timedelta(minutes=1)
    assert try_code(strict, app.at(strict.clock())) == 303
    enrol(strict, Authenticator())
    strict.clock.now += timedelta(minutes=1)
    assert try_code(strict, app.at(strict.clock())) == 422


# --- passphrase and code


def test_a_passphrase_lets_in_with_a_code_alone(strict: World) -> None:
    _, app, recovery = with_app(strict)
    assert len(recovery) == 10
    strict.clock.now += timedelta(minutes=1)
    code = app.at(strict.clock())
    wrong = f"{(int(code) + 1) % 10**6:06}"
    assert [try_code(strict, one) for one in ("", wrong, GOOD)] == [422] * 3
    assert try_code(strict, code, OTHER) == 422
    assert try_code(strict, code) == 303
    assert try_code(strict, code) == 422  # once


def test_the_code_of_enrolment_is_used_up(strict: World) -> None:
    _, app, _ = with_app(strict)
    assert try_code(strict, app.at(strict.clock())) == 422


@pytest.mark.parametrize(("off", "status"), [(-90, 422), (-30, 303), (0, 303), (30, 303), (60, 422), (240, 422)])
def test_a_clock_may_be_off_by_half_a_minute(strict: World, off: int, status: int) -> None:
    _, app, _ = with_app(strict)
    strict.clock.now += timedelta(minutes=10)
    assert try_code(strict, app.at(strict.clock() + timedelta(seconds=off))) == status


def test_a_recovery_code_works_once_also_when_two_use_it_at_the_same_moment(strict: World) -> None:
    _, _, recovery = with_app(strict)
    found: list[int] = []
    both = [Thread(target=lambda: found.append(try_code(strict, recovery[0]))) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(found) == [303, 422]
    client = visitor(strict.portal)
    answer = client.form("/sign-in", "/sign-in", mail=MAIL, passphrase=GOOD, code=recovery[1].lower().replace(" ", ""))
    assert answer.headers["location"] == "/account#passphrases"
    assert "8 recovery codes are left" in client.get("/account").text


def test_nothing_of_a_secret_is_kept(strict: World) -> None:
    _, app, recovery = with_app(strict)
    strict.portal.database.close()
    raw = b"".join(path.read_bytes() for path in strict.portal.settings.data.rglob("*") if path.is_file())
    for secret in (app.secret, *recovery, app.byte_secret()):
        assert (secret if isinstance(secret, bytes) else secret.encode()) not in raw


def test_new_recovery_codes_end_the_former_ones(strict: World) -> None:
    client, _, recovery = with_app(strict)
    assert client.form("/account", "/account/recovery").status_code == 200
    assert try_code(strict, recovery[0]) == 422
    with strict.portal.database.read() as session:
        rows = session.scalars(select(RecoveryCode)).all()
        assert len([row for row in rows if row.replaced_at is None]) == 10
        assert len(session.scalars(select(CodeApp)).all()) == 1


def test_everywhere_means_here_too(world: World) -> None:
    device = Authenticator()
    client, other = enrol(world, device), visitor(world.portal)
    assert enter(world, device, other).status_code == 303
    assert client.form("/account", "/account/sign-out").status_code == 303
    assert signed_out(client)
    assert signed_out(other)


@pytest.mark.parametrize("origin", ["https://localhost", "http://portal.example.org"])
def test_a_passphrase_alone_is_for_this_machine(origin: str) -> None:
    check_factor(Settings(second_factor=False))
    check_factor(Settings(origin=origin))
    with pytest.raises(Invalid, match="second_factor"):
        check_factor(Settings(origin=origin, second_factor=False))


# --- challenges


def test_a_challenge_is_of_one_purpose_one_browser_and_a_short_while(portal: Portal, clock: Clock) -> None:
    token = challenges.issue(portal, "one", "browser")
    assert challenges.check(portal, "one", "browser", token)
    assert challenges.check(portal, "other", "browser", token) is None
    assert challenges.check(portal, "one", "another", token) is None
    for at in range(0, len(token), 7):
        altered = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        assert challenges.check(portal, "one", "browser", altered) is None
    for odd in ("", "=", token + "=", token + "A", "é", token[:-1]):
        assert challenges.check(portal, "one", "browser", odd) is None
    clock.now += challenges.LIFE
    assert challenges.check(portal, "one", "browser", token) is None


def test_recovery_codes_have_enough_random_bits() -> None:
    made = codes.new_recovery_codes()
    assert len(set(made)) == codes.RECOVERY_CODES
    assert all(len(code.replace(" ", "")) * 5 >= 112 for code in made)


def test_a_page_that_waits_for_a_proof_holds_neither_passphrase_nor_code(strict: World) -> None:
    client, *_ = with_app(strict)
    strict.portal.settings = replace(strict.portal.settings, fresh_minutes=15)
    page = client.get("/account/codes").text
    strict.clock.now += timedelta(minutes=16)
    found = re.search(r'name="csrf" value="([^"]*)"', page)
    assert found
    hidden = {"csrf": found[1], "app": "-", "code": "123456", "passphrase": "words of mine", "again": "words of mine"}
    answer = send(client, "/account/recovery", hidden)
    assert answer.status_code == 403
    assert "words of mine" not in answer.text
    assert "123456" not in answer.text
    assert 'name="kept.app" value="-"' in answer.text
