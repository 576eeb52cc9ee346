"""A fresh proof of who one is, before what is solemn: it is asked of those alone who may, and nothing typed is lost."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from httpx2 import Response

import templates
from portal.domain.roles import Role
from portal.errors import Invalid, NotFound
from portal.identity.passphrases import Cost, Passphrases
from portal.settings import Settings
from portal.usecases.evidence import Account, Typed
from portal.usecases.sessions import prove_again
from portal.web.forms import SECRET
from storage.fields import Place
from storage.permits import REGISTRY
from storage.tables import Appointment, Passphrase
from tests import dialogue
from tests.cast import World, setting_up
from tests.contents import form_token
from tests.filing import press, put
from tests.office import TERMS
from tests.web_client import ORIGIN, Browser, browser

GOOD = "four calm words here"
APPOINTING = {
    "name": "Ana Söze",
    "mail": "ana@example.org",
    "role": "expert",
    "language": "en",
    "state": "XAA",
    **TERMS,
}

ADDING = "/administration/issuers/new"
PROVIDER = {
    "name": "Ministry",
    "url": "https://id.example",
    "client_id": "us",
    "state": "XAA",
    "acr_values": "",
    "amr": "",
}


@pytest.fixture(autouse=True)
def usual(world: World) -> None:
    """Take the limits of a portal that nobody set otherwise."""
    limits = Settings()
    world.portal.settings = replace(
        world.portal.settings, session_limits=limits.session_limits, fresh_minutes=limits.fresh_minutes
    )


@pytest.fixture
def stale(world: World) -> World:
    """Let everybody's proof be older than what is solemn takes, and focal_xaa have a passphrase."""
    return wait(world)


def wait(world: World) -> World:
    verifier = Passphrases(world.portal, Cost(1, 8, 1)).verifier(GOOD)
    with setting_up(world.portal) as (work, _):
        person = world.members["focal_xaa"].person
        work.identity.add(Passphrase(person_id=person, verifier=verifier, created_at=work.now))
    world.clock.forward(world.portal.settings.fresh + timedelta(seconds=1))
    return world


def fields_of(page: str) -> dict[str, str]:
    """Read the hidden fields of a page's form, as a browser sends them again."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    return {unescape(name): unescape(value) for name, value in found}


def send(client: Browser, path: str, fields: dict[str, str]) -> Response:
    return client.post(path, data=fields, headers={"Origin": ORIGIN}, follow_redirects=False)


def test_a_form_is_kept_while_its_sender_proves_who_they_are_and_goes_on_afterwards(stale: World) -> None:
    client = browser(stale, "focal_xaa")
    asked = client.form("/people/new", "/people/new", **APPOINTING)
    assert asked.status_code == 403
    assert "Show that it is you" in asked.text
    wrong = send(client, "/prove", {**fields_of(asked.text), "passphrase": "not this one at all"})
    assert wrong.status_code == 422
    assert "This is not your passphrase" in wrong.text
    proven = send(client, "/prove", {**fields_of(wrong.text), "passphrase": GOOD})
    assert proven.status_code == 200
    kept = fields_of(proven.text)
    assert {name: value for name, value in kept.items() if name != "csrf"} == APPOINTING
    assert 'action="/people/new"' in proven.text
    done = send(client, "/people/new", kept)
    assert done.status_code == 200
    assert "/enter/" in done.text


def test_the_token_is_exchanged_with_a_new_proof(stale: World) -> None:
    client = browser(stale, "focal_xaa")
    page = client.get("/prove?next=/work").text
    led = send(client, "/prove", {**fields_of(page), "passphrase": GOOD})
    assert (led.status_code, led.headers["location"]) == (303, "/work")
    old = browser(stale, "focal_xaa").get("/work", follow_redirects=False)
    assert old.headers["location"].startswith("/sign-in")


def test_an_export_leads_to_the_proof_and_back(stale: World) -> None:
    path = f"/reviews/{stale.files['xaa'].review}/trail.csv"
    led = browser(stale, "focal_xaa").get(path, follow_redirects=False)
    assert (led.status_code, led.headers["location"]) == (303, f"/prove?next={path.replace('/', '%2F')}")


def test_whoever_may_not_do_it_is_not_asked_for_a_proof(stale: World) -> None:
    person = stale.members["expert_xaa"].person
    path = f"/people/{person}/appoint"
    refused = browser(stale, "focal_xbb").form("/account", path, role="observer", **TERMS)
    nowhere = browser(stale, "focal_xbb").form("/account", f"/people/{stale.files['xaa'].review}/appoint", **TERMS)
    assert refused.status_code == nowhere.status_code == 404
    assert refused.text.replace(str(person), "") == nowhere.text.replace(str(stale.files["xaa"].review), "")


def test_what_takes_a_proof_is_still_offered(stale: World) -> None:
    page = browser(stale, "focal_xaa").get(f"/people/{stale.members['expert_xaa'].person}").text
    assert "/appoint" in page


def test_what_is_not_solemn_goes_on_without(stale: World) -> None:
    assert browser(stale, "focal_xaa").get("/work").status_code == 200
    put(stale, "focal_xaa", "national XAA", "A draft")


@pytest.mark.parametrize("act", ["clear", "submit", "room", "dialogue"])
def test_clearing_submitting_and_exporting_take_a_fresh_proof(stale: World, act: str) -> None:
    review, room = stale.files["xaa"].review, stale.files["xaa"].rooms["shared"]
    if act in {"clear", "submit"}:
        with_draft = dialogue.draft_question(stale)
        client = browser(stale, "focal_xbb")
        answer = client.form("/account", f"/entries/{with_draft.entry}/{act}", seen="1")
        assert answer.status_code == 403
        assert "Show that it is you" in answer.text
        return
    path = f"/rooms/{room}/archive" if act == "room" else f"/reviews/{review}/dialogue.pdf"
    led = browser(stale, "focal_xbb").get(path, follow_redirects=False)
    assert led.headers["location"].startswith("/prove?next=")


def test_a_draft_that_is_saved_and_submitted_at_once_goes_on_after_the_proof(world: World) -> None:
    """It was saved when the proof was asked for: what is sent again is sent after that saving."""
    saved = dialogue.draft_answer(world, dialogue.question(world))
    client, path = browser(wait(world), "focal_xaa"), f"/entries/{saved.entry}"
    client.get(path)
    typed = {"seen": "1", "language": "en", "text": "By up to twelve years."}
    asked = press(client, path, **typed, then="submit")
    assert asked.status_code == 403
    assert dialogue.entry(world, saved.entry).edition == 2
    proven = send(client, "/prove", {**fields_of(asked.text), "passphrase": GOOD})
    sent = send(client, path, fields_of(proven.text))
    assert (sent.status_code, sent.headers["location"]) == (303, f"/clarifications/{saved.clarification}")
    assert dialogue.entry(world, saved.entry).stage == "sent"


def test_nobody_proves_for_somebody_else(stale: World) -> None:
    other = Typed(Account(stale.members["expert_xaa"].person, ""))  # type: ignore[arg-type]  # an id is an id
    with stale.request(), pytest.raises(NotFound):
        prove_again(stale.portal, stale.caller("focal_xaa"), other)
    led = browser(stale, "focal_xaa").get(f"/reviews/{stale.files['xaa'].review}/trail.csv", follow_redirects=False)
    assert led.headers["location"].startswith("/prove")


def test_a_proof_from_a_time_to_come_is_none(world: World) -> None:
    world.clock.forward(-timedelta(minutes=2))
    led = browser(world, "focal_xaa").get(f"/reviews/{world.files['xaa'].review}/trail.csv", follow_redirects=False)
    assert led.headers["location"].startswith("/prove")


def test_a_refusal_for_want_of_a_proof_stays_in_the_log(stale: World) -> None:
    trail = f"/reviews/{stale.files['xaa'].review}/trail"
    client = browser(stale, "focal_xaa")
    assert "refused" not in client.get(trail).text
    client.get(f"{trail}.csv", follow_redirects=False)
    assert "refused" in client.get(trail).text


@pytest.fixture
def office(world: World) -> World:
    """Give the administrator a passphrase to prove with."""
    verifier = Passphrases(world.portal, Cost(1, 8, 1)).verifier(GOOD)
    with setting_up(world.portal) as (work, _):
        person = world.members["administrator"].person
        work.identity.add(Passphrase(person_id=person, verifier=verifier, created_at=work.now))
    return world


def test_the_form_that_takes_a_secret_is_shown_after_the_proof_to_those_alone_who_may_add_it(office: World) -> None:
    client = browser(office, "administrator")
    assert 'name="client_secret"' in client.get(ADDING).text
    office.clock.forward(timedelta(minutes=16))
    led = client.get(ADDING, follow_redirects=False)
    assert (led.status_code, led.headers["location"]) == (303, f"/prove?next={ADDING.replace('/', '%2F')}")
    page = client.get(led.headers["location"]).text
    led = send(client, "/prove", {**fields_of(page), "passphrase": GOOD})
    assert 'name="client_secret"' in client.get(led.headers["location"]).text
    assert browser(office, "focal_xaa").get(ADDING, follow_redirects=False).status_code == 404


def test_a_secret_is_not_kept_while_its_sender_proves_who_they_are_and_is_asked_for_again(office: World) -> None:
    client = browser(office, "administrator")
    page = client.get(ADDING).text
    office.clock.forward(timedelta(minutes=16))
    asked = send(client, ADDING, {**fields_of(page), **PROVIDER, "client_secret": "hidden words"})
    proven = send(client, "/prove", {**fields_of(asked.text), "passphrase": GOOD})
    assert (asked.status_code, proven.status_code) == (403, 200)
    kept = fields_of(proven.text)
    assert {name: value for name, value in kept.items() if name != "csrf"} == PROVIDER
    back = send(client, ADDING, kept)
    assert back.status_code == 422
    assert "A page never keeps a secret, so write it again." in back.text
    shown = re.findall(r'<input id="(\w+)" [^>]*value="([^"]+)"', back.text)
    assert dict(shown) == {name: value for name, value in PROVIDER.items() if value and name != "state"}
    assert '<option value="XAA" selected>' in back.text
    assert all("hidden words" not in answer.text for answer in (asked, proven, back))
    done = send(client, ADDING, {**kept, **fields_of(back.text), "client_secret": "hidden words"})
    assert (done.status_code, done.headers["location"]) == (303, "/administration/issuers")


def test_every_field_that_hides_what_is_typed_is_known_as_a_secret() -> None:
    pages = Path(templates.__file__).parent.rglob("*.html")
    fields = [field for page in pages for field in re.findall(r"{{ field\(.*?\) }}", page.read_text("utf-8"))]
    hidden = {field.split('"')[1] for field in fields if 'type="password"' in field or "one-time-code" in field}
    assert hidden == SECRET


def also(world: World, who: str, role: Role) -> UUID:
    """Appoint one of the cast in another role besides."""
    appointment = uuid4()
    with setting_up(world.portal) as (work, permit):
        work.people.add(
            Appointment(
                id=appointment,
                person_id=world.members[who].person,
                role=role.value,
                basis=work.seal(permit, REGISTRY, Place("appointment", "basis", appointment), "{}"),
                starts_at=work.now,
                created_at=work.now,
            )
        )
    return appointment


def test_a_session_ends_by_the_limits_of_ones_role(world: World) -> None:
    world.clock.forward(timedelta(minutes=25))
    assert browser(world, "focal_xaa").get("/work").status_code == 200
    for who in ("administrator", "confidentiality"):
        led = browser(world, who).get("/account", follow_redirects=False)
        assert led.headers["location"].startswith("/sign-in"), who


def test_a_session_ends_by_the_shortest_limits_of_the_roles_that_one_holds_whichever_it_acts_in(world: World) -> None:
    strict = also(world, "translator", Role.REGISTRAR)
    world.clock.forward(timedelta(minutes=29))
    client = browser(world, "translator")
    assert client.get("/work").status_code == 200
    world.clock.forward(timedelta(minutes=30))
    assert browser(world, "oversight").get("/work").status_code == 200
    data = {"csrf": form_token(world.members["translator"].token), "appointment": str(strict)}
    client.post("/acting", data=data, headers={"Origin": ORIGIN})
    for page in ("/work", "/acting", "/register"):
        led = client.get(page, follow_redirects=False)
        assert led.headers["location"].startswith("/sign-in"), page


def test_a_session_ends_at_the_shortest_life_of_the_roles_that_one_holds(world: World) -> None:
    world.portal.settings = replace(world.portal.settings, session_limits=("registrar:60:2", "translator:60:4"))
    also(world, "translator", Role.REGISTRAR)
    for _ in range(3):
        assert browser(world, "translator").get("/work").status_code == 200
        world.clock.forward(timedelta(minutes=40))
    assert browser(world, "translator").get("/work", follow_redirects=False).headers["location"].startswith("/sign-in")


def test_each_limit_is_the_shortest_by_itself_and_the_usual_one_where_there_is_none() -> None:
    settings = Settings(session_limits=("administrator:20:30", "registrar:90:8"))
    minutes, hours = timedelta(minutes=1), timedelta(hours=1)
    assert settings.session_bounds([]) == settings.session_bounds([Role.EXPERT]) == (60 * minutes, 12 * hours)
    assert settings.session_bounds([Role.REGISTRAR]) == (90 * minutes, 8 * hours)
    assert settings.session_bounds([Role.ADMINISTRATOR, Role.REGISTRAR]) == (20 * minutes, 8 * hours)
    assert settings.session_bounds([Role.ADMINISTRATOR, Role.EXPERT]) == (20 * minutes, 12 * hours)
    with pytest.raises(Invalid, match="session_limits"):
        Settings(session_limits=("administrator:20",))


def test_proving_is_slowed_down_like_signing_in(stale: World) -> None:
    client = browser(stale, "focal_xaa")
    page = client.get("/prove").text
    answers = [send(client, "/prove", {**fields_of(page), "passphrase": "wrong words, all of them"}) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [422] * 10 + [429]
