"""People's pages: the focal point's list, adding with a link shown once, ending; what the administrator sees."""

import re
from datetime import timedelta
from uuid import UUID

import pytest

from portal.domain.roles import Role
from portal.usecases.invitations import SHOWN_AGAIN
from storage.tables import Passphrase
from tests.cast import World, add_member, setting_up
from tests.portal.audit.files import look, put
from tests.statements import statements
from tests.web_client import Browser, browser

NOTE = {"note": "NV/9/2026", "dated": "2026-05-01"}
AMAL = {"name": "أمل حداد", "mail": "amal@ministry.example", "language": "ar", "role": "expert"}


def give_passphrase(world: World, person: UUID) -> None:
    """Let somebody have signed in before: a later link renews."""
    with setting_up(world.portal) as (work, _):
        work.identity.add(Passphrase(person_id=person, verifier="-", created_at=work.now))


@pytest.fixture
def focal(world: World) -> Browser:
    return browser(world, "focal_xcc")


def test_the_focal_point_reads_its_list_and_nobody_elses(focal: Browser) -> None:
    text = focal.get("/people").text
    assert "My State’s people" in text
    assert "2 of at most 20 governmental experts" in text
    assert "Roster_Xcc Example" in text
    assert "Xbb" not in text


def test_adding_somebody_shows_the_link_once(world: World, focal: Browser) -> None:
    answer = focal.form("/people/new", "/people/new", **AMAL, **NOTE)
    assert answer.status_code == 200
    link = re.search(r"http://localhost:8000/enter/[\w-]+", answer.text)
    assert link
    assert answer.headers["cache-control"] == "no-store"
    assert "Earlier links" not in answer.text
    assert "signed out everywhere" not in answer.text
    next_ = re.search(r'class="button" href="(/people/[^"]+/assign)"', answer.text)
    assert next_
    assert focal.form(next_[1], next_[1], review=str(world.files["xaa"].review), **NOTE).status_code == 303
    listed = focal.get("/people").text
    assert "أمل حداد" in listed
    assert link[0] not in listed
    assert browser(world).get(link[0]).status_code == 200


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(focal: Browser) -> None:
    wrong = AMAL | {"mail": "nowhere", "role": "officer"}
    answer = focal.form("/people/new", "/people/new", **wrong, note="NV/9/2026", dated="1999-01-01", first="2020-01-01")
    assert answer.status_code == 422
    for sentence in ("no mail address", "before the Convention was adopted"):
        assert sentence in answer.text
    for kept in ("أمل حداد", 'value="nowhere"', 'value="1999-01-01"', 'value="2020-01-01"'):
        assert kept in answer.text
    forbidden = focal.form("/people/new", "/people/new", **(AMAL | {"role": "officer"}), **NOTE)
    assert forbidden.status_code in {403, 404}
    past = focal.form("/people/new", "/people/new", **AMAL, **NOTE, first="2020-01-01")
    assert past.status_code == 422
    assert "today at the earliest" in past.text


def test_an_exclusive_role_is_refused_with_a_sentence(world: World) -> None:
    at = f"/people/{world.members['officer'].person}"
    answer = browser(world, "administrator").form("/people/new", f"{at}/appoint", role="registrar", **NOTE)
    assert answer.status_code == 403
    assert "holds a role that excludes the one to be given" in answer.text


def test_assigning_and_ending_by_hand_of_the_focal_point(world: World, focal: Browser) -> None:
    roster = world.members["roster_xcc"]
    at, review = f"/people/{roster.person}", str(world.files["xaa"].review)
    path = f"{at}/appointments/{roster.appointment}"
    assert focal.form(f"{path}/assign", f"{path}/assign", review=review, **NOTE).status_code == 303
    page = focal.get(at).text
    assert "NV/9/2026" in page
    ends = re.search(rf'href="({at}/assignments/[^"]+/end)"', page)
    assert ends
    assert focal.form(ends[1], ends[1]).status_code == 303
    theirs = browser(world, "roster_xcc")
    assert theirs.get("/account").status_code == 200
    assert focal.form(f"{path}/end", f"{path}/end", **NOTE).status_code == 303
    assert theirs.get("/account", follow_redirects=False).status_code in {303, 401}  # in the same minute
    assert "ended by" in focal.get(at).text


def test_the_form_to_assign_begins_with_the_note_of_the_appointment_and_keeps_what_was_typed(focal: Browser) -> None:
    answer = focal.form("/people/new", "/people/new", **AMAL, **NOTE)
    (path,) = re.findall(r'class="button" href="(/people/[^"]+/assign)"', answer.text)
    page = focal.get(path).text
    assert 'value="NV/9/2026"' in page
    assert 'value="2026-05-01"' in page
    assert "NV/9/2026" not in focal.form(path, path, note="", dated="").text


def test_a_review_of_others_can_not_be_assigned(world: World, focal: Browser) -> None:
    roster = world.members["roster_xcc"]
    path = f"/people/{roster.person}/appointments/{roster.appointment}/assign"
    for review in (str(world.files["xdd"].review), "00000000-0000-4000-8000-00000000abcd"):
        assert focal.form(path, path, review=review, **NOTE).status_code == 404
    assert focal.form(path, path, review="nonsense", **NOTE).status_code == 422


def test_a_new_sign_in_link_is_shown_once(world: World, focal: Browser) -> None:
    at = f"/people/{world.members['expert_xcc'].person}"
    answer = focal.form(at, f"{at}/link")
    assert answer.status_code == 200
    assert "/enter/" in answer.text
    assert "Earlier links" not in answer.text
    assert "Earlier links" in focal.form(at, f"{at}/link").text
    assert "No review is open to this person yet" not in answer.text
    assert focal.form(at, f"/people/{world.members['expert_xbb'].person}/link").status_code == 404


def words(cell: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", cell.replace("<span", " <span")).split())


def links_on(page: str) -> list[tuple[str, ...]]:
    """Read the table of sign-in links of a person's page: what, by whom, used."""
    found = re.search(r'aria-label="Sign-in links".*?<tbody>(.*?)</tbody>', page, re.DOTALL)
    rows = re.findall(r"<tr>(.*?)</tr>", found[1], re.DOTALL) if found else []
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [(words(what), words(by), words(used)) for what, _, by, used, *_ in cells]


def test_a_link_for_one_of_its_people_is_seen_by_the_whole_state_and_no_other(world: World, focal: Browser) -> None:
    add_member(world, "deputy_xcc", Role.FOCAL_POINT, "XCC")
    deputy, expert = browser(world, "deputy_xcc"), world.members["expert_xcc"].person
    at = f"/people/{expert}"
    assert links_on(deputy.get(at).text) == []
    focal.form(at, f"{at}/link")
    give_passphrase(world, expert)
    world.clock.forward(timedelta(minutes=1))
    focal.form(at, f"{at}/link")
    first = ("The first link", "Focal_Xcc Example", "never; it doesn’t work any more")
    assert links_on(deputy.get(at).text) == [("A new link", "Focal_Xcc Example", "not used yet"), first]
    with setting_up(world.portal) as (work, _):
        work.identity.invitations(expert)[0].used_at = work.now
    (_, _, used), _ = links_on(deputy.get(at).text)
    assert re.match(r"4 May 2026", used)
    for other in ("focal_xbb", "focal_xaa", "focal_xff"):  # parties to the same review, or not
        answer = browser(world, other).get(at)
        assert (answer.status_code, links_on(answer.text)) == (404, [])
        assert "Focal_Xcc" not in answer.text


@pytest.mark.parametrize("path", ["/people", "/people?state=XCC"])
def test_the_lists_stay_small_and_ask_the_database_little(world: World, path: str) -> None:
    client = browser(world, "registrar")
    for _ in range(2):  # keys are opened once
        client.get(path)
    with statements(world) as said:
        answer = client.get(path)
    assert len(answer.content) < 40_000
    assert len(said) <= 13, "\n".join(said)


def test_a_persons_page_asks_the_database_little(world: World, focal: Browser) -> None:
    path = f"/people/{world.members['expert_xcc'].person}"
    for _ in range(2):
        focal.form(path, f"{path}/link")
    for _ in range(2):  # keys are opened once
        focal.get(path)
    with statements(world) as said:
        focal.get(path)
    assert len(said) <= 19, "\n".join(said)


def test_the_administrator_sees_accounts_and_counts_and_no_title(world: World) -> None:
    made = put(world, "officer", "shared", "Zephyrine statute")
    look(world, "expert_xbb", made)
    client = browser(world, "administrator")
    accounts = client.get("/administration").text
    assert "Registrar Example" in accounts
    health = client.get("/administration/health").text
    assert "looked at the list of accounts" in health
    for text in (accounts, health, client.get("/administration/settings").text):
        assert "Zephyrine" not in text


def test_settings_are_shown_without_secrets(world: World) -> None:
    text = browser(world, "administrator").get("/administration/settings").text
    assert "upload_bytes" in text
    assert browser(world, "registrar").get("/administration/settings").status_code == 404


@pytest.mark.parametrize("who", ["registrar", "focal_xcc", "officer", "expert_xbb", "confidentiality"])
def test_administration_is_the_administrators(world: World, who: str) -> None:
    for path in ("/administration", "/administration/health", "/administration/settings"):
        assert browser(world, who).get(path, follow_redirects=False).status_code == 404


def test_a_new_link_for_the_staff_takes_two_people(world: World) -> None:
    enrolled = world.members["officer"].person
    give_passphrase(world, enrolled)
    at = f"/people/{enrolled}"
    registrar, administrator = browser(world, "registrar"), browser(world, "administrator")
    issued = registrar.form(at, f"{at}/link")
    link = re.search(r"http://localhost:8000/enter/[\w-]+", issued.text)
    assert link
    assert browser(world).get(link[0]).status_code == 404  # not before the second person
    assert "/confirm" not in registrar.get(at).text
    confirms = re.search(rf'action="({at}/links/[^"]+/confirm)"', administrator.get(at).text)
    assert confirms
    assert registrar.form(at, confirms[1]).status_code == 403
    elsewhere = confirms[1].replace(str(enrolled), str(world.members["translator"].person))
    assert administrator.form(at, elsewhere).status_code == 404
    confirmed = administrator.form(at, confirms[1])
    assert confirmed.status_code == 200
    assert confirmed.headers["cache-control"] == "no-store"
    second = re.search(r'<code dir="ltr">([A-Z2-7]{4} [A-Z2-7]{4} [A-Z2-7]{4})</code>', confirmed.text)
    assert second
    assert second[1] not in administrator.get(at).text  # shown once
    assert browser(world).get(link[0]).status_code == 200
    assert second[1] in administrator.form(at, confirms[1]).text  # to whoever confirmed, for a few minutes
    world.clock.forward(SHOWN_AGAIN)
    assert administrator.form(at, confirms[1]).status_code == 409
    told = ("A new link", "Registrar Example Confirmed by Administrator Example.", "not used yet")
    assert links_on(registrar.get(at).text) == [told]


def test_pages_say_what_waits_and_for_whom_and_whoever_may_confirm_finds_it(world: World) -> None:
    registrar, administrator = browser(world, "registrar"), browser(world, "administrator")
    olga = {"name": "Olga Wart", "mail": "olga@secretariat.example", "language": "en", "role": "officer", "state": ""}
    whom, mine = (
        "Another registrar or administrator than the one who appointed confirms it.",
        "Waiting for your confirmation",
    )
    answer = registrar.form("/people/new", "/people/new", **olga, **NOTE)
    assert "The appointment waits for confirmation" in answer.text
    at = re.search(r"/people/[0-9a-f-]{36}", answer.text)
    assert at
    for page in ("/people", at[0]):
        assert whom in registrar.get(page).text
    assert mine not in registrar.get("/people").text
    assert "/confirm" not in registrar.get(at[0]).text
    for page in ("/administration", "/people", "/people?state=XCC"):  # the first page too, whosever people it lists
        text = administrator.get(page).text
        assert mine in text
        assert at[0] in text
    confirms = re.search(rf'action="({at[0]}/appointments/[^"]+/confirm)"', administrator.get(at[0]).text)
    assert confirms
    assert registrar.form(at[0], confirms[1]).status_code == 403
    assert administrator.form(at[0], confirms[1]).status_code == 303
    assert administrator.form(at[0], confirms[1]).status_code == 409
    for page in ("/people", at[0]):
        assert whom not in registrar.get(page).text
    assert "the sign-in link" in administrator.get("/administration").text
    link = re.search(rf'action="({at[0]}/links/[^"]+/confirm)"', administrator.get(at[0]).text)
    assert link
    assert administrator.form(at[0], link[1]).status_code == 200
    assert mine not in administrator.get("/administration").text


def test_the_states_focal_point_finds_the_one_whom_the_registrar_recorded(world: World, focal: Browser) -> None:
    registrar = browser(world, "registrar")
    deputy = {
        "name": "Dina Corr",
        "mail": "dina@ministry.example",
        "language": "en",
        "role": "focal_point",
        "state": "XCC",
    }
    assert (
        "A focal point of the State confirms it." in registrar.form("/people/new", "/people/new", **deputy, **NOTE).text
    )
    text = focal.get("/people").text
    assert "Waiting for your confirmation" in text
    at = re.search(r'<section class="card">.*?href="(/people/[0-9a-f-]{36})"', text, re.DOTALL)
    assert at
    confirms = re.search(rf'action="({at[1]}/appointments/[^"]+/confirm)"', focal.get(at[1]).text)
    assert confirms
    assert focal.form(at[1], confirms[1]).status_code == 303
