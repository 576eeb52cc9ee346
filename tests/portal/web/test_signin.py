"""Coming in and going out, through the browser: from an empty installation to the first page, and every way to fail."""

import re
from dataclasses import replace
from datetime import timedelta
from threading import Thread
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from portal.access.actions import Action
from portal.app import web_app
from portal.audit.events import REGISTRY_STREAM
from portal.audit.kinds import KINDS
from portal.domain.ids import AppointmentId, InvitationId, PersonId, StateCode
from portal.domain.legal import LegalBasis
from portal.domain.roles import Role
from portal.errors import Conflict, Forbidden, NotFound
from portal.identity.passphrases import Cost, Passphrases
from portal.usecases import persons
from portal.usecases.appointments import Newcomer, appoint, appoint_newcomer, end_appointment
from portal.usecases.bases import Terms
from portal.usecases.care import change_mail
from portal.usecases.installation import make_first_administrator
from portal.usecases.invitations import SHOWN_AGAIN, IssuedLink, confirm_link, issue_link
from portal.usecases.keys import rotate_keys
from portal.web.places import local_path
from portal.work import Portal
from storage import permits
from storage.errors import DatabaseUnavailable
from storage.fields import Place
from storage.permits import REGISTRY
from storage.tables import Appointment, Event, Invitation, PortalSession
from tests.breaches import stays_signed_in
from tests.cast import World, add_member, setting_up
from tests.contents import said
from tests.databases import by_hand
from tests.filing import press
from tests.web_client import ORIGIN, Browser, browser, within

CHEAP = Cost(passes=1, kibibytes=64, lanes=1)
GOOD = "violet anchor seventeen lanterns"
OTHER = "copper meadow tangled umbrella"


def visitor(portal: Portal) -> Browser:
    """Open a browser that nobody has used, with a hash that costs little."""
    application = web_app(portal)
    within(application).state.passphrases = Passphrases(portal, CHEAP)
    return Browser(application, base_url=ORIGIN, client=("127.0.0.1", 50000), raise_server_exceptions=False)


def path_of(link: IssuedLink) -> str:
    return link.address.removeprefix(ORIGIN)


def use(  # noqa: ANN201  # the client's own response type
    client: Browser, link: IssuedLink, mail: str, passphrase: str = GOOD, again: str | None = None, **more: str
):
    path, again = path_of(link), passphrase if again is None else again
    return client.form(path, path, mail=mail, passphrase=passphrase, again=again, **more)


def sign_in(client: Browser, mail: str, passphrase: str = GOOD, **more: str):  # noqa: ANN201  # likewise
    return client.form("/sign-in", "/sign-in", mail=mail, passphrase=passphrase, **more)


def issue(world: World, by: str, for_whom: str) -> IssuedLink:
    with world.request():
        return issue_link(world.portal, world.caller(by), PersonId(world.members[for_whom].person))


def confirm(world: World, who: str, link: IssuedLink) -> str:
    with world.request():
        return confirm_link(world.portal, world.caller(who), link.invitation)


def enrol(world: World, who: str, by: str, passphrase: str = GOOD) -> Browser:
    """Let somebody of the cast choose a passphrase by their first link."""
    client, link = visitor(world.portal), issue(world, by, who)
    more = {"second": confirm(world, "administrator", link)} if link.takes_two else {}
    answer = use(client, link, f"{who}@example.org", passphrase, **more)
    assert answer.status_code == 303, answer.text
    return client


def signed_out(client: Browser) -> bool:
    return client.get("/account", follow_redirects=False).headers.get("location") == "/sign-in?next=%2Faccount"


def phases(portal: Portal, action: Action) -> list[str]:
    with portal.database.read() as session:
        return list(session.scalars(select(Event.phase).where(Event.kind == KINDS[action]).order_by(Event.at)))


# --- from nothing


def test_an_empty_installation_lets_its_first_administrator_in(portal: Portal) -> None:
    with Browser(web_app(portal), base_url=ORIGIN, client=("127.0.0.1", 50000)) as client:
        within(client.app).state.passphrases = Passphrases(portal, CHEAP)
        with permits.request(uuid4()):
            link = make_first_administrator(portal, "Ada Example", "ada@example.org")
        assert client.get("/", follow_redirects=False).headers["location"] == "/sign-in"
        answer = use(client, link, "Ada@Example.org")
        assert (answer.status_code, answer.headers["location"]) == (303, "/administration")
        assert client.get("/", follow_redirects=False).headers["location"] == "/administration"
        page = client.get("/account").text
        assert "Ada Example" in page
        assert "ada@example.org" in page
        assert "Platform administrator" in page


def test_the_first_administrators_link_can_be_replaced_until_somebody_signed_in(portal: Portal) -> None:
    with permits.request(uuid4()):
        lost = make_first_administrator(portal, "Ada Example", "ada@example.org")
        link = make_first_administrator(portal, "Ada Example", "ada@example.org")
        with pytest.raises(Conflict):
            make_first_administrator(portal, "Eve Example", "eve@example.org")
    client = visitor(portal)
    assert client.get(path_of(lost)).status_code == 404
    assert use(client, link, "ada@example.org").status_code == 303
    with permits.request(uuid4()), pytest.raises(Conflict):
        make_first_administrator(portal, "Ada Example", "ada@example.org")


# --- links


def test_looking_at_a_link_does_not_use_it_up_and_using_it_does(world: World) -> None:
    link = issue(world, "focal_xaa", "expert_xaa")
    client = visitor(world.portal)
    for _ in range(3):
        assert client.get(path_of(link)).status_code == 200
    assert client.head(path_of(link)).status_code == 200
    assert use(client, link, "expert_xaa@example.org").status_code == 303
    later = visitor(world.portal).get(path_of(link))
    assert later.status_code == 404


def test_all_links_that_do_not_work_show_one_page(world: World) -> None:
    client = visitor(world.portal)
    used = issue(world, "focal_xaa", "expert_xaa")
    use(visitor(world.portal), used, "expert_xaa@example.org")
    replaced = issue(world, "focal_xaa", "expert_xaa")
    issue(world, "focal_xaa", "expert_xaa")
    enrol(world, "officer", "registrar")
    unconfirmed = issue(world, "administrator", "officer")
    expired = issue(world, "focal_xbb", "expert_xbb")
    suspended = issue(world, "focal_xcc", "expert_xcc")
    with setting_up(world.portal) as (work, _):
        person = work.people.find(world.members["expert_xcc"].person)
        assert person is not None
        person.suspended_at = work.now
    pages = [client.get(path_of(link)) for link in (used, replaced, unconfirmed, suspended)]
    pages.append(client.get("/enter/" + "x" * 43))
    world.clock.forward(timedelta(days=world.portal.settings.invitation_days))
    pages.append(client.get(path_of(expired)))
    assert {page.status_code for page in pages} == {404}
    assert len({page.text for page in pages}) == 1
    assert {page.headers["referrer-policy"] for page in pages} == {"strict-origin"}


def test_a_link_is_for_one_address_only(world: World) -> None:
    link = issue(world, "focal_xaa", "expert_xaa")
    client = visitor(world.portal)
    wrong = use(client, link, "focal_xaa@example.org")
    assert wrong.status_code == 422
    assert "doesn’t go with this address" in wrong.text
    assert client.cookies.get("portal-local") is None
    for _ in range(9):
        use(client, link, "guess@example.org")
    assert use(client, link, "expert_xaa@example.org").status_code == 429


@pytest.mark.parametrize(
    ("passphrase", "again"),
    [
        ("short", "short"),
        ("password password", "password password"),
        (GOOD, OTHER),
        ("expert_xaa example", "expert_xaa example"),
    ],
)
def test_a_weak_or_mistyped_passphrase_uses_nothing_up(world: World, passphrase: str, again: str) -> None:
    link = issue(world, "focal_xaa", "expert_xaa")
    client = visitor(world.portal)
    answer = use(client, link, "expert_xaa@example.org", passphrase, again)
    assert answer.status_code == 422
    assert "expert_xaa@example.org" in answer.text
    assert passphrase not in answer.text.replace("expert_xaa@example.org", "")
    assert use(client, link, "expert_xaa@example.org").status_code == 303


def test_two_at_once_with_one_link_and_one_wins(world: World) -> None:
    link = issue(world, "focal_xaa", "expert_xaa")
    clients = [visitor(world.portal) for _ in range(2)]
    for client in clients:
        client.get(path_of(link))
    answers: list[int] = []

    def go(client: Browser, passphrase: str) -> None:
        answers.append(use(client, link, "expert_xaa@example.org", passphrase).status_code)

    threads = [Thread(target=go, args=pair) for pair in zip(clients, (GOOD, OTHER), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [303, 404]


def test_a_new_link_replaces_the_passphrase_ends_all_sessions_and_is_told(world: World) -> None:
    old = enrol(world, "expert_xaa", "focal_xaa")
    assert old.get("/account").status_code == 200
    link = issue(world, "focal_xaa", "expert_xaa")
    assert signed_out(old), "whoever has the session may be why the link is needed"
    meanwhile = visitor(world.portal)
    assert sign_in(meanwhile, "expert_xaa@example.org").status_code == 303
    assert "not used yet" in meanwhile.get("/account").text
    new = visitor(world.portal)
    assert use(new, link, "expert_xaa@example.org", OTHER).status_code == 303
    assert signed_out(meanwhile)
    page = new.get("/account").text
    assert re.search(r"A new link.*<bdi>Focal_Xaa Example</bdi>", page, re.DOTALL)
    assert sign_in(visitor(world.portal), "expert_xaa@example.org", GOOD).status_code == 422
    assert sign_in(visitor(world.portal), "expert_xaa@example.org", OTHER).status_code == 303
    issued = [event["detail"] for event in said(world, REGISTRY_STREAM) if event["action"] == "issueLink"]
    assert [(detail["renews"], detail["sessions_ended"]) for detail in issued] == [(False, 0), (True, 1)]


def test_nobody_issues_a_link_for_whom_they_may_not(world: World) -> None:
    enrol(world, "expert_xaa", "focal_xaa")
    for who in ("focal_xbb", "expert_xbb", "officer", "stranger_xff"):
        with pytest.raises(NotFound):
            issue(world, who, "focal_xaa")
    for who in ("registrar", "administrator"):  # see the account, and yet may not renew what a State's people have
        with pytest.raises(Forbidden):
            issue(world, who, "expert_xaa")
    with pytest.raises(Forbidden):
        issue(world, "administrator", "administrator")
    with world.request(), pytest.raises(NotFound):
        issue_link(world.portal, world.caller("registrar"), PersonId(uuid4()))


def test_a_new_link_for_staff_works_when_a_second_person_confirmed_it(world: World) -> None:
    theirs = enrol(world, "officer", "registrar")
    link = issue(world, "administrator", "officer")
    assert link.takes_two
    assert not signed_out(theirs), "one person alone ends nobody's sessions in the secretariat"
    client = visitor(world.portal)
    assert client.get(path_of(link)).status_code == 404
    for who, error in (("administrator", Forbidden), ("officer_other", NotFound), ("focal_xaa", NotFound)):
        with pytest.raises(error):
            confirm(world, who, link)
    with pytest.raises(NotFound):
        confirm(world, "registrar", replace(link, invitation=InvitationId(uuid4())))
    assert not signed_out(theirs)
    second = confirm(world, "registrar", link)
    assert signed_out(theirs)
    assert use(client, link, "officer@example.org", OTHER, second=second).status_code == 303


def busy(*_: object) -> None:
    raise DatabaseUnavailable("busy")


def test_a_second_part_is_shown_again_to_whoever_confirmed_the_link_for_a_few_minutes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser shows the answer to the last of two clicks alone."""
    add_member(world, "second_registrar", Role.REGISTRAR)
    stays_signed_in(world)
    link = issue(world, "administrator", "officer")
    path = f"/people/{world.members['officer'].person}/links/{link.invitation}/confirm"
    client, shown = browser(world, "registrar"), re.compile(r'<code dir="ltr">([A-Z2-7 ]{14})</code>')
    with monkeypatch.context() as unread:
        unread.setattr(persons, "view_person", busy)
        assert press(client, path).status_code == 503
    with world.portal.database.read() as session:
        assert session.get_one(Invitation, link.invitation).confirmed_at is None, "nothing was done"
    first, last = (shown.findall(press(client, path).text) for _ in range(2))
    assert len(first) == 1
    assert first == last
    with pytest.raises(Conflict):
        confirm(world, "second_registrar", link)
    world.clock.forward(SHOWN_AGAIN)
    with pytest.raises(Conflict):
        confirm(world, "registrar", link)
    other = issue(world, "administrator", "officer_other")
    second = confirm(world, "registrar", other)
    assert second != first[0].replace(" ", "")
    assert use(visitor(world.portal), other, "officer_other@example.org", second=second).status_code == 303
    with pytest.raises(Conflict):
        confirm(world, "registrar", other)


def test_neither_of_the_two_comes_in_with_their_part_of_a_link(world: World) -> None:
    """Who issues has the link and every address; who confirms has the second part: it takes both."""
    for by, who in (("registrar", "focal_xbb"), ("administrator", "officer")):
        link, client = issue(world, by, who), visitor(world.portal)
        assert link.takes_two
        assert client.get(path_of(link)).status_code == 404, "not before somebody else confirmed it"
        mail, other = f"{who}@example.org", issue(world, "focal_xaa", "expert_xaa")
        second = confirm(world, "administrator" if by == "registrar" else "registrar", link)
        for wrong in ("", "AAAA AAAA", second[:-1], f"{second}A", path_of(link).rpartition("/")[2]):
            answer = use(client, link, mail, second=wrong)
            assert answer.status_code == 422
            assert "this address and this second part" in answer.text
        assert use(client, link, mail).status_code == 422, "a form without the field neither"
        assert use(client, other, mail, second=second).status_code == 422, "of another link"
        assert phases(world.portal, Action.USE_INVITATION).count("refusal") >= 7
        spelt = f" {second[:4].lower()}-{second[4:].lower()} "
        assert use(client, link, mail, second=spelt).status_code == 303
        assert visitor(world.portal).get(path_of(link)).status_code == 404
        with world.portal.database.read() as session:
            row = session.get(Invitation, link.invitation)
        assert second.encode() not in (row.second_hash or b"") if row else False


def test_a_states_own_focal_point_can_be_the_second_person(world: World) -> None:
    newcomer = Newcomer("Dana Deputy", "dana@example.org", "en", StateCode("XAA"))
    terms = Terms(LegalBasis("NV/8/2026", world.clock().date()))
    with world.request():
        _, link = appoint_newcomer(world.portal, world.caller("registrar"), newcomer, Role.FOCAL_POINT, terms)
    assert link.takes_two
    for who in ("expert_xaa", "focal_xbb"):
        with pytest.raises(NotFound):
            confirm(world, who, link)
    second = confirm(world, "focal_xaa", link)
    assert use(visitor(world.portal), link, "dana@example.org", second=second).status_code == 303


def test_a_states_own_link_takes_one_person_and_no_second_part(world: World) -> None:
    link = issue(world, "focal_xaa", "expert_xaa")
    assert not link.takes_two
    for who in ("registrar", "administrator", "focal_xbb"):
        with pytest.raises((Forbidden, NotFound)):
            confirm(world, who, link)
    assert 'name="second"' not in visitor(world.portal).get(path_of(link)).text


def test_another_address_before_the_first_sign_in_helps_nobody_alone(world: World) -> None:
    """A link that was made with another address set first still lacks the part that somebody else has."""
    person = PersonId(world.members["officer"].person)
    with world.request():
        change_mail(world.portal, world.caller("administrator"), person, "mine@example.org")
    link = issue(world, "administrator", "officer")
    with pytest.raises(Forbidden):
        confirm(world, "administrator", link)
    confirm(world, "registrar", link)
    assert use(visitor(world.portal), link, "mine@example.org", second="AAAAAAAAAAAA").status_code == 422


def test_no_link_works_whose_issuer_is_suspended(world: World) -> None:
    kept = issue(world, "focal_xaa", "expert_xaa")
    assert visitor(world.portal).get(path_of(kept)).status_code == 200
    with setting_up(world.portal) as (work, _):
        issuer = work.people.find(world.members["focal_xaa"].person)
        assert issuer is not None
        issuer.suspended_at = work.now
    assert visitor(world.portal).get(path_of(kept)).status_code == 404


def end(world: World, who: str, member: str) -> None:
    found = world.members[member]
    with world.request():
        end_appointment(world.portal, world.caller(who), PersonId(found.person), AppointmentId(found.appointment), None)


def test_the_registrar_invites_nobody_whom_a_state_appointed_itself(world: World) -> None:
    for who in ("expert_xaa", "observer_xcc", "stranger_xff"):
        with pytest.raises(Forbidden):
            issue(world, "registrar", who)
    add_member(world, "deputy_xaa", Role.FOCAL_POINT, "XAA")
    with pytest.raises(Forbidden):  # the other focal point does it
        issue(world, "registrar", "deputy_xaa")
    issue(world, "focal_xaa", "deputy_xaa")
    issue(world, "registrar", "focal_xbb")  # the State has no other


def test_an_expert_recorded_as_focal_point_besides_is_still_not_the_registrars_to_invite(world: World) -> None:
    end(world, "registrar", "focal_xaa")
    expert = PersonId(world.members["expert_xaa"].person)
    terms = Terms(LegalBasis("NV/7/2026", world.clock().date()))
    with world.request():
        appoint(world.portal, world.caller("registrar"), expert, Role.FOCAL_POINT, terms)
    with pytest.raises(Forbidden):
        issue(world, "registrar", "expert_xaa")


def test_links_end_with_the_appointment_of_whoever_issued_them(world: World) -> None:
    enrol(world, "expert_xaa", "focal_xaa")
    kept = issue(world, "focal_xaa", "expert_xaa")
    end(world, "registrar", "focal_xaa")
    assert visitor(world.portal).get(path_of(kept)).status_code == 404
    with world.portal.database.read() as session:
        row = session.get(Invitation, kept.invitation)
    assert row is not None
    assert row.revoked_at is not None


def test_whoever_leaves_has_no_open_link_left(world: World) -> None:
    kept = issue(world, "focal_xaa", "expert_xaa")
    another = _second_appointment(world)
    end(world, "focal_xaa", "expert_xaa")
    assert visitor(world.portal).get(path_of(kept)).status_code == 200, "they hold another appointment"
    with world.request():
        expert = PersonId(world.members["expert_xaa"].person)
        end_appointment(world.portal, world.caller("focal_xaa"), expert, AppointmentId(another), None)
    assert visitor(world.portal).get(path_of(kept)).status_code == 404


def test_a_link_does_not_outlast_an_appointment_that_runs_out(world: World) -> None:
    add_member(world, "deputy_xaa", Role.FOCAL_POINT, "XAA", ends_at=world.clock() + timedelta(days=2))
    kept, lasting = issue(world, "deputy_xaa", "expert_xaa"), issue(world, "focal_xbb", "expert_xbb")
    world.clock.forward(timedelta(days=1))
    assert visitor(world.portal).get(path_of(kept)).status_code == 200
    world.clock.forward(timedelta(days=1))
    assert visitor(world.portal).get(path_of(kept)).status_code == 404
    assert visitor(world.portal).get(path_of(lasting)).status_code == 200


# --- signing in


def test_signing_in_begins_a_new_session_and_ends_the_one_that_the_browser_had(world: World) -> None:
    client = enrol(world, "expert_xaa", "focal_xaa")
    first = client.cookies["portal-local"]
    data = {"csrf": _token(client.get("/account").text), "mail": "expert_xaa@example.org", "passphrase": GOOD}
    again = client.post("/sign-in", data=data, headers={"Origin": ORIGIN}, follow_redirects=False)
    assert again.status_code == 303
    assert client.cookies["portal-local"] != first
    replay = visitor(world.portal)
    replay.cookies.set("portal-local", first)
    assert replay.get("/account", follow_redirects=False).status_code == 303


def test_a_session_that_somebody_else_chose_for_the_browser_is_not_taken_up(world: World) -> None:
    enrol(world, "expert_xaa", "focal_xaa")
    client = visitor(world.portal)
    planted = {"Cookie": "portal-local=chosen-by-somebody-else"}
    page = client.get("/sign-in", headers=planted).text
    data = {"csrf": _token(page), "mail": "expert_xaa@example.org", "passphrase": GOOD}
    answer = client.post("/sign-in", data=data, headers={"Origin": ORIGIN, **planted}, follow_redirects=False)
    assert answer.status_code == 303
    assert "chosen-by-somebody-else" not in answer.headers["set-cookie"]
    assert client.get("/account", headers=planted, follow_redirects=False).status_code == 303


def _token(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found
    return found[1]


def bare(page: str) -> str:
    """Leave out what is random in a page."""
    return re.sub(r'(name="(?:csrf|challenge)" )value="[^"]*"|data-options="[^"]*"', r"\1", page)


@pytest.mark.parametrize(
    "mail", ["expert_xaa@example.org", "nobody@example.org", "no address", "expert_xbb@example.org"]
)
def test_a_failed_sign_in_says_the_same_whoever_it_was_and_is_recorded(world: World, mail: str) -> None:
    enrol(world, "expert_xaa", "focal_xaa")
    client = visitor(world.portal)
    before = len(phases(world.portal, Action.SIGN_IN))
    answer = sign_in(client, mail, OTHER)
    assert answer.status_code == 422
    text = bare(answer.text).replace(f'value="{mail}"', "")
    wanted = sign_in(visitor(world.portal), "someone@example.org", OTHER).text
    assert text == bare(wanted).replace('value="someone@example.org"', "")
    assert phases(world.portal, Action.SIGN_IN)[before:] == ["refusal", "refusal"]
    assert client.cookies.get("portal-local") is None


def test_a_suspended_person_sees_their_account_and_a_page_that_says_so(world: World) -> None:
    enrol(world, "expert_xaa", "focal_xaa")
    with setting_up(world.portal) as (work, _):
        person = work.people.find(world.members["expert_xaa"].person)
        assert person is not None
        person.suspended_at = work.now
    client = visitor(world.portal)
    assert sign_in(client, "expert_xaa@example.org").status_code == 303
    assert "Your access is suspended" in client.get("/").text
    assert "Your access is suspended" in client.get("/account").text


def test_somebody_whose_appointment_ended_finds_a_page_that_explains(world: World) -> None:
    client = enrol(world, "expert_xaa", "focal_xaa")
    with setting_up(world.portal) as (work, _):
        appointment = work.people.appointment(world.members["expert_xaa"].appointment)
        assert appointment is not None
        appointment.ended_at = work.now
    assert client.get("/", follow_redirects=False).headers["location"] == "/sign-in"
    again = visitor(world.portal)
    assert sign_in(again, "expert_xaa@example.org").headers["location"] == "/acting"
    assert "No appointment of yours runs now" in again.get("/").text
    assert "/account/sessions/end" not in again.get("/account").text  # the former session is none any more


def test_a_session_ends_when_idle_and_at_its_limit(world: World) -> None:
    settings = world.portal.settings = replace(world.portal.settings, session_hours=12)
    client = enrol(world, "expert_xaa", "focal_xaa")
    world.clock.forward(settings.session_idle)
    assert client.get("/account", follow_redirects=False).status_code == 303
    client = visitor(world.portal)
    sign_in(client, "expert_xaa@example.org")
    step = settings.session_idle - timedelta(minutes=1)
    for _ in range(int(settings.session_life / step)):
        world.clock.forward(step)
        assert client.get("/account", follow_redirects=False).status_code == 200
    world.clock.forward(step)
    assert client.get("/account", follow_redirects=False).status_code == 303


def test_signing_out_ends_the_session_and_the_token_is_worth_nothing(world: World) -> None:
    client = enrol(world, "expert_xaa", "focal_xaa")
    token = client.cookies["portal-local"]
    answer = client.form("/account", "/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?left=1")
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    assert client.cookies.get("portal-local") is None
    client.cookies.set("portal-local", token)
    assert client.get("/account", follow_redirects=False).status_code == 303
    assert client.form("/sign-in", "/sign-out").status_code == 303


# --- slowing down


def test_guessing_is_slowed_down_and_locks_nobody_out(world: World) -> None:
    own = enrol(world, "expert_xaa", "focal_xaa")
    mark = own.cookies["portal-known-local"]
    attacker = visitor(world.portal)
    door = within(attacker.app).state.passphrases
    for mail in ("expert_xaa@example.org", "nobody@example.org"):
        answers = [sign_in(attacker, mail, OTHER).status_code for _ in range(12)]
        assert answers == [422] * 10 + [429] * 2
    stuck = sign_in(attacker, "expert_xaa@example.org", GOOD)
    assert (stuck.status_code, stuck.headers["retry-after"]) == (429, "900")
    # the running session, the browser that the person used before, and a new link are untouched
    assert own.get("/account").status_code == 200
    usual = visitor(world.portal)
    within(usual.app).state.passphrases = door
    usual.cookies.set("portal-known-local", mark)
    assert sign_in(usual, "expert_xaa@example.org").status_code == 303
    link = issue(world, "focal_xaa", "expert_xaa")
    assert use(attacker, link, "expert_xaa@example.org", OTHER).status_code == 303
    # nor does the mark help with another account
    usual.cookies.delete("portal-local")
    assert sign_in(usual, "nobody@example.org", OTHER).status_code == 429
    world.clock.forward(timedelta(minutes=15))
    assert sign_in(visitor(world.portal), "nobody@example.org", OTHER).status_code == 422


# --- the appointment


def test_whoever_holds_several_appointments_chooses_one_and_gets_a_new_token(world: World) -> None:
    client = enrol(world, "expert_xaa", "focal_xaa")
    second = _second_appointment(world)
    client.form("/account", "/sign-out")
    answer = sign_in(client, "expert_xaa@example.org", next="/reviews/1")
    assert answer.headers["location"] == "/acting?next=%2Freviews%2F1"
    before = client.cookies["portal-local"]
    page = client.get("/acting?next=/reviews/1").text
    assert "Mission observer" in page
    chosen = client.form("/acting?next=/reviews/1", "/acting", appointment=str(second), next="/reviews/1")
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/reviews/1")
    assert client.cookies["portal-local"] != before
    assert client.get("/", follow_redirects=False).headers["location"] == "/work"
    replay = visitor(world.portal)
    replay.cookies.set("portal-local", before)
    assert replay.get("/account", follow_redirects=False).status_code == 303


def test_nobody_acts_under_another_persons_appointment(world: World) -> None:
    client = enrol(world, "expert_xaa", "focal_xaa")
    _second_appointment(world)
    for appointment in (world.members["focal_xbb"].appointment, uuid4(), "no-id"):
        assert client.form("/acting", "/acting", appointment=str(appointment)).status_code == 404


def _second_appointment(world: World) -> UUID:
    """Appoint the expert as an observer too."""
    appointment = uuid4()
    with setting_up(world.portal) as (work, permit):
        work.people.add(
            Appointment(
                id=appointment,
                person_id=world.members["expert_xaa"].person,
                role=Role.OBSERVER.value,
                state_code="XAA",
                basis=work.seal(permit, REGISTRY, Place("appointment", "basis", appointment), "{}"),
                starts_at=work.now,
                created_at=work.now,
            )
        )
    return appointment


# --- one's own account


def test_one_ends_ones_own_sessions_and_nobody_elses(world: World) -> None:
    client = enrol(world, "expert_xaa", "focal_xaa")
    other = visitor(world.portal)
    sign_in(other, "expert_xaa@example.org")
    found = re.findall(r"/account/sessions/([0-9a-f-]{36})/end", client.get("/account").text)
    assert len(found) == 1
    with world.portal.database.read() as session:
        foreign = session.scalar(
            select(PortalSession.id).where(PortalSession.person_id == world.members["focal_xaa"].person)
        )
    for wrong in (foreign, uuid4(), "no-id"):
        assert client.form("/account", f"/account/sessions/{wrong}/end").status_code == 404
    assert client.form("/account", f"/account/sessions/{found[0]}/end").status_code == 303
    assert client.form("/account", "/account/sessions/end").status_code == 303
    assert other.get("/account", follow_redirects=False).status_code == 303
    assert client.get("/account").status_code == 200


def test_language_and_zone_are_kept_and_nonsense_is_refused(world: World) -> None:
    client = enrol(world, "expert_xaa", "focal_xaa")
    wrong = client.form("/account", "/account", language="xx", zone="UTC")
    assert wrong.status_code == 422
    wrong = client.form("/account", "/account", language="ar", zone="../../etc/passwd")
    assert wrong.status_code == 422
    assert client.form("/account", "/account", language="ar", zone="Africa/Cairo").status_code == 303
    page = client.get("/account").text
    assert '<html lang="ar" dir="rtl">' in page
    assert "<option selected>Africa/Cairo" in page


# --- the way back


@pytest.mark.parametrize(
    "elsewhere",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "/\t/evil.example",
        "evil",
        "",
        "/a b",
        "/é",
        "/" + "a" * 1000,
    ],
)
def test_a_way_back_leads_nowhere_else(elsewhere: str) -> None:
    assert local_path(elsewhere) is None


def test_whoever_is_signed_out_is_led_to_sign_in_and_back(world: World) -> None:
    client = visitor(world.portal)
    asked = client.get("/account?a=b", follow_redirects=False)
    assert asked.headers["location"] == "/sign-in?next=%2Faccount%3Fa%3Db"
    assert "Sign in to go on." in client.get(asked.headers["location"]).text
    answer = client.form("/sign-in", "/account", language="en", zone="UTC")
    assert answer.status_code == 401
    enrol(world, "expert_xaa", "focal_xaa")
    back = sign_in(client, "expert_xaa@example.org", next="/account?a=b")
    assert back.headers["location"] == "/account?a=b"
    assert client.get("/sign-in", follow_redirects=False).headers["location"] == "/"


# --- health


def test_health_tells_whether_the_parts_answer(world: World) -> None:
    client = visitor(world.portal)
    assert client.get("/healthz").text == "alive\n"
    assert client.get("/readyz").text == "ready\n"
    world.portal.settings.keys.joinpath("keyring.json").rename(world.portal.settings.keys / "gone")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "not ready\n")
    assert client.get("/healthz").status_code == 200


def test_a_portal_whose_key_file_became_an_older_one_is_not_ready(world: World) -> None:
    client, file = visitor(world.portal), world.portal.settings.keys / "keyring.json"
    former = file.read_bytes()
    with permits.request(uuid4()):
        rotate_keys(world.portal)
    assert client.get("/readyz").status_code == 200
    newer = file.read_bytes()
    for text, status in ((former, 503), (newer, 200)):
        file.write_bytes(text)
        assert client.get("/readyz").status_code == status


def test_a_verifier_written_by_hand_lets_nobody_in(world: World) -> None:
    enrol(world, "expert_xaa", "focal_xaa")
    forged = Passphrases(world.portal, CHEAP).verifier(OTHER)
    with by_hand(world.portal.database) as hand:
        hand("UPDATE passphrase SET verifier = ?", (forged,))
    answer = sign_in(visitor(world.portal), "expert_xaa@example.org", OTHER)
    assert answer.status_code == 500
    assert "portal-local" not in answer.headers.get("set-cookie", "")


def test_a_passphrase_is_changed_by_whoever_knows_it_and_ends_all_other_sessions(world: World) -> None:
    client = enrol(world, "expert_xaa", "focal_xaa")
    other = visitor(world.portal)
    sign_in(other, "expert_xaa@example.org")
    before = client.cookies["portal-local"]

    def change(present: str, new: str, again: str):  # noqa: ANN202  # the client's own response type
        return client.form("/account", "/account/passphrase", present=present, passphrase=new, again=again)

    assert change("not the present one", OTHER, OTHER).status_code == 422
    assert change(GOOD, OTHER, GOOD).status_code == 422
    assert change(GOOD, "Expert_Xaa Example", "Expert_Xaa Example").status_code == 422
    assert other.get("/account", follow_redirects=False).status_code == 200
    changed = change(GOOD, OTHER, OTHER)
    assert (changed.status_code, changed.headers["location"]) == (303, "/account?kept=passphrases#passphrases")
    assert "Your passphrase is changed." in client.get("/account?kept=passphrases").text
    lured = client.get("/account?kept=passphrases", headers={"sec-fetch-site": "cross-site"})
    assert "Your passphrase is changed." not in lured.text, "a link of another site told what nobody did"
    assert client.cookies["portal-local"] != before
    assert client.get("/account", follow_redirects=False).status_code == 200
    assert other.get("/account", follow_redirects=False).status_code == 303
    assert sign_in(visitor(world.portal), "expert_xaa@example.org", GOOD).status_code == 422
    assert sign_in(visitor(world.portal), "expert_xaa@example.org", OTHER).status_code == 303
    for _ in range(10):
        assert change("not the present one", GOOD, GOOD).status_code == 422
    assert "many attempts" in change(OTHER, GOOD, GOOD).text


def test_a_person_is_told_of_a_browser_that_the_portal_does_not_know(world: World) -> None:
    usual = enrol(world, "expert_xaa", "focal_xaa")
    sign_in(usual, "expert_xaa@example.org")
    words = "You signed in from a browser that the portal doesn’t know"
    assert words not in usual.get("/notices").text
    sign_in(visitor(world.portal), "expert_xaa@example.org")
    assert words in usual.get("/notices").text
