"""Signals on pages: for the confidentiality officer alone, not about themselves, without document or title."""

import re
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from portal.access.actions import Action
from portal.audit.events import REGISTRY_STREAM
from portal.domain.signals import EXPLAINED, NAMES, Rule
from portal.usecases.checks import check_records
from portal.usecases.signals import PAGE
from storage.signals import SignalStep
from tests import breaches
from tests.cast import World
from tests.contents import said
from tests.filing import newest, press, put
from tests.signalled import look, raised, signals
from tests.web_client import browser

TITLE = "Unguessable-Serval"
OFFICER = "confidentiality"
REASON = "They prepared for the country visit."


def steps(world: World) -> list[SignalStep]:
    with world.portal.database.read() as session:
        return list(session.scalars(select(SignalStep).order_by(SignalStep.at, SignalStep.kind)).all())


def links(text: str) -> list[UUID]:
    return [UUID(found) for found in re.findall(r'href="/signals/([0-9a-f-]{36})"', text)]


@pytest.fixture
def signal(world: World) -> UUID:
    return raised(world)


def test_the_officer_comes_to_the_list_first_and_sees_who_which_review_and_how_many(world: World, signal: UUID) -> None:
    client = browser(world, OFFICER)
    assert client.get("/", follow_redirects=False).headers["location"] == "/signals"
    page = client.get("/signals").text
    assert links(page) == [signal]
    for word in (NAMES[Rule.MASS_DOWNLOAD], "Expert_Xbb Example", "Governmental expert", "Belmora", "Arandia", "61"):
        assert word in page
    assert "1 signal is new." in page
    line = "Somebody filed a concern that nobody has dealt with yet"
    assert line not in page
    breaches.concern(world)
    assert line in client.get("/signals").text


def test_one_signal_says_the_rule_the_numbers_and_what_it_doesnt_mean(world: World, signal: UUID) -> None:
    page = browser(world, OFFICER).get(f"/signals/{signal}").text
    for word in (EXPLAINED[Rule.MASS_DOWNLOAD], "50 or more within 1 hour", "A signal accuses nobody", "Arandia"):
        assert word in page


def test_a_case_on_its_review_is_proposed_from_there(world: World, signal: UUID) -> None:
    client = browser(world, "confidentiality")
    assert f'href="/cases/new?review={world.files["xaa"].review}"' in client.get(f"/signals/{signal}").text
    assert client.get(f"/cases/new?review={world.files['xaa'].review}").status_code == 200
    assert "/cases/new" not in client.get(f"/signals/{raised(world, review=None)}").text


def test_looking_is_kept_once_for_each_officer_and_the_new_ones_come_first(world: World, signal: UUID) -> None:
    world.clock.forward(timedelta(minutes=1))
    later = raised(world, "expert_xcc")
    client = browser(world, OFFICER)
    assert links(client.get("/signals").text) == [later, signal]
    for _ in range(2):
        client.get(f"/signals/{later}")
    browser(world, "confidentiality_other").get(f"/signals/{later}")
    assert len(steps(world)) == 2
    assert {(step.kind, step.done_by) for step in steps(world)} == {
        ("seen", world.members[who].person) for who in (OFFICER, "confidentiality_other")
    }
    assert links(client.get("/signals").text) == [signal, later]
    assert check_records(world.portal).ok


def test_a_signal_is_set_aside_once_with_a_reason_that_stays_and_lies_sealed(world: World, signal: UUID) -> None:
    client = browser(world, OFFICER)
    client.get(f"/signals/{signal}")
    empty = press(client, f"/signals/{signal}/aside", reason="  ")
    assert empty.status_code == 422
    assert "Say in a sentence why" in empty.text
    assert press(client, f"/signals/{signal}/aside", reason=REASON).status_code == 303
    page = client.get(f"/signals/{signal}").text
    assert REASON in page
    assert "</form>" not in page.partition("<main")[2], "it is not set aside twice"
    assert press(client, f"/signals/{signal}/aside", reason="Again").status_code == 409
    assert [step.kind for step in steps(world)] == ["seen", "set_aside"]
    assert REASON.encode() not in (steps(world)[1].reason or b"")
    event = next(one for one in said(world, REGISTRY_STREAM) if one["action"] == Action.SET_SIGNAL_ASIDE)
    assert REASON not in str(event)
    assert event["on"]["signal"] == str(signal)
    assert check_records(world.portal).ok


def test_the_list_is_narrowed_by_rule_and_standing_and_turned_by_page(world: World) -> None:
    many = [raised(world, rule=Rule.PACE) for _ in range(PAGE + 1)]
    other = raised(world, rule=Rule.REFUSALS, review=None)
    client = browser(world, OFFICER)
    press(client, f"/signals/{other}/aside", reason=REASON)
    client.get(f"/signals/{many[0]}")
    assert links(client.get("/signals?rule=refusals").text) == [other]
    assert links(client.get("/signals?standing=set_aside").text) == [other]
    assert links(client.get("/signals?standing=seen").text) == [many[0]]
    first, second = (links(client.get(f"/signals?standing=&rule=&page={page}").text) for page in (1, 2))
    assert (len(first), len(second)) == (PAGE, 2)
    assert len({*first, *second}) == PAGE + 2
    for odd in ("rule=x", "standing=x", "page=0", "page=99999", "page=-1", "page=x", "page=" + "9" * 40):
        assert client.get(f"/signals?{odd}").status_code == 200, odd


def test_a_signal_about_an_officer_is_another_officers(world: World) -> None:
    own = raised(world, OFFICER, review=None)
    mine, theirs = browser(world, OFFICER), browser(world, "confidentiality_other")
    page = mine.get("/signals").text
    assert links(page) == []
    assert "0 signals are new." in page
    absent = mine.get(f"/signals/{uuid4()}")
    for answer in (mine.get(f"/signals/{own}"), press(mine, f"/signals/{own}/aside", reason=REASON)):
        assert answer.status_code == absent.status_code == 404
    assert steps(world) == []
    assert links(theirs.get("/signals").text) == [own]
    assert theirs.get(f"/signals/{own}").status_code == 200


@pytest.mark.parametrize(
    "who",
    ["focal_xaa", "focal_xbb", "expert_xbb", "officer", "registrar", "administrator", "translator", "oversight"],
)
def test_nobody_else_finds_any(world: World, signal: UUID, who: str) -> None:
    client = browser(world, who)
    for path in ("/signals", f"/signals/{signal}"):
        assert client.get(path).status_code == 404
    assert press(client, f"/signals/{signal}/aside", reason=REASON).status_code == 404
    assert steps(world) == []


def test_everybody_reads_the_rules_with_the_numbers_in_force(world: World) -> None:
    world.portal.settings = replace(world.portal.settings, signal_limits=("pace:77:3", "refusals:0:10"))
    for who in ("expert_xaa", "translator", "oversight", OFFICER):
        page = browser(world, who).get("/signals/rules").text
        assert all(sentence in page for sentence in EXPLAINED.values())
        assert "77 or more within 3 minutes" in page
        assert "not seen in the last 90 days" in page
        assert "not used" in page
        assert 'href="/signals/rules"' in page
    assert browser(world).get("/signals/rules", follow_redirects=False).status_code == 303


def test_no_title_and_no_file_name_is_on_any_of_these_pages(world: World) -> None:
    world.portal.settings = replace(
        world.portal.settings, signal_limits=("pace:1:1", "mass_download:1:1", "refusals:1:1", "after_end:1:1")
    )
    look(world)
    document = put(world, "officer", "shared", TITLE, name=f"{TITLE}.pdf")
    client = browser(world, "officer")
    client.get(f"/documents/{document}")
    client.get(f"/versions/{newest(world, document)}/content")
    browser(world, "stranger_xff").get(f"/documents/{document}")
    look(world)
    assert len(signals(world)) >= 3
    officer = browser(world, OFFICER)
    for path in ("/signals", "/notices", *(f"/signals/{one.id}" for one in signals(world))):
        page = officer.get(path)
        assert page.status_code == 200
        assert TITLE not in page.text
        assert str(document) not in page.text
    assert "There are new signals" in officer.get("/notices").text
